//! Instances as EC2 answers them, and what is sent for them.

use super::{NOVEL, Wire, ec2, refusal};
use holdfast::cloud::{Disassociate, InstanceFilter, ReadInstances};
use holdfast::model::ids::{InstanceType, Zone};
use holdfast::model::instance::{
    AttachedInterface, Instance, InstanceState, PrivateIp, PublicIp, StopLimit,
};
use holdfast::model::interface::{AttachmentState, OtherIps};
use std::net::Ipv4Addr;
use time::OffsetDateTime;
use time::macros::datetime;

fn tagged() -> InstanceFilter {
    InstanceFilter::TagKey("holdfast:group".to_owned())
}

fn answer(instance: &str) -> String {
    let set = format!(
        "<reservationSet><item><reservationId>r-1</reservationId><instancesSet><item>{instance}\
         </item></instancesSet></item></reservationSet>"
    );
    ec2("DescribeInstances", &set)
}

async fn described(instance: &str) -> Instance {
    let wire = Wire::answering([answer(instance)]).wrong_where("novel", NOVEL);
    wire.cloud().instances(&tagged()).await.unwrap().remove(0)
}

const RUNNING: &str = "<instanceId>i-1</instanceId><instanceState><code>16</code>\
     <name>running</name></instanceState><launchTime>2026-03-01T12:00:00.000Z</launchTime>\
     <tagSet><item><key>holdfast:group</key><value>web</value></item></tagSet>";

fn private(ip: &str, primary: bool, public: &str) -> String {
    format!(
        "<item><privateIpAddress>{ip}</privateIpAddress><primary>{primary}</primary>{public}</item>"
    )
}

fn attached(eni: &str, index: u8, kind: &str, private_ips: &str) -> String {
    format!(
        "<item><networkInterfaceId>{eni}</networkInterfaceId><interfaceType>{kind}</interfaceType>\
         <attachment><deviceIndex>{index}</deviceIndex><networkCardIndex>0</networkCardIndex>\
         </attachment><privateIpAddressesSet>{private_ips}</privateIpAddressesSet></item>"
    )
}

#[tokio::test]
async fn an_instance_is_read_with_its_state_its_tags_and_its_launch() {
    let instance = described(RUNNING).await;
    assert_eq!(instance.id.as_str(), "i-1");
    assert_eq!(instance.state, InstanceState::Running);
    assert_eq!(instance.tags["holdfast:group"], "web");
    assert_eq!(instance.launched_at, datetime!(2026-03-01 12:00 UTC));
    assert!(instance.interfaces.is_empty());
}

#[tokio::test]
async fn the_primary_interface_and_the_primary_private_ip_come_first() {
    let second = private("10.0.0.6", false, "") + &private("10.0.0.5", true, "");
    let interfaces = attached("eni-2", 1, "interface", &private("10.0.1.5", true, ""))
        + &attached("eni-1", 0, "interface", &second);
    let set = format!("{RUNNING}<networkInterfaceSet>{interfaces}</networkInterfaceSet>");
    let instance = described(&set).await;
    let enis: Vec<&str> = instance
        .interfaces
        .iter()
        .map(|each| each.id.as_str())
        .collect();
    assert_eq!(enis, ["eni-1", "eni-2"]);
    let ips = instance.interfaces[0]
        .private_ips
        .iter()
        .map(|each| each.ip);
    let expected = [Ipv4Addr::new(10, 0, 0, 5), Ipv4Addr::new(10, 0, 0, 6)];
    assert!(ips.eq(expected));
}

#[tokio::test]
async fn an_address_of_ec2s_own_is_told_from_an_elastic_ip() {
    for (owner, auto_assigned) in [("amazon", true), ("111122223333", false)] {
        let public = format!(
            "<association><publicIp>203.0.113.7</publicIp><ipOwnerId>{owner}</ipOwnerId></association>"
        );
        let interface = attached("eni-1", 0, "interface", &private("10.0.0.5", true, &public));
        let set = format!("{RUNNING}<networkInterfaceSet>{interface}</networkInterfaceSet>");
        let instance = described(&set).await;
        let public = instance.interfaces[0].private_ips[0].public.unwrap();
        assert_eq!(public.auto_assigned, auto_assigned);
    }
}

#[tokio::test]
async fn an_interface_of_a_service_is_known_as_one() {
    for (kind, managed) in [("interface", false), ("efa", false), ("trunk", true)] {
        let interface = attached("eni-1", 0, kind, &private("10.0.0.5", true, ""));
        let set = format!("{RUNNING}<networkInterfaceSet>{interface}</networkInterfaceSet>");
        let instance = described(&set).await;
        assert_eq!(instance.interfaces[0].service_managed, managed, "{kind}");
    }
}

#[tokio::test]
async fn an_interface_that_an_account_hides_is_asked_for_and_known_as_a_services() {
    let managed =
        "<operator><managed>true</managed><principal>eks.amazonaws.com</principal></operator>";
    let interface = attached("eni-1", 1, "interface", &private("10.0.0.5", true, ""));
    let end = "</privateIpAddressesSet>";
    let interface = interface.replace(end, &format!("{end}{managed}"));
    let set = format!("{RUNNING}<networkInterfaceSet>{interface}</networkInterfaceSet>");
    assert!(described(&set).await.interfaces[0].service_managed);
}

#[tokio::test]
async fn an_endpoint_that_cannot_show_what_services_manage_is_asked_again_without_and_once() {
    let answered = || (200, answer(RUNNING));
    let unknown = refusal("UnknownParameter");
    let wire = Wire::with([unknown, answered(), answered()]);
    let cloud = wire.cloud();
    assert_eq!(cloud.instances(&tagged()).await.unwrap().len(), 1);
    assert_eq!(cloud.instances(&tagged()).await.unwrap().len(), 1);
    let asked = wire.calls();
    let with = |call: &Vec<String>| call.iter().any(|it| it.starts_with("IncludeManaged"));
    let with: Vec<bool> = asked.iter().map(with).collect();
    assert_eq!(with, [true, false, false]);
}

#[tokio::test]
async fn instances_are_asked_for_by_filter_and_in_pages() {
    let wire = Wire::answering([answer(RUNNING)]);
    wire.cloud().instances(&tagged()).await.unwrap();
    let members = wire.members();
    for member in [
        "Filter.1.Name=tag-key",
        "Filter.1.Value.1=holdfast%3Agroup",
        "IncludeManagedResources=true",
        "MaxResults=1000",
    ] {
        assert!(members.iter().any(|sent| sent == member), "{members:?}");
    }
}

#[tokio::test]
async fn an_association_is_ended_by_its_own_id() {
    let wire = Wire::answering([ec2("DisassociateAddress", "<return>true</return>")]);
    let association = "eipassoc-1".parse().unwrap();
    wire.cloud().disassociate(&association).await.unwrap();
    assert_eq!(wire.members(), ["AssociationId=eipassoc-1"]);
}

async fn with(interfaces: &str) -> Instance {
    let set = format!("{RUNNING}<networkInterfaceSet>{interfaces}</networkInterfaceSet>");
    described(&set).await
}

#[tokio::test]
async fn an_instance_is_read_whole() {
    let private_ips = private(
        "10.0.0.5",
        true,
        "<association><publicIp>203.0.113.7</publicIp>\
         <ipOwnerId>111122223333</ipOwnerId></association>",
    );
    let inside = format!(
        "{RUNNING}<instanceType>m6i.large</instanceType>\
         <placement><availabilityZone>eu-west-1a</availabilityZone></placement>\
         <networkInterfaceSet><item><networkInterfaceId>eni-1</networkInterfaceId>\
         <subnetId>subnet-1</subnetId><interfaceType>interface</interfaceType>\
         <attachment><attachmentId>eni-attach-1</attachmentId><deviceIndex>2</deviceIndex>\
         <networkCardIndex>1</networkCardIndex><status>attached</status></attachment>\
         <privateIpAddressesSet>{private_ips}</privateIpAddressesSet>\
         <ipv6AddressesSet><item><ipv6Address>2001:db8::5</ipv6Address></item></ipv6AddressesSet>\
         <ipv4PrefixSet><item><ipv4Prefix>10.0.0.16/28</ipv4Prefix></item></ipv4PrefixSet>\
         <ipv6PrefixSet><item><ipv6Prefix>2001:db8:0:1::/80</ipv6Prefix></item></ipv6PrefixSet>\
         </item></networkInterfaceSet>"
    );
    let expected = Instance {
        id: "i-1".parse().unwrap(),
        state: InstanceState::Running,
        tags: [("holdfast:group".to_owned(), "web".to_owned())].into(),
        launched_at: datetime!(2026-03-01 12:00 UTC),
        stop_limit: None,
        zone_id: None,
        zone: Some(Zone("eu-west-1a".to_owned())),
        kind: Some(InstanceType("m6i.large".to_owned())),
        interfaces: vec![AttachedInterface {
            id: "eni-1".parse().unwrap(),
            device_index: 2,
            card_index: 1,
            state: Some(AttachmentState::Attached),
            subnet: Some("subnet-1".parse().unwrap()),
            service_managed: false,
            private_ips: vec![PrivateIp {
                ip: Ipv4Addr::new(10, 0, 0, 5),
                public: Some(PublicIp {
                    ip: Ipv4Addr::new(203, 0, 113, 7),
                    auto_assigned: false,
                }),
            }],
            other_ips: OtherIps {
                ipv6: vec!["2001:db8::5".parse().unwrap()],
                prefixes: vec!["10.0.0.16/28".to_owned(), "2001:db8:0:1::/80".to_owned()],
            },
        }],
    };
    assert_eq!(described(&inside).await, expected);
}

#[tokio::test]
async fn what_ec2_may_refuse_to_stop_is_known_by_its_lifecycle_and_its_root_device() {
    for (inside, expected) in [
        (
            "<instanceLifecycle>spot</instanceLifecycle>",
            Some(StopLimit::Spot),
        ),
        (
            "<rootDeviceType>instance-store</rootDeviceType>",
            Some(StopLimit::InstanceStoreRoot),
        ),
        ("<rootDeviceType>ebs</rootDeviceType>", None),
        ("<instanceLifecycle>novel</instanceLifecycle>", None),
    ] {
        let instance = described(&format!("{RUNNING}{inside}")).await;
        assert_eq!(instance.stop_limit, expected, "{inside}");
    }
}

#[tokio::test]
async fn an_instance_of_which_ec2_tells_little_has_little() {
    let instance = described(
        "<instanceId>i-1</instanceId><instanceState><name>terminated</name></instanceState>\
         <placement><availabilityZone/></placement>\
         <networkInterfaceSet><item><networkInterfaceId>eni-1</networkInterfaceId><subnetId/>\
         </item></networkInterfaceSet>",
    )
    .await;
    assert_eq!(instance.state, InstanceState::Terminated);
    assert_eq!(instance.launched_at, OffsetDateTime::UNIX_EPOCH);
    assert_eq!((instance.zone, instance.kind), (None, None));
    let expected = AttachedInterface {
        id: "eni-1".parse().unwrap(),
        device_index: 0,
        card_index: 0,
        state: None,
        subnet: None,
        service_managed: false,
        private_ips: Vec::new(),
        other_ips: OtherIps::default(),
    };
    assert_eq!(instance.interfaces, [expected]);
}

#[tokio::test]
async fn an_instance_without_its_state_or_its_id_is_an_answer_that_cannot_be_read() {
    for (inside, told) in [
        ("<instanceId>i-1</instanceId>", "its state is missing"),
        (
            "<instanceState><name>running</name></instanceState>",
            "an instance's id is missing",
        ),
    ] {
        let wire = Wire::answering([answer(inside)]);
        let refusal = wire
            .cloud()
            .instances(&tagged())
            .await
            .unwrap_err()
            .to_string();
        assert!(refusal.starts_with("ec2:DescribeInstances: "), "{refusal}");
        assert!(refusal.contains(told), "{refusal}");
    }
}

#[tokio::test]
async fn interfaces_are_told_by_card_and_index_though_ec2_leaves_the_first_card_out() {
    let at = |eni: &str, card: &str, index: u8| {
        format!(
            "<item><networkInterfaceId>{eni}</networkInterfaceId><attachment>\
             <deviceIndex>{index}</deviceIndex>{card}</attachment></item>"
        )
    };
    let card = |card: u8| format!("<networkCardIndex>{card}</networkCardIndex>");
    let mixed = at("eni-4", &card(1), 0)
        + &at("eni-3", &card(0), 2)
        + &at("eni-2", "", 1)
        + &at("eni-1", &card(0), 0);
    let instance = with(&mixed).await;
    let enis: Vec<&str> = instance
        .interfaces
        .iter()
        .map(|it| it.id.as_str())
        .collect();
    assert_eq!(enis, ["eni-1", "eni-2", "eni-3", "eni-4"]);
}

#[tokio::test]
async fn an_interface_is_as_far_as_ec2_says() {
    for (status, state) in [
        (
            "<status>detaching</status>",
            Some(AttachmentState::Detaching),
        ),
        ("<status>novel</status>", Some(AttachmentState::Unknown)),
        ("", None),
    ] {
        let item = format!(
            "<item><networkInterfaceId>eni-1</networkInterfaceId><attachment>{status}</attachment></item>"
        );
        assert_eq!(with(&item).await.interfaces[0].state, state, "{status}");
    }
}

#[tokio::test]
async fn an_interface_of_a_kind_that_nobody_knows_is_not_ours() {
    let interface = attached("eni-1", 0, "unheard-of", "");
    assert!(with(&interface).await.interfaces[0].service_managed);
}

#[tokio::test]
async fn a_public_address_is_read_under_each_of_its_names_and_ours_where_no_owner_is_told() {
    for (public, expected) in [
        (
            "<publicIp/><customerOwnedIp>203.0.113.7</customerOwnedIp>",
            true,
        ),
        ("<carrierIp>203.0.113.7</carrierIp>", true),
        ("<publicIp/>", false),
    ] {
        let public = format!("<association>{public}</association>");
        let private_ips = private("10.0.0.5", true, &public);
        let instance = with(&attached("eni-1", 0, "interface", &private_ips)).await;
        let side = expected.then_some(PublicIp {
            ip: Ipv4Addr::new(203, 0, 113, 7),
            auto_assigned: false,
        });
        assert_eq!(
            instance.interfaces[0].private_ips[0].public, side,
            "{public}"
        );
    }
}

#[tokio::test]
async fn what_lacks_its_id_or_its_ip_is_an_answer_that_cannot_be_read() {
    for (item, missing) in [
        (
            "<item><subnetId>subnet-1</subnetId></item>".to_owned(),
            "an interface's id",
        ),
        (
            attached("eni-1", 0, "interface", &private("", true, "")),
            "a private IP",
        ),
    ] {
        let inside = format!("{RUNNING}<networkInterfaceSet>{item}</networkInterfaceSet>");
        let wire = Wire::answering([answer(&inside)]);
        let refusal = wire.cloud().instances(&tagged()).await.unwrap_err();
        assert!(refusal.to_string().contains(missing), "{refusal}");
    }
}

#[tokio::test]
async fn a_private_ip_is_the_primary_one_only_where_ec2_says_so() {
    let bare = "<item><privateIpAddress>10.0.0.6</privateIpAddress></item>";
    let private_ips = bare.to_owned() + &private("10.0.0.5", true, "");
    let instance = with(&attached("eni-1", 0, "interface", &private_ips)).await;
    let first = &instance.interfaces[0].private_ips[0];
    assert_eq!(first.ip, Ipv4Addr::new(10, 0, 0, 5));
}

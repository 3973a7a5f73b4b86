//! Instances as EC2 answers them, and what is sent for them.

use super::{Wire, ec2};
use crate::cloud::{Disassociate, ReadInstances, WhichInstances};
use crate::instance::{Instance, InstanceState};
use std::net::Ipv4Addr;
use time::macros::datetime;

fn tagged() -> WhichInstances {
    WhichInstances::Tagged("holdfast:group".to_owned())
}

fn answer(instance: &str) -> String {
    let set = format!(
        "<reservationSet><item><reservationId>r-1</reservationId><instancesSet><item>{instance}\
         </item></instancesSet></item></reservationSet>"
    );
    ec2("DescribeInstances", &set)
}

async fn described(instance: &str) -> Instance {
    let wire = Wire::answering([answer(instance)]);
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
    for (owner, automatic) in [("amazon", true), ("111122223333", false)] {
        let public = format!(
            "<association><publicIp>203.0.113.7</publicIp><ipOwnerId>{owner}</ipOwnerId></association>"
        );
        let interface = attached("eni-1", 0, "interface", &private("10.0.0.5", true, &public));
        let set = format!("{RUNNING}<networkInterfaceSet>{interface}</networkInterfaceSet>");
        let instance = described(&set).await;
        let public = instance.interfaces[0].private_ips[0].public.unwrap();
        assert_eq!(public.automatic, automatic);
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
async fn instances_are_asked_for_by_filter_and_in_pages() {
    let wire = Wire::answering([answer(RUNNING)]);
    wire.cloud().instances(&tagged()).await.unwrap();
    let members = wire.members();
    for member in [
        "Filter.1.Name=tag-key",
        "Filter.1.Value.1=holdfast%3Agroup",
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

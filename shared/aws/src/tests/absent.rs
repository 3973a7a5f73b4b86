//! What EC2 leaves out, leaves empty, or says in words that nobody knows: never read as well, free or gone.

use super::{EMPTY, NOVEL, Wire, ec2};
use holdfast::cloud::{AddressFilter, CloudError, InterfaceFilter, ReadAddresses, ReadInterfaces};
use holdfast::model::elastic_ip::{Address, Pool};
use holdfast::model::interface::{AttachmentState, Interface};
use holdfast::model::tags::Tags;
use std::net::Ipv4Addr;

const PUBLIC: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 7);

async fn addresses(items: &str) -> Result<Vec<Address>, CloudError> {
    let set = format!("<addressesSet>{items}</addressesSet>");
    let wire = Wire::answering([ec2("DescribeAddresses", &set)])
        .wrong_where("novel", NOVEL)
        .wrong_where("<serviceManaged/>", EMPTY);
    wire.cloud().addresses(&AddressFilter::All).await
}

async fn address(inside: &str) -> Address {
    let item = format!("<item><allocationId>eipalloc-1</allocationId>{inside}</item>");
    addresses(&item).await.unwrap().remove(0)
}

async fn interfaces(inside: &str) -> Result<Vec<Interface>, CloudError> {
    let set = format!("<networkInterfaceSet><item>{inside}</item></networkInterfaceSet>");
    let wire = Wire::answering([ec2("DescribeNetworkInterfaces", &set)])
        .wrong_where("novel", NOVEL)
        .wrong_where("<status/>", EMPTY);
    let which = InterfaceFilter::TagKeys(vec!["holdfast:group".to_owned()]);
    wire.cloud().interfaces(&which).await
}

async fn interface(inside: &str) -> Interface {
    let inside = format!("<networkInterfaceId>eni-1</networkInterfaceId>{inside}");
    interfaces(&inside).await.unwrap().remove(0)
}

async fn attached(inside: &str) -> Interface {
    interface(&format!("<attachment>{inside}</attachment>")).await
}

#[tokio::test]
async fn an_address_that_is_only_held_has_nothing_else() {
    let expected = Address {
        allocation: "eipalloc-1".parse().unwrap(),
        ip: PUBLIC,
        pool: Pool::Amazon,
        border_group: None,
        tags: Tags::new(),
        association: None,
        service_managed: None,
    };
    assert_eq!(address("<publicIp>203.0.113.7</publicIp>").await, expected);
    let empty = "<publicIp>203.0.113.7</publicIp><instanceId/><associationId/><networkInterfaceId/>\
         <privateIpAddress/><publicIpv4Pool/><customerOwnedIp/><customerOwnedIpv4Pool/><carrierIp/>\
         <networkBorderGroup/><serviceManaged/><tagSet/>";
    assert_eq!(address(empty).await, expected);
}

#[tokio::test]
async fn an_ip_is_read_under_each_of_its_names_though_the_others_are_empty() {
    for ip in [
        "<publicIp/><customerOwnedIp>203.0.113.7</customerOwnedIp>",
        "<publicIp/><customerOwnedIp/><carrierIp>203.0.113.7</carrierIp>",
        "<carrierIp>203.0.113.7</carrierIp>",
    ] {
        assert_eq!(address(ip).await.ip, PUBLIC, "{ip}");
    }
}

#[tokio::test]
async fn an_address_without_its_ip_is_an_answer_that_cannot_be_read() {
    let item = "<item><allocationId>eipalloc-1</allocationId></item>";
    let refusal = addresses(item).await.unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "ec2:DescribeAddresses: the answer cannot be read: an address's IP is missing"
    );
}

#[tokio::test]
async fn an_address_without_an_allocation_is_none_of_ours() {
    let classic = "<item><publicIp>198.51.100.4</publicIp><domain>standard</domain></item>\
         <item><publicIp>198.51.100.5</publicIp><allocationId/></item>";
    assert_eq!(addresses(classic).await.unwrap(), []);
}

#[tokio::test]
async fn an_association_is_read_though_nothing_but_its_id_is_told() {
    let associated = "<publicIp>203.0.113.7</publicIp><associationId>eipassoc-1</associationId>";
    let association = address(associated).await.association.unwrap();
    assert_eq!(association.id.as_str(), "eipassoc-1");
    assert_eq!(association.eni, None);
    assert_eq!(association.private_ip, None);
    assert_eq!(association.instance, None);
}

#[tokio::test]
async fn a_service_that_nobody_knows_still_manages_its_address() {
    let managed = "<publicIp>203.0.113.7</publicIp><serviceManaged>novel</serviceManaged>";
    let address = address(managed).await;
    assert_eq!(address.service_managed.as_deref(), Some("novel"));
}

#[tokio::test]
async fn a_tag_without_a_value_is_empty_and_one_without_a_key_is_none() {
    let tags = "<publicIp>203.0.113.7</publicIp><tagSet><item><key>bare</key></item>\
         <item><value>lost</value></item></tagSet>";
    let expected = Tags::from([("bare".to_owned(), String::new())]);
    assert_eq!(address(tags).await.tags, expected);
}

#[tokio::test]
async fn an_interface_of_which_ec2_tells_only_the_id_is_bare() {
    let bare = Interface::bare("eni-1".parse().unwrap());
    assert_eq!(interface("").await, bare);
    let empty = "<subnetId/><availabilityZone/><tagSet/><attachment/><privateIpAddressesSet/>";
    assert_eq!(interface(empty).await, bare);
}

#[tokio::test]
async fn an_interface_without_its_id_is_an_answer_that_cannot_be_read() {
    let refusal = interfaces("<subnetId>subnet-1</subnetId>").await;
    let told = refusal.unwrap_err().to_string();
    assert!(told.contains("the interface's id is missing"), "{told}");
}

#[tokio::test]
async fn an_attachment_is_in_the_state_that_ec2_names() {
    for (name, state) in [
        ("attaching", AttachmentState::Attaching),
        ("attached", AttachmentState::Attached),
        ("detaching", AttachmentState::Detaching),
        ("detached", AttachmentState::Detached),
    ] {
        let status = format!("<status>{name}</status>");
        let id = "<attachmentId>eni-attach-1</attachmentId>";
        let attachment = attached(&format!("{id}{status}")).await.attachment;
        assert_eq!(attachment.unwrap().state, state, "{name}");
    }
}

#[tokio::test]
async fn an_attachment_in_a_state_that_nobody_knows_is_not_over() {
    for status in ["<status>novel</status>", "<status/>", ""] {
        let id = "<attachmentId>eni-attach-1</attachmentId>";
        let attachment = attached(&format!("{id}{status}")).await.attachment;
        let state = attachment.unwrap().state;
        assert_eq!(state, AttachmentState::Unknown, "{status}");
    }
}

#[tokio::test]
async fn an_attachment_of_which_ec2_tells_only_the_id_is_the_primary_one_and_ends_with_its_instance()
 {
    let inside = "<attachmentId>eni-attach-1</attachmentId><instanceId/>";
    let attachment = attached(inside).await.attachment.unwrap();
    assert_eq!((attachment.device_index, attachment.card_index), (0, 0));
    assert!(attachment.is_primary());
    assert!(attachment.delete_on_termination);
    assert_eq!(attachment.instance, None);
    assert_eq!(attachment.since, None);
}

#[tokio::test]
async fn an_interface_that_is_attached_by_a_tie_without_an_id_is_not_free() {
    let held = attached("<status>attached</status><instanceOwnerId>amazon-aws</instanceOwnerId>");
    let held = held.await;
    assert_eq!(held.attachment, None);
    assert!(held.is_aws_managed());
    let own = "<attachmentId>eni-attach-1</attachmentId><instanceId>i-1</instanceId>\
         <status>attached</status>";
    assert!(!attached(own).await.is_aws_managed());
    assert!(!attached("<attachmentId/>").await.is_aws_managed());
}

#[tokio::test]
async fn an_interface_that_a_service_made_is_not_ours() {
    for (word, managed) in [("true", true), ("false", false)] {
        let made = format!("<requesterManaged>{word}</requesterManaged>");
        assert_eq!(interface(&made).await.requester_managed, managed);
    }
}

fn private(inside: &str) -> String {
    format!("<privateIpAddressesSet><item>{inside}</item></privateIpAddressesSet>")
}

#[tokio::test]
async fn a_private_ip_is_taken_by_an_address_of_whichever_kind() {
    for (public, ip) in [
        ("<publicIp>203.0.113.7</publicIp>", Some(PUBLIC)),
        (
            "<publicIp/><customerOwnedIp>203.0.113.7</customerOwnedIp>",
            Some(PUBLIC),
        ),
        ("<carrierIp>203.0.113.7</carrierIp>", Some(PUBLIC)),
        ("<publicIp/>", None),
    ] {
        let taken = format!(
            "<privateIpAddress>10.0.0.5</privateIpAddress><association>{public}</association>"
        );
        let seen = interface(&private(&taken)).await;
        let association = seen.private_ips[&Ipv4Addr::new(10, 0, 0, 5)].as_ref();
        assert_eq!(association.map(|it| it.ip), ip, "{public}");
        assert_eq!(seen.primary_ip, None);
    }
}

#[tokio::test]
async fn a_private_ip_that_is_no_ip_is_an_answer_that_cannot_be_read() {
    for inside in [
        "<primary>true</primary>",
        "<privateIpAddress>ten</privateIpAddress>",
    ] {
        let eni = "<networkInterfaceId>eni-1</networkInterfaceId>";
        let inside = format!("{eni}{}", private(inside));
        let refusal = interfaces(&inside).await.unwrap_err();
        assert_eq!(refusal.name(), "Other");
    }
}

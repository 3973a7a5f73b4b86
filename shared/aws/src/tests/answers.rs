//! What EC2 answers, as our own types.

use super::{Wire, ec2};
use holdfast::cloud::{
    AddressFilter, Allocate, AllocateAddressRequest, ReadAddresses, ReadInterfaces,
};
use holdfast::model::elastic_ip::{Address, Association, Pool};
use holdfast::model::ids::{BorderGroup, Zone};
use holdfast::model::interface::{Attachment, AttachmentState, Interface, InterfaceAssociation};
use holdfast::model::tags::Tags;
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use time::macros::datetime;

const PUBLIC: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 7);
const PRIVATE: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 5);

async fn described(inside: &str) -> Address {
    let set = format!("<addressesSet><item>{inside}</item></addressesSet>");
    let wire = Wire::answering([ec2("DescribeAddresses", &set)]);
    wire.cloud()
        .addresses(&AddressFilter::All)
        .await
        .unwrap()
        .remove(0)
}

#[tokio::test]
async fn an_associated_address_is_read_whole() {
    let address = described(
        "<publicIp>203.0.113.7</publicIp><allocationId>eipalloc-1</allocationId>\
         <domain>vpc</domain><instanceId>i-1</instanceId><associationId>eipassoc-1</associationId>\
         <networkInterfaceId>eni-1</networkInterfaceId><privateIpAddress>10.0.0.5</privateIpAddress>\
         <publicIpv4Pool>amazon</publicIpv4Pool><networkBorderGroup>eu-central-1</networkBorderGroup>\
         <serviceManaged>rnat</serviceManaged>\
         <tagSet><item><key>holdfast:protect</key><value>reclaim</value></item>\
         <item><key>empty</key><value/></item></tagSet>",
    )
    .await;
    let expected = Address {
        allocation: "eipalloc-1".parse().unwrap(),
        ip: PUBLIC,
        pool: Pool::Amazon,
        border_group: Some(BorderGroup("eu-central-1".to_owned())),
        tags: Tags::from([
            ("holdfast:protect".to_owned(), "reclaim".to_owned()),
            ("empty".to_owned(), String::new()),
        ]),
        association: Some(Association {
            id: "eipassoc-1".parse().unwrap(),
            eni: Some("eni-1".parse().unwrap()),
            private_ip: Some(PRIVATE),
            instance: Some("i-1".parse().unwrap()),
        }),
        service_managed: Some("rnat".to_owned()),
    };
    assert_eq!(address, expected);
}

#[tokio::test]
async fn empty_elements_are_absent() {
    let address = described(
        "<publicIp>203.0.113.7</publicIp><allocationId>eipalloc-1</allocationId><instanceId/>\
         <associationId/><networkBorderGroup/><tagSet/>",
    )
    .await;
    assert_eq!(address.association, None);
    assert_eq!(address.border_group, None);
}

#[tokio::test]
async fn each_kind_of_pool_is_told_apart() {
    for (pool, expected) in [
        (
            "ipv4pool-ec2-1",
            Pool::BringYourOwn("ipv4pool-ec2-1".to_owned()),
        ),
        ("ipam-pool-1", Pool::Ipam("ipam-pool-1".to_owned())),
    ] {
        let address = described(&format!(
            "<publicIp>203.0.113.7</publicIp><allocationId>eipalloc-1</allocationId>\
             <publicIpv4Pool>{pool}</publicIpv4Pool>"
        ))
        .await;
        assert_eq!(address.pool, expected);
    }
    let address = described(
        "<allocationId>eipalloc-1</allocationId><customerOwnedIp>203.0.113.7</customerOwnedIp>\
         <customerOwnedIpv4Pool>ipv4pool-coip-1</customerOwnedIpv4Pool>",
    )
    .await;
    assert_eq!(address.ip, PUBLIC);
    assert_eq!(
        address.pool,
        Pool::CustomerOwned("ipv4pool-coip-1".to_owned())
    );
}

#[tokio::test]
async fn a_customer_owned_address_is_allocated_under_its_own_element() {
    let answer =
        "<customerOwnedIp>203.0.113.7</customerOwnedIp><allocationId>eipalloc-2</allocationId>";
    let wire = Wire::answering([ec2("AllocateAddress", answer)]);
    let request = AllocateAddressRequest {
        ip: PUBLIC,
        pool: Pool::CustomerOwned("ipv4pool-coip-1".to_owned()),
        border_group: None,
        tags: Tags::new(),
    };
    assert_eq!(wire.cloud().allocate(&request).await.unwrap().ip, PUBLIC);
}

#[tokio::test]
async fn an_interface_tells_which_of_its_private_ips_are_taken() {
    let set = "<networkInterfaceSet><item><networkInterfaceId>eni-1</networkInterfaceId>\
         <requesterManaged>false</requesterManaged>\
         <subnetId>subnet-1</subnetId><availabilityZone>eu-west-1a</availabilityZone>\
         <tagSet><item><key>holdfast:group</key><value>web</value></item></tagSet>\
         <attachment><attachmentId>eni-attach-1</attachmentId><instanceId>i-1</instanceId>\
         <deviceIndex>1</deviceIndex><networkCardIndex>0</networkCardIndex><status>attached</status>\
         <attachTime>2026-01-01T00:00:00Z</attachTime>\
         <deleteOnTermination>true</deleteOnTermination></attachment><privateIpAddressesSet>\
         <item><privateIpAddress>10.0.0.5</privateIpAddress><primary>true</primary><association>\
         <publicIp>203.0.113.7</publicIp><allocationId>eipalloc-1</allocationId></association></item>\
         <item><privateIpAddress>10.0.0.6</privateIpAddress></item>\
         <item><privateIpAddress>10.0.0.7</privateIpAddress><association>\
         <publicIp>198.51.100.4</publicIp><ipOwnerId>amazon</ipOwnerId></association></item>\
         </privateIpAddressesSet></item></networkInterfaceSet>";
    let wire = Wire::answering([ec2("DescribeNetworkInterfaces", set)]);
    let eni = "eni-1".parse().unwrap();
    let taken = |ip, allocation| Some(InterfaceAssociation { ip, allocation });
    let expected = Interface {
        private_ips: BTreeMap::from([
            (PRIVATE, taken(PUBLIC, Some("eipalloc-1".parse().unwrap()))),
            (Ipv4Addr::new(10, 0, 0, 6), None),
            (
                Ipv4Addr::new(10, 0, 0, 7),
                taken(Ipv4Addr::new(198, 51, 100, 4), None),
            ),
        ]),
        primary_ip: Some(PRIVATE),
        attachment: Some(Attachment {
            id: "eni-attach-1".parse().unwrap(),
            instance: Some("i-1".parse().unwrap()),
            device_index: 1,
            card_index: 0,
            state: AttachmentState::Attached,
            delete_on_termination: true,
            since: Some(datetime!(2026-01-01 00:00 UTC)),
        }),
        subnet: Some("subnet-1".parse().unwrap()),
        zone: Some(Zone("eu-west-1a".to_owned())),
        tags: [("holdfast:group".to_owned(), "web".to_owned())].into(),
        ..Interface::bare(eni)
    };
    assert_eq!(
        wire.cloud().interface(&expected.id).await.unwrap(),
        Some(expected)
    );
}

#[tokio::test]
async fn an_attachment_of_a_service_is_read() {
    let set = "<networkInterfaceSet><item><networkInterfaceId>eni-1</networkInterfaceId>\
         <requesterManaged>false</requesterManaged>\
         <attachment><attachmentId>ela-attach-0cf98331</attachmentId>\
         <instanceOwnerId>amazon-aws</instanceOwnerId><deviceIndex>1</deviceIndex>\
         <status>attached</status><deleteOnTermination>false</deleteOnTermination></attachment>\
         </item></networkInterfaceSet>";
    let wire = Wire::answering([ec2("DescribeNetworkInterfaces", set)]);
    let eni = "eni-1".parse().unwrap();
    let interface = wire.cloud().interface(&eni).await.unwrap().unwrap();
    assert!(interface.is_aws_managed());
}

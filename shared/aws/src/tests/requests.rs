//! What is sent to EC2, to the byte.

use super::{Wire, ec2};
use holdfast::cloud::{
    AddressFilter, Allocate, AllocateAddressRequest, Associate, Disassociate, ReadAddresses,
    ReadInterfaces, SetReverseDns,
};
use holdfast::model::elastic_ip::Pool;
use holdfast::model::ids::BorderGroup;
use holdfast::model::tags::Tags;
use std::net::Ipv4Addr;

fn allocated() -> Wire {
    let answer = "<publicIp>203.0.113.7</publicIp><allocationId>eipalloc-2</allocationId>";
    Wire::answering([ec2("AllocateAddress", answer)])
}

fn a_request(pool: Pool) -> AllocateAddressRequest {
    AllocateAddressRequest {
        ip: Ipv4Addr::new(203, 0, 113, 7),
        pool,
        border_group: Some(BorderGroup("eu-central-1".to_owned())),
        tags: Tags::from([
            ("holdfast:protect".to_owned(), "reclaim".to_owned()),
            ("partner".to_owned(), "a & b".to_owned()),
        ]),
    }
}

#[tokio::test]
async fn an_address_is_asked_for_with_its_group_and_its_tags_in_one_call() {
    let wire = allocated();
    wire.cloud()
        .allocate(&a_request(Pool::Amazon))
        .await
        .unwrap();
    assert_eq!(
        wire.members(),
        [
            "Domain=vpc",
            "Address=203.0.113.7",
            "NetworkBorderGroup=eu-central-1",
            "TagSpecification.1.ResourceType=elastic-ip",
            "TagSpecification.1.Tag.1.Key=holdfast%3Aprotect",
            "TagSpecification.1.Tag.1.Value=reclaim",
            "TagSpecification.1.Tag.2.Key=partner",
            "TagSpecification.1.Tag.2.Value=a%20%26%20b",
        ]
    );
}

#[tokio::test]
async fn only_an_ipam_pool_is_named() {
    let pools = [
        (Pool::Amazon, None),
        (Pool::BringYourOwn("ipv4pool-ec2-1".to_owned()), None),
        (Pool::CustomerOwned("ipv4pool-coip-1".to_owned()), None),
        (
            Pool::Ipam("ipam-pool-1".to_owned()),
            Some("IpamPoolId=ipam-pool-1"),
        ),
    ];
    for (pool, named) in pools {
        let wire = allocated();
        wire.cloud().allocate(&a_request(pool)).await.unwrap();
        let members = wire.members();
        let pool = members.iter().find(|member| member.contains("Pool"));
        assert_eq!(pool.map(String::as_str), named);
    }
}

#[tokio::test]
async fn no_tags_are_no_tag_specification() {
    let wire = allocated();
    let mut request = a_request(Pool::Amazon);
    request.tags.clear();
    wire.cloud().allocate(&request).await.unwrap();
    assert!(
        wire.members()
            .iter()
            .all(|member| !member.starts_with("Tag"))
    );
}

#[tokio::test]
async fn an_association_never_takes_an_address_from_anyone() {
    let answer = "<associationId>eipassoc-1</associationId>";
    let wire = Wire::answering([ec2("AssociateAddress", answer)]);
    let (allocation, eni) = ("eipalloc-1".parse().unwrap(), "eni-1".parse().unwrap());
    let private_ip = Ipv4Addr::new(10, 0, 0, 5);
    let association = wire
        .cloud()
        .associate(&allocation, &eni, private_ip)
        .await
        .unwrap();
    assert_eq!(association.as_str(), "eipassoc-1");
    let mut members = wire.members();
    members.sort();
    assert_eq!(
        members,
        [
            "AllocationId=eipalloc-1",
            "AllowReassociation=false",
            "NetworkInterfaceId=eni-1",
            "PrivateIpAddress=10.0.0.5",
        ]
    );
}

#[tokio::test]
async fn a_reverse_name_is_set_by_allocation() {
    let wire = Wire::answering([ec2("ModifyAddressAttribute", "")]);
    let allocation = "eipalloc-1".parse().unwrap();
    wire.cloud()
        .set_reverse_dns(&allocation, "mail.example.com")
        .await
        .unwrap();
    assert_eq!(
        wire.members(),
        ["AllocationId=eipalloc-1", "DomainName=mail.example.com"]
    );
}

#[tokio::test]
async fn what_may_be_gone_is_asked_for_by_filter() {
    let wire = Wire::answering([ec2("DescribeAddresses", "<addressesSet/>")]);
    let gone = AddressFilter::Allocations(vec!["eipalloc-1".parse().unwrap()]);
    assert!(wire.cloud().addresses(&gone).await.unwrap().is_empty());
    assert_eq!(
        wire.members(),
        ["Filter.1.Name=allocation-id", "Filter.1.Value.1=eipalloc-1"]
    );

    let wire = Wire::answering([ec2("DescribeNetworkInterfaces", "<networkInterfaceSet/>")]);
    assert!(
        wire.cloud()
            .interface(&"eni-1".parse().unwrap())
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(
        wire.members(),
        [
            "MaxResults=1000",
            "Filter.1.Name=network-interface-id",
            "Filter.1.Value.1=eni-1"
        ]
    );
}

#[tokio::test]
async fn all_addresses_are_asked_for_without_a_filter() {
    let wire = Wire::answering([ec2("DescribeAddresses", "<addressesSet/>")]);
    wire.cloud().addresses(&AddressFilter::All).await.unwrap();
    assert!(wire.members().is_empty());
}

#[tokio::test]
async fn an_address_without_a_border_group_or_tags_is_asked_for_by_its_ip_alone() {
    let wire = allocated();
    let request = AllocateAddressRequest {
        border_group: None,
        tags: Tags::new(),
        ..a_request(Pool::Amazon)
    };
    wire.cloud().allocate(&request).await.unwrap();
    assert_eq!(
        wire.calls(),
        [[
            "Action=AllocateAddress",
            "Address=203.0.113.7",
            "Domain=vpc"
        ]]
    );
}

#[tokio::test]
async fn an_allocation_of_whichever_kind_tells_the_ip_that_was_given() {
    for ip in [
        "<publicIp>203.0.113.9</publicIp>",
        "<publicIp/><customerOwnedIp>203.0.113.9</customerOwnedIp>",
        "<carrierIp>203.0.113.9</carrierIp>",
    ] {
        let answer = format!("{ip}<allocationId>eipalloc-2</allocationId>");
        let wire = Wire::answering([ec2("AllocateAddress", &answer)]);
        let given = wire
            .cloud()
            .allocate(&a_request(Pool::Amazon))
            .await
            .unwrap();
        assert_eq!(given.allocation.as_str(), "eipalloc-2");
        assert_eq!(given.ip, Ipv4Addr::new(203, 0, 113, 9));
    }
}

#[tokio::test]
async fn an_allocation_without_its_id_or_its_ip_is_an_answer_that_cannot_be_read() {
    for (answer, missing) in [
        (
            "<publicIp>203.0.113.7</publicIp>",
            "the allocation id is missing",
        ),
        (
            "<allocationId>eipalloc-2</allocationId>",
            "the IP that was allocated is missing",
        ),
    ] {
        let wire = Wire::answering([ec2("AllocateAddress", answer)]);
        let refusal = wire
            .cloud()
            .allocate(&a_request(Pool::Amazon))
            .await
            .unwrap_err();
        let told = refusal.to_string();
        assert!(told.starts_with("ec2:AllocateAddress: "), "{told}");
        assert!(told.contains(missing), "{told}");
    }
}

#[tokio::test]
async fn an_association_without_its_id_is_an_answer_that_cannot_be_read() {
    let wire = Wire::answering([ec2("AssociateAddress", "<return>true</return>")]);
    let (allocation, eni) = ("eipalloc-1".parse().unwrap(), "eni-1".parse().unwrap());
    let associated = wire
        .cloud()
        .associate(&allocation, &eni, Ipv4Addr::LOCALHOST)
        .await;
    let told = associated.unwrap_err().to_string();
    assert!(told.contains("the association id is missing"), "{told}");
}

#[tokio::test]
async fn every_change_that_ec2_refuses_is_refused_with_the_name_of_its_call() {
    let refused = || Wire::refusing("UnauthorizedOperation").cloud();
    let (allocation, eni) = ("eipalloc-1".parse().unwrap(), "eni-1".parse().unwrap());
    let ip = Ipv4Addr::LOCALHOST;
    let refusals = [
        refused()
            .allocate(&a_request(Pool::Amazon))
            .await
            .unwrap_err(),
        refused()
            .associate(&allocation, &eni, ip)
            .await
            .unwrap_err(),
        refused()
            .set_reverse_dns(&allocation, "a.example.com")
            .await
            .unwrap_err(),
        refused()
            .disassociate(&"eipassoc-1".parse().unwrap())
            .await
            .unwrap_err(),
    ];
    let reason = "UnauthorizedOperation: because of it (request request-1)";
    assert_eq!(
        refusals.map(|refusal| refusal.to_string()),
        [
            "AllocateAddress",
            "AssociateAddress",
            "ModifyAddressAttribute",
            "DisassociateAddress"
        ]
        .map(|action| format!("ec2:{action}: {reason}"))
    );
}

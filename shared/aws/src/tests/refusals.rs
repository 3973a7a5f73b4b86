//! Each error code of AWS becomes the variant that decisions hang on, and nothing of it is lost.

use super::Wire;
use holdfast::cloud::{
    AddressFilter, Allocate, AllocateAddressRequest, Associate, CloudError, Missing, ReadAddresses,
    ReadEventHistory,
};
use holdfast::error::chain;
use holdfast::ledger::Ledger;
use holdfast::model::elastic_ip::Pool;
use holdfast::model::tags::Tags;
use std::error::Error as _;
use std::net::Ipv4Addr;

fn a_request() -> AllocateAddressRequest {
    AllocateAddressRequest {
        ip: Ipv4Addr::new(203, 0, 113, 7),
        pool: Pool::Amazon,
        border_group: None,
        tags: Tags::new(),
    }
}

async fn allocation_refused_with(code: &str) -> CloudError {
    Wire::refusing(code)
        .cloud()
        .allocate(&a_request())
        .await
        .unwrap_err()
}

#[tokio::test]
async fn every_code_of_a_reclaim_is_its_own_outcome() {
    for (code, name) in [
        ("InvalidAddress.NotFound", "NotFound"),
        ("AddressLimitExceeded", "LimitExceeded"),
        ("AuthFailure", "HeldElsewhere"),
        ("TagPolicyViolation", "TagsRefused"),
        ("TagLimitExceeded", "TagsRefused"),
        ("RequestLimitExceeded", "Throttled"),
        ("Throttling", "Throttled"),
        ("UnauthorizedOperation", "Denied"),
        ("OptInRequired", "Denied"),
        ("InvalidParameterValue", "Refused"),
        ("InternalError", "Other"),
        ("SomethingNobodyHasSeen", "Other"),
    ] {
        assert_eq!(allocation_refused_with(code).await.name(), name, "{code}");
    }
}

#[tokio::test]
async fn what_is_missing_is_told_apart_when_associating() {
    let (allocation, eni) = ("eipalloc-1".parse().unwrap(), "eni-1".parse().unwrap());
    for (code, missing) in [
        ("InvalidAllocationID.NotFound", Missing::Allocation),
        ("InvalidNetworkInterfaceID.NotFound", Missing::Interface),
    ] {
        let cloud = Wire::refusing(code).cloud();
        let refusal = cloud
            .associate(&allocation, &eni, Ipv4Addr::LOCALHOST)
            .await
            .unwrap_err();
        assert!(
            matches!(refusal, CloudError::NotFound { what, .. } if what == missing),
            "{code}: {refusal:?}"
        );
    }
    let cloud = Wire::refusing("Resource.AlreadyAssociated").cloud();
    let refusal = cloud
        .associate(&allocation, &eni, Ipv4Addr::LOCALHOST)
        .await
        .unwrap_err();
    assert_eq!(refusal.name(), "AlreadyAssociated");
}

#[tokio::test]
async fn code_message_request_id_and_source_are_kept() {
    let refusal = allocation_refused_with("AddressLimitExceeded").await;
    assert_eq!(
        refusal.to_string(),
        "ec2:AllocateAddress: AddressLimitExceeded: because of it (request request-1)"
    );
    assert!(refusal.failure().source().is_some());
    assert_eq!(chain(&refusal), refusal.to_string());
}

#[tokio::test]
async fn no_answer_says_what_broke() {
    let refusal = Wire::default()
        .cloud()
        .addresses(&AddressFilter::All)
        .await
        .unwrap_err();
    assert_eq!(refusal.name(), "Other");
    let told = chain(&refusal);
    assert!(
        told.starts_with("ec2:DescribeAddresses: no answer: "),
        "{told}"
    );
    assert!(told.contains("connection reset by peer"), "{told}");
}

#[tokio::test]
async fn an_answer_that_makes_no_sense_is_no_address() {
    let odd = "<addressesSet><item><allocationId>vol-1</allocationId>\
               <publicIp>203.0.113.7</publicIp></item></addressesSet>";
    let wire = Wire::answering([super::ec2("DescribeAddresses", odd)]);
    let refusal = wire
        .cloud()
        .addresses(&AddressFilter::All)
        .await
        .unwrap_err();
    let told = chain(&refusal);
    assert!(told.contains("`vol-1` is not an allocation id"), "{told}");
}

#[tokio::test]
async fn the_other_services_are_read_by_the_same_table() {
    let refused =
        |code: &str| Wire::refusing_json(&format!(r#"{{"__type":"a.b#{code}","message":"no"}}"#));
    let allocation = "eipalloc-1".parse().unwrap();
    for (code, name) in [
        ("AccessDeniedException", "Denied"),
        ("ProvisionedThroughputExceededException", "Throttled"),
        ("ThrottlingException", "Throttled"),
        ("ResourceNotFoundException", "NotFound"),
    ] {
        let refusal = refused(code).ledger().read(&allocation).await.unwrap_err();
        assert_eq!(refusal.name(), name, "{code}");
    }
    let throttled = refused("ThrottlingException").cloud();
    let refusal = throttled.event_history(&allocation).await.unwrap_err();
    assert_eq!(refusal.name(), "Throttled");
}

#[tokio::test]
async fn every_service_tells_its_code_its_message_and_its_request() {
    let refused =
        |code: &str| Wire::refusing_json(&format!(r#"{{"__type":"a.b#{code}","message":"no"}}"#));
    let allocation = "eipalloc-1".parse().unwrap();
    let read = refused("AccessDeniedException")
        .ledger()
        .read(&allocation)
        .await;
    assert_eq!(
        read.unwrap_err().to_string(),
        "dynamodb:BatchGetItem: AccessDeniedException: no (request request-1)"
    );
    let trail = refused("AccessDeniedException").cloud();
    let told = trail.event_history(&allocation).await;
    assert_eq!(
        told.unwrap_err().to_string(),
        "cloudtrail:LookupEvents: AccessDeniedException: no (request request-1)"
    );
    let cloud = Wire::refusing("UnauthorizedOperation").cloud();
    assert_eq!(
        cloud
            .addresses(&AddressFilter::All)
            .await
            .unwrap_err()
            .to_string(),
        "ec2:DescribeAddresses: UnauthorizedOperation: because of it (request request-1)"
    );
}

#[tokio::test]
async fn an_answer_without_a_code_is_told_as_it_is_and_not_as_none() {
    let wire = Wire::with([(503, "<html>busy</html>")]);
    let cloud = wire
        .wrong("what stands between may answer, and is no AWS")
        .cloud();
    let told = chain(&cloud.addresses(&AddressFilter::All).await.unwrap_err());
    assert!(
        told.starts_with("ec2:DescribeAddresses (request request-1): "),
        "{told}"
    );
    assert!(!told.contains("no answer"), "{told}");
}

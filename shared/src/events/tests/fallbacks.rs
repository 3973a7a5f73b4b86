//! Shapes of the same call that say it in another place, and events that say only half of what they are.

use super::{change, ignored, wrong};
use crate::events::EventError;
use crate::events::samples::{ALLOCATION, call, release};
use crate::model::cloudtrail::{AddressChange, Allocation};
use crate::model::elastic_ip::Pool;
use serde_json::{Value, json};

fn allocated(request: Value, response: Value) -> Allocation {
    match change(call("AllocateAddress").request(request).response(response)) {
        AddressChange::Allocated(birth) => birth,
        other => panic!("expected an allocation, got {other:?}"),
    }
}

#[test]
fn half_a_bare_record_is_told_which_half_is_missing() {
    let (field, _) = wrong(&json!({"eventName": "ReleaseAddress"}));
    assert_eq!(field, "eventSource");
    let (field, _) = wrong(&json!({"eventSource": "ec2.amazonaws.com"}));
    assert_eq!(field, "eventName");
    let (field, _) = wrong(&json!({"detail": {}}));
    assert_eq!(field, "detail-type");
}

#[test]
fn what_cloudtrail_tells_beside_calls_is_passed_by() {
    for kind in [
        "AWS Service Event via CloudTrail",
        "AWS Console Sign In via CloudTrail",
    ] {
        let event = json!({"detail-type": kind, "source": "aws.ec2", "detail": {}});
        assert_eq!(ignored(&event).why, "it is not an API call", "{kind}");
    }
}

#[test]
fn what_an_allocation_was_not_told_is_what_it_asked_for() {
    let answer = json!({"allocationId": ALLOCATION, "publicIp": "203.0.113.10"});
    let asked = json!({"publicIpv4Pool": "ipv4pool-ec2-1", "networkBorderGroup": "eu-west-1-wl1"});
    let raw = allocated(asked, answer);
    assert_eq!(raw.pool, Pool::BringYourOwn("ipv4pool-ec2-1".to_owned()));
    assert_eq!(raw.border_group.unwrap().0, "eu-west-1-wl1");
    let answer = json!({"allocationId": ALLOCATION, "customerOwnedIp": "203.0.113.77"});
    let raw = allocated(json!({"customerOwnedIpv4Pool": "ipv4pool-coip-1"}), answer);
    assert_eq!(raw.pool, Pool::CustomerOwned("ipv4pool-coip-1".to_owned()));
    let answer = json!({"allocationId": ALLOCATION, "carrierIp": "203.0.113.78"});
    assert_eq!(allocated(json!({}), answer).ip.to_string(), "203.0.113.78");
}

#[test]
fn what_an_allocation_was_told_beats_what_it_asked_for() {
    let answer = json!({
        "allocationId": ALLOCATION, "publicIp": "203.0.113.10",
        "publicIpv4Pool": "ipv4pool-ec2-2", "networkBorderGroup": "eu-west-1"
    });
    let asked = json!({"publicIpv4Pool": "ipv4pool-ec2-1", "networkBorderGroup": "eu-west-1-wl1"});
    let raw = allocated(asked, answer);
    assert_eq!(raw.pool, Pool::BringYourOwn("ipv4pool-ec2-2".to_owned()));
    assert_eq!(raw.border_group.unwrap().0, "eu-west-1");
}

#[test]
fn a_pool_without_a_name_is_amazons() {
    let from = |pool: &str| {
        let answer =
            json!({"allocationId": ALLOCATION, "publicIp": "203.0.113.10", "publicIpv4Pool": pool});
        allocated(json!({}), answer).pool
    };
    assert_eq!(from(""), Pool::Amazon);
    assert_eq!(from("amazon"), Pool::Amazon);
}

#[test]
fn the_ip_of_a_transfer_is_in_the_request_or_in_the_answer() {
    let answered = call("AcceptAddressTransfer").response(json!({
        "addressTransfer": {"publicIp": "203.0.113.10", "allocationId": ALLOCATION}
    }));
    let ip = "203.0.113.10".parse().unwrap();
    let allocation = Some(ALLOCATION.parse().unwrap());
    assert_eq!(
        change(answered),
        AddressChange::TransferAccepted { ip, allocation }
    );
    let asked = call("AcceptAddressTransfer").request(json!({"address": "203.0.113.10"}));
    let allocation = None;
    assert_eq!(
        change(asked),
        AddressChange::TransferAccepted { ip, allocation }
    );
}

#[test]
fn a_field_that_is_there_twice_is_told_with_the_object_that_has_it() {
    let twice = json!({"allocationId": ALLOCATION, "AllocationId": ALLOCATION});
    let (field, problem) = wrong(&release().request(twice).in_envelope());
    assert_eq!(field, "detail.requestParameters");
    assert!(problem.contains("duplicate field"), "{problem}");
}

#[test]
fn what_is_no_object_is_told_as_the_whole_event() {
    for event in [json!(null), json!(1), json!([]), json!("a text")] {
        assert_eq!(wrong(&event).0, EventError::WHOLE, "{event}");
    }
}

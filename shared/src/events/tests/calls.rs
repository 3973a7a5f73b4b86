//! What each call did, in both serialisations.

use super::{change, record, wrong};
use crate::events::samples::{
    ALLOCATION, ASSOCIATION, Sample, allocate, call, release, set_reverse_dns,
};
use crate::model::cloudtrail::{AddressChange, Allocation};
use crate::model::elastic_ip::Pool;
use crate::model::ids::{AllocationId, BorderGroup};
use serde_json::{Value, json};

fn allocation() -> AllocationId {
    ALLOCATION.parse().unwrap()
}

fn allocated(sample: Sample) -> Allocation {
    match change(sample) {
        AddressChange::Allocated(allocation) => allocation,
        other => panic!("expected an allocation, got {other:?}"),
    }
}

/// An allocation with this request and this response.
fn pool_of(request: Value, response: Value) -> Pool {
    allocated(allocate().request(request).response(response)).pool
}

#[test]
fn a_release_names_the_allocation_and_the_border_group() {
    let released = AddressChange::Released {
        allocation: allocation(),
        border_group: Some(BorderGroup("eu-west-1".to_owned())),
    };
    let parameters = json!({"AllocationId": ALLOCATION, "NetworkBorderGroup": "eu-west-1"});
    assert_eq!(change(release()), released);
    assert_eq!(change(call("ReleaseAddress").wrapped(parameters)), released);
}

#[test]
fn a_release_by_public_ip_says_that_the_allocation_is_what_is_missing() {
    let by_ip = release()
        .request(json!({"publicIp": "203.0.113.10"}))
        .in_envelope();
    let (field, problem) = wrong(&by_ip);
    assert_eq!(field, "detail.requestParameters.allocationId");
    assert!(
        problem.contains("by its public IP 203.0.113.10 alone"),
        "{problem}"
    );
}

#[test]
fn a_release_without_parameters_names_the_allocation_id() {
    for parameters in [
        Value::Null,
        json!({}),
        json!({"ReleaseAddressRequest": null}),
    ] {
        let (field, _) = wrong(&release().request(parameters).bare());
        assert!(field.ends_with(".allocationId"), "{field}");
    }
}

#[test]
fn an_association_id_in_place_of_an_allocation_id_is_refused() {
    let sample = call("ReleaseAddress").wrapped(json!({"AllocationId": ASSOCIATION}));
    let (field, problem) = wrong(&sample.in_envelope());
    assert_eq!(
        field,
        "detail.requestParameters.ReleaseAddressRequest.AllocationId"
    );
    assert!(problem.contains("is not an allocation id"), "{problem}");
}

#[test]
fn an_allocation_tells_everything_but_the_reverse_name() {
    let raw = allocated(allocate());
    assert_eq!(raw.allocation, allocation());
    assert_eq!(raw.ip.to_string(), "203.0.113.10");
    assert_eq!(raw.pool, Pool::Amazon);
    assert_eq!(raw.border_group, Some(BorderGroup("eu-west-1".to_owned())));
    assert_eq!(raw.tags["holdfast:protect"], "reclaim");
}

#[test]
fn an_allocation_reads_the_same_in_the_newer_serialisation() {
    let newer = call("AllocateAddress")
        .wrapped(json!({"Domain": "vpc", "TagSpecification": {
            "ResourceType": "elastic-ip",
            "tag": 1,
            "Tag": {"Key": "holdfast:protect", "Value": "reclaim", "tag": 1}
        }}))
        .wrapped_response(json!({
            "publicIp": "203.0.113.10",
            "allocationId": ALLOCATION,
            "publicIpv4Pool": "amazon",
            "networkBorderGroup": "eu-west-1"
        }));
    assert_eq!(allocated(newer), allocated(allocate()));
}

#[test]
fn an_allocation_without_its_response_names_what_is_missing() {
    let (field, _) = wrong(&allocate().response(Value::Null).in_envelope());
    assert_eq!(field, "detail.responseElements.allocationId");
    let (field, _) = wrong(
        &allocate()
            .response(json!({"allocationId": ALLOCATION}))
            .bare(),
    );
    assert_eq!(field, "responseElements.publicIp");
}

#[test]
fn an_allocation_tells_its_pool() {
    let from = |pool: &str| json!({"allocationId": ALLOCATION, "publicIp": "203.0.113.10", "publicIpv4Pool": pool});
    let own = "ipv4pool-ec2-012345";
    assert_eq!(pool_of(json!({}), from("amazon")), Pool::Amazon);
    assert_eq!(
        pool_of(json!({}), from(own)),
        Pool::BringYourOwn(own.to_owned())
    );
    let ipam = Pool::Ipam("ipam-pool-07c".to_owned());
    assert_eq!(pool_of(json!({}), from("ipam-pool-07c")), ipam);
    assert_eq!(
        pool_of(json!({"ipamPoolId": "ipam-pool-07c"}), from("amazon")),
        ipam
    );
}

#[test]
fn an_outposts_address_is_the_customer_owned_one() {
    let raw = allocated(allocate().response(json!({
        "allocationId": ALLOCATION,
        "customerOwnedIp": "203.0.113.77",
        "customerOwnedIpv4Pool": "ipv4pool-coip-0e5"
    })));
    assert_eq!(
        raw.pool,
        Pool::CustomerOwned("ipv4pool-coip-0e5".to_owned())
    );
    assert_eq!(raw.ip.to_string(), "203.0.113.77");
}

#[test]
fn an_association_tells_both_ends() {
    let sample = call("AssociateAddress").response(json!({"associationId": ASSOCIATION}));
    let raw = change(sample.request(json!({
        "allocationId": ALLOCATION,
        "networkInterfaceId": "eni-0d4",
        "privateIpAddress": "10.0.0.5",
        "allowReassociation": false
    })));
    let associated = AddressChange::Associated {
        allocation: allocation(),
        association: Some(ASSOCIATION.parse().unwrap()),
        eni: Some("eni-0d4".parse().unwrap()),
        private_ip: Some("10.0.0.5".parse().unwrap()),
        instance: None,
    };
    assert_eq!(raw, associated);
}

#[test]
fn an_association_with_an_instance_tells_the_instance() {
    let raw = change(
        call("AssociateAddress")
            .wrapped(json!({"AllocationId": ALLOCATION, "InstanceId": "i-0c3"}))
            .wrapped_response(json!({"associationId": ASSOCIATION})),
    );
    let AddressChange::Associated {
        instance,
        association,
        eni,
        ..
    } = raw
    else {
        panic!("expected an association, got {raw:?}");
    };
    assert_eq!(instance.unwrap().as_str(), "i-0c3");
    assert_eq!(association.unwrap().as_str(), ASSOCIATION);
    assert_eq!(eni, None);
}

#[test]
fn a_disassociation_names_the_association_only() {
    let ended = AddressChange::Disassociated {
        association: ASSOCIATION.parse().unwrap(),
    };
    let flat = call("DisassociateAddress").request(json!({"associationId": ASSOCIATION}));
    let newer = call("DisassociateAddress").wrapped(json!({"AssociationId": ASSOCIATION}));
    assert_eq!(change(flat), ended);
    assert_eq!(change(newer), ended);
    let (field, _) = wrong(&call("DisassociateAddress").bare());
    assert_eq!(field, "requestParameters.associationId");
}

#[test]
fn a_reverse_name_is_set_and_reset() {
    let set = AddressChange::ReverseDnsSet {
        allocation: allocation(),
        name: Some("mail.example.com".to_owned()),
    };
    let flat = json!({"allocationId": ALLOCATION, "domainName": "mail.example.com"});
    assert_eq!(change(set_reverse_dns()), set);
    assert_eq!(change(call("ModifyAddressAttribute").request(flat)), set);
    let parameters = json!({"AllocationId": ALLOCATION, "Attribute": "domain-name"});
    let reset = change(call("ResetAddressAttribute").wrapped(parameters));
    assert_eq!(
        reset,
        AddressChange::ReverseDnsReset {
            allocation: allocation()
        }
    );
}

#[test]
fn a_transfer_keeps_the_leading_zeros_of_the_account() {
    let parameters = json!({"AllocationId": ALLOCATION, "TransferAccountId": 1_234_567_890});
    let enabled = change(call("EnableAddressTransfer").wrapped(parameters));
    assert_eq!(
        enabled,
        AddressChange::TransferEnabled {
            allocation: allocation(),
            to_account: Some("001234567890".to_owned())
        }
    );
    let disabled =
        change(call("DisableAddressTransfer").wrapped(json!({"AllocationId": ALLOCATION})));
    assert_eq!(
        disabled,
        AddressChange::TransferDisabled {
            allocation: allocation()
        }
    );
}

#[test]
fn an_accepted_transfer_tells_the_ip_and_the_new_allocation() {
    let sample = call("AcceptAddressTransfer").wrapped(json!({"Address": "203.0.113.10"}));
    let answer =
        json!({"addressTransfer": {"publicIp": "203.0.113.10", "allocationId": ALLOCATION}});
    let accepted = |allocation| AddressChange::TransferAccepted {
        ip: "203.0.113.10".parse().unwrap(),
        allocation,
    };
    assert_eq!(change(sample.clone()), accepted(None));
    assert_eq!(
        change(sample.wrapped_response(answer)),
        accepted(Some(allocation()))
    );
}

#[test]
fn the_name_of_the_call_is_kept() {
    assert_eq!(
        record(&set_reverse_dns().bare()).call.name,
        "ModifyAddressAttribute"
    );
}

//! CloudTrail records, shaped as real ones, and their way through EventBridge.

use serde_json::{Value, json};

use super::bed::{association, bed, disassociation, naming, release, tagged, unnaming};
use crate::{
    Delivery,
    api::{Caller, DescribeAddresses, Request, StopInstances},
};

/// The record's own keys, as real records of the same kind have them.
fn keys(value: &Value) -> Vec<&str> {
    let members = value.as_object().expect("an object");
    members.keys().map(String::as_str).collect()
}

#[test]
fn an_allocation_is_recorded_with_its_ip_and_its_tags() {
    let mut bed = bed();
    let address = bed.allocated(tagged(&[("owner", "mail")]));
    let record = bed.record();
    assert_eq!(
        record["requestParameters"],
        json!({
            "domain": "vpc",
            "tagSpecificationSet": {"items": [{
                "resourceType": "elastic-ip",
                "tags": [{"key": "owner", "value": "mail"}],
            }]},
        })
    );
    assert_eq!(
        record["responseElements"],
        json!({
            "requestId": record["requestID"],
            "publicIp": address.public_ip,
            "domain": "vpc",
            "allocationId": address.allocation_id,
            "publicIpv4Pool": "amazon",
            "networkBorderGroup": "us-east-1",
        })
    );
}

#[test]
fn a_release_is_recorded_without_its_ip() {
    let mut bed = bed();
    let address = bed.released();
    let record = bed.record();
    assert_eq!(
        record["requestParameters"],
        json!({"allocationId": address.allocation_id})
    );
    assert_eq!(
        record["responseElements"],
        json!({"requestId": record["requestID"], "_return": true})
    );
    assert!(!record.to_string().contains(&address.public_ip));
    assert_eq!(record["eventTime"], "2026-01-15T12:00:00Z");
    assert_eq!(record["readOnly"], false);
}

#[test]
fn a_record_has_the_keys_of_a_real_one() {
    let mut bed = bed();
    bed.allocate();
    assert_eq!(
        keys(bed.record()),
        [
            "awsRegion",
            "eventCategory",
            "eventID",
            "eventName",
            "eventSource",
            "eventTime",
            "eventType",
            "eventVersion",
            "managementEvent",
            "readOnly",
            "recipientAccountId",
            "requestID",
            "requestParameters",
            "responseElements",
            "sourceIPAddress",
            "tlsDetails",
            "userAgent",
            "userIdentity",
        ]
    );
}

#[test]
fn an_association_is_recorded_and_its_end_has_no_allocation_id() {
    let mut bed = bed();
    let address = bed.allocate();
    let interface = bed.public_interface();
    let association_id = bed.associate(&address, &interface);
    let expected = json!({"allocationId": address.allocation_id, "networkInterfaceId": interface});
    assert_eq!(bed.record()["requestParameters"], expected);
    assert_eq!(
        bed.record()["responseElements"]["associationId"],
        association_id.as_str()
    );
    bed.call(disassociation(&association_id))
        .expect("it is associated");
    let expected = json!({"associationId": association_id});
    assert_eq!(bed.record()["requestParameters"], expected);
}

#[test]
fn the_newer_actions_are_wrapped_and_their_types_are_guessed() {
    let mut bed = bed();
    let address = bed.allocate();
    bed.call(naming(&address.allocation_id, "mail.example.com"))
        .expect("it can be named");
    let request = json!({"ModifyAddressAttributeRequest": {
        "AllocationId": address.allocation_id,
        "DomainName": "mail.example.com",
    }});
    assert_eq!(bed.record()["requestParameters"], request);
    let response = &bed.record()["responseElements"]["ModifyAddressAttributeResponse"];
    assert_eq!(response["address"]["ptrRecordUpdate"]["status"], "PENDING");
    assert_eq!(
        response["xmlns"],
        "http://ec2.amazonaws.com/doc/2016-11-15/"
    );
    bed.call(naming(&address.allocation_id, "true"))
        .expect("a name, of a kind");
    let request = &bed.record()["requestParameters"]["ModifyAddressAttributeRequest"];
    assert_eq!(request["DomainName"], true);
    bed.call(unnaming(&address.allocation_id))
        .expect("it has a name");
    let request = &bed.record()["requestParameters"]["ResetAddressAttributeRequest"];
    assert_eq!(request["Attribute"], "domain-name");
}

#[test]
fn a_refused_call_is_recorded_with_its_error_and_no_response() {
    let mut bed = bed();
    bed.refused(release("eipalloc-0123456789abcdef0"));
    let record = bed.record();
    assert_eq!(record["errorCode"], "Client.InvalidAllocationID.NotFound");
    assert_eq!(
        record["errorMessage"],
        "The allocation ID 'eipalloc-0123456789abcdef0' does not exist"
    );
    assert_eq!(record["responseElements"], Value::Null);
}

#[test]
fn a_dry_run_is_recorded_as_an_error() {
    let mut bed = bed();
    let address = bed.allocate();
    let outcome = bed
        .world
        .call(&bed.caller, &release(&address.allocation_id), true);
    assert!(outcome.is_err());
    assert_eq!(bed.record()["errorCode"], "Client.DryRunOperation");
}

#[test]
fn a_role_is_recorded_with_its_session_issuer_and_a_service_with_its_name() {
    let mut bed = bed();
    bed.caller = Caller {
        source_ip: "cloudformation.amazonaws.com".to_owned(),
        ..Caller::role("111122223333", "deploy", "session")
    };
    bed.allocate();
    let identity = &bed.record()["userIdentity"];
    assert_eq!(identity["type"], "AssumedRole");
    assert_eq!(
        identity["arn"],
        "arn:aws:sts::111122223333:assumed-role/deploy/session"
    );
    assert_eq!(
        identity["sessionContext"]["sessionIssuer"]["arn"],
        "arn:aws:iam::111122223333:role/deploy"
    );
    assert_eq!(identity["invokedBy"], "cloudformation.amazonaws.com");
}

#[test]
fn a_launch_and_a_stop_are_recorded_with_states() {
    let mut bed = bed();
    let id = bed.running(None).instance_id;
    let launched = &bed.record()["responseElements"]["instancesSet"]["items"][0];
    assert_eq!(launched["instanceId"], id.as_str());
    assert_eq!(launched["launchTime"], 1_768_478_400_000_i64);
    let stop = StopInstances {
        instance_ids: vec![id.clone()],
        ..StopInstances::default()
    };
    bed.call(Request::StopInstances(stop)).expect("it runs");
    assert_eq!(
        bed.record()["responseElements"]["instancesSet"]["items"],
        json!([{
            "instanceId": id,
            "currentState": {"code": 64, "name": "stopping"},
            "previousState": {"code": 16, "name": "running"},
        }])
    );
}

#[test]
fn another_accounts_calls_are_not_in_our_trail() {
    let mut bed = bed();
    bed.as_account("444455556666").allocate();
    assert_eq!(bed.world.trail().len(), 0);
    assert_eq!(bed.world.take_events(), Vec::<Value>::new());
}

#[test]
fn a_lookup_by_allocation_id_finds_its_whole_life_newest_first() {
    let mut bed = bed();
    let address = bed.released();
    bed.allocate();
    let names = |bed: &super::bed::SimFixture, value: &str| -> Vec<&str> {
        let found = bed.world.look_up(Some(("ResourceName", value)));
        found.iter().map(|record| record.event_name).collect()
    };
    assert_eq!(
        names(&bed, &address.allocation_id),
        ["ReleaseAddress", "AllocateAddress"]
    );
    assert_eq!(names(&bed, &address.public_ip), ["AllocateAddress"]);
}

#[test]
fn a_lookup_knows_a_call_only_after_a_while() {
    let mut bed = bed();
    bed.world.settings().looked_up_after = time::Duration::minutes(5);
    bed.allocate();
    assert_eq!(bed.world.look_up(None).len(), 0);
    bed.wait(300);
    assert_eq!(
        bed.world
            .look_up(Some(("EventName", "AllocateAddress")))
            .len(),
        1
    );
}

#[test]
fn a_write_is_an_event_in_eventbridges_envelope_and_a_read_is_none() {
    let mut bed = bed();
    bed.allocate();
    bed.call(Request::DescribeAddresses(DescribeAddresses::default()))
        .expect("a read");
    let events = bed.world.take_events();
    assert_eq!(events.len(), 1);
    let event = &events[0];
    assert_eq!(event["detail-type"], "AWS API Call via CloudTrail");
    assert_eq!(event["source"], "aws.ec2");
    assert_eq!(event["resources"], json!([]));
    assert_eq!(event["time"], event["detail"]["eventTime"]);
    assert_eq!(event["detail"], *bed.record());
    assert_eq!(bed.world.take_events(), Vec::<Value>::new());
}

#[test]
fn a_change_of_state_names_its_instance() {
    let mut bed = bed();
    let id = bed.launch(None).instance_id;
    let event = bed.world.take_events().pop().expect("it is pending");
    assert_eq!(
        event["detail-type"],
        "EC2 Instance State-change Notification"
    );
    assert_eq!(
        event["detail"],
        json!({"instance-id": id, "state": "pending"})
    );
    let arn = format!("arn:aws:ec2:us-east-1:111122223333:instance/{id}");
    assert_eq!(event["resources"], json!([arn]));
}

#[test]
fn events_can_be_late_twice_out_of_order_and_lost() {
    let mut bed = bed();
    bed.world.deliver(Delivery {
        late: time::Duration::seconds(30),
        twice: true,
        out_of_order: true,
        lost: Some(|name| name == "AssociateAddress"),
    });
    let address = bed.allocate();
    bed.refused(association(&address.allocation_id, "eni-0123456789abcdef0"));
    bed.release(&address);
    bed.wait(29);
    assert_eq!(bed.event_names(), Vec::<String>::new());
    bed.wait(1);
    assert_eq!(
        bed.event_names(),
        [
            "ReleaseAddress",
            "AllocateAddress",
            "ReleaseAddress",
            "AllocateAddress"
        ]
    );
}

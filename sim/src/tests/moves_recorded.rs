//! CloudTrail records of the calls that move, shaped as the real ones that were seen.

use serde_json::json;

use super::moving::{
    assigning_some, detaching, ending_with_instance, grouping, pair, taking, tearing_off,
};

#[test]
fn an_attach_is_recorded_with_its_attachment() {
    let (pair, attachment) = pair().held();
    let record = pair.bed.record();
    let request = json!({
        "networkInterfaceId": pair.floating,
        "instanceId": pair.first,
        "deviceIndex": 1,
        "networkCardIndex": 0,
    });
    assert_eq!(record["requestParameters"], request);
    assert_eq!(
        record["responseElements"]["attachmentId"],
        attachment.as_str()
    );
}

#[test]
fn an_attach_is_found_by_each_id_that_it_names() {
    let (pair, attachment) = pair().held();
    for id in [&attachment, &pair.floating, &pair.first] {
        let found = pair.bed.world.look_up(Some(("ResourceName", id)));
        assert_eq!(found[0].event_name, "AttachNetworkInterface", "{id}");
    }
}

#[test]
fn a_detach_is_recorded_with_its_force_and_an_empty_answer() {
    let (mut pair, attachment) = pair().held();
    pair.bed.done(detaching(&attachment));
    pair.bed.done(tearing_off(&attachment));
    let record = pair.bed.record();
    let request = json!({"attachmentId": attachment, "force": true});
    assert_eq!(record["requestParameters"], request);
    assert_eq!(record["responseElements"]["_return"], true);
}

#[test]
fn an_assignment_is_recorded_with_its_addresses_or_their_count() {
    let mut pair = pair();
    pair.bed.done(taking(&pair.floating, "10.0.1.200"));
    let request = json!({
        "networkInterfaceId": pair.floating,
        "privateIpAddressesSet": {"items": [{"privateIpAddress": "10.0.1.200"}]},
        "allowReassignment": true,
    });
    assert_eq!(pair.bed.record()["requestParameters"], request);
    pair.bed.done(assigning_some(&pair.floating, 1));
    let request = json!({
        "networkInterfaceId": pair.floating,
        "privateIpAddressesSet": {},
        "secondaryPrivateIpAddressCount": 1,
    });
    assert_eq!(pair.bed.record()["requestParameters"], request);
}

#[test]
fn a_changed_attribute_is_recorded_alone() {
    let (mut pair, attachment) = pair().held();
    let change = ending_with_instance(&pair.floating, &attachment, false);
    pair.bed.done(change);
    let request = json!({
        "networkInterfaceId": pair.floating,
        "attachment": {"attachmentId": attachment, "deleteOnTermination": false},
    });
    assert_eq!(pair.bed.record()["requestParameters"], request);
    pair.put_group("sg-1");
    pair.bed.done(grouping(&pair.floating, &["sg-1"]));
    let request = json!({
        "networkInterfaceId": pair.floating,
        "groupSet": {"items": [{"groupId": "sg-1"}]},
    });
    assert_eq!(pair.bed.record()["requestParameters"], request);
}

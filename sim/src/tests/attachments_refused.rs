//! What EC2 refuses of those who move interfaces, in its words.

use super::bed::bed;
use super::moving::{
    attaching, deleting, detaching, grouping, pair, stopping, tearing_off, terminating,
};
use crate::api::{
    AttachNetworkInterface, InstanceNetworkInterfaceSpecification, Request, RunInstances,
};
use crate::doubts::TakenInterface;

#[test]
fn a_detach_of_an_attachment_that_is_over_is_refused() {
    let (mut pair, attachment) = pair().held();
    pair.bed.done(detaching(&attachment));
    pair.bed.wait(3);
    let other = pair.bed.attach(&pair.floating, &pair.second);
    assert_ne!(other, attachment);
    let code = pair.bed.refused(detaching(&attachment));
    assert_eq!(code, "InvalidAttachmentID.NotFound");
    pair.bed.wait(60);
    assert_eq!(pair.word(), "attached");
}

#[test]
fn an_interface_that_is_attached_or_still_detaching_is_in_use() {
    let (mut pair, attachment) = pair().held();
    let to_the_other = attaching(&pair.floating, &pair.second, 1);
    let code = pair.bed.refused(to_the_other.clone());
    assert_eq!(code, "InvalidNetworkInterface.InUse");
    pair.bed.done(detaching(&attachment));
    let code = pair.bed.refused(to_the_other);
    assert_eq!(code, "InvalidNetworkInterface.InUse");
}

#[test]
fn an_interface_that_is_not_free_may_be_an_invalid_value() {
    let (mut pair, _) = pair().held();
    pair.bed.world.settings().doubts.taken_interface = TakenInterface::InvalidParameterValue;
    let code = pair.bed.refused(attaching(&pair.floating, &pair.second, 1));
    assert_eq!(code, "InvalidParameterValue");
}

#[test]
fn a_security_group_that_is_not_there_or_of_another_vpc_is_refused() {
    let mut pair = pair();
    let before = pair.seen().groups;
    let unknown = grouping(&pair.floating, &["sg-0123456789abcdef0"]);
    assert_eq!(pair.bed.refused(unknown), "InvalidGroup.NotFound");
    let elsewhere = pair.bed.public_interface();
    let elsewhere = pair.bed.seen(&elsewhere).vpc_id;
    pair.bed
        .world
        .put_security_group("sg-0e15e", Some(&elsewhere));
    let foreign = grouping(&pair.floating, &["sg-0e15e"]);
    assert_eq!(pair.bed.refused(foreign), "InvalidParameter");
    assert_eq!(pair.seen().groups, before);
}

#[test]
fn an_attach_is_not_idempotent() {
    let (mut pair, _) = pair().held();
    let code = pair.bed.refused(attaching(&pair.floating, &pair.first, 1));
    assert_eq!(code, "InvalidNetworkInterface.InUse");
}

#[test]
fn a_device_index_that_is_taken_is_refused_in_words() {
    let (mut pair, _) = pair().held();
    let more = pair.bed.interface(&pair.subnet).network_interface_id;
    let refusal = pair.bed.call(attaching(&more, &pair.first, 1));
    let refusal = refusal.expect_err("the slot is taken");
    assert_eq!(refusal.code, "InvalidParameterValue");
    let words = format!(
        "Instance '{}' already has an interface attached at device index '1'.",
        pair.first
    );
    assert_eq!(refusal.message, words);
}

#[test]
fn an_interface_that_is_detaching_still_holds_its_slot() {
    let (mut pair, attachment) = pair().held();
    let more = pair.bed.interface(&pair.subnet).network_interface_id;
    pair.bed.done(detaching(&attachment));
    let code = pair.bed.refused(attaching(&more, &pair.first, 1));
    assert_eq!(code, "InvalidParameterValue");
    pair.bed.wait(3);
    pair.bed.attach(&more, &pair.first);
}

#[test]
fn an_instance_takes_as_many_interfaces_as_its_type_allows() {
    let mut pair = pair();
    let full = pair.bed.running_with("t3.micro", &pair.subnet, 2);
    let refusal = pair.bed.call(attaching(&pair.floating, &full, 2));
    let refusal = refusal.expect_err("it is full");
    assert_eq!(refusal.code, "AttachmentLimitExceeded");
    assert_eq!(
        refusal.message,
        "Interface count 3 exceeds the limit for t3.micro"
    );
}

#[test]
fn each_network_card_has_slots_of_its_own() {
    let mut pair = pair();
    let large = pair.bed.running_with("p4d.24xlarge", &pair.subnet, 2);
    let on_card = |card| {
        Request::AttachNetworkInterface(AttachNetworkInterface {
            network_interface_id: pair.floating.clone(),
            instance_id: large.clone(),
            device_index: 1,
            network_card_index: card,
        })
    };
    assert_eq!(pair.bed.refused(on_card(None)), "InvalidParameterValue");
    assert_eq!(pair.bed.refused(on_card(Some(4))), "InvalidParameterValue");
    pair.bed.done(on_card(Some(3)));
}

#[test]
fn the_primary_interface_cannot_be_detached() {
    let mut pair = pair();
    let instance = pair.bed.instance(&pair.first).expect("it runs");
    let primary = instance.network_interfaces[0].attachment.clone();
    let primary = primary.expect("it is attached").attachment_id;
    let refusal = pair.bed.call(tearing_off(&primary));
    let refusal = refusal.expect_err("it is the primary one");
    assert_eq!(refusal.code, "OperationNotPermitted");
    assert_eq!(
        refusal.message,
        "The network interface at device index 0 and networkCard index 0 cannot be detached."
    );
}

#[test]
fn an_interface_does_not_cross_zones() {
    let mut pair = pair();
    let elsewhere = pair.bed.subnet_beside(&pair.subnet, "us-east-1b");
    let there = pair.bed.running(Some(&elsewhere)).instance_id;
    let code = pair.bed.refused(attaching(&pair.floating, &there, 1));
    assert_eq!(code, "InvalidParameterCombination");
}

#[test]
fn an_instance_that_is_neither_running_nor_stopped_takes_no_interface() {
    let mut pair = pair();
    let starting = pair.bed.launch(Some(&pair.subnet)).instance_id;
    let code = pair.bed.refused(attaching(&pair.floating, &starting, 1));
    assert_eq!(code, "IncorrectInstanceState");
    pair.bed.done(stopping(&pair.first));
    let code = pair.bed.refused(attaching(&pair.floating, &pair.first, 1));
    assert_eq!(code, "IncorrectInstanceState");
    pair.bed.done(terminating(&pair.second));
    let code = pair.bed.refused(attaching(&pair.floating, &pair.second, 1));
    assert_eq!(code, "IncorrectInstanceState");
    pair.bed.wait(30);
    let code = pair.bed.refused(attaching(&pair.floating, &pair.second, 1));
    assert_eq!(code, "IncorrectInstanceState");
}

#[test]
fn what_is_not_there_is_refused_by_what_it_is() {
    let mut pair = pair();
    let code = pair
        .bed
        .refused(attaching("eni-0123456789abcdef0", &pair.first, 1));
    assert_eq!(code, "InvalidNetworkInterfaceID.NotFound");
    let code = pair
        .bed
        .refused(attaching(&pair.floating, "i-0123456789abcdef0", 1));
    assert_eq!(code, "InvalidInstanceID.NotFound");
    let code = pair.bed.refused(detaching("eni-attach-0123456789abcdef0"));
    assert_eq!(code, "InvalidAttachmentID.NotFound");
}

#[test]
fn another_accounts_interface_and_attachment_are_not_there() {
    let (mut pair, attachment) = pair().held();
    pair.bed.as_account("444455556666");
    let code = pair.bed.refused(tearing_off(&attachment));
    assert_eq!(code, "InvalidAttachmentID.NotFound");
    let code = pair.bed.refused(attaching(&pair.floating, &pair.second, 1));
    assert_eq!(code, "InvalidNetworkInterfaceID.NotFound");
}

#[test]
fn an_interface_of_a_service_is_left_to_it() {
    let mut pair = pair();
    let service = pair
        .bed
        .world
        .add_service_interface(&pair.subnet, "interface");
    let service = service.expect("the subnet has room");
    let attachment = pair.bed.seen(&service).attachment.expect("it is held");
    let code = pair.bed.refused(tearing_off(&attachment.attachment_id));
    assert_eq!(code, "OperationNotPermitted");
    assert_eq!(
        pair.bed.refused(attaching(&service, &pair.first, 1)),
        "AuthFailure"
    );
    assert_eq!(
        pair.bed.refused(grouping(&service, &["sg-1"])),
        "AuthFailure"
    );
    assert_eq!(
        pair.bed.refused(deleting(&service)),
        "InvalidParameterValue"
    );
}

#[test]
fn a_launch_with_more_interfaces_than_its_type_takes_is_refused() {
    let mut pair = pair();
    let wish = |device_index| InstanceNetworkInterfaceSpecification {
        device_index,
        subnet_id: Some(pair.subnet.clone()),
        ..InstanceNetworkInterfaceSpecification::default()
    };
    let launch = RunInstances {
        instance_type: Some("t3.micro".to_owned()),
        min_count: 1,
        max_count: 1,
        network_interfaces: (0..3).map(wish).collect(),
        ..RunInstances::default()
    };
    let code = pair.bed.refused(Request::RunInstances(launch));
    assert_eq!(code, "AttachmentLimitExceeded");
}

#[test]
fn a_launch_of_a_type_that_does_not_exist_is_refused() {
    let mut bed = bed();
    let launch = RunInstances {
        instance_type: Some("t3.gigantic".to_owned()),
        min_count: 1,
        max_count: 1,
        ..RunInstances::default()
    };
    let code = bed.refused(Request::RunInstances(launch));
    assert_eq!(code, "InvalidParameterValue");
}

//! How an interface comes to an instance and leaves it, and what it keeps on the way.

use super::moving::{
    attaching, deleting, detaching, ending_with_instance, grouping, pair, stopping, tearing_off,
    terminating,
};
use super::stage::stage;
use crate::sim::api::{AttachNetworkInterface, Request};

#[test]
fn an_attach_is_answered_at_once_and_done_later() {
    let mut pair = pair();
    let attachment = pair.stage.attach(&pair.floating, &pair.first);
    assert_eq!(pair.word(), "attaching");
    pair.stage.wait(2);
    let seen = pair.seen().attachment.expect("it is attached");
    assert_eq!(seen.status, "attached");
    assert_eq!(seen.attachment_id, attachment);
    assert_eq!((seen.device_index, seen.network_card_index), (1, 0));
    assert!(!seen.delete_on_termination);
    assert_eq!(pair.seen().status, "in-use");
}

#[test]
fn an_instance_shows_what_is_attached_to_it() {
    let (mut pair, _) = pair().held();
    let instance = pair.stage.instance(&pair.first).expect("it runs");
    let ids: Vec<_> = instance.network_interfaces.iter().collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[1].network_interface_id, pair.floating);
}

#[test]
fn a_detach_is_answered_at_once_and_the_attachment_vanishes_later() {
    let (mut pair, attachment) = pair().held();
    pair.stage.done(detaching(&attachment));
    assert_eq!(pair.word(), "detaching");
    assert_eq!(pair.seen().status, "detaching");
    pair.stage.wait(3);
    assert_eq!(pair.seen().attachment, None);
    assert_eq!(pair.seen().status, "available");
}

#[test]
fn the_delays_are_what_a_test_says() {
    let mut pair = pair();
    pair.stage.world.settings().attach_delay = time::Duration::seconds(5);
    pair.stage.world.settings().detach_delay = time::Duration::seconds(30);
    let attachment = pair.stage.attach(&pair.floating, &pair.first);
    pair.stage.wait(4);
    assert_eq!(pair.word(), "attaching");
    pair.stage.wait(1);
    pair.stage.done(detaching(&attachment));
    pair.stage.wait(29);
    assert_eq!(pair.word(), "detaching");
    pair.stage.wait(1);
    assert_eq!(pair.word(), "available");
}

#[test]
fn a_guest_that_does_not_answer_keeps_an_interface_until_force() {
    let (mut pair, attachment) = pair().held();
    pair.stage.world.ignore_detaches(&pair.first, true);
    pair.stage.done(detaching(&attachment));
    pair.stage.wait(3600);
    assert_eq!(pair.word(), "detaching");
    pair.stage.done(tearing_off(&attachment));
    pair.stage.wait(1);
    assert_eq!(pair.word(), "available");
}

#[test]
fn a_guest_that_answers_again_lets_go() {
    let (mut pair, attachment) = pair().held();
    pair.stage.world.ignore_detaches(&pair.floating, true);
    pair.stage.done(detaching(&attachment));
    pair.stage.wait(600);
    pair.stage.world.ignore_detaches(&pair.floating, false);
    pair.stage.wait(3);
    assert_eq!(pair.word(), "available");
}

#[test]
fn the_stop_of_an_instance_ends_a_stuck_detach() {
    let (mut pair, attachment) = pair().held();
    pair.stage.world.ignore_detaches(&pair.first, true);
    pair.stage.done(detaching(&attachment));
    pair.stage.done(stopping(&pair.first));
    pair.stage.wait(29);
    assert_eq!(pair.word(), "detaching");
    pair.stage.wait(1);
    assert_eq!(pair.word(), "available");
}

#[test]
fn the_termination_of_an_instance_ends_a_stuck_detach() {
    let (mut pair, attachment) = pair().held();
    pair.stage.world.ignore_detaches(&pair.first, true);
    pair.stage.done(detaching(&attachment));
    pair.stage.done(terminating(&pair.first));
    pair.stage.wait(30);
    assert_eq!(pair.word(), "available");
}

#[test]
fn a_stopped_instance_keeps_its_interfaces_and_lets_go_quickly() {
    let (mut pair, attachment) = pair().held();
    pair.stage.world.ignore_detaches(&pair.first, true);
    pair.stage.done(stopping(&pair.first));
    pair.stage.wait(30);
    assert_eq!(pair.word(), "attached");
    pair.stage.done(detaching(&attachment));
    pair.stage.wait(1);
    assert_eq!(pair.word(), "available");
}

#[test]
fn an_interface_is_attached_to_a_stopped_instance_too() {
    let mut pair = pair();
    pair.stage.done(stopping(&pair.first));
    pair.stage.wait(30);
    pair.stage.attach(&pair.floating, &pair.first);
    pair.stage.wait(2);
    assert_eq!(pair.word(), "attached");
}

#[test]
fn a_second_detach_changes_nothing() {
    let (mut pair, attachment) = pair().held();
    pair.stage.done(detaching(&attachment));
    pair.stage.wait(2);
    pair.stage.done(detaching(&attachment));
    pair.stage.wait(1);
    assert_eq!(pair.word(), "available");
}

#[test]
fn a_detach_of_an_attachment_that_is_over_is_refused() {
    let (mut pair, attachment) = pair().held();
    pair.stage.done(detaching(&attachment));
    pair.stage.wait(3);
    let other = pair.stage.attach(&pair.floating, &pair.second);
    assert_ne!(other, attachment);
    let code = pair.stage.refused(detaching(&attachment));
    assert_eq!(code, "InvalidAttachmentID.NotFound");
    pair.stage.wait(60);
    assert_eq!(pair.word(), "attached");
}

#[test]
fn an_interface_that_is_attached_or_still_detaching_is_in_use() {
    let (mut pair, attachment) = pair().held();
    let to_the_other = attaching(&pair.floating, &pair.second, 1);
    let code = pair.stage.refused(to_the_other.clone());
    assert_eq!(code, "InvalidNetworkInterface.InUse");
    pair.stage.done(detaching(&attachment));
    let code = pair.stage.refused(to_the_other);
    assert_eq!(code, "InvalidNetworkInterface.InUse");
}

#[test]
fn an_attach_is_not_idempotent() {
    let (mut pair, _) = pair().held();
    let code = pair
        .stage
        .refused(attaching(&pair.floating, &pair.first, 1));
    assert_eq!(code, "InvalidNetworkInterface.InUse");
}

#[test]
fn a_device_index_that_is_taken_is_refused_in_words() {
    let (mut pair, _) = pair().held();
    let more = pair.stage.interface(&pair.subnet).network_interface_id;
    let refusal = pair.stage.call(attaching(&more, &pair.first, 1));
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
    let more = pair.stage.interface(&pair.subnet).network_interface_id;
    pair.stage.done(detaching(&attachment));
    let code = pair.stage.refused(attaching(&more, &pair.first, 1));
    assert_eq!(code, "InvalidParameterValue");
    pair.stage.wait(3);
    pair.stage.attach(&more, &pair.first);
}

#[test]
fn an_instance_takes_as_many_interfaces_as_its_type_allows() {
    let mut pair = pair();
    let full = pair.stage.running_with("t3.micro", &pair.subnet, 2);
    let refusal = pair.stage.call(attaching(&pair.floating, &full, 2));
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
    let large = pair.stage.running_with("p4d.24xlarge", &pair.subnet, 2);
    let on_card = |card| {
        Request::AttachNetworkInterface(AttachNetworkInterface {
            network_interface_id: pair.floating.clone(),
            instance_id: large.clone(),
            device_index: 1,
            network_card_index: card,
        })
    };
    assert_eq!(pair.stage.refused(on_card(None)), "InvalidParameterValue");
    assert_eq!(
        pair.stage.refused(on_card(Some(4))),
        "InvalidParameterValue"
    );
    pair.stage.done(on_card(Some(3)));
}

#[test]
fn the_primary_interface_cannot_be_detached() {
    let mut pair = pair();
    let instance = pair.stage.instance(&pair.first).expect("it runs");
    let primary = instance.network_interfaces[0].attachment.clone();
    let primary = primary.expect("it is attached").attachment_id;
    let refusal = pair.stage.call(tearing_off(&primary));
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
    let elsewhere = pair.stage.subnet_beside(&pair.subnet, "us-east-1b");
    let there = pair.stage.running(Some(&elsewhere)).instance_id;
    let code = pair.stage.refused(attaching(&pair.floating, &there, 1));
    assert_eq!(code, "InvalidParameterCombination");
}

#[test]
fn an_instance_that_is_neither_running_nor_stopped_takes_no_interface() {
    let mut pair = pair();
    let starting = pair.stage.launch(Some(&pair.subnet)).instance_id;
    let code = pair.stage.refused(attaching(&pair.floating, &starting, 1));
    assert_eq!(code, "IncorrectInstanceState");
    pair.stage.done(stopping(&pair.first));
    let code = pair
        .stage
        .refused(attaching(&pair.floating, &pair.first, 1));
    assert_eq!(code, "IncorrectInstanceState");
    pair.stage.done(terminating(&pair.second));
    let code = pair
        .stage
        .refused(attaching(&pair.floating, &pair.second, 1));
    assert_eq!(code, "IncorrectInstanceState");
    pair.stage.wait(30);
    let code = pair
        .stage
        .refused(attaching(&pair.floating, &pair.second, 1));
    assert_eq!(code, "IncorrectInstanceState");
}

#[test]
fn what_is_not_there_is_refused_by_what_it_is() {
    let mut pair = pair();
    let code = pair
        .stage
        .refused(attaching("eni-0123456789abcdef0", &pair.first, 1));
    assert_eq!(code, "InvalidNetworkInterfaceID.NotFound");
    let code = pair
        .stage
        .refused(attaching(&pair.floating, "i-0123456789abcdef0", 1));
    assert_eq!(code, "InvalidInstanceID.NotFound");
    let code = pair
        .stage
        .refused(detaching("eni-attach-0123456789abcdef0"));
    assert_eq!(code, "InvalidAttachmentID.NotFound");
}

#[test]
fn another_accounts_interface_and_attachment_are_not_there() {
    let (mut pair, attachment) = pair().held();
    pair.stage.as_account("444455556666");
    let code = pair.stage.refused(tearing_off(&attachment));
    assert_eq!(code, "InvalidAttachmentID.NotFound");
    let code = pair
        .stage
        .refused(attaching(&pair.floating, &pair.second, 1));
    assert_eq!(code, "InvalidNetworkInterfaceID.NotFound");
}

#[test]
fn an_interface_of_a_service_is_left_to_it() {
    let mut pair = pair();
    let service = pair
        .stage
        .world
        .add_service_interface(&pair.subnet, "interface");
    let service = service.expect("the subnet has room");
    let attachment = pair.stage.seen(&service).attachment.expect("it is held");
    let code = pair.stage.refused(tearing_off(&attachment.attachment_id));
    assert_eq!(code, "OperationNotPermitted");
    assert_eq!(
        pair.stage.refused(attaching(&service, &pair.first, 1)),
        "AuthFailure"
    );
    assert_eq!(
        pair.stage.refused(grouping(&service, &["sg-1"])),
        "AuthFailure"
    );
    assert_eq!(
        pair.stage.refused(deleting(&service)),
        "InvalidParameterValue"
    );
}

#[test]
fn all_that_an_interface_has_goes_with_it() {
    let (mut pair, attachment) = pair().held();
    let address = pair.stage.allocate();
    let association = pair.stage.associate(&address, &pair.floating);
    pair.stage.done(grouping(&pair.floating, &["sg-1", "sg-2"]));
    let before = pair.seen();
    pair.stage.done(detaching(&attachment));
    pair.stage.wait(3);
    let alone = pair.stage.address(&address.public_ip).association;
    assert_eq!(alone.expect("it stays").instance_id, None);
    pair.stage.attach(&pair.floating, &pair.second);
    pair.stage.wait(2);
    let after = pair.seen();
    assert_eq!(after.mac_address, before.mac_address);
    assert_eq!(after.groups, ["sg-1", "sg-2"]);
    assert_eq!(after.private_ip_addresses, before.private_ip_addresses);
    let moved = pair.stage.address(&address.public_ip).association;
    let moved = moved.expect("it stays");
    assert_eq!(moved.association_id, association);
    assert_eq!(moved.instance_id, Some(pair.second));
}

#[test]
fn an_interface_outlives_its_instance_unless_it_is_told_to_end_with_it() {
    for ends in [false, true] {
        let (mut pair, attachment) = pair().held();
        let address = pair.stage.allocate();
        pair.stage.associate(&address, &pair.floating);
        let change = ending_with_instance(&pair.floating, &attachment, ends);
        pair.stage.done(change);
        pair.stage.done(terminating(&pair.first));
        pair.stage.wait(30);
        let left = pair.stage.found(&pair.floating).map(|it| it.status);
        assert_eq!(left.as_deref(), (!ends).then_some("available"));
        let tied = pair.stage.address(&address.public_ip).association;
        assert_eq!(tied.is_none(), ends);
    }
}

#[test]
fn what_is_set_on_an_attachment_needs_the_attachment_that_is() {
    let (mut pair, attachment) = pair().held();
    pair.stage.done(detaching(&attachment));
    pair.stage.wait(3);
    let change = ending_with_instance(&pair.floating, &attachment, true);
    assert_eq!(pair.stage.refused(change), "InvalidAttachmentID.NotFound");
}

#[test]
fn one_attribute_is_changed_at_a_time() {
    let (mut pair, attachment) = pair().held();
    let Request::ModifyNetworkInterfaceAttribute(mut both) =
        ending_with_instance(&pair.floating, &attachment, true)
    else {
        panic!("another request");
    };
    both.groups = vec!["sg-1".to_owned()];
    let code = pair
        .stage
        .refused(Request::ModifyNetworkInterfaceAttribute(both));
    assert_eq!(code, "InvalidParameterCombination");
    let code = pair.stage.refused(grouping(&pair.floating, &[]));
    assert_eq!(code, "MissingParameter");
}

#[test]
fn an_interface_in_use_is_not_deleted_and_a_free_one_leaves_its_address_unassociated() {
    let (mut pair, attachment) = pair().held();
    let address = pair.stage.allocate();
    pair.stage.associate(&address, &pair.floating);
    let code = pair.stage.refused(deleting(&pair.floating));
    assert_eq!(code, "InvalidParameterValue");
    pair.stage.done(detaching(&attachment));
    pair.stage.wait(3);
    pair.stage.done(deleting(&pair.floating));
    assert_eq!(pair.stage.found(&pair.floating), None);
    assert_eq!(pair.stage.address(&address.public_ip).association, None);
}

#[test]
fn a_dry_run_of_a_move_says_whether_it_would_work_and_moves_nothing() {
    let (mut pair, attachment) = pair().held();
    let stage = &mut pair.stage;
    let dry = |stage: &mut super::stage::Stage, request: Request| {
        let answer = stage.world.call(&stage.caller, &request, true);
        answer.expect_err("a dry run is an error").code
    };
    assert_eq!(dry(stage, detaching(&attachment)), "DryRunOperation");
    stage.world.deny("*", "ec2:DetachNetworkInterface");
    assert_eq!(dry(stage, detaching(&attachment)), "UnauthorizedOperation");
    assert_eq!(dry(stage, stopping(&pair.first)), "DryRunOperation");
    assert_eq!(pair.word(), "attached");
}

#[test]
fn a_launch_of_a_type_that_does_not_exist_is_refused() {
    let mut stage = stage();
    let launch = crate::sim::api::RunInstances {
        instance_type: Some("t3.gigantic".to_owned()),
        min_count: 1,
        max_count: 1,
        ..crate::sim::api::RunInstances::default()
    };
    let code = stage.refused(Request::RunInstances(launch));
    assert_eq!(code, "InvalidParameterValue");
}

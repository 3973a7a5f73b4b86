//! How an interface comes to an instance and leaves it, and what it keeps on the way.

use super::moving::{
    attaching, deleting, detaching, ending_with_instance, grouping, pair, stopping, tearing_off,
    terminating,
};
use crate::api::Request;
use crate::doubts::DetachingInterface;

#[test]
fn an_attach_is_answered_at_once_and_done_later() {
    let mut pair = pair();
    let attachment = pair.bed.attach(&pair.floating, &pair.first);
    assert_eq!(pair.word(), "attaching");
    pair.bed.wait(2);
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
    let instance = pair.bed.instance(&pair.first).expect("it runs");
    let ids: Vec<_> = instance.network_interfaces.iter().collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[1].network_interface_id, pair.floating);
}

#[test]
fn a_detach_is_answered_at_once_and_the_attachment_vanishes_later() {
    let (mut pair, attachment) = pair().held();
    pair.bed.done(detaching(&attachment));
    assert_eq!(pair.word(), "detaching");
    assert_eq!(pair.seen().status, "detaching");
    pair.bed.wait(3);
    assert_eq!(pair.seen().attachment, None);
    assert_eq!(pair.seen().status, "available");
}

#[test]
fn an_interface_that_is_detached_may_read_in_use_to_the_end() {
    let mut pair = pair();
    pair.bed.world.settings().doubts.detaching_interface = DetachingInterface::InUse;
    let (mut pair, attachment) = pair.held();
    pair.bed.done(detaching(&attachment));
    assert_eq!(
        (pair.word(), pair.seen().status),
        ("detaching".to_owned(), "in-use".to_owned())
    );
    pair.bed.wait(3);
    assert_eq!(pair.seen().status, "available");
}

#[test]
fn the_delays_are_what_a_test_says() {
    let mut pair = pair();
    pair.bed.world.settings().attach_delay = time::Duration::seconds(5);
    pair.bed.world.settings().detach_delay = time::Duration::seconds(30);
    let attachment = pair.bed.attach(&pair.floating, &pair.first);
    pair.bed.wait(4);
    assert_eq!(pair.word(), "attaching");
    pair.bed.wait(1);
    pair.bed.done(detaching(&attachment));
    pair.bed.wait(29);
    assert_eq!(pair.word(), "detaching");
    pair.bed.wait(1);
    assert_eq!(pair.word(), "available");
}

#[test]
fn a_guest_that_does_not_answer_keeps_an_interface_until_force() {
    let (mut pair, attachment) = pair().held();
    pair.bed.world.ignore_detaches(&pair.first, true);
    pair.bed.done(detaching(&attachment));
    pair.bed.wait(3600);
    assert_eq!(pair.word(), "detaching");
    pair.bed.done(tearing_off(&attachment));
    pair.bed.wait(1);
    assert_eq!(pair.word(), "available");
}

#[test]
fn a_guest_that_answers_again_lets_go() {
    let (mut pair, attachment) = pair().held();
    pair.bed.world.ignore_detaches(&pair.floating, true);
    pair.bed.done(detaching(&attachment));
    pair.bed.wait(600);
    pair.bed.world.ignore_detaches(&pair.floating, false);
    pair.bed.wait(3);
    assert_eq!(pair.word(), "available");
}

#[test]
fn the_stop_of_an_instance_ends_a_stuck_detach() {
    let (mut pair, attachment) = pair().held();
    pair.bed.world.ignore_detaches(&pair.first, true);
    pair.bed.done(detaching(&attachment));
    pair.bed.done(stopping(&pair.first));
    pair.bed.wait(29);
    assert_eq!(pair.word(), "detaching");
    pair.bed.wait(1);
    assert_eq!(pair.word(), "available");
}

#[test]
fn the_termination_of_an_instance_ends_a_stuck_detach() {
    let (mut pair, attachment) = pair().held();
    pair.bed.world.ignore_detaches(&pair.first, true);
    pair.bed.done(detaching(&attachment));
    pair.bed.done(terminating(&pair.first));
    pair.bed.wait(30);
    assert_eq!(pair.word(), "available");
}

#[test]
fn a_stopped_instance_keeps_its_interfaces_and_lets_go_quickly() {
    let (mut pair, attachment) = pair().held();
    pair.bed.world.ignore_detaches(&pair.first, true);
    pair.bed.done(stopping(&pair.first));
    pair.bed.wait(30);
    assert_eq!(pair.word(), "attached");
    pair.bed.done(detaching(&attachment));
    pair.bed.wait(1);
    assert_eq!(pair.word(), "available");
}

#[test]
fn an_interface_is_attached_to_a_stopped_instance_too() {
    let mut pair = pair();
    pair.bed.done(stopping(&pair.first));
    pair.bed.wait(30);
    pair.bed.attach(&pair.floating, &pair.first);
    pair.bed.wait(2);
    assert_eq!(pair.word(), "attached");
}

#[test]
fn a_forced_detach_may_block_the_slot_until_the_instance_is_stopped() {
    let (mut pair, attachment) = pair().held();
    pair.bed.world.settings().forced_detach_blocks_slot = true;
    pair.bed.done(tearing_off(&attachment));
    pair.bed.wait(1);
    let back = attaching(&pair.floating, &pair.first, 1);
    assert_eq!(pair.bed.refused(back.clone()), "InvalidParameterValue");
    pair.bed.done(stopping(&pair.first));
    pair.bed.wait(30);
    pair.bed.done(back);
}

#[test]
fn a_lagging_reader_still_sees_an_attachment_that_is_over() {
    let (mut pair, attachment) = pair().held();
    pair.bed.world.set_read_lag(time::Duration::seconds(5));
    pair.bed.done(detaching(&attachment));
    assert_eq!(pair.word(), "attached");
    pair.bed.wait(7);
    assert_eq!(pair.word(), "detaching");
    pair.bed.wait(1);
    assert_eq!(pair.word(), "available");
}

#[test]
fn a_second_detach_changes_nothing() {
    let (mut pair, attachment) = pair().held();
    pair.bed.done(detaching(&attachment));
    pair.bed.wait(2);
    pair.bed.done(detaching(&attachment));
    pair.bed.wait(1);
    assert_eq!(pair.word(), "available");
}

#[test]
fn all_that_an_interface_has_goes_with_it() {
    let (mut pair, attachment) = pair().held();
    let address = pair.bed.allocate();
    let association = pair.bed.associate(&address, &pair.floating);
    for id in ["sg-1", "sg-2"] {
        pair.put_group(id);
    }
    pair.bed.done(grouping(&pair.floating, &["sg-1", "sg-2"]));
    let before = pair.seen();
    pair.bed.done(detaching(&attachment));
    pair.bed.wait(3);
    let alone = pair.bed.address(&address.public_ip).association;
    assert_eq!(alone.expect("it stays").instance_id, None);
    pair.bed.attach(&pair.floating, &pair.second);
    pair.bed.wait(2);
    let after = pair.seen();
    assert_eq!(after.mac_address, before.mac_address);
    assert_eq!(after.groups, ["sg-1", "sg-2"]);
    assert_eq!(after.private_ip_addresses, before.private_ip_addresses);
    let moved = pair.bed.address(&address.public_ip).association;
    let moved = moved.expect("it stays");
    assert_eq!(moved.association_id, association);
    assert_eq!(moved.instance_id, Some(pair.second));
}

#[test]
fn an_interface_outlives_its_instance_unless_it_is_told_to_end_with_it() {
    for ends in [false, true] {
        let (mut pair, attachment) = pair().held();
        let address = pair.bed.allocate();
        pair.bed.associate(&address, &pair.floating);
        let change = ending_with_instance(&pair.floating, &attachment, ends);
        pair.bed.done(change);
        pair.bed.done(terminating(&pair.first));
        pair.bed.wait(30);
        let left = pair.bed.found(&pair.floating).map(|it| it.status);
        assert_eq!(left.as_deref(), (!ends).then_some("available"));
        let tied = pair.bed.address(&address.public_ip).association;
        assert_eq!(tied.is_none(), ends);
    }
}

#[test]
fn what_is_set_on_an_attachment_needs_the_attachment_that_is() {
    let (mut pair, attachment) = pair().held();
    pair.bed.done(detaching(&attachment));
    pair.bed.wait(3);
    let change = ending_with_instance(&pair.floating, &attachment, true);
    assert_eq!(pair.bed.refused(change), "InvalidAttachmentID.NotFound");
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
        .bed
        .refused(Request::ModifyNetworkInterfaceAttribute(both));
    assert_eq!(code, "InvalidParameterCombination");
    let code = pair.bed.refused(grouping(&pair.floating, &[]));
    assert_eq!(code, "MissingParameter");
}

#[test]
fn an_interface_in_use_is_not_deleted_and_a_free_one_leaves_its_address_unassociated() {
    let (mut pair, attachment) = pair().held();
    let address = pair.bed.allocate();
    pair.bed.associate(&address, &pair.floating);
    let code = pair.bed.refused(deleting(&pair.floating));
    assert_eq!(code, "InvalidParameterValue");
    pair.bed.done(detaching(&attachment));
    pair.bed.wait(3);
    pair.bed.done(deleting(&pair.floating));
    assert_eq!(pair.bed.found(&pair.floating), None);
    assert_eq!(pair.bed.address(&address.public_ip).association, None);
}

#[test]
fn a_dry_run_of_a_move_says_whether_it_would_work_and_moves_nothing() {
    let (mut pair, attachment) = pair().held();
    let bed = &mut pair.bed;
    let dry = |bed: &mut super::bed::SimFixture, request: Request| {
        let answer = bed.world.call(&bed.caller, &request, true);
        answer.expect_err("a dry run is an error").code
    };
    assert_eq!(dry(bed, detaching(&attachment)), "DryRunOperation");
    bed.world.deny("*", "ec2:DetachNetworkInterface");
    assert_eq!(dry(bed, detaching(&attachment)), "UnauthorizedOperation");
    assert_eq!(dry(bed, stopping(&pair.first)), "DryRunOperation");
    assert_eq!(pair.word(), "attached");
}

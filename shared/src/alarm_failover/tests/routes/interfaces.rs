//! An interface: its zone, its device index, and the attachment that has to end.

use super::*;

fn device_indexes(fixture: &Fixture) -> Vec<i32> {
    let index = |one: &Move| one.device_index().expect("an interface");
    fixture.steps().iter().map(index).collect()
}

/// What ends the attachment of an interface before it is attached anew.
fn end_of(fixture: &Fixture) -> Vec<Effect> {
    let mut effects = fixture.steps().remove(0).effects;
    assert!(matches!(effects.pop(), Some(Effect::Attach { .. })));
    effects
}

fn detached(mode: DetachMode) -> Effect {
    Effect::Detach {
        eni: ENI.parse().unwrap(),
        attachment: "eni-attach-01".parse().unwrap(),
        mode,
    }
}

#[test]
fn a_zone_that_is_not_known_keeps_no_interface_from_anybody() {
    let nowhere = pair()
        .floating()
        .change(|fixture| fixture.member(2).zone = None);
    assert_eq!(nowhere.steps().len(), 1);
    let anywhere = pair()
        .floating()
        .change(|fixture| fixture.observed.interfaces[0].zone = None);
    assert_eq!(anywhere.steps().len(), 1);
}

#[test]
fn an_interface_passes_over_a_standby_of_another_zone() {
    let trio = pair().floating().with_third();
    let plan = trio
        .change(|fixture| fixture.member(2).zone = Some(zone("b")))
        .plan();
    assert_eq!(plan.moves[0].to, id(3));
}

#[test]
fn two_interfaces_of_one_plan_get_two_device_indexes() {
    assert_eq!(
        device_indexes(&pair().floating().with_second_floating()),
        [1, 2]
    );
}

#[test]
fn two_interfaces_of_one_plan_need_two_slots() {
    let pair = pair().floating().with_second_floating();
    let plan = pair.change(|fixture| fixture.limits.interfaces = 2).plan();
    assert_eq!((plan.moves.len(), plan.blocked.len()), (1, 1));
    assert!(matches!(
        plan.blocked[0].why[0],
        Obstacle::NoFreeDeviceIndex { limit: 2, .. }
    ));
}

#[test]
fn a_slot_that_one_member_gives_is_not_taken_from_another() {
    let trio = pair().floating().with_second_floating().with_third();
    let trio = trio.change(|fixture| {
        fixture.limits.interfaces = 2;
        let second = ResourceId::Interface("eni-1f".parse().unwrap());
        fixture.excluded.standbys.insert((second, id(2)));
    });
    assert_eq!(device_indexes(&trio), [1, 1]);
}

#[test]
fn what_is_on_another_card_takes_no_device_index_of_the_first() {
    let other_card = pair()
        .floating()
        .with_interface(2, "eni-0c", "subnet-1", 22);
    let other_card = other_card.change(|fixture| {
        fixture.member(2).interfaces[1].card_index = 1;
        fixture.limits.interfaces = 2;
    });
    assert_eq!(device_indexes(&other_card), [1]);
}

#[test]
fn a_device_index_that_was_refused_is_passed_over_on_that_member_only() {
    for (member, index) in [(2, 2), (3, 1)] {
        let refused = pair().floating().change(|fixture| {
            fixture.excluded.device_indexes.insert((id(member), 1));
        });
        assert_eq!(device_indexes(&refused), [index]);
    }
}

#[test]
fn a_type_of_which_nothing_is_known_gets_no_interface() {
    let unknown = pair()
        .floating()
        .change(|fixture| fixture.member(2).kind = None);
    assert!(matches!(
        only_obstacle(&unknown.plan()),
        Obstacle::UnknownType { .. }
    ));
}

#[test]
fn the_end_of_an_attachment_is_planned_as_it_is_seen() {
    let held = pair().floating();
    assert_eq!(end_of(&held), [detached(DetachMode::Graceful)]);
    let flagged = held.change(|fixture| {
        let attachment = fixture.observed.interfaces[0].attachment.as_mut().unwrap();
        attachment.delete_on_termination = true;
    });
    let clear = Effect::ClearDeleteOnTermination {
        eni: ENI.parse().unwrap(),
        attachment: "eni-attach-01".parse().unwrap(),
    };
    assert_eq!(end_of(&flagged), [clear, detached(DetachMode::Graceful)]);
    let detaching = flagged.change(|fixture| {
        let attachment = fixture.observed.interfaces[0].attachment.as_mut().unwrap();
        attachment.state = AttachmentState::Detaching;
    });
    assert_eq!(end_of(&detaching), [detached(DetachMode::AlreadyDetaching)]);
}

#[test]
fn a_holder_that_is_down_is_not_asked_to_let_go() {
    let down = pair().floating().change(|fixture| {
        fixture.health(1, StatusChecks::Unknown, InstanceState::Stopped);
    });
    assert_eq!(end_of(&down), [detached(DetachMode::Force)]);
}

#[test]
fn a_person_who_moves_an_interface_from_a_member_that_is_not_well_does_not_force_it() {
    let asked = pair().floating().change(|fixture| {
        fixture.health(1, StatusChecks::Impaired, InstanceState::Running);
        fixture.kind = CauseKind::Command { to: Some(id(2)) };
    });
    assert_eq!(end_of(&asked), [detached(DetachMode::Graceful)]);
}

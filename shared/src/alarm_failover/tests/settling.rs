//! What was on its way and is planned no more: it is with somebody, or it is the group's no longer.

use super::fixture::{ENI, Fixture, id, moving, pair, private_ip};
use crate::alarm_failover::group::{Group, ResourceId};
use crate::alarm_failover::plan::{Blocked, Move, MoveAction};
use crate::alarm_failover::progress::{AtRest, Progress};
use crate::alarm_failover::resource_progress::{ResourceProgress, ResourceState};
use crate::model::ids::InstanceId;
use crate::model::instance::{InstanceState, StatusChecks};
use crate::report::MoveEnd;
use crate::settings::Settings;
use std::collections::BTreeSet;
use std::net::Ipv4Addr;

const FLOATING: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 99);

fn interface() -> ResourceId {
    ResourceId::Interface(ENI.parse().unwrap())
}

fn address() -> ResourceId {
    ResourceId::Address("eipalloc-01".parse().unwrap())
}

/// Something that is on its way to the second member.
fn unfinished_move(resource: &ResourceId) -> (Progress, Move) {
    let action = MoveAction::PrivateIps {
        to: "eni-02".parse().unwrap(),
        ips: vec![FLOATING],
    };
    let one = moving(resource.clone(), Some(1), 2, &action);
    let mut progress = Progress {
        sources: BTreeSet::from([id(1)]),
        ..Progress::default()
    };
    let begun = ResourceProgress::begun(&one);
    progress.resources.insert(resource.clone(), begun);
    (progress, one)
}

fn in_its_group<T>(fixture: &Fixture, ask: impl FnOnce(&Group<'_>) -> T) -> T {
    let variables = [("HOLDFAST_TABLE", "ledger"), ("AWS_REGION", "eu-west-1")];
    let variables = variables.map(|(key, value)| (key.to_owned(), value.to_owned()));
    let settings = Settings::read(variables).unwrap();
    ask(&Group::named("web", &fixture.observed, &settings, &[]))
}

/// What becomes of it where nothing is planned any more, and with whom it is.
fn ended(resource: &ResourceId, fixture: &Fixture) -> (MoveEnd, Option<InstanceId>) {
    let (mut progress, _) = unfinished_move(resource);
    in_its_group(fixture, |group| progress.close_finished(&[], group));
    let report = progress.resources[resource].report();
    (report.end, report.to)
}

const THERE: MoveEnd = MoveEnd::AlreadyThere;
const MOVED: ResourceState = ResourceState::Moved { attachment: None };

fn end_of(progress: &Progress, resource: &ResourceId) -> MoveEnd {
    progress.resources[resource].report().end
}

/// The interface has come so far.
fn set(progress: &mut Progress, state: ResourceState) {
    progress.resources.get_mut(&interface()).unwrap().state = state;
}

#[test]
fn what_is_planned_no_more_is_with_whoever_has_it() {
    let there = pair().floating().attached_to(2);
    assert_eq!(ended(&interface(), &there), (THERE, Some(id(2))));
}

#[test]
fn what_is_still_with_the_failed_member_is_not_finished() {
    let open = (MoveEnd::NotMoved, Some(id(2)));
    let there = pair().floating().attached_to(1);
    assert_eq!(ended(&interface(), &there), open);
    assert_eq!(ended(&address(), &pair().address()), open);
}

#[test]
fn what_is_with_a_member_that_is_well_again_stays_there() {
    let (mut progress, _) = unfinished_move(&interface());
    progress.last_look.recovered = Some("the alarm is OK".to_owned());
    let there = pair().floating().attached_to(1);
    in_its_group(&there, |group| progress.close_finished(&[], group));
    let report = progress.resources[&interface()].report();
    assert_eq!((report.end, report.to), (THERE, Some(id(1))));
}

#[test]
fn what_the_group_has_no_more_is_gone() {
    assert_eq!(ended(&interface(), &pair().address()).0, MoveEnd::Gone);
    assert_eq!(ended(&address(), &pair()).0, MoveEnd::Gone);
    let ip = ResourceId::PrivateIps(Some(FLOATING));
    assert_eq!(ended(&ip, &pair().floating()).0, MoveEnd::Gone);
}

#[test]
fn an_address_that_came_to_an_interface_that_moves_is_not_gone() {
    let there = pair().floating().attached_to(2);
    let there = there.change(|fixture| fixture.put_address_on(ENI));
    assert_eq!(ended(&address(), &there), (THERE, Some(id(2))));
}

#[test]
fn a_private_ip_that_came_to_others_is_not_gone() {
    let others = [97, 99].map(|last| (Ipv4Addr::new(10, 0, 0, last), None));
    let there = pair().floating().attached_to(2).tagged("mover", "ip");
    let there = there.change(|fixture| {
        let own = &mut fixture.observed.interfaces[0];
        own.private_ips.extend(others);
        own.primary_ip = Some(Ipv4Addr::new(10, 0, 0, 2));
    });
    let ip = |last| ResourceId::PrivateIps(Some(Ipv4Addr::new(10, 0, 0, last)));
    assert_eq!(ended(&ip(99), &there), (THERE, Some(id(2))));
    assert_eq!(ended(&ip(98), &there).0, MoveEnd::Gone);
}

#[test]
fn what_is_planned_again_is_not_settled() {
    let (mut progress, one) = unfinished_move(&interface());
    in_its_group(&pair(), |group| progress.close_finished(&[one], group));
    assert_eq!(end_of(&progress, &interface()), MoveEnd::NotMoved);
}

#[test]
fn what_cannot_be_planned_is_not_settled_and_what_is_there_is() {
    let (mut progress, one) = unfinished_move(&interface());
    let ip = ResourceId::PrivateIps(Some(FLOATING));
    let other = ResourceProgress::begun(&one);
    progress.resources.insert(ip.clone(), other);
    progress.last_look.blocked.push(Blocked {
        resource: ip.clone(),
        public_ips: Vec::new(),
        holder: None,
        why: Vec::new(),
    });
    let there = pair().floating().attached_to(2);
    in_its_group(&there, |group| progress.close_finished(&[], group));
    assert_eq!(end_of(&progress, &ip), MoveEnd::NotMoved);
    assert_eq!(end_of(&progress, &interface()), THERE);
}

#[test]
fn what_has_moved_is_not_settled_again() {
    let (mut progress, _) = unfinished_move(&interface());
    set(&mut progress, MOVED);
    in_its_group(&pair(), |group| progress.close_finished(&[], group));
    assert_eq!(end_of(&progress, &interface()), MoveEnd::Moved);
}

#[test]
fn an_address_that_came_to_another_private_ip_is_told_there_and_has_displaced_nothing() {
    let (mut progress, mut one) = unfinished_move(&address());
    one.displaced = Some(Ipv4Addr::new(198, 51, 100, 1));
    let begun = ResourceProgress::begun(&one);
    assert_eq!(begun.report().displaced, one.displaced);
    progress.resources.insert(address(), begun);
    progress.sources = BTreeSet::from([id(2)]);
    in_its_group(&pair().address(), |group| {
        progress.close_finished(&[], group);
    });
    let report = progress.resources[&address()].report();
    assert_eq!((report.end, report.to), (THERE, Some(id(1))));
    assert_eq!(report.private_ips, [private_ip(1)]);
    assert_eq!(report.displaced, None);
}

#[test]
fn a_holder_that_is_stopped_is_told_as_one_that_does_not_run() {
    let there = pair().floating().address().change(|fixture| {
        fixture.health(1, StatusChecks::Unknown, InstanceState::Stopped);
    });
    let there = there.attached_to(2);
    let at_rest = in_its_group(&there, |group| AtRest::of(group, &there.observed));
    assert_eq!(at_rest.not_running, BTreeSet::from([id(1)]));
    assert_eq!(at_rest.running, BTreeSet::from([id(2)]));
}

/// Who loses what it has when the second member is in a state, and something of that end came to it.
fn follows(state: InstanceState, has_come_to: ResourceState) -> BTreeSet<InstanceId> {
    let there = pair().floating().attached_to(2).change(|fixture| {
        fixture.health(2, StatusChecks::Ok, state);
    });
    let (mut progress, _) = unfinished_move(&interface());
    set(&mut progress, has_come_to);
    in_its_group(&there, |group| {
        progress.add_failed_targets(group, &there.observed);
    });
    progress.sources
}

#[test]
fn a_member_that_fails_with_something_on_its_way_to_it_loses_that_again() {
    let both = BTreeSet::from([id(1), id(2)]);
    let first = BTreeSet::from([id(1)]);
    assert_eq!(follows(InstanceState::Stopping, ResourceState::Open), both);
    assert_eq!(follows(InstanceState::Running, ResourceState::Open), first);
    assert_eq!(follows(InstanceState::Stopping, MOVED), first);
}

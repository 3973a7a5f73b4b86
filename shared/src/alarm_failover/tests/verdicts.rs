//! Whom an event is about with what EC2 and CloudWatch say now, and what an earlier failover has dealt with.

use super::asked::{mark, second, settings};
use super::assessment::{NOW, cause_of, change, notice, told};
use super::fixture::{Fixture, id, pair};
use super::looks::alarm;
use crate::alarm_failover::assessment::{affected_members, assess, firing as beneath};
use crate::alarm_failover::case::{AffectedGroup, Assessment, Cause};
use crate::events::alarm::AlarmEvent;
use crate::events::{OperatorCommand, SpotNoticeKind, Trigger};
use crate::ledger::lease::{FailoverRecord, Lease};
use crate::model::alarm::{Alarm, AlarmState};
use crate::model::ids::InstanceId;
use crate::model::instance::InstanceState;
use std::collections::{BTreeMap, BTreeSet};

fn verdict(cause: &Cause, fixture: &Fixture) -> Assessment {
    assess(cause, &fixture.observed, &settings(&[]))
}

fn sick_of_web(members: &[u8]) -> Assessment {
    Assessment::Affects(vec![affected("web", members)])
}

fn affected(group: &str, members: &[u8]) -> AffectedGroup {
    AffectedGroup {
        group: group.to_owned(),
        failed_members: members.iter().map(|number| id(*number)).collect(),
        names_no_instance: false,
    }
}

fn recovered(verdict: Assessment) -> String {
    match verdict {
        Assessment::Recovered { why } => why,
        other => panic!("{other:?}"),
    }
}

fn firing(name: &str, instances: &[Option<u8>]) -> Alarm {
    alarm(name, AlarmState::Alarm, instances)
}

#[test]
fn an_alarm_is_about_the_instance_that_it_names() {
    let fixture = pair().alarmed(firing("beat", &[Some(1)]));
    assert_eq!(verdict(&cause_of(told()), &fixture), sick_of_web(&[1]));
}

#[test]
fn an_alarm_that_is_over_is_about_nobody() {
    let cause = cause_of(told());
    let why = recovered(verdict(&cause, &pair()));
    assert!(why.contains("does not exist any more"), "{why}");
    let quiet = pair().alarmed(alarm("beat", AlarmState::Ok, &[Some(1)]));
    let why = recovered(verdict(&cause, &quiet));
    assert!(why.contains("it is OK by now"), "{why}");
    let suppressed = Alarm {
        suppressed_by: Some("Alarm".to_owned()),
        ..firing("beat", &[Some(1)])
    };
    let why = recovered(verdict(&cause, &pair().alarmed(suppressed)));
    assert!(why.contains("suppressed by Alarm"), "{why}");
}

#[test]
fn an_alarm_on_many_is_about_those_for_which_it_fires_now() {
    let instances = BTreeSet::from([id(1), id(2)]);
    let cause = Cause {
        instances,
        ..cause_of(told())
    };
    let fixture = pair().alarmed(firing("beat", &[]));
    let still = |members: &[u8]| verdict(&cause, &fixture.clone().contributed("beat", members));
    assert_eq!(still(&[1, 2, 9]), sick_of_web(&[1, 2]));
    assert_eq!(still(&[2]), sick_of_web(&[2]));
    let why = recovered(still(&[9]));
    assert!(why.contains("fires for others only"), "{why}");
}

#[test]
fn an_alarm_that_names_no_instance_is_about_what_it_measures_if_that_is_an_instance() {
    let event = AlarmEvent {
        metrics: Vec::new(),
        ..told()
    };
    let fixture = pair().alarmed(firing("beat", &[None, Some(2)]));
    assert_eq!(verdict(&cause_of(event), &fixture), sick_of_web(&[2]));
}

#[test]
fn an_event_that_names_its_instance_is_not_about_what_else_the_alarm_measures() {
    let fixture = pair().alarmed(firing("beat", &[Some(1), Some(2)]));
    assert_eq!(verdict(&cause_of(told()), &fixture), sick_of_web(&[1]));
}

#[test]
fn what_an_alarm_measures_is_found_beneath_composites_as_far_as_they_fire() {
    let composite = |name: &str, rule: &str| Alarm {
        rule: Some(rule.to_owned()),
        ..firing(name, &[])
    };
    let observed = pair()
        .alarmed(composite("outer", "ALARM(inner) OR ALARM(outer)"))
        .alarmed(composite("inner", "ALARM(first) AND ALARM(second)"))
        .alarmed(firing("first", &[Some(1)]))
        .alarmed(alarm("second", AlarmState::Ok, &[Some(2)]))
        .observed;
    let names = |names: &[&str]| {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let found = beneath(&names, &observed);
        let found = found.into_iter().flat_map(Alarm::instances);
        found.collect::<Vec<_>>()
    };
    assert_eq!(names(&["outer"]), [id(1)]);
    assert_eq!(names(&["first", "inner"]), [id(1)], "each of them once");
    assert_eq!(names(&["second", "unknown"]), []);
}

#[test]
fn an_alarm_beneath_a_composite_is_about_the_members_for_which_it_fires() {
    let composite = Alarm {
        rule: Some("ALARM(logs)".to_owned()),
        ..firing("beat", &[])
    };
    let event = AlarmEvent {
        metrics: Vec::new(),
        ..told()
    };
    let fixture = pair().alarmed(composite).contributed("logs", &[2, 9]);
    assert_eq!(verdict(&cause_of(event), &fixture), sick_of_web(&[2]));
}

#[test]
fn an_alarm_that_is_not_shown_may_be_one_on_logs_where_the_endpoint_shows_none() {
    let fixture = pair().change(|it| it.observed.reads_log_alarms = false);
    match verdict(&cause_of(told()), &fixture) {
        Assessment::NotTold { why } => assert!(why.contains("no log alarms"), "{why}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_alarm_in_a_state_that_is_not_known_is_neither_over_nor_a_reason_to_move() {
    let fixture = pair().alarmed(alarm("beat", AlarmState::Unknown, &[Some(1)]));
    match verdict(&cause_of(told()), &fixture) {
        Assessment::NotTold { why } => assert!(why.contains("not known here"), "{why}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn instances_of_several_groups_are_told_apart() {
    let fixture = pair().joined_by(3).alarmed(firing("beat", &[]));
    let fixture = fixture.change(|it| mark(&mut it.member(2).tags, "group", "db"));
    let cause = Cause {
        instances: BTreeSet::from([id(1), id(2), id(3)]),
        ..cause_of(told())
    };
    let both = vec![affected("web", &[1, 3]), affected("db", &[2])];
    assert_eq!(verdict(&cause, &fixture), Assessment::Affects(both));
}

#[test]
fn an_instance_that_is_in_no_group_concerns_nobody() {
    let cause = cause_of(told());
    let fixture = |fixture: Fixture| fixture.alarmed(firing("beat", &[Some(1)]));
    let untagged = fixture(pair().floating()).change(|it| it.member(1).tags.clear());
    assert_eq!(verdict(&cause, &untagged), Assessment::Affects(vec![]));
}

#[test]
fn an_instance_that_is_shown_no_more_is_found_by_what_is_attached_to_it() {
    let cause = cause_of(Trigger::Instance(change(InstanceState::Terminated)));
    let gone = |fixture: Fixture| {
        fixture.change(|it| it.observed.instances.retain(|each| each.id != id(1)))
    };
    assert_eq!(verdict(&cause, &gone(pair().floating())), sick_of_web(&[1]));
    let elsewhere = gone(pair().floating().attached_to(2));
    assert_eq!(verdict(&cause, &elsewhere), Assessment::Affects(vec![]));
}

#[test]
fn a_member_that_runs_again_has_not_come_down() {
    let cause = cause_of(Trigger::Instance(change(InstanceState::Stopped)));
    let why = recovered(verdict(&cause, &pair()));
    assert!(why.contains("is running again"), "{why}");
    let down = pair().change(|it| it.member(1).state = InstanceState::Stopped);
    assert_eq!(verdict(&cause, &down), sick_of_web(&[1]));
}

#[test]
fn a_warning_is_about_the_instance_and_a_person_about_the_group() {
    let warned = cause_of(Trigger::SpotNotice(notice(SpotNoticeKind::Interruption)));
    assert_eq!(verdict(&warned, &pair()), sick_of_web(&[1]));
    let person = cause_of(Trigger::Command(OperatorCommand::Plan {
        group: "web".to_owned(),
    }));
    assert_eq!(verdict(&person, &pair()), sick_of_web(&[]));
}

#[test]
fn down_is_who_is_shown_and_does_not_run() {
    let observed = pair().change(|fixture| {
        fixture.member(2).state = InstanceState::Stopping;
        let others = &mut fixture.observed.others;
        others.insert(id(7), InstanceState::Terminated);
        others.insert(id(8), InstanceState::Running);
    });
    let down = |number: u8| observed.observed.is_down(&id(number));
    assert!(down(2) && down(7));
    assert!(!down(1) && !down(8));
    assert!(
        !down(9),
        "EC2 does not show it: it may be another account's"
    );
}

fn record(failed_members: u8, began_at: i64) -> FailoverRecord {
    FailoverRecord {
        cause: "alarm web".to_owned(),
        alarms: vec!["web".to_owned()],
        fired_at: second(NOW),
        failed_members: BTreeSet::from([id(failed_members)]),
        pending_reassociation: Vec::new(),
        former_targets: BTreeMap::new(),
        pending_fences: BTreeMap::new(),
        began_at: second(began_at),
        ended_at: None,
        to: None,
    }
}

fn lease(in_progress: Option<FailoverRecord>, last: Option<FailoverRecord>) -> Lease {
    Lease {
        in_progress,
        last,
        ..Lease::new("web")
    }
}

/// Whom an alarm without an instance is about that fired at `NOW`, and whose thing the second member has.
fn about(lease: &Lease, own: Option<&FailoverRecord>) -> BTreeSet<InstanceId> {
    let holder = AffectedGroup {
        names_no_instance: true,
        ..affected("web", &[2])
    };
    affected_members(&holder, &cause_of(told()), lease, own)
}

fn only(number: u8) -> BTreeSet<InstanceId> {
    BTreeSet::from([id(number)])
}

#[test]
fn an_alarm_without_an_instance_is_about_who_had_it_when_it_fired() {
    let later = Some(record(1, NOW));
    assert_eq!(about(&lease(later.clone(), None), None), only(1));
    assert_eq!(about(&lease(None, later), None), only(1));
    let earlier = Some(record(1, NOW - 1));
    assert_eq!(about(&lease(earlier.clone(), None), None), only(2));
    assert_eq!(about(&lease(None, earlier), None), only(2));
    assert_eq!(about(&lease(None, None), None), only(2));
}

#[test]
fn what_is_under_way_counts_before_what_was_last() {
    let both = lease(Some(record(3, NOW)), Some(record(1, NOW)));
    assert_eq!(about(&both, None), only(3));
}

#[test]
fn what_the_run_itself_has_noted_tells_it_nothing() {
    let own = record(3, NOW);
    let noted = lease(Some(own.clone()), None);
    assert_eq!(about(&noted, Some(&own)), only(2));
    assert_eq!(about(&noted, Some(&record(1, NOW))), only(3));
}

#[test]
fn a_note_that_takes_who_took_over_for_the_failed_one_does_not_count() {
    let done = FailoverRecord {
        to: Some(id(3)),
        ..record(1, NOW)
    };
    let mistaken = lease(Some(record(3, NOW)), Some(done));
    assert_eq!(about(&mistaken, None), only(1));
}

#[test]
fn an_alarm_that_names_its_instance_is_about_that_whatever_was_before() {
    let named = affected("web", &[2]);
    let earlier = lease(Some(record(1, NOW)), Some(record(1, NOW)));
    let failed_members = affected_members(&named, &cause_of(told()), &earlier, None);
    assert_eq!(failed_members, only(2));
}

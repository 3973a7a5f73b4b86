//! Whom an event is about with what EC2 and CloudWatch say now, and what an earlier failover has dealt with.

use super::asked::{mark, second, settings};
use super::evidence::{NOW, cause_of, change, told, warning};
use super::fixture::{Fixture, id, pair};
use super::looks::alarm;
use crate::cloud::health::Alarm;
use crate::event::alarm::{AlarmEvent, AlarmState, Measure};
use crate::event::{Trigger, WarningKind, Wish};
use crate::failover::evidence::{Cause, Concern, Verdict, corrected, is_down, judge, measures};
use crate::ids::InstanceId;
use crate::instance::InstanceState;
use crate::ledger::lease::{Episode, Lease};
use std::collections::{BTreeMap, BTreeSet};

fn verdict(cause: &Cause, fixture: &Fixture) -> Verdict {
    judge(cause, &fixture.observed, &settings(&[]))
}

fn sick_of_web(members: &[u8]) -> Verdict {
    Verdict::Concerns(vec![concern("web", members)])
}

fn concern(group: &str, members: &[u8]) -> Concern {
    Concern {
        group: group.to_owned(),
        sick: members.iter().map(|number| id(*number)).collect(),
        is_anonymous: false,
    }
}

fn recovered(verdict: Verdict) -> String {
    match verdict {
        Verdict::Recovered { why } => why,
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
    let named = BTreeSet::from([id(1), id(2)]);
    let cause = Cause {
        named,
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
        measures: Vec::new(),
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
        let found = measures(&names, &observed);
        let found = found.iter().filter_map(Measure::instance);
        found.collect::<Vec<_>>()
    };
    assert_eq!(names(&["outer"]), [id(1)]);
    assert_eq!(names(&["first", "inner"]), [id(1)], "each of them once");
    assert_eq!(names(&["second", "unknown"]), []);
}

#[test]
fn instances_of_several_groups_are_told_apart() {
    let fixture = pair().joined_by(3).alarmed(firing("beat", &[]));
    let fixture = fixture.change(|it| mark(&mut it.member(2).tags, "group", "db"));
    let cause = Cause {
        named: BTreeSet::from([id(1), id(2), id(3)]),
        ..cause_of(told())
    };
    let both = vec![concern("web", &[1, 3]), concern("db", &[2])];
    assert_eq!(verdict(&cause, &fixture), Verdict::Concerns(both));
}

#[test]
fn an_instance_that_is_in_no_group_concerns_nobody() {
    let cause = cause_of(told());
    let fixture = |fixture: Fixture| fixture.alarmed(firing("beat", &[Some(1)]));
    let untagged = fixture(pair().floating()).change(|it| it.member(1).tags.clear());
    assert_eq!(verdict(&cause, &untagged), Verdict::Concerns(vec![]));
}

#[test]
fn an_instance_that_is_shown_no_more_is_found_by_what_is_attached_to_it() {
    let cause = cause_of(Trigger::Instance(change(InstanceState::Terminated)));
    let gone = |fixture: Fixture| {
        fixture.change(|it| it.observed.instances.retain(|each| each.id != id(1)))
    };
    assert_eq!(verdict(&cause, &gone(pair().floating())), sick_of_web(&[1]));
    let elsewhere = gone(pair().floating().attached_to(2));
    assert_eq!(verdict(&cause, &elsewhere), Verdict::Concerns(vec![]));
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
    let warned = cause_of(Trigger::Warned(warning(WarningKind::Interruption)));
    assert_eq!(verdict(&warned, &pair()), sick_of_web(&[1]));
    let person = cause_of(Trigger::Asked(Wish::Plan {
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
    let down = |number: u8| is_down(&id(number), &observed.observed);
    assert!(down(2) && down(7));
    assert!(!down(1) && !down(8));
    assert!(
        !down(9),
        "EC2 does not show it: it may be another account's"
    );
}

fn episode(sick: u8, began_at: i64) -> Episode {
    Episode {
        cause: "alarm web".to_owned(),
        alarms: vec!["web".to_owned()],
        fired_at: second(NOW),
        sick: BTreeSet::from([id(sick)]),
        loosened: Vec::new(),
        fences: BTreeMap::new(),
        began_at: second(began_at),
        ended_at: None,
        to: None,
    }
}

fn lease(under_way: Option<Episode>, last: Option<Episode>) -> Lease {
    Lease {
        under_way,
        last,
        ..Lease::new("web")
    }
}

/// Whom an alarm without an instance is about that fired at `NOW`, and whose thing the second member has.
fn about(lease: &Lease, own: Option<&Episode>) -> BTreeSet<InstanceId> {
    let holder = Concern {
        is_anonymous: true,
        ..concern("web", &[2])
    };
    corrected(&holder, &cause_of(told()), lease, own)
}

fn only(number: u8) -> BTreeSet<InstanceId> {
    BTreeSet::from([id(number)])
}

#[test]
fn an_alarm_without_an_instance_is_about_who_had_it_when_it_fired() {
    let later = Some(episode(1, NOW));
    assert_eq!(about(&lease(later.clone(), None), None), only(1));
    assert_eq!(about(&lease(None, later), None), only(1));
    let earlier = Some(episode(1, NOW - 1));
    assert_eq!(about(&lease(earlier.clone(), None), None), only(2));
    assert_eq!(about(&lease(None, earlier), None), only(2));
    assert_eq!(about(&lease(None, None), None), only(2));
}

#[test]
fn what_is_under_way_counts_before_what_was_last() {
    let both = lease(Some(episode(3, NOW)), Some(episode(1, NOW)));
    assert_eq!(about(&both, None), only(3));
}

#[test]
fn what_the_run_itself_has_noted_tells_it_nothing() {
    let own = episode(3, NOW);
    let noted = lease(Some(own.clone()), None);
    assert_eq!(about(&noted, Some(&own)), only(2));
    assert_eq!(about(&noted, Some(&episode(1, NOW))), only(3));
}

#[test]
fn a_note_that_takes_who_took_over_for_the_failed_one_does_not_count() {
    let done = Episode {
        to: Some(id(3)),
        ..episode(1, NOW)
    };
    let mistaken = lease(Some(episode(3, NOW)), Some(done));
    assert_eq!(about(&mistaken, None), only(1));
}

#[test]
fn an_alarm_that_names_its_instance_is_about_that_whatever_was_before() {
    let named = concern("web", &[2]);
    let earlier = lease(Some(episode(1, NOW)), Some(episode(1, NOW)));
    let sick = corrected(&named, &cause_of(told()), &earlier, None);
    assert_eq!(sick, only(2));
}

//! Whom an alarm is about that names no instance.

use super::asked::{mark, second, settings};
use super::fixture::{Fixture, id, pair};
use super::looks::alarm;
use crate::alarm_failover::assessment::assess;
use crate::alarm_failover::case::{AffectedGroup, Assessment, Cause, CauseKind};
use crate::model::alarm::AlarmState;
use std::collections::BTreeSet;

const FIRED: i64 = 1000;

fn cause(group: Option<&str>) -> Cause {
    Cause {
        kind: CauseKind::Alarm,
        text: "alarm slow".to_owned(),
        at: second(FIRED),
        alarms: vec!["slow".to_owned()],
        is_of_alarms: false,
        instances: BTreeSet::new(),
        group: group.map(str::to_owned),
    }
}

/// What the alarm `slow` comes to, whose own tags name a group or none.
fn verdict(fixture: &Fixture, group: Option<&str>) -> Assessment {
    let slow = alarm("slow", AlarmState::Alarm, &[None]);
    let fixture = fixture.clone().alarmed(slow);
    assess(&cause(group), &fixture.observed, &settings(&[]))
}

fn about(group: &str, members: &[u8]) -> AffectedGroup {
    AffectedGroup {
        group: group.to_owned(),
        failed_members: members.iter().map(|number| id(*number)).collect(),
        names_no_instance: true,
    }
}

fn only(members: &[u8]) -> Assessment {
    Assessment::Affects(vec![about("web", members)])
}

#[test]
fn it_is_about_who_has_what_names_it() {
    let named = |tag: &str| verdict(&pair().floating().tagged("alarm", tag), None);
    assert_eq!(named("slow"), only(&[1]));
    assert_eq!(named("down, slow ,full"), only(&[1]));
    for other in ["slower", "slo", "down,full"] {
        assert!(
            matches!(named(other), Assessment::NotOurs { .. }),
            "{other}"
        );
    }
    let address = pair().address().address_tagged("alarm", "slow");
    assert_eq!(verdict(&address, None), only(&[1]));
}

#[test]
fn it_is_about_nobody_where_nothing_names_it() {
    match verdict(&pair().floating().address(), None) {
        Assessment::NotOurs { why } => assert!(why.contains("holdfast:alarm = slow"), "{why}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_names_it_counts_before_the_group_that_the_alarm_names() {
    let both = pair().floating().attached_to(2).tagged("alarm", "slow");
    assert_eq!(verdict(&both.address(), Some("web")), only(&[2]));
}

#[test]
fn it_is_about_every_group_of_which_something_names_it() {
    let two = pair().floating().attached_to(2).tagged("alarm", "slow");
    let two = two.address().address_tagged("alarm", "slow");
    assert_eq!(verdict(&two, None), only(&[1, 2]));
    let apart = two.change(|it| mark(&mut it.observed.addresses[0].tags, "group", "db"));
    let both = vec![about("web", &[2]), about("db", &[1])];
    assert_eq!(verdict(&apart, None), Assessment::Affects(both));
}

#[test]
fn it_is_about_the_only_holder_of_the_group_that_the_alarm_names() {
    let group = |fixture: Fixture| verdict(&fixture, Some("web"));
    assert_eq!(group(pair().floating()), only(&[1]));
    assert_eq!(group(pair().floating().adrift()), only(&[]));
    let other = pair().floating().change(|it| {
        mark(&mut it.observed.interfaces[0].tags, "group", "db");
    });
    assert_eq!(group(other.address()), only(&[1]));
}

#[test]
fn a_group_that_has_nothing_concerns_nobody() {
    assert_eq!(verdict(&pair(), Some("web")), Assessment::Affects(vec![]));
}

#[test]
fn it_cannot_be_said_which_of_several_holders_it_is_about() {
    let two = pair().floating().attached_to(2).address();
    match verdict(&two, Some("web")) {
        Assessment::Unclear { why } => assert!(why.contains("several members of web"), "{why}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn it_is_not_about_who_got_an_interface_in_the_second_in_which_it_fired_or_later() {
    let since = |since: i64| {
        pair().floating().tagged("alarm", "slow").change(|it| {
            let attachment = it.observed.interfaces[0].attachment.as_mut();
            attachment.unwrap().since = Some(second(since));
        })
    };
    assert_eq!(verdict(&since(FIRED - 1), None), only(&[1]));
    assert_eq!(verdict(&since(FIRED), None), only(&[]));
    assert_eq!(verdict(&since(FIRED + 9), None), only(&[]));
}

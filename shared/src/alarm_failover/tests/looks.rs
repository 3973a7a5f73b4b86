//! What a look at EC2 and at the alarms tells of one instance, and how a second look takes the place of it.

use super::asked::{mark, settings};
use super::fixture::{Fixture, GROUP, id, pair};
use crate::alarm_failover::second_look::replaced;
use crate::alarm_failover::state::Observed;
use crate::model::alarm::Alarm;
use crate::model::alarm::{AlarmMetric, AlarmState};
use crate::model::ids::InstanceId;
use crate::model::instance::InstanceState;
use std::collections::{BTreeMap, BTreeSet};

/// An alarm that measures instances, or anything else.
pub(super) fn alarm(name: &str, state: AlarmState, instances: &[Option<u8>]) -> Alarm {
    let measure = |instance: &Option<u8>| AlarmMetric {
        namespace: "App".to_owned(),
        metric: "Heartbeat".to_owned(),
        dimensions: match instance {
            Some(number) => BTreeMap::from([("InstanceId".to_owned(), id(*number).to_string())]),
            None => BTreeMap::from([("LoadBalancer".to_owned(), "web".to_owned())]),
        },
    };
    Alarm {
        name: name.to_owned(),
        state,
        suppressed_by: None,
        metrics: instances.iter().map(measure).collect(),
        rule: None,
        contributors: None,
    }
}

impl Fixture {
    pub(super) fn alarmed(mut self, alarm: Alarm) -> Self {
        self.observed.alarms.insert(alarm.name.clone(), alarm);
        self
    }

    /// An alarm on many instances fires for these.
    pub(super) fn contributed(mut self, name: &str, members: &[u8]) -> Self {
        let fires = alarm(name, AlarmState::Alarm, &[]);
        let members = members.iter().map(|number| id(*number)).collect();
        let alarms = &mut self.observed.alarms;
        let alarm = alarms.entry(name.to_owned()).or_insert(fires);
        alarm.contributors = Some(members);
        self
    }
}

fn firing_for(observed: &Observed, number: u8) -> Option<&str> {
    observed.firing_for(&id(number))
}

#[test]
fn an_alarm_fires_for_whom_it_measures_and_only_while_it_fires() {
    let observed = pair()
        .alarmed(alarm("a-quiet", AlarmState::Ok, &[Some(1)]))
        .alarmed(alarm("b-blind", AlarmState::InsufficientData, &[Some(1)]))
        .alarmed(alarm("c-beat", AlarmState::Alarm, &[None, Some(2)]))
        .observed;
    assert_eq!(firing_for(&observed, 1), None);
    assert_eq!(firing_for(&observed, 2), Some("c-beat"));
}

#[test]
fn a_state_that_is_not_known_does_not_say_that_an_instance_is_well() {
    let observed = pair()
        .alarmed(alarm("new", AlarmState::Unknown, &[Some(1)]))
        .observed;
    assert_eq!(firing_for(&observed, 1), Some("new"));
    assert_eq!(firing_for(&observed, 2), None);
}

#[test]
fn an_alarm_on_many_fires_for_those_that_contribute_to_it() {
    let observed = pair().contributed("fleet", &[2, 3]).observed;
    assert_eq!(firing_for(&observed, 2), Some("fleet"));
    assert_eq!(firing_for(&observed, 1), None);
}

#[test]
fn the_state_of_an_instance_is_known_whether_it_is_a_member_or_not() {
    let observed = pair().change(|fixture| {
        fixture.member(2).state = InstanceState::Stopped;
        let others = &mut fixture.observed.others;
        others.insert(id(7), InstanceState::Terminated);
    });
    let state = |number: u8| observed.observed.state_of(&id(number));
    assert_eq!(state(1), Some(InstanceState::Running));
    assert_eq!(state(2), Some(InstanceState::Stopped));
    assert_eq!(state(7), Some(InstanceState::Terminated));
    assert_eq!(state(9), None);
}

#[test]
fn whoever_has_something_of_a_group_is_found_by_what_it_has() {
    let both = pair().floating().attached_to(2).address();
    let holders = |fixture: &Fixture, group: &str| {
        let settings = settings(&[]);
        let holders = fixture.observed.holders_in(group, &settings);
        holders.cloned().collect::<BTreeSet<InstanceId>>()
    };
    assert_eq!(holders(&both, GROUP.1), BTreeSet::from([id(1), id(2)]));
    let moved = both.change(|fixture| {
        mark(&mut fixture.observed.interfaces[0].tags, "group", "db");
    });
    assert_eq!(holders(&moved, GROUP.1), BTreeSet::from([id(1)]));
    assert_eq!(holders(&moved, "db"), BTreeSet::from([id(2)]));
}

#[test]
fn what_was_read_again_takes_the_place_of_what_was_seen() {
    let seen = [(1, "seen"), (2, "seen"), (3, "seen"), (4, "seen")];
    let mut read = vec![(4, "read"), (2, "read")];
    let now = replaced(&seen, &mut read, |it| &it.0, |id| [2, 3, 4].contains(id));
    assert_eq!(
        now,
        [(1, "seen"), (2, "read"), (4, "read")],
        "the third is gone, and the order stays"
    );
}

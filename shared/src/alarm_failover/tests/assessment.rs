//! Which events are worth a look.

use super::asked::{second, settings};
use super::fixture::id;
use super::looks::alarm;
use crate::alarm_failover::assessment::accept;
use crate::alarm_failover::case::{Cause, CauseKind};
use crate::events::alarm::AlarmEvent;
use crate::events::{
    HealthEvent, Ignored, InstanceStateChange, LifecycleNotice, OperatorCommand, SpotNotice,
    SpotNoticeKind, Trigger,
};
use crate::model::alarm::AlarmState;
use crate::model::instance::InstanceState;
use crate::settings::Settings;
use std::collections::{BTreeMap, BTreeSet};

pub(super) const NOW: i64 = 1000;

/// The alarm `beat` on the first member has begun to fire.
pub(super) fn told() -> AlarmEvent {
    AlarmEvent {
        name: "beat".to_owned(),
        state: AlarmState::Alarm,
        previous: Some(AlarmState::Ok),
        since: second(NOW),
        region: Some("eu-west-1".to_owned()),
        suppressed_by: None,
        previously_suppressed_by: None,
        metrics: alarm("beat", AlarmState::Alarm, &[Some(1)]).metrics,
        contributors: Vec::new(),
        children: Vec::new(),
        tags: BTreeMap::new(),
    }
}

pub(super) fn change(state: InstanceState) -> InstanceStateChange {
    InstanceStateChange {
        instance: id(1),
        state,
        at: Some(second(NOW)),
        region: Some("eu-west-1".to_owned()),
    }
}

pub(super) fn notice(kind: SpotNoticeKind) -> SpotNotice {
    SpotNotice {
        instance: id(1),
        kind,
        at: Some(second(NOW)),
        region: Some("eu-west-1".to_owned()),
    }
}

fn screened(trigger: impl Into<Trigger>, settings: &Settings) -> Result<Cause, String> {
    accept(&trigger.into(), settings, second(NOW))
}

fn ignored_since(trigger: impl Into<Trigger>) -> String {
    screened(trigger, &settings(&[])).expect_err("it is ignored")
}

pub(super) fn cause_of(trigger: impl Into<Trigger>) -> Cause {
    screened(trigger, &settings(&[])).expect("it is looked at")
}

#[test]
fn an_alarm_that_begins_to_fire_is_looked_at_with_all_that_it_names() {
    let cause = cause_of(AlarmEvent {
        children: vec!["child".to_owned()],
        tags: [("holdfast:group".to_owned(), "web".to_owned())].into(),
        ..told()
    });
    let expected = Cause {
        kind: CauseKind::Alarm,
        text: "alarm beat".to_owned(),
        at: second(NOW),
        alarms: vec!["beat".to_owned(), "child".to_owned()],
        is_of_alarms: false,
        instances: BTreeSet::from([id(1)]),
        group: Some("web".to_owned()),
    };
    assert_eq!(cause, expected);
}

#[test]
fn an_alarm_that_does_not_fire_is_ignored() {
    for state in [AlarmState::Ok, AlarmState::InsufficientData] {
        let why = ignored_since(AlarmEvent { state, ..told() });
        assert!(why.contains("nothing has failed"), "{why}");
    }
}

#[test]
fn an_alarm_whose_actions_are_suppressed_is_ignored() {
    let by = Some("WaitPeriod".to_owned());
    let why = ignored_since(AlarmEvent {
        suppressed_by: by,
        ..told()
    });
    assert!(why.contains("suppressed by WaitPeriod"), "{why}");
}

#[test]
fn an_alarm_that_goes_on_firing_is_ignored_unless_a_suppression_has_ended() {
    let again = |before: Option<&str>| AlarmEvent {
        previous: Some(AlarmState::Alarm),
        previously_suppressed_by: before.map(str::to_owned),
        ..told()
    };
    let why = ignored_since(again(None));
    assert!(why.contains("it was in ALARM before"), "{why}");
    assert_eq!(cause_of(again(Some("WaitPeriod"))).kind, CauseKind::Alarm);
    for previous in [Some(AlarmState::InsufficientData), None] {
        assert_eq!(
            cause_of(AlarmEvent { previous, ..told() }).kind,
            CauseKind::Alarm
        );
    }
}

#[test]
fn an_alarm_or_a_warning_that_is_too_old_is_ignored() {
    let at = |since: i64| second(since);
    let limit = NOW - 900;
    let alarm = |since: i64| AlarmEvent {
        since: at(since),
        ..told()
    };
    assert_eq!(cause_of(alarm(limit)).at, at(limit));
    let why = ignored_since(alarm(limit - 1));
    assert!(why.contains("HOLDFAST_ALARM_MAX_AGE_SECONDS"), "{why}");
    let warned = |since: i64| {
        Trigger::SpotNotice(SpotNotice {
            at: Some(at(since)),
            ..notice(SpotNoticeKind::Interruption)
        })
    };
    assert_eq!(cause_of(warned(limit)).at, at(limit));
    let why = ignored_since(warned(limit - 1));
    assert!(why.contains("HOLDFAST_ALARM_MAX_AGE_SECONDS"), "{why}");
}

/// One event of each kind, from a region.
fn from_region(region: Option<&str>) -> [Trigger; 5] {
    let region = region.map(str::to_owned);
    [
        Trigger::from(AlarmEvent {
            region: region.clone(),
            ..told()
        }),
        Trigger::Instance(InstanceStateChange {
            region: region.clone(),
            ..change(InstanceState::Stopped)
        }),
        Trigger::SpotNotice(SpotNotice {
            region: region.clone(),
            ..notice(SpotNoticeKind::Interruption)
        }),
        Trigger::HealthEvent(HealthEvent {
            instances: BTreeSet::from([id(1)]),
            code: "AWS_EC2_INSTANCE_RETIREMENT_SCHEDULED".to_owned(),
            region: region.clone(),
        }),
        Trigger::LifecycleAction(LifecycleNotice {
            instance: id(1),
            action: None,
            at: None,
            region,
        }),
    ]
}

#[test]
fn what_another_region_tells_moves_nothing_here() {
    for trigger in from_region(Some("us-east-1")) {
        let why = ignored_since(trigger);
        assert!(why.contains("it is in us-east-1"), "{why}");
        assert!(why.contains("looks after eu-west-1"), "{why}");
    }
    for region in [Some("eu-west-1"), None] {
        for trigger in from_region(region) {
            assert_ne!(cause_of(trigger).instances, BTreeSet::new());
        }
    }
}

#[test]
fn a_member_that_comes_down_is_looked_at_and_so_is_one_that_runs_for_what_waits() {
    let why = ignored_since(Trigger::Instance(change(InstanceState::Pending)));
    assert!(why.contains("has failed nothing"), "{why}");
    let runs = cause_of(Trigger::Instance(change(InstanceState::Running)));
    assert_eq!(runs.kind, CauseKind::MemberStarted);
    for state in [
        InstanceState::Stopping,
        InstanceState::Stopped,
        InstanceState::ShuttingDown,
        InstanceState::Terminated,
    ] {
        let cause = cause_of(Trigger::Instance(change(state)));
        assert_eq!((cause.kind, cause.at), (CauseKind::NotRunning, second(NOW)));
        assert_eq!(cause.instances, BTreeSet::from([id(1)]));
    }
}

#[test]
fn an_interruption_is_looked_at_and_a_recommendation_where_that_is_asked_for() {
    let warned = |kind: SpotNoticeKind| Trigger::SpotNotice(notice(kind));
    let eager = settings(&[("HOLDFAST_REBALANCE", "move")]);
    let kind = |kind: SpotNoticeKind, settings: &Settings| {
        screened(warned(kind), settings)
            .map(|cause| cause.kind)
            .ok()
    };
    let careful = settings(&[]);
    assert_eq!(
        kind(SpotNoticeKind::Interruption, &careful),
        Some(CauseKind::SpotInterruption)
    );
    assert_eq!(
        kind(SpotNoticeKind::Interruption, &eager),
        Some(CauseKind::SpotInterruption)
    );
    assert_eq!(
        kind(SpotNoticeKind::RebalanceRecommendation, &eager),
        Some(CauseKind::RebalanceRecommendation)
    );
    assert_eq!(
        kind(SpotNoticeKind::RebalanceRecommendation, &careful),
        None
    );
}

#[test]
fn the_schedule_and_what_is_ignored_already_move_nothing() {
    let at = second(NOW);
    let why = ignored_since(Trigger::Schedule { at });
    assert!(why.contains("reconcile"), "{why}");
    let ignored = Ignored {
        what: "a call".to_owned(),
        why: "EC2 refused it".to_owned(),
    };
    assert_eq!(ignored_since(Trigger::Ignored(ignored)), "EC2 refused it");
}

#[test]
fn what_a_person_asks_is_about_the_group_and_about_no_alarm() {
    let command = OperatorCommand::Switchover {
        group: "web".to_owned(),
        to: Some(id(2)),
    };
    let cause = cause_of(Trigger::Command(command));
    assert_eq!(cause.kind, CauseKind::Command { to: Some(id(2)) });
    assert_eq!(
        (cause.group.as_deref(), cause.at),
        (Some("web"), second(NOW))
    );
    assert_eq!((cause.alarms, cause.instances), (vec![], BTreeSet::new()));
}

#[test]
fn only_an_alarm_and_a_holder_that_came_down_are_failures() {
    let to = id(2);
    assert!(CauseKind::Alarm.is_failure() && CauseKind::NotRunning.is_failure());
    for kind in [
        CauseKind::SpotInterruption,
        CauseKind::RebalanceRecommendation,
        CauseKind::Resume,
        CauseKind::Command { to: None },
        CauseKind::Failback { to },
    ] {
        assert!(!kind.is_failure(), "{kind:?}");
    }
}

/// What an alarm's event says when only some alarms may move anything.
fn narrowed(to: &str, alarm: AlarmEvent) -> Result<Cause, String> {
    screened(alarm, &settings(&[("HOLDFAST_ALARMS_THAT_MOVE", to)]))
}

#[test]
fn where_only_tagged_alarms_move_one_without_the_group_tag_is_ignored() {
    let tagged = AlarmEvent {
        tags: [("holdfast:group".to_owned(), "web".to_owned())].into(),
        ..told()
    };
    assert!(narrowed("tagged", tagged).is_ok());
    let why = narrowed("tagged", told()).unwrap_err();
    assert!(why.contains("no tag holdfast:group"), "{why}");
}

#[test]
fn where_alarms_of_one_beginning_move_the_others_are_ignored() {
    assert!(narrowed("name:bea", told()).is_ok());
    for prefix in ["name:prod-", "name:eat", "name:beats"] {
        let why = narrowed(prefix, told()).unwrap_err();
        assert!(why.contains("does not begin with"), "{why}");
    }
}

/// A stop, a Spot notice and a person's word are no alarms.
#[test]
fn what_is_no_alarm_is_looked_at_whichever_alarms_may_move() {
    let narrow = settings(&[("HOLDFAST_ALARMS_THAT_MOVE", "tagged")]);
    for trigger in [
        Trigger::Instance(change(InstanceState::Stopped)),
        Trigger::SpotNotice(notice(SpotNoticeKind::Interruption)),
    ] {
        assert!(screened(trigger, &narrow).is_ok());
    }
}

//! What an event says about whom: which alarms are worth a move, and which members they are about. Pure.
//!
//! An alarm is evidence of its own moment only. Whether it still fires is read again before anything is
//! touched. One that names no instance stands for who had the address when it fired: a failover that
//! was begun after that has dealt with it, or is about to.

mod alarm_without_instance;
mod signs;

use super::case::{AffectedGroup, Assessment, Cause, CauseKind};
use super::group::Group;
use super::rule;
use super::state::Observed;
use crate::events::alarm::AlarmEvent;
use crate::events::{InstanceStateChange, OperatorCommand, Trigger};
use crate::groups::group_of;
use crate::ledger::lease::{FailoverRecord, Lease};
use crate::model::alarm::{Alarm, AlarmMetric, AlarmState};
use crate::model::former_target::FormerTarget;
use crate::model::ids::{AllocationId, InstanceId};
use crate::model::instance::InstanceState;
use crate::settings::{AlarmsThatMove, Settings};
use std::collections::{BTreeMap, BTreeSet};
use time::OffsetDateTime;

/// What to look at, or why not to.
///
/// # Errors
/// The reason for which the trigger is not acted on.
pub fn accept(
    trigger: &Trigger,
    settings: &Settings,
    now: OffsetDateTime,
) -> Result<Cause, String> {
    match trigger {
        Trigger::Alarm(alarm) => {
            is_here(alarm.region.as_deref(), settings)?;
            of_alarm(alarm, settings, now)
        }
        Trigger::Instance(change) => {
            is_here(change.region.as_deref(), settings)?;
            of_change(change, now)
        }
        Trigger::SpotNotice(notice) => {
            is_here(notice.region.as_deref(), settings)?;
            signs::of_spot_notice(notice, settings, now)
        }
        Trigger::HealthEvent(event) => {
            is_here(event.region.as_deref(), settings)?;
            Ok(signs::of_health_event(event, now))
        }
        Trigger::LifecycleAction(notice) => {
            is_here(notice.region.as_deref(), settings)?;
            Ok(signs::of_lifecycle_notice(notice, now))
        }
        Trigger::Command(command) => Ok(of_command(command, now)),
        Trigger::Ignored(ignored) => Err(ignored.why.clone()),
        Trigger::Schedule { .. } => Err("reconcile acts on the schedule".to_owned()),
        Trigger::Call(_) => {
            Err("it acts on what instances are, not on what was asked for".to_owned())
        }
    }
}

fn is_here(region: Option<&str>, settings: &Settings) -> Result<(), String> {
    match region {
        Some(there) if there != settings.region => Err(format!(
            "it is in {there}, and this installation looks after {}",
            settings.region
        )),
        _ => Ok(()),
    }
}

fn of_alarm(alarm: &AlarmEvent, settings: &Settings, now: OffsetDateTime) -> Result<Cause, String> {
    if alarm.state != AlarmState::Alarm {
        return Err(format!("it is {}: nothing has failed", alarm.state));
    }
    if let Some(by) = &alarm.suppressed_by {
        return Err(format!("its actions are suppressed by {by}"));
    }
    // When a suppression ends, the alarm tells ALARM again: nobody has acted on it yet.
    if alarm.previous == Some(AlarmState::Alarm) && alarm.previously_suppressed_by.is_none() {
        return Err("it was in ALARM before: its first event was acted on".to_owned());
    }
    signs::is_recent(alarm.since, settings, now)?;
    may_move(alarm, settings)?;
    let mut alarms = vec![alarm.name.clone()];
    alarms.extend(alarm.children.iter().cloned());
    Ok(Cause {
        kind: CauseKind::Alarm,
        text: format!("alarm {}", alarm.name),
        at: alarm.since,
        alarms,
        is_of_alarms: alarm.metrics.is_empty() && alarm.contributors.is_empty(),
        instances: alarm.instances(),
        group: group_of(&alarm.tags, &settings.tags).map(str::to_owned),
    })
}

/// Who made the alarm is not in its event, so its tag or its name has to say that it may.
fn may_move(alarm: &AlarmEvent, settings: &Settings) -> Result<(), String> {
    let group = &settings.tags.group;
    match &settings.alarms_that_move {
        AlarmsThatMove::Any => Ok(()),
        AlarmsThatMove::Tagged if group_of(&alarm.tags, &settings.tags).is_some() => Ok(()),
        AlarmsThatMove::Tagged => Err(format!(
            "its event carries no tag {group}, and HOLDFAST_ALARMS_THAT_MOVE is `tagged`; only \
             EventBridge hands the tags of an alarm on"
        )),
        AlarmsThatMove::Named(prefix) if alarm.name.starts_with(prefix.as_str()) => Ok(()),
        AlarmsThatMove::Named(prefix) => Err(format!(
            "its name does not begin with `{prefix}`, as HOLDFAST_ALARMS_THAT_MOVE wants it"
        )),
    }
}

fn of_change(change: &InstanceStateChange, now: OffsetDateTime) -> Result<Cause, String> {
    let kind = match change.state {
        InstanceState::Pending => {
            return Err("it has failed nothing, and serves nothing yet".to_owned());
        }
        InstanceState::Running => CauseKind::MemberStarted,
        _ => CauseKind::NotRunning,
    };
    Ok(Cause {
        kind,
        text: change.to_string(),
        at: change.at.unwrap_or(now),
        alarms: Vec::new(),
        is_of_alarms: false,
        instances: BTreeSet::from([change.instance.clone()]),
        group: None,
    })
}

pub(super) fn of_command(command: &OperatorCommand, now: OffsetDateTime) -> Cause {
    let (group, to) = match command {
        OperatorCommand::Plan { group }
        | OperatorCommand::Pause { group, .. }
        | OperatorCommand::Resume { group }
        | OperatorCommand::Failback { group } => (Some(group), None),
        OperatorCommand::Switchover { group, to } => (Some(group), to.clone()),
        OperatorCommand::Restore { .. } => (None, None),
    };
    Cause {
        kind: CauseKind::Command { to },
        text: command.to_string(),
        at: now,
        alarms: Vec::new(),
        is_of_alarms: false,
        instances: BTreeSet::new(),
        group: group.cloned(),
    }
}

/// Whom a cause is about.
#[must_use]
pub fn assess(cause: &Cause, observed: &Observed, settings: &Settings) -> Assessment {
    match &cause.kind {
        CauseKind::Alarm => of_firing(cause, observed, settings),
        CauseKind::NotRunning => of_down(cause, observed, settings),
        CauseKind::MemberStarted => of_started(cause, observed, settings),
        CauseKind::LifecycleAction => signs::stays(cause, observed)
            .unwrap_or_else(|| named(cause.instances.clone(), observed, settings)),
        CauseKind::SpotInterruption
        | CauseKind::RebalanceRecommendation
        | CauseKind::HealthEvent
        | CauseKind::ScheduledEvent => named(cause.instances.clone(), observed, settings),
        CauseKind::Command { .. } | CauseKind::Failback { .. } | CauseKind::Resume => {
            let group = cause.group.clone().unwrap_or_default();
            Assessment::Affects(vec![AffectedGroup {
                group,
                failed_members: cause.instances.clone(),
                names_no_instance: false,
            }])
        }
    }
}

fn of_down(cause: &Cause, observed: &Observed, settings: &Settings) -> Assessment {
    let up = cause.instances.iter().find_map(|id| {
        observed
            .state_of(id)
            .filter(|state| !state.is_down())
            .map(|state| (id, state))
    });
    match up {
        Some((id, state)) => Assessment::Recovered {
            why: format!("{id} is {state} again"),
        },
        None => named(cause.instances.clone(), observed, settings),
    }
}

/// A member that runs is a reason to look at its group only where something waits for a member.
fn of_started(cause: &Cause, observed: &Observed, settings: &Settings) -> Assessment {
    let not_ours = |why: String| Assessment::NotOurs { why };
    let mut started = cause.instances.iter();
    let Some(id) = started.next() else {
        return Assessment::Affects(Vec::new());
    };
    let Some(name) = group_of_instance(id, observed, settings) else {
        return Assessment::Affects(Vec::new());
    };
    if observed.state_of(id) != Some(InstanceState::Running) {
        return not_ours(format!("EC2 does not show {id} as running any more"));
    }
    let group = Group::named(name, observed, settings, &[]);
    let adrift = || {
        let resources = group.resources.iter();
        resources.filter(|resource| resource.waits_for_a_member(observed, settings))
    };
    if adrift().next().is_none() {
        return not_ours(format!("nothing of the group {name} waits for a member"));
    }
    let failed = adrift().filter_map(|resource| resource.location.instance().cloned());
    Assessment::Affects(vec![AffectedGroup {
        group: name.to_owned(),
        failed_members: failed.collect(),
        names_no_instance: false,
    }])
}

fn of_firing(cause: &Cause, observed: &Observed, settings: &Settings) -> Assessment {
    let Some(own) = cause.alarms.first().map(String::as_str) else {
        return Assessment::Affects(Vec::new());
    };
    let Some(alarm) = observed.alarms.get(own) else {
        return not_shown(observed);
    };
    if alarm.state == AlarmState::Unknown {
        let why = "CloudWatch shows it in a state that is not known here".to_owned();
        return Assessment::NotTold { why };
    }
    let suppressed = alarm.suppressed_by.as_ref();
    let why = if alarm.fires() {
        suppressed.map(|by| format!("its actions are suppressed by {by} by now"))
    } else {
        Some(format!("it is {} by now", alarm.state))
    };
    if let Some(why) = why {
        return Assessment::Recovered { why };
    }
    let mut instances = cause.instances.clone();
    if let Some(still) = &alarm.contributors
        && !instances.is_empty()
    {
        instances.retain(|id| still.contains(id));
        if instances.is_empty() {
            let why = "it fires for others only by now".to_owned();
            return Assessment::Recovered { why };
        }
    }
    if instances.is_empty() {
        instances = measured(&cause.alarms, observed);
    }
    if instances.is_empty() {
        instances = contributing(&cause.alarms, observed, settings);
    }
    if !instances.is_empty() {
        return named(instances, observed, settings);
    }
    alarm_without_instance::assess(cause, own, observed, settings)
}

/// An alarm that CloudWatch does not show has been deleted, or is of a type that its endpoint does not know yet.
fn not_shown(observed: &Observed) -> Assessment {
    if observed.reads_log_alarms {
        let why = "it does not exist any more".to_owned();
        return Assessment::Recovered { why };
    }
    Assessment::NotTold {
        why: "CloudWatch does not show it, and this endpoint shows no log alarms: it may be one, and fire".to_owned(),
    }
}

fn measured(alarms: &[String], observed: &Observed) -> BTreeSet<InstanceId> {
    let firing = firing(alarms, observed);
    let metrics = firing.iter().flat_map(|alarm| &alarm.metrics);
    metrics.filter_map(AlarmMetric::instance).collect()
}

/// The instances of groups for which one of the alarms fires that watch many. Instances that are nobody's here say
/// nothing: such an alarm watches a whole account.
fn contributing(
    alarms: &[String],
    observed: &Observed,
    settings: &Settings,
) -> BTreeSet<InstanceId> {
    let firing = firing(alarms, observed);
    let contributing = firing
        .iter()
        .filter_map(|alarm| alarm.contributors.as_ref());
    let is_ours = |id: &&InstanceId| group_of_instance(id, observed, settings).is_some();
    contributing.flatten().filter(is_ours).cloned().collect()
}

/// Those of the alarms that fire, and the firing alarms beneath a composite. No alarm is looked at twice, so a rule
/// that leads back to itself ends.
#[must_use]
pub fn firing<'a>(alarms: &[String], observed: &'a Observed) -> Vec<&'a Alarm> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    let mut next = alarms.to_vec();
    while let Some(name) = next.pop() {
        let Some(alarm) = observed.alarms.get(&name).filter(|alarm| alarm.fires()) else {
            continue;
        };
        if seen.insert(name) {
            found.push(alarm);
            next.extend(alarm.rule.iter().flat_map(|rule| rule::names(rule)));
        }
    }
    found
}

/// The groups of instances. One that EC2 does not show any more is found by what is still attached to it.
fn named(instances: BTreeSet<InstanceId>, observed: &Observed, settings: &Settings) -> Assessment {
    let mut concerns: Vec<AffectedGroup> = Vec::new();
    for id in instances {
        let Some(group) = group_of_instance(&id, observed, settings) else {
            continue;
        };
        match concerns.iter_mut().find(|affected| affected.group == group) {
            Some(affected) => {
                affected.failed_members.insert(id);
            }
            None => concerns.push(AffectedGroup {
                group: group.to_owned(),
                failed_members: BTreeSet::from([id]),
                names_no_instance: false,
            }),
        }
    }
    Assessment::Affects(concerns)
}

fn group_of_instance<'a>(
    id: &InstanceId,
    observed: &'a Observed,
    settings: &Settings,
) -> Option<&'a str> {
    let mut instances = observed.instances.iter();
    if let Some(instance) = instances.find(|each| each.id == *id) {
        return group_of(&instance.tags, &settings.tags);
    }
    let mut interfaces = observed.interfaces.iter();
    let held = interfaces.find(|interface| interface.instance() == Some(id));
    held.and_then(|interface| group_of(&interface.tags, &settings.tags))
}

/// Whom an alarm without an instance is about, when the lease tells of a failover that was begun after it
/// fired. It is that one's member, not whoever has the address by now. `own` is what this very run has noted.
#[must_use]
pub fn affected_members(
    affected: &AffectedGroup,
    cause: &Cause,
    lease: &Lease,
    own: Option<&FailoverRecord>,
) -> BTreeSet<InstanceId> {
    if !affected.names_no_instance {
        return affected.failed_members.clone();
    }
    let is_same = |record: &&FailoverRecord| cause.at <= record.began_at;
    let in_progress = lease
        .in_progress
        .as_ref()
        .filter(|record| Some(*record) != own && !lease.targets_new_holder());
    let earlier = [in_progress, lease.last.as_ref()];
    let same = earlier.into_iter().flatten().find(is_same);
    match same {
        Some(record) => record.failed_members.clone(),
        None => affected.failed_members.clone(),
    }
}

/// The members that are to lose what they hold.
#[must_use]
pub fn sources(
    cause: &Cause,
    group: &Group<'_>,
    failed_members: &BTreeSet<InstanceId>,
) -> BTreeSet<InstanceId> {
    let mut holders = group.holders();
    let is_only_one = holders.len() == 1;
    match &cause.kind {
        CauseKind::Command { to: Some(to) } | CauseKind::Failback { to } => {
            holders.remove(to);
            holders
        }
        // Asked for nobody in particular: who that is can be said only where one member has all.
        CauseKind::Command { to: None } => {
            holders.retain(|_| is_only_one);
            holders
        }
        _ => failed_members.clone(),
    }
}

/// The addresses that an earlier run may have left free.
#[must_use]
pub fn pending_reassociation(lease: &Lease) -> Vec<AllocationId> {
    let in_progress = lease.in_progress.as_ref();
    in_progress.map_or_else(Vec::new, |record| record.pending_reassociation.clone())
}

/// Where the addresses were that an earlier run has begun to move.
#[must_use]
pub fn former_targets(lease: &Lease) -> BTreeMap<AllocationId, FormerTarget> {
    let in_progress = lease.in_progress.as_ref();
    in_progress.map_or_else(BTreeMap::new, |record| record.former_targets.clone())
}

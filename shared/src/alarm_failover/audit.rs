//! Reconcile's part in failover: finish what stopped half way, go on with what had to wait, give back what
//! is to return. It also says for each group whether a failover of each of its holders would work now.
//!
//! Who else is at work: every failover. Each thing that is done here goes through the group's lease, like any
//! other failover; the audit itself changes nothing, and asks for permissions with `DryRun` only.

use super::ahead;
use super::audit_alarms as alarms;
use super::audit_result::Audit;
use super::by_design;
use super::case::{Cause, CauseKind, cause_of};
use super::cloud::AlarmFailoverCloud;
use super::decide;
use super::fencing;
use super::group::{Group, Location, Resource};
use super::lifecycle_action;
use super::messages;
use super::observe;
use super::permissions::dry_runs;
use super::plan::{Exclusions, Move, Plan, PlanInput};
use super::planned_target::planned_targets;
use super::run;
use super::state::{MemberHealth, Observed};
use crate::clock::Clock;
use crate::error::Error;
use crate::groups::{group_of, value_of};
use crate::ledger::lease::{FailoverRecord, Lease};
use crate::ledger::{Ledger, Written};
use crate::model::alarm::Alarm;
use crate::model::elastic_ip::Address;
use crate::model::ids::{AllocationId, InstanceId};
use crate::model::instance::{Instance, InstanceState, StatusChecks};
use crate::ports::{Delivery, Ports};
use crate::report::{Finding, GroupReport, PauseReport, Readiness, Report};
use crate::settings::{Failback, Mode, Settings};
use std::collections::{BTreeMap, BTreeSet};
use time::OffsetDateTime;

/// Everything that the readiness of a group follows from.
#[derive(Debug)]
pub(super) struct GroupState<'a> {
    /// What concerns the group: the part of it, or a look at all.
    pub(super) observed: &'a Observed,
    /// Of its members, or of those of all groups.
    pub(super) health: &'a MemberHealth,
    /// All that are known, also those that name no instance.
    pub(super) alarms: &'a BTreeMap<String, Alarm>,
    /// Whether all alarms were read: what is not known says nothing for a member.
    pub(super) alarms_are_all: bool,
}

/// Looks at every group. `addresses` are those that reconcile has seen a moment ago.
///
/// # Errors
/// When they could not be looked at: see [`Error`].
pub async fn audit<C: AlarmFailoverCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    settings: &Settings,
    addresses: &BTreeMap<AllocationId, Address>,
    delivery: Delivery,
) -> Result<Audit, Error> {
    let grouped = addresses
        .values()
        .filter(|each| group_of(&each.tags, &settings.tags).is_some());
    let seen = observe::groups(ports, settings, grouped.cloned().collect()).await;
    let seen = match seen {
        Ok(observed) => alarms::note(ports, settings, delivery, observed).await,
        Err(failure) => Err(failure),
    };
    let (observed, alarms) = match seen {
        Ok(seen) => seen,
        Err(source) if source.is_transient() => {
            let what = "the groups could not be looked at".to_owned();
            return Err(Error::Unfinished { what, source });
        }
        Err(refusal) => {
            return Ok(Audit {
                findings: vec![messages::not_observed_finding(&refusal)],
                ..Audit::default()
            });
        }
    };
    let idle = cause_of(CauseKind::Resume, "reconcile", None, observed.at);
    let names = alarms::group_names(&observed, settings);
    let mut audit = Audit {
        findings: alarms.findings,
        failures: alarms.failure.into_iter().collect(),
        ..Audit::default()
    };
    if names.is_empty() {
        return Ok(audit);
    }
    let members: Vec<&Instance> = observed.instances.iter().collect();
    let (leases, health) = futures_util::join!(
        ports.ledger.leases(),
        observe::health_of(&ports.cloud, settings, &members)
    );
    let leases = leases.map_err(Error::LedgerUnread)?;
    let leases: BTreeMap<&str, &Lease> = leases
        .iter()
        .map(|lease| (lease.group.as_str(), lease))
        .collect();
    let health = health.map_err(|source| messages::not_observed(&idle, source))?;
    let in_vain = messages::target_tags_in_vain(&observed, settings);
    audit.findings.extend(in_vain);
    let not_told = health.lifecycle_not_told.as_deref();
    audit
        .findings
        .extend(not_told.map(messages::lifecycle_not_told));
    let not_told = health.shifts_not_told.as_deref();
    audit
        .findings
        .extend(not_told.map(messages::shifts_not_told));
    for (name, part) in observed.parts(settings) {
        if !names.contains(name) {
            continue;
        }
        let lease = leases.get(name).copied();
        let state = GroupState {
            observed: &part,
            health: &health,
            alarms: &observed.alarms,
            alarms_are_all: alarms.are_all,
        };
        let group = Group::named(name, &part, settings, &[]);
        let done = reconcile_group(ports, settings, delivery, &state, &group, lease);
        audit.note(done.await);
        let (mut report, moves) = readiness(&state, &group, settings, ports.clock.now());
        if report.readiness != Readiness::NoStandbyByDesign {
            report
                .obstacles
                .extend(dry_runs(ports, &group, &moves).await);
        }
        let now = ports.clock.now();
        audit.conclude(report, &state, (&group, &moves), lease, settings, now);
    }
    Ok(audit)
}

impl Audit {
    /// A group with all that was found out of it, and what a person should know of it.
    pub(super) fn conclude(
        &mut self,
        mut report: GroupReport,
        state: &GroupState<'_>,
        (group, moves): (&Group<'_>, &[Move]),
        lease: Option<&Lease>,
        settings: &Settings,
        now: OffsetDateTime,
    ) {
        let GroupState {
            observed, health, ..
        } = state;
        let paused = lease.and_then(|lease| lease.pause_at(now));
        report.pause = paused.map(PauseReport::from);
        self.findings
            .extend(paused.map(|pause| Finding::paused(group.name, pause)));
        report.judge();
        self.findings.extend(messages::unready(&report));
        self.findings
            .extend(messages::events_ahead(group, health, settings));
        self.findings
            .extend(messages::zones_to_leave(group, health));
        self.findings.extend(stop_limits(group, settings));
        self.targets.extend(planned_targets(group, observed, moves));
        self.findings
            .extend(messages::doubtful_interfaces(moves, settings));
        let seen = (*observed, *health);
        self.findings
            .extend(messages::stays_while_wanted(group, seen, settings));
        self.findings.extend(messages::would_leave(group, settings));
        let unreadable = group.unreadable_tags(settings);
        let unreadable = unreadable
            .iter()
            .map(|(whose, tag)| messages::unreadable_tag(whose, tag));
        self.findings.extend(unreadable);
        self.groups.push(report);
    }
}

/// What a group needs now, if anything: at most one failover of each kind.
async fn reconcile_group<C: AlarmFailoverCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    settings: &Settings,
    delivery: Delivery,
    state: &GroupState<'_>,
    group: &Group<'_>,
    lease: Option<&Lease>,
) -> Result<Vec<Report>, Error> {
    let now = ports.clock.now();
    let name = group.name;
    let GroupState {
        observed, health, ..
    } = state;
    let is_held = lease.is_some_and(|lease| lease.is_held_by_other("", now));
    let is_paused = lease.is_some_and(|lease| lease.pause_at(now).is_some());
    if group.members.is_empty() || is_held || is_paused {
        return Ok(Vec::new());
    }
    let mut done = Vec::new();
    let in_progress = lease.and_then(|lease| {
        let last = lease.last.as_ref();
        last.filter(|_| lease.targets_new_holder())
            .or(lease.in_progress.as_ref())
    });
    let is_down = |holder: &InstanceId| observed.is_down(holder);
    let adrift = |resource: &Resource<'_>| match &resource.location {
        Location::Held(holder) => {
            let state = observed.state_of(holder);
            is_down(holder) && resource.leaves_holder_in(state, settings)
        }
        Location::Detaching(_) | Location::Unheld => true,
    };
    let cause = match in_progress {
        Some(record) => Some(resumed(record, name, now)),
        None if group.resources.iter().any(adrift) => Some(found_down(group, name, now, &is_down)),
        None => None,
    };
    if let Some(cause) = cause {
        done.push(run::handle_cause(ports, settings, &cause, delivery).await?);
        return Ok(done);
    }
    let ends = ahead::cause(group, health, settings, now)
        .or_else(|| lifecycle_action::found(group, health, now));
    if let Some(cause) = ends {
        done.push(run::handle_cause(ports, settings, &cause, delivery).await?);
        return Ok(done);
    }
    if let Some(lease) = lease.filter(|_| state.alarms_are_all)
        && let Some(target) = failback_target(group, state, settings, lease)
    {
        done.extend(fail_back(ports, settings, delivery, group, target, lease).await?);
    }
    Ok(done)
}

/// What an earlier run noted as under way: with its alarms, which are read again.
pub(super) fn resumed(record: &FailoverRecord, group: &str, now: OffsetDateTime) -> Cause {
    let kind = if record.alarms.is_empty() {
        CauseKind::Resume
    } else {
        CauseKind::Alarm
    };
    Cause {
        alarms: record.alarms.clone(),
        instances: record.failed_members.clone(),
        at: record.fired_at,
        ..cause_of(
            kind,
            &format!("{}, taken up again", record.cause),
            Some(group),
            now,
        )
    }
}

/// A member that is down, or something that is with nobody, and no event that told of it.
fn found_down(
    group: &Group<'_>,
    name: &str,
    now: OffsetDateTime,
    is_down: &impl Fn(&InstanceId) -> bool,
) -> Cause {
    let down: BTreeSet<InstanceId> = group.holders().into_iter().filter(is_down).collect();
    if down.is_empty() {
        return cause_of(
            CauseKind::Resume,
            "an address that is with nobody",
            Some(name),
            now,
        );
    }
    Cause {
        instances: down,
        ..cause_of(
            CauseKind::NotRunning,
            "a holder that does not run",
            Some(name),
            now,
        )
    }
}

/// The member to which everything is to return, if something asks for it and it is not there already.
pub(super) fn failback_target<'a>(
    group: &Group<'a>,
    state: &GroupState<'_>,
    settings: &Settings,
    lease: &Lease,
) -> Option<(&'a Instance, std::time::Duration, bool)> {
    let target = *group.members.first()?;
    let waits = group.resources.iter().filter_map(|resource| {
        let own = value_of(resource.tags, &settings.tags.failback);
        match own.unwrap_or(settings.failback) {
            Failback::After(healthy) if resource.location.instance() != Some(&target.id) => {
                Some(healthy)
            }
            _ => None,
        }
    });
    let wait = waits.max()?;
    let health = state.health;
    let is_healthy = target.state == InstanceState::Running
        && health.checks(&target.id) == StatusChecks::Ok
        && health.ends_by(&target.id).is_none()
        && state.observed.firing_for(&target.id).is_none()
        && health.not_in_service(&target.id).is_none()
        && health.shifted(target).is_none()
        && !still_fires(lease.last.as_ref(), state.alarms);
    Some((target, wait, is_healthy))
}

/// Whether an alarm that names no instance and led to the last failover fires to this day: nothing says
/// that it would not lead to the next.
fn still_fires(last: Option<&FailoverRecord>, known: &BTreeMap<String, Alarm>) -> bool {
    let mut alarms = last.into_iter().flat_map(|last| &last.alarms);
    alarms.any(|name| {
        let alarm = known.get(name).filter(|alarm| alarm.fires());
        alarm.is_some_and(|alarm| alarm.metrics.iter().all(|on| on.instance().is_none()))
    })
}

/// Notes since when the first member is healthy, and moves everything back when that is long enough.
async fn fail_back<C: AlarmFailoverCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    settings: &Settings,
    delivery: Delivery,
    group: &Group<'_>,
    (target, wait, is_healthy): (&Instance, std::time::Duration, bool),
    lease: &Lease,
) -> Result<Option<Report>, Error> {
    let now = ports.clock.now();
    let since = is_healthy.then(|| lease.failback_target_healthy_since.unwrap_or(now));
    if let Some(since) = since
        && now - since >= wait
    {
        let to = target.id.clone();
        let words = format!(
            "{to} has been healthy for {} min",
            (now - since).whole_minutes()
        );
        let cause = cause_of(CauseKind::Failback { to }, &words, Some(group.name), now);
        return Ok(Some(
            run::handle_cause(ports, settings, &cause, delivery).await?,
        ));
    }
    if since != lease.failback_target_healthy_since && settings.mode == Mode::Enforce {
        let noted = Lease {
            failback_target_healthy_since: since,
            held: None,
            ..lease.clone()
        };
        let written = ports.ledger.put_lease(&noted).await;
        // Refused: a failover has come about in between, and counts anew.
        let (Written::Stored | Written::Conflict | Written::Unreadable) =
            written.map_err(|source| Error::LedgerUnwritten {
                done: format!("the health of {} was read", target.id),
                source: source.into(),
            })?;
    }
    Ok(None)
}

/// What would be done for each holder if it failed now, and what stands in the way.
pub(super) fn readiness(
    state: &GroupState<'_>,
    group: &Group<'_>,
    settings: &Settings,
    now: OffsetDateTime,
) -> (GroupReport, Vec<Move>) {
    let holders = group.holders();
    let (mut moves, mut blocked) = (Vec::new(), Vec::new());
    let each = holders
        .iter()
        .map(|holder| BTreeSet::from([holder.clone()]));
    // Where nobody holds anything, what is with nobody is all that there is to be moved.
    let nobody = holders.is_empty().then(BTreeSet::new);
    for sources in each.chain(nobody) {
        let plan = if_failed(state, group, &sources, settings, now);
        blocked.extend(plan.blocked);
        moves.extend(plan.moves);
    }
    blocked.retain(|one| by_design::needs_standby(group, &one.resource, settings));
    let by_design =
        by_design::why(group, settings).filter(|_| !blocked.is_empty() || moves.is_empty());
    let mut obstacles = match by_design {
        Some(_) => Vec::new(),
        None => messages::obstacles(&blocked, group, settings),
    };
    obstacles.extend(messages::flag_findings(group));
    obstacles.extend(messages::untagged_holders(group, state.observed, settings));
    let standbys: BTreeSet<InstanceId> = moves.iter().map(|one| one.to.clone()).collect();
    let fences = fencing::of_holders(group, settings).into_iter();
    let fences = fences.filter_map(|(holder, how)| messages::would_be_fenced(holder, &how));
    let fences = fences.collect();
    let mut report = GroupReport {
        group: group.name.to_owned(),
        ready: false,
        readiness: by_design.map_or(Readiness::Ready, |_| Readiness::NoStandbyByDesign),
        by_design: by_design.map(str::to_owned),
        holders: holders.into_iter().collect(),
        standbys: standbys.into_iter().collect(),
        free_addresses: group.free.len(),
        pause: None,
        fences,
        obstacles,
    };
    report.judge();
    (report, moves)
}

/// The holders whose fence EC2 may refuse. The failover itself works, so this is no obstacle.
pub(super) fn stop_limits(group: &Group<'_>, settings: &Settings) -> Vec<Finding> {
    let fences = fencing::of_holders(group, settings);
    fences
        .into_iter()
        .filter_map(|(holder, how)| messages::stop_limit(holder, &how))
        .collect()
}

fn if_failed(
    state: &GroupState<'_>,
    group: &Group<'_>,
    sources: &BTreeSet<InstanceId>,
    settings: &Settings,
    now: OffsetDateTime,
) -> Plan {
    decide::plan(&PlanInput {
        group,
        observed: state.observed,
        health: state.health,
        kind: &CauseKind::SpotInterruption,
        sources,
        may_begin: true,
        last_ended_at: None,
        excluded: &Exclusions::default(),
        former_targets: &BTreeMap::new(),
        settings,
        now,
    })
}

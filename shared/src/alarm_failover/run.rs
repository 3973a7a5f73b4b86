//! One cause, from the first look to the report: look, assess whom it is about, and see to each group.
//!
//! This file begins nothing by itself. What acts on a group does so under its lease: `under_lease`.

use super::assessment;
use super::case::{AffectedGroup, Assessment, Case, Cause, CauseKind};
use super::cloud::AlarmFailoverCloud;
use super::decide;
use super::fencing;
use super::group::Group;
use super::health_event::{self, Found};
use super::held_lease::cooldown_from;
use super::messages;
use super::observe;
use super::plan::{Exclusions, PlanInput};
use super::scope::Scope;
use super::state::{Look, Observed};
use super::under_lease;
use crate::clock::Clock;
use crate::error::Error;
use crate::ledger::{Lease, Ledger};
use crate::ports::{Delivery, Ports};
use crate::report::Report;
use crate::settings::{Mode, Settings};

/// Sees to what a cause is about, and says so where CloudWatch showed no log alarms.
pub(super) async fn handle_cause<C: AlarmFailoverCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    settings: &Settings,
    about: &Cause,
    delivery: Delivery,
) -> Result<Report, Error> {
    let mut report = to_report(ports, settings, about, delivery).await?;
    if !ports.cloud.reads_log_alarms() {
        report.findings.push(messages::no_log_alarms());
    }
    Ok(report)
}

async fn to_report<C: AlarmFailoverCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    settings: &Settings,
    about: &Cause,
    delivery: Delivery,
) -> Result<Report, Error> {
    let case = Case {
        settings,
        cause: about,
        delivery,
        received: ports.clock.now(),
    };
    let scope = scope(ports, &case).await?;
    if scope.groups.is_empty() {
        return Ok(messages::of_nobody(&case));
    }
    let observed = first_look(ports, &case, &scope).await?;
    match assessment::assess(about, &observed, settings) {
        Assessment::Recovered { why } => finish(ports, &case, &why).await,
        Assessment::NotOurs { why } => Ok(case.ignored(&why)),
        Assessment::Unclear { why } => Ok(messages::unclear(&case, &why)),
        Assessment::NotTold { why } => Ok(messages::not_told(&case, &why)),
        Assessment::Affects(groups) => handle_groups(ports, &case, &groups, &observed).await,
    }
}

/// What the cause may be about.
pub(super) async fn scope<C: AlarmFailoverCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    case: &Case<'_>,
) -> Result<Scope, Error> {
    let scope = observe::scope(ports, case).await;
    scope.map_err(|source| messages::not_observed(case.cause, source))
}

/// The first look, before anything is begun.
pub(super) async fn first_look<C: AlarmFailoverCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    case: &Case<'_>,
    scope: &Scope,
) -> Result<Observed, Error> {
    let seen = observe::look(ports, case, scope).await;
    seen.map_err(|source| messages::not_observed(case.cause, source))
}

/// The first look of a command about a group. None where no member of the group is known.
pub(super) async fn look_at_group<C: AlarmFailoverCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    case: &Case<'_>,
    group: &str,
) -> Result<Option<Observed>, Error> {
    let scope = scope(ports, case).await?;
    let observed = first_look(ports, case, &scope).await?;
    let known = Group::named(group, &observed, case.settings, &[]);
    let is_known = !known.members.is_empty();
    Ok(is_known.then_some(observed))
}

/// The cause is over. What an earlier run of it left half way is brought to its end all the same.
async fn finish<C: AlarmFailoverCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    case: &Case<'_>,
    why: &str,
) -> Result<Report, Error> {
    let over = case.cause;
    let leases = ports.ledger.leases().await.map_err(Error::LedgerUnread)?;
    let left = leases.iter().find_map(|lease| {
        let record = lease.in_progress.as_ref()?;
        let same_alarms = !over.alarms.is_empty() && record.alarms == over.alarms;
        let is_left = same_alarms || !record.failed_members.is_disjoint(&over.instances);
        is_left.then_some((&lease.group, record))
    });
    let Some((group, record)) = left.filter(|_| case.settings.mode == Mode::Enforce) else {
        return Ok(messages::recovered(case, why));
    };
    let resume = Cause {
        kind: CauseKind::Resume,
        text: format!("{}, which is over: {why}", over.text),
        instances: record.failed_members.clone(),
        group: Some(group.clone()),
        ..over.clone()
    };
    let affected = AffectedGroup {
        group: group.clone(),
        failed_members: resume.instances.clone(),
        names_no_instance: false,
    };
    let case = Case {
        cause: &resume,
        received: ports.clock.now(),
        ..*case
    };
    let scope = scope(ports, &case).await?;
    let observed = first_look(ports, &case, &scope).await?;
    handle_groups(ports, &case, &[affected], &observed).await
}

async fn handle_groups<C: AlarmFailoverCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    case: &Case<'_>,
    groups: &[AffectedGroup],
    observed: &Observed,
) -> Result<Report, Error> {
    let mut reports = Vec::new();
    let mut failures = Vec::new();
    for affected in groups {
        let handled = match case.cause.kind {
            CauseKind::HealthEvent => handle_sign(ports, case, affected, observed).await,
            _ => handle_group(ports, case, affected, observed.clone()).await,
        };
        match handled {
            Ok(report) => reports.push(report),
            Err(error) => failures.push(error),
        }
    }
    if failures.is_empty() {
        Ok(messages::of_groups(case, reports))
    } else {
        Err(messages::failure_of_groups(case, failures, reports))
    }
}

/// One group of which AWS Health tells. What is due to move before an event moves; for all else a person is told.
async fn handle_sign<C: AlarmFailoverCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    case: &Case<'_>,
    affected: &AffectedGroup,
    observed: &Observed,
) -> Result<Report, Error> {
    let planned = match health_event::look(ports, case, affected, observed).await? {
        Found::NotDue(report) => return Ok(*report),
        Found::Due(planned) => planned,
    };
    let affected = AffectedGroup {
        failed_members: planned.instances.clone(),
        ..affected.clone()
    };
    let case = Case {
        cause: &planned,
        ..*case
    };
    handle_group(ports, &case, &affected, observed.clone()).await
}

/// One group: nothing to do, a preview in `observe` mode, or a failover under the group's lease.
async fn handle_group<C: AlarmFailoverCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    case: &Case<'_>,
    affected: &AffectedGroup,
    observed: Observed,
) -> Result<Report, Error> {
    let nothing_to_move = {
        let group = Group::named(&affected.group, &observed, case.settings, &[]);
        if group.members.is_empty() {
            return Ok(messages::no_such_group(case, &affected.group));
        }
        let sources = assessment::sources(case.cause, &group, &affected.failed_members);
        let mut holders = group
            .resources
            .iter()
            .map(|resource| resource.location.instance());
        let touches = holders.any(|holder| holder.is_none_or(|holder| sources.contains(holder)));
        let is_about_free = !group.free.is_empty() && case.cause.kind != CauseKind::MemberStarted;
        !touches && !is_about_free && case.cause.kind != CauseKind::Resume
    };
    if nothing_to_move && !has_pending_fence(ports, case, affected).await? {
        return Ok(messages::nothing_held(case, affected, &observed));
    }
    if case.settings.mode == Mode::Observe {
        return preview(ports, case, affected, &observed).await;
    }
    under_lease::fail_over(ports, case, affected, observed).await
}

/// Whether an earlier run has left somebody to be fenced whom this cause is about.
pub(super) async fn has_pending_fence<C, L: Ledger, K>(
    ports: &Ports<C, L, K>,
    case: &Case<'_>,
    affected: &AffectedGroup,
) -> Result<bool, Error> {
    if case.settings.mode == Mode::Observe || !case.cause.kind.is_failure() {
        return Ok(false);
    }
    let leases = ports.ledger.leases().await.map_err(Error::LedgerUnread)?;
    Ok(fencing::is_pending(&leases, affected))
}

/// `observe` mode: what would be done.
async fn preview<C: AlarmFailoverCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    case: &Case<'_>,
    affected: &AffectedGroup,
    observed: &Observed,
) -> Result<Report, Error> {
    let leases = ports.ledger.leases().await.map_err(Error::LedgerUnread)?;
    let mut leases = leases.into_iter();
    let lease = leases.find(|lease| lease.group == affected.group);
    let lease = lease.unwrap_or_else(|| Lease::new(&affected.group));
    let paused = lease.pause_at(ports.clock.now());
    if let Some(pause) = paused.filter(|_| !case.cause.kind.is_a_persons_word()) {
        return Ok(messages::paused(case, affected, pause));
    }
    let free = assessment::pending_reassociation(&lease);
    let failed_members = assessment::affected_members(affected, case.cause, &lease, None);
    let health = {
        let group = Group::named(&affected.group, observed, case.settings, &free);
        let sources = assessment::sources(case.cause, &group, &failed_members);
        observe::health(ports, case, &group, observed, &sources).await
    };
    let health = health.map_err(|source| messages::not_observed(case.cause, source))?;
    let Look { observed, health } = &Look::new(observed.clone(), health);
    let group = Group::named(&affected.group, observed, case.settings, &free);
    let sources = assessment::sources(case.cause, &group, &failed_members);
    let plan = decide::plan(&PlanInput {
        group: &group,
        observed,
        health,
        kind: &case.cause.kind,
        sources: &sources,
        may_begin: true,
        last_ended_at: cooldown_from(&lease, lease.in_progress.as_ref(), &sources),
        excluded: &Exclusions::default(),
        former_targets: &assessment::former_targets(&lease),
        settings: case.settings,
        now: ports.clock.now(),
    });
    let fences = fencing::would_fence(case, &group, &sources, observed, &plan);
    let mut report = messages::would(case, &group, &sources, &plan, &fences);
    let not_told = observed.contributors_not_told.as_deref();
    let not_told = not_told.map(messages::contributors_not_told);
    report.findings.extend(not_told);
    Ok(report)
}

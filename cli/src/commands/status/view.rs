//! From what was read to the document of `status`. Pure.

use super::document::{Address, Group, LastFailover, OpenRelease, Stack, Status};
use super::read::Seen;
use crate::aws::FunctionState;
use crate::deployment::{Deployment, Function};
use holdfast::alarm_failover::Overview;
use holdfast::groups::{floating_group, group_of, holder};
use holdfast::ledger::lease::Lease;
use holdfast::ledger::{ReleaseRecord, ReleaseStatus, Snapshot};
use holdfast::model::elastic_ip;
use holdfast::model::ids::{AllocationId, EniId};
use holdfast::model::tags::Tags;
use holdfast::reconcile::decide;
use holdfast::reconcile::state::{AccountState, Look, READ_LAG};
use holdfast::release_guard::decide::protection_of;
use holdfast::report::{Finding, GroupReport};
use holdfast::settings::Settings;
use std::collections::{BTreeMap, BTreeSet};
use time::OffsetDateTime;

/// The document.
pub(super) fn status(seen: &[Seen<'_>], group: Option<&str>, now: OffsetDateTime) -> Status {
    let mut deployments: Vec<Stack> = seen.iter().map(|seen| stack(seen, group, now)).collect();
    deployments.sort_by(|a, b| (&a.region, &a.stack).cmp(&(&b.region, &b.stack)));
    Status {
        at: now,
        deployments,
    }
}

fn stack(seen: &Seen<'_>, group: Option<&str>, now: OffsetDateTime) -> Stack {
    let Seen {
        deployment,
        overview,
        ..
    } = seen;
    let settings = &deployment.settings;
    let account = account_state(seen);
    let swept = decide::sweep(&account, settings);
    let floating = floating_groups(overview, settings);
    let is_of_group = |tags: &Tags, eni: Option<&EniId>| {
        let own = group_of(tags, &settings.tags);
        let own = own.or_else(|| eni.and_then(|eni| floating.get(eni)).copied());
        group.is_none_or(|group| own == Some(group))
    };
    let shown = overview.addresses.iter().filter(|it| {
        let association = it.association.as_ref();
        is_of_group(&it.tags, association.and_then(|it| it.eni.as_ref()))
    });
    let shown = shown.map(|it| address(it, &account, &floating, settings));
    let mut addresses: Vec<Address> = shown.collect();
    addresses.sort_by_key(|it| (it.group.clone(), it.address));
    let groups = overview.audit.groups.iter();
    let groups = groups.map(|report| of_group(report, overview.lease(&report.group), now));
    let mut findings = deployment_findings(deployment, seen);
    findings.extend(swept.findings);
    let told: BTreeSet<&str> = told_by_groups(&overview.audit.groups);
    let beside = overview.audit.findings.iter();
    findings.extend(
        beside
            .filter(|it| !told.contains(it.what.as_str()))
            .cloned(),
    );
    Stack {
        region: deployment.connection.region.clone(),
        stack: deployment.stack.name.clone(),
        stack_status: deployment.stack.status.clone(),
        modes: Function::ACTING
            .map(|function| (function, deployment.mode(function)))
            .into(),
        functions_not_ready: not_ready(deployment),
        failed_events: seen.failed_events,
        undelivered_events: seen.undelivered_events,
        groups: groups.collect(),
        addresses,
        open_releases: open_releases(seen, &swept.missing, is_of_group),
        findings,
    }
}

/// What is told under a group is not told again.
fn told_by_groups(groups: &[GroupReport]) -> BTreeSet<&str> {
    let obstacles = groups.iter().flat_map(|group| &group.obstacles);
    obstacles.map(|finding| finding.what.as_str()).collect()
}

fn account_state(seen: &Seen<'_>) -> AccountState {
    let shown = seen.overview.addresses.iter();
    let rows = seen.rows.iter();
    let releases = seen.releases.iter();
    AccountState {
        look: Look {
            addresses: shown
                .map(|it| (it.allocation.clone(), it.clone()))
                .collect(),
            ..Look::at_nothing(seen.overview.at - READ_LAG)
        },
        rows: rows
            .map(|row| (row.allocation.clone(), row.clone()))
            .collect(),
        releases: releases
            .map(|row| (row.allocation.clone(), row.clone()))
            .collect(),
    }
}

fn not_ready(deployment: &Deployment) -> BTreeMap<Function, String> {
    let functions = deployment.functions.iter();
    let not_ready = functions.filter_map(|(function, set_up)| match &set_up.state {
        FunctionState::Ready => None,
        FunctionState::NotReady { why } => Some((*function, why.clone())),
    });
    not_ready.collect()
}

fn of_group(report: &GroupReport, lease: Option<&Lease>, now: OffsetDateTime) -> Group {
    let last = lease.and_then(|lease| lease.last.as_ref());
    let is_held = lease.is_some_and(|lease| lease.is_held_by_other("", now));
    let in_progress = lease.and_then(|lease| lease.in_progress.as_ref());
    Group {
        report: report.clone(),
        last_failover: last.map(|last| LastFailover {
            cause: last.cause.clone(),
            began_at: last.began_at,
            to: last.to.clone(),
        }),
        in_progress: in_progress
            .filter(|it| is_held || !it.is_about_nothing())
            .map(|it| it.cause.clone()),
    }
}

/// The group of each floating interface: an address on one moves with it, whatever tags it has itself.
fn floating_groups<'a>(
    overview: &'a Overview,
    settings: &Settings,
) -> BTreeMap<&'a EniId, &'a str> {
    let interfaces = overview.interfaces.iter();
    let groups = interfaces.filter_map(|it| Some((&it.id, floating_group(it, &settings.tags)?)));
    groups.collect()
}

fn address(
    address: &elastic_ip::Address,
    account: &AccountState,
    floating: &BTreeMap<&EniId, &str>,
    settings: &Settings,
) -> Address {
    let association = address.association.as_ref();
    let on = association.and_then(|it| it.eni.as_ref());
    let own = group_of(&address.tags, &settings.tags);
    let group = own.or_else(|| on.and_then(|eni| floating.get(eni)).copied());
    Address {
        address: address.ip,
        allocation: address.allocation.clone(),
        group: group.map(str::to_owned),
        protection: protection_of(&address.tags, settings),
        holder: holder(address).cloned(),
        interface: association.and_then(|it| it.eni.clone()),
        private_ip: association.and_then(|it| it.private_ip),
        service: address.service_managed.clone(),
        in_ledger: account.rows.contains_key(&address.allocation),
    }
}

/// The releases that somebody has to follow: what the ledger has as open, and what EC2 does not show any more.
fn open_releases(
    seen: &Seen<'_>,
    missing: &[AllocationId],
    is_of_group: impl Fn(&Tags, Option<&EniId>) -> bool,
) -> Vec<OpenRelease> {
    let rows: BTreeMap<&AllocationId, &Snapshot> =
        seen.rows.iter().map(|row| (&row.allocation, row)).collect();
    let is_asked_for = |allocation: &AllocationId| {
        rows.get(allocation)
            .is_none_or(|row| is_of_group(&row.tags, last_on(row)))
    };
    let open = seen
        .releases
        .iter()
        .filter(|release| !release.status.is_final());
    let open = open
        .filter(|release| is_asked_for(&release.allocation))
        .map(of_record);
    let unseen = missing
        .iter()
        .filter(|it| is_asked_for(it))
        .filter_map(|it| rows.get(it));
    let unseen = unseen.map(|row| OpenRelease {
        allocation: row.allocation.clone(),
        address: Some(row.ip),
        released_at: None,
        by: None,
        status: "not-shown".to_owned(),
        reason: Some("EC2 does not show it, and no release of it is known".to_owned()),
        attempts: 0,
    });
    unseen.chain(open).collect()
}

fn last_on(row: &Snapshot) -> Option<&EniId> {
    row.association.as_ref()?.value.eni.as_ref()
}

fn of_record(release: &ReleaseRecord) -> OpenRelease {
    let (status, reason) = status_words(&release.status);
    OpenRelease {
        allocation: release.allocation.clone(),
        address: release.ip,
        released_at: Some(release.released_at),
        by: release.actor.arn.clone(),
        status,
        reason,
        attempts: release.attempts,
    }
}

/// The state of a release as the ledger writes it, and why it is not back.
pub(super) fn status_words(status: &ReleaseStatus) -> (String, Option<String>) {
    let written = serde_json::to_value(status).unwrap_or_default();
    let word = |key: &str| written[key].as_str().map(str::to_owned);
    let reason = match status {
        ReleaseStatus::Reclaimed {
            restored: false, ..
        } => Some("its association or its reverse DNS is still missing".to_owned()),
        _ => word("reason"),
    };
    (word("is").unwrap_or_else(|| "unknown".to_owned()), reason)
}

fn deployment_findings(deployment: &Deployment, seen: &Seen<'_>) -> Vec<Finding> {
    let unread = deployment.unread_settings.iter().map(|bad| Finding {
        what: format!("the setting {} cannot be read here", bad.key),
        why: bad.problem.clone(),
        next: "use the `holdfast` of the version that is deployed: what is shown here counts its default".to_owned(),
    });
    let names = seen.unreadable.iter();
    let names: Vec<(&str, &str)> = names
        .map(|row| (row.name.as_str(), row.why.as_str()))
        .collect();
    unread.chain(Finding::unreadable_rows(&names)).collect()
}

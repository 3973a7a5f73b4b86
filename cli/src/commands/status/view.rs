//! From what was read to the document of `status`. Pure.

use super::document::{Address, Group, LastFailover, Stack, Status};
use super::known::Known;
use super::of_group::{Groups, OfGroup};
use super::read::Seen;
use super::releases::open_releases;
use crate::aws::FunctionState;
use crate::deployment::{Deployment, Function};
use crate::first_round::{is_lease_of, tells_of_groups};
use holdfast::groups::holder;
use holdfast::ledger::lease::Lease;
use holdfast::model::elastic_ip;
use holdfast::reconcile::decide::{self, Sweep};
use holdfast::reconcile::state::{AccountState, Look, READ_LAG};
use holdfast::release_guard::decide::protection_of;
use holdfast::report::{Finding, GroupReport};
use holdfast::settings::Protection;
use std::collections::BTreeMap;
use time::OffsetDateTime;

/// The document.
pub(super) fn status(
    seen: &[(&Deployment, &Seen)],
    group: Option<&str>,
    now: OffsetDateTime,
) -> Status {
    let stacks = seen
        .iter()
        .map(|(deployment, seen)| stack(deployment, seen, group, now));
    let mut deployments: Vec<Stack> = stacks.collect();
    deployments.sort_by(|a, b| (&a.region, &a.stack).cmp(&(&b.region, &b.stack)));
    Status {
        at: now,
        deployments,
    }
}

fn stack(deployment: &Deployment, seen: &Seen, group: Option<&str>, now: OffsetDateTime) -> Stack {
    let overview = &seen.overview;
    let settings = &deployment.settings;
    let account = account_state(seen);
    let known = Known::of(seen);
    // What is not there may only not have been read.
    let swept = if known.everything() {
        decide::sweep(&account, settings)
    } else {
        Sweep::default()
    };
    let groups_of = Groups::of(overview, seen.knows.interfaces, settings);
    let shown = overview.addresses.iter();
    let shown = shown.filter(|it| groups_of.of_address(it).may_be(group));
    let shown = shown.map(|it| Address {
        in_ledger: known.has_row(&account, &it.allocation),
        ..address(it, &groups_of)
    });
    let mut addresses: Vec<Address> = shown.collect();
    addresses.sort_by_key(|it| (it.group.clone(), it.address));
    let groups = overview.audit.groups.iter();
    let groups = groups.map(|report| of_group(report, seen, now));
    let mut findings = swept.findings;
    let beside = overview.audit.findings.iter();
    let is_told = |it: &&Finding| {
        overview
            .audit
            .groups
            .iter()
            .any(|group| group.obstacles.contains(it))
    };
    findings.extend(beside.filter(|it| !is_told(it)).cloned());
    Stack {
        region: deployment.connection.region.clone(),
        stack: deployment.stack.name.clone(),
        stack_status: deployment.stack.status.clone(),
        modes: Function::ACTING
            .into_iter()
            .filter_map(|function| Some((function, deployment.mode(function)?)))
            .collect(),
        functions_not_ready: not_ready(deployment),
        failed_events: seen.failed_events,
        undelivered_events: seen.undelivered_events,
        groups: groups.collect(),
        addresses,
        open_releases: open_releases(&account, (&swept.missing, &known), group, &groups_of, now),
        incomplete: known.incomplete(),
        not_known: deployment.not_known(&seen.unreadable),
        findings,
    }
}

fn account_state(seen: &Seen) -> AccountState {
    let shown = seen.overview.addresses.iter();
    let rows = seen.rows.iter().flatten();
    let releases = seen.releases.iter().flatten();
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

fn of_group(report: &GroupReport, seen: &Seen, now: OffsetDateTime) -> Group {
    let lease: Option<&Lease> = seen.overview.lease(&report.group);
    let mut unreadable = seen.unreadable.iter();
    let last = lease.and_then(|lease| lease.last.as_ref());
    let is_held = lease.is_some_and(|lease| lease.is_held_by_other("", now));
    let in_progress = lease.and_then(|lease| lease.in_progress.as_ref());
    Group {
        report: report.clone(),
        readiness_known: seen.is_whole && !seen.unreadable.iter().any(tells_of_groups),
        lease_known: !unreadable.any(|row| is_lease_of(row, &report.group)),
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

fn address(address: &elastic_ip::Address, groups: &Groups<'_>) -> Address {
    let association = address.association.as_ref();
    let group = groups.of_address(address);
    Address {
        address: address.ip,
        allocation: address.allocation.clone(),
        group: match group {
            OfGroup::Named(name) => Some(name.to_owned()),
            OfGroup::None | OfGroup::NotKnown => None,
        },
        knows_group: group != OfGroup::NotKnown,
        protection: if address.service_managed.is_some() {
            Protection::None
        } else {
            protection_of(&address.tags, groups.settings)
        },
        holder: holder(address).cloned(),
        interface: association.and_then(|it| it.eni.clone()),
        private_ip: association.and_then(|it| it.private_ip),
        service: address.service_managed.clone(),
        in_ledger: None,
    }
}

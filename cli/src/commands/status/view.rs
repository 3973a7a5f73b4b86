//! From what was read to the document of `status`. Pure.

use super::document::{Address, Group, LastFailover, OpenRelease, Stack, Status};
use super::read::Seen;
use crate::aws::FunctionState;
use crate::deployment::{Deployment, Function};
use holdfast::alarm_failover::Overview;
use holdfast::groups::{floating_group, group_of, holder};
use holdfast::ledger::lease::Lease;
use holdfast::ledger::snapshot::AllocationState;
use holdfast::ledger::{ReleaseRecord, ReleaseStatus, Snapshot};
use holdfast::model::elastic_ip;
use holdfast::model::ids::{AllocationId, EniId};
use holdfast::model::tags::Tags;
use holdfast::reconcile::decide::{self, Sweep};
use holdfast::reconcile::open_releases as due;
use holdfast::reconcile::state::{AccountState, Look, READ_LAG};
use holdfast::release_guard::decide::protection_of;
use holdfast::report::{Finding, GroupReport};
use holdfast::settings::{Protection, Settings};
use std::collections::BTreeMap;
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
    let known = Known::of(seen);
    // What is not there may only not have been read.
    let swept = if known.everything() {
        decide::sweep(&account, settings)
    } else {
        Sweep::default()
    };
    let groups_of = Groups {
        floating: floating_groups(overview, settings),
        knows_interfaces: seen.knows_interfaces,
        settings,
    };
    let shown = overview.addresses.iter();
    let shown = shown.filter(|it| groups_of.of_address(it).may_be(group));
    let shown = shown.map(|it| Address {
        in_ledger: known
            .rows
            .then(|| account.rows.contains_key(&it.allocation)),
        ..address(it, &groups_of)
    });
    let mut addresses: Vec<Address> = shown.collect();
    addresses.sort_by_key(|it| (it.group.clone(), it.address));
    let groups = overview.audit.groups.iter();
    let groups = groups.map(|report| of_group(report, overview.lease(&report.group), now));
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
        knows_addresses: seen.knows_addresses,
        open_releases: open_releases(&account, (&swept.missing, known), group, &groups_of, now),
        not_known: deployment.not_known(&seen.unreadable),
        findings,
    }
}

/// What of an account could be read. What hangs on the other parts is not said.
#[derive(Debug, Clone, Copy)]
struct Known {
    addresses: bool,
    rows: bool,
    releases: bool,
}

impl Known {
    fn of(seen: &Seen<'_>) -> Self {
        Self {
            addresses: seen.knows_addresses,
            rows: seen.rows.is_some(),
            releases: seen.releases.is_some(),
        }
    }

    fn the_ledger(self) -> bool {
        self.rows && self.releases
    }

    fn everything(self) -> bool {
        self.addresses && self.the_ledger()
    }
}

fn account_state(seen: &Seen<'_>) -> AccountState {
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

/// What says of which group something is.
#[derive(Debug)]
struct Groups<'a> {
    floating: BTreeMap<&'a EniId, &'a str>,
    knows_interfaces: bool,
    settings: &'a Settings,
}

/// Of which group something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OfGroup<'a> {
    Named(&'a str),
    None,
    /// What would name it could not be read.
    NotKnown,
}

impl<'a> Groups<'a> {
    fn of(&self, tags: &'a Tags, on: Option<&EniId>) -> OfGroup<'a>
    where
        Self: 'a,
    {
        let own = group_of(tags, &self.settings.tags);
        let own = own.or_else(|| on.and_then(|eni| self.floating.get(eni)).copied());
        match own {
            Some(name) => OfGroup::Named(name),
            None if on.is_some() && !self.knows_interfaces => OfGroup::NotKnown,
            None => OfGroup::None,
        }
    }

    fn of_address(&self, address: &'a elastic_ip::Address) -> OfGroup<'a> {
        let association = address.association.as_ref();
        self.of(&address.tags, association.and_then(|it| it.eni.as_ref()))
    }
}

impl OfGroup<'_> {
    /// Whether it is shown where this group is asked for, or all are.
    fn may_be(self, asked: Option<&str>) -> bool {
        match (asked, self) {
            (None, _) | (_, Self::NotKnown) => true,
            (Some(asked), Self::Named(name)) => asked == name,
            (Some(_), Self::None) => false,
        }
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

/// The releases that somebody has to follow: what the ledger has as open, what ended and was not dealt with, and what EC2
/// does not show any more. What is only to be recorded is at its end as far as anybody here is concerned.
fn open_releases(
    account: &AccountState,
    (missing, known): (&[AllocationId], Known),
    asked: Option<&str>,
    groups: &Groups<'_>,
    now: OffsetDateTime,
) -> Vec<OpenRelease> {
    let rows = &account.rows;
    // The row has the tags: without it, the release may be of any group.
    let group_of_row = |allocation: &AllocationId| {
        let row = rows.get(allocation);
        row.map_or(OfGroup::NotKnown, |row| groups.of(&row.tags, last_on(row)))
    };
    let records = account.releases.values();
    let open = records
        .filter(|release| !release.status.is_final() && release.status != ReleaseStatus::Recorded);
    let open = open.map(of_record);
    let due = known
        .the_ledger()
        .then(|| due::open_releases(account, &[], groups.settings, now));
    let due = due.into_iter().flatten();
    let unrecorded = due.filter_map(|release| match release {
        due::OpenRelease::Unrecorded(row) => Some(of_row(
            &row,
            "not-recorded",
            "it has ended, and nobody wrote down what was done about it",
        )),
        _ => None,
    });
    let unseen = missing.iter().filter_map(|it| rows.get(it)).map(|row| {
        let why = "EC2 does not show it, and no release of it is known";
        of_row(row, "not-shown", why)
    });
    let all = unseen.chain(unrecorded).chain(open);
    let all = all.map(|it| (group_of_row(&it.allocation), it));
    let all = all.filter(|(group, _)| group.may_be(asked));
    all.map(|(group, it)| OpenRelease {
        knows_group: asked.is_none() || group != OfGroup::NotKnown,
        ..it
    })
    .collect()
}

fn of_row(row: &Snapshot, status: &str, why: &str) -> OpenRelease {
    OpenRelease {
        allocation: row.allocation.clone(),
        address: Some(row.ip),
        released_at: match row.state {
            AllocationState::Released { at } => Some(at),
            AllocationState::Allocated => None,
        },
        by: None,
        status: status.to_owned(),
        reason: Some(why.to_owned()),
        attempts: 0,
        knows_group: true,
    }
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
        knows_group: true,
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

//! What `history` reads of one stack. First the rows that say which addresses it is about, then, at the same time, what
//! the ledger, the logs and CloudTrail have on them. Nothing here changes anything.

use super::subject::Subject;
use crate::aws::{CloudError, Connection, TrailCalls};
use crate::deployment::Deployment;
use crate::failure::Failure;
use crate::reports::{self, LoggedReport, Wanted};
use futures_util::future::try_join_all;
use holdfast::groups::group_of;
use holdfast::ledger::{
    Entry, FloatingInterfaces, Lease, Ledger, ReadAddressHistory, ReleaseRecord, Snapshot,
};
use holdfast::model::ids::EniId;
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use time::OffsetDateTime;

/// How many resources CloudTrail is asked for: at two lookups a second for the whole account.
const MAX_LOOKUPS: usize = 10;

/// What one stack knows of it.
#[derive(Debug)]
pub(super) struct Seen<'a> {
    pub(super) deployment: &'a Deployment,
    /// The addresses that it is about.
    pub(super) addresses: BTreeSet<Ipv4Addr>,
    /// What the ledger knew of each, oldest first.
    pub(super) entries: BTreeMap<Ipv4Addr, Vec<Entry>>,
    /// Releases whose address nobody knows.
    pub(super) unknown_releases: Vec<ReleaseRecord>,
    pub(super) lease: Option<Lease>,
    pub(super) reports: Vec<LoggedReport>,
    /// What CloudTrail shows, by what was asked for.
    pub(super) calls: BTreeMap<String, TrailCalls>,
    /// What CloudTrail was not asked for: there is too much.
    pub(super) not_looked_up: Vec<String>,
}

impl Seen<'_> {
    /// Whether anything is known of it at all.
    pub(super) fn is_known(&self) -> bool {
        let has_calls = self.calls.values().any(|calls| !calls.calls.is_empty());
        !self.addresses.is_empty()
            || !self.unknown_releases.is_empty()
            || self.lease.is_some()
            || !self.reports.is_empty()
            || has_calls
    }
}

pub(super) async fn look<'a>(
    deployment: &'a Deployment,
    subject: &Subject,
    since: OffsetDateTime,
    until: OffsetDateTime,
) -> Result<Seen<'a>, Failure> {
    let connection = &deployment.connection;
    let ledger = connection.ledger(&deployment.settings.table);
    let place = deployment.place();
    let of_ledger = || Failure::aws(format!("the ledger of {place} could not be read"));
    let (rows, releases, leases, floating) = futures_util::try_join!(
        ledger.snapshots(),
        ledger.releases(),
        ledger.leases(),
        ledger.floating_interfaces()
    )
    .map_err(of_ledger())?;
    let interfaces = interfaces_of(subject, &floating);
    let known = Known::of(subject, deployment, (&rows, &releases), interfaces);
    let resources = known.resources(subject);
    let (asked, not_looked_up) = resources.split_at(resources.len().min(MAX_LOOKUPS));
    let histories = known.addresses.iter().map(|ip| async {
        let entries = ledger.history(*ip, since, until).await?;
        Ok::<_, CloudError>((*ip, entries))
    });
    let histories = async { try_join_all(histories).await.map_err(of_ledger()) };
    let calls = lookups(connection, asked, since, until);
    let calls = async {
        let what = format!(
            "CloudTrail's event history in {} could not be read",
            connection.region
        );
        calls.await.map_err(Failure::aws(what))
    };
    let reports = reports_on(deployment, subject, &known, since, until);
    let (entries, calls, reports) = futures_util::try_join!(histories, calls, reports)?;
    let lease = leases
        .into_iter()
        .find(|it| matches!(subject, Subject::Group(name) if it.group == *name));
    Ok(Seen {
        deployment,
        addresses: known.addresses,
        entries: entries.into_iter().collect(),
        unknown_releases: known.unknown_releases,
        lease,
        reports,
        calls,
        not_looked_up: not_looked_up.to_vec(),
    })
}

/// Which addresses and allocations it is about, by the ledger.
#[derive(Debug, Default)]
struct Known {
    addresses: BTreeSet<Ipv4Addr>,
    allocations: BTreeSet<String>,
    interfaces: BTreeSet<EniId>,
    unknown_releases: Vec<ReleaseRecord>,
}

/// The interface that it is, or those that float in the group.
fn interfaces_of(subject: &Subject, floating: &[FloatingInterfaces]) -> BTreeSet<EniId> {
    match subject {
        Subject::Interface(eni) => BTreeSet::from([eni.clone()]),
        Subject::Group(name) => {
            let own = floating.iter().filter(|row| row.group == *name);
            own.flat_map(|row| row.interfaces.keys().cloned()).collect()
        }
        Subject::Ip(_) | Subject::Allocation(_) => BTreeSet::new(),
    }
}

impl Known {
    fn of(
        subject: &Subject,
        deployment: &Deployment,
        (rows, releases): (&[Snapshot], &[ReleaseRecord]),
        interfaces: BTreeSet<EniId>,
    ) -> Self {
        let is_meant = |row: &Snapshot| match subject {
            Subject::Ip(ip) => row.ip == *ip,
            Subject::Allocation(allocation) => row.allocation == *allocation,
            Subject::Interface(_) => is_on(row, &interfaces),
            Subject::Group(name) => {
                let own = group_of(&row.tags, &deployment.settings.tags);
                own == Some(name.as_str()) || is_on(row, &interfaces)
            }
        };
        let mut known = Self::default();
        if let Subject::Ip(ip) = subject {
            let is_known = rows.iter().any(|row| row.ip == *ip)
                || releases.iter().any(|release| release.ip == Some(*ip));
            known.addresses.extend(is_known.then_some(*ip));
        }
        for row in rows.iter().filter(|row| is_meant(row)) {
            known.addresses.insert(row.ip);
            known.allocations.insert(row.allocation.to_string());
        }
        for release in releases {
            let is_meant = match subject {
                Subject::Ip(ip) => release.ip == Some(*ip),
                Subject::Allocation(allocation) => release.allocation == *allocation,
                Subject::Interface(_) | Subject::Group(_) => false,
            };
            if is_meant {
                known.addresses.extend(release.ip);
                known.allocations.insert(release.allocation.to_string());
                if release.ip.is_none() {
                    known.unknown_releases.push(release.clone());
                }
            }
        }
        known.interfaces = interfaces;
        known
    }

    /// What CloudTrail is asked for.
    fn resources(&self, subject: &Subject) -> Vec<String> {
        let own = match subject {
            Subject::Allocation(allocation) => Some(allocation.to_string()),
            Subject::Interface(_) | Subject::Ip(_) | Subject::Group(_) => None,
        };
        let interfaces = self.interfaces.iter().map(ToString::to_string);
        let all: BTreeSet<String> = own
            .into_iter()
            .chain(self.allocations.clone())
            .chain(interfaces)
            .collect();
        all.into_iter().collect()
    }
}

fn is_on(row: &Snapshot, interfaces: &BTreeSet<EniId>) -> bool {
    let association = row.association.as_ref();
    let eni = association.and_then(|it| it.value.eni.as_ref());
    eni.is_some_and(|eni| interfaces.contains(eni))
}

/// One after the other: the account's lookups share a rate that is small.
async fn lookups(
    connection: &Connection,
    resources: &[String],
    since: OffsetDateTime,
    until: OffsetDateTime,
) -> Result<BTreeMap<String, TrailCalls>, CloudError> {
    let mut all = BTreeMap::new();
    for resource in resources {
        let calls = connection.calls_on(resource, since, until).await?;
        all.insert(resource.clone(), calls);
    }
    Ok(all)
}

async fn reports_on(
    deployment: &Deployment,
    subject: &Subject,
    known: &Known,
    since: OffsetDateTime,
    until: OffsetDateTime,
) -> Result<Vec<LoggedReport>, Failure> {
    let mut words: BTreeSet<String> = known.allocations.clone();
    words.extend(known.addresses.iter().map(Ipv4Addr::to_string));
    words.extend(known.interfaces.iter().map(ToString::to_string));
    let mut name = None;
    match subject {
        Subject::Ip(ip) => words.extend([ip.to_string()]),
        Subject::Allocation(allocation) => words.extend([allocation.to_string()]),
        Subject::Interface(_) => {}
        Subject::Group(group) => name = Some(group.clone()),
    }
    let words = words.into_iter().collect();
    let wanted = Wanted::About { words, name };
    reports::read(deployment, &wanted, since, until).await
}

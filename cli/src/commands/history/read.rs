//! What `history` reads of one stack. First the rows that say which addresses it is about, then, at the same time, what
//! the ledger, the logs and CloudTrail have on them. Nothing here changes anything.

use super::subject::Subject;
use crate::aws::{CloudError, Connection, TrailCalls};
use crate::deployment::Deployment;
use crate::failure::Failure;
use crate::parts::Parts;
use crate::reports::{self, LoggedReport, Wanted};
use crate::unread::Unread;
use futures_util::future::join_all;
use holdfast::groups::group_of;
use holdfast::ledger::history::State;
use holdfast::ledger::{
    Entry, FloatingInterfaces, Lease, Ledger, ReadAddressHistory, ReleaseRecord, Snapshot,
};
use holdfast::model::ids::{AllocationId, EniId};
use holdfast::report::Finding;
use holdfast_aws::DynamoLedger;
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use time::OffsetDateTime;

/// How many resources CloudTrail is asked for: at two lookups a second for the whole account.
const MAX_LOOKUPS: usize = 10;

/// How many addresses the ledger's history and the logs are asked for: a query for each, and a scan of each log for some
/// thirty of them.
const MAX_ADDRESSES: usize = 50;

/// The call that ends an association. CloudTrail shows it by no address: it names the association alone.
const DISASSOCIATE: &str = "DisassociateAddress";

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
    /// What of the ledger could not be read.
    pub(super) unreadable: Vec<Finding>,
    /// What CloudTrail was not asked for: there is too much.
    pub(super) not_looked_up: Vec<String>,
    /// How many further addresses the ledger and the logs were not asked for.
    pub(super) not_read: usize,
    /// What could not be read.
    pub(super) unread: Vec<Unread>,
}

impl Seen<'_> {
    /// Whether anything is known of it at all.
    pub(super) fn is_known(&self) -> bool {
        let has_calls = self.calls.values().any(|calls| !calls.calls.is_empty());
        !self.addresses.is_empty()
            || !self.unknown_releases.is_empty()
            || self.lease.is_some()
            || !self.unreadable.is_empty()
            || !self.unread.is_empty()
            || !self.reports.is_empty()
            || has_calls
    }
}

pub(super) async fn look<'a>(
    deployment: &'a Deployment,
    subject: &Subject,
    since: OffsetDateTime,
    until: OffsetDateTime,
) -> Seen<'a> {
    let connection = &deployment.connection;
    let ledger = connection.ledger(&deployment.settings.table);
    let place = deployment.place();
    let of_ledger = || Failure::aws(format!("the ledger of {place} could not be read"));
    let (rows, releases, leases, floating) = futures_util::join!(
        ledger.snapshots(),
        ledger.releases(),
        ledger.leases(),
        ledger.floating_interfaces()
    );
    let mut parts = deployment.parts();
    let rows = parts.take(rows.map_err(of_ledger())).unwrap_or_default();
    let releases = parts
        .take(releases.map_err(of_ledger()))
        .unwrap_or_default();
    let leases = parts.take(leases.map_err(of_ledger())).unwrap_or_default();
    let floating = parts
        .take(floating.map_err(of_ledger()))
        .unwrap_or_default();
    let interfaces = interfaces_of(subject, &floating);
    let mut known = Known::of(subject, deployment, (&rows, &releases), interfaces);
    let not_read = known.keep_first(MAX_ADDRESSES);
    let (entries, whole) = histories(&ledger, &known, until).await;
    let what = format!("the ledger's history of each address of {place} could not be read");
    parts.take(whole.map_err(Failure::aws(what)));
    let resources = known.resources(subject);
    let (asked, not_looked_up) = resources.split_at(resources.len().min(MAX_LOOKUPS));
    let trail = lookups(connection, asked, &entries, (since, until));
    let mut of_reports = deployment.parts();
    let reports = reports_on(deployment, subject, &known, (since, until), &mut of_reports);
    let ((calls, whole), reports) = futures_util::join!(trail, reports);
    let what = format!("CloudTrail's event history could not be read to its end for {place}");
    parts.take(whole.map_err(Failure::aws(what)));
    of_reports
        .into_unread()
        .into_iter()
        .for_each(|part| parts.add(part));
    let lease = leases
        .into_iter()
        .find(|it| matches!(subject, Subject::Group(name) if it.group == *name));
    Seen {
        unreadable: deployment.not_known(&ledger.take_unreadable()),
        deployment,
        addresses: known.addresses,
        entries,
        unknown_releases: known.unknown_releases,
        lease,
        reports,
        calls,
        not_looked_up: not_looked_up.to_vec(),
        not_read,
        unread: parts.into_unread(),
    }
}

type Entries = BTreeMap<Ipv4Addr, Vec<Entry>>;

/// What the ledger knew of each address, oldest first; and whether all of it could be read.
async fn histories(
    ledger: &DynamoLedger,
    known: &Known,
    until: OffsetDateTime,
) -> (Entries, Result<(), CloudError>) {
    let histories = known.addresses.iter().map(|ip| async {
        // What was before says what has changed.
        let entries = ledger.history(*ip, OffsetDateTime::UNIX_EPOCH, until);
        (*ip, entries.await)
    });
    let (mut all, mut end) = (Entries::new(), Ok(()));
    for (ip, read) in join_all(histories).await {
        match read {
            Ok(entries) => drop(all.insert(ip, entries)),
            Err(refusal) => end = Err(refusal),
        }
    }
    (all, end)
}

/// Which addresses and allocations it is about, by the ledger.
#[derive(Debug, Default)]
struct Known {
    addresses: BTreeSet<Ipv4Addr>,
    allocations: BTreeSet<String>,
    /// The allocations of each address.
    of_address: BTreeMap<Ipv4Addr, BTreeSet<String>>,
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
            known.add(row.ip, &row.allocation);
        }
        for release in releases {
            let is_meant = match subject {
                Subject::Ip(ip) => release.ip == Some(*ip),
                Subject::Allocation(allocation) => release.allocation == *allocation,
                Subject::Interface(_) | Subject::Group(_) => false,
            };
            if is_meant {
                if let Some(ip) = release.ip {
                    known.add(ip, &release.allocation);
                } else {
                    known.allocations.insert(release.allocation.to_string());
                    known.unknown_releases.push(release.clone());
                }
            }
        }
        known.interfaces = interfaces;
        known
    }

    fn add(&mut self, ip: Ipv4Addr, allocation: &AllocationId) {
        self.addresses.insert(ip);
        self.allocations.insert(allocation.to_string());
        let own = self.of_address.entry(ip).or_default();
        own.insert(allocation.to_string());
    }

    /// Leaves so many addresses with their allocations; gives how many it left out.
    fn keep_first(&mut self, most: usize) -> usize {
        let out: Vec<Ipv4Addr> = self.addresses.iter().skip(most).copied().collect();
        for ip in &out {
            self.addresses.remove(ip);
            for allocation in self.of_address.remove(ip).unwrap_or_default() {
                self.allocations.remove(&allocation);
            }
        }
        out.len()
    }

    /// What CloudTrail is asked for.
    fn resources(&self, subject: &Subject) -> Vec<String> {
        let own = match subject {
            Subject::Allocation(allocation) => Some(allocation.to_string()),
            Subject::Interface(_) | Subject::Ip(_) | Subject::Group(_) => None,
        };
        let interfaces = self.interfaces.iter().map(ToString::to_string);
        // What was asked for comes first, then the rest: not all may be looked up.
        let mut all: Vec<String> = own.into_iter().chain(interfaces).collect();
        let allocations = self.allocations.iter();
        all.extend(
            allocations
                .filter(|it| !all.contains(it))
                .cloned()
                .collect::<Vec<_>>(),
        );
        all
    }
}

fn is_on(row: &Snapshot, interfaces: &BTreeSet<EniId>) -> bool {
    let association = row.association.as_ref();
    let eni = association.and_then(|it| it.value.eni.as_ref());
    eni.is_some_and(|eni| interfaces.contains(eni))
}

/// One after the other: the account's lookups share a rate that is small. The first that fails is the last.
async fn lookups(
    connection: &Connection,
    resources: &[String],
    entries: &Entries,
    (since, until): (OffsetDateTime, OffsetDateTime),
) -> (BTreeMap<String, TrailCalls>, Result<(), CloudError>) {
    let mut all = BTreeMap::new();
    for resource in resources {
        match connection.calls_on(resource, since, until).await {
            Ok(calls) => drop(all.insert(resource.clone(), calls)),
            Err(refusal) => return (all, Err(refusal)),
        }
    }
    let associations = associations(entries, &all);
    if associations.is_empty() {
        return (all, Ok(()));
    }
    match connection.calls_named(DISASSOCIATE, since, until).await {
        Ok(calls) => all.extend(by_association(calls, &associations)),
        Err(refusal) => return (all, Err(refusal)),
    }
    (all, Ok(()))
}

/// Each association of these addresses: those that the ledger knew, and those that a call made.
fn associations(entries: &Entries, calls: &BTreeMap<String, TrailCalls>) -> BTreeSet<String> {
    let of_ledger = entries.values().flatten().filter_map(|entry| {
        let State::Snapshot(row) = &entry.state else {
            return None;
        };
        Some(row.association.as_ref()?.value.id.to_string())
    });
    let of_calls = calls.values().flat_map(|found| &found.calls);
    let of_calls = of_calls.filter_map(|call| call.association.clone());
    of_ledger.chain(of_calls).collect()
}

/// The calls on these associations alone, by the association.
fn by_association(
    found: TrailCalls,
    associations: &BTreeSet<String>,
) -> BTreeMap<String, TrailCalls> {
    let mut all: BTreeMap<String, TrailCalls> = BTreeMap::new();
    for call in found.calls {
        let association = call.association.clone();
        if let Some(association) = association.filter(|it| associations.contains(it)) {
            all.entry(association).or_default().calls.push(call);
        }
    }
    if found.has_more || found.unreadable > 0 {
        let rest = all.entry(DISASSOCIATE.to_owned()).or_default();
        (rest.has_more, rest.unreadable) = (found.has_more, found.unreadable);
    }
    all
}

async fn reports_on(
    deployment: &Deployment,
    subject: &Subject,
    known: &Known,
    period: (OffsetDateTime, OffsetDateTime),
    parts: &mut Parts,
) -> Vec<LoggedReport> {
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
    reports::read(deployment, &wanted, period, parts).await
}

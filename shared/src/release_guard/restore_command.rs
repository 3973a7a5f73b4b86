//! A person's word for one address: `{"holdfast": "restore", "address": "203.0.113.10"}`. It is asked for once more,
//! whatever was decided about its release, with everything that belongs to it.
//!
//! Races with the guard, reconcile and another such wish on the same address, and with everybody else who wants it. EC2
//! arbitrates: an address is allocated once. Whoever is refused looks, and finds it. So a wish comes to one address at
//! most. It writes to the ledger only what it got: a wish that fails leaves everything as it was. A run that dies after
//! the request leaves an address with the tag `reclaimed-from`, and the same wish, sent again, goes on from there.

use super::asked::{self, AskedDecision};
use super::case::{self, Case};
use super::cloud::ReleaseGuardCloud;
use super::run::Run;
use super::state::Observed;
use super::{messages, retries};
use crate::clock::Clock;
use crate::cloud::{AddressFilter, CloudError};
use crate::error::Error;
use crate::events::AddressName;
use crate::ledger::{Ledger, Snapshot};
use crate::model::elastic_ip::Address;
use crate::model::ids::AllocationId;
use crate::ports::{Deadline, Delivery, Ports};
use crate::report::{Function, KnownFrom, Report, Stopwatch};
use crate::settings::{Mode, Settings};
use std::net::Ipv4Addr;

/// How many allocations of one address CloudTrail is asked about at most.
const MAX_LOOKUPS: usize = 3;

/// A wish, and the world.
struct RestoreRun<'a, C, L, K> {
    ports: &'a Ports<C, L, K>,
    settings: &'a Settings,
    what: &'a AddressName,
    deadline: Deadline,
}

/// What tells that the account had the address.
struct FormerAddress {
    ip: Ipv4Addr,
    rows: Vec<Snapshot>,
    from: KnownFrom,
}

/// Answers `{"holdfast": "restore", ...}`.
pub(super) async fn answer<C: ReleaseGuardCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    settings: &Settings,
    what: &AddressName,
    delivery: Delivery,
) -> Result<Report, Error> {
    let (ledger, clock) = (&ports.ledger, &ports.clock);
    let mut watch = Stopwatch::start(clock);
    let run = RestoreRun {
        ports,
        settings,
        what,
        deadline: case::retry_deadline(settings, delivery, clock.now()),
    };
    let Some(known) = run.known().await? else {
        return Ok(messages::never_had(settings, what, watch));
    };
    watch.lap("ledger", clock);
    let held = run.held(known.ip).await?;
    watch.lap("observe", clock);
    let Some(snapshot) = asked::allocation_meant(&known.rows, held.as_ref(), settings) else {
        return Ok(match held {
            Some(held) => messages::already_ours(settings, known.ip, &held.allocation, watch),
            None => messages::never_had(settings, what, watch),
        });
    };
    let rows = retries::read(clock, run.deadline, || ledger.read(&snapshot.allocation));
    let rows = rows.await.map_err(Error::LedgerUnread)?;
    let now = clock.now();
    let release = asked::release(snapshot, rows.release.as_ref(), settings, now);
    let observed = Observed {
        ledger: rows,
        snapshot: Some(snapshot.clone()),
        known_from: Some(known.from),
    };
    let function = Function::ReleaseGuard;
    let case = Case::new(function, settings, &release, &observed, delivery).asked_for();
    let about = (&release, held.as_ref());
    match asked::decide(&observed, snapshot, about, settings, now) {
        AskedDecision::AlreadyOurs(held) => Ok(messages::already_ours(
            settings,
            known.ip,
            &held.allocation,
            watch,
        )),
        AskedDecision::RecordUnreadable => Ok(messages::record_unreadable(&case, watch)),
        AskedDecision::Ask(plan) if settings.mode == Mode::Observe => {
            Box::pin(Run { ports, case }.would_reclaim(&plan, watch)).await
        }
        AskedDecision::Ask(plan) => Box::pin(Run { ports, case }.reclaim(&plan, watch)).await,
    }
}

impl<C: ReleaseGuardCloud, L: Ledger, K: Clock> RestoreRun<'_, C, L, K> {
    /// What the ledger or CloudTrail tells of the address; none where neither tells that the account had it. What an
    /// event alone told the ledger counts for nothing: whoever forges one would have Holdfast take any address.
    async fn known(&self) -> Result<Option<FormerAddress>, Error> {
        let Ports { ledger, clock, .. } = self.ports;
        let all = retries::read(clock, self.deadline, || ledger.snapshots());
        let all = all.await.map_err(Error::LedgerUnread)?;
        let (named, told) = match self.what {
            AddressName::Ip(ip) => (Some(*ip), None),
            AddressName::Allocation(id) => {
                let row = all.iter().find(|row| row.allocation == *id);
                match row.filter(|row| !row.unconfirmed) {
                    Some(row) => (Some(row.ip), None),
                    None => match self.told_by_trail(id, row).await? {
                        Some(told) => (Some(told.ip), Some(told)),
                        None => (None, None),
                    },
                }
            }
        };
        let Some(ip) = named else {
            return self.by_release_record(None).await;
        };
        let of_ip: Vec<Snapshot> = all.into_iter().filter(|row| row.ip == ip).collect();
        let (doubtful, mut rows): (Vec<_>, Vec<_>) =
            of_ip.into_iter().partition(|row| row.unconfirmed);
        let mut from = KnownFrom::Ledger;
        if let Some(told) = told {
            from = KnownFrom::EventHistory;
            rows.push(told);
        }
        if rows.is_empty() {
            from = KnownFrom::EventHistory;
            for row in asked::last_first(doubtful).into_iter().take(MAX_LOOKUPS) {
                let told = self.told_by_trail(&row.allocation, Some(&row)).await?;
                rows.extend(told.filter(|told| told.ip == ip));
            }
        }
        if rows.is_empty() {
            return self.by_release_record(Some(ip)).await;
        }
        Ok(Some(FormerAddress { ip, rows, from }))
    }

    /// A release record names an address only where more than an event told of it.
    async fn by_release_record(
        &self,
        ip: Option<Ipv4Addr>,
    ) -> Result<Option<FormerAddress>, Error> {
        let Ports { ledger, clock, .. } = self.ports;
        let all = retries::read(clock, self.deadline, || ledger.releases());
        let all = all.await.map_err(Error::LedgerUnread)?;
        let is_meant = |allocation: &AllocationId| match self.what {
            AddressName::Ip(_) => ip.is_some(),
            AddressName::Allocation(id) => allocation == id,
        };
        let meant = all.iter().filter(|record| is_meant(&record.allocation));
        let rows = meant.filter_map(asked::from_record);
        let rows: Vec<Snapshot> = rows
            .filter(|row| ip.is_none_or(|ip| row.ip == ip))
            .collect();
        Ok(rows.first().map(|row| row.ip).map(|ip| FormerAddress {
            ip,
            rows,
            from: KnownFrom::Ledger,
        }))
    }

    /// The allocation as CloudTrail's history has it; none where that does not reach back to its birth.
    async fn told_by_trail(
        &self,
        allocation: &AllocationId,
        row: Option<&Snapshot>,
    ) -> Result<Option<Snapshot>, Error> {
        let Ports { cloud, clock, .. } = self.ports;
        let records = retries::read(clock, self.deadline, || cloud.event_history(allocation));
        let records = records.await.map_err(|source| self.nothing_asked(source))?;
        let tag = &self.settings.tags.protect;
        let told = Snapshot::from_records(&records, allocation, tag);
        Ok(told.map(|told| match row {
            Some(row) if row.ip == told.ip => row.clone().after_records(&records, tag).confirmed(),
            _ => told,
        }))
    }

    /// The address as the account has it.
    async fn held(&self, ip: Ipv4Addr) -> Result<Option<Address>, Error> {
        let Ports { cloud, clock, .. } = self.ports;
        let which = AddressFilter::Ip(ip);
        let held = retries::read(clock, self.deadline, || cloud.addresses(&which));
        let held = held.await.map_err(|source| self.nothing_asked(source))?;
        Ok(held.into_iter().find(|address| address.ip == ip))
    }

    fn nothing_asked(&self, source: CloudError) -> Error {
        Error::Unfinished {
            what: format!(
                "{} was not asked for: AWS does not tell whether the account had it or has it",
                self.what
            ),
            source,
        }
    }
}

//! Runs that are given little time, find the lease taken, or are reconcile's; and what the lease says in the end.

use super::FailoverFixture;
use crate::client::faults::Fault;
use crate::client::{Client, TestBed};
use crate::explorer::Run;
use crate::explorer::promises::is_holdfast;
use crate::looks;
use crate::scenarios::placement::{GROUP, schedule};
use futures_util::FutureExt;
use holdfast::alarm_failover;
use holdfast::error::Error;
use holdfast::events::parse;
use holdfast::ledger::lease::{Acquire, Claim, FailoverRecord, Lease, LeaseHold};
use holdfast::ledger::{Ledger, Written};
use holdfast::report::{Function, Outcome, Report};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use time::{Duration, OffsetDateTime};

/// How long a simulated Lambda may run that sweeps.
pub(super) const SWEEP_TIMEOUT: Duration = Duration::seconds(300);

impl FailoverFixture {
    /// Runs the function for an event, in so many seconds.
    ///
    /// # Errors
    /// The function's own.
    pub fn told_within(
        &self,
        bed: &Arc<TestBed>,
        event: &Value,
        seconds: i64,
    ) -> Result<Report, Error> {
        let trigger = parse(event).expect("the scenario's events can be read");
        let client = bed.client("holdfast-alarm-failover");
        let (ports, settings) = (client.ports(), self.settings());
        let delivery = client.delivery(Duration::seconds(seconds));
        let run = alarm_failover::run(&ports, &settings, &trigger, delivery);
        run.now_or_never().expect("no fault stops the run")
    }

    /// A run of reconcile on the schedule.
    #[must_use]
    pub fn sweep(&self, client: Client) -> Run<'static> {
        let client = client.acting_as("holdfast-reconcile");
        let settings = self.settings();
        Box::pin(async move {
            let trigger = parse(&schedule()).expect("the schedule can be read");
            let (ports, delivery) = (client.ports(), client.delivery(SWEEP_TIMEOUT));
            let function = Function::Reconcile;
            looks::run(client.bed(), function, ports, &settings, &trigger, delivery).await
        })
    }

    /// A run of reconcile's part in failover.
    #[must_use]
    pub fn audit(&self, client: Client) -> Run<'static> {
        let client = client.acting_as("holdfast-reconcile");
        let settings = self.settings();
        Box::pin(async move {
            let (ports, delivery) = (client.ports(), client.delivery(super::TIMEOUT));
            let which = holdfast::cloud::AddressFilter::All;
            let seen = holdfast::cloud::ReadAddresses::addresses(&client, &which).await;
            let seen = seen.map_err(|source| Error::Unfinished {
                what: "the addresses were not read".to_owned(),
                source,
            })?;
            let seen: BTreeMap<_, _> = seen
                .into_iter()
                .map(|each| (each.allocation.clone(), each))
                .collect();
            let mut audit =
                Box::pin(alarm_failover::audit(&ports, &settings, &seen, delivery)).await?;
            match audit.failures.pop() {
                Some(failure) => Err(failure),
                None => Ok(audit.failovers.pop().unwrap_or_else(|| {
                    let words = "nothing to do".to_owned();
                    Report::of(
                        Function::Reconcile,
                        settings.mode,
                        Outcome::Refreshed,
                        words,
                    )
                })),
            }
        })
    }

    /// A run for an event ends at its first call of this name, as a process does that is killed.
    pub fn dies_at(&self, bed: &Arc<TestBed>, event: &Value, name: &str, how: Fault) {
        bed.faults.plan(&[(self.call_of(bed, event, name), how)]);
        let run = self.deliver(bed.client("holdfast"), event);
        assert!(run.now_or_never().is_none(), "it dies");
    }

    /// The number that the first call of this name in a run for an event would have, among all of the test bed.
    #[must_use]
    pub fn call_of(&self, bed: &Arc<TestBed>, event: &Value, name: &str) -> usize {
        let made = bed.faults.passed().len();
        let rehearsal = self.rehearsed(bed, event);
        let call = rehearsal.iter().position(|it| *it == name);
        made + call.expect("it is called")
    }

    /// The calls that a run for an event would make on a test bed that is as this one is now.
    fn rehearsed(&self, bed: &Arc<TestBed>, event: &Value) -> Vec<&'static str> {
        let rehearsal = TestBed::with_ledger(bed.world().clone(), bed.ledger.fork());
        drop(self.try_told(&rehearsal, event));
        rehearsal.faults.names()
    }
}

/// No call so far that needed a lease was made without it, and none was given away.
pub(super) fn all_had_their_lease(bed: &TestBed) {
    let mut broken = bed.broken();
    broken.retain(|words| words.contains("the lease of group"));
    assert_eq!(broken, Vec::<String>::new());
}

fn all_leases(bed: &TestBed) -> Vec<Lease> {
    let leases = bed.ledger.leases().now_or_never();
    leases.expect("memory answers").expect("it is read")
}

/// Gives a test bed that has no lease this one.
pub fn put_lease(bed: &TestBed, lease: &Lease) {
    let now = bed.world().now();
    let claim = Claim {
        group: lease.group.clone(),
        hold: LeaseHold {
            owner: "nobody".to_owned(),
            until: now,
        },
        now,
        record: FailoverRecord {
            cause: String::new(),
            alarms: Vec::new(),
            fired_at: now,
            failed_members: BTreeSet::new(),
            pending_reassociation: Vec::new(),
            former_targets: BTreeMap::new(),
            pending_fences: BTreeMap::new(),
            began_at: now,
            ended_at: None,
            to: None,
        },
    };
    let taken = bed.ledger.acquire_lease(&claim).now_or_never();
    let taken = taken.expect("memory answers").expect("it is written");
    assert!(matches!(&taken, Acquire::Granted(made) if made.lease_number == 1));
    let lease = Lease {
        lease_number: 1,
        ..lease.clone()
    };
    let put = bed.ledger.put_lease(&lease).now_or_never();
    let put = put.expect("memory answers").expect("it is written");
    assert_eq!(put, Written::Stored);
}

/// The group's row in the ledger.
///
/// # Panics
/// When it has none.
#[must_use]
pub fn lease(bed: &TestBed) -> Lease {
    let mut leases = all_leases(bed).into_iter();
    let own = leases.find(|lease| lease.group == GROUP.1);
    own.expect("the group has a lease")
}

/// Somebody else has the lease for so many seconds, and does nothing.
pub fn hold_lease(bed: &TestBed, seconds: i64) -> OffsetDateTime {
    let until = bed.world().now() + Duration::seconds(seconds);
    let mut held = Lease::new(GROUP.1);
    held.held = Some(LeaseHold {
        owner: "somebody".to_owned(),
        until,
    });
    put_lease(bed, &held);
    until
}

/// When Holdfast sent the first call that would change something, whatever EC2 said to it.
#[must_use]
pub fn first_change(bed: &TestBed) -> Option<OffsetDateTime> {
    let world = bed.world();
    let mut calls = world
        .calls()
        .iter()
        .filter(|call| is_holdfast(&call.caller) && !call.dry_run && !call.request.is_read());
    calls.next().map(|call| call.at)
}

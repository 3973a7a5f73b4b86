//! Runs that are given little time, find the lease taken, or are reconcile's; and what the lease says in the end.

use super::Trio;
use crate::client::tap::Fault;
use crate::client::{Player, Stage};
use crate::explorer::Run;
use crate::explorer::promises::is_holdfast;
use crate::scenarios::placement::GROUP;
use futures_util::FutureExt;
use holdfast::error::Error;
use holdfast::event::parse;
use holdfast::failover;
use holdfast::ledger::lease::{Claim, Episode, Held, Lease, Taken};
use holdfast::ledger::{Ledger, Written};
use holdfast::report::{Function, Outcome, Report};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use time::{Duration, OffsetDateTime};

impl Trio {
    /// Runs the function for an event, in so many seconds.
    ///
    /// # Errors
    /// The function's own.
    pub fn told_within(
        &self,
        stage: &Arc<Stage>,
        event: &Value,
        seconds: i64,
    ) -> Result<Report, Error> {
        let trigger = parse(event).expect("the scenario's events can be read");
        let player = stage.player("holdfast-alarm-failover");
        let (ports, settings) = (player.ports(), self.settings());
        let delivery = player.delivery(Duration::seconds(seconds));
        let run = failover::run(&ports, &settings, &trigger, delivery);
        run.now_or_never().expect("no fault stops the run")
    }

    /// A run of reconcile's part in failover.
    #[must_use]
    pub fn audit(&self, player: Player) -> Run<'static> {
        let player = player.acting_as("holdfast-reconcile");
        let settings = self.settings();
        Box::pin(async move {
            let (ports, delivery) = (player.ports(), player.delivery(super::TIMEOUT));
            let which = holdfast::cloud::Which::All;
            let seen = holdfast::cloud::ReadAddresses::addresses(&player, &which).await;
            let seen = seen.map_err(|source| Error::Unfinished {
                what: "the addresses were not read".to_owned(),
                source,
            })?;
            let seen: BTreeMap<_, _> = seen
                .into_iter()
                .map(|each| (each.allocation.clone(), each))
                .collect();
            let mut audit = failover::audit(&ports, &settings, &seen, delivery).await?;
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
    pub fn dies_at(&self, stage: &Arc<Stage>, event: &Value, name: &str, how: Fault) {
        stage.tap.plan(&[(self.call_of(stage, event, name), how)]);
        let run = self.deliver(stage.player("holdfast"), event);
        assert!(run.now_or_never().is_none(), "it dies");
    }

    /// The number that the first call of this name in a run for an event would have, among all of the stage.
    #[must_use]
    pub fn call_of(&self, stage: &Arc<Stage>, event: &Value, name: &str) -> usize {
        let made = stage.tap.passed().len();
        let rehearsal = self.rehearsed(stage, event);
        let call = rehearsal.iter().position(|it| *it == name);
        made + call.expect("it is called")
    }

    /// The calls that a run for an event would make on a stage that is as this one is now.
    fn rehearsed(&self, stage: &Arc<Stage>, event: &Value) -> Vec<&'static str> {
        let rehearsal = Stage::new(stage.world().clone());
        for lease in all_leases(stage) {
            put_lease(&rehearsal, &lease);
        }
        drop(self.try_told(&rehearsal, event));
        rehearsal.tap.names()
    }
}

/// No call so far that needed a lease was made without it, and none was given away.
pub(super) fn all_had_their_lease(stage: &Stage) {
    let mut broken = stage.broken();
    broken.retain(|words| words.contains("the lease of group"));
    assert_eq!(broken, Vec::<String>::new());
}

fn all_leases(stage: &Stage) -> Vec<Lease> {
    let leases = stage.ledger.leases().now_or_never();
    leases.expect("memory answers").expect("it is read")
}

/// Gives a stage that has no lease this one.
pub fn put_lease(stage: &Stage, lease: &Lease) {
    let now = stage.world().now();
    let claim = Claim {
        group: lease.group.clone(),
        hold: Held {
            owner: "nobody".to_owned(),
            until: now,
        },
        now,
        episode: Episode {
            cause: String::new(),
            alarms: Vec::new(),
            fired_at: now,
            sick: BTreeSet::new(),
            loosened: Vec::new(),
            fences: BTreeMap::new(),
            began_at: now,
            ended_at: None,
            to: None,
        },
    };
    let taken = stage.ledger.take_lease(&claim).now_or_never();
    let taken = taken.expect("memory answers").expect("it is written");
    assert!(matches!(&taken, Taken::Ours(made) if made.fencing == 1));
    let lease = Lease {
        fencing: 1,
        ..lease.clone()
    };
    let put = stage.ledger.put_lease(&lease).now_or_never();
    let put = put.expect("memory answers").expect("it is written");
    assert_eq!(put, Written::Stored);
}

/// The group's row in the ledger.
///
/// # Panics
/// When it has none.
#[must_use]
pub fn lease(stage: &Stage) -> Lease {
    let mut leases = all_leases(stage).into_iter();
    let own = leases.find(|lease| lease.group == GROUP.1);
    own.expect("the group has a lease")
}

/// Somebody else has the lease for so many seconds, and does nothing.
pub fn hold_lease(stage: &Stage, seconds: i64) -> OffsetDateTime {
    let until = stage.world().now() + Duration::seconds(seconds);
    let mut held = Lease::new(GROUP.1);
    held.held = Some(Held {
        owner: "somebody".to_owned(),
        until,
    });
    put_lease(stage, &held);
    until
}

/// When Holdfast sent the first call that would change something, whatever EC2 said to it.
#[must_use]
pub fn first_change(stage: &Stage) -> Option<OffsetDateTime> {
    let world = stage.world();
    let mut calls = world
        .calls()
        .iter()
        .filter(|call| is_holdfast(&call.caller) && !call.dry_run && !call.request.is_read());
    calls.next().map(|call| call.at)
}

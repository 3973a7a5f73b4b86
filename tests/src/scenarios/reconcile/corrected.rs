//! An address that the guard has restored on too little: its release came first, and the call that had moved it
//! before comes now, or never.

use super::lives::{Account, Place, Step};
use super::{GOOD, Installation, play};
use crate::client::{Client, TestBed};
use crate::explorer::promises::Promises;
use crate::explorer::{Run, Scenario};
use futures_util::FutureExt;
use holdfast::events::{Trigger, parse};
use holdfast::ledger::{MemoryLedger, ReleaseStatus};
use holdfast::settings::{Mode, Settings};
use serde_json::Value;
use std::sync::Arc;
use time::Duration;

/// The account after the guard's restoration.
#[derive(Debug, Clone)]
pub struct Misplaced {
    /// The account.
    pub account: Account,
    ledger: MemoryLedger,
    settings: Settings,
    late: Value,
}

impl Misplaced {
    /// Associated with the first instance as the ledger knows; moved to the second, taken from it, and released; only
    /// the release has arrived.
    #[must_use]
    pub fn new() -> Self {
        let mut account = Account::new();
        let settings = Installation::new().settings().clone();
        let ledger = MemoryLedger::default();
        account.begin_known();
        let at = account.world.now();
        run(&mut account, &ledger, &settings, Trigger::Schedule { at });
        for step in [Step::Associate(Place::B), Step::Disassociate, Step::Release] {
            account.take(step);
        }
        account.world.advance(Duration::seconds(10));
        let mut events = account.world.take_events();
        let release = events.pop().expect(GOOD);
        run(
            &mut account,
            &ledger,
            &settings,
            parse(&release).expect(GOOD),
        );
        account.world.advance(Duration::seconds(20));
        Self {
            account,
            ledger,
            settings,
            late: events.swap_remove(0),
        }
    }

    /// The account changes.
    #[must_use]
    pub fn then(mut self, change: impl FnOnce(&mut Account)) -> Self {
        change(&mut self.account);
        self
    }

    /// EC2 and the ledger.
    #[must_use]
    pub fn bed(&self) -> Arc<TestBed> {
        TestBed::with_ledger(self.account.world.clone(), self.ledger.fork())
    }

    /// The call that had moved it arrives.
    #[must_use]
    pub fn late_event(&self) -> Trigger {
        parse(&self.late).expect(GOOD)
    }

    /// A sweep, when CloudTrail's history is complete.
    #[must_use]
    pub fn audit(mut self) -> (Self, Trigger) {
        self.account.world.advance(Duration::minutes(25));
        let at = self.account.world.now();
        (self, Trigger::Schedule { at })
    }

    /// Where the address is.
    #[must_use]
    pub fn place(&self, bed: &TestBed) -> Option<Option<Place>> {
        self.account.whereabouts(&bed.world())
    }

    /// As something to be explored: it must end on that instance, with all restored.
    #[must_use]
    pub fn scenario(self, name: &'static str, trigger: Trigger, wanted: Place) -> Scenario {
        let (for_bed, for_goal) = (self.clone(), self.clone());
        let deliver = move |mode, trigger: Trigger| {
            let mut settings = self.settings.clone();
            settings.mode = mode;
            move |client: Client| -> Run<'static> {
                Box::pin(play(client, settings.clone(), trigger.clone()))
            }
        };
        Scenario {
            name,
            bed: Box::new(move || for_bed.bed()),
            deliver: Box::new(deliver(Mode::Enforce, trigger.clone())),
            observe: Box::new(deliver(Mode::Observe, trigger)),
            goal: Box::new(move |bed| for_goal.is_at(bed, wanted)),
            promises: Promises::with_changes(2),
        }
    }

    fn is_at(&self, bed: &TestBed, wanted: Place) -> Result<(), String> {
        let place = self.place(bed);
        let is_final = |status: &ReleaseStatus| {
            matches!(status, ReleaseStatus::Reclaimed { restored: true, .. })
        };
        let records = bed.ledger.releases();
        let is_restored = records.iter().all(|record| is_final(&record.status));
        if place == Some(Some(wanted)) && is_restored {
            return Ok(());
        }
        Err(format!(
            "it is at {place:?}, and the ledger has {records:?}"
        ))
    }
}

impl Default for Misplaced {
    fn default() -> Self {
        Self::new()
    }
}

fn run(account: &mut Account, ledger: &MemoryLedger, settings: &Settings, trigger: Trigger) {
    let bed = TestBed::with_ledger(account.world.clone(), ledger.clone());
    let client = bed.client("holdfast-reconcile");
    let ended = play(client, settings.clone(), trigger).now_or_never();
    drop(ended.expect(GOOD).expect(GOOD));
    account.world = bed.world().clone();
}

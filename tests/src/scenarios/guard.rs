//! An account with a protected address that somebody releases, and what may be special about it.

mod ends;
mod wishes;

use super::estate;
use crate::client::{ACCOUNT, Client, TestBed};
use crate::explorer::advice::must_be_accepted;
use crate::explorer::promises::{Promises, addresses};
use crate::explorer::{Run, Scenario};
use crate::looks;
use ec2_sim::World;
use ec2_sim::api::{Address, AllocateAddress, Caller, Tag};
use futures_util::FutureExt;
use holdfast::events::{Trigger, parse};
use holdfast::ledger::{Ledger, ReleaseRecord, Snapshot};
use holdfast::report::Function;
use holdfast::settings::{Mode, Settings};
use serde_json::Value;
use std::sync::Arc;
use time::Duration;

const NAME: &str = "gate.example.com";

/// How long a simulated Lambda may run.
pub const TIMEOUT: Duration = Duration::seconds(60);

/// An account with one protected address, associated and named, and somebody who releases it.
#[derive(Debug)]
pub struct Account {
    world: World,
    settings: Vec<(String, String)>,
    tags: Vec<Tag>,
    request: AllocateAddress,
    in_use: bool,
    named: bool,
    knows: bool,
    deny_at_release: Option<&'static str>,
    releaser: Caller,
}

/// The account after the release.
#[derive(Debug)]
pub struct Released {
    /// EC2, after the release.
    pub world: World,
    /// What the ledger knew at the time of the release.
    pub rows: Vec<Snapshot>,
    /// The release records that it had by then.
    pub records: Vec<ReleaseRecord>,
    /// The tags that the address had.
    pub tags: Vec<Tag>,
    /// The settings.
    pub settings: Settings,
    /// The event that tells of it.
    pub event: Value,
    /// The address.
    pub ip: String,
    /// Its allocation that ended.
    pub allocation: String,
    /// The interface that had it.
    pub eni: String,
}

/// An account like that, on a good day, with Holdfast enforcing.
#[must_use]
pub fn account() -> Account {
    let settings = [
        ("HOLDFAST_TABLE", "ledger"),
        ("HOLDFAST_MODE", "enforce"),
        ("AWS_REGION", "us-east-1"),
    ];
    Account {
        world: World::new(),
        settings: settings
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into(),
        tags: vec![
            Tag::new("holdfast:protect", "reclaim"),
            Tag::new("Name", "partner gateway"),
        ],
        request: AllocateAddress::default(),
        in_use: true,
        named: true,
        knows: true,
        deny_at_release: None,
        releaser: kim(),
    }
}

/// The person who releases things.
#[must_use]
pub fn kim() -> Caller {
    Caller::user(ACCOUNT, "kim")
}

impl Account {
    /// Changes the world before anything happens in it.
    #[must_use]
    pub fn world(mut self, change: impl FnOnce(&mut World)) -> Self {
        change(&mut self.world);
        self
    }

    /// Gives Holdfast a setting.
    #[must_use]
    pub fn set(mut self, key: &str, value: &str) -> Self {
        self.settings.push((key.to_owned(), value.to_owned()));
        self
    }

    /// Gives the address these tags instead.
    #[must_use]
    pub fn tagged(mut self, tags: &[(&str, &str)]) -> Self {
        self.tags = tags
            .iter()
            .map(|(key, value)| Tag::new(*key, *value))
            .collect();
        self
    }

    /// The address comes from one of the account's own pools, or from another border group.
    #[must_use]
    pub fn allocated_by(mut self, request: AllocateAddress) -> Self {
        self.request = request;
        self
    }

    /// The address is allocated, and nothing uses it.
    #[must_use]
    pub fn not_associated(mut self) -> Self {
        self.in_use = false;
        self
    }

    /// The address has no reverse DNS name.
    #[must_use]
    pub fn not_named(mut self) -> Self {
        self.named = false;
        self
    }

    /// The ledger knows nothing of the address.
    #[must_use]
    pub fn unknown_to_the_ledger(mut self) -> Self {
        self.knows = false;
        self
    }

    /// Somebody else releases it.
    #[must_use]
    pub fn released_by(mut self, caller: Caller) -> Self {
        self.releaser = caller;
        self
    }

    /// Holdfast is denied an action from the release on.
    #[must_use]
    pub fn denied(mut self, action: &'static str) -> Self {
        self.deny_at_release = Some(action);
        self
    }

    /// The owner builds, associates and names the address; the ledger takes note; it is released.
    #[must_use]
    pub fn released(mut self) -> Released {
        const GOOD: &str = "the scenario's own calls are good";
        let (world, owner) = (&mut self.world, Caller::user(ACCOUNT, "owner"));
        let eni = estate::interface(world, &owner, "10.0.0.5").expect(GOOD);
        let tags = self.tags.clone();
        let address = estate::allocate(world, &owner, self.request, tags).expect(GOOD);
        let allocation = address.allocation_id.as_str();
        world.advance(Duration::minutes(1));
        if self.in_use {
            let place = (eni.as_str(), "10.0.0.5");
            estate::put_to_use(world, &owner, allocation, place, NAME).expect(GOOD);
            if !self.named {
                estate::take_name_away(world, &owner, allocation).expect(GOOD);
            }
        }
        world.advance(Duration::minutes(10));
        let settings = Settings::read(self.settings).expect("the scenario's settings are good");
        let named = known_address(world, allocation);
        let is_named = self.in_use && self.named;
        let known = self.knows.then(|| named.snapshot(world, is_named));
        estate::take_out_of_use(world, &self.releaser, allocation).expect(GOOD);
        world.advance(Duration::minutes(5));
        estate::release(world, &self.releaser, allocation).expect(GOOD);
        let event = last_event(world, "ReleaseAddress");
        if let Some(action) = self.deny_at_release {
            self.world.deny("*holdfast*", action);
        }
        Released {
            world: self.world,
            rows: known.into_iter().collect(),
            records: Vec::new(),
            tags: self.tags,
            settings,
            event,
            ip: address.public_ip,
            allocation: address.allocation_id,
            eni,
        }
    }
}

fn last_event(world: &mut World, name: &str) -> Value {
    let later = Duration::seconds(10);
    world.advance(later);
    let events = world.take_events();
    let told = |event: &&Value| event["detail"]["eventName"] == name;
    events
        .iter()
        .rfind(told)
        .expect("the simulator emits an event for each call")
        .clone()
}

struct Named {
    address: holdfast::model::elastic_ip::Address,
}

impl Named {
    fn snapshot(&self, world: &World, is_named: bool) -> Snapshot {
        let observation = holdfast::ledger::snapshot::Observation {
            address: &self.address,
            reverse_dns: Some(is_named.then_some(NAME)),
            at: world.now(),
        };
        let mut snapshot = Snapshot::first(observation);
        snapshot.revision = 1;
        snapshot
    }
}

fn known_address(world: &World, allocation: &str) -> Named {
    let bed = TestBed::new(world.clone());
    let which = holdfast::cloud::AddressFilter::Allocations(vec![
        allocation
            .parse()
            .expect("the simulator makes well-formed identifiers"),
    ]);
    let client = bed.client("holdfast-reconcile");
    let found = holdfast::cloud::ReadAddresses::addresses(&client, &which).now_or_never();
    let address = found.and_then(Result::ok).and_then(|mut found| found.pop());
    Named {
        address: address.expect("the address is there before it is released"),
    }
}

impl Released {
    /// Changes the world after the release.
    #[must_use]
    pub fn then(mut self, change: impl FnOnce(&mut World, &str)) -> Self {
        change(&mut self.world, &self.ip);
        self
    }

    /// The test bed on which the guard is to act.
    #[must_use]
    pub fn bed(&self) -> Arc<TestBed> {
        let bed = TestBed::new(self.world.clone());
        for row in &self.rows {
            let mut row = row.clone();
            row.revision = 1;
            let _ = bed.ledger.put_snapshot(&row).now_or_never();
        }
        for record in &self.records {
            let mut record = record.clone();
            record.revision = 1;
            let _ = bed.ledger.put_release(&record).now_or_never();
        }
        bed
    }

    /// Delivers the event once, with nothing going wrong.
    #[must_use]
    pub fn guarded(self) -> Guarded {
        let bed = self.bed();
        Guarded {
            bed,
            released: self,
        }
    }

    /// As something to be explored: it must end with the address back, and everything with it.
    #[must_use]
    pub fn scenario(self, name: &'static str) -> Scenario {
        let most = Promises::with_changes(3);
        self.scenario_that(name, most, Self::is_back)
    }

    /// As something to be explored, with an end of its own.
    #[must_use]
    pub fn scenario_that(
        self,
        name: &'static str,
        promises: Promises,
        goal: impl Fn(&Self, &TestBed) -> Result<(), String> + 'static,
    ) -> Scenario {
        let released = Arc::new(self);
        let (for_bed, for_run, for_goal) = (
            Arc::clone(&released),
            Arc::clone(&released),
            Arc::clone(&released),
        );
        Scenario {
            name,
            bed: Box::new(move || for_bed.bed()),
            deliver: Box::new(move |client| for_run.deliver(client)),
            observe: Box::new(move |client| released.deliver_in(Mode::Observe, client)),
            goal: Box::new(move |bed| goal(&for_goal, bed)),
            promises,
        }
    }

    /// Delivers the event once.
    #[must_use]
    pub fn deliver(&self, client: Client) -> Run<'static> {
        self.deliver_in(self.settings.mode, client)
    }

    /// Delivers the event to a run in that mode.
    #[must_use]
    pub fn deliver_in(&self, mode: Mode, client: Client) -> Run<'static> {
        let mut settings = self.settings.clone();
        settings.mode = mode;
        let trigger = parse(&self.event).expect("the simulator's events can be read");
        Box::pin(deliver(client, settings, trigger))
    }

    /// The address, if the account has it.
    #[must_use]
    pub fn held(&self, bed: &TestBed) -> Option<Address> {
        addresses(&bed.world())
            .into_values()
            .find(|address| address.public_ip == self.ip)
    }
}

async fn deliver(
    client: Client,
    settings: Settings,
    trigger: Trigger,
) -> Result<holdfast::report::Report, holdfast::error::Error> {
    let client = client.acting_as("holdfast-release-guard");
    let (ports, delivery) = (client.ports(), client.delivery(TIMEOUT));
    let function = Function::ReleaseGuard;
    let run = looks::run(client.bed(), function, ports, &settings, &trigger, delivery);
    let report = Box::pin(run).await?;
    ends::note_claims(client.run(), &report, client.bed());
    Ok(report)
}

/// The one release record in the ledger.
#[must_use]
pub fn record(bed: &TestBed) -> Option<ReleaseRecord> {
    bed.ledger.releases().pop()
}

/// A release with the guard at work.
#[derive(Debug)]
pub struct Guarded {
    /// What it acts on.
    pub bed: Arc<TestBed>,
    /// What was released.
    pub released: Released,
}

impl Guarded {
    /// Delivers the event once more.
    ///
    /// # Errors
    /// The guard's own.
    pub fn report(&self) -> Result<holdfast::report::Report, holdfast::error::Error> {
        let run = self
            .released
            .deliver(self.bed.client("holdfast-release-guard"));
        let end = run.now_or_never();
        let end = end.expect("without a fault, a simulated run never waits");
        must_be_accepted(&end, &self.bed);
        end
    }

    /// Somebody takes the address, which is back, out of use and releases it once more.
    ///
    /// # Panics
    /// When it is not back.
    #[must_use]
    pub fn released_again(self, by: &Caller) -> Released {
        const GOOD: &str = "the scenario's own calls are good";
        let held = self.released.held(&self.bed);
        let allocation = held.expect("the address is back").allocation_id;
        let rows = self.bed.ledger.snapshots().now_or_never();
        let mut world = self.bed.world().clone();
        world.advance(Duration::minutes(10));
        drop(world.take_events());
        estate::take_out_of_use(&mut world, by, &allocation).expect(GOOD);
        world.advance(Duration::minutes(5));
        estate::release(&mut world, by, &allocation).expect(GOOD);
        let event = last_event(&mut world, "ReleaseAddress");
        Released {
            rows: rows.and_then(Result::ok).unwrap_or_default(),
            world,
            event,
            allocation,
            ..self.released
        }
    }

    /// The names of the calls so far.
    #[must_use]
    pub fn calls(&self) -> Vec<&'static str> {
        self.bed.faults.names()
    }
}

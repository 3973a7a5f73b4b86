//! Holdfast at work in an account over some time: people change addresses, events come as EventBridge
//! brings them (late, twice, shuffled or never), reconcile runs on its schedule.

#![allow(
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::result_large_err,
    reason = "a scenario whose own calls are refused is wrong, and the test must end there; errors are \
              handed on whole, as the functions give them"
)]

pub mod corrected;
pub mod finds;
pub mod lives;

use super::estate;
use crate::client::{ACCOUNT, Client, TestBed};
use crate::explorer::advice::must_be_accepted;
use crate::explorer::promises::addresses;
use crate::explorer::truth;
use crate::looks;
use ec2_sim::World;
use ec2_sim::api::{
    Address, AllocateAddress, AssociateAddress, Caller, CreateTags, DeleteTags,
    DisassociateAddress, ReleaseAddress, Request, Tag, TagToDelete,
};
use futures_util::FutureExt;
use holdfast::error::Error;
use holdfast::events::{Trigger, parse};
use holdfast::ledger::{Ledger, ReleaseRecord, Snapshot};
use holdfast::model::cloudtrail::AddressChange;
use holdfast::report::{Function, Report};
use holdfast::settings::Settings;
use serde_json::{Value, json};
use std::sync::Arc;
use time::{Duration, OffsetDateTime};

/// How long a run of reconcile may take.
pub const TIMEOUT: Duration = Duration::minutes(5);

const GOOD: &str = "the scenario's own calls are good";

/// What becomes of an event on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryFate {
    /// It arrives so many seconds after its call.
    After(u16),
    /// It arrives twice.
    Twice(u16, u16),
    /// It never arrives.
    Lost,
}

fn settings(mode: &str) -> Settings {
    let settings = [
        ("HOLDFAST_TABLE", "ledger"),
        ("HOLDFAST_MODE", mode),
        ("AWS_REGION", "us-east-1"),
    ];
    let settings = settings.map(|(key, value)| (key.to_owned(), value.to_owned()));
    Settings::read(settings).expect("the scenario's settings are good")
}

/// An account in which Holdfast is installed.
#[derive(Debug)]
pub struct Installation {
    /// EC2 and the ledger.
    pub bed: Arc<TestBed>,
    settings: Settings,
    owner: Caller,
    fates: Vec<DeliveryFate>,
    told: usize,
    waiting: Vec<(OffsetDateTime, usize, Value)>,
}

/// One address of the account, as whoever works with it knows it.
#[derive(Debug, Clone)]
pub struct Known {
    /// Its allocation.
    pub allocation: String,
    /// The address.
    pub ip: String,
    /// An interface of its own to associate it with.
    pub eni: String,
}

impl Installation {
    /// An empty account with Holdfast enforcing; every event arrives a second after its call.
    #[must_use]
    pub fn new() -> Self {
        Self::in_world(World::new())
    }

    /// The same in a world that is there already.
    #[must_use]
    pub fn in_world(mut world: World) -> Self {
        world.settings().address_quota = 100_000;
        Self {
            bed: TestBed::new(world),
            settings: settings("enforce"),
            owner: Caller::user(ACCOUNT, "owner"),
            fates: vec![DeliveryFate::After(1)],
            told: 0,
            waiting: Vec::new(),
        }
    }

    /// The same with Holdfast observing only.
    #[must_use]
    pub fn observing(mut self) -> Self {
        self.settings = settings("observe");
        self
    }

    /// What becomes of the events, one after the other, and again from the first.
    pub fn fates(&mut self, fates: &[DeliveryFate]) {
        if !fates.is_empty() {
            self.fates = fates.to_vec();
        }
    }

    /// The settings.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Somebody allocates an address.
    #[must_use]
    pub fn allocate(&self, protection: Option<&str>) -> Known {
        let mut world = self.bed.world();
        let eni = estate::interface(&mut world, &self.owner, "10.0.0.5").expect(GOOD);
        let tags = protection.map(|value| Tag::new("holdfast:protect", value));
        let tags = tags.into_iter().collect();
        let request = AllocateAddress::default();
        let given = estate::allocate(&mut world, &self.owner, request, tags).expect(GOOD);
        Known {
            allocation: given.allocation_id,
            ip: given.public_ip,
            eni,
        }
    }

    /// Somebody allocates many addresses, which nothing uses.
    #[must_use]
    pub fn allocate_many(&self, number: usize, protection: &str) -> Vec<Known> {
        let mut world = self.bed.world();
        let allocated = (0..number).map(|_| {
            let tags = vec![Tag::new("holdfast:protect", protection)];
            let request = AllocateAddress::default();
            let given = estate::allocate(&mut world, &self.owner, request, tags).expect(GOOD);
            let (allocation, ip, eni) = (given.allocation_id, given.public_ip, String::new());
            Known {
                allocation,
                ip,
                eni,
            }
        });
        allocated.collect()
    }

    /// Nothing that has happened so far is told by an event.
    pub fn lose_events(&self) {
        drop(self.events());
    }

    /// The events that have not been delivered yet.
    #[must_use]
    pub fn events(&self) -> Vec<Value> {
        let mut world = self.bed.world();
        world.advance(Duration::seconds(1));
        world.take_events()
    }

    /// Somebody protects it.
    pub fn protect(&self, known: &Known) {
        self.call(&Request::CreateTags(CreateTags {
            resources: vec![known.allocation.clone()],
            tags: vec![Tag::new("holdfast:protect", "reclaim")],
        }));
    }

    /// Somebody takes its protection away.
    pub fn unprotect(&self, known: &Known) {
        self.call(&Request::DeleteTags(DeleteTags {
            resources: vec![known.allocation.clone()],
            tags: vec![TagToDelete {
                key: "holdfast:protect".to_owned(),
                value: None,
            }],
        }));
    }

    /// Somebody associates it with its interface.
    pub fn associate(&self, known: &Known) {
        self.call(&Request::AssociateAddress(AssociateAddress {
            allocation_id: Some(known.allocation.clone()),
            network_interface_id: Some(known.eni.clone()),
            private_ip_address: Some("10.0.0.5".to_owned()),
            ..AssociateAddress::default()
        }));
    }

    /// Somebody associates it with another interface, in one call; the interface.
    #[must_use]
    pub fn reassociate(&self, known: &Known) -> String {
        let eni = {
            let mut world = self.bed.world();
            estate::interface(&mut world, &self.owner, "10.0.0.6").expect(GOOD)
        };
        self.call(&Request::AssociateAddress(AssociateAddress {
            allocation_id: Some(known.allocation.clone()),
            network_interface_id: Some(eni.clone()),
            private_ip_address: Some("10.0.0.6".to_owned()),
            allow_reassociation: Some(true),
            ..AssociateAddress::default()
        }));
        eni
    }

    /// Somebody ends its association, if it has one.
    pub fn disassociate(&self, known: &Known) {
        let association = self.held(&known.ip).and_then(|address| address.association);
        if let Some(association) = association {
            self.call(&Request::DisassociateAddress(DisassociateAddress {
                association_id: Some(association.association_id),
                ..DisassociateAddress::default()
            }));
        }
    }

    /// Somebody releases it, after ending its association.
    pub fn release(&self, known: &Known) {
        self.disassociate(known);
        self.call(&Request::ReleaseAddress(ReleaseAddress {
            allocation_id: Some(known.allocation.clone()),
            ..ReleaseAddress::default()
        }));
    }

    /// Somebody offers it to another account, after ending its association.
    pub fn offer(&self, known: &Known) {
        self.disassociate(known);
        let parameters = json!({"EnableAddressTransferRequest": {
            "AllocationId": known.allocation,
            "TransferAccountId": "444455556666",
        }});
        let mut world = self.bed.world();
        world.tell_of(
            &self.owner,
            "EnableAddressTransfer",
            &parameters,
            &json!({}),
        );
    }

    /// Somebody takes the offer back.
    pub fn withdraw(&self, known: &Known) {
        let parameters = json!({"DisableAddressTransferRequest": {
            "AllocationId": known.allocation,
        }});
        let mut world = self.bed.world();
        world.tell_of(
            &self.owner,
            "DisableAddressTransfer",
            &parameters,
            &json!({}),
        );
    }

    /// The other account accepts it.
    pub fn accept(&self, known: &Known) {
        let parameters = json!({"AcceptAddressTransferRequest": {"Address": known.ip}});
        let mut world = self.bed.world();
        world.transfer_address_away(&known.allocation);
        world.tell_of(
            &self.owner,
            "AcceptAddressTransfer",
            &parameters,
            &json!({}),
        );
    }

    fn call(&self, request: &Request) {
        let mut world = self.bed.world();
        world.call(&self.owner, request, false).expect(GOOD);
    }

    /// The address, if the account has it.
    #[must_use]
    pub fn held(&self, ip: &str) -> Option<Address> {
        let all = addresses(&self.bed.world());
        all.into_values().find(|address| address.public_ip == ip)
    }

    /// Runs reconcile on its schedule.
    ///
    /// # Errors
    /// Reconcile's own.
    pub fn sweep(&self) -> Result<Report, Error> {
        let at = self.bed.world().now();
        self.run(Trigger::Schedule { at })
    }

    /// Delivers one event to the function that its rule names.
    ///
    /// # Errors
    /// The function's own.
    pub fn deliver(&self, event: &Value) -> Result<Report, Error> {
        self.run(parse(event).map_err(Error::Event)?)
    }

    fn run(&self, trigger: Trigger) -> Result<Report, Error> {
        let client = self.bed.client("holdfast");
        let run = play(client, self.settings.clone(), trigger).now_or_never();
        let end = run.expect("without a fault, a simulated run never waits");
        assert_eq!(self.bed.broken(), Vec::<String>::new());
        must_be_accepted(&end, &self.bed);
        end
    }

    /// Lets time pass, and delivers what arrives meanwhile. An event whose run fails comes again a minute
    /// later.
    pub fn pass(&mut self, how_long: Duration) {
        let until = self.bed.world().now() + how_long;
        loop {
            self.collect();
            self.waiting.sort_by_key(|(due, number, _)| (*due, *number));
            let is_due = self.waiting.first().is_some_and(|(due, ..)| *due <= until);
            if !is_due {
                break;
            }
            let (due, number, event) = self.waiting.remove(0);
            self.bed.world().advance_to(due);
            if self.deliver(&event).is_err() {
                self.waiting
                    .push((due + Duration::minutes(1), number, event));
            }
        }
        self.bed.world().advance_to(until);
    }

    fn collect(&mut self) {
        let events = self.bed.world().take_events();
        let now = self.bed.world().now();
        for event in events {
            let fate = self.fates[self.told % self.fates.len()];
            self.told += 1;
            let delays = match fate {
                DeliveryFate::After(seconds) => vec![seconds],
                DeliveryFate::Twice(first, second) => vec![first, second],
                DeliveryFate::Lost => Vec::new(),
            };
            let late = |seconds| now + Duration::seconds(i64::from(seconds));
            let number = self.told;
            let copies = delays
                .into_iter()
                .map(|delay| (late(delay), number, event.clone()));
            self.waiting.extend(copies);
        }
    }

    /// Lets all events arrive, and reconcile run until CloudTrail has told everything that it knows.
    ///
    /// # Errors
    /// Reconcile's own, from its last run.
    pub fn come_to_rest(&mut self) -> Result<(), Error> {
        let mut last = Ok(());
        for _ in 0..8 {
            self.pass(Duration::minutes(10));
            last = self.sweep().map(drop);
        }
        last
    }

    /// The ledger's snapshots.
    #[must_use]
    pub fn snapshots(&self) -> Vec<Snapshot> {
        let rows = self.bed.ledger.snapshots().now_or_never();
        rows.and_then(Result::ok).unwrap_or_default()
    }

    /// The ledger's release records.
    #[must_use]
    pub fn releases(&self) -> Vec<ReleaseRecord> {
        self.bed.ledger.releases()
    }
}

impl Default for Installation {
    fn default() -> Self {
        Self::new()
    }
}

/// One run of the function that is meant for the trigger. What it reports has to be so.
///
/// # Errors
/// The function's own.
pub async fn play(client: Client, settings: Settings, trigger: Trigger) -> Result<Report, Error> {
    let is_release = match &trigger {
        Trigger::Call(record) => matches!(record.change, AddressChange::Released { .. }),
        _ => false,
    };
    let client = client.acting_as(if is_release {
        "holdfast-release-guard"
    } else {
        "holdfast-reconcile"
    });
    let (ports, delivery) = (client.ports(), client.delivery(TIMEOUT));
    let function = if is_release {
        Function::ReleaseGuard
    } else {
        Function::Reconcile
    };
    let run = looks::run(client.bed(), function, ports, &settings, &trigger, delivery);
    let end = Box::pin(run).await;
    if let Ok(report) = &end {
        let false_claims =
            truth::false_statements_of_run(client.run(), report, &client.bed().world());
        client.bed().note_broken(false_claims);
    }
    end
}

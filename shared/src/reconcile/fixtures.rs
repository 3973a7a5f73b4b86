//! A small account of its own, for the tests of reconcile: addresses that can be changed by hand, a
//! clock that stands still, and a count of every call.

mod failover;
mod ledger;
mod records;
mod trouble;

pub(super) use ledger::*;
pub(super) use records::*;
pub(super) use trouble::Trouble;

use crate::clock::Clock;
use crate::cloud::{
    AddressFilter, Allocate, AllocateAddressRequest, Allocated, Associate, CloudError,
    Disassociate, Failure, InstanceFilter, InterfaceFilter, Missing, ReadAddresses,
    ReadEventHistory, ReadInstances, ReadInterfaces, SetReverseDns,
};
use crate::error::Error;
use crate::events::Trigger;
use crate::ledger::{AllocationRows, Ledger, MemoryLedger, Snapshot};
use crate::model::cloudtrail::Record;
use crate::model::elastic_ip::{Address, Association, Pool};
use crate::model::ids::{AllocationId, AssociationId, BorderGroup, EniId};
use crate::model::instance::Instance;
use crate::model::interface::Interface;
use crate::model::tags::Tags;
use crate::ports::{Delivery, Ports};
use crate::release_guard;
use crate::report::{Report, Subject, SweepReport};
use crate::settings::Settings;
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use time::OffsetDateTime;
use time::macros::datetime;

pub(super) const START: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

/// What EC2 has, and what it was asked.
#[derive(Debug, Default)]
pub(super) struct Account {
    pub(super) addresses: BTreeMap<AllocationId, Address>,
    pub(super) instances: Vec<Instance>,
    pub(super) names: BTreeMap<AllocationId, String>,
    pub(super) history: Vec<Record>,
    pub(super) calls: Vec<&'static str>,
    /// Which calls are not answered, and why.
    pub(super) trouble: BTreeMap<&'static str, Trouble>,
    /// Somebody else has every released address.
    pub(super) taken: bool,
    /// What a describe of everything leaves out, though it is there.
    pub(super) cut_short: bool,
}

/// The account behind its traits.
#[derive(Debug, Clone, Default)]
pub(super) struct Cloud(Arc<Mutex<Account>>);

/// A clock that goes when it is told to.
#[derive(Debug, Clone)]
pub(super) struct Hands(Arc<Mutex<OffsetDateTime>>);

/// An installation in that account.
pub(super) struct Installation {
    pub(super) ports: Ports<Cloud, MemoryLedger, Hands>,
    pub(super) settings: Settings,
    /// How long Lambda lets a run go on.
    pub(super) runs_for: Duration,
}

pub(super) fn installation() -> Installation {
    let settings = [
        ("HOLDFAST_TABLE", "ledger"),
        ("HOLDFAST_MODE", "enforce"),
        ("AWS_REGION", "eu-west-1"),
    ];
    let settings = settings.map(|(key, value)| (key.to_owned(), value.to_owned()));
    Installation {
        ports: Ports {
            cloud: Cloud::default(),
            ledger: MemoryLedger::default(),
            clock: Hands(Arc::new(Mutex::new(START))),
        },
        settings: Settings::read(settings).unwrap(),
        runs_for: Duration::from_mins(1),
    }
}

pub(super) fn allocation(number: usize) -> AllocationId {
    format!("eipalloc-{number:08}").parse().unwrap()
}

pub(super) fn ip(number: usize) -> Ipv4Addr {
    let [.., high, low] = u32::try_from(number).unwrap().to_be_bytes();
    match number {
        0..=255 => Ipv4Addr::new(203, 0, 113, low),
        _ => Ipv4Addr::new(198, 18, high, low),
    }
}

pub(super) fn address(number: usize) -> Address {
    Address {
        allocation: allocation(number),
        ip: ip(number),
        pool: Pool::Amazon,
        border_group: Some(BorderGroup("eu-west-1".to_owned())),
        tags: Tags::new(),
        association: None,
        service_managed: None,
    }
}

pub(super) fn association(number: usize) -> Association {
    Association {
        id: association_id(number),
        eni: Some("eni-0a".parse().unwrap()),
        private_ip: Some(Ipv4Addr::new(10, 0, 0, 5)),
        instance: Some("i-0a".parse().unwrap()),
    }
}

pub(super) fn association_id(number: usize) -> AssociationId {
    format!("eipassoc-{number:08}").parse().unwrap()
}

pub(super) fn protect(value: &str) -> Tags {
    Tags::from([("holdfast:protect".to_owned(), value.to_owned())])
}

impl Installation {
    pub(super) fn account(&self) -> MutexGuard<'_, Account> {
        self.ports.cloud.account()
    }

    pub(super) fn with(self, address: Address) -> Self {
        self.put(address);
        self
    }

    pub(super) fn put(&self, address: Address) {
        let mut account = self.account();
        account
            .addresses
            .insert(address.allocation.clone(), address);
    }

    pub(super) fn change(&self, number: usize, change: impl FnOnce(&mut Address)) {
        let mut account = self.account();
        change(account.addresses.get_mut(&allocation(number)).unwrap());
    }

    pub(super) fn now(&self) -> OffsetDateTime {
        self.ports.clock.now()
    }

    pub(super) fn pass(&self, duration: Duration) {
        self.ports.clock.pass(duration);
    }

    pub(super) fn minutes_later(&self, minutes: u64) {
        self.pass(Duration::from_mins(minutes));
    }

    pub(super) fn release(&self, number: usize) -> Record {
        self.account().addresses.remove(&allocation(number));
        released(number, self.now())
    }

    fn delivery(&self) -> Delivery {
        Delivery {
            ends_at: self.now() + self.runs_for,
            run: 0,
        }
    }

    /// Everything that the account holds.
    pub(super) fn held(&self) -> Vec<Address> {
        self.account().addresses.values().cloned().collect()
    }

    /// The call is in CloudTrail's history, whether an event tells of it or not.
    pub(super) fn in_the_trail(&self, record: Record) -> Record {
        self.account().history.push(record.clone());
        record
    }

    pub(super) async fn try_sweep(&self) -> Result<Report, Error> {
        let at = self.now();
        super::run(
            &self.ports,
            &self.settings,
            &Trigger::Schedule { at },
            self.delivery(),
        )
        .await
    }

    pub(super) async fn sweep(&self) -> Report {
        self.try_sweep().await.unwrap()
    }

    pub(super) async fn hears(&self, record: &Record) -> Report {
        let trigger = Trigger::Call(Box::new(record.clone()));
        super::run(&self.ports, &self.settings, &trigger, self.delivery())
            .await
            .unwrap()
    }

    pub(super) async fn guard_hears(&self, record: &Record) -> Report {
        let trigger = Trigger::Call(Box::new(record.clone()));
        Box::pin(release_guard::run(
            &self.ports,
            &self.settings,
            &trigger,
            self.delivery(),
        ))
        .await
        .unwrap()
    }

    pub(super) async fn known(&self, number: usize) -> AllocationRows {
        self.ports.ledger.read(&allocation(number)).await.unwrap()
    }

    pub(super) async fn row(&self, number: usize) -> Snapshot {
        self.known(number).await.snapshot.unwrap()
    }

    /// How often each EC2 call was made since this was asked last.
    pub(super) fn calls(&self) -> BTreeMap<&'static str, usize> {
        let mut counts = BTreeMap::new();
        for call in std::mem::take(&mut self.account().calls) {
            *counts.entry(call).or_default() += 1;
        }
        counts
    }
}

pub(super) fn swept(report: &Report) -> &SweepReport {
    match &report.subject {
        Subject::Sweep(sweep) => sweep,
        other => panic!("no sweep: {other:?}"),
    }
}

impl Cloud {
    fn account(&self) -> MutexGuard<'_, Account> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Hands {
    fn pass(&self, duration: Duration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += duration;
    }
}

impl Clock for Hands {
    fn now(&self) -> OffsetDateTime {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn sleep(&self, how_long: Duration) {
        self.pass(how_long);
        tokio::task::yield_now().await;
    }
}

fn failure(action: &'static str, code: &str) -> Failure {
    Failure {
        action,
        code: Some(code.to_owned()),
        message: None,
        request_id: None,
        source: None,
    }
}

fn is_asked_for(which: &AddressFilter, address: &Address) -> bool {
    match which {
        AddressFilter::All => true,
        AddressFilter::Allocations(allocations) => allocations.contains(&address.allocation),
        AddressFilter::Ip(ip) => address.ip == *ip,
        AddressFilter::TagKey(key) => address.tags.contains_key(key),
        AddressFilter::Tag { key, value } => address.tags.get(key) == Some(value),
    }
}

impl ReadAddresses for Cloud {
    async fn addresses(&self, which: &AddressFilter) -> Result<Vec<Address>, CloudError> {
        let account = self.asked("DescribeAddresses")?;
        if account.cut_short && *which == AddressFilter::All {
            return Ok(Vec::new());
        }
        let asked_for = |address: &&Address| is_asked_for(which, address);
        Ok(account
            .addresses
            .values()
            .filter(asked_for)
            .cloned()
            .collect())
    }

    async fn reverse_dns_names(
        &self,
        which: &AddressFilter,
    ) -> Result<BTreeMap<AllocationId, String>, CloudError> {
        let account = self.asked("DescribeAddressesAttribute")?;
        let asked_for = |(allocation, _): &(&AllocationId, &String)| {
            let address = account.addresses.get(*allocation);
            address.is_some_and(|address| is_asked_for(which, address))
        };
        let names = account.names.iter().filter(asked_for);
        Ok(names.map(|(id, name)| (id.clone(), name.clone())).collect())
    }
}

impl Allocate for Cloud {
    async fn allocate(&self, request: &AllocateAddressRequest) -> Result<Allocated, CloudError> {
        let mut account = self.asked("AllocateAddress")?;
        if account.taken || account.addresses.values().any(|held| held.ip == request.ip) {
            return Err(CloudError::NotFound {
                what: Missing::Address,
                failure: failure("ec2:AllocateAddress", "InvalidAddress.NotFound"),
            });
        }
        let number = 1_000_000 + account.calls.len();
        let allocation = allocation(number);
        let address = Address {
            allocation: allocation.clone(),
            ip: request.ip,
            tags: request.tags.clone(),
            ..address(number)
        };
        account.addresses.insert(allocation.clone(), address);
        Ok(Allocated {
            allocation,
            ip: request.ip,
        })
    }
}

impl Associate for Cloud {
    async fn associate(
        &self,
        allocation: &AllocationId,
        eni: &EniId,
        private_ip: Ipv4Addr,
    ) -> Result<AssociationId, CloudError> {
        let mut account = self.asked("AssociateAddress")?;
        let number = 1_000_000 + account.calls.len();
        if let Some(address) = account.addresses.get_mut(allocation) {
            address.association = Some(Association {
                eni: Some(eni.clone()),
                private_ip: Some(private_ip),
                ..association(number)
            });
        }
        Ok(association_id(number))
    }
}

impl SetReverseDns for Cloud {
    async fn set_reverse_dns(
        &self,
        allocation: &AllocationId,
        name: &str,
    ) -> Result<(), CloudError> {
        let mut account = self.asked("ModifyAddressAttribute")?;
        account.names.insert(allocation.clone(), name.to_owned());
        Ok(())
    }
}

impl ReadInterfaces for Cloud {
    async fn interface(&self, eni: &EniId) -> Result<Option<Interface>, CloudError> {
        let account = self.asked("DescribeNetworkInterfaces")?;
        drop(account);
        Ok(Some(Interface {
            private_ips: BTreeMap::from([(Ipv4Addr::new(10, 0, 0, 5), None)]),
            ..Interface::bare(eni.clone())
        }))
    }

    async fn interfaces(&self, which: &InterfaceFilter) -> Result<Vec<Interface>, CloudError> {
        drop(self.asked("DescribeNetworkInterfaces")?);
        let ids = match which {
            InterfaceFilter::Ids(ids) => ids.as_slice(),
            InterfaceFilter::TagKeys(_)
            | InterfaceFilter::PrimaryOf(_)
            | InterfaceFilter::AttachedTo { .. } => &[],
        };
        let free = |eni: &EniId| Interface {
            private_ips: BTreeMap::from([(Ipv4Addr::new(10, 0, 0, 5), None)]),
            ..Interface::bare(eni.clone())
        };
        Ok(ids.iter().map(free).collect())
    }
}

impl ReadInstances for Cloud {
    async fn instances(&self, _: &InstanceFilter) -> Result<Vec<Instance>, CloudError> {
        Ok(self.asked("DescribeInstances")?.instances.clone())
    }
}

impl Disassociate for Cloud {
    async fn disassociate(&self, ended: &AssociationId) -> Result<(), CloudError> {
        let mut account = self.asked("DisassociateAddress")?;
        for address in account.addresses.values_mut() {
            address.association.take_if(|it| it.id == *ended);
        }
        Ok(())
    }
}

impl ReadEventHistory for Cloud {
    async fn event_history(&self, allocation: &AllocationId) -> Result<Vec<Record>, CloudError> {
        let account = self.asked("LookupEvents")?;
        let names_it = |record: &&Record| format!("{record:?}").contains(allocation.as_str());
        Ok(account.history.iter().filter(names_it).cloned().collect())
    }
}

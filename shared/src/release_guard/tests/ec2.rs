//! A small EC2 for the guard alone. It has a few addresses, one interface, a clock that goes when somebody
//! waits. And it has a script of what happens, and what goes wrong, at which call.
#![expect(
    clippy::result_large_err,
    reason = "the functions' own error is returned as it is"
)]

use super::super::handle_release;
use super::*;
use crate::clock::Clock;
use crate::cloud::{
    AddressFilter, Allocate, AllocateAddressRequest, Allocated, Associate, CloudError, Failure,
    InterfaceFilter, ReadAddresses, ReadEventHistory, ReadInterfaces, SetReverseDns,
};
use crate::error::Error;
use crate::ledger::{Ledger, MemoryLedger};
use crate::model::cloudtrail::Record;
use crate::model::ids::{AllocationId, AssociationId, EniId};
use crate::model::interface::{Interface, InterfaceAssociation};
use crate::ports::{Delivery, Ports};
use crate::report::{Function, Report, Subject};
use futures_util::FutureExt;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What happens right before a call is carried out; an error is what the call is answered with instead.
pub(super) type Script = Box<dyn FnOnce(&mut Ec2) -> Result<(), CloudError> + Send>;

/// What EC2 has, what it was asked, and what is to happen.
pub(super) struct Ec2 {
    pub(super) now: OffsetDateTime,
    pub(super) held: Vec<Address>,
    pub(super) interface: Option<Interface>,
    pub(super) names: BTreeMap<AllocationId, String>,
    pub(super) history: Vec<Record>,
    /// The tags of each request for an address.
    pub(super) requests: Vec<AllocateAddressRequest>,
    /// It allocates this address whatever it is asked for.
    pub(super) gives_instead: Option<Ipv4Addr>,
    /// So many of the next looks at an allocation show nothing.
    pub(super) lagging_looks: usize,
    calls: Vec<(OffsetDateTime, &'static str)>,
    scripts: BTreeMap<&'static str, VecDeque<Script>>,
    refused: BTreeMap<&'static str, &'static str>,
}

/// It behind its traits.
#[derive(Clone)]
pub(super) struct Cloud(Arc<Mutex<Ec2>>);

/// A release with the guard at work.
pub(super) struct Guarded {
    pub(super) cloud: Cloud,
    pub(super) ledger: MemoryLedger,
    pub(super) settings: Settings,
    pub(super) release: Release,
    /// How long Lambda lets the run go on.
    pub(super) ends_in: Duration,
}

/// An answer with this code.
pub(super) fn refusal(code: &str) -> CloudError {
    CloudError::from(Failure {
        action: "ec2:AllocateAddress",
        code: Some(code.to_owned()),
        message: None,
        request_id: None,
        source: None,
    })
}

/// The allocation under which EC2 gives an address for the first time, the second time and so on.
pub(super) fn new_allocation(number: usize) -> AllocationId {
    format!("eipalloc-new{number}").parse().unwrap()
}

pub(super) fn elsewhere(eni: &str, private_ip: Ipv4Addr) -> Association {
    Association {
        id: "eipassoc-99".parse().unwrap(),
        eni: Some(eni.parse().unwrap()),
        private_ip: Some(private_ip),
        instance: None,
    }
}

impl Ec2 {
    pub(super) fn address(&mut self, allocation: &AllocationId) -> Option<&mut Address> {
        self.held
            .iter_mut()
            .find(|address| address.allocation == *allocation)
    }

    /// Somebody associates the address that is back with something else.
    pub(super) fn divert(&mut self, to: Association) {
        if let Some(address) = self.held.last_mut() {
            address.association = Some(to);
        }
    }

    fn give(&mut self, ip: Ipv4Addr, tags: crate::model::tags::Tags) -> AllocationId {
        let allocation = new_allocation(self.requests.len());
        let address = Address {
            allocation: allocation.clone(),
            ip,
            pool: Pool::Amazon,
            border_group: None,
            tags,
            association: None,
            service_managed: None,
        };
        self.held.push(address);
        allocation
    }
}

impl Released {
    /// What the guard does about it, in an account that has the interface and not the address.
    pub(super) fn guarded(&self) -> Guarded {
        let ledger = MemoryLedger::default();
        if let Some(row) = &self.observed.snapshot {
            put(&ledger, row);
        }
        if let Some(record) = &self.observed.ledger.release {
            let _ = ledger.put_release(record).now_or_never().unwrap().unwrap();
        }
        let interface = Interface {
            private_ips: [(PRIVATE_IP, None)].into(),
            ..Interface::bare("eni-01".parse().unwrap())
        };
        let ec2 = Ec2 {
            now: self.now,
            held: Vec::new(),
            interface: Some(interface),
            names: BTreeMap::new(),
            history: Vec::new(),
            requests: Vec::new(),
            gives_instead: None,
            lagging_looks: 0,
            calls: Vec::new(),
            scripts: BTreeMap::new(),
            refused: BTreeMap::new(),
        };
        Guarded {
            cloud: Cloud(Arc::new(Mutex::new(ec2))),
            ledger,
            settings: self.settings(),
            release: self.release.clone(),
            ends_in: Duration::seconds(60),
        }
    }
}

/// Stores a row as the first of its allocation.
pub(super) fn put(ledger: &MemoryLedger, row: &Snapshot) {
    let mut row = row.clone();
    row.revision = 1;
    let _ = ledger.put_snapshot(&row).now_or_never().unwrap().unwrap();
}

impl Guarded {
    pub(super) fn ec2(&self) -> MutexGuard<'_, Ec2> {
        self.cloud.ec2()
    }

    /// Something happens in EC2 before the run.
    pub(super) fn with(self, change: impl FnOnce(&mut Ec2)) -> Self {
        change(&mut self.ec2());
        self
    }

    /// Something happens right before the next call of that name, or goes wrong with it.
    pub(super) fn at(
        self,
        call: &'static str,
        script: impl FnOnce(&mut Ec2) -> Result<(), CloudError> + Send + 'static,
    ) -> Self {
        self.ec2()
            .scripts
            .entry(call)
            .or_default()
            .push_back(Box::new(script));
        self
    }

    /// The next calls of that name are carried out, and then it is the script's turn.
    pub(super) fn skipping(mut self, calls: usize, call: &'static str) -> Self {
        for _ in 0..calls {
            self = self.at(call, |_| Ok(()));
        }
        self
    }

    /// The next call of that name is refused with this code.
    pub(super) fn refused_once(self, call: &'static str, code: &'static str) -> Self {
        self.at(call, move |_| Err(refusal(code)))
    }

    /// Every call of that name is refused with this code.
    pub(super) fn refused(self, call: &'static str, code: &'static str) -> Self {
        self.ec2().refused.insert(call, code);
        self
    }

    pub(super) fn run(&self) -> Result<Report, Error> {
        let ports = Ports {
            cloud: self.cloud.clone(),
            ledger: self.ledger.clone(),
            clock: self.cloud.clone(),
        };
        let delivery = Delivery {
            ends_at: self.cloud.now() + self.ends_in,
            run: 0,
        };
        let function = Function::ReleaseGuard;
        handle_release(function, &ports, &self.settings, &self.release, delivery)
            .now_or_never()
            .expect("nothing here waits for anything else")
    }

    pub(super) fn report(&self) -> Report {
        self.run().unwrap_or_else(|error| panic!("{error}"))
    }

    pub(super) fn failure(&self) -> Error {
        match self.run() {
            Err(error) => error,
            Ok(report) => panic!("expected an error, reported: {}", report.summary),
        }
    }

    pub(super) fn calls(&self) -> Vec<&'static str> {
        self.ec2().calls.iter().map(|(_, call)| *call).collect()
    }

    /// When each call of that name was made, in milliseconds after the first call of all.
    pub(super) fn times_of(&self, call: &str) -> Vec<i128> {
        let ec2 = self.ec2();
        let first = ec2.calls[0].0;
        let named = ec2.calls.iter().filter(|(_, name)| *name == call);
        named
            .map(|(at, _)| (*at - first).whole_milliseconds())
            .collect()
    }

    pub(super) fn pass(&self, how_long: Duration) {
        self.ec2().now += how_long;
    }

    pub(super) fn record(&self) -> ReleaseRecord {
        self.record_of(&self.release.allocation)
            .expect("the release has a record")
    }

    pub(super) fn record_of(&self, allocation: &AllocationId) -> Option<ReleaseRecord> {
        let known = self.ledger.read(allocation).now_or_never();
        known.unwrap().unwrap().release
    }

    pub(super) fn row(&self, allocation: &AllocationId) -> Option<Snapshot> {
        let known = self.ledger.read(allocation).now_or_never();
        known.unwrap().unwrap().snapshot
    }
}

/// What the report says of the address.
pub(super) fn address(report: &Report) -> &crate::report::AddressReport {
    match &report.subject {
        Subject::Address(address) => address,
        other => panic!("it is not about an address: {other:?}"),
    }
}

impl Cloud {
    fn ec2(&self) -> MutexGuard<'_, Ec2> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn asked(&self, call: &'static str) -> Result<MutexGuard<'_, Ec2>, CloudError> {
        let mut ec2 = self.ec2();
        let now = ec2.now;
        ec2.calls.push((now, call));
        assert!(ec2.calls.len() < 500, "the guard asks without end");
        let script = ec2.scripts.get_mut(call).and_then(VecDeque::pop_front);
        if let Some(script) = script {
            script(&mut ec2)?;
        } else if let Some(code) = ec2.refused.get(call) {
            return Err(refusal(code));
        }
        Ok(ec2)
    }
}

impl Clock for Cloud {
    fn now(&self) -> OffsetDateTime {
        self.ec2().now
    }

    async fn sleep(&self, how_long: std::time::Duration) {
        self.ec2().now += how_long;
    }
}

impl ReadAddresses for Cloud {
    async fn addresses(&self, which: &AddressFilter) -> Result<Vec<Address>, CloudError> {
        let mut ec2 = self.asked("DescribeAddresses")?;
        if matches!(which, AddressFilter::Allocations(_)) && ec2.lagging_looks > 0 {
            ec2.lagging_looks -= 1;
            return Ok(Vec::new());
        }
        let is_asked_for = |address: &&Address| match which {
            AddressFilter::All => true,
            AddressFilter::Allocations(ids) => ids.contains(&address.allocation),
            AddressFilter::Ip(ip) => address.ip == *ip,
            AddressFilter::TagKey(key) => address.tags.contains_key(key),
            AddressFilter::Tag { key, value } => address.tags.get(key) == Some(value),
        };
        Ok(ec2.held.iter().filter(is_asked_for).cloned().collect())
    }

    async fn reverse_dns_names(
        &self,
        which: &AddressFilter,
    ) -> Result<BTreeMap<AllocationId, String>, CloudError> {
        let ec2 = self.asked("DescribeAddressesAttribute")?;
        let is_asked_for = |(id, _): &(&AllocationId, &String)| match which {
            AddressFilter::Allocations(ids) => ids.contains(id),
            _ => true,
        };
        let names = ec2.names.iter().filter(is_asked_for);
        Ok(names.map(|(id, name)| (id.clone(), name.clone())).collect())
    }
}

impl Allocate for Cloud {
    async fn allocate(&self, request: &AllocateAddressRequest) -> Result<Allocated, CloudError> {
        self.ec2().requests.push(request.clone());
        let mut ec2 = self.asked("AllocateAddress")?;
        let ip = ec2.gives_instead.unwrap_or(request.ip);
        if ec2.held.iter().any(|address| address.ip == ip) {
            return Err(refusal("InvalidAddress.NotFound"));
        }
        let allocation = ec2.give(ip, request.tags.clone());
        Ok(Allocated { allocation, ip })
    }
}

impl Associate for Cloud {
    async fn associate(
        &self,
        allocation: &AllocationId,
        eni: &EniId,
        private_ip: Ipv4Addr,
    ) -> Result<AssociationId, CloudError> {
        let mut ec2 = self.asked("AssociateAddress")?;
        let Some(address) = ec2.address(allocation) else {
            return Err(refusal("InvalidAllocationID.NotFound"));
        };
        let target = (Some(eni), Some(private_ip));
        let ip = address.ip;
        if let Some(now) = &address.association
            && (now.eni.as_ref(), now.private_ip) != target
        {
            return Err(refusal("Resource.AlreadyAssociated"));
        }
        let id: AssociationId = "eipassoc-02".parse().unwrap();
        address.association = Some(Association {
            id: id.clone(),
            eni: Some(eni.clone()),
            private_ip: Some(private_ip),
            instance: Some("i-02".parse().unwrap()),
        });
        if let Some(interface) = &mut ec2.interface {
            let side = InterfaceAssociation {
                ip,
                allocation: Some(allocation.clone()),
            };
            interface.private_ips.insert(private_ip, Some(side));
        }
        Ok(id)
    }
}

impl SetReverseDns for Cloud {
    async fn set_reverse_dns(
        &self,
        allocation: &AllocationId,
        name: &str,
    ) -> Result<(), CloudError> {
        let mut ec2 = self.asked("ModifyAddressAttribute")?;
        ec2.names.insert(allocation.clone(), name.to_owned());
        Ok(())
    }
}

impl ReadInterfaces for Cloud {
    async fn interface(&self, eni: &EniId) -> Result<Option<Interface>, CloudError> {
        let ec2 = self.asked("DescribeNetworkInterfaces")?;
        Ok(ec2.interface.clone().filter(|it| it.id == *eni))
    }

    async fn interfaces(&self, _: &InterfaceFilter) -> Result<Vec<Interface>, CloudError> {
        unreachable!("the guard asks for one interface by name")
    }
}

impl ReadEventHistory for Cloud {
    async fn event_history(&self, _: &AllocationId) -> Result<Vec<Record>, CloudError> {
        Ok(self.asked("LookupEvents")?.history.clone())
    }
}

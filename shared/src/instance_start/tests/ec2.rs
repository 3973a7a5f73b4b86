//! A small EC2 in which placement acts: it has what [`Seen`] shows, refuses, lags and lets somebody else act
//! where a test says so, and lists every call. Time passes only by waiting, and by slow answers.
#![expect(
    clippy::result_large_err,
    reason = "the functions' own error is returned as it is"
)]

mod told;

use super::super::plan::PlannedAssociation;
use super::super::state::{Observed, ToldState};
use super::super::{self as placement, PlacedWaiting, execute};
use super::{Seen, id};
use crate::clock::Clock;
use crate::cloud::health::ReadLifecycleStates;
use crate::cloud::{
    AddressFilter, Associate, CloudError, Disassociate, Failure, InstanceFilter, InterfaceFilter,
    ReadAddresses, ReadInstances, ReadInterfaces,
};
use crate::error::Error;
use crate::events::{InstanceStateChange, Trigger};
use crate::ledger::MemoryLedger;
use crate::model::auto_scaling::LifecycleState;
use crate::model::elastic_ip::{Address, Association};
use crate::model::ids::{AllocationId, AssociationId, EniId, InstanceId};
use crate::model::instance::{Instance, InstanceState};
use crate::model::interface::{Interface, InterfaceAssociation};
use crate::ports::{Delivery, Ports};
use crate::report::{PlacementReport, Report, Subject};
use crate::settings::{Mode, Settings, TagKeys};
use futures_util::FutureExt;
use std::collections::{BTreeMap, VecDeque};
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use time::OffsetDateTime;

type Intrusion = Box<dyn FnOnce(&mut Observed) + Send>;

struct State {
    world: Observed,
    /// What readers of one address still see, once for each read.
    stale: VecDeque<Vec<Address>>,
    now: OffsetDateTime,
    calls: Vec<String>,
    /// The codes that the next calls of an action are refused with; an empty one is no refusal.
    answers: BTreeMap<&'static str, VecDeque<&'static str>>,
    intruders: BTreeMap<&'static str, VecDeque<Intrusion>>,
    slow: Duration,
    slow_by_id: Duration,
    made: u32,
}

/// EC2, and the settings of an installation in it.
#[derive(Clone)]
pub(super) struct Ec2 {
    state: Arc<Mutex<State>>,
    settings: Settings,
    runs_for: time::Duration,
}

impl Seen {
    /// An EC2 that has all this.
    pub(super) fn ec2(self) -> Ec2 {
        let settings = self.settings();
        let state = State {
            now: self.observed.at,
            world: self.observed,
            stale: VecDeque::new(),
            calls: Vec::new(),
            answers: BTreeMap::new(),
            intruders: BTreeMap::new(),
            slow: Duration::ZERO,
            slow_by_id: Duration::ZERO,
            made: 0,
        };
        Ec2 {
            state: Arc::new(Mutex::new(state)),
            settings,
            runs_for: time::Duration::seconds(60),
        }
    }
}

/// A code of EC2's as the error that it is.
pub(super) fn refusal(code: &str) -> CloudError {
    CloudError::from(Failure {
        action: "ec2:Test",
        code: Some(code.to_owned()),
        message: None,
        request_id: None,
        source: None,
    })
}

impl Ec2 {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// The next calls of an action are answered with these codes, one each; `""` is no refusal.
    pub(super) fn answers(self, action: &'static str, codes: &[&'static str]) -> Self {
        self.state()
            .answers
            .entry(action)
            .or_default()
            .extend(codes);
        self
    }

    /// Somebody else acts right before the next call of an action, and again before the one after that.
    pub(super) fn before(
        self,
        action: &'static str,
        does: impl FnOnce(&mut Observed) + Send + 'static,
    ) -> Self {
        let mut state = self.state();
        let due = state.intruders.entry(action).or_default();
        due.push_back(Box::new(does));
        drop(state);
        self
    }

    /// So many reads of a single address still show what is there now.
    pub(super) fn lagging(self, reads: usize) -> Self {
        let mut state = self.state();
        let shown = state.world.addresses.clone();
        state.stale.extend(std::iter::repeat_n(shown, reads));
        drop(state);
        self
    }

    /// Every look takes so long.
    pub(super) fn slow(self, milliseconds: u64) -> Self {
        self.state().slow = Duration::from_millis(milliseconds);
        self
    }

    /// Reading an address by its id takes so long.
    pub(super) fn slow_by_id(self, milliseconds: u64) -> Self {
        self.state().slow_by_id = Duration::from_millis(milliseconds);
        self
    }

    /// Lambda ends the run after so long.
    pub(super) fn runs_for(mut self, milliseconds: i64) -> Self {
        self.runs_for = time::Duration::milliseconds(milliseconds);
        self
    }

    fn ports(&self) -> Ports<Self, MemoryLedger, Self> {
        Ports {
            cloud: self.clone(),
            ledger: MemoryLedger::default(),
            clock: self.clone(),
        }
    }

    fn delivery(&self) -> Delivery {
        Delivery {
            ends_at: self.now() + self.runs_for,
            run: 1,
        }
    }

    /// Placement is told that an instance came into a state.
    pub(super) fn told(&self, instance: u8, state: InstanceState) -> Result<Report, Error> {
        self.told_by(instance, state, None)
    }

    /// Placement is told, by an event of that region, that the first instance runs.
    pub(super) fn told_in(&self, region: Option<&str>) -> Result<Report, Error> {
        self.told_by(1, InstanceState::Running, region)
    }

    fn told_by(
        &self,
        instance: u8,
        state: InstanceState,
        region: Option<&str>,
    ) -> Result<Report, Error> {
        let change = InstanceStateChange {
            instance: id(instance),
            state,
            at: None,
            region: region.map(str::to_owned),
        };
        let (ports, trigger) = (self.ports(), Trigger::Instance(change));
        let run = placement::run(&ports, &self.settings, &trigger, self.delivery());
        run.now_or_never().unwrap()
    }

    /// An instance is said to run.
    pub(super) fn starts(&self, instance: u8) -> Result<Report, Error> {
        self.told(instance, InstanceState::Running)
    }

    /// An instance is said to be stopped.
    pub(super) fn stops(&self, instance: u8) -> Result<Report, Error> {
        self.told(instance, InstanceState::Stopped)
    }

    /// Reconcile comes by.
    pub(super) fn sweep(&self) -> Result<PlacedWaiting, Error> {
        let known = self.state().world.addresses.clone();
        let ports = self.ports();
        let (last, delivery) = (placement::LastTargets::new(), self.delivery());
        let run = placement::place_waiting(&ports, &self.settings, known.iter(), &last, delivery);
        run.now_or_never().unwrap()
    }

    /// Takes steps that were decided on now, so long ago as it is said.
    pub(super) fn takes(
        &self,
        ago: time::Duration,
        steps: &[PlannedAssociation],
    ) -> Vec<execute::AssociateOutcome> {
        let observed_at = self.now() - ago;
        let run = execute::take((self, self), Mode::Enforce, observed_at, steps);
        run.now_or_never().unwrap()
    }

    /// Every call and every wait so far.
    pub(super) fn calls(&self) -> Vec<String> {
        self.state().calls.clone()
    }

    /// How many calls begin like this.
    pub(super) fn count(&self, action: &str) -> usize {
        let calls = self.calls();
        calls.iter().filter(|call| call.starts_with(action)).count()
    }

    /// The calls that change something.
    pub(super) fn changes(&self) -> Vec<String> {
        let mut calls = self.calls();
        calls.retain(|call| !call.starts_with("Describe") && !call.starts_with("wait"));
        calls
    }

    /// What every wait took, in milliseconds.
    pub(super) fn waits(&self) -> Vec<u64> {
        let calls = self.calls();
        let waits = calls.iter().filter_map(|call| call.strip_prefix("wait "));
        waits.map(|wait| wait.parse().unwrap()).collect()
    }

    /// Which instance has each address now, in the addresses' order.
    pub(super) fn holders(&self) -> Vec<Option<InstanceId>> {
        let state = self.state();
        let addresses = state.world.addresses.iter();
        addresses
            .map(|address| address.association.as_ref()?.instance.clone())
            .collect()
    }

    /// A call is made: it is listed, somebody may act before it, and it may be refused.
    fn call(&self, action: &'static str, about: &str) -> Result<MutexGuard<'_, State>, CloudError> {
        let mut state = self.state();
        let intruder = state
            .intruders
            .get_mut(action)
            .and_then(VecDeque::pop_front);
        if let Some(does) = intruder {
            does(&mut state.world);
        }
        state
            .calls
            .push(format!("{action} {about}").trim().to_owned());
        let answer = state.answers.get_mut(action).and_then(VecDeque::pop_front);
        match answer {
            Some(code) if !code.is_empty() => Err(refusal(code)),
            _ => Ok(state),
        }
    }
}

/// What a report says of an instance.
pub(super) fn of(report: &Report) -> &PlacementReport {
    match &report.subject {
        Subject::Instance(placement) => placement,
        other => panic!("the report is about {other:?}"),
    }
}

impl ReadAddresses for Ec2 {
    async fn addresses(&self, which: &AddressFilter) -> Result<Vec<Address>, CloudError> {
        let AddressFilter::Allocations(ids) = which else {
            let tagged = AddressFilter::TagKey("holdfast:group".to_owned());
            assert_eq!(*which, tagged, "only those of a group are asked for");
            let mut state = self.call("DescribeAddresses", "")?;
            let slow = state.slow;
            state.now += slow;
            return Ok(state.world.addresses.clone());
        };
        let mut state = self.call("DescribeAddress", ids[0].as_str())?;
        let slow = state.slow_by_id;
        state.now += slow;
        let lagging = state.stale.pop_front();
        let mut shown = lagging.unwrap_or_else(|| state.world.addresses.clone());
        shown.retain(|address| ids.contains(&address.allocation));
        Ok(shown)
    }

    async fn reverse_dns_names(
        &self,
        _: &AddressFilter,
    ) -> Result<BTreeMap<AllocationId, String>, CloudError> {
        unreachable!("placement asks for no names")
    }
}

impl ReadInstances for Ec2 {
    async fn instances(&self, which: &InstanceFilter) -> Result<Vec<Instance>, CloudError> {
        let InstanceFilter::Ids(ids) = which else {
            let tagged = InstanceFilter::TagKey("holdfast:group".to_owned());
            assert_eq!(*which, tagged, "only those of a group are asked for");
            return Ok(self.call("DescribeInstances", "")?.world.instances.clone());
        };
        let mut shown = self
            .call("DescribeInstance", ids[0].as_str())?
            .world
            .instances
            .clone();
        shown.retain(|instance| ids.contains(&instance.id));
        Ok(shown)
    }
}

impl ReadInterfaces for Ec2 {
    async fn interface(&self, eni: &EniId) -> Result<Option<Interface>, CloudError> {
        let state = self.call("DescribeNetworkInterfaces", eni.as_str())?;
        Ok(Some(shown_interface(&state.world, eni)))
    }

    async fn interfaces(&self, which: &InterfaceFilter) -> Result<Vec<Interface>, CloudError> {
        let tagged = InterfaceFilter::TagKeys(TagKeys::under("holdfast").on_interfaces());
        assert_eq!(*which, tagged, "only those of a group are asked for");
        let state = self.call("DescribeNetworkInterfaces", "")?;
        Ok(state.world.interfaces.clone())
    }
}

/// An interface with the addresses that are on it.
fn shown_interface(world: &Observed, eni: &EniId) -> Interface {
    let mut interface = Interface::bare(eni.clone());
    for address in &world.addresses {
        if let Some(association) = &address.association
            && association.eni.as_ref() == Some(eni)
        {
            let there = InterfaceAssociation {
                ip: address.ip,
                allocation: Some(address.allocation.clone()),
            };
            let private_ip = association.private_ip.into_iter();
            let each = private_ip.map(|private_ip| (private_ip, Some(there.clone())));
            interface.private_ips.extend(each);
        }
    }
    interface
}

impl ReadLifecycleStates for Ec2 {
    async fn lifecycle_states(
        &self,
        ids: &[InstanceId],
    ) -> Result<BTreeMap<InstanceId, LifecycleState>, CloudError> {
        let named: Vec<&str> = ids.iter().map(InstanceId::as_str).collect();
        let state = self.call("DescribeAutoScalingInstances", &named.join(" "))?;
        let known = ids
            .iter()
            .filter_map(|id| match state.world.told_states.get(id)? {
                ToldState::Told(word) => Some((id.clone(), word.clone())),
                ToldState::NotTold => None,
            });
        Ok(known.collect())
    }
}

impl Associate for Ec2 {
    async fn associate(
        &self,
        allocation: &AllocationId,
        eni: &EniId,
        private_ip: Ipv4Addr,
    ) -> Result<AssociationId, CloudError> {
        let about = format!("{allocation} with {private_ip} on {eni}");
        let mut state = self.call("AssociateAddress", &about)?;
        state.made += 1;
        let number = format!("eipassoc-new{}", state.made);
        let instances = state.world.instances.iter();
        let has_it = |instance: &&Instance| instance.interfaces.iter().any(|it| it.id == *eni);
        let instance = instances
            .clone()
            .find(has_it)
            .map(|instance| instance.id.clone());
        let mut addresses = state.world.addresses.iter_mut();
        let address = addresses
            .find(|address| address.allocation == *allocation)
            .unwrap();
        if address.association.is_some() {
            return Err(refusal("Resource.AlreadyAssociated"));
        }
        let made: AssociationId = number.parse().unwrap();
        address.association = Some(Association {
            id: made.clone(),
            eni: Some(eni.clone()),
            private_ip: Some(private_ip),
            instance,
        });
        Ok(made)
    }
}

impl Disassociate for Ec2 {
    async fn disassociate(&self, association: &AssociationId) -> Result<(), CloudError> {
        let mut state = self.call("DisassociateAddress", association.as_str())?;
        for address in &mut state.world.addresses {
            address.association.take_if(|held| held.id == *association);
        }
        Ok(())
    }
}

impl Clock for Ec2 {
    fn now(&self) -> OffsetDateTime {
        self.state().now
    }

    async fn sleep(&self, how_long: Duration) {
        let mut state = self.state();
        state.now += how_long;
        state.calls.push(format!("wait {}", how_long.as_millis()));
    }
}

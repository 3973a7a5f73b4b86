//! Somebody who watches every run of instance-start. What it may do is less than what EC2 lets it do:
//!
//! - It takes no lease and writes nothing to the ledger.
//! - It associates only so that EC2 refuses where somebody was faster, and names the private IP.
//! - It ends only an association that it has read, with a holder that it has read as not running, two seconds ago at
//!   the most.
//! - What its report says to be in place is there, whatever lags; what no read has shown is told as such.

use crate::client::faults::SeededBug;
use crate::client::{Client, TestBed};
use crate::explorer::promises::addresses;
use ec2_sim::api::Request;
use holdfast::clock::Clock;
use holdfast::cloud::health::{
    AlarmFilter, AlarmPage, ReadAlarmContributors, ReadAlarmPages, ReadAlarms, ReadLifecycleStates,
};
use holdfast::cloud::{
    AddressFilter, Associate, CloudError, Disassociate, InstanceFilter, InterfaceFilter,
    ReadAddresses, ReadInstances, ReadInterfaces, ReadTags, TagOf,
};
use holdfast::model::alarm::Alarm;
use holdfast::model::auto_scaling::LifecycleState;
use holdfast::model::elastic_ip::Address;
use holdfast::model::ids::{AllocationId, AssociationId, EniId, InstanceId};
use holdfast::model::instance::{Instance, InstanceState};
use holdfast::model::interface::Interface;
use holdfast::ports::Ports;
use holdfast::report::{PlacedReport, Report, Subject};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};
use time::{Duration, OffsetDateTime};

/// How old what it read may be when it takes an address from somebody.
const FRESH: Duration = Duration::seconds(2);

/// A run's way to the test bed, watched.
#[derive(Debug, Clone)]
pub(super) struct Watched {
    client: Client,
    read: Arc<Mutex<Read>>,
}

/// What the run has read last, and when it had asked.
#[derive(Debug, Default)]
struct Read {
    holders: BTreeMap<AssociationId, InstanceId>,
    states: BTreeMap<InstanceId, (InstanceState, OffsetDateTime)>,
}

impl Watched {
    pub(super) fn new(client: Client) -> Self {
        let read = Arc::default();
        Self { client, read }
    }

    pub(super) fn ports(&self) -> Ports<Self, Client, Client> {
        let Ports { ledger, clock, .. } = self.client.ports();
        Ports {
            cloud: self.clone(),
            ledger,
            clock,
        }
    }

    fn read<T>(&self, note: impl FnOnce(&mut Read) -> T) -> T {
        note(&mut self.read.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Says what is wrong with taking an address from its holder now.
    fn blame(&self, association: &AssociationId) -> Option<String> {
        let now = self.client.now();
        self.read(|read| {
            let Some(holder) = read.holders.get(association) else {
                return Some("which it had not read".to_owned());
            };
            match read.states.get(holder) {
                None => Some(format!("of {holder}, which it had not read")),
                Some((state, _)) if state.is_up() => Some(format!("of {holder}, which is {state}")),
                Some((_, at)) if now - *at > FRESH => Some(format!("on a look of {at}, at {now}")),
                Some(_) => None,
            }
        })
    }

    /// Checks what can be seen when a run has ended.
    pub(super) fn check(&self, report: Option<&Report>) {
        let bed = self.client.bed();
        if !bed.checks_promises() {
            return;
        }
        let mut broken = broken_by_calls(bed, &self.client);
        broken.extend(
            report
                .into_iter()
                .flat_map(|report| false_statements(bed, report)),
        );
        for what in broken {
            bed.note_broken([format!("instance-start {what}")]);
        }
    }
}

fn broken_by_calls(bed: &TestBed, client: &Client) -> Vec<String> {
    let run = client.run();
    let passed = bed.faults.passed();
    let writes = passed.iter().filter(|call| {
        let only_reads = ["ledger query", "ledger read"];
        let is_read = only_reads.iter().any(|read| call.name.starts_with(read));
        call.run == run && call.name.starts_with("ledger") && !is_read
    });
    let mut broken: Vec<String> = writes.map(|call| format!("called {}", call.name)).collect();
    let name = run.to_string();
    let world = bed.world();
    let calls = world.calls().iter();
    let own = calls.filter(|call| call.caller.arn.ends_with(&name));
    for call in own {
        if let Request::AssociateAddress(request) = &call.request {
            let is_arbitrated = request.allow_reassociation == Some(false)
                || bed.faults.has_bug(SeededBug::Reassociation);
            let is_named =
                request.network_interface_id.is_some() && request.private_ip_address.is_some();
            if !is_arbitrated || !is_named {
                broken.push(format!("associates by {request:?}"));
            }
        }
    }
    broken
}

/// What a report says to be in place, and is not.
fn false_statements(bed: &TestBed, report: &Report) -> Vec<String> {
    let Subject::Instance(placement) = &report.subject else {
        return Vec::new();
    };
    let lag = bed.world().read_lag();
    let world = addresses(&bed.world());
    let is_there = |placed: &PlacedReport| {
        let address = world.get(placed.allocation.as_str());
        let association = address.and_then(|address| address.association.as_ref());
        association.is_some_and(|association| {
            association.network_interface_id == placed.association.eni.as_str()
                && association.private_ip_address == placed.association.private_ip.to_string()
                && association.instance_id.as_deref()
                    == placed.association.instance.as_ref().map(InstanceId::as_str)
        })
    };
    let mut false_statements = Vec::new();
    for placed in &placement.placed {
        let association = &placed.association;
        // Nobody can tell from a read that lags what somebody else has done meanwhile.
        let is_claimed = if bed.is_still() {
            association.verified || association.id.is_some()
        } else {
            association.verified && lag.is_zero()
        };
        if is_claimed && !is_there(placed) {
            false_statements.push(format!("says that {} is placed, and it is not", placed.ip));
        }
        let about = placed.ip.to_string();
        let is_told = report.findings.iter().any(|it| it.what.contains(&about));
        if association.id.is_some() && !association.verified && !is_told {
            false_statements.push(format!("does not say that {about} was not seen in place"));
        }
        let same = |other: &&PlacedReport| other.allocation == placed.allocation;
        if placement.placed.iter().filter(same).count() > 1 {
            false_statements.push(format!("lists {about} twice"));
        }
    }
    false_statements
}

impl ReadAddresses for Watched {
    async fn addresses(&self, which: &AddressFilter) -> Result<Vec<Address>, CloudError> {
        let addresses = self.client.addresses(which).await?;
        let ties = addresses.iter().filter_map(|it| it.association.as_ref());
        let holders = ties.filter_map(|association| {
            Some((association.id.clone(), association.instance.clone()?))
        });
        self.read(|read| read.holders.extend(holders));
        Ok(addresses)
    }

    async fn reverse_dns_names(
        &self,
        which: &AddressFilter,
    ) -> Result<BTreeMap<AllocationId, String>, CloudError> {
        self.client.reverse_dns_names(which).await
    }
}

impl ReadInstances for Watched {
    async fn instances(&self, which: &InstanceFilter) -> Result<Vec<Instance>, CloudError> {
        let asked = self.client.now();
        let instances = self.client.instances(which).await?;
        let states = instances
            .iter()
            .map(|it| (it.id.clone(), (it.state, asked)));
        self.read(|read| read.states = states.collect());
        Ok(instances)
    }
}

impl ReadInterfaces for Watched {
    async fn interface(&self, eni: &EniId) -> Result<Option<Interface>, CloudError> {
        self.client.interface(eni).await
    }

    async fn interfaces(&self, which: &InterfaceFilter) -> Result<Vec<Interface>, CloudError> {
        self.client.interfaces(which).await
    }
}

impl ReadTags for Watched {
    async fn tags(&self, keys: &[String], of: &[String]) -> Result<Vec<TagOf>, CloudError> {
        self.client.tags(keys, of).await
    }
}

impl ReadAlarmPages for Watched {
    async fn alarm_page(
        &self,
        which: AlarmFilter,
        after: Option<&str>,
    ) -> Result<AlarmPage, CloudError> {
        self.client.alarm_page(which, after).await
    }
}

impl ReadAlarms for Watched {
    async fn alarms(&self, names: &[String]) -> Result<Vec<Alarm>, CloudError> {
        self.client.alarms(names).await
    }
}

impl ReadAlarmContributors for Watched {
    async fn contributors(&self, alarm: &str) -> Result<Vec<BTreeMap<String, String>>, CloudError> {
        self.client.contributors(alarm).await
    }
}

impl ReadLifecycleStates for Watched {
    async fn lifecycle_states(
        &self,
        instances: &[InstanceId],
    ) -> Result<BTreeMap<InstanceId, LifecycleState>, CloudError> {
        self.client.lifecycle_states(instances).await
    }
}

impl Associate for Watched {
    async fn associate(
        &self,
        allocation: &AllocationId,
        eni: &EniId,
        private_ip: Ipv4Addr,
    ) -> Result<AssociationId, CloudError> {
        self.client.associate(allocation, eni, private_ip).await
    }
}

impl Disassociate for Watched {
    async fn disassociate(&self, association: &AssociationId) -> Result<(), CloudError> {
        if let Some(blame) = self.blame(association) {
            let bed = self.client.bed();
            bed.note_broken([format!("instance-start ends {association} {blame}")]);
        }
        self.client.disassociate(association).await
    }
}

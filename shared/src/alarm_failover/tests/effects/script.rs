//! EC2 as a script: what a read shows from which moment on, and what the next call of a name is answered.
//! A call takes no time unless it says so, a pause as long as it says, and what was called is kept in its words.

use crate::clock::Clock;
use crate::cloud::health::ReadZonalShifts;
use crate::cloud::health::{
    AlarmFilter, AlarmPage, ReadAlarmContributors, ReadAlarmPages, ReadAlarms, ReadLifecycleStates,
    ReadLimits, ReadStatusChecks,
};
use crate::cloud::moves::{DryRun, DryRunCall, Fence, MoveInterface, MovePrivateIps, Reassociate};
use crate::cloud::{
    AddressFilter, Associate, CloudError, Disassociate, Failure, InstanceFilter, InterfaceFilter,
    ReadAddresses, ReadInstances, ReadInterfaces, ReadTags, TagOf,
};
use crate::model::alarm::Alarm;
use crate::model::auto_scaling::LifecycleState;
use crate::model::elastic_ip::Address;
use crate::model::ids::{
    AllocationId, AssociationId, AttachmentId, EniId, InstanceId, InstanceType, SecurityGroupId,
};
use crate::model::instance::{Instance, InstanceTypeLimits};
use crate::model::instance_status::InstanceStatus;
use crate::model::interface::Interface;
use crate::model::zonal_shift::ZonalShift;
use crate::report::PlannedCall;
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use time::OffsetDateTime;

/// When a script begins.
pub(super) const BEGINNING: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

/// What a read answers: something, or an error by its code, as `Throttling`, or with a message behind a colon.
type Answer<T> = Result<T, &'static str>;

/// What a read shows: each answer from so many milliseconds on.
#[derive(Debug)]
struct Shown<T>(Vec<(u64, Answer<T>)>);

impl<T: Clone> Shown<T> {
    fn at(&self, ms: u64, otherwise: T) -> Answer<T> {
        let due = self.0.iter().rfind(|(from, _)| *from <= ms);
        due.map_or(Ok(otherwise), |(_, answer)| answer.clone())
    }
}

#[derive(Debug)]
struct State {
    now: OffsetDateTime,
    interface: Shown<Option<Interface>>,
    instances: Shown<Vec<Instance>>,
    addresses: Shown<Vec<Address>>,
    alarms: Shown<Vec<Alarm>>,
    refusals: Vec<(&'static str, &'static str)>,
    slow_reads: Duration,
    slow_calls: Duration,
    calls: Vec<String>,
    sent: Vec<PlannedCall>,
    pauses: Vec<Duration>,
    reads: usize,
    alarms_read: Vec<Vec<String>>,
}

/// The script; a clone is the same one.
#[derive(Debug, Clone)]
pub(super) struct Script(Arc<Mutex<State>>);

/// A script in which nothing is shown yet, and every call is accepted.
pub(super) fn script() -> Script {
    Script(Arc::new(Mutex::new(State {
        now: BEGINNING,
        interface: Shown(Vec::new()),
        instances: Shown(Vec::new()),
        addresses: Shown(Vec::new()),
        alarms: Shown(Vec::new()),
        refusals: Vec::new(),
        slow_reads: Duration::ZERO,
        slow_calls: Duration::ZERO,
        calls: Vec::new(),
        sent: Vec::new(),
        pauses: Vec::new(),
        reads: 0,
        alarms_read: Vec::new(),
    })))
}

impl Script {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// From so many milliseconds on, the interface that moves is shown so.
    pub(super) fn interface(self, ms: u64, answer: Answer<Option<Interface>>) -> Self {
        self.state().interface.0.push((ms, answer));
        self
    }

    /// From so many milliseconds on, an instance that is asked for is shown so.
    pub(super) fn instance(self, ms: u64, answer: Answer<Instance>) -> Self {
        let answer = answer.map(|instance| vec![instance]);
        self.state().instances.0.push((ms, answer));
        self
    }

    /// From so many milliseconds on, these instances are shown.
    pub(super) fn instances(self, ms: u64, answer: Answer<Vec<Instance>>) -> Self {
        self.state().instances.0.push((ms, answer));
        self
    }

    /// From so many milliseconds on, the address that moves is shown so.
    pub(super) fn address(self, ms: u64, answer: Answer<Address>) -> Self {
        let answer = answer.map(|address| vec![address]);
        self.state().addresses.0.push((ms, answer));
        self
    }

    /// From so many milliseconds on, these alarms are there.
    pub(super) fn alarms(self, ms: u64, answer: Answer<Vec<Alarm>>) -> Self {
        self.state().alarms.0.push((ms, answer));
        self
    }

    /// The next call of that name is refused with a code; called again, the one after it as well.
    pub(super) fn refuse(self, name: &'static str, code: &'static str) -> Self {
        self.state().refusals.push((name, code));
        self
    }

    /// Every read takes so long.
    pub(super) fn slow(self, how_long: Duration) -> Self {
        self.state().slow_reads = how_long;
        self
    }

    /// Every call that changes something takes so long.
    pub(super) fn slow_calls(self, how_long: Duration) -> Self {
        self.state().slow_calls = how_long;
        self
    }

    /// What was called to change something, in its order.
    pub(super) fn calls(&self) -> Vec<String> {
        self.state().calls.clone()
    }

    /// The same as a report would have told it before.
    pub(super) fn sent(&self) -> Vec<PlannedCall> {
        self.state().sent.clone()
    }

    /// How often something was read.
    pub(super) fn reads(&self) -> usize {
        self.state().reads
    }

    /// The names of the alarms that were read, each time.
    pub(super) fn alarms_read(&self) -> Vec<Vec<String>> {
        self.state().alarms_read.clone()
    }

    /// How long was waited, each time.
    pub(super) fn pauses(&self) -> Vec<Duration> {
        self.state().pauses.clone()
    }

    /// How many milliseconds have passed.
    pub(super) fn passed(&self) -> u64 {
        let passed = self.now() - BEGINNING;
        u64::try_from(passed.whole_milliseconds()).unwrap()
    }

    fn read<T: Clone>(
        &self,
        otherwise: T,
        shown: impl FnOnce(&State) -> &Shown<T>,
    ) -> Result<T, CloudError> {
        let now = self.passed();
        let mut state = self.state();
        state.reads += 1;
        let answer = shown(&state).at(now, otherwise);
        let slow = state.slow_reads;
        state.now += slow;
        answer.map_err(|answer| refusal("ec2:Describe", answer))
    }

    fn call<T>(
        &self,
        name: &str,
        words: String,
        sent: PlannedCall,
        accepted: T,
    ) -> Result<T, CloudError> {
        let mut state = self.state();
        state.calls.push(words);
        state.sent.push(sent);
        let slow = state.slow_calls;
        state.now += slow;
        let refused = state.refusals.iter().position(|(known, _)| *known == name);
        match refused {
            Some(at) => Err(refusal(action_of(name), state.refusals.remove(at).1)),
            None => Ok(accepted),
        }
    }
}

/// The action of an attachment and of a stop; no other answer depends on its action.
fn action_of(name: &str) -> &'static str {
    match name {
        "attach" => "ec2:AttachNetworkInterface",
        "stop" => "ec2:StopInstances",
        _ => "ec2:Something",
    }
}

/// What EC2 answers with a code, and with a message where one follows.
fn refusal(action: &'static str, answer: &str) -> CloudError {
    let (code, message) = answer.split_once(": ").unwrap_or((answer, ""));
    CloudError::from(Failure {
        action,
        code: Some(code.to_owned()),
        message: Some(message.to_owned()),
        request_id: None,
        source: None,
    })
}

impl Clock for Script {
    fn now(&self) -> OffsetDateTime {
        self.state().now
    }

    async fn sleep(&self, how_long: Duration) {
        let mut state = self.state();
        state.now += how_long;
        state.pauses.push(how_long);
    }
}

impl ReadInterfaces for Script {
    async fn interface(&self, _: &EniId) -> Result<Option<Interface>, CloudError> {
        self.read(None, |state| &state.interface)
    }

    async fn interfaces(&self, _: &InterfaceFilter) -> Result<Vec<Interface>, CloudError> {
        unreachable!("no effect looks at every interface")
    }
}

impl ReadInstances for Script {
    async fn instances(&self, which: &InstanceFilter) -> Result<Vec<Instance>, CloudError> {
        let InstanceFilter::Ids(ids) = which else {
            unreachable!("no effect looks at every instance")
        };
        let shown = self.read(Vec::new(), |state| &state.instances)?;
        let is_asked_for = |it: &Instance| ids.contains(&it.id);
        Ok(shown.into_iter().filter(is_asked_for).collect())
    }
}

impl ReadAddresses for Script {
    async fn addresses(&self, which: &AddressFilter) -> Result<Vec<Address>, CloudError> {
        let AddressFilter::Allocations(ids) = which else {
            unreachable!("no effect looks at every address")
        };
        let shown = self.read(Vec::new(), |state| &state.addresses)?;
        let is_asked_for = |it: &Address| ids.contains(&it.allocation);
        Ok(shown.into_iter().filter(is_asked_for).collect())
    }

    async fn reverse_dns_names(
        &self,
        _: &AddressFilter,
    ) -> Result<BTreeMap<AllocationId, String>, CloudError> {
        unreachable!("failover reads no names")
    }
}

impl ReadTags for Script {
    async fn tags(&self, _: &[String], _: &[String]) -> Result<Vec<TagOf>, CloudError> {
        unreachable!("no effect asks for tags")
    }
}

impl ReadAlarmPages for Script {
    async fn alarm_page(
        &self,
        which: AlarmFilter,
        _: Option<&str>,
    ) -> Result<AlarmPage, CloudError> {
        let shown = self.read(Vec::new(), |state| &state.alarms)?;
        let is_meant = |it: &Alarm| which == AlarmFilter::All || it.fires();
        Ok(AlarmPage {
            alarms: shown.into_iter().filter(is_meant).collect(),
            next: None,
        })
    }
}

impl ReadAlarms for Script {
    async fn alarms(&self, names: &[String]) -> Result<Vec<Alarm>, CloudError> {
        self.state().alarms_read.push(names.to_vec());
        let shown = self.read(Vec::new(), |state| &state.alarms)?;
        Ok(shown
            .into_iter()
            .filter(|it| names.contains(&it.name))
            .collect())
    }
}

impl ReadAlarmContributors for Script {
    async fn contributors(&self, _: &str) -> Result<Vec<BTreeMap<String, String>>, CloudError> {
        unreachable!("no effect asks for contributors")
    }
}

impl ReadStatusChecks for Script {
    async fn checks(
        &self,
        _: &[InstanceId],
    ) -> Result<BTreeMap<InstanceId, InstanceStatus>, CloudError> {
        unreachable!("no effect asks for status checks")
    }
}

impl ReadLifecycleStates for Script {
    async fn lifecycle_states(
        &self,
        _: &[InstanceId],
    ) -> Result<BTreeMap<InstanceId, LifecycleState>, CloudError> {
        unreachable!("no effect asks for lifecycle states")
    }
}

impl ReadLimits for Script {
    async fn limits(
        &self,
        _: &[InstanceType],
    ) -> Result<BTreeMap<InstanceType, InstanceTypeLimits>, CloudError> {
        unreachable!("no effect asks for limits")
    }
}

impl DryRun for Script {
    async fn dry_run(&self, _: &DryRunCall) -> Result<(), CloudError> {
        unreachable!("no effect rehearses")
    }
}

impl MoveInterface for Script {
    async fn detach(&self, attachment: &AttachmentId, force: bool) -> Result<(), CloudError> {
        let how = if force { " by force" } else { "" };
        let words = format!("detach {attachment}{how}");
        self.call("detach", words, PlannedCall::detach(attachment), ())
    }

    async fn attach(
        &self,
        eni: &EniId,
        instance: &InstanceId,
        device_index: i32,
    ) -> Result<AttachmentId, CloudError> {
        let words = format!("attach {eni} to {instance} at {device_index}");
        let sent = PlannedCall::attach(eni, instance);
        self.call("attach", words, sent, "eni-attach-02".parse().unwrap())
    }

    async fn clear_delete_on_termination(
        &self,
        eni: &EniId,
        attachment: &AttachmentId,
    ) -> Result<(), CloudError> {
        let sent = PlannedCall::clear_delete_on_termination(eni, attachment);
        self.call("outlive", format!("{eni} outlives {attachment}"), sent, ())
    }
}

impl MovePrivateIps for Script {
    async fn assign(&self, eni: &EniId, private_ips: &[Ipv4Addr]) -> Result<(), CloudError> {
        let sent = PlannedCall::assign(private_ips, eni);
        let words = format!("assign {private_ips:?} to {eni}");
        self.call("assign", words, sent, ())
    }
}

impl Reassociate for Script {
    async fn reassociate(
        &self,
        allocation: &AllocationId,
        eni: &EniId,
        private_ip: Ipv4Addr,
    ) -> Result<AssociationId, CloudError> {
        let words = format!("reassociate {allocation} with {private_ip} of {eni}");
        let sent = PlannedCall::associate(allocation, eni, private_ip);
        self.call("reassociate", words, sent, "eipassoc-02".parse().unwrap())
    }
}

impl Associate for Script {
    async fn associate(
        &self,
        allocation: &AllocationId,
        eni: &EniId,
        private_ip: Ipv4Addr,
    ) -> Result<AssociationId, CloudError> {
        let words = format!("associate {allocation} with {private_ip} of {eni}");
        let sent = PlannedCall::associate(allocation, eni, private_ip);
        self.call("associate", words, sent, "eipassoc-02".parse().unwrap())
    }
}

impl Disassociate for Script {
    async fn disassociate(&self, association: &AssociationId) -> Result<(), CloudError> {
        let sent = PlannedCall::disassociate(association);
        let words = format!("disassociate {association}");
        self.call("disassociate", words, sent, ())
    }
}

impl Fence for Script {
    async fn stop(&self, instance: &InstanceId) -> Result<(), CloudError> {
        let words = format!("stop {instance}");
        self.call("stop", words, PlannedCall::stop(instance), ())
    }

    async fn isolate(&self, eni: &EniId, group: &SecurityGroupId) -> Result<(), CloudError> {
        let sent = PlannedCall::isolate(eni, group);
        self.call("isolate", format!("isolate {eni} in {group}"), sent, ())
    }
}

impl ReadZonalShifts for Script {
    async fn zonal_shifts(&self) -> Result<Vec<ZonalShift>, CloudError> {
        Ok(Vec::new())
    }
}

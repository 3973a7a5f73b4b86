//! AWS and the ledger, for reads alone. Whatever a domain asks to be changed is refused here, before any call: what this
//! wraps is asked for nothing but reads. So a decision of the functions can be had anywhere, with read rights.
//!
//! A function goes on without some answers, and rightly so. Whoever looks has other rights than a function. So each read
//! that was refused or not answered is noted here, whatever becomes of it above: nothing that hangs on it is told as well.
//!
//! Races: reads side by side share the notes, under a lock that is held for one step.

use holdfast::cloud::health::{
    AlarmFilter, AlarmPage, ReadAlarmContributors, ReadAlarmPages, ReadAlarms, ReadLifecycleStates,
    ReadLimits, ReadStatusChecks, ReadZonalShifts,
};
use holdfast::cloud::lifecycle::CompleteLifecycleAction;
use holdfast::cloud::moves::{
    DryRun, DryRunCall, Fence, MoveInterface, MovePrivateIps, Reassociate,
};
use holdfast::cloud::networks::{ReadNetworks, RouteTableFilter};
use holdfast::cloud::{
    AddressFilter, Allocate, AllocateAddressRequest, Allocated, Associate, Class, CloudError,
    Disassociate, Failure, InstanceFilter, InterfaceFilter, ReadAddresses, ReadEventHistory,
    ReadInstances, ReadInterfaces, ReadTags, SetReverseDns, TagOf,
};
use holdfast::ledger::lease::{Acquire, Claim};
use holdfast::ledger::{
    AllocationRows, FloatingInterfaces, Lease, Ledger, MemberAlarms, ReleaseRecord, Snapshot,
    UnreadableRow, Written,
};
use holdfast::model::alarm::Alarm;
use holdfast::model::auto_scaling::{LifecycleAction, LifecycleState};
use holdfast::model::cloudtrail::Record;
use holdfast::model::elastic_ip::Address;
use holdfast::model::ids::{
    AllocationId, AssociationId, AttachmentId, BorderGroup, EniId, InstanceId, InstanceType,
    SecurityGroupId, SubnetId, Zone,
};
use holdfast::model::instance::{Instance, InstanceTypeLimits};
use holdfast::model::instance_status::InstanceStatus;
use holdfast::model::interface::Interface;
use holdfast::model::network::{RouteTable, Subnet};
use holdfast::model::zonal_shift::ZonalShift;
use holdfast_look::refusal::Refusal;
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};

/// Reads by what was asked, and how the last try of each that failed was refused.
type Refusals = BTreeMap<String, Refusal>;

/// Something that is asked for reads alone. Clones share what was refused.
#[derive(Debug, Clone)]
pub struct ReadOnly<T> {
    inner: T,
    refusals: Arc<Mutex<Refusals>>,
}

impl<T> ReadOnly<T> {
    /// Nothing is asked yet.
    pub fn of(inner: T) -> Self {
        Self {
            inner,
            refusals: Arc::default(),
        }
    }

    /// The reads that were refused or not answered, one for each action. A read that was answered at a later try is none.
    #[must_use]
    pub fn refusals(&self) -> Vec<CloudError> {
        let refusals = self.refusals.lock();
        let refusals = refusals.unwrap_or_else(PoisonError::into_inner);
        let by_action = refusals.values().map(|it| (it.action.as_str(), it));
        let by_action: BTreeMap<&str, &Refusal> = by_action.collect();
        by_action.into_values().map(Refusal::error).collect()
    }

    async fn noted<A>(
        &self,
        asked: String,
        read: impl Future<Output = Result<A, CloudError>>,
    ) -> Result<A, CloudError> {
        let answer = read.await;
        let refusals = self.refusals.lock();
        let mut refusals = refusals.unwrap_or_else(PoisonError::into_inner);
        match &answer {
            // That something is not there is an answer.
            Err(refusal) if !matches!(refusal.class(), Class::Missing(_)) => {
                refusals.insert(asked, refusal.into());
            }
            _ => drop(refusals.remove(&asked)),
        }
        drop(refusals);
        answer
    }
}

/// What every change is answered.
fn refused(action: &'static str) -> CloudError {
    CloudError::Denied(Failure {
        action,
        code: None,
        message: Some("this is a look, and a look changes nothing".to_owned()),
        request_id: None,
        source: None,
    })
}

/// What is asked, to tell one read from another one.
macro_rules! asked {
    ($name:ident($($argument:ident),*)) => {
        format!("{} {:?}", stringify!($name), ($(&$argument,)*))
    };
}

/// Reads go through, each as it is.
macro_rules! reads {
    ($($port:ident { $(fn $name:ident($($argument:ident: $kind:ty),*) -> $answer:ty;)* })*) => {$(
        impl<T: $port> $port for ReadOnly<T> {
            $(async fn $name(&self, $($argument: $kind),*) -> Result<$answer, CloudError> {
                self.noted(asked!($name($($argument),*)), self.inner.$name($($argument),*)).await
            })*
        }
    )*};
}

/// Changes do not.
macro_rules! changes {
    ($($port:ident { $(fn $name:ident($($argument:ident: $kind:ty),*) -> $answer:ty = $action:literal;)* })*) => {$(
        impl<T: Send + Sync> $port for ReadOnly<T> {
            $(async fn $name(&self, $($argument: $kind),*) -> Result<$answer, CloudError> {
                let _ = ($($argument,)*);
                Err(refused($action))
            })*
        }
    )*};
}

reads! {
    ReadAddresses {
        fn addresses(which: &AddressFilter) -> Vec<Address>;
        fn reverse_dns_names(which: &AddressFilter) -> BTreeMap<AllocationId, String>;
    }
    ReadInterfaces {
        fn interface(eni: &EniId) -> Option<Interface>;
        fn interfaces(which: &InterfaceFilter) -> Vec<Interface>;
    }
    ReadInstances {
        fn instances(which: &InstanceFilter) -> Vec<Instance>;
    }
    ReadTags {
        fn tags(keys: &[String], of: &[String]) -> Vec<TagOf>;
    }
    ReadEventHistory {
        fn event_history(allocation: &AllocationId) -> Vec<Record>;
    }
    ReadStatusChecks {
        fn checks(instances: &[InstanceId]) -> BTreeMap<InstanceId, InstanceStatus>;
    }
    ReadLimits {
        fn limits(types: &[InstanceType]) -> BTreeMap<InstanceType, InstanceTypeLimits>;
    }
    ReadAlarmPages {
        fn alarm_page(which: AlarmFilter, after: Option<&str>) -> AlarmPage;
    }
    ReadAlarmContributors {
        fn contributors(alarm: &str) -> Vec<BTreeMap<String, String>>;
    }
    ReadLifecycleStates {
        fn lifecycle_states(instances: &[InstanceId]) -> BTreeMap<InstanceId, LifecycleState>;
    }
    ReadZonalShifts {
        fn zonal_shifts() -> Vec<ZonalShift>;
    }
    ReadNetworks {
        fn subnets(ids: &[SubnetId]) -> Vec<Subnet>;
        fn route_tables(which: &RouteTableFilter) -> Vec<RouteTable>;
        fn border_groups() -> BTreeMap<Zone, BorderGroup>;
    }
}

impl<T: ReadAlarms> ReadAlarms for ReadOnly<T> {
    async fn alarms(&self, names: &[String]) -> Result<Vec<Alarm>, CloudError> {
        self.noted(asked!(alarms(names)), self.inner.alarms(names))
            .await
    }

    fn reads_log_alarms(&self) -> bool {
        self.inner.reads_log_alarms()
    }
}

changes! {
    Allocate {
        fn allocate(request: &AllocateAddressRequest) -> Allocated = "ec2:AllocateAddress";
    }
    Associate {
        fn associate(allocation: &AllocationId, eni: &EniId, private_ip: Ipv4Addr) -> AssociationId
            = "ec2:AssociateAddress";
    }
    Disassociate {
        fn disassociate(association: &AssociationId) -> () = "ec2:DisassociateAddress";
    }
    SetReverseDns {
        fn set_reverse_dns(allocation: &AllocationId, name: &str) -> () = "ec2:ModifyAddressAttribute";
    }
    CompleteLifecycleAction {
        fn complete_lifecycle_action(action: &LifecycleAction) -> ()
            = "autoscaling:CompleteLifecycleAction";
    }
    MoveInterface {
        fn detach(attachment: &AttachmentId, force: bool) -> () = "ec2:DetachNetworkInterface";
        fn attach(eni: &EniId, instance: &InstanceId, device_index: i32) -> AttachmentId
            = "ec2:AttachNetworkInterface";
        fn clear_delete_on_termination(eni: &EniId, attachment: &AttachmentId) -> ()
            = "ec2:ModifyNetworkInterfaceAttribute";
    }
    MovePrivateIps {
        fn assign(eni: &EniId, private_ips: &[Ipv4Addr]) -> () = "ec2:AssignPrivateIpAddresses";
    }
    Reassociate {
        fn reassociate(allocation: &AllocationId, eni: &EniId, private_ip: Ipv4Addr) -> AssociationId
            = "ec2:AssociateAddress";
    }
    Fence {
        fn stop(instance: &InstanceId) -> () = "ec2:StopInstances";
        fn isolate(eni: &EniId, group: &SecurityGroupId) -> () = "ec2:ModifyNetworkInterfaceAttribute";
    }
}

/// The function's permissions are not those of whoever looks. So they are not asked for, and taken as given.
impl<T: Send + Sync> DryRun for ReadOnly<T> {
    async fn dry_run(&self, _call: &DryRunCall) -> Result<(), CloudError> {
        Ok(())
    }
}

/// A row that would be written is taken as written, and is nowhere: a run in `observe` mode notes what it saw, and goes on.
impl<T: Ledger> Ledger for ReadOnly<T> {
    async fn read(&self, allocation: &AllocationId) -> Result<AllocationRows, CloudError> {
        self.noted(asked!(read(allocation)), self.inner.read(allocation))
            .await
    }

    async fn snapshots(&self) -> Result<Vec<Snapshot>, CloudError> {
        self.noted(asked!(snapshots()), self.inner.snapshots())
            .await
    }

    async fn snapshots_of(
        &self,
        allocations: &[AllocationId],
    ) -> Result<Vec<Snapshot>, CloudError> {
        self.noted(
            asked!(snapshots_of(allocations)),
            self.inner.snapshots_of(allocations),
        )
        .await
    }

    async fn releases(&self) -> Result<Vec<ReleaseRecord>, CloudError> {
        self.noted(asked!(releases()), self.inner.releases()).await
    }

    async fn allocation_of_association(
        &self,
        association: &AssociationId,
    ) -> Result<Option<AllocationId>, CloudError> {
        self.noted(
            asked!(allocation_of_association(association)),
            self.inner.allocation_of_association(association),
        )
        .await
    }

    async fn put_snapshot(&self, _snapshot: &Snapshot) -> Result<Written, CloudError> {
        Ok(Written::Stored)
    }

    async fn put_release(&self, _release: &ReleaseRecord) -> Result<Written, CloudError> {
        Ok(Written::Stored)
    }

    async fn leases(&self) -> Result<Vec<Lease>, CloudError> {
        self.noted(asked!(leases()), self.inner.leases()).await
    }

    fn take_unreadable(&self) -> Vec<UnreadableRow> {
        self.inner.take_unreadable()
    }

    async fn acquire_lease(&self, _claim: &Claim) -> Result<Acquire, CloudError> {
        Err(refused("dynamodb:UpdateItem"))
    }

    async fn put_lease(&self, _lease: &Lease) -> Result<Written, CloudError> {
        Err(refused("dynamodb:UpdateItem"))
    }

    async fn floating_interfaces(&self) -> Result<Vec<FloatingInterfaces>, CloudError> {
        self.noted(
            asked!(floating_interfaces()),
            self.inner.floating_interfaces(),
        )
        .await
    }

    async fn put_floating_interfaces(
        &self,
        _row: &FloatingInterfaces,
    ) -> Result<Written, CloudError> {
        Ok(Written::Stored)
    }

    async fn member_alarms(&self) -> Result<Vec<MemberAlarms>, CloudError> {
        self.noted(asked!(member_alarms()), self.inner.member_alarms())
            .await
    }

    async fn put_member_alarms(&self, _row: &MemberAlarms) -> Result<Written, CloudError> {
        Ok(Written::Stored)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Debug;

    fn is_refused<A: Debug>(answer: Result<A, CloudError>) {
        let refusal = answer.expect_err("a look changes nothing");
        assert_eq!(refusal.class(), Class::Denied, "{refusal}");
    }

    /// There is nothing under it, so that nothing could be asked.
    #[tokio::test]
    async fn every_change_is_refused_before_any_call() {
        let look = ReadOnly::of(());
        let eni = "eni-1".parse().unwrap();
        let (allocation, instance) = ("eipalloc-1".parse().unwrap(), "i-1".parse().unwrap());
        let (association, attachment) = (
            "eipassoc-1".parse().unwrap(),
            "eni-attach-1".parse().unwrap(),
        );
        let ip = Ipv4Addr::new(203, 0, 113, 10);
        let group = "sg-1".parse().unwrap();
        let request = AllocateAddressRequest {
            ip,
            pool: holdfast::model::elastic_ip::Pool::Amazon,
            border_group: None,
            tags: BTreeMap::new(),
        };
        is_refused(look.allocate(&request).await);
        is_refused(look.associate(&allocation, &eni, ip).await);
        is_refused(look.reassociate(&allocation, &eni, ip).await);
        is_refused(look.disassociate(&association).await);
        is_refused(look.set_reverse_dns(&allocation, "a.example.com").await);
        is_refused(look.detach(&attachment, true).await);
        is_refused(look.attach(&eni, &instance, 1).await);
        is_refused(look.clear_delete_on_termination(&eni, &attachment).await);
        is_refused(look.assign(&eni, &[ip]).await);
        is_refused(look.stop(&instance).await);
        is_refused(look.isolate(&eni, &group).await);
        let action = LifecycleAction {
            instance,
            group: "web".to_owned(),
            hook: "hand-on".to_owned(),
            token: "one".to_owned(),
        };
        is_refused(look.complete_lifecycle_action(&action).await);
    }
}

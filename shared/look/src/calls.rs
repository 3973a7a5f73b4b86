//! The list of every call of every port of the functions, once. Whoever stands between a function and its ports is made
//! out of it: what notes answers, what gives noted answers, and what checks that a look can be read.
//!
//! A line says what of a call is noted. Of a row that is written it is the key alone: its times are another run's.

/// Hands the list to a macro.
macro_rules! calls {
    ($make:ident) => {
        $make! {
            ReadAddresses {
                fn addresses(which: &AddressFilter) notes (which) -> Vec<Address>;
                fn reverse_dns_names(which: &AddressFilter) notes (which) -> BTreeMap<AllocationId, String>;
            }
            ReadInterfaces {
                fn interface(eni: &EniId) notes (eni) -> Option<Interface>;
                fn interfaces(which: &InterfaceFilter) notes (which) -> Vec<Interface>;
            }
            ReadInstances {
                fn instances(which: &InstanceFilter) notes (which) -> Vec<Instance>;
            }
            ReadTags {
                fn tags(keys: &[String], of: &[String]) notes (keys, of) -> Vec<TagOf>;
            }
            ReadEventHistory {
                fn event_history(allocation: &AllocationId) notes (allocation) -> Vec<Record>;
            }
            ReadStatusChecks {
                fn checks(instances: &[InstanceId]) notes (instances) -> BTreeMap<InstanceId, InstanceStatus>;
            }
            ReadLimits {
                fn limits(types: &[InstanceType]) notes (types) -> BTreeMap<InstanceType, InstanceTypeLimits>;
            }
            ReadAlarmPages {
                fn alarm_page(which: AlarmFilter, after: Option<&str>) notes (which, after) -> AlarmPage;
            }
            ReadAlarmContributors {
                fn contributors(alarm: &str) notes (alarm) -> Vec<BTreeMap<String, String>>;
            }
            ReadLifecycleStates {
                fn lifecycle_states(instances: &[InstanceId]) notes (instances)
                    -> BTreeMap<InstanceId, LifecycleState>;
            }
            ReadZonalShifts {
                fn zonal_shifts() notes () -> Vec<ZonalShift>;
            }
            ReadNetworks {
                fn subnets(ids: &[SubnetId]) notes (ids) -> Vec<Subnet>;
                fn route_tables(which: &RouteTableFilter) notes (which) -> Vec<RouteTable>;
                fn border_groups() notes () -> BTreeMap<Zone, BorderGroup>;
            }
            Allocate {
                fn allocate(request: &AllocateAddressRequest) notes (request.ip) -> Allocated;
            }
            Associate {
                fn associate(allocation: &AllocationId, eni: &EniId, private_ip: Ipv4Addr)
                    notes (allocation, eni, private_ip) -> AssociationId;
            }
            Disassociate {
                fn disassociate(association: &AssociationId) notes (association) -> ();
            }
            SetReverseDns {
                fn set_reverse_dns(allocation: &AllocationId, name: &str) notes (allocation) -> ();
            }
            CompleteLifecycleAction {
                fn complete_lifecycle_action(action: &LifecycleAction) notes (action.instance) -> ();
            }
            MoveInterface {
                fn detach(attachment: &AttachmentId, force: bool) notes (attachment, force) -> ();
                fn attach(eni: &EniId, instance: &InstanceId, device_index: i32)
                    notes (eni, instance, device_index) -> AttachmentId;
                fn clear_delete_on_termination(eni: &EniId, attachment: &AttachmentId)
                    notes (eni, attachment) -> ();
            }
            MovePrivateIps {
                fn assign(eni: &EniId, private_ips: &[Ipv4Addr]) notes (eni, private_ips) -> ();
            }
            Reassociate {
                fn reassociate(allocation: &AllocationId, eni: &EniId, private_ip: Ipv4Addr)
                    notes (allocation, eni, private_ip) -> AssociationId;
            }
            Fence {
                fn stop(instance: &InstanceId) notes (instance) -> ();
                fn isolate(eni: &EniId, group: &SecurityGroupId) notes (eni, group) -> ();
            }
            DryRun {
                fn dry_run(call: &DryRunCall) notes (call) -> ();
            }
        }
    };
}

/// The same for the ledger.
macro_rules! ledger_calls {
    ($make:ident) => {
        $make! {
            fn read(allocation: &AllocationId) notes (allocation) -> AllocationRows;
            fn snapshots() notes () -> Vec<Snapshot>;
            fn snapshots_of(allocations: &[AllocationId]) notes (allocations) -> Vec<Snapshot>;
            fn releases() notes () -> Vec<ReleaseRecord>;
            fn allocation_of_association(association: &AssociationId) notes (association)
                -> Option<AllocationId>;
            fn put_snapshot(snapshot: &Snapshot) notes (snapshot.allocation) -> Written;
            fn put_release(release: &ReleaseRecord) notes (release.allocation) -> Written;
            fn leases() notes () -> Vec<Lease>;
            fn acquire_lease(claim: &Claim) notes (claim.group) -> Acquire;
            fn put_lease(lease: &Lease) notes (lease.group) -> Written;
            fn floating_interfaces() notes () -> Vec<FloatingInterfaces>;
            fn put_floating_interfaces(row: &FloatingInterfaces) notes (row.group) -> Written;
            fn member_alarms() notes () -> Vec<MemberAlarms>;
            fn put_member_alarms(row: &MemberAlarms) notes (row.group) -> Written;
        }
    };
}

pub(crate) use {calls, ledger_calls};

/// Whether a call only reads, by the name of its port.
pub(crate) fn is_read(call: &str) -> bool {
    macro_rules! is_read {
        ($($port:ident { $(
            fn $name:ident($($argument:ident: $kind:ty),*) notes ($($noted:expr),*) -> $answer:ty;
        )* })*) => {
            [$($((stringify!($port), stringify!($name)),)*)*]
                .iter()
                .any(|(port, name)| *name == call && port.starts_with("Read"))
        };
    }
    const OF_LEDGER: [&str; 8] = [
        "read",
        "snapshots",
        "snapshots_of",
        "releases",
        "allocation_of_association",
        "leases",
        "floating_interfaces",
        "member_alarms",
    ];
    calls!(is_read) || call == ALARMS || OF_LEDGER.contains(&call)
}

/// The calls that wait for nothing, and the clock's one.
pub(crate) const READS_LOG_ALARMS: &str = "reads_log_alarms";
pub(crate) const ALARMS: &str = "alarms";
pub(crate) const TAKE_UNREADABLE: &str = "take_unreadable";
pub(crate) const SLEEP: &str = "sleep";

/// The types that the list names.
pub(crate) mod types {
    pub(crate) use holdfast::cloud::health::{
        AlarmFilter, AlarmPage, ReadAlarmContributors, ReadAlarmPages, ReadAlarms,
        ReadLifecycleStates, ReadLimits, ReadStatusChecks, ReadZonalShifts,
    };
    pub(crate) use holdfast::cloud::lifecycle::CompleteLifecycleAction;
    pub(crate) use holdfast::cloud::moves::{
        DryRun, DryRunCall, Fence, MoveInterface, MovePrivateIps, Reassociate,
    };
    pub(crate) use holdfast::cloud::networks::{ReadNetworks, RouteTableFilter};
    pub(crate) use holdfast::cloud::{
        AddressFilter, Allocate, AllocateAddressRequest, Allocated, Associate, CloudError,
        Disassociate, InstanceFilter, InterfaceFilter, ReadAddresses, ReadEventHistory,
        ReadInstances, ReadInterfaces, ReadTags, SetReverseDns, TagOf,
    };
    pub(crate) use holdfast::ledger::lease::{Acquire, Claim};
    pub(crate) use holdfast::ledger::{
        AllocationRows, FloatingInterfaces, Lease, Ledger, MemberAlarms, ReleaseRecord, Snapshot,
        UnreadableRow, Written,
    };
    pub(crate) use holdfast::model::alarm::Alarm;
    pub(crate) use holdfast::model::auto_scaling::{LifecycleAction, LifecycleState};
    pub(crate) use holdfast::model::cloudtrail::Record;
    pub(crate) use holdfast::model::elastic_ip::Address;
    pub(crate) use holdfast::model::ids::{
        AllocationId, AssociationId, AttachmentId, BorderGroup, EniId, InstanceId, InstanceType,
        SecurityGroupId, SubnetId, Zone,
    };
    pub(crate) use holdfast::model::instance::{Instance, InstanceTypeLimits};
    pub(crate) use holdfast::model::instance_status::InstanceStatus;
    pub(crate) use holdfast::model::interface::Interface;
    pub(crate) use holdfast::model::network::{RouteTable, Subnet};
    pub(crate) use holdfast::model::zonal_shift::ZonalShift;
    pub(crate) use std::collections::BTreeMap;
    pub(crate) use std::net::Ipv4Addr;
}

//! Tests of the rows: how they follow calls and looks, what order in time means for them, and what a
//! reclaim carries over. All pure: no cloud, no clock.

mod calls;
mod forgotten;
mod late;
mod leases;
mod looks;
mod offers;
mod order;
mod rebirth;
mod releases;
mod writes;

use super::Snapshot;
use super::snapshot::Observation;
use crate::model::cloudtrail::{Actor, AddressChange, Allocation, Call, Record};
use crate::model::elastic_ip::{Address, Association, Pool};
use crate::model::ids::{AllocationId, AssociationId, BorderGroup};
use crate::model::tags::Tags;
use std::net::Ipv4Addr;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

const PROTECT: &str = "holdfast:protect";
const NOON: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

/// So many minutes after noon.
fn minute(minutes: i64) -> OffsetDateTime {
    NOON + Duration::minutes(minutes)
}

fn own() -> AllocationId {
    "eipalloc-1".parse().unwrap()
}

fn foreign() -> AllocationId {
    "eipalloc-2".parse().unwrap()
}

fn actor(name: &str) -> Actor {
    Actor {
        arn: Some(format!("arn:aws:iam::111122223333:user/{name}")),
        ..Actor::default()
    }
}

fn tags(pairs: &[(&str, &str)]) -> Tags {
    let own = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    pairs.iter().map(own).collect()
}

fn association_id(number: u8) -> AssociationId {
    format!("eipassoc-{number}").parse().unwrap()
}

/// The address on the private IP 10.0.0.`number`.
fn association_on(number: u8) -> Association {
    Association {
        id: association_id(number),
        eni: Some(format!("eni-{number}").parse().unwrap()),
        private_ip: Some(Ipv4Addr::new(10, 0, 0, number)),
        instance: Some(format!("i-{number}").parse().unwrap()),
    }
}

/// A protected address, associated with nothing.
fn address() -> Address {
    Address {
        allocation: own(),
        ip: Ipv4Addr::new(203, 0, 113, 1),
        pool: Pool::Amazon,
        border_group: Some(BorderGroup("eu-west-1".to_owned())),
        tags: tags(&[(PROTECT, "reclaim")]),
        association: None,
        service_managed: None,
    }
}

fn birth() -> Allocation {
    let address = address();
    Allocation {
        allocation: address.allocation,
        ip: address.ip,
        pool: address.pool,
        border_group: address.border_group,
        tags: address.tags,
    }
}

/// The row of an address that was allocated at noon.
fn born() -> Snapshot {
    Snapshot::from_allocation(&birth(), NOON)
}

/// A row that was first seen at that minute.
fn seen(at: i64, address: &Address, name: Option<&str>) -> Snapshot {
    Snapshot::first(observation(at, address, name))
}

fn observation<'a>(at: i64, address: &'a Address, name: Option<&'a str>) -> Observation<'a> {
    Observation {
        address,
        reverse_dns: Some(name),
        at: minute(at),
    }
}

fn call(at: OffsetDateTime, by: &str, change: AddressChange) -> Record {
    let call = Call {
        event_id: format!("event-{}", at.unix_timestamp()),
        name: "AnyCall".to_owned(),
        at,
        region: "eu-west-1".to_owned(),
        account: None,
        request_id: None,
        actor: actor(by),
    };
    Record { call, change }
}

impl Snapshot {
    /// This row after a call of alice at that minute.
    fn hears(&self, at: i64, change: AddressChange) -> Self {
        self.hears_of("alice", at, change)
    }

    fn hears_of(&self, by: &str, at: i64, change: AddressChange) -> Self {
        let record = call(minute(at), by, change);
        self.after_record(&record, PROTECT).unwrap_or(self.clone())
    }

    /// This row after a look at that minute.
    fn sees(&self, at: i64, address: &Address, name: Option<&str>) -> Self {
        let observation = observation(at, address, name);
        self.after_observation(observation, PROTECT)
            .unwrap_or(self.clone())
    }

    /// This row as an earlier version wrote it: it stands for itself.
    fn of_an_earlier_version(&self) -> Self {
        self.without_fact_log()
    }

    fn is_at(&self) -> Option<u8> {
        let held = self.association.as_ref().filter(|it| it.until.is_none())?;
        Some(held.value.private_ip?.octets()[3])
    }

    fn is_named(&self) -> Option<&str> {
        let held = self.reverse_dns.as_ref().filter(|it| it.until.is_none())?;
        Some(&held.value)
    }
}

fn associated(allocation: AllocationId, number: u8) -> AddressChange {
    let association_on = association_on(number);
    AddressChange::Associated {
        allocation,
        association: Some(association_on.id),
        eni: association_on.eni,
        private_ip: association_on.private_ip,
        instance: association_on.instance,
    }
}

fn disassociated(number: u8) -> AddressChange {
    let association = association_id(number);
    AddressChange::Disassociated { association }
}

fn tagged(allocation: AllocationId, pairs: &[(&str, &str)]) -> AddressChange {
    AddressChange::Tagged {
        allocations: vec![allocation],
        tags: tags(pairs),
    }
}

fn untagged(allocation: AllocationId, keys: &[(&str, Option<&str>)]) -> AddressChange {
    let own = |(key, value): &(&str, Option<&str>)| ((*key).to_owned(), value.map(str::to_owned));
    AddressChange::Untagged {
        allocations: vec![allocation],
        tags: keys.iter().map(own).collect(),
    }
}

fn named(allocation: AllocationId, name: &str) -> AddressChange {
    let name = Some(name.to_owned());
    AddressChange::ReverseDnsSet { allocation, name }
}

fn reverse_dns_reset(allocation: AllocationId) -> AddressChange {
    AddressChange::ReverseDnsReset { allocation }
}

fn offered(allocation: AllocationId, account: &str) -> AddressChange {
    AddressChange::TransferEnabled {
        allocation,
        to_account: Some(account.to_owned()),
    }
}

fn withdrawn(allocation: AllocationId) -> AddressChange {
    AddressChange::TransferDisabled { allocation }
}

fn released(allocation: AllocationId) -> AddressChange {
    AddressChange::Released {
        allocation,
        border_group: None,
    }
}

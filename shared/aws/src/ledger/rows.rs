//! The rows of the table, and nothing else: reader and writer of each are here, side by side.
//!
//! | `pk` | `sk` | row |
//! | --- | --- | --- |
//! | `snapshot` | allocation id | the last known state of an allocation |
//! | `release` | allocation id | what became of its release |
//! | `lease` | group | who fails the group over, and what was done last |
//! | `lease-beside` | group | the same, while the row of kind `lease` cannot be read |
//! | `floating-interfaces` | group | what the group's floating interfaces had when a sweep last saw them |
//! | `member-alarms` | group | which alarms name a member of the group |
//! | `told` | what it is about | what people have been told of a matter |
//! | `association` | association id | which allocation it tied |
//! | `history#` and the IP | moment, `#`, name | one state that the address had |
//!
//! Each row says which version of the rows it is of: [`versions`].

use super::super::actions::{TRANSACT_WRITE_ITEMS, UPDATE_ITEM};
use super::super::failure::unsent;
use super::versions::{self, ROW_VERSION};
use aws_sdk_dynamodb::types::AttributeValue;
use holdfast::cloud::CloudError;
use holdfast::error::chain;
use holdfast::ledger::snapshot::AllocationState;
use holdfast::ledger::{
    Entry, FloatingInterfaces, Lease, MemberAlarms, ReleaseRecord, ReleaseStatus, Snapshot,
    ToldMatter, UnreadableRow,
};
use holdfast::model::ids::{AllocationId, AssociationId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::time::Duration;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{OffsetDateTime, UtcOffset};

pub(super) const PARTITION: &str = "pk";
pub(super) const SORT: &str = "sk";
pub(super) const REVISION: &str = "revision";
/// When DynamoDB may delete a row, in seconds since 1970: the table's time-to-live attribute.
const EXPIRES_AT: &str = "expires_at";
const ALLOCATION: &str = "allocation";

pub(super) const SNAPSHOT: &str = "snapshot";
pub(super) const RELEASE: &str = "release";
pub(super) const LEASE: &str = "lease";
pub(super) const LEASE_BESIDE: &str = "lease-beside";
pub(super) const FLOATING_INTERFACES: &str = "floating-interfaces";
pub(super) const MEMBER_ALARMS: &str = "member-alarms";
const TOLD: &str = "told";
const ASSOCIATION: &str = "association";

/// All digits of the fraction, always: so text and time sort alike.
const MOMENT: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:9]Z");
/// Sorts after every name of an entry.
const AFTER_ALL_NAMES: &str = "~";

/// The attributes of an item.
pub(crate) type Row = HashMap<String, AttributeValue>;

pub(super) fn snapshot_key(allocation: &AllocationId) -> Row {
    key(SNAPSHOT, allocation.as_str())
}

pub(super) fn release_key(allocation: &AllocationId) -> Row {
    key(RELEASE, allocation.as_str())
}

pub(super) fn association_key(association: &AssociationId) -> Row {
    key(ASSOCIATION, association.as_str())
}

/// `is_beside`: while the lease's own row cannot be read.
pub(super) fn lease_key(group: &str, is_beside: bool) -> Row {
    key(if is_beside { LEASE_BESIDE } else { LEASE }, group)
}

/// The longest sort key. Source: DynamoDB developer guide, "Quotas".
const MAX_SORT_KEY: usize = 1_024;

/// A name in it may be of any length: what is too long is cut, and two that begin alike for so long are one.
pub(super) fn told_key(about: &str) -> Row {
    let starts = about.char_indices().map(|(at, sign)| at + sign.len_utf8());
    let end = starts.take_while(|end| *end <= MAX_SORT_KEY).last();
    key(TOLD, &about[..end.unwrap_or(0)])
}

/// How long a matter is remembered after it was last seen: longer than anything asks for it.
const REMEMBERED: Duration = Duration::from_hours(24 * 7);

pub(crate) fn of_told(matter: &ToldMatter) -> Result<Row, CloudError> {
    let row = row(told_key(&matter.about), matter)?;
    Ok(expiring(row, Some(matter.seen_at), REMEMBERED))
}

/// When a lease ends by itself, in milliseconds since 1970, beside the lease itself: what a claim is
/// conditional on.
pub(super) const HELD_UNTIL: &str = "held_until";
const NANOS_PER_MILLISECOND: i128 = 1_000_000;

/// Now, in [`HELD_UNTIL`]'s unit. Rounded down, and an end rounded up: a lease is never free too early.
pub(super) fn now(at: OffsetDateTime) -> AttributeValue {
    let milliseconds = at.unix_timestamp_nanos().div_euclid(NANOS_PER_MILLISECOND);
    AttributeValue::N(milliseconds.to_string())
}

pub(super) fn end(at: OffsetDateTime) -> AttributeValue {
    let milliseconds = -(-at.unix_timestamp_nanos()).div_euclid(NANOS_PER_MILLISECOND);
    AttributeValue::N(milliseconds.to_string())
}

/// A lease stays: there is one for each group, and its lease number must not start anew.
pub(crate) fn of_lease(lease: &Lease) -> Result<Row, CloudError> {
    let mut row = row(lease_key(&lease.group, lease.is_beside), lease)?;
    if let Some(held) = &lease.held {
        row.insert(HELD_UNTIL.to_owned(), end(held.until));
    }
    Ok(row)
}

/// The row of a group that has no floating interface any more is over.
pub(crate) fn of_floating_interfaces(
    known: &FloatingInterfaces,
    retention: Duration,
) -> Result<Row, CloudError> {
    let row = row(key(FLOATING_INTERFACES, &known.group), known)?;
    let ended_at = known.interfaces.is_empty().then_some(known.as_of);
    Ok(expiring(row, ended_at, retention))
}

/// It stays: the next sweep takes its place.
pub(crate) fn of_member_alarms(learnt: &MemberAlarms) -> Result<Row, CloudError> {
    row(key(MEMBER_ALARMS, &learnt.group), learnt)
}

/// Partition and bounds of an address's history in a period, both ends included.
pub(super) fn history_range(
    ip: Ipv4Addr,
    from: OffsetDateTime,
    until: OffsetDateTime,
) -> Result<[String; 3], CloudError> {
    let until = format!("{}{AFTER_ALL_NAMES}", moment(until)?);
    Ok([history_partition(ip), moment(from)?, until])
}

/// A tombstone stays for the retention time; what is alive stays.
pub(crate) fn of_snapshot(snapshot: &Snapshot, retention: Duration) -> Result<Row, CloudError> {
    let ended_at = match snapshot.state {
        AllocationState::Allocated => None,
        AllocationState::Released { at } => Some(at),
    };
    let row = row(snapshot_key(&snapshot.allocation), snapshot)?;
    Ok(expiring(row, ended_at, retention))
}

/// A release that was only recorded is over as well: nobody will do anything about it.
pub(crate) fn of_release(release: &ReleaseRecord, retention: Duration) -> Result<Row, CloudError> {
    let is_over = release.status.is_final() || release.status == ReleaseStatus::Recorded;
    let ended_at = is_over.then_some(release.updated_at);
    let row = row(release_key(&release.allocation), release)?;
    Ok(expiring(row, ended_at, retention))
}

pub(crate) fn of_entry(entry: &Entry, retention: Duration) -> Result<Row, CloudError> {
    let sort = format!("{}#{}", moment(entry.at)?, entry.name());
    let row = row(key(&history_partition(entry.ip), &sort), entry)?;
    Ok(expiring(row, Some(entry.at), retention))
}

/// The association that a snapshot names; none when it names none.
pub(crate) fn of_association(snapshot: &Snapshot, retention: Duration) -> Option<Row> {
    let held = snapshot.association.as_ref()?;
    let mut row = association_key(&held.value.id);
    row.insert(ALLOCATION.to_owned(), text(snapshot.allocation.as_str()));
    row.insert(ROW_VERSION.to_owned(), versions::current());
    Some(expiring(row, held.until, retention))
}

/// Which allocation a row of kind `association` names.
pub(crate) fn allocation_in(row: Row) -> Result<AllocationId, UnreadableRow> {
    let name = name(&row);
    let row = versions::as_current(row).map_err(|why| unreadable(name.clone(), why))?;
    let allocation = row.get(ALLOCATION).and_then(|id| id.as_s().ok());
    let allocation = allocation.map(String::as_str).unwrap_or_default();
    allocation
        .parse()
        .map_err(|error| unreadable(name, chain(&error)))
}

pub(super) fn is_snapshot(row: &Row) -> bool {
    row.get(PARTITION) == Some(&text(SNAPSHOT))
}

/// A row as its type; what is only the table's own is passed over.
pub(crate) fn read<T: DeserializeOwned>(row: Row) -> Result<T, UnreadableRow> {
    let name = name(&row);
    let row = versions::as_current(row).map_err(|why| unreadable(name.clone(), why))?;
    serde_dynamo::from_item(row).map_err(|error| unreadable(name, chain(&error)))
}

fn unreadable(name: String, why: String) -> UnreadableRow {
    UnreadableRow { name, why }
}

/// A part of a row, as it is written in it.
pub(super) fn part<T: Serialize>(value: &T) -> Result<AttributeValue, CloudError> {
    serde_dynamo::to_attribute_value(value).map_err(|error| {
        let what = "a part of a row cannot be written";
        unsent(UPDATE_ITEM, what, Some(Box::new(error)))
    })
}

fn row<T: Serialize>(key: Row, value: &T) -> Result<Row, CloudError> {
    let mut row: Row = serde_dynamo::to_item(value).map_err(|error| {
        let what = format!("row {} cannot be written", name(&key));
        unsent(TRANSACT_WRITE_ITEMS, what, Some(Box::new(error)))
    })?;
    row.extend(key);
    row.insert(ROW_VERSION.to_owned(), versions::current());
    Ok(row)
}

fn expiring(mut row: Row, ended_at: Option<OffsetDateTime>, retention: Duration) -> Row {
    if let Some(ended_at) = ended_at {
        let expires_at = (ended_at + retention).unix_timestamp();
        row.insert(
            EXPIRES_AT.to_owned(),
            AttributeValue::N(expires_at.to_string()),
        );
    }
    row
}

fn key(partition: &str, sort: &str) -> Row {
    HashMap::from([
        (PARTITION.to_owned(), text(partition)),
        (SORT.to_owned(), text(sort)),
    ])
}

fn history_partition(ip: Ipv4Addr) -> String {
    format!("history#{ip}")
}

fn moment(at: OffsetDateTime) -> Result<String, CloudError> {
    at.to_offset(UtcOffset::UTC)
        .format(MOMENT)
        .map_err(|error| unsent(TRANSACT_WRITE_ITEMS, at, Some(Box::new(error))))
}

/// A row's key, for people.
pub(super) fn name(row: &Row) -> String {
    let part = |name: &str| row.get(name).and_then(|value| value.as_s().ok());
    let part = |name: &str| part(name).map_or("?", String::as_str);
    format!("{}/{}", part(PARTITION), part(SORT))
}

pub(super) fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

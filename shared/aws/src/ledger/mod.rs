//! The ledger on one DynamoDB table with the string keys `pk` and `sk`: see [`rows`] for what is where.
//! Both rows of one allocation are one batch, all snapshots one query, an address's history another.
//!
//! A row that cannot be read is passed by, told and never written over: [`unreadable`].
//!
//! Races: every function writes the same rows. DynamoDB arbitrates: a row goes in only while the one
//! that it was derived from is still there, and its history goes in as one with it.

mod lease;
pub(super) mod rows;
mod unreadable;
mod versions;

use super::actions::{BATCH_GET_ITEM, PUT_ITEM, QUERY, TRANSACT_WRITE_ITEMS};
use super::connections::opening::open;
use super::failure;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::builders::PutBuilder;
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, KeysAndAttributes, Put, TransactWriteItem,
};
use futures_util::future::try_join_all;
use holdfast::clock::{Clock, WallClock};
use holdfast::cloud::{CloudError, Failure};
use holdfast::ledger::lease::{Acquire, Claim};
use holdfast::ledger::{
    AllocationRows, Entry, FloatingInterfaces, Lease, Ledger, MemberAlarms, ReadAddressHistory,
    ReleaseRecord, Snapshot, ToldLedger, ToldMatter, UnreadableRow, Written,
};
use holdfast::model::ids::{AllocationId, AssociationId};
use rows::{
    FLOATING_INTERFACES, LEASE, LEASE_BESIDE, MEMBER_ALARMS, PARTITION, RELEASE, REVISION, Row,
    SNAPSHOT, SORT,
};
use serde::de::DeserializeOwned;
use std::collections::{BTreeSet, HashMap};
use std::iter;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;
use time::OffsetDateTime;
use unreadable::Unreadable;

/// Source: DynamoDB API reference, `BatchGetItem`.
const MAX_KEYS: usize = 100;

/// How often keys are asked for again that DynamoDB left out of its answer for want of throughput.
const MAX_READS: u32 = 4;
const PAUSE: Duration = Duration::from_millis(50);

/// The ledger on DynamoDB.
#[derive(Debug, Clone)]
pub struct DynamoLedger {
    pub(super) client: Client,
    table: String,
    retention: Duration,
    unreadable: Arc<Unreadable>,
}

impl Ledger for DynamoLedger {
    async fn read(&self, allocation: &AllocationId) -> Result<AllocationRows, CloudError> {
        let keys = [
            rows::snapshot_key(allocation),
            rows::release_key(allocation),
        ];
        let mut known = AllocationRows::default();
        for row in self.batch(keys.to_vec()).await? {
            if rows::is_snapshot(&row) {
                known.snapshot = self.unreadable.pass_by(rows::read(row));
            } else {
                known.release = self.unreadable.pass_by(rows::read(row));
                known.is_release_unreadable = known.release.is_none();
            }
        }
        Ok(known)
    }

    async fn snapshots(&self) -> Result<Vec<Snapshot>, CloudError> {
        self.read_all(SNAPSHOT).await
    }

    async fn snapshots_of(
        &self,
        allocations: &[AllocationId],
    ) -> Result<Vec<Snapshot>, CloudError> {
        let batches = allocations.chunks(MAX_KEYS).map(|some| {
            let keys = some.iter().map(rows::snapshot_key);
            self.batch(keys.collect())
        });
        let found = try_join_all(batches).await?.into_iter().flatten();
        Ok(self.readable(found))
    }

    async fn releases(&self) -> Result<Vec<ReleaseRecord>, CloudError> {
        self.read_all(RELEASE).await
    }

    async fn allocation_of_association(
        &self,
        association: &AssociationId,
    ) -> Result<Option<AllocationId>, CloudError> {
        let found = self.batch(vec![rows::association_key(association)]).await?;
        let held = found.into_iter().next().map(rows::allocation_in);
        Ok(held.and_then(|allocation| self.unreadable.pass_by(allocation)))
    }

    async fn put_snapshot(&self, snapshot: &Snapshot) -> Result<Written, CloudError> {
        let row = rows::of_snapshot(snapshot, self.retention)?;
        let entry = rows::of_entry(&Entry::of_snapshot(snapshot), self.retention)?;
        let beside = [Some(entry), rows::of_association(snapshot, self.retention)];
        self.put(row, snapshot.revision, beside.into_iter().flatten())
            .await
    }

    async fn put_release(&self, release: &ReleaseRecord) -> Result<Written, CloudError> {
        let row = rows::of_release(release, self.retention)?;
        let entry = Entry::of_release(release);
        let entry = entry
            .map(|entry| rows::of_entry(&entry, self.retention))
            .transpose()?;
        self.put(row, release.revision, entry).await
    }

    async fn leases(&self) -> Result<Vec<Lease>, CloudError> {
        let found = self.query(self.of_kind(LEASE)).await?;
        let count = found.len();
        let mut leases: Vec<Lease> = self.readable(found);
        if leases.len() < count {
            let beside: Vec<Lease> = self.read_all(LEASE_BESIDE).await?;
            let known: BTreeSet<String> = leases.iter().map(|lease| lease.group.clone()).collect();
            let stand_in = beside.into_iter().filter(|it| !known.contains(&it.group));
            leases.extend(stand_in.map(lease::beside));
        }
        Ok(leases)
    }

    fn take_unreadable(&self) -> Vec<UnreadableRow> {
        self.unreadable.take()
    }

    async fn acquire_lease(&self, claim: &Claim) -> Result<Acquire, CloudError> {
        lease::acquire((&self.client, &self.table), claim, &self.unreadable).await
    }

    async fn put_lease(&self, lease: &Lease) -> Result<Written, CloudError> {
        lease::put((&self.client, &self.table), lease).await
    }

    async fn floating_interfaces(&self) -> Result<Vec<FloatingInterfaces>, CloudError> {
        self.read_all(FLOATING_INTERFACES).await
    }

    async fn put_floating_interfaces(
        &self,
        row: &FloatingInterfaces,
    ) -> Result<Written, CloudError> {
        let revision = row.revision;
        let row = rows::of_floating_interfaces(row, self.retention)?;
        self.put(row, revision, iter::empty()).await
    }

    async fn member_alarms(&self) -> Result<Vec<MemberAlarms>, CloudError> {
        self.read_all(MEMBER_ALARMS).await
    }

    async fn put_member_alarms(&self, row: &MemberAlarms) -> Result<Written, CloudError> {
        self.put_alone(rows::of_member_alarms(row)?, row.revision)
            .await
    }
}

impl ToldLedger for DynamoLedger {
    async fn told(&self, abouts: &[String]) -> Result<Vec<ToldMatter>, CloudError> {
        let batches = abouts.chunks(MAX_KEYS).map(|some| {
            let keys = some.iter().map(|about| rows::told_key(about));
            self.batch(keys.collect())
        });
        let found = try_join_all(batches).await?.into_iter().flatten();
        Ok(self.readable(found))
    }

    async fn put_told(&self, row: &ToldMatter) -> Result<Written, CloudError> {
        self.put_alone(rows::of_told(row)?, row.revision).await
    }
}

impl ReadAddressHistory for DynamoLedger {
    async fn history(
        &self,
        ip: Ipv4Addr,
        from: OffsetDateTime,
        until: OffsetDateTime,
    ) -> Result<Vec<Entry>, CloudError> {
        let [partition, from, until] = rows::history_range(ip, from, until)?;
        let query = self
            .client
            .query()
            .key_condition_expression("#pk = :pk AND #sk BETWEEN :from AND :until")
            .expression_attribute_names("#pk", PARTITION)
            .expression_attribute_names("#sk", SORT)
            .expression_attribute_values(":pk", rows::text(&partition))
            .expression_attribute_values(":from", rows::text(&from))
            .expression_attribute_values(":until", rows::text(&until));
        Ok(self.readable(self.query(query).await?))
    }
}

impl DynamoLedger {
    /// On a client that is set up already. `retention` is how long a row stays after it has ended, and
    /// how long the history goes back.
    #[must_use]
    pub fn new(client: Client, table: String, retention: Duration) -> Self {
        Self {
            client,
            table,
            retention,
            unreadable: Arc::default(),
        }
    }

    /// Has a connection to DynamoDB open for the calls to come. Nothing is sent.
    pub(super) async fn open(&self) -> Result<(), CloudError> {
        let opened = open!(self.client.batch_get_item());
        opened.map_err(|error| failure::of(BATCH_GET_ITEM, error))
    }

    /// Reads consistently, so that a row that was written a moment ago is seen.
    async fn batch(&self, keys: Vec<Row>) -> Result<Vec<Row>, CloudError> {
        let keys = KeysAndAttributes::builder()
            .set_keys(Some(keys))
            .consistent_read(true);
        let keys = keys
            .build()
            .map_err(|error| malformed(BATCH_GET_ITEM, error))?;
        let mut wanted = HashMap::from([(self.table.clone(), keys)]);
        let mut found = Vec::new();
        for read in 0..MAX_READS {
            WallClock.sleep(PAUSE * read).await;
            let mut answer = self
                .client
                .batch_get_item()
                .set_request_items(Some(wanted))
                .send()
                .await
                .map_err(|error| failure::of(BATCH_GET_ITEM, error))?;
            let tables = answer.responses.as_mut();
            let rows = tables.and_then(|tables| tables.remove(&self.table));
            found.extend(rows.unwrap_or_default());
            wanted = answer.unprocessed_keys.unwrap_or_default();
            if wanted.is_empty() {
                return Ok(found);
            }
        }
        Err(left_out())
    }

    /// Each row is read as its page comes, so that no more of them than a page has are there in both forms.
    async fn read_all<T: DeserializeOwned>(&self, kind: &str) -> Result<Vec<T>, CloudError> {
        let mut found = Vec::new();
        let read = |page: Vec<Row>| found.extend(self.readable(page));
        self.each_page(self.of_kind(kind), read).await?;
        Ok(found)
    }

    fn readable<T: DeserializeOwned>(&self, found: impl IntoIterator<Item = Row>) -> Vec<T> {
        let read = |row| self.unreadable.pass_by(rows::read(row));
        found.into_iter().filter_map(read).collect()
    }

    /// Puts a row that stands alone, if its revision follows the one that is there.
    async fn put_alone(&self, row: Row, revision: u64) -> Result<Written, CloudError> {
        if self.unreadable.has(&rows::name(&row)) {
            return Ok(Written::Unreadable);
        }
        let put = next_in_line(row, revision).table_name(&self.table);
        let put = put.build().map_err(|error| malformed(PUT_ITEM, error))?;
        let putting = self
            .client
            .put_item()
            .table_name(put.table_name)
            .set_item(Some(put.item))
            .set_condition_expression(put.condition_expression)
            .set_expression_attribute_names(put.expression_attribute_names)
            .set_expression_attribute_values(put.expression_attribute_values);
        match putting.send().await {
            Ok(_) => Ok(Written::Stored),
            Err(error) => match error.as_service_error() {
                Some(refused) if refused.is_conditional_check_failed_exception() => {
                    Ok(Written::Conflict)
                }
                _ => Err(failure::of(PUT_ITEM, error)),
            },
        }
    }

    fn of_kind(&self, kind: &str) -> QueryFluentBuilder {
        self.client
            .query()
            .key_condition_expression("#pk = :pk")
            .expression_attribute_names("#pk", PARTITION)
            .expression_attribute_values(":pk", rows::text(kind))
    }

    async fn query(&self, query: QueryFluentBuilder) -> Result<Vec<Row>, CloudError> {
        let mut found = Vec::new();
        self.each_page(query, |page| found.extend(page)).await?;
        Ok(found)
    }

    /// All pages, read consistently.
    async fn each_page(
        &self,
        query: QueryFluentBuilder,
        mut take: impl FnMut(Vec<Row>),
    ) -> Result<(), CloudError> {
        let query = query.table_name(&self.table).consistent_read(true);
        let mut pages = query.into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| failure::of(QUERY, error))?;
            take(page.items.unwrap_or_default());
        }
        Ok(())
    }

    /// Puts `row` if its revision follows the one that is there, and with it what belongs beside it:
    /// all of it or none.
    async fn put(
        &self,
        row: Row,
        revision: u64,
        beside: impl IntoIterator<Item = Row>,
    ) -> Result<Written, CloudError> {
        if self.unreadable.has(&rows::name(&row)) {
            return Ok(Written::Unreadable);
        }
        let beside = beside
            .into_iter()
            .map(|row| Put::builder().set_item(Some(row)));
        let puts = iter::once(next_in_line(row, revision))
            .chain(beside)
            .map(|put| {
                let put = put.table_name(&self.table).build();
                let put = put.map_err(|error| malformed(TRANSACT_WRITE_ITEMS, error))?;
                Ok(TransactWriteItem::builder().put(put).build())
            });
        let writing = self
            .client
            .transact_write_items()
            .set_transact_items(Some(puts.collect::<Result<_, CloudError>>()?));
        match writing.send().await {
            Ok(_) => Ok(Written::Stored),
            Err(refused) if refused.as_service_error().is_some_and(came_second) => {
                Ok(Written::Conflict)
            }
            Err(error) => Err(failure::of(TRANSACT_WRITE_ITEMS, error)),
        }
    }
}

/// The condition that makes a put a compare-and-set.
fn next_in_line(row: Row, revision: u64) -> PutBuilder {
    let put = Put::builder().set_item(Some(row));
    match revision.saturating_sub(1) {
        0 => put
            .condition_expression("attribute_not_exists(#pk)")
            .expression_attribute_names("#pk", PARTITION),
        seen => put
            .condition_expression("#revision = :seen")
            .expression_attribute_names("#revision", REVISION)
            .expression_attribute_values(":seen", AttributeValue::N(seen.to_string())),
    }
}

/// Whether another write came first, or is at it right now.
/// Source: DynamoDB API reference, `TransactWriteItems`, `CancellationReasons`.
fn came_second(refused: &TransactWriteItemsError) -> bool {
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = refused else {
        return false;
    };
    let codes = cancelled
        .cancellation_reasons()
        .iter()
        .filter_map(CancellationReason::code);
    codes
        .into_iter()
        .any(|code| matches!(code, "ConditionalCheckFailed" | "TransactionConflict"))
}

fn malformed(action: &'static str, error: BuildError) -> CloudError {
    CloudError::Other(Failure {
        action,
        code: None,
        message: Some("the request was not complete, nothing was sent".to_owned()),
        request_id: None,
        source: Some(Box::new(error)),
    })
}

fn left_out() -> CloudError {
    CloudError::Throttled(Failure {
        action: BATCH_GET_ITEM,
        code: None,
        message: Some(format!(
            "DynamoDB left keys out of {MAX_READS} answers in a row (UnprocessedKeys)"
        )),
        request_id: None,
        source: None,
    })
}

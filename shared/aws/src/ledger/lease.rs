//! A group's lease on DynamoDB: one conditional update takes it, one conditional put stores it.
//!
//! Races: every failover of the group, and reconcile. DynamoDB arbitrates: the update goes through only
//! when nobody has the lease or its time is up, the put only while the lease number is still the same.
//!
//! A row of the first version is brought to the words of today when it is taken first: a put that is conditional on the
//! number that it had. A row that cannot be read does not stop a failover. A row beside it is the lease then, for all
//! runs alike: whoever finds the first row unreadable goes on to the second, and that one arbitrates.

use super::super::actions::{PUT_ITEM, UPDATE_ITEM};
use super::super::failure;
use super::rows::{self, HELD_UNTIL, Row};
use super::unreadable::Unreadable;
use super::versions::{self, FIRST_LEASE_NUMBER, ROW_VERSION};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use holdfast::cloud::CloudError;
use holdfast::ledger::lease::{Acquire, Claim};
use holdfast::ledger::{Lease, UnreadableRow, Written};

const LEASE_NUMBER: &str = "lease_number";

/// What is in progress already stays: `if_not_exists` keeps the record of a run that did not end.
const TAKING: &str = "SET #group = :group, #held = :held, #until = :until, #version = :version, \
     #in_progress = if_not_exists(#in_progress, :record) ADD #lease_number :one";

/// Free, and of a version that this one can write: neither a later one nor the first.
const FREE: &str = "(attribute_not_exists(#until) OR #until <= :now OR #held.#owner = :owner) \
     AND (attribute_not_exists(#version) OR #version <= :version) AND attribute_not_exists(#first_number)";

/// How often a row of the first version is brought up to date before the claim is left: others do it as well.
const TRIES: usize = 4;

/// What came of one update.
enum Taken {
    As(Box<Acquire>),
    /// The row is of the first version.
    First(Row),
    Unreadable(UnreadableRow),
}

pub(super) async fn acquire(
    table: (&Client, &str),
    claim: &Claim,
    unreadable: &Unreadable,
) -> Result<Acquire, CloudError> {
    for _ in 0..TRIES {
        match take(table.0, table.1, claim, false).await? {
            Taken::As(acquired) => return Ok(*acquired),
            Taken::First(row) => renew(table, row).await?,
            Taken::Unreadable(row) => {
                unreadable.note(row);
                return acquire_beside(table, claim).await;
            }
        }
    }
    Err(failure::unsent(
        UPDATE_ITEM,
        "the lease's row was changed again and again",
        None,
    ))
}

async fn acquire_beside(table: (&Client, &str), claim: &Claim) -> Result<Acquire, CloudError> {
    match take(table.0, table.1, claim, true).await? {
        Taken::As(acquired) => Ok(match *acquired {
            Acquire::Granted(lease) => Acquire::Granted(beside(lease)),
            Acquire::HeldBy(lease) => Acquire::HeldBy(beside(lease)),
        }),
        Taken::First(_) => Err(unknown_row("it is of the first version")),
        Taken::Unreadable(row) => Err(unknown_row(&row.why)),
    }
}

fn unknown_row(why: &str) -> CloudError {
    let what = format!("the lease's row and the row beside it: {why}");
    failure::unreadable(UPDATE_ITEM, what, None)
}

/// The same lease, as the row beside the group's own.
pub(super) fn beside(lease: Lease) -> Lease {
    Lease {
        is_beside: true,
        ..lease
    }
}

async fn take(
    client: &Client,
    table: &str,
    claim: &Claim,
    is_beside: bool,
) -> Result<Taken, CloudError> {
    let taking = client
        .update_item()
        .table_name(table)
        .set_key(Some(rows::lease_key(&claim.group, is_beside)))
        .update_expression(TAKING)
        .condition_expression(FREE)
        .expression_attribute_names("#group", "group")
        .expression_attribute_names("#held", "held")
        .expression_attribute_names("#owner", "owner")
        .expression_attribute_names("#until", HELD_UNTIL)
        .expression_attribute_names("#in_progress", "in_progress")
        .expression_attribute_names("#lease_number", LEASE_NUMBER)
        .expression_attribute_names("#first_number", FIRST_LEASE_NUMBER)
        .expression_attribute_names("#version", ROW_VERSION)
        .expression_attribute_values(":group", rows::text(&claim.group))
        .expression_attribute_values(":held", rows::part(&claim.hold)?)
        .expression_attribute_values(":owner", rows::text(&claim.hold.owner))
        .expression_attribute_values(":until", rows::end(claim.hold.until))
        .expression_attribute_values(":now", rows::now(claim.now))
        .expression_attribute_values(":record", rows::part(&claim.record)?)
        .expression_attribute_values(":version", versions::current())
        .expression_attribute_values(":one", AttributeValue::N("1".to_owned()))
        .return_values(ReturnValue::AllNew)
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    match taking.send().await {
        Ok(taken) => {
            let row = taken.attributes.unwrap_or_default();
            Ok(taken_as(row, Acquire::Granted))
        }
        Err(error) => match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(refused))
                if refused.item().is_some() =>
            {
                let row = refused.item().cloned().unwrap_or_default();
                if versions::is_first_lease(&row) {
                    return Ok(Taken::First(row));
                }
                Ok(taken_as(row, Acquire::HeldBy))
            }
            _ => Err(failure::of(UPDATE_ITEM, error)),
        },
    }
}

fn taken_as(row: Row, acquired: fn(Lease) -> Acquire) -> Taken {
    match rows::read(row) {
        Ok(lease) => Taken::As(Box::new(acquired(lease))),
        Err(unreadable) => Taken::Unreadable(unreadable),
    }
}

/// Brings a row of the first version to the words of today, whoever holds it. A function of that version that has the
/// lease finds its number gone, and does not write over what is there by then.
///
/// Idempotent on the number that the row had: whoever comes second changes nothing.
async fn renew((client, table): (&Client, &str), first: Row) -> Result<(), CloudError> {
    let seen = first.get(FIRST_LEASE_NUMBER).cloned();
    let mut row =
        versions::as_current(first).map_err(|why| failure::unreadable(UPDATE_ITEM, why, None))?;
    row.remove(FIRST_LEASE_NUMBER);
    row.insert(ROW_VERSION.to_owned(), versions::current());
    let putting = client
        .put_item()
        .table_name(table)
        .set_item(Some(row))
        .condition_expression("#first_number = :seen")
        .expression_attribute_names("#first_number", FIRST_LEASE_NUMBER)
        .set_expression_attribute_values(seen.map(|seen| [(":seen".to_owned(), seen)].into()));
    match putting.send().await {
        Ok(_) => Ok(()),
        Err(error) => match error.as_service_error() {
            Some(refused) if refused.is_conditional_check_failed_exception() => Ok(()),
            _ => Err(failure::of(PUT_ITEM, error)),
        },
    }
}

/// A row of the first version has its number under its first name.
const IS_MINE: &str = "(#lease_number = :mine OR #first_number = :mine) \
     AND (attribute_not_exists(#version) OR #version <= :version)";

pub(super) async fn put(
    (client, table): (&Client, &str),
    lease: &Lease,
) -> Result<Written, CloudError> {
    let putting = client
        .put_item()
        .table_name(table)
        .set_item(Some(rows::of_lease(lease)?))
        .condition_expression(IS_MINE)
        .expression_attribute_names("#lease_number", LEASE_NUMBER)
        .expression_attribute_names("#first_number", FIRST_LEASE_NUMBER)
        .expression_attribute_names("#version", ROW_VERSION)
        .expression_attribute_values(":version", versions::current())
        .expression_attribute_values(":mine", AttributeValue::N(lease.lease_number.to_string()));
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

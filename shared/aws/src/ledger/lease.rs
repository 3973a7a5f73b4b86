//! A group's lease on DynamoDB: one conditional update takes it, one conditional put stores it.
//!
//! Races: every failover of the group, and reconcile. DynamoDB arbitrates: the update goes through only
//! when nobody has the lease or its time is up, the put only while the lease number is still the same.

use super::super::actions::{PUT_ITEM, UPDATE_ITEM};
use super::super::failure;
use super::rows::{self, HELD_UNTIL};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use holdfast::cloud::CloudError;
use holdfast::ledger::lease::{Acquire, Claim};
use holdfast::ledger::{Lease, Written};

const LEASE_NUMBER: &str = "lease_number";

/// What is in progress already stays: `if_not_exists` keeps the record of a run that did not end.
const TAKING: &str = "SET #group = :group, #held = :held, #until = :until, \
     #in_progress = if_not_exists(#in_progress, :record) ADD #lease_number :one";

const FREE: &str = "attribute_not_exists(#until) OR #until <= :now OR #held.#owner = :owner";

pub(super) async fn take(
    client: &Client,
    table: &str,
    claim: &Claim,
) -> Result<Acquire, CloudError> {
    let taking = client
        .update_item()
        .table_name(table)
        .set_key(Some(rows::lease_key(&claim.group)))
        .update_expression(TAKING)
        .condition_expression(FREE)
        .expression_attribute_names("#group", "group")
        .expression_attribute_names("#held", "held")
        .expression_attribute_names("#owner", "owner")
        .expression_attribute_names("#until", HELD_UNTIL)
        .expression_attribute_names("#in_progress", "in_progress")
        .expression_attribute_names("#lease_number", LEASE_NUMBER)
        .expression_attribute_values(":group", rows::text(&claim.group))
        .expression_attribute_values(":held", rows::part(&claim.hold)?)
        .expression_attribute_values(":owner", rows::text(&claim.hold.owner))
        .expression_attribute_values(":until", rows::end(claim.hold.until))
        .expression_attribute_values(":now", rows::now(claim.now))
        .expression_attribute_values(":record", rows::part(&claim.record)?)
        .expression_attribute_values(":one", AttributeValue::N("1".to_owned()))
        .return_values(ReturnValue::AllNew)
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    match taking.send().await {
        Ok(taken) => {
            let row = taken.attributes.unwrap_or_default();
            Ok(Acquire::Granted(rows::read(UPDATE_ITEM, row)?))
        }
        Err(error) => match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(refused))
                if refused.item().is_some() =>
            {
                let row = refused.item().cloned().unwrap_or_default();
                Ok(Acquire::HeldBy(rows::read(UPDATE_ITEM, row)?))
            }
            _ => Err(failure::of(UPDATE_ITEM, error)),
        },
    }
}

pub(super) async fn put(
    client: &Client,
    table: &str,
    lease: &Lease,
) -> Result<Written, CloudError> {
    let putting = client
        .put_item()
        .table_name(table)
        .set_item(Some(rows::of_lease(lease)?))
        .condition_expression("#lease_number = :mine")
        .expression_attribute_names("#lease_number", LEASE_NUMBER)
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

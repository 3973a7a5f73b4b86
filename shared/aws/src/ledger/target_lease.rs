//! The lease of a target on DynamoDB: one conditional put.
//!
//! Races: every run that is about to give the private IP an Elastic IP. DynamoDB arbitrates: the put goes through only
//! where no other run has the target, or its time is up. Such a row is of use for half a minute. One that this version
//! cannot read counts by its owner and its end alone, and so does one of a later version.

use super::super::actions::PUT_ITEM;
use super::super::failure;
use super::rows::{self, HELD_UNTIL};
use aws_sdk_dynamodb::Client;
use holdfast::cloud::CloudError;
use holdfast::ledger::{TargetLease, TargetLeased};

const FREE: &str = "attribute_not_exists(#until) OR #until <= :now OR #owner = :owner";

pub(super) async fn lease(
    (client, table): (&Client, &str),
    asked: &TargetLease,
) -> Result<TargetLeased, CloudError> {
    let putting = client
        .put_item()
        .table_name(table)
        .set_item(Some(rows::of_target_lease(asked)?))
        .condition_expression(FREE)
        .expression_attribute_names("#until", HELD_UNTIL)
        .expression_attribute_names("#owner", "owner")
        .expression_attribute_values(":now", rows::now(asked.asked_at))
        .expression_attribute_values(":owner", rows::text(&asked.owner));
    match putting.send().await {
        Ok(_) => Ok(TargetLeased::Granted),
        Err(error) => match error.as_service_error() {
            Some(refused) if refused.is_conditional_check_failed_exception() => {
                Ok(TargetLeased::HeldByOther)
            }
            _ => Err(failure::of(PUT_ITEM, error)),
        },
    }
}

//! Whether the simulated DynamoDB keeps what the ledger builds on: conditions, consistent reads, pages,
//! batches, transactions, and an expiry that by itself removes nothing.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

use crate::aws::{Aws, code, text};
use aws_sdk_dynamodb as dynamodb;
use dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use dynamodb::types::{
    AttributeValue, ConditionCheck, KeysAndAttributes, Put, ReturnValuesOnConditionCheckFailure,
    TransactWriteItem,
};
use std::collections::HashMap;

const TABLE: &str = "ledger";
/// 2026-03-01 in microseconds: as large a number as the ledger has reason to compare.
const EVENT_TIME: i64 = 1_772_323_200_000_000;

async fn ledger() -> Aws {
    let aws = Aws::start().await;
    aws.simulator.create_table(TABLE).await.unwrap();
    aws
}

fn number(value: i64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

fn row(pk: &str, sk: &str, at: i64) -> HashMap<String, AttributeValue> {
    [("pk", text(pk)), ("sk", text(sk)), ("at", number(at))]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
}

fn put(aws: &Aws, at: i64) -> PutItemFluentBuilder {
    aws.dynamodb
        .put_item()
        .table_name(TABLE)
        .set_item(Some(row("a", "1", at)))
}

/// The ledger's own condition: only what is newer may overwrite.
fn put_newer(aws: &Aws, at: i64) -> PutItemFluentBuilder {
    put(aws, at)
        .condition_expression("attribute_not_exists(pk) OR #at < :at")
        .expression_attribute_names("#at", "at")
        .expression_attribute_values(":at", number(at))
}

async fn stored(aws: &Aws) -> AttributeValue {
    aws.read_row(TABLE, "a", "1").await.unwrap()["at"].clone()
}

#[tokio::test]
async fn an_older_write_is_refused_and_changes_nothing() {
    let aws = ledger().await;
    put_newer(&aws, EVENT_TIME).send().await.unwrap();
    let refused = put_newer(&aws, EVENT_TIME - 1).send().await;
    assert_eq!(code(&refused), "ConditionalCheckFailedException");
    assert_eq!(stored(&aws).await, number(EVENT_TIME));
    put_newer(&aws, EVENT_TIME + 1).send().await.unwrap();
    assert_eq!(stored(&aws).await, number(EVENT_TIME + 1));
}

#[tokio::test]
async fn a_refused_write_shows_the_present_row_when_asked() {
    let aws = ledger().await;
    put_newer(&aws, EVENT_TIME).send().await.unwrap();
    let asked = ReturnValuesOnConditionCheckFailure::AllOld;
    let put = put_newer(&aws, 1).return_values_on_condition_check_failure(asked);
    let error = put.send().await.unwrap_err().into_service_error();
    let dynamodb::operation::put_item::PutItemError::ConditionalCheckFailedException(failed) =
        error
    else {
        panic!("wanted a failed condition, got {error:?}");
    };
    assert_eq!(failed.item().unwrap()["at"], number(EVENT_TIME));
}

#[tokio::test]
async fn of_many_writers_at_once_exactly_one_creates_the_row() {
    let aws = ledger().await;
    let attempts = (0..20).map(|at| {
        put(&aws, at)
            .condition_expression("attribute_not_exists(pk)")
            .send()
    });
    let results = futures_util::future::join_all(attempts).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
}

#[tokio::test]
async fn a_query_comes_in_pages_in_the_order_of_its_sort_key() {
    let aws = ledger().await;
    for sk in ["3", "1", "2"] {
        let put = aws
            .dynamodb
            .put_item()
            .table_name(TABLE)
            .set_item(Some(row("a", sk, 0)));
        put.send().await.unwrap();
    }
    aws.simulator.page_after(Some(2));
    let query = aws.dynamodb.query().table_name(TABLE).consistent_read(true);
    let query = query.key_condition_expression("pk = :pk");
    let mut pages = query
        .expression_attribute_values(":pk", text("a"))
        .into_paginator()
        .send();
    let mut seen = Vec::new();
    while let Some(page) = pages.next().await {
        seen.push(
            page.unwrap()
                .items()
                .iter()
                .map(|row| row["sk"].clone())
                .collect::<Vec<_>>(),
        );
    }
    assert_eq!(seen, [vec![text("1"), text("2")], vec![text("3")]]);
}

#[tokio::test]
async fn a_batch_read_finds_what_is_there() {
    let aws = ledger().await;
    put(&aws, 7).send().await.unwrap();
    let key = |sk: &str| HashMap::from([("pk".to_owned(), text("a")), ("sk".to_owned(), text(sk))]);
    let keys = KeysAndAttributes::builder()
        .keys(key("1"))
        .keys(key("9"))
        .consistent_read(true);
    let read = aws
        .dynamodb
        .batch_get_item()
        .request_items(TABLE, keys.build().unwrap());
    let found = read.send().await.unwrap();
    assert_eq!(found.responses().unwrap()[TABLE], [row("a", "1", 7)]);
}

#[tokio::test]
async fn a_batch_read_of_more_than_a_hundred_rows_is_refused() {
    let aws = ledger().await;
    let keys = (0..101).map(|sk| {
        HashMap::from([
            ("pk".to_owned(), text("a")),
            ("sk".to_owned(), text(&sk.to_string())),
        ])
    });
    let keys = KeysAndAttributes::builder()
        .set_keys(Some(keys.collect()))
        .build()
        .unwrap();
    let refused = aws
        .dynamodb
        .batch_get_item()
        .request_items(TABLE, keys)
        .send()
        .await;
    assert_eq!(code(&refused), "ValidationException");
}

#[tokio::test]
async fn a_transaction_with_one_failing_check_writes_nothing() {
    let aws = ledger().await;
    let write = Put::builder()
        .table_name(TABLE)
        .set_item(Some(row("a", "1", 7)))
        .build()
        .unwrap();
    let check = ConditionCheck::builder()
        .table_name(TABLE)
        .key("pk", text("b"))
        .key("sk", text("1"))
        .condition_expression("attribute_exists(pk)")
        .build()
        .unwrap();
    let refused = aws
        .dynamodb
        .transact_write_items()
        .transact_items(TransactWriteItem::builder().put(write).build())
        .transact_items(TransactWriteItem::builder().condition_check(check).build())
        .send()
        .await;
    assert_eq!(code(&refused), "TransactionCanceledException");
    assert!(aws.read_row(TABLE, "a", "1").await.is_none());
}

#[tokio::test]
async fn a_row_past_its_expiry_is_still_read() {
    let aws = ledger().await;
    let expired = put(&aws, 7).item("expires", number(1));
    expired.send().await.unwrap();
    assert!(aws.read_row(TABLE, "a", "1").await.is_some());
}

#[tokio::test]
async fn a_write_to_a_table_that_is_not_there_says_so() {
    let aws = Aws::start().await;
    assert_eq!(
        code(&put(&aws, 1).send().await),
        "ResourceNotFoundException"
    );
}

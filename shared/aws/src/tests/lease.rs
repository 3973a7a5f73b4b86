//! A lease's row, fixed to the byte, and the two conditional writes that take it and store it.

use super::Wire;
use super::table::attributes;
use crate::ledger::rows;
use holdfast::ledger::lease::{Acquire, Claim, FailoverRecord, LeaseHold};
use holdfast::ledger::{Lease, Ledger, Written};
use holdfast::settings::Fencing;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

const NOON: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

const FREE: &str = "(attribute_not_exists(#until) OR #until <= :now OR #held.#owner = :owner) \
    AND (attribute_not_exists(#version) OR #version <= :version) AND attribute_not_exists(#first_number)";
const IS_MINE: &str = "(#lease_number = :mine OR #first_number = :mine) \
    AND (attribute_not_exists(#version) OR #version <= :version)";

fn a_record() -> FailoverRecord {
    FailoverRecord {
        cause: "alarm web-1-status".to_owned(),
        alarms: vec!["web-1-status".to_owned()],
        fired_at: NOON,
        failed_members: ["i-1".parse().unwrap()].into(),
        pending_reassociation: vec!["eipalloc-1".parse().unwrap()],
        former_targets: BTreeMap::new(),
        pending_fences: [
            ("i-1".parse().unwrap(), Fencing::Stop),
            (
                "i-3".parse().unwrap(),
                Fencing::Isolate("sg-1".parse().unwrap()),
            ),
        ]
        .into(),
        began_at: NOON,
        ended_at: Some(NOON),
        to: Some("i-2".parse().unwrap()),
    }
}

fn a_lease() -> Lease {
    Lease {
        lease_number: 7,
        held: Some(LeaseHold {
            owner: "run-1".to_owned(),
            until: NOON + Duration::nanoseconds(1_500_000),
        }),
        in_progress: Some(a_record()),
        last: Some(a_record()),
        failback_target_healthy_since: Some(NOON),
        ..Lease::new("web")
    }
}

fn a_claim() -> Claim {
    Claim {
        group: "web".to_owned(),
        hold: LeaseHold {
            owner: "run-1".to_owned(),
            until: NOON + Duration::MINUTE,
        },
        now: NOON,
        record: a_record(),
    }
}

fn the_records_bytes() -> Value {
    json!({ "M": {
        "cause": { "S": "alarm web-1-status" },
        "alarms": { "L": [{ "S": "web-1-status" }] },
        "fired_at": { "S": "2026-03-01T12:00:00Z" },
        "failed_members": { "L": [{ "S": "i-1" }] },
        "pending_reassociation": { "L": [{ "S": "eipalloc-1" }] },
        "pending_fences": { "M": { "i-1": { "S": "stop" }, "i-3": { "M": { "isolate": { "S": "sg-1" } } } } },
        "began_at": { "S": "2026-03-01T12:00:00Z" },
        "ended_at": { "S": "2026-03-01T12:00:00Z" },
        "to": { "S": "i-2" },
    } })
}

fn the_leases_bytes() -> Value {
    json!({
        "row_version": { "N": "2" },
        "pk": { "S": "lease" },
        "sk": { "S": "web" },
        "group": { "S": "web" },
        "lease_number": { "N": "7" },
        "held": { "M": {
            "owner": { "S": "run-1" }, "until": { "S": "2026-03-01T12:00:00.0015Z" },
        } },
        "held_until": { "N": "1772366400002" },
        "in_progress": the_records_bytes(),
        "last": the_records_bytes(),
        "failback_target_healthy_since": { "S": "2026-03-01T12:00:00Z" },
    })
}

fn sent(wire: &Wire) -> Value {
    let requests = wire.requests();
    assert_eq!(requests.len(), 1, "{requests:?}");
    serde_json::from_str(&requests[0]).unwrap()
}

fn refusal(item: &Value) -> String {
    json!({
        "__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
        "message": "The conditional request failed", "Item": item,
    })
    .to_string()
}

fn condition_failed(item: &Value) -> Wire {
    Wire::refusing_json(&refusal(item))
}

#[test]
fn a_leases_row_is_written_and_read_in_these_bytes() {
    let bytes = attributes(&the_leases_bytes());
    assert_eq!(rows::of_lease(&a_lease()).unwrap(), bytes);
    let read: Lease = rows::read(bytes).unwrap();
    assert_eq!(read, a_lease());
}

#[test]
fn what_a_lease_does_not_have_is_not_in_its_row() {
    let row = rows::of_lease(&Lease::new("web")).unwrap();
    let mut names: Vec<&str> = row.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["group", "lease_number", "pk", "row_version", "sk"]);
}

#[tokio::test]
async fn a_lease_is_taken_by_one_write_that_names_its_condition() {
    let answer = json!({ "Attributes": the_leases_bytes() });
    let wire = Wire::answering([answer.to_string()]);
    let taken = wire.ledger().acquire_lease(&a_claim()).await.unwrap();
    assert_eq!(taken, Acquire::Granted(a_lease()));
    let sent = sent(&wire);
    assert_eq!(
        sent["Key"],
        json!({ "pk": { "S": "lease" }, "sk": { "S": "web" } })
    );
    assert_eq!(sent["ConditionExpression"], FREE);
    let values = &sent["ExpressionAttributeValues"];
    assert_eq!(values[":now"], json!({ "N": "1772366400000" }));
    assert_eq!(values[":until"], json!({ "N": "1772366460000" }));
    assert_eq!(values[":owner"], json!({ "S": "run-1" }));
    assert_eq!(values[":record"], the_records_bytes());
    assert_eq!(sent["ReturnValues"], "ALL_NEW");
}

#[tokio::test]
async fn a_lease_that_is_anothers_comes_with_the_refusal() {
    let wire = condition_failed(&the_leases_bytes());
    let taken = wire.ledger().acquire_lease(&a_claim()).await.unwrap();
    assert_eq!(taken, Acquire::HeldBy(a_lease()));
    assert_eq!(
        sent(&wire)["ReturnValuesOnConditionCheckFailure"],
        "ALL_OLD"
    );
}

#[tokio::test]
async fn a_lease_is_stored_while_its_fencing_number_is_still_the_one_there() {
    let wire = Wire::answering(["{}".to_owned()]);
    let written = wire.ledger().put_lease(&a_lease()).await.unwrap();
    assert_eq!(written, Written::Stored);
    let sent = sent(&wire);
    assert_eq!(sent["Item"], the_leases_bytes());
    assert_eq!(sent["ConditionExpression"], IS_MINE);
    assert_eq!(
        sent["ExpressionAttributeValues"],
        json!({ ":mine": { "N": "7" }, ":version": { "N": "2" } })
    );

    let wire = condition_failed(&Value::Null);
    let written = wire.ledger().put_lease(&a_lease()).await.unwrap();
    assert_eq!(written, Written::Conflict);
}

#[tokio::test]
async fn any_other_refusal_is_an_error_and_no_answer_about_the_lease() {
    let refused = || {
        let body = r#"{"__type":"a.b#AccessDeniedException","message":"no"}"#;
        Wire::refusing_json(body).ledger()
    };
    let taking = refused().acquire_lease(&a_claim()).await.unwrap_err();
    let storing = refused().put_lease(&a_lease()).await.unwrap_err();
    assert_eq!((taking.name(), storing.name()), ("Denied", "Denied"));
    assert!(
        taking.to_string().starts_with("dynamodb:UpdateItem"),
        "{taking}"
    );
    assert!(
        storing.to_string().starts_with("dynamodb:PutItem"),
        "{storing}"
    );
}

#[tokio::test]
async fn a_lease_is_taken_by_these_members_and_no_other() {
    let answer = json!({ "Attributes": the_leases_bytes() });
    let wire = Wire::answering([answer.to_string()]);
    let _taken = wire.ledger().acquire_lease(&a_claim()).await.unwrap();
    let expected = json!({
        "TableName": "ledger",
        "Key": { "pk": { "S": "lease" }, "sk": { "S": "web" } },
        "UpdateExpression": "SET #group = :group, #held = :held, #until = :until, #version = :version, \
             #in_progress = if_not_exists(#in_progress, :record) ADD #lease_number :one",
        "ConditionExpression":
            FREE,
        "ExpressionAttributeNames": {
            "#group": "group", "#held": "held", "#owner": "owner", "#until": "held_until",
            "#in_progress": "in_progress", "#lease_number": "lease_number",
            "#first_number": "fencing", "#version": "row_version",
        },
        "ExpressionAttributeValues": {
            ":group": { "S": "web" },
            ":held": { "M": {
                "owner": { "S": "run-1" }, "until": { "S": "2026-03-01T12:01:00Z" },
            } },
            ":owner": { "S": "run-1" },
            ":until": { "N": "1772366460000" },
            ":now": { "N": "1772366400000" },
            ":record": the_records_bytes(),
            ":one": { "N": "1" },
            ":version": { "N": "2" },
        },
        "ReturnValues": "ALL_NEW",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    });
    assert_eq!(sent(&wire), expected);
}

#[tokio::test]
async fn a_lease_is_never_free_a_part_of_a_millisecond_too_early() {
    let wire = Wire::answering([json!({ "Attributes": the_leases_bytes() }).to_string()]);
    let part = Duration::nanoseconds(1_999_999);
    let mut claim = a_claim();
    claim.now += part;
    claim.hold.until += part;
    let _taken = wire.ledger().acquire_lease(&claim).await.unwrap();
    let values = &sent(&wire)["ExpressionAttributeValues"];
    assert_eq!(values[":now"], json!({ "N": "1772366400001" }));
    assert_eq!(values[":until"], json!({ "N": "1772366460002" }));
}

#[tokio::test]
async fn a_lease_is_stored_with_its_condition_and_nothing_else() {
    let wire = Wire::answering(["{}".to_owned()]);
    let written = wire.ledger().put_lease(&a_lease()).await.unwrap();
    assert_eq!(written, Written::Stored);
    let expected = json!({
        "TableName": "ledger",
        "Item": the_leases_bytes(),
        "ConditionExpression": IS_MINE,
        "ExpressionAttributeNames": {
            "#lease_number": "lease_number", "#first_number": "fencing", "#version": "row_version",
        },
        "ExpressionAttributeValues": { ":mine": { "N": "7" }, ":version": { "N": "2" } },
    });
    assert_eq!(sent(&wire), expected);
}

#[tokio::test]
async fn a_refusal_that_does_not_show_whose_the_lease_is_is_an_error() {
    let wire = condition_failed(&Value::Null);
    let refusal = wire.ledger().acquire_lease(&a_claim()).await.unwrap_err();
    let told = refusal.to_string();
    assert!(
        told.starts_with("dynamodb:UpdateItem: ConditionalCheckFailedException: "),
        "{told}"
    );
}

#[tokio::test]
async fn where_a_leases_row_cannot_be_read_the_row_beside_it_is_the_lease() {
    let mut torn = the_leases_bytes();
    torn["lease_number"] = json!({ "S": "seven" });
    let mut beside = the_leases_bytes();
    beside["pk"] = json!({ "S": "lease-beside" });
    let granted = |row: &Value| (200, json!({ "Attributes": row }).to_string());
    let refused = |row: &Value| (400, refusal(row));
    for first in [granted(&torn), refused(&torn)] {
        let wire = Wire::with([first, granted(&beside)]);
        let ledger = wire.ledger();
        let taken = ledger.acquire_lease(&a_claim()).await.unwrap();
        let expected = Lease {
            is_beside: true,
            ..a_lease()
        };
        assert_eq!(taken, Acquire::Granted(expected));
        let keys: Vec<Value> = wire
            .requests()
            .iter()
            .map(|request| serde_json::from_str::<Value>(request).unwrap()["Key"]["pk"].clone())
            .collect();
        assert_eq!(
            keys,
            [json!({ "S": "lease" }), json!({ "S": "lease-beside" })]
        );
        let told = ledger.take_unreadable();
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(told[0].name, "lease/web");
    }
}

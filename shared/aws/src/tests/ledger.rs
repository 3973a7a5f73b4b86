//! What is asked of DynamoDB, to the byte: reads that are consistent and go to their end, and writes that
//! carry everything that belongs together.

use super::table::{a_release, a_snapshot, attributes, the_releases_bytes, the_snapshots_bytes};
use super::{RETENTION, Wire};
use crate::ledger::rows;
use holdfast::error::chain;
use holdfast::ledger::snapshot::AllocationState;
use holdfast::ledger::{
    AllocationRows, Entry, Ledger, ReadAddressHistory, ReleaseRecord, Snapshot, Written,
};
use holdfast::model::ids::AllocationId;
use serde_json::{Value, json};
use std::net::Ipv4Addr;
use time::OffsetDateTime;
use time::macros::datetime;

const NOON: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);
const THE_IP: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 7);

fn sent(wire: &Wire) -> Vec<Value> {
    let requests = wire.requests();
    let read = |request: &String| serde_json::from_str(request).unwrap();
    requests.iter().map(read).collect()
}

fn allocation() -> AllocationId {
    "eipalloc-1".parse().unwrap()
}

fn key(kind: &str, name: &str) -> Value {
    json!({ "pk": { "S": kind }, "sk": { "S": name } })
}

fn rows_of(rows: &[Value]) -> String {
    json!({ "Responses": { "ledger": rows }, "UnprocessedKeys": {} }).to_string()
}

#[tokio::test]
async fn both_rows_of_an_allocation_are_one_consistent_read_in_whichever_order_they_come() {
    let both = [the_releases_bytes(), the_snapshots_bytes()];
    let turned = [the_snapshots_bytes(), the_releases_bytes()];
    for rows in [both, turned] {
        let wire = Wire::answering([rows_of(&rows)]);
        let known = wire.ledger().read(&allocation()).await.unwrap();
        let expected = AllocationRows {
            snapshot: Some(a_snapshot()),
            release: Some(a_release()),
            ..AllocationRows::default()
        };
        assert_eq!(known, expected);
        let keys = [key("snapshot", "eipalloc-1"), key("release", "eipalloc-1")];
        let asked =
            json!({ "RequestItems": { "ledger": { "Keys": keys, "ConsistentRead": true } } });
        assert_eq!(sent(&wire), [asked]);
    }
}

#[tokio::test]
async fn what_comes_in_two_answers_is_read_from_both() {
    let left_out = json!({
        "Responses": { "ledger": [the_snapshots_bytes()] },
        "UnprocessedKeys": { "ledger": {
            "Keys": [key("release", "eipalloc-1")], "ConsistentRead": true,
        } },
    });
    let wire = Wire::answering([left_out.to_string(), rows_of(&[the_releases_bytes()])]);
    let known = wire.ledger().read(&allocation()).await.unwrap();
    assert_eq!(known.snapshot, Some(a_snapshot()));
    assert_eq!(known.release, Some(a_release()));
}

#[tokio::test]
async fn keys_that_dynamodb_leaves_out_four_times_are_not_taken_for_rows_that_are_not_there() {
    let left_out = json!({
        "Responses": { "ledger": [the_snapshots_bytes()] },
        "UnprocessedKeys": { "ledger": { "Keys": [key("release", "eipalloc-1")] } },
    });
    let wire = Wire::answering((0..9).map(|_| left_out.to_string()));
    let began = std::time::Instant::now();
    let refusal = wire.ledger().read(&allocation()).await.unwrap_err();
    assert_eq!(refusal.name(), "Throttled");
    assert_eq!(wire.requests().len(), 4);
    assert_eq!(
        refusal.to_string(),
        "dynamodb:BatchGetItem: DynamoDB left keys out of 4 answers in a row (UnprocessedKeys)"
    );
    // 50, 100 and 150 ms lie between them: asked at once, a table without throughput is worse off.
    assert!(began.elapsed() >= std::time::Duration::from_millis(300));
}

#[tokio::test]
async fn an_association_leads_to_its_allocation_by_its_own_row() {
    let mut row = key("association", "eipassoc-1");
    row["allocation"] = json!({ "S": "eipalloc-1" });
    let wire = Wire::answering([rows_of(&[row]), rows_of(&[])]);
    let (ledger, association) = (wire.ledger(), "eipassoc-1".parse().unwrap());
    assert_eq!(
        ledger
            .allocation_of_association(&association)
            .await
            .unwrap(),
        Some(allocation())
    );
    assert_eq!(
        ledger
            .allocation_of_association(&association)
            .await
            .unwrap(),
        None
    );
    let keys = [key("association", "eipassoc-1")];
    let asked = json!({ "RequestItems": { "ledger": { "Keys": keys, "ConsistentRead": true } } });
    assert_eq!(sent(&wire), [asked.clone(), asked]);
}

#[tokio::test]
async fn an_association_without_its_allocation_is_a_row_that_cannot_be_read() {
    let bare = key("association", "eipassoc-1");
    let mut odd = bare.clone();
    odd["allocation"] = json!({ "N": "1" });
    let mut other = bare.clone();
    other["allocation"] = json!({ "S": "vol-1" });
    for row in [bare, odd, other] {
        let wire = Wire::answering([rows_of(&[row])]);
        let ledger = wire.ledger();
        let association = "eipassoc-1".parse().unwrap();
        let tied = ledger.allocation_of_association(&association).await;
        assert_eq!(tied.unwrap(), None);
        let told = ledger.take_unreadable();
        assert_eq!(told[0].name, "association/eipassoc-1");
    }
}

fn queried(items: &[Value], last: &Value) -> String {
    json!({ "Items": items, "LastEvaluatedKey": last }).to_string()
}

/// The query of all rows of a kind, and the one for what follows a row.
fn queries(kind: &str, last: &Value) -> [Value; 2] {
    let first = json!({
        "TableName": "ledger",
        "ConsistentRead": true,
        "KeyConditionExpression": "#pk = :pk",
        "ExpressionAttributeNames": { "#pk": "pk" },
        "ExpressionAttributeValues": { ":pk": { "S": kind } },
    });
    let mut second = first.clone();
    second["ExclusiveStartKey"] = last.clone();
    [first, second]
}

#[tokio::test]
async fn all_snapshots_are_one_query_that_is_read_to_its_end() {
    let last = key("snapshot", "eipalloc-1");
    let page = queried(&[the_snapshots_bytes()], &last);
    let wire = Wire::answering([page, queried(&[the_snapshots_bytes()], &Value::Null)]);
    let found = wire.ledger().snapshots().await.unwrap();
    assert_eq!(found, [a_snapshot(), a_snapshot()]);
    assert_eq!(sent(&wire), queries("snapshot", &last));
}

#[tokio::test]
async fn all_releases_are_one_query_that_is_read_to_its_end() {
    let last = key("release", "eipalloc-1");
    let page = queried(&[the_releases_bytes()], &last);
    let wire = Wire::answering([page, queried(&[the_releases_bytes()], &Value::Null)]);
    let found = wire.ledger().releases().await.unwrap();
    assert_eq!(found, [a_release(), a_release()]);
    assert_eq!(sent(&wire), queries("release", &last));
}

#[tokio::test]
async fn all_leases_are_one_query_that_is_read_to_its_end() {
    let last = key("lease", "web");
    let mut lease = last.clone();
    lease["group"] = json!({ "S": "web" });
    lease["lease_number"] = json!({ "N": "3" });
    let page = queried(std::slice::from_ref(&lease), &last);
    let wire = Wire::answering([page, queried(&[lease], &Value::Null)]);
    let found = wire.ledger().leases().await.unwrap();
    let lease_number: Vec<u64> = found.iter().map(|lease| lease.lease_number).collect();
    assert_eq!(lease_number, [3, 3]);
    assert_eq!(sent(&wire), queries("lease", &last));
}

#[tokio::test]
async fn a_query_that_breaks_off_is_an_error_and_no_short_answer() {
    let page = queried(&[the_snapshots_bytes()], &key("snapshot", "eipalloc-1"));
    let slow = r#"{"__type":"a.b#ProvisionedThroughputExceededException","message":"slow"}"#;
    let wire = Wire::with([(200, page), (400, slow.to_owned())]);
    let refusal = wire.ledger().snapshots().await.unwrap_err();
    assert_eq!(refusal.name(), "Throttled");
    assert_eq!(
        refusal.to_string(),
        "dynamodb:Query: ProvisionedThroughputExceededException: slow (request request-1)"
    );
}

fn history_bytes(snapshot: &Snapshot) -> Value {
    let mut state = the_snapshots_bytes();
    for name in ["pk", "sk", "expires_at", "row_version"] {
        state.as_object_mut().unwrap().remove(name);
    }
    json!({
        "row_version": { "N": "2" },
        "pk": { "S": "history#203.0.113.7" },
        "sk": { "S": format!("2026-03-01T12:00:00.000000000Z#snapshot-eipalloc-1-{:06}", snapshot.revision) },
        "expires_at": { "N": "1772452800" },
        "ip": { "S": "203.0.113.7" },
        "at": { "S": "2026-03-01T12:00:00Z" },
        "state": { "M": { "snapshot": { "M": state } } },
    })
}

#[tokio::test]
async fn the_history_of_an_address_is_one_query_by_its_ip_from_moment_to_moment() {
    let wire = Wire::answering([queried(&[history_bytes(&a_snapshot())], &Value::Null)]);
    let (from, until) = (NOON, NOON + time::Duration::nanoseconds(1));
    let found = wire.ledger().history(THE_IP, from, until).await.unwrap();
    assert_eq!(found, [Entry::of_snapshot(&a_snapshot())]);
    let asked = json!({
        "TableName": "ledger",
        "ConsistentRead": true,
        "KeyConditionExpression": "#pk = :pk AND #sk BETWEEN :from AND :until",
        "ExpressionAttributeNames": { "#pk": "pk", "#sk": "sk" },
        "ExpressionAttributeValues": {
            ":pk": { "S": "history#203.0.113.7" },
            ":from": { "S": "2026-03-01T12:00:00.000000000Z" },
            ":until": { "S": "2026-03-01T12:00:00.000000001Z~" },
        },
    });
    assert_eq!(sent(&wire), [asked]);
}

#[tokio::test]
async fn the_bounds_of_a_history_are_moments_of_utc_wherever_they_were_told() {
    let wire = Wire::answering([queried(&[], &Value::Null)]);
    let elsewhere = datetime!(2026-03-01 14:00 +2);
    wire.ledger()
        .history(THE_IP, elsewhere, elsewhere)
        .await
        .unwrap();
    let values = &sent(&wire)[0]["ExpressionAttributeValues"];
    assert_eq!(
        values[":from"],
        json!({ "S": "2026-03-01T12:00:00.000000000Z" })
    );
}

/// A snapshot that goes in.
async fn stored(snapshot: &Snapshot) -> Wire {
    let wire = Wire::answering(["{}".to_owned()]);
    let written = wire.ledger().put_snapshot(snapshot).await.unwrap();
    assert_eq!(written, Written::Stored);
    wire
}

/// What was put in one transaction; all of it is for the ledger's table.
fn puts(wire: &Wire) -> Vec<Value> {
    let request = sent(wire).remove(0);
    assert!(request["ClientRequestToken"].is_string(), "{request}");
    let items = request["TransactItems"].as_array().unwrap();
    let put = |item: &Value| {
        assert_eq!(item["Put"]["TableName"], "ledger");
        item["Put"].clone()
    };
    items.iter().map(put).collect()
}

#[tokio::test]
async fn a_snapshot_its_history_and_its_association_are_one_write() {
    let wire = stored(&a_snapshot()).await;
    let [row, entry, association] = puts(&wire).try_into().unwrap();
    assert_eq!(row["Item"], the_snapshots_bytes());
    assert_eq!(
        row["ExpressionAttributeNames"],
        json!({ "#revision": "revision" })
    );
    assert_eq!(
        entry,
        json!({ "TableName": "ledger", "Item": history_bytes(&a_snapshot()) })
    );
    let mut expected = key("association", "eipassoc-1");
    expected["row_version"] = json!({ "N": "2" });
    expected["allocation"] = json!({ "S": "eipalloc-1" });
    expected["expires_at"] = json!({ "N": "1772452800" });
    assert_eq!(
        association,
        json!({ "TableName": "ledger", "Item": expected })
    );
}

#[tokio::test]
async fn an_association_that_lasts_has_a_row_that_stays_and_none_has_none() {
    let mut lasting = a_snapshot();
    lasting.association.as_mut().unwrap().until = None;
    let wire = stored(&lasting).await;
    assert_eq!(puts(&wire)[2]["Item"].get("expires_at"), None);

    let free = Snapshot {
        association: None,
        ..a_snapshot()
    };
    let wire = stored(&free).await;
    assert_eq!(puts(&wire).len(), 2);
}

#[tokio::test]
async fn a_release_and_its_history_are_one_write() {
    let wire = Wire::answering(["{}".to_owned()]);
    let written = wire.ledger().put_release(&a_release()).await.unwrap();
    assert_eq!(written, Written::Stored);
    let [row, entry] = puts(&wire).try_into().unwrap();
    assert_eq!(row["Item"], the_releases_bytes());
    assert_eq!(row["ConditionExpression"], "attribute_not_exists(#pk)");
    assert_eq!(row["ExpressionAttributeNames"], json!({ "#pk": "pk" }));
    assert_eq!(row.get("ExpressionAttributeValues"), None);
    assert_eq!(
        entry["Item"]["sk"],
        json!({ "S": "2026-03-01T12:00:00.000000000Z#release-eipalloc-1-000001" })
    );
    assert_eq!(entry.get("ConditionExpression"), None);
}

#[tokio::test]
async fn a_release_of_an_address_that_nobody_knows_is_in_no_history() {
    let unknown = ReleaseRecord {
        ip: None,
        ..a_release()
    };
    let wire = Wire::answering(["{}".to_owned()]);
    let written = wire.ledger().put_release(&unknown).await.unwrap();
    assert_eq!(written, Written::Stored);
    assert_eq!(puts(&wire).len(), 1);
}

#[test]
fn a_second_revision_is_derived_from_the_first_and_lives_while_its_address_does() {
    let alive = Snapshot {
        state: AllocationState::Allocated,
        revision: 2,
        ..a_snapshot()
    };
    let mut expected = the_snapshots_bytes();
    expected.as_object_mut().unwrap().remove("expires_at");
    expected["state"] = json!({ "M": { "is": { "S": "allocated" } } });
    expected["revision"] = json!({ "N": "2" });
    let row = rows::of_snapshot(&alive, RETENTION).unwrap();
    assert_eq!(row, attributes(&expected));
}

#[tokio::test]
async fn a_second_revision_is_written_where_the_first_is_there() {
    let second = Snapshot {
        revision: 2,
        ..a_snapshot()
    };
    let wire = stored(&second).await;
    let row = puts(&wire).remove(0);
    assert_eq!(row["ConditionExpression"], "#revision = :seen");
    assert_eq!(
        row["ExpressionAttributeValues"],
        json!({ ":seen": { "N": "1" } })
    );
}

#[tokio::test]
async fn a_write_that_is_refused_for_another_reason_is_an_error_with_its_code() {
    for (code, name) in [
        ("ProvisionedThroughputExceededException", "Throttled"),
        ("AccessDeniedException", "Denied"),
        ("TransactionInProgressException", "Other"),
        ("ConditionalCheckFailedException", "Other"),
    ] {
        let body = format!(r#"{{"__type":"a.b#{code}","message":"no"}}"#);
        let ledger = Wire::refusing_json(&body)
            .wrong_where(
                "ConditionalCheckFailed",
                "a transaction tells it as one of its reasons",
            )
            .ledger();
        let refusal = ledger.put_release(&a_release()).await.unwrap_err();
        assert_eq!(refusal.name(), name);
        assert_eq!(
            refusal.to_string(),
            format!("dynamodb:TransactWriteItems: {code}: no (request request-1)")
        );
    }
}

#[tokio::test]
async fn a_write_that_nobody_answered_is_no_conflict() {
    let refusal = Wire::default().ledger().put_release(&a_release()).await;
    let told = chain(&refusal.unwrap_err());
    assert!(
        told.starts_with("dynamodb:TransactWriteItems: no answer: "),
        "{told}"
    );
}

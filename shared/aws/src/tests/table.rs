//! The bytes of the ledger's rows, fixed: what one version wrote, the next one reads.

use super::super::ledger::rows::{self, Row};
use super::{RETENTION, Wire};
use aws_sdk_dynamodb::types::AttributeValue;
use holdfast::ledger::release::PendingReason;
use holdfast::ledger::snapshot::{
    AllocationState, Dated, FactLog, Lock, Reclaimed, TransferOffer, Unlocked, Unprotected,
};
use holdfast::ledger::{Entry, Ledger, ReleaseRecord, ReleaseStatus, Snapshot, Written};
use holdfast::model::cloudtrail::Actor;
use holdfast::model::elastic_ip::{Association, Pool};
use holdfast::model::ids::BorderGroup;
use holdfast::model::tags::Tags;
use serde_json::{Value, json};
use std::net::Ipv4Addr;
use time::OffsetDateTime;
use time::macros::datetime;

const NOON: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

fn alice() -> Actor {
    Actor {
        arn: Some("arn:aws:iam::111122223333:user/alice".to_owned()),
        ..Actor::default()
    }
}

pub(super) fn a_snapshot() -> Snapshot {
    let association = Association {
        id: "eipassoc-1".parse().unwrap(),
        eni: Some("eni-1".parse().unwrap()),
        private_ip: Some(Ipv4Addr::new(10, 0, 0, 5)),
        instance: None,
    };
    Snapshot {
        allocation: "eipalloc-1".parse().unwrap(),
        ip: Ipv4Addr::new(203, 0, 113, 7),
        pool: Pool::Ipam("ipam-pool-1".to_owned()),
        border_group: Some(BorderGroup("eu-central-1".to_owned())),
        tags: Tags::from([("holdfast:protect".to_owned(), "reclaim".to_owned())]),
        service_managed: None,
        association: Some(Dated {
            value: association,
            since: NOON,
            until: Some(NOON),
        }),
        former_target: None,
        unconfirmed: false,
        reverse_dns: Some(Dated {
            value: "a.example.com".to_owned(),
            since: NOON,
            until: None,
        }),
        unprotected: Some(Unprotected {
            at: NOON,
            by: Some(alice()),
        }),
        unlocked: vec![Unlocked {
            what: Lock::ReverseDns,
            at: NOON,
            by: Actor::default(),
        }],
        transfer_offer: Some(TransferOffer {
            to_account: Some("444455556666".to_owned()),
            at: NOON,
            by: Actor::default(),
            withdrawn_at: None,
        }),
        reclaims: vec![Reclaimed {
            at: NOON,
            released_by: Actor::default(),
        }],
        state: AllocationState::Released { at: NOON },
        observed_at: NOON,
        tags_as_of: NOON,
        as_of: NOON,
        revision: 3,
        fact_log: FactLog::default(),
    }
}

pub(super) fn a_release() -> ReleaseRecord {
    ReleaseRecord {
        allocation: "eipalloc-1".parse().unwrap(),
        ip: Some(Ipv4Addr::new(203, 0, 113, 7)),
        border_group: None,
        released_at: NOON,
        event_id: Some("event-1".to_owned()),
        actor: Actor::default(),
        unlocked: Vec::new(),
        status: ReleaseStatus::Reclaimed {
            allocation: "eipalloc-2".parse().unwrap(),
            restored: true,
        },
        restoration: None,
        late_exemption: None,
        is_asked_for: false,
        audited: false,
        attempts: 2,
        updated_at: NOON,
        revision: 1,
    }
}

fn nobody() -> Value {
    let absent = || json!({ "NULL": true });
    json!({ "M": {
        "arn": absent(), "role_arn": absent(), "kind": absent(), "invoked_by": absent(),
        "source": absent(), "user_agent": absent(), "access_key": absent(),
    } })
}

pub(super) fn the_snapshots_bytes() -> Value {
    let noon = || json!({ "S": "2026-03-01T12:00:00Z" });
    let absent = || json!({ "NULL": true });
    let mut alice = nobody();
    alice["M"]["arn"] = json!({ "S": "arn:aws:iam::111122223333:user/alice" });
    json!({
        "row_version": { "N": "2" },
        "pk": { "S": "snapshot" },
        "sk": { "S": "eipalloc-1" },
        "expires_at": { "N": "1772452800" },
        "allocation": { "S": "eipalloc-1" },
        "ip": { "S": "203.0.113.7" },
        "pool": { "M": { "kind": { "S": "ipam" }, "id": { "S": "ipam-pool-1" } } },
        "border_group": { "S": "eu-central-1" },
        "tags": { "M": { "holdfast:protect": { "S": "reclaim" } } },
        "service_managed": absent(),
        "association": { "M": {
            "value": { "M": {
                "id": { "S": "eipassoc-1" }, "eni": { "S": "eni-1" },
                "private_ip": { "S": "10.0.0.5" }, "instance": absent(),
            } },
            "since": noon(), "until": noon(),
        } },
        "reverse_dns": { "M": {
            "value": { "S": "a.example.com" }, "since": noon(), "until": absent(),
        } },
        "unprotected": { "M": { "at": noon(), "by": alice } },
        "unlocked": { "L": [
            { "M": { "what": { "S": "reverse-dns" }, "at": noon(), "by": nobody() } },
        ] },
        "transfer_offer": { "M": {
            "to_account": { "S": "444455556666" }, "at": noon(), "by": nobody(),
            "withdrawn_at": absent(),
        } },
        "reclaims": { "L": [{ "M": { "at": noon(), "released_by": nobody() } }] },
        "state": { "M": { "is": { "S": "released" }, "at": noon() } },
        "observed_at": noon(),
        "tags_as_of": noon(),
        "as_of": noon(),
        "revision": { "N": "3" },
    })
}

pub(super) fn the_releases_bytes() -> Value {
    let noon = || json!({ "S": "2026-03-01T12:00:00Z" });
    json!({
        "row_version": { "N": "2" },
        "pk": { "S": "release" },
        "sk": { "S": "eipalloc-1" },
        "expires_at": { "N": "1772452800" },
        "allocation": { "S": "eipalloc-1" },
        "ip": { "S": "203.0.113.7" },
        "border_group": { "NULL": true },
        "released_at": noon(),
        "event_id": { "S": "event-1" },
        "actor": nobody(),
        "unlocked": { "L": [] },
        "status": { "M": {
            "is": { "S": "reclaimed" }, "allocation": { "S": "eipalloc-2" }, "restored": { "BOOL": true },
        } },
        "late_exemption": { "NULL": true },
        "audited": { "BOOL": false },
        "attempts": { "N": "2" },
        "updated_at": noon(),
        "revision": { "N": "1" },
    })
}

fn attribute(value: &Value) -> AttributeValue {
    let (kind, inside) = value.as_object().unwrap().iter().next().unwrap();
    let text = || inside.as_str().unwrap().to_owned();
    match kind.as_str() {
        "S" => AttributeValue::S(text()),
        "N" => AttributeValue::N(text()),
        "BOOL" => AttributeValue::Bool(inside.as_bool().unwrap()),
        "NULL" => AttributeValue::Null(true),
        "L" => AttributeValue::L(inside.as_array().unwrap().iter().map(attribute).collect()),
        "M" => AttributeValue::M(attributes(inside)),
        unknown => panic!("no attribute is of type {unknown}"),
    }
}

pub(super) fn attributes(value: &Value) -> Row {
    let members = value.as_object().unwrap();
    members
        .iter()
        .map(|(name, value)| (name.clone(), attribute(value)))
        .collect()
}

#[test]
fn a_snapshots_row_is_written_and_read_in_these_bytes() {
    let bytes = attributes(&the_snapshots_bytes());
    assert_eq!(rows::of_snapshot(&a_snapshot(), RETENTION).unwrap(), bytes);
    assert_eq!(rows::read::<Snapshot>(bytes).unwrap(), a_snapshot());
}

#[test]
fn a_releases_row_is_written_and_read_in_these_bytes() {
    let bytes = attributes(&the_releases_bytes());
    assert_eq!(rows::of_release(&a_release(), RETENTION).unwrap(), bytes);
    assert_eq!(rows::read::<ReleaseRecord>(bytes).unwrap(), a_release());
}

#[test]
fn an_entry_of_the_history_is_the_row_under_its_ip_and_moment() {
    let entry = Entry::of_snapshot(&a_snapshot());
    let row = rows::of_entry(&entry, RETENTION).unwrap();
    assert_eq!(
        row["pk"],
        AttributeValue::S("history#203.0.113.7".to_owned())
    );
    let sort = "2026-03-01T12:00:00.000000000Z#snapshot-eipalloc-1-000003";
    assert_eq!(row["sk"], AttributeValue::S(sort.to_owned()));
    assert_eq!(
        row["expires_at"],
        AttributeValue::N("1772452800".to_owned())
    );
    assert_eq!(rows::read::<Entry>(row).unwrap(), entry);
}

#[test]
fn only_what_has_ended_expires() {
    let expires = |row: Row| row.contains_key("expires_at");
    let alive = Snapshot {
        state: AllocationState::Allocated,
        ..a_snapshot()
    };
    assert!(!expires(rows::of_snapshot(&alive, RETENTION).unwrap()));
    let reason = PendingReason::NotAvailable;
    for (status, ends) in [
        (ReleaseStatus::Pending { reason }, false),
        (ReleaseStatus::Recorded, true),
        (
            ReleaseStatus::LetGo {
                reason: "exempt".to_owned(),
            },
            true,
        ),
    ] {
        let release = ReleaseRecord {
            status,
            ..a_release()
        };
        assert_eq!(
            expires(rows::of_release(&release, RETENTION).unwrap()),
            ends,
            "{release:?}"
        );
    }
}

#[test]
fn a_row_that_cannot_be_read_is_named() {
    let mut bytes = attributes(&the_snapshots_bytes());
    bytes.insert("ip".to_owned(), AttributeValue::S("nowhere".to_owned()));
    let error = rows::read::<Snapshot>(bytes).unwrap_err();
    assert_eq!(error.name, "snapshot/eipalloc-1");
}

#[tokio::test]
async fn a_write_names_the_revision_that_it_was_derived_from() {
    let wire = Wire::answering(["{}".to_owned(), "{}".to_owned()]);
    assert_eq!(
        wire.ledger().put_snapshot(&a_snapshot()).await.unwrap(),
        Written::Stored
    );
    assert_eq!(
        wire.ledger().put_release(&a_release()).await.unwrap(),
        Written::Stored
    );
    let put = |request: &str| -> Value {
        let request: Value = serde_json::from_str(request).unwrap();
        request["TransactItems"][0]["Put"].clone()
    };
    let requests = wire.requests();
    let (third, first) = (put(&requests[0]), put(&requests[1]));
    assert_eq!(third["ConditionExpression"], "#revision = :seen");
    assert_eq!(
        third["ExpressionAttributeValues"],
        json!({ ":seen": { "N": "2" } })
    );
    assert_eq!(first["ConditionExpression"], "attribute_not_exists(#pk)");
}

#[tokio::test]
async fn a_write_that_came_second_is_a_conflict_and_any_other_failure_is_none() {
    let cancelled = |code: &str| {
        let body = json!({
            "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
            "Message": "cancelled",
            "CancellationReasons": [{ "Code": code }, { "Code": "None" }],
        });
        Wire::refusing_json(&body.to_string()).ledger()
    };
    for code in ["ConditionalCheckFailed", "TransactionConflict"] {
        let written = cancelled(code).put_snapshot(&a_snapshot()).await.unwrap();
        assert_eq!(written, Written::Conflict, "{code}");
    }
    assert!(
        cancelled("ValidationError")
            .put_snapshot(&a_snapshot())
            .await
            .is_err()
    );
}

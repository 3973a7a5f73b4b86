//! The lease of a target: its row to the byte, the condition of its one write, and what each answer means.

use super::Wire;
use holdfast::cloud::Class;
use holdfast::ledger::{Ledger, TargetLease, TargetLeased};
use serde_json::{Value, json};
use std::net::Ipv4Addr;
use time::macros::datetime;

fn asked() -> TargetLease {
    let eni = "eni-1".parse().unwrap();
    let place = (&eni, Ipv4Addr::new(10, 0, 0, 2));
    TargetLease::new(place, "run-1".to_owned(), datetime!(2026-03-01 12:00 UTC))
}

#[tokio::test]
async fn a_target_is_leased_by_one_write_that_names_its_condition() {
    let wire = Wire::answering(["{}".to_owned()]);
    let leased = wire.ledger().lease_target(&asked()).await.unwrap();
    assert_eq!(leased, TargetLeased::Granted);
    let sent: Value = serde_json::from_str(&wire.requests()[0]).unwrap();
    let row = json!({
        "row_version": { "N": "2" },
        "pk": { "S": "target-lease" },
        "sk": { "S": "eni-1/10.0.0.2" },
        "eni": { "S": "eni-1" },
        "private_ip": { "S": "10.0.0.2" },
        "owner": { "S": "run-1" },
        "asked_at": { "S": "2026-03-01T12:00:00Z" },
        "until": { "S": "2026-03-01T12:00:30Z" },
        "held_until": { "N": "1772366430000" },
        "expires_at": { "N": "1772370030" },
    });
    assert_eq!(sent["Item"], row);
    let free = "attribute_not_exists(#until) OR #until <= :now OR #owner = :owner";
    assert_eq!(sent["ConditionExpression"], free);
    assert_eq!(
        sent["ExpressionAttributeNames"],
        json!({ "#until": "held_until", "#owner": "owner" })
    );
    assert_eq!(
        sent["ExpressionAttributeValues"],
        json!({ ":now": { "N": "1772366400000" }, ":owner": { "S": "run-1" } })
    );
}

#[tokio::test]
async fn a_condition_that_fails_means_another_run_has_it_and_a_refusal_stays_one() {
    let refused = |kind: &str| {
        let answer = json!({ "__type": format!("com.amazonaws.dynamodb.v20120810#{kind}") });
        Wire::refusing_json(&answer.to_string())
    };
    let wire = refused("ConditionalCheckFailedException");
    let leased = wire.ledger().lease_target(&asked()).await.unwrap();
    assert_eq!(leased, TargetLeased::HeldByOther);
    let wire = refused("AccessDeniedException");
    let failure = wire.ledger().lease_target(&asked()).await.unwrap_err();
    assert_eq!(failure.class(), Class::Denied, "{failure}");
}

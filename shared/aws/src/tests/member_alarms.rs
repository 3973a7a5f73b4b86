//! The row of what a sweep has learnt of a group's alarms, fixed to the byte, and how it is read and stored.

use super::Wire;
use super::table::attributes;
use crate::ledger::rows;
use holdfast::ledger::{Ledger, MemberAlarms, ShownMembers, Written};
use holdfast::model::ids::InstanceType;
use serde_json::{Value, json};
use time::macros::datetime;

fn learnt() -> MemberAlarms {
    MemberAlarms {
        group: "web".to_owned(),
        revision: 7,
        as_of: datetime!(2026-03-01 12:00 UTC),
        written_by: "1.2.3".to_owned(),
        alarms: [
            ("i-1".parse().unwrap(), ["disk".to_owned()].into()),
            ("i-2".parse().unwrap(), [].into()),
        ]
        .into(),
        left_out: 0,
        shown: ShownMembers {
            types: [("i-1".parse().unwrap(), InstanceType("t3.small".to_owned()))].into(),
            holders: ["i-1".parse().unwrap()].into(),
            interfaces: [("eni-1".parse().unwrap(), "i-1".parse().unwrap())].into(),
        },
    }
}

fn bytes() -> Value {
    json!({
        "row_version": { "N": "2" },
        "pk": { "S": "member-alarms" },
        "sk": { "S": "web" },
        "group": { "S": "web" },
        "revision": { "N": "7" },
        "as_of": { "S": "2026-03-01T12:00:00Z" },
        "written_by": { "S": "1.2.3" },
        "alarms": { "M": { "i-1": { "L": [{ "S": "disk" }] }, "i-2": { "L": [] } } },
        "left_out": { "N": "0" },
        "shown": { "M": {
            "types": { "M": { "i-1": { "S": "t3.small" } } },
            "holders": { "L": [{ "S": "i-1" }] },
            "interfaces": { "M": { "eni-1": { "S": "i-1" } } },
        } },
    })
}

#[test]
fn the_row_is_written_and_read_in_these_bytes() {
    let written = attributes(&bytes());
    assert_eq!(rows::of_member_alarms(&learnt()).unwrap(), written);
    let read: MemberAlarms = rows::read(written).unwrap();
    assert_eq!(read, learnt());
}

#[tokio::test]
async fn the_rows_of_all_groups_are_one_query() {
    let answer = json!({ "Items": [bytes()] });
    let wire = Wire::answering([answer.to_string()]);
    assert_eq!(wire.ledger().member_alarms().await.unwrap(), [learnt()]);
    let sent: Value = serde_json::from_str(&wire.requests()[0]).unwrap();
    assert_eq!(sent["KeyConditionExpression"], "#pk = :pk");
    let key = json!({ ":pk": { "S": "member-alarms" } });
    assert_eq!(sent["ExpressionAttributeValues"], key);
}

#[tokio::test]
async fn it_is_stored_while_the_row_before_it_is_still_there() {
    let wire = Wire::answering(["{}".to_owned()]);
    let written = wire.ledger().put_member_alarms(&learnt()).await.unwrap();
    assert_eq!(written, Written::Stored);
    let sent: Value = serde_json::from_str(&wire.requests()[0]).unwrap();
    assert_eq!(sent["Item"], bytes());
    assert_eq!(sent["ConditionExpression"], "#revision = :seen");
    let seen = json!({ ":seen": { "N": "6" } });
    assert_eq!(sent["ExpressionAttributeValues"], seen);
}

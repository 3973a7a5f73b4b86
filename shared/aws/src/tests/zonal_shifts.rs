//! Zones to be left, as ARC answers them, and what is asked of it.

use super::{Answer, Wire};
use holdfast::cloud::CloudError;
use holdfast::cloud::health::ReadZonalShifts;
use serde_json::{Value, json};

/// What each list answers; which is asked first is not promised.
fn answers(of_aws: &[Value], own: &[Value]) -> Wire {
    let answer = |path, items: &[Value]| Answer {
        path: Some(path),
        ..(200, json!({ "items": items }).to_string()).into()
    };
    Wire::with([answer("/autoshifts", of_aws), answer("/zonalshifts", own)])
}

fn of_aws(zone: &str) -> Value {
    json!({ "awayFrom": zone, "startTime": 1, "status": "ACTIVE" })
}

fn own(zone: &str, kind: &str) -> Value {
    json!({
        "awayFrom": zone, "resourceIdentifier": "arn:lb", "shiftType": kind, "startTime": 1, "expiryTime": 2,
        "status": "ACTIVE", "comment": "c", "zonalShiftId": "z",
    })
}

#[tokio::test]
async fn shifts_of_aws_and_of_the_account_are_told_and_practice_runs_are_not() {
    let shifts = [
        own("use1-az1", "ZONAL_SHIFT"),
        own("use1-az2", "PRACTICE_RUN"),
    ];
    let wire = answers(&[of_aws("use1-az1"), of_aws("use1-az2")], &shifts);
    let mut told: Vec<String> = wire
        .cloud()
        .zonal_shifts()
        .await
        .unwrap()
        .iter()
        .map(ToString::to_string)
        .collect();
    told.sort();
    assert_eq!(
        told,
        [
            "AWS shifts traffic away from use1-az1",
            "AWS shifts traffic away from use1-az2",
            "traffic of arn:lb is shifted away from use1-az1",
        ]
    );
}

#[tokio::test]
async fn a_refusal_is_known_by_its_code() {
    let code = "AccessDeniedException";
    let refusal = Answer {
        error_type: Some(code),
        ..(403, json!({ "message": "no" }).to_string()).into()
    };
    let wire = Wire::with([refusal.clone(), refusal]);
    let denied = wire.cloud().zonal_shifts().await.unwrap_err();
    assert!(matches!(denied, CloudError::Denied(_)), "{denied}");
}

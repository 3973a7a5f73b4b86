//! Zones to be left, as ARC answers them, and what is asked of it.

use super::Wire;
use holdfast::cloud::CloudError;
use holdfast::cloud::health::ReadZonalShifts;

/// Both answers have the same form; which is asked first is not promised.
fn answers(items: &str) -> Wire {
    let answer = format!("{{\"items\":[{items}]}}");
    Wire::answering([answer.clone(), answer])
}

fn item(zone: &str, more: &str) -> String {
    format!(
        "{{\"awayFrom\":\"{zone}\",\"startTime\":1,\"expiryTime\":2,\"status\":\"ACTIVE\",\"comment\":\"c\",\
         \"zonalShiftId\":\"z\"{more}}}"
    )
}

#[tokio::test]
async fn shifts_of_aws_and_of_the_account_are_told_and_practice_runs_are_not() {
    let resource = ",\"resourceIdentifier\":\"arn:lb\"";
    let practice = ",\"resourceIdentifier\":\"arn:lb\",\"shiftType\":\"PRACTICE_RUN\"";
    let wire = answers(&[item("use1-az1", resource), item("use1-az2", practice)].join(","));
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
    let refusal = (403, "{\"__type\":\"AccessDeniedException\"}".to_owned());
    let wire = Wire::with([refusal.clone(), refusal]);
    let denied = wire.cloud().zonal_shifts().await.unwrap_err();
    assert!(matches!(denied, CloudError::Denied(_)), "{denied}");
}

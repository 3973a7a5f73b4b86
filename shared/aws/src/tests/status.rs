//! What EC2 tells of an instance beside its checks: what AWS has planned, and the probes of application and performance.

use super::health::{ids, statuses, well};
use super::{NOVEL, Wire};
use holdfast::cloud::health::ReadStatusChecks;
use holdfast::model::instance::StatusChecks;
use holdfast::model::instance_status::{EventCode, InstanceStatus, ProbeStatus};

/// What is read of one instance that is well and of which EC2 tells this, too.
async fn told(more: &str) -> InstanceStatus {
    let well = well("i-1").replace("</item>", &format!("{more}</item>"));
    let wire = Wire::answering([statuses(&well)]).wrong_where("novel", NOVEL);
    let found = wire.cloud().checks(&ids(&["i-1"])).await.unwrap();
    found.into_values().next().unwrap()
}

fn event(code: &str, description: &str, day: u8) -> String {
    format!(
        "<item><instanceEventId>instance-event-1</instanceEventId><code>{code}</code>\
         <description>{description}</description><notBefore>2026-12-{day:02}T00:00:00.000Z</notBefore></item>"
    )
}

#[tokio::test]
async fn what_aws_has_planned_is_read_the_next_first_and_what_is_over_is_not() {
    let events = event(
        "instance-stop",
        "The instance is running on degraded hardware",
        24,
    ) + &event("system-reboot", "scheduled reboot", 6)
        + &event("instance-retirement", "[Completed] it is done", 2)
        + &event("instance-retirement", "[Canceled] it is called off", 3);
    let told = told(&format!("<eventsSet>{events}</eventsSet>")).await;
    let codes: Vec<&str> = told.events.iter().map(|it| it.code.as_str()).collect();
    assert_eq!(codes, ["system-reboot", "instance-stop"]);
    let begins = told.events[1].not_before.unwrap();
    assert_eq!((begins.month() as u8, begins.day()), (12, 24));
}

#[tokio::test]
async fn an_event_that_nobody_knows_is_told_by_its_word() {
    let events = event("instance-novel", "", 1);
    let told = told(&format!("<eventsSet>{events}</eventsSet>")).await;
    assert_eq!(
        told.events[0].code,
        EventCode::Unknown("instance-novel".to_owned())
    );
}

#[tokio::test]
async fn the_probes_of_application_and_performance_are_no_part_of_the_checks() {
    for (word, expected) in [
        ("ok", ProbeStatus::Ok),
        ("impaired", ProbeStatus::Impaired),
        ("initializing", ProbeStatus::Initializing),
        ("insufficient-data", ProbeStatus::NotTold),
        ("not-applicable", ProbeStatus::NotTold),
        ("novel", ProbeStatus::Unknown),
    ] {
        let status = format!("<status>{word}</status>");
        let told = told(&format!(
            "<applicationStatus>{status}</applicationStatus><performanceStatus>{status}</performanceStatus>"
        ))
        .await;
        assert_eq!(
            (told.application, told.performance),
            (expected, expected),
            "{word}"
        );
        assert_eq!(told.checks, StatusChecks::Ok, "{word}");
    }
    let silent = told("").await;
    assert_eq!(
        (silent.application, silent.performance),
        (ProbeStatus::NotTold, ProbeStatus::NotTold)
    );
}

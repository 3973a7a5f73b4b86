//! What somebody sends who wants it to fail.

use super::*;

#[tokio::test]
async fn a_thousand_reports_on_one_cause_in_a_minute_are_one_message() {
    let bed = Bed::new();
    let lost = [matter("release eipalloc-1", "lost")];
    let events: Vec<Value> = (0..1_000)
        .map(|number| reported(&format!("r{number}"), &lost))
        .collect();
    let names: Vec<String> = (0..1_000).map(|number| format!("n{number}")).collect();
    let runs = events
        .iter()
        .zip(&names)
        .map(|(event, name)| bed.tell(name, event));
    let ends = futures_util::future::join_all(runs).await;
    assert!(ends.iter().all(Result::is_ok), "nothing is delivered again");
    assert_eq!(bed.mails().len(), 1);
}

#[tokio::test]
async fn a_thousand_causes_in_a_minute_are_thirty_messages_of_which_the_last_one_says_so() {
    let bed = Bed::new();
    let (mut told, mut held_back) = (0, 0);
    for number in 0..1_000 {
        let lost = [matter(&format!("release eipalloc-{number}"), "lost")];
        let end = bed
            .tell(
                &format!("n{number}"),
                &reported(&format!("r{number}"), &lost),
            )
            .await
            .unwrap();
        told += end.told.len();
        held_back += end.held_back;
    }
    assert_eq!(told as u64, MAX_IN_AN_HOUR);
    assert_eq!(told + held_back, 1_000);
    let bodies = bed.bodies("mail");
    let says = |body: &&String| {
        body.contains("Further ones are counted and not sent until the hour is over")
    };
    assert_eq!(bodies.iter().filter(says).count(), 1);
    // Another outcome has its own room, and after the hour there is room again.
    bed.tell("x", &reported("x", &[matter("group web", "refused")]))
        .await
        .unwrap();
    bed.later(time::Duration::hours(1));
    bed.tell(
        "y",
        &reported("y", &[matter("release eipalloc-999", "lost")]),
    )
    .await
    .unwrap();
    assert_eq!(bed.mails().len(), 32);
}

#[tokio::test]
async fn a_poisoned_line_keeps_no_other_line_from_being_told() {
    let bed = Bed::new();
    let poison = [
        "not json".to_owned(),
        "[]".to_owned(),
        json!({ "holdfast": "report" }).to_string(),
        json!({ "holdfast": "report", "report": { "function": 1, "matters": [1, { "about": "" }] } }).to_string(),
        json!({ "holdfast": "report", "part": 2, "outcome": "failed", "function": "x" }).to_string(),
        line("run-1", &stranded()),
    ];
    bed.tell("a", &logged("111122223333", &poison))
        .await
        .unwrap();
    assert_eq!(bed.mails().len(), 1);
}

#[tokio::test]
async fn what_cannot_be_unpacked_is_an_error_that_names_the_field() {
    let bed = Bed::new();
    let not_packed = BASE64_STANDARD.encode("not gzip");
    for data in [json!(1), json!("%%"), json!(not_packed)] {
        let error = bed
            .tell("a", &json!({ "awslogs": { "data": data } }))
            .await
            .unwrap_err();
        assert!(error.to_string().contains("awslogs.data"), "{error}");
    }
}

#[tokio::test]
async fn what_unpacks_to_gigabytes_is_refused() {
    let mut packing = GzEncoder::new(Vec::new(), Compression::best());
    let spaces = vec![b' '; 1_000_000];
    for _ in 0..32 {
        packing.write_all(&spaces).unwrap();
    }
    let data = BASE64_STANDARD.encode(packing.finish().unwrap());
    let error = Bed::new()
        .tell("a", &json!({ "awslogs": { "data": data } }))
        .await;
    assert_eq!(error.unwrap_err().name(), "Holdfast.EventUnreadable");
}

/// H5 of notify: another account's words reach nobody.
#[tokio::test]
async fn h5_reports_and_logs_of_another_account_are_told_to_nobody() {
    let bed = Bed::new();
    let lost = reported("r1", &[matter("release eipalloc-1", "lost")]);
    let mut foreign = lost.clone();
    foreign["account"] = json!("999988887777");
    for event in [
        foreign,
        logged("999988887777", &[line("run-1", &stranded())]),
    ] {
        let end = bed.tell("a", &event).await.unwrap();
        assert!(
            end.ignored
                .is_some_and(|why| why.contains("another account"))
        );
    }
    assert!(bed.mails().is_empty());
}

#[tokio::test]
async fn a_subject_is_one_that_sns_takes_whatever_a_report_says() {
    let bed = Bed::new();
    let mut report = report_of("reconcile", &[matter("group web", "refused")]);
    report["matters"][0]["headline"] =
        json!(format!("Holdfast: gr\u{fc}n\r\nBcc: x{}", "y".repeat(500)));
    bed.tell("a", &result("Success", "r1", &json!({}), &report))
        .await
        .unwrap();
    let subject = bed.mails().remove(0);
    assert!(
        subject.len() < 100 && subject.bytes().all(|byte| (b' '..=b'~').contains(&byte)),
        "{subject}"
    );
}

#[tokio::test]
async fn a_report_of_two_hundred_matters_is_one_message() {
    let bed = Bed::new();
    let all: Vec<Value> = (0..200)
        .map(|number| matter(&format!("release eipalloc-{number}"), "lost"))
        .collect();
    let end = bed.tell("a", &reported("r1", &all)).await.unwrap();
    assert_eq!(end.told.len(), 1);
    assert!(bed.bodies("mail")[0].contains("- and 179 more"));
    let rows = bed
        .ledger
        .told(&["release eipalloc-199".to_owned()])
        .await
        .unwrap();
    assert!(rows[0].told_at.is_some(), "each is told");
}

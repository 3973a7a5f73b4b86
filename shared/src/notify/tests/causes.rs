//! One cause is told once.

use super::*;

#[tokio::test]
async fn a_cause_is_told_at_once_then_once_an_hour_with_the_count_and_then_its_end() {
    let bed = Bed::new();
    let pending = [matter("release eipalloc-1", "pending")];
    for number in 0..25 {
        bed.tell("n", &reported(&format!("r{number}"), &pending))
            .await
            .unwrap();
        bed.later(time::Duration::minutes(5));
    }
    assert_eq!(
        bed.mails().len(),
        3,
        "at 0, 60 and 120 minutes: {:?}",
        bed.mails()
    );
    assert!(
        bed.mails()[1].starts_with("Holdfast: still: release"),
        "{:?}",
        bed.mails()
    );
    assert!(bed.bodies("mail")[2].contains("seen 25 times or more since 2026-03-07T12:00:00Z"));

    let back = [matter("release eipalloc-1", "reclaimed")];
    bed.tell("n", &reported("r99", &back)).await.unwrap();
    assert_eq!(
        bed.mails()[3],
        "Holdfast: release eipalloc-1 is reclaimed (eu-west-1)"
    );
    assert!(bed.bodies("mail")[3].contains("Before it was pending, seen 25 times"));
}

#[tokio::test]
async fn what_ends_in_nothing_to_tell_is_told_as_over_once() {
    let bed = Bed::new();
    bed.tell("a", &reported("r1", &[matter("group web", "refused")]))
        .await
        .unwrap();
    let well = json!({ "about": "group web", "outcome": "refreshed" });
    for number in 0..3 {
        let report = report_of("reconcile", std::slice::from_ref(&well));
        let mut report = report;
        report["headline"] = json!("Holdfast: the ledger is up to date");
        let event = result("Success", &format!("s{number}"), &json!({}), &report);
        bed.tell(&format!("b{number}"), &event).await.unwrap();
    }
    let over = "Holdfast: OVER: group web is refused (eu-west-1)";
    assert_eq!(
        bed.mails(),
        ["Holdfast: group web is refused (eu-west-1)", over]
    );
    // It begins anew: that is another cause.
    bed.tell("c", &reported("r2", &[matter("group web", "refused")]))
        .await
        .unwrap();
    assert_eq!(bed.mails().len(), 3);
}

#[tokio::test]
async fn two_processes_at_the_same_moment_tell_it_once_and_a_cold_start_knows() {
    let bed = Bed::new();
    let lost = [matter("release eipalloc-1", "lost")];
    let (one, other) = (reported("r1", &lost), reported("r2", &lost));
    let (one, other) = futures_util::join!(bed.tell("a", &one), bed.tell("b", &other));
    let counted = one.unwrap().counted + other.unwrap().counted;
    assert_eq!((bed.mails().len(), counted), (1, 1));
    bed.later(time::Duration::minutes(10));
    bed.tell("c", &reported("r3", &lost)).await.unwrap();
    assert_eq!(bed.mails().len(), 1, "a third process reads the ledger");
}

#[tokio::test]
async fn what_could_not_be_sent_is_not_told_and_the_next_try_sends_it() {
    let bed = Bed::new();
    let lost = reported("r1", &[matter("release eipalloc-1", "lost")]);
    bed.topics.refused.lock().unwrap().extend(["mail", "chat"]);
    let error = bed.tell("a", &lost).await.unwrap_err();
    assert_eq!(error.name(), "Holdfast.NotTold");
    bed.topics.refused.lock().unwrap().clear();
    // Lambda tries the same run again.
    bed.tell("a", &lost).await.unwrap();
    assert_eq!(bed.mails().len(), 1);
    bed.tell("a", &lost).await.unwrap();
    assert_eq!(
        bed.mails().len(),
        1,
        "and once more, after its answer was lost"
    );
}

#[tokio::test]
async fn a_place_that_was_told_is_not_told_again_because_the_other_one_failed() {
    let bed = Bed::new();
    let lost = reported("r1", &[matter("release eipalloc-1", "lost")]);
    bed.topics.refused.lock().unwrap().push("chat");
    bed.tell("a", &lost).await.unwrap_err();
    bed.topics.refused.lock().unwrap().clear();
    bed.tell("a", &lost).await.unwrap();
    assert_eq!((bed.mails().len(), bed.bodies("chat").len()), (1, 1));
}

#[tokio::test]
async fn a_run_that_died_while_it_told_is_told_by_another_one_later() {
    let bed = Bed::new();
    let lost = [matter("release eipalloc-1", "lost")];
    bed.topics.refused.lock().unwrap().extend(["mail", "chat"]);
    bed.tell("a", &reported("r1", &lost)).await.unwrap_err();
    bed.topics.refused.lock().unwrap().clear();
    bed.tell("b", &reported("r2", &lost)).await.unwrap();
    assert_eq!(bed.mails().len(), 0, "the first one still has it");
    bed.later(time::Duration::minutes(1));
    bed.tell("c", &reported("r3", &lost)).await.unwrap();
    assert_eq!(bed.mails().len(), 1);
}

#[tokio::test]
async fn each_failover_of_a_group_is_news_and_its_second_delivery_is_none() {
    let bed = Bed::new();
    let moved = [matter("group web", "failed-over")];
    for request in ["r1", "r1", "r2"] {
        bed.tell(request, &reported(request, &moved)).await.unwrap();
    }
    assert_eq!(bed.mails().len(), 2);
}

/// H2: the mail for the worst outcome was an alarm after the last try.
#[tokio::test]
async fn h2_a_stranded_address_is_told_at_the_first_try_once_and_then_its_end() {
    let bed = Bed::new();
    let first_try = logged("111122223333", &[line("run-1", &stranded())]);
    bed.tell("a", &first_try).await.unwrap();
    let told = "Holdfast: STRANDED: an address is with nobody. Run of alarm-failover: web-down (eu-west-1)";
    assert_eq!(bed.mails(), [told]);
    assert!(bed.bodies("mail")[0].contains("203.0.113.7 is with nobody"));
    // The second and third try, and what Lambda puts on the bus after them.
    bed.tell("b", &first_try).await.unwrap();
    let error =
        json!({ "errorType": "Holdfast.Stranded", "errorMessage": "203.0.113.7 is with nobody" });
    let given_up = result("Failure", "run-1", &alarm(), &error);
    bed.tell("c", &given_up).await.unwrap();
    assert_eq!(bed.mails().len(), 1, "the same cause: {:?}", bed.mails());
    // Another delivery of the alarm ends well.
    let report = report_of("alarm-failover", &[matter("group web", "already-moved")]);
    bed.tell("d", &result("Success", "run-2", &alarm(), &report))
        .await
        .unwrap();
    assert!(
        bed.mails()[1].starts_with("Holdfast: OVER: STRANDED"),
        "{:?}",
        bed.mails()
    );
}

#[tokio::test]
async fn a_run_that_lambda_ended_is_told_though_nothing_was_logged() {
    let bed = Bed::new();
    let ended = json!({ "errorType": "Sandbox.Timedout", "errorMessage": "Task timed out after 120.00 seconds" });
    bed.tell("a", &result("Failure", "run-1", &alarm(), &ended))
        .await
        .unwrap();
    assert_eq!(
        bed.mails(),
        ["Holdfast: FAILED: a run of alarm-failover (eu-west-1)"]
    );
    assert!(bed.bodies("mail")[0].contains("Task timed out after 120.00 seconds"));
}

//! What happened, who did it, and what Holdfast did.

use crate::account::Account;
use holdfast::clock::{Clock, WallClock};
use holdfast::reconcile::state::READ_LAG;
use serde_json::Value;
use time::Duration;
use time::format_description::well_known::Rfc3339;

fn told<'a>(history: &'a Value, source: &str) -> Vec<&'a str> {
    let entries = history["entries"].as_array().unwrap();
    let of_source = entries.iter().filter(|it| it["source"] == source);
    of_source.map(|it| it["what"].as_str().unwrap()).collect()
}

/// Kim releases the address, and the guard takes it back.
async fn taken_back() -> (Account, Value) {
    let account = Account::swept().await;
    let event = account.released();
    let report = account.invoke("ReleaseGuard", &event).await;
    assert_eq!(report["outcome"], "reclaimed", "{report}");
    (account, report)
}

#[tokio::test]
async fn a_reclaim_is_told_by_cloudtrail_the_guard_and_the_ledger() {
    let (account, report) = taken_back().await;
    let (code, history) = account.tool().json(&["history", &account.ip]).await;
    assert_eq!(code, 0);
    let calls = told(&history, "cloudtrail");
    let release = format!("ReleaseAddress on {}", account.allocation);
    assert!(calls.contains(&release.as_str()), "{history:#}");
    let entries = history["entries"].as_array().unwrap();
    let release = entries
        .iter()
        .find(|it| it["what"] == release.as_str())
        .unwrap();
    assert!(
        release["by"].as_str().unwrap().ends_with("user/kim"),
        "{release}"
    );
    let summary = report["summary"].as_str().unwrap();
    let reports = told(&history, "report");
    assert!(reports.iter().any(|it| it.contains(summary)), "{history:#}");
    let new = report["address"]["allocation"].as_str().unwrap();
    let back = told(&history, "ledger");
    assert!(
        back.iter()
            .any(|it| it.starts_with(&format!("taken back as {new}"))),
        "{history:#}"
    );
}

#[tokio::test]
async fn the_same_is_found_by_the_allocation_that_ended_and_by_the_group() {
    let (account, _) = taken_back().await;
    let (_, history) = account.tool().json(&["history", &account.allocation]).await;
    assert!(!told(&history, "report").is_empty(), "{history:#}");
    assert!(!told(&history, "cloudtrail").is_empty(), "{history:#}");
    let (_, history) = account.tool().json(&["history", "web"]).await;
    assert!(!told(&history, "report").is_empty(), "{history:#}");
}

#[tokio::test]
async fn everything_stands_in_the_order_of_time() {
    let (account, _) = taken_back().await;
    let (_, history) = account.tool().json(&["history", &account.ip]).await;
    let entries = history["entries"].as_array().unwrap();
    let times: Vec<&str> = entries
        .iter()
        .map(|it| it["at"].as_str().unwrap())
        .collect();
    let moment = |text: &&str| time::OffsetDateTime::parse(text, &Rfc3339).unwrap();
    assert!(times.iter().map(moment).is_sorted(), "{times:?}");
    assert!(times.len() >= 4, "{times:?}");
}

#[tokio::test]
async fn reports_list_what_was_done_and_count_what_had_nothing_to_do() {
    let (account, _) = taken_back().await;
    let (_, reports) = account.tool().json(&["reports"]).await;
    let outcomes: Vec<&str> = reports["reports"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["outcome"].as_str().unwrap())
        .collect();
    assert_eq!(outcomes, ["reclaimed"], "{reports:#}");
    assert_eq!(reports["leftOut"], 1);
    let (_, all) = account
        .tool()
        .json(&["reports", "--outcome", "refreshed"])
        .await;
    assert_eq!(all["reports"][0]["function"], "reconcile", "{all:#}");
}

#[tokio::test]
async fn one_report_is_shown_as_the_mail_has_it() {
    let (account, report) = taken_back().await;
    let (_, reports) = account.tool().json(&["reports"]).await;
    let id = reports["reports"][0]["requestId"].as_str().unwrap();
    let ran = account.tool().run(&["report", id]).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    let text = report["text"].as_str().unwrap();
    let first = text.lines().next().unwrap();
    assert!(ran.out.contains(first), "{ran:?}");
    let ran = account.tool().run(&["report", "nobodys"]).await;
    assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{ran:?}");
}

#[tokio::test]
async fn what_changed_first_in_the_period_is_told_as_a_change() {
    let account = Account::swept().await;
    let (_, early) = account.tool().json(&["history", &account.ip]).await;
    assert!(
        told(&early, "ledger")[0].starts_with("known as"),
        "{early:#}"
    );
    // A look is true of five seconds before it, so the rows are that old.
    let between = account.simulator.world().now() + Duration::seconds(2) - READ_LAG;
    let between = between.format(&Rfc3339).unwrap();
    WallClock.sleep(std::time::Duration::from_secs(4)).await;
    account.untag_protection();
    account
        .invoke("Reconcile", &crate::account::schedule())
        .await;
    let line = ["history", &account.ip, "--since", &between];
    let (_, history) = account.tool().json(&line).await;
    let ledger = told(&history, "ledger");
    assert_eq!(ledger, ["tags: holdfast:protect taken away"], "{history:#}");
}

#[tokio::test]
async fn a_time_to_come_is_a_slip_of_the_pen() {
    let account = Account::swept().await;
    for command in [&["history", "web"][..], &["reports"], &["report", "id"]] {
        let line: Vec<&str> = command
            .iter()
            .copied()
            .chain(["--since", "2999-01-01"])
            .collect();
        let ran = account.tool().run(&line).await;
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{ran:?}");
    }
}

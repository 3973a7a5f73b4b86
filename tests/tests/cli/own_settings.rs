//! What `explain` and `record` say of a stack whose functions are not all alike, and of reads that AWS refuses to whoever
//! looks.

use crate::account::Account;
use crate::tool::Tool;
use ec2_sim::http::Fault;
use serde_json::{Value, json};

/// Records what the functions read about an event, and gives the look's file with what `record` ended with.
async fn recorded(tool: &Tool, event: &Value) -> (i32, String) {
    let (event, look) = (
        tool.file("event.json", &event.to_string()),
        tool.place("look.json"),
    );
    let (code, _) = tool.json(&["record", &event, "--out", &look]).await;
    (code, look)
}

fn read(look: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(look).unwrap()).unwrap()
}

fn plan() -> Value {
    json!({ "holdfast": "plan", "group": "web" })
}

#[tokio::test]
async fn a_function_that_somebody_changed_by_hand_is_explained_by_its_own_settings() {
    let account = Account::swept().await;
    account.function_is_changed("alarm-failover", "HOLDFAST_COOLDOWN_SECONDS", "1234");
    let tool = account.tool();
    let (code, look) = recorded(&tool, &plan()).await;
    assert_eq!(code, 0);
    let run = &read(&look)["runs"][0];
    assert_eq!(run["settings"]["cooldown"]["secs"], 1234, "{run:#}");
    let (_, live) = tool.json(&["explain", &tool.place("event.json")]).await;
    let (code, offline) = tool.json(&["explain", &look]).await;
    assert_eq!(code, 0);
    let decided = |explained: &Value| explained["functions"][0]["answer"]["outcome"].clone();
    assert_eq!(decided(&offline), decided(&live));
}

#[tokio::test]
async fn the_mode_of_each_function_is_told_beside_what_it_would_do() {
    for (mode, words) in [
        ("enforce", "in this stack it acts"),
        ("observe", "in this stack it only observes"),
    ] {
        let account = Account::set_up(|deployment| deployment.with("AlarmFailoverMode", mode));
        let account = account.await.and_swept().await;
        let tool = account.tool();
        let (_, look) = recorded(&tool, &plan()).await;
        let (code, explained) = tool.json(&["explain", &look]).await;
        assert_eq!(code, 0, "{explained:#}");
        assert_eq!(explained["functions"][0]["mode"], mode);
        let shown = tool.run(&["explain", &look]).await;
        assert!(shown.out.contains(words), "{shown:?}");
    }
}

#[tokio::test]
async fn a_setting_that_is_not_known_here_is_told_live_and_offline() {
    let account = Account::swept().await;
    account.function_is_changed("reconcile", "HOLDFAST_OF_TOMORROW", "1");
    let tool = account.tool();
    let (code, look) = recorded(&tool, &plan()).await;
    assert_eq!(code, 1);
    for line in [["explain", &tool.place("event.json")], ["explain", &look]] {
        let (code, explained) = tool.json(&line).await;
        assert_eq!(code, 1, "{explained:#}");
        let unread = explained["unread"].to_string();
        assert!(unread.contains("HOLDFAST_OF_TOMORROW"), "{unread}");
    }
}

/// Shifts are heeded, and AWS refuses to tell whoever looks of them.
async fn without_shifts() -> Account {
    let account = Account::set_up(|deployment| deployment.with("ZonalShifts", "heed"));
    let account = account.await.and_swept().await;
    let refusal = Fault::Refused("AccessDeniedException".to_owned());
    account.simulator.inject(SHIFTS, refusal, 100);
    account
}

const SHIFTS: &str = "arc-zonal-shift:ListZonalShifts";

/// A function goes on without it, and may be allowed what whoever looks is not.
#[tokio::test]
async fn a_read_that_a_decision_does_without_is_told_where_it_was_refused() {
    let account = without_shifts().await;
    let tool = account.tool();
    let (code, look) = recorded(&tool, &plan()).await;
    assert_eq!(code, 3);
    for line in [["explain", &tool.place("event.json")], ["explain", &look]] {
        let (code, explained) = tool.json(&line).await;
        assert_eq!(code, 3, "{explained:#}");
        let unread = explained["unread"].to_string();
        assert!(unread.contains(SHIFTS), "{unread}");
    }
}

#[tokio::test]
async fn a_group_is_ready_only_in_what_was_read_where_a_shift_may_be() {
    let account = without_shifts().await;
    for command in ["status", "readiness"] {
        let (code, document) = account.tool().json(&[command]).await;
        assert_eq!(code, 3, "{document:#}");
        let group = &document["deployments"][0]["groups"][0];
        assert_eq!(group["readinessKnown"], false, "{document:#}");
        let shown = account.tool().run(&[command]).await.out;
        assert!(shown.contains("ready in what was read"), "{shown}");
        assert!(shown.contains(SHIFTS), "{shown}");
    }
}

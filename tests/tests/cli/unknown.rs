//! What is there and says nothing that is known here: a setting that is no word, a log that somebody deleted, a report of a
//! later form. None of it is shown as "none", and none as the careful default.

use crate::account::Account;
use ec2_sim::http::Fault;
use serde_json::{Value, json};

fn unread(document: &Value) -> String {
    document["unread"].to_string()
}

/// A function with such a word does not start: it neither acts nor observes.
#[tokio::test]
async fn a_mode_that_is_no_mode_is_not_shown_as_observing() {
    let account = Account::swept().await;
    account.function_is_changed("alarm-failover", "HOLDFAST_MODE", "enforced");
    let (code, status) = account.tool().json(&["status"]).await;
    assert_eq!(code, 1, "{status:#}");
    let stack = &status["deployments"][0];
    assert_eq!(stack["modes"]["alarm-failover"], Value::Null, "{status:#}");
    assert_eq!(stack["modes"]["reconcile"], "enforce");
    let told = stack["notKnown"].to_string();
    assert!(told.contains("HOLDFAST_MODE"), "{told}");
    assert!(told.contains("of alarm-failover"), "{told}");
    let shown = account.tool().run(&["status"]).await.out;
    assert!(shown.contains("alarm-failover: mode not known"), "{shown}");
}

#[tokio::test]
async fn a_log_that_somebody_deleted_is_not_one_without_reports() {
    let account = Account::swept().await;
    let gone = Fault::Refused("ResourceNotFoundException".to_owned());
    account
        .simulator
        .inject("logs:FilterLogEvents", gone, 1_000);
    for command in [&["reports"][..], &["history", "web"], &["readiness"]] {
        let (code, document) = account.tool().json(command).await;
        assert_eq!(code, 4, "{command:?}: {document:#}");
        let told = unread(&document);
        assert!(
            told.contains("there is no log group"),
            "{command:?}: {told}"
        );
    }
    let shown = account.tool().run(&["reports"]).await.out;
    assert!(shown.contains(", in what could be read"), "{shown}");
}

#[tokio::test]
async fn a_report_of_another_form_is_told_beside_the_others() {
    let account = Account::swept().await;
    let later = json!({ "holdfast": "report", "function": "reconcile", "form": 2 });
    {
        let mut world = account.simulator.world();
        let now = world.now();
        let logs = world.services_mut().logs_mut();
        let groups: Vec<String> = logs.groups().map(|(name, _)| name.clone()).collect();
        let group = groups
            .iter()
            .find(|it| it.to_lowercase().contains("reconcile"));
        logs.write((group.unwrap(), "later"), now, now, later.to_string());
    }
    let (code, reports) = account.tool().json(&["reports", "--all"]).await;
    assert_eq!(code, 4, "{reports:#}");
    assert!(!reports["reports"].as_array().unwrap().is_empty());
    let told = unread(&reports);
    assert!(told.contains("1 report of the log of reconcile"), "{told}");
}

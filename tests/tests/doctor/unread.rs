//! What cannot be read is told as such, with the right that is missing, and is no pass.

use crate::account::{Account, OPERATOR};
use ec2_sim::http::Fault;
use serde_json::json;

/// Checks, and a call that each cannot be made without.
const CALLS: [(&str, &str); 14] = [
    ("trail", "cloudtrail:DescribeTrails"),
    ("trail", "cloudtrail:GetEventSelectors"),
    ("rules", "cloudformation:ListStackResources"),
    ("rules", "events:DescribeRule"),
    ("functions", "lambda:GetFunctionConcurrency"),
    ("runs", "logs:FilterLogEvents"),
    ("permissions", "logs:FilterLogEvents"),
    ("ledger", "dynamodb:Query"),
    ("queues", "sqs:GetQueueAttributes"),
    ("stack-alarms", "cloudwatch:DescribeAlarms"),
    ("group-alarms", "cloudwatch:DescribeAlarms"),
    ("address-quota", "servicequotas:GetServiceQuota"),
    ("dns-names", "ec2:DescribeVpcAttribute"),
    ("releases", "ec2:DescribeAddresses"),
];

#[tokio::test]
async fn a_check_whose_call_is_denied_is_told_with_the_right_to_ask_for() {
    let account = Account::well().await;
    for (check, call) in CALLS {
        account.simulator.world().deny(OPERATOR, call);
        let advice = account.cannot_make(check).await;
        assert!(advice.contains(call), "{check}: {advice}");
        let mut world = account.simulator.world();
        world.allow_all();
        world.deny(OPERATOR, "ec2:ReleaseAddress");
    }
}

#[tokio::test]
async fn a_check_that_is_throttled_or_gets_no_answer_is_not_made_and_the_others_are() {
    let account = Account::well().await;
    for fault in [Fault::Throttled, Fault::Lost] {
        account
            .simulator
            .inject("servicequotas:GetServiceQuota", fault, 20);
        account.cannot_make("address-quota").await;
        account.passes("trail").await;
        account.simulator.heal();
    }
    account.passes("address-quota").await;
}

#[tokio::test]
async fn a_stack_that_cannot_be_read_is_a_failure_of_the_command() {
    let account = Account::well().await;
    account
        .simulator
        .world()
        .deny(OPERATOR, "cloudformation:DescribeStacks");
    let seen = account.run(&["doctor"]).await;
    assert_eq!(seen.code, 3, "{seen:?}");
    assert!(
        seen.err.contains("cloudformation:DescribeStacks"),
        "{}",
        seen.err
    );
    assert_eq!(seen.out, "");
}

/// Without the set-up of a function, these look at less than all functions.
const OF_ALL_FUNCTIONS: [&str; 4] = ["functions", "runs", "permissions", "settings"];

#[tokio::test]
async fn one_function_that_cannot_be_read_keeps_only_the_checks_of_functions_from_being_made() {
    let account = Account::well().await;
    let action = "lambda:GetFunctionConfiguration";
    let refusal = Fault::Refused("AccessDeniedException".to_owned());
    account.simulator.inject(action, refusal, 1);
    let (code, checks) = account.checks().await;
    assert_eq!((code, checks.len()), (3, 19), "{checks:#?}");
    for told in &checks {
        let check = told["check"].as_str().unwrap();
        if OF_ALL_FUNCTIONS.contains(&check) {
            assert_eq!(told["outcome"], "not-made", "{told}");
            assert!(told["advice"].to_string().contains(action), "{told}");
        } else if !["modes", "schedule"].contains(&check) {
            assert_eq!(told["outcome"], "passed", "{told}");
        }
    }
}

#[tokio::test]
async fn without_any_function_nothing_is_passed_by_default_settings() {
    let account = Account::well().await;
    let action = "lambda:GetFunctionConfiguration";
    account.simulator.world().deny(OPERATOR, action);
    let (_, checks) = account.checks().await;
    let of_functions = ["modes", "schedule", "group-alarms"];
    for told in &checks {
        let check = told["check"].as_str().unwrap();
        let hangs_on_them = OF_ALL_FUNCTIONS.contains(&check) || of_functions.contains(&check);
        let outcome = if hangs_on_them { "not-made" } else { "passed" };
        assert_eq!(told["outcome"], outcome, "{told}");
    }
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_neither_of_this_version_nor_without_members() {
    let account = Account::well().await;
    account.spoil_row("alarms", &json!({ "S": "no map" })).await;
    for check in ["version", "group-alarms"] {
        let advice = account.cannot_make(check).await;
        assert!(advice.contains("docs/UPGRADE.md"), "{check}: {advice}");
    }
}

#[tokio::test]
async fn a_log_that_is_read_in_part_passes_nothing() {
    let account = Account::well().await;
    for _ in 0..25 {
        account.sweep().await;
    }
    account.invoke("Reconcile", &json!({ "no": "event" })).await;
    account.fails("runs").await;
    account.simulator.page_after(Some(1));
    for check in ["runs", "permissions"] {
        account.cannot_make(check).await;
    }
}

#[tokio::test]
async fn a_clock_that_nothing_answers_about_is_told_with_the_call_that_failed() {
    let account = Account::well().await;
    account
        .simulator
        .inject("sts:GetCallerIdentity", Fault::Lost, 20);
    let advice = account.cannot_make("clock").await;
    assert!(advice.contains("reaches AWS"), "{advice}");
}

/// What is gone with the log is no sign that nothing failed.
#[tokio::test]
async fn without_a_log_no_run_is_said_to_have_gone_well() {
    let account = Account::well().await;
    let gone = Fault::Refused("ResourceNotFoundException".to_owned());
    account
        .simulator
        .inject("logs:FilterLogEvents", gone, 1_000);
    for check in ["runs", "schedule", "permissions"] {
        account.cannot_make(check).await;
    }
}

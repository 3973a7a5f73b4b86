//! AWS refuses, has too many calls, or does not answer: each command says so with its exit code, and with what to do.

use super::account::Account;
use ec2_sim::http::Fault;
use holdfast_tests::scenarios::failover::floating_address;
use holdfast_tests::scenarios::placement::GROUP;

/// Every command that calls a function, as it is called.
const COMMANDS: [&[&str]; 7] = [
    &["plan", GROUP.1],
    &["switchover", GROUP.1, "--yes"],
    &["failback", GROUP.1, "--yes"],
    &["restore", "203.0.113.10"],
    &["pause", GROUP.1, "--for", "1h"],
    &["resume", GROUP.1],
    &["test-notification"],
];

async fn account() -> Account {
    Account::of(floating_address().world.clone()).await
}

#[tokio::test]
async fn whoever_may_not_call_a_function_is_told_the_action_to_ask_for() {
    let account = account().await;
    account
        .simulator
        .world()
        .deny("*anna*", "lambda:InvokeFunction");
    for command in COMMANDS {
        let ran = account.run(command).await;
        assert_eq!(ran.code, 3, "{command:?}: {}", ran.err);
        assert!(
            ran.err.contains("lambda:InvokeFunction"),
            "{command:?}: {}",
            ran.err
        );
        assert_eq!(ran.out, "", "{command:?}");
    }
}

/// Each command meets a fault of Lambda: it says all of this, and calls once.
async fn told_and_sent_once(fault: Fault, said: &[&str]) {
    let account = account().await;
    for command in COMMANDS {
        account.simulator.heal();
        account.simulator.forget_calls();
        account
            .simulator
            .inject("lambda:InvokeFunction", fault.clone(), 100);
        let ran = account.run(command).await;
        assert_eq!(ran.code, 4, "{command:?}: {}", ran.err);
        for part in said {
            assert!(ran.err.contains(part), "{command:?}: {}", ran.err);
        }
        assert_eq!(
            account.invocations(),
            1,
            "{command:?}: Lambda's calls are not repeated"
        );
    }
}

#[tokio::test]
async fn one_call_too_many_is_told_and_not_sent_again() {
    told_and_sent_once(Fault::Throttled, &["Try again in a minute"]).await;
}

/// The function has run, and nobody heard of it: it must not run a second time.
#[tokio::test]
async fn a_lost_answer_is_told_as_a_run_that_may_go_on_and_is_not_sent_again() {
    let said = ["may still be running", "holdfast reports"];
    told_and_sent_once(Fault::ReplyLost, &said).await;
}

#[tokio::test]
async fn an_aws_that_cannot_be_reached_is_told_by_each_command() {
    let account = account().await;
    for command in COMMANDS {
        let ran = account.run_at("http://127.0.0.1:9", command).await;
        assert_eq!(ran.code, 4, "{command:?}: {}", ran.err);
        assert!(ran.err.contains("do:  "), "{command:?}: {}", ran.err);
        assert_eq!(ran.out, "", "{command:?}");
    }
}

#[tokio::test]
async fn a_function_that_fails_is_told_by_its_errors_name_and_is_found() {
    let account = account().await;
    account
        .simulator
        .world()
        .deny("*holdfast*", "ec2:DescribeInstances");
    let ran = account.run(&["plan", GROUP.1]).await;
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.err.contains("Holdfast."), "{}", ran.err);
}

//! Every command when AWS refuses, is too busy, or is not there. The commands are those that the tool's help lists; the
//! calls are those that each was seen to make.

use crate::account::Account;
use crate::partial::READING;
use crate::tool::{Ran, Tool};
use ec2_sim::http::Fault;
use std::collections::BTreeSet;

/// The commands that ask AWS and need all of its answers, each with what it is asked. What those say that go on without
/// some, `partial` tries.
const ASKING: [&[&str]; 5] = [
    &["guest", "web", "--for", "networkd", "--out", "/nonexistent"],
    &["protect", "203.0.113.10", "--apply"],
    &["unprotect", "203.0.113.10", "--apply"],
    &["adopt", "web", "i-0123456789abcdef0"],
    &["report", "some-id"],
];

/// Those that call a function, whose own calls are seen here as well: `changes::refusals` tries them. And two whose
/// answer says what a function could not see: `changes::explain` does, and `changes::record`. And two that go on without
/// an answer, and say so: the suite `doctor`, and `drill`.
const TRIED_ELSEWHERE: [&str; 11] = [
    "doctor",
    "drill",
    "plan",
    "switchover",
    "failback",
    "restore",
    "pause",
    "resume",
    "test-notification",
    "explain",
    "record",
];

/// Those that do not.
const OFFLINE: [&str; 3] = ["completions", "man", "help"];

/// More than any client tries.
const EVERY_TRY: u32 = 20;

#[tokio::test]
async fn each_command_of_the_help_is_tried_here() {
    let ran = Tool::at("http://127.0.0.1:9").run(&["--help"]).await;
    let listed = ran.out.split("Commands:").nth(1).unwrap();
    let listed = listed
        .lines()
        .take_while(|line| !line.starts_with("Options"));
    let named = listed.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let named: BTreeSet<&str> = named
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    let tried = ASKING
        .iter()
        .chain(&READING)
        .map(|command| command[0])
        .chain(OFFLINE)
        .chain(TRIED_ELSEWHERE)
        .collect();
    assert_eq!(named, tried);
}

/// It says what, why and what to do, and nothing that is not so.
#[track_caller]
fn said(ran: &Ran, code: i32, what: &str) {
    assert_eq!((ran.code, ran.out.as_str()), (code, ""), "{what}: {ran:?}");
    for part in ["error: ", "  why: ", "  do:  "] {
        assert!(ran.err.contains(part), "{what}: {ran:?}");
    }
}

#[tokio::test]
async fn an_aws_that_cannot_be_reached_is_no_answer() {
    let tool = Tool::at("http://127.0.0.1:9");
    for command in ASKING.iter().chain(&READING) {
        said(&tool.run(command).await, 4, command[0]);
    }
}

/// The actions that a command asks for when all is well.
async fn actions_of(account: &Account, command: &[&str]) -> BTreeSet<String> {
    account.simulator.forget_calls();
    account.tool().run(command).await;
    account.simulator.call_names().into_iter().collect()
}

#[tokio::test]
async fn a_denied_call_is_a_denial_that_names_the_action() {
    let account = Account::swept().await;
    for command in ASKING {
        let actions = actions_of(&account, command).await;
        assert!(actions.len() >= 2, "{command:?}: {actions:?}");
        for action in &actions {
            let refusal = Fault::Refused("AccessDeniedException".to_owned());
            account.simulator.inject(action, refusal, EVERY_TRY);
            let ran = account.tool().run(command).await;
            account.simulator.heal();
            said(&ran, 3, &format!("{command:?} without {action}"));
            assert!(ran.err.contains(action.as_str()), "{action}: {ran:?}");
        }
    }
}

#[tokio::test]
async fn a_call_too_many_is_no_answer() {
    let account = Account::swept().await;
    for command in ASKING {
        for action in actions_of(&account, command).await {
            account
                .simulator
                .inject(&action, Fault::Throttled, EVERY_TRY);
            let ran = account.tool().run(command).await;
            account.simulator.heal();
            said(&ran, 4, &format!("{command:?} with {action} throttled"));
        }
    }
}

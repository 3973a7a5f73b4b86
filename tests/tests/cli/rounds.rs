//! How many calls of `status` follow each other: each is answered late, and the simulator notes when each came. A call
//! that came before another one was answered did not wait for it. So the longest chain of calls is counted exactly,
//! however slow this machine is otherwise.

use crate::account::Account;
use crate::tool::Tool;
use ec2_sim::http::{Call, Fault};
use ec2_sim::world::ACCOUNT;
use std::collections::BTreeSet;
use time::Duration;

/// How late each answer is: longer than this machine needs to send what it sends at the same time.
const LATE: Duration = Duration::seconds(3);

/// More than any command makes of one kind.
const EACH: u32 = 500;

/// The longest chain of calls of which each came after the one before was answered.
fn rounds<'a>(calls: impl IntoIterator<Item = &'a Call>) -> usize {
    let mut calls: Vec<&Call> = calls.into_iter().collect();
    calls.sort_by_key(|call| call.at);
    let mut round_of: Vec<usize> = Vec::new();
    for call in &calls {
        let answered = calls.iter().zip(&round_of);
        let answered = answered.filter(|(before, _)| before.at + LATE <= call.at);
        let last = answered.map(|(_, round)| *round).max();
        round_of.push(last.unwrap_or_default() + 1);
    }
    round_of.into_iter().max().unwrap_or_default()
}

/// A further page of a list: it needs the mark at the end of the page before.
fn is_further_page(call: &Call) -> bool {
    let asked = call.parameters.to_string();
    ["ExclusiveStartKey", "NextToken", "nextToken"]
        .iter()
        .any(|mark| asked.contains(mark))
}

impl Account {
    /// Whoever has keys of their own only to take a role.
    fn tool_with_a_role(&self) -> Tool {
        let tool = Tool::without_keys(&self.simulator.url);
        let keys = "aws_access_key_id = AKIAOPERATOR\naws_secret_access_key = not-a-secret\n";
        let config = format!(
            "[profile base]\n{keys}\n[profile ops]\nsource_profile = base\n\
             role_arn = arn:aws:iam::{ACCOUNT}:role/operator\nrole_session_name = night\n"
        );
        let config = tool.file("config", &config);
        tool.set("AWS_CONFIG_FILE", &config)
            .set("AWS_PROFILE", "ops")
    }

    /// The calls of a command, each of which is answered late.
    async fn late_calls(&self, tool: &Tool, command: &[&str]) -> Vec<Call> {
        self.simulator.forget_calls();
        let ran = tool.run(command).await;
        assert!(ran.code < 2, "{ran:?}");
        let made: BTreeSet<String> = self.simulator.call_names().into_iter().collect();
        let late = u64::try_from(LATE.whole_milliseconds()).unwrap();
        // Nobody waits for a zonal shift for longer than a second, and nothing hangs on its answer.
        let waited_for = made.iter().filter(|it| !it.starts_with("arc-zonal-shift:"));
        for action in waited_for {
            self.simulator.inject(action, Fault::Slow(late), EACH);
        }
        self.simulator.forget_calls();
        let ran = tool.run(command).await;
        self.simulator.heal();
        assert!(ran.code < 2, "{ran:?}");
        let calls = self.simulator.calls();
        assert!(calls.len() >= 14, "{calls:?}");
        calls
    }
}

/// The stack; what needs the stack alone; what needs the members' ids.
const ROUNDS: usize = 3;

#[tokio::test]
async fn a_status_of_a_thousand_addresses_takes_three_rounds() {
    let account = Account::swept().await.with_a_thousand().await;
    let calls = account.late_calls(&account.tool(), &["status"]).await;
    let first_pages = calls.iter().filter(|call| !is_further_page(call));
    assert_eq!(rounds(first_pages), ROUNDS, "{calls:#?}");
}

/// No other list waits for the pages of one.
#[tokio::test]
async fn each_further_page_of_the_longest_list_is_one_round_more() {
    const ON_A_PAGE: u32 = 300;
    let account = Account::swept().await.with_a_thousand().await;
    account.simulator.page_after(Some(ON_A_PAGE));
    let calls = account.late_calls(&account.tool(), &["status"]).await;
    let first_pages = calls.iter().filter(|call| !is_further_page(call));
    assert_eq!(rounds(first_pages), ROUNDS, "{calls:#?}");
    let further = calls.iter().filter(|call| is_further_page(call)).count();
    // The first page of the ledger's 1,001 rows comes with round two.
    assert_eq!(further, 3, "{calls:#?}");
    assert_eq!(rounds(&calls), 2 + further, "{calls:#?}");
}

#[tokio::test]
async fn readiness_takes_three_rounds() {
    let account = Account::swept().await;
    let calls = account.late_calls(&account.tool(), &["readiness"]).await;
    assert_eq!(rounds(&calls), ROUNDS, "{calls:#?}");
}

/// Nothing can be signed before there are keys.
#[tokio::test]
async fn signing_in_by_a_role_is_one_round_more() {
    let account = Account::swept().await;
    let tool = account.tool_with_a_role();
    let calls = account.late_calls(&tool, &["status"]).await;
    let sign_ins = calls.iter().filter(|it| it.name() == "sts:AssumeRole");
    assert_eq!(sign_ins.count(), 1, "{calls:#?}");
    assert_eq!(rounds(&calls), 1 + ROUNDS, "{calls:#?}");
}

#[test]
fn a_chain_is_as_long_as_calls_wait_for_each_other() {
    let call = |seconds: i64| Call {
        number: 1,
        at: time::OffsetDateTime::UNIX_EPOCH + Duration::seconds(seconds),
        service: ec2_sim::http::Service::Ec2,
        action: "DescribeAddresses".to_owned(),
        caller: String::new(),
        mutating: false,
        parameters: serde_json::Value::Null,
        outcome: ec2_sim::http::Outcome::Done,
    };
    let side_by_side = [call(0), call(0), call(2)];
    assert_eq!(rounds(&side_by_side), 1);
    let in_turn = [call(0), call(4), call(5), call(8)];
    assert_eq!(rounds(&in_turn), 3);
}

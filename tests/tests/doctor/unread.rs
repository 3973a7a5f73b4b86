//! What cannot be read is told as such, with the right that is missing, and is no pass.

use crate::account::{Account, OPERATOR};
use ec2_sim::http::Fault;

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

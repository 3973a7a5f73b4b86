//! Profiles of each kind, as the AWS CLI takes them. Who called is what the simulator saw.

use crate::account::Account;
use crate::tool::Tool;
use ec2_sim::world::ACCOUNT;
use std::collections::BTreeSet;

const KEYS: &str = "aws_access_key_id = AKIAOPERATOR\naws_secret_access_key = not-a-secret\n";

impl Account {
    /// The tool with a file of profiles, and who its calls came from; it has to end well.
    async fn called_by(&self, config: impl FnOnce(&Tool) -> String) -> BTreeSet<String> {
        let tool = Tool::without_keys(&self.simulator.url);
        let config = tool.file("config", &config(&tool));
        let tool = tool.set("AWS_CONFIG_FILE", &config);
        self.simulator.forget_calls();
        let ran = tool.run(&["status", "--profile", "ops"]).await;
        assert_eq!(ran.code, 0, "{ran:?}");
        let calls = self.simulator.calls().into_iter();
        let reads = calls.filter(|call| !call.name().starts_with("sts:"));
        reads.map(|call| call.caller).collect()
    }
}

fn role(session: &str) -> String {
    format!("arn:aws:sts::{ACCOUNT}:assumed-role/operator/{session}")
}

#[tokio::test]
async fn static_keys() {
    let account = Account::swept().await;
    let callers = account
        .called_by(|_| format!("[profile ops]\n{KEYS}"))
        .await;
    assert_eq!(
        callers,
        BTreeSet::from([format!("arn:aws:iam::{ACCOUNT}:user/op")])
    );
}

#[tokio::test]
async fn a_role_that_is_assumed() {
    let account = Account::swept().await;
    let config = format!(
        "[profile base]\n{KEYS}\n[profile ops]\nsource_profile = base\n\
         role_arn = arn:aws:iam::{ACCOUNT}:role/operator\nrole_session_name = night\n"
    );
    assert_eq!(
        account.called_by(|_| config).await,
        BTreeSet::from([role("night")])
    );
}

#[tokio::test]
async fn a_process_that_gives_keys() {
    let account = Account::swept().await;
    let callers = account.called_by(|tool| {
        let keys = r#"{"Version": 1, "AccessKeyId": "AKIAOPERATOR", "SecretAccessKey": "s"}"#;
        let keys = tool.file("keys.json", keys);
        format!("[profile ops]\ncredential_process = cat {keys}\n")
    });
    let operator = format!("arn:aws:iam::{ACCOUNT}:user/op");
    assert_eq!(callers.await, BTreeSet::from([operator]));
}

#[tokio::test]
async fn a_web_identity() {
    let account = Account::swept().await;
    let callers = account.called_by(|tool| {
        let token = tool.file("token", "head.body.signature");
        format!(
            "[profile ops]\nweb_identity_token_file = {token}\n\
             role_arn = arn:aws:iam::{ACCOUNT}:role/operator\nrole_session_name = pipeline\n"
        )
    });
    assert_eq!(callers.await, BTreeSet::from([role("pipeline")]));
}

#[tokio::test]
async fn a_profile_that_is_not_there_is_said_so() {
    let account = Account::swept().await;
    let ran = Tool::without_keys(&account.simulator.url)
        .run(&["status", "--profile", "nobody"])
        .await;
    assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{ran:?}");
    assert!(ran.err.contains("list-profiles"), "{ran:?}");
}

/// The mistakes of a first day, in the order in which a person makes them: each is told with what to do.
#[tokio::test]
async fn each_mistake_on_the_way_to_the_first_answer_says_what_to_do() {
    let account = Account::swept().await;
    let nothing = Tool::without_keys(&account.simulator.url).set("AWS_REGION", "");
    let ran = nothing.run(&["doctor"]).await;
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("--region"), "{ran:?}");
    let ran = nothing.run(&["doctor", "--region", "us-east-1"]).await;
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("aws configure"), "{ran:?}");
    let tool = Tool::at(&account.simulator.url);
    let ran = tool.run(&["doctor", "--endpoint-url", "127.0.0.1"]).await;
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("http://127.0.0.1:4566"), "{ran:?}");
    let ran = tool.run(&["doctor", "--stack", "other"]).await;
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(
        ran.err.contains("holdfast. Name one with --stack"),
        "{ran:?}"
    );
    assert!(tool.run(&["doctor"]).await.out.contains("passed"));
}

#[tokio::test]
async fn without_keys_nothing_is_asked() {
    let account = Account::swept().await;
    account.simulator.forget_calls();
    let ran = Tool::without_keys(&account.simulator.url)
        .run(&["status"])
        .await;
    assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{ran:?}");
    assert!(ran.err.contains("aws sso login"), "{ran:?}");
    assert_eq!(account.simulator.call_names(), Vec::<String>::new());
}

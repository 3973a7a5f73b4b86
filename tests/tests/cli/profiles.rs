//! Profiles of each kind, as the AWS CLI takes them. Who called is what the simulator saw.

use crate::account::Account;
use crate::tool::Tool;
use axum::extract::RawQuery;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use ec2_sim::world::ACCOUNT;
use serde_json::json;
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

/// The portal of single sign-on, as far as it gives keys: for one token, and as long as that is good.
/// Source: IAM Identity Center portal API reference, `GetRoleCredentials`.
async fn portal() -> String {
    async fn keys(headers: HeaderMap, RawQuery(asked): RawQuery) -> Response {
        let token = headers.get("x-amz-sso_bearer_token");
        let is_known = token.is_some_and(|token| token == TOKEN);
        if !is_known {
            let refusal = json!({ "message": "Session token not found or invalid" });
            let kind = [("x-amzn-errortype", "UnauthorizedException")];
            return (StatusCode::UNAUTHORIZED, kind, Json(refusal)).into_response();
        }
        let asked = asked.unwrap_or_default();
        let names = [
            format!("account_id={ACCOUNT}"),
            "role_name=operator".to_owned(),
        ];
        assert!(names.iter().all(|it| asked.contains(it)), "{asked}");
        let keys = json!({
            "accessKeyId": "AKIAOPERATOR", "secretAccessKey": "s", "sessionToken": "t",
            "expiration": 4_102_444_800_000_u64,
        });
        Json(json!({ "roleCredentials": keys })).into_response()
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let portal = Router::new().route("/federation/credentials", get(keys));
    tokio::spawn(async { axum::serve(listener, portal).await });
    url
}

const TOKEN: &str = "a-token-of-the-portal";

impl Account {
    /// The tool with a profile of single sign-on, after `aws sso login` has left this token, good until then.
    async fn signed_on(&self, token: &str, until: &str) -> Tool {
        let tool = Tool::without_keys(&self.simulator.url);
        let config = format!(
            "[profile ops]\nsso_session = corp\nsso_account_id = {ACCOUNT}\nsso_role_name = operator\n\
             [sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = us-east-1\n"
        );
        let config = tool.file("config", &config);
        let kept = json!({
            "accessToken": token, "expiresAt": until, "region": "us-east-1",
            "startUrl": "https://corp.awsapps.com/start",
        });
        // The AWS CLI names it by the SHA-1 of the session's name.
        let name = ".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json";
        tool.file(name, &kept.to_string());
        tool.set("AWS_CONFIG_FILE", &config)
            .set("AWS_ENDPOINT_URL_SSO", &portal().await)
    }
}

#[tokio::test]
async fn a_single_sign_on() {
    let account = Account::swept().await;
    let tool = account.signed_on(TOKEN, "2099-01-01T00:00:00Z").await;
    account.simulator.forget_calls();
    let ran = tool.run(&["status", "--profile", "ops"]).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    let calls = account.simulator.calls().into_iter();
    let callers: BTreeSet<String> = calls.map(|call| call.caller).collect();
    assert_eq!(
        callers,
        BTreeSet::from([format!("arn:aws:iam::{ACCOUNT}:user/op")])
    );
}

#[tokio::test]
async fn a_sign_on_that_has_ended_or_was_taken_back_says_how_to_begin_a_new_one() {
    let account = Account::swept().await;
    account.simulator.forget_calls();
    let ended = account.signed_on(TOKEN, "2020-01-01T00:00:00Z").await;
    let taken_back = account
        .signed_on("another-token", "2099-01-01T00:00:00Z")
        .await;
    for tool in [ended, taken_back] {
        let ran = tool.run(&["status", "--profile", "ops"]).await;
        assert_eq!((ran.code, ran.out.as_str()), (3, ""), "{ran:?}");
        assert!(ran.err.contains("there are no keys for AWS"), "{ran:?}");
        assert!(ran.err.contains("aws sso login"), "{ran:?}");
    }
    assert_eq!(account.simulator.call_names(), Vec::<String>::new());
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

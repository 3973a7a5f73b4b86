//! A simulated account with a stack of Holdfast that is well: a group of three with alarms, a protected address on the
//! first one's interface, and a sweep that has been. Each test spoils one thing.

use axum::body::Bytes;
use ec2_sim::api::Caller;
use ec2_sim::http::Simulator;
use ec2_sim::world::ACCOUNT;
use holdfast_tests::runtime::find_binary;
use holdfast_tests::scenarios::failover::{FailoverFixture, floating_interface};
use holdfast_tests::stack::Deployment;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;

/// No run takes as long: one that hangs fails.
const LIMIT: Duration = Duration::from_mins(2);
/// Whoever runs the tool.
pub(crate) const OPERATOR: &str = "arn:aws:iam::111122223333:user/op";

pub(crate) struct Account {
    pub(crate) simulator: Simulator,
    pub(crate) stack: Deployment,
    pub(crate) members: Vec<String>,
    pub(crate) allocation: String,
    pub(crate) eni: String,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Account {
    /// Everything is as it should be.
    pub(crate) async fn well() -> Self {
        let account = Self::unswept(floating_interface(), enforcing()).await;
        account.sweep().await;
        account
    }

    /// The same, and no function has run yet.
    pub(crate) async fn unswept(trio: FailoverFixture, stack: Deployment) -> Self {
        let simulator = Simulator::serve(trio.world, 0).await.unwrap();
        stack.deploy(&simulator).await.unwrap();
        simulator.introduce("AKIAOPERATOR", Caller::user(ACCOUNT, "op"));
        simulator.world().deny(OPERATOR, "ec2:ReleaseAddress");
        Self {
            simulator,
            stack,
            members: trio.members,
            allocation: trio.allocation,
            eni: trio.eni,
        }
    }

    /// Reconcile runs as its schedule calls it.
    pub(crate) async fn sweep(&self) -> Value {
        let event = json!({
            "version": "0", "id": "1", "detail-type": "Scheduled Event", "source": "aws.events",
            "account": ACCOUNT, "time": "2026-01-01T00:00:00Z", "region": "us-east-1",
            "resources": [], "detail": {},
        });
        self.invoke("Reconcile", &event).await
    }

    /// Calls a function of the stack through Lambda's front.
    pub(crate) async fn invoke(&self, logical_id: &str, event: &Value) -> Value {
        let name = self.stack.physical_id(logical_id);
        let path = format!("/2015-03-31/functions/{name}/invocations");
        self.post(&path, "", event).await
    }

    /// A call of a service that speaks JSON.
    pub(crate) async fn call(&self, target: &str, body: &Value) -> Value {
        self.post("/", target, body).await
    }

    async fn post(&self, path: &str, target: &str, body: &Value) -> Value {
        let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
        let request = Request::post(format!("{}{path}", self.simulator.url))
            .header("x-amz-target", target)
            .header("content-type", "application/x-amz-json-1.0");
        let request = if target.is_empty() {
            Request::post(format!("{}{path}", self.simulator.url))
        } else {
            request
        };
        let request = request.body(Full::from(body.to_string())).unwrap();
        let answer = client.request(request).await.unwrap();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        serde_json::from_slice(&body).unwrap_or_default()
    }

    /// Changes one row of the ledger, of those that have this attribute.
    pub(crate) async fn spoil_row(&self, attribute: &str, value: &Value) {
        self.change_row(attribute, attribute, value).await;
    }

    /// Changes an attribute of one row of the ledger, of those that have another one.
    pub(crate) async fn change_row(&self, has: &str, attribute: &str, value: &Value) {
        let table = self.stack.physical_id("Ledger");
        let all = json!({ "TableName": table });
        let rows = self.call("DynamoDB_20120810.Scan", &all).await;
        let mut rows = rows["Items"].as_array().cloned().unwrap_or_default();
        let row = rows.iter_mut().find(|row| row.get(has).is_some());
        let row = row.unwrap_or_else(|| panic!("no row has {has}"));
        row[attribute] = value.clone();
        let put = json!({ "TableName": table, "Item": row });
        self.call("DynamoDB_20120810.PutItem", &put).await;
    }

    /// Runs the tool.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Seen {
        let binary = find_binary("holdfast").unwrap_or_else(|missing| panic!("{missing}"));
        let mut command = Command::new(binary);
        command
            .args(arguments)
            .env_clear()
            .env("HOME", "/nonexistent")
            .env("AWS_ACCESS_KEY_ID", "AKIAOPERATOR")
            .env("AWS_SECRET_ACCESS_KEY", "not-a-secret")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_ENDPOINT_URL", &self.simulator.url)
            .stdin(Stdio::null())
            .kill_on_drop(true);
        let output = tokio::time::timeout(LIMIT, command.output()).await;
        let output = output.expect("it ends in time").unwrap();
        Seen {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// All checks as the tool tells of them, and how it ended.
    pub(crate) async fn checks(&self) -> (i32, Vec<Value>) {
        let seen = self.run(&["doctor", "--output", "json"]).await;
        let document: Value =
            serde_json::from_str(&seen.out).unwrap_or_else(|error| panic!("{error}: {seen:?}"));
        let checks = document["stacks"][0]["checks"].as_array().cloned();
        (seen.code, checks.unwrap_or_default())
    }

    /// One check is not passed, and it says what to do; gives what was seen.
    pub(crate) async fn fails(&self, check: &str) -> String {
        let (code, told) = self.told(check).await;
        assert_eq!(told["outcome"], "failed", "{told}");
        assert_eq!(code, 1);
        assert_ne!(told["advice"].as_str().unwrap_or_default(), "", "{told}");
        told["seen"].as_str().unwrap_or_default().to_owned()
    }

    /// One check could not be made; gives what to do.
    pub(crate) async fn cannot_make(&self, check: &str) -> String {
        let (code, told) = self.told(check).await;
        assert_eq!(told["outcome"], "not-made", "{told}");
        assert_eq!(code, 1);
        told["advice"].as_str().unwrap_or_default().to_owned()
    }

    /// One check is passed; gives what was seen.
    pub(crate) async fn passes(&self, check: &str) -> String {
        let (_, told) = self.told(check).await;
        assert_eq!(told["outcome"], "passed", "{told}");
        told["seen"].as_str().unwrap_or_default().to_owned()
    }

    async fn told(&self, check: &str) -> (i32, Value) {
        let (code, checks) = self.checks().await;
        let told = checks.into_iter().find(|told| told["check"] == check);
        (code, told.unwrap_or_else(|| panic!("no check {check}")))
    }
}

/// The stack, with all functions acting.
pub(crate) fn enforcing() -> Deployment {
    Deployment::named("holdfast").enforcing()
}

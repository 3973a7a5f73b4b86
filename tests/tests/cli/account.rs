//! A simulated account with a stack of Holdfast in it: a group of three, of which the first has a floating interface
//! with a protected address. The functions are the compiled ones; what they write is found in their log groups.

use crate::tool::Tool;
use axum::body::Bytes;
use ec2_sim::api::Caller;
use ec2_sim::http::Simulator;
use ec2_sim::services::Declared;
use ec2_sim::world::ACCOUNT;
use holdfast_tests::runtime::{Environment, Function};
use holdfast_tests::scenarios::estate;
use holdfast_tests::scenarios::failover::{FailoverFixture, floating_interface};
use http::Request;
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde::Deserialize;
use serde_json::{Value, json};

pub(crate) const TABLE: &str = "holdfast-Ledger-1ABCDEF";
pub(crate) const STACK: &str = "holdfast";

/// The functions: output, binary.
const FUNCTIONS: [(&str, &str); 5] = [
    ("ReleaseGuardFunction", "release-guard"),
    ("InstanceStartFunction", "instance-start"),
    ("AlarmFailoverFunction", "alarm-failover"),
    ("ReconcileFunction", "reconcile"),
    ("NotifyFunction", "notify"),
];

pub(crate) struct Account {
    pub(crate) simulator: Simulator,
    pub(crate) members: Vec<String>,
    pub(crate) eni: String,
    pub(crate) allocation: String,
    pub(crate) ip: String,
}

pub(crate) fn kim() -> Caller {
    Caller::user(ACCOUNT, "kim")
}

impl Account {
    /// A sweep has been: the ledger knows what there is.
    pub(crate) async fn swept() -> Self {
        let account = Self::of(floating_interface()).await;
        let report = account.invoke("reconcile", &schedule()).await;
        assert_eq!(report["outcome"], "refreshed", "{report}");
        account
    }

    /// No function has run yet.
    pub(crate) async fn of(trio: FailoverFixture) -> Self {
        let addresses = holdfast_tests::explorer::promises::addresses(&trio.world);
        let ip = addresses[&trio.allocation].public_ip.clone();
        let simulator = Simulator::serve(trio.world, 0).await.unwrap();
        simulator.create_table(TABLE).await.unwrap();
        simulator.declare(Declared::deserialize(deployed()).unwrap());
        simulator.introduce("AKIAOPERATOR", Caller::user(ACCOUNT, "op"));
        let _ = simulator.take_events();
        Self {
            simulator,
            members: trio.members,
            eni: trio.eni,
            allocation: trio.allocation,
            ip,
        }
    }

    pub(crate) fn tool(&self) -> Tool {
        Tool::at(&self.simulator.url)
    }

    /// Runs a function; what it writes is in its log group. Gives its report.
    pub(crate) async fn invoke(&self, binary: &str, event: &Value) -> Value {
        let name = format!("{STACK}-{binary}");
        let environment = Environment::new(&name, &self.simulator.url)
            .set("AWS_LAMBDA_LOG_FORMAT", "JSON")
            .set("HOLDFAST_TABLE", TABLE)
            .set("HOLDFAST_MODE", "enforce")
            .set("HOLDFAST_RETRY_SECONDS", "1");
        let function = Function::start_named(binary, &environment).await;
        let function = function.unwrap_or_else(|error| panic!("{error}"));
        let done = function.invoke(event).await;
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        let mut world = self.simulator.world();
        let now = world.now();
        for line in function.log() {
            let group = format!("/aws/lambda/{name}");
            let logs = world.services_mut().logs_mut();
            logs.write((&group, "stream"), now, now, line);
        }
        drop(world);
        done.result.unwrap_or_else(|error| panic!("{error:?}"))
    }

    /// Kim releases the address after its association was ended; gives CloudTrail's event.
    pub(crate) fn released(&self) -> Value {
        let mut world = self.simulator.world();
        estate::take_out_of_use(&mut world, &kim(), &self.allocation).unwrap();
        estate::release(&mut world, &kim(), &self.allocation).unwrap();
        drop(world);
        let events = self.simulator.take_events().into_iter();
        let mut releases = events.filter(|it| it["detail"]["eventName"] == "ReleaseAddress");
        releases.next_back().expect("the release has an event")
    }
}

impl Account {
    /// Puts a row into the ledger as somebody does by hand.
    pub(crate) async fn put_row(&self, table: &str, row: &Value) {
        let body = json!({ "TableName": table, "Item": row }).to_string();
        let request = Request::post(&self.simulator.url)
            .header("x-amz-target", "DynamoDB_20120810.PutItem")
            .header("content-type", "application/x-amz-json-1.0")
            .body(Full::<Bytes>::from(body))
            .unwrap();
        let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
        let answer = client.request(request).await.unwrap();
        assert_eq!(answer.status(), 200);
    }
}

/// What CloudFormation has of the stack, and Lambda of its functions.
fn deployed() -> Value {
    let arn =
        |binary: &str| format!("arn:aws:lambda:us-east-1:{ACCOUNT}:function:{STACK}-{binary}");
    let of_functions = FUNCTIONS.iter();
    let of_functions =
        of_functions.map(|(key, binary)| json!({ "key": key, "value": arn(binary) }));
    let table = json!({ "key": "LedgerTable", "value": TABLE });
    let outputs: Vec<Value> = of_functions.chain([table]).collect();
    let functions = FUNCTIONS.iter().map(|(_, binary)| {
        json!({
            "function_name": format!("{STACK}-{binary}"),
            "code": binary,
            "role": format!("arn:aws:iam::{ACCOUNT}:role/{STACK}-{binary}"),
            "log_format": "JSON",
            "environment": { "HOLDFAST_TABLE": TABLE, "HOLDFAST_MODE": "enforce" },
        })
    });
    json!({
        "stacks": [{ "stack_name": STACK, "status": "UPDATE_COMPLETE", "outputs": outputs }],
        "functions": functions.collect::<Vec<_>>(),
    })
}

pub(crate) fn schedule() -> Value {
    json!({
        "version": "0", "id": "1", "detail-type": "Scheduled Event", "source": "aws.events",
        "account": ACCOUNT, "time": "2026-01-01T00:00:00Z", "region": "us-east-1",
        "resources": [], "detail": {},
    })
}

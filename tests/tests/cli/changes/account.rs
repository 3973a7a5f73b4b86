//! A simulated account with a stack of Holdfast, and somebody who runs `holdfast` in it.

use ec2_sim::World;
use ec2_sim::api::Caller;
use ec2_sim::http::{Fault, Simulator};
use ec2_sim::services::Declared;
use ec2_sim::world::{ACCOUNT, REGION};
use holdfast_tests::runtime::{CompiledFunctions, Environment, Function, find_binary};
use serde::Deserialize;
use serde_json::{Value, json};
use std::process::Stdio;
use std::sync::Arc;
use tokio::process::Command;

const TABLE: &str = "ledger";
const OPERATOR: &str = "OPERATOR";

/// Each function's name in the template, its binary, and its output of the stack.
const FUNCTIONS: [(&str, &str, &str); 5] = [
    ("ReleaseGuard", "release-guard", "ReleaseGuardFunction"),
    ("InstanceStart", "instance-start", "InstanceStartFunction"),
    ("AlarmFailover", "alarm-failover", "AlarmFailoverFunction"),
    ("Reconcile", "reconcile", "ReconcileFunction"),
    ("Notify", "notify", "NotifyFunction"),
];

/// A denied and a throttled call, each with the exit code of a command whose look meets it.
pub(crate) fn refusals() -> [(Fault, i32); 2] {
    [
        (Fault::Refused("UnauthorizedOperation".to_owned()), 3),
        (Fault::Throttled, 4),
    ]
}

/// The account, with its stack.
pub(crate) struct Account {
    pub(crate) simulator: Simulator,
}

/// What a run of the tool came to.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// Standard output, as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }

    /// The page, with what differs from run to run taken out: how long each part took.
    pub(crate) fn page(&self) -> String {
        let words = self.out.split(' ').map(|word| {
            let is_number = !word.is_empty() && word.bytes().all(|each| each.is_ascii_digit());
            if is_number { "N" } else { word }
        });
        words.collect::<Vec<_>>().join(" ")
    }
}

impl Account {
    /// An account like this world, whose functions act.
    pub(crate) async fn of(world: World) -> Self {
        Self::in_mode(world, "enforce").await
    }

    pub(crate) async fn in_mode(world: World, mode: &str) -> Self {
        let simulator = Simulator::serve(world, 0).await.unwrap();
        simulator.create_table(TABLE).await.unwrap();
        simulator.introduce(OPERATOR, Caller::user(ACCOUNT, "anna"));
        let functions = FUNCTIONS.map(|(logical, code, _)| {
            json!({
                "function_name": format!("holdfast-{logical}"),
                "code": code,
                "role": format!("arn:aws:iam::{ACCOUNT}:role/holdfast-{logical}Role"),
                "timeout": 30,
                "log_format": "JSON",
                "environment": { "HOLDFAST_TABLE": TABLE, "HOLDFAST_MODE": mode, "HOLDFAST_RETRY_SECONDS": "1" },
            })
        });
        let outputs = FUNCTIONS.map(|(logical, _, output)| {
            json!({ "key": output, "value": arn(&format!("holdfast-{logical}")) })
        });
        let mut outputs = outputs.to_vec();
        outputs.push(json!({ "key": "LedgerTable", "value": TABLE }));
        let declared = json!({
            "functions": functions,
            "stacks": [{ "stack_name": "holdfast", "outputs": outputs }],
        });
        simulator.declare(Declared::deserialize(&declared).unwrap());
        let functions = CompiledFunctions::new(&simulator.url);
        simulator.run_functions_by(Arc::new(functions));
        Self { simulator }
    }

    /// Runs `holdfast` as an operator, with nothing on standard input.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Ran {
        self.run_at(&self.simulator.url, arguments).await
    }

    /// The same, with AWS at another URL.
    pub(crate) async fn run_at(&self, url: &str, arguments: &[&str]) -> Ran {
        let binary = find_binary("holdfast").unwrap_or_else(|missing| panic!("{missing}"));
        let done = Command::new(binary)
            .args(arguments)
            .env_clear()
            .env("AWS_ACCESS_KEY_ID", OPERATOR)
            .env("AWS_SECRET_ACCESS_KEY", "not-a-secret")
            .env("AWS_REGION", REGION)
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_ENDPOINT_URL", url)
            .env("HOME", "/nonexistent")
            .stdin(Stdio::null())
            .output()
            .await
            .unwrap();
        Ran {
            code: done.status.code().unwrap_or(-1),
            out: String::from_utf8(done.stdout).unwrap(),
            err: String::from_utf8(done.stderr).unwrap(),
        }
    }

    /// How often a function was called so far.
    pub(crate) fn invocations(&self) -> usize {
        let names = self.simulator.call_names();
        names
            .iter()
            .filter(|name| *name == "lambda:Invoke" || *name == "lambda:InvokeFunction")
            .count()
    }

    /// What a function in `observe` mode says to an event.
    pub(crate) async fn answer_of(&self, function: &str, event: &Value) -> Value {
        let environment = Environment::new(function, &self.simulator.url)
            .set("HOLDFAST_TABLE", TABLE)
            .set("HOLDFAST_MODE", "observe");
        let started = Function::start_named(function, &environment).await;
        let started = started.unwrap_or_else(|error| panic!("{error}"));
        started.invoke(event).await.result.unwrap()
    }

    /// Reconcile looks at the account, so that the ledger knows its addresses.
    pub(crate) async fn noted(self) -> Self {
        let sweep = json!({
            "version": "0", "id": "1", "detail-type": "Scheduled Event", "source": "aws.events", "account": ACCOUNT,
            "time": "2026-01-01T00:00:00Z", "region": REGION, "resources": [], "detail": {},
        });
        let report = self.answer_of("reconcile", &sweep).await;
        assert_eq!(report["outcome"], "refreshed", "{report}");
        self
    }
}

fn arn(function: &str) -> String {
    format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function}")
}

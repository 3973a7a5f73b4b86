//! A simulated account with the template deployed in it: a group of three, of which the first has a floating interface
//! with a protected address. The functions are the compiled ones; what they write is found in their log groups.

use crate::tool::Tool;
use axum::body::Bytes;
use ec2_sim::api::Request as Call;
use ec2_sim::api::{Caller, DeleteTags, TagToDelete};
use ec2_sim::http::Simulator;
use ec2_sim::world::ACCOUNT;
use holdfast::clock::{Clock, WallClock};
use holdfast_tests::scenarios::estate;
use holdfast_tests::scenarios::failover::floating_interface;
use holdfast_tests::stack::Deployment;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};

pub(crate) struct Account {
    pub(crate) simulator: Simulator,
    pub(crate) deployment: Deployment,
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
        Self::set_up(|deployment| deployment)
            .await
            .and_swept()
            .await
    }

    /// The same, later.
    pub(crate) async fn and_swept(self) -> Self {
        let report = self.invoke("Reconcile", &schedule()).await;
        assert_eq!(report["outcome"], "refreshed", "{report}");
        self
    }

    /// No function has run yet.
    pub(crate) async fn set_up(change: impl FnOnce(Deployment) -> Deployment) -> Self {
        let trio = floating_interface();
        let addresses = holdfast_tests::explorer::promises::addresses(&trio.world);
        let ip = addresses[&trio.allocation].public_ip.clone();
        let simulator = Simulator::serve(trio.world, 0).await.unwrap();
        let deployment = change(Deployment::named("holdfast").enforcing());
        deployment.deploy(&simulator).await.unwrap();
        simulator.introduce("AKIAOPERATOR", Caller::user(ACCOUNT, "op"));
        drop(simulator.take_events());
        Self {
            simulator,
            deployment,
            members: trio.members,
            eni: trio.eni,
            allocation: trio.allocation,
            ip,
        }
    }

    pub(crate) fn tool(&self) -> Tool {
        Tool::at(&self.simulator.url)
    }

    /// Invokes a function by its name in the template, as Lambda does; gives its report.
    pub(crate) async fn invoke(&self, function: &str, event: &Value) -> Value {
        let payload = event.to_string().into_bytes();
        let report = self.deployment.invoke(&self.simulator, function, payload);
        report.await.unwrap_or_else(|error| panic!("{error}"))
    }

    /// Kim releases the address after its association was ended; gives CloudTrail's event.
    pub(crate) fn released(&self) -> Value {
        self.released_by_kim(&self.allocation)
    }

    /// The same with another one.
    pub(crate) fn released_by_kim(&self, allocation: &str) -> Value {
        let mut world = self.simulator.world();
        estate::take_out_of_use(&mut world, &kim(), allocation).unwrap();
        estate::release(&mut world, &kim(), allocation).unwrap();
        drop(world);
        let events = self.simulator.take_events().into_iter();
        let mut releases = events.filter(|it| it["detail"]["eventName"] == "ReleaseAddress");
        releases.next_back().expect("the release has an event")
    }

    /// Kim releases the address, and the guard takes it back; each in a second of its own, since CloudTrail's times have no
    /// parts of a second: else the order of what is told would differ from run to run.
    pub(crate) async fn taken_back_by_the_guard(&self) {
        const A_SECOND: std::time::Duration = std::time::Duration::from_millis(1_100);
        WallClock.sleep(A_SECOND).await;
        let event = self.released();
        WallClock.sleep(A_SECOND).await;
        self.invoke("ReleaseGuard", &event).await;
    }

    /// Kim takes the protect tag away.
    pub(crate) fn untag_protection(&self) {
        let request = DeleteTags {
            resources: vec![self.allocation.clone()],
            tags: vec![TagToDelete {
                key: "holdfast:protect".to_owned(),
                value: None,
            }],
        };
        let mut world = self.simulator.world();
        world
            .call(&kim(), &Call::DeleteTags(request), false)
            .unwrap();
    }

    /// Puts a row into the ledger as somebody does by hand.
    pub(crate) async fn put_row(&self, row: &Value) {
        let table = self.deployment.physical_id("Ledger");
        let request = Request::post(&self.simulator.url)
            .header("x-amz-target", "DynamoDB_20120810.PutItem")
            .header("content-type", "application/x-amz-json-1.0");
        let answer = post(request, &json!({ "TableName": table, "Item": row })).await;
        assert!(answer.get("__type").is_none(), "{answer}");
    }
}

impl Account {
    /// An event that a function could not finish waits in its queue.
    pub(crate) async fn fail_an_event(&self) {
        let queue = self.deployment.physical_id("FailedEvents");
        let request = Request::post(&self.simulator.url)
            .header("x-amz-target", "AmazonSQS.SendMessage")
            .header("content-type", "application/x-amz-json-1.0");
        let message = json!({ "QueueUrl": queue, "MessageBody": "{}" });
        let answer = post(request, &message).await;
        assert!(answer["MessageId"].is_string(), "{answer}");
    }
}

async fn post(request: http::request::Builder, body: &Value) -> Value {
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let body = Full::<Bytes>::from(body.to_string());
    let answer = client.request(request.body(body).unwrap()).await.unwrap();
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

pub(crate) fn schedule() -> Value {
    json!({
        "version": "0", "id": "1", "detail-type": "Scheduled Event", "source": "aws.events",
        "account": ACCOUNT, "time": "2026-01-01T00:00:00Z", "region": "us-east-1",
        "resources": [], "detail": {},
    })
}

//! The simulator over HTTP: one URL that is all of an account's services to AWS clients. Compiled functions and people can
//! use it. Beside the services, `/_sim/` controls the simulation.
//!
//! Served are EC2, Auto Scaling, DynamoDB, CloudTrail, CloudWatch with its logs, STS, Lambda, CloudFormation, EventBridge,
//! SQS, Service Quotas and the Resource Groups Tagging API.
//!
//! The world runs on real time, and on what tests add to it. Requests race as they do against AWS; the
//! world's lock is the arbiter, one call at a time.

mod addresses;
mod alarms;
mod answers;
mod auto_scaling;
mod callers;
mod calls;
mod cbor;
mod clock;
mod cloudformation;
mod cloudtrail;
mod cloudwatch;
mod cloudwatch_logs;
mod control;
mod dynamodb;
mod ec2;
mod eventbridge;
mod faults;
mod front;
mod invocations;
mod json;
mod knobs;
mod lambda;
mod lambda_paths;
mod query;
mod quotas;
mod record;
mod refusals;
mod requests;
mod server;
mod services;
mod signing;
mod sqs;
mod sts;
mod tagging;
mod trails;

pub use crate::world::{ACCOUNT, REGION};
pub use addresses::AddressState;
pub use calls::{Call, Outcome, Service};
pub use faults::Fault;
pub use invocations::{Functions, Invocation, Ran, Running};

use crate::World;
use crate::api::Caller;
use crate::services::Declared;
use axum::http::HeaderMap;
use front::Front;
use record::{Answered, Record};
use serde_json::Value;
use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// Keeps a call to the stand-in of another service with those to the simulator, where `EC2_SIM_RECORD` names a folder.
pub fn keep_call(path: &str, headers: &HeaderMap, asked: &[u8], status: u16, answer: &[u8]) {
    let record = Record::from_environment();
    let asked = record.posted(path, headers, asked);
    let answered = Answered {
        status,
        content_type: "text/xml",
        body: answer,
        is_ordered: false,
        refused: None,
    };
    record.keep(asked.as_ref(), &answered);
}

/// A running simulator. Dropping it stops the server and breaks its connections.
#[derive(Debug)]
pub struct Simulator {
    /// What `AWS_ENDPOINT_URL` is to be set to.
    pub url: String,
    /// The model behind all calls. Take [`Simulator::world`] instead to have it at the present time.
    pub shared_world: Arc<Mutex<World>>,
    front: Arc<Front>,
    server: JoinHandle<()>,
}

impl Simulator {
    /// A simulator of an untouched account, on a free port.
    ///
    /// # Errors
    /// No port could be had.
    pub async fn start() -> io::Result<Self> {
        Self::start_on(0).await
    }

    /// As [`Simulator::start`], on a given port; 0 for any.
    ///
    /// # Errors
    /// The port cannot be had.
    pub async fn start_on(port: u16) -> io::Result<Self> {
        Self::serve(World::new(), port).await
    }

    /// Serves a world that somebody else made.
    ///
    /// # Errors
    /// The port cannot be had.
    pub async fn serve(world: World, port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let shared_world = Arc::new(Mutex::new(world));
        let front = Arc::new(Front::new(Arc::clone(&shared_world)));
        let server = tokio::spawn(server::run(listener, Arc::clone(&front)));
        Ok(Self {
            url,
            shared_world,
            front,
            server,
        })
    }

    /// The world at the present time, for as long as the guard is held: calls over HTTP wait.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.front.world()
    }

    /// Makes a table with the string keys `pk` and `sk`, unless there is one of that name.
    ///
    /// # Errors
    /// DynamoDB's own refusal.
    pub async fn create_table(&self, name: &str) -> io::Result<()> {
        self.front.dynamodb.create_table(name).await
    }

    /// Says whose calls are signed with this access key. All other keys are Holdfast's role.
    pub fn introduce(&self, access_key: &str, caller: Caller) {
        self.front.state().callers.introduce(access_key, caller);
    }

    /// Puts in place what the account is to have beside EC2.
    pub fn declare(&self, declared: Declared) {
        self.front.declare(declared);
    }

    /// Says who runs the functions of the account. Until then, nothing can be invoked.
    pub fn run_functions_by(&self, functions: Arc<dyn Functions>) {
        self.front.state().functions = Some(functions);
    }

    /// Every call over HTTP so far, oldest first.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.front.state().calls.clone()
    }

    /// The calls so far as IAM writes them (`ec2:AllocateAddress`), oldest first.
    #[must_use]
    pub fn call_names(&self) -> Vec<String> {
        self.front.state().calls.iter().map(Call::name).collect()
    }

    /// Empties the record of calls; the numbers go on.
    pub fn forget_calls(&self) {
        self.front.state().calls.clear();
    }

    /// Orders a fault for the next `times` calls of `action` (`ec2:AllocateAddress`).
    pub fn inject(&self, action: &str, fault: Fault, times: u32) {
        self.front.state().faults.order(action, fault, times);
    }

    /// From now on each call is refused whose signature is off by more than five minutes, by a clock that is ahead of
    /// real time by so much. None: nobody checks.
    pub fn check_signing_times(&self, ahead: Option<time::Duration>) {
        self.front.check_signing_times(ahead);
    }

    /// Takes back all faults that have not struck yet.
    pub fn heal(&self) {
        self.front.state().faults.clear();
    }

    /// Lets simulated time pass at once.
    pub fn advance(&self, by: Duration) {
        self.front.advance(by);
    }

    /// The events that EventBridge would have delivered by now, and has not yet.
    #[must_use]
    pub fn take_events(&self) -> Vec<Value> {
        self.world().take_events()
    }

    /// The addresses that the account holds, as they truly are, by IP.
    #[must_use]
    pub fn addresses(&self) -> Vec<AddressState> {
        addresses::of(&self.world())
    }

    /// Turns the throttling of EC2 and of `LookupEvents` on or off.
    pub fn throttle(&self, on: bool) {
        self.front.throttle(on);
    }

    /// Cuts DynamoDB's queries and scans into pages of so many items, as 1 MB of rows would.
    pub fn page_after(&self, items: Option<u32>) {
        self.front.state().page = items;
    }

    /// Serves until the process ends.
    pub async fn wait(mut self) {
        // The server only ends with its task.
        let _ = (&mut self.server).await;
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.server.abort();
    }
}

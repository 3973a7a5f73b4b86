//! The simulator with the template deployed in it, as it runs in the demo. The functions are the compiled ones, and are
//! called by Lambda's own API.

use super::account::EXEMPT_ROLE;
use ec2_sim::World;
use ec2_sim::http::Simulator;
use ec2_sim::world::ACCOUNT;
use holdfast_tests::stack::{Deployment, NoReport};
use holdfast_tests::terminal;
use holdfast_tests::terminal::Problem;
use serde_json::{Value, json};

/// Everything that runs.
pub(super) struct DemoEnv {
    pub(super) simulator: Simulator,
    deployment: Deployment,
}

impl DemoEnv {
    /// Starts the simulator for a region, and deploys the template there.
    pub(super) async fn start(region: &str) -> Result<Self, Problem> {
        let simulator = Simulator::serve(World::of(ACCOUNT, region), 0).await?;
        let deployment = Deployment::named("holdfast")
            .in_region(region)
            .enforcing()
            .with("CooldownSeconds", "0")
            .with("ExemptPrincipals", EXEMPT_ROLE);
        deployment.deploy(&simulator).await?;
        drop(simulator.take_events());
        terminal::line(&format!(
            "   a simulated {region} at {}, with template.yaml deployed as the stack holdfast:\n   the compiled functions, \
             debug builds, mode enforce; each event is handed to them by Lambda's own API",
            simulator.url,
        ))?;
        Ok(Self {
            simulator,
            deployment,
        })
    }

    /// Hands a payload to a function, by its name in the template.
    pub(super) async fn invoke(&self, function: &str, payload: Vec<u8>) -> Result<Value, NoReport> {
        let invoked = self.deployment.invoke(&self.simulator, function, payload);
        invoked.await
    }

    async fn answer(&self, function: &str, event: &Value) -> Result<Value, Problem> {
        self.invoke(function, event.to_string().into_bytes()).await
    }

    /// Fires the schedule of reconcile.
    pub(super) async fn reconcile_on_schedule(&self) -> Result<Value, Problem> {
        let at = ec2_sim::trail::timestamp(self.simulator.world().now());
        let event = json!({
            "version": "0", "id": "demo-schedule", "detail-type": "Scheduled Event",
            "source": "aws.events", "account": ACCOUNT, "time": at,
            "region": self.simulator.world().region(), "resources": [], "detail": {},
        });
        self.answer("Reconcile", &event).await
    }

    /// Delivers an event as the rules of the template do: releases to the guard, other changes of
    /// addresses to reconcile.
    pub(super) async fn deliver(&self, event: &Value) -> Result<Value, Problem> {
        match event["detail"]["eventName"].as_str() {
            Some("ReleaseAddress") => self.answer("ReleaseGuard", event).await,
            _ => self.answer("Reconcile", event).await,
        }
    }

    /// Delivers the event of an alarm.
    pub(super) async fn alarm(&self, event: &Value) -> Result<Value, Problem> {
        self.answer("AlarmFailover", event).await
    }

    /// Delivers two events of instances at the same moment: Lambda starts a second process for the one that arrives while
    /// the first is busy.
    pub(super) async fn deliver_both(&self, events: &[Value; 2]) -> Result<[Value; 2], Problem> {
        let (one, other) = tokio::join!(
            self.answer("InstanceStart", &events[0]),
            self.answer("InstanceStart", &events[1])
        );
        Ok([one?, other?])
    }
}

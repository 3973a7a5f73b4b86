//! The simulator and the compiled functions, as they run in the demo.

use super::account::EXEMPT_ROLE;
use ec2_sim::World;
use ec2_sim::http::Simulator;
use ec2_sim::world::ACCOUNT;
use holdfast_tests::runtime::{Environment, Function, Invocation};
use holdfast_tests::terminal;
use holdfast_tests::terminal::Problem;
use serde_json::{Value, json};

const TABLE: &str = "holdfast-demo";

/// Everything that runs.
pub(super) struct DemoEnv {
    pub(super) simulator: Simulator,
    pub(super) guard: Function,
    pub(super) reconcile: Function,
    /// Two of them: Lambda starts a second process for an event that arrives while the first is busy.
    pub(super) instance_start: [Function; 2],
    pub(super) alarm_failover: Function,
}

impl DemoEnv {
    /// Starts the simulator for a region, and the functions against it.
    pub(super) async fn start(region: &str) -> Result<Self, Problem> {
        let simulator = Simulator::serve(World::of(ACCOUNT, region), 0).await?;
        simulator.create_table(TABLE).await?;
        let guard = start("release-guard", &simulator, region).await?;
        let reconcile = start("reconcile", &simulator, region).await?;
        let instance_start = [
            start("instance-start", &simulator, region).await?,
            start("instance-start", &simulator, region).await?,
        ];
        let alarm_failover = start("alarm-failover", &simulator, region).await?;
        terminal::line(&format!(
            "   a simulated {region} at {}, and the functions as they are deployed:\n   release-guard \
             (ready in {} ms), reconcile ({} ms), instance-start ({} ms), alarm-failover ({} ms): debug \
             builds, mode enforce",
            simulator.url,
            guard.init_duration().as_millis(),
            reconcile.init_duration().as_millis(),
            instance_start[0].init_duration().as_millis(),
            alarm_failover.init_duration().as_millis()
        ))?;
        Ok(Self {
            simulator,
            guard,
            reconcile,
            instance_start,
            alarm_failover,
        })
    }

    /// Fires the schedule of reconcile.
    pub(super) async fn reconcile_on_schedule(&self) -> Result<Value, Problem> {
        let at = ec2_sim::trail::timestamp(self.simulator.world().now());
        let event = json!({
            "version": "0", "id": "demo-schedule", "detail-type": "Scheduled Event",
            "source": "aws.events", "account": ACCOUNT, "time": at,
            "region": self.simulator.world().region(), "resources": [], "detail": {},
        });
        answer(self.reconcile.invoke(&event).await)
    }

    /// Delivers an event as the rules of the template do: releases to the guard, other changes of
    /// addresses to reconcile.
    pub(super) async fn deliver(&self, event: &Value) -> Result<Value, Problem> {
        answer(match event["detail"]["eventName"].as_str() {
            Some("ReleaseAddress") => self.guard.invoke(event).await,
            _ => self.reconcile.invoke(event).await,
        })
    }

    /// Delivers the event of an alarm.
    pub(super) async fn alarm(&self, event: &Value) -> Result<Value, Problem> {
        answer(self.alarm_failover.invoke(event).await)
    }

    /// Delivers two events of instances at the same moment.
    pub(super) async fn deliver_both(&self, events: &[Value; 2]) -> Result<[Value; 2], Problem> {
        let [first, second] = &self.instance_start;
        let (one, other) = tokio::join!(first.invoke(&events[0]), second.invoke(&events[1]));
        Ok([answer(one)?, answer(other)?])
    }
}

async fn start(name: &str, simulator: &Simulator, region: &str) -> Result<Function, Problem> {
    let environment = Environment::new(name, &simulator.url)
        .timeout(std::time::Duration::from_mins(1))
        .set("AWS_REGION", region)
        .set("HOLDFAST_TABLE", TABLE)
        .set("HOLDFAST_MODE", "enforce")
        .set("HOLDFAST_COOLDOWN_SECONDS", "0")
        .set("HOLDFAST_EXEMPT_PRINCIPALS", EXEMPT_ROLE);
    Ok(Function::start_named(name, &environment).await?)
}

fn answer(invocation: Invocation) -> Result<Value, Problem> {
    Ok(invocation.result?)
}

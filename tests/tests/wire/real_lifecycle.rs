//! The compiled alarm-failover completes an action of Auto Scaling's hook, over HTTP and with the real client: where a person
//! has named the hook, after what the instance had has moved, and never another team's.

use ec2_sim::http::Simulator;
use ec2_sim::lifecycle_hooks::{ActionEnd, Destination, LifecycleAction};
use holdfast_tests::runtime::{Environment, Function};
use holdfast_tests::scenarios::failover::floating_address;
use serde_json::{Value, json};
use time::Duration;

const TABLE: &str = "ledger";
const DESCRIBE: &str = "autoscaling:DescribeAutoScalingInstances";
const COMPLETE: &str = "autoscaling:CompleteLifecycleAction";

/// A group whose first member, which has the address, is about to end: Auto Scaling waits for the hooks `drain` and
/// `backup`.
struct Account {
    simulator: Simulator,
    members: Vec<String>,
    /// One for each hook, in this order.
    events: Vec<Value>,
}

async fn account() -> Account {
    let trio = floating_address();
    let simulator = Simulator::serve(trio.world, 0).await.unwrap();
    simulator.create_table(TABLE).await.unwrap();
    Account {
        events: leaving(&simulator, &trio.members),
        simulator,
        members: trio.members,
    }
}

/// The hooks wait by the simulator's clock, which is the wall clock once it is served.
fn leaving(simulator: &Simulator, members: &[String]) -> Vec<Value> {
    let mut world = simulator.world();
    for member in members {
        world.put_into_auto_scaling(member, "web", "InService");
    }
    for hook in ["drain", "backup"] {
        world.put_lifecycle_hook("web", hook, Duration::hours(1));
    }
    world.take_events();
    world.scale_in(&members[0], Destination::Ec2);
    let mut events = world.take_events();
    events.retain(|event| event["source"] == "aws.autoscaling");
    events
}

impl Account {
    /// Delivers the event of each hook; a person has named these hooks. The reports.
    async fn run(&self, named: &str) -> Vec<Value> {
        let environment = Environment::new("alarm-failover", &self.simulator.url)
            .set("HOLDFAST_TABLE", TABLE)
            .set("HOLDFAST_MODE", "enforce")
            .set("HOLDFAST_COMPLETE_LIFECYCLE_HOOKS", named);
        let function = Function::start_named("alarm-failover", &environment)
            .await
            .unwrap();
        let mut reports = Vec::new();
        for event in &self.events {
            reports.push(function.invoke(event).await.result.unwrap());
        }
        reports
    }

    fn is_moved_in(&self, report: &Value) -> bool {
        report["outcome"] == "switched-over"
            && report["failover"]["moves"][0]["to"] == json!(self.members[1])
    }

    /// Each hook with whether somebody has completed its action.
    fn completed(&self) -> Vec<(String, bool)> {
        let end = |action: &LifecycleAction| {
            let is_completed = matches!(action.end, ActionEnd::Completed(_));
            (action.hook.clone(), is_completed)
        };
        let world = self.simulator.world();
        world.lifecycle_actions().iter().map(end).collect()
    }

    fn calls_of(&self, name: &str) -> usize {
        let names = self.simulator.call_names();
        names.iter().filter(|it| *it == name).count()
    }
}

fn ends(drain: bool, backup: bool) -> Vec<(String, bool)> {
    vec![("drain".to_owned(), drain), ("backup".to_owned(), backup)]
}

#[tokio::test]
async fn the_hook_that_a_person_named_is_completed_and_another_teams_is_not() {
    let account = account().await;
    let reports = account.run("drain").await;
    assert!(account.is_moved_in(&reports[0]), "{}", reports[0]);
    assert_eq!(reports[1]["outcome"], "already-moved", "{}", reports[1]);
    assert_eq!(account.completed(), ends(true, false));
    assert_eq!(account.calls_of(COMPLETE), 1);
}

#[tokio::test]
async fn a_hook_that_nobody_named_is_not_completed_and_the_address_has_moved() {
    for named in ["", "other", "db:drain"] {
        let account = account().await;
        let reports = account.run(named).await;
        assert!(account.is_moved_in(&reports[0]), "{named}: {}", reports[0]);
        assert_eq!(account.completed(), ends(false, false), "{named}");
        assert_eq!(account.calls_of(COMPLETE), 0, "{named}");
        assert!(account.calls_of(DESCRIBE) > 0, "{named}");
    }
}

#[tokio::test]
async fn an_action_that_auto_scaling_does_not_let_us_complete_is_a_finding_and_the_address_has_moved()
 {
    let account = account().await;
    account.simulator.world().deny("*", COMPLETE);
    let reports = account.run("drain").await;
    assert!(account.is_moved_in(&reports[0]), "{}", reports[0]);
    let told = reports[0]["findings"].to_string();
    assert!(told.contains("is not completed"), "{told}");
    assert_eq!(account.completed(), ends(false, false));
}

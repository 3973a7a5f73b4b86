//! One event for each function, and the world in which it comes. Nothing has gone wrong yet.

use ec2_sim::World;
use ec2_sim::alarms::AlarmState;
use ec2_sim::api::{AllocateAddress, Caller, Tag};
use ec2_sim::http::Simulator;
use ec2_sim::world::ACCOUNT;
use holdfast_tests::explorer::promises::addresses;
use holdfast_tests::runtime::{Environment, Function, Invocation};
use holdfast_tests::scenarios::estate;
use holdfast_tests::scenarios::failover::{alarm_of, floating_address};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

const TABLE: &str = "ledger";

/// What happens.
#[derive(Debug, Clone, Copy)]
pub(super) enum What {
    /// An address is released that the ledger knows.
    Release,
    /// An address is released that only CloudTrail knows.
    UnknownRelease,
    /// An instance of a group starts.
    Start,
    /// The holder of a group's address fails.
    Failure,
    /// Reconcile sweeps.
    Sweep,
}

pub(super) const ALL: [What; 5] = [
    What::Release,
    What::UnknownRelease,
    What::Start,
    What::Failure,
    What::Sweep,
];

impl What {
    pub(super) fn function(self) -> &'static str {
        match self {
            Self::Release | Self::UnknownRelease => "release-guard",
            Self::Start => "instance-start",
            Self::Failure => "alarm-failover",
            Self::Sweep => "reconcile",
        }
    }

    /// How it ends where nothing goes wrong.
    pub(super) fn outcome(self) -> &'static str {
        match self {
            Self::Release | Self::UnknownRelease => "reclaimed",
            Self::Start => "associated",
            Self::Failure => "failed-over",
            Self::Sweep => "refreshed",
        }
    }
}

/// The world, the function that runs in it, and the event that is to come.
pub(super) struct Thawed {
    pub(super) simulator: Simulator,
    pub(super) function: Function,
    pub(super) event: Value,
    what: What,
}

impl Thawed {
    pub(super) async fn of(what: What) -> Self {
        let simulator = Simulator::serve(world(what), 0).await.unwrap();
        let url = simulator.url.clone();
        Self::behind(what, simulator, &url).await
    }

    /// The function finds AWS at another address than the simulator's own.
    pub(super) async fn behind(what: What, simulator: Simulator, url: &str) -> Self {
        simulator.create_table(TABLE).await.unwrap();
        let event = happens(what, &simulator).await;
        let function = start(what.function(), url).await;
        simulator.forget_calls();
        Self {
            simulator,
            function,
            event,
            what,
        }
    }

    pub(super) async fn invoke(&self) -> Invocation {
        self.function.invoke(&self.event).await
    }

    /// The event ends as it does where nothing goes wrong; how long that took.
    pub(super) async fn ends_as_ever(&self, told: &str) -> Duration {
        let invocation = self.invoke().await;
        let report = invocation
            .result
            .unwrap_or_else(|error| panic!("{told}: {error}"));
        assert_eq!(report["outcome"], self.what.outcome(), "{told}: {report}");
        println!("{told}: {} in {:.2?}", report["outcome"], invocation.took);
        invocation.took
    }

    /// Hands the event to a new process.
    pub(super) async fn invoke_afresh(&self) -> Value {
        let fresh = start(self.what.function(), &self.simulator.url).await;
        fresh.invoke(&self.event).await.result.unwrap()
    }

    /// The calls that it makes where nothing goes wrong, each once.
    pub(super) async fn calls(what: What) -> BTreeSet<String> {
        let thawed = Self::of(what).await;
        let report = thawed.invoke().await.result.unwrap();
        assert_eq!(report["outcome"], what.outcome(), "{report}");
        thawed.simulator.call_names().into_iter().collect()
    }

    /// How many addresses there are.
    pub(super) fn held(&self) -> usize {
        addresses(&self.simulator.world()).len()
    }
}

/// The world before it happens.
pub(super) fn world(what: What) -> World {
    match what {
        What::Failure => floating_address().world,
        _ => World::new(),
    }
}

async fn start(function: &str, url: &str) -> Function {
    let environment = Environment::new(function, url)
        .set("HOLDFAST_TABLE", TABLE)
        .set("HOLDFAST_MODE", "enforce")
        .set("HOLDFAST_RETRY_SECONDS", "2")
        .set("HOLDFAST_POOL_WAIT_SECONDS", "2");
    Function::start_named(function, &environment)
        .await
        .unwrap_or_else(|error| panic!("{error}"))
}

fn schedule() -> Value {
    json!({
        "version": "0", "id": "1", "detail-type": "Scheduled Event", "source": "aws.events",
        "account": ACCOUNT, "time": "2026-01-01T00:00:00Z", "region": "us-east-1",
        "resources": [], "detail": {},
    })
}

fn kim() -> Caller {
    Caller::user(ACCOUNT, "kim")
}

fn allocate(simulator: &Simulator, tag: (&str, &str)) -> String {
    let tags = vec![Tag::new(tag.0, tag.1)];
    let request = AllocateAddress::default();
    let given = estate::allocate(&mut simulator.world(), &kim(), request, tags).unwrap();
    given.allocation_id
}

/// It happens; gives the event that tells of it.
async fn happens(what: What, simulator: &Simulator) -> Value {
    match what {
        What::Release | What::UnknownRelease => {
            let address = allocate(simulator, ("holdfast:protect", "reclaim"));
            if matches!(what, What::Release) {
                let sweep = start("reconcile", &simulator.url).await;
                let _ = sweep.invoke(&schedule()).await.result.unwrap();
            }
            estate::release(&mut simulator.world(), &kim(), &address).unwrap();
        }
        What::Start => {
            simulator.world().settings().instance_starts_after = time::Duration::ZERO;
            allocate(simulator, ("holdfast:group", "web"));
            let group = vec![Tag::new("holdfast:group", "web")];
            estate::launch(&mut simulator.world(), &kim(), group).unwrap();
            simulator.advance(Duration::from_millis(1));
        }
        What::Failure => fail_the_holder(simulator),
        What::Sweep => {
            allocate(simulator, ("holdfast:protect", "reclaim"));
            return schedule();
        }
    }
    simulator.take_events().pop().unwrap()
}

fn fail_the_holder(simulator: &Simulator) {
    let mut world = simulator.world();
    let held = addresses(&world);
    let holder = held
        .values()
        .find_map(|address| address.association.as_ref()?.instance_id.clone())
        .unwrap();
    world.impair(&holder, true, false);
    let _ = world.take_events();
    world.set_alarm(&alarm_of(&holder), AlarmState::Alarm);
}

//! What happens, for the events that are measured: a world, and how the next event in it comes about.

use super::{Built, simulated};
use ec2_sim::World;
use ec2_sim::alarms::AlarmState;
use ec2_sim::api::{AllocateAddress, Caller, Tag};
use ec2_sim::http::Simulator;
use ec2_sim::world::ACCOUNT;
use holdfast_tests::scenarios::estate;
use holdfast_tests::scenarios::failover::{self, FailoverFixture, alarm_of};
use holdfast_tests::scenarios::placement::schedule;
use holdfast_tests::terminal::Problem;
use serde_json::Value;
use std::time::Duration;

/// One kind of event.
pub(super) struct Case {
    pub(super) what: &'static str,
    pub(super) function: &'static str,
    pub(super) outcome: &'static str,
    /// The call for which everything else is done.
    pub(super) decides: &'static str,
    pub(super) simulator: Simulator,
    /// What a peer has to be told: its settings.
    pub(super) known: Vec<(&'static str, String)>,
    next: Next,
    /// What sweeps before each event, where its path hangs on what the last sweep saw.
    sweeper: Option<Built>,
}

type Next = Box<dyn FnMut(&Simulator) -> Result<Value, Problem>>;

impl Case {
    /// Makes what the next event tells of happen.
    pub(super) async fn next(&mut self) -> Result<Value, Problem> {
        if let Some(built) = &self.sweeper {
            swept(built, &self.simulator).await?;
        }
        (self.next)(&self.simulator)
    }
}

fn ana() -> Caller {
    Caller::user(ACCOUNT, "ana")
}

/// A sweep has told the ledger what there is, as it does every five minutes.
async fn swept(built: &Built, simulator: &Simulator) -> Result<(), Problem> {
    let reconcile = built.start("reconcile", simulator).await?;
    let report = reconcile.invoke(&schedule()).await.result?;
    match report["outcome"].as_str() {
        Some("refreshed" | "nothing-to-do") => Ok(()),
        _ => Err(format!("a sweep came to {report}").into()),
    }
}

/// A protected address after the other is released.
pub(super) async fn released(built: &Built, events: usize) -> Result<Case, Problem> {
    let mut world = World::new();
    world.settings().address_quota = events;
    let mut addresses = Vec::new();
    for _ in 0..events {
        let protect = vec![Tag::new("holdfast:protect", "reclaim")];
        let given = estate::allocate(&mut world, &ana(), AllocateAddress::default(), protect)?;
        addresses.push(given.allocation_id);
    }
    let simulator = simulated(world).await?;
    swept(built, &simulator).await?;
    Ok(Case {
        what: "a protected address is released",
        function: "release-guard",
        outcome: "reclaimed",
        decides: "ec2:AllocateAddress",
        simulator,
        known: Vec::new(),
        next: Box::new(move |simulator| {
            let allocation = addresses.pop().ok_or("all addresses were released")?;
            let _ = simulator.take_events();
            estate::release(&mut simulator.world(), &ana(), &allocation)?;
            told(simulator)
        }),
        sweeper: None,
    })
}

/// An instance after the other starts, each with an address of its own.
pub(super) async fn started(events: usize) -> Result<Case, Problem> {
    let mut world = World::new();
    world.settings().address_quota = events;
    world.settings().instance_starts_after = time::Duration::ZERO;
    let tags = |slot: usize| {
        vec![
            Tag::new("holdfast:group", "web"),
            Tag::new("holdfast:slot", slot.to_string()),
        ]
    };
    for slot in 0..events {
        estate::allocate(&mut world, &ana(), AllocateAddress::default(), tags(slot))?;
    }
    let mut slots = 0..;
    Ok(Case {
        what: "an instance starts, with a slot",
        function: "instance-start",
        outcome: "associated",
        decides: "ec2:AssociateAddress",
        simulator: simulated(world).await?,
        known: Vec::new(),
        next: Box::new(move |simulator| {
            let slot = slots.next().ok_or("there are no more slots")?;
            let _ = simulator.take_events();
            estate::launch(&mut simulator.world(), &ana(), tags(slot))?;
            simulator.advance(Duration::from_millis(1));
            told(simulator)
        }),
        sweeper: None,
    })
}

/// The holder of what moves fails, and is well again when the next one fails.
pub(super) async fn failing(
    built: &Built,
    what: &'static str,
    decides: &'static str,
    trio: FailoverFixture,
) -> Result<Case, Problem> {
    let mut holders = [0, 1]
        .map(|member| trio.members[member].clone())
        .into_iter()
        .cycle();
    let mut failed: Option<String> = None;
    let known = vec![
        ("SERVICE_IP", trio.private_ip.clone()),
        ("INSTANCES", trio.members[..2].join(",")),
    ];
    let simulator = simulated(trio.world).await?;
    Ok(Case {
        what,
        function: "alarm-failover",
        outcome: "failed-over",
        decides,
        simulator,
        known,
        next: Box::new(move |simulator| {
            let holder = holders.next().ok_or("somebody has it")?;
            let mut world = simulator.world();
            if let Some(well) = failed.replace(holder.clone()) {
                world.impair(&well, false, false);
                world.set_alarm(&alarm_of(&well), AlarmState::Ok);
            }
            world.impair(&holder, true, false);
            let _ = world.take_events();
            world.set_alarm(&alarm_of(&holder), AlarmState::Alarm);
            drop(world);
            told(simulator)
        }),
        sweeper: Some(built.clone()),
    })
}

/// The same with an interface, which EC2 detaches and attaches in no time.
pub(super) async fn interface_fails(built: &Built) -> Result<Case, Problem> {
    let no_time = time::Duration::ZERO;
    let trio = failover::floating_interface().delays(no_time, no_time);
    failing(
        built,
        "an alarm, `eni` moves",
        "ec2:DetachNetworkInterface",
        trio,
    )
    .await
}

/// The last event, which tells of what was just done.
fn told(simulator: &Simulator) -> Result<Value, Problem> {
    let last = simulator.take_events().pop();
    last.ok_or_else(|| "no event tells of it".into())
}

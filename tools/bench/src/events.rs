//! How long the functions take for an event: until the call that decides arrives at the simulator, and until
//! the report. The first event of a process is told apart: connections and caches are new to it.

use super::figures::Series;
use super::{Built, expect, simulated};
use ec2_sim::World;
use ec2_sim::alarms::AlarmState;
use ec2_sim::api::{AllocateAddress, Caller, Tag};
use ec2_sim::http::Simulator;
use ec2_sim::world::ACCOUNT;
use holdfast_tests::runtime::Function;
use holdfast_tests::scenarios::estate;
use holdfast_tests::scenarios::failover::{self, FailoverFixture, alarm_of};
use holdfast_tests::scenarios::placement::schedule;
use holdfast_tests::terminal::{self, Problem};
use serde_json::Value;
use std::time::Duration;

const PROCESSES: usize = 10;
const EVENTS_EACH: usize = 10;

/// One kind of event.
struct Case {
    what: &'static str,
    function: &'static str,
    outcome: &'static str,
    /// The call for which everything else is done.
    decides: &'static str,
    simulator: Simulator,
    /// Makes what the next event tells of happen.
    next: Next,
}

type Next = Box<dyn FnMut(&Simulator) -> Result<Value, Problem>>;

/// All runs of one kind of event.
#[derive(Default)]
struct Runs {
    first_decided: Series,
    decided: Series,
    reported: Series,
    processor: Series,
    calls: Vec<String>,
}

pub(super) async fn measure(built: &Built) -> Result<(), Problem> {
    terminal::heading("Event: from its arrival to the call that decides, and to the report")?;
    let cases = [
        released(built).await?,
        started().await?,
        failing(
            "an alarm, `eip` moves",
            "ec2:AssociateAddress",
            failover::floating_address(),
        )
        .await?,
        failing(
            "an alarm, `ip` moves",
            "ec2:AssignPrivateIpAddresses",
            failover::floating_private_ip(),
        )
        .await?,
        failing(
            "an alarm, `eni` moves",
            "ec2:DetachNetworkInterface",
            failover::floating_interface().delays(time::Duration::ZERO, time::Duration::ZERO),
        )
        .await?,
    ];
    let mut rows = Vec::new();
    let mut calls = Vec::new();
    for mut case in cases {
        let runs = case.run(built).await?;
        calls.push(format!("{}: {}", case.what, runs.calls.join(", ")));
        rows.push(runs.row(&case));
    }
    terminal::markdown(
        &[
            "event",
            "decided by",
            "first of a process, ms",
            "later ones, ms",
            "report, ms",
            "processor, ms",
            "calls",
        ],
        rows,
    )?;
    terminal::line(&format!(
        "{PROCESSES} processes, {EVENTS_EACH} events each; detaching and attaching take EC2 no time here"
    ))?;
    calls
        .iter()
        .try_for_each(|calls| terminal::line(&format!("  {calls}")))
}

impl Case {
    async fn run(&mut self, built: &Built) -> Result<Runs, Problem> {
        let mut runs = Runs::default();
        for _ in 0..PROCESSES {
            let function = built.start(self.function, &self.simulator).await?;
            for number in 0..EVENTS_EACH {
                self.tell(&function, number == 0, &mut runs).await?;
            }
            function.kill().await;
        }
        Ok(runs)
    }

    async fn tell(
        &mut self,
        function: &Function,
        is_first: bool,
        runs: &mut Runs,
    ) -> Result<(), Problem> {
        let event = (self.next)(&self.simulator)?;
        self.simulator.forget_calls();
        let before = function.usage()?.processor;
        let handed_over = self.simulator.world().now();
        let invocation = function.invoke(&event).await;
        let took = invocation.took;
        let processor = function.usage()?.processor.saturating_sub(before);
        expect(self.outcome, invocation)?;
        let calls = self.simulator.calls();
        let deciding = calls.iter().find(|call| call.name() == self.decides);
        let deciding = deciding.ok_or_else(|| format!("{} was not called", self.decides))?;
        let until_then = Duration::try_from(deciding.at - handed_over)?;
        runs.calls = calls.iter().map(ec2_sim::http::Call::name).collect();
        if is_first {
            runs.first_decided.add(until_then);
        } else {
            runs.decided.add(until_then);
            runs.reported.add(took);
            runs.processor.add(processor);
        }
        Ok(())
    }
}

impl Runs {
    fn row(&self, case: &Case) -> Vec<String> {
        vec![
            case.what.to_owned(),
            format!("`{}`", case.decides.trim_start_matches("ec2:")),
            self.first_decided.told(),
            self.decided.told(),
            self.reported.told(),
            self.processor.told(),
            self.calls.len().to_string(),
        ]
    }
}

fn ana() -> Caller {
    Caller::user(ACCOUNT, "ana")
}

/// A protected address after the other is released.
async fn released(built: &Built) -> Result<Case, Problem> {
    let mut world = World::new();
    world.settings().address_quota = PROCESSES * EVENTS_EACH;
    let mut addresses = Vec::new();
    for _ in 0..PROCESSES * EVENTS_EACH {
        let protect = vec![Tag::new("holdfast:protect", "reclaim")];
        let given = estate::allocate(&mut world, &ana(), AllocateAddress::default(), protect)?;
        addresses.push(given.allocation_id);
    }
    let simulator = simulated(world).await?;
    let reconcile = built.start("reconcile", &simulator).await?;
    expect("refreshed", reconcile.invoke(&schedule()).await)?;
    Ok(Case {
        what: "a protected address is released",
        function: "release-guard",
        outcome: "reclaimed",
        decides: "ec2:AllocateAddress",
        simulator,
        next: Box::new(move |simulator| {
            let allocation = addresses.pop().ok_or("all addresses were released")?;
            let _ = simulator.take_events();
            estate::release(&mut simulator.world(), &ana(), &allocation)?;
            told(simulator)
        }),
    })
}

/// An instance after the other starts, each with an address of its own.
async fn started() -> Result<Case, Problem> {
    let mut world = World::new();
    world.settings().address_quota = PROCESSES * EVENTS_EACH;
    world.settings().instance_starts_after = time::Duration::ZERO;
    let tags = |slot: usize| {
        vec![
            Tag::new("holdfast:group", "web"),
            Tag::new("holdfast:slot", slot.to_string()),
        ]
    };
    for slot in 0..PROCESSES * EVENTS_EACH {
        estate::allocate(&mut world, &ana(), AllocateAddress::default(), tags(slot))?;
    }
    let mut slots = 0..;
    Ok(Case {
        what: "an instance starts, with a slot",
        function: "instance-start",
        outcome: "associated",
        decides: "ec2:AssociateAddress",
        simulator: simulated(world).await?,
        next: Box::new(move |simulator| {
            let slot = slots.next().ok_or("there are no more slots")?;
            let _ = simulator.take_events();
            estate::launch(&mut simulator.world(), &ana(), tags(slot))?;
            simulator.advance(Duration::from_millis(1));
            told(simulator)
        }),
    })
}

/// The holder of what moves fails, and is well again when the next one fails.
async fn failing(
    what: &'static str,
    decides: &'static str,
    trio: FailoverFixture,
) -> Result<Case, Problem> {
    let mut holders = [0, 1]
        .map(|member| trio.members[member].clone())
        .into_iter()
        .cycle();
    let mut failed: Option<String> = None;
    Ok(Case {
        what,
        function: "alarm-failover",
        outcome: "failed-over",
        decides,
        simulator: simulated(trio.world).await?,
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
    })
}

/// The last event, which tells of what was just done.
fn told(simulator: &Simulator) -> Result<Value, Problem> {
    let last = simulator.take_events().pop();
    last.ok_or_else(|| "no event tells of it".into())
}

//! How long the functions take for an event: until the call that decides arrives at the simulator, and until
//! the report. The first event of a process is told apart: connections and caches are new to it.

use super::cases::{self, Case};
use super::figures::Series;
use super::{Built, Rounds, expect};
use holdfast_tests::performance::Event;
use holdfast_tests::runtime::Function;
use holdfast_tests::scenarios::failover;
use holdfast_tests::terminal::Problem;
use std::time::Duration;

/// All runs of one kind of event.
#[derive(Default)]
struct Runs {
    first_decided: Series,
    decided: Series,
    reported: Series,
    processor: Series,
    calls: Vec<String>,
}

pub(super) async fn measure(built: &Built, rounds: Rounds) -> Result<Vec<Event>, Problem> {
    let all = rounds.processes * rounds.events_each;
    let cases = [
        cases::released(built, all).await?,
        cases::started(all).await?,
        cases::failing(
            built,
            "an alarm, `eip` moves",
            "ec2:AssociateAddress",
            failover::floating_address(),
        )
        .await?,
        cases::failing(
            built,
            "an alarm, `ip` moves",
            "ec2:AssignPrivateIpAddresses",
            failover::floating_private_ip(),
        )
        .await?,
        cases::interface_fails(built).await?,
    ];
    let mut events = Vec::new();
    for mut case in cases {
        events.push(event(&mut case, built, rounds).await?);
    }
    Ok(events)
}

async fn event(case: &mut Case, built: &Built, rounds: Rounds) -> Result<Event, Problem> {
    let mut runs = Runs::default();
    for _ in 0..rounds.processes {
        let function = built.start(case.function, &case.simulator).await?;
        for number in 0..rounds.events_each {
            tell(case, &function, number == 0, &mut runs).await?;
        }
        function.kill().await;
    }
    Ok(Event {
        what: case.what.to_owned(),
        decides: case.decides.to_owned(),
        first_decided: runs.first_decided.spread().unwrap_or_default(),
        decided: runs.decided.spread().unwrap_or_default(),
        reported: runs.reported.spread().unwrap_or_default(),
        processor: runs.processor.spread().unwrap_or_default(),
        calls: runs.calls,
    })
}

async fn tell(
    case: &mut Case,
    function: &Function,
    is_first: bool,
    runs: &mut Runs,
) -> Result<(), Problem> {
    let event = case.next().await?;
    case.simulator.forget_calls();
    let before = function.usage()?.processor;
    let handed_over = case.simulator.world().now();
    let invocation = function.invoke(&event).await;
    let took = invocation.took;
    let processor = function.usage()?.processor.saturating_sub(before);
    expect(case.outcome, invocation)?;
    let calls = case.simulator.calls();
    let deciding = calls.iter().find(|call| call.name() == case.decides);
    let deciding = deciding.ok_or_else(|| format!("{} was not called", case.decides))?;
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

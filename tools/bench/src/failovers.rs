//! How long a failover takes by what EC2 takes to detach and to attach. Ours on the simulator's clock, with 40 ms for a
//! call there and back; boto3's, with its waiter, on real time and without a round trip.

use super::cases;
use super::peers::{self, Peers};
use super::{Built, expect};
use ec2_sim::alarms::AlarmState;
use holdfast_tests::performance::Failover;
use holdfast_tests::runtime::Function;
use holdfast_tests::scenarios::failover::{
    FailoverFixture, alarm_of, failover_in, floating_address, floating_interface,
    floating_private_ip,
};
use holdfast_tests::terminal::Problem;
use time::Duration;

const ROUND_TRIP: Duration = Duration::milliseconds(40);

/// How long EC2 takes to detach, and to attach, in milliseconds. Nobody knows what it takes: AWS publishes no figure.
const DELAYS: [(u64, u64); 5] = [
    (500, 500),
    (3_000, 2_000),
    (5_000, 5_000),
    (10_000, 5_000),
    (30_000, 5_000),
];

/// What boto3 is measured with: its waiter asks once in 20 s, so all delays of some seconds cost it 20.
const PEERS: (u64, u64) = (3_000, 2_000);

pub(super) async fn measure(
    built: &Built,
    peers: &Peers,
    is_quick: bool,
) -> Result<Vec<Failover>, Problem> {
    let mut all = Vec::new();
    for (detach, attach) in DELAYS {
        let trio = with_delays(detach, attach).set("HOLDFAST_DETACH_DEADLINE_SECONDS", "60");
        all.push(ours("eni", (detach, attach), &trio)?);
        if (detach, attach) == PEERS && !is_quick {
            all.push(of_boto3(built, peers).await?);
        }
    }
    all.push(ours("ip", (0, 0), &floating_private_ip())?);
    all.push(ours("eip", (0, 0), &floating_address())?);
    Ok(all)
}

fn with_delays(detach: u64, attach: u64) -> FailoverFixture {
    let [detach, attach] = [detach, attach].map(std::time::Duration::from_millis);
    let as_is = |delay| Duration::try_from(delay).unwrap_or(Duration::ZERO);
    floating_interface().delays(as_is(detach), as_is(attach))
}

fn ours(what: &str, delays: (u64, u64), trio: &FailoverFixture) -> Result<Failover, Problem> {
    let bed = trio.bed();
    let _report = trio.swept(&bed);
    bed.world().take_events();
    bed.world()
        .set_alarm(&alarm_of(&trio.members[0]), AlarmState::Alarm);
    let event = bed.world().take_events().pop().ok_or("no alarm fires")?;
    bed.use_round_trip(ROUND_TRIP);
    let run = trio.deliver(bed.client("holdfast"), &event);
    let report = bed.drive(vec![run])?.pop().ok_or("no run ended")??;
    let moved = failover_in(&report)
        .moves
        .first()
        .ok_or("nothing was moved")?;
    let phases: Vec<(String, u64)> = moved
        .phases
        .iter()
        .map(|phase| (phase.name.to_string(), phase.ms))
        .collect();
    let took_ms = phases
        .last()
        .map(|(_, at)| *at)
        .ok_or("the move has no phases")?;
    Ok(Failover {
        by: "alarm-failover".to_owned(),
        what: what.to_owned(),
        detach_ms: delays.0,
        attach_ms: delays.1,
        phases,
        took_ms,
    })
}

/// It is over when EC2 has attached: boto3 does not look, so that time is added.
async fn of_boto3(built: &Built, peers: &Peers) -> Result<Failover, Problem> {
    let mut case = cases::failing(
        built,
        "an alarm, `eni` moves",
        "ec2:DetachNetworkInterface",
        with_delays(PEERS.0, PEERS.1),
    )
    .await?;
    let event = case.next().await?;
    let mut environment = peers.environment(
        peers::FAILOVER,
        Built::environment("failover", &case.simulator),
    );
    for (key, value) in &case.known {
        environment = environment.set(key, value);
    }
    let function = Function::start(&peers.bootstrap(), &environment).await?;
    let invocation = function.invoke(&event).await;
    let took = u64::try_from(invocation.took.as_millis())?;
    expect(case.outcome, invocation)?;
    function.kill().await;
    Ok(Failover {
        by: peers::FAILOVER.name.to_owned(),
        what: "eni".to_owned(),
        detach_ms: PEERS.0,
        attach_ms: PEERS.1,
        phases: Vec::new(),
        took_ms: took + PEERS.1,
    })
}

//! What a run of reconcile takes of processor and memory as the account grows: those decide whether it fits
//! into what the template gives it. Nothing has changed, or the tags of all addresses.

use super::figures::{Series, milliseconds};
use super::{Built, Rounds, expect, simulated};
use ec2_sim::World;
use ec2_sim::api::{AllocateAddress, Caller, CreateTags, Request, Tag};
use ec2_sim::http::Simulator;
use ec2_sim::world::ACCOUNT;
use holdfast_tests::performance::Sweep;
use holdfast_tests::runtime::Function;
use holdfast_tests::scenarios::estate;
use holdfast_tests::scenarios::placement::schedule;
use holdfast_tests::terminal::Problem;
use std::time::Duration;

const SIZES: [usize; 4] = [250, 500, 1_000, 2_000];

/// Above it, a run that writes all rows takes the simulated table so long that one has to do.
const OFTEN: usize = 500;

pub(super) async fn measure(built: &Built, rounds: Rounds) -> Result<Vec<Sweep>, Problem> {
    let mut sweeps = Vec::new();
    for addresses in SIZES
        .into_iter()
        .filter(|size| *size <= rounds.largest_sweep)
    {
        sweeps.push(sweep(built, addresses, rounds.sweeps).await?);
    }
    Ok(sweeps)
}

async fn sweep(built: &Built, addresses: usize, runs: usize) -> Result<Sweep, Problem> {
    let mut world = World::new();
    world.settings().address_quota = addresses;
    let mut ids = Vec::new();
    for number in 0..addresses {
        let tags = vec![
            Tag::new("Name", format!("partner-{number}")),
            Tag::new("holdfast:protect", "reclaim"),
        ];
        let given = estate::allocate(&mut world, &ana(), AllocateAddress::default(), tags)?;
        ids.push(given.allocation_id);
    }
    let simulator = simulated(world).await?;
    let reconcile = built.start("reconcile", &simulator).await?;
    let (first, _) = run(&reconcile).await?;
    let (mut unchanged, mut changed) = (Series::default(), Series::default());
    let mut reported = Series::default();
    for round in 0..runs {
        let (processor, took) = run(&reconcile).await?;
        unchanged.add(processor);
        reported.add(took);
        if round == 0 || addresses <= OFTEN {
            change(&simulator, &ids, round)?;
            changed.add(run(&reconcile).await?.0);
        }
    }
    Ok(Sweep {
        addresses,
        first_ms: milliseconds(first),
        unchanged: unchanged.spread().unwrap_or_default(),
        reported: reported.spread().unwrap_or_default(),
        changed: changed.spread().unwrap_or_default(),
        peak_kib: reconcile.usage()?.peak_memory,
        count: runs,
    })
}

/// What it used of a processor, and how long it took.
async fn run(reconcile: &Function) -> Result<(Duration, Duration), Problem> {
    let before = reconcile.usage()?.processor;
    let invocation = reconcile.invoke(&schedule()).await;
    let took = invocation.took;
    let after = reconcile.usage()?.processor;
    expect("refreshed", invocation)?;
    Ok((after.saturating_sub(before), took))
}

/// Every address has another tag than before.
fn change(simulator: &Simulator, ids: &[String], round: usize) -> Result<(), Problem> {
    let mut world = simulator.world();
    for some in ids.chunks(500) {
        let request = CreateTags {
            resources: some.to_vec(),
            tags: vec![Tag::new("round", round.to_string())],
        };
        world.call(&ana(), &Request::CreateTags(request), false)?;
    }
    // No event tells of it here.
    let _ = world.take_events();
    Ok(())
}

fn ana() -> Caller {
    Caller::user(ACCOUNT, "ana")
}

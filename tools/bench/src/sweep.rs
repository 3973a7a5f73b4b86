//! What a run of reconcile takes of processor and memory as the account grows: those decide whether it fits
//! into what the template gives it.

use super::figures::{Series, milliseconds};
use super::starts::megabytes;
use super::{Built, expect, simulated};
use ec2_sim::World;
use ec2_sim::api::{AllocateAddress, Caller, Tag};
use ec2_sim::world::ACCOUNT;
use holdfast_tests::scenarios::estate;
use holdfast_tests::scenarios::placement::schedule;
use holdfast_tests::terminal::{self, Problem};

const RUNS: usize = 5;

pub(super) async fn measure(built: &Built) -> Result<(), Problem> {
    terminal::heading("Sweep: a run of reconcile, nothing having changed")?;
    let mut rows = Vec::new();
    for addresses in [10, 100, 1_000, 2_000] {
        rows.push(row(built, addresses).await?);
    }
    terminal::markdown(
        &[
            "addresses",
            "first run, which writes them all: processor, ms",
            "later runs: processor, ms",
            "later runs: report, ms",
            "peak memory, MB",
        ],
        rows,
    )?;
    terminal::line(&format!("{RUNS} later runs each, in one process"))
}

async fn row(built: &Built, addresses: usize) -> Result<Vec<String>, Problem> {
    let ana = Caller::user(ACCOUNT, "ana");
    let mut world = World::new();
    world.settings().address_quota = addresses;
    for number in 0..addresses {
        let tags = vec![
            Tag::new("Name", format!("partner-{number}")),
            Tag::new("holdfast:protect", "reclaim"),
        ];
        estate::allocate(&mut world, &ana, AllocateAddress::default(), tags)?;
    }
    let simulator = simulated(world).await?;
    let reconcile = built.start("reconcile", &simulator).await?;
    let started = reconcile.usage()?.processor;
    expect("refreshed", reconcile.invoke(&schedule()).await)?;
    let mut before = reconcile.usage()?.processor;
    let first = before.saturating_sub(started);
    let (mut processor, mut reported) = (Series::default(), Series::default());
    for _ in 0..RUNS {
        let invocation = reconcile.invoke(&schedule()).await;
        reported.add(invocation.took);
        invocation.result?;
        let now = reconcile.usage()?.processor;
        processor.add(now.saturating_sub(before));
        before = now;
    }
    Ok(vec![
        addresses.to_string(),
        milliseconds(first),
        processor.told(),
        reported.told(),
        megabytes(reconcile.usage()?.peak_memory * 1024),
    ])
}

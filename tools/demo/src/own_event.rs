//! `make demo EVENT=file.json`: the guard on an event of the user's own.

use super::account::{self, ana};
use super::env::DemoEnv;
use ec2_sim::world::ACCOUNT;
use holdfast::events::{Trigger, parse};
use holdfast::model::cloudtrail::AddressChange;
use holdfast_tests::scenarios::estate;
use holdfast_tests::terminal;
use holdfast_tests::terminal::Problem;
use serde_json::{Value, json};

/// Runs the guard on the event in a file and prints its report.
///
/// # Errors
/// When the file cannot be read, or a binary is missing or does not start.
pub(crate) async fn own_event(path: &str) -> Result<(), Problem> {
    let text = std::fs::read(path).map_err(|error| format!("cannot read {path}: {error}"))?;
    let event: Option<Value> = serde_json::from_slice(&text).ok();
    let release = event.as_ref().and_then(release_in);
    let region = release
        .as_ref()
        .map_or("us-east-1", |release| release.region.as_str());
    terminal::heading(&format!("The release guard on {path}"))?;
    let env = DemoEnv::start(region).await?;
    let body = match (event, &release) {
        (Some(event), Some(release)) => {
            serde_json::to_vec(&as_if_it_had_happened(&env, event, release).await?)?
        }
        _ => text,
    };
    terminal::heading("The report")?;
    match env.invoke("ReleaseGuard", body).await {
        Ok(report) => {
            terminal::report(&report)?;
            terminal::heading("The same, as the function returned it")?;
            terminal::line(&serde_json::to_string_pretty(&report)?)
        }
        Err(error) => terminal::line(&format!(
            "   {error}\n   Lambda delivers such an event twice more, and then puts it into the failure \
             queue, where it waits for a person."
        )),
    }
}

struct ReleaseInFile {
    allocation: String,
    region: String,
}

fn release_in(event: &Value) -> Option<ReleaseInFile> {
    match parse(event).ok()? {
        Trigger::Call(record) => match record.change {
            AddressChange::Released { allocation, .. } => Some(ReleaseInFile {
                allocation: allocation.to_string(),
                region: record.call.region,
            }),
            _ => None,
        },
        _ => None,
    }
}

/// The simulated account cannot have had the allocation that the file names. So an address is allocated
/// and released there, reconcile is told that it was the file's, and the release happens now.
async fn as_if_it_had_happened(
    env: &DemoEnv,
    mut event: Value,
    release: &ReleaseInFile,
) -> Result<Value, Problem> {
    let lot = {
        let mut world = env.simulator.world();
        let lot = account::allocate(&mut world, "address-of-your-event", Some("reclaim"))?;
        estate::release(&mut world, &ana(), &lot.allocation)?;
        lot
    };
    env.simulator.advance(std::time::Duration::from_secs(1));
    let mut born = env
        .simulator
        .take_events()
        .into_iter()
        .find(|event| event["detail"]["eventName"] == "AllocateAddress")
        .ok_or("the simulator emitted no AllocateAddress")?;
    born["detail"]["responseElements"]["allocationId"] = json!(release.allocation);
    env.deliver(&born).await?;
    let now = ec2_sim::trail::timestamp(env.simulator.world().now());
    let record = if event.get("detail").is_some() {
        &mut event["detail"]
    } else {
        &mut event
    };
    let was = record["eventTime"].as_str().unwrap_or_default().to_owned();
    record["eventTime"] = json!(now);
    terminal::line(&format!(
        "   In the simulated account {ACCOUNT}, {} stood for {}, protected; it was released a second \
         ago (eventTime {was} in the file, {now} here).",
        release.allocation, lot.ip
    ))?;
    Ok(event)
}

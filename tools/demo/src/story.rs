//! The story: three addresses are released; one comes back, and the other two are let go for a reason.

use super::account::{self, DemoAddress, ana, decommission, kim};
use super::env::DemoEnv;
use super::failover;
use super::operator;
use super::part_two;
use ec2_sim::http::Call;
use holdfast_tests::scenarios::estate;
use holdfast_tests::terminal;
use holdfast_tests::terminal::Problem;
use serde_json::Value;
use std::time::{Duration, Instant};

/// Shows the main job, end to end.
///
/// # Errors
/// When a binary is missing or does not start, or when something is not as the demo says it is.
pub(crate) async fn story() -> Result<(), Problem> {
    terminal::heading("Holdfast: a released Elastic IP comes back")?;
    let env = DemoEnv::start("us-east-1").await?;
    let lots = build(&env)?;
    let all: Vec<&DemoAddress> = lots.iter().collect();

    terminal::heading("Before: three addresses that partners may know")?;
    account::show(&env.simulator.world(), &all)?;
    terminal::line("   reconcile, on its schedule, takes note of them:")?;
    terminal::report(&env.reconcile_on_schedule().await?)?;

    terminal::heading("Somebody cleans up: all three are released")?;
    let releases = lose(&env, &lots).await?;
    account::show(&env.simulator.world(), &all)?;

    terminal::heading("CloudTrail tells, EventBridge delivers, release-guard answers")?;
    env.simulator.forget_calls();
    let mut reports = Vec::new();
    let mut measured = None;
    for event in &releases {
        told(event)?;
        let (began, received) = (Instant::now(), env.simulator.world().now());
        let report = env.deliver(event).await?;
        terminal::report(&report)?;
        if report["outcome"] == "reclaimed" {
            measured = Some((received, began.elapsed(), calls_of_aws(&env)));
        }
        env.simulator.forget_calls();
        reports.push(report);
    }
    terminal::heading("After")?;
    account::show(&env.simulator.world(), &all)?;

    terminal::heading("The same event once more, as Lambda and EventBridge may deliver it")?;
    let again = env.deliver(&releases[0]).await?;
    terminal::report(&again)?;
    let calls = calls_of_aws(&env);
    terminal::line(&format!("   calls: {}", names(&calls)))?;

    terminal::heading("How long it took")?;
    let (received, took, calls) = measured.ok_or("no address was reclaimed")?;
    timings(received, took, &calls)?;
    verify(&env, &lots, &reports, &again)?;
    part_two::dropped_event(&env).await?;
    part_two::replaced(&env).await?;
    let gateway = failover::chapter(&env).await?;
    operator::chapter(&env, &gateway.ip).await?;
    terminal::line(
        "\nNext: README.md says how a deployment looks; `make demo EVENT=file.json` runs the guard on \
         an event of your own.",
    )
}

fn build(env: &DemoEnv) -> Result<[DemoAddress; 3], Problem> {
    let mut world = env.simulator.world();
    // The functions live in real time, so what takes EC2 minutes is to take none here.
    world.settings().reverse_dns_published_after = time::Duration::ZERO;
    world.settings().reverse_dns_lock_lingers = time::Duration::ZERO;
    let eni = estate::interface(&mut world, &ana(), "10.0.0.5")?;
    let partner = account::allocate(&mut world, "partner-gateway", Some("reclaim"))?;
    let place = (eni.as_str(), "10.0.0.5");
    estate::put_to_use(
        &mut world,
        &ana(),
        &partner.allocation,
        place,
        "gate.example.com",
    )?;
    let runner = account::allocate(&mut world, "build-runner", None)?;
    let vpn = account::allocate(&mut world, "old-vpn", Some("reclaim"))?;
    drop(world);
    let _ = env.simulator.take_events();
    Ok([partner, runner, vpn])
}

/// Kim releases the first two; the third is released by the role that may. Gives the release events.
async fn lose(env: &DemoEnv, lots: &[DemoAddress; 3]) -> Result<Vec<Value>, Problem> {
    let [partner, runner, vpn] = lots;
    estate::take_out_of_use(&mut env.simulator.world(), &kim(), &partner.allocation)?;
    for event in env.simulator.take_events() {
        told(&event)?;
        let _ = env.deliver(&event).await?;
    }
    {
        let mut world = env.simulator.world();
        estate::release(&mut world, &kim(), &partner.allocation)?;
        estate::release(&mut world, &kim(), &runner.allocation)?;
        estate::release(&mut world, &decommission(), &vpn.allocation)?;
    }
    let releases = env.simulator.take_events();
    for event in &releases {
        told(event)?;
    }
    if releases.len() == 3 {
        Ok(releases)
    } else {
        Err("three releases make three events".into())
    }
}

fn told(event: &Value) -> Result<(), Problem> {
    let detail = &event["detail"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let parameters = &detail["requestParameters"];
    let subject = match parameters["allocationId"]
        .as_str()
        .or(parameters["associationId"].as_str())
    {
        Some(id) => id.to_owned(),
        None => parameters["ResetAddressAttributeRequest"]["AllocationId"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
    };
    terminal::line(&format!(
        " > {} {} {subject} by {}",
        text(&detail["eventTime"]),
        text(&detail["eventName"]),
        text(&detail["userIdentity"]["arn"])
    ))
}

/// What the function asked for: its own invocation is none of that.
fn calls_of_aws(env: &DemoEnv) -> Vec<Call> {
    let calls = env.simulator.calls().into_iter();
    calls
        .filter(|call| !call.name().starts_with("lambda:"))
        .collect()
}

fn names(calls: &[Call]) -> String {
    let names: Vec<String> = calls.iter().map(Call::name).collect();
    names.join(", ")
}

fn timings(received: time::OffsetDateTime, took: Duration, calls: &[Call]) -> Result<(), Problem> {
    let asked = calls
        .iter()
        .find(|call| call.name() == "ec2:AllocateAddress")
        .ok_or("the guard never asked for the address")?;
    let milliseconds = |moment: time::OffsetDateTime| {
        let elapsed = (moment - received).as_seconds_f64() * 1000.0;
        format!("{elapsed:.1} ms")
    };
    terminal::line(&format!(
        "   event handed over -> AllocateAddress arrives: {}\n   event handed over -> report: {:.1} ms\n   \
         calls, in order: {}",
        milliseconds(asked.at),
        took.as_secs_f64() * 1000.0,
        names(calls)
    ))?;
    terminal::line(
        "   (on this machine, debug builds, the start of the function included, a simulator on the loopback: the number of \
         calls is what carries over to AWS, not the time)",
    )
}

/// The demo does not only say so.
fn verify(
    env: &DemoEnv,
    lots: &[DemoAddress; 3],
    reports: &[Value],
    again: &Value,
) -> Result<(), Problem> {
    let outcomes: Vec<&str> = reports
        .iter()
        .map(|report| report["outcome"].as_str().unwrap_or_default())
        .collect();
    if outcomes != ["reclaimed", "recorded-only", "let-go"] || again["outcome"] != "already-ours" {
        return Err(format!("the outcomes were {outcomes:?}, then {}", again["outcome"]).into());
    }
    if reports[0]["address"]["reverseDns"] != "gate.example.com" {
        return Err(format!("the reverse DNS is not restored: {}", reports[0]).into());
    }
    let held = holdfast_tests::explorer::promises::addresses(&env.simulator.world());
    let ips: Vec<&String> = held.values().map(|address| &address.public_ip).collect();
    if ips != [&lots[0].ip] {
        return Err(format!("the account has {ips:?} in the end").into());
    }
    Ok(())
}

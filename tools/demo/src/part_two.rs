//! What follows the story: a release of which nobody tells, and two instances that are replaced at the
//! same moment.

use super::account::{self, ana, kim};
use super::env::DemoEnv;
use ec2_sim::api::Tag;
use holdfast_tests::explorer::promises::addresses;
use holdfast_tests::scenarios::estate;
use holdfast_tests::terminal;
use holdfast_tests::terminal::Problem;
use serde_json::Value;

/// An address is released, and its event is dropped: reconcile finds it on its schedule.
pub(super) async fn dropped_event(env: &DemoEnv) -> Result<(), Problem> {
    terminal::heading("An event that never comes")?;
    let lot = &account::allocate(&mut env.simulator.world(), "resolver", Some("reclaim"))?;
    env.reconcile_on_schedule().await?;
    let _ = env.simulator.take_events();
    estate::release(&mut env.simulator.world(), &kim(), &lot.allocation)?;
    let _ = env.simulator.take_events();
    terminal::line(&format!(
        "   kim releases {} ({}, {}). EventBridge does its best with CloudTrail's events, and this \
         one it never delivers.\n   reconcile, on its schedule, looks for itself:",
        lot.ip, lot.name, lot.allocation
    ))?;
    terminal::report(&env.reconcile_on_schedule().await?)?;
    account::show(&env.simulator.world(), &[lot])?;
    let held = addresses(&env.simulator.world());
    if held.values().any(|address| address.public_ip == lot.ip) {
        Ok(())
    } else {
        Err(format!("reconcile did not get {} back", lot.ip).into())
    }
}

/// Two instances with an address each are replaced at the same moment.
pub(super) async fn replaced(env: &DemoEnv) -> Result<(), Problem> {
    terminal::heading("Two instances are replaced at the same moment")?;
    let mut lots = Vec::new();
    for (name, slot) in [("web-a", "a"), ("web-b", "b")] {
        let tags = vec![
            Tag::new("holdfast:group", "web"),
            Tag::new("holdfast:slot", slot),
        ];
        lots.push(account::allocate_tagged(
            &mut env.simulator.world(),
            name,
            tags,
        )?);
    }
    let old = launch_both(env)?;
    env.deliver_both(&running(env, &old)?).await?;
    account::show(&env.simulator.world(), &[&lots[0], &lots[1]])?;
    estate::terminate(&mut env.simulator.world(), &ana(), &old)?;
    let new = launch_both(env)?;
    terminal::line(&format!(
        "   {} and {} go, {} and {} start",
        old[0], old[1], new[0], new[1]
    ))?;
    let reports = env.deliver_both(&running(env, &new)?).await?;
    reports.iter().try_for_each(terminal::report)?;
    account::show(&env.simulator.world(), &[&lots[0], &lots[1]])?;
    let held = addresses(&env.simulator.world());
    let holders: Vec<_> = lots
        .iter()
        .filter_map(|lot| {
            held.get(&lot.allocation)?
                .association
                .as_ref()?
                .instance_id
                .clone()
        })
        .collect();
    if holders == new {
        Ok(())
    } else {
        Err(format!("the addresses are with {holders:?}").into())
    }
}

fn launch_both(env: &DemoEnv) -> Result<[String; 2], Problem> {
    let mut world = env.simulator.world();
    world.settings().instance_starts_after = time::Duration::ZERO;
    world.settings().instance_terminates_after = time::Duration::ZERO;
    let mut launch = |slot: &str| {
        let tags = vec![
            Tag::new("holdfast:group", "web"),
            Tag::new("holdfast:slot", slot),
        ];
        estate::launch(&mut world, &ana(), tags)
    };
    Ok([launch("a")?, launch("b")?])
}

/// The events that tell that both run.
fn running(env: &DemoEnv, instances: &[String; 2]) -> Result<[Value; 2], Problem> {
    env.simulator.advance(std::time::Duration::from_millis(1));
    let events = env.simulator.take_events();
    let told = |instance: &String| {
        let tells = |event: &&Value| {
            event["detail"]["instance-id"] == instance.as_str()
                && event["detail"]["state"] == "running"
        };
        events
            .iter()
            .find(tells)
            .cloned()
            .ok_or(format!("no event tells that {instance} runs"))
    };
    Ok([told(&instances[0])?, told(&instances[1])?])
}

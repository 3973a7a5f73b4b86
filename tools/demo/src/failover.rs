//! A group of three with an interface that moves. Its holder fails, the alarm is told, and it is on the
//! standby; then that fails too, and the last one has no slot left.

use super::account::{self, DemoAddress, ana};
use super::env::DemoEnv;
use ec2_sim::World;
use ec2_sim::alarms::{Alarm, AlarmState};
use ec2_sim::api::{
    AssociateAddress, AttachNetworkInterface, CreateNetworkInterface, DescribeNetworkInterfaces,
    Filter, NetworkInterface, Request, Response, Tag, TagSpecification,
};
use holdfast_tests::explorer::promises::addresses;
use holdfast_tests::scenarios::estate;
use holdfast_tests::terminal;
use holdfast_tests::terminal::Problem;
use serde_json::Value;
use time::Duration;

const GROUP: &str = "gateway";

/// The whole chapter. Gives the address that it is about.
pub(super) async fn chapter(env: &DemoEnv) -> Result<DemoAddress, Problem> {
    terminal::heading(
        "A gateway fails: its interface, with the address on it, moves to a standby",
    )?;
    let (members, lot) = build(env)?;
    terminal::line(&format!(
        "   {} has the interface, {} and {} stand by",
        members[0], members[1], members[2]
    ))?;
    account::show(&env.simulator.world(), &[&lot])?;
    let report = fails(env, &members[0]).await?;
    phases(&report)?;
    account::show(&env.simulator.world(), &[&lot])?;
    must(
        &report,
        "failed-over",
        &members[1],
        holder(env, &lot).as_deref(),
    )?;

    terminal::heading("The standby fails too, and the last one has no slot for an interface left")?;
    fill(&mut env.simulator.world(), &members[2])?;
    let report = fails(env, &members[1]).await?;
    account::show(&env.simulator.world(), &[&lot])?;
    must(
        &report,
        "refused",
        &members[1],
        holder(env, &lot).as_deref(),
    )?;
    let why = report["findings"].to_string();
    if why.contains("has the 3 interfaces that m5.large allows") {
        Ok(lot)
    } else {
        Err(format!("the report does not name the slot: {why}").into())
    }
}

fn must(report: &Value, outcome: &str, member: &str, held: Option<&str>) -> Result<(), Problem> {
    if report["outcome"] == outcome && held == Some(member) {
        return Ok(());
    }
    Err(format!(
        "expected {outcome} and {member}, not {} and {held:?}",
        report["outcome"]
    )
    .into())
}

fn holder(env: &DemoEnv, lot: &DemoAddress) -> Option<String> {
    let held = addresses(&env.simulator.world());
    held.get(&lot.allocation)?
        .association
        .as_ref()?
        .instance_id
        .clone()
}

fn tags(more: &[(&str, &str)]) -> Vec<Tag> {
    let group = [("holdfast:group", GROUP)];
    let all = group.iter().chain(more);
    all.map(|(key, value)| Tag::new(*key, *value)).collect()
}

/// Three instances that are well, the first of which has the interface.
fn build(env: &DemoEnv) -> Result<([String; 3], DemoAddress), Problem> {
    let mut world = env.simulator.world();
    world.settings().instance_starts_after = Duration::ZERO;
    world.settings().status_checks_pass_after = Duration::ZERO;
    world.settings().detach_delay = Duration::milliseconds(500);
    world.settings().forced_detach_delay = Duration::milliseconds(500);
    world.settings().attach_delay = Duration::milliseconds(500);
    let mut launch = |priority: &str| {
        estate::launch(&mut world, &ana(), tags(&[("holdfast:priority", priority)]))
    };
    let members = [launch("1")?, launch("2")?, launch("3")?];
    drop(world);
    env.simulator.advance(std::time::Duration::from_millis(1));
    let mut world = env.simulator.world();
    for member in &members {
        world.put_alarm(Alarm::on_status_checks(&alarm_of(member), member))?;
        world.set_alarm(&alarm_of(member), AlarmState::Ok);
    }
    let eni = interface(&mut world, &members[0], tags(&[]))?;
    attach(&mut world, &eni, &members[0], 1)?;
    let lot = account::allocate(&mut world, "gateway", Some("reclaim"))?;
    ask(
        &mut world,
        &Request::AssociateAddress(AssociateAddress {
            allocation_id: Some(lot.allocation.clone()),
            network_interface_id: Some(eni),
            ..AssociateAddress::default()
        }),
    )?;
    drop(world);
    env.simulator.advance(std::time::Duration::from_secs(1));
    let _ = env.simulator.take_events();
    Ok((members, lot))
}

fn alarm_of(member: &str) -> String {
    format!("{member} status checks")
}

/// The status checks of a member fail, its alarm fires, and failover hears of it.
async fn fails(env: &DemoEnv, member: &str) -> Result<Value, Problem> {
    let name = alarm_of(member);
    {
        let mut world = env.simulator.world();
        world.impair(member, true, false);
        world.set_alarm(&name, AlarmState::Alarm);
    }
    let events = env.simulator.take_events();
    let event = events
        .iter()
        .rfind(|event| event["detail"]["alarmName"] == name.as_str());
    let event = event.ok_or(format!("the alarm `{name}` tells nobody"))?;
    terminal::line(&format!(" > alarm `{name}` is in ALARM"))?;
    let report = env.alarm(event).await?;
    terminal::report(&report)?;
    Ok(report)
}

fn phases(report: &Value) -> Result<(), Problem> {
    let moved = &report["failover"]["moves"][0]["phases"];
    let told = moved.as_array().into_iter().flatten().map(|phase| {
        format!(
            "{} {} ms",
            phase["name"].as_str().unwrap_or_default(),
            phase["ms"]
        )
    });
    let told: Vec<String> = told.collect();
    terminal::line(&format!(
        "   from the event: {} (the simulated EC2 takes 500 ms to detach and 500 ms to attach)",
        told.join(", ")
    ))
}

/// Every slot of a member gets an interface of its own.
fn fill(world: &mut World, member: &str) -> Result<(), Problem> {
    for device_index in 1..3 {
        let eni = interface(world, member, Vec::new())?;
        attach(world, &eni, member, device_index)?;
    }
    Ok(())
}

/// A new interface in the subnet of an instance.
fn interface(world: &mut World, beside: &str, tags: Vec<Tag>) -> Result<String, Problem> {
    let wanted = DescribeNetworkInterfaces {
        filters: vec![Filter {
            name: "attachment.instance-id".to_owned(),
            values: vec![beside.to_owned()],
        }],
        ..DescribeNetworkInterfaces::default()
    };
    let found = match ask(world, &Request::DescribeNetworkInterfaces(wanted))? {
        Response::DescribeNetworkInterfaces { interfaces, .. } => interfaces,
        other => return Err(format!("no interfaces, but {other:?}").into()),
    };
    let first: &NetworkInterface = found.first().ok_or("an instance has an interface")?;
    let request = CreateNetworkInterface {
        subnet_id: first.subnet_id.clone(),
        tag_specifications: vec![TagSpecification {
            resource_type: "network-interface".to_owned(),
            tags,
        }],
        ..CreateNetworkInterface::default()
    };
    match ask(world, &Request::CreateNetworkInterface(request))? {
        Response::CreateNetworkInterface(made) => Ok(made.network_interface_id),
        other => Err(format!("no interface, but {other:?}").into()),
    }
}

fn attach(world: &mut World, eni: &str, member: &str, device_index: i32) -> Result<(), Problem> {
    let request = AttachNetworkInterface {
        network_interface_id: eni.to_owned(),
        instance_id: member.to_owned(),
        device_index,
        network_card_index: None,
    };
    ask(world, &Request::AttachNetworkInterface(request)).map(drop)
}

fn ask(world: &mut World, request: &Request) -> Result<Response, Problem> {
    Ok(world.call(&ana(), request, false)?)
}

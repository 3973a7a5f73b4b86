//! What happens in a burst: many releases, or many instances that end.

use super::{Goal, Happening, Hearer, Size, Work};
use crate::client::TestBed;
use crate::explorer::promises::AccountView;
use crate::scenarios::failover::many_groups;
use crate::scenarios::guard;
use crate::scenarios::large_account::add_crowd;
use crate::scenarios::placement::{Fleet, fleet, state_change, terminate};
use crate::scenarios::reconcile::Installation;
use crate::terminal::Problem;
use ec2_sim::Crowd;
use ec2_sim::api::{Address, InstanceState};
use holdfast::events::{Trigger, parse};
use holdfast::ports::Delivery;
use holdfast::release_guard;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// A thousand a minute.
const BETWEEN_RELEASES: Duration = Duration::from_millis(60);

/// The states by which EC2 tells that an instance ends: an event for each.
const ENDING: [&str; 2] = ["shutting-down", "terminated"];

/// Protected addresses are released, evenly, a thousand a minute.
///
/// # Errors
/// An event cannot be read.
pub fn released(size: Size) -> Result<Happening, Problem> {
    let mut account = Installation::new();
    let count = size.count;
    size.prepare(&account.bed);
    let known = account.allocate_many(count, "reclaim");
    account.lose_events();
    account.pass(time::Duration::MINUTE);
    account.sweep()?;
    for address in &known {
        account.release(address);
    }
    let is_release = |event: &Value| event["detail"]["eventName"] == "ReleaseAddress";
    let events = account.events().into_iter().filter(is_release);
    let settings = account.settings().clone();
    let work: Work = Arc::new(move |client, _, trigger| {
        let settings = settings.clone();
        Box::pin(async move {
            let client = client.acting_as("holdfast-release-guard");
            let (ports, delivery): (_, Delivery) =
                (client.ports(), client.delivery(guard::TIMEOUT));
            Box::pin(release_guard::run(&ports, &settings, &trigger, delivery)).await
        })
    });
    Ok(Happening {
        what: format!("{count} releases, 1,000 a minute"),
        bed: Arc::clone(&account.bed),
        told: all_to(Hearer::ReleaseGuard, triggers(events)?),
        over: BETWEEN_RELEASES * u32::try_from(count)?,
        work,
        goal: |_| Ok(()),
    })
}

/// Instances of nobody's end in the same moment, in an account of 10,000.
///
/// # Errors
/// An event cannot be read.
pub fn ended(size: Size) -> Result<Happening, Problem> {
    let count = size.count;
    let mut fleet: Fleet = fleet().addresses(1).running(1);
    let others = add_crowd(&mut fleet.world, Crowd::large());
    let ending = &others[..count];
    for id in ending {
        terminate(&mut fleet.world, id);
    }
    let events = told_of(ending);
    let what = format!("{count} instances of nobody's end at once");
    of_fleet(what, size, fleet, events, |_| Ok(()))
}

/// The holders of so many groups end in the same moment. A standby of each is well. Both functions hear of each end, as the
/// template has it. EC2 takes the address from what is terminated. What alarm-failover has not moved by then is
/// instance-start's to give.
///
/// # Errors
/// An event cannot be read.
pub fn failed(size: Size) -> Result<Happening, Problem> {
    let count = size.count;
    let mut groups = many_groups(count);
    let learnt = groups.bed();
    size.prepare(&learnt);
    let _report = groups.swept(&learnt);
    for holder in &groups.members {
        terminate(&mut groups.world, holder);
    }
    let bed = groups.bed_with(learnt.ledger.fork());
    size.prepare(&bed);
    let told = triggers(told_of(&groups.members))?.into_iter();
    let told = told.flat_map(|trigger| {
        let both = [Hearer::AlarmFailover, Hearer::InstanceStart];
        both.map(|hearer| (hearer, trigger.clone()))
    });
    let told = told.collect();
    Ok(Happening {
        what: format!("{count} holders end at once, each with a standby"),
        bed,
        told,
        over: Duration::ZERO,
        work: Arc::new(move |client, hearer, trigger| match hearer {
            Hearer::AlarmFailover => groups.run(client, trigger),
            _ => groups.run_start(client, trigger),
        }),
        goal: all_held,
    })
}

/// All instances of one large group end in the same moment, and as many new ones run. Each had an address, and each new one
/// is to have one.
///
/// # Errors
/// An event cannot be read.
pub fn replaced(size: Size) -> Result<Happening, Problem> {
    let count = size.count;
    let instances = i32::try_from(count)?;
    let mut fleet = fleet().set("HOLDFAST_POOL_WAIT_SECONDS", "60");
    fleet = fleet.addresses(count).running(instances);
    for number in 0..count {
        fleet = fleet.holding(number, number);
    }
    let fleet = fleet.running(instances);
    let (ending, new) = fleet.instances.split_at(count);
    let (ending, new) = (ending.to_vec(), new.to_vec());
    let fleet = fleet.world(|world| ending.iter().for_each(|id| terminate(world, id)));
    let started = new.iter().map(|id| state_change(id, "running"));
    let events: Vec<Value> = told_of(&ending).into_iter().chain(started).collect();
    let what = format!("{count} instances of one group end at once, and {count} new ones run");
    of_fleet(what, size, fleet, events, all_held)
}

fn of_fleet(
    what: String,
    size: Size,
    fleet: Fleet,
    events: Vec<Value>,
    goal: Goal,
) -> Result<Happening, Problem> {
    let bed = fleet.bed();
    size.prepare(&bed);
    Ok(Happening {
        what,
        bed,
        told: all_to(Hearer::InstanceStart, triggers(events)?),
        over: Duration::ZERO,
        work: Arc::new(move |client, _, trigger| fleet.run(client, trigger)),
        goal,
    })
}

fn all_to(hearer: Hearer, triggers: Vec<Trigger>) -> Vec<(Hearer, Trigger)> {
    let each = triggers.into_iter().map(|trigger| (hearer, trigger));
    each.collect()
}

/// Each address is with an instance that runs.
fn all_held(bed: &TestBed) -> Result<(), Problem> {
    let view = AccountView::of(&bed.world());
    let is_held = |address: &Address| {
        let held = address.association.as_ref();
        let holder = held.and_then(|held| view.instances.get(held.instance_id.as_ref()?));
        holder.is_some_and(|holder| holder.state == InstanceState::Running)
    };
    let left = view.addresses.values().filter(|it| !is_held(it)).count();
    match left {
        0 => Ok(()),
        left => Err(format!("{left} addresses are with nobody that runs").into()),
    }
}

/// Each instance is told of twice.
fn told_of(ending: &[String]) -> Vec<Value> {
    let told = ENDING
        .iter()
        .flat_map(|state| ending.iter().map(move |id| state_change(id, state)));
    told.collect()
}

fn triggers(events: impl IntoIterator<Item = Value>) -> Result<Vec<Trigger>, Problem> {
    let read = events.into_iter().map(|event| parse(&event));
    Ok(read.collect::<Result<_, _>>()?)
}

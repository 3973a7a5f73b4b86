//! What happens in a burst: many releases, or many instances that end.

use super::{Happening, Work};
use ec2_sim::Crowd;
use holdfast::events::{Trigger, parse};
use holdfast::ports::Delivery;
use holdfast::release_guard;
use holdfast_tests::scenarios::failover::many_groups;
use holdfast_tests::scenarios::guard;
use holdfast_tests::scenarios::large_account::add_crowd;
use holdfast_tests::scenarios::placement::{Fleet, fleet, state_change, terminate};
use holdfast_tests::scenarios::reconcile::Installation;
use holdfast_tests::terminal::Problem;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// A thousand a minute.
const BETWEEN_RELEASES: Duration = Duration::from_millis(60);

/// The states by which EC2 tells that an instance ends: an event for each.
const ENDING: [&str; 2] = ["shutting-down", "terminated"];

/// Protected addresses are released, evenly, a thousand a minute.
pub(super) fn released(count: usize) -> Result<Happening, Problem> {
    let mut account = Installation::new();
    account.bed.only_measure();
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
    let work: Work = Arc::new(move |client, trigger| {
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
        triggers: triggers(events)?,
        over: BETWEEN_RELEASES * u32::try_from(count)?,
        work,
    })
}

/// Instances of nobody's end in the same moment, in an account of 10,000.
pub(super) fn ended(count: usize) -> Result<Happening, Problem> {
    let mut fleet: Fleet = fleet().addresses(1).running(1);
    let others = add_crowd(&mut fleet.world, Crowd::large());
    let ending = &others[..count];
    for id in ending {
        terminate(&mut fleet.world, id);
    }
    of_fleet(
        format!("{count} instances of nobody's end at once"),
        fleet,
        told_of(ending),
    )
}

/// The holders of so many groups end in the same moment. A standby of each is well.
pub(super) fn failed(count: usize) -> Result<Happening, Problem> {
    let mut groups = many_groups(count);
    let learnt = groups.bed();
    learnt.only_measure();
    let _report = groups.swept(&learnt);
    for holder in &groups.members {
        terminate(&mut groups.world, holder);
    }
    let bed = groups.bed_with(learnt.ledger.fork());
    bed.only_measure();
    let triggers = triggers(told_of(&groups.members))?;
    Ok(Happening {
        what: format!("{count} holders end at once, each with a standby"),
        bed,
        triggers,
        over: Duration::ZERO,
        work: Arc::new(move |client, trigger| groups.run(client, trigger)),
    })
}

/// All instances of one large group end in the same moment, and as many new ones run. Each had an address, and each new one
/// is to have one.
pub(super) fn replaced(count: usize) -> Result<Happening, Problem> {
    let size = i32::try_from(count)?;
    let mut fleet = fleet().set("HOLDFAST_POOL_WAIT_SECONDS", "60");
    fleet = fleet.addresses(count).running(size);
    for number in 0..count {
        fleet = fleet.holding(number, number);
    }
    let fleet = fleet.running(size);
    let (ending, new) = fleet.instances.split_at(count);
    let (ending, new) = (ending.to_vec(), new.to_vec());
    let fleet = fleet.world(|world| ending.iter().for_each(|id| terminate(world, id)));
    let started = new.iter().map(|id| state_change(id, "running"));
    let events: Vec<Value> = told_of(&ending).into_iter().chain(started).collect();
    of_fleet(
        format!("{count} instances of one group end at once, and {count} new ones run"),
        fleet,
        events,
    )
}

fn of_fleet(what: String, fleet: Fleet, events: Vec<Value>) -> Result<Happening, Problem> {
    let bed = fleet.bed();
    bed.only_measure();
    Ok(Happening {
        what,
        bed,
        triggers: triggers(events)?,
        over: Duration::ZERO,
        work: Arc::new(move |client, trigger| fleet.run(client, trigger)),
    })
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

//! The drill is killed at every call, loses every reply, is throttled everywhere, and is started again. In the end
//! nothing of it is left, and nothing of anybody else's was touched.

use super::bed::{Bed, Done, Fault, REGION, SeededBug, settings};
use crate::drill::trial::{Outcome, Phase, Trial};
use ec2_sim::World;
use ec2_sim::api::Tag;
use std::collections::BTreeMap;
use time::Duration;

/// Runs a drill with these faults to its end; says what is wrong then.
fn play(faults: &[(usize, Fault)], bug: Option<SeededBug>) -> Result<usize, String> {
    let bed = Bed::shared();
    prepared(&bed, faults, bug);
    let others = bed.addresses();
    bed.start_until_it_ends(&settings());
    judge(&bed, &others).map_err(|wrong| {
        format!(
            "{faults:?}: {wrong}\n{:#?}\n{:?}",
            bed.run().regions,
            bed.calls()
        )
    })?;
    Ok(bed.calls().len())
}

pub(super) fn prepared(bed: &Bed, faults: &[(usize, Fault)], bug: Option<SeededBug>) {
    bed.in_world(|world| world.settings().address_quota = 10);
    bed.plan(faults);
    if let Some(bug) = bug {
        bed.seed(bug);
    }
}

pub(super) fn judge(bed: &Bed, others: &BTreeMap<String, Vec<Tag>>) -> Result<(), String> {
    let now = bed.addresses();
    if now != *others {
        return Err(format!("the account had {others:?} and has {now:?}"));
    }
    let curve = bed.curve();
    if !curve.clean || !curve.complete {
        return Err(format!(
            "clean: {}, complete: {}",
            curve.clean, curve.complete
        ));
    }
    let lost: u32 = curve.points.iter().map(|point| point.lost).sum();
    if lost != 0 {
        return Err("an address counts as lost that nobody took".to_owned());
    }
    is_true(bed)
}

/// Whether each address that counts as back was really given to the run, after that wait.
pub(super) fn is_true(bed: &Bed) -> Result<(), String> {
    let log = bed.state().log.clone();
    let mut waits = really_waited(&log);
    let regions = bed.run().regions.into_values();
    for trial in regions.flat_map(|region| region.trials) {
        let Phase::Over {
            outcome: Outcome::Recovered { after_seconds, .. },
        } = trial.phase
        else {
            continue;
        };
        let is_it = |waited: &Duration| is_that_wait(&trial, after_seconds, *waited);
        let Some(found) = waits.iter().position(is_it) else {
            return Err(format!("{trial:?} is not true: {log:?}"));
        };
        waits.swap_remove(found);
    }
    Ok(())
}

/// How long it took from each release to the call that brought the same address back.
fn really_waited(log: &[Done]) -> Vec<Duration> {
    let mut released = BTreeMap::new();
    let mut waits = Vec::new();
    for done in log {
        match done {
            Done::Released(ip, at) => drop(released.insert(ip, *at)),
            Done::GivenBack(ip, at) => {
                waits.extend(released.remove(ip).map(|released| *at - released));
            }
        }
    }
    waits
}

fn is_that_wait(trial: &Trial, after_seconds: i64, waited: Duration) -> bool {
    let grace = trial.wait.grace() * 2;
    let told = Duration::seconds(after_seconds);
    waited + grace >= trial.wait.length() && (waited - told).abs() <= grace
}

#[test]
fn nothing_is_left_and_nothing_of_others_is_touched_whatever_happens_at_any_call() {
    let calls = play(&[], None).unwrap();
    let mut histories = 0;
    for first in 0..calls {
        for fault in Fault::ALL {
            let calls = play(&[(first, fault)], None).unwrap();
            histories += 1;
            for second in first + 1..calls {
                for other in Fault::ALL {
                    play(&[(first, fault), (second, other)], None).unwrap();
                    histories += 1;
                }
            }
        }
    }
    println!("{calls} calls, {histories} histories");
    assert!(histories > 5_000, "{calls} calls, {histories} histories");
}

#[test]
fn the_same_while_descriptions_lag_behind() {
    for first in 0..30 {
        for fault in Fault::ALL {
            let bed = Bed::shared();
            prepared(&bed, &[(first, fault)], None);
            let others = bed.addresses();
            bed.in_world(|world| world.set_read_lag(time::Duration::seconds(20)));
            bed.start_until_it_ends(&settings());
            bed.in_world(|world| world.set_read_lag(time::Duration::ZERO));
            judge(&bed, &others).unwrap_or_else(|wrong| panic!("{first} {fault:?}: {wrong}"));
        }
    }
}

#[test]
fn the_explorer_notices_a_check_that_is_taken_out() {
    for bug in [
        SeededBug::BlindLooks,
        SeededBug::TakesAllForItsOwn,
        SeededBug::NoTags,
    ] {
        let noticed =
            (0..20).any(|call| play(&[(call, Fault::KilledBeforeReply)], Some(bug)).is_err());
        assert!(noticed, "{bug:?}");
    }
}

/// Somebody gives the address of the drill to an instance of theirs.
pub(super) fn use_the_address(world: &mut World) {
    for allocation in allocations_of_the_run(world) {
        world.mark_service_managed(&allocation, "nlb");
    }
}

/// Somebody removes the tag, and so says that the address is theirs.
pub(super) fn take_the_tag_off(world: &mut World) {
    for allocation in allocations_of_the_run(world) {
        untag(world, &allocation);
    }
}

pub(super) fn allocations_of_the_run(world: &mut World) -> Vec<String> {
    use ec2_sim::api::{Caller, DescribeAddresses, Request, Response};
    let request = Request::DescribeAddresses(DescribeAddresses::default());
    let shown = world.call(
        &Caller::user(ec2_sim::world::ACCOUNT, "somebody"),
        &request,
        false,
    );
    let Ok(Response::DescribeAddresses(shown)) = shown else {
        panic!("{shown:?}")
    };
    let ours = Tag::new("holdfast:drill", super::bed::RUN);
    let ours = shown
        .into_iter()
        .filter(|address| address.tags.contains(&ours));
    ours.map(|address| address.allocation_id).collect()
}

fn untag(world: &mut World, allocation: &str) {
    use ec2_sim::api::{Caller, DeleteTags, Request};
    let request = DeleteTags {
        resources: vec![allocation.to_owned()],
        ..DeleteTags::default()
    };
    let caller = Caller::user(ec2_sim::world::ACCOUNT, "somebody");
    world
        .call(&caller, &Request::DeleteTags(request), false)
        .unwrap();
}

/// A look stands before each release. What happens between that look and the release, IAM and EC2 arbitrate.
#[test]
fn what_somebody_else_begins_to_use_or_claims_is_left_to_them_and_told() {
    for intrusion in [use_the_address as fn(&mut World), take_the_tag_off] {
        let mut left = 0;
        for place in 0..play(&[], None).unwrap() {
            let bed = Bed::of(&[REGION]);
            bed.intrude(place, intrusion);
            bed.start_until_it_ends(&settings());
            let told: usize = bed
                .curve()
                .regions
                .iter()
                .map(|region| region.left.len())
                .sum();
            let there = bed.addresses().len();
            let raced = bed.calls().get(place) == Some(&"ec2:ReleaseAddress");
            assert!(
                raced || told >= there,
                "call {place}: {there} are there, {told} are told"
            );
            left += there;
        }
        assert!(left > 0, "the intrusion never met an address of the drill");
    }
}

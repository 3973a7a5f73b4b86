//! A drill in an account with others, on a machine that sleeps and whose clock is set. Each disturbance meets each fault at
//! each call. What counts as back has to be true, and what is somebody else's stays theirs.

use super::bed::{Bed, Disturbance, Fault, REGION, RUN, settings};
use super::explorer::{
    allocations_of_the_run, is_true, judge, prepared, take_the_tag_off, use_the_address,
};
use crate::drill::run::Stop;
use crate::drill::settings::Settings;
use crate::drill::trial::{Outcome, VoidReason};
use ec2_sim::World;
use ec2_sim::api::{
    self, AllocateAddress, Caller, DescribeAddresses, Request, Response, Tag, TagSpecification,
};
use ec2_sim::throttle::Limit;
use ec2_sim::world::ACCOUNT;
use std::collections::BTreeMap;
use time::Duration;

const RECLAIMED: &str = "acme:reclaimed-from";

fn shown(world: &mut World) -> Vec<api::Address> {
    let request = Request::DescribeAddresses(DescribeAddresses::default());
    match world.call(&Caller::user(ACCOUNT, "somebody"), &request, false) {
        Ok(Response::DescribeAddresses(shown)) => shown,
        other => panic!("{other:?}"),
    }
}

/// The guard of another installation, by tags of its own: whatever of the drill is gone, it takes back with all its tags.
fn another_guard() -> impl FnMut(&mut World) + Send {
    let mut known: BTreeMap<String, Vec<Tag>> = BTreeMap::new();
    move |world| {
        let now = shown(world);
        let gone = known.extract_if(.., |ip, _| now.iter().all(|it| it.public_ip != *ip));
        for (ip, mut tags) in gone {
            tags.push(Tag::new(RECLAIMED, "eipalloc-1"));
            let request = AllocateAddress {
                address: Some(ip),
                tag_specifications: vec![TagSpecification {
                    resource_type: "elastic-ip".to_owned(),
                    tags,
                }],
                ..AllocateAddress::default()
            };
            let guard = Caller::role(ACCOUNT, "acme-guard", "guard");
            world
                .call(&guard, &Request::AllocateAddress(request), false)
                .unwrap();
        }
        let ours = Tag::new("holdfast:drill", RUN);
        let of_the_run = now.into_iter().filter(|it| it.tags.contains(&ours));
        let not_its_own = of_the_run.filter(|it| it.tags.iter().all(|tag| tag.key != RECLAIMED));
        known.extend(not_its_own.map(|it| (it.public_ip, it.tags)));
    }
}

fn guarded(faults: &[(usize, Fault)]) -> Bed {
    let bed = Bed::shared();
    prepared(&bed, faults, None);
    bed.state().housemate = Some(Box::new(another_guard()));
    bed.start_until_it_ends(&settings());
    bed
}

#[test]
fn what_another_guard_takes_back_stays_there_and_counts_for_nothing_whatever_fails() {
    let undisturbed = guarded(&[]);
    let void = &undisturbed.curve().regions[0].void;
    assert!(void.get(&VoidReason::TakenOver) > Some(&1), "{void:?}");
    let calls = undisturbed.calls().len();
    for call in 0..calls {
        for fault in Fault::ALL {
            let bed = guarded(&[(call, fault)]);
            let at = format!("{call} {fault:?}: {:?}", bed.run().regions);
            let held = bed.in_world(shown);
            let reclaimed = held
                .iter()
                .filter(|it| it.tags.iter().any(|tag| tag.key == RECLAIMED));
            let region = &bed.curve().regions[0];
            assert_eq!(reclaimed.clone().count(), bed.left_of_the_run(), "{at}");
            assert!(
                reclaimed.clone().count() > 1 && !region.clean,
                "the guard has what it took: {at}"
            );
            for address in reclaimed {
                assert!(region.left.contains(&address.allocation_id), "{at}");
            }
            is_true(&bed).unwrap_or_else(|wrong| panic!("{at}: {wrong}"));
            let is_back = |it: &Outcome| matches!(it, Outcome::Recovered { .. });
            assert!(!bed.outcomes().iter().any(is_back), "{at}");
        }
    }
}

/// What happens between the last look and a release, IAM and EC2 arbitrate: there, the address may be gone.
#[test]
fn what_somebody_claims_stays_theirs_whatever_fails() {
    for intrusion in [use_the_address as fn(&mut World), take_the_tag_off] {
        let mut left = 0;
        for place in 0..12 {
            for (call, fault) in (0..14).flat_map(|call| Fault::ALL.map(|fault| (call, fault))) {
                let bed = Bed::shared();
                prepared(&bed, &[(call, fault)], None);
                let others = bed.addresses();
                bed.intrude(place, intrusion);
                bed.start_until_it_ends(&settings());
                let there = bed.addresses();
                let at = format!("{place}, {call} {fault:?}");
                assert!(
                    others.iter().all(|it| there.get(it.0) == Some(it.1)),
                    "{at}"
                );
                is_true(&bed).unwrap_or_else(|wrong| panic!("{at}: {wrong}"));
                left += there.len() - others.len();
            }
        }
        assert!(left > 0, "the intrusion never met an address of the drill");
    }
}

#[test]
fn a_clock_that_is_set_and_a_machine_that_sleeps_make_nothing_untrue() {
    let hour = Duration::hours(1);
    let disturbances = [
        Disturbance::ClockSet(hour),
        Disturbance::ClockSet(-hour),
        Disturbance::ClockSet(Duration::days(-2)),
        Disturbance::Asleep(hour * 3),
    ];
    for disturbance in disturbances {
        for call in 0..24 {
            for (other, fault) in [
                (100, Fault::Throttled),
                (call + 1, Fault::KilledBeforeReply),
            ] {
                let bed = Bed::shared();
                prepared(&bed, &[(other, fault)], None);
                let others = bed.addresses();
                bed.disturb(call, disturbance);
                bed.start_until_it_ends(&settings());
                let at = format!("{disturbance:?} at {call}, {fault:?} at {other}");
                judge(&bed, &others).unwrap_or_else(|wrong| panic!("{at}: {wrong}"));
            }
        }
    }
}

#[test]
fn a_wait_during_which_the_clock_is_set_counts_for_nothing_and_is_told() {
    let bed = Bed::of(&[REGION, "eu-west-1"]);
    // The first region asks at once; the other one's first trial waits.
    let settings = Settings {
        waits: vec!["1h".parse().unwrap()],
        trials: 2,
        ..settings()
    };
    bed.disturb(9, Disturbance::ClockSet(Duration::minutes(-30)));
    bed.start_until_it_ends(&settings);
    let curve = bed.curve();
    let jumped = |region: &crate::drill::curve::RegionEnd| {
        region.void.get(&VoidReason::ClockJumped).copied()
    };
    let jumped: usize = curve.regions.iter().filter_map(jumped).sum();
    assert!(jumped > 0, "{:?}", curve.regions);
    assert!(curve.complete && curve.clean);
}

/// Each call of the sick region takes longer than a wait of the well one. The well one does all at the same times as where
/// there is no other. It does so in one go: a process that is stuck counts as killed, and a new start would hide that.
#[test]
fn a_region_that_answers_late_makes_no_other_region_late() {
    const WELL: &str = "eu-west-1";
    let settings = Settings {
        waits: vec!["10m".parse().unwrap()],
        trials: 5,
        ..settings()
    };
    let trials_of_well = |bed: &Bed| {
        assert!(!bed.start(&settings), "it is stuck");
        format!("{:#?}", bed.run().regions[WELL].trials)
    };
    let both = Bed::of(&[WELL, REGION]);
    both.state().slow = Some((REGION, Duration::minutes(25)));
    assert_eq!(trials_of_well(&both), trials_of_well(&Bed::of(&[WELL])));
    let curve = both.curve();
    let well = curve.regions.iter().find(|it| it.region == WELL);
    assert!(well.unwrap().void.is_empty(), "{:?}", well.unwrap());
}

#[test]
fn releases_that_are_throttled_for_a_while_are_made_later_and_nothing_is_left() {
    let bed = Bed::of(&[REGION]);
    let slow = Limit {
        capacity: 1.0,
        refill: 1.0 / 90.0,
    };
    bed.in_world(|world| world.limit("ReleaseAddress", slow));
    bed.start_until_it_ends(&settings());
    let curve = bed.curve();
    assert!(curve.clean && curve.complete, "{:?}", curve.regions);
    assert_eq!(bed.left_of_the_run(), 0);
    is_true(&bed).unwrap();
}

/// One copy of the file is at its first trial, and holds an address. The other one is as it was before.
#[test]
fn two_copies_of_one_run_file_release_nothing_of_each_other() {
    let bed = Bed::of(&[REGION]);
    bed.plan(&[(0, Fault::KilledBeforeSend)]);
    assert!(bed.start(&settings()));
    let copy = bed.run();
    bed.in_world(|world| world.advance(Duration::seconds(1)));
    bed.plan(&[(3, Fault::KilledBeforeSend)]);
    assert!(bed.start(&settings()), "it holds an address now");
    let (original, held) = (bed.run(), bed.in_world(allocations_of_the_run));
    assert_eq!(held.len(), 1);
    bed.plan(&[]);
    bed.in_world(|world| world.advance(Duration::seconds(1)));
    bed.keep(copy);
    bed.start_until_it_ends(&settings());
    assert_eq!(bed.run().regions[REGION].stopped, Some(Stop::AnotherCopy));
    assert_eq!(bed.in_world(allocations_of_the_run), held);
    assert!(!bed.curve().clean);
    bed.keep(original);
    bed.start_until_it_ends(&settings());
    assert!(bed.curve().clean && bed.curve().complete);
    assert_eq!(bed.left_of_the_run(), 0);
}

#[test]
fn what_ec2_does_not_release_is_told_with_its_answer_and_not_tried_for_ever() {
    let bed = Bed::of(&[REGION]);
    // Before the release, while the look has shown the address unused.
    bed.intrude(3, |world| {
        for allocation in allocations_of_the_run(world) {
            world.lock_address(&allocation);
        }
    });
    bed.start_until_it_ends(&settings());
    let region = &bed.curve().regions[0];
    assert_eq!(bed.left_of_the_run(), 1);
    assert!(
        region.unreleased[0]
            .answer
            .contains("InvalidAddress.Locked"),
        "{region:?}"
    );
    assert!(!region.clean && region.left.is_empty(), "{region:?}");
    let releases = bed
        .calls()
        .into_iter()
        .filter(|it| *it == "ec2:ReleaseAddress");
    assert!(releases.count() < 8);
}

//! What the drill does where EC2, or its own caution, says no.

use super::bed::{Bed, REGION, allocate_by_hand, settings};
use crate::drill::run::Stop;
use crate::drill::settings::Settings;
use crate::drill::trial::{Outcome, VoidReason};

fn stopped(bed: &Bed) -> Option<Stop> {
    bed.run().regions[REGION].stopped.clone()
}

#[test]
fn the_last_free_places_of_a_quota_are_not_used() {
    let bed = Bed::of(&[REGION]);
    bed.in_world(|world| (0..4).for_each(|_| drop(allocate_by_hand(world, Vec::new()))));
    bed.start_until_it_ends(&settings());
    assert_eq!(stopped(&bed), Some(Stop::QuotaFull { free: 1 }));
    assert!(!bed.calls().contains(&"ec2:AllocateAddress"));
    assert!(bed.curve().clean);
}

#[test]
fn as_many_places_stay_free_as_the_operator_says() {
    let bed = Bed::of(&[REGION]);
    bed.in_world(|world| drop(allocate_by_hand(world, Vec::new())));
    let three = Settings {
        keep_free: 3,
        ..settings()
    };
    bed.start_until_it_ends(&three);
    assert!(bed.curve().complete);
    bed.in_world(|world| drop(allocate_by_hand(world, Vec::new())));
    let bed = Bed::of(&[REGION]);
    bed.in_world(|world| (0..2).for_each(|_| drop(allocate_by_hand(world, Vec::new()))));
    bed.start_until_it_ends(&three);
    assert_eq!(stopped(&bed), Some(Stop::QuotaFull { free: 3 }));
}

#[test]
fn a_quota_that_nobody_knows_is_no_room() {
    let bed = Bed::of(&[REGION]);
    bed.in_world(|world| world.settings().address_quota = 0);
    bed.start_until_it_ends(&settings());
    assert_eq!(stopped(&bed), Some(Stop::QuotaFull { free: 0 }));
}

#[test]
fn a_quota_that_fills_up_during_the_wait_voids_the_trial_and_takes_no_place() {
    let bed = Bed::of(&[REGION]);
    // Before the third call: the address of the first trial is held, and the rest of the quota fills up.
    bed.intrude(4, |world| {
        (0..4).for_each(|_| drop(allocate_by_hand(world, Vec::new())));
    });
    bed.start_until_it_ends(&Settings {
        waits: vec!["1h".parse().unwrap()],
        ..settings()
    });
    assert_eq!(
        bed.curve().regions[0].void.get(&VoidReason::QuotaFull),
        Some(&1)
    );
    assert_eq!(bed.left_of_the_run(), 0);
}

#[test]
fn a_denied_allocation_stops_the_region_and_leaves_it_clean() {
    let bed = Bed::of(&[REGION]);
    bed.in_world(|world| world.deny("*", "ec2:AllocateAddress"));
    bed.start_until_it_ends(&settings());
    assert!(
        matches!(stopped(&bed), Some(Stop::Denied { answer }) if answer.contains("UnauthorizedOperation"))
    );
    assert!(bed.curve().clean);
}

#[test]
fn a_denied_release_is_told_and_a_second_start_releases() {
    let bed = Bed::of(&[REGION]);
    bed.in_world(|world| world.deny("*", "ec2:ReleaseAddress"));
    bed.start_until_it_ends(&settings());
    assert!(matches!(stopped(&bed), Some(Stop::Stuck { .. })));
    assert_eq!((bed.curve().clean, bed.left_of_the_run()), (false, 1));
    bed.in_world(ec2_sim::World::allow_all);
    bed.start_until_it_ends(&settings());
    assert_eq!((bed.curve().clean, bed.left_of_the_run()), (true, 0));
}

#[test]
fn another_address_than_the_one_that_was_asked_for_is_given_back_and_counts_for_nothing() {
    let bed = Bed::of(&[REGION]);
    bed.in_world(|world| world.settings().gives_another_address = true);
    bed.start_until_it_ends(&settings());
    assert_eq!(stopped(&bed), Some(Stop::TooManyVoid));
    assert!(bed.outcomes().iter().all(|outcome| matches!(
        outcome,
        Outcome::Void {
            reason: VoidReason::WrongAddress
        }
    )));
    assert_eq!(bed.left_of_the_run(), 0);
}

#[test]
fn a_region_that_does_not_answer_is_given_up_after_some_time_and_the_others_go_on() {
    let bed = Bed::of(&["eu-west-1", REGION]);
    bed.in_world(|world| {
        world.limit(
            "DescribeAddresses",
            ec2_sim::throttle::Limit {
                capacity: 0.0,
                refill: 0.0,
            },
        );
    });
    bed.start_until_it_ends(&settings());
    assert!(matches!(stopped(&bed), Some(Stop::Stuck { .. })));
    let there = bed
        .curve()
        .regions
        .into_iter()
        .find(|region| region.region == "eu-west-1");
    assert!(there.unwrap().clean);
}

#[test]
fn an_address_that_somebody_protects_meanwhile_is_left_to_them() {
    let bed = Bed::of(&[REGION]);
    // Before the look that stands before the release.
    bed.intrude(2, |world| {
        use ec2_sim::api::{Caller, CreateTags, Request, Tag};
        let tags = CreateTags {
            resources: super::explorer::allocations_of_the_run(world),
            tags: vec![Tag::new("holdfast:protect", "reclaim")],
        };
        let caller = Caller::user(ec2_sim::world::ACCOUNT, "somebody");
        world
            .call(&caller, &Request::CreateTags(tags), false)
            .unwrap();
    });
    bed.start_until_it_ends(&settings());
    assert_eq!(bed.left_of_the_run(), 1);
    assert_eq!(bed.curve().regions[0].left.len(), 1);
}

#[test]
fn releases_that_are_throttled_for_ever_end_the_run_though_each_look_succeeds() {
    let bed = Bed::of(&[REGION]);
    let none = ec2_sim::throttle::Limit {
        capacity: 0.0,
        refill: 0.0,
    };
    bed.in_world(|world| world.limit("ReleaseAddress", none));
    bed.start_until_it_ends(&settings());
    assert!(matches!(stopped(&bed), Some(Stop::Stuck { .. })));
    let releases = bed
        .calls()
        .iter()
        .filter(|name| **name == "ec2:ReleaseAddress")
        .count();
    assert_eq!(releases, 20);
}

#[test]
fn a_run_that_a_person_has_ended_stays_ended_and_is_clean() {
    use super::bed::Fault;
    let bed = Bed::of(&[REGION]);
    bed.plan(&[(2, Fault::KilledBeforeSend)]);
    assert!(bed.start(&settings()), "it holds an address now");
    let mut run = bed.run();
    run.end();
    bed.keep(run);
    bed.start_until_it_ends(&settings());
    assert_eq!((bed.left_of_the_run(), bed.curve().clean), (0, true));
    assert_eq!(stopped(&bed), Some(Stop::Ended));
    let allocated = bed
        .calls()
        .iter()
        .filter(|name| **name == "ec2:AllocateAddress")
        .count();
    assert_eq!(allocated, 1, "nothing begins any more");
}

//! Drills on the simulated clock: the experiment of 2018, and what a curve shows.

use super::bed::{Bed, settings};
use crate::drill::settings::Settings;
use crate::drill::trial::Outcome;
use ec2_sim::Share;
use time::Duration;

/// As many as had a name in 2018.
const REGIONS: [&str; 17] = [
    "ap-east-1",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];

/// An hour of waiting, each hour, for a day.
fn a_day() -> Settings {
    Settings {
        waits: vec!["1h".parse().unwrap()],
        trials: 24,
        per_hour: 1,
        ..settings()
    }
}

fn lost_in_a_day(per_million: u32, seed: u64) -> (u32, f64, f64) {
    let bed = Bed::of(&REGIONS);
    bed.in_every_world(|number, world| {
        world.settings().released_taken_after = Some(Duration::minutes(30));
        let seed = seed.wrapping_mul(1_000).wrapping_add(number as u64);
        world.settings().released_taken_share = Some(Share { per_million, seed });
    });
    bed.start_until_it_ends(&a_day());
    assert_eq!(bed.left_of_the_run(), 0);
    let curve = bed.curve();
    let all = curve
        .points
        .iter()
        .find(|point| point.is_over_all())
        .unwrap();
    assert_eq!(all.trials, 408);
    (all.lost, all.lost_low.unwrap(), all.lost_high.unwrap())
}

/// "Exactly one address in all that time could not be had again": 0.25 % of 17 regions and 24 rounds.
#[test]
fn a_day_of_drills_finds_the_loss_rate_of_2018_within_its_interval() {
    let days: Vec<(u32, f64, f64)> = (1..=10).map(|seed| lost_in_a_day(2_500, seed)).collect();
    println!("{days:?}");
    let inside = days
        .iter()
        .filter(|(_, low, high)| (*low..=*high).contains(&0.0025))
        .count();
    // 95 % of the intervals hold the true rate; of ten, one may miss it.
    assert!(inside >= 9, "{days:?}");
    let total: u32 = days.iter().map(|(lost, ..)| lost).sum();
    assert!(
        (3..=20).contains(&total),
        "{total} lost in ten days, where some ten are expected"
    );
    assert!(
        days.iter().any(|(lost, ..)| *lost == 1),
        "no day like that of 2018: {days:?}"
    );
}

#[test]
fn a_day_takes_a_day_and_begins_one_trial_an_hour() {
    let bed = Bed::of(&["us-east-1"]);
    let begun = bed.in_world(|world| world.now());
    bed.start_until_it_ends(&a_day());
    let took = bed.in_world(|world| world.now()) - begun;
    // The last trial begins in the 24th hour and waits for one more.
    assert!(
        took >= Duration::hours(24) && took < Duration::hours(25),
        "{took}"
    );
    let allocated = bed
        .calls()
        .iter()
        .filter(|name| **name == "ec2:AllocateAddress")
        .count();
    assert_eq!(allocated, 48, "each trial takes an address twice");
}

#[test]
fn what_others_take_after_a_minute_comes_back_before_and_is_lost_after() {
    let bed = Bed::of(&["us-east-1"]);
    bed.in_world(|world| world.settings().released_taken_after = Some(Duration::minutes(1)));
    let waits = ["0s", "10s", "10m", "1h"]
        .map(|wait| wait.parse().unwrap())
        .to_vec();
    bed.start_until_it_ends(&Settings {
        waits,
        trials: 3,
        ..settings()
    });
    let lost: Vec<(String, u32, u32)> = bed
        .curve()
        .points
        .into_iter()
        .filter(|point| !point.is_over_all())
        .map(|point| (point.wait, point.trials, point.lost))
        .collect();
    let expected = [("0s", 0), ("10s", 0), ("10m", 3), ("1h", 3)];
    assert_eq!(
        lost,
        expected.map(|(wait, lost)| (wait.to_owned(), 3, lost))
    );
}

#[test]
fn an_address_that_comes_back_at_the_second_request_is_no_loss_and_is_told_apart() {
    let bed = Bed::of(&["us-east-1"]);
    bed.in_world(|world| world.settings().released_unavailable_for = Duration::seconds(15));
    let waits = vec!["0s".parse().unwrap()];
    bed.start_until_it_ends(&Settings {
        waits,
        trials: 2,
        ..settings()
    });
    let point = bed.curve().points.remove(0);
    assert_eq!(
        (point.recovered, point.at_first_request, point.lost),
        (2, 0, 0)
    );
    assert!(
        bed.outcomes()
            .iter()
            .all(|outcome| matches!(outcome, Outcome::Recovered { answers: 2, .. }))
    );
}

#[test]
fn a_run_that_was_not_running_at_its_time_counts_nothing_under_that_wait() {
    use super::bed::Fault;
    let bed = Bed::of(&["us-east-1"]);
    let waits = vec!["10s".parse().unwrap()];
    let settings = Settings {
        waits,
        ..settings()
    };
    // The calls until the wait: room, allocate, look, release. After it the room is counted again, and then comes the request.
    bed.plan(&[(5, Fault::KilledBeforeSend)]);
    assert!(bed.start(&settings));
    assert_eq!(
        bed.calls()[4..6],
        ["ec2:DescribeAddresses", "ec2:AllocateAddress"]
    );
    bed.in_world(|world| world.advance(Duration::hours(3)));
    bed.start_until_it_ends(&settings);
    let point = bed.curve().points.remove(0);
    assert_eq!(
        (point.trials, point.recovered),
        (1, 1),
        "another trial takes its place"
    );
    assert_eq!(bed.curve().regions[0].void.values().sum::<usize>(), 1);
}

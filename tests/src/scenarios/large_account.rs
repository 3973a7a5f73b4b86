//! An account of real size around a scenario, and what a run in it takes.

use crate::client::TestBed;
use crate::explorer::Run;
use ec2_sim::throttle::Limit;
use ec2_sim::{Crowd, World};
use holdfast::error::Error;
use holdfast::report::Report;
use std::collections::BTreeMap;
use std::sync::Arc;
use time::Duration;

/// How long a call takes, there and back.
pub const ROUND_TRIP: Duration = Duration::milliseconds(40);

/// How long CloudWatch takes for a page of alarms.
pub const PAGE: Duration = Duration::milliseconds(300);

/// CloudWatch lets an account describe its alarms 9 times a second.
const ALARM_READS: Limit = Limit {
    capacity: 9.0,
    refill: 9.0,
};

/// What a run took.
#[derive(Debug)]
pub struct Taken {
    /// How it ended.
    pub end: Result<Report, Error>,
    /// How long it was at work, on the simulator's clock.
    pub time: Duration,
    /// Its calls, by name.
    pub calls: BTreeMap<&'static str, usize>,
}

impl Taken {
    /// How many calls it made.
    #[must_use]
    pub fn call_count(&self) -> usize {
        self.calls.values().sum()
    }
}

/// Puts others' things into a world, and lets CloudWatch be as it is; the ids of their instances.
pub fn add_crowd(world: &mut World, crowd: Crowd) -> Vec<String> {
    world.settings().address_quota += usize::try_from(crowd.addresses).unwrap_or(usize::MAX);
    let others = world.add_crowd(crowd).expect("there is room for them");
    world.limit("DescribeAlarms", ALARM_READS);
    others
}

/// From here on, calls take their time.
pub fn take_time(bed: &TestBed) {
    bed.slow_down("DescribeAlarms", PAGE);
    bed.use_round_trip(ROUND_TRIP);
}

/// Runs one function alone, in an account where calls take their time.
pub fn taken(bed: &Arc<TestBed>, run: Run<'static>) -> Taken {
    take_time(bed);
    let (began_at, before) = (bed.world().now(), bed.faults.passed().len());
    let mut ends = bed.drive(vec![run]).expect("the run ends");
    let mut calls = BTreeMap::new();
    for name in bed.faults.names().into_iter().skip(before) {
        *calls.entry(name).or_insert(0) += 1;
    }
    Taken {
        end: ends.remove(0),
        time: bed.world().now() - began_at,
        calls,
    }
}

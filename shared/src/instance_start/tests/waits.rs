//! An instance that has to look more than once: when it takes what, how long it waits, and what it says.

use super::ec2::of;
use super::*;
use crate::error::Error;
use crate::report::Outcome;

#[test]
fn what_another_instance_does_not_take_is_taken_at_the_second_look() {
    let looks = |instance| {
        let ec2 = seen().address(1, &[]).running(1).running(2).ec2();
        let report = ec2.starts(instance).unwrap();
        assert_eq!(report.outcome, Outcome::Associated);
        of(&report).looks
    };
    let mut looks = [looks(1), looks(2)];
    looks.sort_unstable();
    assert_eq!(looks, [1, 2]);
}

#[test]
fn who_was_pending_once_and_is_too_late_since_says_that_it_is_too_late() {
    let seen = seen().address(1, &[]).in_state(1, InstanceState::Pending);
    let pending = |_: &mut Observed| ();
    let runs = |seen: &mut Observed| seen.instances[0].state = InstanceState::Running;
    let late = ["Resource.AlreadyAssociated"; 16];
    let ec2 = seen.ec2().before("DescribeInstances", pending);
    let ec2 = ec2.before("DescribeInstances", runs);
    let end = ec2.answers("AssociateAddress", &late).starts(1);
    let failed = end.unwrap_err();
    assert!(
        matches!(failed.without_report(), Error::OutOfTime { what } if what.ends_with("faster in 16 attempts")),
        "{failed}"
    );
    let report = failed.report().unwrap();
    assert_eq!(of(report).attempts, 16);
}

#[test]
fn however_long_it_waits_it_looks_again_every_few_seconds() {
    let seen = seen().address_on(1, 2, &[]).running(2).running(1);
    let ec2 = seen.set("HOLDFAST_POOL_WAIT_SECONDS", "840").ec2();
    let ec2 = ec2.runs_for(900_000);
    assert_eq!(ec2.starts(1).unwrap().outcome, Outcome::NoFreeAddress);
    let waits = ec2.waits();
    assert!(waits.iter().all(|&wait| wait <= 7_500), "{waits:?}");
    assert!(waits.iter().sum::<u64>() > 830_000, "{waits:?}");
}

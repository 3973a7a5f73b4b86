//! One instance that starts, from the first look to the report.

use super::ec2::{Ec2, of};
use super::*;
use crate::error::{Error, chain};
use crate::report::{Outcome, Report};

const SLOTS: [(&str, &str); 1] = [("holdfast:slot", "a,b")];
const SLOT_A: [(&str, &str); 1] = [("holdfast:slot", "a")];
const SLOT_B: [(&str, &str); 1] = [("holdfast:slot", "b")];

fn crowd(addresses: u8, instances: u8) -> Seen {
    let seen = (1..=addresses).fold(seen(), |seen, number| seen.address(number, &[]));
    (1..=instances).fold(seen, Seen::running)
}

/// An instance that asks for the addresses of two slots.
fn of_two_slots() -> Seen {
    let seen = seen().address(1, &SLOT_A).address(2, &SLOT_B);
    seen.instance(1, InstanceState::Running, 2, &SLOTS)
}

/// Addresses in a report, in order.
fn told(report: &Report) -> Vec<Ipv4Addr> {
    let mut ips: Vec<_> = of(report).placed.iter().map(|placed| placed.ip).collect();
    ips.sort_unstable();
    ips
}

fn out_of_time(end: Result<Report, Error>) -> String {
    match end.unwrap_err().into_parts() {
        (Error::OutOfTime { what }, Some(_)) => what,
        other => panic!("{other:?}"),
    }
}

#[test]
fn it_gets_its_address_at_the_first_look() {
    let ec2 = crowd(1, 1).ec2();
    let report = ec2.starts(1).unwrap();
    assert_eq!(report.outcome, Outcome::Associated);
    assert_eq!(
        (of(&report).looks, of(&report).attempts, of(&report).lacking),
        (1, 1, 0)
    );
    assert_eq!(ec2.holders(), [Some(id(1))]);
    assert_eq!(of(&report).group.as_deref(), Some("web"));
}

#[test]
fn one_that_has_its_address_is_told_to_have_it_and_nothing_is_called() {
    let ec2 = seen().address_on(1, 1, &[]).running(1).ec2();
    let report = ec2.starts(1).unwrap();
    assert_eq!(
        (report.outcome, told(&report)),
        (Outcome::AlreadyPlaced, vec![ip(1)])
    );
    assert_eq!(ec2.changes(), Vec::<String>::new());
}

#[test]
fn one_that_ec2_shows_as_pending_is_looked_at_again() {
    let seen = seen().address(1, &[]).in_state(1, InstanceState::Pending);
    let pending = |_: &mut Observed| ();
    let runs = |seen: &mut Observed| seen.instances[0].state = InstanceState::Running;
    let ec2 = seen.ec2().before("DescribeInstances", pending);
    let report = ec2.before("DescribeInstances", runs).starts(1).unwrap();
    assert_eq!(
        (report.outcome, of(&report).looks),
        (Outcome::Associated, 2)
    );
}

#[test]
fn one_that_never_runs_is_left_to_the_next_delivery_which_is_told_why() {
    let seen = seen().address(1, &[]).in_state(1, InstanceState::Pending);
    let what = out_of_time(seen.ec2().starts(1));
    assert!(what.contains("EC2 shows i-01 as pending"), "{what}");
}

#[test]
fn whoever_is_always_too_late_tries_sixteen_times_and_says_so() {
    let ec2 = crowd(1, 1).ec2().runs_for(600_000);
    let ec2 = ec2.answers("AssociateAddress", &["Resource.AlreadyAssociated"; 20]);
    let what = out_of_time(ec2.starts(1));
    assert!(
        what.contains("somebody was faster in 16 attempts"),
        "{what}"
    );
    assert_eq!(ec2.count("AssociateAddress"), 16);
}

#[test]
fn the_pauses_of_one_who_is_too_late_double_up_to_three_seconds() {
    let ec2 = crowd(1, 1).ec2().runs_for(600_000);
    let ec2 = ec2.answers("AssociateAddress", &["Resource.AlreadyAssociated"; 20]);
    let _ = ec2.starts(1);
    let waits = ec2.waits();
    assert_eq!(waits.len(), 15);
    for (number, wait) in (0_u32..).zip(waits) {
        let middle = (100 * 2_u64.pow(number)).min(3200);
        assert!(
            (middle / 2..=middle * 3 / 2).contains(&wait),
            "{number}: {wait}"
        );
    }
}

#[test]
fn the_pauses_differ_from_instance_to_instance() {
    let waits = |instance: u8| {
        let ec2 = crowd(8, 8).ec2().runs_for(600_000);
        let ec2 = ec2.answers("AssociateAddress", &["Resource.AlreadyAssociated"; 20]);
        let _ = ec2.starts(instance);
        ec2.waits()
    };
    let all: BTreeSet<Vec<u64>> = (1..=8).map(waits).collect();
    assert_eq!(all.len(), 8);
}

#[test]
fn no_round_is_begun_in_the_last_two_seconds() {
    let ec2 = crowd(1, 1).ec2().runs_for(2100);
    let ec2 = ec2.answers("AssociateAddress", &["Resource.AlreadyAssociated"; 20]);
    let _ = ec2.starts(1);
    let waited: u64 = ec2.waits().iter().sum();
    assert!(waited <= 100, "{waited}");
    let ec2 = crowd(1, 1).ec2().runs_for(4000);
    let ec2 = ec2.answers("AssociateAddress", &["Resource.AlreadyAssociated"; 20]);
    let _ = ec2.starts(1);
    let waited: u64 = ec2.waits().iter().sum();
    assert!((500..=2000).contains(&waited), "{waited}");
}

/// An instance that finds every address of its group in use.
fn without(wait: &str) -> Ec2 {
    let seen = seen().address_on(1, 2, &[]).running(1).running(2);
    seen.set("HOLDFAST_POOL_WAIT_SECONDS", wait).ec2()
}

#[test]
fn it_waits_as_long_as_it_is_told_to_for_an_address_to_become_free() {
    for wait in [0_u64, 10, 30] {
        let ec2 = without(&wait.to_string());
        let report = ec2.starts(1).unwrap();
        assert_eq!(
            (report.outcome, of(&report).lacking),
            (Outcome::NoFreeAddress, 1)
        );
        let waited: u64 = ec2.waits().iter().sum();
        assert!(
            waited <= wait * 1000 && waited + 7500 >= wait * 1000,
            "{waited}"
        );
        assert_eq!(u64::from(of(&report).looks), ec2.waits().len() as u64 + 1);
    }
}

#[test]
fn the_waits_for_an_address_grow_up_to_five_seconds() {
    let ec2 = without("55");
    ec2.starts(1).unwrap();
    for (looks, wait) in (1_u32..).zip(ec2.waits()) {
        let middle = (1000 * 2_u64.pow(looks / 2)).min(5000);
        assert!(
            (middle / 2..=middle * 3 / 2).contains(&wait),
            "{looks}: {wait}"
        );
    }
    assert!(ec2.waits().iter().max() > Some(&4000));
}

#[test]
fn it_waits_no_longer_than_lambda_lets_it() {
    let ec2 = without("100").runs_for(20_000);
    assert_eq!(ec2.starts(1).unwrap().outcome, Outcome::NoFreeAddress);
    let waited: u64 = ec2.waits().iter().sum();
    assert!(waited <= 18_000, "{waited}");
}

#[test]
fn an_address_that_becomes_free_while_it_waits_is_its_own() {
    let freed = |seen: &mut Observed| seen.addresses[0].association = None;
    let ec2 = without("30").before("DescribeAddresses", |_| ());
    let report = ec2.before("DescribeAddresses", freed).starts(1).unwrap();
    assert_eq!(
        (report.outcome, told(&report)),
        (Outcome::Associated, vec![ip(1)])
    );
}

#[test]
fn after_three_refusals_the_fault_is_the_instances_own() {
    let ec2 = crowd(5, 1).ec2();
    let ec2 = ec2.answers("AssociateAddress", &["Gateway.NotAttached"; 5]);
    let report = ec2.starts(1).unwrap();
    assert_eq!(report.outcome, Outcome::NotPlaced);
    assert_eq!(ec2.count("AssociateAddress"), 3);
    let tried: BTreeSet<String> = ec2.changes().into_iter().collect();
    assert_eq!(tried.len(), 3, "another address each time");
    assert!(
        report
            .findings
            .iter()
            .any(|it| it.why.contains("Gateway.NotAttached"))
    );
}

#[test]
fn an_address_that_ec2_refuses_is_no_reason_to_go_without() {
    let ec2 = crowd(3, 1).ec2();
    let ec2 = ec2.answers("AssociateAddress", &["IncorrectInstanceState"; 2]);
    let report = ec2.starts(1).unwrap();
    assert_eq!(
        (report.outcome, of(&report).attempts),
        (Outcome::Associated, 3)
    );
}

#[test]
fn where_the_only_address_is_refused_it_is_not_placed() {
    let ec2 = crowd(1, 1).ec2();
    let ec2 = ec2.answers("AssociateAddress", &["IncorrectInstanceState"]);
    let report = ec2.starts(1).unwrap();
    assert_eq!(
        (report.outcome, of(&report).lacking),
        (Outcome::NotPlaced, 1)
    );
    assert_eq!(ec2.count("AssociateAddress"), 1);
}

#[test]
fn a_look_that_is_throttled_is_taken_again() {
    let ec2 = crowd(1, 1).ec2();
    let ec2 = ec2.answers("DescribeInstances", &["RequestLimitExceeded"; 3]);
    let report = ec2.starts(1).unwrap();
    assert_eq!(
        (report.outcome, of(&report).looks),
        (Outcome::Associated, 4)
    );
}

#[test]
fn where_no_look_succeeds_the_event_comes_again() {
    let ec2 = crowd(1, 1).ec2();
    let ec2 = ec2.answers("DescribeInstances", &["RequestLimitExceeded"; 99]);
    let failed = ec2.starts(1).unwrap_err();
    assert_eq!(failed.name(), "Holdfast.Unfinished");
    let told = chain(&failed);
    assert!(told.contains("RequestLimitExceeded"), "{told}");
}

#[test]
fn an_answer_that_came_late_is_no_answer_that_is_missing() {
    let ec2 = crowd(1, 1)
        .ec2()
        .answers("DescribeInstances", &["InternalError"]);
    let ec2 = ec2.answers("AssociateAddress", &["Resource.AlreadyAssociated"; 99]);
    assert!(out_of_time(ec2.starts(1)).contains("somebody was faster"));
}

#[test]
fn a_call_without_an_answer_is_looked_into() {
    let ec2 = crowd(1, 1).ec2();
    let ec2 = ec2.answers("AssociateAddress", &["InternalError"]);
    let report = ec2.starts(1).unwrap();
    assert_eq!(
        (report.outcome, ec2.count("AssociateAddress")),
        (Outcome::Associated, 2)
    );
    let ec2 = crowd(1, 1).ec2();
    let ec2 = ec2.answers("AssociateAddress", &["InternalError"; 99]);
    assert_eq!(ec2.starts(1).unwrap_err().name(), "Holdfast.Unfinished");
}

#[test]
fn who_may_not_look_says_what_is_denied() {
    let ec2 = crowd(1, 1).ec2();
    let ec2 = ec2.answers("DescribeInstances", &["UnauthorizedOperation"]);
    let report = ec2.starts(1).unwrap();
    assert_eq!(report.outcome, Outcome::Denied);
    assert!(report.findings[0].why.contains("UnauthorizedOperation"));
}

#[test]
fn what_is_placed_beside_a_call_that_is_denied_is_told() {
    let seen = seen().address_on(1, 2, &SLOT_A).address(2, &SLOT_B);
    let seen = seen.in_state(2, InstanceState::Stopped);
    let ec2 = seen.instance(1, InstanceState::Running, 2, &SLOTS).ec2();
    let ec2 = ec2.answers("DisassociateAddress", &["UnauthorizedOperation"]);
    let report = ec2.starts(1).unwrap();
    assert_eq!(
        (report.outcome, told(&report)),
        (Outcome::Denied, vec![ip(2)])
    );
    assert_eq!(ec2.holders(), [Some(id(2)), Some(id(1))]);
}

#[test]
fn two_slots_are_served_in_one_round() {
    let ec2 = of_two_slots().ec2();
    let report = ec2.starts(1).unwrap();
    assert_eq!((told(&report), of(&report).looks), (vec![ip(1), ip(2)], 1));
}

#[test]
fn with_one_of_two_slots_served_it_goes_on_for_the_other() {
    let ec2 = of_two_slots().ec2();
    let ec2 = ec2.answers("AssociateAddress", &["", "Resource.AlreadyAssociated"]);
    let report = ec2.starts(1).unwrap();
    assert_eq!(
        (report.outcome, of(&report).looks),
        (Outcome::Associated, 2)
    );
    assert_eq!(ec2.holders(), [Some(id(1)), Some(id(1))]);
    assert_eq!(told(&report), [ip(1), ip(2)]);
}

#[test]
fn the_slot_that_nobody_can_serve_is_told_as_lacking() {
    let seen = seen()
        .address(1, &SLOT_A)
        .address_on(2, 2, &SLOT_B)
        .running(2);
    let ec2 = seen.instance(1, InstanceState::Running, 2, &SLOTS);
    let ec2 = ec2.set("HOLDFAST_POOL_WAIT_SECONDS", "0").ec2();
    let report = ec2.starts(1).unwrap();
    assert_eq!(
        (report.outcome, of(&report).lacking),
        (Outcome::NoFreeAddress, 1)
    );
    assert_eq!(told(&report), [ip(1)]);
}

#[test]
fn what_is_placed_is_not_placed_again_by_a_look_that_lags() {
    let ec2 = of_two_slots().ec2().lagging(3);
    let forgets = |seen: &mut Observed| seen.addresses[0].association = None;
    let ec2 = ec2.before("DescribeAddresses", |_| ());
    let ec2 = ec2.before("DescribeAddresses", forgets);
    let ec2 = ec2.answers("AssociateAddress", &["", "Resource.AlreadyAssociated"]);
    let report = ec2.starts(1).unwrap();
    assert_eq!(told(&report), [ip(1), ip(2)]);
    assert_eq!(ec2.count("AssociateAddress"), 3);
}

#[test]
fn what_ec2_showed_in_its_place_and_shows_no_more_is_placed_again() {
    let ec2 = of_two_slots().ec2();
    let freed = |seen: &mut Observed| seen.addresses[0].association = None;
    let ec2 = ec2.before("DescribeAddresses", |_| ());
    let ec2 = ec2.before("DescribeAddresses", freed);
    let ec2 = ec2.answers("AssociateAddress", &["", "Resource.AlreadyAssociated"]);
    let report = ec2.starts(1).unwrap();
    assert_eq!(told(&report), [ip(1), ip(2)]);
    assert_eq!(ec2.holders(), [Some(id(1)), Some(id(1))]);
}

#[test]
fn what_somebody_took_meanwhile_is_not_told_as_placed() {
    let ec2 = of_two_slots().set("HOLDFAST_POOL_WAIT_SECONDS", "0").ec2();
    let taken = |seen: &mut Observed| {
        seen.addresses[0].association = Some(Association {
            id: "eipassoc-theirs".parse().unwrap(),
            eni: Some("eni-09".parse().unwrap()),
            private_ip: Some(private_ip(9, 0)),
            instance: Some(id(9)),
        });
    };
    let ec2 = ec2.lagging(3).before("DescribeAddresses", |_| ());
    let ec2 = ec2.before("DescribeAddresses", taken);
    let ec2 = ec2.answers("AssociateAddress", &["", "Resource.AlreadyAssociated"]);
    let report = ec2.starts(1).unwrap();
    assert_eq!((told(&report), of(&report).lacking), (vec![ip(2)], 1));
}

#[test]
fn in_observe_mode_it_says_what_it_would_get_and_calls_nothing() {
    let ec2 = of_two_slots().set("HOLDFAST_MODE", "observe").ec2();
    let report = ec2.starts(1).unwrap();
    assert_eq!(
        (report.outcome, told(&report)),
        (Outcome::WouldAssociate, vec![ip(1), ip(2)])
    );
    assert_eq!(of(&report).attempts, 0);
    assert!(
        of(&report)
            .placed
            .iter()
            .all(|placed| placed.association.id.is_none())
    );
    assert!(
        report.summary.contains("in `enforce` mode i-01 would get"),
        "{}",
        report.summary
    );
    assert_eq!(
        (ec2.changes(), ec2.count("DescribeAddress ")),
        (Vec::new(), 0)
    );
}

#[test]
fn in_observe_mode_one_that_has_its_address_is_told_to_have_it() {
    let ec2 = seen().address_on(1, 1, &[]).running(1);
    let report = ec2.set("HOLDFAST_MODE", "observe").ec2().starts(1).unwrap();
    assert_eq!(
        (report.outcome, told(&report)),
        (Outcome::AlreadyPlaced, vec![ip(1)])
    );
}

#[test]
fn in_observe_mode_it_would_take_at_the_second_look_what_nobody_else_took() {
    for instance in 1..=4 {
        let seen = crowd(2, 4).set("HOLDFAST_MODE", "observe");
        let report = seen.ec2().starts(instance).unwrap();
        assert_eq!(report.outcome, Outcome::WouldAssociate);
        assert_eq!(told(&report).len(), 1);
    }
}

#[test]
fn a_finding_about_a_public_ip_that_is_lost_comes_only_when_it_is() {
    let auto_assigned = Ipv4Addr::new(198, 51, 100, 4);
    let lost = |mode: &str| {
        let seen = crowd(1, 1).shows(1, auto_assigned, true);
        let report = seen.set("HOLDFAST_MODE", mode).ec2().starts(1).unwrap();
        let about = |it: &&crate::report::Finding| it.what.contains("198.51.100.4");
        report.findings.iter().filter(about).count()
    };
    assert_eq!((lost("observe"), lost("enforce")), (0, 1));
}

//! Instances that Auto Scaling has: who is only warmed gets nothing, and who waits goes on.

use super::super::auto_scaling;
use super::ec2::of;
use super::*;
use crate::report::Outcome;

const WARMED: [&str; 3] = ["Warmed:Pending:Wait", "Warmed:Running", "Warmed:Hibernated"];
const DESCRIBE: &str = "DescribeAutoScalingInstances";

#[test]
fn an_instance_that_is_only_warmed_gets_no_address_and_the_report_says_what_comes() {
    for state in WARMED {
        let why = seen()
            .address(1, &[])
            .running(1)
            .in_auto_scaling(1, state)
            .left(1);
        assert!(
            why.contains(state) && why.contains("comes into service"),
            "{why}"
        );
    }
}

#[test]
fn one_that_is_on_standby_or_leaves_gets_none_either() {
    for state in [
        "Standby",
        "EnteringStandby",
        "Terminating:Wait",
        "Terminating:Retained",
    ] {
        let seen = seen().address(1, &[]).running(1).in_auto_scaling(1, state);
        assert!(seen.left(1).contains(state));
        assert_eq!(seen.waiting(), []);
    }
}

#[test]
fn one_that_is_set_aside_and_has_its_address_is_left_with_it() {
    let seen = seen()
        .address_on(1, 1, &[])
        .running(1)
        .in_auto_scaling(1, "Standby");
    assert_eq!(seen.plan(1).already_correct.len(), 1);
}

#[test]
fn who_serves_gets_what_is_free_though_a_warmed_one_runs_beside_it() {
    for number in 2..=9 {
        let seen = seen().address(number, &[]).running(1).running(2);
        let seen = seen
            .in_auto_scaling(1, "Warmed:Running")
            .in_auto_scaling(2, "Pending");
        assert_eq!(seen.step(2).ip, ip(number));
        assert_eq!(seen.waiting(), [(ip(number), id(2))]);
    }
}

#[test]
fn what_a_warmed_instance_has_goes_on_when_it_is_stopped() {
    let seen = seen()
        .address_on(1, 1, &[])
        .in_state(1, InstanceState::Stopped)
        .running(2);
    assert_eq!(seen.clone().stop(1), [], "a person may have stopped it");
    let warmed = seen
        .in_auto_scaling(1, "Warmed:Stopped")
        .in_auto_scaling(2, "InService");
    assert_eq!(warmed.stop(1), [(ip(1), id(2))]);
    assert_eq!(warmed.waiting(), [(ip(1), id(2))]);
}

#[test]
fn one_of_whom_nobody_knows_whether_it_serves_takes_what_is_free_and_nothing_from_others() {
    let unknown = |seen: Seen| seen.running(2).in_auto_scaling(2, "InServiceSoon");
    assert_eq!(unknown(seen().address(1, &[])).step(2).ip, ip(1));
    let held = || seen().address_on(1, 1, &[("holdfast:on-stop", "move")]);
    let held = || unknown(held().in_state(1, InstanceState::Stopped));
    assert_eq!(held().plan(2).steps, []);
    assert_eq!(held().looked_before().plan(2).steps, []);
    assert_eq!((held().stop(1), held().waiting()), (vec![], vec![]));
}

#[test]
fn auto_scaling_is_asked_once_and_only_of_its_own_that_lack_an_address() {
    let others = seen().address(1, &[]).running(1).ec2();
    others.starts(1).unwrap();
    assert_eq!(others.count(DESCRIBE), 0);
    let served = seen()
        .address_on(1, 1, &[])
        .running(1)
        .in_auto_scaling(1, "InService");
    let served = served.running(2).in_auto_scaling(2, "InService").ec2();
    served.starts(1).unwrap();
    assert_eq!(served.count(DESCRIBE), 0);
    let lacking = seen()
        .address(1, &[])
        .address_on(3, 3, &[])
        .running(1)
        .running(2);
    let lacking = lacking.running(3).in_auto_scaling(3, "InService");
    let lacking = lacking
        .in_auto_scaling(1, "InService")
        .in_auto_scaling(2, "InService")
        .ec2();
    lacking.starts(1).unwrap();
    let asked = format!("{DESCRIBE} i-01 i-02");
    let calls = lacking.calls();
    let calls: Vec<&String> = calls
        .iter()
        .filter(|call| call.starts_with(DESCRIBE))
        .collect();
    assert!(calls.iter().all(|call| **call == asked), "{calls:?}");
}

#[test]
fn one_that_starts_in_a_large_group_makes_one_call_of_auto_scaling() {
    let crowd = (1..=120).fold(seen().address(1, &[]), |seen, number| {
        seen.running(number).in_auto_scaling(number, "InService")
    });
    let asked = auto_scaling::asked_for_start(&crowd.observed, &id(110), &crowd.settings());
    assert!(asked.len() == 50 && asked.contains(&id(110)), "{asked:?}");
}

#[test]
fn an_answer_that_comes_late_is_waited_for_and_one_that_never_comes_is_told() {
    let warmed = || {
        seen()
            .address(1, &[])
            .running(1)
            .in_auto_scaling(1, "Warmed:Running")
            .ec2()
    };
    let late = warmed().answers(DESCRIBE, &["Throttling", "Throttling"]);
    let report = late.starts(1).unwrap();
    assert_eq!((report.outcome, late.changes()), (Outcome::Ignored, vec![]));
    for codes in [&["AccessDenied"][..], &["Throttling"; 3]] {
        let silent = warmed().answers(DESCRIBE, codes);
        let report = silent.starts(1).unwrap();
        assert_eq!(report.outcome, Outcome::Associated, "{codes:?}");
        assert!(report.findings[0].why.contains(codes[0]), "{report:?}");
    }
}

#[test]
fn a_state_that_is_not_known_is_told() {
    let soon = seen()
        .address(1, &[])
        .running(1)
        .in_auto_scaling(1, "InServiceSoon")
        .ec2();
    let report = soon.starts(1).unwrap();
    assert_eq!(report.outcome, Outcome::Associated);
    assert!(
        report.findings[0].what.contains("`InServiceSoon`"),
        "{report:?}"
    );
}

#[test]
fn an_address_that_stays_with_a_stopped_instance_while_another_lacks_one_is_told() {
    let stopped = seen()
        .address_on(1, 1, &[])
        .in_state(1, InstanceState::Stopped);
    let alone = stopped.clone().ec2().stops(1).unwrap();
    assert_eq!(alone.findings, []);
    let ec2 = stopped.running(2).ec2();
    let report = ec2.stops(1).unwrap();
    assert_eq!((report.outcome, ec2.changes()), (Outcome::Ignored, vec![]));
    let told = &report.findings[0];
    assert!(
        told.what.contains("stays with i-01") && told.what.contains("i-02 runs"),
        "{told:?}"
    );
    assert!(
        told.next.contains("Key=holdfast:on-stop,Value=move"),
        "{told:?}"
    );
    assert_eq!(of(&report).placed, []);
}

#[test]
fn one_that_gets_a_free_address_in_the_same_run_is_not_told_as_waiting() {
    let stopped = seen().address_on(1, 1, &[]).address(2, &[]);
    let ec2 = stopped.in_state(1, InstanceState::Stopped).running(2).ec2();
    let report = ec2.stops(1).unwrap();
    assert_eq!(report.outcome, Outcome::HandedOver);
    assert_eq!(report.findings, []);
}

#[test]
fn reconcile_gives_a_free_address_to_one_that_came_into_service_and_to_no_warmed_one() {
    let ec2 = seen().address(1, &[]).running(1).running(2);
    let ec2 = ec2
        .in_auto_scaling(1, "Warmed:Running")
        .in_auto_scaling(2, "InService")
        .ec2();
    ec2.sweep().unwrap();
    assert_eq!(ec2.holders(), [Some(id(2))]);
    let nobody = seen()
        .address(1, &[])
        .running(1)
        .in_auto_scaling(1, "Warmed:Running")
        .ec2();
    nobody.sweep().unwrap();
    assert_eq!(nobody.holders(), [None]);
}

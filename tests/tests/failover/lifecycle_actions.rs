//! An instance that Auto Scaling is about to end, or to put into a warm pool, hands on what it has while it runs. The hook
//! for which Auto Scaling waits is completed where a person has named it, and no other.

use ec2_sim::lifecycle_hooks::{ActionEnd, Destination};
use holdfast::report::{Outcome, Report};
use holdfast_tests::client::TestBed;
use holdfast_tests::explorer::{Scenario, explore, explore_singly};
use holdfast_tests::scenarios::failover::{
    FailoverFixture, changes, floating_address, floating_interface, floating_private_ip, why,
};
use serde_json::Value;
use std::sync::Arc;
use time::Duration;

const HOOKS: &str = "HOLDFAST_COMPLETE_LIFECYCLE_HOOKS";

/// The members are of the Auto Scaling group `web`, with these hooks; Holdfast may complete `drain`.
fn in_group(trio: FailoverFixture, hooks: &[&str]) -> FailoverFixture {
    let members = trio.members.clone();
    let trio = trio.set(HOOKS, "drain");
    trio.world(|world| {
        for member in &members {
            world.put_into_auto_scaling(member, "web", "InService");
        }
        for hook in hooks {
            world.put_lifecycle_hook("web", hook, Duration::hours(1));
        }
        world.take_events();
    })
}

/// Auto Scaling takes a member out of service: the event of each hook, in their order.
fn leaving(trio: FailoverFixture, member: usize, to: Destination) -> (FailoverFixture, Vec<Value>) {
    let id = trio.members[member].clone();
    let mut events = Vec::new();
    let trio = trio.world(|world| {
        world.scale_in(&id, to);
        events = world.take_events();
    });
    events.retain(|event| event["source"] == "aws.autoscaling");
    (trio, events)
}

/// The first member, which has it all, is about to end, and the hook `drain` waits for it.
fn ending(trio: FailoverFixture) -> (FailoverFixture, Value) {
    let (trio, mut events) = leaving(in_group(trio, &["drain"]), 0, Destination::Ec2);
    (trio, events.remove(0))
}

fn told(trio: &FailoverFixture, event: &Value) -> (Report, Arc<TestBed>) {
    let bed = trio.bed();
    let report = trio.told(&bed, event);
    assert_eq!(bed.broken(), Vec::<String>::new());
    (report, bed)
}

/// What became of each action.
fn ends(bed: &TestBed) -> Vec<&'static str> {
    let world = bed.world();
    let actions = world.lifecycle_actions().iter();
    let end = |end: &ActionEnd| match end {
        ActionEnd::Waiting => "waits",
        ActionEnd::TimedOut => "timed out",
        ActionEnd::Completed(by) if by.contains(":assumed-role/holdfast") => "completed",
        ActionEnd::Completed(_) => "completed by somebody else",
    };
    actions.map(|action| end(&action.end)).collect()
}

fn is_found(report: &Report, words: &str) -> bool {
    report.findings.iter().any(|it| it.what.contains(words))
}

#[test]
fn what_a_member_has_moves_before_it_ends_and_then_its_hook_is_completed() {
    for trio in [
        floating_interface(),
        floating_address(),
        floating_private_ip(),
    ] {
        let (trio, event) = ending(trio);
        let (report, bed) = told(&trio, &event);
        assert_eq!(report.outcome, Outcome::SwitchedOver, "{}", why(&report));
        assert!(
            report.summary.ends_with("is completed"),
            "{}",
            report.summary
        );
        assert_eq!(
            (trio.holder(&bed), ends(&bed)),
            (Some(1), vec!["completed"])
        );
    }
}

#[test]
fn a_member_that_returns_to_the_warm_pool_keeps_no_address() {
    let trio = in_group(floating_address(), &["drain"]);
    let (trio, events) = leaving(trio, 0, Destination::WarmPool);
    let (report, bed) = told(&trio, &events[0]);
    assert_eq!(report.outcome, Outcome::SwitchedOver, "{}", why(&report));
    assert_eq!(
        (trio.holder(&bed), ends(&bed)),
        (Some(1), vec!["completed"])
    );
}

#[test]
fn without_a_standby_nothing_moves_and_the_hooks_own_default_decides() {
    let (trio, event) = ending(floating_address().stopped(1).stopped(2));
    let (report, bed) = told(&trio, &event);
    assert_eq!(report.outcome, Outcome::Refused, "{}", why(&report));
    assert_eq!((trio.holder(&bed), ends(&bed)), (Some(0), vec!["waits"]));
    assert!(is_found(&report, "is not completed"), "{report:?}");
}

/// Whoever may invoke the function can send such an event.
#[test]
fn an_event_for_a_member_that_auto_scaling_has_in_service_moves_nothing() {
    let (_, event) = ending(floating_address());
    for state in ["InService", "Standby", "Pending:Wait"] {
        let trio = in_group(floating_address(), &["drain"]);
        let first = trio.members[0].clone();
        let trio = trio.world(|world| world.put_into_auto_scaling(&first, "web", state));
        let (report, bed) = told(&trio, &event);
        assert_eq!(
            (report.outcome, changes(&bed)),
            (Outcome::Recovered, vec![])
        );
        assert!(report.summary.contains(state), "{}", report.summary);
    }
    let trio = floating_address();
    let (report, bed) = told(&trio, &event);
    assert_eq!(
        (report.outcome, changes(&bed)),
        (Outcome::Recovered, vec![])
    );
}

#[test]
fn a_state_that_is_not_known_here_moves_nothing_and_is_a_finding() {
    let (trio, event) = ending(floating_address());
    let first = trio.members[0].clone();
    let trio = trio.world(|world| world.put_into_auto_scaling(&first, "web", "Quarantined"));
    let (report, bed) = told(&trio, &event);
    assert_eq!((report.outcome, changes(&bed)), (Outcome::Refused, vec![]));
    assert!(report.findings[0].why.contains("Quarantined"), "{report:?}");
}

#[test]
fn a_hook_that_nobody_named_is_never_completed() {
    for named in ["", "other", "db:drain"] {
        let (trio, event) = ending(floating_address());
        let (report, bed) = told(&trio.clone().set(HOOKS, named), &event);
        assert_eq!(report.outcome, Outcome::SwitchedOver, "{}", why(&report));
        assert_eq!((trio.holder(&bed), ends(&bed)), (Some(1), vec!["waits"]));
    }
    let (trio, event) = ending(floating_address());
    let (_, bed) = told(&trio.set(HOOKS, "other, web:drain"), &event);
    assert_eq!(ends(&bed), ["completed"]);
}

#[test]
fn another_teams_hook_on_the_same_instance_stays_theirs() {
    let trio = in_group(floating_address(), &["drain", "backup"]);
    let (trio, events) = leaving(trio, 0, Destination::Ec2);
    let bed = trio.bed();
    for event in &events {
        drop(trio.told(&bed, event));
    }
    assert_eq!(ends(&bed), ["completed", "waits"]);
    assert_eq!(changes(&bed).len(), 1, "the second event finds it done");
}

#[test]
fn a_second_delivery_finds_everything_done() {
    let (trio, event) = ending(floating_address());
    let (_, bed) = told(&trio, &event);
    let before = changes(&bed);
    let again = trio.told(&bed, &event);
    assert_eq!(again.outcome, Outcome::AlreadyMoved, "{}", again.summary);
    assert_eq!((changes(&bed), ends(&bed)), (before, vec!["completed"]));
}

#[test]
fn an_event_that_comes_after_the_hooks_time_completes_nothing() {
    let (trio, event) = ending(floating_address());
    let (just_after, later) = (trio.clone().after(3601), trio.after(7200));
    let (_, bed) = told(&just_after, &event);
    assert_eq!(ends(&bed), ["timed out"]);
    let (report, bed) = told(&later, &event);
    assert_eq!(
        (report.outcome, changes(&bed)),
        (Outcome::Recovered, vec![])
    );
    assert_eq!(ends(&bed), ["timed out"]);
}

#[test]
fn a_member_that_holds_nothing_is_let_go_at_once_and_one_of_no_group_is_not_ours() {
    let trio = in_group(floating_address(), &["drain"]);
    let (trio, events) = leaving(trio, 2, Destination::Ec2);
    let (report, bed) = told(&trio, &events[0]);
    assert_eq!(report.outcome, Outcome::AlreadyMoved, "{}", report.summary);
    assert_eq!((changes(&bed), ends(&bed)), (vec![], vec!["completed"]));
    let mut foreign = trio;
    let last = foreign.members[2].clone();
    holdfast_tests::scenarios::failover::untag_group(&mut foreign.world, &last);
    let (report, bed) = told(&foreign, &events[0]);
    assert_eq!(
        (report.outcome, ends(&bed)),
        (Outcome::Ignored, vec!["waits"])
    );
}

#[test]
fn where_completing_is_not_permitted_the_addresses_have_moved_and_a_person_is_told() {
    let (trio, event) = ending(floating_address());
    let trio = trio.world(|world| world.deny("*", "autoscaling:CompleteLifecycleAction"));
    let (report, bed) = told(&trio, &event);
    assert_eq!((trio.holder(&bed), ends(&bed)), (Some(1), vec!["waits"]));
    assert!(is_found(&report, "is not completed"), "{report:?}");
}

#[test]
fn without_auto_scalings_word_nothing_moves_and_the_event_comes_again() {
    let (trio, event) = ending(floating_address());
    let trio = trio.world(|world| world.deny("*", "autoscaling:DescribeAutoScalingInstances"));
    let bed = trio.bed();
    assert!(trio.try_told(&bed, &event).is_err());
    assert_eq!((changes(&bed), ends(&bed)), (vec![], vec!["waits"]));
}

#[test]
fn a_paused_group_and_observe_mode_move_nothing_and_complete_nothing() {
    let (trio, event) = ending(floating_address());
    let observing = trio.clone().set("HOLDFAST_MODE", "observe");
    let (report, bed) = told(&observing, &event);
    assert_eq!(report.outcome, Outcome::WouldFailOver, "{}", report.summary);
    assert_eq!((changes(&bed), ends(&bed)), (vec![], vec!["waits"]));
    let bed = trio.bed();
    let pause = serde_json::json!({"holdfast": "pause", "group": "web", "minutes": 60});
    drop(trio.told(&bed, &pause));
    let report = trio.told(&bed, &event);
    assert_eq!(report.outcome, Outcome::Paused, "{}", report.summary);
    assert_eq!((changes(&bed), ends(&bed)), (vec![], vec!["waits"]));
}

#[test]
fn observe_mode_completes_nothing_for_a_member_that_holds_nothing_either() {
    let trio = in_group(floating_address(), &["drain"]);
    let (trio, events) = leaving(trio, 2, Destination::Ec2);
    let (report, bed) = told(&trio.set("HOLDFAST_MODE", "observe"), &events[0]);
    assert_eq!((changes(&bed), ends(&bed)), (vec![], vec!["waits"]));
    assert!(report.summary.contains("would"), "{}", report.summary);
}

/// EC2 Auto Scaling refuses it then, and whoever reads its trail would look for a fault.
#[test]
fn an_action_that_nobody_waits_for_any_more_is_not_even_asked_for() {
    let (trio, event) = ending(floating_address());
    let (report, bed) = told(&trio.after(3601), &event);
    assert_eq!(ends(&bed), ["timed out"]);
    let asked = bed.faults.names();
    assert!(!asked.contains(&"CompleteLifecycleAction"), "{report:?}");
}

#[test]
fn a_sweep_leaves_a_holder_alone_that_auto_scaling_has_in_service() {
    for state in ["InService", "Standby", "Warmed:Running", "Quarantined"] {
        let trio = in_group(floating_address(), &["drain"]);
        let first = trio.members[0].clone();
        let trio = trio.world(|world| world.put_into_auto_scaling(&first, "web", state));
        let bed = trio.bed();
        drop(trio.swept(&bed));
        let found = (trio.holder(&bed), changes(&bed));
        assert_eq!(found, (Some(0), vec![]), "{state}");
    }
}

#[test]
fn a_sweep_finds_a_member_whose_event_was_lost() {
    let (trio, _) = ending(floating_address());
    let bed = trio.bed();
    let report = trio.swept(&bed);
    assert_eq!(trio.holder(&bed), Some(1), "{report:?}");
    assert_eq!(ends(&bed), ["waits"], "no event named the action");
    assert_eq!(bed.broken(), Vec::<String>::new());
}

/// A member is about to end: in the end this member has the address, and the action has come to this.
fn scenario(
    (trio, event): (FailoverFixture, Value),
    name: &'static str,
    member: usize,
    end: &'static [&str],
) -> Scenario {
    trio.scenario(name, event, 1, move |trio, bed| {
        trio.must_be_with(bed, member)?;
        let is = ends(bed);
        (is == end).then_some(()).ok_or_else(|| format!("{is:?}"))
    })
}

fn explored(scenario: &Scenario) {
    let coverage = explore(scenario).unwrap_or_else(|history| panic!("{history}"));
    println!("{} calls, {} histories", coverage.calls, coverage.histories);
    assert!(coverage.histories > coverage.calls * 6);
}

/// One that differs in little from one that is explored with pairs of faults.
fn explored_singly(scenario: &Scenario) {
    let coverage = explore_singly(scenario).unwrap_or_else(|history| panic!("{history}"));
    println!("{} calls, {} histories", coverage.calls, coverage.histories);
    assert!(coverage.histories > coverage.calls * 2);
}

#[test]
fn a_member_that_is_about_to_end_hands_on_whatever_goes_wrong() {
    let ending = ending(floating_address());
    explored(&scenario(ending, "ending", 1, &["completed"]));
}

#[test]
fn a_hook_of_others_is_left_alone_whatever_goes_wrong() {
    let (trio, event) = ending(floating_address());
    let ours = (trio.set(HOOKS, "other"), event);
    explored_singly(&scenario(ours, "not named", 1, &["waits"]));
}

#[test]
fn without_a_standby_a_hook_is_not_completed_whatever_goes_wrong() {
    let alone = ending(floating_address().stopped(1).stopped(2));
    explored_singly(&scenario(alone, "alone", 0, &["waits"]));
}

#[test]
fn a_forged_event_moves_nothing_whatever_goes_wrong() {
    let (_, event) = ending(floating_address());
    let trio = in_group(floating_address(), &["drain"]);
    explored(&scenario((trio, event), "forged", 0, &[]));
}

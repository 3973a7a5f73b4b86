//! What an alarm may mean, and what else may come instead of one: composites, suppressions, alarms without an
//! instance, members that stop; and what a person may ask for.

use ec2_sim::alarms::{Alarm, AlarmState, Metric, Query};
use holdfast::report::Outcome;
use holdfast_tests::scenarios::failover::{
    alarm_of, changes, failed, failover_in, fired, floating_address, floating_interface,
    floating_private_ip, heal, plan, switchover, why,
};
use holdfast_tests::scenarios::placement::state_change;

#[test]
fn f26_a_stopped_member_fires_no_alarm_and_is_failed_over_all_the_same() {
    let trio = floating_interface().stopped(0);
    let bed = trio.bed();
    let report = trio.told(&bed, &state_change(&trio.members[0], "stopped"));
    assert_eq!(
        (report.outcome, trio.holder(&bed)),
        (Outcome::FailedOver, Some(1))
    );
}

#[test]
fn f26_the_interface_of_a_terminated_member_is_found_and_attached() {
    let trio = floating_interface().terminated(0);
    let bed = trio.bed();
    let report = trio.told(&bed, &state_change(&trio.members[0], "terminated"));
    assert_eq!(
        (report.outcome, trio.holder(&bed)),
        (Outcome::FailedOver, Some(1))
    );
}

#[test]
fn f26_a_member_that_runs_again_has_lost_nothing() {
    let trio = floating_interface();
    let bed = trio.bed();
    let report = trio.told(&bed, &state_change(&trio.members[0], "stopped"));
    assert_eq!(report.outcome, Outcome::Recovered);
    assert_eq!(changes(&bed), Vec::<&str>::new());
}

#[test]
fn f27_an_alarm_whose_actions_are_suppressed_moves_nothing() {
    let trio = floating_address();
    let bed = trio.bed();
    let name = alarm_of(&trio.members[0]);
    bed.world().suppress_alarm(&name, Some("WaitPeriod"));
    let event = fired(&mut bed.world(), &name);
    let report = trio.told(&bed, &event);
    assert_eq!(report.outcome, Outcome::Ignored);
    assert!(
        report.summary.contains("suppressed by WaitPeriod"),
        "{}",
        report.summary
    );
}

#[test]
fn f28_alarm_to_alarm_is_no_transition_unless_a_suppression_ended() {
    let trio = floating_address();
    let bed = trio.bed();
    let name = alarm_of(&trio.members[0]);
    bed.world().suppress_alarm(&name, Some("WaitPeriod"));
    drop(fired(&mut bed.world(), &name));
    bed.world().suppress_alarm(&name, None);
    let told = bed.world().take_events();
    let told = told.last().expect("it tells its state again");
    assert_eq!(told["detail"]["previousState"]["value"], "ALARM");
    assert_eq!(trio.told(&bed, told).outcome, Outcome::FailedOver);

    let mut again = told.clone();
    let before = again["detail"]["previousState"]
        .as_object_mut()
        .expect("it is an object");
    before.remove("actionsSuppressedBy");
    assert_eq!(trio.told(&bed, &again).outcome, Outcome::Ignored);
}

#[test]
fn f29_the_instance_of_a_metric_math_alarm_is_found() {
    let trio = floating_address();
    let first = trio.members[0].clone();
    let metric = Metric::of_instance("App", "Heartbeat", &first);
    let queries = vec![
        Query::Metric(metric),
        Query::Expression("FILL(m1, 0)".to_owned()),
    ];
    let trio = trio.world(|world| {
        world
            .put_alarm(Alarm::on_queries("beat", queries))
            .expect("it is good");
        world.set_alarm("beat", AlarmState::Ok);
    });
    let bed = trio.bed();
    let event = fired(&mut bed.world(), "beat");
    assert_eq!(trio.told(&bed, &event).outcome, Outcome::FailedOver);
}

#[test]
fn f29_the_instance_of_a_composite_is_found_through_its_children() {
    let trio = floating_address();
    let child = alarm_of(&trio.members[0]);
    let trio = trio.world(|world| {
        let inner = format!("ALARM(\"{child}\")");
        world
            .put_alarm(Alarm::composite("inner", &inner))
            .expect("it is good");
        world
            .put_alarm(Alarm::composite("outer", "ALARM(\"inner\")"))
            .expect("it is good");
    });
    let bed = trio.bed();
    let child = alarm_of(&trio.members[0]);
    bed.world().take_events();
    bed.world().set_alarm(&child, AlarmState::Alarm);
    let events = bed.world().take_events();
    let outer = events
        .iter()
        .rfind(|event| event["detail"]["alarmName"] == "outer");
    let report = trio.told(&bed, outer.expect("it follows its child"));
    assert_eq!(
        (report.outcome, trio.holder(&bed)),
        (Outcome::FailedOver, Some(1))
    );
}

#[test]
fn f29_the_instance_of_a_composite_that_says_not_ok_is_found() {
    let trio = floating_address();
    let child = alarm_of(&trio.members[0]);
    let rule = format!("NOT OK(\"{child}\")");
    let trio = trio.world(|world| {
        let put = world.put_alarm(Alarm::composite("outer", &rule));
        put.expect("it is good");
    });
    let bed = trio.bed();
    bed.world().take_events();
    bed.world().set_alarm(&child, AlarmState::Alarm);
    let events = bed.world().take_events();
    let outer = events
        .iter()
        .rfind(|event| event["detail"]["alarmName"] == "outer");
    let report = trio.told(&bed, outer.expect("it follows its child"));
    assert_eq!(report.outcome, Outcome::FailedOver);
}

#[test]
fn f30_an_alarm_without_an_instance_stands_for_the_holder_of_what_names_it() {
    let trio = floating_interface().tagged("holdfast:alarm", "web is slow, web is down");
    let trio = trio.world(|world| {
        let queries = vec![Query::Expression("SELECT MAX(Latency) FROM App".to_owned())];
        world
            .put_alarm(Alarm::on_queries("web is down", queries))
            .expect("it is good");
        world.set_alarm("web is down", AlarmState::Ok);
    });
    let bed = trio.bed();
    bed.give_up(&trio.members[0]);
    let event = fired(&mut bed.world(), "web is down");
    assert_eq!(trio.told(&bed, &event).outcome, Outcome::FailedOver);
    assert_eq!(trio.holder(&bed), Some(1));
    // The alarm goes on firing, and its event comes again: the new holder is not who it was about.
    let again = trio.told(&bed, &event);
    assert_eq!(
        (again.outcome, trio.holder(&bed)),
        (Outcome::AlreadyMoved, Some(1))
    );
    assert_eq!(bed.broken(), Vec::<String>::new());
}

#[test]
fn f30_an_alarm_without_an_instance_that_nothing_names_is_none_of_ours() {
    let trio = floating_address().world(|world| {
        let queries = vec![Query::Expression("SELECT MAX(Latency) FROM App".to_owned())];
        world
            .put_alarm(Alarm::on_queries("slow", queries))
            .expect("it is good");
    });
    let bed = trio.bed();
    let event = fired(&mut bed.world(), "slow");
    let report = trio.told(&bed, &event);
    assert_eq!(report.outcome, Outcome::Ignored);
    assert!(
        report.summary.contains("holdfast:alarm = slow"),
        "{}",
        report.summary
    );
}

#[test]
fn f30_an_alarm_that_names_a_group_with_several_holders_is_refused_with_what_to_do() {
    let mut trio = floating_address();
    trio.hold_another(1);
    let trio = trio.world(|world| {
        let queries = vec![Query::Expression("SELECT MAX(Latency) FROM App".to_owned())];
        let alarm = Alarm::on_queries("slow", queries).tagged("holdfast:group", "web");
        world.put_alarm(alarm).expect("it is good");
    });
    let bed = trio.bed();
    let event = fired(&mut bed.world(), "slow");
    let report = trio.told(&bed, &event);
    assert_eq!(report.outcome, Outcome::Refused);
    assert!(
        why(&report).contains("several members of web hold addresses"),
        "{}",
        why(&report)
    );
    assert!(report.findings[0].next.contains("holdfast:alarm"));
}

#[test]
fn f31_when_every_member_has_failed_nothing_is_touched() {
    let trio = floating_interface().failing(1).failing(2);
    let (trio, bed, event) = failed(trio);
    let report = trio.told(&bed, &event);
    assert_eq!(
        (report.outcome, trio.holder(&bed)),
        (Outcome::Refused, Some(0))
    );
    assert_eq!(changes(&bed), Vec::<&str>::new());
}

#[test]
fn f31_a_standby_for_which_an_alarm_fires_is_no_standby() {
    let trio = floating_address();
    let names = [alarm_of(&trio.members[1]), alarm_of(&trio.members[2])];
    let trio = trio.world(|world| {
        for name in &names {
            world.set_alarm(name, AlarmState::Alarm);
        }
    });
    let (trio, bed, event) = failed(trio);
    let report = trio.told(&bed, &event);
    assert_eq!(report.outcome, Outcome::Refused);
    assert!(
        why(&report).contains("-status fires for"),
        "{}",
        why(&report)
    );
}

#[test]
fn f31_no_alarm_moves_it_back_and_forth_within_the_cooldown() {
    let (trio, bed, event) = failed(floating_address());
    assert_eq!(trio.told(&bed, &event).outcome, Outcome::FailedOver);
    heal(&mut bed.world(), &trio.members[0]);
    let event = fired(&mut bed.world(), &alarm_of(&trio.members[1]));
    let report = trio.told(&bed, &event);
    assert_eq!(
        (report.outcome, trio.holder(&bed)),
        (Outcome::Refused, Some(1))
    );
    assert!(
        why(&report).contains("failed over a moment ago"),
        "{}",
        why(&report)
    );
    assert_eq!(trio.told(&bed, &event).outcome, Outcome::Refused);
    drop(trio.swept(&bed));
    assert_eq!(trio.holder(&bed), Some(1), "neither again nor by reconcile");
    bed.pass(std::time::Duration::from_mins(6));
    assert_eq!(trio.told(&bed, &event).outcome, Outcome::FailedOver);
}

#[test]
fn f32_a_member_that_comes_back_does_not_get_its_address_back_by_itself() {
    let (trio, bed, event) = failed(floating_address());
    assert_eq!(trio.told(&bed, &event).outcome, Outcome::FailedOver);
    heal(&mut bed.world(), &trio.members[0]);
    bed.pass(std::time::Duration::from_hours(5));
    drop(trio.swept(&bed));
    assert_eq!(trio.holder(&bed), Some(1));
}

#[test]
fn f33_alarm_names_are_compared_whole() {
    let trio = floating_address().tagged("holdfast:alarm", "web-11");
    let trio = trio.world(|world| {
        let queries = vec![Query::Expression("SELECT MAX(Latency) FROM App".to_owned())];
        world
            .put_alarm(Alarm::on_queries("web-1", queries))
            .expect("it is good");
    });
    let bed = trio.bed();
    let event = fired(&mut bed.world(), "web-1");
    assert_eq!(trio.told(&bed, &event).outcome, Outcome::Ignored);
}

#[test]
fn an_alarm_that_fires_no_more_moves_nothing() {
    let (trio, bed, event) = failed(floating_interface());
    heal(&mut bed.world(), &trio.members[0]);
    let report = trio.told(&bed, &event);
    assert_eq!(report.outcome, Outcome::Recovered);
    assert_eq!(changes(&bed), Vec::<&str>::new());
}

#[test]
fn an_event_that_is_too_old_is_ignored_with_its_limit() {
    let (trio, bed, event) = failed(floating_address());
    bed.pass(std::time::Duration::from_hours(1));
    let report = trio.told(&bed, &event);
    assert_eq!(report.outcome, Outcome::Ignored);
    assert!(
        report.summary.contains("HOLDFAST_ALARM_MAX_AGE_SECONDS"),
        "{}",
        report.summary
    );
}

#[test]
fn a_person_moves_it_to_the_member_that_is_named() {
    let trio = floating_interface();
    let bed = trio.bed();
    bed.give_up(&trio.members[0]);
    let report = trio.told(&bed, &switchover(Some(&trio.members[2])));
    assert_eq!(
        (report.outcome, trio.holder(&bed)),
        (Outcome::SwitchedOver, Some(2))
    );
}

#[test]
fn a_plan_changes_nothing_and_says_what_stands_in_the_way() {
    let trio = floating_interface().stopped(1).stopped(2);
    let bed = trio.bed();
    let report = trio.told(&bed, &plan());
    assert_eq!(report.outcome, Outcome::Refused);
    assert!(why(&report).contains("is stopped"), "{}", why(&report));
    assert_eq!(changes(&bed), Vec::<&str>::new());
    assert!(!bed.faults.names().contains(&"ledger take lease"));
}

#[test]
fn observe_mode_plans_and_touches_nothing() {
    for trio in [
        floating_interface(),
        floating_address(),
        floating_private_ip(),
    ] {
        let (trio, bed, event) = failed(trio.set("HOLDFAST_MODE", "observe"));
        let report = trio.told(&bed, &event);
        assert_eq!(report.outcome, Outcome::WouldFailOver);
        let planned = &failover_in(&report).moves[0];
        assert_eq!(
            planned
                .to
                .as_ref()
                .map(holdfast::model::ids::InstanceId::as_str),
            Some(trio.members[1].as_str())
        );
        assert_eq!(changes(&bed), Vec::<&str>::new());
        assert!(!bed.faults.names().contains(&"ledger take lease"));
    }
}

#[test]
fn a_lease_costs_two_writes() {
    let (trio, bed, event) = failed(floating_private_ip());
    drop(trio.told(&bed, &event));
    let names = bed.faults.names();
    let writes: Vec<_> = names
        .iter()
        .filter(|name| name.starts_with("ledger") && !name.contains("query"))
        .collect();
    assert_eq!(writes, [&"ledger take lease", &"ledger put lease"]);
}

#[test]
fn a_failed_member_is_stopped_where_its_tag_asks_for_it() {
    let (trio, bed, event) = failed(floating_address().tagged("holdfast:fence", "stop"));
    let report = trio.told(&bed, &event);
    assert_eq!(failover_in(&report).fenced.len(), 1);
    assert_eq!(changes(&bed), ["AssociateAddress", "StopInstances"]);
}

#[test]
fn a_spot_member_that_is_about_to_be_interrupted_loses_its_address_in_time() {
    let trio = floating_interface();
    let bed = trio.bed();
    bed.world().take_events();
    bed.world()
        .warn_of_interruption(&trio.members[0], "terminate");
    bed.give_up(&trio.members[0]);
    let event = bed.world().take_events().pop().expect("it is told");
    let report = trio.told(&bed, &event);
    assert_eq!(
        (report.outcome, trio.holder(&bed)),
        (Outcome::FailedOver, Some(1))
    );
}

#[test]
fn a_rebalance_recommendation_moves_nothing_unless_that_is_asked_for() {
    let trio = floating_interface();
    let bed = trio.bed();
    bed.world().take_events();
    bed.world().recommend_rebalance(&trio.members[0]);
    let event = bed.world().take_events().pop().expect("it is told");
    assert_eq!(trio.told(&bed, &event).outcome, Outcome::Ignored);
    bed.give_up(&trio.members[0]);
    let eager = trio.clone().set("HOLDFAST_REBALANCE", "move");
    assert_eq!(eager.told(&bed, &event).outcome, Outcome::FailedOver);
}

#[test]
fn a_rebalance_recommendation_stops_no_healthy_instance() {
    let trio = floating_address().set("HOLDFAST_REBALANCE", "move");
    let trio = trio.set("HOLDFAST_FENCE", "stop");
    let bed = trio.bed();
    bed.world().take_events();
    bed.world().recommend_rebalance(&trio.members[0]);
    let event = bed.world().take_events().pop().expect("it is told");
    bed.give_up(&trio.members[0]);
    assert_eq!(trio.told(&bed, &event).outcome, Outcome::FailedOver);
    assert_eq!(changes(&bed), ["AssociateAddress"]);
}

#[test]
fn what_ec2_interrupts_by_itself_is_not_stopped() {
    let trio = floating_address().set("HOLDFAST_FENCE", "stop");
    let bed = trio.bed();
    bed.world().take_events();
    bed.world()
        .warn_of_interruption(&trio.members[0], "terminate");
    let event = bed.world().take_events().pop().expect("it is told");
    bed.give_up(&trio.members[0]);
    assert_eq!(trio.told(&bed, &event).outcome, Outcome::FailedOver);
    assert_eq!(changes(&bed), ["AssociateAddress"]);
}

//! What has gone wrong in other people's failovers, one test for each: locks that never open, addresses that
//! nobody has, slots that collide, alarms that mean something else.

use holdfast::error::Error;
use holdfast::report::{MoveEnd, Outcome, Report};
use holdfast_tests::scenarios::failover::{
    Trio, alarm_of, attach, detach, failover_in, floating_address, floating_interface,
    floating_private_ip, plan, stop, switchover,
};
use holdfast_tests::scenarios::placement::{owner, state_change, terminate};
use holdfast_tests::sim::World;
use holdfast_tests::sim::alarms::{Alarm, AlarmState, Metric, Query};
use holdfast_tests::sim::front::Stage;
use holdfast_tests::sim::front::tap::Fault;
use serde_json::Value;
use std::sync::Arc;
use time::Duration;

/// The calls of Holdfast that changed something, in their order.
fn changes(stage: &Stage) -> Vec<&'static str> {
    let world = stage.world();
    let calls = world.calls().iter().filter(|call| call.mutated());
    let own = calls.filter(|call| call.caller.arn.contains(":assumed-role/holdfast"));
    own.map(holdfast_tests::sim::world::Call::action).collect()
}

fn why(report: &Report) -> String {
    let findings = report.findings.iter();
    findings
        .map(|finding| finding.why.clone())
        .collect::<Vec<_>>()
        .join("; ")
}

/// The first member fails, and its alarm is told.
fn failed(trio: Trio) -> (Trio, Arc<Stage>, Value) {
    let trio = trio.failing(0);
    let stage = trio.stage();
    let event = trio.alarm(0);
    (trio, stage, event)
}

/// An alarm of the name fires in the world; the event that EventBridge delivers of it.
fn fired(world: &mut World, name: &str) -> Value {
    world.take_events();
    world.set_alarm(name, AlarmState::Alarm);
    let events = world.take_events();
    let is_it = |event: &&Value| event["detail"]["alarmName"] == name;
    events.iter().rfind(is_it).cloned().expect("it has fired")
}

#[test]
fn f1_the_lease_of_a_run_that_died_ends_with_its_time() {
    let (trio, stage, event) = failed(floating_address());
    let calls = 6;
    stage.tap.plan(&[(calls, Fault::StopBeforeSend)]);
    let died =
        futures_util::FutureExt::now_or_never(trio.deliver(stage.player("holdfast"), &event));
    assert!(died.is_none());
    stage.pass(std::time::Duration::from_mins(1));
    assert_eq!(trio.told(&stage, &event).outcome, Outcome::FailedOver);
}

#[test]
fn f2_a_failover_that_moved_nothing_does_not_stand_in_the_way_of_the_next() {
    let trio = floating_address().failing(0).failing(1).failing(2);
    let stage = trio.stage();
    assert_eq!(trio.told(&stage, &trio.alarm(0)).outcome, Outcome::Refused);
    holdfast_tests::scenarios::failover::heal(&mut stage.world(), &trio.members[2]);
    assert_eq!(
        trio.told(&stage, &trio.alarm(0)).outcome,
        Outcome::FailedOver
    );
    assert_eq!(trio.holder(&stage), Some(2));
}

#[test]
fn f3_an_interface_that_a_person_has_moved_stays_where_it_is() {
    let (trio, stage, event) = failed(floating_interface());
    let (eni, third) = (trio.eni.clone(), trio.members[2].clone());
    stage.intrude(
        7,
        Box::new(move |world| {
            detach(world, &eni);
            world.advance(Duration::seconds(5));
            attach(world, &eni, &third, 1);
        }),
    );
    let report = trio.told(&stage, &event);
    assert_eq!(trio.holder(&stage), Some(2), "{}", report.summary);
    assert_eq!(stage.broken(), Vec::<String>::new());
}

#[test]
fn f4_an_accepted_call_is_not_ownership_and_what_ec2_shows_late_is_waited_for() {
    let trio = floating_address().world(|world| world.set_read_lag(Duration::seconds(1)));
    let (trio, stage, event) = failed(trio.after(5));
    stage.pass(std::time::Duration::from_secs(5));
    let report = trio.told(&stage, &event);
    assert_eq!(failover_in(&report).moves[0].end, MoveEnd::Moved);
    assert_eq!(trio.holder(&stage), Some(1));
}

#[test]
fn f5_a_failed_member_that_holds_nothing_moves_nothing() {
    let trio = floating_interface().failing(1);
    let stage = trio.stage();
    let report = trio.told(&stage, &trio.alarm(1));
    assert_eq!(report.outcome, Outcome::AlreadyMoved);
    assert_eq!(changes(&stage), Vec::<&str>::new());
    assert!(!stage.tap.names().contains(&"ledger take lease"));
}

#[test]
fn f8_a_standby_that_refuses_is_passed_over() {
    let trio = floating_interface()
        .with_interface(1, 1)
        .with_interface(1, 2);
    let (trio, stage, event) = failed(trio);
    let report = trio.told(&stage, &event);
    assert_eq!(
        (report.outcome, trio.holder(&stage)),
        (Outcome::FailedOver, Some(2))
    );
}

#[test]
fn f8_when_no_standby_takes_it_the_interface_goes_back_to_its_source() {
    let (trio, stage, event) = failed(floating_interface());
    let [second, third] = [trio.members[1].clone(), trio.members[2].clone()];
    stage.intrude(
        7,
        Box::new(move |world| {
            terminate(world, &second);
            terminate(world, &third);
        }),
    );
    let report = trio.told(&stage, &event);
    assert_eq!(
        (report.outcome, trio.holder(&stage)),
        (Outcome::Returned, Some(0))
    );
    assert!(report.summary.contains("back again"), "{}", report.summary);
}

#[test]
fn f9_an_interface_that_would_end_with_its_instance_is_kept_from_it_first() {
    let trio = floating_interface();
    let attachment = trio.interface(&trio.stage()).and_then(|it| it.attachment);
    let attachment = attachment.expect("it is attached").attachment_id;
    let trio = trio.clone().world(|world| {
        let request = holdfast_tests::sim::api::ModifyNetworkInterfaceAttribute {
            network_interface_id: trio.eni.clone(),
            attachment: Some(holdfast_tests::sim::api::AttachmentChange {
                attachment_id: attachment,
                delete_on_termination: true,
            }),
            ..Default::default()
        };
        let request = holdfast_tests::sim::api::Request::ModifyNetworkInterfaceAttribute(request);
        world
            .call(&owner(), &request, false)
            .expect("the owner may");
    });
    let (trio, stage, event) = failed(trio);
    assert_eq!(trio.told(&stage, &event).outcome, Outcome::FailedOver);
    assert_eq!(
        changes(&stage),
        [
            "ModifyNetworkInterfaceAttribute",
            "DetachNetworkInterface",
            "AttachNetworkInterface"
        ]
    );
}

#[test]
fn f11_force_comes_at_the_deadline_and_not_before() {
    let trio = floating_interface().set("HOLDFAST_DETACH_DEADLINE_SECONDS", "4");
    let trio = trio.world(|world| world.settings().detach_delay = Duration::seconds(3));
    let stage = trio.stage();
    let event = fired(&mut stage.world(), &alarm_of(&trio.members[0]));
    assert_eq!(trio.told(&stage, &event).outcome, Outcome::FailedOver);
    assert_eq!(
        changes(&stage),
        ["DetachNetworkInterface", "AttachNetworkInterface"]
    );
}

#[test]
fn f12_a_guest_that_never_lets_go_is_forced_at_the_deadline() {
    let trio = floating_interface();
    let stage = trio.stage();
    stage.world().ignore_detaches(&trio.members[0], true);
    let event = fired(&mut stage.world(), &alarm_of(&trio.members[0]));
    let report = trio.told(&stage, &event);
    assert_eq!(report.outcome, Outcome::FailedOver);
    assert_eq!(
        changes(&stage),
        [
            "DetachNetworkInterface",
            "DetachNetworkInterface",
            "AttachNetworkInterface"
        ]
    );
}

#[test]
fn f13_a_standby_that_has_just_started_is_no_standby_yet() {
    let trio = floating_interface().world(|world| {
        world.settings().status_checks_pass_after = Duration::days(1);
    });
    let members = trio.members.clone();
    let trio = trio.world(|world| {
        for member in &members[1..] {
            stop(world, member);
            world.advance(Duration::seconds(60));
            holdfast_tests::scenarios::placement::start(world, member);
            world.advance(Duration::seconds(60));
        }
    });
    let (trio, stage, event) = failed(trio);
    let report = trio.told(&stage, &event);
    assert_eq!(
        (report.outcome, trio.holder(&stage)),
        (Outcome::Refused, Some(0))
    );
    assert!(
        why(&report).contains("has just started"),
        "{}",
        why(&report)
    );
}

#[test]
fn f15_the_first_free_device_index_is_taken_where_the_indexes_have_gaps() {
    let (trio, stage, event) = failed(floating_interface().with_interface(1, 2));
    assert_eq!(trio.told(&stage, &event).outcome, Outcome::FailedOver);
    let attachment = trio.interface(&stage).and_then(|it| it.attachment);
    let attachment = attachment.expect("it is attached");
    assert_eq!(
        (attachment.device_index, attachment.network_card_index),
        (1, 0)
    );
}

#[test]
fn f15_a_slot_that_is_taken_meanwhile_is_no_reason_to_give_up_the_standby() {
    let (trio, stage, event) = failed(floating_interface());
    let second = trio.members[1].clone();
    stage.intrude(
        8,
        Box::new(move |world| {
            let eni = holdfast_tests::scenarios::failover::new_interface(world);
            attach(world, &eni, &second, 1);
        }),
    );
    let report = trio.told(&stage, &event);
    assert_eq!(trio.holder(&stage), Some(1), "{}", report.summary);
}

#[test]
fn f17_a_primary_interface_is_never_detached() {
    let trio = floating_address();
    let primary = trio.eni.clone();
    let trio = trio.world(|world| {
        holdfast_tests::scenarios::failover::tag_group(
            world,
            &primary,
            &[("holdfast:mover", "eni")],
        );
    });
    let (trio, stage, event) = failed(trio);
    let report = trio.told(&stage, &event);
    assert!(why(&report).contains("never detaches"), "{}", why(&report));
    assert!(!changes(&stage).contains(&"DetachNetworkInterface"));
}

#[test]
fn f18_an_attachment_whose_reply_is_lost_is_not_asked_for_again_blindly() {
    let soon = Duration::milliseconds(100);
    let trio = floating_interface().delays(soon, soon);
    let (trio, stage, event) = failed(trio);
    let attach_call = {
        let stage = trio.stage();
        drop(trio.told(&stage, &event));
        let names = stage.tap.names();
        names
            .iter()
            .position(|name| *name == "AttachNetworkInterface")
            .expect("it attaches")
    };
    stage.tap.plan(&[(attach_call, Fault::ReplyLost)]);
    assert_eq!(trio.told(&stage, &event).outcome, Outcome::FailedOver);
    assert_eq!(
        changes(&stage),
        ["DetachNetworkInterface", "AttachNetworkInterface"]
    );
}

#[test]
fn f21_a_permission_that_is_missing_costs_one_call_and_is_named() {
    let (trio, stage, event) = failed(floating_interface());
    stage.world().deny("*", "DetachNetworkInterface");
    let report = trio.told(&stage, &event);
    assert_eq!(
        (report.outcome, trio.holder(&stage)),
        (Outcome::Refused, Some(0))
    );
    let asked = stage
        .tap
        .names()
        .iter()
        .filter(|name| **name == "DetachNetworkInterface")
        .count();
    assert_eq!(asked, 1);
    assert!(
        why(&report).contains("ec2:DetachNetworkInterface"),
        "{}",
        why(&report)
    );
}

#[test]
fn f22_a_read_that_is_throttled_is_asked_again() {
    let (trio, stage, event) = failed(floating_address());
    stage
        .tap
        .plan(&[(0, Fault::Throttled), (4, Fault::Throttled)]);
    assert_eq!(trio.told(&stage, &event).outcome, Outcome::FailedOver);
}

#[test]
fn f24_the_same_event_again_finds_everything_done() {
    let (trio, stage, event) = failed(floating_private_ip());
    assert_eq!(trio.told(&stage, &event).outcome, Outcome::FailedOver);
    assert_eq!(trio.told(&stage, &event).outcome, Outcome::AlreadyMoved);
    assert_eq!(changes(&stage).len(), 1);
}

#[test]
fn f26_a_stopped_member_fires_no_alarm_and_is_failed_over_all_the_same() {
    let trio = floating_interface().stopped(0);
    let stage = trio.stage();
    let report = trio.told(&stage, &state_change(&trio.members[0], "stopped"));
    assert_eq!(
        (report.outcome, trio.holder(&stage)),
        (Outcome::FailedOver, Some(1))
    );
}

#[test]
fn f26_the_interface_of_a_terminated_member_is_found_and_attached() {
    let trio = floating_interface().terminated(0);
    let stage = trio.stage();
    let report = trio.told(&stage, &state_change(&trio.members[0], "terminated"));
    assert_eq!(
        (report.outcome, trio.holder(&stage)),
        (Outcome::FailedOver, Some(1))
    );
}

#[test]
fn f26_a_member_that_runs_again_has_lost_nothing() {
    let trio = floating_interface();
    let stage = trio.stage();
    let report = trio.told(&stage, &state_change(&trio.members[0], "stopped"));
    assert_eq!(report.outcome, Outcome::Recovered);
    assert_eq!(changes(&stage), Vec::<&str>::new());
}

#[test]
fn f27_an_alarm_whose_actions_are_suppressed_moves_nothing() {
    let trio = floating_address();
    let stage = trio.stage();
    let name = alarm_of(&trio.members[0]);
    stage.world().suppress_alarm(&name, Some("WaitPeriod"));
    let event = fired(&mut stage.world(), &name);
    let report = trio.told(&stage, &event);
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
    let stage = trio.stage();
    let name = alarm_of(&trio.members[0]);
    stage.world().suppress_alarm(&name, Some("WaitPeriod"));
    drop(fired(&mut stage.world(), &name));
    stage.world().suppress_alarm(&name, None);
    let told = stage.world().take_events();
    let told = told.last().expect("it tells its state again");
    assert_eq!(told["detail"]["previousState"]["value"], "ALARM");
    assert_eq!(trio.told(&stage, told).outcome, Outcome::FailedOver);

    let mut again = told.clone();
    let before = again["detail"]["previousState"]
        .as_object_mut()
        .expect("it is an object");
    before.remove("actionsSuppressedBy");
    assert_eq!(trio.told(&stage, &again).outcome, Outcome::Ignored);
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
    let stage = trio.stage();
    let event = fired(&mut stage.world(), "beat");
    assert_eq!(trio.told(&stage, &event).outcome, Outcome::FailedOver);
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
    let stage = trio.stage();
    let child = alarm_of(&trio.members[0]);
    stage.world().take_events();
    stage.world().set_alarm(&child, AlarmState::Alarm);
    let events = stage.world().take_events();
    let outer = events
        .iter()
        .rfind(|event| event["detail"]["alarmName"] == "outer");
    let report = trio.told(&stage, outer.expect("it follows its child"));
    assert_eq!(
        (report.outcome, trio.holder(&stage)),
        (Outcome::FailedOver, Some(1))
    );
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
    let stage = trio.stage();
    stage.give_up(&trio.members[0]);
    let event = fired(&mut stage.world(), "web is down");
    assert_eq!(trio.told(&stage, &event).outcome, Outcome::FailedOver);
    assert_eq!(trio.holder(&stage), Some(1));
    // The alarm goes on firing, and its event comes again: the new holder is not who it was about.
    let again = trio.told(&stage, &event);
    assert_eq!(
        (again.outcome, trio.holder(&stage)),
        (Outcome::AlreadyMoved, Some(1))
    );
    assert_eq!(stage.broken(), Vec::<String>::new());
}

#[test]
fn f30_an_alarm_without_an_instance_that_nothing_names_is_refused_with_what_to_do() {
    let trio = floating_address().world(|world| {
        let queries = vec![Query::Expression("SELECT MAX(Latency) FROM App".to_owned())];
        world
            .put_alarm(Alarm::on_queries("slow", queries))
            .expect("it is good");
    });
    let stage = trio.stage();
    let event = fired(&mut stage.world(), "slow");
    let report = trio.told(&stage, &event);
    assert_eq!(report.outcome, Outcome::Refused);
    assert!(report.findings[0].next.contains("holdfast:alarm"));
}

#[test]
fn f31_when_every_member_has_failed_nothing_is_touched() {
    let trio = floating_interface().failing(1).failing(2);
    let (trio, stage, event) = failed(trio);
    let report = trio.told(&stage, &event);
    assert_eq!(
        (report.outcome, trio.holder(&stage)),
        (Outcome::Refused, Some(0))
    );
    assert_eq!(changes(&stage), Vec::<&str>::new());
}

#[test]
fn f31_a_standby_for_which_the_same_alarm_fires_is_no_standby() {
    let trio = floating_address();
    let names = [alarm_of(&trio.members[1]), alarm_of(&trio.members[2])];
    let trio = trio.world(|world| {
        for name in &names {
            world.set_alarm(name, AlarmState::Alarm);
        }
    });
    let (trio, stage, event) = failed(trio);
    let report = trio.told(&stage, &event);
    assert_eq!(report.outcome, Outcome::Refused);
    assert!(
        why(&report).contains("the same alarm fires"),
        "{}",
        why(&report)
    );
}

#[test]
fn f31_no_alarm_moves_it_back_and_forth_within_the_cooldown() {
    let (trio, stage, event) = failed(floating_address());
    assert_eq!(trio.told(&stage, &event).outcome, Outcome::FailedOver);
    holdfast_tests::scenarios::failover::heal(&mut stage.world(), &trio.members[0]);
    let event = fired(&mut stage.world(), &alarm_of(&trio.members[1]));
    let report = trio.told(&stage, &event);
    assert_eq!(
        (report.outcome, trio.holder(&stage)),
        (Outcome::Refused, Some(1))
    );
    assert!(
        why(&report).contains("failed over a moment ago"),
        "{}",
        why(&report)
    );
    stage.pass(std::time::Duration::from_mins(6));
    assert_eq!(trio.told(&stage, &event).outcome, Outcome::FailedOver);
}

#[test]
fn f32_a_member_that_comes_back_does_not_get_its_address_back_by_itself() {
    let (trio, stage, event) = failed(floating_address());
    assert_eq!(trio.told(&stage, &event).outcome, Outcome::FailedOver);
    holdfast_tests::scenarios::failover::heal(&mut stage.world(), &trio.members[0]);
    stage.pass(std::time::Duration::from_hours(5));
    drop(trio.swept(&stage));
    assert_eq!(trio.holder(&stage), Some(1));
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
    let stage = trio.stage();
    let event = fired(&mut stage.world(), "web-1");
    assert_eq!(trio.told(&stage, &event).outcome, Outcome::Refused);
}

#[test]
fn an_alarm_that_fires_no_more_moves_nothing() {
    let (trio, stage, event) = failed(floating_interface());
    holdfast_tests::scenarios::failover::heal(&mut stage.world(), &trio.members[0]);
    let report = trio.told(&stage, &event);
    assert_eq!(report.outcome, Outcome::Recovered);
    assert_eq!(changes(&stage), Vec::<&str>::new());
}

#[test]
fn an_event_that_is_too_old_is_ignored_with_its_limit() {
    let (trio, stage, event) = failed(floating_address());
    stage.pass(std::time::Duration::from_hours(1));
    let report = trio.told(&stage, &event);
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
    let stage = trio.stage();
    stage.give_up(&trio.members[0]);
    let report = trio.told(&stage, &switchover(Some(&trio.members[2])));
    assert_eq!(
        (report.outcome, trio.holder(&stage)),
        (Outcome::SwitchedOver, Some(2))
    );
}

#[test]
fn a_plan_changes_nothing_and_says_what_stands_in_the_way() {
    let trio = floating_interface().stopped(1).stopped(2);
    let stage = trio.stage();
    let report = trio.told(&stage, &plan());
    assert_eq!(report.outcome, Outcome::Refused);
    assert!(why(&report).contains("is stopped"), "{}", why(&report));
    assert_eq!(changes(&stage), Vec::<&str>::new());
    assert!(!stage.tap.names().contains(&"ledger take lease"));
}

#[test]
fn observe_mode_plans_and_touches_nothing() {
    for trio in [
        floating_interface(),
        floating_address(),
        floating_private_ip(),
    ] {
        let (trio, stage, event) = failed(trio.set("HOLDFAST_MODE", "observe"));
        let report = trio.told(&stage, &event);
        assert_eq!(report.outcome, Outcome::WouldFailOver);
        let planned = &failover_in(&report).moves[0];
        assert_eq!(
            planned.to.as_ref().map(holdfast::ids::InstanceId::as_str),
            Some(trio.members[1].as_str())
        );
        assert_eq!(changes(&stage), Vec::<&str>::new());
        assert!(!stage.tap.names().contains(&"ledger take lease"));
    }
}

#[test]
fn a_lease_costs_two_writes() {
    let (trio, stage, event) = failed(floating_private_ip());
    drop(trio.told(&stage, &event));
    let names = stage.tap.names();
    let writes: Vec<_> = names
        .iter()
        .filter(|name| name.starts_with("ledger"))
        .collect();
    assert_eq!(writes, [&"ledger take lease", &"ledger put lease"]);
}

#[test]
fn a_failed_member_is_stopped_where_its_tag_asks_for_it() {
    let (trio, stage, event) = failed(floating_address().tagged("holdfast:fence", "stop"));
    let report = trio.told(&stage, &event);
    assert_eq!(failover_in(&report).fenced.len(), 1);
    assert_eq!(changes(&stage), ["AssociateAddress", "StopInstances"]);
}

#[test]
fn what_is_with_nobody_is_an_error_that_says_so() {
    let trio = floating_interface().stopped(1).stopped(2).terminated(0);
    let stage = trio.stage();
    let error = trio.try_told(&stage, &state_change(&trio.members[0], "terminated"));
    let error = error.expect_err("nobody takes it");
    assert!(matches!(error, Error::Stranded { .. }), "{error}");
    assert!(error.to_string().contains("is with nobody"), "{error}");
}

#[test]
fn a_spot_member_that_is_about_to_be_interrupted_loses_its_address_in_time() {
    let trio = floating_interface();
    let stage = trio.stage();
    stage.world().take_events();
    stage
        .world()
        .warn_of_interruption(&trio.members[0], "terminate");
    stage.give_up(&trio.members[0]);
    let event = stage.world().take_events().pop().expect("it is told");
    let report = trio.told(&stage, &event);
    assert_eq!(
        (report.outcome, trio.holder(&stage)),
        (Outcome::FailedOver, Some(1))
    );
}

#[test]
fn a_rebalance_recommendation_moves_nothing_unless_that_is_asked_for() {
    let trio = floating_interface();
    let stage = trio.stage();
    stage.world().take_events();
    stage.world().recommend_rebalance(&trio.members[0]);
    let event = stage.world().take_events().pop().expect("it is told");
    assert_eq!(trio.told(&stage, &event).outcome, Outcome::Ignored);
    stage.give_up(&trio.members[0]);
    let eager = trio.clone().set("HOLDFAST_REBALANCE", "move");
    assert_eq!(eager.told(&stage, &event).outcome, Outcome::FailedOver);
}

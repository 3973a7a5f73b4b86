//! Who is fit to stand by: nobody for whom an alarm fires, whatever it measures and whatever the cause.

use ec2_sim::World;
use ec2_sim::alarms::{Alarm, AlarmState, Metric, Query};
use holdfast::report::Outcome;
use holdfast_tests::client::Stage;
use holdfast_tests::scenarios::failover::{
    Trio, changes, failed, fired, floating_address, floating_interface, heal, switchover, why,
};
use holdfast_tests::scenarios::placement::state_change;

fn beat_of(member: &str) -> String {
    format!("{member}-beat")
}

/// Each member has a heartbeat alarm of its own besides the one on its status checks.
fn with_heartbeats(trio: Trio, alarm: impl Fn(&str, &str) -> Alarm) -> Trio {
    let members = trio.members.clone();
    trio.world(|world| {
        for member in &members {
            let name = beat_of(member);
            let put = world.put_alarm(alarm(&name, member));
            put.expect("it is good");
            world.set_alarm(&name, AlarmState::Ok);
        }
    })
}

fn on_metric(name: &str, member: &str) -> Alarm {
    Alarm::on_instance(name, "App", "Heartbeat", member)
}

fn on_expression(name: &str, member: &str) -> Alarm {
    let metric = Query::Metric(Metric::of_instance("App", "Heartbeat", member));
    let filled = Query::Expression("FILL(m1, 0)".to_owned());
    Alarm::on_queries(name, vec![metric, filled])
}

/// The heartbeat of the second member is lost.
fn second_silent(trio: Trio) -> Trio {
    let second = beat_of(&trio.members[1]);
    trio.world(|world| world.set_alarm(&second, AlarmState::Alarm))
}

#[test]
fn a_standby_whose_heartbeat_alarm_fires_is_no_standby_for_a_failed_status_check() {
    let trio = second_silent(with_heartbeats(floating_address(), on_metric));
    let (trio, stage, event) = failed(trio);
    drop(trio.told(&stage, &event));
    assert_eq!(trio.holder(&stage), Some(2));
}

#[test]
fn a_standby_whose_heartbeat_alarm_fires_is_no_standby_for_one_that_stopped() {
    let trio = second_silent(with_heartbeats(floating_interface(), on_metric)).stopped(0);
    let stage = trio.stage();
    drop(trio.told(&stage, &state_change(&trio.members[0], "stopped")));
    assert_eq!(trio.holder(&stage), Some(2));
}

#[test]
fn a_standby_for_which_a_metric_math_alarm_fires_is_no_standby() {
    let trio = second_silent(with_heartbeats(floating_address(), on_expression));
    let stage = trio.stage();
    let event = fired(&mut stage.world(), &beat_of(&trio.members[0]));
    drop(trio.told(&stage, &event));
    assert_eq!(trio.holder(&stage), Some(2));
}

#[test]
fn an_alarm_whose_actions_are_switched_off_tells_of_a_standby_like_any_other() {
    let quiet = |name: &str, member: &str| Alarm {
        actions_enabled: false,
        ..on_metric(name, member)
    };
    let trio = second_silent(with_heartbeats(floating_address(), quiet));
    let second = beat_of(&trio.members[1]);
    let trio = trio.world(|world| world.suppress_alarm(&second, Some("Alarm")));
    let (trio, stage, event) = failed(trio);
    drop(trio.told(&stage, &event));
    assert_eq!(trio.holder(&stage), Some(2));
}

#[test]
fn an_alarm_that_fires_for_all_members_moves_nothing_and_says_so() {
    let trio = with_heartbeats(floating_address(), on_metric);
    let stage = trio.stage();
    for member in [2, 1] {
        drop(fired(&mut stage.world(), &beat_of(&trio.members[member])));
    }
    let event = fired(&mut stage.world(), &beat_of(&trio.members[0]));
    let report = trio.told(&stage, &event);
    assert_eq!(report.outcome, Outcome::Refused);
    assert_eq!(changes(&stage), Vec::<&str>::new());
    for member in [1, 2] {
        let id = &trio.members[member];
        let named = format!("alarm {} fires for {id}", beat_of(id));
        assert!(why(&report).contains(&named), "{}", why(&report));
    }
}

#[test]
fn a_person_cannot_send_it_to_a_member_for_which_an_alarm_fires() {
    let trio = second_silent(with_heartbeats(floating_address(), on_metric));
    let stage = trio.stage();
    let report = trio.told(&stage, &switchover(Some(&trio.members[1])));
    assert_eq!(report.outcome, Outcome::Refused);
    assert!(why(&report).contains("-beat fires for"), "{}", why(&report));
}

#[test]
fn a_group_whose_standbys_all_have_a_firing_alarm_is_not_ready() {
    let trio = second_silent(with_heartbeats(floating_address(), on_metric)).stopped(2);
    let report = trio.swept(&trio.stage());
    assert!(
        report.summary.contains("not ready for a failover: web"),
        "{}",
        report.summary
    );
}

#[test]
fn a_first_member_whose_own_alarm_still_fires_gets_nothing_back() {
    let trio = floating_address().tagged("holdfast:failback", "30");
    let trio = with_heartbeats(trio, on_metric);
    let stage = trio.stage();
    let event = fired(&mut stage.world(), &beat_of(&trio.members[0]));
    assert_eq!(trio.told(&stage, &event).outcome, Outcome::FailedOver);
    drop(trio.swept(&stage));
    stage.pass(std::time::Duration::from_mins(31));
    drop(trio.swept(&stage));
    assert_eq!(trio.holder(&stage), Some(1));
    assert_eq!(stage.broken(), Vec::<String>::new());
}

#[test]
fn nothing_returns_while_an_alarm_without_an_instance_that_moved_it_still_fires() {
    let trio = floating_address()
        .tagged("holdfast:failback", "30")
        .tagged("holdfast:alarm", "web is down");
    let trio = trio.world(|world| {
        let queries = vec![Query::Expression("SELECT MAX(Latency) FROM App".to_owned())];
        let put = world.put_alarm(Alarm::on_queries("web is down", queries));
        put.expect("it is good");
    });
    let stage = trio.stage();
    stage.give_up(&trio.members[0]);
    let event = fired(&mut stage.world(), "web is down");
    assert_eq!(trio.told(&stage, &event).outcome, Outcome::FailedOver);
    let half_an_hour_later = |stage: &std::sync::Arc<Stage>| {
        drop(trio.swept(stage));
        stage.pass(std::time::Duration::from_mins(31));
        stage.give_up(&trio.members[1]);
        trio.swept(stage).outcome
    };
    assert_ne!(half_an_hour_later(&stage), Outcome::FailedBack);
    stage.world().set_alarm("web is down", AlarmState::Ok);
    heal(&mut stage.world(), &trio.members[0]);
    assert_eq!(half_an_hour_later(&stage), Outcome::FailedBack);
}

/// One alarm for all, by instance, which fires for somebody else.
fn with_fleet(trio: Trio) -> Trio {
    let query = "SELECT MAX(StatusCheckFailed) FROM \"AWS/EC2\" GROUP BY InstanceId";
    trio.world(|world| {
        let fleet = Alarm::on_queries("fleet", vec![Query::Expression(query.to_owned())]);
        world.put_alarm(fleet).expect("it is good");
        let other = [("InstanceId", "i-0aaaaaaaaaaaaaaaa")];
        world.set_contributor("fleet", &other, AlarmState::Alarm);
    })
}

/// The alarm for all fires for a member; the event of it.
fn contributing(stage: &Stage, member: &str) -> serde_json::Value {
    let mut world = stage.world();
    world.take_events();
    world.set_contributor("fleet", &[("InstanceId", member)], AlarmState::Alarm);
    world.take_events().pop().expect("it is told")
}

#[test]
fn a_contributor_that_is_well_again_loses_nothing_although_another_keeps_the_alarm_firing() {
    let trio = with_fleet(floating_address());
    let stage = trio.stage();
    let first = trio.members[0].clone();
    let event = contributing(&stage, &first);
    let well = [("InstanceId", first.as_str())];
    stage
        .world()
        .set_contributor("fleet", &well, AlarmState::Ok);
    let report = trio.told(&stage, &event);
    assert_eq!(
        (report.outcome, trio.holder(&stage)),
        (Outcome::Recovered, Some(0))
    );
}

#[test]
fn a_contributor_loses_its_address_to_one_that_is_none() {
    let trio = with_fleet(floating_address());
    let stage = trio.stage();
    drop(contributing(&stage, &trio.members[1]));
    let event = contributing(&stage, &trio.members[0]);
    let report = trio.told(&stage, &event);
    assert_eq!(
        (report.outcome, trio.holder(&stage)),
        (Outcome::FailedOver, Some(2))
    );
    assert_eq!(stage.broken(), Vec::<String>::new());
}

#[test]
fn an_alarm_that_names_nobody_is_not_over_because_others_contribute_to_it() {
    let trio = with_fleet(floating_address().tagged("holdfast:alarm", "fleet"));
    let trio = trio.world(|world| world.set_alarm("fleet", AlarmState::Ok));
    let stage = trio.stage();
    let event = fired(&mut stage.world(), "fleet");
    let report = trio.told(&stage, &event);
    assert_eq!(report.outcome, Outcome::FailedOver, "{}", report.summary);
}

#[test]
fn a_contributor_that_is_well_again_before_the_second_look_keeps_its_address() {
    let trio = with_fleet(floating_address());
    let first = trio.members[0].clone();
    let holder_when_it_is_well_at = |call: usize| {
        let stage = trio.stage();
        let event = contributing(&stage, &first);
        let first = first.clone();
        stage.keep_time_of(time::Duration::milliseconds(900));
        let is_well = move |world: &mut World| {
            world.set_contributor("fleet", &[("InstanceId", &first)], AlarmState::Ok);
        };
        stage.intrude(call, Box::new(is_well));
        let run = trio.deliver(stage.player("holdfast"), &event);
        drop(stage.drive(vec![run]));
        assert_eq!(stage.broken(), Vec::<String>::new());
        trio.holder(&stage)
    };
    assert_eq!(holder_when_it_is_well_at(usize::MAX), Some(1));
    assert_eq!(holder_when_it_is_well_at(7), Some(0));
}

#[test]
fn contributors_that_are_no_instances_say_nothing_of_the_one_that_the_event_names() {
    let trio = with_fleet(floating_address());
    let stage = trio.stage();
    let first = trio.members[0].clone();
    let event = contributing(&stage, &first);
    stage.give_up(&first);
    for (key, value, state) in [
        ("LoadBalancer", "web", AlarmState::Alarm),
        ("InstanceId", first.as_str(), AlarmState::Ok),
        ("InstanceId", "i-0aaaaaaaaaaaaaaaa", AlarmState::Ok),
    ] {
        let mut world = stage.world();
        world.set_contributor("fleet", &[(key, value)], state);
    }
    assert_eq!(trio.told(&stage, &event).outcome, Outcome::FailedOver);
}

#[test]
fn only_an_alarm_on_many_instances_is_asked_for_which_it_fires() {
    let asked = |trio: &Trio, stage: &std::sync::Arc<Stage>, event: &serde_json::Value| {
        drop(trio.told(stage, event));
        let names = stage.tap.names();
        names
            .iter()
            .filter(|name| name.contains("Contributors"))
            .count()
    };
    let (trio, stage, event) = failed(floating_address());
    assert_eq!(asked(&trio, &stage, &event), 0, "it is on one instance");

    let trio = floating_address().tagged("holdfast:alarm", "web is down");
    let trio = trio.world(|world| {
        let queries = vec![Query::Expression("SELECT MAX(Latency) FROM App".to_owned())];
        let put = world.put_alarm(Alarm::on_queries("web is down", queries));
        put.expect("it is good");
    });
    let stage = trio.stage();
    let event = fired(&mut stage.world(), "web is down");
    assert_eq!(asked(&trio, &stage, &event), 0, "its event names none");

    let trio = with_fleet(floating_address());
    let stage = trio.stage();
    let event = contributing(&stage, &trio.members[0]);
    assert!(asked(&trio, &stage, &event) > 0);
}

#[test]
fn the_address_of_one_that_stopped_goes_to_no_sick_member() {
    let trio = floating_address().tagged("holdfast:on-stop", "move");
    let trio = trio.failing(1).stopped(0);
    let stage = trio.stage();
    let player = stage.player("holdfast-instance-start");
    let run = trio.start(player, &state_change(&trio.members[0], "stopped"));
    let end = futures_util::FutureExt::now_or_never(run).expect("no fault stops the run");
    end.expect("nothing goes wrong here");
    assert_eq!(trio.holder(&stage), Some(2));
}

//! Who is fit to stand by: nobody for whom an alarm fires, whatever it measures and whatever the cause.

use ec2_sim::World;
use ec2_sim::alarms::{Alarm, AlarmState, Metric, Query};
use holdfast::report::Outcome;
use holdfast_tests::client::TestBed;
use holdfast_tests::scenarios::failover::{
    FailoverFixture, changes, failed, fired, floating_address, floating_interface, heal,
    switchover, why,
};
use holdfast_tests::scenarios::placement::state_change;

fn beat_of(member: &str) -> String {
    format!("{member}-beat")
}

/// Each member has a heartbeat alarm of its own besides the one on its status checks.
fn with_heartbeats(trio: FailoverFixture, alarm: impl Fn(&str, &str) -> Alarm) -> FailoverFixture {
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
fn second_silent(trio: FailoverFixture) -> FailoverFixture {
    let second = beat_of(&trio.members[1]);
    trio.world(|world| world.set_alarm(&second, AlarmState::Alarm))
}

#[test]
fn a_standby_whose_heartbeat_alarm_fires_is_no_standby_for_a_failed_status_check() {
    let trio = second_silent(with_heartbeats(floating_address(), on_metric));
    let (trio, bed, event) = failed(trio);
    drop(trio.told(&bed, &event));
    assert_eq!(trio.holder(&bed), Some(2));
}

#[test]
fn a_standby_whose_heartbeat_alarm_fires_is_no_standby_for_one_that_stopped() {
    let trio = second_silent(with_heartbeats(floating_interface(), on_metric)).stopped(0);
    let bed = trio.bed();
    drop(trio.told(&bed, &state_change(&trio.members[0], "stopped")));
    assert_eq!(trio.holder(&bed), Some(2));
}

#[test]
fn a_standby_for_which_a_metric_math_alarm_fires_is_no_standby() {
    let trio = second_silent(with_heartbeats(floating_address(), on_expression));
    let bed = trio.bed();
    let event = fired(&mut bed.world(), &beat_of(&trio.members[0]));
    drop(trio.told(&bed, &event));
    assert_eq!(trio.holder(&bed), Some(2));
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
    let (trio, bed, event) = failed(trio);
    drop(trio.told(&bed, &event));
    assert_eq!(trio.holder(&bed), Some(2));
}

#[test]
fn an_alarm_that_fires_for_all_members_moves_nothing_and_says_so() {
    let trio = with_heartbeats(floating_address(), on_metric);
    let bed = trio.bed();
    for member in [2, 1] {
        drop(fired(&mut bed.world(), &beat_of(&trio.members[member])));
    }
    let event = fired(&mut bed.world(), &beat_of(&trio.members[0]));
    let report = trio.told(&bed, &event);
    assert_eq!(report.outcome, Outcome::Refused);
    assert_eq!(changes(&bed), Vec::<&str>::new());
    for member in [1, 2] {
        let id = &trio.members[member];
        let named = format!("alarm {} fires for {id}", beat_of(id));
        assert!(why(&report).contains(&named), "{}", why(&report));
    }
}

#[test]
fn a_person_cannot_send_it_to_a_member_for_which_an_alarm_fires() {
    let trio = second_silent(with_heartbeats(floating_address(), on_metric));
    let bed = trio.bed();
    let report = trio.told(&bed, &switchover(Some(&trio.members[1])));
    assert_eq!(report.outcome, Outcome::Refused);
    assert!(why(&report).contains("-beat fires for"), "{}", why(&report));
}

#[test]
fn a_group_whose_standbys_all_have_a_firing_alarm_is_not_ready() {
    let trio = second_silent(with_heartbeats(floating_address(), on_metric)).stopped(2);
    let report = trio.swept(&trio.bed());
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
    let bed = trio.bed();
    let event = fired(&mut bed.world(), &beat_of(&trio.members[0]));
    assert_eq!(trio.told(&bed, &event).outcome, Outcome::FailedOver);
    drop(trio.swept(&bed));
    bed.pass(std::time::Duration::from_mins(31));
    drop(trio.swept(&bed));
    assert_eq!(trio.holder(&bed), Some(1));
    assert_eq!(bed.broken(), Vec::<String>::new());
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
    let bed = trio.bed();
    bed.give_up(&trio.members[0]);
    let event = fired(&mut bed.world(), "web is down");
    assert_eq!(trio.told(&bed, &event).outcome, Outcome::FailedOver);
    let half_an_hour_later = |bed: &std::sync::Arc<TestBed>| {
        drop(trio.swept(bed));
        bed.pass(std::time::Duration::from_mins(31));
        bed.give_up(&trio.members[1]);
        trio.swept(bed).outcome
    };
    assert_ne!(half_an_hour_later(&bed), Outcome::FailedBack);
    bed.world().set_alarm("web is down", AlarmState::Ok);
    heal(&mut bed.world(), &trio.members[0]);
    assert_eq!(half_an_hour_later(&bed), Outcome::FailedBack);
}

/// One alarm for all, by instance, which fires for somebody else.
fn with_fleet(trio: FailoverFixture) -> FailoverFixture {
    let query = "SELECT MAX(StatusCheckFailed) FROM \"AWS/EC2\" GROUP BY InstanceId";
    trio.world(|world| {
        let fleet = Alarm::on_queries("fleet", vec![Query::Expression(query.to_owned())]);
        world.put_alarm(fleet).expect("it is good");
        let other = [("InstanceId", "i-0aaaaaaaaaaaaaaaa")];
        world.set_contributor("fleet", &other, AlarmState::Alarm);
    })
}

/// The alarm for all fires for a member; the event of it.
fn contributing(bed: &TestBed, member: &str) -> serde_json::Value {
    let mut world = bed.world();
    world.take_events();
    world.set_contributor("fleet", &[("InstanceId", member)], AlarmState::Alarm);
    world.take_events().pop().expect("it is told")
}

#[test]
fn a_contributor_that_is_well_again_loses_nothing_although_another_keeps_the_alarm_firing() {
    let trio = with_fleet(floating_address());
    let bed = trio.bed();
    let first = trio.members[0].clone();
    let event = contributing(&bed, &first);
    let well = [("InstanceId", first.as_str())];
    bed.world().set_contributor("fleet", &well, AlarmState::Ok);
    let report = trio.told(&bed, &event);
    assert_eq!(
        (report.outcome, trio.holder(&bed)),
        (Outcome::Recovered, Some(0))
    );
}

#[test]
fn a_contributor_loses_its_address_to_one_that_is_none() {
    let trio = with_fleet(floating_address());
    let bed = trio.bed();
    drop(contributing(&bed, &trio.members[1]));
    let event = contributing(&bed, &trio.members[0]);
    let report = trio.told(&bed, &event);
    assert_eq!(
        (report.outcome, trio.holder(&bed)),
        (Outcome::FailedOver, Some(2))
    );
    assert_eq!(bed.broken(), Vec::<String>::new());
}

#[test]
fn m4_a_contributor_loses_its_address_by_its_events_word_where_nobody_may_ask_who_contributes() {
    let trio = with_fleet(floating_address());
    let bed = trio.bed();
    bed.world()
        .deny("*", "cloudwatch:DescribeAlarmContributors");
    let event = contributing(&bed, &trio.members[0]);
    let report = trio.told(&bed, &event);
    assert_eq!(
        (report.outcome, trio.holder(&bed)),
        (Outcome::FailedOver, Some(1))
    );
    let told = report.findings.iter().map(|finding| &finding.next);
    let told = told.filter(|next| next.contains("cloudwatch:DescribeAlarmContributors"));
    assert_eq!(
        told.count(),
        2,
        "of the holder, and of the standbys: {:?}",
        report.findings
    );
}

#[test]
fn an_alarm_that_names_nobody_is_not_over_because_others_contribute_to_it() {
    let trio = with_fleet(floating_address().tagged("holdfast:alarm", "fleet"));
    let trio = trio.world(|world| world.set_alarm("fleet", AlarmState::Ok));
    let bed = trio.bed();
    let event = fired(&mut bed.world(), "fleet");
    let report = trio.told(&bed, &event);
    assert_eq!(report.outcome, Outcome::FailedOver, "{}", report.summary);
}

#[test]
fn a_contributor_that_is_well_again_before_the_second_look_keeps_its_address() {
    let trio = with_fleet(floating_address());
    let first = trio.members[0].clone();
    let holder_when_it_is_well_at = |call: usize| {
        let bed = trio.bed();
        let event = contributing(&bed, &first);
        let first = first.clone();
        bed.use_round_trip(time::Duration::milliseconds(900));
        let is_well = move |world: &mut World| {
            world.set_contributor("fleet", &[("InstanceId", &first)], AlarmState::Ok);
        };
        bed.intrude(call, Box::new(is_well));
        let run = trio.deliver(bed.client("holdfast"), &event);
        drop(bed.drive(vec![run]));
        assert_eq!(bed.broken(), Vec::<String>::new());
        trio.holder(&bed)
    };
    assert_eq!(holder_when_it_is_well_at(usize::MAX), Some(1));
    assert_eq!(holder_when_it_is_well_at(7), Some(0));
}

#[test]
fn contributors_that_are_no_instances_say_nothing_of_the_one_that_the_event_names() {
    let trio = with_fleet(floating_address());
    let bed = trio.bed();
    let first = trio.members[0].clone();
    let event = contributing(&bed, &first);
    bed.give_up(&first);
    for (key, value, state) in [
        ("LoadBalancer", "web", AlarmState::Alarm),
        ("InstanceId", first.as_str(), AlarmState::Ok),
        ("InstanceId", "i-0aaaaaaaaaaaaaaaa", AlarmState::Ok),
    ] {
        let mut world = bed.world();
        world.set_contributor("fleet", &[(key, value)], state);
    }
    assert_eq!(trio.told(&bed, &event).outcome, Outcome::FailedOver);
}

#[test]
fn only_an_alarm_that_may_watch_many_is_asked_for_which_it_fires() {
    let asked =
        |trio: &FailoverFixture, bed: &std::sync::Arc<TestBed>, event: &serde_json::Value| {
            drop(trio.told(bed, event));
            let names = bed.faults.names();
            names
                .iter()
                .filter(|name| name.contains("Contributors"))
                .count()
        };
    let (trio, bed, event) = failed(floating_address());
    assert_eq!(asked(&trio, &bed, &event), 0, "it is on one instance");

    let trio = floating_address().tagged("holdfast:alarm", "web is down");
    let trio = trio.world(|world| {
        let queries = vec![Query::Expression("SELECT MAX(Latency) FROM App".to_owned())];
        let put = world.put_alarm(Alarm::on_queries("web is down", queries));
        put.expect("it is good");
    });
    let bed = trio.bed();
    let event = fired(&mut bed.world(), "web is down");
    assert_eq!(asked(&trio, &bed, &event), 1, "it may fire for a standby");

    let trio = with_fleet(floating_address());
    let bed = trio.bed();
    let event = contributing(&bed, &trio.members[0]);
    assert!(asked(&trio, &bed, &event) > 0);
}

#[test]
fn the_address_of_one_that_stopped_goes_to_no_sick_member() {
    let trio = floating_address().tagged("holdfast:on-stop", "move");
    let trio = trio.failing(1).stopped(0);
    let bed = trio.bed();
    let client = bed.client("holdfast-instance-start");
    let run = trio.start(client, &state_change(&trio.members[0], "stopped"));
    let end = futures_util::FutureExt::now_or_never(run).expect("no fault stops the run");
    end.expect("nothing goes wrong here");
    assert_eq!(trio.holder(&bed), Some(2));
}

//! Holdfast's own traits, carried out by the simulated EC2 and CloudWatch.

mod pair;

use futures_util::FutureExt;
use holdfast::cloud::health::{
    AlarmFilter, ReadAlarmPages, ReadAlarms, ReadLimits, ReadStatusChecks,
};
use holdfast::cloud::moves::{
    DryRun, DryRunCall, Fence, MoveInterface, MovePrivateIps, Reassociate,
};
use holdfast::cloud::{CloudError, InstanceFilter, Missing, ReadInstances, ReadInterfaces};
use holdfast::events::{Trigger, parse};
use holdfast::model::alarm::{AlarmMetric, AlarmState};
use holdfast::model::ids::{AllocationId, AttachmentId, EniId, InstanceId, InstanceType};
use holdfast::model::instance::{InstanceTypeLimits, StatusChecks};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use super::{Client, TestBed};
use ec2_sim::World;
use ec2_sim::alarms::{self, Alarm, AlarmAction, Query};
use ec2_sim::api::{AllocatedAddress, DescribeNetworkInterfaces, Request, Response};
use pair::{ending_with_instance, pair, person, stopping};

/// A player, and an interface on the first of two instances with an address of its own.
struct Play {
    bed: Arc<TestBed>,
    client: Client,
    eni: EniId,
    attachment: AttachmentId,
    first: InstanceId,
    second: InstanceId,
    address: AllocatedAddress,
}

fn id<T: FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().expect("a well-formed id")
}

fn play() -> Play {
    let pair = pair();
    let bed = TestBed::new(pair.world);
    Play {
        client: bed.client("holdfast-alarm-failover"),
        bed,
        eni: id(&pair.floating),
        attachment: id(&pair.attachment),
        first: id(&pair.first),
        second: id(&pair.second),
        address: pair.address,
    }
}

/// Nothing in here waits for time.
fn at_once<T>(call: impl Future<Output = T>) -> T {
    call.now_or_never().expect("the world answers at once")
}

impl Play {
    fn holder(&self) -> Option<InstanceId> {
        let seen = at_once(self.client.interface(&self.eni)).expect("it may be read");
        seen.expect("it is there").instance().cloned()
    }

    fn primary_of_second(&self) -> EniId {
        let second = InstanceFilter::Ids(vec![self.second.clone()]);
        let seen = at_once(self.client.instances(&second)).expect("it may be read");
        seen[0].interfaces[0].id.clone()
    }

    /// The VPC of the interface that moves.
    fn vpc(&self) -> String {
        let request = Request::DescribeNetworkInterfaces(DescribeNetworkInterfaces {
            network_interface_ids: vec![self.eni.to_string()],
            ..DescribeNetworkInterfaces::default()
        });
        match self.bed.world().inspect(&person(), &request) {
            Ok(Response::DescribeNetworkInterfaces { interfaces, .. }) => {
                interfaces[0].vpc_id.clone()
            }
            other => unreachable!("DescribeNetworkInterfaces answers, not {other:?}"),
        }
    }

    fn change(&self, change: impl FnOnce(&mut World)) {
        change(&mut self.bed.world());
    }
}

#[test]
fn an_interface_is_moved() {
    let play = play();
    at_once(play.client.detach(&play.attachment, false)).expect("it is attached");
    play.bed.pass(Duration::from_secs(3));
    at_once(play.client.attach(&play.eni, &play.second, 1)).expect("it is free");
    play.bed.pass(Duration::from_secs(2));
    assert_eq!(play.holder(), Some(play.second));
}

#[test]
fn an_attachment_that_is_over_is_missing_and_one_that_is_not_is_in_use() {
    let play = play();
    let attach = at_once(play.client.attach(&play.eni, &play.second, 1));
    assert!(matches!(attach, Err(CloudError::InUse(_))), "{attach:?}");
    at_once(play.client.detach(&play.attachment, true)).expect("it is attached");
    play.bed.pass(Duration::from_secs(1));
    let detach = at_once(play.client.detach(&play.attachment, true));
    let missing = matches!(
        detach,
        Err(CloudError::NotFound {
            what: Missing::Attachment,
            ..
        })
    );
    assert!(missing, "{detach:?}");
}

#[test]
fn an_interface_is_told_to_outlive_its_instance() {
    let play = play();
    let (eni, attachment) = (play.eni.to_string(), play.attachment.to_string());
    let ends = ending_with_instance(&eni, &attachment, true);
    let person = person();
    play.change(|world| drop(world.call(&person, &ends, false)));
    at_once(
        play.client
            .clear_delete_on_termination(&play.eni, &play.attachment),
    )
    .expect("it is attached");
    let seen = at_once(play.client.interface(&play.eni)).expect("it may be read");
    let attachment = seen.expect("it is there").attachment;
    assert!(!attachment.expect("it is attached").delete_on_termination);
}

#[test]
fn a_secondary_private_ip_is_moved() {
    let play = play();
    let seen = at_once(play.client.interface(&play.eni)).expect("it may be read");
    let seen = seen.expect("it is there");
    let mut ips = seen.private_ips.keys().copied();
    let secondary = ips.find(|ip| seen.primary_ip != Some(*ip));
    let secondary = secondary.expect("it has a secondary one");
    let target = play.primary_of_second();
    at_once(play.client.assign(&target, &[secondary])).expect("the same subnet");
    let seen = at_once(play.client.interface(&target)).expect("it may be read");
    let seen = seen.expect("it is there");
    assert!(seen.private_ips.contains_key(&secondary));
}

#[test]
fn an_address_is_taken_from_a_holder_that_runs() {
    let play = play();
    let target = play.primary_of_second();
    let seen = at_once(play.client.interface(&target)).expect("it may be read");
    let ip = seen.expect("it is there").primary_ip.expect("it has one");
    let allocation: AllocationId = id(&play.address.allocation_id);
    at_once(play.client.reassociate(&allocation, &target, ip)).expect("it may be taken");
    let seen = at_once(play.client.interface(&target)).expect("it may be read");
    let public = seen.expect("it is there").private_ips[&ip].clone();
    assert_eq!(public.expect("it came").allocation, Some(allocation));
}

#[test]
fn a_failed_instance_is_fenced() {
    let play = play();
    let vpc = play.vpc();
    play.change(|world| world.put_security_group("sg-0123456789abcdef0", Some(&vpc)));
    at_once(play.client.isolate(&play.eni, &id("sg-0123456789abcdef0"))).expect("it is there");
    at_once(play.client.stop(&play.first)).expect("it runs");
    play.bed.pass(Duration::from_secs(5));
    let checks = at_once(play.client.checks(std::slice::from_ref(&play.first)));
    assert_eq!(
        checks.expect("it may be read")[&play.first],
        StatusChecks::Unknown.into()
    );
}

#[test]
fn a_rehearsal_changes_nothing_and_knows_what_is_denied() {
    let play = play();
    let detach = DryRunCall::Detach(play.attachment.clone());
    at_once(play.client.dry_run(&detach)).expect("it may be done");
    assert_eq!(play.holder(), Some(play.first.clone()));
    play.change(|world| world.deny("*", "ec2:DetachNetworkInterface"));
    let refused = at_once(play.client.dry_run(&detach));
    assert!(matches!(refused, Err(CloudError::Denied(_))), "{refused:?}");
    assert_eq!(
        play.bed.faults.names()[0],
        "dry run of DetachNetworkInterface"
    );
}

#[test]
fn status_checks_are_read_and_an_instance_that_never_was_is_left_out() {
    let play = play();
    play.bed.pass(Duration::from_mins(10));
    play.change(|world| world.impair(&play.first.to_string(), true, false));
    let unknown: InstanceId = id("i-0123456789abcdef0");
    let asked = [play.first.clone(), play.second.clone(), unknown];
    let checks = at_once(play.client.checks(&asked)).expect("it may be read");
    let wanted = [
        (play.first.clone(), StatusChecks::Impaired.into()),
        (play.second.clone(), StatusChecks::Ok.into()),
    ];
    assert_eq!(checks, wanted.into());
}

#[test]
fn the_limits_of_a_type_are_read() {
    let play = play();
    let kind = InstanceType("m5.large".to_owned());
    let limits = at_once(play.client.limits(std::slice::from_ref(&kind)));
    let wanted = InstanceTypeLimits {
        interfaces: 3,
        private_ips: 10,
    };
    assert_eq!(limits.expect("it may be read")[&kind], wanted);
}

#[test]
fn alarms_are_read_by_name_and_by_what_they_measure() {
    let play = play();
    let first = play.first.to_string();
    play.change(|world| {
        let alarms = [
            Alarm::on_status_checks("sick", &first),
            Alarm::composite("web", "ALARM(sick)"),
        ];
        for alarm in alarms {
            world.put_alarm(alarm).expect("it is well-formed");
        }
        world.set_alarm("sick", alarms::AlarmState::Alarm);
    });
    let names = ["sick", "web", "gone"].map(str::to_owned);
    let found = at_once(play.client.alarms(&names)).expect("it may be read");
    let states: Vec<_> = found
        .iter()
        .map(|alarm| (&*alarm.name, alarm.state))
        .collect();
    assert_eq!(
        states,
        [("sick", AlarmState::Alarm), ("web", AlarmState::Alarm)]
    );
    assert_eq!(found[1].rule.as_deref(), Some("ALARM(sick)"));
    let measure: &AlarmMetric = &found[0].metrics[0];
    assert_eq!(measure.instance(), Some(play.first.clone()));
    let firing = at_once(play.client.alarm_page(AlarmFilter::Firing, None));
    let firing = firing.expect("it may be read");
    assert_eq!((firing.alarms, firing.next), (found, None));
    let none = at_once(play.client.alarms(&[])).expect("nothing is asked");
    assert_eq!(none, []);
}

#[test]
fn an_alarm_is_read_whichever_way_it_is_told() {
    let play = play();
    let first = play.first.to_string();
    let mut told = Vec::new();
    play.change(|world| {
        let alarm = Alarm::on_status_checks("sick", &first);
        let alarm = alarm.telling(AlarmAction::Lambda).telling(AlarmAction::Sns);
        world.put_alarm(alarm).expect("it is well-formed");
        drop(world.take_events());
        world.set_alarm("sick", alarms::AlarmState::Alarm);
        told = world.take_events();
        told.extend(world.take_alarm_actions());
    });
    assert_eq!(told.len(), 3);
    for event in &told {
        let Ok(Trigger::Alarm(alarm)) = parse(event) else {
            panic!("not read as an alarm: {event}");
        };
        assert_eq!(alarm.state, AlarmState::Alarm);
        assert_eq!(alarm.instances(), [play.first.clone()].into());
    }
}

#[test]
fn a_composite_a_math_alarm_and_a_contributor_are_read_for_what_they_are() {
    let play = play();
    let first = play.first.to_string();
    let mut told = Vec::new();
    play.change(|world| {
        let metric = alarms::Metric::of_instance("Custom", "Heartbeat", &first);
        let math = vec![
            Query::Metric(metric),
            Query::Expression("1 - m1".to_owned()),
        ];
        let select = Query::Expression("SELECT MAX(a) FROM b GROUP BY InstanceId".to_owned());
        let fleet = Alarm::on_queries("fleet", vec![select]);
        world.put_alarm(fleet).expect("it is well-formed");
        drop(world.take_events());
        let attributes = [("InstanceId", first.as_str())];
        world.set_contributor("fleet", &attributes, alarms::AlarmState::Alarm);
        let math = Alarm::on_queries("math", math);
        for alarm in [math, Alarm::composite("web", "ALARM(math)")] {
            world.put_alarm(alarm).expect("it is well-formed");
        }
        world.set_alarm("math", alarms::AlarmState::Alarm);
        told = world.take_events();
    });
    let event_of = |name: &str| {
        let mut events = told.iter();
        let event = events.find(|event| event["detail"]["alarmName"] == name);
        event.expect("it is told")
    };
    let read = |name: &str| match parse(event_of(name)) {
        Ok(Trigger::Alarm(alarm)) => *alarm,
        other => panic!("{name} is not read as an alarm: {other:?}"),
    };
    assert_eq!(read("math").instances(), [play.first.clone()].into());
    assert_eq!(read("fleet").instances(), [play.first.clone()].into());
    assert_eq!(read("web").children, ["math"]);
    let configuration = &event_of("web")["detail"]["configuration"];
    assert_eq!(configuration["alarmRule"], "ALARM(math)");
}

#[test]
fn an_intruder_comes_between_a_read_of_alarms_and_the_next_call() {
    let play = play();
    let first = play.first.to_string();
    let stops = stopping(&first);
    let person = person();
    play.bed.intrude(
        0,
        Box::new(move |world| drop(world.call(&person, &stops, false))),
    );
    at_once(play.client.alarms(&["sick".to_owned()])).expect("it may be read");
    let checks = at_once(play.client.checks(std::slice::from_ref(&play.first)));
    assert_eq!(
        checks.expect("it may be read")[&play.first],
        StatusChecks::Unknown.into()
    );
}

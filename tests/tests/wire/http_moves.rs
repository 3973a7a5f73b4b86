//! What moves addresses, over HTTP and through the AWS SDK: interfaces, private addresses, and the alarms
//! that say when.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

use crate::aws::{Aws, Launched, code};
use aws_sdk_cloudwatch::types::{AlarmType, Dimension, StateValue};
use aws_sdk_ec2::types::{InstanceType, NetworkInterfaceAttachmentChanges};
use ec2_sim::alarms::{Alarm, AlarmState, Query};
use ec2_sim::http::{Fault, Outcome};
use std::time::Duration;

const MINUTE: Duration = Duration::from_mins(1);

/// An interface that floats, attached to an instance.
async fn held(aws: &Aws) -> (Launched, String, String) {
    let web = aws.run_instance().await;
    let eni = aws.floating(&web).await;
    let attachment = aws.attach(&eni, &web).await;
    aws.simulator.advance(MINUTE);
    (web, eni, attachment)
}

#[tokio::test]
async fn an_interface_is_attached_and_seen_from_both_sides() {
    let aws = Aws::start().await;
    let (web, eni, attachment) = held(&aws).await;
    let seen = aws.interface(&eni).await;
    let shown = seen.attachment().unwrap();
    assert_eq!(shown.attachment_id(), Some(attachment.as_str()));
    assert_eq!(shown.status().unwrap().as_str(), "attached");
    assert_eq!(
        (shown.device_index(), shown.network_card_index()),
        (Some(1), Some(0))
    );
    assert_eq!(shown.delete_on_termination(), Some(false));
    assert_eq!(seen.status().unwrap().as_str(), "in-use");
    let described = aws
        .ec2
        .describe_instances()
        .instance_ids(&web.instance)
        .send()
        .await;
    let described = described.unwrap();
    let second = &described.reservations()[0].instances()[0].network_interfaces()[1];
    assert_eq!(second.network_interface_id(), Some(eni.as_str()));
    let shown = second.attachment().unwrap();
    assert_eq!(shown.status().unwrap().as_str(), "attached");
}

#[tokio::test]
async fn an_interface_is_detached_and_its_attachment_vanishes() {
    let aws = Aws::start().await;
    let (_, eni, attachment) = held(&aws).await;
    let detach = aws
        .ec2
        .detach_network_interface()
        .attachment_id(&attachment);
    detach.clone().send().await.unwrap();
    let seen = aws.interface(&eni).await;
    assert_eq!(
        seen.attachment().unwrap().status().unwrap().as_str(),
        "detaching"
    );
    aws.simulator.advance(MINUTE);
    let seen = aws.interface(&eni).await;
    assert_eq!(seen.status().unwrap().as_str(), "available");
    assert!(seen.attachment().is_none());
    assert_eq!(
        code(&detach.force(true).send().await),
        "InvalidAttachmentID.NotFound"
    );
}

#[tokio::test]
async fn an_attach_whose_reply_is_lost_has_been_carried_out() {
    let aws = Aws::start().await;
    let web = aws.run_instance().await;
    let eni = aws.floating(&web).await;
    let action = "ec2:AttachNetworkInterface";
    aws.simulator.inject(action, Fault::ReplyLost, 1);
    let attach = aws
        .ec2
        .attach_network_interface()
        .network_interface_id(&eni)
        .instance_id(&web.instance)
        .device_index(1);
    assert!(attach.clone().send().await.is_err());
    assert!(aws.interface(&eni).await.attachment().is_some());
    assert_eq!(code(&attach.send().await), "InvalidNetworkInterface.InUse");
}

#[tokio::test]
async fn an_attachment_is_told_whether_it_ends_with_its_instance() {
    let aws = Aws::start().await;
    let (_, eni, attachment) = held(&aws).await;
    for ends in [true, false] {
        let change = NetworkInterfaceAttachmentChanges::builder()
            .attachment_id(&attachment)
            .delete_on_termination(ends)
            .build();
        let modify = aws.ec2.modify_network_interface_attribute();
        let modify = modify.network_interface_id(&eni).attachment(change);
        modify.send().await.unwrap();
        let seen = aws.interface(&eni).await;
        assert_eq!(
            seen.attachment().unwrap().delete_on_termination(),
            Some(ends)
        );
    }
}

#[tokio::test]
async fn an_interface_is_put_into_one_security_group_alone() {
    let aws = Aws::start().await;
    let (_, eni, _) = held(&aws).await;
    let vpc = aws.interface(&eni).await.vpc_id().map(str::to_owned);
    aws.simulator
        .world()
        .put_security_group("sg-0123456789abcdef0", vpc.as_deref());
    let modify = aws.ec2.modify_network_interface_attribute();
    let modify = modify
        .network_interface_id(&eni)
        .groups("sg-0123456789abcdef0");
    modify.send().await.unwrap();
    let seen = aws.interface(&eni).await;
    let groups: Vec<_> = seen
        .groups()
        .iter()
        .filter_map(|it| it.group_id())
        .collect();
    assert_eq!(groups, ["sg-0123456789abcdef0"]);
}

#[tokio::test]
async fn a_private_address_is_taken_in_one_call_and_given_up_in_another() {
    let aws = Aws::start().await;
    let (web, eni, _) = held(&aws).await;
    let seen = aws.interface(&eni).await;
    let ip = seen.private_ip_addresses()[1].private_ip_address().unwrap();
    let take = aws
        .ec2
        .assign_private_ip_addresses()
        .network_interface_id(&web.eni)
        .private_ip_addresses(ip);
    assert_eq!(code(&take.clone().send().await), "InvalidParameterValue");
    let taken = take.allow_reassignment(true).send().await.unwrap();
    let assigned = &taken.assigned_private_ip_addresses()[0];
    assert_eq!(assigned.private_ip_address(), Some(ip));
    assert_eq!(aws.interface(&eni).await.private_ip_addresses().len(), 1);
    let give_up = aws.ec2.unassign_private_ip_addresses();
    let give_up = give_up
        .network_interface_id(&web.eni)
        .private_ip_addresses(ip);
    give_up.send().await.unwrap();
    assert_eq!(
        aws.interface(&web.eni).await.private_ip_addresses().len(),
        1
    );
}

#[tokio::test]
async fn ec2_picks_an_address_when_asked_for_one_more() {
    let aws = Aws::start().await;
    let (web, _, _) = held(&aws).await;
    let assign = aws.ec2.assign_private_ip_addresses();
    let assign = assign.network_interface_id(&web.eni);
    let assigned = assign.secondary_private_ip_address_count(1).send().await;
    assert_eq!(assigned.unwrap().assigned_private_ip_addresses().len(), 1);
}

#[tokio::test]
async fn an_interface_is_deleted_once_it_is_free() {
    let aws = Aws::start().await;
    let (_, eni, attachment) = held(&aws).await;
    let delete = aws
        .ec2
        .delete_network_interface()
        .network_interface_id(&eni);
    assert_eq!(code(&delete.clone().send().await), "InvalidParameterValue");
    let detach = aws.ec2.detach_network_interface().attachment_id(attachment);
    detach.send().await.unwrap();
    aws.simulator.advance(MINUTE);
    delete.clone().send().await.unwrap();
    assert_eq!(
        code(&delete.send().await),
        "InvalidNetworkInterfaceID.NotFound"
    );
}

#[tokio::test]
async fn a_type_says_what_it_takes() {
    let aws = Aws::start().await;
    let describe = aws.ec2.describe_instance_types();
    let described = describe.instance_types(InstanceType::M5Large).send().await;
    let described = described.unwrap();
    let network = described.instance_types()[0].network_info().unwrap();
    assert_eq!(network.maximum_network_interfaces(), Some(3));
    assert_eq!(network.ipv4_addresses_per_interface(), Some(10));
    let card = &network.network_cards()[0];
    assert_eq!(
        (card.network_card_index(), card.maximum_network_interfaces()),
        (Some(0), Some(3))
    );
    let unknown = aws
        .ec2
        .describe_instance_types()
        .instance_types("t3.gigantic".into());
    assert_eq!(code(&unknown.send().await), "InvalidInstanceType");
}

#[tokio::test]
async fn a_dry_run_of_a_move_asks_for_the_permission_alone() {
    let aws = Aws::start().await;
    let (web, eni, attachment) = held(&aws).await;
    let detach = aws.ec2.detach_network_interface().attachment_id(attachment);
    assert_eq!(code(&detach.dry_run(true).send().await), "DryRunOperation");
    let stop = aws.ec2.stop_instances().instance_ids(&web.instance);
    let stop = stop.force(true).skip_os_shutdown(true);
    assert_eq!(code(&stop.dry_run(true).send().await), "DryRunOperation");
    assert_eq!(
        aws.interface(&eni).await.status().unwrap().as_str(),
        "in-use"
    );
    assert!(
        !aws.simulator
            .calls()
            .iter()
            .any(|call| { call.action == "DetachNetworkInterface" && call.mutating })
    );
}

#[tokio::test]
async fn a_stop_that_leaves_the_guest_out_is_over_in_seconds() {
    let aws = Aws::start().await;
    let web = aws.run_instance().await;
    let stop = aws.ec2.stop_instances().instance_ids(&web.instance);
    stop.force(true)
        .skip_os_shutdown(true)
        .send()
        .await
        .unwrap();
    aws.simulator.advance(Duration::from_secs(6));
    let described = aws
        .ec2
        .describe_instances()
        .instance_ids(&web.instance)
        .send()
        .await;
    let described = described.unwrap();
    let state = described.reservations()[0].instances()[0].state().unwrap();
    assert_eq!(state.name().unwrap().as_str(), "stopped");
}

/// An alarm on each of two instances, one over both, and one with an expression.
fn put_alarms(aws: &Aws) {
    let mut world = aws.simulator.world();
    let alarms = [
        Alarm::on_status_checks("one", "i-0123456789abcdef0"),
        Alarm::on_status_checks("two", "i-0123456789abcdef1"),
        Alarm::composite("either", "ALARM(one) OR ALARM(two)"),
        Alarm::on_queries("math", vec![Query::Expression("m1 / m2".to_owned())]),
    ];
    for alarm in alarms {
        world.put_alarm(alarm).unwrap();
    }
    world.set_alarm("two", AlarmState::Alarm);
}

#[tokio::test]
async fn alarms_are_described_with_what_they_look_at() {
    let aws = Aws::start().await;
    put_alarms(&aws);
    let described = aws
        .alarms
        .describe_alarms()
        .set_alarm_names(Some(vec![
            "two".to_owned(),
            "either".to_owned(),
            "math".to_owned(),
        ]))
        .alarm_types(AlarmType::MetricAlarm)
        .alarm_types(AlarmType::CompositeAlarm)
        .send()
        .await
        .unwrap();
    let [math, two] = described.metric_alarms() else {
        panic!("not two metric alarms: {described:?}");
    };
    assert_eq!(two.state_value(), Some(&StateValue::Alarm));
    assert_eq!(two.dimensions()[0].value(), Some("i-0123456789abcdef1"));
    assert_eq!(two.namespace(), Some("AWS/EC2"));
    assert!(two.state_updated_timestamp().is_some());
    assert_eq!(math.metrics()[0].expression(), Some("m1 / m2"));
    let either = &described.composite_alarms()[0];
    assert_eq!(either.alarm_rule(), Some("ALARM(one) OR ALARM(two)"));
    assert_eq!(either.state_value(), Some(&StateValue::Alarm));
    assert!(either.state_reason_data().unwrap().contains(":alarm:two"));
}

#[tokio::test]
async fn firing_alarms_are_described_page_by_page() {
    let aws = Aws::start().await;
    put_alarms(&aws);
    aws.simulator.world().set_alarm("one", AlarmState::Alarm);
    let firing = aws.alarms.describe_alarms().state_value(StateValue::Alarm);
    let first = firing.clone().max_records(1).send().await.unwrap();
    assert_eq!(first.metric_alarms()[0].alarm_name(), Some("one"));
    let next = first.next_token().unwrap();
    let second = firing.next_token(next).send().await.unwrap();
    assert_eq!(second.metric_alarms()[0].alarm_name(), Some("two"));
    assert_eq!(second.next_token(), None);
    let wrong = aws.alarms.describe_alarms().next_token("no such token");
    assert_eq!(code(&wrong.send().await), "InvalidNextToken");
}

#[tokio::test]
async fn the_alarms_on_one_metric_are_described() {
    let aws = Aws::start().await;
    put_alarms(&aws);
    let dimension = Dimension::builder()
        .name("InstanceId")
        .value("i-0123456789abcdef0")
        .build();
    let described = aws
        .alarms
        .describe_alarms_for_metric()
        .namespace("AWS/EC2")
        .metric_name("StatusCheckFailed")
        .dimensions(dimension)
        .send()
        .await
        .unwrap();
    let names: Vec<_> = described
        .metric_alarms()
        .iter()
        .filter_map(|it| it.alarm_name())
        .collect();
    assert_eq!(names, ["one"]);
}

#[tokio::test]
async fn calls_to_cloudwatch_are_recorded_denied_and_throttled_as_others_are() {
    let aws = Aws::start().await;
    aws.alarms.describe_alarms().send().await.unwrap();
    aws.simulator.world().deny("*", "cloudwatch:DescribeAlarms");
    let denied = aws.alarms.describe_alarms().send().await;
    assert_eq!(code(&denied), "AccessDenied");
    let action = "cloudwatch:DescribeAlarms";
    aws.simulator.inject(action, Fault::Throttled, 1);
    let throttled = aws.alarms.describe_alarms().send().await;
    assert_eq!(code(&throttled), "Throttling");
    assert_eq!(aws.simulator.call_names(), [action; 3]);
    let calls = aws.simulator.calls();
    assert!(calls.iter().all(|call| !call.mutating));
    assert_eq!(
        calls[1].outcome,
        Outcome::Refused("AccessDenied".to_owned())
    );
}

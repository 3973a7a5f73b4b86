//! A guard against words that AWS adds. Decisions hang on some of the SDK's enums. Each of their values is either handled,
//! or named here with the reason for which it is not. A new SDK with a new value fails this test.
//!
//! At run time a value that nobody knows is `Unknown`: it says neither that something is well, nor that it is gone.

use crate::alarms;
use crate::health::probe;
use crate::instances::OWN_KINDS;
use crate::interfaces::attachment_state;
use crate::zonal_shifts;
use aws_sdk_arczonalshift::types::ShiftType;
use aws_sdk_autoscaling::types::LifecycleState as Lifecycle;
use aws_sdk_cloudwatch::types::{ActionsSuppressedBy, AlarmType, StateValue};
use aws_sdk_ec2::types::{
    AttachmentStatus, DeviceType, EventCode as Planned, InstanceLifecycleType, InstanceStateName,
    NetworkInterfaceType, RouteState, ServiceManaged, SummaryStatus,
};
use holdfast::model::alarm::AlarmState;
use holdfast::model::auto_scaling::{LifecycleState, Service};
use holdfast::model::instance::InstanceState;
use holdfast::model::instance_status::{EventCode, ProbeStatus};
use holdfast::model::interface::AttachmentState;

/// What the SDK has and nobody here names, and what is named here and the SDK does not have any more.
fn differences(sdk: &[&str], handled: &[&str], ignored: &[(&str, &str)]) -> Vec<String> {
    let named: Vec<&str> = ignored.iter().map(|(value, _)| *value).collect();
    let is_named = |value: &&&str| handled.contains(value) || named.contains(value);
    let new = sdk.iter().filter(|value| !is_named(value));
    let gone = handled
        .iter()
        .chain(&named)
        .filter(|value| !sdk.contains(value));
    let new = new.map(|value| format!("`{value}` is new"));
    new.chain(gone.map(|value| format!("`{value}` is gone")))
        .collect()
}

fn is_complete(name: &str, sdk: &[&str], handled: &[&str], ignored: &[(&str, &str)]) {
    let differences = differences(sdk, handled, ignored);
    assert!(differences.is_empty(), "{name}: {differences:?}");
}

/// Those of an enum's values that the code takes for something it knows.
fn known<'a>(values: &[&'a str], is_known: impl Fn(&str) -> bool) -> Vec<&'a str> {
    values
        .iter()
        .copied()
        .filter(|value| is_known(value))
        .collect()
}

#[test]
fn the_guard_fails_on_a_value_that_is_new_and_on_one_that_is_gone() {
    let told = |sdk: &[&str], handled: &[&str]| differences(sdk, handled, &[("b", "why")]);
    assert_eq!(told(&["a", "b"], &["a"]), Vec::<String>::new());
    assert_eq!(told(&["a", "b", "c"], &["a"]), ["`c` is new"]);
    assert_eq!(told(&["a", "b"], &[]), ["`a` is new"]);
    assert_eq!(told(&["b"], &["a"]), ["`a` is gone"]);
}

#[test]
fn every_type_of_alarm_is_read() {
    let read = alarms::TYPES.each_ref().map(AlarmType::as_str);
    is_complete("AlarmType", AlarmType::values(), &read, &[]);
}

#[test]
fn every_state_of_an_alarm_is_known() {
    let all = StateValue::values();
    let state = |value: &str| alarms::state(Some(&StateValue::from(value))).unwrap();
    let handled = known(all, |value| state(value) != AlarmState::Unknown);
    is_complete("StateValue", all, &handled, &[]);
    assert_eq!(state("NOVEL"), AlarmState::Unknown);
}

#[test]
fn every_reason_for_a_suppression_counts() {
    let any =
        "whatever suppresses an alarm's actions, its event moves nothing and its state counts";
    let ignored = [
        ("Alarm", any),
        ("ExtensionPeriod", any),
        ("WaitPeriod", any),
    ];
    is_complete(
        "ActionsSuppressedBy",
        ActionsSuppressedBy::values(),
        &[],
        &ignored,
    );
}

#[test]
fn every_state_of_an_instance_is_known() {
    let all = InstanceStateName::values();
    let handled = known(all, |value| {
        InstanceState::told(value) != InstanceState::Unknown
    });
    is_complete("InstanceStateName", all, &handled, &[]);
}

/// Which instances EC2 does not stop is told beforehand for those that its text names.
#[test]
fn every_kind_of_instance_and_of_root_device_is_named() {
    let told = "the report of the fence has what EC2 answers";
    let ignored = [
        ("capacity-block", told),
        ("interruptible-capacity-reservation", told),
        ("scheduled", told),
    ];
    let all = InstanceLifecycleType::values();
    is_complete("InstanceLifecycleType", all, &["spot"], &ignored);
    let stops = [("ebs", "it can be stopped")];
    is_complete(
        "DeviceType",
        DeviceType::values(),
        &["instance-store"],
        &stops,
    );
}

#[test]
fn every_status_of_an_attachment_is_known() {
    let all = AttachmentStatus::values();
    let state = |value: &str| attachment_state(&AttachmentStatus::from(value));
    let handled = known(all, |value| state(value) != AttachmentState::Unknown);
    is_complete("AttachmentStatus", all, &handled, &[]);
}

#[test]
fn every_summary_of_a_status_check_is_named() {
    let handled = ["impaired", "initializing", "ok"];
    let ignored = [
        (
            "insufficient-data",
            "no good news of host or instance; of volumes, no news",
        ),
        (
            "not-applicable",
            "an instance without volumes that are checked",
        ),
    ];
    is_complete("SummaryStatus", SummaryStatus::values(), &handled, &ignored);
}

#[test]
fn every_word_of_a_probe_is_known() {
    let all = SummaryStatus::values();
    let told = |value: &str| probe(Some(&SummaryStatus::from(value)));
    let handled = known(all, |value| told(value) != ProbeStatus::Unknown);
    is_complete("SummaryStatus, of a probe", all, &handled, &[]);
    assert_eq!(told("novel"), ProbeStatus::Unknown);
}

#[test]
fn every_event_that_aws_can_plan_is_known() {
    let all = Planned::values();
    let is_known = |value: &str| !matches!(EventCode::told(value), EventCode::Unknown(_));
    is_complete("EventCode", all, &known(all, is_known), &[]);
}

#[test]
fn every_type_of_an_interface_is_our_own_or_a_services() {
    let all = NetworkInterfaceType::values();
    let service = "a service's: nothing is attached to it and no address goes there";
    let efa_only = "it has no IP address";
    let ignored: Vec<(&str, &str)> = all
        .iter()
        .filter(|value| SERVICES_TYPES.contains(value))
        .map(|value| (*value, service))
        .chain([("efa-only", efa_only)])
        .collect();
    is_complete("NetworkInterfaceType", all, &OWN_KINDS, &ignored);
}

/// Interfaces that a service makes, or that are parts of another interface.
const SERVICES_TYPES: [&str; 15] = [
    "api_gateway_managed",
    "aws_codestar_connections_managed",
    "branch",
    "gateway_load_balancer",
    "gateway_load_balancer_endpoint",
    "global_accelerator_managed",
    "iot_rules_managed",
    "lambda",
    "load_balancer",
    "natGateway",
    "network_load_balancer",
    "quicksight",
    "transit_gateway",
    "trunk",
    "vpc_endpoint",
];

#[test]
fn every_service_that_manages_an_address_keeps_it() {
    let any = "whichever service manages an address, nobody here touches it";
    let ignored = [("alb", any), ("nlb", any), ("rds", any), ("rnat", any)];
    is_complete("ServiceManaged", ServiceManaged::values(), &[], &ignored);
}

#[test]
fn every_state_of_a_route_is_named() {
    let other = "it leads somewhere, whatever it is";
    let ignored: Vec<(&str, &str)> = RouteState::values()
        .iter()
        .filter(|value| ["active", "filtered"].contains(value))
        .map(|value| (*value, other))
        .collect();
    is_complete("RouteState", RouteState::values(), &["blackhole"], &ignored);
}

#[test]
fn every_lifecycle_state_of_auto_scaling_is_known_or_counts_as_out_of_service() {
    let all = Lifecycle::values();
    let service = |value: &str| LifecycleState(value.to_owned()).service();
    let handled = known(all, |value| service(value) != Service::Unknown);
    let ignored = [(
        "Quarantined",
        "Auto Scaling does not document what it does with such an instance: it counts as not in service, with a finding",
    )];
    is_complete("LifecycleState", all, &handled, &ignored);
}

#[test]
fn every_type_of_a_zonal_shift_but_a_practice_run_is_heeded() {
    let all = ShiftType::values();
    let is_meant = |value: &str| zonal_shifts::is_meant(Some(&ShiftType::from(value)));
    let ignored = [(
        "PRACTICE_RUN",
        "the zone is well: it is a test of the others",
    )];
    is_complete("ShiftType", all, &known(all, is_meant), &ignored);
    assert!(is_meant("NOVEL") && zonal_shifts::is_meant(None));
}

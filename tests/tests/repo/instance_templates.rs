//! The templates for a group of instances: their alarms are ones that Holdfast can act on with nothing
//! wired, and the demo's interface outlives the instance that fails.

use holdfast::events::{Trigger, parse};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const ALARMS: &str = include_str!("../../../templates/instance-group-alarms.yaml");
const DEMO: &str = include_str!("../../../templates/demo-stack.yaml");

/// A template as JSON, with what a function stands for in place of the function: `!Ref First` is `First`.
fn template(text: &str) -> Value {
    plain(&serde_yaml_ng::from_str(text).unwrap())
}

fn plain(yaml: &serde_yaml_ng::Value) -> Value {
    use serde_yaml_ng::Value as Yaml;
    match yaml {
        Yaml::Tagged(tagged) => plain(&tagged.value),
        Yaml::Sequence(items) => items.iter().map(plain).collect(),
        Yaml::Mapping(entries) => entries
            .iter()
            .map(|(key, value)| (key.as_str().unwrap().to_owned(), plain(value)))
            .collect(),
        other => serde_json::to_value(other).unwrap(),
    }
}

/// The properties of all resources of a type, by name, also of those that are made for each instance.
fn resources(template: &Value, kind: &str) -> BTreeMap<String, Value> {
    let written = template["Resources"].as_object().unwrap();
    let for_each = written.get("Fn::ForEach::Instances");
    let for_each = for_each.and_then(|each| each[2].as_object());
    let all = written.iter().chain(for_each.into_iter().flatten());
    all.filter(|(_, resource)| resource["Type"] == kind)
        .map(|(name, resource)| (name.clone(), resource["Properties"].clone()))
        .collect()
}

fn alarms(text: &str) -> BTreeMap<String, Value> {
    resources(&template(text), "AWS::CloudWatch::Alarm")
}

/// The event that such an alarm sends, for an instance.
fn event_of(alarm: &Value, instance: &str) -> Value {
    let dimension = alarm["Dimensions"][0]["Name"].as_str().unwrap();
    json!({
        "id": "1", "source": "aws.cloudwatch", "detail-type": "CloudWatch Alarm State Change",
        "account": "111122223333", "region": "eu-west-1", "time": "2026-01-01T00:00:00Z",
        "resources": ["arn:aws:cloudwatch:eu-west-1:111122223333:alarm:web-heartbeat"],
        "detail": {
            "alarmName": "web-heartbeat",
            "state": { "value": "ALARM", "timestamp": "2026-01-01T00:00:00.000+0000" },
            "previousState": { "value": "OK", "timestamp": "2026-01-01T00:00:00.000+0000" },
            "configuration": { "metrics": [{
                "id": "m1", "returnData": true,
                "metricStat": { "stat": alarm["Statistic"], "period": alarm["Period"], "metric": {
                    "namespace": alarm["Namespace"], "name": alarm["MetricName"],
                    "dimensions": { dimension: instance },
                } },
            }] },
        },
    })
}

#[test]
fn the_event_of_every_alarm_names_its_instance() {
    for (name, alarm) in alarms(ALARMS).into_iter().chain(alarms(DEMO)) {
        assert_eq!(alarm["Dimensions"].as_array().unwrap().len(), 1, "{name}");
        let event = event_of(&alarm, "i-0123456789abcdef0");
        let Trigger::Alarm(told) = parse(&event).unwrap() else {
            panic!("{name} is no alarm to Holdfast")
        };
        let instances: Vec<String> = told.instances().iter().map(ToString::to_string).collect();
        assert_eq!(instances, ["i-0123456789abcdef0"], "{name}");
    }
}

#[test]
fn a_missing_heartbeat_is_a_failure_and_a_gap_in_ec2s_data_is_none() {
    for (name, alarm) in alarms(ALARMS).into_iter().chain(alarms(DEMO)) {
        let (period, missing) = if name.contains("Heartbeat") {
            (10, "breaching")
        } else {
            (60, "missing")
        };
        assert_eq!(
            (&alarm["Period"], &alarm["TreatMissingData"]),
            (&json!(period), &json!(missing)),
            "{name}"
        );
    }
}

/// Source: CloudWatch user guide, "Alarm warm-up periods", and "Alarm tags in events".
#[test]
fn an_alarm_waits_for_the_first_heartbeats_and_its_event_carries_the_group() {
    for (name, alarm) in alarms(ALARMS).into_iter().chain(alarms(DEMO)) {
        let warm_up = &alarm["WarmUpConfiguration"];
        if name.contains("Heartbeat") {
            assert_eq!(warm_up["WarmUpPeriodDurationInMinutes"], 10, "{name}");
            let waits = &warm_up["OnlyStartEvaluatingAfterWarmUpPeriodEnds"];
            assert!(waits.is_null(), "{name}: it ends with the first heartbeats");
        } else {
            assert!(
                warm_up.is_null(),
                "{name}: a gap in EC2's data is no failure"
            );
        }
        let carries = &alarm["ActionConfiguration"]["AlarmTagsPropagation"]["Enabled"];
        assert_eq!(carries, true, "{name}");
        assert_eq!(
            tag(&alarm, "group").map(str::is_empty),
            Some(false),
            "{name}"
        );
    }
}

#[test]
fn the_demos_alarms_are_those_of_the_template_for_groups() {
    const SAME: [&str; 9] = [
        "Statistic",
        "Period",
        "EvaluationPeriods",
        "DatapointsToAlarm",
        "Threshold",
        "ComparisonOperator",
        "TreatMissingData",
        "WarmUpConfiguration",
        "ActionConfiguration",
    ];
    let of_groups = alarms(ALARMS);
    let demo = alarms(DEMO);
    assert_eq!(demo.len(), 6);
    for (kind, pattern) in [
        ("Heartbeat", "Heartbeat&{InstanceId}"),
        ("StatusCheck", "StatusCheck&{InstanceId}"),
    ] {
        for (name, alarm) in demo.iter().filter(|(name, _)| name.ends_with(kind)) {
            for property in SAME {
                assert_eq!(alarm[property], of_groups[pattern][property], "{name}");
            }
        }
    }
}

#[test]
fn the_floating_interface_outlives_its_instance_and_has_a_subnet_of_its_own_in_the_same_zone() {
    let demo = template(DEMO);
    let attachments = resources(&demo, "AWS::EC2::NetworkInterfaceAttachment");
    let outlives = |each: &Value| each["DeleteOnTermination"] == json!(false);
    assert!(!attachments.is_empty() && attachments.values().all(outlives));
    let subnets = resources(&demo, "AWS::EC2::Subnet");
    let floating = &subnets["FloatingSubnet"];
    assert_eq!(floating["AvailabilityZone"], "HostSubnet.AvailabilityZone");
    let interfaces = resources(&demo, "AWS::EC2::NetworkInterface");
    assert_eq!(interfaces["Floating"]["SubnetId"], "FloatingSubnet");
    for instance in resources(&demo, "AWS::EC2::Instance").values() {
        assert_eq!(instance["SubnetId"], "HostSubnet");
    }
}

/// The value of a tag under the prefix that the installation has.
fn tag<'a>(resource: &'a Value, key: &str) -> Option<&'a str> {
    let key = format!("${{TagPrefix}}:{key}");
    let mut tags = resource["Tags"].as_array()?.iter();
    tags.find(|tag| tag["Key"] == key)?["Value"].as_str()
}

#[test]
fn the_demo_is_one_group_in_order_and_its_address_goes_when_the_stack_does() {
    let demo = template(DEMO);
    let instances = resources(&demo, "AWS::EC2::Instance");
    let priorities = ["First", "Second", "Third"].map(|name| tag(&instances[name], "priority"));
    assert_eq!(priorities, [Some("1"), Some("2"), Some("3")]);
    let interface = &resources(&demo, "AWS::EC2::NetworkInterface")["Floating"];
    for member in instances.values().chain([interface]) {
        assert_eq!(tag(member, "group"), Some("AWS::StackName"));
    }
    let address = &resources(&demo, "AWS::EC2::EIP")["Address"];
    assert_eq!(tag(address, "protect"), Some("none"));
    assert_eq!(tag(address, "group"), None, "instance-start would take it");
}

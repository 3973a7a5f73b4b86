//! Golden tests of alarms, by whichever way they come.

use super::{ignored, wrong};
use crate::events::alarm::AlarmEvent;
use crate::events::samples::{Alarm, alarm, bridge, kinds, topic};
use crate::events::{Trigger, parse};
use crate::model::alarm::{AlarmMetric, AlarmState};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use time::macros::datetime;

fn read(event: &Value) -> AlarmEvent {
    match parse(event) {
        Ok(Trigger::Alarm(alarm)) => *alarm,
        other => panic!("expected an alarm, got {other:?}"),
    }
}

fn status_check() -> Alarm {
    alarm("gateway-a").measuring("StatusCheckFailed", &[("InstanceId", "i-0c3")])
}

/// The instances that an alarm names, which are the same by each way.
fn instances(alarm: &Alarm) -> Vec<String> {
    let by_rule = read(&alarm.by_rule()).instances();
    assert_eq!(by_rule, read(&alarm.by_topic()).instances());
    by_rule.iter().map(ToString::to_string).collect()
}

fn pairs(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    pairs.iter().map(own).collect()
}

#[test]
fn an_alarm_tells_what_it_measures_how_it_is_and_since_when() {
    let event = read(&status_check().by_rule());
    assert_eq!(event.name, "gateway-a");
    assert_eq!(event.state, AlarmState::Alarm);
    assert_eq!(event.previous, Some(AlarmState::Ok));
    assert_eq!(event.since, datetime!(2026-01-31 12:00:00.25 UTC));
    let measure = AlarmMetric {
        namespace: "AWS/EC2".to_owned(),
        metric: "StatusCheckFailed".to_owned(),
        dimensions: pairs(&[("InstanceId", "i-0c3")]),
    };
    assert_eq!(event.metrics, [measure]);
    assert_eq!(event.suppressed_by, None);
}

#[test]
fn each_kind_of_alarm_reads_the_same_by_whichever_way_it_comes() {
    for kind in kinds() {
        let by_rule = read(&kind.by_rule());
        for event in [kind.by_action(), kind.by_topic()] {
            assert_eq!(read(&event), by_rule);
        }
    }
}

#[test]
fn each_way_tells_where_the_alarm_is() {
    let alarm = status_check();
    for event in [alarm.by_rule(), alarm.by_action(), alarm.by_topic()] {
        assert_eq!(read(&event).region.as_deref(), Some("eu-west-1"));
    }
}

#[test]
fn the_instance_is_found_behind_other_dimensions() {
    let dimensions = [("Interface", "eth0"), ("InstanceId", "i-0c3")];
    let alarm = alarm("errors").measuring("Errors", &dimensions);
    assert_eq!(instances(&alarm), ["i-0c3"]);
}

#[test]
fn an_expression_names_the_instances_of_all_its_metrics() {
    let alarm = alarm("either")
        .computed("MAX(METRICS())")
        .measuring("StatusCheckFailed", &[("InstanceId", "i-0c3")])
        .measuring("StatusCheckFailed", &[("InstanceId", "i-0c4")]);
    assert_eq!(instances(&alarm), ["i-0c3", "i-0c4"]);
}

#[test]
fn a_metric_of_many_instances_names_none() {
    let alarm = alarm("fleet").measuring("CPUUtilization", &[("AutoScalingGroupName", "web")]);
    assert_eq!(instances(&alarm), [""; 0]);
    assert_eq!(read(&alarm.by_rule()).metrics.len(), 1);
}

#[test]
fn a_composite_names_its_children_and_measures_nothing() {
    let alarm = alarm("both").composite("ALARM(one) AND NOT ALARM(two)", &["one", "two"]);
    let event = read(&alarm.by_rule());
    assert_eq!(event.children, ["one", "two"]);
    assert!(event.metrics.is_empty());
}

#[test]
fn a_reason_that_cannot_be_read_names_no_child() {
    for reason in [
        "",
        "{",
        "[]",
        "{\"triggeringAlarms\": [{\"arn\": \"nobody\"}]}",
    ] {
        let mut event = alarm("both").composite("ALARM(one)", &["one"]).by_rule();
        event["detail"]["state"]["reasonData"] = json!(reason);
        assert!(read(&event).children.is_empty(), "{reason}");
    }
}

#[test]
fn a_contributor_names_its_instance() {
    let alarm = alarm("fleet").contributor(&json!({"InstanceId": "i-0c3"}));
    assert_eq!(instances(&alarm), ["i-0c3"]);
    let event = read(&alarm.by_rule());
    assert_eq!(event.contributors, [pairs(&[("InstanceId", "i-0c3")])]);
}

#[test]
fn tags_may_be_an_object_or_a_list() {
    for tags in [
        json!({"holdfast:group": "web"}),
        json!([{"Key": "holdfast:group", "Value": "web"}]),
        json!([{"key": "holdfast:group", "value": "web"}]),
    ] {
        let alarm = status_check().tagged(&tags);
        for event in [alarm.by_rule(), alarm.by_action(), alarm.by_topic()] {
            assert_eq!(read(&event).tags, pairs(&[("holdfast:group", "web")]));
        }
    }
}

#[test]
fn tags_beside_the_alarm_are_read_as_well() {
    let mut event = status_check().by_action();
    event["alarmTags"] = json!({"holdfast:group": "web"});
    assert_eq!(read(&event).tags, pairs(&[("holdfast:group", "web")]));
}

#[test]
fn an_alarm_that_is_well_again_or_without_data_is_still_one() {
    for (word, state) in [
        ("OK", AlarmState::Ok),
        ("INSUFFICIENT_DATA", AlarmState::InsufficientData),
    ] {
        let alarm = status_check().state("value", json!(word));
        for event in [alarm.by_rule(), alarm.by_action(), alarm.by_topic()] {
            assert_eq!(read(&event).state, state);
        }
    }
}

#[test]
fn what_keeps_its_actions_back_is_kept() {
    let suppressed = status_check().state("actionsSuppressedBy", json!("WaitPeriod"));
    let muted = status_check().muted_by("night");
    for (alarm, by) in [(suppressed, "WaitPeriod"), (muted, "AlarmMuteRule night")] {
        for event in [alarm.by_rule(), alarm.by_action()] {
            assert_eq!(read(&event).suppressed_by.as_deref(), Some(by));
        }
    }
}

#[test]
fn an_alarm_that_was_kept_back_until_now_says_so() {
    let mut event = status_check().previously("ALARM").by_action();
    event["alarmData"]["previousState"]["actionsSuppressedBy"] = json!("WaitPeriod");
    let alarm = read(&event);
    assert_eq!(
        alarm.previously_suppressed_by.as_deref(),
        Some("WaitPeriod")
    );
    assert_eq!(alarm.suppressed_by, None);
}

#[test]
fn the_state_before_is_kept_where_it_is_one() {
    for (word, previous) in [("ALARM", Some(AlarmState::Alarm)), ("SOMETHING_NEW", None)] {
        let alarm = status_check().previously(word);
        for event in [alarm.by_rule(), alarm.by_action(), alarm.by_topic()] {
            assert_eq!(read(&event).previous, previous);
        }
    }
}

#[test]
fn a_time_may_be_written_in_each_of_cloudwatchs_ways() {
    for (text, since) in [
        (
            "2019-10-02T17:04:40.989+0000",
            datetime!(2019-10-02 17:04:40.989 UTC),
        ),
        ("2026-01-01T00:00:00+0000", datetime!(2026-01-01 00:00 UTC)),
        (
            "2026-01-01T01:30:00.5+0130",
            datetime!(2026-01-01 00:00:00.5 UTC),
        ),
        ("2026-01-01T00:00:00Z", datetime!(2026-01-01 00:00 UTC)),
        (
            "2026-01-01T00:00:00.000+00:00",
            datetime!(2026-01-01 00:00 UTC),
        ),
    ] {
        let alarm = status_check().state("timestamp", json!(text));
        assert_eq!(read(&alarm.by_rule()).since, since, "{text}");
        assert_eq!(read(&alarm.by_topic()).since, since, "{text}");
    }
}

#[test]
fn a_time_that_is_none_is_named_by_its_path() {
    let broken = status_check().state("timestamp", json!("2023-08-04T12: 36: 15"));
    for (event, field) in [
        (broken.by_rule(), "detail.state.timestamp"),
        (broken.by_action(), "alarmData.state.timestamp"),
        (broken.by_topic(), "Records[0].Sns.Message.StateChangeTime"),
    ] {
        let (named, problem) = wrong(&event);
        assert_eq!(named, field);
        assert!(
            problem.starts_with("`2023-08-04T12: 36: 15` is not a time"),
            "{problem}"
        );
    }
}

#[test]
fn where_the_state_has_no_time_the_events_own_stands_for_it() {
    let timeless = status_check().state("timestamp", Value::Null);
    for (event, since) in [
        (timeless.by_rule(), datetime!(2026-01-31 12:00:05 UTC)),
        (timeless.by_action(), datetime!(2026-01-31 12:00:00.5 UTC)),
        (timeless.by_topic(), datetime!(2026-01-31 12:00:00.75 UTC)),
    ] {
        assert_eq!(read(&event).since, since);
    }
    let mut event = timeless.by_rule();
    event.as_object_mut().unwrap().remove("time");
    assert_eq!(wrong(&event).0, "detail.state.timestamp");
}

#[test]
fn what_is_missing_or_is_no_state_is_named_by_its_path() {
    let broken = status_check().state("value", json!("FINE"));
    for (event, field) in [
        (broken.by_rule(), "detail.state.value"),
        (broken.by_action(), "alarmData.state.value"),
        (broken.by_topic(), "Records[0].Sns.Message.NewStateValue"),
        (alarm(" ").by_rule(), "detail.alarmName"),
        (alarm("").by_topic(), "Records[0].Sns.Message.AlarmName"),
    ] {
        assert_eq!(wrong(&event).0, field);
    }
    let mut event = status_check().by_rule();
    event["detail"] = json!({"alarmName": "gateway-a"});
    assert_eq!(wrong(&event).0, "detail.state.value");
    event["detail"] = json!({});
    assert_eq!(wrong(&event).0, "detail.alarmName");
    event.as_object_mut().unwrap().remove("detail");
    assert_eq!(wrong(&event).0, "detail");
}

#[test]
fn a_part_of_an_alarm_that_is_null_reads_as_one_that_is_not_there() {
    for part in ["previousState", "configuration", "muteDetail"] {
        let mut event = status_check().muted_by("night").by_rule();
        event["detail"][part] = Value::Null;
        let null = read(&event);
        event["detail"].as_object_mut().unwrap().remove(part);
        assert_eq!(null, read(&event), "{part}");
    }
    let mut event = status_check().by_rule();
    event["detail"]["state"] = Value::Null;
    assert_eq!(wrong(&event).0, "detail.state.value");
    event["detail"] = json!({"alarmName": "a", "muteDetail": {"mutedByArn": null},
                             "state": {"value": "OK"}});
    let by = read(&event).suppressed_by;
    assert_eq!(by.as_deref(), Some("AlarmMuteRule"));
}

#[test]
fn a_child_without_a_name_hides_no_other() {
    let children = json!([{"arn": null}, {"arn": "arn:aws:cloudwatch:eu-west-1:1:alarm:one"}]);
    let mut event = alarm("both").composite("ALARM(one)", &["one"]).by_rule();
    let reason = json!({"triggeringAlarms": children.clone()});
    event["detail"]["state"]["reasonData"] = json!(reason.to_string());
    assert_eq!(read(&event).children, ["one"]);
    let message =
        json!({"AlarmName": "both", "NewStateValue": "ALARM", "TriggeringChildren": children});
    assert_eq!(read(&topic(&message.to_string())).children, ["one"]);
}

#[test]
fn a_metric_without_a_name_is_named_by_its_path() {
    let mut event = status_check().by_rule();
    event["detail"]["configuration"]["metrics"][0]["metricStat"]["metric"] = json!({});
    assert_eq!(
        wrong(&event).0,
        "detail.configuration.metrics[0].metricStat.metric"
    );
}

#[test]
fn a_delivery_that_is_none_of_a_topic_names_the_field() {
    assert_eq!(wrong(&json!({"Records": []})).0, "Records[0]");
    assert_eq!(wrong(&json!({"Records": [{"s3": {}}]})).0, "Records[0].Sns");
}

#[test]
fn an_alarm_that_was_set_up_otherwise_is_passed_by() {
    let detail = json!({"alarmName": "gateway-a", "operation": "update"});
    let event = bridge(
        "CloudWatch Alarm Configuration Change",
        "aws.cloudwatch",
        detail,
    );
    assert_eq!(
        ignored(&event).what,
        "CloudWatch Alarm Configuration Change"
    );
}

/// Each is what somebody else puts on a topic that a team uses for everything.
#[test]
fn what_is_no_alarm_on_a_topic_is_passed_by_with_its_kind() {
    let instance = json!({"instance-id": "i-0c3", "state": "stopped"});
    let stopped = bridge(
        "EC2 Instance State-change Notification",
        "aws.ec2",
        instance,
    );
    for (message, kind) in [
        (
            "AWS Budgets: your budget has exceeded 80%".to_owned(),
            "a text",
        ),
        (String::new(), "a text"),
        ("\"hello\"".to_owned(), "JSON"),
        ("{}".to_owned(), "JSON"),
        ("[1]".to_owned(), "JSON"),
        (
            json!({"Event": "autoscaling:TEST_NOTIFICATION", "Service": "AWS Auto Scaling"})
                .to_string(),
            "autoscaling:TEST_NOTIFICATION",
        ),
        (
            stopped.to_string(),
            "an event `EC2 Instance State-change Notification`",
        ),
    ] {
        let ignored = ignored(&topic(&message));
        assert_eq!(ignored.what, format!("a message of an SNS topic ({kind})"));
        assert_eq!(ignored.why, "it is no alarm of CloudWatch");
    }
}

#[test]
fn an_alarm_that_a_rule_put_on_a_topic_is_read_as_from_the_rule() {
    for kind in kinds() {
        let by_rule = kind.by_rule();
        assert_eq!(read(&topic(&by_rule.to_string())), read(&by_rule));
    }
    let mut broken = status_check().by_rule();
    broken["detail"]["state"]["value"] = json!("BROKEN");
    let field = wrong(&topic(&broken.to_string())).0;
    assert_eq!(field, "Records[0].Sns.Message.detail.state.value");
}

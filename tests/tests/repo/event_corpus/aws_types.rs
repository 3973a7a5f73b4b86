//! Why some types are ours, though `aws_lambda_events` has them: the same JSON, read into the crate's type and into
//! ours. The crate's types insist on fields that no decision needs, refuse what AWS sends, or leave out what a
//! decision hangs on. Where a type of the crate does none of that, it is used.

use super::fields::Place;
use super::own;
use aws_lambda_events::cloudwatch_alarms::{CloudWatchCompositeAlarm, CloudWatchMetricAlarm};
use aws_lambda_events::cloudwatch_events::cloudtrail::AWSAPICall;
use aws_lambda_events::cloudwatch_events::ec2::InstanceStateChange;
use aws_lambda_events::eventbridge::EventBridgeEvent;
use aws_lambda_events::sns::{CloudWatchAlarmPayload, SnsEvent, SnsEventObj};
use holdfast::events::{Trigger, parse};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn file(name: &str) -> Value {
    let files = own().expect("the event files can be read");
    let file = files.into_iter().find(|file| file.name == name);
    file.expect("an event file").event
}

fn reads<T: DeserializeOwned>(event: &Value) -> bool {
    serde_json::from_value::<T>(event.clone()).is_ok()
}

/// The fields without which `T` cannot be read, though the trigger is the same without them. The event as a whole
/// reads into both.
fn insists_on<T: DeserializeOwned>(event: &Value) -> BTreeSet<String> {
    let whole = parse(event).expect("our types read it");
    assert!(reads::<T>(event), "the crate's type reads it");
    let mut fields = BTreeSet::new();
    for place in Place::all_of(event) {
        for to in [None, Some(&Value::Null)] {
            let less = place.changed(event, to);
            if parse(&less).as_ref() == Ok(&whole) && !reads::<T>(&less) {
                fields.insert(place.name());
            }
        }
    }
    fields
}

fn fields<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
    names.map(str::to_owned).into()
}

/// An alarm whose action is a function, with each field that the CloudWatch user guide shows.
/// Source: CloudWatch user guide, "Invoke a Lambda function from an alarm".
fn alarm_by_action() -> Value {
    let state = |value| {
        json!({
            "value": value, "reason": "made up", "timestamp": "2026-01-31T12:00:00.250+0000",
            "reasonData": "{}"
        })
    };
    let metric = json!({
        "namespace": "AWS/EC2", "name": "StatusCheckFailed",
        "dimensions": {"InstanceId": "i-0123456789abcdef0"}
    });
    let stat = json!({"metric": metric, "period": 60, "stat": "Maximum", "unit": "Count"});
    json!({
        "source": "aws.cloudwatch", "accountId": "111122223333", "region": "eu-west-1",
        "alarmArn": "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:gateway-a",
        "time": "2026-01-31T12:00:00.500+0000",
        "alarmData": {
            "alarmName": "gateway-a", "state": state("ALARM"), "previousState": state("OK"),
            "configuration": {"metrics": [{"id": "m1", "metricStat": stat, "returnData": true}]}
        }
    })
}

/// The same of a composite, with a suppressor.
fn composite_by_action() -> Value {
    let mut event = alarm_by_action();
    event["alarmData"]["configuration"] = json!({
        "alarmRule": "ALARM(gateway-a)", "actionsSuppressor": "deploys",
        "actionsSuppressorWaitPeriod": 120, "actionsSuppressorExtensionPeriod": 180
    });
    event
}

/// An alarm as SNS delivers it, with each field that the Lambda developer guide shows.
/// Source: Lambda developer guide, "Invoking Lambda functions with Amazon SNS notifications".
fn alarm_by_topic() -> Value {
    let trigger = json!({
        "MetricName": "StatusCheckFailed", "Namespace": "AWS/EC2", "StatisticType": "Statistic",
        "Statistic": "MAXIMUM", "Unit": null, "Period": 60, "EvaluationPeriods": 1,
        "ComparisonOperator": "GreaterThanThreshold", "Threshold": 0.0,
        "TreatMissingData": "", "EvaluateLowSampleCountPercentile": "",
        "Dimensions": [{"name": "InstanceId", "value": "i-0123456789abcdef0"}]
    });
    let message = json!({
        "AlarmName": "gateway-a", "AlarmDescription": "made up", "AWSAccountId": "111122223333",
        "NewStateValue": "ALARM", "NewStateReason": "made up", "OldStateValue": "OK",
        "StateChangeTime": "2026-01-31T12:00:00.250+0000", "Region": "EU (Ireland)",
        "AlarmArn": "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:gateway-a",
        "Trigger": trigger
    });
    json!({"Records": [{
        "EventSource": "aws:sns", "EventVersion": "1.0",
        "EventSubscriptionArn": "arn:aws:sns:eu-west-1:111122223333:alarms:1",
        "Sns": {
            "Type": "Notification", "MessageId": "00000000-0000-4000-a000-000000000001",
            "TopicArn": "arn:aws:sns:eu-west-1:111122223333:alarms", "Subject": "ALARM",
            "Message": message.to_string(), "Timestamp": "2026-01-31T12:00:00.750Z",
            "SignatureVersion": "1", "Signature": "made up", "SigningCertUrl": "made up",
            "UnsubscribeUrl": "made up", "MessageAttributes": {}
        }
    }]})
}

/// The alarm's message with `field` changed.
fn with_message(field: &str, value: Value) -> Value {
    let mut event = alarm_by_topic();
    let text = event["Records"][0]["Sns"]["Message"].as_str();
    let mut message: Value = serde_json::from_str(text.expect("a text")).expect("JSON");
    message[field] = value;
    event["Records"][0]["Sns"]["Message"] = message.to_string().into();
    event
}

fn is_alarm(event: &Value) -> bool {
    matches!(parse(event), Ok(Trigger::Alarm(_)))
}

#[test]
fn the_detail_of_an_instances_state_insists_on_what_a_decision_needs() {
    let event = file("instance-running");
    let detail = &event["detail"];
    assert!(reads::<InstanceStateChange>(detail));
    for place in Place::all_of(detail) {
        let less =
            json!({"detail-type": event["detail-type"], "detail": place.changed(detail, None)});
        let detail = &less["detail"];
        assert_eq!(
            reads::<InstanceStateChange>(detail),
            parse(&less).is_ok(),
            "{less}"
        );
    }
}

/// The source is the one field of which ours needs less; see `events/envelope.rs`.
#[test]
fn the_envelope_insists_on_a_source_that_few_events_are_told_by() {
    for name in [
        "instance-running",
        "spot-interruption",
        "alarm-rule",
        "release",
    ] {
        let insisted = insists_on::<EventBridgeEvent>(&file(name));
        assert_eq!(insisted, fields(["source"]), "{name}");
    }
}

#[test]
fn the_envelope_insists_on_a_time_where_nobody_asks_for_one() {
    let mut event = file("auto-scaling-launch");
    event["time"] = json!("yyyy-mm-ddThh:mm:ssZ");
    assert!(matches!(parse(&event), Ok(Trigger::Ignored(_))));
    assert!(!reads::<EventBridgeEvent>(&event));
}

#[test]
fn a_refused_call_reads_as_one_that_was_carried_out_in_the_crates_record() {
    let carried_out = file("release-bare");
    let mut refused = carried_out.clone();
    refused["errorCode"] = json!("Client.UnauthorizedOperation");
    let read = |event: &Value| serde_json::from_value::<AWSAPICall>(event.clone()).ok();
    assert!(read(&refused).is_some());
    assert_eq!(read(&refused), read(&carried_out));
    assert!(matches!(parse(&carried_out), Ok(Trigger::Call(_))));
    assert!(matches!(parse(&refused), Ok(Trigger::Ignored(_))));
}

#[test]
fn the_crates_record_loses_the_id_under_which_a_call_was_told_first() {
    let event = file("release-delivered-again")["detail"].clone();
    let record: AWSAPICall =
        serde_json::from_value(event.clone()).expect("the crate's type reads it");
    let Ok(Trigger::Call(ours)) = parse(&event) else {
        panic!("our types read it")
    };
    assert_ne!(record.event_id, ours.call.event_id);
}

#[test]
fn the_crates_record_insists_on_fields_that_no_decision_needs() {
    let insisted = insists_on::<AWSAPICall>(&file("release-bare"));
    assert_eq!(
        insisted,
        fields([
            "eventType",
            "eventVersion",
            "userIdentity.sessionContext.attributes",
            "userIdentity.sessionContext.attributes.creationDate",
            "userIdentity.sessionContext.attributes.mfaAuthenticated",
            "userIdentity.sessionContext.sessionIssuer.accountId",
            "userIdentity.sessionContext.sessionIssuer.principalId",
            "userIdentity.sessionContext.sessionIssuer.type",
        ])
    );
    assert!(!reads::<AWSAPICall>(
        &file("release-without-user-agent")["detail"]
    ));
}

#[test]
fn the_crates_notification_insists_on_what_no_decision_needs() {
    let insisted = insists_on::<SnsEvent>(&alarm_by_topic());
    assert_eq!(
        insisted,
        fields([
            "Records[].EventSource",
            "Records[].EventSubscriptionArn",
            "Records[].EventVersion",
            "Records[].Sns.MessageId",
            "Records[].Sns.Signature",
            "Records[].Sns.SignatureVersion",
            "Records[].Sns.SigningCertUrl",
            "Records[].Sns.Timestamp",
            "Records[].Sns.TopicArn",
            "Records[].Sns.Type",
            "Records[].Sns.UnsubscribeUrl",
        ])
    );
}

#[test]
fn the_crates_message_refuses_an_alarm_without_a_description_and_a_composite() {
    for event in [
        with_message("AlarmDescription", Value::Null),
        with_message("Trigger", Value::Null),
    ] {
        assert!(is_alarm(&event));
        assert!(
            !reads::<SnsEventObj<CloudWatchAlarmPayload>>(&event),
            "{event}"
        );
    }
    assert!(reads::<SnsEventObj<CloudWatchAlarmPayload>>(
        &alarm_by_topic()
    ));
}

#[test]
fn the_crates_alarm_insists_on_what_no_decision_needs() {
    let insisted = insists_on::<CloudWatchMetricAlarm>(&alarm_by_action());
    assert_eq!(
        insisted,
        fields([
            "alarmData.configuration.metrics[].id",
            "alarmData.configuration.metrics[].metricStat.period",
            "alarmData.configuration.metrics[].returnData",
            "alarmData.previousState.reason",
            "alarmData.previousState.timestamp",
            "alarmData.state.reason",
            "time",
        ])
    );
    let insisted = insists_on::<CloudWatchCompositeAlarm>(&composite_by_action());
    let suppressed = fields([
        "alarmData.configuration",
        "alarmData.configuration.actionsSuppressor",
        "alarmData.configuration.actionsSuppressorExtensionPeriod",
        "alarmData.configuration.actionsSuppressorWaitPeriod",
        "alarmData.configuration.alarmRule",
        "alarmData.previousState.reason",
        "alarmData.previousState.timestamp",
        "alarmData.state.reason",
        "time",
    ]);
    assert_eq!(insisted, suppressed);
}

#[test]
fn the_crates_alarm_refuses_alarms_that_cloudwatch_has() {
    let expression = json!([{"id": "e1", "expression": "MAX(METRICS())", "returnData": true}]);
    for (place, value) in [
        ("/alarmData/configuration/metrics", expression),
        (
            "/alarmData/configuration/metrics/0/metricStat/period",
            json!(86_400),
        ),
        ("/alarmData/previousState/value", json!("SOMETHING_NEW")),
    ] {
        let mut event = alarm_by_action();
        *event.pointer_mut(place).expect("a field") = value;
        assert!(is_alarm(&event), "{place}");
        assert!(!reads::<CloudWatchMetricAlarm>(&event), "{place}");
    }
    let mut event = composite_by_action();
    event["alarmData"]["configuration"] = json!({"alarmRule": "ALARM(gateway-a)"});
    assert!(is_alarm(&event));
    assert!(!reads::<CloudWatchCompositeAlarm>(&event));
}

#[test]
fn the_crates_alarm_leaves_out_the_contributor_the_mute_rule_and_the_tags() {
    let mut event = alarm_by_action();
    event["alarmData"]["alarmContributor"] =
        json!({"attributes": {"InstanceId": "i-0fedcba9876543210"}});
    event["alarmData"]["muteDetail"] =
        json!({"mutedByArn": "arn:aws:cloudwatch:eu-west-1:1:alarm-mute-rule:night"});
    event["alarmData"]["alarmTags"] = json!({"holdfast:group": "web"});
    let read = |event: &Value| serde_json::from_value::<CloudWatchMetricAlarm>(event.clone()).ok();
    assert!(read(&event).is_some());
    assert_eq!(read(&event), read(&alarm_by_action()));
    let Ok(Trigger::Alarm(ours)) = parse(&event) else {
        panic!("our types read it")
    };
    assert_eq!(ours.instances().len(), 2);
    assert_eq!(ours.suppressed_by.as_deref(), Some("AlarmMuteRule night"));
    assert_eq!(ours.tags["holdfast:group"], "web");
}

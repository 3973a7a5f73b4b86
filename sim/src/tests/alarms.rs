//! Alarms: how they follow what they look at, and what is told of them.

use serde_json::{Value, json};

use super::bed::{SimFixture, bed};
use super::moving::{stopping, terminating};
use crate::alarms::{
    Alarm, AlarmAction, AlarmPage, AlarmState, DescribeAlarms, DescribeAlarmsForMetric, Metric,
    Query,
};

fn put(bed: &mut SimFixture, alarm: Alarm) {
    bed.world
        .put_alarm(alarm)
        .expect("the alarm is well-formed");
}

fn described(bed: &mut SimFixture, request: &DescribeAlarms) -> AlarmPage {
    let page = bed.world.describe_alarms(&bed.caller, request);
    page.expect("the request is well-formed")
}

fn state(bed: &mut SimFixture, name: &str) -> AlarmState {
    let request = DescribeAlarms {
        alarm_names: vec![name.to_owned()],
        alarm_types: vec!["MetricAlarm".to_owned(), "CompositeAlarm".to_owned()],
        ..DescribeAlarms::default()
    };
    let page = described(bed, &request);
    let mut found = page.metric.into_iter().chain(page.composite);
    found.next().expect("the alarm is there").state
}

/// What EventBridge was told of alarms.
fn told(bed: &mut SimFixture) -> Vec<Value> {
    let mut events = bed.world.take_events();
    events.retain(|event| event["source"] == "aws.cloudwatch");
    events
}

fn names(alarms: &[Alarm]) -> Vec<&str> {
    alarms.iter().map(|alarm| alarm.name.as_str()).collect()
}

#[test]
fn an_alarm_that_comes_into_a_state_is_told_to_eventbridge_once() {
    let mut bed = bed();
    put(&mut bed, Alarm::on_status_checks("sick", "i-1"));
    bed.world.set_alarm("sick", AlarmState::Alarm);
    bed.world.set_alarm("sick", AlarmState::Alarm);
    let events = told(&mut bed);
    assert_eq!(events.len(), 1);
    let event = &events[0];
    assert_eq!(event["detail-type"], "CloudWatch Alarm State Change");
    let arn = "arn:aws:cloudwatch:us-east-1:111122223333:alarm:sick";
    assert_eq!(event["resources"], json!([arn]));
    assert_eq!(event["detail"]["state"]["value"], "ALARM");
    assert_eq!(
        event["detail"]["state"]["timestamp"],
        "2026-01-15T12:00:00.000+0000"
    );
    assert_eq!(
        event["detail"]["previousState"]["value"],
        "INSUFFICIENT_DATA"
    );
    let stat = &event["detail"]["configuration"]["metrics"][0]["metricStat"];
    assert_eq!(stat["metric"]["dimensions"], json!({"InstanceId": "i-1"}));
    assert_eq!(stat["metric"]["name"], "StatusCheckFailed");
}

#[test]
fn a_math_alarm_names_its_instance_beside_the_expression() {
    let mut bed = bed();
    let metric = Metric::of_instance("Custom", "Heartbeat", "i-1");
    let queries = vec![
        Query::Metric(metric),
        Query::Expression("1 - m1".to_owned()),
    ];
    put(&mut bed, Alarm::on_queries("silent", queries));
    bed.world.set_alarm("silent", AlarmState::Alarm);
    let events = told(&mut bed);
    let metrics = &events[0]["detail"]["configuration"]["metrics"];
    assert_eq!(
        metrics[0]["metricStat"]["metric"]["dimensions"]["InstanceId"],
        "i-1"
    );
    assert_eq!(metrics[0]["returnData"], false);
    assert_eq!(metrics[1]["expression"], "1 - m1");
    assert_eq!(metrics[1]["returnData"], true);
}

#[test]
fn an_alarm_follows_the_status_checks_after_a_while() {
    let mut bed = bed();
    let id = bed.running(None).instance_id;
    put(&mut bed, Alarm::on_status_checks("sick", &id));
    bed.world.impair(&id, true, false);
    bed.wait(59);
    assert_eq!(state(&mut bed, "sick"), AlarmState::InsufficientData);
    bed.wait(1);
    assert_eq!(state(&mut bed, "sick"), AlarmState::Alarm);
    bed.world.impair(&id, false, false);
    bed.wait(60);
    assert_eq!(state(&mut bed, "sick"), AlarmState::Ok);
}

#[test]
fn an_alarm_on_one_of_the_checks_does_not_mind_the_other() {
    let mut bed = bed();
    let id = bed.running(None).instance_id;
    let metric = "StatusCheckFailed_System";
    put(&mut bed, Alarm::on_instance("host", "AWS/EC2", metric, &id));
    bed.world.impair(&id, true, false);
    bed.wait(60);
    assert_eq!(state(&mut bed, "host"), AlarmState::Ok);
}

#[test]
fn an_instance_that_is_stopped_or_gone_sends_no_data_and_is_no_alarm() {
    for end in [stopping, terminating] {
        let mut bed = bed();
        let id = bed.running(None).instance_id;
        put(&mut bed, Alarm::on_status_checks("sick", &id));
        bed.world.set_alarm("sick", AlarmState::Ok);
        bed.done(end(&id));
        bed.wait(90);
        assert_eq!(state(&mut bed, "sick"), AlarmState::InsufficientData);
    }
}

#[test]
fn a_composite_follows_its_children_and_names_those_that_fire() {
    let mut bed = bed();
    put(&mut bed, Alarm::on_status_checks("a", "i-1"));
    put(&mut bed, Alarm::on_status_checks("b", "i-2"));
    put(&mut bed, Alarm::composite("either", "ALARM(a) OR ALARM(b)"));
    put(&mut bed, Alarm::composite("above", "ALARM(either)"));
    bed.world.set_alarm("b", AlarmState::Alarm);
    assert_eq!(state(&mut bed, "above"), AlarmState::Alarm);
    let events = told(&mut bed);
    let either = events
        .iter()
        .find(|event| event["detail"]["alarmName"] == "either");
    let detail = &either.expect("it is told")["detail"];
    assert_eq!(detail["configuration"]["alarmRule"], "ALARM(a) OR ALARM(b)");
    let data = detail["state"]["reasonData"].as_str().expect("a text");
    let data: Value = serde_json::from_str(data).expect("JSON");
    assert_eq!(
        data["triggeringAlarms"][0]["arn"],
        "arn:aws:cloudwatch:us-east-1:111122223333:alarm:b"
    );
    assert_eq!(data["triggeringAlarms"].as_array().map(Vec::len), Some(1));
}

#[test]
fn composites_that_name_each_other_come_to_an_end() {
    let mut bed = bed();
    put(&mut bed, Alarm::composite("this", "NOT ALARM(that)"));
    put(&mut bed, Alarm::composite("that", "ALARM(this)"));
    put(&mut bed, Alarm::on_status_checks("a", "i-1"));
    bed.world.set_alarm("a", AlarmState::Alarm);
    assert!(told(&mut bed).len() <= 7);
}

#[test]
fn a_rule_that_cannot_be_read_is_refused() {
    let refusal = bed().world.put_alarm(Alarm::composite("c", "ALARM(a"));
    assert_eq!(refusal.expect_err("no rule").code, "ValidationError");
}

#[test]
fn an_alarm_whose_suppression_ends_tells_its_state_again() {
    let mut bed = bed();
    put(&mut bed, Alarm::composite("c", "ALARM(a)"));
    put(&mut bed, Alarm::on_status_checks("a", "i-1"));
    bed.world.suppress_alarm("c", Some("WaitPeriod"));
    bed.world.set_alarm("a", AlarmState::Alarm);
    bed.world.suppress_alarm("c", None);
    let events = told(&mut bed);
    let of_c: Vec<&Value> = events.iter().map(|event| &event["detail"]).collect();
    assert_eq!(of_c[1]["state"]["actionsSuppressedBy"], "WaitPeriod");
    assert_eq!(of_c[2]["previousState"]["value"], "ALARM");
    assert_eq!(
        of_c[2]["previousState"]["actionsSuppressedBy"],
        "WaitPeriod"
    );
    assert_eq!(of_c[2]["state"]["value"], "ALARM");
    assert_eq!(of_c[2]["state"]["actionsSuppressedBy"], Value::Null);
}

#[test]
fn an_action_gets_what_eventbridge_gets_in_a_shape_of_its_own() {
    let mut bed = bed();
    let alarm = Alarm::on_status_checks("sick", "i-1");
    let alarm = alarm.telling(AlarmAction::Lambda).telling(AlarmAction::Sns);
    put(&mut bed, alarm.tagged("holdfast:group", "web"));
    bed.world.set_alarm("sick", AlarmState::Alarm);
    let calls = bed.world.take_alarm_actions();
    assert_eq!(calls[0]["source"], "aws.cloudwatch");
    assert_eq!(calls[0]["alarmData"], told(&mut bed)[0]["detail"]);
    assert_eq!(
        calls[0]["alarmData"]["alarmTags"],
        json!({"holdfast:group": "web"})
    );
    let message = calls[1]["Records"][0]["Sns"]["Message"].as_str();
    let message: Value = serde_json::from_str(message.expect("a text")).expect("JSON");
    assert_eq!(message["NewStateValue"], "ALARM");
    assert_eq!(
        message["Trigger"]["Dimensions"],
        json!([{"value": "i-1", "name": "InstanceId"}])
    );
    assert_eq!(bed.world.take_alarm_actions(), Vec::<Value>::new());
}

#[test]
fn actions_that_are_off_or_suppressed_are_not_carried_out_and_eventbridge_is_told() {
    let mut bed = bed();
    let alarm = |name: &str| Alarm::on_status_checks(name, "i-1").telling(AlarmAction::Lambda);
    let mut off = alarm("off");
    off.actions_enabled = false;
    put(&mut bed, off);
    put(&mut bed, alarm("suppressed"));
    bed.world.suppress_alarm("suppressed", Some("Alarm"));
    bed.world.set_alarm("off", AlarmState::Alarm);
    bed.world.set_alarm("suppressed", AlarmState::Alarm);
    assert_eq!(bed.world.take_alarm_actions(), Vec::<Value>::new());
    assert_eq!(told(&mut bed).len(), 2);
}

#[test]
fn each_contributor_fires_on_its_own_and_the_alarm_once() {
    let mut bed = bed();
    let select = "SELECT MAX(StatusCheckFailed) FROM \"AWS/EC2\" GROUP BY InstanceId";
    let alarm = Alarm::on_queries("fleet", vec![Query::Expression(select.to_owned())]);
    put(&mut bed, alarm.telling(AlarmAction::Lambda));
    for id in ["i-1", "i-2"] {
        let attributes = [("InstanceId", id)];
        bed.world
            .set_contributor("fleet", &attributes, AlarmState::Alarm);
    }
    let kinds: Vec<Value> = told(&mut bed)
        .iter()
        .map(|event| event["detail-type"].clone())
        .collect();
    let contributor = "CloudWatch Alarm Contributor State Change";
    assert_eq!(
        kinds,
        [contributor, "CloudWatch Alarm State Change", contributor]
    );
    let calls = bed.world.take_alarm_actions();
    let who = |call: &Value| call["alarmData"]["alarmContributor"]["attributes"].clone();
    let who: Vec<Value> = calls.iter().map(who).collect();
    assert_eq!(
        who,
        [json!({"InstanceId": "i-1"}), json!({"InstanceId": "i-2"})]
    );
}

#[test]
fn alarms_are_described_by_name_state_kind_and_parent() {
    let mut bed = bed();
    put(&mut bed, Alarm::on_status_checks("a", "i-1"));
    put(&mut bed, Alarm::on_status_checks("b", "i-2"));
    put(&mut bed, Alarm::composite("c", "ALARM(b)"));
    bed.world.set_alarm("b", AlarmState::Alarm);
    let all = described(&mut bed, &DescribeAlarms::default());
    assert_eq!(names(&all.metric), ["a", "b"]);
    assert_eq!(all.composite, [], "composites have to be asked for");
    let firing = DescribeAlarms {
        state_value: Some(AlarmState::Alarm),
        alarm_types: vec!["CompositeAlarm".to_owned(), "MetricAlarm".to_owned()],
        ..DescribeAlarms::default()
    };
    let firing = described(&mut bed, &firing);
    assert_eq!(names(&firing.metric), ["b"]);
    assert_eq!(names(&firing.composite), ["c"]);
    let children = DescribeAlarms {
        children_of_alarm_name: Some("c".to_owned()),
        ..DescribeAlarms::default()
    };
    assert_eq!(names(&described(&mut bed, &children).metric), ["b"]);
    let unknown = DescribeAlarms {
        alarm_names: vec!["z".to_owned()],
        ..DescribeAlarms::default()
    };
    assert_eq!(described(&mut bed, &unknown), AlarmPage::default());
}

#[test]
fn alarms_come_page_by_page() {
    let mut bed = bed();
    for name in ["a", "b", "c"] {
        put(&mut bed, Alarm::on_status_checks(name, "i-1"));
    }
    let mut request = DescribeAlarms {
        max_records: Some(2),
        ..DescribeAlarms::default()
    };
    let first = described(&mut bed, &request);
    assert_eq!(names(&first.metric), ["a", "b"]);
    request.next_token = first.next_token;
    let second = described(&mut bed, &request);
    assert_eq!(names(&second.metric), ["c"]);
    assert_eq!(second.next_token, None);
    request.max_records = Some(101);
    assert!(bed.world.describe_alarms(&bed.caller, &request).is_err());
}

#[test]
fn the_alarms_on_a_metric_are_those_with_all_its_dimensions() {
    let mut bed = bed();
    put(&mut bed, Alarm::on_status_checks("a", "i-1"));
    put(&mut bed, Alarm::on_status_checks("b", "i-2"));
    let math = Query::Metric(Metric::of_instance("AWS/EC2", "StatusCheckFailed", "i-1"));
    put(&mut bed, Alarm::on_queries("math", vec![math]));
    let request = DescribeAlarmsForMetric {
        namespace: "AWS/EC2".to_owned(),
        metric_name: "StatusCheckFailed".to_owned(),
        dimensions: [("InstanceId".to_owned(), "i-1".to_owned())].into(),
    };
    let found = bed.world.describe_alarms_for_metric(&bed.caller, &request);
    assert_eq!(names(&found.expect("it may be asked")), ["a"]);
}

#[test]
fn who_may_not_describe_alarms_is_refused() {
    let mut bed = bed();
    bed.world.deny("*", "cloudwatch:DescribeAlarms");
    let (world, caller) = (&mut bed.world, &bed.caller);
    let refusal = world.describe_alarms(caller, &DescribeAlarms::default());
    assert_eq!(refusal.expect_err("denied").code, "AccessDenied");
}

#[test]
fn a_spot_instance_is_warned_of() {
    let mut bed = bed();
    bed.world.warn_of_interruption("i-1", "stop");
    bed.world.recommend_rebalance("i-1");
    let events = bed.world.take_events();
    assert_eq!(
        events[0]["detail-type"],
        "EC2 Spot Instance Interruption Warning"
    );
    let detail = json!({"instance-id": "i-1", "instance-action": "stop"});
    assert_eq!(events[0]["detail"], detail);
    assert_eq!(
        events[1]["detail-type"],
        "EC2 Instance Rebalance Recommendation"
    );
    assert_eq!(events[1]["detail"], json!({"instance-id": "i-1"}));
}

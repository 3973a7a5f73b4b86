//! Alarms as CloudWatch answers them, and what is asked of it, in the CBOR that its client speaks.

use super::{NOVEL, PARTIAL, Wire};
use ciborium::Value as Cbor;
use holdfast::cloud::health::{AlarmFilter, ReadAlarmContributors, ReadAlarmPages, ReadAlarms};
use holdfast::model::alarm::Alarm;
use holdfast::model::alarm::{AlarmMetric, AlarmState};
use serde_json::{Value, json};

/// CBOR's tag of a time in seconds since 1970. Source: RFC 8949, 3.4.2.
const TIME: u64 = 1;

const ALL_TYPES: [&str; 3] = ["MetricAlarm", "CompositeAlarm", "LogAlarm"];

/// JSON as CBOR. A number in a member whose name ends in `Timestamp` is a time.
fn cbor(name: &str, value: &Value) -> Cbor {
    match value {
        Value::Number(number) if name.ends_with("Timestamp") => {
            Cbor::Tag(TIME, Box::new(Cbor::Float(number.as_f64().unwrap())))
        }
        Value::Array(items) => Cbor::Array(items.iter().map(|item| cbor("", item)).collect()),
        Value::Object(members) => {
            let member =
                |(name, value): (&String, &Value)| (name.clone().into(), cbor(name, value));
            Cbor::Map(members.iter().map(member).collect())
        }
        plain => Cbor::serialized(plain).unwrap(),
    }
}

fn bytes(answer: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(&cbor("", answer), &mut bytes).unwrap();
    bytes
}

fn answering(status: u16, answers: &[Value]) -> Wire {
    Wire::with(answers.iter().map(|answer| (status, bytes(answer))))
}

fn sent(wire: &Wire) -> Vec<Value> {
    let requests = wire.requests.lock().unwrap();
    let read = |sent: &Vec<u8>| ciborium::from_reader(sent.as_slice()).unwrap();
    requests.iter().map(read).collect()
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn dimension() -> Value {
    json!([{ "Name": "InstanceId", "Value": "i-1" }])
}

fn status_check() -> AlarmMetric {
    AlarmMetric {
        namespace: "AWS/EC2".to_owned(),
        metric: "StatusCheckFailed".to_owned(),
        dimensions: [("InstanceId".to_owned(), "i-1".to_owned())].into(),
    }
}

async fn only(answer: Value) -> Alarm {
    only_of(&answering(200, &[answer])).await
}

async fn only_of(wire: &Wire) -> Alarm {
    let mut alarms = wire.cloud().alarms(&names(&["any"])).await.unwrap();
    assert_eq!(alarms.len(), 1, "{alarms:?}");
    alarms.remove(0)
}

#[tokio::test]
async fn a_metric_alarm_tells_its_state_and_what_it_measures() {
    let alarm = only(json!({ "MetricAlarms": [{
        "AlarmName": "gateway-a", "StateValue": "ALARM",
        "StateUpdatedTimestamp": 1_767_225_660, "StateTransitionedTimestamp": 1_767_225_600.5,
        "Namespace": "AWS/EC2", "MetricName": "StatusCheckFailed", "Dimensions": dimension(),
    }] }))
    .await;
    let expected = Alarm {
        name: "gateway-a".to_owned(),
        state: AlarmState::Alarm,
        suppressed_by: None,
        metrics: vec![status_check()],
        rule: None,
        contributors: None,
    };
    assert_eq!(alarm, expected);
}

#[tokio::test]
async fn an_expression_tells_all_its_metrics() {
    let metric = json!({
        "Namespace": "AWS/EC2", "MetricName": "StatusCheckFailed", "Dimensions": dimension(),
    });
    let alarm = only(json!({ "MetricAlarms": [{
        "AlarmName": "either", "StateValue": "OK", "StateUpdatedTimestamp": 1_767_225_600,
        "Metrics": [
            { "Id": "e1", "Expression": "MAX(METRICS())", "ReturnData": true },
            { "Id": "m1", "ReturnData": false,
              "MetricStat": { "Metric": metric, "Period": 60, "Stat": "Maximum" } },
        ],
    }] }))
    .await;
    assert_eq!(alarm.metrics, [status_check()]);
}

#[tokio::test]
async fn a_composite_tells_its_rule_and_what_suppresses_it() {
    let alarm = only(json!({ "CompositeAlarms": [{
        "AlarmName": "both", "StateValue": "INSUFFICIENT_DATA",
        "AlarmRule": "ALARM(one) AND ALARM(two)", "ActionsSuppressedBy": "WaitPeriod",
    }] }))
    .await;
    assert_eq!(alarm.state, AlarmState::InsufficientData);
    assert_eq!(alarm.rule.as_deref(), Some("ALARM(one) AND ALARM(two)"));
    assert_eq!(alarm.suppressed_by.as_deref(), Some("WaitPeriod"));
    assert!(alarm.metrics.is_empty());
}

#[tokio::test]
async fn both_types_are_asked_for_by_name_and_all_pages_are_read() {
    let page = |name: &str, next: Value| json!({ "MetricAlarms": [{ "AlarmName": name, "StateValue": "OK" }], "NextToken": next });
    let wire = answering(200, &[page("one", json!("more")), page("two", Value::Null)]);
    let found = wire.cloud().alarms(&names(&["one", "two"])).await.unwrap();
    let found: Vec<&str> = found.iter().map(|alarm| alarm.name.as_str()).collect();
    assert_eq!(found, ["one", "two"]);
    let [first, second] = sent(&wire).try_into().unwrap();
    assert_eq!(first["AlarmNames"], json!(["one", "two"]));
    assert_eq!(first["AlarmTypes"], json!(ALL_TYPES));
    assert_eq!(second["NextToken"], "more");
}

#[tokio::test]
async fn more_names_than_a_call_takes_are_asked_for_in_turn_and_none_cost_no_call() {
    let wire = answering(200, &[json!({}), json!({})]);
    let many: Vec<String> = (0..101).map(|number| format!("alarm-{number}")).collect();
    assert!(wire.cloud().alarms(&many).await.unwrap().is_empty());
    assert!(wire.cloud().alarms(&[]).await.unwrap().is_empty());
    let asked = sent(&wire);
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[1]["AlarmNames"], json!(["alarm-100"]));
}

#[tokio::test]
async fn all_that_fire_are_asked_for_by_their_state_page_by_page() {
    let page = |name: &str, next: Value| json!({ "MetricAlarms": [{ "AlarmName": name, "StateValue": "ALARM" }], "NextToken": next });
    let wire = answering(200, &[page("one", json!("more")), page("two", Value::Null)]);
    let cloud = wire.cloud();
    let first = cloud.alarm_page(AlarmFilter::Firing, None).await.unwrap();
    assert_eq!(first.next.as_deref(), Some("more"));
    let second = cloud.alarm_page(AlarmFilter::Firing, first.next.as_deref());
    let second = second.await.unwrap();
    assert_eq!(second.next, None);
    let found = first.alarms.iter().chain(&second.alarms);
    let found: Vec<&str> = found.map(|alarm| alarm.name.as_str()).collect();
    assert_eq!(found, ["one", "two"]);
    assert_eq!(sent(&wire)[1]["NextToken"], "more");
    let asked = &sent(&wire)[0];
    assert_eq!(asked["StateValue"], "ALARM");
    assert_eq!(asked["AlarmTypes"], json!(ALL_TYPES));
    assert_eq!(asked.get("AlarmNames"), None);
}

#[tokio::test]
async fn the_contributors_of_an_alarm_are_read_page_by_page() {
    let page = |instance: &str, next: Value| {
        let attributes = json!({ "InstanceId": instance });
        let contributor = json!({
            "ContributorId": instance, "ContributorAttributes": attributes, "StateReason": "",
        });
        json!({ "AlarmContributors": [contributor], "NextToken": next })
    };
    let wire = answering(200, &[page("i-1", json!("more")), page("i-2", Value::Null)]);
    let found = wire.cloud().contributors("fleet").await.unwrap();
    let found: Vec<&str> = found.iter().map(|it| it["InstanceId"].as_str()).collect();
    assert_eq!(found, ["i-1", "i-2"]);
    let [first, second] = sent(&wire).try_into().unwrap();
    assert_eq!(first["AlarmName"], "fleet");
    assert_eq!(second["NextToken"], "more");
}

#[tokio::test]
async fn an_alarm_that_is_gone_has_no_contributors() {
    let cloud = answering(404, &[refused("ResourceNotFoundException")]).cloud();
    assert!(cloud.contributors("gone").await.unwrap().is_empty());
}

fn refused(code: &str) -> Value {
    json!({ "__type": format!("com.amazonaws.cloudwatch#{code}"), "message": "no" })
}

fn refusing(code: &str) -> (u16, Vec<u8>) {
    (400, bytes(&refused(code)))
}

#[tokio::test]
async fn a_log_alarm_is_read_like_any_other_and_may_watch_many() {
    let described = json!({ "AlarmName": "errors", "StateValue": "ALARM" });
    let alarm = only(json!({ "LogAlarms": [described] })).await;
    assert!(alarm.fires() && alarm.may_have_contributors());
}

#[tokio::test]
async fn an_endpoint_that_does_not_know_log_alarms_is_asked_again_without_them_and_then_never_for_them()
 {
    let page = json!({ "MetricAlarms": [{ "AlarmName": "a", "StateValue": "OK" }] });
    let wire = answering(200, &[page.clone(), page]);
    let refused = refusing("ValidationError");
    wire.answers.lock().unwrap().push_front(refused.into());
    let cloud = wire.cloud();
    assert!(cloud.reads_log_alarms());
    assert_eq!(cloud.alarms(&names(&["a"])).await.unwrap().len(), 1);
    assert!(!cloud.reads_log_alarms(), "it is told");
    assert_eq!(cloud.alarms(&names(&["a"])).await.unwrap().len(), 1);
    let asked = sent(&wire);
    let types: Vec<usize> = asked
        .iter()
        .map(|request| request["AlarmTypes"].as_array().unwrap().len())
        .collect();
    assert_eq!(types, [3, 2, 2]);
}

#[tokio::test]
async fn a_request_that_is_refused_without_log_alarms_too_says_nothing_of_them() {
    let wire = Wire::with([refusing("ValidationError"), refusing("ValidationError")]);
    let cloud = wire.cloud();
    let refusal = cloud.alarms(&names(&["a"])).await.unwrap_err();
    assert_eq!(refusal.name(), "Refused");
    assert!(cloud.reads_log_alarms());
}

#[tokio::test]
async fn what_cloudwatch_refuses_is_read_by_the_same_table() {
    for (code, name) in [
        ("AccessDenied", "Denied"),
        ("AccessDeniedException", "Denied"),
        ("Throttling", "Throttled"),
        ("ThrottlingException", "Throttled"),
        ("ValidationError", "Refused"),
        ("InternalServiceFault", "Other"),
    ] {
        let body = refused(code);
        let cloud = answering(400, &[body.clone(), body])
            .wrong_where("InternalServiceFault", "the operation does not list it")
            .cloud();
        let refusal = cloud.alarms(&names(&["a"])).await.unwrap_err();
        assert_eq!(refusal.name(), name, "{code}");
    }
}

#[tokio::test]
async fn an_alarm_reads_the_same_whichever_times_it_tells() {
    for kind in ["MetricAlarms", "CompositeAlarms"] {
        let mut alarms = Vec::new();
        for times in [
            json!({ "StateTransitionedTimestamp": 1_767_225_600 }),
            json!({ "StateUpdatedTimestamp": 1_767_225_600 }),
            json!({
                "StateUpdatedTimestamp": 1_767_225_660,
                "StateTransitionedTimestamp": 1_767_225_600.5,
            }),
            json!({}),
        ] {
            let mut described = json!({ "AlarmName": "a", "StateValue": "ALARM" });
            described
                .as_object_mut()
                .unwrap()
                .extend(times.as_object().unwrap().clone());
            alarms.push(only(json!({ kind: [described] })).await);
        }
        assert!(alarms[0].fires(), "{kind}");
        alarms.dedup();
        assert_eq!(alarms.len(), 1, "{kind}");
    }
}

#[tokio::test]
async fn an_alarm_is_in_one_of_three_states_or_in_one_that_is_not_known_here() {
    for (word, state) in [
        ("OK", AlarmState::Ok),
        ("ALARM", AlarmState::Alarm),
        ("INSUFFICIENT_DATA", AlarmState::InsufficientData),
        ("NOVEL", AlarmState::Unknown),
    ] {
        let alarm = json!([{ "AlarmName": "a", "StateValue": word }]);
        for kind in ["MetricAlarms", "CompositeAlarms", "LogAlarms"] {
            let wire = answering(200, &[json!({ kind: alarm })]).wrong_where("NOVEL", NOVEL);
            assert_eq!(only_of(&wire).await.state, state, "{kind}");
        }
    }
}

#[tokio::test]
async fn an_alarm_without_its_name_or_its_state_is_an_answer_that_cannot_be_read() {
    for (alarm, missing) in [
        (json!({ "StateValue": "OK" }), "an alarm's name is missing"),
        (json!({ "AlarmName": "a" }), "an alarm's state is missing"),
    ] {
        for kind in ["MetricAlarms", "CompositeAlarms", "LogAlarms"] {
            let wire = answering(200, &[json!({ kind: [alarm] })]);
            let page = wire.cloud().alarm_page(AlarmFilter::All, None).await;
            let refusal = page.unwrap_err().to_string();
            assert!(
                refusal.starts_with("cloudwatch:DescribeAlarms: "),
                "{refusal}"
            );
            assert!(refusal.contains(missing), "{refusal}");
        }
    }
}

#[tokio::test]
async fn what_suppresses_an_alarm_is_told_in_cloudwatchs_words_whichever() {
    for word in ["WaitPeriod", "ExtensionPeriod", "Alarm", "Novel"] {
        let alarm = json!({ "AlarmName": "a", "StateValue": "ALARM", "ActionsSuppressedBy": word });
        let wire = answering(200, &[json!({ "CompositeAlarms": [alarm] })]);
        let alarm = only_of(&wire.wrong_where("Novel", NOVEL)).await;
        assert_eq!(alarm.suppressed_by.as_deref(), Some(word));
    }
    let alarm = json!([{ "AlarmName": "a", "StateValue": "ALARM" }]);
    let alarm = only(json!({ "CompositeAlarms": alarm })).await;
    assert_eq!((alarm.suppressed_by, alarm.rule), (None, None));
}

#[tokio::test]
async fn what_is_not_wholly_named_measures_nothing() {
    for metric in [
        json!({ "Namespace": "AWS/EC2" }),
        json!({ "MetricName": "StatusCheckFailed" }),
        json!({ "Metrics": [{ "Id": "q1", "Expression": "SELECT MAX(Load) FROM App" }] }),
        json!({ "Metrics": [{ "Id": "m1", "MetricStat": { "Period": 60, "Stat": "Sum" } }] }),
    ] {
        let mut described = json!({ "AlarmName": "a", "StateValue": "OK" });
        described
            .as_object_mut()
            .unwrap()
            .extend(metric.as_object().unwrap().clone());
        let wire = answering(200, &[json!({ "MetricAlarms": [described] })]);
        let alarm = only_of(&wire.wrong_where("MetricStat", PARTIAL)).await;
        assert_eq!(alarm.metrics, []);
    }
    let bare = json!({ "MetricAlarms": [{
        "AlarmName": "a", "StateValue": "OK", "Namespace": "App", "MetricName": "Load",
        "Dimensions": [{ "Name": "InstanceId" }, { "Value": "i-1" }],
    }] });
    let bare = only_of(&answering(200, &[bare]).wrong(PARTIAL)).await;
    let [load] = bare.metrics.try_into().unwrap();
    assert_eq!(
        (load.namespace.as_str(), load.metric.as_str()),
        ("App", "Load")
    );
    assert!(load.dimensions.is_empty());
}

#[tokio::test]
async fn alarms_are_asked_for_with_these_members_and_no_other() {
    let none = json!({ "AlarmContributors": [] });
    let wire = answering(200, &[json!({}), json!({}), none]);
    let cloud = wire.cloud();
    cloud.alarms(&names(&["one"])).await.unwrap();
    cloud.alarm_page(AlarmFilter::Firing, None).await.unwrap();
    cloud.contributors("fleet").await.unwrap();
    let all = json!(ALL_TYPES);
    assert_eq!(
        sent(&wire),
        [
            json!({ "AlarmNames": ["one"], "AlarmTypes": all, "MaxRecords": 100 }),
            json!({ "StateValue": "ALARM", "AlarmTypes": all, "MaxRecords": 100 }),
            json!({ "AlarmName": "fleet" }),
        ]
    );
}

#[tokio::test]
async fn alarms_beyond_the_hundredth_are_found() {
    let page = |name: &str| json!({ "MetricAlarms": [{ "AlarmName": name, "StateValue": "OK" }] });
    let wire = answering(200, &[page("alarm-0"), page("alarm-100")]);
    let many: Vec<String> = (0..101).map(|number| format!("alarm-{number}")).collect();
    let found = wire.cloud().alarms(&many).await.unwrap();
    let found: Vec<&str> = found.iter().map(|alarm| alarm.name.as_str()).collect();
    assert_eq!(found, ["alarm-0", "alarm-100"]);
    assert_eq!(sent(&wire)[0]["AlarmNames"].as_array().unwrap().len(), 100);
}

fn contributors(instance: &str, next: &str) -> Value {
    let attributes = json!({ "InstanceId": instance });
    json!({
        "AlarmContributors": [{
            "ContributorId": "1", "ContributorAttributes": attributes, "StateReason": "",
        }],
        "NextToken": next,
    })
}

#[tokio::test]
async fn an_empty_token_is_the_end_of_the_contributors() {
    let wire = answering(200, &[contributors("i-1", "")]);
    let found = wire.cloud().contributors("fleet").await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(sent(&wire).len(), 1);
}

#[tokio::test]
async fn contributors_that_are_refused_half_way_are_not_taken_for_all_of_them() {
    for (status, code) in [(400, "ValidationError"), (404, "ResourceNotFoundException")] {
        let wire = answering(200, &[contributors("i-1", "more")]);
        let refused = (status, bytes(&refused(code))).into();
        wire.answers.lock().unwrap().push_back(refused);
        let refusal = wire.cloud().contributors("fleet").await.unwrap_err();
        let told = refusal.to_string();
        assert!(
            told.starts_with("cloudwatch:DescribeAlarmContributors: "),
            "{told}"
        );
        assert!(told.contains(code), "{told}");
    }
}

#[tokio::test]
async fn an_alarm_that_is_of_no_kind_with_contributors_has_none_and_any_other_refusal_is_an_error()
{
    let refused = |code: &str| answering(400, &[refused(code)]).cloud();
    let none = refused("ValidationError").contributors("cpu").await;
    assert_eq!(none.unwrap(), []);
    for (code, name) in [("AccessDenied", "Denied"), ("Throttling", "Throttled")] {
        let refusal = refused(code).contributors("fleet").await.unwrap_err();
        assert_eq!(refusal.name(), name);
    }
}

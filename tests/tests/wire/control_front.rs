//! `/_sim/`: what another process can ask of a simulation and set in it, with nothing but HTTP.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

use crate::aws::{Aws, code};
use axum::body::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};

async fn ask(aws: &Aws, method: Method, path: &str, body: &Value) -> (StatusCode, String) {
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let request = Request::builder()
        .method(method)
        .uri(format!("{}/_sim/{path}", aws.simulator.url))
        .body(Full::from(body.to_string()))
        .unwrap();
    let response = client.request(request).await.unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

async fn get(aws: &Aws, path: &str) -> Value {
    let (status, body) = ask(aws, Method::GET, path, &Value::Null).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    serde_json::from_str(&body).unwrap()
}

async fn post(aws: &Aws, path: &str, body: Value) {
    let (status, answer) = ask(aws, Method::POST, path, &body).await;
    assert_eq!(status, StatusCode::NO_CONTENT, "{answer}");
}

#[tokio::test]
async fn an_action_that_was_denied_is_refused_until_all_is_allowed_again() {
    let aws = Aws::start().await;
    let denial = json!({ "principal": "*", "action": "ec2:AllocateAddress" });
    post(&aws, "settings", json!({ "deny": [denial] })).await;
    assert_eq!(
        code(&aws.ec2.allocate_address().send().await),
        "UnauthorizedOperation"
    );
    post(&aws, "settings", json!({ "allow_all": true })).await;
    aws.allocate().await;
}

#[tokio::test]
async fn a_misspelt_setting_is_refused_by_name() {
    let aws = Aws::start().await;
    let misspelt = json!({ "adress_quota": 1 });
    let (status, why) = ask(&aws, Method::POST, "settings", &misspelt).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(why.contains("adress_quota"), "{why}");
}

#[tokio::test]
async fn somebody_else_can_take_a_released_address() {
    let aws = Aws::start().await;
    let held = aws.allocate().await;
    aws.release(&held).await;
    post(&aws, "settings", json!({ "take_addresses": [held.ip] })).await;
    let refused = aws.ec2.allocate_address().address(&held.ip).send().await;
    assert_eq!(code(&refused), "InvalidAddress.NotFound");
}

#[tokio::test]
async fn addresses_show_as_they_truly_are_whatever_readers_see() {
    let aws = Aws::start().await;
    post(&aws, "settings", json!({ "read_lag_seconds": 60 })).await;
    let held = aws.allocate().await;
    assert_eq!(aws.addresses().await, 0, "a reader does not see it yet");
    assert_eq!(get(&aws, "addresses").await[0]["public_ip"], held.ip);
}

#[tokio::test]
async fn events_come_late_and_twice_when_asked_to() {
    let aws = Aws::start().await;
    let delivery = json!({ "late_seconds": 60, "twice": true });
    post(&aws, "settings", json!({ "delivery": delivery })).await;
    aws.allocate().await;
    let take = async || {
        let (_, events) = ask(&aws, Method::POST, "events/take", &Value::Null).await;
        serde_json::from_str::<Vec<Value>>(&events).unwrap().len()
    };
    assert_eq!(take().await, 0);
    post(&aws, "advance", json!({ "seconds": 61 })).await;
    assert_eq!(take().await, 2);
}

#[tokio::test]
async fn a_fault_is_ordered_and_the_record_shows_it() {
    let aws = Aws::start().await;
    let fault = json!({ "action": "ec2:AllocateAddress", "fault": "reply-lost" });
    post(&aws, "faults", fault).await;
    assert!(aws.ec2.allocate_address().send().await.is_err());
    let calls = get(&aws, "calls").await;
    assert_eq!(calls[0]["action"], "AllocateAddress");
    assert_eq!(
        calls[0]["outcome"],
        json!({ "kind": "reply-lost", "code": { "kind": "done" } })
    );
}

#[tokio::test]
async fn a_stranger_calls_from_an_account_of_his_own() {
    let aws = Aws::start().await;
    let stranger = json!({ "access_key": "EVE", "user": "eve", "account": "444455556666" });
    post(&aws, "callers", stranger).await;
    aws.allocate().await;
    assert_eq!(aws.with_key("EVE").addresses().await, 0);
    assert_eq!(aws.addresses().await, 1);
}

#[tokio::test]
async fn an_interface_moves_as_slowly_as_it_is_told_to() {
    let aws = Aws::start().await;
    let web = aws.run_instance().await;
    let eni = aws.floating(&web).await;
    let slow = json!({ "attach_delay_milliseconds": 90_500 });
    post(&aws, "settings", slow).await;
    aws.attach(&eni, &web).await;
    post(&aws, "advance", json!({ "seconds": 90 })).await;
    let status = async || {
        let seen = aws.interface(&eni).await;
        seen.attachment().unwrap().status().unwrap().to_string()
    };
    assert_eq!(status().await, "attaching");
    post(&aws, "advance", json!({ "seconds": 1 })).await;
    assert_eq!(status().await, "attached");
}

#[tokio::test]
async fn a_guest_that_does_not_answer_keeps_its_interface_until_it_does() {
    let aws = Aws::start().await;
    let web = aws.run_instance().await;
    let eni = aws.floating(&web).await;
    let attachment = aws.attach(&eni, &web).await;
    post(&aws, "advance", json!({ "seconds": 60 })).await;
    let silent = json!({ "ignore_detaches": [web.instance] });
    post(&aws, "settings", silent).await;
    let detach = aws.ec2.detach_network_interface().attachment_id(attachment);
    detach.send().await.unwrap();
    post(&aws, "advance", json!({ "seconds": 600 })).await;
    assert!(aws.interface(&eni).await.attachment().is_some());
    let answers = json!({ "answer_detaches": [web.instance] });
    post(&aws, "settings", answers).await;
    post(&aws, "advance", json!({ "seconds": 60 })).await;
    assert!(aws.interface(&eni).await.attachment().is_none());
}

#[tokio::test]
async fn a_failed_check_fires_the_alarm_that_follows_it() {
    let aws = Aws::start().await;
    let web = aws.run_instance().await;
    let dimensions = json!({ "InstanceId": web.instance });
    let metric =
        json!({ "namespace": "AWS/EC2", "name": "StatusCheckFailed", "dimensions": dimensions });
    let alarm = json!({ "name": "sick", "metric": metric, "actions": ["lambda"] });
    post(&aws, "alarms", alarm).await;
    ask(&aws, Method::POST, "events/take", &Value::Null).await;
    let impair = json!({ "instance_id": web.instance, "instance": true });
    let knobs = json!({ "status_alarm_delay_milliseconds": 0, "impair": [impair] });
    post(&aws, "settings", knobs).await;
    let (_, events) = ask(&aws, Method::POST, "events/take", &Value::Null).await;
    let events: Value = serde_json::from_str(&events).unwrap();
    assert_eq!(events[0]["detail"]["alarmName"], "sick");
    assert_eq!(events[0]["detail"]["state"]["value"], "ALARM");
    let (_, calls) = ask(&aws, Method::POST, "alarms/take", &Value::Null).await;
    let calls: Value = serde_json::from_str(&calls).unwrap();
    assert_eq!(calls[0]["alarmData"]["alarmName"], "sick");
}

#[tokio::test]
async fn an_alarm_is_set_and_suppressed_by_name() {
    let aws = Aws::start().await;
    post(&aws, "alarms", json!({ "name": "c", "rule": "ALARM(a)" })).await;
    let queries = json!([{ "expression": "SELECT MAX(StatusCheckFailed) GROUP BY InstanceId" }]);
    post(&aws, "alarms", json!({ "name": "a", "queries": queries })).await;
    post(
        &aws,
        "alarms/set",
        json!({ "name": "c", "suppressed_by": "WaitPeriod" }),
    )
    .await;
    let contributor = json!({ "InstanceId": "i-0123456789abcdef0" });
    let firing = json!({ "name": "a", "state": "ALARM", "contributor": contributor });
    post(&aws, "alarms/set", firing).await;
    let (_, events) = ask(&aws, Method::POST, "events/take", &Value::Null).await;
    let events: Vec<Value> = serde_json::from_str(&events).unwrap();
    let detail = &events.last().unwrap()["detail"];
    assert_eq!(detail["alarmName"], "c");
    assert_eq!(detail["state"]["actionsSuppressedBy"], "WaitPeriod");
}

#[tokio::test]
async fn an_alarm_that_cannot_be_is_refused_with_the_reason() {
    let aws = Aws::start().await;
    let wrong = [
        (
            "alarms",
            json!({ "name": "a" }),
            "one of metric, queries, rule and logs",
        ),
        (
            "alarms",
            json!({ "name": "a", "rule": "ALARM(" }),
            "AlarmRule",
        ),
        (
            "alarms/set",
            json!({ "name": "a", "state": "RED" }),
            "INSUFFICIENT_DATA",
        ),
        ("alarms/set", json!({ "name": "a", "stat": "OK" }), "stat"),
    ];
    for (path, body, reason) in wrong {
        let (status, why) = ask(&aws, Method::POST, path, &body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(why.contains(reason), "{why}");
    }
}

//! The envelope of EventBridge, of which only what a decision needs is read.

use super::{record, wrong};
use crate::events::samples::{alarm, bridge, release};
use crate::events::{Trigger, parse};
use serde_json::{Value, json};
use time::macros::datetime;

fn stopped() -> Value {
    let detail = json!({"instance-id": "i-0c3", "state": "stopped"});
    bridge("EC2 Instance State-change Notification", "aws.ec2", detail)
}

#[test]
fn an_event_without_a_source_is_the_same_unless_it_is_a_schedule() {
    for event in [
        stopped(),
        release().in_envelope(),
        alarm("gateway-a").by_rule(),
    ] {
        for source in [Value::Null, json!("")] {
            let mut without = event.clone();
            without["source"] = source;
            assert_eq!(parse(&without), parse(&event));
        }
    }
    let mut schedule = bridge("Scheduled Event", "aws.events", json!({}));
    schedule.as_object_mut().unwrap().remove("source");
    assert_eq!(wrong(&schedule).0, "source");
}

#[test]
fn what_nobody_asks_for_may_be_anything() {
    let mut call = release().in_envelope();
    let mut alarm = alarm("gateway-a").by_rule();
    let before = parse(&alarm);
    for event in [&mut call, &mut alarm] {
        for field in ["version", "id", "account", "time", "resources"] {
            event[field] = json!([null]);
        }
    }
    assert_eq!(record(&call), record(&release().in_envelope()));
    assert_eq!(parse(&alarm), before);
}

#[test]
fn a_time_is_read_to_the_nanosecond_and_in_whichever_zone() {
    for (text, at) in [
        ("2026-01-31T12:00:05Z", datetime!(2026-01-31 12:00:05 UTC)),
        (
            "2026-01-31T13:00:05.123456789+01:00",
            datetime!(2026-01-31 12:00:05.123_456_789 UTC),
        ),
        (
            "2026-01-31T12:00:05.250+0000",
            datetime!(2026-01-31 12:00:05.25 UTC),
        ),
        (
            "1969-12-31T23:59:59.5Z",
            datetime!(1969-12-31 23:59:59.5 UTC),
        ),
    ] {
        let mut event = bridge("Scheduled Event", "aws.events", json!({}));
        event["time"] = json!(text);
        assert_eq!(parse(&event), Ok(Trigger::Schedule { at }), "{text}");
    }
}

#[test]
fn a_time_that_is_none_or_out_of_range_says_what_was_expected() {
    for (time, expected) in [
        (json!("yesterday"), "`yesterday` is not a time ("),
        (json!("yesterday"), "expected RFC 3339, as in `2026-"),
        (json!("+12026-01-31T12:00:05Z"), "is out of range"),
        (json!(7), "integer `7`"),
    ] {
        let mut event = stopped();
        event["time"] = time;
        let (field, problem) = wrong(&event);
        assert_eq!(field, "time");
        assert!(problem.contains(expected), "{problem}");
    }
}

#[test]
fn a_detail_that_is_no_object_is_named() {
    for detail in [json!("running"), json!(["i-0c3", "running"])] {
        let mut event = stopped();
        event["detail"] = detail;
        assert_eq!(wrong(&event).0, "detail");
    }
    let mut event = stopped();
    event["detail"]["state"] = json!(7);
    assert_eq!(wrong(&event).0, "detail.state");
}

#[test]
fn a_region_that_is_no_text_is_not_called_a_time() {
    let mut event = stopped();
    event["time"] = json!("2026-01-31T12:00:05Z");
    event["region"] = json!(7);
    let (field, problem) = wrong(&event);
    assert_eq!(field, "region");
    assert!(!problem.contains("2026-01-31"), "{problem}");
}

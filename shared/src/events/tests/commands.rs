//! Golden tests of what a person asks for.

use super::wrong;
use crate::events::{AddressName, EventError, OperatorCommand, Trigger, parse};
use serde_json::{Value, json};

fn command(event: &Value) -> OperatorCommand {
    match parse(event) {
        Ok(Trigger::Command(command)) => command,
        other => panic!("expected a wish, got {other:?}"),
    }
}

#[test]
fn a_plan_is_asked_for_by_group() {
    let asked = command(&json!({"holdfast": "plan", "group": "web"}));
    assert_eq!(
        asked,
        OperatorCommand::Plan {
            group: "web".to_owned()
        }
    );
    assert_eq!(asked.to_string(), "a plan for the group web");
}

#[test]
fn a_switchover_may_name_the_member_that_takes_over() {
    let to = command(&json!({"holdfast": "failover", "group": "web", "to": "i-0c3"}));
    assert_eq!(to.to_string(), "a switchover of the group web to i-0c3");
    let to_whoever_is_next = command(&json!({"holdfast": "failover", "group": "web"}));
    assert_eq!(
        to_whoever_is_next.to_string(),
        "a switchover of the group web"
    );
}

#[test]
fn a_slip_of_the_pen_is_named_by_its_field() {
    for (event, field) in [
        (json!({"holdfast": "fail over", "group": "web"}), "holdfast"),
        (json!({"holdfast": true, "group": "web"}), "holdfast"),
        (json!({"holdfast": "plan"}), "group"),
        (json!({"holdfast": "plan", "group": " "}), "group"),
        (json!({"holdfast": "plan", "group": ["web"]}), "group"),
        (
            json!({"holdfast": "plan", "group": "web", "to": "i-0c3"}),
            "to",
        ),
        (
            json!({"holdfast": "failover", "group": "web", "to": "eni-1"}),
            "to",
        ),
        (
            json!({"holdfast": "failover", "group": "web", "to": null}),
            "to",
        ),
        (
            json!({"holdfast": "failover", "group": "web", "too": "i-0c3"}),
            "too",
        ),
        (
            json!({"holdfast": "failover", "group": "web", "": null}),
            EventError::WHOLE,
        ),
        (json!({"": null, "holdfast": "failover"}), EventError::WHOLE),
    ] {
        assert_eq!(wrong(&event).0, field, "{event}");
    }
}

#[test]
fn a_pause_has_its_minutes_and_may_have_who_asks() {
    let asked = command(
        &json!({"holdfast": "pause", "group": "web", "minutes": 120, "by": " anna\n of ops"}),
    );
    assert_eq!(
        asked,
        OperatorCommand::Pause {
            group: "web".to_owned(),
            minutes: 120,
            by: Some("anna  of ops".to_owned()),
        }
    );
    assert_eq!(asked.to_string(), "a pause of the group web for 120 min");
    let ended = command(&json!({"holdfast": "resume", "group": "web"}));
    assert_eq!(ended.to_string(), "the end of a pause of the group web");
}

#[test]
fn a_pause_without_a_bound_is_none() {
    for minutes in [
        json!(null),
        json!(0),
        json!(-1),
        json!(1441),
        json!(1.5),
        json!("120"),
        json!(u64::MAX),
    ] {
        let event = json!({"holdfast": "pause", "group": "web", "minutes": minutes});
        assert_eq!(wrong(&event).0, "minutes", "{event}");
    }
    let longest = json!({"holdfast": "pause", "group": "web", "minutes": 1440});
    assert!(matches!(
        command(&longest),
        OperatorCommand::Pause { minutes: 1440, .. }
    ));
    let without = json!({"holdfast": "pause", "group": "web"});
    assert_eq!(wrong(&without).0, "minutes");
    let nobody = json!({"holdfast": "pause", "group": "web", "minutes": 1, "by": ""});
    assert_eq!(wrong(&nobody).0, "by");
}

#[test]
fn a_field_that_is_not_taken_comes_with_those_that_are() {
    let (_, problem) = wrong(&json!({"holdfast": "plan", "group": "web", "to": "i-0c3"}));
    assert_eq!(problem, "`plan` does not take `to`: expected `group`");
}

#[test]
fn a_failback_takes_the_group_and_not_where_to() {
    let asked = command(&json!({"holdfast": "failback", "group": "web"}));
    assert_eq!(asked.to_string(), "a failback of the group web");
    let to = json!({"holdfast": "failback", "group": "web", "to": "i-0c3"});
    assert_eq!(wrong(&to).0, "to");
}

#[test]
fn an_address_is_asked_for_by_itself_or_by_its_allocation() {
    let by_ip = command(&json!({"holdfast": "restore", "address": "203.0.113.10"}));
    let what = AddressName::Ip("203.0.113.10".parse().unwrap());
    assert_eq!(by_ip, OperatorCommand::Restore { what });
    assert_eq!(by_ip.to_string(), "a restore of 203.0.113.10");
    let by_allocation = command(&json!({"holdfast": "restore", "allocation": "eipalloc-0a"}));
    let what = AddressName::Allocation("eipalloc-0a".parse().unwrap());
    assert_eq!(by_allocation, OperatorCommand::Restore { what });
}

#[test]
fn a_slip_of_the_pen_asks_for_no_address() {
    for (event, field) in [
        (json!({"holdfast": "restore"}), "address"),
        (json!({"holdfast": "restore", "address": ""}), "address"),
        (
            json!({"holdfast": "restore", "address": "203.0.113"}),
            "address",
        ),
        (
            json!({"holdfast": "restore", "address": "2001:db8::1"}),
            "address",
        ),
        (
            json!({"holdfast": "restore", "address": "eipalloc-0a"}),
            "address",
        ),
        (json!({"holdfast": "restore", "address": null}), "address"),
        (
            json!({"holdfast": "restore", "allocation": "203.0.113.10"}),
            "allocation",
        ),
        (
            json!({"holdfast": "restore", "allocation": 7}),
            "allocation",
        ),
        (
            json!({"holdfast": "restore", "address": "203.0.113.10", "allocation": "eipalloc-0a"}),
            "address",
        ),
        (
            json!({"holdfast": "restore", "address": "203.0.113.10", "group": "web"}),
            "group",
        ),
    ] {
        assert_eq!(wrong(&event).0, field, "{event}");
    }
}

#[test]
fn a_command_that_another_function_takes_names_it() {
    let (field, problem) = wrong(&json!({"holdfast": "test-notification"}));
    assert_eq!(field, "holdfast");
    assert_eq!(
        problem,
        "`test-notification` is a command of notify: send it to that function"
    );
    for (event, function) in [
        (
            json!({"holdfast": "failover", "group": "web"}),
            "alarm-failover",
        ),
        (
            json!({"holdfast": "failback", "group": "web"}),
            "alarm-failover",
        ),
        (
            json!({"holdfast": "plan", "group": "web"}),
            "alarm-failover",
        ),
        (
            json!({"holdfast": "pause", "group": "web", "minutes": 5}),
            "alarm-failover",
        ),
        (
            json!({"holdfast": "resume", "group": "web"}),
            "alarm-failover",
        ),
        (
            json!({"holdfast": "restore", "allocation": "eipalloc-0a"}),
            "release-guard",
        ),
    ] {
        let told = command(&event).for_another();
        let problem = &told.problem;
        let word = event["holdfast"].as_str().unwrap();
        assert!(
            problem.contains(function) && problem.contains(word),
            "{event}: {problem}"
        );
    }
}

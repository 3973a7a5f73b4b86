//! Which function hears of which event, by the patterns of the template: event files, the simulator's events, and
//! those of the folder that `HOLDFAST_EVENT_CORPUS` names.

use super::document::{entries, template};
use super::matcher::matches;
use ec2_sim::World;
use ec2_sim::api::{
    AllocateAddress, Caller, CreateTags, ReleaseAddress, Request, Response, RunInstances, Tag,
    TerminateInstances,
};
use holdfast::events::{Trigger, parse};
use holdfast::model::alarm::AlarmState;
use holdfast::model::cloudtrail::AddressChange;
use holdfast::model::instance::InstanceState;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::LazyLock;
use time::Duration;

/// The account that the template's parameters stand for here.
const ACCOUNT: &str = "111122223333";

const EVENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/events");

/// Each rule's pattern, with the function that it is for.
pub(crate) fn rules() -> Vec<(String, Value)> {
    let functions = template().functions();
    let rules = functions.iter().flat_map(|(name, function)| {
        let patterns = function
            .events()
            .filter_map(|(_, rule)| rule["Properties"].get("Pattern"));
        patterns.map(|pattern| (name.clone(), pattern.clone()))
    });
    rules.collect()
}

/// The functions with a rule that lets an event through.
fn who_hears(event: &Value) -> BTreeSet<String> {
    static RULES: LazyLock<Vec<(String, Value)>> = LazyLock::new(rules);
    let heard = RULES.iter().filter(|(_, pattern)| matches(pattern, event));
    heard.map(|(function, _)| function.clone()).collect()
}

fn event(name: &str) -> Value {
    let path = PathBuf::from(EVENTS).join(format!("{name}.json"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
    in_envelope(serde_json::from_str(&text).expect("an event file is JSON"))
}

/// An event as EventBridge delivers it in the account of the stack; a bare record gets an envelope.
fn in_envelope(event: Value) -> Value {
    let mut event = if event.get("eventSource").is_none() {
        event
    } else {
        json!({ "detail-type": "AWS API Call via CloudTrail", "source": "aws.ec2", "detail": event })
    };
    event["account"] = json!(ACCOUNT);
    event
}

#[test]
fn each_event_reaches_the_functions_that_act_on_it_and_no_other() {
    const GUARD: &[&str] = &["release-guard"];
    const RECONCILE: &[&str] = &["reconcile"];
    const LOST: &[&str] = &["alarm-failover"];
    const NOBODY: &[&str] = &[];
    let expected: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("accept-transfer", RECONCILE),
        ("alarm-action", NOBODY), // calls the function by itself
        ("alarm-action-composite", NOBODY),
        ("alarm-anomaly-band", LOST),
        ("alarm-broken-time", LOST),
        ("alarm-composite", LOST),
        ("alarm-composite-suppressed", NOBODY),
        ("alarm-configuration", NOBODY),
        ("alarm-contributor", LOST),
        ("alarm-math", LOST),
        ("alarm-muted", NOBODY),
        ("alarm-ok", NOBODY),
        ("alarm-rule", LOST),
        ("alarm-tagged", LOST),
        ("alarm-topic", NOBODY), // comes by SNS
        ("alarm-topic-composite", NOBODY),
        ("alarm-topic-contributor", NOBODY),
        ("alarm-topic-math", NOBODY),
        ("alarm-without-data", NOBODY),
        ("allocate", RECONCILE),
        ("allocate-customer-owned", RECONCILE),
        ("allocate-ipam-pool", RECONCILE),
        ("allocate-over-quota", NOBODY),
        ("allocate-own-pool", RECONCILE),
        ("asked-failover", NOBODY), // a person invokes the function
        ("asked-plan", NOBODY),
        ("asked-with-a-slip", NOBODY),
        ("associate", RECONCILE),
        ("auto-scaling-launch", NOBODY),
        ("auto-scaling-launch-action", NOBODY),
        ("auto-scaling-terminate-action", LOST),
        ("auto-scaling-to-warm-pool", LOST),
        ("create-tags-on-an-image", NOBODY),
        ("create-tags-on-many", RECONCILE),
        ("create-tags-on-one", RECONCILE),
        ("delete-all-tags", RECONCILE),
        ("delete-tags", RECONCILE),
        ("disable-transfer", RECONCILE),
        ("disassociate", RECONCILE),
        ("enable-transfer", RECONCILE),
        ("health-closed", NOBODY),
        ("health-drive-degraded", LOST),
        ("health-other-service", NOBODY),
        ("health-public", NOBODY), // names no instance
        ("health-retirement", LOST),
        ("instance-pending", NOBODY),
        ("instance-running", &["alarm-failover", "instance-start"]),
        ("lookup-answer", NOBODY),
        ("no-event", NOBODY),
        ("other-service", NOBODY),
        ("rebalance", LOST),
        ("release", GUARD),
        ("release-bare", GUARD),
        ("release-by-public-ip", GUARD),
        ("release-delivered-again", GUARD),
        ("release-dry-run", NOBODY),
        ("release-newer-serialisation", GUARD),
        ("release-refused", NOBODY),
        ("release-without-user-agent", GUARD),
        ("reset-reverse-name", RECONCILE),
        ("run-instances", NOBODY),
        ("schedule-rule", NOBODY), // the schedule's own rule has no pattern, and targets reconcile
        ("schedule-scheduler", NOBODY),
        ("set-reverse-name", RECONCILE),
        ("spot-interruption", LOST),
    ]);
    for (name, functions) in &expected {
        let functions: BTreeSet<String> = functions.iter().map(|&name| name.to_owned()).collect();
        assert_eq!(who_hears(&event(name)), functions, "{name}");
    }
    let unlisted: Vec<String> = names()
        .filter(|name| !expected.contains_key(&**name))
        .collect();
    assert!(unlisted.is_empty(), "say who is to hear of {unlisted:?}");
}

/// An organisation may forward the events of its accounts to the default bus of one of them.
#[test]
fn an_event_of_another_account_is_not_heard_of() {
    let mut heard = 0;
    for name in names() {
        let mut event = event(&name);
        heard += who_hears(&event).len();
        event["account"] = json!("444455556666");
        assert_eq!(who_hears(&event), BTreeSet::new(), "{name}");
    }
    assert!(heard > 20, "only {heard} events were heard of before");
}

/// An alarm on a function's errors that calls this very function keeps itself alive.
#[test]
fn the_alarms_of_the_stack_itself_are_not_heard_of() {
    let named = |name: &str| {
        let mut event = event("alarm-rule");
        event["detail"]["alarmName"] = json!(name);
        event
    };
    let mut own = template().of_type("AWS::CloudWatch::Alarm");
    own.extend(template().of_type("AWS::CloudWatch::CompositeAlarm"));
    assert!(own.len() > 10, "{own:?}");
    for (alarm, resource) in &own {
        let name = resource["Properties"]["AlarmName"].as_str();
        let name = name.unwrap_or_else(|| panic!("{alarm} has no name"));
        assert_eq!(who_hears(&named(name)), BTreeSet::new(), "{name}");
    }
    // A person's alarm may begin with the name of the stack.
    assert_eq!(
        who_hears(&named("holdfast-gateway-down")),
        only("alarm-failover")
    );
}

/// Source: EventBridge user guide, "Amazon EventBridge quotas", event pattern size: 2,048 characters.
#[test]
fn every_pattern_is_as_small_as_eventbridge_wants_it_with_a_long_name_of_the_stack() {
    let name = "x".repeat(95);
    for (function, pattern) in rules() {
        let size = pattern
            .to_string()
            .replace("holdfast-", &format!("{name}-"))
            .len();
        assert!(size <= 2048, "{function}: {size} characters: {pattern}");
    }
}

fn names() -> impl Iterator<Item = String> {
    let files = std::fs::read_dir(EVENTS).expect("the folder of events is there");
    let files = files.map(|file| file.expect("can be listed").path());
    files.filter_map(|path| Some(path.file_stem()?.to_string_lossy().into_owned()))
}

/// An alarm's event with another state before and now.
fn alarm(before: Value, now: Value) -> Value {
    let mut event = event("alarm-rule");
    event["detail"]["previousState"] = before;
    event["detail"]["state"] = now;
    event
}

#[test]
fn an_alarm_is_heard_of_when_it_comes_into_alarm_and_is_not_suppressed() {
    let alarm_state = json!({ "value": "ALARM" });
    let suppressed = json!({ "value": "ALARM", "actionsSuppressedBy": "WaitPeriod" });
    let others = ["OK", "INSUFFICIENT_DATA"].map(|value| json!({ "value": value }));
    for other in others {
        assert_eq!(
            who_hears(&alarm(other.clone(), alarm_state.clone())),
            only("alarm-failover")
        );
        assert_eq!(
            who_hears(&alarm(other.clone(), suppressed.clone())),
            BTreeSet::new()
        );
        assert_eq!(
            who_hears(&alarm(alarm_state.clone(), other)),
            BTreeSet::new()
        );
    }
    assert_eq!(
        who_hears(&alarm(alarm_state.clone(), alarm_state.clone())),
        BTreeSet::new()
    );
    assert_eq!(
        who_hears(&alarm(suppressed, alarm_state)),
        only("alarm-failover")
    );
}

#[test]
fn an_instance_is_heard_of_from_the_moment_that_it_runs_until_it_is_gone() {
    let both: BTreeSet<String> = ["alarm-failover", "instance-start"]
        .map(str::to_owned)
        .into();
    for (state, functions) in [
        ("pending", BTreeSet::new()),
        ("running", both.clone()),
        ("stopping", both.clone()),
        ("stopped", both.clone()),
        ("shutting-down", both.clone()),
        ("terminated", both),
    ] {
        let mut event = event("instance-running");
        event["detail"]["state"] = json!(state);
        assert_eq!(who_hears(&event), functions, "{state}");
    }
}

#[test]
fn tags_on_anything_but_an_address_are_not_heard_of() {
    for (id, functions) in [
        ("eipalloc-0123456789abcdef0", only("reconcile")),
        ("i-0123456789abcdef0", BTreeSet::new()),
        ("eni-0123456789abcdef0", BTreeSet::new()),
        ("vol-0123456789abcdef0", BTreeSet::new()),
        ("eipassoc-0123456789abcdef0", BTreeSet::new()),
    ] {
        let mut event = event("create-tags-on-one");
        event["detail"]["requestParameters"]["resourcesSet"]["items"] =
            json!([{ "resourceId": id }]);
        for call in ["CreateTags", "DeleteTags"] {
            event["detail"]["eventName"] = json!(call);
            assert_eq!(who_hears(&event), functions, "{call} on {id}");
        }
    }
}

#[test]
fn a_call_that_ec2_refused_is_not_heard_of() {
    let mut refused = 0;
    for name in names() {
        let mut event = event(&name);
        if event["detail"].get("eventName").is_some() {
            event["detail"]["errorCode"] = json!("Client.UnauthorizedOperation");
            assert_eq!(who_hears(&event), BTreeSet::new(), "{name}");
            refused += 1;
        }
    }
    assert!(refused > 20, "only {refused} calls were tried");
}

/// What the code passes by, no rule lets through; what it acts on, one does.
fn agrees_with_the_code(name: &str, event: &Value) {
    let heard = who_hears(event);
    match parse(event) {
        Ok(Trigger::Call(record)) => {
            let released = matches!(record.change, AddressChange::Released { .. });
            let function = if released {
                "release-guard"
            } else {
                "reconcile"
            };
            assert_eq!(heard, only(function), "{name}");
        }
        Ok(Trigger::Instance(change)) => {
            let is_pending = change.state == InstanceState::Pending;
            assert_eq!(heard.contains("alarm-failover"), !is_pending, "{name}");
            assert_eq!(heard.contains("instance-start"), !is_pending, "{name}");
        }
        Ok(Trigger::Alarm(alarm)) => {
            let rings = alarm.state == AlarmState::Alarm && alarm.suppressed_by.is_none();
            let again = alarm.previous == Some(AlarmState::Alarm);
            let acted_on = again && alarm.previously_suppressed_by.is_none();
            let told = heard == only("alarm-failover");
            assert_eq!(told, rings && !acted_on, "{name}");
        }
        Ok(Trigger::SpotNotice(_) | Trigger::HealthEvent(_) | Trigger::LifecycleAction(_)) => {
            assert_eq!(heard, only("alarm-failover"), "{name}");
        }
        Ok(Trigger::Ignored(_) | Trigger::Schedule { .. }) => {
            assert!(heard.is_empty(), "{name}: {heard:?}");
        }
        Ok(Trigger::Command(_)) | Err(_) => {}
    }
}

#[test]
fn what_is_let_through_is_what_the_code_can_read_and_wants() {
    let named = std::env::var_os("HOLDFAST_EVENT_CORPUS").map(PathBuf::from);
    let folders = [Some(PathBuf::from(EVENTS)), named].into_iter().flatten();
    let files = folders.flat_map(|folder| std::fs::read_dir(folder).expect("a folder of events"));
    let paths = files.map(|file| file.expect("can be listed").path());
    for path in paths.filter(|path| {
        path.extension()
            .is_some_and(|extension| extension == "json")
    }) {
        let text = std::fs::read_to_string(&path).expect("an event can be read");
        let event = in_envelope(serde_json::from_str(&text).expect("an event is JSON"));
        // EventBridge delivers nothing of another shape.
        if event.get("detail-type").is_some() {
            agrees_with_the_code(&path.to_string_lossy(), &event);
        }
    }
}

/// An address comes and goes in the simulator, among what else happens in an account.
#[test]
fn what_the_simulator_tells_of_is_let_through_where_the_code_wants_it() {
    let mut world = World::new();
    let person = Caller::user("111122223333", "ada");
    let mut call = |request: Request, dry_run| world.call(&person, &request, dry_run);
    let Ok(Response::AllocateAddress(address)) =
        call(Request::AllocateAddress(AllocateAddress::default()), false)
    else {
        panic!("an address is to be had");
    };
    let launch = RunInstances {
        min_count: 1,
        max_count: 1,
        ..RunInstances::default()
    };
    let Ok(Response::RunInstances(launched)) = call(Request::RunInstances(launch), false) else {
        panic!("an instance starts");
    };
    let instance = launched.instances[0].instance_id.clone();
    let id = address.allocation_id;
    for resources in [
        vec![id.clone()],
        vec![instance.clone()],
        vec![instance.clone(), id.clone()],
    ] {
        let tags = vec![Tag::new("holdfast:group", "gateway")];
        let tagging = CreateTags { resources, tags };
        call(Request::CreateTags(tagging), false).expect("anything can be tagged");
    }
    let release = Request::ReleaseAddress(ReleaseAddress {
        allocation_id: Some(id),
        ..ReleaseAddress::default()
    });
    call(release.clone(), true).expect_err("a dry run is no release");
    call(release.clone(), false).expect("the address is free");
    call(release, false).expect_err("it is gone already");
    world.advance(Duration::minutes(2));
    let stop = Request::TerminateInstances(TerminateInstances {
        instance_ids: vec![instance],
    });
    world.call(&person, &stop, false).expect("it runs");
    world.advance(Duration::minutes(2));
    let events = world.take_events();
    for event in &events {
        assert_eq!(event["account"], ACCOUNT);
        agrees_with_the_code(&event.to_string(), event);
    }
    let heard: Vec<String> = events.iter().flat_map(who_hears).collect();
    let times = |function: &str| heard.iter().filter(|name| *name == function).count();
    assert_eq!(times("release-guard"), 1);
    assert_eq!(times("reconcile"), 3, "born, and tagged twice: {events:#?}");
    assert_eq!(times("instance-start"), times("alarm-failover"));
    assert!(times("alarm-failover") > 0);
}

#[test]
fn every_rule_names_its_account_its_source_and_its_kind_of_event() {
    for (name, function) in template().functions() {
        for (event, rule) in function.events() {
            let Some(pattern) = rule["Properties"].get("Pattern") else {
                assert_eq!(rule["Type"], "Schedule", "{name} {event}");
                continue;
            };
            for key in ["account", "source", "detail-type"] {
                assert!(pattern[key].is_array(), "{name} {event}: no {key}");
            }
            assert!(entries(pattern).count() > 1, "{name} {event}");
        }
    }
}

fn only(function: &str) -> BTreeSet<String> {
    BTreeSet::from([function.to_owned()])
}

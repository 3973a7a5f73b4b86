//! The stack's own alarms: each tells somebody and says where to read on, and one cause is one mail.

use super::code::sources;
use super::document::{self, template, texts};
use super::reports::{each_function, kebab_case};
use serde_json::Value;
use std::collections::BTreeSet;

/// The words of an alarm rule: the logical ids of the alarms are among them.
fn words_of(rule: &str) -> impl Iterator<Item = &str> {
    rule.split(|sign: char| !sign.is_alphanumeric())
}

#[test]
fn each_function_alarms_on_its_errors_and_every_alarm_tells_somebody_and_says_where_to_read_on() {
    let template = template();
    let alarms = template.of_type("AWS::CloudWatch::Alarm");
    let told_together = template.resources()["RunsFail"].to_string();
    for (name, alarm) in &alarms {
        let told = words_of(&told_together).any(|word| word == name);
        let actions = texts(&alarm["Properties"]["AlarmActions"]);
        if told {
            assert_eq!(actions, Vec::<String>::new(), "one cause, one mail: {name}");
        } else {
            assert_eq!(actions, ["Notifications"], "{name}");
        }
        let description = alarm["Properties"]["AlarmDescription"].as_str();
        assert!(description.is_some_and(|text| text.contains("docs/RUNBOOK.md, ")));
    }
    let is_of = |metric: &Value, function: &document::Function| {
        let dimension = &metric["Dimensions"][0]["Value"];
        metric["MetricName"] == "Errors" && *dimension == *function.logical_id
    };
    let watched = |alarm: &Value, function: &document::Function| {
        let properties = &alarm["Properties"];
        let several = properties["Metrics"].as_array().into_iter().flatten();
        let mut several = several.map(|each| &each["MetricStat"]["Metric"]);
        is_of(properties, function) || several.any(|metric| is_of(metric, function))
    };
    each_function(|_, name, function| {
        assert!(
            alarms.values().any(|alarm| watched(alarm, function)),
            "{name}"
        );
    });
}

/// The runbook's headings, in small letters and without marks.
fn headings() -> BTreeSet<String> {
    const RUNBOOK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/RUNBOOK.md");
    let text = std::fs::read_to_string(RUNBOOK).expect("the runbook is there");
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let plain = headings.map(|line| line.trim_start_matches('#').replace('`', ""));
    plain.map(|heading| heading.trim().to_lowercase()).collect()
}

#[test]
fn the_runbook_has_a_section_for_every_alarm_and_every_outcome() {
    let headings = headings();
    for (name, alarm) in template().of_type("AWS::CloudWatch::Alarm") {
        let description = alarm["Properties"]["AlarmDescription"]
            .as_str()
            .unwrap_or_default();
        let section = description
            .split("docs/RUNBOOK.md, ")
            .nth(1)
            .unwrap_or_default();
        assert!(
            headings.contains(section.trim_end_matches('.')),
            "{name}: {description}"
        );
    }
    for outcome in sources().variants("shared/src/report.rs", "Outcome") {
        assert!(headings.contains(&kebab_case(&outcome)), "{outcome}");
    }
}

/// One event that fails three times raises the alarm of its function's errors, and the one of the queue it ends in. People
/// are told once, by the alarm over both, which is in ALARM without a gap.
#[test]
fn l5_one_event_that_fails_three_times_is_one_mail() {
    let template = template();
    let resources = template.resources();
    let over_all = &resources["RunsFail"]["Properties"];
    assert_eq!(texts(&over_all["AlarmActions"]), ["Notifications"]);
    assert_eq!(texts(&over_all["OKActions"]), ["Notifications"]);
    let rule = over_all["AlarmRule"].to_string();
    for function in [
        "ReleaseGuard",
        "InstanceStart",
        "AlarmFailover",
        "Reconcile",
    ] {
        let alarm = format!("{function}Errors");
        assert!(rule.contains(&alarm), "{rule}");
        let errors = &resources[alarm.as_str()]["Properties"];
        let functions = template.functions();
        let of_alarm = functions.values().find(|it| it.logical_id == function);
        let timeout = of_alarm.and_then(|it| it.properties["Timeout"].as_u64());
        let lasts = errors["Period"]
            .as_u64()
            .zip(errors["EvaluationPeriods"].as_u64());
        let lasts = lasts.map(|(seconds, periods)| seconds * periods);
        // Lambda waits two minutes before the third try. An error counts at the time at which its run began.
        let apart = timeout.map(|timeout| 2 * timeout + 120);
        assert!(apart.is_some() && lasts > apart, "{function}: {lasts:?}");
        assert_eq!(errors["DatapointsToAlarm"], 1);
    }
    assert!(rule.contains("FailedEventsWait"), "{rule}");
}

#[test]
fn l5_the_tries_of_one_event_raise_no_alarm_of_their_own() {
    let template = template();
    let alarms = template.of_type("AWS::CloudWatch::Alarm");
    let text = |alarm: &Value| alarm.to_string();
    let others = alarms.iter().filter(|(name, _)| **name != "NotifyFails");
    for (name, alarm) in others {
        assert!(!text(alarm).contains("AsyncEventsDropped"), "{name}");
    }
    let waits = alarms
        .values()
        .find(|it| text(it).contains("AsyncEventAge"));
    let waits = waits.expect("there is one")["Properties"]["Threshold"].as_u64();
    let functions = template.functions();
    let timeouts = functions
        .values()
        .filter_map(|it| it.properties["Timeout"].as_u64());
    let longest = timeouts.max().unwrap_or_default();
    // Lambda waits a minute before the second try, and two before the third.
    assert!(waits > Some((60 + 120 + 2 * longest) * 1_000), "{waits:?}");
}

#[test]
fn l7_a_schedule_that_has_not_run_yet_is_no_alarm_and_one_that_stops_is_told() {
    let template = template();
    let alarm = &template.resources()["ScheduleMissed"]["Properties"];
    assert_eq!(alarm["TreatMissingData"], "missing");
    assert_eq!(texts(&alarm["InsufficientDataActions"]), ["Notifications"]);
}

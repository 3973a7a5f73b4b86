//! What becomes of a function's answer, of an event that failed, and of what goes wrong: every report outcome is
//! told to people or quiet on purpose, nothing is lost without a trace, and what is watched is what is measured.

use crate::code::sources;
use crate::document::{Function, Template, template, texts};
use serde_json::Value;
use std::collections::BTreeSet;

/// Outcomes of which nobody has to be told.
const QUIET: [&str; 10] = [
    "already-moved",   // a second delivery, or a person was faster
    "already-ours",    // a second delivery, or a person was faster
    "already-placed",  // nothing was to be done
    "associated",      // what every start of an instance is meant to end with
    "handed-over",     // the same, at its stop
    "ignored",         // none of our business
    "let-go",          // somebody who may released it
    "recovered",       // nothing was to be done: the alarm fires no more
    "refreshed",       // the ledger is true
    "would-associate", // as `associated`, observed
];

fn outcomes_told() -> BTreeSet<String> {
    let rule = &template().resources()["PeopleMustKnow"];
    let pattern = &rule["Properties"]["EventPattern"];
    let told = texts(&pattern["detail"]["responsePayload"]["outcome"]);
    told.into_iter().collect()
}

/// `OverQuota` as reports write it.
fn kebab_case(variant: &str) -> String {
    let mut word = String::new();
    for letter in variant.chars() {
        if letter.is_uppercase() && !word.is_empty() {
            word.push('-');
        }
        word.extend(letter.to_lowercase());
    }
    word
}

#[test]
fn every_outcome_is_told_to_people_or_quiet_on_purpose() {
    let outcomes = sources().variants("shared/src/report.rs", "Outcome");
    let outcomes: BTreeSet<String> = outcomes.iter().map(|each| kebab_case(each)).collect();
    let told = outcomes_told();
    let quiet: BTreeSet<String> = QUIET.map(str::to_owned).into();
    assert_eq!(
        told.union(&quiet).cloned().collect::<BTreeSet<_>>(),
        outcomes
    );
    assert_eq!(told.intersection(&quiet).next(), None);
}

fn each_function(check: impl Fn(&Template, &str, &Function)) {
    let template = template();
    let functions = template.functions();
    assert_eq!(functions.len(), 4);
    for (name, function) in &functions {
        check(&template, name, function);
    }
}

#[test]
fn an_answer_goes_to_the_bus_and_a_failure_to_the_queue() {
    each_function(|_, name, function| {
        let after = &function.properties["EventInvokeConfig"];
        let to = &after["DestinationConfig"];
        assert_eq!(to["OnSuccess"]["Destination"], "Reports.Arn", "{name}");
        assert_eq!(to["OnFailure"]["Destination"], "FailedEvents.Arn", "{name}");
        assert_eq!(after["MaximumRetryAttempts"], 2, "{name}");
    });
}

#[test]
fn each_function_has_a_log_of_its_own_that_ends() {
    let mut logs = BTreeSet::new();
    let template = template();
    for (name, function) in template.functions() {
        let log = texts(&function.properties["LoggingConfig"]["LogGroup"]).remove(0);
        let group = &template.resources()[&log]["Properties"];
        assert_eq!(group["RetentionInDays"], 90, "{name}");
        assert_eq!(
            group["LogGroupName"],
            format!("/aws/lambda/holdfast-{name}")
        );
        assert_eq!(
            function.properties["FunctionName"],
            format!("holdfast-{name}")
        );
        assert!(logs.insert(log), "{name} shares a log");
    }
}

#[test]
fn each_rule_keeps_what_it_cannot_deliver_and_the_queue_takes_it() {
    let template = template();
    let policy = &template.resources()["UndeliveredEventsPolicy"]["Properties"]["PolicyDocument"];
    let condition = &policy["Statement"][0]["Condition"]["ArnEquals"]["aws:SourceArn"];
    let mut named: BTreeSet<String> = texts(condition).into_iter().collect();
    assert!(named.remove("PeopleMustKnow.Arn"));
    let mut rules = BTreeSet::new();
    for function in template.functions().values() {
        for (name, rule) in function.events() {
            let properties = &rule["Properties"];
            assert_eq!(
                properties["DeadLetterConfig"]["Arn"], "UndeliveredEvents.Arn",
                "{name}"
            );
            assert!(
                properties["RetryPolicy"]["MaximumEventAgeInSeconds"].is_u64(),
                "{name}"
            );
            rules.insert(format!("{}{name}.Arn", function.logical_id));
        }
    }
    assert_eq!(named, rules);
}

#[test]
fn each_function_alarms_on_its_errors_and_every_alarm_tells_somebody_and_says_where_to_read_on() {
    let template = template();
    let alarms = template.of_type("AWS::CloudWatch::Alarm");
    for alarm in alarms.values() {
        assert_eq!(
            texts(&alarm["Properties"]["AlarmActions"]),
            ["Notifications"]
        );
        let description = alarm["Properties"]["AlarmDescription"].as_str();
        assert!(description.is_some_and(|text| text.contains("docs/RUNBOOK.md, ")));
    }
    let watched = |alarm: &Value, function: &Function| {
        let properties = &alarm["Properties"];
        let dimension = &properties["Dimensions"][0]["Value"];
        properties["MetricName"] == "Errors" && *dimension == *function.logical_id
    };
    each_function(|_, name, function| {
        assert!(
            alarms.values().any(|alarm| watched(alarm, function)),
            "{name}"
        );
    });
}

#[test]
fn the_ledger_survives_the_stack_and_every_mistake() {
    let template = template();
    let table = &template.source()["Resources"]["Ledger"];
    assert_eq!(table["DeletionPolicy"], "Retain");
    assert_eq!(table["UpdateReplacePolicy"], "Retain");
    let properties = &table["Properties"];
    assert_eq!(properties["DeletionProtectionEnabled"], true);
    assert_eq!(
        properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"],
        true
    );
    assert_eq!(
        properties["TimeToLiveSpecification"]["AttributeName"],
        "expires_at"
    );
    assert_eq!(properties["BillingMode"], "PAY_PER_REQUEST");
}

#[test]
fn the_dashboard_and_the_alarms_show_metrics_that_the_functions_write() {
    let template = template();
    let body = &template.resources()["Dashboard"]["Properties"]["DashboardBody"];
    let body = body.as_str().expect("a text");
    let _: Value = serde_json::from_str(body).expect("the dashboard is JSON");
    let written = sources().texts("shared/src/lambda/metric.rs", |text| {
        text.starts_with(|first: char| first.is_ascii_uppercase()) && !text.contains(' ')
    });
    let shown = [
        "Events",
        "PhaseDuration",
        "GroupReady",
        "GroupsUnready",
        "PoolFree",
        "ProtectedAddresses",
        "Calls",
        "Retries",
    ];
    for metric in shown {
        assert!(written.contains(metric), "no function writes {metric}");
        assert!(
            body.contains(metric),
            "the dashboard does not show {metric}"
        );
    }
    for alarm in template.of_type("AWS::CloudWatch::Alarm").values() {
        let properties = &alarm["Properties"];
        if properties["Namespace"] == "Holdfast" {
            let metric = properties["MetricName"].as_str().expect("a metric");
            assert!(written.contains(metric), "no function writes {metric}");
        }
    }
}

#[test]
fn no_partition_and_no_region_is_written_down() {
    let template = template().source()["Resources"].to_string();
    for written in ["arn:aws:", "us-east-1", "eu-west-1", "amazonaws.com/"] {
        assert!(!template.contains(written), "the template says {written}");
    }
}

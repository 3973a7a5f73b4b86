//! What becomes of a function's answer, of an event that failed, and of what goes wrong: every report outcome is
//! told to people or quiet on purpose, nothing is lost without a trace, and what is watched is what is measured.

use super::code::sources;
use super::document::{self, Template, entries, template, texts};
use super::matcher::matches;
use holdfast::report::{Finding, Function, Outcome, Report};
use holdfast::settings::Mode;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Outcomes of which nobody has to be told.
const QUIET: [&str; 11] = [
    "already-moved",   // a second delivery, or a person was faster
    "already-ours",    // a second delivery, or a person was faster
    "already-placed",  // nothing was to be done
    "associated",      // what every start of an instance is meant to end with
    "failed",          // no run returns it: the alarm of the function's errors tells
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

fn each_function(check: impl Fn(&Template, &str, &document::Function)) {
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
        // A name of 64 characters at most; the stacks of a StackSet have 49 and more.
        assert!(function.properties["FunctionName"].is_null(), "{name}");
        assert!(logs.insert(log), "{name} shares a log");
    }
}

#[test]
fn h2_one_saved_query_is_over_the_log_of_every_function_and_keys_on_what_is_written() {
    let template = template();
    let query = &template.resources()["SavedQuery"];
    assert_eq!(query["Type"], "AWS::Logs::QueryDefinition");
    let over: BTreeSet<String> = texts(&query["Properties"]["LogGroupNames"])
        .into_iter()
        .collect();
    let functions = template.functions();
    let logs = functions
        .values()
        .map(|function| texts(&function.properties["LoggingConfig"]["LogGroup"]).remove(0));
    assert_eq!(over, logs.collect());
    let text = query["Properties"]["QueryString"]
        .as_str()
        .unwrap_or_default();
    let written = [
        "holdfast",
        "function",
        "outcome",
        "requestId",
        "eventId",
        "part",
        "parts",
    ];
    let source = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../shared/aws/src/lambda/report.rs"
    );
    let source = std::fs::read_to_string(source).expect("it is there");
    for key in written {
        assert!(text.contains(key), "{key}");
        assert!(
            source.contains(&format!("\"{key}\"")),
            "{key} is not written"
        );
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
    let watched = |alarm: &Value, function: &document::Function| {
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
    let written = sources().texts("shared/aws/src/lambda/metric.rs", |text| {
        text.starts_with(|first: char| first.is_ascii_uppercase()) && !text.contains(' ')
    });
    let shown = [
        "Events",
        "PhaseDuration",
        "GroupReady",
        "GroupsNotReady",
        "FreeAddresses",
        "ProtectedAddresses",
        "ReleaseToRequest",
        "FailureToVerified",
        "UntoldChanges",
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

/// One event that fails three times raises the alarm of its function's errors, and the one of the queue it ends in.
#[test]
fn l5_the_tries_of_one_event_raise_no_alarm_of_their_own() {
    let template = template();
    let alarms = template.of_type("AWS::CloudWatch::Alarm");
    let text = |alarm: &Value| alarm.to_string();
    assert!(
        !alarms
            .values()
            .any(|it| text(it).contains("AsyncEventsDropped"))
    );
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
fn no_partition_and_no_region_is_written_down() {
    let template = template().source()["Resources"].to_string();
    for written in ["arn:aws:", "us-east-1", "eu-west-1", "amazonaws.com/"] {
        assert!(!template.contains(written), "the template says {written}");
    }
}

/// A report as the bus gets it.
/// Source: Lambda developer guide, "Retain records of Lambda asynchronous invocations".
fn on_the_bus(report: &Report) -> Value {
    json!({
        "account": "111122223333",
        "region": "eu-west-1",
        "source": "lambda",
        "detail-type": "Lambda Function Invocation Result - Success",
        "detail": {
            "version": "1.0",
            "requestContext": { "requestId": "b9dd6c3d", "condition": "Success", "approximateInvokeCount": 1 },
            "responseContext": { "statusCode": 200, "executedVersion": "$LATEST" },
            "responsePayload": report,
        },
    })
}

fn lost() -> Report {
    let summary = "203.0.113.10 (eipalloc-0123456789abcdef0) was released: it is lost".to_owned();
    let mut report = Report::of(
        Function::ReleaseGuard,
        Mode::Enforce,
        Outcome::Lost,
        summary,
    );
    report.findings = vec![Finding {
        what: "203.0.113.10 is gone".to_owned(),
        why: "another account has it".to_owned(),
        next: "tell those who have it in their firewalls".to_owned(),
    }];
    report
}

/// What `EventBridge` makes of an event by the rule's transformer: a path that leads nowhere gives nothing.
/// Source: `EventBridge` user guide, "Amazon EventBridge input transformation".
fn as_text(event: &Value) -> String {
    let rule = &template().resources()["PeopleMustKnow"]["Properties"]["Targets"][0];
    let transformer = &rule["InputTransformer"];
    let text = transformer["InputTemplate"].as_str().expect("a text");
    let paths = entries(&transformer["InputPathsMap"]);
    paths.fold(text.to_owned(), |text, (name, path)| {
        let path = path.as_str().expect("a path").trim_start_matches("$.");
        let pointer = path.replace(['.', '['], "/").replace(']', "");
        let found = event.pointer(&format!("/{pointer}"));
        let value = found.map(|value| {
            value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned)
        });
        text.replace(&format!("<{name}>"), &value.unwrap_or_default())
    })
}

#[test]
fn people_read_what_happened_why_and_what_to_do_next() {
    let text = as_text(&on_the_bus(&lost()));
    for said in [
        "lost (release-guard, mode enforce) in eu-west-1, account 111122223333",
        "203.0.113.10 (eipalloc-0123456789abcdef0) was released: it is lost",
        "another account has it",
        "tell those who have it in their firewalls",
        "request b9dd6c3d",
    ] {
        assert!(text.contains(said), "`{said}` is not in:\n{text}");
    }
    assert!(!text.contains('<'), "something is left open:\n{text}");
    assert!(
        text.lines()
            .all(|line| line.starts_with('"') && line.ends_with('"')),
        "{text}"
    );
}

/// Source: EventBridge user guide, "Using resource-based policies", "Amazon SNS permissions": no condition can be
/// used in the policy of a topic.
#[test]
fn nothing_but_the_topic_itself_limits_the_rule_that_mails_reports() {
    let policy = &template().resources()["NotificationsPolicy"]["Properties"]["PolicyDocument"];
    let statements = policy["Statement"].as_array().expect("statements");
    let reports = statements.iter().find(|each| each["Sid"] == "Reports");
    let reports = reports.expect("the rule may publish");
    assert_eq!(reports["Principal"]["Service"], "events.amazonaws.com");
    assert_eq!(reports["Resource"], "Notifications");
    assert!(reports["Condition"].is_null(), "{reports}");
}

#[test]
fn a_report_is_sent_on_by_its_outcome() {
    let pattern = &template().resources()["PeopleMustKnow"]["Properties"]["EventPattern"];
    assert!(matches(pattern, &on_the_bus(&lost())));
    for quiet in [Outcome::Ignored, Outcome::Refreshed, Outcome::AlreadyOurs] {
        let report = Report {
            outcome: quiet,
            ..lost()
        };
        assert!(!matches(pattern, &on_the_bus(&report)), "{quiet:?}");
    }
}

/// In a VPC, a function needs a path to EC2's API, which may be the very path that has failed.
#[test]
fn f25_no_function_depends_on_the_path_that_it_moves() {
    let template = include_str!("../../../../template.yaml");
    assert!(template.contains("AWS::Serverless::Function") && !template.contains("VpcConfig"));
}

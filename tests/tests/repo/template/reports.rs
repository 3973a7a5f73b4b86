//! What becomes of a function's answer, of an event that failed, and of what goes wrong: every report outcome is
//! told to people or quiet on purpose, nothing is lost without a trace, and what is watched is what is measured.

use super::code::sources;
use super::document::{self, Template, template, texts};
use super::matcher::matches;
use holdfast::settings::{OUTCOMES, ToldOutcomes};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Outcomes of which nobody has to be told.
const QUIET: [&str; 9] = [
    "already-moved",   // a second delivery, or a person was faster
    "already-ours",    // a second delivery, or a person was faster
    "already-placed",  // nothing was to be done
    "associated",      // what every start of an instance is meant to end with
    "handed-over",     // the same, at its stop
    "ignored",         // none of our business
    "recovered",       // nothing was to be done: the alarm fires no more
    "refreshed",       // the ledger is true
    "would-associate", // as `associated`, observed
];

/// By the setting's default, which is the template's: see the parameters.
fn outcomes_told() -> BTreeSet<String> {
    let told = ToldOutcomes::default();
    let told = OUTCOMES.into_iter().filter(|word| told.has(word));
    told.map(str::to_owned).collect()
}

/// `OverQuota` as reports write it.
pub(super) fn kebab_case(variant: &str) -> String {
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

pub(super) fn each_function(check: impl Fn(&Template, &str, &document::Function)) {
    let template = template();
    let functions = template.functions();
    assert_eq!(functions.len(), 5);
    for (name, function) in &functions {
        check(&template, name, function);
    }
}

/// H2: what failed was a queue's alone, and no rule could tell people of it.
#[test]
fn h2_an_answer_goes_to_the_bus_and_so_does_a_failure() {
    each_function(|_, name, function| {
        let after = &function.properties["EventInvokeConfig"];
        let to = &after["DestinationConfig"];
        assert_eq!(after["MaximumRetryAttempts"], 2, "{name}");
        if name == "notify" {
            // Its own end must not come back to it.
            let queue = "UndeliveredEvents.Arn";
            assert_eq!(to["OnFailure"]["Destination"], queue);
            assert!(to["OnSuccess"].is_null());
            return;
        }
        assert_eq!(to["OnSuccess"]["Destination"], "Reports.Arn", "{name}");
        assert_eq!(to["OnFailure"]["Destination"], "Reports.Arn", "{name}");
    });
}

/// The runbook delivers an event again out of this queue: the body is what Lambda says of the last run.
#[test]
fn the_queue_of_failed_events_gets_what_lambda_says_of_the_last_try() {
    let template = template();
    let rule = &template.resources()["KeepFailedEvents"]["Properties"];
    assert!(matches(
        &rule["EventPattern"],
        &on_the_bus("Failure", "", 3)
    ));
    assert!(!matches(
        &rule["EventPattern"],
        &on_the_bus("Success", "lost", 1)
    ));
    assert_eq!(rule["Targets"][0]["Arn"], "FailedEvents.Arn");
    assert_eq!(rule["Targets"][0]["InputPath"], "$.detail");
    let policy = &template.resources()["FailedEventsPolicy"]["Properties"];
    let statement = &policy["PolicyDocument"]["Statement"][0];
    let from = &statement["Condition"]["ArnEquals"]["aws:SourceArn"];
    assert_eq!(texts(from), ["KeepFailedEvents.Arn"]);
}

#[test]
pub(super) fn each_function_has_a_log_of_its_own_that_ends() {
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
    // Notify writes no report: it tells of those that others write.
    let logs = functions
        .iter()
        .filter(|(name, _)| *name != "notify")
        .map(|(_, function)| texts(&function.properties["LoggingConfig"]["LogGroup"]).remove(0));
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
    assert!(named.remove("KeepFailedEvents.Arn"));
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

#[test]
fn no_partition_and_no_region_is_written_down() {
    let template = template().source()["Resources"].to_string();
    for written in ["arn:aws:", "us-east-1", "eu-west-1", "amazonaws.com/"] {
        assert!(!template.contains(written), "the template says {written}");
    }
}

/// The end of a run as the bus gets it.
/// Source: Lambda developer guide, "Retain records of Lambda asynchronous invocations".
fn on_the_bus(condition: &str, outcome: &str, tries: u64) -> Value {
    json!({
        "account": "111122223333",
        "region": "eu-west-1",
        "source": "lambda",
        "detail-type": format!("Lambda Function Invocation Result - {condition}"),
        "detail": {
            "version": "1.0",
            "requestContext": {
                "requestId": "b9dd6c3d", "condition": condition, "approximateInvokeCount": tries,
            },
            "responseContext": { "statusCode": 200, "executedVersion": "$LATEST" },
            "responsePayload": { "outcome": outcome },
        },
    })
}

#[test]
fn notify_hears_of_every_report_but_of_what_is_nobodys_business() {
    let functions = template().functions();
    let rules: Vec<Value> = functions["notify"]
        .events()
        .map(|(_, rule)| rule["Properties"].clone())
        .collect();
    assert!(rules.iter().all(|rule| rule["EventBusName"] == "Reports"));
    let hears = |event: &Value| rules.iter().any(|rule| matches(&rule["Pattern"], event));
    for outcome in OUTCOMES.into_iter().filter(|word| *word != "ignored") {
        assert!(hears(&on_the_bus("Success", outcome, 1)), "{outcome}");
    }
    assert!(!hears(&on_the_bus("Success", "ignored", 1)));
    // It failed before: notify has told of it.
    assert!(hears(&on_the_bus("Success", "ignored", 2)));
    assert!(hears(&on_the_bus("Failure", "", 3)));
    let mut foreign = on_the_bus("Failure", "", 3);
    foreign["account"] = json!("999988887777");
    assert!(!hears(&foreign));
}

/// H2: within a minute of the first try, not after the last one.
#[test]
fn h2_the_log_of_each_function_tells_notify_of_a_failed_run_and_nothing_tells_it_of_its_own() {
    let template = template();
    let resources = template.resources();
    let filters = template.of_type("AWS::Logs::SubscriptionFilter");
    let mut logs = BTreeSet::new();
    for (name, filter) in &filters {
        let properties = &filter["Properties"];
        assert_eq!(properties["DestinationArn"], "Notify.Arn", "{name}");
        let pattern = properties["FilterPattern"].as_str().expect("a pattern");
        for part in [
            "$.holdfast = \"report\"",
            "$.outcome = \"failed\"",
            "$.outcome = \"switched-over\"",
        ] {
            assert!(pattern.contains(part), "{name}: {pattern}");
        }
        // Source: CloudWatch Logs API reference, `PutSubscriptionFilter`, `filterPattern`.
        assert!(pattern.len() < 1_024, "{name}");
        let log = properties["LogGroupName"].as_str().expect("a log group");
        let may = &resources[&format!("{log}MayInvoke")]["Properties"];
        assert_eq!(may["SourceArn"], format!("{log}.Arn"), "{name}");
        assert_eq!(may["SourceAccount"], "111122223333", "{name}");
        logs.insert(log.to_owned());
    }
    let of_functions = template
        .functions()
        .into_iter()
        .filter(|(name, _)| name != "notify");
    let of_functions = of_functions
        .map(|(_, function)| texts(&function.properties["LoggingConfig"]["LogGroup"]).remove(0));
    assert_eq!(logs, of_functions.collect());
}

/// L4: EventBridge could publish to the topic with no condition, since none can be used in a topic's policy for it.
#[test]
fn l4_nobody_but_cloudwatch_and_notifys_role_may_publish_to_the_topics() {
    let resources = template().resources();
    let policy = &resources["NotificationsPolicy"]["Properties"]["PolicyDocument"];
    let statements = policy["Statement"].as_array().expect("statements");
    assert_eq!(statements.len(), 1);
    let service = &statements[0]["Principal"]["Service"];
    assert_eq!(service, "cloudwatch.amazonaws.com");
    assert!(statements[0]["Condition"]["StringEquals"].is_object());
}

/// In a VPC, a function needs a path to EC2's API, which may be the very path that has failed.
#[test]
fn f25_no_function_depends_on_the_path_that_it_moves() {
    let template = include_str!("../../../../template.yaml");
    assert!(template.contains("AWS::Serverless::Function") && !template.contains("VpcConfig"));
}

//! Least privilege: each function may do what its code can call, and nothing else; and only to what is tagged,
//! wherever EC2 can tell.

use super::code::{Sources, sources};
use super::document::{Template, template};
use super::policy::{Statement, actions, all_statements, statements_of};
use serde_json::Value;
use std::collections::BTreeSet;

/// What Lambda does in a function's name, without any call in the code: logs, traces, and what becomes of its
/// answer: the bus gets it, and a queue what notify could not tell. Sources: Lambda developer guide, "Defining Lambda function permissions with an execution role",
/// "Configuring destinations".
const FOR_LAMBDA: [&str; 4] = [
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
];

fn for_answers(function: &str) -> &'static str {
    match function {
        "notify" => "sqs:SendMessage",
        _ => "events:PutEvents",
    }
}

/// What keeps a function from being right, if anything does: what it can call and may not, what it may and
/// cannot call.
fn differences(function: &str, can_call: &BTreeSet<String>, may: &BTreeSet<String>) -> Vec<String> {
    let mut for_lambda: BTreeSet<String> = FOR_LAMBDA.map(str::to_owned).into();
    for_lambda.insert(for_answers(function).to_owned());
    let wanted: BTreeSet<String> = can_call.union(&for_lambda).cloned().collect();
    let lacking = wanted
        .difference(may)
        .map(|action| format!("lacks {action}"));
    let too_much = may
        .difference(&wanted)
        .map(|action| format!("has {action} for nothing"));
    lacking.chain(too_much).collect()
}

/// The template of whoever lets failed instances be stopped, and hooks be completed: every permission that a function can
/// have.
fn with_all_permissions() -> Template {
    let stopping = template().with("Fence", "stop");
    let completing = stopping.with("CompleteLifecycleHooks", "drain");
    completing.with("ZonalShifts", "heed")
}

fn differences_of(function: &str, sources: &Sources, template: &Template) -> Vec<String> {
    let may = actions(&statements_of(template, function));
    differences(function, &sources.actions_of(function), &may)
}

#[test]
fn each_function_may_do_what_its_code_can_call_and_nothing_else() {
    let (sources, template) = (sources(), with_all_permissions());
    for function in sources.functions() {
        let differences = differences_of(&function, &sources, &template);
        assert!(differences.is_empty(), "{function}: {differences:#?}");
    }
}

#[test]
fn one_action_taken_from_or_added_to_the_template_is_noticed() {
    let (sources, template) = (sources(), with_all_permissions());
    for function in sources.functions() {
        let can_call = sources.actions_of(&function);
        let may = actions(&statements_of(&template, &function));
        for action in &may {
            let mut fewer = may.clone();
            fewer.remove(action);
            let found = differences(&function, &can_call, &fewer);
            assert_eq!(found, [format!("lacks {action}")]);
        }
        let mut more = may.clone();
        more.insert("ec2:ReleaseAddress".to_owned());
        assert_eq!(
            differences(&function, &can_call, &more),
            ["has ec2:ReleaseAddress for nothing"]
        );
    }
}

#[test]
fn one_trait_taken_from_or_added_to_a_functions_bound_is_noticed() {
    const GUARD: &str = "shared/src/release_guard/cloud.rs";
    let (sources, template) = (sources(), with_all_permissions());
    for (from, to) in [
        (" + ReadEventHistory", ""),
        (" + Allocate", ""),
        (" + SetReverseDns", ""),
        (" + ReadInterfaces", ""),
        (" + ReadEventHistory", " + ReadEventHistory + Disassociate"),
        (" + ReadEventHistory", " + ReadEventHistory + ReadNetworks"),
    ] {
        let changed = sources.replaced(GUARD, from, to);
        let differences = differences_of("release-guard", &changed, &template);
        assert!(!differences.is_empty(), "`{from}` became `{to}`");
    }
}

#[test]
fn one_call_taken_from_or_added_to_an_adapter_is_noticed() {
    const ADAPTER: &str = "shared/aws/src/changes.rs";
    let (sources, template) = (sources(), with_all_permissions());
    for (from, to) in [
        (
            "self.ec2\n            .modify_address_attribute()",
            "self.ec2\n            .release_address()",
        ),
        (".set_tag_specifications", ".set_something_else"),
    ] {
        let changed = sources.replaced(ADAPTER, from, to);
        let differences = differences_of("release-guard", &changed, &template);
        assert!(!differences.is_empty(), "`{from}` became `{to}`");
    }
}

#[test]
fn what_the_adapters_list_as_their_actions_is_what_they_call() {
    let sources = sources();
    assert_eq!(sources.listed_actions(), sources.actions_of_traits());
}

#[test]
fn the_template_has_a_role_for_every_function_that_there_is() {
    let in_template: BTreeSet<String> = template().functions().into_keys().collect();
    let in_code: BTreeSet<String> = sources().functions().into_iter().collect();
    assert_eq!(in_template, in_code);
}

#[test]
fn nobody_may_release_or_delete_anything_nor_everything_of_a_kind() {
    for fence in ["none", "stop", "sg-0123456789abcdef0"] {
        for statement in all_statements(&template().with("Fence", fence)) {
            for action in &statement.actions {
                let (_, verb) = action.split_once(':').expect("service and verb");
                let forbidden = ["Release", "Delete", "Terminate", "Remove", "Unassign"];
                assert!(
                    !forbidden.iter().any(|word| verb.starts_with(word)),
                    "{action}"
                );
                assert!(!action.contains('*'), "{action}");
            }
        }
    }
}

/// Whoever can set a tag on an instance is not whoever deploys.
#[test]
fn no_role_can_stop_an_instance_unless_whoever_deploys_says_so() {
    let may_stop = |template: &Template, function: &str| {
        let may = actions(&statements_of(template, function));
        may.contains("ec2:StopInstances")
    };
    let consents = [
        (template(), false),
        (template().with("Fence", "sg-0123456789abcdef0"), false),
        (template().with("Fence", "stop"), true),
        (template().with("StopByTag", "allow"), true),
    ];
    for (template, consent) in &consents {
        for function in ["alarm-failover", "reconcile"] {
            assert_eq!(may_stop(template, function), *consent, "{function}");
        }
        for function in ["release-guard", "instance-start"] {
            assert!(!may_stop(template, function), "{function}");
        }
    }
}

/// A hook of another team's Auto Scaling group is none of ours, whatever its name.
#[test]
fn a_hook_is_completed_only_where_somebody_names_one_and_only_of_groups_with_the_tag() {
    const COMPLETE: &str = "autoscaling:CompleteLifecycleAction";
    let may = |template: &Template, function: &str| {
        let statements = statements_of(template, function).into_iter();
        let about = statements.filter(|it| it.actions.iter().any(|action| action == COMPLETE));
        about.collect::<Vec<Statement>>()
    };
    assert!(may(&template(), "alarm-failover").is_empty());
    let named = with_all_permissions();
    for function in ["release-guard", "instance-start", "reconcile", "notify"] {
        assert!(may(&named, function).is_empty(), "{function}");
    }
    let statements = may(&named, "alarm-failover");
    assert_eq!(statements.len(), 1);
    assert!(statements[0].resources[0].contains(":autoScalingGroup:*"));
    assert_eq!(
        tag_condition(&statements[0]).as_deref(),
        Some("aws:ResourceTag/holdfast:group")
    );
}

#[test]
fn what_changes_something_names_what_it_changes() {
    for statement in all_statements(&template()) {
        let changes = |action: &&String| {
            let (service, verb) = action.split_once(':').expect("service and verb");
            let reads = ["Describe", "Lookup", "Get", "List"];
            service != "xray" && !reads.iter().any(|word| verb.starts_with(word))
        };
        if statement.actions.iter().any(|action| changes(&action)) {
            assert!(
                !statement.resources.contains(&"*".to_owned()),
                "{statement:?}"
            );
        }
    }
}

/// The tags that an address must have so that something can be done to it, by the actions of a statement.
fn tag_condition(statement: &Statement) -> Option<String> {
    let null = statement.condition["Null"].as_object()?;
    let (key, value) = null.iter().next()?;
    (value == "false").then(|| key.clone())
}

#[test]
fn an_address_is_changed_only_when_its_tags_allow_it() {
    let allowed = [
        "aws:RequestTag/holdfast:reclaimed-from",
        "aws:ResourceTag/holdfast:reclaimed-from",
        "aws:ResourceTag/holdfast:group",
    ];
    let mut seen = BTreeSet::new();
    for statement in all_statements(&template()) {
        if !statement
            .resources
            .iter()
            .any(|each| each.contains("elastic-ip/"))
        {
            continue;
        }
        match tag_condition(&statement) {
            Some(key) => {
                assert!(allowed.contains(&key.as_str()), "{statement:?}");
                seen.insert(key);
            }
            None => assert_eq!(
                statement.condition["StringEquals"]["ec2:CreateAction"], "AllocateAddress",
                "{statement:?}"
            ),
        }
    }
    assert_eq!(seen, allowed.map(str::to_owned).into());
}

#[test]
fn interfaces_and_instances_are_moved_and_stopped_only_inside_a_group() {
    const OF_GROUPS: [&str; 4] = [
        "ec2:AttachNetworkInterface",
        "ec2:DetachNetworkInterface",
        "ec2:ModifyNetworkInterfaceAttribute",
        "ec2:StopInstances",
    ];
    let statements = all_statements(&with_all_permissions());
    for action in OF_GROUPS {
        let about: Vec<&Statement> = statements
            .iter()
            .filter(|statement| statement.actions.iter().any(|each| each == action))
            .filter(|statement| {
                names(statement, "network-interface") || names(statement, "instance")
            })
            .collect();
        assert!(!about.is_empty(), "{action} is in no policy");
        for statement in about {
            let condition = tag_condition(statement);
            assert_eq!(
                condition.as_deref(),
                Some("aws:ResourceTag/holdfast:group"),
                "{statement:?}"
            );
        }
    }
}

fn names(statement: &Statement, kind: &str) -> bool {
    let kind = format!(":{kind}/");
    statement.resources.iter().any(|each| each.contains(&kind))
}

/// An interface that came with its instance has no tags.
#[test]
fn to_isolate_an_instance_nothing_is_opened_but_interfaces_and_the_one_security_group() {
    let with_fence = all_statements(&template().with("Fence", "sg-0123456789abcdef0"));
    let without = all_statements(&template());
    let more: Vec<&Statement> = with_fence
        .iter()
        .filter(|statement| {
            !without
                .iter()
                .any(|known| known.resources == statement.resources)
        })
        .collect();
    assert!(!more.is_empty(), "nothing isolates");
    for statement in more {
        assert_eq!(statement.actions, ["ec2:ModifyNetworkInterfaceAttribute"]);
        assert_eq!(statement.resources.len(), 2, "{statement:?}");
        assert!(statement.resources[0].ends_with(":security-group/sg-0123456789abcdef0"));
        assert!(names(statement, "network-interface"), "{statement:?}");
    }
}

#[test]
fn the_tag_prefix_is_the_one_in_every_tag_condition() {
    let statements = all_statements(&template().with("TagPrefix", "team/fixed-ips"));
    let keys: Vec<String> = statements.iter().filter_map(tag_condition).collect();
    assert!(keys.len() > 5, "{keys:?}");
    for key in keys {
        assert!(key.contains("Tag/team/fixed-ips:"), "{key}");
    }
}

#[test]
fn a_failed_instance_is_isolated_with_the_one_security_group_that_is_named() {
    let may_isolate = |template: &Template| {
        let statements = statements_of(template, "alarm-failover");
        let groups = statements.iter().flat_map(|statement| &statement.resources);
        let groups = groups.filter(|resource| resource.contains(":security-group/"));
        groups.cloned().collect::<Vec<_>>()
    };
    assert!(may_isolate(&template()).is_empty());
    assert!(may_isolate(&template().with("Fence", "stop")).is_empty());
    let group = "sg-0123456789abcdef0";
    assert_eq!(
        may_isolate(&template().with("Fence", group)),
        [format!(
            "arn:aws:ec2:eu-west-1:111122223333:security-group/{group}"
        )]
    );
}

/// Source: IAM user guide, "IAM and AWS STS quotas": 6,144 characters, white space not counted.
#[test]
fn every_policy_is_as_small_as_iam_wants_it() {
    let template = template().with("TagPrefix", &"x".repeat(64));
    for (name, policy) in template.of_type("AWS::IAM::ManagedPolicy") {
        let document = match &policy["Properties"]["PolicyDocument"] {
            Value::String(text) => text.clone(),
            object => object.to_string(),
        };
        let size = document
            .chars()
            .filter(|letter| !letter.is_whitespace())
            .count();
        assert!(size < 6_000, "{name} has {size} characters");
    }
}

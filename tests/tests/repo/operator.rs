//! The policy of whoever runs the operator's tool: it lets do all that the tool's code can call, and no more. Both are
//! read out of the sources.

use crate::policies::evaluate::{Policy, policy, strings};
use crate::template::code::sources;
use crate::template::operation::camel_case;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use syn::visit::{self, Visit};
use syn::{Expr, Item, ItemUse};

/// The tool's only room that names the AWS SDK.
const ROOM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../cli/src/aws");

/// The SDK's crates, and the service as IAM writes it.
const SERVICES: [(&str, &str); 13] = [
    ("aws_sdk_autoscaling", "autoscaling"),
    ("aws_sdk_cloudformation", "cloudformation"),
    ("aws_sdk_cloudtrail", "cloudtrail"),
    ("aws_sdk_cloudwatch", "cloudwatch"),
    ("aws_sdk_cloudwatchlogs", "logs"),
    ("aws_sdk_dynamodb", "dynamodb"),
    ("aws_sdk_ec2", "ec2"),
    ("aws_sdk_eventbridge", "events"),
    ("aws_sdk_lambda", "lambda"),
    ("aws_sdk_servicequotas", "servicequotas"),
    ("aws_sdk_sns", "sns"),
    ("aws_sdk_sqs", "sqs"),
    ("aws_sdk_sts", "sts"),
];

/// Calls whose permission has another name. Source: Lambda developer guide, "Identity-based policies".
const CHECKED_AS: [(&str, &str); 1] = [("lambda:Invoke", "lambda:InvokeFunction")];

/// The one call that changes something, by way of a function that has its own rights.
const INVOKE: &str = "lambda:InvokeFunction";

/// What a file of the room has calls for that the operator does not make: each has a policy of its own.
const WITH_THEIR_OWN_POLICY: [&str; 2] = ["drill", "tagging"];

/// The traits of the functions' adapters that the tool goes by; of the ledger it only reads.
const TRAITS: [&str; 2] = ["ReadFleet", "ReadNetworks"];
const OF_THE_LEDGER: [&str; 2] = ["dynamodb:BatchGetItem", "dynamodb:Query"];

/// The sources of the room: path and text.
fn room() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![Path::new(ROOM).to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            if WITH_THEIR_OWN_POLICY.contains(&name.as_str()) {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                found.insert(path.to_string_lossy().into_owned(), text);
            }
        }
    }
    found
}

/// The calls that a source makes: a method of `client` is one of the service whose `Client` it imports.
fn calls(path: &str, text: &str) -> BTreeSet<String> {
    let file = syn::parse_file(text).unwrap_or_else(|error| panic!("{path}: {error}"));
    let imports = file.items.iter().find_map(|item| match item {
        Item::Use(each) => service(each),
        _ => None,
    });
    let mut calls = Calls::default();
    calls.visit_file(&file);
    if calls.0.is_empty() {
        return BTreeSet::new();
    }
    let service = imports.unwrap_or_else(|| panic!("{path} has a `client` and imports none"));
    let named = calls
        .0
        .iter()
        .map(|method| format!("{service}:{}", camel_case(method)));
    named
        .map(|call| {
            let renamed = CHECKED_AS.iter().find(|(name, _)| *name == call);
            renamed.map_or(call.clone(), |(_, checked)| (*checked).to_owned())
        })
        .collect()
}

fn service(each: &ItemUse) -> Option<&'static str> {
    let syn::UseTree::Path(root) = &each.tree else {
        return None;
    };
    let names_client = match &*root.tree {
        syn::UseTree::Name(name) => name.ident == "Client",
        syn::UseTree::Group(group) => group
            .items
            .iter()
            .any(|item| matches!(item, syn::UseTree::Name(name) if name.ident == "Client")),
        _ => false,
    };
    let known = SERVICES.iter().find(|(name, _)| root.ident == name)?;
    names_client.then_some(known.1)
}

#[derive(Default)]
struct Calls(BTreeSet<String>);

impl Visit<'_> for Calls {
    fn visit_expr_method_call(&mut self, call: &syn::ExprMethodCall) {
        if matches!(&*call.receiver, Expr::Path(path) if path.path.is_ident("client")) {
            self.0.insert(call.method.to_string());
        }
        visit::visit_expr_method_call(self, call);
    }
}

/// Everything that the tool can call without a policy of its own.
fn needed(room: &BTreeMap<String, String>) -> BTreeSet<String> {
    let own = room.iter().flat_map(|(path, text)| calls(path, text));
    let sources = sources();
    let of_traits = sources.actions_behind(&TRAITS);
    let ledger = OF_THE_LEDGER.map(str::to_owned);
    own.chain(of_traits)
        .chain(ledger)
        .chain([INVOKE.to_owned()])
        .collect()
}

fn granted(policy: &Policy) -> BTreeSet<String> {
    let statements = policy.statements.iter();
    statements
        .flat_map(|statement| strings(&statement["Action"]))
        .collect()
}

#[test]
fn the_operator_may_do_what_the_tool_calls_and_no_more() {
    assert_eq!(granted(&policy("operator.json")), needed(&room()));
}

#[test]
fn a_call_more_or_less_in_the_tool_is_noticed() {
    let mut more = room();
    let stacks = more
        .keys()
        .find(|path| path.ends_with("stacks.rs"))
        .unwrap()
        .clone();
    let text = more[&stacks].replace("client.describe_stacks()", "client.delete_stack()");
    more.insert(stacks, text);
    let needed = needed(&more);
    assert!(needed.contains("cloudformation:DeleteStack"), "{needed:?}");
    assert_ne!(granted(&policy("operator.json")), needed);
}

/// Describe and its kin read. The one call that does not is an invocation of a function.
#[test]
fn the_operator_can_change_nothing_but_by_a_function() {
    const READS: [&str; 7] = [
        "BatchGet", "Describe", "Filter", "Get", "List", "Lookup", "Query",
    ];
    let policy = policy("operator.json");
    for action in granted(&policy) {
        let (_, verb) = action.split_once(':').expect("service and verb");
        let reads = READS.iter().any(|word| verb.starts_with(word));
        assert!(reads || action == INVOKE, "{action}");
        assert!(!action.contains('*'), "{action}");
    }
    let invoking = policy.statements.iter().find(|statement| {
        let actions = strings(&statement["Action"]);
        actions.iter().any(|action| action == INVOKE)
    });
    let functions = strings(&invoking.expect("it may invoke")["Resource"]);
    assert_eq!(functions, ["arn:*:lambda:*:*:function:holdfast-*"]);
}

/// Everything else of the tool goes by the room's own types.
#[test]
fn one_room_of_the_tool_names_the_sdk() {
    let mut folders = vec![Path::new(ROOM).parent().unwrap().to_path_buf()];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("src/aws") {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                for name in ["aws_sdk_", "aws_config", "aws_credential", "aws_smithy"] {
                    assert!(!text.contains(name), "{} names {name}", path.display());
                }
                seen += 1;
            }
        }
    }
    assert!(seen > 15, "{seen}");
}

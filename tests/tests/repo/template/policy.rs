//! What a role may do: the statements of its policies, whether they are written as objects or as texts.

use super::document::{Template, texts};
use serde_json::Value;
use std::collections::BTreeSet;

/// One statement of a policy.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    pub(crate) actions: Vec<String>,
    pub(crate) resources: Vec<String>,
    pub(crate) condition: Value,
}

/// The statements of all policies of a function's role.
pub(crate) fn statements_of(template: &Template, function: &str) -> Vec<Statement> {
    let functions = template.functions();
    let function = functions.get(function);
    let function = function.unwrap_or_else(|| panic!("the template has no such function"));
    let resources = template.resources();
    let role = texts(&function.properties["Role"]);
    let role = role[0].strip_suffix(".Arn").expect("a role by its ARN");
    let role = &resources[role]["Properties"];
    let inline = role["Policies"].as_array().into_iter().flatten();
    let inline = inline.map(|policy| policy["PolicyDocument"].clone());
    let managed = texts(&role["ManagedPolicyArns"]);
    let managed = managed.iter().map(|name| {
        let policy = resources.get(name);
        let policy = policy.unwrap_or_else(|| panic!("{name} is not a policy of this template"));
        policy["Properties"]["PolicyDocument"].clone()
    });
    inline
        .chain(managed)
        .flat_map(|document| statements(&document))
        .collect()
}

/// The statements of every policy that the template has.
pub(crate) fn all_statements(template: &Template) -> Vec<Statement> {
    let functions = template.functions();
    functions
        .keys()
        .flat_map(|function| statements_of(template, function))
        .collect()
}

pub(crate) fn actions(statements: &[Statement]) -> BTreeSet<String> {
    let actions = statements.iter().flat_map(|statement| &statement.actions);
    actions.cloned().collect()
}

fn statements(document: &Value) -> Vec<Statement> {
    let document = match document {
        Value::String(text) => serde_json::from_str(text).expect("a policy as a text is JSON"),
        object => object.clone(),
    };
    let statements = document["Statement"]
        .as_array()
        .expect("a policy has statements");
    let read = statements.iter().map(|statement| {
        assert_eq!(
            statement["Effect"], "Allow",
            "roles only allow: {statement}"
        );
        Statement {
            actions: texts(&statement["Action"]),
            resources: texts(&statement["Resource"]),
            condition: statement["Condition"].clone(),
        }
    });
    read.collect()
}

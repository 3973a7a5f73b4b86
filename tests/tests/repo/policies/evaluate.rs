//! Reads a policy and says which of its statements denies a request: as much of IAM's evaluation as the
//! policies of this repository use. A condition operator that is not known here fails the test.
//! Source: IAM user guide, "IAM JSON policy elements: Condition operators".

use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// A policy of the folder `policies`.
pub(crate) struct Policy {
    pub(crate) name: String,
    /// As it is attached.
    pub(crate) text: String,
    pub(crate) statements: Vec<Value>,
}

/// Every policy that denies something: those that let somebody do something have another form.
pub(crate) fn policies() -> Vec<Policy> {
    let denies = |policy: &Policy| {
        let mut statements = policy.statements.iter();
        statements.any(|statement| statement["Effect"] == "Deny")
    };
    let mut policies = all_policies();
    policies.retain(denies);
    policies
}

/// Every policy that there is.
fn all_policies() -> Vec<Policy> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies");
    let files = std::fs::read_dir(folder).unwrap();
    let mut policies: Vec<Policy> = files
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|it| it == "json"))
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            let policy: Value = serde_json::from_str(&text).unwrap();
            Policy {
                name: path.file_name().unwrap().to_str().unwrap().to_owned(),
                statements: policy["Statement"].as_array().unwrap().clone(),
                text,
            }
        })
        .collect();
    policies.sort_by(|one, other| one.name.cmp(&other.name));
    policies
}

/// The policy of that name.
pub(crate) fn policy(name: &str) -> Policy {
    let found = all_policies()
        .into_iter()
        .find(|policy| policy.name == name);
    found.unwrap_or_else(|| panic!("there is no policies/{name}"))
}

/// One call, as IAM sees it.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    action: String,
    resource: String,
    keys: BTreeMap<String, Vec<String>>,
}

impl Request {
    pub(crate) fn by(principal: &str, action: &str, resource: &str) -> Self {
        let request = Self {
            action: action.to_owned(),
            resource: resource.to_owned(),
            keys: BTreeMap::new(),
        };
        request.with("aws:PrincipalArn", &[principal])
    }

    pub(crate) fn with(mut self, key: &str, values: &[&str]) -> Self {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        self.keys.insert(key.to_owned(), values);
        self
    }

    pub(crate) fn is_on(&self, resource: &str) -> bool {
        self.resource == resource
    }

    /// The statement that denies it, if one does.
    pub(crate) fn denied_by(&self, policy: &Policy) -> Option<String> {
        self.met_by(policy, "Deny")
    }

    /// Whether the policy alone lets it pass.
    pub(crate) fn allowed_by(&self, policy: &Policy) -> bool {
        self.met_by(policy, "Allow").is_some() && self.denied_by(policy).is_none()
    }

    fn met_by(&self, policy: &Policy, effect: &str) -> Option<String> {
        let mut statements = policy.statements.iter();
        let meets = statements.find(|statement| {
            statement["Effect"] == effect
                && strings(&statement["Action"]).contains(&self.action)
                && strings(&statement["Resource"])
                    .iter()
                    .any(|pattern| pattern == "*" || is_like(pattern, &self.resource))
                && self.fulfils(&statement["Condition"])
        });
        meets.map(|statement| statement["Sid"].as_str().unwrap().to_owned())
    }

    fn fulfils(&self, conditions: &Value) -> bool {
        let Some(operators) = conditions.as_object() else {
            return conditions.is_null();
        };
        let mut operators = operators.iter();
        operators.all(|(operator, keys)| {
            let mut keys = keys.as_object().unwrap().iter();
            keys.all(|(key, wanted)| {
                self.holds(operator, self.keys.get(key).map(Vec::as_slice), wanted)
            })
        })
    }

    fn holds(&self, operator: &str, present: Option<&[String]>, wanted: &Value) -> bool {
        let wanted = strings(wanted);
        let one = present.and_then(<[String]>::first);
        let equals = one.is_some_and(|value| wanted.contains(value));
        match operator {
            "StringEquals" => equals,
            "StringNotEquals" => !equals,
            "ForAnyValue:StringEquals" => {
                present.is_some_and(|values| values.iter().any(|value| wanted.contains(value)))
            }
            "ForAnyValue:StringLike" => present.is_some_and(|values| {
                let mut values = values.iter();
                values.any(|value| wanted.iter().any(|pattern| part(pattern, value)))
            }),
            "StringLike" => one.is_some_and(|value| wanted.iter().any(|it| part(it, value))),
            "StringNotLike" => !one.is_some_and(|value| wanted.iter().any(|it| part(it, value))),
            "ArnLike" => {
                one.is_some_and(|value| wanted.iter().any(|pattern| is_like(pattern, value)))
            }
            "Null" => (wanted == ["true"]) == present.is_none(),
            "ArnNotLike" => {
                !one.is_some_and(|value| wanted.iter().any(|pattern| is_like(pattern, value)))
            }
            other => panic!("{other} is not known here: {}", self.action),
        }
    }
}

/// One text or several.
pub(crate) fn strings(value: &Value) -> Vec<String> {
    match value {
        Value::Array(values) => values.iter().flat_map(strings).collect(),
        value => vec![value.as_str().unwrap().to_owned()],
    }
}

/// ARN against ARN, part by part, with `*` for any text.
fn is_like(pattern: &str, arn: &str) -> bool {
    let (patterns, parts): (Vec<&str>, Vec<&str>) = (
        pattern.splitn(6, ':').collect(),
        arn.splitn(6, ':').collect(),
    );
    patterns.len() == parts.len()
        && patterns
            .iter()
            .zip(parts)
            .all(|(one, other)| part(one, other))
}

fn part(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((before, after)) => text.strip_prefix(before).is_some_and(|rest| {
            (0..=rest.len())
                .any(|skipped| rest.is_char_boundary(skipped) && part(after, &rest[skipped..]))
        }),
    }
}

//! The template as CloudFormation reads it: parameters and conditions are resolved.
//!
//! Where nothing is deployed, a resource stands for itself by its name, and the ARN of `Name` is written `Name.Arn`. Of a
//! stack, each has the name and the ARN that a deployment would give to it.

use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

const TEMPLATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../template.yaml");

/// What a reference to a resource gives: its logical id, its type, and the attribute that is meant, if one is.
pub type Naming = fn(&Template, &str, &str, Option<&str>) -> String;

/// As they are unless a stack has others.
const PSEUDO_PARAMETERS: [(&str, &str); 4] = [
    ("AWS::Partition", "aws"),
    ("AWS::Region", "eu-west-1"),
    ("AWS::AccountId", "111122223333"),
    ("AWS::StackName", "holdfast"),
];

/// The template, with values for its parameters.
#[derive(Clone, Debug)]
pub struct Template {
    source: Value,
    values: BTreeMap<String, Value>,
    naming: Option<Naming>,
}

/// The template as it is in the repository, with its defaults.
#[must_use]
pub fn template() -> Template {
    static READ: LazyLock<Template> = LazyLock::new(read);
    READ.clone()
}

fn read() -> Template {
    let text = std::fs::read_to_string(Path::new(TEMPLATE)).expect("the template is there");
    let yaml = serde_yaml_ng::from_str(&text).expect("the template is YAML");
    let source = long_form(&yaml);
    let defaults = entries(&source["Parameters"]);
    let pseudo = PSEUDO_PARAMETERS.map(|(name, value)| (name.to_owned(), json!(value)));
    let values = defaults
        .map(|(name, parameter)| (name.clone(), parameter["Default"].clone()))
        .chain(pseudo)
        .collect();
    Template {
        source,
        values,
        naming: None,
    }
}

/// The members of an object; none of anything else.
pub fn entries(object: &Value) -> impl Iterator<Item = (&String, &Value)> {
    object.as_object().into_iter().flatten()
}

/// All texts in a list of texts, or the one that stands for itself.
#[must_use]
pub fn texts(value: &Value) -> Vec<String> {
    let one_or_many = value
        .as_array()
        .map_or(std::slice::from_ref(value), Vec::as_slice);
    let texts = one_or_many.iter().filter_map(Value::as_str);
    texts.map(str::to_owned).collect()
}

impl Template {
    /// The same with another value for a parameter.
    ///
    /// # Panics
    /// There is no such parameter.
    #[must_use]
    pub fn with(mut self, parameter: &str, value: &str) -> Self {
        let known = self.values.insert(parameter.to_owned(), json!(value));
        assert!(known.is_some(), "there is no parameter {parameter}");
        self
    }

    /// The same as it is deployed: resources are named so.
    #[must_use]
    pub fn named(mut self, naming: Naming) -> Self {
        self.naming = Some(naming);
        self
    }

    /// The value of a parameter, of AWS's own too, as a text.
    #[must_use]
    pub fn value(&self, name: &str) -> String {
        self.text(&json!({ "Ref": name }))
    }

    /// The parameters, as they are declared.
    pub fn parameters(&self) -> impl Iterator<Item = (&String, &Value)> {
        entries(&self.source["Parameters"])
    }

    /// The template as it is written, in the long form of its functions.
    #[must_use]
    pub fn source(&self) -> &Value {
        &self.source
    }

    /// The resources whose condition holds.
    #[must_use]
    pub fn resources(&self) -> BTreeMap<String, Value> {
        let written = entries(&self.source["Resources"]);
        let there = written.filter(|(_, each)| self.holds(each.get("Condition")));
        there
            .map(|(name, each)| (name.clone(), self.resolved(each)))
            .collect()
    }

    /// Those of one type.
    #[must_use]
    pub fn of_type(&self, kind: &str) -> BTreeMap<String, Value> {
        let mut resources = self.resources();
        resources.retain(|_, resource| resource["Type"] == kind);
        assert!(!resources.is_empty(), "no resource is a {kind}");
        resources
    }

    /// The functions by the name of their binary, with what `Globals` gives to each.
    #[must_use]
    pub fn functions(&self) -> BTreeMap<String, Function> {
        let common = self.resolved(&self.source["Globals"]["Function"]);
        let functions = self.of_type("AWS::Serverless::Function");
        let named = functions.into_iter().map(|(logical_id, resource)| {
            let binary = &resource["Metadata"]["BuildProperties"]["Binary"];
            let binary = binary.as_str().expect("a function names its binary");
            let properties = merged(common.clone(), resource["Properties"].clone());
            let function = Function {
                logical_id,
                properties,
            };
            (binary.to_owned(), function)
        });
        named.collect()
    }

    /// The outputs, with their descriptions.
    #[must_use]
    pub fn outputs(&self) -> BTreeMap<String, Value> {
        let written = entries(&self.source["Outputs"]);
        written
            .map(|(name, each)| (name.clone(), self.resolved(each)))
            .collect()
    }

    fn resolved(&self, value: &Value) -> Value {
        match value {
            Value::Array(items) => {
                let items = items.iter().map(|item| self.resolved(item));
                Value::Array(items.filter(|item| !is_no_value(item)).collect())
            }
            Value::Object(fields) => self.call(fields).unwrap_or_else(|| {
                let fields = fields
                    .iter()
                    .map(|(key, value)| (key.clone(), self.resolved(value)));
                Value::Object(fields.filter(|(_, value)| !is_no_value(value)).collect())
            }),
            plain => plain.clone(),
        }
    }

    /// What one of CloudFormation's functions gives.
    fn call(&self, fields: &Map<String, Value>) -> Option<Value> {
        let (name, argument) = fields.iter().next().filter(|_| fields.len() == 1)?;
        Some(match name.as_str() {
            "Ref" | "Fn::GetAtt" => self.value_of(argument.as_str()?),
            "Fn::Sub" => json!(self.substituted(argument.as_str()?)),
            "Fn::If" => {
                let branch = if self.condition(argument[0].as_str()?) {
                    1
                } else {
                    2
                };
                self.resolved(&argument[branch])
            }
            _ => return None,
        })
    }

    /// Of a parameter, of a resource, or of a resource's attribute behind a point.
    fn value_of(&self, name: &str) -> Value {
        if let Some(value) = self.values.get(name) {
            return value.clone();
        }
        let (resource, attribute) = match name.split_once('.') {
            Some((resource, attribute)) => (resource, Some(attribute)),
            None => (name, None),
        };
        let kind = self.source["Resources"][resource]["Type"].as_str();
        match (self.naming, kind) {
            (Some(naming), Some(kind)) => json!(naming(self, resource, kind, attribute)),
            _ => json!(name),
        }
    }

    /// What is written for a property of a resource, resolved.
    #[must_use]
    pub fn property(&self, resource: &str, property: &str) -> Option<Value> {
        let written = self.source["Resources"][resource]["Properties"].get(property)?;
        Some(self.resolved(written))
    }

    fn substituted(&self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after.split_once('}').expect("a placeholder ends");
            out.push_str(before);
            match self.value_of(name) {
                Value::String(text) => out.push_str(&text),
                other => out.push_str(&other.to_string()),
            }
            rest = after;
        }
        out + rest
    }

    fn holds(&self, condition: Option<&Value>) -> bool {
        condition
            .and_then(Value::as_str)
            .is_none_or(|name| self.condition(name))
    }

    fn condition(&self, name: &str) -> bool {
        let condition = self.source["Conditions"].get(name);
        self.truth(condition.unwrap_or_else(|| panic!("there is no condition {name}")))
    }

    fn truth(&self, condition: &Value) -> bool {
        let (name, arguments) = entries(condition)
            .next()
            .expect("a condition is a function");
        let arguments = arguments.as_array().expect("with arguments");
        match name.as_str() {
            "Fn::Not" => !self.truth(&arguments[0]),
            "Fn::Or" => arguments.iter().any(|each| self.truth(each)),
            "Fn::Equals" => self.text(&arguments[0]) == self.text(&arguments[1]),
            other => panic!("{other} is not known here"),
        }
    }

    /// CloudFormation compares texts, numbers too.
    fn text(&self, value: &Value) -> String {
        match self.resolved(value) {
            Value::String(text) => text,
            other => other.to_string(),
        }
    }
}

/// A function, with its own properties and those of `Globals`.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its name in the template.
    pub logical_id: String,
    /// Resolved.
    pub properties: Value,
}

impl Function {
    /// Its rules and schedules by name.
    pub fn events(&self) -> impl Iterator<Item = (&String, &Value)> {
        entries(&self.properties["Events"])
    }

    /// What its code sees beside Lambda's own variables.
    #[must_use]
    pub fn environment(&self) -> BTreeMap<String, String> {
        let variables = entries(&self.properties["Environment"]["Variables"]);
        let as_text = |value: &Value| {
            value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned)
        };
        variables
            .map(|(key, value)| (key.clone(), as_text(value)))
            .collect()
    }
}

fn is_no_value(value: &Value) -> bool {
    value == "AWS::NoValue"
}

/// What SAM makes of `Globals`: maps are joined, everything else is replaced.
fn merged(common: Value, own: Value) -> Value {
    match (common, own) {
        (Value::Object(mut common), Value::Object(own)) => {
            for (key, value) in own {
                let inherited = common.remove(&key).unwrap_or_default();
                common.insert(key, merged(inherited, value));
            }
            Value::Object(common)
        }
        (_, own) => own,
    }
}

/// `!Ref x` as `{"Ref": "x"}`, and so on.
fn long_form(yaml: &serde_yaml_ng::Value) -> Value {
    use serde_yaml_ng::Value as Yaml;
    match yaml {
        Yaml::Tagged(tagged) => {
            let tag = tagged.tag.to_string();
            let name = match tag.trim_start_matches('!') {
                "Ref" => "Ref".to_owned(),
                function => format!("Fn::{function}"),
            };
            json!({ name: long_form(&tagged.value) })
        }
        Yaml::Sequence(items) => items.iter().map(long_form).collect(),
        Yaml::Mapping(fields) => {
            let fields = fields.iter().map(|(key, value)| {
                let key = key.as_str().expect("the template's keys are texts");
                (key.to_owned(), long_form(value))
            });
            Value::Object(fields.collect())
        }
        plain => serde_json::to_value(plain).expect("a plain value is JSON too"),
    }
}

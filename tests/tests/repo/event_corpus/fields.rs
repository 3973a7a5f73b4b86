//! What an event can do without: every field of every event file is taken out, and set to null, in turn. An event is
//! refused only for a field that its kind needs, and its trigger changes only with a field that the trigger carries.
//! Both are written down, for each kind.

use super::needs::{CARRIED, NEEDED};
use super::{EventFile, named, own};
use holdfast::events::{Trigger, parse};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// One step on the way to a field.
#[derive(Clone)]
pub(crate) enum Step {
    Field(String),
    Element(usize),
    /// Into a JSON text, such as the message of a topic.
    Text,
}

/// A field somewhere in an event.
#[derive(Clone)]
pub(crate) struct Place(Vec<Step>);

impl Place {
    /// Every field of a value, those inside lists and JSON texts too.
    pub(crate) fn all_of(value: &Value) -> Vec<Self> {
        let mut found = Vec::new();
        Self(Vec::new()).collect(value, &mut found);
        found
    }

    fn collect(&self, value: &Value, found: &mut Vec<Self>) {
        match value {
            Value::Object(fields) => {
                for (field, inner) in fields {
                    let place = self.then(Step::Field(field.clone()));
                    found.push(place.clone());
                    place.collect(inner, found);
                }
            }
            Value::Array(elements) => {
                for (index, inner) in elements.iter().enumerate() {
                    self.then(Step::Element(index)).collect(inner, found);
                }
            }
            Value::String(text) => {
                if let Some(inner) = json_in(text) {
                    self.then(Step::Text).collect(&inner, found);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn then(&self, step: Step) -> Self {
        Self([self.0.as_slice(), &[step]].concat())
    }

    /// The field as an error writes it: `Records[0].Sns.Message`.
    fn path(&self) -> String {
        self.0.iter().fold(String::new(), |path, step| match step {
            Step::Field(field) if path.is_empty() => field.clone(),
            Step::Field(field) => format!("{path}.{field}"),
            Step::Element(index) => format!("{path}[{index}]"),
            Step::Text => path,
        })
    }

    /// The field as it is written down here: the same in each element of a list, and in a bare record as in
    /// an envelope.
    pub(crate) fn name(&self) -> String {
        let elements = self.0.iter().map(|step| match step {
            Step::Element(_) => Step::Element(0),
            other => other.clone(),
        });
        let path = Self(elements.collect()).path();
        let path = path.strip_prefix("detail.").unwrap_or(&path);
        path.replace("[0]", "[]")
    }

    /// The event with the field set to null, or taken out.
    pub(crate) fn changed(&self, event: &Value, to: Option<&Value>) -> Value {
        changed(event, &self.0, to)
    }
}

fn changed(value: &Value, way: &[Step], to: Option<&Value>) -> Value {
    let mut value = value.clone();
    match way {
        [Step::Field(field)] => {
            let fields = value.as_object_mut().expect("a field is in an object");
            match to {
                Some(to) => drop(fields.insert(field.clone(), to.clone())),
                None => drop(fields.remove(field)),
            }
        }
        [Step::Field(field), rest @ ..] => value[field] = changed(&value[field], rest, to),
        [Step::Element(index), rest @ ..] => value[index] = changed(&value[index], rest, to),
        [Step::Text, rest @ ..] => {
            let inner = value.as_str().and_then(json_in).expect("a JSON text");
            value = changed(&inner, rest, to).to_string().into();
        }
        [] => {}
    }
    value
}

fn json_in(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok().filter(Value::is_object)
}

/// The kind of an event, by which its fields are written down.
pub(crate) fn kind_of(event: &Value, trigger: &Trigger) -> &'static str {
    match trigger {
        Trigger::Call(_) => "call",
        Trigger::Schedule { .. } => "schedule",
        Trigger::Instance(_) => "instance",
        Trigger::SpotNotice(_) => "spot notice",
        Trigger::HealthEvent(_) => "health event",
        Trigger::LifecycleAction(_) => "life-cycle action",
        Trigger::Alarm(_) if event.get("Records").is_some() => "alarm by topic",
        Trigger::Alarm(_) if event.get("alarmData").is_some() => "alarm by action",
        Trigger::Alarm(_) => "alarm by rule",
        Trigger::Command(_) => "command",
        Trigger::Ignored(_) => "ignored",
    }
}

/// Fields, by the kind of event.
type Fields = BTreeMap<&'static str, BTreeSet<String>>;

#[derive(Default)]
struct Found {
    needed: Fields,
    carried: Fields,
}

impl Found {
    /// Takes out each field of the event, and sets it to null.
    fn add(&mut self, file: &EventFile) {
        let Ok(whole) = parse(&file.event) else {
            return;
        };
        let kind = kind_of(&file.event, &whole);
        for place in Place::all_of(&file.event) {
            for to in [None, Some(&Value::Null)] {
                match parse(&place.changed(&file.event, to)) {
                    Ok(same) if same == whole => continue,
                    Ok(_) => self.carried.entry(kind).or_default().insert(place.name()),
                    Err(error) => {
                        let path = place.path();
                        let (around, _) = path.rsplit_once('.').unwrap_or_default();
                        let (name, field) = (&file.name, &error.field);
                        assert!(field.starts_with(around), "{name}: {path}: {error}");
                        self.needed.entry(kind).or_default().insert(place.name())
                    }
                };
            }
        }
    }

    fn of(files: &[EventFile]) -> Self {
        let mut found = Self::default();
        for file in files {
            found.add(file);
        }
        found
    }
}

fn written_down(fields: &'static [(&'static str, &'static [&'static str])]) -> Fields {
    let owned = |fields: &[&str]| fields.iter().map(|field| (*field).to_owned()).collect();
    let entries = fields.iter().map(|(kind, fields)| (*kind, owned(fields)));
    entries.collect()
}

#[test]
fn an_event_is_refused_for_a_field_that_it_needs_and_for_no_other() -> Result<(), String> {
    assert_eq!(Found::of(&own()?).needed, written_down(NEEDED));
    Ok(())
}

#[test]
fn a_trigger_changes_with_a_field_that_it_carries_and_with_no_other() -> Result<(), String> {
    assert_eq!(Found::of(&own()?).carried, written_down(CARRIED));
    Ok(())
}

#[test]
fn an_event_from_elsewhere_needs_nothing_more() -> Result<(), String> {
    let needed = written_down(NEEDED);
    for (kind, fields) in Found::of(&named()?).needed {
        let more: Vec<_> = fields.difference(&needed[kind]).collect();
        assert!(more.is_empty(), "{kind}: {more:?}");
    }
    Ok(())
}

//! Takes personal data out of a look, and puts stand-ins in their place. What is not known to name nobody goes: a field
//! that AWS adds tomorrow is taken out as well.
//!
//! What a decision hangs on stays, where it names no person and no account: the ids of EC2, times, regions and zones. So do
//! the values of Holdfast's own tags (groups and slots), words of our own enumerations, and listed words of AWS's.

mod enumerations;
mod fields;
mod form;
mod lists;
mod names;
mod pairs;
mod rule;
mod settings;
mod standins;
mod told;

use crate::answer::value_of;
use crate::look::{BadLook, Look};
use enumerations::{Enumerations, place};
use fields::{is_action, is_error_code, is_for_people, is_long_number, is_word_of_event, plain};
pub(crate) use form::is_id;
use holdfast::settings::{AlarmsThatMove, Settings};
use serde_json::{Map, Value};
pub use standins::TakenOut;
use standins::{Met, StandIns};
use std::collections::BTreeSet;

/// What a text for people is replaced with.
const GONE: &str = "(taken out)";

/// The look without personal data, and how much was taken out.
///
/// # Errors
/// What is left cannot be read as a look: a fault of ours, which must not pass for a look.
pub fn redact(look: &Look) -> Result<(Look, TakenOut), BadLook> {
    settings::are_alike(look)?;
    let mut document = value_of(look);
    let mut redaction = Redaction::new(&look.settings);
    redaction.note_own_values(&document["runs"]);
    redaction.note_own_values(&document["event"]);
    if let Some(group) = document.pointer("/event/group").and_then(Value::as_str) {
        redaction.note_own_value("group", group);
    }
    redaction.parts(&mut document.clone());
    redaction.stand_ins = Some(StandIns::of(&redaction.met, redaction.prefix.as_deref()));
    redaction.parts(&mut document);
    document["redacted"] = Value::from(true);
    let met = &redaction.met;
    let taken = TakenOut {
        accounts: met.accounts.len(),
        ips: met.ips.len() + met.ipv6.len(),
        arns: met.arns.len(),
        names: met.names.len(),
        texts: met.texts,
    };
    Ok((Look::of(&document)?, taken))
}

/// The parts of a look. Whose words a field has hangs on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// AWS's or a person's.
    Event,
    /// What a function asked for; Holdfast's groups stand there without a field.
    Asked,
    /// The names of alarms.
    AskedByName,
    /// Our own types.
    Answer,
}

/// The first pass notes what there is, the second one replaces it.
struct Redaction<'a> {
    settings: &'a Settings,
    /// The keys of Holdfast's own tags, and no other under their prefix.
    own_tags: BTreeSet<String>,
    /// Which part of the look is at work.
    part: Part,
    prefix: Option<String>,
    /// The values of Holdfast's own tags: groups, slots.
    own_values: BTreeSet<String>,
    /// The mark of the look's own installation, and its stand-in.
    installation: (String, String),
    enumerations: Enumerations,
    /// The words of enumerations in the answer that is at work, each with its field.
    enumerated: BTreeSet<(String, String)>,
    met: Met,
    stand_ins: Option<StandIns>,
}

impl<'a> Redaction<'a> {
    fn new(settings: &'a Settings) -> Self {
        let keys = value_of(&settings.tags);
        let keys = keys.as_object().into_iter().flat_map(Map::values);
        Self {
            settings,
            own_tags: keys.filter_map(Value::as_str).map(str::to_owned).collect(),
            part: Part::Event,
            prefix: match &settings.alarms_that_move {
                AlarmsThatMove::Named(prefix) => Some(prefix.clone()),
                _ => None,
            },
            own_values: BTreeSet::new(),
            installation: settings::installations(settings),
            enumerations: Enumerations::default(),
            enumerated: BTreeSet::new(),
            met: Met::default(),
            stand_ins: None,
        }
    }

    /// What Holdfast's own tags say of groups and slots stays, where a group or a slot stands.
    fn note_own_values(&mut self, value: &Value) {
        match value {
            Value::Object(fields) => {
                let (key, of_key) = (text_in(fields, "key"), text_in(fields, "value"));
                if let (Some(key), Some(value)) = (key, of_key) {
                    self.note_own_value(key, value);
                }
                for (key, value) in fields {
                    if let Some(text) = value.as_str() {
                        self.note_own_value(key, text);
                    }
                    self.note_own_values(value);
                }
            }
            Value::Array(items) => {
                if let [Value::String(key), Value::String(value)] = items.as_slice() {
                    self.note_own_value(key, value);
                }
                for item in items {
                    self.note_own_values(item);
                }
            }
            _ => {}
        }
    }

    fn note_own_value(&mut self, key: &str, value: &str) {
        let tags = &self.settings.tags;
        if key == "group" || *key == tags.group || *key == tags.slot {
            self.own_values.insert(value.to_owned());
        }
    }

    fn is_own_tag(&self, key: &str) -> bool {
        self.own_tags.contains(key)
    }

    /// The parts of a look, each by its own rule.
    fn parts(&mut self, document: &mut Value) {
        self.met.texts = 0;
        self.settings_of(&mut document["settings"]);
        if let Some(bad) = document.get_mut("badSettings") {
            self.bad_settings(bad);
        }
        self.part = Part::Event;
        self.leaf("account", &mut document["account"]);
        self.stack(&mut document["stack"]);
        self.value("event", &mut document["event"]);
        for run in document["runs"].as_array_mut().into_iter().flatten() {
            if let Some(own) = run.get_mut("settings") {
                self.settings_of(own);
            }
            for entry in run["calls"].as_array_mut().into_iter().flatten() {
                self.entry(entry);
            }
        }
    }

    fn entry(&mut self, entry: &mut Value) {
        let call = entry["call"].as_str().unwrap_or_default().to_owned();
        let is_by_name = matches!(call.as_str(), "alarms" | "contributors" | "alarm_page");
        if let Some(asked) = entry.get_mut("asked") {
            self.part = if is_by_name {
                Part::AskedByName
            } else {
                Part::Asked
            };
            self.value("asked", asked);
        }
        self.part = Part::Answer;
        if entry.get("answer").is_some() {
            self.enumerated = self.enumerations.of(entry);
        }
        match entry.get_mut("answer") {
            Some(answer) if call == "contributors" => self.foreign(answer),
            Some(answer) => self.value("answer", answer),
            None => {}
        }
        if let Some(refusal) = entry.get_mut("refusal") {
            self.refusal(refusal);
        }
    }

    /// Its kind is ours, its action and its code are AWS's. What AWS and the errors underneath say goes.
    fn refusal(&mut self, refusal: &mut Value) {
        let Some(fields) = refusal.as_object_mut() else {
            return;
        };
        for (field, value) in fields {
            match field.as_str() {
                "kind" => {}
                "message" | "underneath" => self.gone(value),
                _ => {
                    let Value::String(text) = value else { continue };
                    let stays = (field == "action" && is_action(text))
                        || (field == "code" && is_error_code(text));
                    if !stays {
                        *text = self.name(text);
                    }
                }
            }
        }
    }

    fn value(&mut self, field: &str, value: &mut Value) {
        if is_for_people(field) {
            return self.gone(value);
        }
        match value {
            Value::Object(fields) => self.object(field, fields),
            Value::Array(items) => self.items(field, items),
            Value::String(_) => self.leaf(field, value),
            Value::Number(number) if self.part == Part::Event && is_long_number(field, number) => {
                *value = Value::from(0);
            }
            _ => {}
        }
    }

    /// Whatever stands there is for people: a text, or a document. A list stays a list.
    fn gone(&mut self, value: &mut Value) {
        match value {
            Value::Null => {}
            Value::Array(items) => items.iter_mut().for_each(|item| self.gone(item)),
            value => {
                self.met.texts += 1;
                *value = Value::from(GONE);
            }
        }
    }

    fn leaf(&mut self, field: &str, value: &mut Value) {
        let Value::String(text) = value else { return };
        // Where an event holds another one. A document anywhere else is a text like any other.
        let holds =
            self.part == Part::Event && matches!(field, "Message" | "CloudTrailEvent" | "body");
        if let Ok(mut inner @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(text)
            && holds
        {
            self.value(field, &mut inner);
            *text = inner.to_string();
            return;
        }
        *text = self.text(field, text);
    }

    fn text(&mut self, field: &str, text: &str) -> String {
        match field {
            "rule" | "alarmRule" | "AlarmRule" => return self.rule(text),
            "cause" if self.part == Part::Answer => return self.cause(text),
            "userAgent" | "user_agent" => return self.user_agent(text),
            _ => {}
        }
        if let Some(stand_in) = self.plainly_named(text) {
            return stand_in;
        }
        let is_word = match self.part {
            Part::Event => is_word_of_event(field, text),
            Part::Answer => {
                let word = (place(field).to_owned(), text.to_owned());
                self.enumerated.contains(&word) || (field == "code" && is_error_code(text))
            }
            Part::Asked | Part::AskedByName => false,
        };
        if is_word || self.is_ours(field, text) {
            return text.to_owned();
        }
        // Whoever signs in may be called as they like.
        if matches!(plain(field).as_str(), "userid" | "username" | "principalid") {
            return self.stand_in(text);
        }
        self.name(text)
    }

    /// A group or a slot where one stands, or a key that a function asked for.
    fn is_ours(&self, field: &str, text: &str) -> bool {
        let is_asked = self.part == Part::Asked;
        let is_group = is_asked || matches!(field, "group" | "slot");
        (is_group && self.own_values.contains(text)) || (is_asked && self.is_own_tag(text))
    }
}

fn text_in<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    fields.get(name).and_then(Value::as_str)
}

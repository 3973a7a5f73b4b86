//! Takes personal data out of a look, and puts stand-ins in their place. What is not known to name nobody goes: a field
//! that AWS adds tomorrow is taken out as well.
//!
//! What a decision hangs on stays, where it names no person and no account: the ids of EC2, times, regions and zones. So do
//! the values of Holdfast's own tags (groups and slots), the names of stack and ledger, and user agents.

mod fields;
mod form;
mod names;
mod rule;
mod standins;

use crate::answer::value_of;
use crate::look::{BadLook, Look};
use fields::{
    has_foreign_values, has_own_words, is_for_people, is_long_number, is_word_of_event, plain,
};
pub(crate) use form::is_id;
use form::{ip_in, is_account, is_setting, names_nobody};
use holdfast::settings::{AlarmsThatMove, Settings};
use serde_json::{Map, Value};
pub use standins::TakenOut;
use standins::{Met, NAMED, StandIns};
use std::collections::BTreeSet;

/// What a text for people is replaced with.
const GONE: &str = "(taken out)";

/// The look without personal data, and how much was taken out.
///
/// # Errors
/// What is left cannot be read as a look: a fault of ours, which must not pass for a look.
pub fn redact(look: &Look) -> Result<(Look, TakenOut), BadLook> {
    let mut document = value_of(look);
    let mut redaction = Redaction::new(&look.settings);
    redaction.note_own_values(&document["runs"]);
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
        let settings = &mut document["settings"];
        self.patterns(&mut settings["exempt_principals"]);
        for topic in ["mail_topic", "chat_topic"] {
            self.leaf("arn", &mut settings[topic]);
        }
        if let Some(prefix) = settings.pointer_mut("/alarms_that_move/named") {
            *prefix = Value::from(NAMED);
        }
        for hook in settings["lifecycle_hooks"]
            .as_array_mut()
            .into_iter()
            .flatten()
        {
            self.leaf("hook", &mut hook["name"]);
            self.leaf("hook", &mut hook["group"]);
        }
        self.part = Part::Event;
        self.leaf("account", &mut document["account"]);
        self.value("event", &mut document["event"]);
        for run in document["runs"].as_array_mut().into_iter().flatten() {
            for entry in run["calls"].as_array_mut().into_iter().flatten() {
                self.entry(entry);
            }
        }
    }

    fn entry(&mut self, entry: &mut Value) {
        let call = entry["call"].as_str().unwrap_or_default().to_owned();
        let is_by_name = matches!(call.as_str(), "alarms" | "contributors" | "alarm_page");
        for part in ["asked", "answer", "refusal"] {
            let Some(value) = entry.get_mut(part) else {
                continue;
            };
            self.part = match part {
                "asked" if is_by_name => Part::AskedByName,
                "asked" => Part::Asked,
                _ => Part::Answer,
            };
            if part == "answer" && call == "contributors" {
                self.foreign(value);
            } else {
                self.value(part, value);
            }
        }
    }

    /// A pattern becomes the stand-ins of those whom it covers: it covers the same ones as before.
    fn patterns(&mut self, patterns: &mut Value) {
        let arns: Vec<String> = self.met.arns.iter().cloned().collect();
        let mut covered = Vec::new();
        for pattern in &self.settings.exempt_principals {
            let before = covered.len();
            let of_pattern = arns.iter().filter(|arn| pattern.matches(arn));
            let of_pattern: Vec<String> = of_pattern.cloned().collect();
            covered.extend(of_pattern.iter().map(|arn| self.arn(arn)));
            if covered.len() == before {
                covered.push(self.arn(pattern.as_str()));
            }
        }
        *patterns = Value::from(covered);
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

    /// Values that people chose, in a place whose keys they chose as well: of tags that are not ours, and of dimensions.
    fn foreign(&mut self, value: &mut Value) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| self.foreign(item)),
            Value::Object(fields) => {
                let is_pair = fields.contains_key("value") || fields.contains_key("Value");
                for (key, value) in fields.iter_mut() {
                    if !(is_pair && matches!(plain(key).as_str(), "name" | "key")) {
                        self.foreign(value);
                    }
                }
            }
            Value::String(text) => *text = self.foreign_text(text),
            Value::Number(_) => *value = Value::from(0),
            _ => {}
        }
    }

    fn foreign_text(&mut self, text: &str) -> String {
        match self.plainly_named(text) {
            Some(stand_in) => stand_in,
            None if is_id(text) || text.is_empty() => text.to_owned(),
            None => self.stand_in(text),
        }
    }

    fn items(&mut self, field: &str, items: &mut [Value]) {
        if let [Value::String(key), value @ (Value::String(_) | Value::Null)] = items
            && field == "tags"
        {
            let key = key.clone();
            return self.tag(&key, value);
        }
        if has_foreign_values(field) && plain(field) != "tags" {
            return items.iter_mut().for_each(|item| self.foreign(item));
        }
        for item in items {
            self.value(field, item);
        }
    }

    fn object(&mut self, field: &str, fields: &mut Map<String, Value>) {
        let key = text_in(fields, "key").or(text_in(fields, "Key"));
        let is_pair = fields.contains_key("value") || fields.contains_key("Value");
        if let Some(key) = key
            .filter(|_| is_pair && fields.len() <= 3)
            .map(str::to_owned)
        {
            for (name, value) in fields {
                match name.as_str() {
                    "key" | "Key" => {}
                    "value" | "Value" => self.tag(&key, value),
                    name => self.value(name, value),
                }
            }
            return;
        }
        let old = std::mem::take(fields);
        for (key, mut value) in old {
            if matches!(field, "tags" | "Tags") {
                self.tag(&key, &mut value);
            } else if has_foreign_values(field) {
                self.foreign(&mut value);
            } else if !(key == "name" && is_named_by_aws(field) && value.is_string()) {
                self.value(&key, &mut value);
            }
            fields.insert(self.key(&key), value);
        }
    }

    /// What is told under an address is named by it.
    fn key(&mut self, key: &str) -> String {
        match ip_in(key) {
            Some(ip) => self.ip(&ip),
            None if is_account(key) => self.account(key),
            None if key.starts_with("arn:") => self.arn(key),
            None => key.to_owned(),
        }
    }

    fn tag(&mut self, key: &str, value: &mut Value) {
        let Value::String(text) = value else {
            return self.foreign(value);
        };
        let tags = &self.settings.tags;
        *text = if *key == tags.alarm {
            let names: Vec<String> = text.split(',').map(|name| self.name(name.trim())).collect();
            names.join(",")
        } else if *key == tags.group
            || *key == tags.slot
            || (self.is_own_tag(key) && (is_setting(text) || names_nobody(text)))
        {
            std::mem::take(text)
        } else {
            self.foreign_text(text)
        };
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
            "cause" if self.part == Part::Answer => {
                return match text.strip_prefix("alarm ") {
                    Some(name) => format!("alarm {}", self.name(name)),
                    None => text.to_owned(),
                };
            }
            "userAgent" | "user_agent" => return text.to_owned(),
            _ => {}
        }
        if let Some(stand_in) = self.plainly_named(text) {
            return stand_in;
        }
        let is_of_event = self.part == Part::Event;
        let is_word = if is_of_event {
            is_word_of_event(field, text)
        } else {
            has_own_words(field, text)
        };
        let is_title = matches!(field, "detail-type" | "detailType");
        if is_word || is_title || self.is_ours(field, text) {
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

/// The name of a call or a metric.
fn is_named_by_aws(field: &str) -> bool {
    matches!(field, "call" | "metric")
}

fn text_in<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    fields.get(name).and_then(Value::as_str)
}

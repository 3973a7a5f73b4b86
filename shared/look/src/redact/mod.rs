//! Takes personal data out of a look, and puts stand-ins in their place. What is not known to name nobody goes: a field
//! that AWS adds tomorrow is taken out as well.
//!
//! What a decision hangs on stays, where it names no person and no account: the ids of EC2, times, regions and zones. So do
//! the values of Holdfast's own tags (groups and slots), the names of stack and ledger, and user agents.

mod form;
mod standins;

use crate::answer::value_of;
use crate::look::{BadLook, Look};
use form::{Ip, has_own_words, ip_in, is_account, is_for_people, names_nobody, plain};
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
    for part in ["event", "runs"] {
        redaction.note_own_values(&document[part]);
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

/// The first pass notes what there is, the second one replaces it.
struct Redaction<'a> {
    settings: &'a Settings,
    /// The part of a tag's key that is Holdfast's: `holdfast:`.
    own_tags: String,
    prefix: Option<String>,
    /// The values of Holdfast's own tags: groups, slots.
    own_values: BTreeSet<String>,
    met: Met,
    stand_ins: Option<StandIns>,
}

impl<'a> Redaction<'a> {
    fn new(settings: &'a Settings) -> Self {
        let key = settings.tags.group.as_str();
        let own = key.rfind(':').map_or(key, |at| &key[..=at]);
        Self {
            settings,
            own_tags: own.to_owned(),
            prefix: match &settings.alarms_that_move {
                AlarmsThatMove::Named(prefix) => Some(prefix.clone()),
                _ => None,
            },
            own_values: BTreeSet::new(),
            met: Met::default(),
            stand_ins: None,
        }
    }

    /// What Holdfast's own tags say stays, wherever it stands.
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
        if key == "group" || (self.is_own_tag(key) && *key != self.settings.tags.alarm) {
            self.own_values.insert(value.to_owned());
        }
    }

    fn is_own_tag(&self, key: &str) -> bool {
        key.starts_with(&self.own_tags)
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
        self.value("event", &mut document["event"]);
        for run in document["runs"].as_array_mut().into_iter().flatten() {
            for entry in run["calls"].as_array_mut().into_iter().flatten() {
                for part in ["asked", "answer", "refusal"] {
                    if let Some(value) = entry.get_mut(part) {
                        self.value(part, value);
                    }
                }
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
        match value {
            Value::Object(fields) => self.object(field, fields),
            Value::Array(items) => self.items(field, items),
            Value::String(_) => self.leaf(field, value),
            _ => {}
        }
    }

    fn items(&mut self, field: &str, items: &mut [Value]) {
        if let [Value::String(key), value @ (Value::String(_) | Value::Null)] = items
            && field == "tags"
        {
            let key = key.clone();
            return self.tag(&key, value);
        }
        for item in items {
            self.value(field, item);
        }
    }

    fn object(&mut self, field: &str, fields: &mut Map<String, Value>) {
        if let Some(key) = text_in(fields, "key").map(str::to_owned) {
            for (name, value) in fields {
                match name.as_str() {
                    "key" => {}
                    "value" => self.tag(&key, value),
                    name => self.value(name, value),
                }
            }
            return;
        }
        let old = std::mem::take(fields);
        for (key, mut value) in old {
            if matches!(field, "tags" | "Tags") && value.is_string() {
                self.tag(&key, &mut value);
            } else if !(plain(&key) == "name" && is_named_by_aws(field)) {
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
        let Value::String(text) = value else { return };
        *text = if *key == self.settings.tags.alarm {
            let names: Vec<String> = text.split(',').map(|name| self.name(name.trim())).collect();
            names.join(",")
        } else if self.is_own_tag(key) {
            std::mem::take(text)
        } else {
            self.name(text)
        };
    }

    fn leaf(&mut self, field: &str, value: &mut Value) {
        let Value::String(text) = value else { return };
        if let Ok(mut inner @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(text) {
            self.value(field, &mut inner);
            *text = inner.to_string();
            return;
        }
        *text = self.text(field, text);
    }

    fn text(&mut self, field: &str, text: &str) -> String {
        if is_for_people(field) {
            self.met.texts += 1;
            return GONE.to_owned();
        }
        match field {
            "rule" | "alarmRule" => return self.rule(text),
            "cause" => {
                return match text.strip_prefix("alarm ") {
                    Some(name) => format!("alarm {}", self.name(name)),
                    None => text.to_owned(),
                };
            }
            "userAgent" | "user_agent" => return text.to_owned(),
            _ => {}
        }
        if let Some(ip) = ip_in(text) {
            return self.ip(&ip);
        }
        if is_account(text) {
            return self.account(text);
        }
        if text.starts_with("arn:") {
            return self.arn(text);
        }
        let is_word = has_own_words(field) && !text.contains(char::is_whitespace);
        let is_title = matches!(field, "detail-type" | "detailType");
        if is_word || is_title || names_nobody(text) || self.is_ours(text) {
            return text.to_owned();
        }
        self.name(text)
    }

    fn is_ours(&self, text: &str) -> bool {
        self.own_values.contains(text) || self.is_own_tag(text)
    }

    /// The names in the rule of a composite alarm; the words around them stay.
    fn rule(&mut self, rule: &str) -> String {
        const WORDS: [&str; 9] = [
            "ALARM",
            "OK",
            "INSUFFICIENT_DATA",
            "AND",
            "OR",
            "NOT",
            "AT_LEAST",
            "TRUE",
            "FALSE",
        ];
        let mut pieces = Vec::new();
        for (number, piece) in rule.split('"').enumerate() {
            if number % 2 == 1 {
                pieces.push(self.named(piece.trim()));
                continue;
            }
            let mut told = String::new();
            let mut word = String::new();
            for letter in piece.chars().chain([' ']) {
                if letter.is_whitespace() || matches!(letter, '(' | ')' | ',') {
                    let stays = word.is_empty()
                        || WORDS.contains(&word.as_str())
                        || word
                            .bytes()
                            .all(|byte| byte.is_ascii_digit() || byte == b'%');
                    let ended = std::mem::take(&mut word);
                    told.push_str(&if stays { ended } else { self.named(&ended) });
                    told.push(letter);
                } else {
                    word.push(letter);
                }
            }
            told.pop();
            pieces.push(told);
        }
        pieces.join("\"")
    }

    fn named(&mut self, alarm: &str) -> String {
        if alarm.starts_with("arn:") {
            self.arn(alarm)
        } else {
            self.name(alarm)
        }
    }

    fn ip(&mut self, ip: &Ip<'_>) -> String {
        match *ip {
            Ip::V4(ip, length) => {
                self.met.ips.insert(ip);
                let stand_in = self.stand_ins.as_ref().map_or(ip, |it| it.ip(ip));
                format!("{stand_in}{length}")
            }
            Ip::V6(ip, length) => {
                self.met.ipv6.insert(ip);
                let stand_in = self.stand_ins.as_ref().map_or(ip, |it| it.ipv6(ip));
                format!("{stand_in}{length}")
            }
        }
    }

    fn account(&mut self, account: &str) -> String {
        if let Some(stand_ins) = &self.stand_ins {
            return stand_ins.account(account).to_owned();
        }
        self.met.accounts.insert(account.to_owned());
        account.to_owned()
    }

    fn name(&mut self, name: &str) -> String {
        if names_nobody(name) || self.is_ours(name) {
            return name.to_owned();
        }
        if let Some(stand_ins) = &self.stand_ins {
            return stand_ins.name(name).to_owned();
        }
        self.met.names.insert(name.to_owned());
        name.to_owned()
    }

    /// Partition, service, region and the kind of the resource stay.
    fn arn(&mut self, arn: &str) -> String {
        if self.stand_ins.is_none() {
            self.met.arns.insert(arn.to_owned());
        }
        let mut parts = arn.splitn(6, ':');
        let [head, partition, service, region, account, resource] =
            [(); 6].map(|()| parts.next().unwrap_or_default());
        let account = if is_account(account) {
            self.account(account)
        } else {
            account.to_owned()
        };
        let mut told = String::new();
        for (number, piece) in resource.split_inclusive([':', '/']).enumerate() {
            let name = piece.trim_end_matches([':', '/']);
            let is_kind = number == 0 && name.len() < piece.len();
            told.push_str(&if is_kind {
                name.to_owned()
            } else {
                self.name(name)
            });
            told.push_str(&piece[name.len()..]);
        }
        format!("{head}:{partition}:{service}:{region}:{account}:{told}")
    }
}

/// The name of a call, a metric or a dimension.
fn is_named_by_aws(field: &str) -> bool {
    matches!(plain(field).as_str(), "call" | "metric" | "dimensions")
}

fn text_in<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    fields.get(name).and_then(Value::as_str)
}

//! Pairs of a key and a value: tags, dimensions, attributes, and a metric with its namespace. Who chose the value often
//! chose the key as well.

use super::fields::{has_foreign_values, has_tags, is_metric, plain};
use super::form::{ip_in, is_account, is_id, is_setting, names_nobody};
use super::lists::{is_dimension, is_event_name, is_namespace, is_tag_key};
use super::{Redaction, text_in};
use serde_json::{Map, Value};

impl Redaction<'_> {
    /// Values that people chose, in a place whose keys they may have chosen as well: of dimensions and attributes.
    pub(super) fn foreign(&mut self, value: &mut Value) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| self.foreign(item)),
            Value::Object(fields) => {
                let is_pair = fields.contains_key("value") || fields.contains_key("Value");
                for (key, mut value) in std::mem::take(fields) {
                    let is_name = is_pair && matches!(plain(&key).as_str(), "name" | "key");
                    match &mut value {
                        Value::String(name) if is_name => *name = self.dimension(name),
                        value => self.foreign(value),
                    }
                    let key = if is_pair { key } else { self.dimension(&key) };
                    fields.insert(key, value);
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

    fn dimension(&mut self, name: &str) -> String {
        if is_dimension(name) || name.is_empty() {
            return name.to_owned();
        }
        self.plainly_named(name)
            .unwrap_or_else(|| self.stand_in(name))
    }

    pub(super) fn items(&mut self, field: &str, items: &mut [Value]) {
        if has_tags(field)
            && let [Value::String(key), value @ (Value::String(_) | Value::Null)] = items
        {
            let old = key.clone();
            *key = self.tag_key(&old);
            return self.tag(&old, value);
        }
        if has_foreign_values(field) {
            return items.iter_mut().for_each(|item| self.foreign(item));
        }
        for item in items {
            self.value(field, item);
        }
    }

    pub(super) fn object(&mut self, field: &str, fields: &mut Map<String, Value>) {
        let key = text_in(fields, "key").or(text_in(fields, "Key"));
        let is_pair = fields.contains_key("value") || fields.contains_key("Value");
        if let Some(key) = key
            .filter(|_| is_pair && fields.len() <= 3)
            .map(str::to_owned)
        {
            for (name, value) in fields {
                match name.as_str() {
                    "key" | "Key" => *value = Value::from(self.tag_key(&key)),
                    "value" | "Value" => self.tag(&key, value),
                    name => self.value(name, value),
                }
            }
            return;
        }
        let namespace = text_in(fields, "namespace").or(text_in(fields, "Namespace"));
        let is_of_aws = namespace.is_some_and(is_namespace);
        for (key, mut value) in std::mem::take(fields) {
            let old = key.clone();
            let key = if has_tags(field) && !is_list(&key, &value) {
                self.tag(&old, &mut value);
                self.tag_key(&old)
            } else if has_foreign_values(field) {
                self.foreign(&mut value);
                self.dimension(&old)
            } else {
                match &mut value {
                    Value::String(name) if is_metrics_name(field, &old) => {
                        if !(is_of_aws && is_metric(name)) {
                            *name = self.stand_in(name);
                        }
                    }
                    Value::String(name) if field == "call" && old == "name" => {
                        if !is_event_name(name) {
                            *name = self.stand_in(name);
                        }
                    }
                    value => self.value(&old, value),
                }
                self.key(&old)
            };
            fields.insert(key, value);
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

    fn tag_key(&mut self, key: &str) -> String {
        if self.is_own_tag(key) || is_tag_key(key) || key.is_empty() {
            return key.to_owned();
        }
        self.plainly_named(key)
            .unwrap_or_else(|| self.stand_in(key))
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
}

/// CloudTrail writes a list as `{"items": [...]}`, and where there is one thing only, some write it without the list.
fn is_list(key: &str, value: &Value) -> bool {
    matches!(key, "items" | "item") && !value.is_string()
}

/// The name of a metric stands under one of these.
fn is_metrics_name(field: &str, key: &str) -> bool {
    match plain(key).as_str() {
        "metric" | "metricname" => true,
        "name" => plain(field) == "metric",
        _ => false,
    }
}

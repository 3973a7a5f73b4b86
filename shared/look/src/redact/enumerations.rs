//! Which words of an answer are of one of our own enumerations: without such a word, the answer cannot be read. So the
//! types themselves tell, and no list of fields has to.

use super::form::{ip_in, is_account, is_id, names_nobody};
use crate::replay::check;
use crate::tape::Entry;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A word that no enumeration has.
const NO_WORD: &str = "no-word-of-anybodys";

/// Fields, each with words of it.
type Words = BTreeMap<String, BTreeSet<String>>;

/// What was found out: by the call, the field and the word.
#[derive(Debug, Default)]
pub(super) struct Enumerations(BTreeMap<(String, String, String), bool>);

/// The field under which a word is looked for: what is told under an id is told under each of them alike.
pub(super) fn place(field: &str) -> &str {
    if is_id(field) { "*" } else { field }
}

impl Enumerations {
    /// The words of an answer without which it could not be read, each with its field.
    pub(super) fn of(&mut self, entry: &Value) -> BTreeSet<(String, String)> {
        let call = entry["call"].as_str().unwrap_or_default().to_owned();
        let mut words = Words::new();
        collect("answer", &entry["answer"], &mut words);
        for (field, of_field) in &words {
            self.find_out(&call, field, of_field, entry);
        }
        let all = words.into_iter().flat_map(|(field, words)| {
            let with_field = move |word| (field.clone(), word);
            words.into_iter().map(with_field)
        });
        let is_one = |(field, word): &(String, String)| {
            let key = (call.clone(), field.clone(), word.clone());
            self.0.get(&key) == Some(&true)
        };
        all.filter(is_one).collect()
    }

    /// A field of names is asked about once, however many there are.
    fn find_out(&mut self, call: &str, field: &str, words: &BTreeSet<String>, entry: &Value) {
        let key = |word: &String| (call.to_owned(), field.to_owned(), word.clone());
        let new = words.iter().filter(|word| !self.0.contains_key(&key(word)));
        let new: BTreeSet<String> = new.cloned().collect();
        if new.is_empty() {
            return;
        }
        if is_readable_without(entry, field, &new) {
            self.0.extend(new.iter().map(|word| (key(word), false)));
            return;
        }
        for word in new {
            let is_one = !is_readable_without(entry, field, &BTreeSet::from([word.clone()]));
            self.0.insert(key(&word), is_one);
        }
    }
}

fn is_readable_without(entry: &Value, field: &str, words: &BTreeSet<String>) -> bool {
    let mut entry = entry.clone();
    replace("answer", &mut entry["answer"], field, words);
    let entry: Result<Entry, _> = serde_json::from_value(entry);
    entry.is_ok_and(|entry| check(&entry).is_ok())
}

fn collect(field: &str, value: &Value, words: &mut Words) {
    match value {
        Value::String(text) => {
            let is_known = names_nobody(text) || ip_in(text).is_some() || is_account(text);
            if !is_known && !text.contains(char::is_whitespace) && !text.starts_with("arn:") {
                let of_field = words.entry(place(field).to_owned());
                of_field.or_default().insert(text.clone());
            }
        }
        Value::Array(items) => items.iter().for_each(|it| collect(field, it, words)),
        Value::Object(fields) => {
            for (field, value) in fields {
                collect(field, value, words);
            }
        }
        _ => {}
    }
}

fn replace(here: &str, value: &mut Value, field: &str, words: &BTreeSet<String>) {
    match value {
        Value::String(text) if place(here) == field && words.contains(text) => {
            NO_WORD.clone_into(text);
        }
        Value::Array(items) => items
            .iter_mut()
            .for_each(|it| replace(here, it, field, words)),
        Value::Object(fields) => {
            for (here, value) in fields {
                replace(here, value, field, words);
            }
        }
        _ => {}
    }
}

//! The file: one event, the settings that counted, and for each function that gets such an event its run.

use crate::answer::{BadField, read_of, value_of};
use crate::replay::check;
use crate::run::RecordedRun;
use holdfast::events::{EventError, Trigger, parse_of_account};
use holdfast::model::ids::AccountId;
use holdfast::settings::Settings;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use time::OffsetDateTime;

/// The form of the file. A change that an older reader would misread gets a new number.
pub const FORMAT: u64 = 1;

/// The field by which a file is known to be a look.
pub const MARK: &str = "look";

/// A recorded look.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Look {
    /// Its form: [`FORMAT`].
    pub look: u64,
    /// The version of Holdfast that made it.
    pub made_by: String,
    /// When it was begun.
    #[serde(with = "time::serde::rfc3339")]
    pub made_at: OffsetDateTime,
    /// The stack.
    pub stack: String,
    /// Its region.
    pub region: String,
    /// Its account: an event of another one is none of its business.
    #[serde(with = "account_in_writing")]
    pub account: AccountId,
    /// Whether personal data were taken out, and stand-ins put in their place.
    pub redacted: bool,
    /// The event, as it was delivered.
    pub event: Value,
    /// The settings that counted. The mode is that in which the look was made: each run has its function's own.
    pub settings: Settings,
    /// The settings of the functions that could not be read, and count as their defaults here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bad_settings: Vec<UnreadSetting>,
    /// What each function asked.
    pub runs: Vec<RecordedRun>,
}

/// A setting that the version which made the look does not know, or cannot read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnreadSetting {
    /// The environment variable.
    pub key: String,
    /// What is wrong with it.
    pub why: String,
}

mod account_in_writing {
    use holdfast::model::ids::AccountId;
    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::Serializer;

    pub(super) fn serialize<S: Serializer>(own: &AccountId, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(own.as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<AccountId, D::Error> {
        let text = String::deserialize(from)?;
        AccountId::in_arn(&format!("arn:aws:::{text}:"))
            .ok_or_else(|| D::Error::custom(format!("`{text}` is no account: it has 12 digits")))
    }
}

/// Why a file is no look that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadLook {
    /// It ends in the middle.
    #[error("it ends in the middle, at line {line}: a part of it is missing")]
    Truncated {
        /// Where it ends.
        line: usize,
    },
    /// It is no JSON.
    #[error("it is no JSON: {0}")]
    NoJson(String),
    /// It is of a form that this version does not know.
    #[error("`look`: it is of form {found}, and this version of holdfast reads form {FORMAT}")]
    OtherForm {
        /// What it says.
        found: String,
    },
    /// A field is missing, unknown, or not of its form.
    #[error("`{field}`: {why}")]
    Field {
        /// The way to the field.
        field: String,
        /// What is wrong.
        why: String,
    },
}

impl From<BadField> for BadLook {
    fn from(BadField { field, why }: BadField) -> Self {
        let is_whole = field == ".";
        Self::Field {
            field: if is_whole {
                "the file".to_owned()
            } else {
                field
            },
            why,
        }
    }
}

/// Whether a document calls itself a look.
#[must_use]
pub fn is_look(document: &Value) -> bool {
    document.get(MARK).is_some()
}

impl Look {
    /// Reads a file.
    ///
    /// # Errors
    /// It is no look that this version can use; what is wrong with it, by the name of the field.
    pub fn read(text: &str) -> Result<Self, BadLook> {
        let document: Value = serde_json::from_str(text).map_err(|error| {
            if error.is_eof() {
                BadLook::Truncated { line: error.line() }
            } else {
                BadLook::NoJson(error.to_string())
            }
        })?;
        Self::of(&document)
    }

    /// The same from what was read as JSON already.
    ///
    /// # Errors
    /// As for [`Look::read`].
    pub fn of(document: &Value) -> Result<Self, BadLook> {
        let form = document.get(MARK);
        if form.is_some_and(|form| form.as_u64() != Some(FORMAT)) {
            return Err(BadLook::OtherForm {
                found: form.map(ToString::to_string).unwrap_or_default(),
            });
        }
        let look: Self = read_of(&with_later_settings(document))?;
        if look.runs.is_empty() {
            return Err(BadLook::Field {
                field: "runs".to_owned(),
                why: "a look has the run of at least one function".to_owned(),
            });
        }
        for (number, run) in look.runs.iter().enumerate() {
            for (place, entry) in run.calls.iter().enumerate() {
                let here = format!("runs[{number}].calls[{place}]");
                check_end(&here, entry)?;
                check(entry).map_err(|bad| BadLook::Field {
                    field: within(&here, &bad.field),
                    why: bad.why,
                })?;
            }
        }
        Ok(look)
    }

    /// What a function of this installation is given for an event.
    ///
    /// # Errors
    /// It is no event that a function gets.
    pub fn trigger_of(&self, event: &Value) -> Result<Trigger, EventError> {
        parse_of_account(event, &self.account)
    }

    /// The file's text.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{:#}\n", value_of(self))
    }
}

/// The document with the settings that came after it was made, as their defaults.
fn with_later_settings(document: &Value) -> Value {
    let mut document = document.clone();
    let defaults = |own: &Map<String, Value>| {
        let needed = [("HOLDFAST_TABLE", "table"), ("AWS_REGION", "region")];
        let needed = needed.map(|(key, field)| {
            let own = own.get(field).and_then(Value::as_str).unwrap_or_default();
            (key.to_owned(), own.to_owned())
        });
        Settings::read(needed).map(value_of).unwrap_or_default()
    };
    let complete = |settings: Option<&mut Value>| {
        let Some(own) = settings.and_then(Value::as_object_mut) else {
            return;
        };
        let defaults = defaults(own);
        for (field, default) in defaults.as_object().into_iter().flatten() {
            if !ALWAYS_THERE.contains(&field.as_str()) {
                own.entry(field).or_insert_with(|| default.clone());
            }
        }
    };
    complete(document.get_mut("settings"));
    let runs = document.get_mut("runs").and_then(Value::as_array_mut);
    for run in runs.into_iter().flatten() {
        complete(run.get_mut("settings"));
    }
    document
}

/// The settings that every version has written.
const ALWAYS_THERE: [&str; 4] = ["table", "mode", "tags", "region"];

fn within(entry: &str, field: &str) -> String {
    match field {
        "call" => format!("{entry}.call"),
        "." => format!("{entry}.answer"),
        list if list.starts_with('[') => format!("{entry}.answer{list}"),
        field => format!("{entry}.answer.{field}"),
    }
}

/// An answer came at some time, and a call that nobody answered has neither.
fn check_end(here: &str, entry: &crate::tape::Entry) -> Result<(), BadLook> {
    let ends = usize::from(entry.answer.is_some()) + usize::from(entry.refusal.is_some());
    if ends == usize::from(entry.at.is_some()) {
        return Ok(());
    }
    Err(BadLook::Field {
        field: here.to_owned(),
        why: "a call that ended has `at`, and either `answer` or `refusal`".to_owned(),
    })
}

//! The settings of a look without what people chose in them. The ledger's table has a stand-in. So has the mark of the
//! installation, which is made of the table's name: rivals stay rivals.

use super::Redaction;
use super::standins::NAMED;
use crate::look::{BadLook, Look};
use holdfast::settings::{ArnPattern, Settings};
use serde_json::Value;

/// What every ledger is called.
const TABLE: &str = "ledger";

/// The stack that the documents deploy.
const STACK: &str = "holdfast";

/// What tells which installation settings are of, and what will tell it.
pub(super) fn installations(settings: &Settings) -> (String, String) {
    let stand_in = Settings {
        table: TABLE.to_owned(),
        ..settings.clone()
    };
    let marks = [settings, &stand_in].map(|it| it.installation().to_string());
    marks.into()
}

/// Stand-ins go by the tags and the alarms of one stack. Where a function has others, there is no saying whose words are
/// whose.
///
/// # Errors
/// The first run that has others.
pub(super) fn are_alike(look: &Look) -> Result<(), BadLook> {
    let usual = &look.settings;
    let runs = look.runs.iter().enumerate();
    let mut own = runs.filter_map(|(number, run)| Some((number, run.settings.as_deref()?)));
    let other = own.find(|(_, own)| {
        own.tags != usual.tags
            || own.alarms_that_move != usual.alarms_that_move
            || own.table != usual.table
    });
    match other {
        None => Ok(()),
        Some((number, _)) => Err(BadLook::Field {
            field: format!("runs[{number}].settings"),
            why: "this function goes by other tags, other alarms or another ledger than its stack: deploy the stack again"
                .to_owned(),
        }),
    }
}

impl Redaction<'_> {
    pub(super) fn settings_of(&mut self, settings: &mut Value) {
        self.patterns(&mut settings["exempt_principals"]);
        settings["table"] = Value::from(TABLE);
        for topic in ["mail_topic", "chat_topic"] {
            self.leaf("arn", &mut settings[topic]);
        }
        if let Some(prefix) = settings.pointer_mut("/alarms_that_move/named") {
            *prefix = Value::from(NAMED);
        }
        let hooks = settings["lifecycle_hooks"].as_array_mut();
        for hook in hooks.into_iter().flatten() {
            self.leaf("hook", &mut hook["name"]);
            self.leaf("hook", &mut hook["group"]);
        }
    }

    /// A setting that nobody knows here may be called as somebody likes, and says what somebody wrote.
    pub(super) fn bad_settings(&mut self, bad: &mut Value) {
        for setting in bad.as_array_mut().into_iter().flatten() {
            if let Value::String(key) = &mut setting["key"]
                && !Settings::has(key)
            {
                *key = self.stand_in(key);
            }
            self.gone(&mut setting["why"]);
        }
    }

    pub(super) fn stack(&mut self, stack: &mut Value) {
        if let Value::String(name) = stack
            && name != STACK
        {
            *name = self.stand_in(name);
        }
    }

    /// A pattern becomes the stand-ins of those whom it covers: it covers the same ones as before.
    fn patterns(&mut self, patterns: &mut Value) {
        let own = patterns.as_array().cloned().unwrap_or_default();
        let own = own.iter().filter_map(Value::as_str);
        let own: Vec<ArnPattern> = own.filter_map(|pattern| pattern.parse().ok()).collect();
        let arns: Vec<String> = self.met.arns.iter().cloned().collect();
        let mut covered = Vec::new();
        for pattern in &own {
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
}

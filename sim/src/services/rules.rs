//! Rules of EventBridge, each on a bus: what they wait for, whether they are on, and whom they tell.

use super::event_patterns::fits;
use serde::Deserialize;
use serde_json::Value;

/// A rule.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its name.
    pub name: String,
    /// The bus that it listens to.
    #[serde(default = "default_bus")]
    pub event_bus_name: String,
    /// As the template says it.
    pub description: Option<String>,
    /// Which events it waits for.
    pub event_pattern: Option<Value>,
    /// When it goes off by itself.
    pub schedule_expression: Option<String>,
    /// `ENABLED`, `DISABLED` or `ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS`.
    #[serde(default = "enabled")]
    pub state: String,
    /// Whom it tells.
    #[serde(default)]
    pub targets: Vec<Target>,
}

/// Whom a rule tells.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Unlike any other's of the rule.
    pub id: String,
    /// Of a function, a queue, a log group, ...
    pub arn: String,
    /// Which part of the event it gets; none: all of it.
    pub input_path: Option<String>,
    /// Where an event goes that could not be brought to it.
    pub dead_letter_arn: Option<String>,
}

fn default_bus() -> String {
    "default".to_owned()
}

fn enabled() -> String {
    "ENABLED".to_owned()
}

impl Rule {
    /// Its ARN.
    #[must_use]
    pub fn arn(&self, region: &str, account: &str) -> String {
        let place = match self.event_bus_name.as_str() {
            "default" => self.name.clone(),
            bus => format!("{bus}/{}", self.name),
        };
        format!("arn:aws:events:{region}:{account}:rule/{place}")
    }

    /// Whether it is on, and waits for this event.
    #[must_use]
    pub fn takes(&self, event: &Value) -> bool {
        let pattern = self.event_pattern.as_ref();
        self.state != "DISABLED" && pattern.is_some_and(|pattern| fits(pattern, event))
    }
}

impl Target {
    /// What it gets of an event; nothing, where the event has no such part.
    #[must_use]
    pub fn input(&self, event: &Value) -> Option<Value> {
        let Some(path) = &self.input_path else {
            return Some(event.clone());
        };
        let mut members = path.strip_prefix('$')?.split('.').skip(1);
        members
            .try_fold(event, |value, name| value.get(name))
            .cloned()
    }
}

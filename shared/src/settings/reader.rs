//! Reading environment variables: every key is asked for once, every bad one is noted, none stops the rest.

use super::bad_settings::BadSetting;
use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::Duration;

const PREFIX: &str = "HOLDFAST_";

pub(super) struct Reader {
    pub(super) variables: BTreeMap<String, String>,
    pub(super) bad: Vec<BadSetting>,
}

impl Reader {
    fn take(&mut self, key: &str) -> Option<String> {
        self.variables
            .remove(key)
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty())
    }

    fn refuse(&mut self, key: &str, problem: impl Into<String>) {
        self.bad.push(BadSetting {
            key: key.to_owned(),
            problem: problem.into(),
        });
    }

    pub(super) fn required(&mut self, key: &str, what: &str) -> String {
        self.take(key).unwrap_or_else(|| {
            self.refuse(key, format!("missing: {what}"));
            String::new()
        })
    }

    /// The name of the ledger's table. Source: DynamoDB developer guide, "Naming rules".
    pub(super) fn table(&mut self) -> String {
        const KEY: &str = "HOLDFAST_TABLE";
        let table = self.required(KEY, "the name of the ledger's DynamoDB table");
        let of_plain_characters = table
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        if !table.is_empty() && (!of_plain_characters || !(3..=255).contains(&table.len())) {
            let problem = format!("`{table}`: expected 3 to 255 letters, digits and -_.");
            self.refuse(KEY, problem);
        }
        table
    }

    pub(super) fn optional(&mut self, key: &str) -> Option<String> {
        self.take(key)
    }

    pub(super) fn parsed<T: FromStr<Err = &'static str>>(&mut self, key: &str, default: T) -> T {
        let Some(text) = self.take(key) else {
            return default;
        };
        text.parse().unwrap_or_else(|expected| {
            self.refuse(key, format!("`{text}`: {expected}"));
            default
        })
    }

    pub(super) fn list<T: FromStr<Err = &'static str>>(&mut self, key: &str) -> Vec<T> {
        let text = self.take(key).unwrap_or_default();
        let mut items = Vec::new();
        for item in text
            .split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
        {
            match item.parse() {
                Ok(parsed) => items.push(parsed),
                Err(expected) => self.refuse(key, format!("`{item}`: {expected}")),
            }
        }
        items
    }

    pub(super) fn duration(
        &mut self,
        key: &str,
        default: u64,
        unit_seconds: u64,
        range: std::ops::RangeInclusive<u64>,
    ) -> Duration {
        Duration::from_secs(self.number(key, default, range) * unit_seconds)
    }

    pub(super) fn number(
        &mut self,
        key: &str,
        default: u64,
        range: std::ops::RangeInclusive<u64>,
    ) -> u64 {
        match self.take(key) {
            None => default,
            Some(text) => match text.parse() {
                Ok(number) if range.contains(&number) => number,
                _ => {
                    let (least, most) = range.into_inner();
                    self.refuse(
                        key,
                        format!("`{text}`: expected a whole number from {least} to {most}"),
                    );
                    default
                }
            },
        }
    }

    pub(super) fn tag_prefix(&mut self) -> String {
        const KEY: &str = "HOLDFAST_TAG_PREFIX";
        let prefix = self.take(KEY).unwrap_or_else(|| "holdfast".to_owned());
        let of_plain_characters = prefix
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_./:".contains(&byte));
        if !of_plain_characters
            || prefix.len() > 64
            || prefix.starts_with("aws:")
            || prefix == "aws"
        {
            self.refuse(
                KEY,
                format!("`{prefix}`: expected up to 64 letters, digits and `-_./:`, not starting with `aws:`"),
            );
        }
        prefix
    }

    pub(super) fn refuse_the_rest(&mut self) {
        let unknown: Vec<String> = self
            .variables
            .keys()
            .filter(|key| key.starts_with(PREFIX))
            .cloned()
            .collect();
        for key in unknown {
            self.refuse(&key, "unknown: no setting has this name");
        }
    }
}

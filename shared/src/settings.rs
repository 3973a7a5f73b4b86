//! Settings come in as environment variables and are read once, at start. Bad ones stop the start with
//! one message that names every bad key at once, so that nobody mends them one deployment at a time.

use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// Whether a function may change anything in EC2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Say what would be done; change nothing.
    Observe,
    /// Do it.
    Enforce,
}

impl FromStr for Mode {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "observe" => Ok(Self::Observe),
            "enforce" => Ok(Self::Enforce),
            _ => Err("expected `observe` or `enforce`"),
        }
    }
}

/// What is to happen when an address is released.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protection {
    /// Take it back.
    Reclaim,
    /// Record who released it, and report.
    Record,
    /// Let it go.
    None,
}

impl FromStr for Protection {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "reclaim" => Ok(Self::Reclaim),
            "record" => Ok(Self::Record),
            "none" => Ok(Self::None),
            _ => Err("expected `reclaim`, `record` or `none`"),
        }
    }
}

/// What becomes of an address when the instance that has it stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnStop {
    /// It stays with the stopped instance, until an instance that starts needs it.
    Stay,
    /// It goes straight to a running instance of its group that has none.
    Move,
}

impl FromStr for OnStop {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "stay" => Ok(Self::Stay),
            "move" => Ok(Self::Move),
            _ => Err("expected `stay` or `move`"),
        }
    }
}

/// The keys of the tags that users set and that we set, under one prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagKeys {
    /// `holdfast:protect`, on an address: see [`Protection`].
    pub protect: String,
    /// `holdfast:reclaimed-from`, written by us: the allocation id that an address had before.
    pub reclaimed_from: String,
    /// `holdfast:reclaimed-at`, written by us.
    pub reclaimed_at: String,
    /// `holdfast:group`, on addresses and instances: the addresses of a group go to its instances.
    pub group: String,
    /// `holdfast:slot`, on addresses and instances: which of the group's addresses belongs to which of
    /// its instances. An instance may name several, separated by commas.
    pub slot: String,
    /// `holdfast:on-stop`, on an address: see [`OnStop`].
    pub on_stop: String,
    /// `holdfast:priority`, on an instance: whose turn comes first, lowest first.
    pub priority: String,
}

impl TagKeys {
    /// The keys under a prefix.
    #[must_use]
    pub fn under(prefix: &str) -> Self {
        Self {
            protect: format!("{prefix}:protect"),
            reclaimed_from: format!("{prefix}:reclaimed-from"),
            reclaimed_at: format!("{prefix}:reclaimed-at"),
            group: format!("{prefix}:group"),
            slot: format!("{prefix}:slot"),
            on_stop: format!("{prefix}:on-stop"),
            priority: format!("{prefix}:priority"),
        }
    }
}

/// A pattern over principal ARNs: `*` stands for any text, `?` for one character.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArnPattern(String);

impl ArnPattern {
    /// Whether the pattern covers the whole ARN.
    #[must_use]
    pub fn matches(&self, arn: &str) -> bool {
        let pattern: Vec<char> = self.0.chars().collect();
        let text: Vec<char> = arn.chars().collect();
        let (mut at, mut read, mut star) = (0, 0, None);
        while read < text.len() {
            match pattern.get(at) {
                Some('*') => {
                    star = Some((at, read));
                    at += 1;
                }
                Some(&wanted) if wanted == '?' || wanted == text[read] => {
                    at += 1;
                    read += 1;
                }
                _ => {
                    let Some((star_at, star_read)) = star else {
                        return false;
                    };
                    star = Some((star_at, star_read + 1));
                    at = star_at + 1;
                    read = star_read + 1;
                }
            }
        }
        pattern[at..].iter().all(|&rest| rest == '*')
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ArnPattern {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.starts_with("arn:") && text.splitn(6, ':').count() == 6 {
            Ok(Self(text.to_owned()))
        } else {
            Err(
                "expected ARN patterns such as `arn:aws:iam::111122223333:role/network-*`, \
                 separated by commas",
            )
        }
    }
}

/// All settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// `HOLDFAST_TABLE`: the ledger's DynamoDB table.
    pub table: String,
    /// `HOLDFAST_MODE`.
    pub mode: Mode,
    /// `HOLDFAST_TAG_PREFIX`.
    pub tags: TagKeys,
    /// `HOLDFAST_DEFAULT_PROTECTION`: for an address without a protect tag.
    pub default_protection: Protection,
    /// `HOLDFAST_EXEMPT_PRINCIPALS`: those who mean it when they release.
    pub exempt_principals: Vec<ArnPattern>,
    /// `HOLDFAST_RETRY_SECONDS`: how long one run keeps asking for an address.
    pub retry_for: Duration,
    /// `HOLDFAST_RECLAIM_DEADLINE_HOURS`: how long after a release an address is asked for.
    pub reclaim_deadline: Duration,
    /// `HOLDFAST_MOST_RECLAIMS_PER_DAY`: an address that is released more often than this is left.
    pub most_reclaims_per_day: u64,
    /// `HOLDFAST_RESTORE_WINDOW_MINUTES`: an association or reverse DNS name that ended longer than
    /// this before the release is not restored: it was given up on purpose.
    pub restore_window: Duration,
    /// `HOLDFAST_POOL_WAIT_SECONDS`: how long a starting instance waits for an address of its group to
    /// become free.
    pub pool_wait: Duration,
    /// `HOLDFAST_ON_STOP`: for an address without an on-stop tag.
    pub on_stop: OnStop,
    /// `HOLDFAST_RETENTION_DAYS`: how long the ledger keeps what has ended.
    pub retention: Duration,
    /// `AWS_REGION`: Lambda sets it.
    pub region: String,
}

/// One setting that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadSetting {
    /// Its key.
    pub key: String,
    /// What is wrong with it, and what was expected.
    pub problem: String,
}

/// All settings that are wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct BadSettings(pub Vec<BadSetting>);

impl fmt::Display for BadSettings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.len();
        let (noun, verb) = if count == 1 {
            ("setting", "is")
        } else {
            ("settings", "are")
        };
        write!(
            formatter,
            "{count} {noun} {verb} wrong, nothing was started: "
        )?;
        for (index, bad) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(formatter, "{separator}{}: {}", bad.key, bad.problem)?;
        }
        Ok(())
    }
}

const PREFIX: &str = "HOLDFAST_";

impl Settings {
    /// Reads the settings from environment variables.
    ///
    /// # Errors
    /// Every key that is missing, unknown or not of its form, all at once.
    pub fn read(
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, BadSettings> {
        let mut reader = Reader {
            variables: variables.into_iter().collect(),
            bad: Vec::new(),
        };
        let settings = Self {
            table: reader.required("HOLDFAST_TABLE", "the name of the ledger's DynamoDB table"),
            mode: reader.parsed("HOLDFAST_MODE", Mode::Observe),
            tags: TagKeys::under(&reader.tag_prefix()),
            default_protection: reader.parsed("HOLDFAST_DEFAULT_PROTECTION", Protection::Record),
            exempt_principals: reader.list("HOLDFAST_EXEMPT_PRINCIPALS"),
            retry_for: reader.duration("HOLDFAST_RETRY_SECONDS", 20, 1, 0..=600),
            reclaim_deadline: reader.duration(
                "HOLDFAST_RECLAIM_DEADLINE_HOURS",
                72,
                3600,
                1..=8760,
            ),
            most_reclaims_per_day: reader.number("HOLDFAST_MOST_RECLAIMS_PER_DAY", 3, 1..=1000),
            restore_window: reader.duration("HOLDFAST_RESTORE_WINDOW_MINUTES", 60, 60, 0..=525_600),
            pool_wait: reader.duration("HOLDFAST_POOL_WAIT_SECONDS", 90, 1, 0..=840),
            on_stop: reader.parsed("HOLDFAST_ON_STOP", OnStop::Stay),
            retention: reader.duration("HOLDFAST_RETENTION_DAYS", 400, 86_400, 1..=3650),
            region: reader.required("AWS_REGION", "the region, as Lambda sets it"),
        };
        reader.refuse_the_rest();
        if reader.bad.is_empty() {
            Ok(settings)
        } else {
            Err(BadSettings(reader.bad))
        }
    }
}

struct Reader {
    variables: BTreeMap<String, String>,
    bad: Vec<BadSetting>,
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

    fn required(&mut self, key: &str, what: &str) -> String {
        self.take(key).unwrap_or_else(|| {
            self.refuse(key, format!("missing: {what}"));
            String::new()
        })
    }

    fn parsed<T: FromStr<Err = &'static str>>(&mut self, key: &str, default: T) -> T {
        let Some(text) = self.take(key) else {
            return default;
        };
        text.parse().unwrap_or_else(|expected| {
            self.refuse(key, format!("`{text}`: {expected}"));
            default
        })
    }

    fn list<T: FromStr<Err = &'static str>>(&mut self, key: &str) -> Vec<T> {
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

    fn duration(
        &mut self,
        key: &str,
        default: u64,
        unit_seconds: u64,
        range: std::ops::RangeInclusive<u64>,
    ) -> Duration {
        Duration::from_secs(self.number(key, default, range) * unit_seconds)
    }

    fn number(&mut self, key: &str, default: u64, range: std::ops::RangeInclusive<u64>) -> u64 {
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

    fn tag_prefix(&mut self) -> String {
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

    fn refuse_the_rest(&mut self) {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Settings, BadSettings> {
        Settings::read(
            variables
                .iter()
                .map(|&(key, value)| (key.to_owned(), value.to_owned())),
        )
    }

    #[test]
    fn a_table_and_a_region_are_enough_and_the_rest_is_careful() {
        let settings = read(&[("HOLDFAST_TABLE", "ledger"), ("AWS_REGION", "eu-west-1")]).unwrap();
        assert_eq!(settings.mode, Mode::Observe);
        assert_eq!(settings.default_protection, Protection::Record);
        assert_eq!(settings.tags.protect, "holdfast:protect");
    }

    #[test]
    fn every_bad_key_is_named_in_one_message() {
        let message = read(&[
            ("HOLDFAST_MODE", "on"),
            ("HOLDFAST_RETRY_SECONDS", "soon"),
            ("HOLDFAST_EXEMPT_PRINCIPALS", "admin"),
            ("HOLDFAST_TABEL", "ledger"),
            ("HOLDFAST_TAG_PREFIX", "aws:x"),
        ])
        .unwrap_err()
        .to_string();
        assert!(
            message.starts_with("7 settings are wrong, nothing was started: "),
            "{message}"
        );
        for key in [
            "HOLDFAST_TABLE: missing",
            "AWS_REGION: missing",
            "HOLDFAST_MODE: `on`",
            "HOLDFAST_RETRY_SECONDS: `soon`",
            "HOLDFAST_EXEMPT_PRINCIPALS: `admin`",
            "HOLDFAST_TABEL: unknown",
            "HOLDFAST_TAG_PREFIX: `aws:x`",
        ] {
            assert!(message.contains(key), "{key} is not in: {message}");
        }
    }

    #[test]
    fn a_pattern_covers_the_whole_arn() {
        let pattern: ArnPattern = "arn:aws:iam::*:role/net-?-admin*".parse().unwrap();
        assert!(pattern.matches("arn:aws:iam::111122223333:role/net-a-admin"));
        assert!(pattern.matches("arn:aws:iam::111122223333:role/net-b-admins"));
        assert!(!pattern.matches("arn:aws:iam::111122223333:role/net-admin"));
        assert!(!pattern.matches("x-arn:aws:iam::111122223333:role/net-a-admin"));
    }
}

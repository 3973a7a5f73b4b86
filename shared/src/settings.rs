//! A function's settings: environment variables, read once at start. A bad setting stops the start with
//! one message that names every bad key at once, so that nobody mends them one deployment at a time.

mod arn_pattern;
mod reader;
mod tag_keys;
mod words;

pub use arn_pattern::ArnPattern;
use reader::Reader;
use std::fmt;
use std::time::Duration;
pub use tag_keys::TagKeys;
pub use words::{Failback, Fencing, Mode, Mover, OnStop, Protection};

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
    /// `HOLDFAST_ALARM_MAX_AGE_SECONDS`: an alarm or a warning that is older is not acted on.
    pub alarm_max_age: Duration,
    /// `HOLDFAST_COOLDOWN_SECONDS`: how long after a failover no alarm moves the same group again.
    pub cooldown: Duration,
    /// `HOLDFAST_DETACH_DEADLINE_SECONDS`: how long a guest is given to let go of an interface.
    pub detach_deadline: Duration,
    /// `HOLDFAST_FENCE`: for an address or an interface without a fence tag.
    pub fencing: Fencing,
    /// `HOLDFAST_FAILBACK`: for an address or an interface without a failback tag.
    pub failback: Failback,
    /// `HOLDFAST_REBALANCE`: what an instance loses when EC2 says that it may be interrupted.
    pub on_rebalance: OnStop,
    /// `HOLDFAST_RETENTION_DAYS`: how long the ledger keeps what has ended; never less than the reclaim
    /// deadline can be.
    pub retention: Duration,
    /// `AWS_REGION`: Lambda sets it.
    pub region: String,
}

/// The longest reclaim deadline, and the shortest retention: a tombstone that the ledger forgot while its
/// address is asked for would leave nobody to ask. It is as far back as CloudTrail's event history reaches.
const MOST_DEADLINE_DAYS: u64 = 90;

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
                1..=MOST_DEADLINE_DAYS * 24,
            ),
            most_reclaims_per_day: reader.number("HOLDFAST_MOST_RECLAIMS_PER_DAY", 3, 1..=1000),
            restore_window: reader.duration("HOLDFAST_RESTORE_WINDOW_MINUTES", 60, 60, 0..=525_600),
            pool_wait: reader.duration("HOLDFAST_POOL_WAIT_SECONDS", 90, 1, 0..=840),
            on_stop: reader.parsed("HOLDFAST_ON_STOP", OnStop::Stay),
            alarm_max_age: reader.duration("HOLDFAST_ALARM_MAX_AGE_SECONDS", 900, 1, 60..=86_400),
            cooldown: reader.duration("HOLDFAST_COOLDOWN_SECONDS", 300, 1, 0..=86_400),
            detach_deadline: reader.duration("HOLDFAST_DETACH_DEADLINE_SECONDS", 5, 1, 0..=90),
            fencing: reader.parsed("HOLDFAST_FENCE", Fencing::None),
            failback: reader.parsed("HOLDFAST_FAILBACK", Failback::Never),
            on_rebalance: reader.parsed("HOLDFAST_REBALANCE", OnStop::Stay),
            retention: reader.duration(
                "HOLDFAST_RETENTION_DAYS",
                400,
                86_400,
                MOST_DEADLINE_DAYS..=3650,
            ),
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

#[cfg(test)]
mod tests {
    mod defaults;

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
    fn the_ledger_is_not_to_forget_an_address_while_it_is_asked_for() {
        let deadline = ("HOLDFAST_RECLAIM_DEADLINE_HOURS", "2160");
        let with = |days| {
            let retention = ("HOLDFAST_RETENTION_DAYS", days);
            let table = [("HOLDFAST_TABLE", "ledger"), ("AWS_REGION", "eu-west-1")];
            read(&[table[0], table[1], deadline, retention])
        };
        let settings = with("90").unwrap();
        assert!(settings.retention >= settings.reclaim_deadline);
        assert!(with("89").unwrap_err().to_string().contains("from 90 to"));
    }

    #[test]
    fn a_pattern_covers_the_whole_arn() {
        let pattern: ArnPattern = "arn:aws:iam::*:role/net-?-admin*".parse().unwrap();
        assert!(pattern.matches("arn:aws:iam::111122223333:role/net-a-admin"));
        assert!(pattern.matches("arn:aws:iam::111122223333:role/net-b-admins"));
        assert!(!pattern.matches("arn:aws:iam::111122223333:role/net-admin"));
        assert!(!pattern.matches("x-arn:aws:iam::111122223333:role/net-a-admin"));
    }

    fn with(key: &str, value: &str) -> Result<Settings, BadSettings> {
        read(&[
            ("HOLDFAST_TABLE", "ledger"),
            ("AWS_REGION", "eu-west-1"),
            (key, value),
        ])
    }

    #[test]
    fn one_bad_setting_is_told_as_one() {
        let message = with("HOLDFAST_MODE", "on").unwrap_err().to_string();
        assert!(
            message.starts_with("1 setting is wrong, nothing was started: HOLDFAST_MODE: `on`"),
            "{message}"
        );
    }

    #[test]
    fn a_tag_prefix_is_short_plain_and_not_awss() {
        let longest = "a".repeat(64);
        for good in ["hold", "a-b_c.d/e:f", "awsome", longest.as_str()] {
            let settings = with("HOLDFAST_TAG_PREFIX", good).unwrap();
            assert_eq!(settings.tags.protect, format!("{good}:protect"));
        }
        let too_long = "a".repeat(65);
        for bad in ["aws", "aws:x", "a b", too_long.as_str()] {
            assert!(with("HOLDFAST_TAG_PREFIX", bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_pattern_is_an_arn_of_six_parts() {
        let parse = |text: &str| text.parse::<ArnPattern>().is_ok();
        assert!(parse("arn:aws:iam::111122223333:role/*"));
        assert!(parse("arn:aws:iam::111122223333:role/a:b"));
        assert!(!parse("arn:aws:iam::111122223333"));
        assert!(!parse("aws:iam::111122223333:role/a:b"));
        let two: ArnPattern = "arn:aws:iam::1:a*b*c".parse().unwrap();
        assert!(two.matches("arn:aws:iam::1:a-bx-b-c-c"));
        assert!(!two.matches("arn:aws:iam::1:a-b-c-d"));
    }

    #[test]
    fn a_star_covers_any_text_and_no_character_counts_twice() {
        let covers = |pattern: &str, role: &str| {
            let pattern: ArnPattern = format!("arn:aws:iam::1:{pattern}").parse().unwrap();
            pattern.matches(&format!("arn:aws:iam::1:{role}"))
        };
        for role in ["x", "-x", "--x", "---x"] {
            assert!(covers("*x", role), "{role}");
        }
        assert!(covers("a*ab", "aab"));
        assert!(!covers("a*ab", "ab"));
    }
}

//! What whoever starts a drill decides, and the words for it. Pure.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use time::Duration;

/// How long a trial waits between the release of its address and the request for it, in whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Wait(u32);

/// Text that is no length of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no wait: expected a number and one of s, m, h, d, as in `10s` or `24h`, 30 days at most"
)]
pub struct InvalidWait(String);

/// A wait is no longer than this: 30 days, in seconds.
const LONGEST: u32 = 30 * 86_400;

/// The units of a wait, in seconds, the longest first.
const UNITS: [(char, u32); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

impl Wait {
    /// The wait in seconds.
    #[must_use]
    pub fn seconds(self) -> u32 {
        self.0
    }

    /// The wait as a length of time.
    #[must_use]
    pub fn length(self) -> Duration {
        Duration::seconds(i64::from(self.0))
    }

    /// How late the first answer to a request may be, for the trial to count under this wait: 5 seconds, or a tenth of it.
    #[must_use]
    pub fn grace(self) -> Duration {
        Duration::seconds(5).max(self.length() / 10)
    }
}

impl FromStr for Wait {
    type Err = InvalidWait;

    fn from_str(text: &str) -> Result<Self, InvalidWait> {
        let invalid = || InvalidWait(text.to_owned());
        let unit = text.chars().last().ok_or_else(invalid)?;
        let (_, seconds) = UNITS
            .iter()
            .find(|(name, _)| *name == unit)
            .ok_or_else(invalid)?;
        let number: u32 = text[..text.len() - 1].parse().map_err(|_| invalid())?;
        let wait = number.checked_mul(*seconds).filter(|wait| *wait <= LONGEST);
        wait.map(Self).ok_or_else(invalid)
    }
}

impl TryFrom<String> for Wait {
    type Error = InvalidWait;

    fn try_from(text: String) -> Result<Self, InvalidWait> {
        text.parse()
    }
}

impl From<Wait> for String {
    fn from(wait: Wait) -> Self {
        wait.to_string()
    }
}

/// In the longest unit that says it exactly, but a day is `24h`: `90s` is `90s`, `3600s` is `1h`.
impl fmt::Display for Wait {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exact = |(name, unit): &(char, u32)| {
            *name != 'd' && self.0 >= *unit && self.0.is_multiple_of(*unit)
        };
        let (name, unit) = UNITS.iter().find(|unit| exact(unit)).unwrap_or(&('s', 1));
        write!(formatter, "{}{name}", self.0 / unit)
    }
}

/// What a run of the drill does, and how carefully. It stays as it is from the first start of the run to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// The waits that are tried.
    pub waits: Vec<Wait>,
    /// How many trials count for each wait and region.
    pub trials: u32,
    /// How many trials begin in a region within an hour, at most.
    pub per_hour: u32,
    /// How many places of the quota have to be free before a trial takes one.
    pub keep_free: u64,
    /// The quota of addresses of each region, where Service Quotas is not to be asked.
    pub quota: Option<u64>,
    /// For how many seconds a refused address is asked for again. Only then it counts as lost.
    pub patience_seconds: u32,
    /// The prefix of the tags, as in Holdfast's own stack.
    pub tag_prefix: String,
}

impl Settings {
    /// The time between the beginnings of two trials of a region, at least.
    #[must_use]
    pub fn between_trials(&self) -> Duration {
        Duration::HOUR / self.per_hour.max(1)
    }

    /// For how long a refused address is asked for.
    #[must_use]
    pub fn patience(&self) -> Duration {
        Duration::seconds(i64::from(self.patience_seconds))
    }

    /// The key of the tag that says whose an address is: its value is the id of the run.
    #[must_use]
    pub fn drill_key(&self) -> String {
        format!("{}:drill", self.tag_prefix)
    }

    /// The key of the tag that says for which trial of the run an address was allocated.
    #[must_use]
    pub fn trial_key(&self) -> String {
        format!("{}:drill-trial", self.tag_prefix)
    }

    /// The key of the tag by which the release guard lets the address go.
    #[must_use]
    pub fn protect_key(&self) -> String {
        format!("{}:protect", self.tag_prefix)
    }
}

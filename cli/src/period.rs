//! Lengths of time and moments, as people type them: `90m`, `2h`, `7d`, `2026-11-27`, `2026-11-27T03:00:00Z`.

use std::str::FromStr;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, Duration, OffsetDateTime};

/// A length of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period(pub Duration);

const PERIOD: &str = "expected a number and `s`, `m`, `h` or `d`: 90m, 2h, 7d";

impl FromStr for Period {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unit = text.chars().next_back().ok_or(PERIOD)?;
        let number = text.strip_suffix(unit).ok_or(PERIOD)?;
        let number: u32 = number.parse().map_err(|_| PERIOD)?;
        let unit = match unit {
            's' => Duration::SECOND,
            'm' => Duration::MINUTE,
            'h' => Duration::HOUR,
            'd' => Duration::DAY,
            _ => return Err(PERIOD),
        };
        unit.checked_mul(i32::try_from(number).map_err(|_| PERIOD)?)
            .map(Self)
            .ok_or(PERIOD)
    }
}

/// Since when: a length of time before now, or a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// So long before now.
    Ago(Period),
    /// That moment.
    At(OffsetDateTime),
}

impl Since {
    /// The moment.
    #[must_use]
    pub fn moment(self, now: OffsetDateTime) -> OffsetDateTime {
        match self {
            Self::Ago(Period(length)) => now
                .checked_sub(length)
                .unwrap_or(OffsetDateTime::UNIX_EPOCH),
            Self::At(moment) => moment,
        }
    }
}

impl FromStr for Since {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(period) = text.parse() {
            return Ok(Self::Ago(period));
        }
        if let Ok(moment) = OffsetDateTime::parse(text, &Rfc3339) {
            return Ok(Self::At(moment));
        }
        let day = Date::parse(text, format_description!("[year]-[month]-[day]"));
        day.map(|day| Self::At(day.midnight().assume_utc()))
            .map_err(|_| "expected a length of time or a moment in UTC: 90m, 2h, 7d, 2026-11-27, 2026-11-27T03:00:00Z")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn a_moment_can_be_typed_in_three_ways() {
        let now = datetime!(2026-11-27 12:00 UTC);
        let moment = |text: &str| text.parse::<Since>().map(|since| since.moment(now));
        assert_eq!(moment("90m"), Ok(datetime!(2026-11-27 10:30 UTC)));
        assert_eq!(moment("2026-11-26"), Ok(datetime!(2026-11-26 0:00 UTC)));
        let told = moment("2026-11-26T05:00:00+02:00");
        assert_eq!(told, Ok(datetime!(2026-11-26 3:00 UTC)));
    }

    #[test]
    fn what_is_no_length_of_time_is_refused() {
        for text in ["", "m", "1", "-1h", "1w", "1.5h", "99999999999d", "é"] {
            assert!(text.parse::<Since>().is_err(), "{text}");
        }
    }
}

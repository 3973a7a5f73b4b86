//! Times and numbers in words.

use holdfast::report::Finding;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{Duration, OffsetDateTime};

const TO_THE_SECOND: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");

/// A moment to the second, in UTC: `2026-11-27T03:04:05Z`.
#[must_use]
pub fn time_of(moment: OffsetDateTime) -> String {
    let utc = moment.to_offset(time::UtcOffset::UTC);
    utc.format(TO_THE_SECOND)
        .unwrap_or_else(|_| utc.unix_timestamp().to_string())
}

/// How long something is ago, in its largest unit: `3m`, `2h`, `5d`.
#[must_use]
pub fn ago(moment: OffsetDateTime, now: OffsetDateTime) -> String {
    let passed = (now - moment).max(Duration::ZERO);
    match passed {
        _ if passed < Duration::MINUTE => format!("{}s", passed.whole_seconds()),
        _ if passed < Duration::HOUR => format!("{}m", passed.whole_minutes()),
        _ if passed < Duration::DAY * 2 => format!("{}h", passed.whole_hours()),
        _ => format!("{}d", passed.whole_days()),
    }
}

/// The same with the word: `3m ago`.
#[must_use]
pub fn ago_in_words(moment: OffsetDateTime, now: OffsetDateTime) -> String {
    format!("{} ago", ago(moment, now))
}

/// A number with its noun: `1 address`, `2 addresses`.
#[must_use]
pub fn counted(count: usize, one: &str, several: &str) -> String {
    let noun = if count == 1 { one } else { several };
    format!("{count} {noun}")
}

/// What happened, why, and what to do, in one line.
#[must_use]
pub fn finding_in_one_line(finding: &Finding) -> String {
    let Finding { what, why, next } = finding;
    format!("{what}. Why: {why}. Do: {next}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn a_time_is_told_in_its_largest_unit() {
        let now = datetime!(2026-11-27 12:00 UTC);
        let told = |before: Duration| ago(now - before, now);
        assert_eq!(told(Duration::seconds(59)), "59s");
        assert_eq!(told(Duration::minutes(59)), "59m");
        assert_eq!(told(Duration::hours(47)), "47h");
        assert_eq!(told(Duration::days(2)), "2d");
        assert_eq!(told(Duration::seconds(-5)), "0s");
        assert_eq!(time_of(now), "2026-11-27T12:00:00Z");
    }
}

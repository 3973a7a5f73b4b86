//! Times for people: UTC, to the second.

use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

/// `2026-03-07T12:00:10Z`.
#[must_use]
pub fn utc(at: OffsetDateTime) -> String {
    let at = at.to_offset(UtcOffset::UTC);
    let at = at.replace_nanosecond(0).unwrap_or(at);
    at.format(&Rfc3339).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn a_time_is_told_in_utc_and_to_the_second() {
        let at = datetime!(2026-11-26 7:45:23.795538077 +1);
        assert_eq!(utc(at), "2026-11-26T06:45:23Z");
    }
}

//! What holds where nothing is set, and how far each number may go.

use super::{read, with};
use crate::settings::{
    AlarmsThatMove, Failback, Fencing, Mode, OnStop, Protection, Settings, StopByTag,
};
use std::ops::RangeInclusive;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// A setting that is a number.
struct Number {
    key: &'static str,
    is_read: fn(&Settings) -> u64,
    /// What one of it is in seconds; 1 for a plain count.
    unit: u64,
    default: u64,
    range: RangeInclusive<u64>,
}

const NUMBERS: [Number; 9] = [
    Number {
        key: "HOLDFAST_RETRY_SECONDS",
        is_read: |settings| settings.retry_for.as_secs(),
        unit: 1,
        default: 20,
        range: 0..=600,
    },
    Number {
        key: "HOLDFAST_RECLAIM_DEADLINE_HOURS",
        is_read: |settings| settings.reclaim_deadline.as_secs(),
        unit: HOUR,
        default: 72,
        range: 1..=2160,
    },
    Number {
        key: "HOLDFAST_MOST_RECLAIMS_PER_DAY",
        is_read: |settings| settings.most_reclaims_per_day,
        unit: 1,
        default: 3,
        range: 1..=1000,
    },
    Number {
        key: "HOLDFAST_RESTORE_WINDOW_MINUTES",
        is_read: |settings| settings.restore_window.as_secs(),
        unit: MINUTE,
        default: 60,
        range: 0..=525_600,
    },
    Number {
        key: "HOLDFAST_POOL_WAIT_SECONDS",
        is_read: |settings| settings.pool_wait.as_secs(),
        unit: 1,
        default: 90,
        range: 0..=840,
    },
    Number {
        key: "HOLDFAST_ALARM_MAX_AGE_SECONDS",
        is_read: |settings| settings.alarm_max_age.as_secs(),
        unit: 1,
        default: 900,
        range: 60..=86_400,
    },
    Number {
        key: "HOLDFAST_COOLDOWN_SECONDS",
        is_read: |settings| settings.cooldown.as_secs(),
        unit: 1,
        default: 300,
        range: 0..=86_400,
    },
    Number {
        key: "HOLDFAST_DETACH_DEADLINE_SECONDS",
        is_read: |settings| settings.detach_deadline.as_secs(),
        unit: 1,
        default: 5,
        range: 0..=90,
    },
    Number {
        key: "HOLDFAST_RETENTION_DAYS",
        is_read: |settings| settings.retention.as_secs(),
        unit: DAY,
        default: 400,
        range: 90..=3650,
    },
];

fn bare() -> Settings {
    read(&[("HOLDFAST_TABLE", "ledger"), ("AWS_REGION", "eu-west-1")]).unwrap()
}

#[test]
fn a_number_that_is_not_set_is_the_default() {
    for number in NUMBERS {
        let default = number.default * number.unit;
        assert_eq!((number.is_read)(&bare()), default, "{}", number.key);
    }
}

#[test]
fn a_number_goes_from_its_least_to_its_most() {
    for number in NUMBERS {
        for told in [*number.range.start(), *number.range.end()] {
            let settings = with(number.key, &told.to_string()).unwrap();
            let wanted = told * number.unit;
            assert_eq!((number.is_read)(&settings), wanted, "{}", number.key);
        }
    }
}

#[test]
fn a_number_beyond_its_range_is_refused_with_the_range() {
    for number in NUMBERS {
        let (least, most) = number.range.into_inner();
        let expected = format!("expected a whole number from {least} to {most}");
        for told in [least.checked_sub(1), Some(most + 1)].into_iter().flatten() {
            let refused = with(number.key, &told.to_string()).unwrap_err();
            assert!(refused.to_string().ends_with(&expected), "{refused}");
        }
    }
}

#[test]
fn a_word_that_is_not_set_is_the_careful_one() {
    let settings = bare();
    assert_eq!(settings.mode, Mode::Observe);
    assert_eq!(settings.default_protection, Protection::Record);
    assert_eq!(settings.on_stop, OnStop::Stay);
    assert_eq!(settings.fencing, Fencing::None);
    assert_eq!(settings.failback, Failback::Never);
    assert_eq!(settings.on_rebalance, OnStop::Stay);
    assert_eq!(settings.stop_by_tag, StopByTag::Refuse);
    assert!(!settings.tags_may_stop());
    assert_eq!(settings.exempt_principals, []);
}

/// The first installation has alarms already, and is to work with them.
#[test]
fn without_a_word_every_alarm_of_a_member_moves() {
    assert_eq!(bare().alarms_that_move, AlarmsThatMove::Any);
}

#[test]
fn the_alarms_that_move_are_any_tagged_ones_or_those_of_a_name() {
    const KEY: &str = "HOLDFAST_ALARMS_THAT_MOVE";
    for (told, read) in [
        ("any", AlarmsThatMove::Any),
        ("tagged", AlarmsThatMove::Tagged),
        ("name:prod-", AlarmsThatMove::Named("prod-".to_owned())),
        ("name:a b", AlarmsThatMove::Named("a b".to_owned())),
    ] {
        assert_eq!(with(KEY, told).unwrap().alarms_that_move, read);
    }
    for told in ["name:", "name: ", "prod-", "Tagged"] {
        let refused = with(KEY, told).unwrap_err().to_string();
        assert!(refused.contains("expected `any`, `tagged`"), "{refused}");
    }
}

#[test]
fn a_setting_of_blanks_counts_as_not_set() {
    for blank in ["", "  "] {
        assert_eq!(with("HOLDFAST_MODE", blank).unwrap(), bare());
        assert_eq!(with("HOLDFAST_RETRY_SECONDS", blank).unwrap(), bare());
        assert_eq!(with("HOLDFAST_TAG_PREFIX", blank).unwrap(), bare());
        let missing = read(&[("HOLDFAST_TABLE", blank), ("AWS_REGION", "eu-west-1")]);
        let message = missing.unwrap_err().to_string();
        assert!(message.contains("HOLDFAST_TABLE: missing"), "{message}");
    }
}

#[test]
fn a_setting_is_read_without_the_blanks_around_it() {
    let settings = with("HOLDFAST_MODE", " enforce ").unwrap();
    assert_eq!(settings.mode, Mode::Enforce);
}

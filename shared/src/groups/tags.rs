//! The values of the tags that users set, read in one way: without blanks around them, and in any case. A value
//! that is none counts as absent, and is told.

use crate::model::tags::Tags;
use crate::settings::{Failback, Fencing, Mover, OnStop, Standby, TagKeys};
use std::fmt;
use std::str::FromStr;

/// The value of a tag; none where there is no such tag, or where its value is none of its kind.
#[must_use]
pub fn value_of<T: FromStr>(tags: &Tags, key: &str) -> Option<T> {
    parsed(tags, key)?.ok()
}

fn parsed<T: FromStr>(tags: &Tags, key: &str) -> Option<Result<T, T::Err>> {
    Some(tags.get(key)?.trim().to_ascii_lowercase().parse())
}

/// A tag whose value is none of its kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnreadableTag {
    /// Its key.
    pub key: String,
    /// Its value.
    pub value: String,
    /// What is expected instead.
    pub expected: &'static str,
}

impl fmt::Display for UnreadableTag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the tag {}=`{}`", self.key, self.value)
    }
}

/// The tags of a member, an address or an interface that say nothing that can be read.
#[must_use]
pub fn unreadable(tags: &Tags, keys: &TagKeys) -> Vec<UnreadableTag> {
    let expected = |key: &str, expected: Option<&'static str>| {
        expected.map(|expected| UnreadableTag {
            key: key.to_owned(),
            value: tags.get(key).cloned().unwrap_or_default(),
            expected,
        })
    };
    let all = [
        expected(&keys.on_stop, wrong::<OnStop>(tags, &keys.on_stop)),
        expected(&keys.mover, wrong::<Mover>(tags, &keys.mover)),
        expected(&keys.failback, wrong::<Failback>(tags, &keys.failback)),
        expected(&keys.fence, wrong::<Fencing>(tags, &keys.fence)),
        expected(&keys.standby, wrong::<Standby>(tags, &keys.standby)),
        expected(
            &keys.cooldown,
            wrong_number::<u64>(tags, &keys.cooldown, "expected a number of seconds"),
        ),
        expected(
            &keys.before_event,
            wrong_number::<u32>(tags, &keys.before_event, "expected a number of minutes"),
        ),
        expected(
            &keys.priority,
            wrong_number::<i64>(tags, &keys.priority, "expected a whole number"),
        ),
    ];
    all.into_iter().flatten().collect()
}

fn wrong<T: FromStr<Err = &'static str>>(tags: &Tags, key: &str) -> Option<&'static str> {
    parsed::<T>(tags, key)?.err()
}

fn wrong_number<T: FromStr>(
    tags: &Tags,
    key: &str,
    expected: &'static str,
) -> Option<&'static str> {
    parsed::<T>(tags, key)?.err().map(|_| expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tagged(key: &str, value: &str) -> Tags {
        [(key.to_owned(), value.to_owned())].into()
    }

    #[test]
    fn a_value_is_read_in_any_case_and_without_the_blanks_around_it() {
        for value in ["stop", "Stop", " STOP "] {
            let tags = tagged("holdfast:fence", value);
            assert_eq!(
                value_of(&tags, "holdfast:fence"),
                Some(Fencing::Stop),
                "{value}"
            );
        }
        let minutes = tagged("holdfast:failback", " 5 ");
        let after = Failback::After(std::time::Duration::from_mins(5));
        assert_eq!(value_of(&minutes, "holdfast:failback"), Some(after));
    }

    #[test]
    fn a_value_that_is_none_counts_as_absent_and_is_told() {
        let keys = TagKeys::under("holdfast");
        for key in [
            "on-stop",
            "mover",
            "failback",
            "fence",
            "cooldown",
            "priority",
            "standby",
            "before-event",
        ] {
            let key = format!("holdfast:{key}");
            let found = unreadable(&tagged(&key, "soon"), &keys);
            let told: Vec<String> = found.iter().map(ToString::to_string).collect();
            assert_eq!(told, [format!("the tag {key}=`soon`")]);
            assert!(found[0].expected.starts_with("expected "), "{found:?}");
        }
        assert_eq!(value_of::<u64>(&tagged("a", "soon"), "a"), None);
    }

    #[test]
    fn every_mover_is_a_word_that_can_be_read() {
        let keys = TagKeys::under("holdfast");
        for mover in [Mover::Auto, Mover::Eni, Mover::Ip, Mover::Eip] {
            let tags = tagged(&keys.mover, &mover.to_string());
            assert_eq!(value_of(&tags, &keys.mover), Some(mover));
            assert_eq!(unreadable(&tags, &keys), []);
        }
    }

    #[test]
    fn tags_that_are_good_or_absent_are_not_told() {
        let keys = TagKeys::under("holdfast");
        assert_eq!(unreadable(&Tags::new(), &keys), []);
        assert_eq!(unreadable(&tagged("holdfast:fence", "None"), &keys), []);
        assert_eq!(unreadable(&tagged("holdfast:cooldown", "60"), &keys), []);
        assert_eq!(unreadable(&tagged("holdfast:priority", "-1"), &keys), []);
    }
}

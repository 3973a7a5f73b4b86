//! Which alarms name a member of a group, and what else a failover asks about the members before it looks: what a sweep has
//! learnt, for the failovers to come. Pure data.
//!
//! Who races for the row: two sweeps. The ledger arbitrates, by its revision. A failover only reads it.

use crate::model::ids::{EniId, InstanceId, InstanceType};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use time::OffsetDateTime;

/// How many bytes of names a row takes. DynamoDB stores no item of more than 400 KB (DynamoDB developer guide,
/// "Quotas"). A name of 255 characters may be 1,020 bytes long.
const MAX_BYTES: usize = 300_000;

/// A group's row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberAlarms {
    /// The group.
    pub group: String,
    /// One more than that of the row it took the place of; 1 for the first.
    pub revision: u64,
    /// The moment before the first alarm was read. One that is younger may be missing.
    #[serde(with = "time::serde::rfc3339")]
    pub as_of: OffsetDateTime,
    /// The version of Holdfast that wrote it.
    pub written_by: String,
    /// The metric alarms that name a member, whatever state they are in. Each member is there, with none if there are
    /// none: of one that is not there nothing is known.
    pub alarms: BTreeMap<InstanceId, BTreeSet<String>>,
    /// How many names had no room.
    #[serde(default)]
    pub left_out: usize,
    /// Who EC2 showed in the group. An earlier version wrote nothing of it.
    #[serde(default, skip_serializing_if = "ShownMembers::is_empty")]
    pub shown: ShownMembers,
}

/// What a failover asks about before it looks: what EC2 showed of a group at a sweep.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownMembers {
    /// The members that EC2 showed, with their types.
    pub types: BTreeMap<InstanceId, InstanceType>,
    /// Who had something of the group.
    pub holders: BTreeSet<InstanceId>,
    /// Who had which interface that moves.
    pub interfaces: BTreeMap<EniId, InstanceId>,
}

/// What an id takes in a row, with what DynamoDB adds to it.
const BYTES_OF_AN_ID: usize = 24;

impl ShownMembers {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn bytes(&self) -> usize {
        let types = self.types.values().map(|kind| kind.0.len() + 4);
        let ids = self.types.len() + self.holders.len() + self.interfaces.len() * 2;
        types.sum::<usize>() + ids * BYTES_OF_AN_ID
    }
}

impl MemberAlarms {
    /// The first row of a group. The names that have no room are counted.
    #[must_use]
    pub fn new(
        group: &str,
        as_of: OffsetDateTime,
        learnt: BTreeMap<InstanceId, BTreeSet<String>>,
        shown: ShownMembers,
    ) -> Self {
        let mut room = MAX_BYTES.saturating_sub(shown.bytes());
        let mut left_out = 0;
        let mut alarms = BTreeMap::new();
        for (member, names) in learnt {
            let mut kept = BTreeSet::new();
            for name in names {
                match room.checked_sub(name.len() + 3) {
                    Some(left) => {
                        room = left;
                        kept.insert(name);
                    }
                    None => left_out += 1,
                }
            }
            alarms.insert(member, kept);
        }
        Self {
            group: group.to_owned(),
            revision: 1,
            as_of,
            written_by: env!("CARGO_PKG_VERSION").to_owned(),
            alarms,
            left_out,
            shown,
        }
    }

    /// Whether another sweep has learnt the same.
    #[must_use]
    pub fn tells_as(&self, other: &Self) -> bool {
        self.alarms == other.alarms && self.left_out == other.left_out && self.shown == other.shown
    }

    /// The same in the place of an earlier row.
    #[must_use]
    pub fn after(self, earlier: Option<&Self>) -> Self {
        Self {
            revision: earlier.map_or(0, |row| row.revision) + 1,
            ..self
        }
    }

    /// The names of all alarms that name one of these members.
    #[must_use]
    pub fn names_of<'a>(&self, members: impl IntoIterator<Item = &'a InstanceId>) -> Vec<String> {
        let names = members.into_iter().filter_map(|id| self.alarms.get(id));
        let once: BTreeSet<&String> = names.flatten().collect();
        once.into_iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(names: impl IntoIterator<Item = String>) -> MemberAlarms {
        let learnt = [
            ("i-1".parse().unwrap(), names.into_iter().collect()),
            ("i-2".parse().unwrap(), BTreeSet::new()),
        ];
        let shown = ShownMembers::default();
        MemberAlarms::new("web", OffsetDateTime::UNIX_EPOCH, learnt.into(), shown)
    }

    #[test]
    fn the_longest_names_of_a_large_group_fit_a_row_of_dynamodb() {
        let longest = |number: usize| format!("{number:04}{}", "\u{1f6a8}".repeat(251));
        let row = row((0..1000).map(longest));
        assert!(row.left_out > 0);
        assert_eq!(row.alarms.len(), 2, "each member is there");
        let written = serde_json::to_vec(&row).unwrap().len();
        assert!(written < 390_000, "{written} bytes");
    }

    #[test]
    fn two_thousand_members_leave_less_room_for_names() {
        let id = |number: usize| format!("i-{number:017x}").parse::<InstanceId>().unwrap();
        let longest = |number: usize| format!("{number:04}{}", "\u{1f6a8}".repeat(251));
        let shown = ShownMembers {
            types: (0..2000)
                .map(|number| (id(number), InstanceType("m6i.24xlarge".to_owned())))
                .collect(),
            holders: (0..2000).map(id).collect(),
            interfaces: BTreeMap::new(),
        };
        let learnt = (0..2000).map(|number| (id(number), [longest(number)].into()));
        let at = OffsetDateTime::UNIX_EPOCH;
        let row = MemberAlarms::new("web", at, learnt.collect(), shown);
        let written = serde_json::to_vec(&row).unwrap().len();
        assert!(written < 390_000, "{written} bytes");
    }

    #[test]
    fn names_of_members_are_told_once_and_of_others_not_at_all() {
        let row = row(["one".to_owned(), "two".to_owned()]);
        let of = |ids: &[&str]| {
            let ids: Vec<InstanceId> = ids.iter().map(|id| id.parse().unwrap()).collect();
            row.names_of(&ids)
        };
        assert_eq!(of(&["i-1", "i-1", "i-2"]), ["one", "two"]);
        assert!(of(&["i-2", "i-3"]).is_empty());
    }

    #[test]
    fn a_row_follows_the_one_that_it_takes_the_place_of() {
        let first = row([]);
        let second = row([]).after(Some(&first));
        assert_eq!((first.revision, second.revision), (1, 2));
        assert_eq!(row([]).after(None).revision, 1);
    }
}

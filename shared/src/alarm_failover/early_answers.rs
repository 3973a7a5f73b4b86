//! What was asked of the members beside the first look (`early`), and for how long and for whom it counts. Pure data.

use super::fresh::FRESH;
use crate::member_alarms::AlarmsOnMembers;
use crate::model::ids::{EniId, InstanceId, InstanceType};
use crate::model::instance::{Instance, InstanceTypeLimits};
use crate::model::instance_status::InstanceStatus;
use std::collections::{BTreeMap, BTreeSet};
use time::OffsetDateTime;

/// An interface, and who is to be given it.
pub(super) type Pair = (EniId, InstanceId);

/// Who was asked about, and why EC2 denies it, or nothing where it does not. An interface that is still attached may be
/// refused for that, which is no denial. An answer that did not come holds nothing back either.
pub(super) type DryRunAnswers = BTreeMap<Pair, Option<String>>;

/// What was asked early, by group.
#[derive(Debug, Clone, Default)]
pub struct EarlyAnswers {
    of_groups: BTreeMap<String, GroupAnswers>,
}

/// What was answered of the members of a group that a sweep has told of.
#[derive(Debug, Clone)]
pub(super) struct GroupAnswers {
    pub(super) asked_at: OffsetDateTime,
    pub(super) members: BTreeSet<InstanceId>,
    pub(super) statuses: Option<BTreeMap<InstanceId, InstanceStatus>>,
    pub(super) limits: Option<BTreeMap<InstanceType, InstanceTypeLimits>>,
    pub(super) alarms: Option<AlarmsOnMembers>,
    pub(super) dry_runs: DryRunAnswers,
}

/// A group, and the members that a look shows.
pub(super) type Shown<'a> = (&'a str, &'a [&'a Instance]);

impl EarlyAnswers {
    pub(super) fn of(groups: impl IntoIterator<Item = (String, GroupAnswers)>) -> Self {
        Self {
            of_groups: groups.into_iter().collect(),
        }
    }

    /// EC2's own checks of all members of a group, if they are known, and fresh.
    pub(super) fn statuses(
        &self,
        shown: Shown<'_>,
        now: OffsetDateTime,
    ) -> Option<BTreeMap<InstanceId, InstanceStatus>> {
        self.fresh(shown, now)?.statuses.clone()
    }

    /// What the types of all members allow, if that is known.
    pub(super) fn limits(
        &self,
        (group, members): Shown<'_>,
    ) -> Option<BTreeMap<InstanceType, InstanceTypeLimits>> {
        let limits = self.of_groups.get(group)?.limits.as_ref()?;
        let mut kinds = members.iter().filter_map(|it| it.kind.as_ref());
        let covers = kinds.all(|kind| limits.contains_key(kind));
        covers.then(|| limits.clone())
    }

    /// The alarms on all members of a group, if they are known, and fresh.
    pub(super) fn alarms(&self, shown: Shown<'_>, now: OffsetDateTime) -> Option<AlarmsOnMembers> {
        self.fresh(shown, now)?.alarms.clone()
    }

    /// Who may be given which interface, as far as EC2 was asked.
    pub(super) fn dry_runs(&self, group: &str) -> DryRunAnswers {
        let answered = self.of_groups.get(group);
        answered.map_or_else(DryRunAnswers::new, |it| it.dry_runs.clone())
    }

    fn fresh(&self, (group, members): Shown<'_>, now: OffsetDateTime) -> Option<&GroupAnswers> {
        let answered = self.of_groups.get(group)?;
        let mut members = members.iter();
        let covers = members.all(|member| answered.members.contains(&member.id));
        (covers && now - answered.asked_at <= FRESH).then_some(answered)
    }
}

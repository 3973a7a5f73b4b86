//! Which alarms tell that a member of a group is not well, and what they say now: once, for everybody who gives an
//! address to a member.
//!
//! CloudWatch has no filter for alarms that name an instance, and its pages come one after the other. So a sweep of
//! reconcile learns which alarms name a member ([`learn`]), and keeps that in the ledger. Whoever has to be quick reads
//! those by name ([`of_members`]): in one round trip, however many alarms others have. An alarm that is younger than the
//! sweep may be missed. Where no sweep has been yet, the first pages of those that fire are read, and no more.
//!
//! Nothing races here but the sweeps for the row, and [`crate::ledger::member_alarms`] says what arbitrates.

mod contributors;
mod gap;
mod learn;
#[cfg(test)]
mod tests;

pub use contributors::{MAX_ASKED, NotAsked, ask, contributing};
pub use gap::Gap;
pub use learn::{AllAlarms, GroupMembers, ask_all, learn, read_all};

use crate::cloud::CloudError;
use crate::cloud::health::{AlarmFilter, ReadAlarmContributors, ReadAlarmPages, ReadAlarms};
use crate::error::chain;
use crate::ledger::{Ledger, MemberAlarms};
use crate::model::alarm::Alarm;
use crate::model::ids::InstanceId;
use std::collections::BTreeMap;
use time::{Duration, OffsetDateTime};

/// How many pages of firing alarms are read where no sweep has told which ones matter: within a second, at a third of a
/// second a page.
const MAX_PAGES: usize = 3;

/// After how long what a sweep has learnt is told as old: six sweeps have not come since.
const OLD: Duration = Duration::minutes(30);

/// Whether no sweep has renewed a row for long: its group may be gone.
#[must_use]
pub fn is_old(row: &MemberAlarms, now: OffsetDateTime) -> bool {
    now - row.as_of > OLD
}

/// What the ledger has on the alarms of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Learnt {
    /// What a sweep has learnt.
    Row(MemberAlarms),
    /// No sweep has been yet.
    Nothing,
    /// The row could not be read, and why.
    Unread(String),
}

/// What is known of the alarms of some members.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AlarmsOnMembers {
    /// The alarms, as they are now.
    pub alarms: Vec<Alarm>,
    /// Where an alarm may be missing from them.
    pub gap: Option<Gap>,
}

/// What the ledger has on all groups, or why that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows(Result<BTreeMap<String, MemberAlarms>, String>);

impl Default for Rows {
    fn default() -> Self {
        Self(Ok(BTreeMap::new()))
    }
}

impl Rows {
    /// Reads them. A ledger that does not answer keeps no address from moving.
    pub async fn read<L: Ledger>(ledger: &L) -> Self {
        let rows = learn::by_group(ledger).await;
        Self(rows.map_err(|failure| chain(&failure)))
    }

    /// What the ledger has on a group.
    #[must_use]
    pub fn of_group(&self, group: &str) -> Learnt {
        match &self.0 {
            Ok(rows) => {
                let row = rows.get(group);
                row.cloned().map_or(Learnt::Nothing, Learnt::Row)
            }
            Err(why) => Learnt::Unread(why.clone()),
        }
    }

    /// The groups of which an instance was a member, or held something, at the last sweep.
    pub fn groups_of(&self, instance: &InstanceId) -> impl Iterator<Item = &str> {
        let rows = self.0.iter().flat_map(BTreeMap::values);
        let of_it = rows.filter(move |row| row.alarms.contains_key(instance));
        of_it.map(|row| row.group.as_str())
    }

    /// Whether a sweep has told who belongs to the groups.
    #[must_use]
    pub fn tells(&self) -> bool {
        self.0.as_ref().is_ok_and(|rows| !rows.is_empty())
    }
}

/// The alarms of members, as they are now.
///
/// # Errors
/// As CloudWatch refuses, where alarms are known by name: without them nobody could say who is well.
pub async fn of_members<C: ReadAlarms + ReadAlarmPages + ReadAlarmContributors>(
    cloud: &C,
    learnt: &Learnt,
    members: &[&InstanceId],
    now: OffsetDateTime,
) -> Result<AlarmsOnMembers, CloudError> {
    let mut known = of_names(cloud, learnt, members, now).await?;
    let not_asked = contributors::ask(cloud, known.alarms.iter_mut()).await?;
    if not_asked.count > 0 && known.gap.is_none() {
        known.gap = Some(Gap::NotAsked(not_asked));
    }
    Ok(known)
}

/// The same, but for which of many instances an alarm fires.
async fn of_names<C: ReadAlarms + ReadAlarmPages>(
    cloud: &C,
    learnt: &Learnt,
    members: &[&InstanceId],
    now: OffsetDateTime,
) -> Result<AlarmsOnMembers, CloudError> {
    let row = match learnt {
        Learnt::Row(row) => row,
        Learnt::Nothing => return some_firing(cloud, Gap::NotLearnt).await,
        Learnt::Unread(why) => return some_firing(cloud, Gap::Unread { why: why.clone() }).await,
    };
    let is_known = |member: &&&InstanceId| row.alarms.contains_key(**member);
    let new: Vec<InstanceId> = members
        .iter()
        .filter(|member| !is_known(member))
        .map(|member| (*member).clone())
        .collect();
    let names = row.names_of(members.iter().copied());
    if !new.is_empty() {
        let gap = Gap::NewMembers { members: new };
        let (by_name, firing) = futures_util::join!(cloud.alarms(&names), some_firing(cloud, gap));
        let mut known = firing?;
        known.alarms.extend(by_name?);
        return Ok(known);
    }
    let gap = if row.left_out > 0 {
        Some(Gap::LeftOut {
            count: row.left_out,
        })
    } else {
        is_old(row, now).then_some(Gap::Old { as_of: row.as_of })
    };
    let alarms = cloud.alarms(&names).await?;
    Ok(AlarmsOnMembers { alarms, gap })
}

/// Those that fire, as far as the first pages tell. All of them in a small account: then nothing is missing.
async fn some_firing<C: ReadAlarmPages>(
    cloud: &C,
    gap: Gap,
) -> Result<AlarmsOnMembers, CloudError> {
    let mut known = AlarmsOnMembers {
        alarms: Vec::new(),
        gap: None,
    };
    let mut after: Option<String> = None;
    for page in 0..MAX_PAGES {
        match cloud
            .alarm_page(AlarmFilter::Firing, after.as_deref())
            .await
        {
            Ok(read) => {
                known.alarms.extend(read.alarms);
                after = read.next;
            }
            // What was read counts. Where nothing was, somebody has to ask again.
            Err(failure) if page > 0 && failure.is_transient() => break,
            Err(failure) => return Err(failure),
        }
        if after.is_none() {
            return Ok(known);
        }
    }
    known.gap = Some(gap);
    Ok(known)
}

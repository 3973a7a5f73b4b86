//! Learning which alarms name a member: all alarms of the account, page by page and slowly, and a row for each group.
//!
//! Who else asks CloudWatch: every failover, and whoever else the account has. They share 9 calls a second. So the pages
//! are paced by the clock, well below that, and a sweep that is throttled stops: what is in the ledger stays, and the
//! next sweep tries again.

use super::contributors::contributing;
use crate::clock::Clock;
use crate::cloud::CloudError;
use crate::cloud::health::{AlarmFilter, ReadAlarmContributors, ReadAlarmPages};
use crate::ledger::{Ledger, MemberAlarms, ShownMembers, Written};
use crate::model::alarm::Alarm;
use crate::model::ids::InstanceId;
use crate::ports::Deadline;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use time::OffsetDateTime;

/// The time from one page to the next: three in a second.
const PACE: Duration = Duration::from_millis(334);

/// How often one page is asked for, or a row is written, and the first pause between two pages.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_secs(2);

/// After how long a row is written again in which nothing has changed: a write costs more than a read.
const RENEWED: time::Duration = time::Duration::minutes(15);

/// The alarms of the account, as far as they were read.
#[derive(Debug, Default)]
pub struct AllAlarms {
    /// The alarms.
    pub alarms: Vec<Alarm>,
    /// Why not all of them were read: an answer, or none where the time was over.
    pub unread: Option<Option<CloudError>>,
}

/// Who belongs to a group, as a sweep sees it.
#[derive(Debug, Clone, Default)]
pub struct GroupMembers {
    /// The members, and whoever else holds something of the group.
    pub members: BTreeSet<InstanceId>,
    /// What EC2 shows of them.
    pub shown: ShownMembers,
}

/// Reads all alarms until the deadline.
///
/// # Errors
/// Where the first page is refused for good.
pub async fn read_all<C: ReadAlarmPages, K: Clock>(
    (cloud, clock): (&C, &K),
    deadline: Deadline,
) -> Result<AllAlarms, CloudError> {
    let mut all = AllAlarms::default();
    let mut after: Option<String> = None;
    let mut tries = 0;
    loop {
        let asked_at = clock.now();
        match cloud.alarm_page(AlarmFilter::All, after.as_deref()).await {
            Ok(page) => {
                tries = 0;
                all.alarms.extend(page.alarms);
                after = page.next;
                if after.is_none() {
                    return Ok(all);
                }
            }
            Err(failure) if !failure.is_transient() && after.is_none() => return Err(failure),
            Err(failure) => {
                tries += 1;
                if tries >= TRIES || !failure.is_transient() {
                    all.unread = Some(Some(failure));
                    return Ok(all);
                }
                clock.sleep(PAUSE * tries).await;
            }
        }
        if !deadline.allows(clock.now(), PACE) {
            all.unread = Some(None);
            return Ok(all);
        }
        let next = asked_at + PACE;
        if let Ok(left) = Duration::try_from(next - clock.now())
            && !left.is_zero()
        {
            clock.sleep(left).await;
        }
    }
}

/// Asks those that fire and watch many time series for which instances they do, one after the other and no faster than
/// the pages. Gives back how many were not asked, for want of time or since CloudWatch refused.
pub async fn ask_all<C: ReadAlarmContributors, K: Clock>(
    (cloud, clock): (&C, &K),
    alarms: &mut [Alarm],
    deadline: Deadline,
) -> (usize, Option<CloudError>) {
    let is_open = |alarm: &&mut Alarm| alarm.fires() && alarm.may_have_contributors();
    let mut open = alarms.iter_mut().filter(is_open);
    let Some(mut next) = open.next() else {
        return (0, None);
    };
    loop {
        match contributing(cloud, &next.name).await {
            Ok(instances) => next.contributors = instances,
            Err(failure) => return (open.count() + 1, Some(failure)),
        }
        match open.next() {
            None => return (0, None),
            Some(_) if !deadline.allows(clock.now(), PACE) => return (open.count() + 1, None),
            Some(alarm) => next = alarm,
        }
        clock.sleep(PACE).await;
    }
}

/// Writes down for each group which alarms name its members. An alarm on many time series has named those for which it
/// fires, or fired at an earlier sweep: its definition names nobody. `as_of` is the moment before the first of them was read.
/// What was learnt is given back.
///
/// # Errors
/// As the ledger refuses.
pub async fn learn<L: Ledger>(
    ledger: &L,
    alarms: &[Alarm],
    groups: &BTreeMap<String, GroupMembers>,
    as_of: OffsetDateTime,
) -> Result<Vec<MemberAlarms>, CloudError> {
    let mut by_instance: BTreeMap<InstanceId, BTreeSet<String>> = BTreeMap::new();
    for alarm in alarms {
        for instance in alarm.instances() {
            let names = by_instance.entry(instance).or_default();
            names.insert(alarm.name.clone());
        }
    }
    let earlier = by_group(ledger).await?;
    let of_many: BTreeSet<&String> = alarms
        .iter()
        .filter(|alarm| alarm.may_have_contributors())
        .map(|alarm| &alarm.name)
        .collect();
    let mut rows = Vec::new();
    for (group, told) in groups {
        let before = earlier.get(group);
        let of = |member: &InstanceId| {
            let mut names = by_instance.get(member).cloned().unwrap_or_default();
            let once = before.and_then(|row| row.alarms.get(member));
            let once = once
                .into_iter()
                .flatten()
                .filter(|name| of_many.contains(name));
            names.extend(once.cloned());
            names
        };
        let learnt = told.members.iter().map(|id| (id.clone(), of(id)));
        let row = MemberAlarms::new(group, as_of, learnt.collect(), told.shown.clone());
        write(ledger, &row, before.cloned()).await?;
        rows.push(row);
    }
    Ok(rows)
}

/// The rows of the ledger, by their group.
pub(super) async fn by_group<L: Ledger>(
    ledger: &L,
) -> Result<BTreeMap<String, MemberAlarms>, CloudError> {
    let rows = ledger.member_alarms().await?.into_iter();
    Ok(rows.map(|row| (row.group.clone(), row)).collect())
}

/// Writes the row, unless another sweep has read the alarms later, or nothing is new.
async fn write<L: Ledger>(
    ledger: &L,
    row: &MemberAlarms,
    mut earlier: Option<MemberAlarms>,
) -> Result<(), CloudError> {
    for _ in 0..TRIES {
        let is_known = earlier.as_ref().is_some_and(|earlier| {
            let is_same = earlier.tells_as(row);
            earlier.as_of >= row.as_of || (is_same && row.as_of - earlier.as_of < RENEWED)
        });
        if is_known {
            return Ok(());
        }
        let next = row.clone().after(earlier.as_ref());
        let written = ledger.put_member_alarms(&next).await?;
        if matches!(written, Written::Stored | Written::Unreadable) {
            return Ok(());
        }
        earlier = by_group(ledger).await?.remove(&row.group);
    }
    // Whoever came first each time has learnt it, too.
    Ok(())
}

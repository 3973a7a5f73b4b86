//! Learning which alarms name a member: all alarms of the account, page by page and slowly, and a row for each group.
//!
//! Who else asks CloudWatch: every failover, and whoever else the account has. They share 9 calls a second. So the pages
//! are paced by the clock, well below that, and a sweep that is throttled stops: what is in the ledger stays, and the
//! next sweep tries again.

use crate::clock::Clock;
use crate::cloud::CloudError;
use crate::cloud::health::{AlarmFilter, ReadAlarmPages};
use crate::ledger::{Ledger, MemberAlarms, Written};
use crate::model::alarm::{Alarm, AlarmMetric};
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

/// Writes down for each group which alarms name its members. `as_of` is the moment before the first of them was read.
/// What was learnt is given back.
///
/// # Errors
/// As the ledger refuses.
pub async fn learn<L: Ledger>(
    ledger: &L,
    alarms: &[Alarm],
    groups: &BTreeMap<String, BTreeSet<InstanceId>>,
    as_of: OffsetDateTime,
) -> Result<Vec<MemberAlarms>, CloudError> {
    let mut by_instance: BTreeMap<InstanceId, BTreeSet<String>> = BTreeMap::new();
    for alarm in alarms {
        for instance in alarm.metrics.iter().filter_map(AlarmMetric::instance) {
            let names = by_instance.entry(instance).or_default();
            names.insert(alarm.name.clone());
        }
    }
    let earlier = ledger.member_alarms().await?;
    let mut rows = Vec::new();
    for (group, members) in groups {
        let of = |member: &InstanceId| by_instance.get(member).cloned().unwrap_or_default();
        let learnt = members.iter().map(|id| (id.clone(), of(id))).collect();
        let row = MemberAlarms::new(group, as_of, learnt);
        let of_it = earlier.iter().filter(|it| it.group == row.group);
        write(ledger, &row, of_it.cloned().collect()).await?;
        rows.push(row);
    }
    Ok(rows)
}

/// Writes the row, unless another sweep has read the alarms later, or nothing is new.
async fn write<L: Ledger>(
    ledger: &L,
    row: &MemberAlarms,
    mut rows: Vec<MemberAlarms>,
) -> Result<(), CloudError> {
    for _ in 0..TRIES {
        let earlier = rows.iter().find(|earlier| earlier.group == row.group);
        let is_known = earlier.is_some_and(|earlier| {
            let is_same = earlier.alarms == row.alarms && earlier.left_out == row.left_out;
            earlier.as_of >= row.as_of || (is_same && row.as_of - earlier.as_of < RENEWED)
        });
        if is_known {
            return Ok(());
        }
        let next = row.clone().after(earlier);
        let written = ledger.put_member_alarms(&next).await?;
        if matches!(written, Written::Stored | Written::Unreadable) {
            return Ok(());
        }
        rows = ledger.member_alarms().await?;
    }
    // Whoever came first each time has learnt it, too.
    Ok(())
}

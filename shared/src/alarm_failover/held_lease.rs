//! A group's lease while this run has it: what an earlier run noted, what this one noted, and what the lease says
//! afterwards. Pure; `lease` acquires and releases it.

use super::assessment;
use super::case::Case;
use super::progress::{Progress, Stop};
use crate::cloud::CloudError;
use crate::ledger::lease::{FailoverRecord, Lease};
use crate::model::former_target::FormerTarget;
use crate::model::ids::{AllocationId, InstanceId};
use std::collections::{BTreeMap, BTreeSet};
use time::OffsetDateTime;

/// A lease that this run has.
#[derive(Debug, Clone)]
pub(super) struct HeldLease {
    /// The row as it was granted.
    pub(super) lease: Lease,
    /// What this run is about to do. The row has it, unless an earlier run's record is still in progress.
    pub(super) own: FailoverRecord,
}

impl HeldLease {
    /// What an earlier run has begun and is not known to have ended.
    pub(super) fn earlier(&self) -> Option<&FailoverRecord> {
        let in_progress = self.lease.in_progress.as_ref();
        in_progress.filter(|record| **record != self.own)
    }

    /// When the last failover ended, from which the cooldown counts.
    pub(super) fn cooldown_from(&self, sources: &BTreeSet<InstanceId>) -> Option<OffsetDateTime> {
        cooldown_from(&self.lease, self.earlier(), sources)
    }

    /// Where the addresses were that this run, or the one before it, is about.
    pub(super) fn former_targets(&self) -> BTreeMap<AllocationId, FormerTarget> {
        let mut targets = assessment::former_targets(&self.lease);
        let own = self.own.former_targets.clone();
        for (allocation, target) in own {
            targets.entry(allocation).or_insert(target);
        }
        targets
    }

    /// The row once this run has ended. What is not done stays noted, for the next delivery and for reconcile.
    pub(super) fn after(
        self,
        case: &Case<'_>,
        progress: &Progress,
        stop: &Stop,
        now: OffsetDateTime,
    ) -> Lease {
        let is_done = matches!(stop, Stop::Complete)
            && progress.is_complete()
            && !progress.fenced.is_unfinished;
        let is_over = is_done && !self.is_anothers(progress);
        let earlier = self.earlier().cloned().filter(|_| is_over);
        let Self { mut lease, own } = self;
        lease.held = None;
        if is_over {
            lease.in_progress = None;
        }
        if let Some(to) = progress.new_holder() {
            lease.last = Some(FailoverRecord {
                failed_members: progress.sources.clone(),
                began_at: case.received,
                to: Some(to.clone()),
                ..ended(own, now)
            });
            lease.failback_target_healthy_since = None;
        } else if let Some(earlier) = earlier
            && progress.last_look.earlier_failed_hold_nothing
            && !is_known_to_have_ended(&lease, &earlier)
        {
            // Its run died after the move: that it failed over is known from here on only.
            lease.last = Some(ended(earlier, now));
        }
        lease
    }

    /// The row of a run that moves nothing: without what its claim noted, or that of an earlier run like it.
    pub(super) fn untouched(self) -> Lease {
        let Self { mut lease, .. } = self;
        lease.held = None;
        lease.in_progress = lease.in_progress.filter(|noted| !noted.is_about_nothing());
        lease
    }

    /// The row of a run that found the group paused. Its cause stays noted, so that a sweep takes it up when the pause is
    /// over, and looks at its alarms again. What a person frees meanwhile is free on purpose.
    pub(super) fn put_off(self) -> Lease {
        let Self { mut lease, own } = self;
        lease.held = None;
        if let Some(noted) = &mut lease.in_progress
            && *noted == own
        {
            noted.pending_reassociation.clear();
        }
        lease
    }

    /// Whether what is noted as in progress is another alarm's, and is still to be done. It is about members that this
    /// run is not about, and they still hold something. The end of this run says nothing of them.
    fn is_anothers(&self, progress: &Progress) -> bool {
        let noted = self.lease.in_progress.as_ref();
        noted.is_some_and(|noted| {
            noted.alarms != self.own.alarms
                && !noted.alarms.is_empty()
                && !noted.failed_members.is_subset(&progress.sources)
                && !progress.last_look.earlier_failed_hold_nothing
        })
    }
}

/// When the last failover ended, from which the cooldown counts. What an earlier run of the same failover moved is no
/// reason to wait with the rest of it.
pub(super) fn cooldown_from(
    lease: &Lease,
    earlier: Option<&FailoverRecord>,
    sources: &BTreeSet<InstanceId>,
) -> Option<OffsetDateTime> {
    let last = lease.last.as_ref()?;
    let is_the_rest = earlier.is_some_and(|record| {
        record.cause == last.cause
            && record.fired_at == last.fired_at
            && sources.is_subset(&record.failed_members)
            && last
                .to
                .as_ref()
                .is_none_or(|to| !last.failed_members.contains(to))
    });
    last.ended_at.filter(|_| !is_the_rest)
}

/// Whether the lease says already when that failover ended, and who took over: only its fence was left.
fn is_known_to_have_ended(lease: &Lease, earlier: &FailoverRecord) -> bool {
    let last = lease.last.as_ref();
    last.is_some_and(|last| {
        last.cause == earlier.cause && last.fired_at == earlier.fired_at && last.to.is_some()
    })
}

/// A record of a failover with nothing left to do.
fn ended(record: FailoverRecord, now: OffsetDateTime) -> FailoverRecord {
    FailoverRecord {
        pending_reassociation: Vec::new(),
        former_targets: BTreeMap::new(),
        pending_fences: BTreeMap::new(),
        ended_at: Some(now),
        ..record
    }
}

/// What became of the lease when the run had ended.
#[derive(Debug)]
pub(super) enum LeaseEnd {
    /// It is released, or another run has it by now.
    Released,
    /// It could not be released: it ends by itself.
    NotReleased(CloudError),
}

//! The ledger as the functions use it. DynamoDB carries it out, and a ledger in memory does for tests.

use super::floating_interfaces::FloatingInterfaces;
use super::lease::{Acquire, Claim, Lease};
use super::member_alarms::MemberAlarms;
use super::release::ReleaseRecord;
use super::snapshot::Snapshot;
use crate::cloud::CloudError;
use crate::model::ids::{AllocationId, AssociationId};
use serde::{Deserialize, Serialize};

/// Everything the ledger has on one allocation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AllocationRows {
    /// Its last known state.
    pub snapshot: Option<Snapshot>,
    /// How its release was dealt with.
    pub release: Option<ReleaseRecord>,
    /// There is a release record, and this version cannot read it: `release` is none then.
    pub is_release_unreadable: bool,
}

/// A row that this version cannot read: a later version wrote it, or somebody changed it by hand. It is passed by, told,
/// and stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnreadableRow {
    /// Its kind and its key: `snapshot/eipalloc-1`.
    pub name: String,
    /// Why.
    pub why: String,
}

impl UnreadableRow {
    /// Its kind, and its key within that.
    #[must_use]
    pub fn kind_and_key(&self) -> (&str, &str) {
        self.name.split_once('/').unwrap_or((&self.name, ""))
    }
}

/// What became of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[must_use = "a write that was refused is to be derived anew from what is there now"]
pub enum Written {
    /// It is in the ledger.
    Stored,
    /// Another write came first: read again.
    Conflict,
    /// The row that is there cannot be read. It stays, and nothing is written.
    Unreadable,
}

/// The ledger, as the functions use it.
pub trait Ledger: Send + Sync {
    /// Both rows of one allocation, in one consistent read.
    ///
    /// # Errors
    /// `Throttled`, `Denied`, or anything else as `Other`. A row that cannot be read is no error: it is left out here
    /// and in every list, and [`Ledger::take_unreadable`] has it.
    fn read(
        &self,
        allocation: &AllocationId,
    ) -> impl Future<Output = Result<AllocationRows, CloudError>> + Send;

    /// All snapshots, tombstones included, in one query: a page for each MiB. It grows with what is others', so nothing
    /// that has to be quick asks for it.
    ///
    /// # Errors
    /// As for [`Ledger::read`].
    fn snapshots(&self) -> impl Future<Output = Result<Vec<Snapshot>, CloudError>> + Send;

    /// The snapshots of these allocations, a hundred in a batch and all batches at the same time. An allocation that
    /// the ledger does not know is left out.
    ///
    /// # Errors
    /// As for [`Ledger::read`].
    fn snapshots_of(
        &self,
        allocations: &[AllocationId],
    ) -> impl Future<Output = Result<Vec<Snapshot>, CloudError>> + Send;

    /// All release records, in one query: a page for each MiB.
    ///
    /// # Errors
    /// As for [`Ledger::read`].
    fn releases(&self) -> impl Future<Output = Result<Vec<ReleaseRecord>, CloudError>> + Send;

    /// Which allocation an association tied: the record of a disassociation does not say.
    ///
    /// # Errors
    /// As for [`Ledger::read`].
    fn allocation_of_association(
        &self,
        association: &AssociationId,
    ) -> impl Future<Output = Result<Option<AllocationId>, CloudError>> + Send;

    /// Stores a snapshot whose `revision` is one more than that of the row it was derived from (1 when
    /// there was none). Its row in the history is stored as one with it.
    ///
    /// Idempotent on (allocation, revision) in effect: repeated after a lost reply it is a conflict,
    /// and the row read then is the very one that was written.
    ///
    /// # Errors
    /// As for [`Ledger::read`].
    fn put_snapshot(
        &self,
        snapshot: &Snapshot,
    ) -> impl Future<Output = Result<Written, CloudError>> + Send;

    /// Stores a release record, by the same rule.
    ///
    /// # Errors
    /// As for [`Ledger::read`].
    fn put_release(
        &self,
        release: &ReleaseRecord,
    ) -> impl Future<Output = Result<Written, CloudError>> + Send;

    /// All leases, in one query.
    ///
    /// # Errors
    /// As for [`Ledger::read`].
    fn leases(&self) -> impl Future<Output = Result<Vec<Lease>, CloudError>> + Send;

    /// The rows that were asked for since this was last called, and that cannot be read.
    fn take_unreadable(&self) -> Vec<UnreadableRow>;

    /// Takes a group's lease if nobody has it or its time is up, in one conditional write. The lease number
    /// goes up by one, and the claim's record is noted unless another is in progress. Where the group's row cannot be
    /// read, a row beside it is the lease. The group's failovers go on, one at a time, and do not know what the other
    /// row says.
    ///
    /// A lost reply means: the lease may be ours, and ends by itself. Claimed again by the same owner
    /// it is granted again, with the next lease number.
    ///
    /// # Errors
    /// As for [`Ledger::read`].
    fn acquire_lease(
        &self,
        claim: &Claim,
    ) -> impl Future<Output = Result<Acquire, CloudError>> + Send;

    /// Stores a lease as it is to be from now on, if its lease number is still the one in the ledger.
    ///
    /// Idempotent on (group, lease number).
    ///
    /// # Errors
    /// As for [`Ledger::read`].
    fn put_lease(&self, lease: &Lease) -> impl Future<Output = Result<Written, CloudError>> + Send;

    /// The floating interfaces of all groups, as the last sweep saw them, in one query.
    ///
    /// # Errors
    /// As for [`Ledger::read`].
    fn floating_interfaces(
        &self,
    ) -> impl Future<Output = Result<Vec<FloatingInterfaces>, CloudError>> + Send;

    /// Stores such a row, if its `revision` is one more than that of the row that is there (1 when there is none).
    ///
    /// Idempotent on (group, revision) in effect, as [`Ledger::put_snapshot`] is.
    ///
    /// # Errors
    /// As for [`Ledger::read`].
    fn put_floating_interfaces(
        &self,
        row: &FloatingInterfaces,
    ) -> impl Future<Output = Result<Written, CloudError>> + Send;

    /// Which alarms name the members of each group, as a sweep has learnt it, in one query. It grows with the groups,
    /// and with nothing of others.
    ///
    /// # Errors
    /// As for [`Ledger::read`].
    fn member_alarms(&self) -> impl Future<Output = Result<Vec<MemberAlarms>, CloudError>> + Send;

    /// Stores such a row, if its `revision` is one more than that of the row that is there (1 when there is none).
    ///
    /// Idempotent on (group, revision) in effect, as [`Ledger::put_snapshot`] is.
    ///
    /// # Errors
    /// As for [`Ledger::read`].
    fn put_member_alarms(
        &self,
        row: &MemberAlarms,
    ) -> impl Future<Output = Result<Written, CloudError>> + Send;
}

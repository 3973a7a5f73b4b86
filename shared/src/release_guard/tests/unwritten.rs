//! A ledger that takes no rows: what the guard leaves undone then, and what it says.

use super::super::handle_release;
use super::ec2::refusal;
use super::*;
use crate::cloud::CloudError;
use crate::error::Error;
use crate::ledger::lease::{Acquire, Claim};
use crate::ledger::{
    FloatingInterfaces, Lease, Ledger, MemberAlarms, MemoryLedger, UnreadableRow, Written,
};
use crate::model::ids::{AllocationId, AssociationId};
use crate::ports::{Delivery, Ports};
use crate::report::Function;
use futures_util::FutureExt;

/// A ledger that is read, and that refuses every snapshot.
struct WithoutRows(MemoryLedger);

impl Ledger for WithoutRows {
    async fn read(&self, allocation: &AllocationId) -> Result<AllocationRows, CloudError> {
        self.0.read(allocation).await
    }

    async fn snapshots(&self) -> Result<Vec<Snapshot>, CloudError> {
        self.0.snapshots().await
    }

    async fn snapshots_of(
        &self,
        allocations: &[AllocationId],
    ) -> Result<Vec<Snapshot>, CloudError> {
        self.0.snapshots_of(allocations).await
    }

    async fn releases(&self) -> Result<Vec<ReleaseRecord>, CloudError> {
        Ledger::releases(&self.0).await
    }

    async fn allocation_of_association(
        &self,
        of: &AssociationId,
    ) -> Result<Option<AllocationId>, CloudError> {
        self.0.allocation_of_association(of).await
    }

    async fn put_snapshot(&self, _: &Snapshot) -> Result<Written, CloudError> {
        Err(refusal("InternalError"))
    }

    async fn put_release(&self, release: &ReleaseRecord) -> Result<Written, CloudError> {
        self.0.put_release(release).await
    }

    async fn leases(&self) -> Result<Vec<Lease>, CloudError> {
        self.0.leases().await
    }

    fn take_unreadable(&self) -> Vec<UnreadableRow> {
        self.0.take_unreadable()
    }

    async fn acquire_lease(&self, claim: &Claim) -> Result<Acquire, CloudError> {
        self.0.acquire_lease(claim).await
    }

    async fn put_lease(&self, lease: &Lease) -> Result<Written, CloudError> {
        self.0.put_lease(lease).await
    }

    async fn floating_interfaces(&self) -> Result<Vec<FloatingInterfaces>, CloudError> {
        self.0.floating_interfaces().await
    }

    async fn put_floating_interfaces(
        &self,
        row: &FloatingInterfaces,
    ) -> Result<Written, CloudError> {
        self.0.put_floating_interfaces(row).await
    }

    async fn member_alarms(&self) -> Result<Vec<MemberAlarms>, CloudError> {
        self.0.member_alarms().await
    }

    async fn put_member_alarms(&self, row: &MemberAlarms) -> Result<Written, CloudError> {
        self.0.put_member_alarms(row).await
    }
}

#[test]
fn a_release_whose_rows_are_not_written_is_not_recorded_as_settled() {
    let guarded = released().guarded();
    let ports = Ports {
        cloud: guarded.cloud.clone(),
        ledger: WithoutRows(guarded.ledger.clone()),
        clock: guarded.cloud.clone(),
    };
    let delivery = Delivery {
        ends_at: guarded.ec2().now + guarded.ends_in,
        run: 0,
    };
    let (function, settings) = (Function::ReleaseGuard, &guarded.settings);
    let run = handle_release(function, &ports, settings, &guarded.release, delivery);
    let end = run.now_or_never().unwrap();
    assert!(
        matches!(
            end.as_ref().map_err(Error::without_report),
            Err(Error::LedgerUnwritten { .. })
        ),
        "{end:?}"
    );
    assert_eq!(guarded.record_of(&guarded.release.allocation), None);
}

//! The ledger behind the fault injector.

use super::Client;
use super::cloud::unanswered;
use super::faults::SeededBug;
use crate::promises;
use futures_util::FutureExt;
use holdfast::cloud::CloudError;
use holdfast::ledger::lease::{Acquire, Claim};
use holdfast::ledger::{
    AllocationRows, FloatingInterfaces, Lease, Ledger, MemberAlarms, ReleaseRecord, Snapshot,
    UnreadableRow, Written,
};
use holdfast::model::ids::{AllocationId, AssociationId};

impl Client {
    async fn ledger_call<T, F>(
        &self,
        name: &'static str,
        action: &'static str,
        call: F,
    ) -> Result<T, CloudError>
    where
        F: Future<Output = Result<T, CloudError>> + Send,
        T: Send,
    {
        self.on_the_way(name).await;
        let apply = || call.now_or_never();
        match self.bed.faults.call(self.run, name, apply).await {
            Ok(Some(answer)) => answer,
            Ok(None) => Err(unanswered(action)),
            Err(passage) => Err(passage.into_error(action)),
        }
    }
}

impl Client {
    /// Asks for a lease, and sees that nobody loses it who has it.
    async fn watched(&self, claim: &Claim) -> Result<Acquire, CloudError> {
        let before = self.bed.ledger.leases().await?;
        let taken = self.bed.ledger.acquire_lease(claim).await?;
        let now = self.bed.world().now();
        let mut rows = before.iter().filter(|row| row.group == claim.group);
        let held = rows.find_map(|row| row.held.as_ref());
        if let (Acquire::Granted(_), Some(held)) = (&taken, held)
            && held.owner != claim.hold.owner
            && held.until > now
        {
            let (group, owner, until) = (&claim.group, &held.owner, held.until);
            self.bed.note_broken(vec![format!(
                "the lease of group {group} was given away, which {owner} has until {until}"
            )]);
        }
        Ok(taken)
    }
}

impl Ledger for Client {
    async fn read(&self, allocation: &AllocationId) -> Result<AllocationRows, CloudError> {
        let call = self.bed.ledger.read(allocation);
        self.ledger_call("ledger read", "dynamodb:BatchGetItem", call)
            .await
    }

    async fn snapshots(&self) -> Result<Vec<Snapshot>, CloudError> {
        let call = self.bed.ledger.snapshots();
        self.ledger_call("ledger query", "dynamodb:Query", call)
            .await
    }

    async fn snapshots_of(
        &self,
        allocations: &[AllocationId],
    ) -> Result<Vec<Snapshot>, CloudError> {
        let call = self.bed.ledger.snapshots_of(allocations);
        self.ledger_call("ledger read snapshots", "dynamodb:BatchGetItem", call)
            .await
    }

    async fn releases(&self) -> Result<Vec<ReleaseRecord>, CloudError> {
        let call = Ledger::releases(&self.bed.ledger);
        self.ledger_call("ledger query releases", "dynamodb:Query", call)
            .await
    }

    async fn allocation_of_association(
        &self,
        association: &AssociationId,
    ) -> Result<Option<AllocationId>, CloudError> {
        let call = self.bed.ledger.allocation_of_association(association);
        self.ledger_call("ledger read holder", "dynamodb:BatchGetItem", call)
            .await
    }

    async fn put_snapshot(&self, snapshot: &Snapshot) -> Result<Written, CloudError> {
        let ledger = &self.bed.ledger;
        let call = async {
            let before = ledger.read(&snapshot.allocation).await?.snapshot;
            let written = ledger.put_snapshot(snapshot).await?;
            let broken = promises::broken_by_row(before.as_ref(), snapshot);
            self.bed
                .note_broken(broken.filter(|_| written == Written::Stored));
            Ok(written)
        };
        self.ledger_call("ledger write snapshot", "dynamodb:PutItem", call)
            .await
    }

    async fn put_release(&self, release: &ReleaseRecord) -> Result<Written, CloudError> {
        let ledger = &self.bed.ledger;
        let call = async {
            let before = ledger.read(&release.allocation).await?.release;
            let written = ledger.put_release(release).await?;
            let broken = promises::broken_by_record(before.as_ref(), release);
            self.bed
                .note_broken(broken.filter(|_| written == Written::Stored));
            Ok(written)
        };
        self.ledger_call("ledger write release", "dynamodb:PutItem", call)
            .await
    }

    async fn leases(&self) -> Result<Vec<Lease>, CloudError> {
        let call = self.bed.ledger.leases();
        self.ledger_call("ledger query leases", "dynamodb:Query", call)
            .await
    }

    fn take_unreadable(&self) -> Vec<UnreadableRow> {
        self.bed.ledger.take_unreadable()
    }

    async fn acquire_lease(&self, claim: &Claim) -> Result<Acquire, CloudError> {
        let call = self.watched(claim);
        let taken = self
            .ledger_call("ledger take lease", "dynamodb:UpdateItem", call)
            .await?;
        Ok(match taken {
            Acquire::HeldBy(lease) if self.bed.faults.has_bug(SeededBug::LeaseOfOthers) => {
                Acquire::Granted(lease)
            }
            taken => taken,
        })
    }

    async fn put_lease(&self, lease: &Lease) -> Result<Written, CloudError> {
        let call = self.bed.ledger.put_lease(lease);
        self.ledger_call("ledger put lease", "dynamodb:PutItem", call)
            .await
    }

    async fn floating_interfaces(&self) -> Result<Vec<FloatingInterfaces>, CloudError> {
        let call = self.bed.ledger.floating_interfaces();
        self.ledger_call("ledger query interfaces", "dynamodb:Query", call)
            .await
    }

    async fn put_floating_interfaces(
        &self,
        row: &FloatingInterfaces,
    ) -> Result<Written, CloudError> {
        let call = self.bed.ledger.put_floating_interfaces(row);
        self.ledger_call("ledger write interfaces", "dynamodb:PutItem", call)
            .await
    }

    async fn member_alarms(&self) -> Result<Vec<MemberAlarms>, CloudError> {
        let call = self.bed.ledger.member_alarms();
        self.ledger_call("ledger query member alarms", "dynamodb:Query", call)
            .await
    }

    async fn put_member_alarms(&self, row: &MemberAlarms) -> Result<Written, CloudError> {
        let call = self.bed.ledger.put_member_alarms(row);
        self.ledger_call("ledger put member alarms", "dynamodb:PutItem", call)
            .await
    }
}

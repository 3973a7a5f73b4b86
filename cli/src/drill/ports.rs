//! What the drill asks of AWS. [`Relinquish`] can release an address, and no other trait of the project can: it stands in
//! this crate alone, which no function depends on. That is promise 4.

use super::run::Run;
use holdfast::cloud::{Allocated, CloudError};
use holdfast::model::elastic_ip::Address;
use holdfast::model::ids::AllocationId;
use holdfast::model::tags::Tags;
use std::collections::BTreeSet;
use std::net::Ipv4Addr;

/// Allocating, releasing and finding the addresses of a drill, in any region.
pub trait Relinquish: Send + Sync {
    /// `AllocateAddress`, with its tags in the same call: any address, or the one that is named.
    ///
    /// Idempotent on the address where one is named, and on nothing where none is. So a call without an answer is never
    /// sent again by the adapter: the run looks by its tags first.
    ///
    /// # Errors
    /// As for `holdfast::cloud::Allocate`.
    fn allocate(
        &self,
        region: &str,
        ip: Option<Ipv4Addr>,
        tags: &Tags,
    ) -> impl Future<Output = Result<Allocated, CloudError>> + Send;

    /// `ReleaseAddress`.
    ///
    /// Idempotent on the allocation: its id is never used again. "Already done" is `NotFound(Missing::Allocation)`. A lost
    /// reply means: look by the tag of the run.
    ///
    /// # Errors
    /// `Refused`: somebody uses the address (`InvalidIPAddress.InUse`). `HeldElsewhere`: it is not the account's.
    fn release(
        &self,
        region: &str,
        allocation: &AllocationId,
    ) -> impl Future<Output = Result<(), CloudError>> + Send;

    /// `DescribeAddresses` by one tag. The answer may lag behind a write by seconds.
    ///
    /// # Errors
    /// As EC2 refuses.
    fn tagged(
        &self,
        region: &str,
        key: &str,
        value: &str,
    ) -> impl Future<Output = Result<Vec<Address>, CloudError>> + Send;

    /// Which addresses of Amazon's the account holds in the region (`DescribeAddresses`).
    ///
    /// # Errors
    /// As EC2 refuses.
    fn held(
        &self,
        region: &str,
    ) -> impl Future<Output = Result<BTreeSet<AllocationId>, CloudError>> + Send;

    /// How many it may hold: Service Quotas L-0263D0A3 (`GetServiceQuota`); `None`: nobody says.
    ///
    /// # Errors
    /// As Service Quotas refuses.
    fn quota(&self, region: &str) -> impl Future<Output = Result<Option<u64>, CloudError>> + Send;
}

/// The run was not kept, so nothing was sent.
#[derive(Debug, thiserror::Error)]
#[error("the run file cannot be written, so the drill has stopped before its next call")]
pub struct NotKept(#[from] pub std::io::Error);

/// Where a run outlives its process.
pub trait KeepRun: Send {
    /// Keeps the run as a whole: after a crash, either this state is there or the one before it.
    ///
    /// # Errors
    /// The disk is full or not to be written.
    fn keep(&mut self, run: &Run) -> Result<(), NotKept>;
}

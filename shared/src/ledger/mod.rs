//! What must outlive an address: the last known [`Snapshot`] of each allocation, a [`ReleaseRecord`] for
//! each one that ended, and the [`history`] of both. Beside them: the [`lease`] of each group, and which alarms name its
//! members ([`member_alarms`]).
//!
//! Races: every function writes here, for the same address, at the same time, and events arrive in any
//! order. What arbitrates: each row carries a revision, a write names the one it was derived from, and
//! the ledger refuses it when another came first (compare-and-set). Order in time is decided in one
//! pure place, [`fact_log`], for every ledger alike. An older truth never replaces a newer one, and a
//! tombstone is for ever, since EC2 never uses an allocation id again.

mod after_observation;
mod after_record;
mod apply_fact;
pub mod fact_log;
pub mod floating_interfaces;
pub mod history;
mod last_target;
pub mod lease;
pub mod member_alarms;
#[cfg(any(test, feature = "test-support"))]
mod memory;
mod pause;
mod port;
mod reallocated;
pub mod release;
pub mod snapshot;
pub mod told;
mod update;

#[cfg(test)]
mod tests;

pub use floating_interfaces::{FloatingInterface, FloatingInterfaces};
pub use history::{Entry, ReadAddressHistory};
pub use lease::Lease;
pub use member_alarms::{MemberAlarms, ShownMembers};
#[cfg(any(test, feature = "test-support"))]
pub use memory::MemoryLedger;
pub use pause::Pauses;
pub use port::{AllocationRows, Ledger, UnreadableRow, Written};
pub use release::{ReleaseRecord, ReleaseStatus, RestorationNote};
pub use snapshot::{NotedTarget, Snapshot};
pub use told::{Teller, ToldLedger, ToldMatter};
pub use update::{UpdateError, update_release, update_snapshot};

//! Failover's effects. Each move has an executor of its own, and all moves of a plan run at the same time.
//!
//! Who else is at work on the same things, and what arbitrates, is in each file. A run that ends in the
//! middle of a move leaves what EC2 shows, and the next delivery goes on from there.

mod address;
mod executor;
mod fence;
mod interface;
mod private_ips;

pub(super) use executor::{MoveExecutor, MoveResult};
pub(super) use fence::{FenceResult, fence};

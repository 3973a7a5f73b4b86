//! Failover's effects, carried out: `driver` is the screen to read first. Each move has an executor of its own, and
//! all moves of a plan run at the same time.
//!
//! Who else is at work on the same things, and what arbitrates, is with each effect in `effect`. A run that ends in the
//! middle of a move leaves what EC2 shows, and the next delivery goes on from there.

mod address;
mod driver;
mod executor;
mod fence;
mod interface;
mod private_ips;
mod result;
mod send;

pub(super) use executor::MoveExecutor;
pub(super) use fence::fence;
pub(super) use result::{FenceResult, MoveResult};

//! Scenarios: an account in a certain state, an event, and how it must end. Fluent, so that a test says
//! in a line what is special about it.

pub mod estate;
pub mod failover;
pub mod guard;
pub mod large_account;
pub mod placement;
pub mod reconcile;

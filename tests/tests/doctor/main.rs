//! `holdfast doctor` by its compiled binary, on a stack that the template itself made in the simulated account: for each
//! check a world in which it is passed, and one in which it is not.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

mod account;
mod addresses;
mod crowded;
mod documents;
mod functions;
mod installation;
mod unread;

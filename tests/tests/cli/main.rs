//! The operator's tool by its compiled binary, against the simulator: the very file that is installed, with profiles of
//! each kind, and the functions' own binaries behind it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

mod account;
mod changes;
mod drill;
mod drill_goldens;
mod goldens;
mod history;
mod not_none;
mod own_settings;
mod partial;
mod pictures;
mod profiles;
mod pty;
mod refusals;
mod rounds;
mod schema;
mod snapshots;
mod status;
mod terminal;
mod tool;
mod unknown;
mod unreadable;
mod untidy;

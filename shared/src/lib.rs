//! Holdfast keeps an AWS workload's fixed IP addresses where they belong.
//!
//! Every function goes one way through: event -> [`event::Trigger`] -> observe -> decide -> act ->
//! [`report::Report`]. Observing reads the live state, deciding is pure, acting makes few calls and
//! verifies each. Read [`guard`] first: it shows the whole way on one page.
//!
//! This crate does not know the AWS SDK. It asks for what it needs through the traits in [`cloud`],
//! [`ledger`] and [`clock`]. The crate `holdfast-aws` carries them out, so this one builds and is tested in
//! seconds: `cargo test -p holdfast`.

pub mod address;
pub mod clock;
pub mod cloud;
pub mod error;
pub mod event;
pub mod failover;
pub mod guard;
pub mod ids;
pub mod instance;
pub mod ledger;
pub mod placement;
pub mod ports;
pub mod reconcile;
pub mod report;
pub mod settings;
#[cfg(test)]
mod testing;

//! Holdfast keeps an AWS workload's fixed IP addresses where they belong.
//!
//! Every function goes one way through: event -> [`events::Trigger`] -> observe -> decide -> act ->
//! [`report::Report`]. Observing reads the live state, deciding is pure, acting makes few calls and
//! verifies each. Read [`release_guard`] first: it shows the whole way on one page.
//!
//! This crate does not know the AWS SDK. It asks for what it needs through the traits in [`cloud`],
//! [`ledger`] and [`clock`]. The crate `holdfast-aws` carries them out, so this one builds and is tested in
//! seconds: `cargo test -p holdfast`.

pub mod alarm_failover;
pub mod clock;
pub mod cloud;
pub mod error;
pub mod events;
pub mod groups;
pub mod instance_start;
pub mod ledger;
pub mod member_alarms;
pub mod model;
pub mod notify;
pub mod ports;
pub mod reconcile;
pub mod release_guard;
pub mod report;
pub mod retry;
pub mod settings;
#[cfg(test)]
mod testing;

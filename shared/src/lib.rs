//! Holdfast keeps an AWS workload's fixed IP addresses where they belong.
//!
//! Every function goes one way through: event -> [`event::Trigger`] -> observe -> decide -> act ->
//! [`report::Report`]. Observing reads the live state, deciding is pure, acting makes few calls and
//! verifies each. Read [`guard`] first: it shows the whole way on one page.
//!
//! Only `aws` names the AWS SDK. Everything else asks for what it needs through the
//! traits in [`cloud`], [`ledger`] and [`clock`], so that it builds and is tested without the SDK:
//! `cargo test -p holdfast --no-default-features`.

pub mod address;
#[cfg(feature = "aws")]
pub mod aws;
pub mod clock;
pub mod cloud;
pub mod error;
pub mod event;
pub mod failover;
pub mod guard;
pub mod ids;
pub mod instance;
#[cfg(feature = "aws")]
pub mod lambda;
pub mod ledger;
pub mod placement;
pub mod ports;
pub mod reconcile;
pub mod report;
pub mod settings;
#[cfg(test)]
mod testing;

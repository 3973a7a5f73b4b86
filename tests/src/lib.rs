//! The machinery that proves Holdfast: the EC2 simulator and the harness that runs compiled functions.
//! Nothing here is linked into a function.

#[cfg(feature = "aws")]
pub mod bench;
#[cfg(feature = "aws")]
pub mod demo;
pub mod explorer;
pub mod ledger_contract;
pub mod random;
pub mod runtime;
pub mod scenarios;
pub mod sim;
#[cfg(feature = "aws")]
pub mod terminal;

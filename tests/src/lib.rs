//! The machinery that proves Holdfast: its ports on the simulated EC2, the explorer, and the harness that runs
//! compiled functions. Nothing here is linked into a function.

pub mod bursts;
pub mod client;
pub mod explorer;
pub mod ledger_contract;
pub mod looks;
pub mod performance;
pub mod picture;
pub mod promises;
pub mod random;
pub mod runtime;
pub mod scenarios;
#[cfg(feature = "aws")]
pub mod stack;
pub mod template;
pub mod terminal;

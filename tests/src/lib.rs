//! The machinery that proves Holdfast: its ports on the simulated EC2, the explorer, and the harness that runs
//! compiled functions. Nothing here is linked into a function.

pub mod client;
pub mod explorer;
pub mod ledger_contract;
pub mod promises;
pub mod random;
pub mod runtime;
pub mod scenarios;
pub mod terminal;

/// The simulator, and Holdfast's ports on it.
pub mod sim {
    pub use crate::client as front;
    pub use ec2_sim::*;
}

//! The machinery that proves Holdfast: the EC2 simulator and the harness that runs compiled functions.
//! Nothing here is linked into a function.

pub mod explorer;
pub mod runtime;
pub mod scenarios;
pub mod sim;

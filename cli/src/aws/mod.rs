//! The only room of the tool that names the AWS SDK. EC2, CloudTrail, CloudWatch and the ledger are read by the
//! functions' own adapters ([`holdfast_aws`]), each further service by a small file here.
//!
//! Nothing here decides. An answer is turned into our types, a refusal into a [`CloudError`] by its code.

pub mod actions;
pub mod checks;
mod connection;
pub mod credentials;
mod drill;
mod functions;
mod guests;
mod invocations;
mod logs;
mod queues;
mod regions;
mod stacks;
mod tagging;
mod trail;

pub use connection::{Connection, Keys};
pub use drill::DrillRegions;
pub use functions::{FunctionConfiguration, FunctionState};
pub use invocations::{Answer, may_run};
pub use logs::LogLine;
pub use stacks::Stack;
pub use trail::{TrailCall, TrailCalls};

/// An error of AWS, by the code of the answer.
pub use holdfast::cloud::CloudError;

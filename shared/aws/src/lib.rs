//! The only crate that names the AWS SDK. It has the traits of [`holdfast::cloud`] on EC2, CloudTrail, CloudWatch and
//! Auto Scaling, the ledger on DynamoDB, and the entry of every function on Lambda.
//!
//! Nothing here decides. What is tried again is tried by the SDK; `signatures` and `connections` add what a process
//! meets that was frozen. An answer is turned into our types, a refusal into a [`holdfast::cloud::CloudError`] by its
//! code.

pub mod actions;
mod addresses;
mod alarms;
mod auto_scaling;
mod changes;
mod config;
mod connections;
mod count;
mod dry_run;
mod environment;
pub mod failure;
mod fence;
mod health;
mod instances;
mod interfaces;
pub mod lambda;
mod ledger;
mod moves;
mod networks;
mod notices;
mod on_first_use;
mod read;
mod refusal_code;
mod signatures;
mod tags;
mod trail;
mod zonal_shifts;

#[cfg(test)]
mod tests;

pub use config::{connect, connect_to_tell};
pub use connections::{Arrival, Transports};
pub use count::{CallCounter, Calls};
pub use ledger::DynamoLedger;
pub use notices::Sns;
pub use signatures::Signatures;

use connections::Connections;
use health::KnownLimits;
use on_first_use::OnFirstUse;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// What all clients of a process share.
#[derive(Debug, Clone, Default)]
pub struct Process {
    /// Counts their calls.
    pub counter: CallCounter,
    /// Has them signed anew, and knows of keys that AWS does not take.
    pub signatures: Signatures,
    /// When the present event arrived.
    pub arrival: Arrival,
    /// Where their connections come from.
    pub transports: Transports,
}

/// EC2, CloudTrail, CloudWatch and Auto Scaling of one region. Clones share what they know of instance types.
#[derive(Debug, Clone)]
pub struct Aws {
    ec2: aws_sdk_ec2::Client,
    /// Those of that client, where they are known.
    to_ec2: Option<Connections>,
    trail: OnFirstUse<aws_sdk_cloudtrail::Client>,
    alarms: OnFirstUse<aws_sdk_cloudwatch::Client>,
    scaling: OnFirstUse<aws_sdk_autoscaling::Client>,
    shifts: OnFirstUse<aws_sdk_arczonalshift::Client>,
    limits: Arc<KnownLimits>,
    /// Whether CloudWatch refused to read log alarms: its endpoint does not know the type.
    log_alarms_refused: Arc<AtomicBool>,
    /// Whether EC2 refused to show what services manage: its endpoint does not know the parameter.
    managed_refused: Arc<AtomicBool>,
}

impl Aws {
    /// On a client of EC2, and on what makes the others. Most events need none of those, so each is made when a call
    /// first needs it.
    #[must_use]
    pub fn new(
        ec2: aws_sdk_ec2::Client,
        trail: impl FnOnce() -> aws_sdk_cloudtrail::Client + Send + 'static,
        alarms: impl FnOnce() -> aws_sdk_cloudwatch::Client + Send + 'static,
        scaling: impl FnOnce() -> aws_sdk_autoscaling::Client + Send + 'static,
        shifts: impl FnOnce() -> aws_sdk_arczonalshift::Client + Send + 'static,
    ) -> Self {
        Self {
            ec2,
            to_ec2: None,
            trail: OnFirstUse::new(trail),
            alarms: OnFirstUse::new(alarms),
            scaling: OnFirstUse::new(scaling),
            shifts: OnFirstUse::new(shifts),
            limits: Arc::default(),
            log_alarms_refused: Arc::default(),
            managed_refused: Arc::default(),
        }
    }

    /// Its client of EC2 has these connections.
    fn over(self, to_ec2: Connections) -> Self {
        Self {
            to_ec2: Some(to_ec2),
            ..self
        }
    }
}

//! The only crate that names the AWS SDK. It has the traits of [`holdfast::cloud`] on EC2, CloudTrail, CloudWatch and
//! Auto Scaling, the ledger on DynamoDB, and the entry of every function on Lambda.
//!
//! Nothing here decides or retries on its own account, beyond the SDK's own retries: an answer is
//! turned into our types, a refusal into a [`holdfast::cloud::CloudError`] by its code.

pub mod actions;
mod addresses;
mod alarms;
mod auto_scaling;
mod changes;
mod config;
mod count;
mod dry_run;
mod failure;
mod fence;
mod health;
mod instances;
mod interfaces;
pub mod lambda;
mod ledger;
mod moves;
mod read;
mod tags;
mod trail;

#[cfg(test)]
mod tests;

pub use config::connect;
pub use count::{CallCounter, Calls};
pub use ledger::DynamoLedger;

use health::KnownLimits;
use std::sync::Arc;

/// EC2, CloudTrail, CloudWatch and Auto Scaling of one region. Clones share what they know of instance types.
#[derive(Debug, Clone)]
pub struct Aws {
    ec2: aws_sdk_ec2::Client,
    trail: aws_sdk_cloudtrail::Client,
    alarms: aws_sdk_cloudwatch::Client,
    scaling: aws_sdk_autoscaling::Client,
    limits: Arc<KnownLimits>,
}

impl Aws {
    /// On clients that are set up already.
    #[must_use]
    pub fn new(
        ec2: aws_sdk_ec2::Client,
        trail: aws_sdk_cloudtrail::Client,
        alarms: aws_sdk_cloudwatch::Client,
        scaling: aws_sdk_autoscaling::Client,
    ) -> Self {
        Self {
            ec2,
            trail,
            alarms,
            scaling,
            limits: Arc::default(),
        }
    }
}

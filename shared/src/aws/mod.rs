//! The only place that names the AWS SDK: the traits of [`crate::cloud`] on EC2 and CloudTrail, and the
//! ledger on DynamoDB.
//!
//! Nothing here decides or retries on its own account, beyond the SDK's own retries: an answer is
//! turned into our types, a refusal into a [`crate::cloud::CloudError`] by its code.

pub mod actions;
mod addresses;
mod changes;
mod config;
mod count;
mod failure;
mod instances;
mod interfaces;
mod ledger;
mod read;
mod trail;

#[cfg(test)]
mod tests;

pub use config::connect;
pub use count::{CallCounter, Calls};
pub use ledger::DynamoLedger;

/// EC2 and CloudTrail of one region.
#[derive(Debug, Clone)]
pub struct Aws {
    ec2: aws_sdk_ec2::Client,
    trail: aws_sdk_cloudtrail::Client,
}

impl Aws {
    /// On clients that are set up already.
    #[must_use]
    pub fn new(ec2: aws_sdk_ec2::Client, trail: aws_sdk_cloudtrail::Client) -> Self {
        Self { ec2, trail }
    }
}

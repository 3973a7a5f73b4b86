//! AWS in one region, as a profile reaches it. Profiles of every kind work as with the AWS CLI: static keys, an assumed
//! role, single sign-on, a credential process, a web identity.

use crate::arguments::Everywhere;
use crate::failure::Failure;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use holdfast_aws::{Aws, DynamoLedger};
use std::time::Duration;

const CONNECTING: Duration = Duration::from_secs(4);
const ONE_TRY: Duration = Duration::from_secs(15);
const ALL_TRIES: Duration = Duration::from_secs(45);
const TRIES: u32 = 4;
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// `CloudTrail` allows two lookups a second for the whole account (CloudTrail user guide, "Quotas").
const LOOKUP_TRIES: u32 = 6;
const LOOKUP_FIRST_PAUSE: Duration = Duration::from_millis(500);
/// As long as the functions wait for it.
const SHIFTS: Duration = Duration::from_secs(1);

/// By this mark CloudTrail's records tell the tool's calls from others.
const MARK: &str = "holdfast-cli";

/// The keys of a profile, and where its calls go: what the connections of all regions have alike.
#[derive(Debug, Clone)]
pub struct Keys {
    config: SdkConfig,
}

/// AWS in one region.
#[derive(Debug, Clone)]
pub struct Connection {
    /// The region.
    pub region: String,
    config: SdkConfig,
}

impl Keys {
    /// What the command line, the environment and the profile say. No call is made, unless only this machine's own
    /// metadata can name the region.
    pub async fn load(asked: &Everywhere) -> Self {
        let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .retry_config(
                RetryConfig::standard()
                    .with_max_attempts(TRIES)
                    .with_initial_backoff(FIRST_PAUSE),
            )
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(CONNECTING)
                    .operation_attempt_timeout(ONE_TRY)
                    .operation_timeout(ALL_TRIES)
                    .build(),
            );
        if let Ok(mark) = AppName::new(MARK) {
            loader = loader.app_name(mark);
        }
        if let Some(profile) = &asked.profile {
            loader = loader.profile_name(profile);
        }
        if let Some(url) = &asked.endpoint_url {
            loader = loader.endpoint_url(url);
        }
        if let Some(first) = asked.region.first().filter(|_| !asked.all_regions()) {
            loader = loader.region(Region::new(first.clone()));
        }
        let config = loader.load().await;
        Self { config }
    }

    /// The region of the command line, the environment or the profile.
    ///
    /// # Errors
    /// Nothing names one.
    pub fn region(&self) -> Result<String, Failure> {
        let named = self.config.region().map(ToString::to_string);
        // A variable that is set to nothing names nothing.
        let named = named.filter(|region| !region.is_empty());
        named.ok_or_else(|| {
            Failure::usage(
                "no region is known",
                "Name one with --region or AWS_REGION, or give the profile one: `aws configure set region`.",
            )
        })
    }

    /// AWS in a region.
    #[must_use]
    pub fn in_region(&self, region: &str) -> Connection {
        let config = self.config.to_builder();
        Connection {
            region: region.to_owned(),
            config: config.region(Region::new(region.to_owned())).build(),
        }
    }
}

impl Connection {
    /// EC2, CloudTrail, CloudWatch, Auto Scaling and the zonal shifts, read as the functions read them.
    #[must_use]
    pub fn cloud(&self) -> Aws {
        let [lookups, alarms, scaling, shifts] = [(); 4].map(|()| self.config.clone());
        Aws::new(
            aws_sdk_ec2::Client::new(&self.config),
            move || {
                let own = aws_sdk_cloudtrail::config::Builder::from(&lookups).retry_config(
                    RetryConfig::standard()
                        .with_max_attempts(LOOKUP_TRIES)
                        .with_initial_backoff(LOOKUP_FIRST_PAUSE),
                );
                aws_sdk_cloudtrail::Client::from_conf(own.build())
            },
            move || aws_sdk_cloudwatch::Client::new(&alarms),
            move || aws_sdk_autoscaling::Client::new(&scaling),
            move || {
                let own = aws_sdk_arczonalshift::config::Builder::from(&shifts)
                    .timeout_config(TimeoutConfig::builder().operation_timeout(SHIFTS).build());
                aws_sdk_arczonalshift::Client::from_conf(own.build())
            },
        )
    }

    /// The ledger, read as the functions read it. Nothing of this tool writes there.
    #[must_use]
    pub fn ledger(&self, table: &str) -> DynamoLedger {
        /// Only who writes a row needs to know how long it is kept.
        const UNUSED: Duration = Duration::ZERO;
        let client = aws_sdk_dynamodb::Client::new(&self.config);
        DynamoLedger::new(client, table.to_owned(), UNUSED)
    }

    pub(super) fn config(&self) -> &SdkConfig {
        &self.config
    }
}

//! The clients' configuration. All of it is explicit, so that no start looks for a profile or asks an
//! instance for its role. A call that hangs ends in time for the run to say so.

use super::connections::{Connections, MarkReads};
use super::environment::Endpoints;
use super::{Aws, DynamoLedger, Process, Sns};
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_sdk_ec2::config::SharedCredentialsProvider;
use holdfast::settings::Settings;
use std::time::Duration;

/// How long one try of a call may take, connecting included. EC2 answers in less than a second as a rule, and an answer
/// that is only slow is waited for. A connection that is dead costs less: see [`super::connections`].
const ONE_TRY: Duration = Duration::from_secs(7);
const CONNECTING: Duration = Duration::from_secs(1);
/// How long a call may take with all its tries: one that nobody answers, and one that is slow.
const ALL_TRIES: Duration = Duration::from_secs(13);
/// How long the shifts of zones are waited for: a failover goes on without them.
const SHIFTS: Duration = Duration::from_secs(1);
const TRIES: u32 = 3;
/// Others are asking for the same address: the SDK's own first pause of up to a second is too long.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// `CloudTrail` allows two lookups a second for the whole account (CloudTrail user guide, "Quotas"), so
/// its calls wait longer and more often.
const LOOKUP_TRIES: u32 = 5;
const LOOKUP_FIRST_PAUSE: Duration = Duration::from_millis(500);
const ALL_LOOKUP_TRIES: Duration = Duration::from_secs(18);

/// What the client of each service has alike: it counts, signs anew what was refused, and leaves dead connections.
macro_rules! equipped {
    ($service:ident, $config:expr, $process:expr) => {
        equipped!($service, $config, $process, connections(&$process))
    };
    ($service:ident, $config:expr, $process:expr, $connections:expr) => {
        $service::config::Builder::from($config)
            .retry_config(tries())
            .interceptor($process.counter.clone())
            .interceptor($process.signatures.clone())
            .retry_classifier($process.signatures.clone())
            .interceptor(MarkReads)
            .http_client($connections.http_client())
    };
}

/// What makes a client of a service, with what only that one has.
macro_rules! later {
    ($service:ident, $config:ident, $process:ident, |$builder:ident| $own:expr) => {{
        let (config, process) = ($config.clone(), $process.clone());
        move || {
            let $builder = equipped!($service, &config, process);
            $service::Client::from_conf($own.build())
        }
    }};
}

/// The cloud and the ledger of a function, as Lambda's environment variables name region and
/// credentials. `AWS_ENDPOINT_URL` leads all calls elsewhere, to a simulator for example.
///
/// The SDK may send a call again whose reply was lost. That is safe for every call that Holdfast makes:
/// each trait in [`holdfast::cloud`] and [`holdfast::ledger`] says what a second one does.
#[must_use]
pub fn connect(settings: &Settings, process: &Process) -> (Aws, DynamoLedger) {
    let config = shared(settings);
    let to_ec2 = connections(process);
    let ec2 = equipped!(aws_sdk_ec2, &config, process, to_ec2).build();
    let table = equipped!(aws_sdk_dynamodb, &config, process).build();
    let cloud = Aws::new(
        aws_sdk_ec2::Client::from_conf(ec2),
        later!(aws_sdk_cloudtrail, config, process, |builder| builder
            .retry_config(
                RetryConfig::standard()
                    .with_max_attempts(LOOKUP_TRIES)
                    .with_initial_backoff(LOOKUP_FIRST_PAUSE),
            )
            .timeout_config(timeouts(ALL_LOOKUP_TRIES))),
        later!(aws_sdk_cloudwatch, config, process, |builder| builder),
        later!(aws_sdk_autoscaling, config, process, |builder| builder),
        later!(aws_sdk_arczonalshift, config, process, |builder| builder
            .timeout_config(timeouts(SHIFTS))),
    )
    .over(to_ec2);
    let ledger = DynamoLedger::new(
        aws_sdk_dynamodb::Client::from_conf(table),
        settings.table.clone(),
        settings.retention,
    );
    (cloud, ledger)
}

/// SNS and the ledger, for the function that tells people.
#[must_use]
pub fn connect_to_tell(settings: &Settings, process: &Process) -> (Sns, DynamoLedger) {
    let config = shared(settings);
    let topics = equipped!(aws_sdk_sns, &config, process).build();
    let table = equipped!(aws_sdk_dynamodb, &config, process).build();
    let ledger = DynamoLedger::new(
        aws_sdk_dynamodb::Client::from_conf(table),
        settings.table.clone(),
        settings.retention,
    );
    (Sns::new(aws_sdk_sns::Client::from_conf(topics)), ledger)
}

fn shared(settings: &Settings) -> SdkConfig {
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new(settings.region.clone()))
        .credentials_provider(SharedCredentialsProvider::new(
            EnvironmentVariableCredentialsProvider::new(),
        ))
        .timeout_config(timeouts(ALL_TRIES));
    Endpoints::of_the_process().lead(&mut config);
    // By this mark in CloudTrail's records, another installation knows our calls.
    config.set_app_name(AppName::new(settings.installation().to_string()).ok());
    config.build()
}

fn tries() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(TRIES)
        .with_initial_backoff(FIRST_PAUSE)
}

fn connections(process: &Process) -> Connections {
    Connections::new(&process.counter, &process.arrival, &process.transports)
}

fn timeouts(all_tries: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECTING)
        .operation_attempt_timeout(ONE_TRY)
        .operation_timeout(all_tries)
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f23_a_call_that_nobody_answers_is_given_up_in_good_time() {
        let timeouts = timeouts(ALL_TRIES);
        let soon = |limit: Option<Duration>| limit.is_some_and(|limit| limit <= ALL_TRIES);
        assert!(soon(timeouts.connect_timeout()));
        assert!(soon(timeouts.operation_attempt_timeout()));
        assert_eq!(timeouts.operation_timeout(), Some(ALL_TRIES));
    }
}

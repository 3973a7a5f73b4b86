//! How patient each client is, and where it sends its calls.

use crate::{Aws, DynamoLedger, Process, connect};
use holdfast::settings::Settings;
use std::time::Duration;

fn settings() -> Settings {
    let variables = [("HOLDFAST_TABLE", "ledger"), ("AWS_REGION", "eu-west-3")];
    let owned = variables.map(|(key, value)| (key.to_owned(), value.to_owned()));
    Settings::read(owned).unwrap()
}

fn connected() -> (Aws, DynamoLedger) {
    connect(&settings(), &Process::default())
}

/// Tries, the first pause between them, and how long one try and all of them may take.
type Patience = (
    u32,
    Duration,
    Option<Duration>,
    Option<Duration>,
    Option<Duration>,
);

macro_rules! patience {
    ($client:expr) => {{
        let config = $client.config();
        let (retries, timeouts) = (
            config.retry_config().unwrap(),
            config.timeout_config().unwrap(),
        );
        let patience: Patience = (
            retries.max_attempts(),
            retries.initial_backoff(),
            timeouts.connect_timeout(),
            timeouts.operation_attempt_timeout(),
            timeouts.operation_timeout(),
        );
        patience
    }};
}

const SECOND: Option<Duration> = Some(Duration::from_secs(1));
const SEVEN_SECONDS: Option<Duration> = Some(Duration::from_secs(7));

#[test]
fn every_client_gives_up_in_thirteen_seconds_but_the_one_that_reads_the_trail() {
    let (cloud, ledger) = connected();
    let expected = (
        3,
        Duration::from_millis(100),
        SECOND,
        SEVEN_SECONDS,
        Some(Duration::from_secs(13)),
    );
    assert_eq!(patience!(cloud.ec2), expected);
    assert_eq!(patience!(cloud.alarms), expected);
    assert_eq!(patience!(ledger.client), expected);
}

#[test]
fn the_trail_which_allows_two_calls_a_second_is_asked_more_often_and_less_hastily() {
    let (cloud, _) = connected();
    let expected = (
        5,
        Duration::from_millis(500),
        SECOND,
        SEVEN_SECONDS,
        Some(Duration::from_secs(18)),
    );
    assert_eq!(patience!(cloud.trail), expected);
}

#[test]
fn every_client_is_of_the_region_that_lambda_names() {
    let (cloud, ledger) = connected();
    let regions = [
        cloud.ec2.config().region(),
        cloud.alarms.config().region(),
        cloud.trail.config().region(),
        ledger.client.config().region(),
    ];
    for region in regions {
        assert_eq!(region.map(AsRef::as_ref), Some("eu-west-3"));
    }
}

//! What is counted is what goes over the wire.

use super::{Wire, ec2, refusal};
use crate::{Aws, CallCounter, Calls};
use aws_sdk_ec2::config::retry::RetryConfig;
use holdfast::cloud::{AddressFilter, ReadAddresses};
use std::time::Duration;

/// A cloud that tries three times, and counts.
fn counted(wire: &Wire, counter: &CallCounter) -> Aws {
    let cloud = wire.cloud();
    let patient = cloud
        .ec2
        .config()
        .to_builder()
        .retry_config(RetryConfig::standard().with_initial_backoff(Duration::ZERO))
        .interceptor(counter.clone())
        .build();
    Aws {
        ec2: aws_sdk_ec2::Client::from_conf(patient),
        ..cloud
    }
}

fn no_addresses() -> (u16, String) {
    (200, ec2("DescribeAddresses", "<addressesSet/>"))
}

async fn two_calls_of(answers: Vec<(u16, String)>) -> Calls {
    let (wire, counter) = (Wire::with(answers), CallCounter::default());
    let cloud = counted(&wire, &counter);
    for _ in 0..2 {
        let _answer = cloud.addresses(&AddressFilter::All).await;
    }
    let total = counter.so_far();
    let sent = u64::try_from(wire.requests().len()).unwrap();
    assert_eq!(total.calls + total.retries, sent);
    total
}

#[tokio::test]
async fn each_call_is_counted_once() {
    let counted = two_calls_of(vec![no_addresses(), no_addresses()]).await;
    let expected = Calls {
        calls: 2,
        retries: 0,
    };
    assert_eq!(counted, expected);
}

#[tokio::test]
async fn a_try_after_the_first_is_a_retry_and_no_further_call() {
    let busy = || refusal("Unavailable");
    let counted = two_calls_of(vec![busy(), no_addresses(), busy(), busy(), no_addresses()]).await;
    let expected = Calls {
        calls: 2,
        retries: 3,
    };
    assert_eq!(counted, expected);
}

#[test]
fn an_invocation_is_counted_from_where_the_one_before_ended() {
    let (before, after) = (
        Calls {
            calls: 2,
            retries: 1,
        },
        Calls {
            calls: 7,
            retries: 1,
        },
    );
    let expected = Calls {
        calls: 5,
        retries: 0,
    };
    assert_eq!(after.since(before), expected);
}

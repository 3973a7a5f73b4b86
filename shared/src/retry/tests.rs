use super::*;
use crate::cloud::Failure;
use crate::ports::Delivery;
use std::cell::Cell;
use std::sync::Mutex;
use time::OffsetDateTime;
use time::macros::datetime;

const NOW: OffsetDateTime = datetime!(2026-07-01 12:00:00 UTC);

struct TestClock(Mutex<OffsetDateTime>);

impl Clock for TestClock {
    fn now(&self) -> OffsetDateTime {
        *self.0.lock().unwrap()
    }

    async fn sleep(&self, how_long: Duration) {
        *self.0.lock().unwrap() += how_long;
    }
}

fn clock() -> TestClock {
    TestClock(Mutex::new(NOW))
}

fn within(seconds: u64) -> Deadline {
    let ends_at = NOW + Duration::from_secs(seconds + 2);
    Delivery { ends_at, run: 1 }.deadline(Duration::from_secs(2))
}

fn doubling(deadline: Deadline) -> Backoff {
    Backoff {
        first: Duration::from_secs(1),
        longest: Duration::from_secs(4),
        limit: Limit::until(deadline),
    }
}

fn failure() -> Failure {
    Failure {
        action: "ec2:DescribeAddresses",
        code: None,
        message: None,
        request_id: None,
        source: None,
    }
}

/// How many calls were made, and how many seconds have passed.
async fn retried(deadline: Deadline, answer: impl Fn(u32) -> Result<(), CloudError>) -> (u32, i64) {
    retried_by(doubling(deadline), answer).await
}

async fn retried_by(
    backoff: Backoff,
    answer: impl Fn(u32) -> Result<(), CloudError>,
) -> (u32, i64) {
    let (clock, calls) = (clock(), Cell::new(0));
    let _ = retry_transient(&clock, backoff, || {
        calls.set(calls.get() + 1);
        std::future::ready(answer(calls.get()))
    })
    .await;
    (calls.get(), (clock.now() - NOW).whole_seconds())
}

#[tokio::test]
async fn a_throttled_call_is_sent_again_after_pauses_that_double_up_to_the_longest() {
    let throttled_until_the_sixth = |call| {
        if call < 6 {
            Err(CloudError::Throttled(failure()))
        } else {
            Ok(())
        }
    };
    let seen = retried(within(60), throttled_until_the_sixth).await;
    assert_eq!(seen, (6, 1 + 2 + 4 + 4 + 4));
}

#[tokio::test]
async fn no_pause_ends_after_the_deadline_and_one_that_ends_with_it_is_made() {
    let always = |_| Err(CloudError::Other(failure()));
    assert_eq!(retried(within(7), always).await, (4, 7));
    assert_eq!(retried(within(6), always).await, (3, 3));
    assert_eq!(retried(within(0), always).await, (1, 0));
}

#[tokio::test]
async fn what_is_asked_often_enough_is_not_asked_again_however_much_time_is_left() {
    let mut backoff = doubling(within(600));
    backoff.limit.calls = 3;
    let always = |_| Err(CloudError::Throttled(failure()));
    assert_eq!(retried_by(backoff, always).await, (3, 3));
}

#[tokio::test]
async fn an_answer_that_no_moment_cures_is_not_asked_for_again() {
    let denied = |_| Err(CloudError::Denied(failure()));
    assert_eq!(retried(within(60), denied).await, (1, 0));
}

/// What was shown, and after how many seconds.
async fn shown(
    deadline: Deadline,
    answer: impl Fn(u32) -> Result<Option<u32>, CloudError>,
) -> (Result<Option<u32>, CloudError>, i64) {
    shown_by(Limit::until(deadline), answer).await
}

async fn shown_by(
    limit: Limit,
    answer: impl Fn(u32) -> Result<Option<u32>, CloudError>,
) -> (Result<Option<u32>, CloudError>, i64) {
    let (clock, reads) = (clock(), Cell::new(0));
    let pause = |read| Duration::from_secs(u64::from(read));
    let shown = until_shown(&clock, limit, pause, || {
        reads.set(reads.get() + 1);
        std::future::ready(answer(reads.get()))
    })
    .await;
    (shown, (clock.now() - NOW).whole_seconds())
}

#[tokio::test]
async fn what_ec2_accepted_is_read_until_it_is_shown() {
    let lagging = |read| match read {
        1 => Ok(None),
        2 => Err(CloudError::Throttled(failure())),
        _ => Ok(Some(read)),
    };
    let (found, seconds) = shown(within(60), lagging).await;
    assert_eq!((found.unwrap(), seconds), (Some(3), 3));
}

#[tokio::test]
async fn what_is_never_shown_ends_with_the_time() {
    let (found, seconds) = shown(within(5), |_| Ok(None)).await;
    assert_eq!((found.unwrap(), seconds), (None, 3));
}

#[tokio::test]
async fn what_is_read_often_enough_is_not_read_again() {
    let limit = Limit {
        calls: 2,
        ..Limit::until(within(60))
    };
    let (found, seconds) = shown_by(limit, |_| Ok(None)).await;
    assert_eq!((found.unwrap(), seconds), (None, 1));
}

#[tokio::test]
async fn a_read_that_is_denied_ends_it() {
    let (found, seconds) = shown(within(60), |_| Err(CloudError::Denied(failure()))).await;
    assert!(matches!(found, Err(CloudError::Denied(_))));
    assert_eq!(seconds, 0);
}

#[test]
fn a_deadline_has_no_time_left_once_it_is_over() {
    let deadline = within(5);
    assert_eq!(deadline.left(NOW), Duration::from_secs(5));
    assert_eq!(deadline.left(NOW + Duration::from_secs(6)), Duration::ZERO);
    assert_eq!(deadline.or_earlier(NOW).left(NOW), Duration::ZERO);
    assert_eq!(deadline.or_earlier(NOW + Duration::from_secs(9)), deadline);
}

#[test]
fn what_ec2_has_accepted_is_read_three_times_within_two_seconds() {
    let two_seconds_later = Deadline {
        at: NOW + Duration::from_secs(2),
    };
    let limit = Limit::to_be_shown(NOW);
    assert_eq!((limit.deadline, limit.calls), (two_seconds_later, 3));
}

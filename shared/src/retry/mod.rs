//! How often and when something is asked again: once, for everybody.
//!
//! Nothing here decides what an answer means. [`retry_transient`] sends a call again while it fails in a way that
//! a moment may cure. [`until_shown`] reads again until EC2 shows what it has accepted, and [`until`] until a read gives
//! anything.

#[cfg(test)]
mod tests;

use crate::clock::Clock;
use crate::cloud::CloudError;
use crate::model::ids::InstanceId;
use crate::ports::Deadline;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;
use time::OffsetDateTime;

/// How long EC2 is given to show what it has accepted, how often it is asked, and the pause between.
const SHOWN_WITHIN: Duration = Duration::from_secs(2);
const SHOWN_READS: u32 = 3;
pub(crate) const SHOWN_PAUSE: Duration = Duration::from_millis(300);

/// How often something is asked, and until when. No pause begins that would end after the deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// When there is no more time to do something with the answer.
    pub deadline: Deadline,
    /// How many calls are made at the most.
    pub calls: u32,
}

impl Limit {
    /// As many calls as there is time for.
    #[must_use]
    pub fn until(deadline: Deadline) -> Self {
        Self {
            deadline,
            calls: u32::MAX,
        }
    }

    /// For reading what EC2 has just accepted, where nothing has to wait for longer.
    #[must_use]
    pub fn to_be_shown(now: OffsetDateTime) -> Self {
        Self {
            deadline: Deadline {
                at: now + SHOWN_WITHIN,
            },
            calls: SHOWN_READS,
        }
    }

    /// Whether there may be one more call after so many, and after this pause.
    fn allows(self, made: u32, now: OffsetDateTime, pause: Duration) -> bool {
        made < self.calls && self.deadline.allows(now, pause)
    }
}

/// The pauses between calls: the first one, then each twice as long, up to the longest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The first pause.
    pub first: Duration,
    /// The longest pause.
    pub longest: Duration,
    /// How often, and until when.
    pub limit: Limit,
}

impl Backoff {
    /// Pauses that are all equally long.
    #[must_use]
    pub fn steady(pause: Duration, deadline: Deadline) -> Self {
        Self {
            first: pause,
            longest: pause,
            limit: Limit::until(deadline),
        }
    }
}

/// Sends a call again while it fails in a way that a moment may cure ([`CloudError::is_transient`]).
///
/// # Errors
/// The last answer: one that is not transient, or the one after which there was no more time.
pub async fn retry_transient<T, K: Clock, F>(
    clock: &K,
    backoff: Backoff,
    call: impl FnMut() -> F,
) -> Result<T, CloudError>
where
    F: Future<Output = Result<T, CloudError>>,
{
    retry_while(clock, backoff, CloudError::is_transient, call).await
}

/// Sends a call again while `may_work_later` says so of its error.
///
/// # Errors
/// The last answer.
pub async fn retry_while<T, K: Clock, F>(
    clock: &K,
    backoff: Backoff,
    may_work_later: impl Fn(&CloudError) -> bool,
    mut call: impl FnMut() -> F,
) -> Result<T, CloudError>
where
    F: Future<Output = Result<T, CloudError>>,
{
    let (mut pause, mut made) = (backoff.first, 0);
    loop {
        let answer = call().await;
        made += 1;
        match answer {
            Err(failure)
                if may_work_later(&failure) && backoff.limit.allows(made, clock.now(), pause) =>
            {
                clock.sleep(pause).await;
                pause = (pause * 2).min(backoff.longest);
            }
            answer => return answer,
        }
    }
}

/// Reads until EC2 shows what it has accepted. `None` from `read` means that EC2 does not show it yet: answers lag behind
/// writes by seconds. A read that fails in passing is one that does not show it yet. `None` from here means that there
/// was no more time, or that it was read often enough.
///
/// # Errors
/// The first answer that no moment cures.
pub async fn until_shown<T, K: Clock, F>(
    clock: &K,
    limit: Limit,
    pause: impl Fn(u32) -> Duration,
    mut read: impl FnMut() -> F,
) -> Result<Option<T>, CloudError>
where
    F: Future<Output = Result<Option<T>, CloudError>>,
{
    let read = || {
        let reading = read();
        async {
            match reading.await {
                Err(failure) if failure.is_transient() => None,
                answer => answer.transpose(),
            }
        }
    };
    until(clock, limit, pause, read).await.transpose()
}

/// Reads until `read` gives something. None: there was no more time, or it was read often enough. `pause` is given the
/// number of the read that has just been made, from 1.
pub async fn until<T, K: Clock, F>(
    clock: &K,
    limit: Limit,
    pause: impl Fn(u32) -> Duration,
    mut read: impl FnMut() -> F,
) -> Option<T>
where
    F: Future<Output = Option<T>>,
{
    let mut reads = 0;
    loop {
        if let Some(shown) = read().await {
            return Some(shown);
        }
        reads += 1;
        let pause = pause(reads);
        if !limit.allows(reads, clock.now(), pause) {
            return None;
        }
        clock.sleep(pause).await;
    }
}

/// A number from 0 up to 1 that differs from instance to instance and from look to look: jitter that
/// needs no randomness.
pub(crate) fn jitter(instance: &InstanceId, look: u32) -> f64 {
    let mut hasher = DefaultHasher::new();
    (instance.as_str(), look).hash(&mut hasher);
    let thousandth = u32::try_from(hasher.finish() % 1000).unwrap_or_default();
    f64::from(thousandth) / 1000.0
}

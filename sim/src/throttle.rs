//! EC2's request throttling: one token bucket per account and action, off until a test turns it on.
//! Sizes are those of the EC2 developer guide, "Request throttling for the Amazon EC2 API".

use std::collections::BTreeMap;

use time::OffsetDateTime;

use super::api::{Ec2Error, Request};

/// A bucket's size and what flows back into it each second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limit {
    /// Calls that may come at once.
    pub capacity: f64,
    /// Tokens per second.
    pub refill: f64,
}

impl Limit {
    const fn new(capacity: f64, refill: f64) -> Self {
        Self { capacity, refill }
    }

    /// How many seconds it takes to admit so many calls.
    #[must_use]
    pub fn takes(self, calls: usize) -> f64 {
        let calls = u32::try_from(calls).map_or(f64::MAX, f64::from);
        (calls - self.capacity).max(0.0) / self.refill
    }

    /// What EC2 admits of such a request.
    #[must_use]
    pub fn of(request: &Request) -> Self {
        match request {
            Request::DescribeInstances(request)
                if request.filters.is_empty()
                    && request.instance_ids.is_empty()
                    && request.max_results.is_none() =>
            {
                Self::new(50.0, 10.0)
            }
            Request::RunInstances(_) | Request::StartInstances(_) => Self::new(5.0, 2.0),
            Request::CreateTags(_) | Request::DeleteTags(_) => Self::new(100.0, 10.0),
            request if request.is_read() => Self::new(100.0, 20.0),
            _ => Self::new(50.0, 5.0),
        }
    }
}

#[derive(Clone, Debug)]
struct Bucket {
    tokens: f64,
    filled_at: OffsetDateTime,
}

/// All buckets.
#[derive(Clone, Debug, Default)]
pub(super) struct Throttle {
    on: bool,
    overrides: BTreeMap<String, Limit>,
    buckets: BTreeMap<(String, &'static str), Bucket>,
}

impl Throttle {
    pub(super) fn turn(&mut self, on: bool) {
        self.on = on;
        self.buckets.clear();
    }

    /// Gives one action a bucket of another size, and throttles it even while the rest is not.
    pub(super) fn limit(&mut self, action: &str, limit: Limit) {
        self.overrides.insert(action.to_owned(), limit);
        self.buckets.retain(|(_, known), _| *known != action);
    }

    /// Takes a token of an action of another service than EC2, where a limit is set for it.
    pub(super) fn admit_action(
        &mut self,
        account: &str,
        action: &'static str,
        now: OffsetDateTime,
    ) -> Result<(), Ec2Error> {
        match self.overrides.get(action).copied() {
            Some(limit) if !self.take(account, action, limit, now) => {
                Err(Ec2Error::new("Throttling", "Rate exceeded"))
            }
            _ => Ok(()),
        }
    }

    /// Takes a token.
    pub(super) fn admit(
        &mut self,
        account: &str,
        request: &Request,
        now: OffsetDateTime,
    ) -> Result<(), Ec2Error> {
        let own = self.overrides.get(request.action()).copied();
        if !self.on && own.is_none() {
            return Ok(());
        }
        let limit = own.unwrap_or_else(|| Limit::of(request));
        if self.take(account, request.action(), limit, now) {
            return Ok(());
        }
        Err(Ec2Error::new(
            "RequestLimitExceeded",
            "Request limit exceeded.",
        ))
    }

    /// Whether there was one.
    fn take(
        &mut self,
        account: &str,
        action: &'static str,
        limit: Limit,
        now: OffsetDateTime,
    ) -> bool {
        let bucket = self
            .buckets
            .entry((account.to_owned(), action))
            .or_insert(Bucket {
                tokens: limit.capacity,
                filled_at: now,
            });
        let seconds = (now - bucket.filled_at).as_seconds_f64();
        bucket.tokens = limit.capacity.min(bucket.tokens + seconds * limit.refill);
        bucket.filled_at = now;
        if bucket.tokens < 1.0 {
            return false;
        }
        bucket.tokens -= 1.0;
        true
    }
}

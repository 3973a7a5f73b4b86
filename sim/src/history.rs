//! Read lag: describes answer with the state as it was a while ago, as EC2's eventually consistent
//! control plane sometimes does.

use std::{collections::VecDeque, sync::Arc};

use time::{Duration, OffsetDateTime};

use super::model::{Resources, View};

/// The states that a lagging reader can still see.
#[derive(Clone, Debug)]
pub(super) struct History {
    lag: Duration,
    past: VecDeque<(OffsetDateTime, Arc<Resources>)>,
}

impl Default for History {
    fn default() -> Self {
        Self {
            lag: Duration::ZERO,
            past: VecDeque::new(),
        }
    }
}

impl History {
    pub(super) fn lag(&self) -> Duration {
        self.lag
    }

    /// Readers see the state of `lag` ago from here on, but nothing older than this moment.
    pub(super) fn set_lag(&mut self, lag: Duration, now: OffsetDateTime, resources: &Resources) {
        self.lag = lag;
        self.past.clear();
        self.record(now, resources);
    }

    /// Keeps the state that is true from `now` on.
    pub(super) fn record(&mut self, now: OffsetDateTime, resources: &Resources) {
        if self.lag.is_zero() {
            return;
        }
        self.past.push_back((now, Arc::new(resources.clone())));
        let seen = now - self.lag;
        while self.past.get(1).is_some_and(|(since, _)| *since <= seen) {
            self.past.pop_front();
        }
    }

    /// What a reader sees at `now`.
    pub(super) fn view<'a>(&'a self, now: OffsetDateTime, current: &'a Resources) -> View<'a> {
        let seen = now - self.lag;
        let known = self.past.iter().rev().find(|(since, _)| *since <= seen);
        match known.or(self.past.front()) {
            Some((since, resources)) if !self.lag.is_zero() => View {
                resources,
                now: seen.max(*since),
            },
            _ => View {
                resources: current,
                now,
            },
        }
    }
}

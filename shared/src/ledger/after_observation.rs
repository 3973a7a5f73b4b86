//! A row after a look at its address. Pure.

use super::snapshot::{Fact, FactLog, Observation, Snapshot};

impl Snapshot {
    /// The first snapshot of an address that was seen.
    #[must_use]
    pub fn first(observation: Observation<'_>) -> Self {
        let fact = Fact::seen(observation);
        let mut first = Self::blank(&observation.address.allocation, observation.address.ip);
        // No tag is missed by a first look, whichever protects.
        first.apply_fact(&fact, "");
        first.fact_log = FactLog::of(fact);
        first
    }

    /// This snapshot after a look at the address. None when the look taught nothing: it showed what was
    /// known by then, it is older than all that is kept, or it is younger than the end. The first look at an address
    /// that events alone told of always teaches that it is there.
    #[must_use]
    pub fn after_observation(
        &self,
        observation: Observation<'_>,
        protect_tag: &str,
    ) -> Option<Self> {
        if observation.address.ip != self.ip && !self.had_ended_by(observation.at) {
            return Some(self.replaced_by(Self::first(observation)));
        }
        let taught = self.with_fact(Fact::seen(observation), protect_tag);
        if !self.unconfirmed || self.had_ended_by(observation.at) {
            return taught;
        }
        Some(taught.unwrap_or_else(|| self.clone()).confirmed())
    }
}

//! A person who asks for an address that is lost.

use super::{Guarded, Released};
use futures_util::FutureExt;
use holdfast::ledger::Ledger;
use serde_json::{Value, json};

impl Released {
    /// The wish, by the address itself.
    #[must_use]
    pub fn wish(&self) -> Value {
        json!({"holdfast": "restore", "address": self.ip})
    }

    /// The wish, by the allocation that ended.
    #[must_use]
    pub fn wish_by_allocation(&self) -> Value {
        json!({"holdfast": "restore", "allocation": self.allocation})
    }

    /// The guard hears this instead of the event that tells of the release.
    #[must_use]
    pub fn hearing(self, event: Value) -> Self {
        Self { event, ..self }
    }

    /// A person asks for it, and the guard has heard of nothing.
    #[must_use]
    pub fn asked_for(self) -> Self {
        let wish = self.wish();
        self.hearing(wish)
    }
}

impl Guarded {
    /// The account as it is after the guard's runs so far.
    #[must_use]
    pub fn afterwards(self) -> Released {
        let rows = self.bed.ledger.snapshots().now_or_never();
        Released {
            world: self.bed.world().clone(),
            rows: rows.and_then(Result::ok).unwrap_or_default(),
            records: self.bed.ledger.releases(),
            ..self.released
        }
    }

    /// The same after a day, for a person who asks for what the guard has not brought back.
    #[must_use]
    pub fn asked_for_a_day_later(self) -> Released {
        let mut after = self.afterwards();
        after.world.advance(time::Duration::DAY);
        drop(after.world.take_events());
        after.asked_for()
    }
}

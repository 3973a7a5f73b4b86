//! What one run of the guard is about. Only data: the messages read it, and so does all that asks AWS.

use super::state::{Observed, Release};
use crate::ports::{Deadline, Delivery};
use crate::report::Function;
use crate::settings::Settings;
use std::time::Duration;
use time::OffsetDateTime;

/// Kept free at the end of a run for writing down how it went.
const TO_RECORD: Duration = Duration::from_secs(4);

/// One release, and one run for it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Case<'a> {
    /// Who speaks: the guard, or reconcile, which hands it releases.
    pub(super) function: Function,
    pub(super) settings: &'a Settings,
    pub(super) release: &'a Release,
    pub(super) observed: &'a Observed,
    pub(super) delivery: Delivery,
    /// A person asked for the address. Such a run writes only what it got.
    pub(super) is_asked_for: bool,
}

impl<'a> Case<'a> {
    pub(super) const fn new(
        function: Function,
        settings: &'a Settings,
        release: &'a Release,
        observed: &'a Observed,
        delivery: Delivery,
    ) -> Self {
        Self {
            function,
            settings,
            release,
            observed,
            delivery,
            is_asked_for: false,
        }
    }

    /// The same, since a person asked.
    pub(super) const fn asked_for(self) -> Self {
        Self {
            is_asked_for: true,
            ..self
        }
    }

    /// When the work of the run is over, and it writes down how it went.
    pub(super) fn end(&self) -> Deadline {
        self.delivery.deadline(TO_RECORD)
    }

    /// How long after the release the first request went out, in milliseconds. Only of the first run for it, and of a
    /// release that an event told of: what a later run or a sweep asks for is late by its nature.
    pub(super) fn request_after_ms(&self, first_at: Option<OffsetDateTime>) -> Option<u64> {
        let is_first = self.observed.ledger.release.is_none();
        let is_told = self.release.call.is_some();
        let after = first_at? - self.release.released_at;
        let after = u64::try_from(after.whole_milliseconds()).ok();
        let is_guards = self.function == Function::ReleaseGuard && !self.is_asked_for;
        after.filter(|_| is_first && is_told && is_guards)
    }

    /// Until when a call that is made at `now` may be sent again.
    pub(super) fn retry_deadline(&self, now: OffsetDateTime) -> Deadline {
        retry_deadline(self.settings, self.delivery, now)
    }
}

/// Until when a call that is made at `now` may be sent again, before there is a case.
pub(super) fn retry_deadline(
    settings: &Settings,
    delivery: Delivery,
    now: OffsetDateTime,
) -> Deadline {
    let end = delivery.deadline(TO_RECORD);
    end.or_earlier(now + settings.retry_for)
}

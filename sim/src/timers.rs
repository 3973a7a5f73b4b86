//! What will happen by itself, and when. Among things due at one instant, the first planned wins.

use std::collections::BTreeMap;

use time::OffsetDateTime;

/// Something that falls due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Due {
    InstanceRunning(String),
    InstanceStopped(String),
    InstanceTerminated(String),
    InstanceForgotten(String),
    /// By attachment id.
    InterfaceAttached(String),
    /// By attachment id.
    InterfaceDetached(String),
    /// The alarms on an instance's status checks are looked at.
    StatusAlarms(String),
    ReverseDnsPublished(String),
    /// The time of a life-cycle action, by its token.
    LifecycleActionOver(String),
    /// Another account takes the released address.
    AddressTaken(String),
}

/// The plans of a world.
#[derive(Clone, Debug, Default)]
pub(super) struct Timers {
    planned: BTreeMap<(OffsetDateTime, u64), Due>,
    last: u64,
}

impl Timers {
    pub(super) fn plan(&mut self, at: OffsetDateTime, due: Due) {
        self.last += 1;
        self.planned.insert((at, self.last), due);
    }

    /// The next thing due at or before `until`.
    pub(super) fn take_due(&mut self, until: OffsetDateTime) -> Option<(OffsetDateTime, Due)> {
        let entry = self.planned.first_entry()?;
        let at = entry.key().0;
        (at <= until).then(|| (at, entry.remove()))
    }

    /// When the next thing falls due.
    pub(super) fn next(&self) -> Option<OffsetDateTime> {
        self.planned.keys().next().map(|(at, _)| *at)
    }
}

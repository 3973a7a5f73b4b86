//! A release, and what is known of it when it is decided.

use crate::ledger::{AllocationRows, ReleaseRecord, Snapshot};
use crate::model::cloudtrail::Call;
use crate::model::ids::{AllocationId, BorderGroup};
use crate::report::KnownFrom;
use crate::settings::Settings;
use time::OffsetDateTime;

/// One allocation that ended, however that became known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// The allocation.
    pub allocation: AllocationId,
    /// The border group that the release named.
    pub border_group: Option<BorderGroup>,
    /// When it ended.
    pub released_at: OffsetDateTime,
    /// The call that ended it, where one is known.
    pub call: Option<Call>,
}

impl Release {
    /// The release that a release record tells of, for whoever takes it up again.
    #[must_use]
    pub fn recorded(record: &ReleaseRecord, settings: &Settings) -> Self {
        Self {
            allocation: record.allocation.clone(),
            border_group: record.border_group.clone(),
            released_at: record.released_at,
            call: record.call(&settings.region),
        }
    }
}

/// What is known of a release.
#[derive(Debug, Clone, PartialEq)]
pub struct Observed {
    /// The ledger's rows, as they are there: what a write is derived from.
    pub ledger: AllocationRows,
    /// The address as it last was, where more than an event tells of it. An address that the account never had is not asked
    /// for, whoever sends the event.
    pub snapshot: Option<Snapshot>,
    /// Where from.
    pub known_from: Option<KnownFrom>,
}

//! A function's settings: environment variables, read once at start. A bad setting stops the start with
//! one message that names every bad key at once, so that nobody mends them one deployment at a time.

mod arn_pattern;
mod bad_settings;
mod installation;
mod lifecycle_hook;
mod reader;
mod tag_keys;
mod told_outcomes;
mod values;

#[cfg(test)]
mod tests;

use crate::model::auto_scaling::LifecycleAction;
pub use arn_pattern::ArnPattern;
pub use bad_settings::{BadSetting, BadSettings};
pub use installation::Installation;
pub use lifecycle_hook::LifecycleHook;
use reader::Reader;
use serde::{Deserialize, Serialize};
use std::time::Duration;
pub use tag_keys::TagKeys;
pub use told_outcomes::{OUTCOMES, ToldOutcomes};
pub use values::{
    AlarmsThatMove, Failback, Fencing, Mode, Mover, OnStop, Protection, Standby,
    StandbyApplication, StopByTag, ZonalShifts,
};

/// All settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// `HOLDFAST_TABLE`: the ledger's DynamoDB table.
    pub table: String,
    /// `HOLDFAST_MODE`.
    pub mode: Mode,
    /// `HOLDFAST_TAG_PREFIX`.
    pub tags: TagKeys,
    /// `HOLDFAST_DEFAULT_PROTECTION`: for an address without a protect tag.
    pub default_protection: Protection,
    /// `HOLDFAST_EXEMPT_PRINCIPALS`: those who mean it when they release.
    pub exempt_principals: Vec<ArnPattern>,
    /// `HOLDFAST_RETRY_SECONDS`: how long one run keeps asking for an address.
    pub retry_for: Duration,
    /// `HOLDFAST_RECLAIM_DEADLINE_HOURS`: how long after a release an address is asked for.
    pub reclaim_deadline: Duration,
    /// `HOLDFAST_MOST_RECLAIMS_PER_DAY`: an address that is released more often than this is left.
    pub most_reclaims_per_day: u64,
    /// `HOLDFAST_RESTORE_WINDOW_MINUTES`: an association or reverse DNS name that ended longer than
    /// this before the release is not restored: it was given up on purpose.
    pub restore_window: Duration,
    /// `HOLDFAST_POOL_WAIT_SECONDS`: how long a starting instance waits for an address of its group to
    /// become free.
    pub pool_wait: Duration,
    /// `HOLDFAST_ON_STOP`: for an address without an on-stop tag.
    pub on_stop: OnStop,
    /// `HOLDFAST_ALARM_MAX_AGE_SECONDS`: an alarm or a warning that is older is not acted on.
    pub alarm_max_age: Duration,
    /// `HOLDFAST_ALARMS_THAT_MOVE`: the others are ignored.
    pub alarms_that_move: AlarmsThatMove,
    /// `HOLDFAST_COOLDOWN_SECONDS`: how long after a failover no alarm moves the same group again.
    pub cooldown: Duration,
    /// `HOLDFAST_DETACH_DEADLINE_SECONDS`: how long a guest is given to let go of an interface.
    pub detach_deadline: Duration,
    /// `HOLDFAST_FENCE`: for an address or an interface without a fence tag.
    pub fencing: Fencing,
    /// `HOLDFAST_STOP_BY_TAG`: whether a fence tag may ask for a stop that `HOLDFAST_FENCE` does not ask for.
    pub stop_by_tag: StopByTag,
    /// `HOLDFAST_FAILBACK`: for an address or an interface without a failback tag.
    pub failback: Failback,
    /// `HOLDFAST_REBALANCE`: what an instance loses when EC2 says that it may be interrupted.
    pub on_rebalance: OnStop,
    /// `HOLDFAST_STANDBY_APPLICATION`: whether EC2's probe of the application has to pass on a standby.
    pub standby_application: StandbyApplication,
    /// `HOLDFAST_MOVE_BEFORE_EVENT_MINUTES`: how long before EC2 stops or retires a holder its addresses are moved, for
    /// those without a before-event tag; zero: they stay.
    pub move_before_event: Duration,
    /// `HOLDFAST_ZONAL_SHIFTS`: whether a zone that traffic is shifted away from has no standbys.
    pub zonal_shifts: ZonalShifts,
    /// `HOLDFAST_COMPLETE_LIFECYCLE_HOOKS`: the hooks whose actions are completed; none by default.
    pub lifecycle_hooks: Vec<LifecycleHook>,
    /// `HOLDFAST_RETENTION_DAYS`: how long the ledger keeps what has ended; never less than the reclaim
    /// deadline can be.
    pub retention: Duration,
    /// `HOLDFAST_MAIL_TOPIC`: the SNS topic of those who read mails.
    pub mail_topic: Option<String>,
    /// `HOLDFAST_MAIL_OUTCOMES`: what they are told.
    pub mail_outcomes: ToldOutcomes,
    /// `HOLDFAST_CHAT_TOPIC`: the SNS topic of Amazon Q Developer in chat applications.
    pub chat_topic: Option<String>,
    /// `HOLDFAST_CHAT_OUTCOMES`: what is told there.
    pub chat_outcomes: ToldOutcomes,
    /// `AWS_REGION`: Lambda sets it.
    pub region: String,
}

/// The longest reclaim deadline, and the shortest retention: a tombstone that the ledger forgot while its
/// address is asked for would leave nobody to ask. It is as far back as CloudTrail's event history reaches.
const MAX_DEADLINE_DAYS: u64 = 90;

/// The longest time before an event: AWS tells of a retirement about two weeks ahead.
/// Source: EC2 user guide, "Scheduled events for Amazon EC2 instances".
const MAX_EVENT_MINUTES: u64 = 14 * 24 * 60;

impl Settings {
    /// Whether whoever deploys has consented to failed instances being stopped where a fence tag says so.
    #[must_use]
    pub fn tags_may_stop(&self) -> bool {
        self.fencing == Fencing::Stop || self.stop_by_tag == StopByTag::Allow
    }

    /// Whether a person has named the hook of this action as one that Holdfast completes.
    #[must_use]
    pub fn completes(&self, action: &LifecycleAction) -> bool {
        self.lifecycle_hooks.iter().any(|hook| hook.covers(action))
    }

    /// Which installation these settings are of.
    #[must_use]
    pub fn installation(&self) -> Installation {
        Installation::of(&self.tags.protect, &self.table)
    }

    /// Reads the settings from environment variables.
    ///
    /// # Errors
    /// Every key that is missing, unknown or not of its form, all at once.
    pub fn read(
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, BadSettings> {
        let mut reader = Reader {
            variables: variables.into_iter().collect(),
            bad: Vec::new(),
        };
        let settings = Self::taken_from(&mut reader);
        reader.refuse_the_rest();
        if reader.bad.is_empty() {
            Ok(settings)
        } else {
            Err(BadSettings(reader.bad))
        }
    }

    /// Whether a setting is read from this environment variable.
    #[must_use]
    pub fn has(key: &str) -> bool {
        let mut reader = Reader {
            variables: [(key.to_owned(), String::new())].into(),
            bad: Vec::new(),
        };
        drop(Self::taken_from(&mut reader));
        reader.variables.is_empty()
    }

    /// Takes each setting out of the variables, so that what is left has no meaning.
    fn taken_from(reader: &mut Reader) -> Self {
        Self {
            table: reader.table(),
            mode: reader.parsed("HOLDFAST_MODE", Mode::Observe),
            tags: TagKeys::under(&reader.tag_prefix()),
            default_protection: reader.parsed("HOLDFAST_DEFAULT_PROTECTION", Protection::Record),
            exempt_principals: reader.list("HOLDFAST_EXEMPT_PRINCIPALS"),
            retry_for: reader.duration("HOLDFAST_RETRY_SECONDS", 20, 1, 0..=600),
            reclaim_deadline: reader.duration(
                "HOLDFAST_RECLAIM_DEADLINE_HOURS",
                72,
                3600,
                1..=MAX_DEADLINE_DAYS * 24,
            ),
            most_reclaims_per_day: reader.number("HOLDFAST_MOST_RECLAIMS_PER_DAY", 3, 1..=1000),
            restore_window: reader.duration("HOLDFAST_RESTORE_WINDOW_MINUTES", 60, 60, 0..=525_600),
            pool_wait: reader.duration("HOLDFAST_POOL_WAIT_SECONDS", 90, 1, 0..=840),
            on_stop: reader.parsed("HOLDFAST_ON_STOP", OnStop::Stay),
            alarm_max_age: reader.duration("HOLDFAST_ALARM_MAX_AGE_SECONDS", 900, 1, 60..=86_400),
            alarms_that_move: reader.parsed("HOLDFAST_ALARMS_THAT_MOVE", AlarmsThatMove::Any),
            cooldown: reader.duration("HOLDFAST_COOLDOWN_SECONDS", 300, 1, 0..=86_400),
            detach_deadline: reader.duration("HOLDFAST_DETACH_DEADLINE_SECONDS", 5, 1, 0..=90),
            fencing: reader.parsed("HOLDFAST_FENCE", Fencing::None),
            stop_by_tag: reader.parsed("HOLDFAST_STOP_BY_TAG", StopByTag::Refuse),
            failback: reader.parsed("HOLDFAST_FAILBACK", Failback::Never),
            on_rebalance: reader.parsed("HOLDFAST_REBALANCE", OnStop::Stay),
            standby_application: reader
                .parsed("HOLDFAST_STANDBY_APPLICATION", StandbyApplication::Ignore),
            move_before_event: reader.duration(
                "HOLDFAST_MOVE_BEFORE_EVENT_MINUTES",
                0,
                60,
                0..=MAX_EVENT_MINUTES,
            ),
            zonal_shifts: reader.parsed("HOLDFAST_ZONAL_SHIFTS", ZonalShifts::Ignore),
            lifecycle_hooks: reader.list("HOLDFAST_COMPLETE_LIFECYCLE_HOOKS"),
            retention: reader.duration(
                "HOLDFAST_RETENTION_DAYS",
                400,
                86_400,
                MAX_DEADLINE_DAYS..=3650,
            ),
            mail_topic: reader.optional("HOLDFAST_MAIL_TOPIC"),
            mail_outcomes: reader.parsed("HOLDFAST_MAIL_OUTCOMES", ToldOutcomes::default()),
            chat_topic: reader.optional("HOLDFAST_CHAT_TOPIC"),
            chat_outcomes: reader.parsed("HOLDFAST_CHAT_OUTCOMES", ToldOutcomes::default()),
            region: reader.required("AWS_REGION", "the region, as Lambda sets it"),
        }
    }
}

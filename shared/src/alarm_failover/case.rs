//! What a run is about: its cause, whom that affects, the settings, and the time that the run has. Data only.

use crate::model::ids::InstanceId;
use crate::ports::{Deadline, Delivery};
use crate::report::{Function, Outcome, Report};
use crate::settings::Settings;
use std::collections::BTreeSet;
use std::time::Duration;
use time::OffsetDateTime;

pub(super) const FUNCTION: Function = Function::AlarmFailover;

/// What has to be left of a run for an interface to be detached: with less, the next delivery does both.
pub(super) const TO_ATTACH: Duration = Duration::from_secs(10);

/// What has to be left at the end of a run for the lease and the report.
const TO_REPORT: Duration = Duration::from_secs(2);

/// One cause in one run.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// What whoever deploys has decided.
    pub settings: &'a Settings,
    /// Why the run looks at a group.
    pub cause: &'a Cause,
    /// The delivery: until when the run may work, and which run it is.
    pub delivery: Delivery,
    /// When the event came.
    pub received: OffsetDateTime,
}

impl Case<'_> {
    /// The end of all work: what comes after it is the lease and the report.
    #[must_use]
    pub fn deadline(&self) -> Deadline {
        self.delivery.deadline(TO_REPORT)
    }

    /// The last moment for a look on which something can still be moved.
    #[must_use]
    pub fn look_deadline(&self) -> Deadline {
        self.delivery.deadline(TO_ATTACH + TO_REPORT)
    }

    /// A report on the cause. `said` follows the cause in its summary.
    #[must_use]
    pub fn report(&self, outcome: Outcome, said: &str) -> Report {
        let summary = format!("{}: {said}", self.cause.text);
        Report::of(FUNCTION, self.settings.mode, outcome, summary)
    }

    /// A report that says why nothing was done about the cause.
    #[must_use]
    pub fn ignored(&self, why: &str) -> Report {
        Report::not_for(FUNCTION, self.settings.mode, &self.cause.text, why)
    }
}

/// Why a group is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CauseKind {
    /// An alarm fires.
    Alarm,
    /// A member came into a state in which it does not run.
    NotRunning,
    /// A member runs, and may serve what is with nobody, or with a member that does not run.
    MemberStarted,
    /// EC2 is about to interrupt a member.
    SpotInterruption,
    /// EC2 says that it may interrupt a member, which is as well as it was.
    RebalanceRecommendation,
    /// AWS Health tells of a member. It is a reason to look at what EC2 tells of it, and no more.
    HealthEvent,
    /// Auto Scaling is about to end a member, or to put it to sleep, which is as well as it was: Auto Scaling itself says
    /// so.
    LifecycleAction,
    /// AWS is about to stop or retire a member, which is as well as it was, and a person has asked beforehand that its
    /// addresses move in time.
    ScheduledEvent,
    /// A person asks for it.
    Command {
        /// Who is to take over; none: whoever is next.
        to: Option<InstanceId>,
    },
    /// The member that stands first is healthy again.
    Failback {
        /// That member.
        to: InstanceId,
    },
    /// An earlier run ended half way.
    Resume,
}

impl CauseKind {
    /// Whether a person asks for just this: a pause keeps nobody from it.
    #[must_use]
    pub fn is_a_persons_word(&self) -> bool {
        matches!(self, Self::Command { .. })
    }

    /// Whether the members that lose their addresses are taken for failed. It is no person's word, and no
    /// warning: EC2 ends by itself what it interrupts, and what it may interrupt is well.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        matches!(self, Self::Alarm | Self::NotRunning)
    }
}

/// A reason to look at a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// What it is.
    pub kind: CauseKind,
    /// The same in words: `alarm web-1-status`.
    pub text: String,
    /// When it came about.
    pub at: OffsetDateTime,
    /// The alarm itself, and the child alarms that it names.
    pub alarms: Vec<String>,
    /// Whether it is an alarm that watches other alarms, as far as its event tells: then only those tell whom it is
    /// about.
    pub is_of_alarms: bool,
    /// The instances that it names.
    pub instances: BTreeSet<InstanceId>,
    /// The group that it names.
    pub group: Option<String>,
}

/// A reason that a sweep finds, and no event tells of.
pub(super) fn cause_of(
    kind: CauseKind,
    words: &str,
    group: Option<&str>,
    at: OffsetDateTime,
) -> Cause {
    Cause {
        kind,
        text: words.to_owned(),
        at,
        alarms: Vec::new(),
        is_of_alarms: false,
        instances: BTreeSet::new(),
        group: group.map(str::to_owned),
    }
}

/// A group that a cause concerns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AffectedGroup {
    /// The group.
    pub group: String,
    /// The members that are taken for failed.
    pub failed_members: BTreeSet<InstanceId>,
    /// Whether the cause named no instance, so that `failed_members` is who holds the address now.
    pub names_no_instance: bool,
}

/// What a cause comes to, with what EC2 and CloudWatch say now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assessment {
    /// These groups are concerned; none when no member is.
    Affects(Vec<AffectedGroup>),
    /// It is over.
    Recovered {
        /// How that is known.
        why: String,
    },
    /// It is none of ours: it names no instance, and nothing of a group names it.
    NotOurs {
        /// What would make it ours.
        why: String,
    },
    /// It cannot be said whom it is about.
    Unclear {
        /// What is missing.
        why: String,
    },
    /// CloudWatch does not tell whether it fires.
    NotTold {
        /// What CloudWatch shows.
        why: String,
    },
}

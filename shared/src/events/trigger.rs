//! What an event is once it is read: a [`Trigger`]. Plain data: what it means is decided elsewhere.

use super::alarm::AlarmEvent;
use super::error::EventError;
use super::takers;
use crate::model::auto_scaling::LifecycleAction;
use crate::model::cloudtrail::Record;
use crate::model::ids::{AllocationId, InstanceId};
use crate::model::instance::InstanceState;
use std::collections::BTreeSet;
use std::fmt;
use std::net::Ipv4Addr;
use time::OffsetDateTime;

/// What set a function going.
#[derive(Debug, Clone, PartialEq)]
pub enum Trigger {
    /// Somebody changed an address by an EC2 call, and EC2 did it.
    Call(Box<Record>),
    /// The schedule.
    Schedule {
        /// When the schedule fired.
        at: OffsetDateTime,
    },
    /// An instance came into another state.
    Instance(InstanceStateChange),
    /// An alarm told its state.
    Alarm(Box<AlarmEvent>),
    /// EC2 announced what it is going to do with a Spot instance.
    SpotNotice(SpotNotice),
    /// AWS Health told of instances.
    HealthEvent(HealthEvent),
    /// Auto Scaling waits before it ends an instance, or puts it to sleep.
    LifecycleAction(LifecycleNotice),
    /// A person asked.
    Command(OperatorCommand),
    /// A known event that is none of our business.
    Ignored(Ignored),
}

impl From<AlarmEvent> for Trigger {
    fn from(alarm: AlarmEvent) -> Self {
        Self::Alarm(Box::new(alarm))
    }
}

impl fmt::Display for Trigger {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(record) => formatter.write_str(&record.call.name),
            Self::Schedule { .. } => formatter.write_str("the schedule"),
            Self::Instance(change) => change.fmt(formatter),
            Self::Alarm(alarm) => alarm.fmt(formatter),
            Self::SpotNotice(notice) => notice.fmt(formatter),
            Self::HealthEvent(event) => event.fmt(formatter),
            Self::LifecycleAction(notice) => notice.fmt(formatter),
            Self::Command(command) => command.fmt(formatter),
            Self::Ignored(ignored) => formatter.write_str(&ignored.what),
        }
    }
}

/// What EC2 announced of a Spot instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpotNotice {
    /// The instance.
    pub instance: InstanceId,
    /// What is coming.
    pub kind: SpotNoticeKind,
    /// When it was announced, where the event says so.
    pub at: Option<OffsetDateTime>,
    /// The region in which the instance is, where the event says so.
    pub region: Option<String>,
}

/// What is coming for a Spot instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpotNoticeKind {
    /// It is stopped, hibernated or terminated in two minutes.
    Interruption,
    /// It is more likely than others to be interrupted: nothing has been decided.
    RebalanceRecommendation,
}

impl fmt::Display for SpotNotice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            SpotNoticeKind::Interruption => {
                write!(formatter, "{} is about to be interrupted", self.instance)
            }
            SpotNoticeKind::RebalanceRecommendation => {
                write!(formatter, "{} may be interrupted", self.instance)
            }
        }
    }
}

/// What AWS Health tells of instances.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthEvent {
    /// The instances.
    pub instances: BTreeSet<InstanceId>,
    /// What it is, in AWS Health's own word: `AWS_EC2_INSTANCE_RETIREMENT_SCHEDULED`.
    pub code: String,
    /// The region in which the instances are, where the event says so.
    pub region: Option<String>,
}

impl fmt::Display for HealthEvent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} of AWS Health", self.code)?;
        let Some(first) = self.instances.first() else {
            return Ok(());
        };
        match self.instances.len() - 1 {
            0 => write!(formatter, ", for {first}"),
            others => write!(formatter, ", for {first} and {others} more"),
        }
    }
}

/// What Auto Scaling tells before it ends an instance, or puts it into a warm pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LifecycleNotice {
    /// The instance.
    pub instance: InstanceId,
    /// What Auto Scaling waits for, where the event names all of it.
    pub action: Option<LifecycleAction>,
    /// When it was told, where the event says so.
    pub at: Option<OffsetDateTime>,
    /// The region in which the instance is, where the event says so.
    pub region: Option<String>,
}

impl fmt::Display for LifecycleNotice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "Auto Scaling is about to take {} out of service",
            self.instance
        )
    }
}

/// What a person asks of a group or of an address: `{"holdfast": "plan", "group": "web"}`, for example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OperatorCommand {
    /// What would be done for each holder of the group if it failed now? Nothing is changed.
    Plan {
        /// The group.
        group: String,
    },
    /// Move nothing of the group by itself for a while.
    Pause {
        /// The group.
        group: String,
        /// For how long.
        minutes: u16,
        /// Who asks, in the person's own words.
        by: Option<String>,
    },
    /// End a pause.
    Resume {
        /// The group.
        group: String,
    },
    /// Move the group's addresses to the member that stands first.
    Failback {
        /// The group.
        group: String,
    },
    /// Ask for an address now that the account has lost.
    Restore {
        /// The address.
        what: AddressName,
    },
    /// Move the group's addresses.
    Switchover {
        /// The group.
        group: String,
        /// The member to move them to; none: whoever is next.
        to: Option<InstanceId>,
    },
}

/// How a person names an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AddressName {
    /// By itself.
    Ip(Ipv4Addr),
    /// By an allocation that it has or had.
    Allocation(AllocationId),
}

impl fmt::Display for AddressName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(ip) => ip.fmt(formatter),
            Self::Allocation(allocation) => allocation.fmt(formatter),
        }
    }
}

impl OperatorCommand {
    /// The word that a person writes.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Plan { .. } => "plan",
            Self::Pause { .. } => "pause",
            Self::Resume { .. } => "resume",
            Self::Failback { .. } => "failback",
            Self::Restore { .. } => "restore",
            Self::Switchover { .. } => "failover",
        }
    }

    /// What a function says that does not take it: which one does.
    #[must_use]
    pub fn for_another(&self) -> EventError {
        let word = self.word();
        takers::for_another(word).unwrap_or_else(|| EventError {
            field: takers::FIELD.to_owned(),
            problem: format!("`{word}` is for another function"),
        })
    }
}

impl fmt::Display for OperatorCommand {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plan { group } => write!(formatter, "a plan for the group {group}"),
            Self::Pause { group, minutes, .. } => {
                write!(formatter, "a pause of the group {group} for {minutes} min")
            }
            Self::Resume { group } => write!(formatter, "the end of a pause of the group {group}"),
            Self::Failback { group } => write!(formatter, "a failback of the group {group}"),
            Self::Restore { what } => write!(formatter, "a restore of {what}"),
            Self::Switchover { group, to: None } => {
                write!(formatter, "a switchover of the group {group}")
            }
            Self::Switchover {
                group,
                to: Some(to),
            } => write!(formatter, "a switchover of the group {group} to {to}"),
        }
    }
}

/// An instance that came into another state. Delivered at least once, in no promised order: what the
/// instance is now has to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceStateChange {
    /// The instance.
    pub instance: InstanceId,
    /// The state that it came into: any but `pending`.
    pub state: InstanceState,
    /// When, where the event says so.
    pub at: Option<OffsetDateTime>,
    /// The region in which it is, where the event says so.
    pub region: Option<String>,
}

impl fmt::Display for InstanceStateChange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} is now {}", self.instance, self.state)
    }
}

/// An event that is deliberately not acted on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignored {
    /// What came, in a few words: `ReleaseAddress that EC2 refused`.
    pub what: String,
    /// Why nothing is done about it.
    pub why: String,
}

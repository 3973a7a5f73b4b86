//! What `DescribeInstanceStatus` tells of an instance beside its state: checks, and what AWS has planned for it. Plain
//! data: nothing here asks or acts.

use super::instance::StatusChecks;
use serde::{Deserialize, Serialize};
use std::fmt;
use time::OffsetDateTime;

/// What EC2 tells of one instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstanceStatus {
    /// The checks of host, instance and volumes.
    pub checks: StatusChecks,
    /// EC2's own probes of the application, where somebody has set them up.
    pub application: ProbeStatus,
    /// EC2's check of the performance, where somebody has switched it on.
    pub performance: ProbeStatus,
    /// What AWS has planned, the next first. What is over or called off is left out.
    pub events: Vec<ScheduledEvent>,
}

impl From<StatusChecks> for InstanceStatus {
    /// Nothing but the checks is told.
    fn from(checks: StatusChecks) -> Self {
        Self {
            checks,
            application: ProbeStatus::NotTold,
            performance: ProbeStatus::NotTold,
            events: Vec::new(),
        }
    }
}

/// What a check says that not every instance has.
/// Source: EC2 API reference, `ApplicationStatusSummary`, `PerformanceStatusSummary`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProbeStatus {
    /// It passes.
    Ok,
    /// Not known yet.
    Initializing,
    /// It fails.
    Impaired,
    /// There is no such check, or it has no data.
    NotTold,
    /// The word is none that is known here: no good news.
    Unknown,
}

impl ProbeStatus {
    /// Whether it is no reason to doubt an instance.
    #[must_use]
    pub fn may_pass(self) -> bool {
        matches!(self, Self::Ok | Self::NotTold)
    }
}

/// Something that AWS has planned for an instance.
/// Source: EC2 user guide, "Scheduled events for Amazon EC2 instances".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScheduledEvent {
    /// What.
    pub code: EventCode,
    /// The earliest moment at which it begins; none: EC2 does not say.
    #[serde(with = "time::serde::rfc3339::option")]
    pub not_before: Option<OffsetDateTime>,
}

/// What AWS has planned.
/// Source: EC2 API reference, `InstanceStatusEvent`, `Code`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventCode {
    /// The instance is stopped, or terminated where its root device is an instance store.
    Retirement,
    /// The instance is stopped.
    Stop,
    /// It is back some minutes later, with all that it has: `instance-reboot`, `system-reboot`, `system-maintenance`.
    Interruption(String),
    /// A word that is not known here.
    Unknown(String),
}

impl EventCode {
    /// The event that EC2 tells by this word.
    #[must_use]
    pub fn told(word: &str) -> Self {
        match word {
            "instance-retirement" => Self::Retirement,
            "instance-stop" => Self::Stop,
            "instance-reboot" | "system-reboot" | "system-maintenance" => {
                Self::Interruption(word.to_owned())
            }
            other => Self::Unknown(other.to_owned()),
        }
    }

    /// The word as EC2 writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Retirement => "instance-retirement",
            Self::Stop => "instance-stop",
            Self::Interruption(word) | Self::Unknown(word) => word,
        }
    }

    /// Whether the instance serves no more once it has begun, as far as anybody here knows.
    #[must_use]
    pub fn ends_service(&self) -> bool {
        !matches!(self, Self::Interruption(_))
    }
}

impl fmt::Display for EventCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl ScheduledEvent {
    /// Whether it may begin within that time.
    #[must_use]
    pub fn is_within(&self, now: OffsetDateTime, ahead: std::time::Duration) -> bool {
        self.not_before.is_some_and(|begins| begins <= now + ahead)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retirement_a_stop_and_an_unknown_word_end_service_and_a_reboot_does_not() {
        let ends = |word: &str| EventCode::told(word).ends_service();
        assert!(ends("instance-retirement") && ends("instance-stop") && ends("instance-parade"));
        for word in ["instance-reboot", "system-reboot", "system-maintenance"] {
            assert!(!ends(word), "{word}");
            assert_eq!(EventCode::told(word).as_str(), word);
        }
    }

    #[test]
    fn an_event_without_a_time_is_never_near() {
        let event = |not_before| ScheduledEvent {
            code: EventCode::Stop,
            not_before,
        };
        let now = OffsetDateTime::UNIX_EPOCH;
        let hour = std::time::Duration::from_hours(1);
        assert!(!event(None).is_within(now, hour));
        assert!(event(Some(now + hour)).is_within(now, hour));
        assert!(!event(Some(now + hour * 2)).is_within(now, hour));
    }
}

//! Where Auto Scaling has an instance. EC2 does not tell: an instance in a warm pool runs, or is stopped, like any
//! other. Plain data: nothing here asks or acts.

use super::ids::InstanceId;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The tag that Auto Scaling puts on each of its instances. Nobody else can: it is one of AWS's own.
/// Source: EC2 Auto Scaling user guide, "Tag Auto Scaling groups and instances".
pub const GROUP_TAG: &str = "aws:autoscaling:groupName";

/// The lifecycle state of an instance in an Auto Scaling group, in Auto Scaling's own words.
/// Source: EC2 Auto Scaling API reference, `AutoScalingInstanceDetails`, `LifecycleState`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LifecycleState(pub String);

/// Whether an instance serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// It serves, or is on its way there.
    In,
    /// It is set aside and runs, or is stopped, only to be ready: a warm pool.
    Warmed,
    /// A person has taken it out of service.
    Standby,
    /// Auto Scaling ends it: it will not come back.
    Leaving,
    /// The word is none that is known here.
    Unknown,
}

impl LifecycleState {
    /// Whether the instance serves.
    #[must_use]
    pub fn service(&self) -> Service {
        match self.0.as_str() {
            "InService"
            | "Pending"
            | "Pending:Wait"
            | "Pending:Proceed"
            | "ReplacingRootVolume"
            | "ReplacingRootVolume:Wait"
            | "ReplacingRootVolume:Proceed"
            | "RootVolumeReplaced"
            | "Detaching"
            | "Detached" => Service::In,
            "Standby" | "EnteringStandby" => Service::Standby,
            word => match word.split(':').next() {
                Some("Warmed") => Service::Warmed,
                Some("Terminating" | "Terminated") => Service::Leaving,
                _ => Service::Unknown,
            },
        }
    }
}

impl LifecycleState {
    /// Whether Auto Scaling waits before it goes on with the instance: a hook has an action on it.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.0.ends_with(":Wait")
    }
}

/// What Auto Scaling waits for before it goes on with an instance: one hook, for this instance, this time.
/// Source: EC2 Auto Scaling user guide, "Amazon EC2 Auto Scaling lifecycle hooks".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LifecycleAction {
    /// The instance.
    pub instance: InstanceId,
    /// The name of its Auto Scaling group.
    pub group: String,
    /// The name of the hook.
    pub hook: String,
    /// Names this action and no other, even of the same hook and instance.
    pub token: String,
}

impl fmt::Display for LifecycleState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each state that Auto Scaling documents.
    const DOCUMENTED: [(Service, &[&str]); 4] = [
        (
            Service::In,
            &[
                "Pending",
                "Pending:Wait",
                "Pending:Proceed",
                "InService",
                "ReplacingRootVolume",
                "ReplacingRootVolume:Wait",
                "ReplacingRootVolume:Proceed",
                "RootVolumeReplaced",
                "Detaching",
                "Detached",
            ],
        ),
        (Service::Standby, &["EnteringStandby", "Standby"]),
        (
            Service::Leaving,
            &[
                "Terminating",
                "Terminating:Wait",
                "Terminating:Proceed",
                "Terminating:Retained",
                "Terminated",
            ],
        ),
        (
            Service::Warmed,
            &[
                "Warmed:Pending",
                "Warmed:Pending:Wait",
                "Warmed:Pending:Proceed",
                "Warmed:Pending:Retained",
                "Warmed:Terminating",
                "Warmed:Terminating:Wait",
                "Warmed:Terminating:Proceed",
                "Warmed:Terminating:Retained",
                "Warmed:Terminated",
                "Warmed:Stopped",
                "Warmed:Running",
                "Warmed:Hibernated",
            ],
        ),
    ];

    fn service(word: &str) -> Service {
        LifecycleState(word.to_owned()).service()
    }

    #[test]
    fn every_lifecycle_state_that_auto_scaling_documents_says_whether_the_instance_serves() {
        for (expected, words) in DOCUMENTED {
            for word in words {
                assert_eq!(service(word), expected, "{word}");
            }
        }
    }

    #[test]
    fn a_word_that_is_not_known_says_nothing() {
        for word in [
            "Quarantined",
            "InServiceSoon",
            "inservice",
            "Pending:Later",
            "",
        ] {
            assert_eq!(service(word), Service::Unknown, "{word}");
        }
    }
}

//! Where an alarm that names a member may not be known, as a person reads it.

use super::contributors::NotAsked;
use crate::model::ids::InstanceId;
use crate::report::Finding;
use time::OffsetDateTime;

/// Why an alarm may be missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gap {
    /// No sweep has learnt which alarms name a member, and more fire than could be looked through.
    NotLearnt,
    /// What a sweep has learnt could not be read.
    Unread {
        /// What the ledger said.
        why: String,
    },
    /// Members came after the last sweep.
    NewMembers {
        /// Which.
        members: Vec<InstanceId>,
    },
    /// The last sweep that read all alarms is long ago.
    Old {
        /// When it began.
        as_of: OffsetDateTime,
    },
    /// More alarms name the members than the ledger's row takes.
    LeftOut {
        /// How many are missing.
        count: usize,
    },
    /// Alarms on many time series fire, and for which instances is not known.
    NotAsked(NotAsked),
}

impl Gap {
    /// Whether a read that was refused or not answered is why.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        matches!(
            self,
            Self::Unread { .. } | Self::NotAsked(NotAsked { why: Some(_), .. })
        )
    }

    /// What a person should know of it.
    #[must_use]
    pub fn finding(&self, group: &str) -> Finding {
        let sweep =
            "see why reconcile does not run or does not read all alarms: its last report says so";
        let (why, next) = match self {
            Self::NotLearnt => (
                "reconcile has not learnt yet which alarms name a member, and more alarms fire than \
                 a failover has time to read"
                    .to_owned(),
                sweep.to_owned(),
            ),
            Self::Unread { why: said } => (
                format!("what reconcile has learnt of them could not be read: {said}"),
                "see why the ledger did not answer".to_owned(),
            ),
            Self::NewMembers { members } => {
                let members: Vec<&str> = members.iter().map(InstanceId::as_str).collect();
                (
                    format!(
                        "reconcile has not read the alarms since {} came to the group",
                        members.join(", ")
                    ),
                    "nothing: the next run of reconcile learns them".to_owned(),
                )
            }
            Self::Old { as_of } => (
                format!("reconcile has last read all alarms at {as_of}; younger ones are not known"),
                sweep.to_owned(),
            ),
            Self::NotAsked(NotAsked { count, why: None }) => (
                format!(
                    "{count} more alarms on many time series fire than there was time to ask for which instances"
                ),
                "see which alarms of Metrics Insights or on logs fire all the time".to_owned(),
            ),
            Self::NotAsked(NotAsked {
                count,
                why: Some(said),
            }) => (
                format!(
                    "CloudWatch does not tell for which instances {count} of the firing alarms on many time series fire: \
                     {said}"
                ),
                "allow cloudwatch:DescribeAlarmContributors to the role of this function, or see why it is not answered"
                    .to_owned(),
            ),
            Self::LeftOut { count } => (
                format!("{count} alarms that name a member have no room in the group's row"),
                "give its members fewer alarms, or make it several groups".to_owned(),
            ),
        };
        Finding {
            what: format!("not every alarm on a member of the group {group} may be known"),
            why,
            next,
        }
    }
}

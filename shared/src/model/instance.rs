//! An EC2 instance as far as an address can be given to it or taken from it. Plain data: nothing here
//! asks or acts.

use crate::model::ids::{EniId, InstanceId, InstanceType, SubnetId, Zone, ZoneId};
use crate::model::interface::{AttachmentState, OtherIps};
use crate::model::tags::Tags;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;
use time::OffsetDateTime;

/// Where an instance is in its life.
/// Source: EC2 user guide, "Instance lifecycle".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InstanceState {
    /// It is about to run; EC2 gives it no address yet.
    Pending,
    /// It runs.
    Running,
    /// It is about to be stopped.
    Stopping,
    /// It is stopped and may be started again; its addresses stay associated.
    Stopped,
    /// It is about to be terminated.
    ShuttingDown,
    /// It is gone for good.
    Terminated,
    /// A state that AWS added later: neither up nor down, as far as anybody here knows.
    Unknown,
}

impl InstanceState {
    /// Whether it runs or is about to: such an instance keeps what it has.
    #[must_use]
    pub fn is_up(self) -> bool {
        matches!(self, Self::Pending | Self::Running)
    }

    /// Whether it stops, ends, or has: whoever holds something then does not serve. A state that is not known here says
    /// neither.
    #[must_use]
    pub fn is_down(self) -> bool {
        !self.is_up() && self != Self::Unknown
    }

    /// The state that EC2 tells by this word.
    #[must_use]
    pub fn told(word: &str) -> Self {
        word.parse().unwrap_or(Self::Unknown)
    }

    /// Whether it is being terminated, or is: it will not come back.
    #[must_use]
    pub fn is_terminating(self) -> bool {
        matches!(self, Self::ShuttingDown | Self::Terminated)
    }

    /// The state as EC2 writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::ShuttingDown => "shutting-down",
            Self::Terminated => "terminated",
            Self::Unknown => "in a state that is not known here",
        }
    }
}

impl fmt::Display for InstanceState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A word that is not the state of an instance.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no state of an instance: expected `pending`, `running`, `stopping`, `stopped`, \
     `shutting-down` or `terminated`"
)]
pub struct NoSuchState(pub String);

impl FromStr for InstanceState {
    type Err = NoSuchState;

    fn from_str(text: &str) -> Result<Self, NoSuchState> {
        let all = [
            Self::Pending,
            Self::Running,
            Self::Stopping,
            Self::Stopped,
            Self::ShuttingDown,
            Self::Terminated,
        ];
        all.into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| NoSuchState(text.to_owned()))
    }
}

/// An instance with what it is attached to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instance {
    /// The instance.
    pub id: InstanceId,
    /// Where it is in its life.
    pub state: InstanceState,
    /// Its tags, reserved ones included.
    pub tags: Tags,
    /// When it was last started.
    #[serde(with = "time::serde::rfc3339")]
    pub launched_at: OffsetDateTime,
    /// Its availability zone.
    pub zone: Option<Zone>,
    /// The id of that zone.
    pub zone_id: Option<ZoneId>,
    /// Its type.
    pub kind: Option<InstanceType>,
    /// Why EC2 may refuse to stop it, as far as EC2 shows that.
    pub stop_limit: Option<StopLimit>,
    /// Its interfaces, by network card and device index: the primary one first.
    pub interfaces: Vec<AttachedInterface>,
}

/// Why EC2 may refuse to stop an instance. That one is protected (`disableApiStop`), no description shows.
/// Source: EC2 user guide, "Stop and start Amazon EC2 instances", and "Stop a Spot Instance".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StopLimit {
    /// A Spot instance: EC2 stops it only where its Spot request is persistent.
    Spot,
    /// Its root device is an instance store: EC2 never stops it.
    InstanceStoreRoot,
}

/// A network interface, seen from the instance that has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttachedInterface {
    /// The interface.
    pub id: EniId,
    /// Where on the network card it is attached.
    pub device_index: i32,
    /// Which network card.
    pub card_index: i32,
    /// How far the attachment is, where EC2 says so.
    pub state: Option<AttachmentState>,
    /// Its subnet.
    pub subnet: Option<SubnetId>,
    /// Made and held by an AWS service: not ours to associate.
    pub service_managed: bool,
    /// Its private IPs, the primary one first.
    pub private_ips: Vec<PrivateIp>,
    /// What it has beside them.
    pub other_ips: OtherIps,
}

/// A private IP with its public side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrivateIp {
    /// The private IP.
    pub ip: Ipv4Addr,
    /// The public address that leads to it.
    pub public: Option<PublicIp>,
}

/// The public address of a private IP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicIp {
    /// The address.
    pub ip: Ipv4Addr,
    /// EC2 assigned it by itself when the instance started: it ends with the association of an Elastic
    /// IP, and cannot be had again (EC2 user guide, "Public IPv4 addresses").
    pub auto_assigned: bool,
}

/// What EC2's own checks say of an instance.
/// Source: EC2 user guide, "Status checks for your instances".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StatusChecks {
    /// Instance and host pass.
    Ok,
    /// Not known yet: the instance has just started.
    Initializing,
    /// One of them fails.
    Impaired,
    /// EC2 has no data, or the instance does not run.
    Unknown,
}

/// What an instance type allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstanceTypeLimits {
    /// Interfaces on network card 0, the primary one included.
    pub interfaces: i32,
    /// Private IPv4 addresses on one interface.
    pub private_ips: i32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_read_as_ec2_writes_it() {
        assert_eq!("shutting-down".parse(), Ok(InstanceState::ShuttingDown));
        assert_eq!(InstanceState::ShuttingDown.to_string(), "shutting-down");
    }

    #[test]
    fn a_word_that_is_no_state_is_named() {
        let error = "rebooting".parse::<InstanceState>().unwrap_err();
        assert!(error.to_string().starts_with("`rebooting` is no state"));
    }

    #[test]
    fn an_instance_that_is_about_to_run_counts_as_up() {
        assert!(InstanceState::Pending.is_up() && !InstanceState::Stopping.is_up());
        let new = InstanceState::told("resting");
        assert!(!new.is_up() && !new.is_down() && !new.is_terminating());
    }

    #[test]
    fn only_an_instance_that_is_terminated_or_about_to_be_will_not_come_back() {
        assert!(InstanceState::ShuttingDown.is_terminating());
        assert!(InstanceState::Terminated.is_terminating());
        for back in ["pending", "running", "stopping", "stopped"] {
            let state: InstanceState = back.parse().unwrap();
            assert!(!state.is_terminating(), "{back}");
        }
    }
}

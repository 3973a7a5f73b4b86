//! What a failover did, address by address, and whether a group is ready for one.

use super::finding::Finding;
use super::pause::PauseReport;
use super::phase::Phase;
use crate::model::ids::{AllocationId, AttachmentId, EniId, InstanceId};
use crate::settings::Mover;
use serde::Serialize;
use std::net::Ipv4Addr;

/// One group, from the cause to where each of its addresses is now.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FailoverReport {
    /// The group.
    pub group: String,
    /// What set it going, in words.
    pub cause: String,
    /// The members that are taken for failed.
    pub failed_members: Vec<InstanceId>,
    /// Milliseconds from the failure, by the clock of whoever told of it, to the event's arrival. Only where an event
    /// told of a failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arrived_after_ms: Option<u64>,
    /// What was moved, or would be, or could not be: one entry for each.
    pub moves: Vec<MoveReport>,
    /// The failed members that were kept from writing, and how.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fenced: Vec<String>,
    /// The number of the lease under which it was done.
    pub lease_number: Option<u64>,
    /// How many times the group was looked at.
    pub looks: u32,
    /// How many calls were made that change something in EC2.
    pub mutating_calls: u32,
}

/// One interface, one set of private IPs, or one address on its way.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MoveReport {
    /// The interface, where it is the interface that moves, or whose private IPs do.
    pub eni: Option<EniId>,
    /// The allocation, where it is an Elastic IP alone that moves.
    pub allocation: Option<AllocationId>,
    /// The private IPs that move.
    pub private_ips: Vec<Ipv4Addr>,
    /// The Elastic IPs that move, or ride along.
    pub public_ips: Vec<Ipv4Addr>,
    /// How.
    pub mover: Mover,
    /// Who had it.
    pub from: Option<InstanceId>,
    /// Who has it now, or would get it.
    pub to: Option<InstanceId>,
    /// How it ended.
    pub end: MoveEnd,
    /// The attachment that ties the interface to its new instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attachment: Option<AttachmentId>,
    /// The public IP that EC2 had assigned to the new private IP by itself, which is lost for good.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub displaced: Option<Ipv4Addr>,
    /// What stays where it was: IPv6 addresses and prefixes that only a whole interface takes along.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_behind: Vec<String>,
    /// The standbys that would not take it, and why not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tried: Vec<Tried>,
    /// Milliseconds from the event's arrival to the end of each phase: `planned`, `detached`, `attached`,
    /// `verified`.
    pub phases: Vec<Phase>,
}

/// A standby that would not take it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tried {
    /// The standby.
    pub standby: InstanceId,
    /// Why not.
    pub why: String,
}

/// How a move ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MoveEnd {
    /// It is on a healthy member, and two of EC2's answers agree on that.
    Moved,
    /// It is with a healthy member, and this run has not brought it there.
    AlreadyThere,
    /// No standby took it: it is back with the member that had it.
    Returned,
    /// It has not been touched: a plan was not possible, or was not allowed.
    NotMoved,
    /// `observe` mode, or a plan that was asked for: this is what would be done.
    WouldMove,
    /// It is with nobody, and the event comes again.
    Stranded,
    /// It does not exist any more.
    Gone,
}

/// Whether a failover of a group would work now, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Readiness {
    /// What each holder has could move to a healthy standby.
    Ready,
    /// Something stands in the way.
    NotReady,
    /// The group has no standby, and is not meant to have one.
    NoStandbyByDesign,
}

/// Whether a failover of a group would work now.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupReport {
    /// The group.
    pub group: String,
    /// Whether each holder's addresses could move to a healthy standby.
    pub ready: bool,
    /// The same, told from a group that is not meant to be ready.
    pub readiness: Readiness,
    /// Why it has no standby by design.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by_design: Option<String>,
    /// The members that hold something.
    pub holders: Vec<InstanceId>,
    /// The members that could take it over.
    pub standbys: Vec<InstanceId>,
    /// How many Elastic IPs of the group are associated with nothing.
    pub free_addresses: usize,
    /// The pause of the group, while it is paused: what stands here of its readiness is true, and nothing is moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pause: Option<PauseReport>,
    /// How each holder would be fenced if it failed now, and what that does not do.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fences: Vec<String>,
    /// What stands in the way.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub obstacles: Vec<Finding>,
}

impl GroupReport {
    /// Whether it is ready, by what stands in its way.
    pub fn judge(&mut self) {
        self.readiness = match (self.readiness, self.obstacles.is_empty()) {
            (Readiness::NoStandbyByDesign, _) => Readiness::NoStandbyByDesign,
            (_, true) => Readiness::Ready,
            (_, false) => Readiness::NotReady,
        };
        self.ready = self.readiness == Readiness::Ready;
    }
}

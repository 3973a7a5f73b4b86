//! What one run of a failover has done so far, and what it has learnt: kept from one look to the next, and no
//! longer.

use super::execute::{FenceResult, MoveResult};
use super::group::{Group, Resource, ResourceId, ResourceKind};
use super::plan::{Blocked, Exclusions, Move, StaysOnStop};
use super::resource_progress::{ResourceProgress, ResourceState};
use super::state::Observed;
use crate::cloud::CloudError;
use crate::groups::UnreadableTag;
use crate::member_alarms::Gap;
use crate::model::ids::{AllocationId, InstanceId};
use crate::report::Phase;
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

/// How many device indexes of a member are tried.
const MAX_DEVICE_INDEXES: usize = 3;

/// What a run has done so far.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// The members that lose what they hold.
    pub(super) sources: BTreeSet<InstanceId>,
    pub(super) looks: u32,
    pub(super) mutating_calls: u32,
    /// What this run has begun to move.
    pub(super) resources: BTreeMap<ResourceId, ResourceProgress>,
    /// Device indexes that EC2 refused, whatever a look shows.
    pub(super) taken_device_indexes: BTreeSet<(InstanceId, i32)>,
    /// The last call that was not permitted. The run goes on with what it may do.
    pub(super) denied: Option<CloudError>,
    pub(super) fenced: FenceResult,
    /// What the last look led to.
    pub(super) last_look: LastLook,
}

/// What was decided on the last look, and what the report needs of it.
#[derive(Debug, Default)]
pub(super) struct LastLook {
    /// What could not be planned.
    pub(super) blocked: Vec<Blocked>,
    /// What was to stay with a holder that was stopped.
    pub(super) stays_on_stop: Vec<StaysOnStop>,
    /// Why there is nothing to be begun any more.
    pub(super) recovered: Option<String>,
    /// Whether the members that an earlier run noted as failed have nothing any more.
    pub(super) earlier_failed_hold_nothing: bool,
    /// Where everything was.
    pub(super) at_rest: AtRest,
    /// Why an alarm on a member may not be known.
    pub(super) gap: Option<Gap>,
    /// Why Auto Scaling did not tell which members are in service.
    pub(super) lifecycle_not_told: Option<String>,
    /// Why it is not known from which zones traffic is shifted away.
    pub(super) shifts_not_told: Option<String>,
    /// The tags that say nothing that can be read, each with whose it is.
    pub(super) unreadable_tags: Vec<(String, UnreadableTag)>,
}

/// Why a run under its lease does no more.
#[derive(Debug)]
pub(super) enum Stop {
    /// Each move came to its end, or there was none to make.
    Complete,
    /// No time is left, or no look.
    OutOfTime,
    /// The last answer was none that tells.
    Unknown(CloudError),
}

impl Stop {
    /// Something is left: because of an answer that was none, or of the time.
    pub(super) fn unfinished(unknown: Option<CloudError>) -> Self {
        unknown.map_or(Self::OutOfTime, Self::Unknown)
    }
}

/// What the end of one move means for the run.
#[derive(Debug)]
pub(super) enum Noted {
    /// It is the end of the resource, too.
    Final,
    /// The next look decides.
    Open,
    /// The next look decides. If there is none, this answer is why.
    Unknown(CloudError),
    /// There is no time for another look.
    OutOfTime,
}

/// Where a group's resources are, as the last look showed them.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct AtRest {
    /// The members that run and hold something.
    pub(super) running: BTreeSet<InstanceId>,
    /// The members that hold something and do not run.
    pub(super) not_running: BTreeSet<InstanceId>,
    /// The Elastic IPs that are associated with nothing.
    pub(super) free: Vec<Ipv4Addr>,
}

impl AtRest {
    pub(super) fn of(group: &Group<'_>, observed: &Observed) -> Self {
        let holders = group.holders().into_iter();
        let (not_running, running) = holders.partition(|holder| observed.is_down(holder));
        Self {
            running,
            not_running,
            free: group.free.iter().map(|address| address.ip).collect(),
        }
    }

    /// Whether a member holds anything at all.
    pub(super) fn is_held(&self) -> bool {
        !self.running.is_empty() || !self.not_running.is_empty()
    }
}

impl Progress {
    /// A member that has failed while something was on its way to it loses that again.
    pub(super) fn add_failed_targets(&mut self, group: &Group<'_>, observed: &Observed) {
        for resource in &group.resources {
            let known = self.resources.get(&resource.id());
            if known.is_some_and(ResourceProgress::is_on_its_way)
                && let Some(holder) = resource.location.instance()
                && observed.is_down(holder)
            {
                self.sources.insert(holder.clone());
            }
        }
    }

    /// What was on its way and is not to be moved any more is with whoever the look shows as its holder. That
    /// need not be the one that this run meant. Or it is the group's no more. Without a holder that is to keep
    /// it, it stays unfinished.
    pub(super) fn close_finished(&mut self, moves: &[Move], group: &Group<'_>) {
        let blocked = &self.last_look.blocked;
        let is_planned = |resource: &ResourceId| {
            moves.iter().any(|one| one.resource == *resource)
                || blocked.iter().any(|blocked| blocked.resource == *resource)
        };
        // What was on its way from a member that is well again stays with it.
        let is_over = self.last_look.recovered.is_some();
        for (resource, progress) in &mut self.resources {
            if !matches!(progress.state, ResourceState::Open) || is_planned(resource) {
                continue;
            }
            let mut all = group.resources.iter();
            let found = all.find(|it| includes(it, resource, progress.public_ips()));
            let holder = found.and_then(|found| found.location.instance());
            match (found, holder) {
                (None, _) => progress.state = ResourceState::Gone,
                (Some(found), Some(holder)) if is_over || !self.sources.contains(holder) => {
                    progress.state = ResourceState::AlreadyThere {
                        holder: holder.clone(),
                        private_ip: private_ip_of(found),
                    };
                }
                (Some(_), _) => {}
            }
        }
    }

    /// Whether nothing is left of a failover.
    pub(super) fn is_complete(&self) -> bool {
        let mut resources = self.resources.values();
        self.last_look.blocked.is_empty() && !resources.any(|it| it.state.is_unfinished())
    }

    /// The member that took over: the first one that has something now.
    pub(super) fn new_holder(&self) -> Option<&InstanceId> {
        self.resources.values().find_map(ResourceProgress::holder)
    }

    /// The Elastic IPs alone that this run has begun to move.
    pub(super) fn addresses(&self) -> impl Iterator<Item = AllocationId> {
        self.resources.keys().filter_map(|resource| match resource {
            ResourceId::Address(allocation) => Some(allocation.clone()),
            _ => None,
        })
    }

    /// Whether this run has given up a resource.
    pub(super) fn has_abandoned(&self, resource: &ResourceId) -> bool {
        let known = self.resources.get(resource);
        known.is_some_and(|known| known.state.is_abandoned())
    }

    /// What EC2 has refused in this run.
    pub(super) fn exclusions(&self) -> Exclusions {
        let resources = self.resources.iter();
        let standbys = resources.flat_map(|(resource, known)| {
            let members = known.not_taken.iter();
            members.map(|it| (resource.clone(), it.member.clone()))
        });
        Exclusions {
            standbys: standbys.collect(),
            device_indexes: self.taken_device_indexes.clone(),
        }
    }

    /// Notes how a move ended, and its phases.
    pub(super) fn note(&mut self, one: &Move, result: MoveResult, phases: Vec<Phase>) -> Noted {
        let resource = self
            .resources
            .entry(one.resource.clone())
            .and_modify(|known| known.begin_again(one))
            .or_insert_with(|| ResourceProgress::begun(one));
        resource.phases = phases;
        match result {
            MoveResult::Moved { attachment } => {
                resource.state = if one.is_return {
                    ResourceState::Returned { attachment }
                } else {
                    ResourceState::Moved { attachment }
                };
                return Noted::Final;
            }
            MoveResult::Gone => {
                resource.state = ResourceState::Gone;
                return Noted::Final;
            }
            MoveResult::Refused(failure) => resource.refused_by(&one.to, failure),
            MoveResult::HolderRefused(failure) => {
                resource.state = ResourceState::HolderRefused(failure);
            }
            MoveResult::DeviceIndexTaken(failure) => {
                let taken = &mut self.taken_device_indexes;
                taken.extend(one.device_index().map(|index| (one.to.clone(), index)));
                let of_member = taken.iter().filter(|(member, _)| *member == one.to);
                // Where another standby has given the same answer to the end, the index is not what EC2 refuses.
                let is_alike = resource
                    .refusals()
                    .any(|(_, earlier)| matches!(earlier, CloudError::DeviceIndexTaken(_)));
                if is_alike || of_member.count() >= MAX_DEVICE_INDEXES {
                    resource.refused_by(&one.to, failure);
                }
            }
            MoveResult::Denied(failure) => {
                resource.denied_for(&one.to);
                self.denied = Some(failure);
            }
            MoveResult::Unknown(failure) => return Noted::Unknown(failure),
            MoveResult::Superseded => {}
            MoveResult::OutOfTime => return Noted::OutOfTime,
        }
        Noted::Open
    }

    /// Notes what fences came to.
    pub(super) fn note_fences(&mut self, result: FenceResult) {
        self.mutating_calls += result.calls();
        self.fenced.extend(result);
    }
}

/// Whether something is, or takes along, what was on its way: private IPs may have come to others, and an
/// Elastic IP to an interface that moves.
fn includes(it: &Resource<'_>, resource: &ResourceId, public_ips: &[Ipv4Addr]) -> bool {
    let takes_along = match (&it.cargo, resource) {
        (ResourceKind::PrivateIps { ips, .. }, ResourceId::PrivateIps(Some(ip))) => {
            ips.contains(ip)
        }
        (_, ResourceId::Address(_)) => public_ips.iter().any(|ip| it.public_ips.contains(ip)),
        _ => false,
    };
    takes_along || it.id() == *resource
}

/// An Elastic IP alone may be on another private IP than the one that was planned.
fn private_ip_of(it: &Resource<'_>) -> Option<Ipv4Addr> {
    match &it.cargo {
        ResourceKind::Address(address) => address.association.as_ref()?.private_ip,
        _ => None,
    }
}

//! What one run of a failover has done so far, and what it has learnt: kept from one look to the next, and no
//! longer.

use super::execute::{FenceResult, MoveResult};
use super::group::{Group, Resource, ResourceId, ResourceKind};
use super::plan::{Blocked, Exclusions, Move, StaysOnStop};
use super::state::Observed;
use crate::cloud::CloudError;
use crate::groups::UnreadableTag;
use crate::ledger::Lease;
use crate::ledger::lease::FailoverRecord;
use crate::model::ids::InstanceId;
use crate::report::{MoveEnd, MoveReport, Phase, Tried};
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

/// How many device indexes of a member are tried.
const MAX_SLOTS: usize = 3;

/// What a run has done so far.
#[derive(Debug, Default)]
pub(super) struct Progress {
    pub(super) lease: Option<Lease>,
    /// What this run has noted in the lease as under way.
    pub(super) own: Option<FailoverRecord>,
    /// The members that lose what they hold.
    pub(super) sources: BTreeSet<InstanceId>,
    pub(super) looks: u32,
    pub(super) mutating_calls: u32,
    /// What was on its way in this run.
    pub(super) moves: BTreeMap<ResourceId, MoveReport>,
    /// Whether it was decided what is to be done.
    pub(super) has_decided: bool,
    /// What could not be planned at the last look.
    pub(super) blocked: Vec<Blocked>,
    /// What was to stay at the last look.
    pub(super) stays_on_stop: Vec<StaysOnStop>,
    /// What EC2 refused, with its answer.
    pub(super) refusals: Vec<(Move, CloudError)>,
    pub(super) excluded: Exclusions,
    /// What EC2 did not take from its holder, with its answer.
    pub(super) kept: Vec<(Move, CloudError)>,
    pub(super) abandoned: BTreeSet<ResourceId>,
    /// The call that is not permitted.
    pub(super) denied: Option<CloudError>,
    /// The last answer that was none.
    pub(super) unknown: Option<CloudError>,
    pub(super) is_out_of_time: bool,
    pub(super) fenced: FenceResult,
    /// Whether the members that an earlier run noted as failed have nothing any more.
    pub(super) earlier_failed_hold_nothing: bool,
    /// The tags that say nothing that can be read, each with whose it is.
    pub(super) unreadable_tags: Vec<(String, UnreadableTag)>,
    /// What the last look showed where it was.
    pub(super) at_rest: AtRest,
    /// Why there is nothing to be begun any more.
    pub(super) recovered: Option<String>,
    /// Why the lease could not be given back.
    pub(super) lease_left: Option<CloudError>,
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
            let is_on_its_way = |report: &MoveReport| report.end == MoveEnd::NotMoved;
            if self.moves.get(&resource.id()).is_some_and(is_on_its_way)
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
        let is_open = |resource: &ResourceId| {
            self.abandoned.contains(resource)
                || moves.iter().any(|one| one.resource == *resource)
                || self
                    .blocked
                    .iter()
                    .any(|blocked| blocked.resource == *resource)
        };
        let done: Vec<ResourceId> = self
            .moves
            .keys()
            .filter(|resource| !is_open(resource))
            .cloned()
            .collect();
        // What was on its way from a member that is well again stays with it.
        let is_over = self.recovered.is_some();
        for resource in done {
            let Some(report) = self.moves.get_mut(&resource) else {
                continue;
            };
            if report.end != MoveEnd::NotMoved {
                continue;
            }
            let found = group
                .resources
                .iter()
                .find(|it| includes(it, &resource, report));
            let holder = found.and_then(|found| found.location.instance());
            match (found, holder) {
                (None, _) => report.end = MoveEnd::Gone,
                (Some(found), Some(holder)) if is_over || !self.sources.contains(holder) => {
                    report.end = MoveEnd::AlreadyThere;
                    report.to = Some(holder.clone());
                    if let Some(private_ip) = private_ip_of(found) {
                        report.private_ips = vec![private_ip];
                        report.displaced = None;
                    }
                }
                (Some(_), _) => {}
            }
        }
        self.unknown = None;
    }

    /// Whether nothing is left of a failover.
    pub(super) fn is_complete(&self) -> bool {
        let is_open = |report: &MoveReport| {
            matches!(
                report.end,
                MoveEnd::NotMoved | MoveEnd::Returned | MoveEnd::Stranded
            )
        };
        self.blocked.is_empty() && !self.moves.values().any(is_open)
    }

    fn report_of(&mut self, one: &Move) -> &mut MoveReport {
        let fresh = one.report();
        let tried = self
            .moves
            .remove(&one.resource)
            .map(|earlier| (earlier.tried, earlier.from));
        let report = self.moves.entry(one.resource.clone()).or_insert(fresh);
        if let Some((tried, from)) = tried {
            report.tried = tried;
            report.from = from.or(report.from.take());
        }
        report
    }

    /// Notes how a move ended, and its phases. Whether that is its end.
    pub(super) fn note(&mut self, one: &Move, end: MoveResult, phases: Vec<Phase>) -> bool {
        let report = self.report_of(one);
        report.phases = phases;
        match end {
            MoveResult::Moved { attachment } => {
                report.end = if one.is_return {
                    MoveEnd::Returned
                } else {
                    MoveEnd::Moved
                };
                report.attachment = attachment;
                return true;
            }
            MoveResult::Gone => {
                report.end = MoveEnd::Gone;
                return true;
            }
            MoveResult::Refused(failure) => self.refuse(one, failure),
            MoveResult::HolderRefused(failure) => {
                self.abandoned.insert(one.resource.clone());
                self.kept.push((one.clone(), failure));
            }
            MoveResult::DeviceIndexTaken(failure) => {
                if self.has_tried_enough_device_indexes(one) {
                    self.refuse(one, failure);
                }
            }
            MoveResult::Denied(failure) => {
                // What has not left its holder stays there: the call would be denied for every standby. What
                // is with nobody may still be permitted for another one.
                let has_left = one.from.is_none()
                    || report.phases.iter().any(|phase| phase.name == "detached");
                let refused = &mut self.excluded.standbys;
                refused.insert((one.resource.clone(), one.to.clone()));
                if !has_left {
                    self.abandoned.insert(one.resource.clone());
                }
                self.denied = Some(failure);
            }
            MoveResult::Unknown(failure) => self.unknown = Some(failure),
            MoveResult::Superseded => {}
            MoveResult::OutOfTime => self.is_out_of_time = true,
        }
        false
    }

    /// Notes what fences came to.
    pub(super) fn note_fences(&mut self, result: FenceResult) {
        self.mutating_calls += result.calls();
        self.fenced.extend(result);
    }

    /// The member does not take it: it is not asked again in this run.
    fn refuse(&mut self, one: &Move, failure: CloudError) {
        if let Some(report) = self.moves.get_mut(&one.resource) {
            report.tried.push(Tried {
                standby: one.to.clone(),
                why: failure.to_string(),
            });
        }
        let refused = &mut self.excluded.standbys;
        refused.insert((one.resource.clone(), one.to.clone()));
        self.refusals.push((one.clone(), failure));
    }

    /// Passes a device index over, and says whether the member has had its share of them.
    fn has_tried_enough_device_indexes(&mut self, one: &Move) -> bool {
        let device_indexes = &mut self.excluded.device_indexes;
        device_indexes.extend(one.device_index().map(|index| (one.to.clone(), index)));
        let device_indexes = self.excluded.device_indexes.iter();
        device_indexes
            .filter(|(member, _)| *member == one.to)
            .count()
            >= MAX_SLOTS
    }
}

/// Whether something is, or takes along, what was on its way: private IPs may have come to others, and an
/// Elastic IP to an interface that moves.
fn includes(it: &Resource<'_>, resource: &ResourceId, report: &MoveReport) -> bool {
    let takes_along = match (&it.cargo, resource) {
        (ResourceKind::PrivateIps { ips, .. }, ResourceId::PrivateIps(Some(ip))) => {
            ips.contains(ip)
        }
        (_, ResourceId::Address(_)) => {
            let mut public_ips = report.public_ips.iter();
            public_ips.any(|ip| it.public_ips.contains(ip))
        }
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

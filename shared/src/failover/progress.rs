//! What one run of a failover has done so far, and what it has learnt: kept from one look to the next, and no
//! longer.

use super::act::{End, Fenced};
use super::decide::{Blocked, Kept, Move, Refused};
use super::evidence::is_down;
use super::group::{Cargo, Charge, ChargeId, Group};
use super::observe::Observed;
use super::route::Step;
use super::words;
use crate::cloud::CloudError;
use crate::ids::InstanceId;
use crate::ledger::Lease;
use crate::ledger::lease::Episode;
use crate::report::{MoveEnd, MoveReport, Phase, Tried};
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

/// How many device indexes of a member are tried.
const MOST_SLOTS: usize = 3;

/// What a run has done so far.
#[derive(Debug, Default)]
pub(super) struct Progress {
    pub(super) lease: Option<Lease>,
    /// What this run has noted in the lease as under way.
    pub(super) own: Option<Episode>,
    /// The members that lose what they hold.
    pub(super) leaving: BTreeSet<InstanceId>,
    pub(super) looks: u32,
    pub(super) mutating_calls: u32,
    /// What was on its way in this run.
    pub(super) moves: BTreeMap<ChargeId, MoveReport>,
    /// Whether it was decided what is to be done.
    pub(super) has_decided: bool,
    /// What could not be planned at the last look.
    pub(super) blocked: Vec<Blocked>,
    /// What was to stay at the last look.
    pub(super) staying: Vec<Kept>,
    /// What EC2 refused, with its answer.
    pub(super) refusals: Vec<(Move, CloudError)>,
    pub(super) refused: Refused,
    /// What EC2 did not take from its holder, with its answer.
    pub(super) kept: Vec<(Move, CloudError)>,
    pub(super) given_up: BTreeSet<ChargeId>,
    /// The call that is not permitted.
    pub(super) denied: Option<CloudError>,
    /// The last answer that was none.
    pub(super) unsure: Option<CloudError>,
    pub(super) is_out_of_time: bool,
    pub(super) fenced: Fenced,
    /// Whether the members that an earlier run noted as failed have nothing any more.
    pub(super) has_emptied: bool,
    /// Why there is nothing to be begun any more.
    pub(super) recovered: Option<String>,
    /// Why the lease could not be given back.
    pub(super) lease_left: Option<CloudError>,
}

impl Progress {
    /// A member that has failed while something was on its way to it loses that again.
    pub(super) fn follow(&mut self, group: &Group<'_>, observed: &Observed) {
        for charge in &group.charges {
            let is_on_its_way = |report: &MoveReport| report.end == MoveEnd::NotMoved;
            if self.moves.get(&charge.id()).is_some_and(is_on_its_way)
                && let Some(holder) = charge.seat.instance()
                && is_down(holder, observed)
            {
                self.leaving.insert(holder.clone());
            }
        }
    }

    /// What was on its way and is not to be moved any more is with whoever the look shows as its holder. That
    /// need not be the one that this run meant. Or it is the group's no more. Without a holder that is to keep
    /// it, it stays unfinished.
    pub(super) fn settle(&mut self, moves: &[Move], group: &Group<'_>) {
        let is_open = |charge: &ChargeId| {
            self.given_up.contains(charge)
                || moves.iter().any(|one| one.charge == *charge)
                || self.blocked.iter().any(|blocked| blocked.charge == *charge)
        };
        let done: Vec<ChargeId> = self
            .moves
            .keys()
            .filter(|charge| !is_open(charge))
            .cloned()
            .collect();
        // What was on its way from a member that is well again stays with it.
        let is_over = self.recovered.is_some();
        for charge in done {
            let Some(report) = self.moves.get_mut(&charge) else {
                continue;
            };
            if report.end != MoveEnd::NotMoved {
                continue;
            }
            let found = group.charges.iter().find(|it| carries(it, &charge, report));
            let holder = found.and_then(|found| found.seat.instance());
            match (found, holder) {
                (None, _) => report.end = MoveEnd::Gone,
                (Some(found), Some(holder)) if is_over || !self.leaving.contains(holder) => {
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
        self.unsure = None;
    }

    fn report_of(&mut self, one: &Move) -> &mut MoveReport {
        let fresh = words::on_its_way(one);
        let tried = self
            .moves
            .remove(&one.charge)
            .map(|earlier| (earlier.tried, earlier.from));
        let report = self.moves.entry(one.charge.clone()).or_insert(fresh);
        if let Some((tried, from)) = tried {
            report.tried = tried;
            report.from = from.or(report.from.take());
        }
        report
    }

    /// Notes how a move ended, and its phases. Whether that is its end.
    pub(super) fn note(&mut self, one: &Move, end: End, phases: Vec<Phase>) -> bool {
        let report = self.report_of(one);
        report.phases = phases;
        match end {
            End::Moved { attachment } => {
                report.end = if one.is_return {
                    MoveEnd::Returned
                } else {
                    MoveEnd::Moved
                };
                report.attachment = attachment;
                return true;
            }
            End::Gone => {
                report.end = MoveEnd::Gone;
                return true;
            }
            End::Refused(failure) => self.refuse(one, failure),
            End::Kept(failure) => {
                self.given_up.insert(one.charge.clone());
                self.kept.push((one.clone(), failure));
            }
            End::SlotTaken(failure) => {
                if self.is_out_of_slots(one) {
                    self.refuse(one, failure);
                }
            }
            End::Denied(failure) => {
                // What has not left its holder stays there: the call would be denied for every standby. What
                // is with nobody may still be permitted for another one.
                let has_left = one.from.is_none()
                    || report.phases.iter().any(|phase| phase.name == "detached");
                let refused = &mut self.refused.standbys;
                refused.insert((one.charge.clone(), one.to.clone()));
                if !has_left {
                    self.given_up.insert(one.charge.clone());
                }
                self.denied = Some(failure);
            }
            End::Unsure(failure) => self.unsure = Some(failure),
            End::Lost => {}
            End::OutOfTime => self.is_out_of_time = true,
        }
        false
    }

    /// The member does not take it: it is not asked again in this run.
    fn refuse(&mut self, one: &Move, failure: CloudError) {
        if let Some(report) = self.moves.get_mut(&one.charge) {
            report.tried.push(Tried {
                standby: one.to.clone(),
                why: failure.to_string(),
            });
        }
        let refused = &mut self.refused.standbys;
        refused.insert((one.charge.clone(), one.to.clone()));
        self.refusals.push((one.clone(), failure));
    }

    /// Passes a device index over, and says whether the member has had its share of them.
    fn is_out_of_slots(&mut self, one: &Move) -> bool {
        if let Step::Interface { device_index, .. } = one.step {
            let slots = &mut self.refused.slots;
            slots.insert((one.to.clone(), device_index));
        }
        let slots = self.refused.slots.iter();
        slots.filter(|(member, _)| *member == one.to).count() >= MOST_SLOTS
    }
}

/// Whether something is, or takes along, what was on its way: private IPs may have come to others, and an
/// Elastic IP to an interface that moves.
fn carries(it: &Charge<'_>, charge: &ChargeId, report: &MoveReport) -> bool {
    let takes_along = match (&it.cargo, charge) {
        (Cargo::PrivateIps { ips, .. }, ChargeId::PrivateIps(Some(ip))) => ips.contains(ip),
        (_, ChargeId::Address(_)) => {
            let mut public_ips = report.public_ips.iter();
            public_ips.any(|ip| it.public_ips.contains(ip))
        }
        _ => false,
    };
    takes_along || it.id() == *charge
}

/// An Elastic IP alone may be on another private IP than the one that was planned.
fn private_ip_of(it: &Charge<'_>) -> Option<Ipv4Addr> {
    match &it.cargo {
        Cargo::Address(address) => address.association.as_ref()?.private_ip,
        _ => None,
    }
}

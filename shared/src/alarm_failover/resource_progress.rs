//! One resource in one run: how far it has come, who did not take it, and what is told of it. Data only.

use super::left_behind::LeftBehind;
use super::plan::Move;
use crate::cloud::CloudError;
use crate::error::chain;
use crate::model::ids::{AttachmentId, InstanceId};
use crate::report::{MoveEnd, MoveReport, Phase, Tried};
use std::net::Ipv4Addr;

/// A resource that this run has begun to move.
#[derive(Debug)]
pub(super) struct ResourceProgress {
    /// The last move that was tried.
    one: Move,
    /// Who had it at first, as far as that is known.
    from: Option<InstanceId>,
    pub(super) state: ResourceState,
    /// The members to which it is not moved any more in this run.
    pub(super) not_taken: Vec<NotTaken>,
    /// The phases of the last move.
    pub(super) phases: Vec<Phase>,
}

/// How far a resource has come.
#[derive(Debug)]
pub(super) enum ResourceState {
    /// On its way, or to be tried again.
    Open,
    /// It is with the member that this run chose, and two of EC2's answers agree.
    Moved {
        /// Its attachment, if it is an interface.
        attachment: Option<AttachmentId>,
    },
    /// No standby took it: it is back with a member that had it.
    Returned {
        /// Its attachment, if it is an interface.
        attachment: Option<AttachmentId>,
    },
    /// A member has it, and this run has not brought it there.
    AlreadyThere {
        /// That member.
        holder: InstanceId,
        /// The private IP that an Elastic IP alone is on.
        private_ip: Option<Ipv4Addr>,
    },
    /// It does not exist any more, or is the group's no more.
    Gone,
    /// EC2 did not take it from its holder. This run gives it up.
    HolderRefused(CloudError),
    /// The call that takes it from its holder is not permitted. This run gives it up.
    NotPermitted,
}

/// A member that does not get a resource in this run.
#[derive(Debug)]
pub(super) struct NotTaken {
    pub(super) member: InstanceId,
    /// EC2's answer, where the member is to blame; none: the call was not permitted.
    pub(super) refusal: Option<CloudError>,
}

impl ResourceState {
    /// The word of a report.
    pub(super) fn end(&self) -> MoveEnd {
        match self {
            Self::Open | Self::HolderRefused(_) | Self::NotPermitted => MoveEnd::NotMoved,
            Self::Moved { .. } => MoveEnd::Moved,
            Self::Returned { .. } => MoveEnd::Returned,
            Self::AlreadyThere { .. } => MoveEnd::AlreadyThere,
            Self::Gone => MoveEnd::Gone,
        }
    }

    /// Whether this run has given it up, with its holder.
    pub(super) fn is_abandoned(&self) -> bool {
        matches!(self, Self::HolderRefused(_) | Self::NotPermitted)
    }

    /// Whether it has not come to where it is to be.
    pub(super) fn is_unfinished(&self) -> bool {
        matches!(self.end(), MoveEnd::NotMoved | MoveEnd::Returned)
    }
}

impl ResourceProgress {
    /// A move that has just begun.
    pub(super) fn begun(one: &Move) -> Self {
        Self {
            one: one.clone(),
            from: one.from.clone(),
            state: ResourceState::Open,
            not_taken: Vec::new(),
            phases: Vec::new(),
        }
    }

    /// Another move of the same resource.
    pub(super) fn begin_again(&mut self, one: &Move) {
        *self = Self {
            from: self.from.take().or_else(|| one.from.clone()),
            not_taken: std::mem::take(&mut self.not_taken),
            ..Self::begun(one)
        };
    }

    /// The member does not take it: it is not asked again in this run.
    pub(super) fn refused_by(&mut self, member: &InstanceId, failure: CloudError) {
        self.not_taken.push(NotTaken {
            member: member.clone(),
            refusal: Some(failure),
        });
    }

    /// The call for a member is not permitted. What has not left its holder stays there: the call would be denied for
    /// every standby. What is with nobody may still be permitted for another one.
    pub(super) fn denied_for(&mut self, member: &InstanceId) {
        self.not_taken.push(NotTaken {
            member: member.clone(),
            refusal: None,
        });
        let is_detached = |phase: &Phase| phase.name == "detached";
        let has_left = self.one.from.is_none() || self.phases.iter().any(is_detached);
        if !has_left {
            self.state = ResourceState::NotPermitted;
        }
    }

    /// Whether it has not come to an end, nor back.
    pub(super) fn is_on_its_way(&self) -> bool {
        self.state.end() == MoveEnd::NotMoved
    }

    /// Who has it, where this run knows that it has a holder that is to keep it.
    pub(super) fn holder(&self) -> Option<&InstanceId> {
        match &self.state {
            ResourceState::Moved { .. } | ResourceState::Returned { .. } => Some(&self.one.to),
            ResourceState::AlreadyThere { holder, .. } => Some(holder),
            _ => None,
        }
    }

    /// The move that has brought it where it is.
    pub(super) fn move_that_ended(&self) -> Option<&Move> {
        matches!(self.state, ResourceState::Moved { .. }).then_some(&self.one)
    }

    /// The standbys that refused it, with EC2's answers, in their order.
    pub(super) fn refusals(&self) -> impl Iterator<Item = (&InstanceId, &CloudError)> {
        let refused = self.not_taken.iter();
        refused.filter_map(|it| Some((&it.member, it.refusal.as_ref()?)))
    }

    /// The last refusal of a standby.
    pub(super) fn last_refusal(self) -> Option<CloudError> {
        let mut answers = self.not_taken.into_iter().rev();
        answers.find_map(|it| it.refusal)
    }

    /// Who had it when its last move was tried.
    pub(super) fn last_source(&self) -> Option<&InstanceId> {
        self.one.from.as_ref()
    }

    /// The Elastic IPs that move with it.
    pub(super) fn public_ips(&self) -> &[Ipv4Addr] {
        &self.one.public_ips
    }

    /// What its last move left behind.
    pub(super) fn left_behind(&self) -> Option<&LeftBehind> {
        self.one.left_behind.as_ref()
    }

    /// What is told of it.
    pub(super) fn report(&self) -> MoveReport {
        let mut report = MoveReport {
            from: self.from.clone(),
            end: self.state.end(),
            phases: self.phases.clone(),
            ..self.one.report()
        };
        let tried = self.refusals().map(|(standby, failure)| Tried {
            standby: standby.clone(),
            why: chain(failure),
        });
        report.tried = tried.collect();
        match &self.state {
            ResourceState::Moved { attachment } | ResourceState::Returned { attachment } => {
                report.attachment.clone_from(attachment);
            }
            ResourceState::AlreadyThere { holder, private_ip } => {
                report.to = Some(holder.clone());
                if let Some(private_ip) = private_ip {
                    report.private_ips = vec![*private_ip];
                    report.displaced = None;
                    report.left_behind = Vec::new();
                }
            }
            _ => {}
        }
        report
    }
}

//! What is to be done: which resource goes to which member, and how. Data only, with what it is decided on.

use super::case::CauseKind;
use super::effect::{DetachMode, Effect};
use super::group::{Group, Resource, ResourceId};
use super::left_behind::LeftBehind;
use super::obstacle::Obstacle;
use super::state::{MemberHealth, Observed};
use crate::model::ids::{AllocationId, AssociationId, AttachmentId, EniId, InstanceId};
use crate::model::instance::Instance;
use crate::report::{MoveEnd, MoveReport};
use crate::settings::{Mover, Settings};
use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use time::OffsetDateTime;

/// What is to be decided.
#[derive(Debug, Clone, Copy)]
pub struct PlanInput<'a> {
    /// The group.
    pub group: &'a Group<'a>,
    /// What it was read from.
    pub observed: &'a Observed,
    /// How well its members are.
    pub health: &'a MemberHealth,
    /// Why it is asked.
    pub kind: &'a CauseKind,
    /// The members that are to lose what they hold.
    pub sources: &'a BTreeSet<InstanceId>,
    /// Whether anything may be begun: otherwise only what is half way is brought to its end.
    pub may_begin: bool,
    /// When the last failover of the group ended.
    pub last_ended_at: Option<OffsetDateTime>,
    /// What EC2 has refused in this run.
    pub excluded: &'a Exclusions,
    /// The settings.
    pub settings: &'a Settings,
    /// Now.
    pub now: OffsetDateTime,
}

/// What EC2 has refused in a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exclusions {
    /// Who did not take what.
    pub standbys: BTreeSet<(ResourceId, InstanceId)>,
    /// Device indexes that are taken, whatever a look shows: a detachment by force can leave one blocked.
    pub device_indexes: BTreeSet<(InstanceId, i32)>,
}

impl Exclusions {
    pub(super) fn has(&self, resource: &Resource<'_>, member: &Instance) -> bool {
        self.standbys.contains(&(resource.id(), member.id.clone()))
    }
}

/// What is to be done, and what cannot be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// What is to be done.
    pub moves: Vec<Move>,
    /// What would have to be done and cannot be.
    pub blocked: Vec<Blocked>,
    /// What is to stay with a holder that was stopped.
    pub stays_on_stop: Vec<StaysOnStop>,
}

/// One thing that stays, since its tag or the setting for stopped holders says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaysOnStop {
    /// What.
    pub resource: ResourceId,
    /// The Elastic IPs on it.
    pub public_ips: Vec<Ipv4Addr>,
    /// Who has it.
    pub holder: InstanceId,
    /// Whether the holder is being terminated: then instance-start gives it to a member that has none.
    pub is_terminating: bool,
}

/// One thing that goes to one instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// What.
    pub resource: ResourceId,
    /// The Elastic IPs that move with it.
    pub public_ips: Vec<Ipv4Addr>,
    /// Who has it, or had it.
    pub from: Option<InstanceId>,
    /// Who gets it.
    pub to: InstanceId,
    /// How it moves.
    pub mover: Mover,
    /// What changes in EC2, in its order: the last effect brings it to its new place.
    pub effects: Vec<Effect>,
    /// The public IP that EC2 assigned there by itself, and that is lost for good.
    pub displaced: Option<Ipv4Addr>,
    /// What stays where it was, since it is no IPv4 address.
    pub left_behind: Option<LeftBehind>,
    /// Whether it goes back to where it came from, since no standby takes it.
    pub is_return: bool,
}

/// One thing that cannot go anywhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocked {
    /// What.
    pub resource: ResourceId,
    /// The Elastic IPs that would move with it.
    pub public_ips: Vec<Ipv4Addr>,
    /// Who has it; none: it is with nobody.
    pub holder: Option<InstanceId>,
    /// Why, for each standby that was considered, or for all.
    pub why: Vec<Obstacle>,
}

/// How one resource gets to one member. A move spells it out as effects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MoveAction {
    /// Detach, wait, attach, wait.
    Interface {
        /// The interface.
        eni: EniId,
        /// The attachment that has to end first.
        from: Option<Detachment>,
        /// The device index on card 0.
        device_index: i32,
    },
    /// One call, and the Elastic IPs ride along.
    PrivateIps {
        /// The interface that gets them.
        to: EniId,
        /// The private IPs.
        ips: Vec<Ipv4Addr>,
    },
    /// One call, or two when the holder is down.
    Address {
        /// The allocation.
        allocation: AllocationId,
        /// The interface that gets it.
        eni: EniId,
        /// The private IP that gets it.
        private_ip: Ipv4Addr,
        /// The public IP that EC2 assigned there by itself, and that is lost for good.
        displaced: Option<Ipv4Addr>,
        /// How the association with the holder ends.
        association_change: AssociationChange,
    },
}

impl MoveAction {
    /// How it moves.
    #[must_use]
    pub fn mover(&self) -> Mover {
        match self {
            Self::Interface { .. } => Mover::Eni,
            Self::PrivateIps { .. } => Mover::Ip,
            Self::Address { .. } => Mover::Eip,
        }
    }

    /// What has to change in EC2 for it, in its order.
    #[must_use]
    pub fn effects(&self, to: &InstanceId) -> Vec<Effect> {
        match self {
            Self::Interface {
                eni,
                from,
                device_index,
            } => {
                let mut effects: Vec<Effect> =
                    from.iter().flat_map(|from| from.effects(eni)).collect();
                effects.push(Effect::Attach {
                    eni: eni.clone(),
                    instance: to.clone(),
                    device_index: *device_index,
                });
                effects
            }
            Self::PrivateIps { to, ips } => vec![Effect::AssignPrivateIps {
                eni: to.clone(),
                ips: ips.clone(),
            }],
            Self::Address {
                allocation,
                eni,
                private_ip,
                association_change,
                ..
            } => association_change.effects(allocation, eni, *private_ip),
        }
    }
}

/// An attachment that has to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detachment {
    /// The attachment: the compare-and-set token.
    pub attachment: AttachmentId,
    /// Whether it is on its way out already.
    pub is_detaching: bool,
    /// Whether the interface would end with its instance: that is cleared first.
    pub delete_on_termination: bool,
    /// Whether there is no guest that could let go by itself.
    pub force: bool,
}

impl Detachment {
    /// What ends the attachment of an interface.
    fn effects(&self, eni: &EniId) -> Vec<Effect> {
        let mode = match (self.is_detaching, self.force) {
            (true, _) => DetachMode::AlreadyDetaching,
            (false, true) => DetachMode::Force,
            (false, false) => DetachMode::Graceful,
        };
        let clear = Effect::ClearDeleteOnTermination {
            eni: eni.clone(),
            attachment: self.attachment.clone(),
        };
        let clears = self.delete_on_termination && !self.is_detaching;
        let detach = Effect::Detach {
            eni: eni.clone(),
            attachment: self.attachment.clone(),
            mode,
        };
        clears
            .then_some(clear)
            .into_iter()
            .chain([detach])
            .collect()
    }
}

/// How an Elastic IP's association with its holder ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AssociationChange {
    /// There is none.
    New,
    /// The holder runs, and no other function touches what a running holder has: one call moves it.
    Replace,
    /// The holder is down, and a starting instance may be taking the address at this very moment. The
    /// association is ended by its id, and the new one never replaces another.
    EndThenAssociate(AssociationId),
}

impl AssociationChange {
    /// What brings an Elastic IP to a private IP.
    fn effects(&self, allocation: &AllocationId, eni: &EniId, private_ip: Ipv4Addr) -> Vec<Effect> {
        let associate = || Effect::Associate {
            allocation: allocation.clone(),
            eni: eni.clone(),
            private_ip,
        };
        match self {
            Self::New => vec![associate()],
            Self::Replace => vec![Effect::Reassociate {
                allocation: allocation.clone(),
                eni: eni.clone(),
                private_ip,
            }],
            Self::EndThenAssociate(association) => {
                let association = association.clone();
                vec![Effect::Disassociate { association }, associate()]
            }
        }
    }
}

/// What is to be done about a member that the lease notes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fence {
    /// It is fenced now.
    Due(Vec<Effect>),
    /// This run is not about it: the note stays, for a run that is.
    Pending,
    /// An earlier run has moved what it had, and its failure is over by now: a person is told.
    TooLate(InstanceId),
}

impl Move {
    /// A resource goes to a member.
    #[must_use]
    pub fn new(resource: &Resource<'_>, to: &Instance, action: &MoveAction) -> Self {
        Self {
            resource: resource.id(),
            public_ips: resource.public_ips.clone(),
            from: resource.location.instance().cloned(),
            to: to.id.clone(),
            mover: action.mover(),
            effects: action.effects(&to.id),
            displaced: match action {
                MoveAction::Address { displaced, .. } => *displaced,
                MoveAction::Interface { .. } | MoveAction::PrivateIps { .. } => None,
            },
            left_behind: None,
            is_return: false,
        }
    }

    /// What is told of it before it has come to anything.
    #[must_use]
    pub fn report(&self) -> MoveReport {
        let mut report = MoveReport {
            eni: None,
            allocation: self.allocation().cloned(),
            private_ips: Vec::new(),
            public_ips: self.public_ips.clone(),
            mover: self.mover,
            from: self.from.clone(),
            to: Some(self.to.clone()),
            end: MoveEnd::NotMoved,
            attachment: None,
            displaced: self.displaced,
            left_behind: self
                .left_behind
                .iter()
                .flat_map(|it| it.ips.each())
                .collect(),
            tried: Vec::new(),
            phases: Vec::new(),
        };
        match self.effects.last() {
            Some(Effect::Attach { eni, .. }) => report.eni = Some(eni.clone()),
            Some(Effect::AssignPrivateIps { eni, ips }) => {
                report.eni = Some(eni.clone());
                report.private_ips.clone_from(ips);
            }
            Some(Effect::Associate { private_ip, .. } | Effect::Reassociate { private_ip, .. }) => {
                report.private_ips.push(*private_ip);
            }
            _ => {}
        }
        report
    }

    /// The allocation, where an Elastic IP moves alone.
    #[must_use]
    pub fn allocation(&self) -> Option<&AllocationId> {
        self.effects.iter().find_map(|effect| match effect {
            Effect::Associate { allocation, .. } | Effect::Reassociate { allocation, .. } => {
                Some(allocation)
            }
            _ => None,
        })
    }

    /// The device index that an interface would get.
    #[must_use]
    pub fn device_index(&self) -> Option<i32> {
        self.effects.iter().find_map(|effect| match effect {
            Effect::Attach { device_index, .. } => Some(*device_index),
            _ => None,
        })
    }
}

impl Blocked {
    /// What is told of it.
    #[must_use]
    pub fn report(&self) -> MoveReport {
        let mover = match &self.resource {
            ResourceId::Interface(_) => Mover::Eni,
            ResourceId::PrivateIps(_) => Mover::Ip,
            ResourceId::Address(_) => Mover::Eip,
        };
        let (mut eni, mut allocation, mut private_ips) = (None, None, Vec::new());
        match &self.resource {
            ResourceId::Interface(id) => eni = Some(id.clone()),
            ResourceId::PrivateIps(ip) => private_ips.extend(*ip),
            ResourceId::Address(id) => allocation = Some(id.clone()),
        }
        MoveReport {
            eni,
            allocation,
            private_ips,
            public_ips: self.public_ips.clone(),
            mover,
            from: self.holder.clone(),
            to: None,
            end: MoveEnd::NotMoved,
            attachment: None,
            displaced: None,
            left_behind: Vec::new(),
            tried: Vec::new(),
            phases: Vec::new(),
        }
    }
}

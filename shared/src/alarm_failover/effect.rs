//! The effects of a failover: everything that it can change in EC2, one variant for each call. Data only.
//!
//! A plan lists them, `observe` mode and a plan that was asked for report them, the readiness audit asks EC2 for
//! their permission, and `execute` sends them. All of these read the same list.

use crate::cloud::moves::DryRunCall;
use crate::model::ids::{
    AllocationId, AssociationId, AttachmentId, EniId, InstanceId, SecurityGroupId,
};
use crate::report::PlannedCall;
use std::net::Ipv4Addr;

/// One change in EC2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// `ModifyNetworkInterfaceAttribute` with `DeleteOnTermination` false: the interface outlives its holder.
    ///
    /// - Idempotent on the attachment id. Done already: EC2 accepts it again.
    /// - A lost reply means: the next look shows the flag.
    /// - Who races with it: whoever detaches the interface. The attachment id arbitrates: EC2 does not know it any
    ///   more, and the run looks again.
    ClearDeleteOnTermination {
        /// The interface.
        eni: EniId,
        /// The attachment that was read.
        attachment: AttachmentId,
    },
    /// `DetachNetworkInterface`. EC2 accepts it at once and detaches later, so it ends when a read shows that.
    ///
    /// - Idempotent on the attachment id. Done already: EC2 does not know the attachment, or no read shows it.
    /// - A lost reply means: read the interface.
    /// - Who races with it: a person or another run that moves the interface. The attachment id arbitrates: the call
    ///   ends the attachment that was read, or nothing.
    /// - A run that ends after it leaves the interface unattached. The group's tag is on it, so the next delivery
    ///   and reconcile find it.
    Detach {
        /// The interface.
        eni: EniId,
        /// The attachment that was read.
        attachment: AttachmentId,
        /// Whether the guest is asked.
        mode: DetachMode,
    },
    /// `AttachNetworkInterface` on network card 0.
    ///
    /// - Not idempotent: EC2 refuses a second call. Done already: a read shows the interface at that instance.
    /// - A lost reply means: read the interface before the call is sent again.
    /// - Who races with it: whoever attaches the same interface. EC2 arbitrates: it attaches an interface once.
    Attach {
        /// The interface.
        eni: EniId,
        /// The instance that gets it.
        instance: InstanceId,
        /// The device index.
        device_index: i32,
    },
    /// `DisassociateAddress`, where the holder does not run.
    ///
    /// - Idempotent on the association id. Done already: EC2 does not know the association.
    /// - A lost reply means: the next look shows the address.
    /// - Who races with it: instance-start, and whoever moves the address by hand. The association id arbitrates: the
    ///   call ends the association that was read, or nothing.
    /// - A run that ends after it leaves the address free. The lease's failover record names it, so it is told from
    ///   one that is free on purpose.
    Disassociate {
        /// The association that was read.
        association: AssociationId,
    },
    /// `AssociateAddress` without `AllowReassociation`.
    ///
    /// - Idempotent on the allocation and the private IP. Done already: EC2 accepts it again.
    /// - A lost reply means: read the address.
    /// - Who races with it: instance-start, and whoever associates the address. EC2 arbitrates: it refuses the
    ///   second one, who looks again. Whoever associates another address with the private IP: it is read right before,
    ///   and nobody knows whether EC2 arbitrates what comes in between.
    Associate {
        /// The allocation.
        allocation: AllocationId,
        /// The interface that gets it.
        eni: EniId,
        /// The private IP that gets it.
        private_ip: Ipv4Addr,
    },
    /// `AssociateAddress` with `AllowReassociation`: it takes the address from a holder that runs.
    ///
    /// - Idempotent on the allocation and the private IP. Done already: EC2 accepts it again.
    /// - A lost reply means: read the address.
    /// - Who races with it: another failover, which the lease keeps away. A person who moves the address by hand:
    ///   EC2 has no token, so only the age of the look limits that. No other function touches what a running holder
    ///   has. Whoever associates another address with the private IP: it is read right before, and EC2 refuses nothing
    ///   that comes in between.
    Reassociate {
        /// The allocation.
        allocation: AllocationId,
        /// The interface that gets it.
        eni: EniId,
        /// The private IP that gets it.
        private_ip: Ipv4Addr,
    },
    /// `AssignPrivateIpAddresses` with `AllowReassignment`. The Elastic IPs on the private IPs move with them.
    ///
    /// - Idempotent on the interface and the private IPs. Done already: EC2 accepts it again.
    /// - A lost reply means: read the interface.
    /// - Who races with it: another failover, which the lease keeps away. A person who moves them by hand: EC2 has no
    ///   token, so only the age of the look limits that.
    AssignPrivateIps {
        /// The interface that gets them.
        eni: EniId,
        /// The private IPs.
        ips: Vec<Ipv4Addr>,
    },
    /// `StopInstances` with `Force`: a fence.
    ///
    /// - Idempotent on the instance. Done already: a stopped instance stays stopped.
    /// - A lost reply means: the lease keeps the note, and a later run fences.
    /// - Who races with it: whoever starts the instance again. Nothing arbitrates: it stays started.
    Stop {
        /// The failed member.
        instance: InstanceId,
    },
    /// `ModifyNetworkInterfaceAttribute` with `Groups`: a fence. The interface has this security group and no other.
    ///
    /// - Idempotent on the interface and the security group. Done already: EC2 accepts it again.
    /// - A lost reply means: the lease keeps the note, and a later run fences.
    /// - Who races with it: whoever changes the security groups by hand. Nothing arbitrates: the last one counts.
    Isolate {
        /// An interface that the failed member keeps.
        eni: EniId,
        /// The failed member.
        instance: InstanceId,
        /// The security group that allows nothing.
        security_group: SecurityGroupId,
    },
}

/// Whether the guest is asked when an attachment ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DetachMode {
    /// The guest can let go. When it does not in time, EC2 is asked again with force.
    Graceful,
    /// With force at once: there is no guest that could let go.
    Force,
    /// EC2 is detaching it already. No call is sent, but with force when that takes too long.
    AlreadyDetaching,
}

impl Effect {
    /// The call as a report tells it; none where EC2 has accepted it already.
    #[must_use]
    pub fn planned_call(&self) -> Option<PlannedCall> {
        Some(match self {
            Self::ClearDeleteOnTermination { eni, attachment } => {
                PlannedCall::clear_delete_on_termination(eni, attachment)
            }
            Self::Detach {
                mode: DetachMode::AlreadyDetaching,
                ..
            } => return None,
            Self::Detach { attachment, .. } => PlannedCall::detach(attachment),
            Self::Attach { eni, instance, .. } => PlannedCall::attach(eni, instance),
            Self::Disassociate { association } => PlannedCall::disassociate(association),
            Self::Associate {
                allocation,
                eni,
                private_ip,
            }
            | Self::Reassociate {
                allocation,
                eni,
                private_ip,
            } => PlannedCall::associate(allocation, eni, *private_ip),
            Self::AssignPrivateIps { eni, ips } => PlannedCall::assign(ips, eni),
            Self::Stop { instance } => PlannedCall::stop(instance),
            Self::Isolate {
                eni,
                security_group,
                ..
            } => PlannedCall::isolate(eni, security_group),
        })
    }

    /// The call with `DryRun`, where failover has one. An attachment that EC2 is detaching already may still need
    /// the call, with force.
    #[must_use]
    pub fn dry_run(&self) -> Option<DryRunCall> {
        match self {
            Self::Detach { attachment, .. } => Some(DryRunCall::Detach(attachment.clone())),
            Self::Attach {
                eni,
                instance,
                device_index,
            } => Some(DryRunCall::Attach {
                eni: eni.clone(),
                instance: instance.clone(),
                device_index: *device_index,
            }),
            Self::Disassociate { association } => {
                Some(DryRunCall::Disassociate(association.clone()))
            }
            Self::Associate {
                allocation,
                eni,
                private_ip,
            }
            | Self::Reassociate {
                allocation,
                eni,
                private_ip,
            } => Some(DryRunCall::Associate {
                allocation: allocation.clone(),
                eni: eni.clone(),
                private_ip: *private_ip,
            }),
            // EC2 has no DryRun for the calls that move private IPs, and none of the rest is asked for ahead.
            Self::ClearDeleteOnTermination { .. }
            | Self::AssignPrivateIps { .. }
            | Self::Stop { .. }
            | Self::Isolate { .. } => None,
        }
    }
}

//! What moves an address from one instance to another, and what keeps the old one quiet: alarm failover
//! asks for these, no other function can.

use super::CloudError;
use crate::model::ids::{
    AllocationId, AssociationId, AttachmentId, EniId, InstanceId, SecurityGroupId,
};
use serde::Serialize;
use std::net::Ipv4Addr;

/// Moving a network interface.
pub trait MoveInterface: Send + Sync {
    /// `DetachNetworkInterface`. EC2 answers at once and detaches later: minutes when the guest does not
    /// let go. With `force` it does not wait for the guest.
    ///
    /// Idempotent on the attachment id: it ends that very attachment, or nothing. A lost reply means:
    /// read the interface.
    ///
    /// # Errors
    /// `NotFound(Missing::Attachment)`: that attachment is over. `Refused`: the primary interface, or a
    /// state in which it cannot be detached.
    fn detach(
        &self,
        attachment: &AttachmentId,
        force: bool,
    ) -> impl Future<Output = Result<(), CloudError>> + Send;

    /// `AttachNetworkInterface` at a device index of network card 0, which is always named: left out,
    /// instances with several cards were refused. EC2 answers at once and attaches later.
    ///
    /// Not idempotent: a second call is refused with `InUse`. A lost reply means: read the interface.
    ///
    /// # Errors
    /// `InUse`: the interface is attached already. `LimitExceeded`: the instance has as many interfaces
    /// as its type allows. `DeviceIndexTaken`: another device index may work. `Refused`: another zone, or a state in
    /// which the instance takes none. `NotFound(Missing::Instance)`, `NotFound(Missing::Interface)`.
    fn attach(
        &self,
        eni: &EniId,
        instance: &InstanceId,
        device_index: i32,
    ) -> impl Future<Output = Result<AttachmentId, CloudError>> + Send;

    /// `ModifyNetworkInterfaceAttribute` with `DeleteOnTermination` false: the interface outlives the
    /// instance of this attachment.
    ///
    /// Idempotent on the attachment id.
    ///
    /// # Errors
    /// `NotFound(Missing::Attachment)`: that attachment is over.
    fn clear_delete_on_termination(
        &self,
        eni: &EniId,
        attachment: &AttachmentId,
    ) -> impl Future<Output = Result<(), CloudError>> + Send;
}

/// Moving private IPs between interfaces of one subnet.
pub trait MovePrivateIps: Send + Sync {
    /// `AssignPrivateIpAddresses` with `AllowReassignment`: the private IPs leave the interface that has
    /// them in the same call, and the Elastic IPs on them ride along. Primary private IPs cannot move.
    ///
    /// Idempotent on (interface, private IPs). A lost reply means: read the interface.
    ///
    /// # Errors
    /// `LimitExceeded`: no room on the interface. `Refused`: a primary private IP, or another subnet.
    fn assign(
        &self,
        eni: &EniId,
        private_ips: &[Ipv4Addr],
    ) -> impl Future<Output = Result<(), CloudError>> + Send;
}

/// Moving an Elastic IP from a holder that still runs.
pub trait Reassociate: Send + Sync {
    /// `AssociateAddress` by interface and private IP with `AllowReassociation`: the last writer wins,
    /// there is no compare-and-set. For a holder that has failed and that no other function may touch.
    ///
    /// Idempotent on (allocation, private IP). A lost reply means: read the address.
    ///
    /// # Errors
    /// As for [`super::Associate::associate`], without `AlreadyAssociated`.
    fn reassociate(
        &self,
        allocation: &AllocationId,
        eni: &EniId,
        private_ip: Ipv4Addr,
    ) -> impl Future<Output = Result<AssociationId, CloudError>> + Send;
}

/// Keeping a failed instance from writing to what it shares with others.
pub trait Fence: Send + Sync {
    /// `StopInstances` with `Force`, and without waiting for the guest's shutdown.
    ///
    /// Idempotent on the instance: a stopped one stays stopped.
    ///
    /// # Errors
    /// `NotFound(Missing::Instance)`; `Refused` in a state in which it cannot be stopped.
    fn stop(&self, instance: &InstanceId) -> impl Future<Output = Result<(), CloudError>> + Send;

    /// `ModifyNetworkInterfaceAttribute` with `Groups`: the interface has this security group and no
    /// other from now on.
    ///
    /// Idempotent on (interface, security group).
    ///
    /// # Errors
    /// `NotFound(Missing::Interface)`; a security group that does not exist is `Other` or `Refused`.
    fn isolate(
        &self,
        eni: &EniId,
        group: &SecurityGroupId,
    ) -> impl Future<Output = Result<(), CloudError>> + Send;
}

/// A call of which only the permission is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DryRunCall {
    /// `DetachNetworkInterface`.
    Detach(AttachmentId),
    /// `AttachNetworkInterface`.
    Attach {
        /// The interface.
        eni: EniId,
        /// The instance.
        instance: InstanceId,
        /// The device index.
        device_index: i32,
    },
    /// `AssociateAddress`.
    Associate {
        /// The allocation.
        allocation: AllocationId,
        /// The interface.
        eni: EniId,
        /// The private IP.
        private_ip: Ipv4Addr,
    },
    /// `DisassociateAddress`.
    Disassociate(AssociationId),
}

/// Asking whether a call would be permitted, with `DryRun`: nothing is changed. The calls for private
/// IPs have no `DryRun` (EC2 API reference).
pub trait DryRun: Send + Sync {
    /// The call with `DryRun` set. `Ok`: EC2 would have carried it out (`DryRunOperation`).
    ///
    /// # Errors
    /// `Denied`: the permission is missing. Anything else as for the call itself.
    fn dry_run(&self, call: &DryRunCall) -> impl Future<Output = Result<(), CloudError>> + Send;
}

//! An Elastic IP as EC2 describes it, in our own types. Plain data: nothing here asks or acts.

use crate::ids::{
    AllocationId, AssociationId, AttachmentId, BorderGroup, EniId, InstanceId, SubnetId, Zone,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use time::OffsetDateTime;

/// A resource's tags.
pub type Tags = BTreeMap<String, String>;

/// EC2 keeps tag keys with this prefix for itself (`aws:cloudformation:stack-name` and its like):
/// they can be read, but nobody can set them, so they cannot be restored.
/// Source: EC2 user guide, "Tag restrictions".
pub const RESERVED_TAG_PREFIX: &str = "aws:";

/// How many tags a resource can carry, reserved ones not counted.
/// Source: EC2 user guide, "Tag restrictions".
pub const MAX_TAGS: usize = 50;

/// An Elastic IP that this account holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The allocation that holds it.
    pub allocation: AllocationId,
    /// The address itself.
    pub ip: Ipv4Addr,
    /// Where it was allocated from.
    pub pool: Pool,
    /// Where AWS advertises it from, where EC2 says so.
    pub border_group: Option<BorderGroup>,
    /// Its tags, reserved ones included.
    pub tags: Tags,
    /// What it is associated with now.
    pub association: Option<Association>,
    /// The AWS service that manages it (`alb`, `nlb`, `rnat`, `rds`); such an address is its
    /// service's business.
    pub service_managed: Option<String>,
}

/// Where an address comes from, which decides how it is asked back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "kebab-case")]
pub enum Pool {
    /// Amazon's own addresses.
    Amazon,
    /// Addresses that the account brought itself: asked back by address, without naming the pool.
    BringYourOwn(String),
    /// An IPAM pool, to be named along with the address.
    Ipam(String),
    /// An Outpost's customer-owned addresses: asked back by address, without naming the pool.
    CustomerOwned(String),
}

impl Pool {
    /// The pool that EC2 names as `publicIpv4Pool`: Amazon's own is `amazon`, or is not named.
    #[must_use]
    pub fn from_public_ipv4_pool(name: &str) -> Self {
        match name {
            "" | "amazon" => Self::Amazon,
            ipam if ipam.starts_with("ipam-pool-") => Self::Ipam(ipam.to_owned()),
            own => Self::BringYourOwn(own.to_owned()),
        }
    }
}

/// An Elastic IP's tie to a private IP on a network interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Association {
    /// This very tie.
    pub id: AssociationId,
    /// The interface.
    pub eni: Option<EniId>,
    /// The private IP on it.
    pub private_ip: Option<Ipv4Addr>,
    /// The instance that the interface was attached to, if any.
    pub instance: Option<InstanceId>,
}

/// A network interface as far as addresses depend on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// The interface.
    pub id: EniId,
    /// The private IPs it has, each with the allocation now associated there, if any.
    pub private_ips: BTreeMap<Ipv4Addr, Option<InterfaceAssociation>>,
    /// The private IP that it keeps as long as it is; the others can move to another interface.
    pub primary_ip: Option<Ipv4Addr>,
    /// Made and held by an AWS service (a NAT gateway, a load balancer): not ours to associate.
    pub requester_managed: bool,
    /// What it is attached to, or is about to be or not to be any more.
    pub attachment: Option<Attachment>,
    /// Its subnet.
    pub subnet: Option<SubnetId>,
    /// Its availability zone.
    pub zone: Option<Zone>,
    /// Its tags, reserved ones included.
    pub tags: Tags,
}

impl Interface {
    /// An interface of which nothing else is known.
    #[must_use]
    pub fn bare(id: EniId) -> Self {
        Self {
            id,
            private_ips: BTreeMap::new(),
            primary_ip: None,
            requester_managed: false,
            attachment: None,
            subnet: None,
            zone: None,
            tags: Tags::new(),
        }
    }

    /// The instance that it is attached to, or is about to be or not to be any more.
    #[must_use]
    pub fn instance(&self) -> Option<&InstanceId> {
        self.attachment.as_ref()?.instance.as_ref()
    }

    /// Whether an AWS service has it: it made it, or it is what the interface is attached to. Nobody
    /// else can detach it then, and it is not free.
    #[must_use]
    pub fn is_aws_managed(&self) -> bool {
        let attached = self.attachment.as_ref();
        self.requester_managed || attached.is_some_and(|it| it.instance.is_none())
    }
}

/// An interface's tie to an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// This very tie: the compare-and-set token of a move.
    pub id: AttachmentId,
    /// The instance; none where an AWS service holds the interface.
    pub instance: Option<InstanceId>,
    /// Where on the network card; 0 on card 0 is the instance's primary interface, which stays.
    pub device_index: i32,
    /// Which network card.
    pub card_index: i32,
    /// How far it is.
    pub state: AttachmentState,
    /// Whether the interface, and every address on it, ends with the instance.
    pub delete_on_termination: bool,
    /// When it was made, where EC2 says so.
    pub since: Option<OffsetDateTime>,
}

impl Attachment {
    /// Whether it is the instance's primary interface, which EC2 never detaches.
    /// Source: EC2 user guide, "Elastic network interfaces".
    #[must_use]
    pub fn is_primary(&self) -> bool {
        self.device_index == 0 && self.card_index == 0
    }
}

/// How far an attachment is.
/// Source: EC2 API reference, `NetworkInterfaceAttachment`, `status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttachmentState {
    /// On its way.
    Attaching,
    /// There.
    Attached,
    /// On its way out; minutes when the guest does not let go.
    Detaching,
    /// Over.
    Detached,
    /// In a state that nobody knows, or that EC2 does not tell: neither there nor over.
    Unknown,
}

/// The public side of a private IP, seen from its interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InterfaceAssociation {
    /// The public address.
    pub ip: Ipv4Addr,
    /// Its allocation; none for an address that EC2 assigned by itself.
    pub allocation: Option<AllocationId>,
}

#[cfg(test)]
mod tests {
    use super::{Attachment, AttachmentState, Interface, Pool};
    use crate::ids::InstanceId;

    fn attached(instance: Option<InstanceId>, device_index: i32, card_index: i32) -> Attachment {
        Attachment {
            id: "eni-attach-1".parse().unwrap(),
            instance,
            device_index,
            card_index,
            state: AttachmentState::Attached,
            delete_on_termination: false,
            since: None,
        }
    }

    fn interface(attachment: Option<Attachment>) -> Interface {
        Interface {
            attachment,
            ..Interface::bare("eni-1".parse().unwrap())
        }
    }

    #[test]
    fn an_interface_is_a_services_when_it_made_it_or_holds_it() {
        let instance: InstanceId = "i-1".parse().unwrap();
        let free = interface(None);
        assert!(!free.is_aws_managed());
        assert_eq!(free.instance(), None);
        let ours = interface(Some(attached(Some(instance.clone()), 1, 0)));
        assert!(!ours.is_aws_managed());
        assert_eq!(ours.instance(), Some(&instance));
        assert!(interface(Some(attached(None, 1, 0))).is_aws_managed());
        let made_by_a_service = Interface {
            requester_managed: true,
            ..ours
        };
        assert!(made_by_a_service.is_aws_managed());
    }

    #[test]
    fn the_primary_interface_is_the_first_of_the_first_card() {
        assert!(attached(None, 0, 0).is_primary());
        assert!(!attached(None, 1, 0).is_primary());
        assert!(!attached(None, 0, 1).is_primary());
    }

    #[test]
    fn a_pool_is_known_by_its_name() {
        for amazons in ["", "amazon"] {
            assert_eq!(Pool::from_public_ipv4_pool(amazons), Pool::Amazon);
        }
        let ipam = "ipam-pool-1";
        assert_eq!(
            Pool::from_public_ipv4_pool(ipam),
            Pool::Ipam(ipam.to_owned())
        );
        let own = "ipv4pool-ec2-1";
        assert_eq!(
            Pool::from_public_ipv4_pool(own),
            Pool::BringYourOwn(own.to_owned())
        );
    }
}

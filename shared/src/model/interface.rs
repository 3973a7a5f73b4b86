//! A network interface as EC2 describes it, in our own types. Plain data: nothing here asks or acts.

use crate::model::ids::{AllocationId, AttachmentId, EniId, InstanceId, SubnetId, Zone};
use crate::model::tags::Tags;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use time::OffsetDateTime;

/// A network interface as far as addresses depend on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interface {
    /// The interface.
    pub id: EniId,
    /// The private IPs it has, each with the allocation now associated there, if any.
    pub private_ips: BTreeMap<Ipv4Addr, Option<InterfaceAssociation>>,
    /// The private IP that it keeps as long as it is; the others can move to another interface.
    pub primary_ip: Option<Ipv4Addr>,
    /// Made and held by an AWS service (a NAT gateway, a load balancer): not ours to associate.
    pub requester_managed: bool,
    /// What it has beside private IPv4 addresses.
    pub other_ips: OtherIps,
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
            other_ips: OtherIps::default(),
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

/// What an interface has beside private IPv4 addresses. It moves with the whole interface, and else stays: EC2
/// reassigns private IPv4 addresses only.
/// Source: EC2 user guide, "Secondary IP addresses for your EC2 instances".
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OtherIps {
    /// Its IPv6 addresses.
    #[serde(default)]
    pub ipv6: Vec<Ipv6Addr>,
    /// Its IPv4 and IPv6 prefixes, as EC2 writes them.
    #[serde(default)]
    pub prefixes: Vec<String>,
}

impl OtherIps {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ipv6.is_empty() && self.prefixes.is_empty()
    }

    /// Each of them.
    pub fn each(&self) -> impl Iterator<Item = String> {
        let ipv6 = self.ipv6.iter().map(ToString::to_string);
        ipv6.chain(self.prefixes.iter().cloned())
    }
}

impl fmt::Display for OtherIps {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let each: Vec<String> = self.each().collect();
        formatter.write_str(&each.join(", "))
    }
}

/// The attachment of an interface to an instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attachment {
    /// This very attachment: the compare-and-set token of a move.
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
    #[serde(with = "time::serde::rfc3339::option")]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InterfaceAssociation {
    /// The public address.
    pub ip: Ipv4Addr,
    /// Its allocation; none for an address that EC2 assigned by itself.
    pub allocation: Option<AllocationId>,
}

#[cfg(test)]
mod tests {
    use super::{Attachment, AttachmentState, Interface, OtherIps};
    use crate::model::ids::InstanceId;

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
    fn what_an_interface_has_beside_ipv4_is_named_one_by_one() {
        let none = OtherIps::default();
        assert!(none.is_empty());
        let some = OtherIps {
            ipv6: vec!["2001:db8::100".parse().unwrap()],
            prefixes: vec!["10.0.1.16/28".to_owned()],
        };
        assert!(!some.is_empty());
        assert_eq!(some.to_string(), "2001:db8::100, 10.0.1.16/28");
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
}

//! Where an address was on its instance. Plain data: nothing here asks or acts.

use crate::model::ids::{EniId, InstanceId, SubnetId};
use crate::model::instance::AttachedInterface;
use crate::model::interface::Interface;
use serde::{Deserialize, Serialize};
use std::net::Ipv4Addr;

/// Where an address was on its instance, without a name that only that instance has: what tells which interface of
/// another one is its counterpart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormerTarget {
    /// The network card of the interface.
    pub card_index: i32,
    /// Its device index on that card.
    pub device_index: i32,
    /// Its subnet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subnet: Option<SubnetId>,
    /// Which of its private IPs it was, as EC2 lists them: 0 is the primary one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<usize>,
}

impl FormerTarget {
    /// A private IP on an interface, as its instance shows it.
    #[must_use]
    pub fn on(interface: &AttachedInterface, private_ip: Option<Ipv4Addr>) -> Self {
        let mut ips = interface.private_ips.iter();
        Self {
            card_index: interface.card_index,
            device_index: interface.device_index,
            subnet: interface.subnet.clone(),
            position: private_ip.and_then(|ip| ips.position(|each| each.ip == ip)),
        }
    }

    /// The same, as the interface itself shows it: without a position, unless it is the primary private IP. None where
    /// it is attached to nothing.
    #[must_use]
    pub fn of(interface: &Interface, private_ip: Option<Ipv4Addr>) -> Option<Self> {
        let attachment = interface.attachment.as_ref()?;
        attachment.instance.as_ref()?;
        let is_primary = private_ip.is_some() && private_ip == interface.primary_ip;
        Some(Self {
            card_index: attachment.card_index,
            device_index: attachment.device_index,
            subnet: interface.subnet.clone(),
            position: is_primary.then_some(0),
        })
    }
}

/// The last place of an address: by name, and, where it was noted, by index and subnet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LastTarget {
    /// The instance.
    pub instance: Option<InstanceId>,
    /// The interface.
    pub eni: Option<EniId>,
    /// The private IP on it.
    pub private_ip: Option<Ipv4Addr>,
    /// Index, subnet and position.
    pub noted: Option<FormerTarget>,
}

//! What a move leaves where it was: IPv6 addresses and prefixes. A whole interface takes everything along; private
//! IPs and Elastic IPs take nothing but themselves. Pure.

use super::group::{Group, Resource, ResourceId, ResourceKind};
use crate::model::ids::EniId;
use crate::model::interface::OtherIps;

/// What stays on an interface when something moves away from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftBehind {
    /// What moves.
    pub resource: ResourceId,
    /// The interface.
    pub eni: EniId,
    /// What stays on it.
    pub ips: OtherIps,
}

/// What a resource would leave behind; none where there is nothing, or where its holder is no member.
#[must_use]
pub fn left_behind(group: &Group<'_>, resource: &Resource<'_>) -> Option<LeftBehind> {
    let eni = match &resource.cargo {
        ResourceKind::Interface(_) => return None,
        ResourceKind::PrivateIps { from, .. } => from,
        ResourceKind::Address(address) => address.association.as_ref()?.eni.as_ref()?,
    };
    let mut own = group.members.iter().flat_map(|member| &member.interfaces);
    let interface = own.find(|each| each.id == *eni)?;
    (!interface.other_ips.is_empty()).then(|| LeftBehind {
        resource: resource.id(),
        eni: eni.clone(),
        ips: interface.other_ips.clone(),
    })
}

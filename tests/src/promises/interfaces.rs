//! The promises where interfaces and private IPs move: nobody who is well loses one, none goes to whom it
//! does not belong.

use super::view::{AccountView, value_of};
use ec2_sim::api::{Address, NetworkInterface, NetworkInterfaceAttachment, Request};

const GROUP: &str = "holdfast:group";

/// Whether an address has stayed on its private IP, and only the interface has another holder.
pub(super) fn rides(was: &Address, is: &Address) -> bool {
    let association = |address: &Address| {
        let association = address.association.clone()?;
        Some((
            association.network_interface_id,
            association.private_ip_address,
        ))
    };
    let private_ip = |address: &Address| association(address).map(|association| association.1);
    association(was) == association(is) || private_ip(was) == private_ip(is)
}

/// Whether an address rides on an interface of a group, and stays with its members.
pub(super) fn is_on_ours(
    was: &Address,
    is: &Address,
    before: &AccountView,
    after: &AccountView,
) -> bool {
    let carrier = |address: &Address, view: &AccountView| {
        let eni = &address.association.as_ref()?.network_interface_id;
        let interface = view.interfaces.get(eni)?;
        value_of(&interface.tags, GROUP).map(str::to_owned)
    };
    let group = carrier(was, before).or_else(|| carrier(is, after));
    let Some(group) = group.filter(|_| rides(was, is)) else {
        return false;
    };
    let holder = is
        .association
        .as_ref()
        .and_then(|attachment| attachment.instance_id.as_ref());
    holder.is_none_or(|holder| after.group_of(holder) == Some(group.as_str()))
}

/// What one call broke: promises 1, 2 and 6, from the interfaces before and after it.
pub(super) fn broken_by(
    request: &Request,
    before: &AccountView,
    after: &AccountView,
) -> Vec<String> {
    let action = request.action();
    let mut broken = Vec::new();
    if let Request::StopInstances(stop) = request {
        let well = stop.instance_ids.iter().filter(|id| !before.has_failed(id));
        broken.extend(well.map(|id| format!("promise 1: {action} stops {id}, which is well")));
    }
    if let Request::ModifyNetworkInterfaceAttribute(change) = request
        && !change.groups.is_empty()
    {
        let isolated = before.interfaces.get(&change.network_interface_id);
        let holder = isolated.and_then(|it| it.attachment.as_ref()?.instance_id.as_ref());
        if holder.is_none_or(|holder| !before.has_failed(holder)) {
            let id = &change.network_interface_id;
            broken.push(format!(
                "promise 1: {action} cuts off {id}, whose holder is well"
            ));
        }
    }
    for (id, was) in &before.interfaces {
        let Some(is) = after.interfaces.get(id) else {
            broken.push(format!("promise 4: {action} took {id} from the account"));
            continue;
        };
        broken.extend(broken_attachment(action, was, is, before, after));
        for private in &was.private_ip_addresses {
            let ip = &private.private_ip_address;
            let stays = is
                .private_ip_addresses
                .iter()
                .any(|has| has.private_ip_address == *ip);
            if stays {
                continue;
            }
            let holder = was
                .attachment
                .as_ref()
                .and_then(|attachment| attachment.instance_id.as_ref());
            if holder.is_none_or(|holder| !before.has_failed(holder)) {
                broken.push(format!("promise 1: {action} took {ip} from {id}"));
            }
            if !after.interfaces.values().any(|other| has(other, ip)) {
                broken.push(format!("promise 6: {action} left {ip} with nobody"));
            }
        }
    }
    broken
}

fn has(interface: &NetworkInterface, ip: &str) -> bool {
    let mut ips = interface.private_ip_addresses.iter();
    ips.any(|private| private.private_ip_address == ip)
}

fn broken_attachment(
    action: &str,
    was: &NetworkInterface,
    is: &NetworkInterface,
    before: &AccountView,
    after: &AccountView,
) -> Vec<String> {
    let mut broken = Vec::new();
    let id = &was.network_interface_id;
    let word = |attachment: &Option<NetworkInterfaceAttachment>| {
        attachment
            .as_ref()
            .map(|attachment| (attachment.attachment_id.clone(), attachment.status.clone()))
    };
    if word(&was.attachment) == word(&is.attachment) {
        return broken;
    }
    let group = value_of(&was.tags, GROUP);
    if group.is_none() {
        broken.push(format!(
            "promise 2: {action} changed {id}, which has no group"
        ));
    }
    let held = was
        .attachment
        .as_ref()
        .and_then(|attachment| attachment.instance_id.as_ref());
    if let Some(holder) = held.filter(|holder| !before.has_failed(holder)) {
        broken.push(format!(
            "promise 1: {action} took {id} from {holder}, which is well"
        ));
    }
    let holds = is
        .attachment
        .as_ref()
        .and_then(|attachment| attachment.instance_id.as_ref());
    if let Some(holder) = holds.filter(|holder| after.group_of(holder) != group) {
        broken.push(format!(
            "promise 2: {action} gave {id} to {holder} of another group"
        ));
    }
    broken
}

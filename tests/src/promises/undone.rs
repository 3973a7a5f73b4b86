//! What somebody else has undone of what a call of Holdfast's brought about: that may be brought about once more. All else
//! that they do is no reason to do anything twice.

use super::view::AccountView;
use ec2_sim::api::Request;

/// Whether what a call brought about was there before somebody acted, and is not after that.
#[must_use]
pub fn is_undone(request: &Request, before: &AccountView, after: &AccountView) -> bool {
    is_there(request, before) && !is_as_before(request, before, after)
}

/// Whether there is anything to undo.
fn is_there(request: &Request, view: &AccountView) -> bool {
    match request {
        Request::AssociateAddress(_) => association(request, view).is_some(),
        Request::AttachNetworkInterface(_) => attachment(request, view).is_some(),
        Request::AssignPrivateIpAddresses(assign) => assign
            .private_ip_addresses
            .iter()
            .all(|ip| has(view, &assign.network_interface_id, ip)),
        Request::ModifyNetworkInterfaceAttribute(_) | Request::StopInstances(_) => true,
        // An association or an attachment that has ended comes back under another id.
        _ => false,
    }
}

fn is_as_before(request: &Request, before: &AccountView, after: &AccountView) -> bool {
    match request {
        Request::AssociateAddress(_) => association(request, before) == association(request, after),
        Request::AttachNetworkInterface(_) => {
            attachment(request, before) == attachment(request, after)
        }
        Request::AssignPrivateIpAddresses(_) => is_there(request, after),
        Request::ModifyNetworkInterfaceAttribute(modify) => {
            let changed = |view: &AccountView| {
                let interface = view.interfaces.get(&modify.network_interface_id)?;
                let attachment = interface.attachment.as_ref();
                let flag = attachment.map(|it| it.delete_on_termination);
                Some((interface.groups.clone(), flag))
            };
            changed(before) == changed(after)
        }
        Request::StopInstances(stop) => stop.instance_ids.iter().all(|id| {
            let state = |view: &AccountView| view.instances.get(id).map(|it| it.state);
            state(before) == state(after)
        }),
        _ => true,
    }
}

fn association<'a>(request: &Request, view: &'a AccountView) -> Option<&'a str> {
    let Request::AssociateAddress(associate) = request else {
        return None;
    };
    let address = view.addresses.get(associate.allocation_id.as_ref()?)?;
    let association = address.association.as_ref()?;
    Some(&association.association_id)
}

fn attachment<'a>(request: &Request, view: &'a AccountView) -> Option<&'a str> {
    let Request::AttachNetworkInterface(attach) = request else {
        return None;
    };
    let interface = view.interfaces.get(&attach.network_interface_id)?;
    let attachment = interface.attachment.as_ref()?;
    Some(&attachment.attachment_id)
}

fn has(view: &AccountView, eni: &str, ip: &str) -> bool {
    let interface = view.interfaces.get(eni);
    interface.is_some_and(|it| {
        let mut ips = it.private_ip_addresses.iter();
        ips.any(|has| has.private_ip_address == *ip)
    })
}

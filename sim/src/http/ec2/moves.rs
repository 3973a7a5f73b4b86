//! From a form's parameters to the requests that move interfaces and private addresses.

use super::query::Parameters;
use super::request::Read;
use crate::api::{
    AssignPrivateIpAddresses, AttachNetworkInterface, AttachmentChange, DeleteNetworkInterface,
    DetachNetworkInterface, ModifyNetworkInterfaceAttribute, Request, UnassignPrivateIpAddresses,
};

/// Reads the parameters of one action.
///
/// # Errors
/// `MissingParameter` and `InvalidParameterValue`.
pub(super) fn read(action: &str, form: &Parameters) -> Read {
    match action {
        "AttachNetworkInterface" => attach(form),
        "DetachNetworkInterface" => detach(form),
        "ModifyNetworkInterfaceAttribute" => modify(form),
        "DeleteNetworkInterface" => delete(form),
        "AssignPrivateIpAddresses" => assign(form),
        _ => unassign(form),
    }
}

fn attach(form: &Parameters) -> Read {
    form.required("DeviceIndex")?;
    Ok(Request::AttachNetworkInterface(AttachNetworkInterface {
        network_interface_id: form.required("NetworkInterfaceId")?,
        instance_id: form.required("InstanceId")?,
        device_index: form.integer("DeviceIndex")?.unwrap_or(0),
        network_card_index: form.integer("NetworkCardIndex")?,
    }))
}

fn detach(form: &Parameters) -> Read {
    Ok(Request::DetachNetworkInterface(DetachNetworkInterface {
        attachment_id: form.required("AttachmentId")?,
        force: form.boolean("Force")?.unwrap_or(false),
    }))
}

fn modify(form: &Parameters) -> Read {
    let attachment = form.member("Attachment");
    let attachment = match attachment.boolean("DeleteOnTermination")? {
        None => None,
        Some(delete_on_termination) => Some(AttachmentChange {
            attachment_id: attachment.required("AttachmentId")?,
            delete_on_termination,
        }),
    };
    let request = ModifyNetworkInterfaceAttribute {
        network_interface_id: form.required("NetworkInterfaceId")?,
        attachment,
        groups: form.list("SecurityGroupId"),
        source_dest_check: form.member("SourceDestCheck").boolean("Value")?,
        description: form.member("Description").text("Value"),
    };
    Ok(Request::ModifyNetworkInterfaceAttribute(request))
}

fn delete(form: &Parameters) -> Read {
    Ok(Request::DeleteNetworkInterface(DeleteNetworkInterface {
        network_interface_id: form.required("NetworkInterfaceId")?,
    }))
}

fn assign(form: &Parameters) -> Read {
    Ok(Request::AssignPrivateIpAddresses(
        AssignPrivateIpAddresses {
            network_interface_id: form.required("NetworkInterfaceId")?,
            private_ip_addresses: form.list("PrivateIpAddress"),
            secondary_private_ip_address_count: form.integer("SecondaryPrivateIpAddressCount")?,
            allow_reassignment: form.boolean("AllowReassignment")?.unwrap_or(false),
        },
    ))
}

fn unassign(form: &Parameters) -> Read {
    Ok(Request::UnassignPrivateIpAddresses(
        UnassignPrivateIpAddresses {
            network_interface_id: form.required("NetworkInterfaceId")?,
            private_ip_addresses: form.list("PrivateIpAddress"),
        },
    ))
}

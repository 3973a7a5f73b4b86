//! Instances and their network interfaces in EC2's XML.

use super::reply::{tag_set, tags};
use super::xml::Element;
use crate::api::{
    Instance, InstanceState, InstanceType, InterfaceAssociation, NetworkInterface,
    NetworkInterfaceAttachment, PrivateIpAddress, Reservation,
};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

pub(super) fn reservation(element: Element, launched: &Reservation) -> Element {
    element
        .text("reservationId", &launched.reservation_id)
        .text("ownerId", &launched.owner_id)
        .list("groupSet", [])
        .list("instancesSet", launched.instances.iter().map(instance))
}

/// Of what is not modelled, what an instance of the default kind shows in EC2 (AWS CLI, examples of `describe-instances`).
fn fixed(element: Element) -> Element {
    let setting =
        |name: &'static str, key, value: &'static str| Element::new(name).text(key, value);
    element
        .text("architecture", "x86_64")
        .text("hypervisor", "xen")
        .text("virtualizationType", "hvm")
        .text("rootDeviceName", "/dev/xvda")
        .text("ebsOptimized", &false)
        .text("enaSupport", &true)
        .text("platformDetails", "Linux/UNIX")
        .text("usageOperation", "RunInstances")
        .child(setting("monitoring", "state", "disabled"))
        .child(setting("enclaveOptions", "enabled", "false"))
        .child(setting("hibernationOptions", "configured", "false"))
        .child(setting("maintenanceOptions", "autoRecovery", "default"))
        .list("blockDeviceMapping", [])
        .list("productCodes", [])
}

/// Why an instance leaves, or that it is on its way in. Nobody but the account's own callers stops one here.
fn state_reason(described: &Instance) -> Option<Element> {
    let (code, message) = match (described.state, described.leaves_since) {
        (InstanceState::Pending, _) => ("pending", "pending"),
        (_, Some(_)) => (
            "Client.UserInitiatedShutdown",
            "Client.UserInitiatedShutdown: User initiated shutdown",
        ),
        _ => return None,
    };
    let reason = Element::new("stateReason");
    Some(reason.text("code", code).text("message", message))
}

/// `StateTransitionReason`: empty for an instance that runs.
fn transition_reason(described: &Instance) -> String {
    described.leaves_since.map_or_else(String::new, |since| {
        let (date, time) = (since.date(), since.time());
        let (hour, minute, second) = (time.hour(), time.minute(), time.second());
        format!("User initiated ({date} {hour:02}:{minute:02}:{second:02} GMT)")
    })
}

fn placement(described: &Instance) -> Element {
    Element::new("placement")
        .text("availabilityZone", &described.availability_zone)
        .text("availabilityZoneId", &described.availability_zone_id)
        .text("groupName", "")
        .text("tenancy", "default")
}

fn instance(described: &Instance) -> Element {
    let is_spot = described.spot_instance_request_id.is_some();
    let primary = described.network_interfaces.first();
    let name = |name: &Option<String>| name.clone().unwrap_or_default();
    fixed(Element::item())
        .text("instanceId", &described.instance_id)
        .text("imageId", &described.image_id)
        .child(state("instanceState", described.state))
        .text("instanceType", &described.instance_type)
        .text("launchTime", &timestamp(described.launch_time))
        .text("amiLaunchIndex", &described.ami_launch_index)
        .text("privateDnsName", &name(&described.private_dns_name))
        .text("dnsName", &name(&described.public_dns_name))
        .text("reason", &transition_reason(described))
        .maybe_child(state_reason(described))
        .maybe("sourceDestCheck", primary.map(|it| &it.source_dest_check))
        .child(placement(described))
        .maybe("vpcId", described.vpc_id.as_ref())
        .maybe("subnetId", described.subnet_id.as_ref())
        .maybe("privateIpAddress", described.private_ip_address.as_ref())
        .maybe("ipAddress", described.public_ip_address.as_ref())
        .maybe("clientToken", described.client_token.as_ref())
        .text("rootDeviceType", &described.root_device_type)
        .maybe("instanceLifecycle", is_spot.then_some(&"spot"))
        .maybe(
            "spotInstanceRequestId",
            described.spot_instance_request_id.as_ref(),
        )
        .child(groups(
            &described.security_group_ids,
            &described.security_group_names,
        ))
        .list(
            "networkInterfaceSet",
            described
                .network_interfaces
                .iter()
                .map(|one| interface(Element::item(), one, Seen::InItsInstance)),
        )
        .maybe_child(tags(&described.tags))
}

pub(super) fn state(name: &str, state: InstanceState) -> Element {
    Element::new(name)
        .text("code", &state.code())
        .text("name", &state.name())
}

/// An interface in its own describe. It always has a tag set (AWS CLI, examples of `describe-network-interfaces`; the
/// integration tests of Ansible's `ec2_eni`, which run against AWS).
pub(super) fn described_interface(element: Element, described: &NetworkInterface) -> Element {
    interface(element, described, Seen::ByItself)
        .text("requesterId", &described.requester_id)
        .text("requesterManaged", &described.requester_managed)
        .text("availabilityZone", &described.availability_zone)
        .child(tag_set(&described.tags))
}

/// Where an interface is described. Inside its instance it has less to say: EC2 API reference,
/// `InstanceNetworkInterface`, `InstanceNetworkInterfaceAttachment`, `InstanceNetworkInterfaceAssociation`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    ByItself,
    InItsInstance,
}

impl Seen {
    /// What is said of an interface by itself only.
    fn only_by_itself<T>(self, what: T) -> Option<T> {
        (self == Self::ByItself).then_some(what)
    }
}

/// What an interface shows inside its instance, and in its own describe too.
fn interface(element: Element, described: &NetworkInterface, seen: Seen) -> Element {
    let first = described.private_ip_addresses.first();
    element
        .text("networkInterfaceId", &described.network_interface_id)
        .text("subnetId", &described.subnet_id)
        .text("vpcId", &described.vpc_id)
        .text("description", &described.description)
        .text("ownerId", &described.owner_id)
        .text("status", &described.status)
        .text("interfaceType", &described.interface_type)
        .text("macAddress", &described.mac_address)
        .maybe(
            "privateIpAddress",
            first.map(|address| &address.private_ip_address),
        )
        .maybe("privateDnsName", described.private_dns_name.as_ref())
        .text("sourceDestCheck", &described.source_dest_check)
        .child(groups(&described.groups, &described.group_names))
        .maybe_child(described.attachment.as_ref().map(|it| attachment(it, seen)))
        .maybe_child(
            first
                .and_then(|address| address.association.as_ref())
                .map(|it| association(it, seen)),
        )
        .list(
            "privateIpAddressesSet",
            described
                .private_ip_addresses
                .iter()
                .map(|it| private_ip(it, seen)),
        )
        .list(
            "ipv6AddressesSet",
            texts("ipv6Address", &described.other_addresses.ipv6_addresses),
        )
        .list(
            "ipv4PrefixSet",
            texts("ipv4Prefix", &described.other_addresses.ipv4_prefixes),
        )
        .list(
            "ipv6PrefixSet",
            texts("ipv6Prefix", &described.other_addresses.ipv6_prefixes),
        )
}

fn texts<'a>(name: &'a str, texts: &'a [String]) -> impl Iterator<Item = Element> {
    texts
        .iter()
        .map(move |text| Element::item().text(name, text))
}

fn attachment(described: &NetworkInterfaceAttachment, seen: Seen) -> Element {
    let instance = described.instance_id.as_ref();
    Element::new("attachment")
        .text("attachmentId", &described.attachment_id)
        .maybe("instanceId", seen.only_by_itself(instance).flatten())
        .maybe(
            "instanceOwnerId",
            seen.only_by_itself(&described.instance_owner_id),
        )
        .text("deviceIndex", &described.device_index)
        .text("networkCardIndex", &described.network_card_index)
        .text("status", &described.status)
        .text("attachTime", &timestamp(described.attach_time))
        .text("deleteOnTermination", &described.delete_on_termination)
}

fn private_ip(described: &PrivateIpAddress, seen: Seen) -> Element {
    Element::item()
        .text("privateIpAddress", &described.private_ip_address)
        .text("primary", &described.primary)
        .maybe_child(
            described
                .association
                .as_ref()
                .map(|it| association(it, seen)),
        )
}

fn association(described: &InterfaceAssociation, seen: Seen) -> Element {
    let allocation = described.allocation_id.as_ref();
    let association = described.association_id.as_ref();
    Element::new("association")
        .text("publicIp", &described.public_ip)
        .text("ipOwnerId", &described.ip_owner_id)
        .maybe("allocationId", seen.only_by_itself(allocation).flatten())
        .maybe("associationId", seen.only_by_itself(association).flatten())
}

/// Of a type's many parts, what it can hold.
pub(super) fn instance_type(described: &InstanceType) -> Element {
    let cards = described.network_cards.iter().zip(0..);
    let card = |(interfaces, index): (&i32, i32)| {
        Element::item()
            .text("networkCardIndex", &index)
            .text("maximumNetworkInterfaces", interfaces)
    };
    let network = Element::new("networkInfo")
        .text(
            "maximumNetworkInterfaces",
            &described.maximum_network_interfaces,
        )
        .text("maximumNetworkCards", &described.network_cards.len())
        .text("defaultNetworkCardIndex", &0)
        .list("networkCards", cards.map(card))
        .text(
            "ipv4AddressesPerInterface",
            &described.ipv4_addresses_per_interface,
        );
    Element::item()
        .text("instanceType", &described.instance_type)
        .child(network)
}

pub(super) fn groups(ids: &[String], names: &[String]) -> Element {
    let group = |(id, name): (&String, &String)| {
        Element::item().text("groupId", id).text("groupName", name)
    };
    ids.iter()
        .zip(names)
        .map(group)
        .fold(Element::new("groupSet"), Element::child)
}

/// EC2 writes times with milliseconds.
pub(super) fn timestamp(time: OffsetDateTime) -> String {
    let milliseconds = time.nanosecond() / 1_000_000 * 1_000_000;
    let time = time.replace_nanosecond(milliseconds).unwrap_or(time);
    time.format(&Rfc3339).unwrap_or_default()
}

//! What the owner of a group does by hand.

use super::FailoverFixture;
use crate::scenarios::placement::{GROUP, default_subnet, owner};
use ec2_sim::World;
use ec2_sim::api::{
    AllocateAddress, AssignPrivateIpAddresses, AttachNetworkInterface, AttachmentChange,
    CreateNetworkInterface, CreateTags, DeleteTags, DescribeNetworkInterfaces,
    DetachNetworkInterface, ModifyNetworkInterfaceAttribute, NetworkInterface, Request, Response,
    RunInstances, StopInstances, Tag, TagSpecification, TagToDelete,
};
use std::collections::BTreeMap;

/// Calls EC2 as the owner; the scenario is wrong if EC2 refuses.
pub(super) fn call(world: &mut World, request: &Request) -> Response {
    let answer = world.call(&owner(), request, false);
    answer.expect("the scenario's own calls are good")
}

pub(super) fn specified(kind: &str, tags: &[(&str, &str)]) -> Vec<TagSpecification> {
    if tags.is_empty() {
        return Vec::new();
    }
    vec![TagSpecification {
        resource_type: kind.to_owned(),
        tags: tags
            .iter()
            .map(|(key, value)| Tag::new(*key, *value))
            .collect(),
    }]
}

/// A member of the group, which takes three interfaces.
pub(super) fn launch(world: &mut World, priority: &str) -> String {
    let request = RunInstances {
        instance_type: Some("t3.small".to_owned()),
        min_count: 1,
        max_count: 1,
        tag_specifications: specified("instance", &[GROUP, ("holdfast:priority", priority)]),
        ..RunInstances::default()
    };
    match call(world, &Request::RunInstances(request)) {
        Response::RunInstances(made) => made.instances[0].instance_id.clone(),
        other => unreachable!("RunInstances answers with a reservation, not {other:?}"),
    }
}

/// A further member joins the group, after all others in order.
pub fn add_member(world: &mut World) -> String {
    launch(world, "9")
}

pub(super) fn create_interface(world: &mut World, secondary: i32, tags: &[(&str, &str)]) -> String {
    let request = CreateNetworkInterface {
        subnet_id: default_subnet(world),
        secondary_private_ip_address_count: secondary,
        tag_specifications: specified("network-interface", tags),
        ..CreateNetworkInterface::default()
    };
    match call(world, &Request::CreateNetworkInterface(request)) {
        Response::CreateNetworkInterface(made) => made.network_interface_id,
        other => unreachable!("CreateNetworkInterface answers with an interface, not {other:?}"),
    }
}

pub(super) fn allocate(world: &mut World, tags: &[(&str, &str)]) -> String {
    let request = AllocateAddress {
        tag_specifications: specified("elastic-ip", tags),
        ..AllocateAddress::default()
    };
    match call(world, &Request::AllocateAddress(request)) {
        Response::AllocateAddress(given) => given.allocation_id,
        other => unreachable!("AllocateAddress answers with an address, not {other:?}"),
    }
}

pub(super) fn tag(world: &mut World, id: &str, tags: &[Tag]) {
    let request = CreateTags {
        resources: vec![id.to_owned()],
        tags: tags.to_vec(),
    };
    call(world, &Request::CreateTags(request));
}

/// A group of two more members, of which the first holds an interface. Its members, and that interface.
pub fn second_group(world: &mut World, name: &str, more: &[(&str, &str)]) -> (Vec<String>, String) {
    let group = ("holdfast:group", name);
    let members = ["1", "2"].map(|priority| {
        let member = launch(world, priority);
        tag(world, &member, &[Tag::new(group.0, group.1)]);
        member
    });
    let eni = create_interface(world, 0, &[&[group], more].concat());
    world.advance(time::Duration::minutes(2));
    attach(world, &eni, &members[0], 1);
    world.advance(time::Duration::seconds(30));
    (members.into(), eni)
}

/// The owner gives something the group's tag, or another group's, and more.
pub fn tag_group(world: &mut World, id: &str, more: &[(&str, &str)]) {
    let tags: BTreeMap<&str, &str> = [GROUP].iter().chain(more).copied().collect();
    let tags = tags.into_iter().map(|(key, value)| Tag::new(key, value));
    tag(world, id, &tags.collect::<Vec<_>>());
}

/// The owner takes the group's tag away.
pub fn untag_group(world: &mut World, id: &str) {
    untag(world, id, GROUP.0);
}

pub(super) fn untag(world: &mut World, id: &str, key: &str) {
    let request = DeleteTags {
        resources: vec![id.to_owned()],
        tags: vec![TagToDelete {
            key: key.to_owned(),
            value: None,
        }],
    };
    call(world, &Request::DeleteTags(request));
}

/// The owner makes an interface that is in no group.
pub fn new_interface(world: &mut World) -> String {
    create_interface(world, 0, &[])
}

/// Every interface of the account.
fn interfaces(world: &World) -> Vec<NetworkInterface> {
    let request = Request::DescribeNetworkInterfaces(DescribeNetworkInterfaces::default());
    match world.inspect(&owner(), &request) {
        Ok(Response::DescribeNetworkInterfaces { interfaces, .. }) => interfaces,
        other => unreachable!("DescribeNetworkInterfaces answers, not {other:?}"),
    }
}

pub(super) fn interface(world: &World, eni: &str) -> Option<NetworkInterface> {
    let mut all = interfaces(world).into_iter();
    all.find(|interface| interface.network_interface_id == eni)
}

/// The interface that an instance was launched with.
///
/// # Panics
/// When there is no such instance.
#[must_use]
pub fn primary_interface(world: &World, instance: &str) -> String {
    let is_it = |interface: &NetworkInterface| {
        let attachment = interface.attachment.as_ref();
        attachment.is_some_and(|attachment| {
            attachment.device_index == 0 && attachment.instance_id.as_deref() == Some(instance)
        })
    };
    let found = interfaces(world).into_iter().find(is_it);
    found.expect("every instance has one").network_interface_id
}

pub(super) fn add_private_ip(world: &mut World, eni: &str) -> String {
    let request = AssignPrivateIpAddresses {
        network_interface_id: eni.to_owned(),
        secondary_private_ip_address_count: Some(1),
        ..AssignPrivateIpAddresses::default()
    };
    call(world, &Request::AssignPrivateIpAddresses(request));
    let has = interface(world, eni)
        .expect("it is there")
        .private_ip_addresses;
    has.last()
        .expect("it has one more now")
        .private_ip_address
        .clone()
}

/// The owner attaches an interface.
pub fn attach(world: &mut World, eni: &str, instance: &str, device_index: i32) {
    let request = AttachNetworkInterface {
        network_interface_id: eni.to_owned(),
        instance_id: instance.to_owned(),
        device_index,
        network_card_index: None,
    };
    call(world, &Request::AttachNetworkInterface(request));
}

/// The owner detaches an interface from whatever has it.
pub fn detach(world: &mut World, eni: &str) {
    let attachment = interface(world, eni).and_then(|interface| interface.attachment);
    if let Some(attachment) = attachment {
        let request = DetachNetworkInterface {
            attachment_id: attachment.attachment_id,
            force: false,
        };
        call(world, &Request::DetachNetworkInterface(request));
    }
}

/// The owner stops an instance.
pub fn stop(world: &mut World, instance: &str) {
    let request = StopInstances {
        instance_ids: vec![instance.to_owned()],
        ..StopInstances::default()
    };
    call(world, &Request::StopInstances(request));
}

impl FailoverFixture {
    /// The owner lets the interface end with its instance, as CloudFormation does unless it is told otherwise.
    #[must_use]
    pub fn ending_with_instance(self) -> Self {
        let eni = self.eni.clone();
        self.world(|world| {
            let attachment = interface(world, &eni).and_then(|it| it.attachment);
            let request = ModifyNetworkInterfaceAttribute {
                network_interface_id: eni,
                attachment: attachment.map(|it| AttachmentChange {
                    attachment_id: it.attachment_id,
                    delete_on_termination: true,
                }),
                ..ModifyNetworkInterfaceAttribute::default()
            };
            call(world, &Request::ModifyNetworkInterfaceAttribute(request));
        })
    }
}

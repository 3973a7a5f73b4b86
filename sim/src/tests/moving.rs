//! Short words for the calls that move interfaces and private addresses.

use super::bed::{SimFixture, bed};
use crate::api::{
    AssignPrivateIpAddresses, AttachNetworkInterface, AttachmentChange, CreateNetworkInterface,
    CreateSubnet, DeleteNetworkInterface, DescribeNetworkInterfaces, DetachNetworkInterface,
    Instance, ModifyNetworkInterfaceAttribute, NetworkInterface, Request, Response, RunInstances,
    StopInstances, TerminateInstances, UnassignPrivateIpAddresses,
};

/// Two running instances and an interface of their subnet that is attached to neither.
pub(super) struct Pair {
    pub(super) bed: SimFixture,
    pub(super) subnet: String,
    pub(super) first: String,
    pub(super) second: String,
    pub(super) floating: String,
}

pub(super) fn pair() -> Pair {
    let mut bed = bed();
    let subnet = bed.subnet(true);
    let first = bed.running(Some(&subnet)).instance_id;
    let second = bed.running(Some(&subnet)).instance_id;
    let floating = bed.interface(&subnet).network_interface_id;
    Pair {
        bed,
        subnet,
        first,
        second,
        floating,
    }
}

impl Pair {
    /// With the interface attached to the first of the two; its attachment id.
    pub(super) fn held(mut self) -> (Self, String) {
        let attachment = self.bed.attach(&self.floating, &self.first);
        self.bed.wait(2);
        (self, attachment)
    }

    pub(super) fn seen(&mut self) -> NetworkInterface {
        self.bed.seen(&self.floating)
    }

    /// A security group of the VPC of the interface that moves.
    pub(super) fn put_group(&mut self, id: &str) {
        let vpc = self.seen().vpc_id;
        self.bed.world.put_security_group(id, Some(&vpc));
    }

    /// `available`, or the word of the attachment.
    pub(super) fn word(&mut self) -> String {
        let seen = self.seen();
        seen.attachment.map_or(seen.status, |it| it.status)
    }
}

impl SimFixture {
    pub(super) fn attach(&mut self, interface: &str, instance: &str) -> String {
        match self.call(attaching(interface, instance, 1)) {
            Ok(Response::AttachNetworkInterface { attachment_id, .. }) => attachment_id,
            other => panic!("not attached: {other:?}"),
        }
    }

    pub(super) fn done(&mut self, request: Request) {
        self.call(request).expect("the call goes through");
    }

    /// The interface, if it is there.
    pub(super) fn found(&mut self, interface: &str) -> Option<NetworkInterface> {
        let request = DescribeNetworkInterfaces {
            network_interface_ids: vec![interface.to_owned()],
            ..DescribeNetworkInterfaces::default()
        };
        match self.call(Request::DescribeNetworkInterfaces(request)) {
            Ok(Response::DescribeNetworkInterfaces { mut interfaces, .. }) => interfaces.pop(),
            _ => None,
        }
    }

    pub(super) fn seen(&mut self, interface: &str) -> NetworkInterface {
        self.found(interface).expect("the interface is there")
    }

    /// An instance of a type with a number of interfaces, running.
    pub(super) fn running_with(&mut self, kind: &str, subnet: &str, interfaces: i32) -> String {
        let request = RunInstances {
            instance_type: Some(kind.to_owned()),
            min_count: 1,
            max_count: 1,
            subnet_id: Some(subnet.to_owned()),
            ..RunInstances::default()
        };
        let Ok(Response::RunInstances(mut reservation)) = self.call(Request::RunInstances(request))
        else {
            panic!("no instance");
        };
        self.wait(60);
        let id = reservation.instances.remove(0).instance_id;
        for index in 1..interfaces {
            let interface = self.interface(subnet).network_interface_id;
            self.done(attaching(&interface, &id, index));
        }
        self.wait(60);
        id
    }

    /// A subnet of the same VPC in another zone.
    pub(super) fn subnet_beside(&mut self, subnet: &str, zone: &str) -> String {
        let vpc = self.interface(subnet).vpc_id;
        let request = CreateSubnet {
            vpc_id: vpc,
            cidr_block: "10.0.2.0/24".to_owned(),
            availability_zone: Some(zone.to_owned()),
            ..CreateSubnet::default()
        };
        match self.call(Request::CreateSubnet(request)) {
            Ok(Response::CreateSubnet(subnet)) => subnet.subnet_id,
            other => panic!("no subnet: {other:?}"),
        }
    }

    /// An interface with its primary private address alone.
    pub(super) fn bare_interface(&mut self, subnet: &str) -> NetworkInterface {
        let request = CreateNetworkInterface {
            subnet_id: subnet.to_owned(),
            ..CreateNetworkInterface::default()
        };
        match self.call(Request::CreateNetworkInterface(request)) {
            Ok(Response::CreateNetworkInterface(interface)) => interface,
            other => panic!("no interface: {other:?}"),
        }
    }
}

pub(super) fn primary(instance: &Instance) -> &NetworkInterface {
    &instance.network_interfaces[0]
}

pub(super) fn attaching(interface: &str, instance: &str, device_index: i32) -> Request {
    Request::AttachNetworkInterface(AttachNetworkInterface {
        network_interface_id: interface.to_owned(),
        instance_id: instance.to_owned(),
        device_index,
        network_card_index: Some(0),
    })
}

pub(super) fn detaching(attachment: &str) -> Request {
    Request::DetachNetworkInterface(DetachNetworkInterface {
        attachment_id: attachment.to_owned(),
        force: false,
    })
}

pub(super) fn tearing_off(attachment: &str) -> Request {
    Request::DetachNetworkInterface(DetachNetworkInterface {
        attachment_id: attachment.to_owned(),
        force: true,
    })
}

pub(super) fn ending_with_instance(interface: &str, attachment: &str, ends: bool) -> Request {
    Request::ModifyNetworkInterfaceAttribute(ModifyNetworkInterfaceAttribute {
        network_interface_id: interface.to_owned(),
        attachment: Some(AttachmentChange {
            attachment_id: attachment.to_owned(),
            delete_on_termination: ends,
        }),
        ..ModifyNetworkInterfaceAttribute::default()
    })
}

pub(super) fn grouping(interface: &str, groups: &[&str]) -> Request {
    Request::ModifyNetworkInterfaceAttribute(ModifyNetworkInterfaceAttribute {
        network_interface_id: interface.to_owned(),
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
        ..ModifyNetworkInterfaceAttribute::default()
    })
}

pub(super) fn deleting(interface: &str) -> Request {
    Request::DeleteNetworkInterface(DeleteNetworkInterface {
        network_interface_id: interface.to_owned(),
    })
}

pub(super) fn assigning(interface: &str, ip: &str) -> Request {
    Request::AssignPrivateIpAddresses(AssignPrivateIpAddresses {
        network_interface_id: interface.to_owned(),
        private_ip_addresses: vec![ip.to_owned()],
        ..AssignPrivateIpAddresses::default()
    })
}

/// With `AllowReassignment`.
pub(super) fn taking(interface: &str, ip: &str) -> Request {
    Request::AssignPrivateIpAddresses(AssignPrivateIpAddresses {
        network_interface_id: interface.to_owned(),
        private_ip_addresses: vec![ip.to_owned()],
        allow_reassignment: true,
        ..AssignPrivateIpAddresses::default()
    })
}

pub(super) fn assigning_some(interface: &str, count: i32) -> Request {
    Request::AssignPrivateIpAddresses(AssignPrivateIpAddresses {
        network_interface_id: interface.to_owned(),
        secondary_private_ip_address_count: Some(count),
        ..AssignPrivateIpAddresses::default()
    })
}

pub(super) fn unassigning(interface: &str, ip: &str) -> Request {
    Request::UnassignPrivateIpAddresses(UnassignPrivateIpAddresses {
        network_interface_id: interface.to_owned(),
        private_ip_addresses: vec![ip.to_owned()],
    })
}

pub(super) fn stopping(instance: &str) -> Request {
    Request::StopInstances(StopInstances {
        instance_ids: vec![instance.to_owned()],
        ..StopInstances::default()
    })
}

/// With `Force` and `SkipOsShutdown`.
pub(super) fn cutting_off(instance: &str) -> Request {
    Request::StopInstances(StopInstances {
        instance_ids: vec![instance.to_owned()],
        force: true,
        skip_os_shutdown: true,
    })
}

pub(super) fn terminating(instance: &str) -> Request {
    Request::TerminateInstances(TerminateInstances {
        instance_ids: vec![instance.to_owned()],
    })
}

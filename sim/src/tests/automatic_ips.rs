//! Public IPs that EC2 assigns by itself, rule by rule of the user guide.

use super::bed::{SimFixture, bed, disassociation};
use crate::api::{
    AttachNetworkInterface, Instance, InstanceNetworkInterfaceSpecification, ModifySubnetAttribute,
    Request, Response, RunInstances, StartInstances, StopInstances,
};

/// A launch with these interfaces.
fn launch(interfaces: Vec<InstanceNetworkInterfaceSpecification>) -> RunInstances {
    RunInstances {
        min_count: 1,
        max_count: 1,
        network_interfaces: interfaces,
        ..RunInstances::default()
    }
}

fn asking(associate: Option<bool>, subnet: Option<&str>) -> InstanceNetworkInterfaceSpecification {
    InstanceNetworkInterfaceSpecification {
        associate_public_ip_address: associate,
        subnet_id: subnet.map(str::to_owned),
        ..InstanceNetworkInterfaceSpecification::default()
    }
}

/// The public IP of an instance that was launched so, once it runs.
fn launched(bed: &mut SimFixture, request: RunInstances) -> Instance {
    let Ok(Response::RunInstances(reservation)) = bed.call(Request::RunInstances(request)) else {
        panic!("it is not launched");
    };
    let id = reservation.instances[0].instance_id.clone();
    bed.wait(60);
    bed.instance(&id).expect("it is there")
}

fn public_ip(bed: &mut SimFixture, instance: &Instance) -> Option<String> {
    let shown = bed.instance(&instance.instance_id).expect("it is there");
    shown.public_ip_address
}

fn restart(bed: &mut SimFixture, instance: &Instance) {
    let ids = vec![instance.instance_id.clone()];
    let stop = StopInstances {
        instance_ids: ids.clone(),
        ..StopInstances::default()
    };
    bed.call(Request::StopInstances(stop)).expect("it runs");
    bed.wait(60);
    assert_eq!(public_ip(bed, instance), None, "it is released at the stop");
    let start = StartInstances { instance_ids: ids };
    bed.call(Request::StartInstances(start))
        .expect("it is stopped");
    bed.wait(60);
}

fn attach_another(bed: &mut SimFixture, instance: &Instance) -> String {
    let subnet = instance.subnet_id.clone().expect("it has one");
    let eni = bed.interface(&subnet).network_interface_id;
    let attach = AttachNetworkInterface {
        network_interface_id: eni.clone(),
        instance_id: instance.instance_id.clone(),
        device_index: 1,
        ..AttachNetworkInterface::default()
    };
    bed.call(Request::AttachNetworkInterface(attach))
        .expect("it is free");
    bed.wait(10);
    eni
}

fn primary(instance: &Instance) -> &str {
    &instance.network_interfaces[0].network_interface_id
}

#[test]
fn the_subnet_says_whether_a_launch_gets_one_and_the_launch_has_the_last_word() {
    let mut bed = bed();
    let own = bed.subnet(true);
    let default = bed.running(None).subnet_id.expect("it has one");
    for (subnet, asked, has) in [
        (&default, None, true),
        (&default, Some(false), false),
        (&own, None, false),
        (&own, Some(true), true),
    ] {
        let instance = launched(&mut bed, launch(vec![asking(asked, Some(subnet))]));
        assert_eq!(
            instance.public_ip_address.is_some(),
            has,
            "{subnet} {asked:?}"
        );
    }
    let map = ModifySubnetAttribute {
        subnet_id: own.clone(),
        map_public_ip_on_launch: Some(true),
    };
    bed.call(Request::ModifySubnetAttribute(map))
        .expect("it may be set");
    let instance = launched(&mut bed, launch(vec![asking(None, Some(&own))]));
    assert!(instance.public_ip_address.is_some());
}

#[test]
fn only_one_new_interface_can_be_launched_with_one() {
    let mut bed = bed();
    let second = InstanceNetworkInterfaceSpecification {
        device_index: 1,
        ..asking(None, None)
    };
    let two = launch(vec![asking(Some(true), None), second.clone()]);
    assert_eq!(
        bed.refused(Request::RunInstances(two)),
        "InvalidParameterCombination"
    );
    let instance = launched(&mut bed, launch(vec![asking(None, None), second]));
    assert_eq!(instance.public_ip_address, None);
    let subnet = instance.subnet_id.expect("it has one");
    let eni = bed.interface(&subnet).network_interface_id;
    let existing = |asked| InstanceNetworkInterfaceSpecification {
        network_interface_id: Some(eni.clone()),
        ..asking(asked, None)
    };
    let asked = launch(vec![existing(Some(true))]);
    assert_eq!(
        bed.refused(Request::RunInstances(asked)),
        "InvalidParameterCombination"
    );
}

#[test]
fn a_start_brings_another_one() {
    let mut bed = bed();
    let instance = bed.running(None);
    let first = public_ip(&mut bed, &instance);
    restart(&mut bed, &instance);
    let second = public_ip(&mut bed, &instance);
    assert!(second.is_some());
    assert_ne!(first, second);
}

#[test]
fn an_elastic_ip_takes_its_place_and_its_end_brings_another_one() {
    let mut bed = bed();
    let instance = bed.running(None);
    let first = public_ip(&mut bed, &instance);
    let address = bed.allocate();
    let association = bed.associate(&address, primary(&instance));
    assert_eq!(public_ip(&mut bed, &instance), Some(address.public_ip));
    bed.call(disassociation(&association))
        .expect("it is associated");
    let second = public_ip(&mut bed, &instance);
    assert!(second.is_some());
    assert_ne!(first, second);
}

#[test]
fn an_elastic_ip_that_moves_away_leaves_another_one_behind() {
    let mut bed = bed();
    let (one, other) = (bed.running(None), bed.running(None));
    let address = bed.allocate();
    bed.associate(&address, primary(&one));
    bed.associate(&address, primary(&other));
    assert!(public_ip(&mut bed, &one).is_some());
    assert_eq!(public_ip(&mut bed, &other), Some(address.public_ip));
}

#[test]
fn whoever_was_launched_without_one_gets_none_later() {
    let mut bed = bed();
    let instance = launched(&mut bed, launch(vec![asking(Some(false), None)]));
    let address = bed.allocate();
    let association = bed.associate(&address, primary(&instance));
    bed.call(disassociation(&association))
        .expect("it is associated");
    assert_eq!(public_ip(&mut bed, &instance), None);
    restart(&mut bed, &instance);
    assert_eq!(public_ip(&mut bed, &instance), None);
}

#[test]
fn with_a_second_interface_none_comes_at_a_start_nor_after_an_elastic_ip() {
    let mut bed = bed();
    let instance = bed.running(None);
    let first = public_ip(&mut bed, &instance);
    attach_another(&mut bed, &instance);
    assert_eq!(
        public_ip(&mut bed, &instance),
        first,
        "it keeps what it has"
    );
    let shown = bed.instance(&instance.instance_id).expect("it is there");
    let second = &shown.network_interfaces[1].private_ip_addresses[0];
    assert_eq!(second.association, None, "the second one gets none");
    let address = bed.allocate();
    let association = bed.associate(&address, primary(&instance));
    bed.call(disassociation(&association))
        .expect("it is associated");
    assert_eq!(public_ip(&mut bed, &instance), None);
    restart(&mut bed, &instance);
    assert_eq!(public_ip(&mut bed, &instance), None);
}

#[test]
fn with_an_elastic_ip_on_a_secondary_private_ip_none_comes() {
    let mut bed = bed();
    let instance = bed.running(None);
    let eni = primary(&instance).to_owned();
    let assign = crate::api::AssignPrivateIpAddresses {
        network_interface_id: eni.clone(),
        secondary_private_ip_address_count: Some(1),
        ..crate::api::AssignPrivateIpAddresses::default()
    };
    bed.call(Request::AssignPrivateIpAddresses(assign))
        .expect("there is room");
    let shown = bed.instance(&instance.instance_id).expect("it is there");
    let secondary = &shown.network_interfaces[0].private_ip_addresses[1];
    let other = bed.allocate();
    let on_secondary = crate::api::AssociateAddress {
        allocation_id: Some(other.allocation_id),
        network_interface_id: Some(eni.clone()),
        private_ip_address: Some(secondary.private_ip_address.clone()),
        ..crate::api::AssociateAddress::default()
    };
    bed.call(Request::AssociateAddress(on_secondary))
        .expect("it is free");
    let address = bed.allocate();
    let association = bed.associate(&address, &eni);
    bed.call(disassociation(&association))
        .expect("it is associated");
    assert_eq!(public_ip(&mut bed, &instance), None);
}

//! `AssociateAddress` and `DisassociateAddress`.

use super::bed::{association, bed, disassociation, first_association, instance_association};
use crate::api::{
    AssociateAddress, InstanceNetworkInterfaceSpecification, InstanceState, Request, Response,
    RunInstances,
};
use crate::doubts::{EndedAssociation, OccupiedTarget};

#[test]
fn each_association_has_an_id_of_its_own() {
    let mut bed = bed();
    let address = bed.allocate();
    let interface = bed.public_interface();
    let first = bed.associate(&address, &interface);
    bed.call(disassociation(&first)).expect("it is associated");
    assert_ne!(bed.associate(&address, &interface), first);
}

#[test]
fn reassociation_is_automatic() {
    let mut bed = bed();
    let address = bed.allocate();
    let subnet = bed.subnet(true);
    let (here, there) = (bed.interface(&subnet), bed.interface(&subnet));
    bed.associate(&address, &here.network_interface_id);
    bed.associate(&address, &there.network_interface_id);
    let association = bed
        .address(&address.public_ip)
        .association
        .expect("it moved");
    assert_eq!(association.network_interface_id, there.network_interface_id);
}

#[test]
fn reassociation_can_be_refused() {
    let mut bed = bed();
    let address = bed.allocate();
    let subnet = bed.subnet(true);
    let (here, there) = (bed.interface(&subnet), bed.interface(&subnet));
    bed.associate(&address, &here.network_interface_id);
    let again = first_association(&address.allocation_id, &there.network_interface_id);
    assert_eq!(bed.refused(again), "Resource.AlreadyAssociated");
}

#[test]
fn associating_with_the_same_target_again_changes_nothing() {
    let mut bed = bed();
    let address = bed.allocate();
    let interface = bed.public_interface();
    let association_id = bed.associate(&address, &interface);
    let again = bed.call(first_association(&address.allocation_id, &interface));
    assert_eq!(again, Ok(Response::AssociateAddress { association_id }));
}

#[test]
fn the_address_that_is_there_already_is_bumped_off_and_stays_allocated() {
    let mut bed = bed();
    let (old, new) = (bed.allocate(), bed.allocate());
    let interface = bed.public_interface();
    bed.associate(&old, &interface);
    bed.associate(&new, &interface);
    assert_eq!(bed.address(&old.public_ip).association, None);
}

#[test]
fn two_addresses_fit_on_two_private_ips_of_one_interface() {
    let mut bed = bed();
    let (first, second) = (bed.allocate(), bed.allocate());
    let subnet = bed.subnet(true);
    let interface = bed.interface(&subnet);
    bed.associate(&first, &interface.network_interface_id);
    let secondary = &interface.private_ip_addresses[1].private_ip_address;
    bed.call(Request::AssociateAddress(AssociateAddress {
        allocation_id: Some(second.allocation_id),
        network_interface_id: Some(interface.network_interface_id),
        private_ip_address: Some(secondary.clone()),
        ..AssociateAddress::default()
    }))
    .expect("the secondary address is free");
    assert_eq!(bed.addresses(&[("association-id", "eipassoc-*")]).len(), 2);
}

#[test]
fn a_private_ip_must_be_on_the_interface() {
    let mut bed = bed();
    let address = bed.allocate();
    let request = Request::AssociateAddress(AssociateAddress {
        allocation_id: Some(address.allocation_id),
        network_interface_id: Some(bed.public_interface()),
        private_ip_address: Some("10.0.1.99".to_owned()),
        ..AssociateAddress::default()
    });
    assert_eq!(bed.refused(request), "InvalidParameterValue");
}

#[test]
fn an_instance_is_named_by_its_id_while_it_has_one_interface() {
    let mut bed = bed();
    let address = bed.allocate();
    let instance = bed.running(None);
    bed.call(instance_association(
        &address.allocation_id,
        &instance.instance_id,
    ))
    .expect("it has one interface");
    let association = bed
        .address(&address.public_ip)
        .association
        .expect("just associated");
    assert_eq!(association.instance_id, Some(instance.instance_id));
}

#[test]
fn an_instance_with_two_interfaces_is_not_named_by_its_id() {
    let mut bed = bed();
    let address = bed.allocate();
    let interfaces = [0, 1].map(|device_index| InstanceNetworkInterfaceSpecification {
        device_index,
        ..InstanceNetworkInterfaceSpecification::default()
    });
    let launch = Request::RunInstances(RunInstances {
        min_count: 1,
        max_count: 1,
        network_interfaces: interfaces.into(),
        ..RunInstances::default()
    });
    let Ok(Response::RunInstances(reservation)) = bed.call(launch) else {
        panic!("no instance");
    };
    bed.wait(60);
    let request = instance_association(
        &address.allocation_id,
        &reservation.instances[0].instance_id,
    );
    assert_eq!(bed.refused(request), "InvalidInstanceID");
}

#[test]
fn a_pending_instance_cannot_be_given_an_address() {
    let mut bed = bed();
    let address = bed.allocate();
    let instance = bed.launch(None);
    assert_eq!(instance.state, InstanceState::Pending);
    let request = instance_association(&address.allocation_id, &instance.instance_id);
    let error = bed.call(request).expect_err("it is pending");
    assert_eq!(error.code, "InvalidInstanceID");
    assert_eq!(
        error.message,
        format!(
            "The pending instance '{}' is not in a valid state for this operation.",
            instance.instance_id
        )
    );
}

#[test]
fn a_vpc_without_a_gateway_takes_no_address() {
    let mut bed = bed();
    let address = bed.allocate();
    let subnet = bed.subnet(false);
    let interface = bed.interface(&subnet).network_interface_id;
    let request = association(&address.allocation_id, &interface);
    assert_eq!(bed.refused(request), "Gateway.NotAttached");
}

#[test]
fn what_is_not_there_cannot_be_associated() {
    let mut bed = bed();
    let address = bed.allocate();
    let interface = bed.public_interface();
    let allocation = association("eipalloc-0123456789abcdef0", &interface);
    assert_eq!(bed.refused(allocation), "InvalidAllocationID.NotFound");
    let target = association(&address.allocation_id, "eni-0123456789abcdef0");
    assert_eq!(bed.refused(target), "InvalidNetworkInterfaceID.NotFound");
    let instance = instance_association(&address.allocation_id, "i-0123456789abcdef0");
    assert_eq!(bed.refused(instance), "InvalidInstanceID.NotFound");
}

#[test]
fn a_new_allocation_may_be_unknown_for_a_moment() {
    let mut bed = bed();
    bed.world.settings().allocation_usable_after = time::Duration::seconds(2);
    let address = bed.allocate();
    let interface = bed.public_interface();
    let request = association(&address.allocation_id, &interface);
    assert_eq!(bed.refused(request), "InvalidAllocationID.NotFound");
    bed.wait(2);
    bed.associate(&address, &interface);
}

#[test]
fn an_interface_that_a_service_manages_takes_no_address() {
    let mut bed = bed();
    let address = bed.allocate();
    let subnet = bed.subnet(true);
    let interface = bed
        .world
        .add_service_interface(&subnet, "interface")
        .expect("the subnet is there");
    assert_eq!(
        bed.refused(association(&address.allocation_id, &interface)),
        "AuthFailure"
    );
}

#[test]
fn an_address_that_a_service_manages_cannot_be_moved() {
    let mut bed = bed();
    let address = bed.allocate();
    bed.world
        .mark_service_managed(&address.allocation_id, "alb");
    let interface = bed.public_interface();
    assert_eq!(
        bed.refused(association(&address.allocation_id, &interface)),
        "AuthFailure"
    );
}

#[test]
fn an_association_that_is_over_is_not_found_or_no_error_and_nothing_moves() {
    for (doubt, answer) in [
        (
            EndedAssociation::NotFound,
            Some("InvalidAssociationID.NotFound"),
        ),
        (EndedAssociation::Done, None),
    ] {
        let mut bed = bed();
        bed.world.settings().doubts.ended_association = doubt;
        let address = bed.allocate();
        let interface = bed.public_interface();
        let former = bed.associate(&address, &interface);
        bed.call(disassociation(&former)).expect("it is associated");
        let current = bed.associate(&address, &interface);
        let answered = bed.call(disassociation(&former)).err();
        assert_eq!(answered.map(|error| error.code).as_deref(), answer);
        let association = bed.address(&address.public_ip).association;
        assert_eq!(association.expect("it is there").association_id, current);
    }
}

#[test]
fn a_private_ip_that_has_another_address_loses_it_or_keeps_it() {
    for doubt in [OccupiedTarget::BumpsOff, OccupiedTarget::Refuses] {
        let mut bed = bed();
        bed.world.settings().doubts.occupied_target = doubt;
        let (there, comes) = (bed.allocate(), bed.allocate());
        let interface = bed.public_interface();
        bed.associate(&there, &interface);
        let answered = bed.call(first_association(&comes.allocation_id, &interface));
        let kept = bed.address(&there.public_ip).association.is_some();
        let refusal = answered.err().map(|error| error.code);
        match doubt {
            OccupiedTarget::BumpsOff => assert_eq!((refusal, kept), (None, false)),
            OccupiedTarget::Refuses => {
                assert_eq!(refusal.as_deref(), Some("Resource.AlreadyAssociated"));
                assert!(kept);
            }
        }
        bed.call(association(&comes.allocation_id, &interface))
            .expect("reassociation is automatic unless it is refused");
    }
}

#[test]
fn an_association_id_that_never_was_is_an_error() {
    let code = bed().refused(disassociation("eipassoc-0123456789abcdef0"));
    assert_eq!(code, "InvalidAssociationID.NotFound");
}

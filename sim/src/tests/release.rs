//! ReleaseAddress and what stands in its way.

use super::bed::{bed, release};
use crate::api::{ReleaseAddress, Request};

#[test]
fn an_unknown_allocation_cannot_be_released() {
    let code = bed().refused(release("eipalloc-0123456789abcdef0"));
    assert_eq!(code, "InvalidAllocationID.NotFound");
}

#[test]
fn a_second_release_finds_nothing() {
    let mut bed = bed();
    let released = bed.released();
    assert_eq!(
        bed.refused(release(&released.allocation_id)),
        "InvalidAllocationID.NotFound"
    );
}

#[test]
fn an_associated_address_of_a_vpc_of_ones_own_cannot_be_released() {
    let mut bed = bed();
    let address = bed.allocate();
    let interface = bed.public_interface();
    bed.associate(&address, &interface);
    assert_eq!(
        bed.refused(release(&address.allocation_id)),
        "InvalidIPAddress.InUse"
    );
}

#[test]
fn in_the_default_vpc_a_release_disassociates_by_itself() {
    let mut bed = bed();
    let address = bed.allocate();
    let instance = bed.running(None);
    bed.associate(
        &address,
        &instance.network_interfaces[0].network_interface_id,
    );
    bed.release(&address);
    assert_eq!(bed.addresses(&[]), []);
}

#[test]
fn an_address_of_a_nat_gateway_cannot_be_released() {
    let mut bed = bed();
    let address = bed.allocate();
    let subnet = bed.subnet(true);
    bed.world
        .hold_by_nat_gateway(&address.allocation_id, &subnet)
        .expect("the subnet is there");
    assert_eq!(bed.refused(release(&address.allocation_id)), "AuthFailure");
}

#[test]
fn another_accounts_address_cannot_be_released() {
    let mut bed = bed();
    let address = bed.allocate();
    bed.as_account("444455556666");
    assert_eq!(bed.refused(release(&address.allocation_id)), "AuthFailure");
}

#[test]
fn an_address_that_support_locked_cannot_be_released() {
    let mut bed = bed();
    let address = bed.allocate();
    bed.world.lock_address(&address.allocation_id);
    assert_eq!(
        bed.refused(release(&address.allocation_id)),
        "InvalidAddress.Locked"
    );
}

#[test]
fn a_release_takes_an_allocation_id_and_no_ip() {
    let mut bed = bed();
    let address = bed.allocate();
    let by_ip = Request::ReleaseAddress(ReleaseAddress {
        public_ip: Some(address.public_ip),
        ..ReleaseAddress::default()
    });
    assert_eq!(bed.refused(by_ip), "InvalidParameterValue");
}

#[test]
fn a_release_in_the_wrong_border_group_finds_nothing() {
    let mut bed = bed();
    let address = bed.allocate();
    let wrong = Request::ReleaseAddress(ReleaseAddress {
        allocation_id: Some(address.allocation_id),
        network_border_group: Some("us-east-1-bos-1".to_owned()),
        ..ReleaseAddress::default()
    });
    assert_eq!(bed.refused(wrong), "InvalidAddress.NotFound");
}

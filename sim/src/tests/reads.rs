//! Filters, pages, and readers that lag behind.

use super::bed::{bed, tagged};
use crate::api::{
    DescribeAddresses, DescribeAddressesAttribute, DescribeNetworkInterfaces, Filter, Request,
    Response,
};

#[test]
fn addresses_are_found_by_each_of_their_filters() {
    let mut bed = bed();
    let address = bed.allocated(tagged(&[("holdfast:group", "web")]));
    bed.allocate();
    let interface = bed.public_interface();
    let association = bed.associate(&address, &interface);
    let private_ip = bed
        .address(&address.public_ip)
        .association
        .expect("it has one");
    let filters = [
        ("public-ip", address.public_ip.as_str()),
        ("allocation-id", address.allocation_id.as_str()),
        ("association-id", association.as_str()),
        ("network-interface-id", interface.as_str()),
        ("private-ip-address", private_ip.private_ip_address.as_str()),
        ("tag:holdfast:group", "w?b"),
        ("tag-key", "holdfast:*"),
    ];
    for filter in filters {
        let found = bed.addresses(&[filter, ("domain", "vpc")]);
        assert_eq!(found.len(), 1, "{filter:?}");
        assert_eq!(found[0].public_ip, address.public_ip, "{filter:?}");
    }
    assert_eq!(
        bed.addresses(&[("network-border-group", "us-east-1")])
            .len(),
        2
    );
}

#[test]
fn an_address_is_found_by_its_instance() {
    let mut bed = bed();
    let address = bed.allocate();
    let instance = bed.running(None);
    bed.associate(
        &address,
        &instance.network_interfaces[0].network_interface_id,
    );
    assert_eq!(
        bed.addresses(&[("instance-id", &instance.instance_id)])
            .len(),
        1
    );
}

#[test]
fn a_filter_that_ec2_does_not_know_is_refused() {
    let mut bed = bed();
    bed.allocate();
    let filters = vec![Filter {
        name: "colour".to_owned(),
        values: vec!["red".to_owned()],
    }];
    let request = DescribeAddresses {
        filters,
        ..DescribeAddresses::default()
    };
    assert_eq!(
        bed.refused(Request::DescribeAddresses(request)),
        "InvalidParameterValue"
    );
}

#[test]
fn an_address_that_is_named_must_be_there() {
    let mut bed = bed();
    let by_id = DescribeAddresses {
        allocation_ids: vec!["eipalloc-0123456789abcdef0".to_owned()],
        ..DescribeAddresses::default()
    };
    assert_eq!(
        bed.refused(Request::DescribeAddresses(by_id)),
        "InvalidAllocationID.NotFound"
    );
    let named = DescribeAddresses {
        public_ips: vec!["203.0.113.9".to_owned()],
        ..DescribeAddresses::default()
    };
    assert_eq!(
        bed.refused(Request::DescribeAddresses(named)),
        "InvalidAddress.NotFound"
    );
}

#[test]
fn one_account_does_not_see_anothers_addresses() {
    let mut bed = bed();
    bed.allocate();
    bed.as_account("444455556666");
    assert_eq!(bed.addresses(&[]), []);
}

#[test]
fn names_come_in_pages() {
    let mut bed = bed();
    for number in 0..3 {
        let address = bed.allocate();
        bed.name(&address, &format!("mail{number}.example.com"));
    }
    let mut seen = 0;
    let mut next_token = None;
    loop {
        let request = Request::DescribeAddressesAttribute(DescribeAddressesAttribute {
            attribute: Some("domain-name".to_owned()),
            max_results: Some(2),
            next_token,
            ..DescribeAddressesAttribute::default()
        });
        let Ok(Response::DescribeAddressesAttribute {
            addresses,
            next_token: next,
        }) = bed.call(request)
        else {
            panic!("no page");
        };
        seen += addresses.len();
        next_token = next;
        if next_token.is_none() {
            break;
        }
    }
    assert_eq!(seen, 3);
}

#[test]
fn a_page_of_interfaces_has_five_or_more() {
    let request = DescribeNetworkInterfaces {
        max_results: Some(4),
        ..DescribeNetworkInterfaces::default()
    };
    let code = bed().refused(Request::DescribeNetworkInterfaces(request));
    assert_eq!(code, "InvalidParameterValue");
}

#[test]
fn a_lagging_reader_sees_the_past_and_then_the_present() {
    let mut bed = bed();
    let before = bed.allocate();
    bed.world.set_read_lag(time::Duration::seconds(3));
    bed.release(&before);
    let after = bed.allocate();
    let seen = |bed: &mut super::bed::SimFixture| bed.addresses(&[])[0].public_ip.clone();
    assert_eq!(seen(&mut bed), before.public_ip);
    bed.wait(2);
    assert_eq!(seen(&mut bed), before.public_ip);
    bed.wait(1);
    assert_eq!(seen(&mut bed), after.public_ip);
}

#[test]
fn a_lagging_reader_sees_states_that_change_by_themselves_late_too() {
    let mut bed = bed();
    let id = bed.launch(None).instance_id;
    bed.world.set_read_lag(time::Duration::seconds(5));
    bed.wait(24);
    assert_eq!(
        bed.instance(&id).expect("it is known").state.name(),
        "pending"
    );
    bed.wait(1);
    assert_eq!(
        bed.instance(&id).expect("it is known").state.name(),
        "running"
    );
}

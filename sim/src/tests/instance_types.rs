//! What instance types can hold.

use super::bed::{SimFixture, bed};
use crate::api::{DescribeInstanceTypes, InstanceType, Request, Response};

fn described(bed: &mut SimFixture, kinds: &[&str], page: Option<i32>) -> Vec<InstanceType> {
    let request = DescribeInstanceTypes {
        instance_types: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
        max_results: page,
        ..DescribeInstanceTypes::default()
    };
    match bed.call(Request::DescribeInstanceTypes(request)) {
        Ok(Response::DescribeInstanceTypes { instance_types, .. }) => instance_types,
        other => panic!("no types: {other:?}"),
    }
}

#[test]
fn a_type_says_how_many_interfaces_and_addresses_it_takes() {
    let mut bed = bed();
    let found = described(&mut bed, &["t3.micro", "p4d.24xlarge"], None);
    let limits: Vec<_> = found
        .iter()
        .map(|it| {
            (
                it.maximum_network_interfaces,
                it.ipv4_addresses_per_interface,
            )
        })
        .collect();
    assert_eq!(limits, [(60, 50), (2, 2)]);
    assert_eq!(found[0].network_cards, [15, 15, 15, 15]);
}

#[test]
fn all_types_come_page_by_page() {
    let mut bed = bed();
    assert_eq!(described(&mut bed, &[], Some(5)).len(), 5);
    assert!(described(&mut bed, &[], None).len() > 30);
}

#[test]
fn an_unknown_type_is_refused() {
    let mut bed = bed();
    let request = DescribeInstanceTypes {
        instance_types: vec!["t3.gigantic".to_owned()],
        ..DescribeInstanceTypes::default()
    };
    let code = bed.refused(Request::DescribeInstanceTypes(request));
    assert_eq!(code, "InvalidInstanceType");
}

//! The stable name of an address.

use super::super::public_dns_name;
use super::ip;

#[test]
fn the_name_of_the_first_region_is_of_an_older_form() {
    let name = public_dns_name(ip(7), "us-east-1");
    assert_eq!(name, "ec2-203-0-113-7.compute-1.amazonaws.com");
}

#[test]
fn elsewhere_the_name_carries_the_region() {
    let name = public_dns_name(ip(7), "eu-west-1");
    assert_eq!(name, "ec2-203-0-113-7.eu-west-1.compute.amazonaws.com");
}

#[test]
fn in_china_the_domain_is_another() {
    let name = public_dns_name(ip(7), "cn-north-1");
    assert_eq!(name, "ec2-203-0-113-7.cn-north-1.compute.amazonaws.com.cn");
}

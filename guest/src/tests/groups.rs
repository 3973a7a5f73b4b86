//! Which interfaces and addresses of a group a guest has to know.

use super::{Ec2, ec2, eni, floating};
use serde_json::json;

fn links(ec2: &Ec2) -> Vec<(String, Vec<String>)> {
    let group = ec2.group();
    let of = |link: &crate::group::Link| {
        let ips = link.ips.iter().map(ToString::to_string).collect();
        (link.eni.clone(), ips)
    };
    group.links.iter().map(of).collect()
}

fn link(eni: &str, ips: &[&str]) -> (String, Vec<String>) {
    (
        eni.to_owned(),
        ips.iter().map(|ip| (*ip).to_owned()).collect(),
    )
}

#[test]
fn a_floating_interface_is_a_link_with_all_its_addresses_the_primary_one_first() {
    let floating = floating()
        .ips(&["10.42.0.101", "10.42.0.100"])
        .ipv6(&["2001:db8:42:1::7", "2001:db8:42:1::6"]);
    let expected = [
        "10.42.0.101",
        "10.42.0.100",
        "2001:db8:42:1::6",
        "2001:db8:42:1::7",
    ];
    assert_eq!(
        links(&ec2().interface(floating)),
        [link("eni-9", &expected)]
    );
}

#[test]
fn an_interface_floats_for_the_kit_when_it_floats_for_the_functions() {
    let attached = || floating().on("i-1", 1);
    assert_eq!(ec2().interface(attached()).group().links.len(), 1);
    let other = ec2().interface(attached()).interface(
        floating()
            .tag("group", "mail")
            .with("NetworkInterfaceId", json!("eni-8")),
    );
    assert_eq!(links(&other), [link("eni-9", &["10.42.0.100"])]);
    let service = attached().with("RequesterManaged", json!(true));
    assert!(ec2().interface(service).read("web").is_err());
    assert!(
        ec2()
            .interface(attached().tag("mover", "eip"))
            .read("web")
            .is_err()
    );
}

/// In a large account there is always something odd.
#[test]
fn what_is_odd_in_another_group_does_not_matter() {
    let odd = eni("eni-7?")
        .tag("group", "mail")
        .with("MacAddress", json!("none"));
    assert_eq!(
        ec2()
            .interface(odd)
            .interface(floating())
            .group()
            .links
            .len(),
        1
    );
}

#[test]
fn the_order_of_the_answers_changes_nothing() {
    let more = floating()
        .with("NetworkInterfaceId", json!("eni-8"))
        .subnet("subnet-1")
        .ips(&["10.42.0.20"]);
    let answers = ec2().interface(floating()).interface(more);
    assert_eq!(answers.group(), answers.clone().backwards().group());
}

#[test]
fn private_ips_that_come_to_the_primary_interface_go_on_the_loopback_interface_of_everybody() {
    let holder = eni("eni-3")
        .on("i-3", 0)
        .ips(&["10.42.0.12", "10.42.0.50"])
        .tag("group", "web")
        .tag("mover", "ip");
    let group = ec2().instance("i-3").interface(holder).group();
    assert_eq!(
        group.local,
        ["10.42.0.50".parse::<std::net::IpAddr>().unwrap()]
    );
    assert!(group.links.is_empty());
    assert!(
        group
            .notes
            .iter()
            .any(|note| note.contains("talks to itself")),
        "{:?}",
        group.notes
    );
}

/// Each member has its own second interface in that subnet: the address comes to one of them.
#[test]
fn private_ips_that_come_to_a_second_interface_have_its_table_on_every_member() {
    let second = |id: &str, on: &str, ips: &[&str]| eni(id).subnet("subnet-2").on(on, 1).ips(ips);
    let holder = second("eni-5", "i-1", &["10.42.0.70", "10.42.0.90"])
        .tag("group", "web")
        .tag("mover", "ip");
    let answers = ec2()
        .interface(holder)
        .interface(second("eni-6", "i-2", &["10.42.0.71"]));
    let expected = [
        link("eni-5", &["10.42.0.70", "10.42.0.90"]),
        link("eni-6", &["10.42.0.71", "10.42.0.90"]),
    ];
    assert_eq!(links(&answers), expected);
    assert!(answers.group().links.iter().all(|link| !link.floats));
    assert!(answers.group().local.is_empty());
}

#[test]
fn an_elastic_ip_that_moves_by_its_private_ip_brings_that_to_every_member() {
    let first = eni("eni-3").on("i-3", 0).ips(&["10.42.0.12", "10.42.0.50"]);
    let answers = ec2().instance("i-3").interface(first);
    let local = |ip: &str| {
        answers
            .clone()
            .elastic_ip_by_ip("eni-3", ip)
            .read("web")
            .map(|group| group.local)
    };
    assert_eq!(
        local("10.42.0.50").unwrap(),
        ["10.42.0.50".parse::<std::net::IpAddr>().unwrap()]
    );
    assert!(
        local("10.42.0.12").is_err(),
        "the primary private IP of an interface stays"
    );
}

#[test]
fn a_member_to_which_no_private_ip_can_move_is_named() {
    let elsewhere = eni("eni-3")
        .subnet("subnet-2")
        .on("i-3", 0)
        .ips(&["10.42.0.70"]);
    let holder = eni("eni-4")
        .on("i-1", 1)
        .ips(&["10.42.0.40", "10.42.0.50"])
        .tag("group", "web")
        .tag("mover", "ip");
    let group = ec2()
        .instance("i-3")
        .interface(elsewhere)
        .interface(holder)
        .group();
    assert!(
        group
            .notes
            .iter()
            .any(|note| note.starts_with("i-3 has no interface in subnet subnet-1")),
        "{:?}",
        group.notes
    );
}

#[test]
fn what_needs_a_look_is_noted() {
    let unchecked = floating().with("SourceDestCheck", json!(false));
    let with_prefix = unchecked.with("Ipv4Prefixes", json!([{ "Ipv4Prefix": "10.42.0.112/28" }]));
    let notes = ec2().interface(with_prefix).group().notes.join("\n");
    assert!(
        notes.contains("eni-9 has its source/destination check off"),
        "{notes}"
    );
    assert!(
        notes.contains("eni-9: replies from its prefixes leave through it"),
        "{notes}"
    );
}

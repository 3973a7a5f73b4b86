//! What is said where no kit can be made.

use super::{Ec2, ec2, eni, floating};
use crate::For;
use serde_json::json;

fn error(ec2: &Ec2, group: &str) -> String {
    ec2.read(group).unwrap_err().to_string()
}

#[test]
fn an_unknown_group_is_named_with_those_that_there_are() {
    let said = error(&ec2().interface(floating()), "wbe");
    assert!(
        said.contains("holdfast:group = wbe") && said.contains("The groups here are: web."),
        "{said}"
    );
    let nothing = ec2().without("Instances").without("NetworkInterfaces");
    assert!(error(&nothing, "web").contains("No group is there at all"));
}

#[test]
fn a_name_that_no_script_can_carry_is_refused_and_any_other_is_taken() {
    for name in ["", " web", "we\nb", "{{ web }}"] {
        assert!(
            error(&ec2().interface(floating()), name).starts_with("GROUP="),
            "{name:?}"
        );
    }
    let other = eni("eni-8")
        .ips(&["10.42.0.20"])
        .tag("group", "prod/web $(1)'s");
    let group = ec2().interface(other).read("prod/web $(1)'s").unwrap();
    assert_eq!(group.links.len(), 1);
}

#[test]
fn a_group_in_which_nothing_floats_says_why() {
    assert!(error(&ec2(), "web").contains("Tag the interface that is to move"));
    let primary = eni("eni-3")
        .on("i-1", 0)
        .ips(&["10.42.0.12"])
        .tag("group", "web");
    assert!(
        error(&ec2().interface(primary), "web")
            .contains("eni-3 is the primary interface of its instance")
    );
    let eip = eni("eni-3")
        .on("i-1", 1)
        .ips(&["10.42.0.12", "10.42.0.13"])
        .tag("group", "web")
        .tag("mover", "eip");
    assert!(error(&ec2().interface(eip), "web").contains("eni-3 moves Elastic IPs alone"));
    let service = floating().with("RequesterManaged", json!(true));
    assert!(error(&ec2().interface(service), "web").contains("eni-9 is an AWS service's"));
}

#[test]
fn what_ec2_leaves_out_is_named() {
    let without = |key: &str| error(&ec2().interface(floating().with(key, json!(null))), "web");
    assert!(without("MacAddress").contains("no hardware address of eni-9"));
    assert!(without("SubnetId").contains("no subnet of eni-9"));
    assert!(
        error(&ec2().interface(floating()).without("Subnets"), "web")
            .contains("no range of subnet-2")
    );
    assert!(error(&ec2().interface(floating().ips(&[])), "web").contains("no address of eni-9"));
}

#[test]
fn what_cannot_be_so_is_named() {
    let with = |key: &str, value| error(&ec2().interface(floating().with(key, value)), "web");
    assert!(with("MacAddress", json!("02:00:00:00:00")).contains("a hardware address"));
    assert!(with("MacAddress", json!("02:00:00:00:00:0g")).contains("a hardware address"));
    assert!(with("NetworkInterfaceId", json!("eni-1;x")).contains("the id of an interface"));
    assert!(
        with("Ipv4Prefixes", json!([{ "Ipv4Prefix": "10.42.0.1/28" }]))
            .contains("a range of addresses")
    );
    let outside = ec2().interface(floating().ips(&["10.43.0.1"]));
    assert!(error(&outside, "web").contains("10.43.0.1 on eni-9 is in no range of its subnet"));
}

#[test]
fn an_unknown_for_is_named_with_those_that_there_are() {
    let said = "netplan".parse::<For>().unwrap_err().to_string();
    assert_eq!(
        said,
        "FOR=netplan is unknown. It is one of: networkd, networkmanager, cloud-init, ssm."
    );
    assert_eq!(
        "NetworkManager".parse::<For>().unwrap(),
        For::NetworkManager
    );
}

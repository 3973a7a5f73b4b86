//! What instances, interfaces and subnets show, and what can be set on them, as it goes over the wire.

use super::{text, wire};

#[test]
fn the_same_client_token_makes_no_second_route_table() {
    let mut wire = wire();
    let vpc = text(&wire.told("DescribeVpcs", &[]), "vpcId");
    let form = [("VpcId", vpc.as_str()), ("ClientToken", "once")];
    let first = text(&wire.told("CreateRouteTable", &form), "routeTableId");
    assert_eq!(
        text(&wire.told("CreateRouteTable", &form), "routeTableId"),
        first
    );
}

#[test]
fn an_instance_shows_what_clients_read_and_why_it_leaves() {
    let mut wire = wire();
    let id = wire.instance();
    let of_it = [("InstanceId.1", id.as_str())];
    let running = wire.told("DescribeInstances", &of_it);
    for part in [
        "<architecture>x86_64</architecture>",
        "<monitoring><state>disabled</state></monitoring>",
        "<tenancy>default</tenancy>",
        "<reason></reason>",
        "<amiLaunchIndex>0</amiLaunchIndex>",
        "<rootDeviceName>/dev/xvda</rootDeviceName>",
        "<sourceDestCheck>true</sourceDestCheck>",
        "<dnsName>ec2-198-19-",
    ] {
        assert!(running.contains(part), "{part}: {running}");
    }
    assert!(!running.contains("stateReason"), "{running}");
    wire.told("StopInstances", &of_it);
    let stopping = wire.told("DescribeInstances", &of_it);
    assert!(stopping.contains("<reason>User initiated ("), "{stopping}");
    assert!(stopping.contains("<code>Client.UserInitiatedShutdown</code>"));
}

#[test]
fn the_description_of_an_interface_is_set_by_itself() {
    let mut wire = wire();
    let subnet = wire.subnet();
    let made = wire.told("CreateNetworkInterface", &[("SubnetId", &subnet)]);
    let eni = text(&made, "networkInterfaceId");
    let form = [
        ("NetworkInterfaceId", eni.as_str()),
        ("Description.Value", "for partners"),
    ];
    wire.told("ModifyNetworkInterfaceAttribute", &form);
    let shown = wire.told("DescribeNetworkInterfaces", &[]);
    assert!(
        shown.contains("<description>for partners</description>"),
        "{shown}"
    );
    let two = [form[0], form[1], ("SourceDestCheck.Value", "false")];
    assert_eq!(
        wire.refused("ModifyNetworkInterfaceAttribute", &two),
        "InvalidParameterCombination"
    );
}

#[test]
fn a_subnet_says_whether_its_launches_get_a_public_ip() {
    let mut wire = wire();
    let subnet = wire.subnet();
    let form = [
        ("SubnetId", subnet.as_str()),
        ("MapPublicIpOnLaunch.Value", "false"),
    ];
    wire.told("ModifySubnetAttribute", &form);
    let shown = wire.told("DescribeSubnets", &[("SubnetId.1", &subnet)]);
    assert_eq!(text(&shown, "mapPublicIpOnLaunch"), "false");
    assert_eq!(
        wire.refused("ModifySubnetAttribute", &form[..1]),
        "MissingParameter"
    );
}

//! EC2's answers as they go over the wire: what is in the XML, and what is refused of a form.

mod attributes;

use super::call;
use crate::World;
use crate::api::Caller;

/// A world and a person, with short words for the calls.
struct Wire {
    world: World,
    person: Caller,
}

fn wire() -> Wire {
    Wire {
        world: World::new(),
        person: Caller::user("111122223333", "ada"),
    }
}

impl Wire {
    /// The answer's XML, or the code of the refusal.
    fn ask(&mut self, action: &str, form: &[(&str, &str)]) -> Result<String, String> {
        let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let form = form.iter().map(pair).collect();
        let reply = call(&mut self.world, &self.person, action, form, "number");
        let body = String::from_utf8(reply.body.to_vec()).expect("XML is text");
        reply.refused.map_or(Ok(body), Err)
    }

    fn told(&mut self, action: &str, form: &[(&str, &str)]) -> String {
        self.ask(action, form).expect("it is answered")
    }

    fn refused(&mut self, action: &str, form: &[(&str, &str)]) -> String {
        self.ask(action, form).expect_err("it is refused")
    }

    /// One instance of the default VPC; its id.
    fn instance(&mut self) -> String {
        let launched = self.told("RunInstances", &[("MinCount", "1"), ("MaxCount", "1")]);
        self.world.advance(time::Duration::minutes(1));
        text(&launched, "instanceId")
    }

    fn subnet(&mut self) -> String {
        text(&self.told("DescribeSubnets", &[]), "subnetId")
    }
}

/// The first text of this name.
fn text(xml: &str, name: &str) -> String {
    let after = xml.split(&format!("<{name}>")).nth(1).unwrap_or_default();
    after.split('<').next().unwrap_or_default().to_owned()
}

#[test]
fn an_interface_without_tags_and_ipv6_shows_that_it_has_none() {
    let mut wire = wire();
    let subnet = wire.subnet();
    let created = wire.told("CreateNetworkInterface", &[("SubnetId", &subnet)]);
    let described = wire.told("DescribeNetworkInterfaces", &[]);
    for xml in [created, described] {
        assert!(xml.contains("<tagSet></tagSet>"), "{xml}");
        assert!(
            xml.contains("<ipv6AddressesSet></ipv6AddressesSet>"),
            "{xml}"
        );
        assert_eq!(text(&xml, "privateDnsName"), "ip-172-31-0-4.ec2.internal");
        assert_eq!(text(&xml, "requesterId"), "111122223333");
    }
}

#[test]
fn an_instance_shows_nothing_of_its_interfaces_that_its_own_shape_lacks() {
    let mut wire = wire();
    wire.instance();
    let xml = wire.told("DescribeInstances", &[]);
    let interfaces = xml
        .split("<networkInterfaceSet>")
        .nth(1)
        .expect("it has one");
    for absent in [
        "tagSet",
        "availabilityZone",
        "requesterManaged",
        "requesterId",
    ] {
        assert!(!interfaces.contains(&format!("<{absent}>")), "{absent}");
    }
}

#[test]
fn a_vpc_and_its_default_group_are_read() {
    let mut wire = wire();
    let vpcs = wire.told(
        "DescribeVpcs",
        &[("Filter.1.Name", "isDefault"), ("Filter.1.Value.1", "true")],
    );
    assert_eq!(text(&vpcs, "state"), "available");
    let vpc = text(&vpcs, "vpcId");
    let filter = [
        ("Filter.1.Name", "vpc-id"),
        ("Filter.1.Value.1", vpc.as_str()),
    ];
    let groups = wire.told("DescribeSecurityGroups", &filter);
    assert_eq!(text(&groups, "groupName"), "default");
    assert_eq!(text(&groups, "vpcId"), vpc);
    assert_eq!(
        wire.refused("DescribeVpcs", &[("VpcId.1", "vpc-0123456789abcdef0")]),
        "InvalidVpcID.NotFound"
    );
}

#[test]
fn only_the_default_vpc_has_names_until_somebody_asks_for_them() {
    let mut wire = wire();
    let made = wire.told("CreateVpc", &[("CidrBlock", "10.9.0.0/16")]);
    let vpc = text(&made, "vpcId");
    let hostnames = [("VpcId", vpc.as_str()), ("Attribute", "enableDnsHostnames")];
    let names = |wire: &mut Wire| text(&wire.told("DescribeVpcAttribute", &hostnames), "value");
    assert_eq!(names(&mut wire), "false");
    let on = [
        ("VpcId", vpc.as_str()),
        ("EnableDnsHostnames.Value", "true"),
    ];
    wire.told("ModifyVpcAttribute", &on);
    assert_eq!(names(&mut wire), "true");
    let both = [on[0], on[1], ("EnableDnsSupport.Value", "true")];
    assert_eq!(
        wire.refused("ModifyVpcAttribute", &both),
        "InvalidParameterCombination"
    );
}

#[test]
fn a_security_group_is_made_shown_by_name_and_deleted() {
    let mut wire = wire();
    let form = [
        ("GroupName", "closed"),
        ("GroupDescription", "lets nothing in"),
    ];
    let group = text(&wire.told("CreateSecurityGroup", &form), "groupId");
    assert_eq!(
        wire.refused("CreateSecurityGroup", &form),
        "InvalidGroup.Duplicate"
    );
    let subnet = wire.subnet();
    let within = [
        ("SubnetId", subnet.as_str()),
        ("SecurityGroupId.1", group.as_str()),
    ];
    let interface = wire.told("CreateNetworkInterface", &within);
    assert_eq!(text(&interface, "groupName"), "closed");
    let id = [("GroupId", group.as_str())];
    assert_eq!(
        wire.refused("DeleteSecurityGroup", &id),
        "DependencyViolation"
    );
    let interface = text(&interface, "networkInterfaceId");
    wire.told(
        "DeleteNetworkInterface",
        &[("NetworkInterfaceId", &interface)],
    );
    wire.told("DeleteSecurityGroup", &id);
    let id = [("GroupId.1", group.as_str())];
    assert_eq!(
        wire.refused("DescribeSecurityGroups", &id),
        "InvalidGroup.NotFound"
    );
}

#[test]
fn an_attribute_of_an_instance_is_read_as_it_was_set() {
    let mut wire = wire();
    let id = wire.instance();
    let read = [
        ("InstanceId", id.as_str()),
        ("Attribute", "disableApiTermination"),
    ];
    let before = wire.told("DescribeInstanceAttribute", &read);
    assert_eq!(text(&before, "value"), "false");
    let own = [
        ("InstanceId", id.as_str()),
        ("DisableApiTermination.Value", "true"),
    ];
    wire.told("ModifyInstanceAttribute", &own);
    let after = wire.told("DescribeInstanceAttribute", &read);
    assert!(
        after.contains("<disableApiTermination><value>true</value>"),
        "{after}"
    );
    let end = [("InstanceId.1", id.as_str())];
    assert_eq!(
        wire.refused("TerminateInstances", &end),
        "OperationNotPermitted"
    );
    let named = [read[0], read[1], ("Value", "false")];
    wire.told("ModifyInstanceAttribute", &named);
    wire.told("TerminateInstances", &end);
}

#[test]
fn an_attribute_of_the_only_interface_is_the_instances_too() {
    let mut wire = wire();
    let id = wire.instance();
    wire.told(
        "ModifyInstanceAttribute",
        &[("InstanceId", &id), ("SourceDestCheck.Value", "false")],
    );
    let interfaces = wire.told("DescribeNetworkInterfaces", &[]);
    assert_eq!(text(&interfaces, "sourceDestCheck"), "false");
    let read = [("InstanceId", id.as_str()), ("Attribute", "groupSet")];
    assert_eq!(
        text(&wire.told("DescribeInstanceAttribute", &read), "groupName"),
        "default"
    );
    let nothing = [("InstanceId", id.as_str())];
    assert_eq!(
        wire.refused("ModifyInstanceAttribute", &nothing),
        "MissingParameter"
    );
    let unknown = [("InstanceId", id.as_str()), ("Attribute", "colour")];
    assert_eq!(
        wire.refused("DescribeInstanceAttribute", &unknown),
        "InvalidParameterValue"
    );
}

#[test]
fn tags_of_route_tables_and_groups_are_read_too() {
    let mut wire = wire();
    let table = text(&wire.told("DescribeRouteTables", &[]), "routeTableId");
    let group = text(&wire.told("DescribeSecurityGroups", &[]), "groupId");
    for id in [&table, &group] {
        wire.told(
            "CreateTags",
            &[
                ("ResourceId.1", id),
                ("Tag.1.Key", "team"),
                ("Tag.1.Value", "edge"),
            ],
        );
    }
    let tags = wire.told("DescribeTags", &[]);
    for kind in ["route-table", "security-group"] {
        assert!(
            tags.contains(&format!("<resourceType>{kind}</resourceType>")),
            "{tags}"
        );
    }
}

#[test]
fn a_misspelt_parameter_is_refused_by_name_and_nothing_is_done() {
    let mut wire = wire();
    let misspelt = [("Adress", "203.0.113.9")];
    assert_eq!(
        wire.refused("AllocateAddress", &misspelt),
        "UnknownParameter"
    );
    assert!(!wire.told("DescribeAddresses", &[]).contains("publicIp"));
    let within = [("Filter.1.Name", "domain"), ("Filter.1.Values.1", "vpc")];
    assert_eq!(
        wire.refused("DescribeAddresses", &within),
        "UnknownParameter"
    );
    let launch = [("MinCount", "1"), ("MaxCount", "1"), ("KeyName", "ada")];
    wire.told("RunInstances", &launch);
}

#[test]
fn a_misspelt_filter_is_refused_where_there_is_nothing_to_filter() {
    let mut wire = wire();
    for action in [
        "DescribeAddresses",
        "DescribeInstances",
        "DescribeInstanceStatus",
        "DescribeNetworkInterfaces",
        "DescribeSecurityGroups",
        "DescribeSpotInstanceRequests",
        "DescribeSubnets",
        "DescribeRouteTables",
        "DescribeTags",
        "DescribeVpcs",
        "DescribeInstanceTypes",
    ] {
        let filter = [("Filter.1.Name", "misspelt"), ("Filter.1.Value.1", "any")];
        assert_eq!(
            wire.refused(action, &filter),
            "InvalidParameterValue",
            "{action}"
        );
    }
}

#[test]
fn a_call_takes_two_hundred_values_of_filters() {
    let mut wire = wire();
    let names: Vec<String> = (1..=201)
        .map(|number| format!("Filter.1.Value.{number}"))
        .collect();
    let mut form = vec![("Filter.1.Name", "public-ip")];
    form.extend(names.iter().map(|name| (name.as_str(), "203.0.113.9")));
    assert_eq!(
        wire.refused("DescribeAddresses", &form),
        "FilterLimitExceeded"
    );
    form.pop();
    wire.told("DescribeAddresses", &form);
}

#[test]
fn the_same_client_token_makes_no_second_interface() {
    let mut wire = wire();
    let subnet = wire.subnet();
    let form = [("SubnetId", subnet.as_str()), ("ClientToken", "once")];
    let first = text(
        &wire.told("CreateNetworkInterface", &form),
        "networkInterfaceId",
    );
    let again = text(
        &wire.told("CreateNetworkInterface", &form),
        "networkInterfaceId",
    );
    assert_eq!(first, again);
    let other = [form[0], form[1], ("Description", "another")];
    assert_eq!(
        wire.refused("CreateNetworkInterface", &other),
        "IdempotentParameterMismatch"
    );
}

#[test]
fn a_malformed_id_is_told_from_one_that_is_not_there() {
    let mut wire = wire();
    for (action, name, good, code) in [
        (
            "StopInstances",
            "InstanceId.1",
            "i-0123456789abcdef0",
            "InvalidInstanceID",
        ),
        (
            "DeleteNetworkInterface",
            "NetworkInterfaceId",
            "eni-0123456789abcdef0",
            "InvalidNetworkInterfaceI",
        ),
    ] {
        let malformed = wire.refused(action, &[(name, "any-thing")]);
        assert!(malformed.ends_with(".Malformed"), "{malformed}");
        let unknown = wire.refused(action, &[(name, good)]);
        assert!(
            unknown.starts_with(code) && unknown.ends_with(".NotFound"),
            "{unknown}"
        );
    }
    let malformed = wire.refused("DetachNetworkInterface", &[("AttachmentId", "eni-0123")]);
    assert_eq!(malformed, "InvalidNetworkInterfaceAttachmentId.Malformed");
}

#[test]
fn pages_are_no_larger_than_the_action_has_them_and_not_of_ids() {
    let mut wire = wire();
    let id = wire.instance();
    let types = |number| [("MaxResults", number)];
    wire.told("DescribeInstanceTypes", &types("100"));
    assert_eq!(
        wire.refused("DescribeInstanceTypes", &types("101")),
        "InvalidParameterValue"
    );
    let both = [("InstanceId.1", id.as_str()), ("MaxResults", "5")];
    assert_eq!(
        wire.refused("DescribeInstanceStatus", &both),
        "InvalidParameterCombination"
    );
}

#[test]
fn the_first_four_addresses_of_a_subnet_and_the_last_are_nobodys() {
    let mut wire = wire();
    let subnet = wire.subnet();
    for (ip, is_had) in [
        ("172.31.0.3", false),
        ("172.31.15.255", false),
        ("172.31.0.9", true),
    ] {
        let form = [("SubnetId", subnet.as_str()), ("PrivateIpAddress", ip)];
        assert_eq!(
            wire.ask("CreateNetworkInterface", &form).is_ok(),
            is_had,
            "{ip}"
        );
    }
}

/// `tools/models/dry_run.py` asks for each action of EC2's model.
#[test]
fn a_dry_run_is_unknown_where_an_action_has_none_before_anything_else_is_missed() {
    let mut wire = wire();
    let dry = [("DryRun", "true")];
    for action in ["AssignPrivateIpAddresses", "ModifyVpcAttribute"] {
        assert_eq!(wire.refused(action, &dry), "UnknownParameter");
        assert_eq!(wire.refused(action, &[]), "MissingParameter");
    }
    assert_eq!(wire.refused("DescribeVpcs", &dry), "DryRunOperation");
}

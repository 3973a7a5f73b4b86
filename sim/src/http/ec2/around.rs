//! What clients read around an address (VPCs, security groups, attributes of instances): from a form's parameters to the
//! requests, and from the answers to EC2's XML.

use super::network::groups;
use super::query::Parameters;
use super::reply::tags;
use super::request::{Read, filters, tag_specifications};
use super::xml::Element;
use crate::api::{
    CreateSecurityGroup, DeleteSecurityGroup, DescribeInstanceAttribute, DescribeSecurityGroups,
    DescribeVpcAttribute, DescribeVpcs, InstanceAttribute, ModifyInstanceAttribute,
    ModifyVpcAttribute, Request, SecurityGroup, Vpc,
};

/// Reads the parameters of one action.
///
/// # Errors
/// `MissingParameter` and `InvalidParameterValue`.
pub(super) fn read(action: &str, form: &Parameters) -> Read {
    Ok(match action {
        "CreateSecurityGroup" => Request::CreateSecurityGroup(CreateSecurityGroup {
            group_name: form.required("GroupName")?,
            description: form.required("GroupDescription")?,
            vpc_id: form.text("VpcId"),
            tag_specifications: tag_specifications(form),
        }),
        "DeleteSecurityGroup" => Request::DeleteSecurityGroup(DeleteSecurityGroup {
            group_id: form.required("GroupId")?,
        }),
        "DescribeSecurityGroups" => Request::DescribeSecurityGroups(DescribeSecurityGroups {
            group_ids: form.list("GroupId"),
            group_names: form.list("GroupName"),
            filters: filters(form),
            max_results: form.integer("MaxResults")?,
            next_token: form.text("NextToken"),
        }),
        "DescribeInstanceAttribute" => {
            Request::DescribeInstanceAttribute(DescribeInstanceAttribute {
                instance_id: form.required("InstanceId")?,
                attribute: form.required("Attribute")?,
            })
        }
        "DescribeVpcAttribute" => Request::DescribeVpcAttribute(DescribeVpcAttribute {
            vpc_id: form.required("VpcId")?,
            attribute: form.required("Attribute")?,
        }),
        "ModifyVpcAttribute" => Request::ModifyVpcAttribute(ModifyVpcAttribute {
            vpc_id: form.required("VpcId")?,
            enable_dns_hostnames: form.member("EnableDnsHostnames").boolean("Value")?,
            enable_dns_support: form.member("EnableDnsSupport").boolean("Value")?,
        }),
        "ModifyInstanceAttribute" => return modify_instance_attribute(form),
        _ => Request::DescribeVpcs(DescribeVpcs {
            vpc_ids: form.list("VpcId"),
            filters: filters(form),
            max_results: form.integer("MaxResults")?,
            next_token: form.text("NextToken"),
        }),
    })
}

/// An attribute stands under its own name, or is named in `Attribute`, with its value in `Value`.
fn modify_instance_attribute(form: &Parameters) -> Read {
    let attribute = form.text("Attribute");
    let named: Parameters = attribute
        .zip(form.text("Value"))
        .map(|(name, value)| (format!("{}.Value", upper_first(&name)), value))
        .into_iter()
        .collect();
    let text = |name: &str| {
        let own = form.member(name).text("Value");
        own.or_else(|| named.member(name).text("Value"))
    };
    let flag = |name: &str| match form.member(name).boolean("Value")? {
        Some(own) => Ok(Some(own)),
        None => named.member(name).boolean("Value"),
    };
    Ok(Request::ModifyInstanceAttribute(ModifyInstanceAttribute {
        instance_id: form.required("InstanceId")?,
        disable_api_stop: flag("DisableApiStop")?,
        disable_api_termination: flag("DisableApiTermination")?,
        source_dest_check: flag("SourceDestCheck")?,
        instance_type: text("InstanceType"),
        instance_initiated_shutdown_behavior: text("InstanceInitiatedShutdownBehavior"),
        groups: form.list("GroupId"),
    }))
}

fn upper_first(name: &str) -> String {
    let mut characters = name.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(characters).collect()
}

pub(super) fn attribute(
    answer: Element,
    (id, name): (&str, &str),
    value: &InstanceAttribute,
) -> Element {
    let answer = answer.text("instanceId", id);
    match value {
        InstanceAttribute::Value(value) => {
            answer.child(Element::new(name).maybe("value", value.as_ref()))
        }
        InstanceAttribute::Groups(named) => {
            let (ids, titles): (Vec<String>, Vec<String>) = named.iter().cloned().unzip();
            answer.child(groups(&ids, &titles))
        }
        InstanceAttribute::Nothing => answer.list(name, []),
    }
}

/// What every group lets out until somebody changes it. Rules are not modelled, and nobody can change them here.
fn everything_out() -> Element {
    let everywhere = Element::item().text("cidrIp", "0.0.0.0/0");
    Element::item()
        .text("ipProtocol", "-1")
        .list("groups", [])
        .list("ipRanges", [everywhere])
        .list("ipv6Ranges", [])
        .list("prefixListIds", [])
}

pub(super) fn security_group(described: &SecurityGroup) -> Element {
    Element::item()
        .text("ownerId", &described.owner_id)
        .text("groupId", &described.group_id)
        .text("groupName", &described.group_name)
        .text("groupDescription", &described.description)
        .text("vpcId", &described.vpc_id)
        .text("securityGroupArn", &described.security_group_arn)
        .list("ipPermissions", [])
        .list("ipPermissionsEgress", [everything_out()])
        .maybe_child(tags(&described.tags))
}

pub(super) fn vpc(element: Element, described: &Vpc) -> Element {
    let block = Element::item()
        .text("cidrBlock", &described.cidr_block)
        .text(
            "associationId",
            &described.vpc_id.replacen("vpc-", "vpc-cidr-assoc-", 1),
        )
        .child(Element::new("cidrBlockState").text("state", "associated"));
    element
        .text("vpcId", &described.vpc_id)
        .text("ownerId", &described.owner_id)
        .text("state", &described.state)
        .text("cidrBlock", &described.cidr_block)
        .list("cidrBlockAssociationSet", [block])
        .text(
            "dhcpOptionsId",
            &described.vpc_id.replacen("vpc-", "dopt-", 1),
        )
        .text("instanceTenancy", "default")
        .text("isDefault", &described.is_default)
        .maybe_child(tags(&described.tags))
}

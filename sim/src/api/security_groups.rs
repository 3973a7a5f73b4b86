//! VPCs and security groups as clients read them around an address: requests and answers.

use super::{Filter, Tag, TagSpecification};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DescribeVpcs {
    pub vpc_ids: Vec<String>,
    pub filters: Vec<Filter>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DescribeVpcAttribute {
    pub vpc_id: String,
    /// `enableDnsHostnames`, `enableDnsSupport`, ...
    pub attribute: String,
}

/// One attribute in a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModifyVpcAttribute {
    pub vpc_id: String,
    pub enable_dns_hostnames: Option<bool>,
    pub enable_dns_support: Option<bool>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CreateSecurityGroup {
    pub group_name: String,
    pub description: String,
    /// Absent: the default VPC.
    pub vpc_id: Option<String>,
    pub tag_specifications: Vec<TagSpecification>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeleteSecurityGroup {
    pub group_id: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DescribeSecurityGroups {
    pub group_ids: Vec<String>,
    /// Of the default VPC only.
    pub group_names: Vec<String>,
    pub filters: Vec<Filter>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}

/// A group without its rules: what it lets through is not modelled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityGroup {
    pub group_id: String,
    pub group_name: String,
    pub description: String,
    pub vpc_id: String,
    pub owner_id: String,
    pub security_group_arn: String,
    pub tags: Vec<Tag>,
}

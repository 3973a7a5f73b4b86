//! `DescribeVpcAttribute` and `ModifyVpcAttribute`: whether a VPC has names for its addresses. Source: EC2 API reference,
//! and VPC user guide, "DNS attributes for your VPC".

use super::{
    api::{DescribeVpcAttribute, Ec2Error, ModifyVpcAttribute, Response},
    model::{Model, View},
    networks::{Vpc, vpc_not_found},
};

/// What a VPC is made with: only the default one gives names to public addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dns {
    hostnames: bool,
    support: bool,
}

impl Dns {
    pub(super) fn of_new(is_default: bool) -> Self {
        Self {
            hostnames: is_default,
            support: true,
        }
    }
}

impl View<'_> {
    pub(super) fn describe_vpc_attribute(
        &self,
        account: &str,
        request: &DescribeVpcAttribute,
    ) -> Result<Response, Ec2Error> {
        let own = |vpc: &&Vpc| vpc.owner == account;
        let vpc = self.resources.vpcs.get(&request.vpc_id).filter(own);
        let vpc = vpc.ok_or_else(|| vpc_not_found(&request.vpc_id))?;
        let value = match request.attribute.as_str() {
            "enableDnsHostnames" => vpc.dns.hostnames,
            "enableDnsSupport" => vpc.dns.support,
            "enableNetworkAddressUsageMetrics" => false,
            other => {
                let message = format!("Value ({other}) for parameter attribute is invalid.");
                return Err(Ec2Error::new("InvalidParameterValue", message));
            }
        };
        Ok(Response::DescribeVpcAttribute {
            vpc_id: vpc.id.clone(),
            attribute: request.attribute.clone(),
            value,
        })
    }
}

impl Model {
    /// "You cannot modify the DNS resolution and DNS hostnames attributes in the same request."
    pub(super) fn modify_vpc_attribute(
        &mut self,
        account: &str,
        request: &ModifyVpcAttribute,
    ) -> Result<Response, Ec2Error> {
        let own = |vpc: &&mut Vpc| vpc.owner == account;
        let vpc = self.resources.vpcs.get_mut(&request.vpc_id).filter(own);
        let vpc = vpc.ok_or_else(|| vpc_not_found(&request.vpc_id))?;
        match (request.enable_dns_hostnames, request.enable_dns_support) {
            (Some(hostnames), None) => vpc.dns.hostnames = hostnames,
            (None, Some(support)) => vpc.dns.support = support,
            (None, None) | (Some(_), Some(_)) => {
                let message = "Exactly one attribute must be specified.";
                return Err(Ec2Error::new("InvalidParameterCombination", message));
            }
        }
        Ok(Response::Done)
    }
}

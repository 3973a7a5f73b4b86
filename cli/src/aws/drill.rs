//! The drill's calls. This is the one file of the project that can release an address: `policies/drill.iam.json` lets
//! whoever runs the drill release only what carries the drill's tag.

use super::connection::Connection;
use super::credentials::{NotGiven, cause_of, words};
use crate::drill::ports::Relinquish;
use aws_config::retry::RetryConfig;
use aws_sdk_ec2::types::{DomainType, ResourceType, Tag, TagSpecification};
use holdfast::cloud::{AddressFilter, Allocated, CloudError, Failure, Missing, ReadAddresses};
use holdfast::model::elastic_ip::{Address, Pool};
use holdfast::model::ids::AllocationId;
use holdfast::model::tags::Tags;
use holdfast_aws::{Aws, failure};
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

const ALLOCATE: &str = "ec2:AllocateAddress";
const RELEASE: &str = "ec2:ReleaseAddress";
const GET_SERVICE_QUOTA: &str = "servicequotas:GetServiceQuota";
const GET_CALLER_IDENTITY: &str = "sts:GetCallerIdentity";

/// Elastic IPs of a region. Source: Service Quotas, "Amazon EC2", "EC2-VPC Elastic IPs".
const QUOTA_OF_ADDRESSES: &str = "L-0263D0A3";

/// EC2 in each region of a drill.
#[derive(Debug)]
pub struct DrillRegions(BTreeMap<String, OfRegion>);

#[derive(Debug)]
struct OfRegion {
    reads: Aws,
    /// It tries nothing again by itself: an allocation that got no answer may have been carried out.
    changes: aws_sdk_ec2::Client,
    quotas: aws_sdk_servicequotas::Client,
}

impl DrillRegions {
    /// The regions of these connections.
    #[must_use]
    pub fn of(connections: &[Connection]) -> Self {
        let of_region = |connection: &Connection| {
            let once = aws_sdk_ec2::config::Builder::from(connection.config());
            let once = once.retry_config(RetryConfig::disabled()).build();
            let of_region = OfRegion {
                reads: connection.cloud(),
                changes: aws_sdk_ec2::Client::from_conf(once),
                quotas: aws_sdk_servicequotas::Client::new(connection.config()),
            };
            (connection.region.clone(), of_region)
        };
        Self(connections.iter().map(of_region).collect())
    }

    fn region(&self, region: &str, action: &'static str) -> Result<&OfRegion, CloudError> {
        let missing = || unknown(action, format!("no connection to region {region}"));
        self.0.get(region).ok_or_else(missing)
    }
}

impl Connection {
    /// Whose keys these are.
    ///
    /// # Errors
    /// AWS's answer to `sts:GetCallerIdentity`.
    pub async fn account(&self) -> Result<String, CloudError> {
        let client = aws_sdk_sts::Client::new(self.config());
        let answer = client.get_caller_identity().send().await;
        let answer = answer.map_err(|error| failure::of(GET_CALLER_IDENTITY, error))?;
        let none = || {
            unknown(
                GET_CALLER_IDENTITY,
                "the answer names no account".to_owned(),
            )
        };
        answer.account().map(str::to_owned).ok_or_else(none)
    }
}

/// Keys that could not be had, as after a sign-on that has ended, are no missing answer: nothing was asked.
fn of_keys(error: CloudError) -> CloudError {
    match error {
        CloudError::Other(failure) => match cause_of(&failure) {
            Some(NotGiven::None | NotGiven::Refused) => CloudError::KeysRefused(Failure {
                message: words(&failure),
                ..failure
            }),
            Some(NotGiven::NoAnswer) | None => CloudError::Other(failure),
        },
        error => error,
    }
}

fn unknown(action: &'static str, what: String) -> CloudError {
    CloudError::Other(Failure {
        action,
        code: None,
        message: Some(what),
        request_id: None,
        source: None,
    })
}

impl Relinquish for DrillRegions {
    async fn allocate(
        &self,
        region: &str,
        ip: Option<Ipv4Addr>,
        tags: &Tags,
    ) -> Result<Allocated, CloudError> {
        let tags = tags
            .iter()
            .map(|(key, value)| Tag::builder().key(key).value(value).build());
        let specification = TagSpecification::builder()
            .resource_type(ResourceType::ElasticIp)
            .set_tags(Some(tags.collect()))
            .build();
        let call = self.region(region, ALLOCATE)?.changes.allocate_address();
        let call = call
            .domain(DomainType::Vpc)
            .set_address(ip.map(|ip| ip.to_string()))
            .tag_specifications(specification);
        let answer = call
            .send()
            .await
            .map_err(|error| of_keys(failure::of(ALLOCATE, error)))?;
        let allocation = answer.allocation_id().and_then(|id| id.parse().ok());
        let ip = answer.public_ip().and_then(|ip| ip.parse().ok());
        match (allocation, ip) {
            (Some(allocation), Some(ip)) => Ok(Allocated { allocation, ip }),
            _ => Err(unknown(ALLOCATE, "the answer names no address".to_owned())),
        }
    }

    async fn release(&self, region: &str, allocation: &AllocationId) -> Result<(), CloudError> {
        let call = self.region(region, RELEASE)?.changes.release_address();
        let answer = call.allocation_id(allocation.as_str()).send().await;
        answer
            .map(drop)
            .map_err(|error| of_keys(failure::of(RELEASE, error)))
    }

    async fn tagged(
        &self,
        region: &str,
        key: &str,
        value: &str,
    ) -> Result<Vec<Address>, CloudError> {
        let filter = AddressFilter::Tag {
            key: key.to_owned(),
            value: value.to_owned(),
        };
        self.region(region, "ec2:DescribeAddresses")?
            .reads
            .addresses(&filter)
            .await
            .map_err(of_keys)
    }

    async fn held(&self, region: &str) -> Result<BTreeSet<AllocationId>, CloudError> {
        let reads = &self.region(region, "ec2:DescribeAddresses")?.reads;
        let all = reads.addresses(&AddressFilter::All).await;
        let all = all.map_err(of_keys)?;
        // Addresses of one's own pools do not count. Source: EC2 user guide, "Bring your own IP addresses".
        let counted = all
            .into_iter()
            .filter(|address| address.pool == Pool::Amazon);
        Ok(counted.map(|address| address.allocation).collect())
    }

    async fn quota(&self, region: &str) -> Result<Option<u64>, CloudError> {
        let call = self
            .region(region, GET_SERVICE_QUOTA)?
            .quotas
            .get_service_quota();
        let call = call.service_code("ec2").quota_code(QUOTA_OF_ADDRESSES);
        let answer = call
            .send()
            .await
            .map_err(|error| of_keys(failure::of(GET_SERVICE_QUOTA, error)));
        let answer = match answer {
            Err(error) if error.is_missing(Missing::Other) => return Ok(None),
            answer => answer?,
        };
        let value = answer
            .quota()
            .and_then(aws_sdk_servicequotas::types::ServiceQuota::value);
        Ok(value.filter(|value| *value >= 0.0).map(whole))
    }
}

/// Service Quotas writes numbers of addresses with a decimal point.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a quota is a whole number of addresses, and no quota comes near 2^53"
)]
fn whole(value: f64) -> u64 {
    value.floor() as u64
}

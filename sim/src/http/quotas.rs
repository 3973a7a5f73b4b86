//! Service Quotas by JSON 1.1: the quota of Elastic IPs, which is that of the simulated EC2. Source of names and errors:
//! Service Quotas API reference.

use super::json::{self, Refusal, read, refused};
use super::server::Reply;
use crate::World;
use serde::Deserialize;
use serde_json::{Value, json};

/// What `X-Amz-Target` begins with.
pub(super) const NAMESPACE: &str = "ServiceQuotasV20190624";
/// "EC2-VPC Elastic IPs".
const ELASTIC_IPS: &str = "L-0263D0A3";
/// Of an account that never asked for more.
const DEFAULT: usize = 5;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct GetServiceQuota {
    service_code: String,
    quota_code: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ListServiceQuotas {
    service_code: String,
    next_token: Option<String>,
    max_results: Option<usize>,
}

/// One Service Quotas call.
pub(super) fn call(world: &World, action: &str, parameters: &Value) -> Reply {
    json::answered(match action {
        "GetServiceQuota" => one(world, parameters, world.address_quota()),
        "GetAWSDefaultServiceQuota" => one(world, parameters, DEFAULT),
        "ListServiceQuotas" => read(parameters).and_then(|asked: ListServiceQuotas| {
            if asked
                .max_results
                .is_some_and(|most| !(1..=100).contains(&most))
            {
                return Err(refused(
                    "IllegalArgumentException",
                    "MaxResults is from 1 to 100.",
                ));
            }
            let is_first = asked.next_token.is_none();
            let known = is_first && asked.service_code == "ec2";
            let quotas = known.then(|| quota(world, world.address_quota()));
            Ok(json!({ "Quotas": quotas.into_iter().collect::<Vec<_>>() }))
        }),
        other => Err(json::not_modelled(other)),
    })
}

fn one(world: &World, parameters: &Value, value: usize) -> Result<Value, Refusal> {
    let asked: GetServiceQuota = read(parameters)?;
    if (asked.service_code.as_str(), asked.quota_code.as_str()) != ("ec2", ELASTIC_IPS) {
        let message = "The request failed because the specified service quota does not exist, or is not modelled.";
        return Err(refused("NoSuchResourceException", message));
    }
    Ok(json!({ "Quota": quota(world, value) }))
}

fn quota(world: &World, value: usize) -> Value {
    let (region, account) = (world.region(), world.account());
    json!({
        "ServiceCode": "ec2",
        "ServiceName": "Amazon Elastic Compute Cloud (Amazon EC2)",
        "QuotaArn": format!("arn:aws:servicequotas:{region}:{account}:ec2/{ELASTIC_IPS}"),
        "QuotaCode": ELASTIC_IPS,
        "QuotaName": "EC2-VPC Elastic IPs",
        "Value": value,
        "Unit": "None",
        "Adjustable": true,
        "GlobalQuota": false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quota_of_addresses_is_the_one_that_ec2_holds_to() {
        let mut world = World::new();
        world.settings().address_quota = 7;
        let asked = json!({ "ServiceCode": "ec2", "QuotaCode": ELASTIC_IPS });
        let reply = call(&world, "GetServiceQuota", &asked);
        let told: Value = serde_json::from_slice(&reply.body).expect("JSON");
        assert_eq!(told["Quota"]["Value"], 7);
        let unknown = json!({ "ServiceCode": "ec2", "QuotaCode": "L-1" });
        let refused = call(&world, "GetServiceQuota", &unknown).refused;
        assert_eq!(refused.as_deref(), Some("NoSuchResourceException"));
    }
}

//! Service Quotas: how many Elastic IPs the account may have in a region.

use crate::aws::actions::GET_SERVICE_QUOTA;
use crate::aws::{CloudError, Connection};
use aws_sdk_servicequotas::Client;
use holdfast_aws::failure;

/// "EC2-VPC Elastic IPs". Source: Service Quotas, Amazon EC2.
const ELASTIC_IPS: &str = "L-0263D0A3";

impl Connection {
    /// How many Elastic IPs the account may have in this region.
    ///
    /// # Errors
    /// AWS's answer to `servicequotas:GetServiceQuota`.
    pub async fn address_quota(&self) -> Result<f64, CloudError> {
        let client = Client::new(self.config());
        let asked = client.get_service_quota().service_code("ec2");
        let sent = asked.quota_code(ELASTIC_IPS).send().await;
        let answer = sent.map_err(|error| failure::of(GET_SERVICE_QUOTA, error))?;
        let value = answer
            .quota()
            .and_then(aws_sdk_servicequotas::types::ServiceQuota::value);
        value.ok_or_else(|| failure::unreadable(GET_SERVICE_QUOTA, "the quota has no value", None))
    }
}

//! Which regions an account can use.

use super::actions::DESCRIBE_REGIONS;
use super::connection::Connection;
use aws_sdk_ec2::Client;
use holdfast::cloud::CloudError;
use holdfast_aws::failure;

impl Connection {
    /// The regions that are on in the account, in order.
    ///
    /// # Errors
    /// AWS's answer to `ec2:DescribeRegions`.
    pub async fn regions(&self) -> Result<Vec<String>, CloudError> {
        let client = Client::new(self.config());
        let sent = client.describe_regions().send().await;
        let answer = sent.map_err(|error| failure::of(DESCRIBE_REGIONS, error))?;
        let regions = answer
            .regions()
            .iter()
            .filter_map(|region| region.region_name());
        let mut names: Vec<String> = regions.map(str::to_owned).collect();
        names.sort();
        Ok(names)
    }
}

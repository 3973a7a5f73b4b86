//! EC2's tags: the one thing of EC2 that this tool sets by itself, for `protect`, `unprotect` and `adopt`. Nothing else in
//! the tool calls this, and the operator's policy has no right to it: `policies/tagging.json` has.
//!
//! Races: whoever sets the same tag at the same time. EC2 keeps what came last.

use super::actions::CREATE_TAGS;
use super::connection::Connection;
use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::Tag;
use holdfast::cloud::CloudError;
use holdfast_aws::failure;

impl Connection {
    /// `CreateTags`: sets a tag on each of these, over whatever value it has.
    ///
    /// Idempotent on (resource, key, value). A lost reply means: set it again.
    ///
    /// # Errors
    /// AWS's answer to `ec2:CreateTags`. EC2 sets all of it or nothing.
    pub async fn set_tags(
        &self,
        resources: &[String],
        key: &str,
        value: &str,
    ) -> Result<(), CloudError> {
        let tag = Tag::builder().key(key).value(value).build();
        let client = Client::new(self.config());
        let sent = client
            .create_tags()
            .set_resources(Some(resources.to_vec()))
            .tags(tag)
            .send()
            .await;
        sent.map(drop)
            .map_err(|error| failure::of(CREATE_TAGS, error))
    }
}

//! Telling people, by SNS. Only notify has this client: no other function links it.
//!
//! Races: none here. A lost reply makes the SDK send once more, and people may read a message twice.

use super::actions::PUBLISH;
use super::failure;
use aws_sdk_sns::Client;
use holdfast::cloud::CloudError;
use holdfast::cloud::publish::PublishNotice;

/// SNS of one region.
#[derive(Debug, Clone)]
pub struct Sns {
    topics: Client,
}

impl Sns {
    /// On a client that is set up already.
    #[must_use]
    pub fn new(topics: Client) -> Self {
        Self { topics }
    }
}

impl PublishNotice for Sns {
    async fn publish(
        &self,
        topic: &str,
        subject: Option<&str>,
        message: &str,
    ) -> Result<(), CloudError> {
        self.topics
            .publish()
            .topic_arn(topic)
            .set_subject(subject.map(str::to_owned))
            .message(message)
            .send()
            .await
            .map_err(|error| failure::of(PUBLISH, error))?;
        Ok(())
    }
}

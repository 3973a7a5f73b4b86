//! SQS: how many messages wait in a queue.

use super::actions::GET_QUEUE_ATTRIBUTES;
use super::connection::Connection;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::QueueAttributeName;
use holdfast::cloud::CloudError;
use holdfast_aws::failure;

impl Connection {
    /// How many messages a queue has, those included that somebody is reading: about, as SQS says.
    ///
    /// # Errors
    /// AWS's answer to `sqs:GetQueueAttributes`.
    pub async fn waiting_messages(&self, queue_url: &str) -> Result<u64, CloudError> {
        const COUNTED: [QueueAttributeName; 2] = [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        ];
        let client = Client::new(self.config());
        let asked = client.get_queue_attributes().queue_url(queue_url);
        let asked = asked.set_attribute_names(Some(COUNTED.to_vec()));
        let sent = asked.send().await;
        let answer = sent.map_err(|error| failure::of(GET_QUEUE_ATTRIBUTES, error))?;
        let count = |name: &QueueAttributeName| {
            let told = answer.attributes().and_then(|all| all.get(name));
            told.and_then(|number| number.parse::<u64>().ok())
        };
        let counts: Option<Vec<u64>> = COUNTED.iter().map(count).collect();
        counts.map(|counts| counts.iter().sum()).ok_or_else(|| {
            failure::unreadable(
                GET_QUEUE_ATTRIBUTES,
                "the number of messages is not told",
                None,
            )
        })
    }
}

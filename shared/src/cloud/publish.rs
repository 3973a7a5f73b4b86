//! Telling people, by SNS.

use super::CloudError;

/// Sending a message to the subscribers of a topic.
pub trait PublishNotice: Send + Sync {
    /// `Publish`. Not idempotent: sent again after a lost reply, it is a second message. Whoever calls it notes before
    /// that it is about to, and after that it has.
    ///
    /// # Errors
    /// As SNS refuses: `Throttled`, `Denied`, or anything else as `Other`.
    fn publish(
        &self,
        topic: &str,
        subject: Option<&str>,
        message: &str,
    ) -> impl Future<Output = Result<(), CloudError>> + Send;
}

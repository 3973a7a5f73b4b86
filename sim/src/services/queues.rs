//! Queues of SQS: messages that wait, and those that somebody has received and not deleted yet.

use serde::Deserialize;
use time::{Duration, OffsetDateTime};

/// A queue.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Queue {
    /// Its name.
    pub queue_name: String,
    /// For how long a received message is hidden from others, in seconds.
    #[serde(default = "half_a_minute")]
    pub visibility_timeout: u32,
    /// For how long a message is kept, in seconds.
    #[serde(default = "four_days")]
    pub message_retention_period: u32,
    /// When; as it is declared, unless said.
    #[serde(skip)]
    pub created: Option<OffsetDateTime>,
    #[serde(skip)]
    messages: Vec<Message>,
    #[serde(skip)]
    sent: u64,
}

/// A message of a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Unlike any other's of this queue.
    pub message_id: String,
    /// What was sent.
    pub body: String,
    /// When.
    pub sent: OffsetDateTime,
    /// From when on somebody can receive it.
    pub visible_from: OffsetDateTime,
    /// When it was received first.
    pub first_received: Option<OffsetDateTime>,
    /// How often it was received.
    pub receive_count: u32,
}

fn half_a_minute() -> u32 {
    30
}

fn four_days() -> u32 {
    345_600
}

impl Queue {
    /// A queue of that name with SQS's own defaults.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self {
            queue_name: name.to_owned(),
            visibility_timeout: half_a_minute(),
            message_retention_period: four_days(),
            created: None,
            messages: Vec::new(),
            sent: 0,
        }
    }

    /// Where SQS has it: its own URL, whatever the client's endpoint is.
    #[must_use]
    pub fn url(&self, region: &str, account: &str) -> String {
        let name = &self.queue_name;
        format!("https://sqs.{region}.amazonaws.com/{account}/{name}")
    }

    /// Its ARN.
    #[must_use]
    pub fn arn(&self, region: &str, account: &str) -> String {
        format!("arn:aws:sqs:{region}:{account}:{}", self.queue_name)
    }

    /// Puts a message into it, and tells its id.
    pub fn send(&mut self, body: String, now: OffsetDateTime) -> String {
        self.sent += 1;
        let message_id = format!("00000000-0000-4000-b000-{:012}", self.sent);
        self.messages.push(Message {
            message_id: message_id.clone(),
            body,
            sent: now,
            visible_from: now,
            first_received: None,
            receive_count: 0,
        });
        message_id
    }

    /// What is in it now, oldest first.
    pub fn messages(&self, now: OffsetDateTime) -> impl Iterator<Item = &Message> {
        let kept = Duration::seconds(self.message_retention_period.into());
        let messages = self.messages.iter();
        messages.filter(move |message| message.sent + kept > now)
    }

    /// Hands out some messages, and hides them for a while. Each comes with the handle of this receipt.
    pub fn receive(
        &mut self,
        most: usize,
        hidden: Option<u32>,
        now: OffsetDateTime,
    ) -> Vec<(String, Message)> {
        let kept = Duration::seconds(self.message_retention_period.into());
        let hidden = Duration::seconds(hidden.unwrap_or(self.visibility_timeout).into());
        let due = self
            .messages
            .iter_mut()
            .filter(|message| message.visible_from <= now && message.sent + kept > now);
        let received = due.take(most).map(|message| {
            message.visible_from = now + hidden;
            message.first_received.get_or_insert(now);
            message.receive_count += 1;
            let handle = format!("{}#{}", message.message_id, message.receive_count);
            (handle, message.clone())
        });
        received.collect()
    }

    /// Takes a message away by the handle of its last receipt. One that is gone already is none the worse for it.
    pub fn delete(&mut self, handle: &str) {
        self.messages.retain(|message| {
            handle != format!("{}#{}", message.message_id, message.receive_count)
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::BEGINNING;

    #[test]
    fn a_received_message_is_hidden_until_its_time_is_up_or_it_is_deleted() {
        let mut queue = Queue::named("failed");
        queue.send("one".to_owned(), BEGINNING);
        let received = queue.receive(10, None, BEGINNING);
        assert_eq!(received.len(), 1);
        assert_eq!(queue.receive(10, None, BEGINNING), []);
        let later = BEGINNING + Duration::seconds(30);
        let again = queue.receive(10, None, later);
        assert_eq!(again[0].1.receive_count, 2);
        queue.delete(&received[0].0);
        assert_eq!(
            queue.messages(later).count(),
            1,
            "an old handle deletes nothing"
        );
        queue.delete(&again[0].0);
        assert_eq!(queue.messages(later).count(), 0);
    }

    #[test]
    fn a_message_is_kept_no_longer_than_the_queue_keeps_it() {
        let mut queue = Queue::named("failed");
        queue.send("one".to_owned(), BEGINNING);
        assert_eq!(queue.messages(BEGINNING + Duration::days(4)).count(), 0);
    }
}

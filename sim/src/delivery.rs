//! EventBridge's way with events: at least once, in no promised order, sometimes late, sometimes
//! never ("best effort"), and each of it on demand and the same in every run.

use super::on_read::WrittenOnRead;
use super::trail::timestamp;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

/// How events are delivered.
#[derive(Clone, Copy, Debug, Default)]
pub struct Delivery {
    /// Time from the call to the event.
    pub late: Duration,
    /// Everything that is taken is there again, after all that is new.
    pub twice: bool,
    /// The newest first.
    pub out_of_order: bool,
    /// Events that never come, by `eventName` of the call or by detail-type of the other events.
    pub lost: Option<fn(&str) -> bool>,
}

/// The events that wait to be delivered.
#[derive(Clone, Debug, Default)]
pub(super) struct Outbox {
    pub(super) delivery: Delivery,
    waiting: Vec<(OffsetDateTime, WrittenOnRead<Value>)>,
}

impl Outbox {
    /// Puts an event in its way, unless it is to be lost.
    pub(super) fn send(&mut self, name: &str, at: OffsetDateTime, event: WrittenOnRead<Value>) {
        if self.delivery.lost.is_some_and(|lost| lost(name)) {
            return;
        }
        self.waiting.push((at + self.delivery.late, event));
    }

    /// What has arrived by `now`.
    pub(super) fn take(&mut self, now: OffsetDateTime) -> Vec<Value> {
        let (mut arrived, waiting): (Vec<_>, Vec<_>) =
            self.waiting.drain(..).partition(|(due, _)| *due <= now);
        self.waiting = waiting;
        arrived.sort_by_key(|(due, _)| *due);
        let mut events: Vec<Value> = arrived
            .iter()
            .map(|(_, event)| (***event).clone())
            .collect();
        if self.delivery.out_of_order {
            events.reverse();
        }
        if self.delivery.twice {
            events.extend(events.clone());
        }
        events
    }

    /// When the next event arrives.
    pub(super) fn next(&self) -> Option<OffsetDateTime> {
        self.waiting.iter().map(|(due, _)| *due).min()
    }
}

/// What EventBridge puts around the detail of an event.
pub(super) struct Envelope {
    pub(super) id: String,
    pub(super) source: &'static str,
    pub(super) detail_type: &'static str,
    pub(super) account: String,
    pub(super) region: String,
    pub(super) at: OffsetDateTime,
    pub(super) resources: Vec<String>,
}

impl Envelope {
    /// The event. Its time is as CloudTrail and EventBridge write times: RFC 3339 to the second.
    pub(super) fn around(self, detail: &Value) -> Value {
        json!({
            "version": "0",
            "id": self.id,
            "detail-type": self.detail_type,
            "source": self.source,
            "account": self.account,
            "time": timestamp(self.at),
            "region": self.region,
            "resources": self.resources,
            "detail": detail,
        })
    }
}

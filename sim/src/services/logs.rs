//! CloudWatch Logs: groups, their streams, and the events in them.

use std::collections::BTreeMap;
use time::OffsetDateTime;

/// All groups, by name.
#[derive(Clone, Debug, Default)]
pub struct Logs {
    groups: BTreeMap<String, LogGroup>,
    written: u64,
}

/// One group.
#[derive(Clone, Debug)]
pub struct LogGroup {
    /// When it came into being.
    pub created: OffsetDateTime,
    /// How long events are kept; none: for ever.
    pub retention_in_days: Option<u32>,
    /// By name.
    pub streams: BTreeMap<String, LogStream>,
}

/// One stream of a group.
#[derive(Clone, Debug)]
pub struct LogStream {
    /// When it came into being.
    pub created: OffsetDateTime,
    /// In the order of their times.
    pub events: Vec<LogEvent>,
}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEvent {
    /// Unlike any other's; later events have higher ones.
    pub event_id: String,
    /// When it happened.
    pub at: OffsetDateTime,
    /// When it was taken in.
    pub ingested: OffsetDateTime,
    /// One line, or several.
    pub message: String,
}

impl Logs {
    /// Makes a group, unless there is one.
    pub fn create_group(&mut self, name: &str, now: OffsetDateTime) -> &mut LogGroup {
        self.groups
            .entry(name.to_owned())
            .or_insert_with(|| LogGroup {
                created: now,
                retention_in_days: None,
                streams: BTreeMap::new(),
            })
    }

    /// Writes one event; its group and its stream come into being where they are not there.
    pub fn write(
        &mut self,
        (group, stream): (&str, &str),
        at: OffsetDateTime,
        now: OffsetDateTime,
        message: String,
    ) {
        self.written += 1;
        let event = LogEvent {
            event_id: format!("{:056}", self.written),
            at,
            ingested: now,
            message,
        };
        let streams = &mut self.create_group(group, now).streams;
        let events = &mut streams
            .entry(stream.to_owned())
            .or_insert_with(|| LogStream {
                created: now,
                events: Vec::new(),
            })
            .events;
        let place = events.partition_point(|there| there.at <= at);
        events.insert(place, event);
    }

    /// A group by its name.
    #[must_use]
    pub fn group(&self, name: &str) -> Option<&LogGroup> {
        self.groups.get(name)
    }

    /// All groups by name, in the order of the alphabet.
    pub fn groups(&self) -> impl Iterator<Item = (&String, &LogGroup)> {
        self.groups.iter()
    }
}

impl LogGroup {
    /// The events of the streams that `wanted` says, in the order of their times, each with its stream's name.
    pub fn events(&self, wanted: impl Fn(&str) -> bool) -> Vec<(&str, &LogEvent)> {
        let streams = self.streams.iter().filter(|(name, _)| wanted(name));
        let mut events: Vec<(&str, &LogEvent)> = streams
            .flat_map(|(name, stream)| stream.events.iter().map(|event| (name.as_str(), event)))
            .collect();
        events.sort_by(|(_, one), (_, other)| {
            (one.at, &one.event_id).cmp(&(other.at, &other.event_id))
        });
        events
    }
}

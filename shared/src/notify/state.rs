//! What notify is told, and what it did. Plain data.

use crate::ledger::ToldMatter;
use crate::settings::{Settings, ToldOutcomes};
use serde::Serialize;

/// What one run is about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Case<'a> {
    pub(super) settings: &'a Settings,
    /// Lambda's id of this run: tried again, it is the same.
    pub(super) request: &'a str,
}

/// What an event has to say.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Heard {
    /// Nothing to tell.
    Nothing { why: String },
    /// A person wants to see whether messages arrive.
    Test,
    /// Reports.
    News(Vec<News>),
}

/// One report, as it was delivered.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct News {
    /// The run that reported it.
    pub(super) request: String,
    /// Who speaks.
    pub(super) function: String,
    pub(super) headline: String,
    pub(super) text: String,
    /// What to do next, by the findings.
    pub(super) next: Vec<String>,
    pub(super) matters: Vec<HeardMatter>,
}

/// One matter of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HeardMatter {
    pub(super) about: String,
    /// The word: a later version may have one that this one does not know.
    pub(super) outcome: String,
    pub(super) headline: String,
}

/// Where people read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Channel {
    /// Mails.
    Mail,
    /// A chat.
    Chat,
}

impl Channel {
    pub(super) const ALL: [Self; 2] = [Self::Mail, Self::Chat];

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Chat => "chat",
        }
    }

    /// The topic of those who read here, where the stack has one.
    pub(super) fn topic(self, settings: &Settings) -> Option<&str> {
        match self {
            Self::Mail => settings.mail_topic.as_deref(),
            Self::Chat => settings.chat_topic.as_deref(),
        }
    }

    fn outcomes(self, settings: &Settings) -> &ToldOutcomes {
        match self {
            Self::Mail => &settings.mail_outcomes,
            Self::Chat => &settings.chat_outcomes,
        }
    }

    /// Whether an outcome is told here.
    pub(super) fn tells(self, outcome: &str, settings: &Settings) -> bool {
        self.topic(settings).is_some() && self.outcomes(settings).has(outcome)
    }
}

/// Why something is told now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Why {
    /// It is new, or stands otherwise than before.
    First {
        /// How it stood before, where people were told.
        before: Option<Box<ToldMatter>>,
    },
    /// It has come again for an hour or longer.
    Again,
    /// What was told is over.
    Over {
        /// What was told.
        before: Box<ToldMatter>,
    },
}

/// One thing that is to be told, with its row as it is while this run tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Telling {
    pub(super) why: Why,
    pub(super) headline: String,
    /// The outcome by which a place tells it or not: of what is over, the one before.
    pub(super) outcome: String,
    pub(super) row: ToldMatter,
}

/// What a run of notify did: its answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Notified {
    /// The headlines of the messages that were sent.
    pub told: Vec<String>,
    /// How many matters were counted only: they were told before.
    pub counted: usize,
    /// How many messages were held back: too many of their kind within the hour.
    pub held_back: usize,
    /// Why nothing was told, where the event is none of notify's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignored: Option<String>,
}

impl Notified {
    pub(super) fn ignored(why: String) -> Self {
        Self {
            ignored: Some(why),
            ..Self::default()
        }
    }

    pub(super) fn add(&mut self, other: Self) {
        self.told.extend(other.told);
        self.counted += other.counted;
        self.held_back += other.held_back;
    }
}

//! What is told of a matter, and when. Pure.

use super::standing::{Standing, standing};
use super::state::{Channel, HeardMatter, Telling, Why};
use crate::ledger::{Teller, ToldMatter};
use crate::settings::Settings;
use time::{Duration, OffsetDateTime};

/// The same cause is told at most once in so long.
const BETWEEN: Duration = Duration::HOUR;

/// What was not seen for so long and comes again is another cause.
const FORGOTTEN: Duration = Duration::DAY;

/// How long a run has a matter to itself. Lambda tries a failed run again after a minute, and by then it is free.
const TELLING: Duration = Duration::seconds(45);

/// How many runs a row remembers.
const MAX_REQUESTS: usize = 16;

/// How many messages of one outcome people get within an hour.
pub(super) const MAX_IN_AN_HOUR: u64 = 30;

/// What a matter comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Decision {
    /// Nothing is told, and nothing is written.
    Nothing,
    /// Nothing is told, and the row counts it.
    Count(Box<ToldMatter>),
    /// It is told, by whoever writes this row.
    Tell(Box<Telling>),
}

/// One matter as it was heard, in one run of notify.
#[derive(Debug, Clone, Copy)]
pub(super) struct Now<'a> {
    pub(super) at: OffsetDateTime,
    /// The run that reported.
    pub(super) reporter: &'a str,
    /// The run that tells.
    pub(super) teller: &'a str,
    pub(super) settings: &'a Settings,
}

/// What is to be done about one matter, by what the ledger has of it.
#[must_use]
pub(super) fn decide(row: Option<&ToldMatter>, heard: &HeardMatter, now: Now<'_>) -> Decision {
    let open = row.filter(|row| row.ended_at.is_none() && now.at - row.seen_at < FORGOTTEN);
    if let Some(row) = row.filter(|row| is_being_told_by(row, now) && is_about_the_same(row, heard))
    {
        return resumed(row, heard, now);
    }
    let is_heard_before = row.is_some_and(|row| {
        row.outcome == heard.outcome && row.requests.iter().any(|known| known == now.reporter)
    });
    if is_heard_before && open.is_none_or(|row| row.told_at.is_some() || is_taken(row, now)) {
        return Decision::Nothing;
    }
    let is_told = !heard.headline.is_empty() && is_told_anywhere(&heard.outcome, now.settings);
    match (standing(&heard.outcome), open) {
        (Standing::Well, Some(open)) => over(open, now),
        (_, Some(open)) if !is_told && open.outcome != heard.outcome => over(open, now),
        (_, _) if !is_told => Decision::Nothing,
        (Standing::Lasting, Some(open)) if open.outcome == heard.outcome => again(open, heard, now),
        (_, open) => first(row, open, heard, now),
    }
}

fn is_told_anywhere(outcome: &str, settings: &Settings) -> bool {
    Channel::ALL
        .into_iter()
        .any(|channel| channel.tells(outcome, settings))
}

fn is_being_told_by(row: &ToldMatter, now: Now<'_>) -> bool {
    row.teller
        .as_ref()
        .is_some_and(|it| it.request == now.teller)
}

/// Whether another run is telling it.
fn is_taken(row: &ToldMatter, now: Now<'_>) -> bool {
    let teller = row.teller.as_ref();
    teller.is_some_and(|it| it.request != now.teller && now.at < it.until)
}

/// Whether the row is of what was heard: of how it stands, or of its end.
fn is_about_the_same(row: &ToldMatter, heard: &HeardMatter) -> bool {
    row.outcome == heard.outcome || is_end(row, heard)
}

fn is_end(row: &ToldMatter, heard: &HeardMatter) -> bool {
    row.ended_at.is_some() && row.outcome != heard.outcome
}

/// This run was telling it when it failed, and is tried again.
fn resumed(row: &ToldMatter, heard: &HeardMatter, now: Now<'_>) -> Decision {
    let before = || Box::new(row.clone());
    let why = match row.told_at {
        Some(_) if is_end(row, heard) => Why::Over { before: before() },
        Some(_) => Why::Again,
        None => Why::First { before: None },
    };
    let sent = row.teller.as_ref().map(|it| it.sent.clone());
    let row = ToldMatter {
        revision: row.revision + 1,
        teller: Some(Teller {
            sent: sent.unwrap_or_default(),
            ..teller(now)
        }),
        ..row.clone()
    };
    Decision::Tell(Box::new(Telling {
        why,
        headline: row.headline.clone(),
        outcome: row.outcome.clone(),
        row,
    }))
}

/// It is new, or stands otherwise than before.
fn first(
    row: Option<&ToldMatter>,
    open: Option<&ToldMatter>,
    heard: &HeardMatter,
    now: Now<'_>,
) -> Decision {
    let before = open.filter(|open| open.told_at.is_some()).cloned();
    let is_act = standing(&heard.outcome) == Standing::Act;
    let next = ToldMatter {
        about: heard.about.clone(),
        revision: row.map_or(0, |row| row.revision) + 1,
        outcome: heard.outcome.clone(),
        headline: heard.headline.clone(),
        since: now.at,
        seen_at: now.at,
        seen: 1,
        told_at: None,
        ended_at: is_act.then_some(now.at),
        teller: Some(teller(now)),
        requests: with(row, now.reporter),
        written_by: env!("CARGO_PKG_VERSION").to_owned(),
    };
    Decision::Tell(Box::new(Telling {
        why: Why::First {
            before: before.map(Box::new),
        },
        headline: heard.headline.clone(),
        outcome: heard.outcome.clone(),
        row: next,
    }))
}

/// It stands as it did.
fn again(open: &ToldMatter, heard: &HeardMatter, now: Now<'_>) -> Decision {
    let counted = ToldMatter {
        revision: open.revision + 1,
        headline: heard.headline.clone(),
        seen_at: now.at,
        seen: open.seen + 1,
        requests: with(Some(open), now.reporter),
        ..open.clone()
    };
    let is_due = open.told_at.is_none_or(|told| now.at - told >= BETWEEN);
    if !is_due || is_taken(open, now) {
        return Decision::Count(Box::new(counted));
    }
    let why = match open.told_at {
        Some(_) => Why::Again,
        None => Why::First { before: None },
    };
    Decision::Tell(Box::new(Telling {
        why,
        headline: heard.headline.clone(),
        outcome: heard.outcome.clone(),
        row: ToldMatter {
            teller: Some(teller(now)),
            ..counted
        },
    }))
}

/// What was so is so no more. It is told where it had been told.
fn over(open: &ToldMatter, now: Now<'_>) -> Decision {
    if is_taken(open, now) {
        // Its begin is being told at this moment: the next report tells its end.
        return Decision::Nothing;
    }
    let next = ToldMatter {
        revision: open.revision + 1,
        ended_at: Some(now.at),
        requests: with(Some(open), now.reporter),
        ..open.clone()
    };
    if open.told_at.is_none() {
        return Decision::Count(Box::new(ToldMatter {
            teller: None,
            ..next
        }));
    }
    Decision::Tell(Box::new(Telling {
        why: Why::Over {
            before: Box::new(open.clone()),
        },
        headline: open.headline.clone(),
        outcome: open.outcome.clone(),
        row: ToldMatter {
            teller: Some(teller(now)),
            ..next
        },
    }))
}

fn teller(now: Now<'_>) -> Teller {
    Teller {
        request: now.teller.to_owned(),
        until: now.at + TELLING,
        sent: Vec::new(),
    }
}

fn with(row: Option<&ToldMatter>, reporter: &str) -> Vec<String> {
    let mut requests = row.map_or(Vec::new(), |row| row.requests.clone());
    if !requests.iter().any(|known| known == reporter) {
        requests.push(reporter.to_owned());
    }
    let too_many = requests.len().saturating_sub(MAX_REQUESTS);
    requests.drain(..too_many);
    requests
}

/// The row of a matter that has been told.
#[must_use]
pub(super) fn told(row: &ToldMatter, at: OffsetDateTime) -> ToldMatter {
    ToldMatter {
        revision: row.revision + 1,
        told_at: Some(at),
        teller: None,
        ..row.clone()
    }
}

/// The row of a matter that could not be told everywhere: the next try goes on.
#[must_use]
pub(super) fn sent_to(row: &ToldMatter, sent: &[String]) -> ToldMatter {
    let teller = row.teller.clone();
    ToldMatter {
        revision: row.revision + 1,
        teller: teller.map(|teller| Teller {
            sent: sent.to_vec(),
            ..teller
        }),
        ..row.clone()
    }
}

/// The row of a matter that is not told after all, since too many of its kind are.
#[must_use]
pub(super) fn held_back(row: &ToldMatter) -> ToldMatter {
    ToldMatter {
        revision: row.revision + 1,
        teller: None,
        ..row.clone()
    }
}

/// Whether one message more of an outcome is sent in this hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Room {
    /// It is, if this row can be written.
    Yes(Box<ToldMatter>),
    /// It is the last one, and says so.
    Last(Box<ToldMatter>),
    /// Too many were.
    No,
}

/// The row that counts the messages of an outcome.
#[must_use]
pub(super) fn about_room(outcome: &str) -> String {
    format!("messages {outcome}")
}

#[must_use]
pub(super) fn room(row: Option<&ToldMatter>, outcome: &str, at: OffsetDateTime) -> Room {
    let of_this_hour = row.filter(|row| at - row.since < BETWEEN);
    let sent = of_this_hour.map_or(0, |row| row.seen);
    if sent >= MAX_IN_AN_HOUR {
        return Room::No;
    }
    let next = Box::new(ToldMatter {
        about: about_room(outcome),
        revision: row.map_or(0, |row| row.revision) + 1,
        outcome: outcome.to_owned(),
        headline: String::new(),
        since: of_this_hour.map_or(at, |row| row.since),
        seen_at: at,
        seen: sent + 1,
        told_at: None,
        ended_at: None,
        teller: None,
        requests: Vec::new(),
        written_by: env!("CARGO_PKG_VERSION").to_owned(),
    });
    if sent + 1 == MAX_IN_AN_HOUR {
        Room::Last(next)
    } else {
        Room::Yes(next)
    }
}

/// The row after a message that could not be sent.
#[must_use]
pub(super) fn given_back(row: &ToldMatter) -> ToldMatter {
    ToldMatter {
        revision: row.revision + 1,
        seen: row.seen.saturating_sub(1),
        ..row.clone()
    }
}

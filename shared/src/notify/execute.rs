//! Telling: a row says that this run tells, the message goes out, a row says that it was told.
//!
//! Races: another run with the same matter, for each row. The ledger arbitrates by the revision, and what lost is decided
//! anew on the row that is there. A run that ends between the message and its row may tell it once more.

use super::decide::{self, Decision, Now, Room, about_room};
use super::messages::{self, Message};
use super::observe;
use super::state::{Case, Channel, HeardMatter, News, Notified, Telling};
use crate::clock::Clock;
use crate::cloud::CloudError;
use crate::cloud::publish::PublishNotice;
use crate::error::{Error, chain};
use crate::ledger::{ToldLedger, ToldMatter, UpdateError, Written};
use crate::ports::Ports;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

/// How many matters of one report are written at the same time.
const AT_ONCE: usize = 16;

/// How often a row is tried. In a storm, many runs write the same one.
const MAX_CONFLICTS: u32 = 12;

/// What one matter came to.
enum Claimed {
    Nothing,
    Counted,
    Mine(Box<Telling>),
}

/// Tells what is to be told of a report, in one message for each channel.
pub(super) async fn tell<C: PublishNotice, L: ToldLedger, K: Clock>(
    ports: &Ports<C, L, K>,
    case: &Case<'_>,
    news: &News,
) -> Result<Notified, Error> {
    let known = observe::rows(&ports.ledger, news).await?;
    let claims = stream::iter(news.matters.iter().enumerate()).map(|(place, matter)| {
        let row = known.get(&matter.about).cloned();
        async move { Ok::<_, Error>((place, claim(ports, case, news, matter, row).await?)) }
    });
    let mut claims: Vec<(usize, Claimed)> = claims.buffer_unordered(AT_ONCE).try_collect().await?;
    // The gravest comes first in a report.
    claims.sort_by_key(|(place, _)| *place);
    let mut notified = Notified::default();
    let mut mine = Vec::new();
    for (_, claimed) in claims {
        match claimed {
            Claimed::Nothing => {}
            Claimed::Counted => notified.counted += 1,
            Claimed::Mine(telling) => mine.push(*telling),
        }
    }
    if let Some(first) = mine.first() {
        let outcome = first.outcome.clone();
        notified.add(send(ports, case, news, mine, &outcome).await?);
    }
    Ok(notified)
}

/// Writes what a matter comes to, and decides anew when another run was faster.
async fn claim<C: PublishNotice, L: ToldLedger, K: Clock>(
    ports: &Ports<C, L, K>,
    case: &Case<'_>,
    news: &News,
    matter: &HeardMatter,
    mut row: Option<ToldMatter>,
) -> Result<Claimed, Error> {
    for tried in 1..=MAX_CONFLICTS {
        let now = Now {
            at: ports.clock.now(),
            reporter: &news.request,
            teller: case.request,
            settings: case.settings,
        };
        let decision = decide::decide(row.as_ref(), matter, now);
        let next = match &decision {
            Decision::Nothing => return Ok(Claimed::Nothing),
            Decision::Count(next) => next,
            Decision::Tell(telling) => &telling.row,
        };
        if written(ports, next).await? == Written::Stored {
            return Ok(match decision {
                Decision::Tell(telling) => Claimed::Mine(telling),
                _ => Claimed::Counted,
            });
        }
        if tried == MAX_CONFLICTS && matches!(decision, Decision::Count(_)) {
            // Others have counted a dozen times in this moment: the number is a lower bound.
            return Ok(Claimed::Counted);
        }
        ports.clock.sleep(pause(case.request, tried)).await;
        row = observe::row(&ports.ledger, &matter.about).await?;
    }
    Err(contended(&matter.about))
}

async fn written<C: PublishNotice, L: ToldLedger, K: Clock>(
    ports: &Ports<C, L, K>,
    row: &ToldMatter,
) -> Result<Written, Error> {
    let written = ports.ledger.put_told(row).await;
    written.map_err(|source| Error::LedgerUnwritten {
        done: format!("nothing was told yet of `{}`", row.about),
        source: UpdateError::Cloud(source),
    })
}

/// Runs that lost to each other come back at different moments.
fn pause(request: &str, tried: u32) -> Duration {
    let mut hasher = DefaultHasher::new();
    (request, tried).hash(&mut hasher);
    Duration::from_millis(5 + hasher.finish() % (25 * u64::from(tried)))
}

fn contended(about: &str) -> Error {
    Error::NotTold {
        what: format!("others changed the row of `{about}` {MAX_CONFLICTS} times in a row"),
        source: None,
    }
}

async fn send<C: PublishNotice, L: ToldLedger, K: Clock>(
    ports: &Ports<C, L, K>,
    case: &Case<'_>,
    news: &News,
    mine: Vec<Telling>,
    outcome: &str,
) -> Result<Notified, Error> {
    let (room, is_last) = match take_room(ports, case, outcome).await? {
        Room::No => {
            let counted = mine.len();
            note_all(ports, case, mine, decide::held_back).await;
            return Ok(Notified {
                counted,
                held_back: 1,
                ..Notified::default()
            });
        }
        Room::Yes(row) => (row, false),
        Room::Last(row) => (row, true),
    };
    let message = messages::of(news, &mine, is_last);
    let before = mine.first().and_then(|one| one.row.teller.clone());
    let mut sent = before.map_or(Vec::new(), |teller| teller.sent);
    let failure = publish(ports, case, &message, &mine, &mut sent).await;
    let now = ports.clock.now();
    let Some(failure) = failure else {
        note_all(ports, case, mine, |row| decide::told(row, now)).await;
        return Ok(Notified {
            told: vec![message.headline],
            ..Notified::default()
        });
    };
    note_all(ports, case, mine, |row| decide::sent_to(row, &sent)).await;
    let back = written(ports, &decide::given_back(&room)).await;
    if let Err(error) = back {
        tracing::warn!(
            error = chain(&error),
            "a message that was not sent counts as one"
        );
    }
    Err(Error::NotTold {
        what: format!("not told, and tried again: {}", message.headline),
        source: Some(failure),
    })
}

/// Sends to each place that tells one of these and has not been told; gives the last failure.
async fn publish<C: PublishNotice, L, K>(
    ports: &Ports<C, L, K>,
    case: &Case<'_>,
    message: &Message,
    mine: &[Telling],
    sent: &mut Vec<String>,
) -> Option<CloudError> {
    let mut failure = None;
    for channel in Channel::ALL {
        let is_told = |one: &Telling| channel.tells(&one.outcome, case.settings);
        let is_sent = sent.iter().any(|word| word == channel.word());
        let Some(topic) = channel.topic(case.settings) else {
            continue;
        };
        if is_sent || !mine.iter().any(is_told) {
            continue;
        }
        let (subject, body) = message.to(channel);
        match ports.cloud.publish(topic, subject, &body).await {
            Ok(()) => sent.push(channel.word().to_owned()),
            Err(error) => failure = Some(error),
        }
    }
    failure
}

/// One message more of this outcome, if the hour has room for it.
async fn take_room<C: PublishNotice, L: ToldLedger, K: Clock>(
    ports: &Ports<C, L, K>,
    case: &Case<'_>,
    outcome: &str,
) -> Result<Room, Error> {
    let about = about_room(outcome);
    for tried in 1..=MAX_CONFLICTS * 2 {
        let row = observe::row(&ports.ledger, &about).await?;
        let room = decide::room(row.as_ref(), outcome, ports.clock.now());
        let (Room::Yes(next) | Room::Last(next)) = &room else {
            return Ok(room);
        };
        if written(ports, next).await? == Written::Stored {
            return Ok(room);
        }
        ports.clock.sleep(pause(case.request, tried)).await;
    }
    Err(contended(&about))
}

/// Writes what became of a message, on the row as it is by now: others may have counted since. The message is out, so a
/// row that cannot be written fails nothing, and the matter may be told once more.
async fn note_all<C: PublishNotice, L: ToldLedger, K: Clock>(
    ports: &Ports<C, L, K>,
    case: &Case<'_>,
    mine: Vec<Telling>,
    change: impl Fn(&ToldMatter) -> ToldMatter,
) {
    let change = &change;
    let writes = stream::iter(mine).map(|one| async move {
        if let Err(error) = note(ports, case, one.row, change).await {
            tracing::warn!(error = chain(&error), "what was told is not in the ledger");
        }
    });
    writes.buffer_unordered(AT_ONCE).collect::<Vec<()>>().await;
}

async fn note<C: PublishNotice, L: ToldLedger, K: Clock>(
    ports: &Ports<C, L, K>,
    case: &Case<'_>,
    mut row: ToldMatter,
    change: impl Fn(&ToldMatter) -> ToldMatter,
) -> Result<(), Error> {
    for tried in 1..=MAX_CONFLICTS {
        if written(ports, &change(&row)).await? == Written::Stored {
            return Ok(());
        }
        ports.clock.sleep(pause(case.request, tried)).await;
        let now = observe::row(&ports.ledger, &row.about).await?;
        let is_mine = |now: &ToldMatter| {
            let teller = now.teller.as_ref();
            teller.is_some_and(|teller| teller.request == case.request)
        };
        match now.filter(is_mine) {
            Some(now) => row = now,
            None => return Ok(()),
        }
    }
    Err(contended(&row.about))
}

/// One message to each place, so that a person sees whether it arrives. A place that does not take it keeps no other one
/// from being tried, and the error names both. No row is read or written.
pub(super) async fn test<C: PublishNotice, L, K: Clock>(
    ports: &Ports<C, L, K>,
    case: &Case<'_>,
) -> Result<Notified, Error> {
    let message = messages::test(case.settings, ports.clock.now());
    let mut notified = Notified::default();
    let (mut took, mut refused) = (Vec::new(), Vec::new());
    for channel in Channel::ALL {
        let Some(topic) = channel.topic(case.settings) else {
            continue;
        };
        let (subject, body) = message.to(channel);
        match ports.cloud.publish(topic, subject, &body).await {
            Ok(()) => {
                let told = format!("{} to {topic}", message.headline);
                notified.told.push(told);
                took.push(topic);
            }
            Err(refusal) => refused.push((topic, refusal)),
        }
    }
    let Some((topic, source)) = refused.pop() else {
        return Ok(notified);
    };
    let mut missed: Vec<&str> = refused.iter().map(|(topic, _)| *topic).collect();
    missed.push(topic);
    let sent = match took.as_slice() {
        [] => "it went nowhere".to_owned(),
        took => format!("it went to {}", took.join(", ")),
    };
    Err(Error::NotTold {
        what: format!(
            "the test message was not sent to {}; {sent}",
            missed.join(", ")
        ),
        source: Some(source),
    })
}

//! Notify: tells people what the other functions report, off everybody's critical path. It renders nothing itself: a
//! report carries its headline and its text. What it adds is how often something came again, and that it is over.
//!
//! Who else tells, and what arbitrates:
//!
//! | actor | what arbitrates |
//! | --- | --- |
//! | another run with a report on the same matter | the matter's row: whoever writes its revision first tells, the other one counts |
//! | the same report by another way: log and bus | the row knows the last runs that it heard of |
//! | the same run of notify, tried again | the row says who is telling, and where it has sent its message already |
//! | a thousand reports in a minute | the row of their outcome: so many messages in an hour, and then no more |
//!
//! A message may come twice, when a run ends between the message and the row. None is lost quietly: a message that
//! cannot be sent fails the run, Lambda tries again, and an alarm tells without notify.

mod decide;
mod execute;
mod input;
mod log_lines;
mod messages;
mod observe;
mod reading;
mod standing;
pub mod state;

#[cfg(test)]
mod tests;

use crate::clock::Clock;
use crate::cloud::publish::PublishNotice;
use crate::error::Error;
use crate::ledger::ToldLedger;
use crate::model::ids::AccountId;
use crate::ports::Ports;
use crate::settings::Settings;
use serde_json::Value;
use state::{Case, Heard, Notified};

pub use standing::{Standing, standing};

/// Tells people what an event is about.
///
/// # Errors
/// When the event cannot be read, the ledger does not answer, or a message cannot be sent: the event is to be delivered
/// again.
pub async fn run<C: PublishNotice, L: ToldLedger, K: Clock>(
    ports: &Ports<C, L, K>,
    settings: &Settings,
    event: &Value,
    own: Option<&AccountId>,
    request: &str,
) -> Result<Notified, Error> {
    let case = Case { settings, request };
    let heard = input::heard(event, own, &settings.region)?;
    match heard {
        Heard::Nothing { why } => Ok(Notified::ignored(why)),
        Heard::Test => execute::test(ports, &case).await,
        Heard::News(news) => {
            let mut whole = Notified::default();
            let mut failure = None;
            for one in &news {
                match execute::tell(ports, &case, one).await {
                    Ok(notified) => whole.add(notified),
                    Err(error) => failure = Some(error),
                }
            }
            failure.map_or(Ok(whole), Err)
        }
    }
}

//! Whether an outcome goes on until another one ends it, is an act that is over once it is done, or ends what went on.

use crate::report::Outcome;

/// What kind of news an outcome is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It stands so until something else is heard of it. Told at once, then at most once an hour, then its end.
    Lasting,
    /// Something was done. Each time is news.
    Act,
    /// Nothing to tell, but the end of what was told before.
    Well,
}

/// What kind of news a word of a report is. A word that this version does not know lasts.
#[must_use]
pub fn standing(word: &str) -> Standing {
    let mut all = Outcome::GRAVEST_FIRST.into_iter();
    all.find(|outcome| outcome.word() == word)
        .map_or(Standing::Lasting, of)
}

fn of(outcome: Outcome) -> Standing {
    match outcome {
        Outcome::Reclaimed
        | Outcome::HandedOver
        | Outcome::Associated
        | Outcome::FailedOver
        | Outcome::SwitchedOver
        | Outcome::FailedBack => Standing::Act,
        Outcome::AlreadyOurs
        | Outcome::AlreadyPlaced
        | Outcome::AlreadyMoved
        | Outcome::Recovered
        | Outcome::Refreshed
        | Outcome::Ignored
        | Outcome::Resumed
        | Outcome::WouldAssociate => Standing::Well,
        Outcome::Failed
        | Outcome::Pending
        | Outcome::Lost
        | Outcome::OverQuota
        | Outcome::Denied
        | Outcome::LetGo
        | Outcome::RecordedOnly
        | Outcome::WouldReclaim
        | Outcome::Transferred
        | Outcome::TransferOffered
        | Outcome::Unprotected
        | Outcome::InterfaceLost
        | Outcome::ReclaimLoop
        | Outcome::NoFreeAddress
        | Outcome::NotPlaced
        | Outcome::Paused
        | Outcome::PartlyMoved
        | Outcome::Returned
        | Outcome::Refused
        | Outcome::WouldFailOver => Standing::Lasting,
    }
}

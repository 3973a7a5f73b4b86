//! Which outcomes people are told, in one place: a list of words.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::str::FromStr;

/// Every word that a list may have: the outcomes of reports, and `failed` of a run that ended with an error.
pub const OUTCOMES: [&str; 34] = [
    "failed",
    "reclaimed",
    "already-ours",
    "pending",
    "lost",
    "over-quota",
    "denied",
    "let-go",
    "recorded-only",
    "would-reclaim",
    "transferred",
    "transfer-offered",
    "unprotected",
    "interface-lost",
    "reclaim-loop",
    "associated",
    "already-placed",
    "no-free-address",
    "not-placed",
    "paused",
    "resumed",
    "handed-over",
    "would-associate",
    "failed-over",
    "switched-over",
    "failed-back",
    "already-moved",
    "partly-moved",
    "returned",
    "refused",
    "would-fail-over",
    "recovered",
    "refreshed",
    "ignored",
];

/// What is bad, and what was really done. Never what is routine.
const DEFAULT: &str = "failed,reclaimed,pending,lost,over-quota,denied,let-go,recorded-only,would-reclaim,transferred,\
     transfer-offered,unprotected,interface-lost,reclaim-loop,no-free-address,not-placed,paused,resumed,failed-over,\
     switched-over,failed-back,partly-moved,returned,refused,would-fail-over";

const NONE: &str = "none";

/// The outcomes that are told in one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToldOutcomes(BTreeSet<String>);

impl ToldOutcomes {
    /// Whether this one is told.
    #[must_use]
    pub fn has(&self, outcome: &str) -> bool {
        // A word that this version does not know is told rather than lost.
        self.0.contains(outcome) || (!self.0.is_empty() && !OUTCOMES.contains(&outcome))
    }
}

impl Default for ToldOutcomes {
    fn default() -> Self {
        Self(DEFAULT.split(',').map(str::to_owned).collect())
    }
}

impl FromStr for ToldOutcomes {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == NONE {
            return Ok(Self(BTreeSet::new()));
        }
        let words = text.split(',').map(str::trim);
        let known = words.map(|word| OUTCOMES.contains(&word).then(|| word.to_owned()));
        let known: Option<BTreeSet<String>> = known.collect();
        known
            .map(Self)
            .ok_or("expected outcomes of reports, separated by commas, or `none`")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_default_people_hear_what_is_bad_and_what_was_done_and_nothing_routine() {
        let told = ToldOutcomes::default();
        for loud in ["failed", "lost", "unprotected", "failed-over", "reclaimed"] {
            assert!(told.has(loud), "{loud}");
        }
        for quiet in ["refreshed", "ignored", "associated", "already-ours"] {
            assert!(!told.has(quiet), "{quiet}");
        }
    }

    #[test]
    fn a_word_that_nobody_knows_is_refused_in_the_setting_and_told_in_a_report() {
        assert!("lost,gone".parse::<ToldOutcomes>().is_err());
        assert!("".parse::<ToldOutcomes>().is_err());
        let told: ToldOutcomes = "lost, pending".parse().unwrap();
        assert!(told.has("pending") && !told.has("refused") && told.has("of-a-later-version"));
        let nothing: ToldOutcomes = "none".parse().unwrap();
        assert!(!nothing.has("lost") && !nothing.has("of-a-later-version"));
    }
}

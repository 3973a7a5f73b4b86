//! Which installation is at work. Each call to AWS carries its mark in the user agent, and CloudTrail's record of the
//! call has it. So an installation hears of another one with the same tags, from the events that it reads anyway.

use std::fmt;

/// Before the mark in a user agent. Source: AWS SDKs reference guide, "Application ID".
const BEFORE: &str = "app/";
const NAME: &str = "holdfast";

/// One installation: which tags it obeys, and which ledger is its own. A table's name is unique in its account and
/// region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Installation {
    tags: u32,
    ledger: u32,
}

impl Installation {
    /// The installation with these tags and this ledger.
    #[must_use]
    pub fn of(tag_prefix: &str, table: &str) -> Self {
        Self {
            tags: fingerprint(tag_prefix),
            ledger: fingerprint(table),
        }
    }

    /// The installation that made a call, where its user agent has such a mark.
    #[must_use]
    pub fn in_user_agent(user_agent: &str) -> Option<Self> {
        let mut marks = user_agent.split(BEFORE).skip(1);
        marks.find_map(Self::read)
    }

    fn read(mark: &str) -> Option<Self> {
        let mut parts = mark.strip_prefix(NAME)?.strip_prefix('~')?.splitn(2, '~');
        let (tags, ledger) = (parts.next()?, parts.next()?);
        let number = |text: &str| u32::from_str_radix(text.get(..8)?, 16).ok();
        Some(Self {
            tags: number(tags)?,
            ledger: number(ledger)?,
        })
    }

    /// Whether both obey the same tags, and each has a ledger of its own: they undo what the other does.
    #[must_use]
    pub fn rivals(self, other: Self) -> bool {
        self.tags == other.tags && self.ledger != other.ledger
    }
}

/// The application's name that every call carries: at most 50 letters, digits and some marks.
impl fmt::Display for Installation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{NAME}~{:08x}~{:08x}", self.tags, self.ledger)
    }
}

/// FNV-1a: the same in every build, which the standard library's own hashes do not promise.
fn fingerprint(text: &str) -> u32 {
    let start = 0x811c_9dc5;
    text.bytes().fold(start, |hash: u32, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(mark: Installation) -> Option<Installation> {
        let agent = format!(
            "[aws-sdk-rust/1.3.14 ua/2.1 api/ec2/1.274.0 os/linux lang/rust/1.94.1 app/{mark}]"
        );
        Installation::in_user_agent(&agent)
    }

    #[test]
    fn an_installation_is_known_by_what_its_calls_carry() {
        let own = Installation::of("holdfast", "holdfast-Ledger-1ABC");
        assert_eq!(seen(own), Some(own));
        assert_eq!(own.to_string(), "holdfast~63fb52a6~551f53c6");
        for other in [
            "app/terraform",
            "app/holdfast",
            "app/holdfast~x~y",
            "app/holdfast~1234",
            "",
        ] {
            assert_eq!(Installation::in_user_agent(other), None, "{other}");
        }
    }

    #[test]
    fn two_are_rivals_where_they_obey_the_same_tags_and_have_ledgers_of_their_own() {
        let own = Installation::of("holdfast", "ledger-1");
        assert!(own.rivals(Installation::of("holdfast", "ledger-2")));
        assert!(!own.rivals(Installation::of("acme", "ledger-2")));
        assert!(!own.rivals(own));
    }
}

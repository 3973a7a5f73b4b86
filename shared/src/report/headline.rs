//! The one line that a person reads first: what happened, and to which address. It is the subject of a mail, so it is
//! ASCII, has no line break, and fewer than 100 characters.
//! Source: SNS API reference, `Publish`, parameter `Subject`.

use super::{AddressReport, FailoverReport, MoveEnd, Outcome, PlacementReport};
use std::fmt::Display;

/// How many characters a headline has at most.
pub const MAX_CHARACTERS: usize = 99;

/// Who speaks: mails are filtered by it.
const WHO: &str = "Holdfast: ";

/// The words, as the subject of a mail takes them: another sign than ASCII's is a question mark, and what is too long
/// ends in dots. `place` is said at the end, whatever is cut.
#[must_use]
pub fn headline(words: &str, place: &str) -> String {
    let place = match place {
        "" => String::new(),
        place => format!(" ({})", plain(place)),
    };
    let room = MAX_CHARACTERS.saturating_sub(WHO.len() + place.len());
    let mut words = plain(words);
    if words.len() > room {
        words.truncate(room.saturating_sub(3));
        words = format!("{}...", words.trim_end());
    }
    let mut whole = format!("{WHO}{words}{place}");
    whole.truncate(MAX_CHARACTERS);
    whole
}

fn plain(text: &str) -> String {
    let signs = text.chars().map(|sign| match sign {
        ' '..='~' => sign,
        sign if sign.is_control() => ' ',
        _ => '?',
    });
    signs.collect()
}

pub(super) fn of_address(address: &AddressReport, outcome: Outcome) -> String {
    let what: &dyn Display = match &address.ip {
        Some(ip) => ip,
        None => &address.released_allocation,
    };
    match outcome {
        Outcome::Reclaimed => format!("{what} is back"),
        Outcome::AlreadyOurs => format!("{what} is back already"),
        Outcome::Pending => format!("{what} was released and is not back yet"),
        Outcome::Lost => format!("{what} is LOST"),
        Outcome::OverQuota => format!("{what} is not back yet: the address quota is full"),
        Outcome::Denied => format!("{what} is not back yet: the permission is missing"),
        Outcome::LetGo => format!("{what} was released and let go"),
        Outcome::RecordedOnly => format!("{what} was released and not taken back"),
        Outcome::WouldReclaim => {
            format!("{what} was released, and observe mode does not take it back")
        }
        Outcome::Transferred => format!("{what} belongs to another account now"),
        Outcome::TransferOffered => format!("{what} is offered to another account"),
        Outcome::ReclaimLoop => {
            format!("{what} is released as often as it is taken back: left")
        }
        _ => format!("{what}: {}", outcome.word()),
    }
}

pub(super) fn of_placement(placement: &PlacementReport, outcome: Outcome) -> String {
    let instance = &placement.instance;
    let addresses = several(placement.placed.iter().map(|placed| placed.ip));
    match outcome {
        Outcome::Associated => format!("{addresses} is on {instance}"),
        Outcome::NoFreeAddress => format!("{instance} has no address: none of its group is free"),
        Outcome::NotPlaced => format!("{instance} has no address: EC2 does not let it have one"),
        Outcome::HandedOver => format!("{addresses} went on from {instance}, which stops"),
        Outcome::WouldAssociate => {
            format!("{instance} would get {addresses}; observe mode changes nothing")
        }
        _ => format!("{instance}: {}", outcome.word()),
    }
}

pub(super) fn of_failover(failover: &FailoverReport, outcome: Outcome) -> String {
    let group = &failover.group;
    let ended = |end: MoveEnd| {
        let moves = failover.moves.iter().filter(move |each| each.end == end);
        several(moves.flat_map(|each| {
            let private = each
                .private_ips
                .iter()
                .filter(|_| each.public_ips.is_empty());
            each.public_ips.iter().chain(private)
        }))
    };
    let to = failover.moves.iter().find_map(|each| match each.end {
        MoveEnd::Moved | MoveEnd::WouldMove => each.to.as_ref(),
        _ => None,
    });
    let to = to.map_or("another member".to_owned(), ToString::to_string);
    match outcome {
        Outcome::FailedOver => {
            format!("{} of {group} failed over to {to}", ended(MoveEnd::Moved))
        }
        Outcome::SwitchedOver => {
            format!("{} of {group} switched over to {to}", ended(MoveEnd::Moved))
        }
        Outcome::FailedBack => {
            format!("{} of {group} is back on {to}", ended(MoveEnd::Moved))
        }
        Outcome::PartlyMoved => {
            format!("only a part of {group} moved: {}", ended(MoveEnd::Moved))
        }
        Outcome::Returned => {
            format!("no standby of {group} took {}", ended(MoveEnd::Returned))
        }
        Outcome::Refused => format!("nothing of {group} was moved, though it should have been"),
        Outcome::WouldFailOver => format!(
            "{} of {group} would move to {to}; nothing is changed",
            ended(MoveEnd::WouldMove)
        ),
        Outcome::AlreadyMoved => format!("{group} is with a healthy member already"),
        Outcome::Recovered => format!("{group} is well again, nothing was moved"),
        _ => format!("{group}: {}", outcome.word()),
    }
}

/// The first, and how many more there are.
pub(super) fn several(things: impl IntoIterator<Item = impl Display>) -> String {
    let mut things = things.into_iter();
    let Some(first) = things.next() else {
        return "an address".to_owned();
    };
    match things.count() {
        0 => first.to_string(),
        more => format!("{first} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_headline_is_the_subject_of_a_mail_whatever_the_tags_hold() {
        let long = "x".repeat(300);
        for words in [
            "203.0.113.7 is back",
            "gr\u{fc}n\nSubject: forged\r\n\u{1f6a8}\u{7f}",
            long.as_str(),
            "",
        ] {
            let line = headline(words, "eu-west-1");
            assert!(
                line.starts_with(WHO) && line.ends_with(" (eu-west-1)"),
                "{line}"
            );
            assert!(line.len() < 100, "{line}");
            assert!(
                line.bytes().all(|byte| (b' '..=b'~').contains(&byte)),
                "{line}"
            );
        }
        assert!(headline(&long, &long).len() < 100);
        assert_eq!(headline("all is well", ""), "Holdfast: all is well");
    }

    #[test]
    fn of_several_things_the_first_is_named_and_the_others_are_counted() {
        assert_eq!(several(["a"]), "a");
        assert_eq!(several(["a", "b", "c"]), "a and 2 more");
        assert_eq!(several(std::iter::empty::<&str>()), "an address");
    }
}

//! Which of several outcomes a person has to hear of first. One order for all of them, so that every report that
//! sums up others has the same one.

use super::Outcome;

impl Outcome {
    /// Every outcome, the gravest first.
    pub const GRAVEST_FIRST: [Self; 34] = [
        Self::Failed,
        Self::Lost,
        Self::Transferred,
        Self::ReclaimLoop,
        Self::TransferOffered,
        Self::Unprotected,
        Self::InterfaceLost,
        Self::Refused,
        Self::PartlyMoved,
        Self::Returned,
        Self::Denied,
        Self::OverQuota,
        Self::Pending,
        Self::NotPlaced,
        Self::NoFreeAddress,
        Self::Paused,
        Self::FailedOver,
        Self::SwitchedOver,
        Self::FailedBack,
        Self::Reclaimed,
        Self::HandedOver,
        Self::Associated,
        Self::WouldReclaim,
        Self::WouldFailOver,
        Self::WouldAssociate,
        Self::RecordedOnly,
        Self::LetGo,
        Self::Refreshed,
        Self::Resumed,
        Self::AlreadyMoved,
        Self::AlreadyOurs,
        Self::AlreadyPlaced,
        Self::Recovered,
        Self::Ignored,
    ];

    /// How grave it is: the gravest is 0.
    #[must_use]
    pub fn gravity(self) -> usize {
        let place = Self::GRAVEST_FIRST.iter().position(|each| *each == self);
        place.unwrap_or(Self::GRAVEST_FIRST.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// An outcome that is new fails to compile here: it needs a number, and a place in the order.
    fn number(outcome: Outcome) -> usize {
        match outcome {
            Outcome::Reclaimed => 0,
            Outcome::AlreadyOurs => 1,
            Outcome::Pending => 2,
            Outcome::Lost => 3,
            Outcome::OverQuota => 4,
            Outcome::Denied => 5,
            Outcome::LetGo => 6,
            Outcome::RecordedOnly => 7,
            Outcome::WouldReclaim => 8,
            Outcome::Transferred => 9,
            Outcome::TransferOffered => 10,
            Outcome::ReclaimLoop => 11,
            Outcome::Associated => 12,
            Outcome::AlreadyPlaced => 13,
            Outcome::NoFreeAddress => 14,
            Outcome::NotPlaced => 15,
            Outcome::HandedOver => 16,
            Outcome::WouldAssociate => 17,
            Outcome::FailedOver => 18,
            Outcome::SwitchedOver => 19,
            Outcome::FailedBack => 20,
            Outcome::AlreadyMoved => 21,
            Outcome::PartlyMoved => 22,
            Outcome::Returned => 23,
            Outcome::Refused => 24,
            Outcome::WouldFailOver => 25,
            Outcome::Recovered => 26,
            Outcome::Ignored => 27,
            Outcome::Refreshed => 28,
            Outcome::InterfaceLost => 29,
            Outcome::Unprotected => 30,
            Outcome::Failed => 31,
            Outcome::Paused => 32,
            Outcome::Resumed => 33,
        }
    }

    #[test]
    fn every_outcome_has_its_place_in_the_order() {
        let named: BTreeSet<usize> = Outcome::GRAVEST_FIRST.map(number).into();
        let all: BTreeSet<usize> = (0..=number(Outcome::Resumed)).collect();
        assert_eq!(named, all);
        for (place, outcome) in Outcome::GRAVEST_FIRST.into_iter().enumerate() {
            assert_eq!(outcome.gravity(), place, "{outcome:?}");
        }
    }

    #[test]
    fn what_a_person_has_to_act_on_comes_before_what_is_done() {
        for (graver, other) in [
            (Outcome::Lost, Outcome::Reclaimed),
            (Outcome::Pending, Outcome::Reclaimed),
            (Outcome::Refused, Outcome::FailedOver),
            (Outcome::Returned, Outcome::FailedOver),
            (Outcome::WouldFailOver, Outcome::AlreadyMoved),
            (Outcome::Refreshed, Outcome::AlreadyOurs),
        ] {
            assert!(graver.gravity() < other.gravity(), "{graver:?}, {other:?}");
        }
    }
}

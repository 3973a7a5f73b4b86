//! What a run makes of a look after it has placed an address: EC2's answers lag, and others act meanwhile.

use super::super::attempts::Attempts;
use super::super::execute::AssociateOutcome;
use super::*;

/// A run that has just taken an address from a stopped instance for a running one.
struct Taken {
    seen: Seen,
    done: Attempts,
}

fn taken() -> Taken {
    let seen = seen()
        .address_on(1, 2, &[])
        .in_state(2, InstanceState::Stopped)
        .running(1);
    let step = seen.step(1);
    let mut done = Attempts::default();
    let placed = AssociateOutcome::Placed(step.at(None));
    done.note(&[step], vec![placed]);
    Taken { seen, done }
}

impl Taken {
    /// Who has the address after a look that shows it with that instance, or with none.
    fn looks(&mut self, shown: Option<u8>) -> Option<InstanceId> {
        let mut look = self.seen.observed.clone();
        let before = look.addresses[0].association.take();
        look.addresses[0].association = shown.map(|number| match number {
            2 => before.unwrap(),
            number => Association {
                id: format!("eipassoc-1{number}").parse().unwrap(),
                eni: Some(format!("eni-{number:02}").parse().unwrap()),
                private_ip: Some(private_ip(number, 0)),
                instance: Some(id(number)),
            },
        });
        let known = self.done.on(look);
        known.addresses[0].association.clone()?.instance
    }
}

#[test]
fn what_was_placed_is_there_until_ec2_shows_it() {
    let mut taken = taken();
    for lagging in [Some(2), None, Some(2)] {
        assert_eq!(taken.looks(lagging), Some(id(1)), "{lagging:?}");
    }
    assert_eq!(taken.looks(Some(1)), Some(id(1)));
}

#[test]
fn what_was_shown_and_is_no_more_was_taken_away() {
    let mut taken = taken();
    taken.looks(Some(1));
    assert_eq!(taken.looks(None), None);
}

#[test]
fn what_was_shown_and_is_with_the_holder_before_again_was_given_back() {
    let mut taken = taken();
    taken.looks(Some(1));
    assert_eq!(taken.looks(Some(2)), Some(id(2)));
}

#[test]
fn what_somebody_else_was_seen_to_have_is_not_ours_any_more() {
    for later in [None, Some(2)] {
        let mut taken = taken();
        assert_eq!(taken.looks(Some(7)), Some(id(7)));
        assert_eq!(taken.looks(later), later.map(id));
    }
}

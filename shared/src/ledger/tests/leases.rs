//! Who has a lease, and what its row notes.

use super::minute;
use crate::ids::InstanceId;
use crate::ledger::Lease;
use crate::ledger::lease::{Claim, Episode, Held};
use std::collections::{BTreeMap, BTreeSet};

fn instance(number: u8) -> InstanceId {
    format!("i-{number}").parse().unwrap()
}

fn episode(sick: &[u8], to: Option<u8>, began: i64) -> Episode {
    Episode {
        cause: "alarm web".to_owned(),
        alarms: Vec::new(),
        fired_at: minute(0),
        sick: sick
            .iter()
            .map(|number| instance(*number))
            .collect::<BTreeSet<_>>(),
        loosened: Vec::new(),
        fences: BTreeMap::new(),
        began_at: minute(began),
        ended_at: None,
        to: to.map(instance),
    }
}

fn claim(owner: &str, now: i64) -> Claim {
    Claim {
        group: "web".to_owned(),
        hold: Held {
            owner: owner.to_owned(),
            until: minute(now + 10),
        },
        now: minute(now),
        episode: episode(&[1], None, now),
    }
}

#[test]
fn a_lease_is_anothers_until_its_time_is_up() {
    let held = Lease::new("web").granted(&claim("one", 0));
    assert!(held.is_others("other", minute(0)));
    assert!(held.is_others("other", minute(9)));
    assert!(!held.is_others("other", minute(10)));
    assert!(!held.is_others("one", minute(5)));
    assert!(!Lease::new("web").is_others("other", minute(0)));
}

#[test]
fn a_lease_that_is_granted_counts_and_keeps_what_is_under_way() {
    let first = Lease::new("web").granted(&claim("one", 0));
    assert_eq!((first.group.as_str(), first.fencing), ("web", 1));
    assert_eq!(first.held, Some(claim("one", 0).hold));
    assert_eq!(first.under_way, Some(claim("one", 0).episode));
    let next = first.granted(&claim("other", 20));
    assert_eq!(
        (next.fencing, next.held),
        (2, Some(claim("other", 20).hold))
    );
    assert_eq!(next.under_way, Some(claim("one", 0).episode));
}

#[test]
fn what_is_noted_of_who_took_over_is_told_from_what_is_not() {
    let row = |noted: Episode, last: Episode| Lease {
        under_way: Some(noted),
        last: Some(last),
        ..Lease::new("web")
    };
    let last = || episode(&[1], Some(2), 1);
    assert!(row(episode(&[2], None, 5), last()).is_about_who_took_over());
    assert!(row(episode(&[2], None, 1), last()).is_about_who_took_over());
    assert!(!row(episode(&[2], None, 0), last()).is_about_who_took_over());
    assert!(!row(episode(&[1], None, 5), last()).is_about_who_took_over());
    assert!(!row(episode(&[2, 3], None, 5), last()).is_about_who_took_over());
    assert!(!row(episode(&[], None, 5), episode(&[1], None, 1)).is_about_who_took_over());
    let other_cause = Episode {
        cause: "alarm db".to_owned(),
        ..episode(&[2], None, 5)
    };
    assert!(!row(other_cause, last()).is_about_who_took_over());
    let fired_again = Episode {
        fired_at: minute(4),
        ..episode(&[2], None, 5)
    };
    assert!(!row(fired_again, last()).is_about_who_took_over());
    assert!(!Lease::new("web").is_about_who_took_over());
}

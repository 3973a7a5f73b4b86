//! Who has a lease, and what its row notes.

use super::minute;
use crate::ledger::Lease;
use crate::ledger::lease::{Claim, FailoverRecord, LeaseHold};
use crate::model::ids::InstanceId;
use std::collections::{BTreeMap, BTreeSet};

fn instance(number: u8) -> InstanceId {
    format!("i-{number}").parse().unwrap()
}

fn failover_record(failed_members: &[u8], to: Option<u8>, began: i64) -> FailoverRecord {
    FailoverRecord {
        cause: "alarm web".to_owned(),
        alarms: Vec::new(),
        fired_at: minute(0),
        failed_members: failed_members
            .iter()
            .map(|number| instance(*number))
            .collect::<BTreeSet<_>>(),
        pending_reassociation: Vec::new(),
        former_targets: BTreeMap::new(),
        pending_fences: BTreeMap::new(),
        began_at: minute(began),
        ended_at: None,
        to: to.map(instance),
    }
}

fn claim(owner: &str, now: i64) -> Claim {
    Claim {
        group: "web".to_owned(),
        hold: LeaseHold {
            owner: owner.to_owned(),
            until: minute(now + 10),
        },
        now: minute(now),
        record: failover_record(&[1], None, now),
    }
}

#[test]
fn a_lease_is_anothers_until_its_time_is_up() {
    let held = Lease::new("web").granted(&claim("one", 0));
    assert!(held.is_held_by_other("other", minute(0)));
    assert!(held.is_held_by_other("other", minute(9)));
    assert!(!held.is_held_by_other("other", minute(10)));
    assert!(!held.is_held_by_other("one", minute(5)));
    assert!(!Lease::new("web").is_held_by_other("other", minute(0)));
}

#[test]
fn a_lease_that_is_granted_counts_and_keeps_what_is_under_way() {
    let first = Lease::new("web").granted(&claim("one", 0));
    assert_eq!((first.group.as_str(), first.lease_number), ("web", 1));
    assert_eq!(first.held, Some(claim("one", 0).hold));
    assert_eq!(first.in_progress, Some(claim("one", 0).record));
    let next = first.granted(&claim("other", 20));
    assert_eq!(
        (next.lease_number, next.held),
        (2, Some(claim("other", 20).hold))
    );
    assert_eq!(next.in_progress, Some(claim("one", 0).record));
}

#[test]
fn what_is_noted_of_who_took_over_is_told_from_what_is_not() {
    let row = |noted: FailoverRecord, last: FailoverRecord| Lease {
        in_progress: Some(noted),
        last: Some(last),
        ..Lease::new("web")
    };
    let last = || failover_record(&[1], Some(2), 1);
    assert!(row(failover_record(&[2], None, 5), last()).targets_new_holder());
    assert!(row(failover_record(&[2], None, 1), last()).targets_new_holder());
    assert!(!row(failover_record(&[2], None, 0), last()).targets_new_holder());
    assert!(!row(failover_record(&[1], None, 5), last()).targets_new_holder());
    assert!(!row(failover_record(&[2, 3], None, 5), last()).targets_new_holder());
    assert!(
        !row(
            failover_record(&[], None, 5),
            failover_record(&[1], None, 1)
        )
        .targets_new_holder()
    );
    let other_cause = FailoverRecord {
        cause: "alarm db".to_owned(),
        ..failover_record(&[2], None, 5)
    };
    assert!(!row(other_cause, last()).targets_new_holder());
    let fired_again = FailoverRecord {
        fired_at: minute(4),
        ..failover_record(&[2], None, 5)
    };
    assert!(!row(fired_again, last()).targets_new_holder());
    assert!(!Lease::new("web").targets_new_holder());
}

//! What may take the place of what, in the record of a release.

use crate::ledger::ReleaseStatus;
use crate::ledger::release::{LostReason, PendingReason};

fn pending(reason: PendingReason) -> ReleaseStatus {
    ReleaseStatus::Pending { reason }
}

fn reclaimed(restored: bool) -> ReleaseStatus {
    ReleaseStatus::Reclaimed {
        allocation: "eipalloc-2".parse().unwrap(),
        restored,
    }
}

fn final_statuses() -> [ReleaseStatus; 4] {
    [
        reclaimed(true),
        ReleaseStatus::Lost {
            reason: LostReason::Deadline,
        },
        ReleaseStatus::LetGo {
            reason: "exempt".to_owned(),
        },
        ReleaseStatus::Transferred { to_account: None },
    ]
}

#[test]
fn a_row_that_says_why_in_the_words_of_an_earlier_version_is_read() {
    let reason: LostReason = serde_json::from_str("\"another-account\"").unwrap();
    assert_eq!(reason, LostReason::Deadline);
}

/// What is not final, each knowing more than the one before.
fn open() -> [ReleaseStatus; 4] {
    [
        pending(PendingReason::UnknownAddress),
        ReleaseStatus::Recorded,
        pending(PendingReason::NotAvailable),
        reclaimed(false),
    ]
}

#[test]
fn a_settled_release_stays_settled() {
    for before in final_statuses() {
        assert!(before.is_final(), "{before:?}");
        for next in final_statuses().iter().chain(&open()) {
            assert!(!next.may_follow(&before), "{next:?} after {before:?}");
        }
    }
}

#[test]
fn an_open_release_may_be_settled_in_any_way() {
    for before in open() {
        assert!(!before.is_final(), "{before:?}");
        for next in final_statuses() {
            assert!(next.may_follow(&before), "{next:?} after {before:?}");
        }
    }
}

#[test]
fn what_is_known_of_an_open_release_is_not_given_up_for_less() {
    for (known, before) in open().iter().enumerate() {
        for (now, next) in open().iter().enumerate() {
            let may = now >= known;
            assert_eq!(next.may_follow(before), may, "{next:?} after {before:?}");
        }
    }
    let denied = pending(PendingReason::Denied);
    assert!(denied.may_follow(&pending(PendingReason::OverQuota)));
}

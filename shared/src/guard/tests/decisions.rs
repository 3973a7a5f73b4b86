//! Whether an address is taken back.

use super::*;
use crate::ledger::release::{LostReason, PendingReason};
use crate::report::Outcome;

#[test]
fn a_protected_address_is_asked_for_in_its_border_group() {
    let request = released().plan().request;
    assert_eq!(request.ip, IP);
    assert_eq!(request.border_group.unwrap().0, "eu-west-1");
}

#[test]
fn the_border_group_of_the_release_beats_that_of_the_snapshot() {
    let mut released = released();
    released.loss.border_group = Some(crate::ids::BorderGroup("eu-west-1-lz-1a".to_owned()));
    assert_eq!(
        released.plan().request.border_group.unwrap().0,
        "eu-west-1-lz-1a"
    );
}

#[test]
fn an_address_tagged_record_is_only_recorded() {
    let conclusion = released().tagged("record").conclusion();
    assert_eq!(conclusion.outcome, Outcome::RecordedOnly);
    assert_eq!(conclusion.status, ReleaseStatus::Recorded);
}

#[test]
fn an_address_tagged_none_is_let_go() {
    assert_eq!(
        released().tagged("none").conclusion().outcome,
        Outcome::LetGo
    );
}

#[test]
fn an_untagged_address_follows_the_default() {
    assert_eq!(
        released().untagged().conclusion().outcome,
        Outcome::RecordedOnly
    );
    let reclaiming = released()
        .untagged()
        .set("HOLDFAST_DEFAULT_PROTECTION", "reclaim");
    assert_eq!(reclaiming.plan().request.ip, IP);
}

#[test]
fn a_protect_tag_removed_before_the_release_means_that_it_was_meant() {
    let released = released()
        .untagged_before(Duration::minutes(5))
        .set("HOLDFAST_DEFAULT_PROTECTION", "reclaim");
    let conclusion = released.conclusion();
    assert_eq!(conclusion.outcome, Outcome::LetGo);
    assert!(
        conclusion.why.ends_with("2026-03-07T11:55:00Z by arn:kim"),
        "{}",
        conclusion.why
    );
}

#[test]
fn a_value_that_is_no_protection_counts_as_the_default_and_is_reported() {
    let conclusion = released().tagged("yes").conclusion();
    assert_eq!(conclusion.outcome, Outcome::RecordedOnly);
    assert!(
        conclusion.findings[0]
            .what
            .contains("holdfast:protect=`yes`")
    );
}

#[test]
fn upper_case_protects_as_well() {
    assert_eq!(released().tagged(" Reclaim").plan().request.ip, IP);
}

#[test]
fn an_exempt_role_may_release_whoever_uses_it() {
    let released = released().set(
        "HOLDFAST_EXEMPT_PRINCIPALS",
        "arn:aws:iam::111122223333:role/ops",
    );
    let conclusion = released.conclusion();
    assert_eq!(conclusion.outcome, Outcome::LetGo);
    assert!(conclusion.why.contains("role/ops"));
}

#[test]
fn an_exempt_principal_needs_no_look_at_the_trail() {
    let released = released().unknown_to_the_ledger().set(
        "HOLDFAST_EXEMPT_PRINCIPALS",
        "arn:aws:sts::*:assumed-role/ops/*",
    );
    assert_eq!(released.conclusion().outcome, Outcome::LetGo);
}

#[test]
fn an_address_that_a_service_managed_is_the_services_business() {
    let released =
        released().snapshot(|snapshot| snapshot.service_managed = Some("alb".to_owned()));
    assert_eq!(released.conclusion().outcome, Outcome::LetGo);
}

#[test]
fn a_release_in_another_region_is_another_installations_business() {
    let elsewhere = released().set("AWS_REGION", "us-east-1");
    let Decision::Ignore { why } = elsewhere.decision() else {
        panic!("it was not ignored")
    };
    assert_eq!(
        why,
        "it happened in eu-west-1, and this installation looks after us-east-1"
    );
}

#[test]
fn an_address_the_ledger_does_not_know_is_asked_of_the_trail() {
    assert_eq!(
        released().unknown_to_the_ledger().decision(),
        Decision::AskTrail
    );
}

#[test]
fn an_address_nobody_knows_is_pending_until_its_allocation_is_heard_of() {
    let conclusion = released()
        .unknown_to_the_ledger()
        .and_the_trail_was_asked()
        .conclusion();
    let reason = PendingReason::UnknownAddress;
    assert_eq!(conclusion.status, ReleaseStatus::Pending { reason });
}

#[test]
fn an_address_nobody_knows_is_lost_after_the_deadline() {
    let released = released().unknown_to_the_ledger().and_the_trail_was_asked();
    let conclusion = released.after(Duration::hours(73)).conclusion();
    assert_eq!(
        conclusion.status,
        ReleaseStatus::Lost {
            reason: LostReason::Deadline
        }
    );
}

#[test]
fn a_release_older_than_the_deadline_is_lost() {
    assert_eq!(
        released().after(Duration::hours(73)).conclusion().outcome,
        Outcome::Lost
    );
    assert_eq!(released().after(Duration::hours(71)).plan().request.ip, IP);
}

#[test]
fn what_is_settled_stays_settled() {
    let allocation = "eipalloc-0b".parse().unwrap();
    let released = released().recorded_as(ReleaseStatus::Reclaimed {
        allocation,
        restored: true,
    });
    assert!(matches!(released.decision(), Decision::AlreadySettled(_)));
}

#[test]
fn a_half_restored_address_is_resumed_under_its_new_allocation() {
    let allocation: crate::ids::AllocationId = "eipalloc-0b".parse().unwrap();
    let status = ReleaseStatus::Reclaimed {
        allocation: allocation.clone(),
        restored: false,
    };
    assert_eq!(
        released().recorded_as(status).plan().resume,
        Some(allocation)
    );
}

#[test]
fn what_observe_mode_recorded_is_taken_back_once_enforce_is_on() {
    assert_eq!(
        released()
            .recorded_as(ReleaseStatus::Recorded)
            .plan()
            .request
            .ip,
        IP
    );
}

#[test]
fn a_pending_address_is_asked_for_again() {
    let status = ReleaseStatus::Pending {
        reason: PendingReason::NotAvailable,
    };
    assert_eq!(released().recorded_as(status).plan().request.ip, IP);
}

//! Whether an address is taken back.

use super::super::plan;
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
    released.release.border_group =
        Some(crate::model::ids::BorderGroup("eu-west-1-lz-1a".to_owned()));
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
        released().unknown_to_the_ledger().first_decision(),
        FirstDecision::LookUpEvents
    );
}

fn known_from_an_event_alone() -> super::Released {
    let mut told = released().snapshot(|snapshot| snapshot.unconfirmed = true);
    told.observed.ledger.snapshot = told.observed.snapshot.take();
    told.observed.known_from = None;
    told
}

#[test]
fn an_address_that_only_an_event_told_of_is_asked_of_the_trail_first() {
    assert_eq!(
        known_from_an_event_alone().first_decision(),
        FirstDecision::LookUpEvents
    );
}

#[test]
fn an_address_that_only_an_event_told_of_is_not_asked_for_while_the_trail_does_not_know_it() {
    let told = known_from_an_event_alone().and_the_trail_was_asked();
    let conclusion = told.conclusion();
    assert_eq!(conclusion.outcome, Outcome::Pending);
    assert!(conclusion.is_unknown_address());
    let why = "an event alone told the ledger that it was 203.0.113.7";
    assert!(conclusion.why.starts_with(why), "{}", conclusion.why);
}

#[test]
fn what_the_trail_says_counts_where_an_event_told_of_another_address() {
    let mut told = released().and_the_trail_was_asked();
    told.observed.ledger.snapshot.iter_mut().for_each(|row| {
        row.unconfirmed = true;
        row.ip = std::net::Ipv4Addr::new(203, 0, 113, 99);
    });
    let plan = told.plan();
    assert_eq!(plan.request.ip, super::IP);
    let said = "the ledger has 203.0.113.99 for eipalloc-0a, and CloudTrail says";
    assert!(
        plan.findings[0].what.starts_with(said),
        "{:?}",
        plan.findings
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
    assert!(matches!(released.decision(), Decision::AlreadyHandled(_)));
}

#[test]
fn a_half_restored_address_is_resumed_under_its_new_allocation() {
    let allocation: crate::model::ids::AllocationId = "eipalloc-0b".parse().unwrap();
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

#[test]
fn the_border_group_of_the_snapshot_is_asked_for_where_the_release_names_none() {
    let mut released = released();
    released.release.border_group = None;
    let group = released.plan().request.border_group;
    assert_eq!(group.unwrap().0, "eu-west-1");
}

#[test]
fn the_deadline_is_the_last_moment() {
    assert_eq!(released().after(Duration::hours(72)).plan().request.ip, IP);
    let late = released().after(Duration::hours(72) + Duration::seconds(1));
    let conclusion = late.conclusion();
    assert_eq!(conclusion.outcome, Outcome::Lost);
    assert!(
        conclusion.why.contains("more than 72 hours ago"),
        "{}",
        conclusion.why
    );
}

#[test]
fn what_is_back_is_restored_whenever_that_is_and_whoever_released_it() {
    let half = ReleaseStatus::Reclaimed {
        allocation: "eipalloc-0b".parse().unwrap(),
        restored: false,
    };
    let late = released()
        .recorded_as(half.clone())
        .after(Duration::hours(100));
    assert!(late.plan().resume.is_some());
    let fought_over = released()
        .recorded_as(half.clone())
        .taken_back(&[Duration::hours(1); 3]);
    assert!(fought_over.plan().resume.is_some());
    let exempt = released().recorded_as(half).set(
        "HOLDFAST_EXEMPT_PRINCIPALS",
        "arn:aws:iam::111122223333:role/ops",
    );
    assert!(exempt.plan().resume.is_some());
}

#[test]
fn what_a_first_delivery_does_not_know_is_asked_of_the_trail_however_late_it_is() {
    let late = || {
        released()
            .unknown_to_the_ledger()
            .after(Duration::hours(73))
    };
    assert_eq!(late().first_decision(), FirstDecision::LookUpEvents);
    let reason = PendingReason::UnknownAddress;
    let pending = late().recorded_as(ReleaseStatus::Pending { reason });
    assert_eq!(pending.conclusion().outcome, Outcome::Lost);
    let early = released()
        .unknown_to_the_ledger()
        .recorded_as(ReleaseStatus::Pending { reason });
    assert_eq!(early.first_decision(), FirstDecision::LookUpEvents);
}

#[test]
fn who_was_given_another_address_looks_before_asking_again() {
    let pending = |reason| released().recorded_as(ReleaseStatus::Pending { reason });
    assert!(pending(PendingReason::WrongAddress).plan().check_first);
    assert!(!pending(PendingReason::NotAvailable).plan().check_first);
    assert!(
        !released().plan().check_first,
        "a first delivery loses no time"
    );
}

#[test]
fn the_reason_names_the_tag_or_the_default() {
    let tagged = released().tagged("none").conclusion();
    assert_eq!(
        tagged.why,
        "its protection is `none` (tag holdfast:protect=none)"
    );
    let untagged = released().untagged().conclusion();
    let why = "its protection is `record` (no tag holdfast:protect, so the default)";
    assert_eq!(untagged.why, why);
}

#[test]
fn a_removal_of_the_protect_tag_counts_up_to_the_release_and_not_after_it() {
    let protecting = |before| {
        released()
            .untagged_before(before)
            .set("HOLDFAST_DEFAULT_PROTECTION", "reclaim")
    };
    let conclusion = protecting(Duration::ZERO).conclusion();
    assert_eq!(conclusion.outcome, Outcome::LetGo);
    assert_eq!(protecting(-Duration::seconds(1)).plan().request.ip, IP);
}

#[test]
fn a_removal_that_was_only_seen_says_when() {
    let seen = released()
        .untagged_before(Duration::minutes(5))
        .set("HOLDFAST_DEFAULT_PROTECTION", "reclaim")
        .snapshot(|row| row.unprotected.iter_mut().for_each(|it| it.by = None));
    let why = seen.conclusion().why;
    assert!(why.ends_with("seen at 2026-03-07T11:55:00Z"), "{why}");
}

#[test]
fn an_exempt_principal_that_only_the_record_names_is_let_go() {
    let status = ReleaseStatus::Recorded;
    let mut released = released().recorded_as(status).set(
        "HOLDFAST_EXEMPT_PRINCIPALS",
        "arn:aws:iam::111122223333:role/ops",
    );
    let actor = released.release.call.take().unwrap().actor;
    released.observed.ledger.release.as_mut().unwrap().actor = actor;
    assert_eq!(released.conclusion().outcome, Outcome::LetGo);
}

#[test]
fn an_address_is_left_when_it_was_taken_back_three_times_within_a_day() {
    let hour = Duration::hours(1);
    let twice = released().taken_back(&[hour, hour * 2]);
    assert_eq!(twice.plan().request.ip, IP);
    let thrice = released().taken_back(&[hour, hour * 2, hour * 23]);
    let conclusion = thrice.conclusion();
    assert_eq!(conclusion.outcome, Outcome::ReclaimLoop);
    assert!(
        conclusion
            .why
            .starts_with("it was taken back 3 times within a day")
    );
    let a_day_ago = released().taken_back(&[hour, hour * 2, hour * 24]);
    assert_eq!(a_day_ago.plan().request.ip, IP);
}

#[test]
fn a_fight_names_who_released_it_how_often() {
    let hour = Duration::hours(1);
    let why = released()
        .taken_back(&[hour, hour * 2, hour * 3])
        .conclusion()
        .why;
    let actors = "arn:aws:iam::111122223333:role/ops, 1 times; somebody not named, 3 times";
    assert!(why.ends_with(&format!("({actors})")), "{why}");
}

#[test]
fn the_commands_by_hand_name_what_they_are_about() {
    let lost = plan::how_to_find_the_address(&"eipalloc-0a".parse().unwrap());
    assert!(lost.contains("--resource-id eipalloc-0a"), "{lost}");
    let command = "aws ec2 allocate-address --domain vpc --address 203.0.113.7";
    let settings = released().settings();
    let by_hand =
        |snapshot: Option<&Snapshot>| plan::how_to_ask_by_hand(IP, snapshot, &settings).to_string();
    assert_eq!(by_hand(None), command);
    let mut known = snapshot();
    assert_eq!(by_hand(Some(&known)), command);
    known.border_group = Some(crate::model::ids::BorderGroup("eu-west-1-lhr-1".to_owned()));
    known.pool = Pool::Ipam("ipam-pool-01".to_owned());
    let there = "--network-border-group eu-west-1-lhr-1 --ipam-pool-id ipam-pool-01";
    assert_eq!(by_hand(Some(&known)), format!("{command} {there}"));
}

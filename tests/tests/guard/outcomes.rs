//! The release guard on the simulated EC2, on good days and bad: what it does, with which calls, and
//! what it says.

use ec2_sim::api::{AllocateAddress, Caller, Tag};
use ec2_sim::{TagPolicy, TakenAnswer, World};
use futures_util::FutureExt;
use holdfast::ledger::release::PendingReason;
use holdfast::ledger::{Ledger, ReleaseStatus, Snapshot};
use holdfast::report::{Finding, KnownFrom, Outcome, Report, Subject};
use holdfast_tests::explorer::promises::addresses;
use holdfast_tests::scenarios::guard::{Guarded, account, record};
use std::collections::BTreeSet;
use time::Duration;

fn report_of(guarded: &Guarded) -> Report {
    guarded.report().unwrap_or_else(|error| panic!("{error}"))
}

fn findings(report: &Report) -> String {
    let line = |finding: &Finding| format!("{} | {} | {}", finding.what, finding.why, finding.next);
    report
        .findings
        .iter()
        .map(line)
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn a_protected_address_is_back_with_all_that_belongs_to_it() {
    let guarded = account().released().guarded();
    let report = report_of(&guarded);
    assert_eq!(report.outcome, Outcome::Reclaimed);
    assert_eq!(guarded.released.is_back(&guarded.bed), Ok(()));
    assert!(report.findings.is_empty(), "{}", findings(&report));
}

#[test]
fn one_ledger_read_and_then_the_request_and_nothing_before_it() {
    let guarded = account().released().guarded();
    let _ = report_of(&guarded);
    assert_eq!(guarded.calls()[..2], ["ledger read", "AllocateAddress"]);
}

#[test]
fn ten_deliveries_allocate_one_address() {
    let guarded = account().released().guarded();
    assert_eq!(report_of(&guarded).outcome, Outcome::Reclaimed);
    for _ in 0..9 {
        assert_eq!(report_of(&guarded).outcome, Outcome::AlreadyOurs);
    }
    assert_eq!(addresses(&guarded.bed.world()).len(), 1);
    let requests = guarded
        .calls()
        .iter()
        .filter(|&&name| name == "AllocateAddress")
        .count();
    assert_eq!(requests, 1, "a settled release costs one ledger read");
}

#[test]
fn what_only_the_trail_knows_comes_back_too() {
    let guarded = account().unknown_to_the_ledger().released().guarded();
    let report = report_of(&guarded);
    assert_eq!(report.outcome, Outcome::Reclaimed);
    let Subject::Address(address) = report.subject else {
        panic!("it is about an address")
    };
    assert_eq!(address.known_from, Some(KnownFrom::EventHistory));
    assert_eq!(
        guarded.calls()[..3],
        ["ledger read", "LookupEvents", "AllocateAddress"]
    );
}

#[test]
fn what_the_trail_does_not_know_yet_is_pending_and_says_how_to_find_out() {
    let account = account().unknown_to_the_ledger().world(|world| {
        world.settings().looked_up_after = Duration::hours(1);
    });
    let guarded = account.released().guarded();
    let report = report_of(&guarded);
    assert_eq!(report.outcome, Outcome::Pending);
    assert!(findings(&report).contains("aws configservice get-resource-config-history"));
}

#[test]
fn an_exempt_role_is_let_go_and_nothing_is_asked_of_ec2() {
    let role = Caller::role("111122223333", "decommission", "change-1");
    let guarded = account()
        .set(
            "HOLDFAST_EXEMPT_PRINCIPALS",
            "arn:aws:iam::*:role/decommission",
        )
        .released_by(role)
        .released()
        .guarded();
    assert_eq!(report_of(&guarded).outcome, Outcome::LetGo);
    assert!(
        guarded
            .calls()
            .iter()
            .all(|name| name.starts_with("ledger")),
        "{:?}",
        guarded.calls()
    );
}

/// The roles of `templates/drill.yaml`, in a stack that is called `holdfast-drill`, beside the exempt role of the
/// prevention policies.
fn drilled(role: &str, tags: &[(&str, &str)]) -> Guarded {
    let owner = "arn:aws:iam::*:role/holdfast-address-owner";
    account()
        .set("HOLDFAST_EXEMPT_PRINCIPALS", owner)
        .not_associated()
        .not_named()
        .tagged(tags)
        .released_by(Caller::role("111122223333", role, "drill"))
        .released()
        .guarded()
}

const STACK: &str = "arn:aws:cloudformation:us-east-1:111122223333:stack/holdfast-drill/0a1b2c3d";

#[test]
fn the_canary_of_the_fire_drill_is_taken_back_with_its_tags() {
    let tags = [
        ("holdfast:drill", STACK),
        ("holdfast:drill-kind", "fire"),
        ("holdfast:protect", "reclaim"),
    ];
    let guarded = drilled("holdfast-drill-FireDrillRole-1AB2CD3EF4GH5", &tags);
    assert_eq!(report_of(&guarded).outcome, Outcome::Reclaimed);
    let all = addresses(&guarded.bed.world());
    assert_eq!(all.len(), 1, "the canary is the only address");
    let canary = all.values().next().unwrap();
    for (key, value) in tags {
        assert!(canary.tags.contains(&Tag::new(key, value)), "{key}");
    }
}

#[test]
fn the_addresses_of_the_recover_drills_are_let_go() {
    for drill in [STACK, "drill-1"] {
        let tags = [("holdfast:drill", drill), ("holdfast:protect", "none")];
        let guarded = drilled("holdfast-drill-RecoverDrillRole-1AB2CD3EF4GH5", &tags);
        assert_eq!(report_of(&guarded).outcome, Outcome::LetGo);
        assert!(addresses(&guarded.bed.world()).is_empty(), "{drill}");
    }
}

#[test]
fn an_untagged_address_is_recorded_only_and_the_report_says_how_to_get_it_back() {
    let guarded = account()
        .tagged(&[("Name", "scratch")])
        .released()
        .guarded();
    let report = report_of(&guarded);
    assert_eq!(report.outcome, Outcome::RecordedOnly);
    let by_hand = format!(
        "aws ec2 allocate-address --domain vpc --address {}",
        guarded.released.ip
    );
    assert!(
        findings(&report).contains(&by_hand),
        "{}",
        findings(&report)
    );
}

#[test]
fn in_observe_mode_the_report_says_what_would_have_been_done() {
    let guarded = account()
        .set("HOLDFAST_MODE", "observe")
        .released()
        .guarded();
    assert_eq!(report_of(&guarded).outcome, Outcome::WouldReclaim);
    assert!(addresses(&guarded.bed.world()).is_empty());
}

#[test]
fn an_address_that_is_not_free_yet_is_asked_for_until_it_is() {
    let account = account().world(|world| {
        world.settings().released_unavailable_for = Duration::seconds(20);
    });
    let guarded = account.released().guarded();
    let report = report_of(&guarded);
    assert_eq!(report.outcome, Outcome::Reclaimed);
    let requests = guarded
        .calls()
        .iter()
        .filter(|&&name| name == "AllocateAddress")
        .count();
    assert!((3..20).contains(&requests), "{requests} requests");
}

#[test]
fn an_address_that_stays_away_is_pending_and_the_run_ends_in_time() {
    let released = account().released().then(World::take_address);
    let before = released.world.now();
    let guarded = released.guarded();
    assert_eq!(report_of(&guarded).outcome, Outcome::Pending);
    let took = guarded.bed.world().now() - before;
    assert!(took <= Duration::seconds(20), "it took {took}");
}

#[test]
fn an_auth_failure_is_no_proof_that_another_account_has_it() {
    let taken = account().released().then(|world, ip| {
        world.settings().taken_answer = TakenAnswer::AuthFailure;
        world.take_address(ip);
    });
    let guarded = taken.guarded();
    assert_eq!(report_of(&guarded).outcome, Outcome::Pending);
    let reason = PendingReason::NotAvailable;
    let status = record(&guarded.bed).map(|record| record.status);
    assert_eq!(status, Some(ReleaseStatus::Pending { reason }));
}

#[test]
fn taken_over_quota_and_denied_are_three_different_words() {
    let taken = account().released().then(World::take_address);
    let over_quota = account()
        .released()
        .then(|world, _| world.settings().address_quota = 0);
    let denied = account().denied("AllocateAddress").released();
    let outcomes =
        [taken, over_quota, denied].map(|released| report_of(&released.guarded()).outcome);
    assert_eq!(
        outcomes,
        [Outcome::Pending, Outcome::OverQuota, Outcome::Denied]
    );
}

#[test]
fn over_quota_with_our_own_reclaim_in_the_last_place_is_seen_as_ours() {
    let released = account().released();
    let quota_of_one = released.then(|world, _| world.settings().address_quota = 1);
    let guarded = quota_of_one.guarded();
    guarded
        .bed
        .faults
        .plan(&[(1, holdfast_tests::client::faults::Fault::ReplyLost)]);
    assert_eq!(report_of(&guarded).outcome, Outcome::AlreadyOurs);
    assert_eq!(guarded.released.is_back(&guarded.bed), Ok(()));
}

#[test]
fn tags_that_a_policy_refuses_are_given_up_for_the_address() {
    let released = account().released().then(|world, _| {
        let allowed_values = vec!["something else".to_owned()];
        world.settings().tag_policy = Some(TagPolicy {
            key: "Name".to_owned(),
            allowed_values,
        });
    });
    let guarded = released.guarded();
    let report = report_of(&guarded);
    assert_eq!(report.outcome, Outcome::Reclaimed);
    assert!(findings(&report).contains("tags not restored: Name=partner gateway"));
}

#[test]
fn a_name_without_its_forward_record_is_reported_and_holds_nothing_up() {
    let released = account().released().then(|world, _| {
        world.settings().forward_records = Some(BTreeSet::default());
    });
    let guarded = released.guarded();
    let report = report_of(&guarded);
    assert_eq!(report.outcome, Outcome::Reclaimed);
    assert!(
        findings(&report).contains("aws ec2 modify-address-attribute"),
        "{}",
        findings(&report)
    );
}

#[test]
fn a_denied_association_is_reported_with_the_command_and_the_address_is_kept() {
    let guarded = account().denied("AssociateAddress").released().guarded();
    let report = report_of(&guarded);
    assert_eq!(report.outcome, Outcome::Reclaimed);
    assert!(
        findings(&report).contains("aws ec2 associate-address"),
        "{}",
        findings(&report)
    );
}

#[test]
fn the_new_allocation_is_known_at_once_so_that_it_is_guarded_too() {
    let guarded = account().released().guarded();
    let _ = report_of(&guarded);
    let held = guarded.released.held(&guarded.bed).unwrap();
    let allocation = held.allocation_id.parse().unwrap();
    let known = guarded
        .bed
        .ledger
        .read(&allocation)
        .now_or_never()
        .unwrap()
        .unwrap();
    let snapshot: Snapshot = known.snapshot.unwrap();
    assert!(snapshot.is_allocated());
    assert_eq!(snapshot.tags["holdfast:protect"], "reclaim");
}

#[test]
fn the_report_gives_the_lines_that_repair_terraforms_state() {
    let guarded = account().released().guarded();
    let report = report_of(&guarded);
    let held = guarded.released.held(&guarded.bed).unwrap();
    let import = format!("terraform import aws_eip.<name> {}", held.allocation_id);
    assert!(report.repair.contains(&import), "{:?}", report.repair);
}

#[test]
fn the_release_record_says_who_and_what_became_of_it() {
    let guarded = account().released().guarded();
    let _ = report_of(&guarded);
    let record = record(&guarded.bed).unwrap();
    assert_eq!(
        record.actor.arn.as_deref(),
        Some("arn:aws:iam::111122223333:user/kim")
    );
    assert!(matches!(
        record.status,
        ReleaseStatus::Reclaimed { restored: true, .. }
    ));
}

#[test]
fn an_address_of_ones_own_is_asked_for_by_address_alone() {
    let pool = "ipv4pool-ec2-012345";
    let account = account()
        .world(|world| world.add_pool(pool, false, "us-east-1", &["192.0.2.77"]))
        .allocated_by(AllocateAddress {
            public_ipv4_pool: Some(pool.to_owned()),
            ..AllocateAddress::default()
        });
    let guarded = account.released().guarded();
    assert_eq!(report_of(&guarded).outcome, Outcome::Reclaimed);
    assert_eq!(guarded.released.ip, "192.0.2.77");
}

#[test]
fn an_address_of_an_ipam_pool_is_asked_for_in_its_pool() {
    let pool = "ipam-pool-012345";
    let account = account()
        .world(|world| world.add_pool(pool, true, "us-east-1", &["192.0.2.78"]))
        .allocated_by(AllocateAddress {
            ipam_pool_id: Some(pool.to_owned()),
            ..AllocateAddress::default()
        });
    let guarded = account.released().guarded();
    assert_eq!(report_of(&guarded).outcome, Outcome::Reclaimed);
    assert_eq!(guarded.released.ip, "192.0.2.78");
}

#[test]
fn an_address_of_a_local_zone_is_asked_for_in_its_border_group() {
    let group = "us-east-1-bos-1";
    let account = account()
        .not_associated()
        .world(|world| world.add_zone("us-east-1-bos-1a", group))
        .allocated_by(AllocateAddress {
            network_border_group: Some(group.to_owned()),
            ..AllocateAddress::default()
        });
    let guarded = account.released().guarded();
    assert_eq!(report_of(&guarded).outcome, Outcome::Reclaimed);
    let held = guarded.released.held(&guarded.bed).unwrap();
    assert_eq!(held.network_border_group, group);
}

//! What a person hears of from reconcile: the outcome of its report is what the mail goes by, and the first
//! finding is what the mail has room for.

use ec2_sim::throttle::Limit;
use holdfast::report::{Outcome, Report};
use holdfast_tests::client::TestBed;
use holdfast_tests::client::faults::Fault;
use holdfast_tests::scenarios::failover::{
    FailoverFixture, floating_interface, new_interface, tag_group,
};
use holdfast_tests::scenarios::reconcile::{Installation, Known};
use serde_json::Value;
use std::sync::Arc;
use time::Duration;

/// A protected address that reconcile knows is released, and no event tells of it.
fn released_unheard(mut account: Installation) -> (Installation, Known) {
    let known = account.allocate(Some("reclaim"));
    account.lose_events();
    account.pass(Duration::minutes(1));
    account.sweep().unwrap();
    account.pass(Duration::minutes(5));
    account.release(&known);
    account.lose_events();
    account.pass(Duration::minutes(5));
    (account, known)
}

/// The outcomes of so many runs, five minutes apart.
fn runs(account: &mut Installation, number: usize) -> Vec<Report> {
    let run = |_| {
        let report = account.sweep().unwrap();
        account.pass(Duration::minutes(5));
        report
    };
    (0..number).map(run).collect()
}

fn outcomes(reports: &[Report]) -> Vec<Outcome> {
    reports.iter().map(|report| report.outcome).collect()
}

#[test]
fn a_release_that_only_reconcile_knows_of_is_told_when_the_quota_keeps_it_away_and_then_not_again()
{
    let (mut account, _) = released_unheard(Installation::new());
    account.bed.world().settings().address_quota = 0;
    let reports = runs(&mut account, 3);
    assert_eq!(
        outcomes(&reports),
        [Outcome::OverQuota, Outcome::Refreshed, Outcome::Refreshed]
    );
}

#[test]
fn a_release_that_only_reconcile_knows_of_is_told_when_it_is_denied_and_then_not_again() {
    let (mut account, _) = released_unheard(Installation::new());
    account.bed.world().deny("*", "AllocateAddress");
    let reports = runs(&mut account, 2);
    assert_eq!(outcomes(&reports), [Outcome::Denied, Outcome::Refreshed]);
}

#[test]
fn a_release_that_only_reconcile_knows_of_is_told_when_it_is_not_to_be_had_yet() {
    let (mut account, known) = released_unheard(Installation::new());
    account.bed.world().take_address(&known.ip);
    let reports = runs(&mut account, 2);
    assert_eq!(outcomes(&reports), [Outcome::Pending, Outcome::Refreshed]);
    let finding = &reports[0].findings[0];
    assert!(finding.what.contains(&known.ip), "{finding:?}");
}

#[test]
fn in_observe_mode_a_missed_release_is_told_once() {
    let (account, _) = released_unheard(Installation::new());
    let mut account = account.observing();
    let reports = runs(&mut account, 3);
    assert_eq!(
        outcomes(&reports),
        [
            Outcome::WouldReclaim,
            Outcome::Refreshed,
            Outcome::Refreshed
        ]
    );
}

#[test]
fn the_lines_that_repair_terraform_are_where_the_mail_looks_for_them() {
    let (mut account, known) = released_unheard(Installation::new());
    let report = runs(&mut account, 1).remove(0);
    assert_eq!(report.outcome, Outcome::Reclaimed);
    let back = account.held(&known.ip).expect("it is back").allocation_id;
    let import = format!("terraform import aws_eip.<name> {back}");
    assert!(report.repair.contains(&import), "{:?}", report.repair);
}

#[test]
fn the_finding_of_what_gives_the_outcome_comes_before_any_other() {
    let mut account = Installation::new();
    drop(account.allocate(Some("reclam")));
    let (mut account, known) = {
        let known = account.allocate(Some("reclaim"));
        account.lose_events();
        account.pass(Duration::minutes(1));
        account.sweep().unwrap();
        account.release(&known);
        account.lose_events();
        account.pass(Duration::minutes(5));
        (account, known)
    };
    account.bed.world().settings().address_quota = 0;
    let report = runs(&mut account, 1).remove(0);
    assert_eq!(report.outcome, Outcome::OverQuota);
    assert!(report.findings.len() > 1, "{:?}", report.findings);
    assert!(
        report.findings[0].what.contains(&known.ip),
        "{:?}",
        report.findings
    );
}

/// The holder was stopped, and no event told of it.
fn stopped_holder(mode: &str) -> (FailoverFixture, Arc<TestBed>) {
    let trio = floating_interface().set("HOLDFAST_MODE", mode).stopped(0);
    let bed = trio.bed();
    (trio, bed)
}

#[test]
fn in_observe_mode_a_failover_that_would_be_made_is_in_every_report_and_in_no_mail() {
    let (trio, bed) = stopped_holder("observe");
    for _ in 0..2 {
        let report = trio.swept(&bed);
        assert_eq!(report.outcome, Outcome::Refreshed, "{}", report.summary);
        assert!(report.summary.contains("would"), "{}", report.summary);
    }
}

#[test]
fn a_failover_that_reconcile_made_is_told() {
    let (trio, bed) = stopped_holder("enforce");
    assert_eq!(trio.swept(&bed).outcome, Outcome::FailedOver);
    assert_eq!(trio.swept(&bed).outcome, Outcome::Refreshed);
}

#[test]
fn what_was_taken_back_is_told_although_another_loss_failed() {
    let mut account = Installation::new();
    let known = account.allocate_many(2, "reclaim");
    account.pass(Duration::minutes(1));
    account.sweep().unwrap();
    for one in &known {
        account.release(one);
    }
    account.lose_events();
    account.pass(Duration::minutes(10));
    let allow = |capacity, refill| {
        let limit = Limit { capacity, refill };
        account.bed.world().limit("AllocateAddress", limit);
    };
    allow(1.0, 0.0);
    let first = account.sweep().unwrap();
    assert_eq!(first.outcome, Outcome::Reclaimed);
    assert!(
        first.summary.contains("; not finished: "),
        "{}",
        first.summary
    );
    allow(50.0, 5.0);
    account.bed.world().advance(Duration::minutes(5));
    let second = account.sweep().unwrap();
    assert_eq!(second.outcome, Outcome::Reclaimed, "{}", second.summary);
}

#[test]
fn a_run_that_could_finish_nothing_and_has_nothing_to_tell_fails() {
    let (account, _) = released_unheard(Installation::new());
    let none = Limit {
        capacity: 0.0,
        refill: 0.0,
    };
    account.bed.world().limit("AllocateAddress", none);
    assert!(account.sweep().is_err());
}

/// One group whose holder has stopped, and another whose interface is with nobody.
fn two_groups_that_need_help() -> FailoverFixture {
    let trio = floating_interface().stopped(0);
    let third = trio.members[2].clone();
    trio.world(|world| {
        let eni = new_interface(world);
        for id in [&eni, &third] {
            tag_group(world, id, &[("holdfast:group", "other")]);
        }
    })
}

#[test]
fn what_was_moved_in_one_group_is_told_although_another_failed() {
    let trio = two_groups_that_need_help();
    let bed = trio.bed();
    let one = Limit {
        capacity: 1.0,
        refill: 0.0,
    };
    bed.world().limit("AttachNetworkInterface", one);
    let report = trio.swept(&bed);
    assert_eq!(report.outcome, Outcome::FailedOver, "{}", report.summary);
    assert!(
        report.summary.contains("; not finished: "),
        "{}",
        report.summary
    );
}

#[test]
fn a_release_that_cloudtrail_could_not_be_asked_about_is_taken_up_by_reconcile() {
    let mut account = Installation::new();
    let known = account.allocate(Some("reclaim"));
    account.lose_events();
    account.release(&known);
    let told = account.events();
    let is_release = |event: &&Value| event["detail"]["eventName"] == "ReleaseAddress";
    let release = told.iter().find(is_release).expect("it is told").clone();
    for _ in 0..3 {
        let lookup = account.bed.faults.names().len() + 1;
        account.bed.faults.plan(&[(lookup, Fault::Throttled)]);
        let error = account.deliver(&release).unwrap_err();
        assert!(error.to_string().contains("noted as pending"), "{error}");
        account.bed.world().advance(Duration::minutes(1));
    }
    runs(&mut account, 6);
    assert!(
        account.held(&known.ip).is_some(),
        "{:?}",
        account.releases()
    );
}

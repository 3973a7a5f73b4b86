//! H7: removing the tag first, and then releasing, was the quietest way to lose a protected address.

use super::super::fixtures::{
    Installation, address, allocation, installation, protect, record, swept,
};
use crate::model::cloudtrail::{AddressChange, Record};
use crate::model::elastic_ip::Address;
use crate::report::matter::matters;
use crate::report::{Outcome, Report};
use crate::settings::Protection;

fn untagged(account: &Installation) -> Record {
    let change = AddressChange::Untagged {
        allocations: vec![allocation(1)],
        tags: vec![("holdfast:protect".to_owned(), None)],
    };
    record(account.now(), "DeleteTags", change)
}

fn tagged(account: &Installation, value: &str) -> Record {
    let change = AddressChange::Tagged {
        allocations: vec![allocation(1)],
        tags: protect(value),
    };
    record(account.now(), "CreateTags", change)
}

async fn protected() -> Installation {
    let account = installation().with(Address {
        tags: protect("reclaim"),
        ..address(1)
    });
    account.sweep().await;
    account.minutes_later(5);
    account
}

fn about(report: &Report) -> Vec<(String, Outcome)> {
    let all = matters(report, "eu-west-1").into_iter();
    all.map(|matter| (matter.about, matter.outcome)).collect()
}

#[tokio::test]
async fn h7_the_removal_of_a_protect_tag_is_told_with_who_when_and_what_to_do() {
    let account = protected().await;
    let removal = untagged(&account);
    let report = account.hears(&removal).await;
    assert_eq!(report.outcome, Outcome::Unprotected);
    let finding = &report.findings[0];
    assert!(
        finding
            .what
            .contains("has lost its protection: it has no tag"),
        "{finding:?}"
    );
    let by = removal.call.actor.arn.as_ref().unwrap();
    assert!(finding.why.contains(by.as_str()), "{finding:?}");
    assert!(
        finding
            .next
            .ends_with("--tags Key=holdfast:protect,Value=reclaim"),
        "{finding:?}"
    );
    // Delivered again, it is told again: the first run may have ended before it could tell.
    assert_eq!(account.hears(&removal).await.outcome, Outcome::Unprotected);
}

#[tokio::test]
async fn h7_another_value_of_the_tag_takes_the_protection_as_well() {
    for value in ["none", "record"] {
        let account = protected().await;
        let report = account.hears(&tagged(&account, value)).await;
        assert_eq!(report.outcome, Outcome::Unprotected, "{value}");
        assert!(
            report.findings[0]
                .what
                .ends_with(&format!("is {value} now"))
        );
    }
}

#[tokio::test]
async fn h7_what_only_a_sweep_sees_is_told_and_who_did_it_when_the_event_comes() {
    let account = protected().await;
    let removal = untagged(&account);
    account.minutes_later(5);
    account.change(1, |address| address.tags.clear());
    let report = account.sweep().await;
    assert_eq!(report.outcome, Outcome::Unprotected);
    assert!(report.findings[0].why.contains("no event told by whom"));
    let seen = about(&report);
    assert_eq!(account.sweep().await.outcome, Outcome::Refreshed, "once");
    let late = account.hears(&removal).await;
    if late.outcome == Outcome::Unprotected {
        assert_ne!(about(&late)[0], seen[0], "who it was is news of its own");
    }
}

#[tokio::test]
async fn what_is_protected_again_ends_what_was_told() {
    let account = protected().await;
    let told = about(&account.hears(&untagged(&account)).await);
    account.minutes_later(1);
    let back = account.hears(&tagged(&account, "reclaim")).await;
    assert_eq!(swept(&back).alerts[0].outcome, Outcome::Refreshed);
    let ends = about(&back);
    assert!(
        ends.contains(&(told[0].0.clone(), Outcome::Refreshed)),
        "{ends:?}"
    );
}

#[tokio::test]
async fn what_loses_no_protection_is_told_to_nobody() {
    // By default it is protected without a tag.
    let mut account = protected().await;
    account.settings.default_protection = Protection::Reclaim;
    let report = account.hears(&untagged(&account)).await;
    assert_eq!(report.outcome, Outcome::Refreshed);
    // It was not protected.
    let account = installation().with(Address {
        tags: protect("record"),
        ..address(1)
    });
    account.sweep().await;
    account.minutes_later(5);
    let report = account.hears(&tagged(&account, "none")).await;
    assert_eq!(report.outcome, Outcome::Refreshed);
    // Who is exempt means it.
    let mut account = protected().await;
    let exempt = "arn:aws:iam::111122223333:role/network-*";
    account.settings.exempt_principals = vec![exempt.parse().unwrap()];
    let mut removal = untagged(&account);
    removal.call.actor.role_arn = Some("arn:aws:iam::111122223333:role/network-a".to_owned());
    let report = account.hears(&removal).await;
    assert_eq!(report.outcome, Outcome::Refreshed);
}

#[tokio::test]
async fn an_offer_to_another_account_is_a_matter_of_its_address() {
    let account = protected().await;
    let change = AddressChange::TransferEnabled {
        allocation: allocation(1),
        to_account: Some("999988887777".to_owned()),
    };
    let report = account
        .hears(&record(account.now(), "EnableAddressTransfer", change))
        .await;
    assert_eq!(
        about(&report)[0],
        (format!("offer {}", allocation(1)), Outcome::TransferOffered)
    );
}

#[tokio::test]
async fn h7_a_release_without_its_tag_is_let_go_and_told_with_who_removed_it() {
    let account = protected().await;
    account.hears(&untagged(&account)).await;
    account.minutes_later(1);
    account.change(1, |address| address.tags.clear());
    let release = account.release(1);
    let report = account.guard_hears(&release).await;
    assert_eq!(report.outcome, Outcome::LetGo, "{}", report.summary);
    let finding = &report.findings[0];
    assert!(
        finding.why.contains("its protect tag was removed before"),
        "{finding:?}"
    );
    assert!(
        finding.next.contains("aws ec2 allocate-address"),
        "{finding:?}"
    );
    assert!(matters(&report, "")[0].headline.contains("let go"));
}

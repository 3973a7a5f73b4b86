//! The tags that Holdfast goes by: shown first, set where that is asked for, and nothing else.

use super::account::Account;
use crate::schema::holds as follows_its_schema;
use ec2_sim::World;
use ec2_sim::api::{AllocateAddress, Caller};
use ec2_sim::world::ACCOUNT;
use holdfast_tests::explorer::promises::addresses;
use holdfast_tests::scenarios::estate;

/// An account with one address, and an instance.
async fn account() -> (Account, String, String) {
    let mut world = World::new();
    let owner = Caller::user(ACCOUNT, "owner");
    let given =
        estate::allocate(&mut world, &owner, AllocateAddress::default(), Vec::new()).unwrap();
    let instance = estate::launch(&mut world, &owner, Vec::new()).unwrap();
    (Account::of(world).await, given.public_ip, instance)
}

fn tag(account: &Account, key: &str) -> Option<String> {
    let held = addresses(&account.simulator.world());
    let tags = held.into_values().flat_map(|address| address.tags);
    let mut tags = tags.filter(|tag| tag.key == key);
    tags.next().map(|tag| tag.value)
}

#[tokio::test]
async fn a_protection_is_shown_and_is_set_where_that_is_asked_for() {
    let (account, ip, _) = account().await;
    let shown = account.run(&["protect", &ip]).await;
    assert_eq!(shown.code, 0, "{}", shown.err);
    assert!(shown.out.contains("nothing is set"), "{}", shown.out);
    assert_eq!(tag(&account, "holdfast:protect"), None);
    let set = account
        .run(&["protect", &ip, "--apply", "--output", "json"])
        .await;
    assert_eq!(set.code, 0, "{}", set.err);
    follows_its_schema(&set.json());
    assert_eq!(
        tag(&account, "holdfast:protect").as_deref(),
        Some("reclaim")
    );
    let gone = account.run(&["unprotect", &ip, "--apply"]).await;
    assert_eq!(gone.code, 0, "{}", gone.err);
    assert_eq!(tag(&account, "holdfast:protect").as_deref(), Some("none"));
}

#[tokio::test]
async fn what_is_adopted_has_the_tag_of_the_group() {
    let (account, ip, instance) = account().await;
    let set = account
        .run(&[
            "adopt", "web", &instance, &ip, "--apply", "--output", "json",
        ])
        .await;
    assert_eq!(set.code, 0, "{}", set.err);
    follows_its_schema(&set.json());
    assert_eq!(tag(&account, "holdfast:group").as_deref(), Some("web"));
    let plan = account.run(&["plan", "web"]).await;
    assert!(
        !plan.out.contains("has no members"),
        "{}{}",
        plan.out,
        plan.err
    );
}

#[tokio::test]
async fn what_the_account_does_not_have_is_named_and_nothing_is_set() {
    let (account, ip, _) = account().await;
    let ran = account
        .run(&["protect", &ip, "198.51.100.99", "--apply"])
        .await;
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(ran.err.contains("198.51.100.99"), "{}", ran.err);
    assert_eq!(tag(&account, "holdfast:protect"), None);
}

#[tokio::test]
async fn whoever_may_not_set_tags_is_told_the_action_and_nothing_is_set() {
    let (account, ip, _) = account().await;
    account.simulator.world().deny("*anna*", "ec2:CreateTags");
    let ran = account.run(&["protect", &ip, "--apply"]).await;
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert!(ran.err.contains("ec2:CreateTags"), "{}", ran.err);
    assert_eq!(tag(&account, "holdfast:protect"), None);
}

//! What changes something: each command through the real function, with what is so afterwards.

use super::account::{Account, Ran};
use crate::schema::holds as follows_its_schema;
use ec2_sim::World;
use ec2_sim::api::{AllocateAddress, Caller, Tag};
use ec2_sim::world::ACCOUNT;
use holdfast_tests::explorer::promises::addresses;
use holdfast_tests::scenarios::estate;
use holdfast_tests::scenarios::failover::{FailoverFixture, floating_address};
use holdfast_tests::scenarios::placement::GROUP;

fn owner() -> Caller {
    Caller::user(ACCOUNT, "owner")
}

/// A group of three, whose first member has the address.
async fn trio() -> (Account, FailoverFixture) {
    let trio = floating_address();
    (Account::of(trio.world.clone()).await, trio)
}

/// Who has the group's address.
fn holder(account: &Account) -> Option<String> {
    let held = addresses(&account.simulator.world()).into_values();
    let mut associations = held.filter_map(|address| address.association);
    associations.find_map(|association| association.instance_id)
}

fn must_be(ran: &Ran, code: i32) {
    assert_eq!(ran.code, code, "{}\n{}", ran.out, ran.err);
}

#[tokio::test]
async fn a_plan_shows_where_everything_would_go_and_moves_nothing() {
    let (account, trio) = trio().await;
    let ran = account.run(&["plan", GROUP.1]).await;
    must_be(&ran, 0);
    assert!(ran.out.contains(&trio.members[1]), "{}", ran.out);
    assert_eq!(holder(&account).as_ref(), Some(&trio.members[0]));
    let json = account.run(&["plan", GROUP.1, "--output", "json"]).await;
    follows_its_schema(&json.json());
}

#[tokio::test]
async fn a_switchover_shows_its_plan_moves_and_tells_the_times() {
    let (account, trio) = trio().await;
    let ran = account.run(&["switchover", GROUP.1, "--yes"]).await;
    must_be(&ran, 0);
    assert_eq!(holder(&account).as_ref(), Some(&trio.members[1]));
    assert!(
        ran.err.contains("The plan, by holdfast in us-east-1"),
        "{}",
        ran.err
    );
    assert!(ran.err.contains("would-fail-over"), "{}", ran.err);
    for part in [
        "switched-over",
        "MOVER",
        "eip",
        "moved",
        "planned ",
        "verified ",
        " ms",
    ] {
        assert!(ran.out.contains(part), "{part}: {}", ran.out);
    }
}

#[tokio::test]
async fn a_switchover_goes_to_the_member_that_is_named_and_says_so_as_json() {
    let (account, trio) = trio().await;
    let to = trio.members[2].as_str();
    let arguments = [
        "switchover",
        GROUP.1,
        "--to",
        to,
        "--yes",
        "--output",
        "json",
    ];
    let ran = account.run(&arguments).await;
    must_be(&ran, 0);
    let told = ran.json();
    follows_its_schema(&told);
    assert_eq!(told["moves"][0]["to"], to);
    assert_eq!(told["report"]["failover"]["group"], GROUP.1);
    assert_eq!(holder(&account).as_deref(), Some(to));
    let again = account.run(&arguments).await;
    must_be(&again, 0);
    assert_eq!(again.json()["outcome"], "already-moved");
}

#[tokio::test]
async fn a_group_without_a_standby_moves_nothing_and_says_what_to_change() {
    let trio = floating_address().stopped(1).stopped(2);
    let account = Account::of(trio.world.clone()).await;
    let ran = account.run(&["switchover", GROUP.1, "--yes"]).await;
    must_be(&ran, 1);
    assert_eq!(holder(&account).as_ref(), Some(&trio.members[0]));
    assert!(ran.out.contains("refused"), "{}", ran.out);
    assert!(ran.out.contains("do:  "), "{}", ran.out);
}

#[tokio::test]
async fn nobody_is_asked_where_nobody_can_answer() {
    let (account, trio) = trio().await;
    let ran = account.run(&["switchover", GROUP.1]).await;
    must_be(&ran, 2);
    assert!(ran.err.contains("--yes"), "{}", ran.err);
    assert_eq!(account.invocations(), 0, "not even the plan");
    assert_eq!(holder(&account).as_ref(), Some(&trio.members[0]));
}

#[tokio::test]
async fn in_observe_mode_a_switchover_says_that_it_moved_nothing() {
    let trio = floating_address();
    let account = Account::in_mode(trio.world.clone(), "observe").await;
    let ran = account.run(&["switchover", GROUP.1, "--yes"]).await;
    must_be(&ran, 1);
    assert!(ran.out.contains("would-fail-over"), "{}", ran.out);
    assert!(ran.err.contains("observe mode"), "{}", ran.err);
    assert_eq!(holder(&account).as_ref(), Some(&trio.members[0]));
}

#[tokio::test]
async fn a_failback_goes_to_the_first_member_and_then_has_nothing_to_do() {
    let trio = floating_address().priorities([Some(2), Some(3), Some(1)]);
    let account = Account::of(trio.world.clone()).await;
    let ran = account.run(&["failback", GROUP.1, "--yes"]).await;
    must_be(&ran, 0);
    assert_eq!(holder(&account).as_ref(), Some(&trio.members[2]));
    let again = account
        .run(&["failback", GROUP.1, "--yes", "--output", "json"])
        .await;
    must_be(&again, 0);
    follows_its_schema(&again.json());
    assert_eq!(again.json()["outcome"], "already-moved");
}

#[tokio::test]
async fn a_pause_keeps_who_asked_and_ends_when_somebody_says_so() {
    let (account, _) = trio().await;
    let ran = account
        .run(&[
            "pause", GROUP.1, "--for", "2h", "--by", "anna", "--output", "json",
        ])
        .await;
    must_be(&ran, 0);
    follows_its_schema(&ran.json());
    assert!(
        ran.json()["summary"].as_str().unwrap().contains("anna"),
        "{}",
        ran.out
    );
    let ended = account.run(&["resume", GROUP.1]).await;
    must_be(&ended, 0);
    assert!(ended.out.starts_with("resumed"), "{}", ended.out);
    let again = account.run(&["resume", GROUP.1, "--output", "json"]).await;
    follows_its_schema(&again.json());
    let endless = account.run(&["pause", GROUP.1, "--for", "2d"]).await;
    must_be(&endless, 2);
}

/// An account that has lost an address that nobody protects.
async fn with_a_lost_address() -> (Account, String, String) {
    let mut world = World::new();
    let tags = vec![
        Tag::new("holdfast:protect", "none"),
        Tag::new("Name", "gate"),
    ];
    let given = estate::allocate(&mut world, &owner(), AllocateAddress::default(), tags).unwrap();
    let account = Account::of(world).await.noted().await;
    estate::release(
        &mut account.simulator.world(),
        &owner(),
        &given.allocation_id,
    )
    .unwrap();
    (account, given.public_ip, given.allocation_id)
}

#[tokio::test]
async fn a_lost_address_is_back_by_its_ip_or_by_its_allocation_and_once() {
    for by_allocation in [false, true] {
        let (account, ip, allocation) = with_a_lost_address().await;
        let what = if by_allocation { &allocation } else { &ip };
        let ran = account.run(&["restore", what]).await;
        must_be(&ran, 0);
        assert!(ran.out.starts_with("reclaimed"), "{}", ran.out);
        let again = account.run(&["restore", what, "--output", "json"]).await;
        must_be(&again, 0);
        follows_its_schema(&again.json());
        assert_eq!(again.json()["outcome"], "already-ours");
        let held = addresses(&account.simulator.world());
        assert_eq!(held.values().filter(|one| one.public_ip == ip).count(), 1);
    }
}

#[tokio::test]
async fn an_address_that_the_account_never_had_is_refused() {
    let (account, ..) = with_a_lost_address().await;
    for never in ["198.51.100.99", "eipalloc-0never"] {
        let ran = account.run(&["restore", never]).await;
        must_be(&ran, 1);
        assert!(ran.out.contains("refused"), "{}", ran.out);
        assert!(ran.out.contains("ever had"), "{}", ran.out);
    }
    assert!(addresses(&account.simulator.world()).is_empty());
    must_be(&account.run(&["restore", "web"]).await, 2);
}

#[tokio::test]
async fn a_table_reads_the_same_each_time() {
    let (account, trio) = trio().await;
    let ran = account.run(&["switchover", GROUP.1, "--yes"]).await;
    let page = ran.page();
    let mut page = page.replace(&trio.members[0], "i-HOLDER");
    page = page.replace(&trio.members[1], "i-STANDBY");
    let lines: Vec<&str> = page.lines().collect();
    assert!(lines[0].starts_with("switched-over  "), "{page}");
    assert_eq!(lines[1], "");
    let words: Vec<&str> = lines[2].split_whitespace().collect();
    assert_eq!(words, ["ADDRESS", "FROM", "TO", "MOVER", "END", "AFTER"]);
    let words: Vec<&str> = lines[3].split_whitespace().skip(1).collect();
    assert_eq!(words, ["i-HOLDER", "i-STANDBY", "eip", "moved", "N", "ms"]);
}

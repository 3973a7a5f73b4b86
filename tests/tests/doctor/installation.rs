//! The clock, the stack, its trail and rules, its settings, its ledger, and others beside it.

use crate::account::{Account, enforcing};
use ec2_sim::services::{AccountTrail, AdvancedSelector, Declared};
use ec2_sim::world::ACCOUNT;
use holdfast_tests::scenarios::failover::floating_interface;
use holdfast_tests::stack::Deployment;
use serde_json::json;

#[tokio::test]
async fn a_clock_that_is_two_minutes_off_is_told() {
    let account = Account::well().await;
    let ahead = Some(time::Duration::minutes(2));
    account.simulator.check_signing_times(ahead);
    let seen = account.fails("clock").await;
    assert!(seen.contains("off by -1"), "{seen}");
}

#[tokio::test]
async fn a_clock_that_aws_does_not_take_is_told_and_keeps_nothing_from_being_read() {
    let account = Account::well().await;
    account
        .simulator
        .check_signing_times(Some(time::Duration::hours(1)));
    let seen = account.fails("clock").await;
    assert!(seen.ends_with("which AWS does not take"), "{seen}");
    account.passes("trail").await;
}

#[tokio::test]
async fn a_stack_whose_last_deployment_was_rolled_back_is_told() {
    let account = Account::well().await;
    let mut stacks = account.stack.declared().stacks;
    stacks[0].status = "UPDATE_ROLLBACK_FAILED".to_owned();
    account.simulator.declare(Declared {
        stacks,
        ..Declared::default()
    });
    assert_eq!(account.fails("stack").await, "UPDATE_ROLLBACK_FAILED");
}

fn set_trails(account: &Account, trails: Vec<AccountTrail>) {
    *account.simulator.world().services_mut().trails_mut() = trails;
}

fn trail() -> AccountTrail {
    AccountTrail::of_everything("org", "eu-west-1")
}

#[tokio::test]
async fn an_account_without_a_trail_is_told_and_one_of_another_region_is_enough() {
    let account = Account::well().await;
    set_trails(&account, Vec::new());
    assert_eq!(account.fails("trail").await, "no trail logs in us-east-1");
    set_trails(&account, vec![trail()]);
    account.passes("trail").await;
}

#[tokio::test]
async fn a_trail_that_was_stopped_or_logs_no_changes_is_no_trail() {
    let account = Account::well().await;
    set_trails(
        &account,
        vec![AccountTrail {
            is_logging: false,
            ..trail()
        }],
    );
    assert_eq!(account.fails("trail").await, "org has been stopped");
    let read_write_type = "ReadOnly".to_owned();
    set_trails(
        &account,
        vec![AccountTrail {
            read_write_type,
            ..trail()
        }],
    );
    let seen = account.fails("trail").await;
    assert!(
        seen.contains("does not log every call that changes"),
        "{seen}"
    );
    let fields = vec![("eventCategory".to_owned(), vec!["Data".to_owned()])];
    let data = AdvancedSelector {
        field_selectors: fields,
    };
    let advanced_event_selectors = Some(vec![data]);
    set_trails(
        &account,
        vec![AccountTrail {
            advanced_event_selectors,
            ..trail()
        }],
    );
    account.fails("trail").await;
}

#[tokio::test]
async fn a_rule_that_is_off_is_told_by_its_name_in_the_template() {
    let account = Account::well().await;
    let rules = account.stack.declared().rules;
    let name = &rules
        .iter()
        .find(|rule| rule.name.contains("ReleaseGuardReleased"))
        .unwrap()
        .name;
    let set = |state: &str| {
        let mut world = account.simulator.world();
        world.services_mut().rule_mut(name).unwrap().state = state.to_owned();
    };
    set("DISABLED");
    let seen = account.fails("rules").await;
    assert!(
        seen.starts_with("ReleaseGuardReleased (") && seen.ends_with("is off"),
        "{seen}"
    );
    set("ENABLED");
    account.passes("rules").await;
    account
        .simulator
        .world()
        .services_mut()
        .rule_mut(name)
        .unwrap()
        .targets
        .clear();
    assert!(account.fails("rules").await.ends_with("tells nobody"));
}

#[tokio::test]
async fn a_rule_that_may_not_call_its_function_is_told_with_both() {
    let account = Account::well().await;
    let name = account.stack.physical_id("ReleaseGuard");
    let set = |policy: Option<String>| {
        let mut world = account.simulator.world();
        let function = world.services_mut().function_mut(&name).unwrap();
        std::mem::replace(&mut function.policy, policy)
    };
    let as_deployed = set(None);
    let seen = account.fails("rules").await;
    assert!(
        seen.contains("ReleaseGuardReleased (")
            && seen.contains(&format!(
                "may not call arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}"
            )),
        "{seen}"
    );
    set(as_deployed.map(|policy| policy.replace("events.amazonaws.com", "sns.amazonaws.com")));
    account.fails("rules").await;
}

#[tokio::test]
async fn a_function_with_another_setting_than_the_others_is_told_by_the_setting() {
    let account = Account::well().await;
    let name = account.stack.physical_id("AlarmFailover");
    let set = |value: &str| {
        let mut world = account.simulator.world();
        let function = world.services_mut().function_mut(&name).unwrap();
        function
            .environment
            .insert("HOLDFAST_COOLDOWN_SECONDS".to_owned(), value.to_owned());
    };
    set("7");
    let seen = account.fails("settings").await;
    assert_eq!(seen, "the functions differ in HOLDFAST_COOLDOWN_SECONDS");
}

#[tokio::test]
async fn a_setting_that_no_function_can_read_is_told_with_what_is_wrong() {
    let stack = enforcing().with("CooldownSeconds", "soon");
    let account = Account::unswept(floating_interface(), stack).await;
    let seen = account.fails("settings").await;
    assert!(seen.contains("HOLDFAST_COOLDOWN_SECONDS"), "{seen}");
}

#[tokio::test]
async fn functions_that_only_observe_are_named() {
    let stack = enforcing().with("ReleaseGuardMode", "observe");
    let account = Account::unswept(floating_interface(), stack).await;
    let seen = account.fails("modes").await;
    assert_eq!(seen, "these only say what they would do: release-guard");
}

#[tokio::test]
async fn a_ledger_of_another_version_is_told() {
    let account = Account::well().await;
    account.passes("version").await;
    account
        .spoil_row("written_by", &json!({ "S": "0.0.1" }))
        .await;
    let seen = account.fails("version").await;
    assert!(seen.ends_with("the ledger was written by 0.0.1"), "{seen}");
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_told() {
    let account = Account::well().await;
    account
        .spoil_row("revision", &json!({ "S": "no number" }))
        .await;
    let seen = account.fails("ledger").await;
    assert!(seen.starts_with("rows that cannot be read: "), "{seen}");
}

#[tokio::test]
async fn a_second_stack_by_the_same_tags_is_told_and_one_by_others_is_none() {
    let account = Account::well().await;
    let other = Deployment::named("other");
    account
        .simulator
        .declare(other.clone().with("TagPrefix", "acme").declared());
    account.passes("one-installation").await;
    account.simulator.declare(other.declared());
    assert_eq!(
        account.fails("one-installation").await,
        "other goes by the tags holdfast:, too"
    );
}

//! An account that is large, old and shared: addresses of one's own ranges, hundreds of alarms, rows from long ago, and a
//! policy above that denies some reads and not others.

use crate::account::{Account, OPERATOR};
use ec2_sim::alarms::{Alarm, AlarmState};
use ec2_sim::api::{AllocateAddress, Caller};
use ec2_sim::world::ACCOUNT;
use holdfast_tests::scenarios::estate;
use serde_json::json;

#[tokio::test]
async fn a_rule_that_is_off_is_told_where_another_read_of_the_rules_is_denied() {
    let account = Account::well().await;
    let rules = account.stack.declared().rules;
    let mut rules = rules.iter();
    let released = rules.find(|rule| rule.name.contains("ReleaseGuardReleased"));
    let name = &released.unwrap().name;
    account.simulator.world().deny(OPERATOR, "lambda:GetPolicy");
    let advice = account.cannot_make("rules").await;
    assert!(advice.contains("lambda:GetPolicy"), "{advice}");
    account
        .simulator
        .world()
        .services_mut()
        .rule_mut(name)
        .unwrap()
        .state = "DISABLED".to_owned();
    let seen = account.fails("rules").await;
    assert!(seen.contains("ReleaseGuardReleased ("), "{seen}");
    assert!(seen.contains("not all could be read"), "{seen}");
}

#[tokio::test]
async fn addresses_of_ones_own_range_take_no_place_of_the_quota() {
    const POOL: &str = "ipv4pool-ec2-0123456789abcdef0";
    let account = Account::well().await;
    {
        let mut world = account.simulator.world();
        world.settings().address_quota = 2;
        world.add_pool(POOL, false, "us-east-1", &["192.0.2.1", "192.0.2.2"]);
        let kim = Caller::user(ACCOUNT, "kim");
        for _ in 0..2 {
            let request = AllocateAddress {
                public_ipv4_pool: Some(POOL.to_owned()),
                ..AllocateAddress::default()
            };
            estate::allocate(&mut world, &kim, request, Vec::new()).unwrap();
        }
    }
    assert_eq!(account.simulator.addresses().len(), 3);
    let seen = account.passes("address-quota").await;
    assert_eq!(seen, "1 address of 2 in use");
}

/// More alarms than a call of CloudWatch names.
#[tokio::test]
async fn hundreds_of_alarms_on_a_member_are_all_looked_at() {
    const MANY: usize = 250;
    let account = Account::well().await;
    let last = format!("disk-{:03}", MANY - 1);
    {
        let mut world = account.simulator.world();
        for number in 0..MANY {
            let name = format!("disk-{number:03}");
            let alarm = Alarm::on_instance(&name, "Acme/Disks", "Full", &account.members[0]);
            world.put_alarm(alarm).unwrap();
            world.set_alarm(&name, AlarmState::Ok);
        }
    }
    account.sweep().await;
    let seen = account.passes("group-alarms").await;
    assert_eq!(
        seen,
        format!("3 members are watched, by {} alarms", MANY + 3)
    );
    account
        .simulator
        .world()
        .set_alarm(&last, AlarmState::InsufficientData);
    assert_eq!(
        account.fails("group-alarms").await,
        format!("without data: {last}")
    );
}

#[tokio::test]
async fn what_was_learnt_long_ago_passes_nothing() {
    let account = Account::well().await;
    let long_ago = json!({ "S": "2026-01-01T00:00:00Z" });
    account.change_row("alarms", "as_of", &long_ago).await;
    let advice = account.cannot_make("group-alarms").await;
    assert!(advice.contains("schedule"), "{advice}");
}

#[tokio::test]
async fn alarms_that_had_no_room_pass_nothing() {
    let account = Account::well().await;
    account
        .change_row("alarms", "left_out", &json!({ "N": "7" }))
        .await;
    let advice = account.cannot_make("group-alarms").await;
    assert!(advice.contains("fewer alarms"), "{advice}");
}

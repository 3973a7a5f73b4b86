//! What is around the addresses: alarms of members, quota, names, releases.

use crate::account::{Account, OPERATOR, enforcing};
use ec2_sim::alarms::AlarmState;
use ec2_sim::api::{Caller, DescribeVpcs, ModifyVpcAttribute, Request, Response};
use ec2_sim::world::ACCOUNT;
use holdfast_tests::scenarios::failover::{alarm_of, floating_interface};

#[tokio::test]
async fn a_members_alarm_without_data_is_told() {
    let account = Account::well().await;
    let alarm = alarm_of(&account.members[1]);
    account
        .simulator
        .world()
        .set_alarm(&alarm, AlarmState::InsufficientData);
    assert_eq!(
        account.fails("group-alarms").await,
        format!("without data: {alarm}")
    );
}

#[tokio::test]
async fn a_member_that_no_alarm_watches_is_told() {
    let account = Account::unswept(floating_interface(), enforcing()).await;
    let member = &account.members[2];
    account.simulator.world().delete_alarm(&alarm_of(member));
    account.sweep().await;
    assert_eq!(
        account.fails("group-alarms").await,
        format!("no alarm watches {member}")
    );
}

/// The event of an alarm carries its tags only where somebody has switched that on.
#[tokio::test]
async fn alarms_that_hand_on_no_tags_are_told_where_only_tagged_ones_may_move_anything() {
    let tagged = enforcing().with("AlarmsThatMove", "tagged");
    let account = Account::unswept(floating_interface(), tagged).await;
    account.sweep().await;
    let members = &account.members;
    let seen = account.fails("group-alarms").await;
    assert!(seen.ends_with("may move anything"), "{seen}");
    for member in members {
        assert!(seen.contains(member.as_str()), "{seen}");
        let mut world = account.simulator.world();
        let name = alarm_of(member);
        let mut alarm = world.alarms().find(|it| it.name == name).unwrap().clone();
        alarm.tags_propagate = true;
        world.put_alarm(alarm).unwrap();
        world.set_alarm(&name, AlarmState::Ok);
    }
    account.passes("group-alarms").await;
}

#[tokio::test]
async fn alarms_of_another_name_are_told_where_only_names_may_move_anything() {
    let named = enforcing().with("AlarmsThatMove", "name:nothing-like-it");
    let account = Account::unswept(floating_interface(), named).await;
    account.sweep().await;
    let seen = account.fails("group-alarms").await;
    assert!(seen.contains(account.members[0].as_str()), "{seen}");
}

#[tokio::test]
async fn a_full_quota_of_addresses_is_told() {
    let account = Account::well().await;
    account.simulator.world().settings().address_quota = 1;
    assert_eq!(
        account.fails("address-quota").await,
        "1 address of 1 in use"
    );
    account.simulator.world().settings().address_quota = 2;
    account.passes("address-quota").await;
}

#[tokio::test]
async fn a_vpc_without_dns_hostnames_is_told() {
    let account = Account::well().await;
    let kim = Caller::user(ACCOUNT, "kim");
    let vpc = {
        let mut world = account.simulator.world();
        let described = world.call(&kim, &Request::DescribeVpcs(DescribeVpcs::default()), false);
        let Ok(Response::DescribeVpcs { vpcs, .. }) = described else {
            panic!("no VPCs: {described:?}");
        };
        let off = ModifyVpcAttribute {
            vpc_id: vpcs[0].vpc_id.clone(),
            enable_dns_hostnames: Some(false),
            enable_dns_support: None,
        };
        let off = Request::ModifyVpcAttribute(off);
        world.call(&kim, &off, false).unwrap();
        vpcs[0].vpc_id.clone()
    };
    let seen = account.fails("dns-names").await;
    assert_eq!(seen, format!("no DNS hostnames in {vpc}"));
}

#[tokio::test]
async fn a_release_that_would_be_allowed_is_told_and_is_not_made() {
    let account = Account::well().await;
    account.simulator.world().allow_all();
    account.simulator.forget_calls();
    let ip = account.simulator.addresses()[0].public_ip.clone();
    let seen = account.fails("releases").await;
    assert_eq!(seen, format!("whoever runs this could release {ip}"));
    let calls = account.simulator.calls();
    let releases: Vec<_> = calls
        .iter()
        .filter(|call| call.name() == "ec2:ReleaseAddress")
        .collect();
    assert_eq!(releases.len(), 1);
    assert_eq!(releases[0].parameters["DryRun"], "true");
    assert_eq!(
        releases[0].parameters["AllocationId"],
        account.allocation.as_str()
    );
    assert_eq!(account.simulator.addresses().len(), 1);
}

#[tokio::test]
async fn the_doctor_asks_for_nothing_but_reads_and_that_dry_run() {
    let account = Account::well().await;
    account.simulator.forget_calls();
    account.checks().await;
    let calls = account.simulator.calls();
    let own: Vec<_> = calls
        .iter()
        .filter(|call| call.caller == OPERATOR)
        .collect();
    assert!(own.len() > 20, "{}", own.len());
    let changing: Vec<String> = own
        .iter()
        .filter(|it| it.mutating)
        .map(|it| it.name())
        .collect();
    assert_eq!(changing, Vec::<String>::new());
    assert!(!account.eni.is_empty());
}

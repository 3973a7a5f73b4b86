//! A sweep notes where addresses are, and a row keeps that when it learns something else.

use super::super::fixtures::{
    Installation, Trouble, address, association, association_id, installation, ip, protect,
};
use crate::ledger::NotedTarget;
use crate::model::elastic_ip::Address;
use crate::model::former_target::FormerTarget;
use crate::model::instance::{AttachedInterface, Instance, InstanceState, PrivateIp, PublicIp};
use crate::model::tags::Tags;
use crate::report::Outcome;
use std::net::Ipv4Addr;
use time::OffsetDateTime;

const PRIVATE_IP: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 5);

/// The first address is on the second private IP of the second interface of an instance.
fn holding(tags: Tags) -> Installation {
    let account = installation().with(Address {
        tags,
        association: Some(association(1)),
        ..address(1)
    });
    let public = PublicIp {
        ip: ip(1),
        auto_assigned: false,
    };
    let interface = AttachedInterface {
        id: "eni-0a".parse().unwrap(),
        device_index: 1,
        card_index: 0,
        state: None,
        subnet: Some("subnet-1".parse().unwrap()),
        service_managed: false,
        other_ips: crate::model::interface::OtherIps::default(),
        private_ips: vec![
            PrivateIp {
                ip: Ipv4Addr::new(10, 0, 0, 4),
                public: None,
            },
            PrivateIp {
                ip: PRIVATE_IP,
                public: Some(public),
            },
        ],
    };
    account.account().instances.push(Instance {
        id: "i-0a".parse().unwrap(),
        state: InstanceState::Running,
        tags: Tags::new(),
        launched_at: OffsetDateTime::UNIX_EPOCH,
        zone: None,
        kind: None,
        stop_limit: None,
        zone_id: None,
        interfaces: vec![interface],
    });
    account
}

fn noted() -> NotedTarget {
    NotedTarget {
        association: association_id(1),
        target: FormerTarget {
            card_index: 0,
            device_index: 1,
            subnet: Some("subnet-1".parse().unwrap()),
            position: Some(1),
        },
    }
}

#[tokio::test]
async fn a_sweep_notes_once_where_an_address_is() {
    let account = holding(protect("reclaim"));
    account.sweep().await;
    assert_eq!(account.row(1).await.former_target, Some(noted()));
    account.calls();
    account.minutes_later(5);
    account.sweep().await;
    assert_eq!(account.calls()["DescribeInstances"], 1);
}

#[tokio::test]
async fn what_was_noted_outlives_the_association_and_what_is_learnt_later() {
    let account = holding(protect("reclaim"));
    account.sweep().await;
    account.minutes_later(5);
    account.change(1, |address| {
        address.association = None;
        address.tags.insert("Name".to_owned(), "vip".to_owned());
    });
    account.sweep().await;
    let row = account.row(1).await;
    assert!(row.association.as_ref().unwrap().until.is_some());
    assert_eq!(row.tags["Name"], "vip");
    assert_eq!(row.former_target, Some(noted()));
    let last = row.last_target().unwrap();
    assert_eq!(last.noted, Some(noted().target));
}

#[tokio::test]
async fn of_another_association_a_note_says_nothing() {
    let account = holding(protect("reclaim"));
    account.sweep().await;
    account.minutes_later(5);
    account.account().instances.clear();
    account.change(1, |address| address.association = Some(association(2)));
    account.sweep().await;
    let row = account.row(1).await;
    assert_eq!(row.former_target, Some(noted()));
    assert_eq!(row.last_target().unwrap().noted, None);
}

#[tokio::test]
async fn nothing_is_asked_about_an_address_that_is_nobodys() {
    let account = holding(Tags::new());
    account.sweep().await;
    assert_eq!(account.row(1).await.former_target, None);
    assert_eq!(account.calls()["DescribeInstances"], 1);
}

#[tokio::test]
async fn a_place_that_does_not_show_the_address_is_not_noted() {
    let account = holding(protect("reclaim"));
    for instance in &mut account.account().instances {
        instance.interfaces[0].private_ips[1].public = None;
    }
    account.sweep().await;
    assert_eq!(account.row(1).await.former_target, None);
}

#[tokio::test]
async fn a_note_that_could_not_be_made_is_told_and_made_by_the_next_sweep() {
    let account = holding(protect("reclaim"));
    account.in_trouble("DescribeInstances", Trouble::Denied);
    let told = account.try_sweep().await;
    let what = match told {
        Ok(report) => report.summary,
        Err(error) => crate::error::chain(&error),
    };
    assert!(what.contains("is not noted"), "{what}");
    account.out_of_trouble();
    account.minutes_later(5);
    assert_eq!(account.sweep().await.outcome, Outcome::Refreshed);
    assert_eq!(account.row(1).await.former_target, Some(noted()));
}

//! The simulator over HTTP, through the AWS SDK: a client that knows nothing of the simulator builds a
//! world, loses an address and gets it back.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

use crate::aws::{Aws, code};
use aws_sdk_ec2::types::{AddressAttributeName, Filter, ResourceType, Tag, TagSpecification};
use ec2_sim::api::Caller;
use ec2_sim::http::{ACCOUNT, Fault, Outcome};
use serde_json::Value;
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);

#[tokio::test]
async fn a_world_is_built_and_described() {
    let aws = Aws::start().await;
    let web = aws.run_instance().await;
    let described = aws
        .ec2
        .describe_instances()
        .instance_ids(&web.instance)
        .send()
        .await
        .unwrap();
    let instance = &described.reservations()[0].instances()[0];
    assert_eq!(
        instance.state().unwrap().name().unwrap().as_str(),
        "running"
    );
    assert_eq!(
        instance.network_interfaces()[0].network_interface_id(),
        Some(web.eni.as_str())
    );
    assert!(instance.launch_time().is_some());
}

#[tokio::test]
async fn an_address_is_associated_and_both_sides_say_so() {
    let aws = Aws::start().await;
    let web = aws.run_instance().await;
    let held = aws.allocate().await;
    let association = aws.associate(&held, &web).await;
    let address = aws.describe(&held.allocation).await;
    assert_eq!(address.association_id(), Some(association.as_str()));
    assert_eq!(address.instance_id(), Some(web.instance.as_str()));
    let interfaces = aws
        .ec2
        .describe_network_interfaces()
        .network_interface_ids(&web.eni)
        .send()
        .await
        .unwrap();
    let seen = interfaces.network_interfaces()[0].private_ip_addresses()[0]
        .association()
        .unwrap();
    assert_eq!(seen.allocation_id(), Some(held.allocation.as_str()));
    assert_eq!(seen.public_ip(), Some(held.ip.as_str()));
}

#[tokio::test]
async fn a_second_association_is_refused_when_reassociation_is_not_allowed() {
    let aws = Aws::start().await;
    let (web, other) = (aws.run_instance().await, aws.run_instance().await);
    let held = aws.allocate().await;
    aws.associate(&held, &web).await;
    let refused = aws
        .ec2
        .associate_address()
        .allocation_id(&held.allocation)
        .network_interface_id(&other.eni)
        .private_ip_address(&other.private_ip)
        .allow_reassociation(false)
        .send()
        .await;
    assert_eq!(code(&refused), "Resource.AlreadyAssociated");
}

#[tokio::test]
async fn tags_given_at_birth_and_later_are_found_by_filter() {
    let aws = Aws::start().await;
    let protect = Tag::builder()
        .key("holdfast:protect")
        .value("reclaim")
        .build();
    let tags = TagSpecification::builder()
        .resource_type(ResourceType::ElasticIp)
        .tags(protect);
    let born = aws
        .ec2
        .allocate_address()
        .tag_specifications(tags.build())
        .send()
        .await
        .unwrap();
    let allocation = born.allocation_id().unwrap();
    let name = Tag::builder()
        .key("Name")
        .value("<partner> & \"friends\"")
        .build();
    aws.ec2
        .create_tags()
        .resources(allocation)
        .tags(name)
        .send()
        .await
        .unwrap();
    let filter = Filter::builder()
        .name("tag:holdfast:protect")
        .values("reclaim")
        .build();
    let found = aws
        .ec2
        .describe_addresses()
        .filters(filter)
        .send()
        .await
        .unwrap();
    assert_eq!(found.addresses()[0].allocation_id(), Some(allocation));
    let tags = found.addresses()[0].tags();
    assert!(
        tags.iter()
            .any(|tag| tag.value() == Some("<partner> & \"friends\"")),
        "{tags:?}"
    );
}

#[tokio::test]
async fn reverse_dns_is_published_later_and_locks_the_address() {
    let aws = Aws::start().await;
    let held = aws.allocate().await;
    let modify = aws
        .ec2
        .modify_address_attribute()
        .allocation_id(&held.allocation);
    modify.domain_name("mail.example.com").send().await.unwrap();
    aws.simulator.advance(HOUR);
    let attribute = AddressAttributeName::DomainName;
    let read = aws
        .ec2
        .describe_addresses_attribute()
        .attribute(attribute)
        .send()
        .await
        .unwrap();
    assert_eq!(read.addresses()[0].ptr_record(), Some("mail.example.com."));
    let refused = aws
        .ec2
        .release_address()
        .allocation_id(&held.allocation)
        .send()
        .await;
    assert_eq!(code(&refused), "InvalidAddress.PtrSet");
}

#[tokio::test]
async fn a_released_address_comes_back_with_the_same_ip_and_a_new_id() {
    let aws = Aws::start().await;
    let held = aws.allocate().await;
    aws.release(&held).await;
    let back = aws
        .ec2
        .allocate_address()
        .address(&held.ip)
        .send()
        .await
        .unwrap();
    assert_eq!(back.public_ip(), Some(held.ip.as_str()));
    assert_ne!(back.allocation_id(), Some(held.allocation.as_str()));
}

#[tokio::test]
async fn refusals_carry_ec2s_codes() {
    let aws = Aws::start().await;
    let held = aws.allocate().await;
    let still_held = aws.ec2.allocate_address().address(&held.ip).send().await;
    assert_eq!(code(&still_held), "InvalidAddress.NotFound");
    let unknown = aws
        .ec2
        .release_address()
        .allocation_id("eipalloc-0123456789abcdef0")
        .send()
        .await;
    assert_eq!(code(&unknown), "InvalidAllocationID.NotFound");
    let dry = aws
        .ec2
        .release_address()
        .allocation_id(&held.allocation)
        .dry_run(true)
        .send()
        .await;
    assert_eq!(code(&dry), "DryRunOperation");
    for _ in 1..5 {
        aws.allocate().await;
    }
    assert_eq!(
        code(&aws.ec2.allocate_address().send().await),
        "AddressLimitExceeded"
    );
    let unmodelled = aws.ec2.describe_nat_gateways().send().await;
    assert_eq!(code(&unmodelled), "InvalidAction");
}

#[tokio::test]
async fn the_trail_tells_the_ip_of_an_allocation_that_is_gone() {
    let aws = Aws::start().await;
    let held = aws.allocate().await;
    aws.release(&held).await;
    let events = aws.look_up(&held.allocation).await;
    let names: Vec<_> = events
        .iter()
        .filter_map(|event| event.event_name())
        .collect();
    assert_eq!(names, ["ReleaseAddress", "AllocateAddress"], "newest first");
    let record: Value = serde_json::from_str(events[1].cloud_trail_event().unwrap()).unwrap();
    assert_eq!(record["responseElements"]["publicIp"], held.ip);
    assert_eq!(events[1].read_only(), Some("false"));
}

#[tokio::test]
async fn the_trail_names_the_person_whose_key_signed_the_call() {
    let aws = Aws::start().await;
    aws.simulator
        .introduce("ALICE", Caller::user(ACCOUNT, "alice"));
    let held = aws.with_key("ALICE").allocate().await;
    let events = aws.look_up(&held.allocation).await;
    assert_eq!(events[0].username(), Some("alice"));
    aws.release(&held).await;
    let newest = &aws.look_up(&held.allocation).await[0];
    assert_ne!(newest.username(), Some("alice"));
}

#[tokio::test]
async fn the_trail_is_read_page_by_page() {
    let aws = Aws::start().await;
    for _ in 0..3 {
        let held = aws.allocate().await;
        aws.release(&held).await;
    }
    let mut pages = aws
        .trail
        .lookup_events()
        .max_results(4)
        .into_paginator()
        .send();
    let first = pages.next().await.unwrap().unwrap();
    let second = pages.next().await.unwrap().unwrap();
    assert_eq!((first.events().len(), second.events().len()), (4, 2));
}

#[tokio::test]
async fn a_release_comes_as_eventbridge_would_deliver_it() {
    let aws = Aws::start().await;
    let held = aws.allocate().await;
    aws.release(&held).await;
    let events = aws.simulator.take_events();
    let release = events
        .iter()
        .find(|event| event["detail"]["eventName"] == "ReleaseAddress");
    let release = release.expect("the release is among the events");
    assert_eq!(release["detail-type"], "AWS API Call via CloudTrail");
    assert_eq!(
        release["detail"]["requestParameters"]["allocationId"],
        held.allocation
    );
    assert!(
        aws.simulator.take_events().is_empty(),
        "an event is delivered once"
    );
}

#[tokio::test]
async fn calls_to_all_services_stand_in_one_order() {
    let aws = Aws::start().await;
    aws.simulator.create_table("ledger").await.unwrap();
    aws.simulator.forget_calls();
    aws.read_row("ledger", "a", "1").await;
    aws.allocate().await;
    aws.look_up("eipalloc-1").await;
    let wanted = [
        "dynamodb:GetItem",
        "ec2:AllocateAddress",
        "cloudtrail:LookupEvents",
    ];
    assert_eq!(aws.simulator.call_names(), wanted);
    let mutating: Vec<_> = aws
        .simulator
        .calls()
        .iter()
        .map(|call| call.mutating)
        .collect();
    assert_eq!(mutating, [false, true, false]);
}

#[tokio::test]
async fn a_lost_call_has_changed_nothing() {
    let aws = Aws::start().await;
    aws.simulator.inject("ec2:AllocateAddress", Fault::Lost, 1);
    assert!(aws.ec2.allocate_address().send().await.is_err());
    assert_eq!(aws.addresses().await, 0);
    assert_eq!(aws.simulator.calls()[0].outcome, Outcome::Lost);
}

#[tokio::test]
async fn a_call_whose_reply_is_lost_has_been_carried_out() {
    let aws = Aws::start().await;
    aws.simulator
        .inject("ec2:AllocateAddress", Fault::ReplyLost, 1);
    assert!(aws.ec2.allocate_address().send().await.is_err());
    assert_eq!(aws.addresses().await, 1);
    assert_eq!(
        aws.simulator.calls()[0].outcome,
        Outcome::ReplyLost(Box::new(Outcome::Done))
    );
}

#[tokio::test]
async fn a_throttled_call_is_refused_in_the_services_own_words() {
    let aws = Aws::start().await;
    aws.simulator
        .inject("ec2:AllocateAddress", Fault::Throttled, 1);
    aws.simulator
        .inject("cloudtrail:LookupEvents", Fault::Throttled, 1);
    assert_eq!(
        code(&aws.ec2.allocate_address().send().await),
        "RequestLimitExceeded"
    );
    assert_eq!(
        code(&aws.trail.lookup_events().send().await),
        "ThrottlingException"
    );
    assert_eq!(aws.addresses().await, 0);
}

#[tokio::test]
async fn a_slow_call_is_late_and_otherwise_well() {
    let aws = Aws::start().await;
    aws.simulator
        .inject("ec2:AllocateAddress", Fault::Slow(300), 1);
    let began = std::time::Instant::now();
    aws.allocate().await;
    assert!(began.elapsed() >= Duration::from_millis(300));
}

//! The check of the lease can fail: what it says of each call of Holdfast's, with and without the lease.

use ec2_sim::World;
use ec2_sim::api::{
    AllocateAddress, AssociateAddress, CreateTags, DetachNetworkInterface, DisassociateAddress,
    ModifyAddressAttribute, Request, StopInstances,
};
use futures_util::FutureExt;
use holdfast::cloud::moves::Reassociate;
use holdfast::ledger::lease::{Lease, LeaseHold};
use holdfast_tests::explorer::promises::{
    AccountView, LeaseCaller, LeasedCall, Promises, addresses, repeated, under_lease,
};
use holdfast_tests::scenarios::failover::{
    FailoverFixture, floating_address, floating_interface, hold_lease, lease, primary_interface,
    put_lease, stop,
};
use holdfast_tests::scenarios::placement::owner;
use time::Duration;

const FAILOVER: &str = "holdfast-alarm-failover";
const START: &str = "holdfast-instance-start";
const GUARD: &str = "holdfast-release-guard";
const RECONCILE: &str = "holdfast-reconcile";

/// The lease of the group is with `somebody` for ten minutes. What is said of a call, so many minutes later.
fn said(
    trio: &FailoverFixture,
    (role, owner): (&str, &str),
    minutes: i64,
    request: &Request,
) -> Vec<String> {
    let bed = trio.bed();
    hold_lease(&bed, 600);
    let world = bed.world();
    let hand = LeaseCaller {
        role,
        owner,
        now: world.now() + Duration::minutes(minutes),
    };
    let leases: [Lease; 1] = [lease(&bed)];
    under_lease(hand, request, &AccountView::of(&world), &leases).broken
}

fn associate(trio: &FailoverFixture, reassociates: Option<bool>) -> Request {
    Request::AssociateAddress(AssociateAddress {
        allocation_id: Some(trio.allocation.clone()),
        network_interface_id: Some(trio.eni.clone()),
        allow_reassociation: reassociates,
        ..AssociateAddress::default()
    })
}

fn disassociate(trio: &FailoverFixture) -> Request {
    let all = addresses(&trio.world);
    let association = all[&trio.allocation].association.clone();
    Request::DisassociateAddress(DisassociateAddress {
        association_id: association.map(|association| association.association_id),
        public_ip: None,
    })
}

#[test]
fn a_failover_changes_nothing_without_the_lease_however_gentle_the_call() {
    let trio = floating_address();
    for request in [associate(&trio, Some(true)), associate(&trio, Some(false))] {
        assert_eq!(said(&trio, (FAILOVER, "somebody"), 9, &request).len(), 0);
        assert_eq!(said(&trio, (FAILOVER, "another"), 9, &request).len(), 1);
    }
}

#[test]
fn a_lease_whose_time_is_up_is_none() {
    let trio = floating_address();
    let request = associate(&trio, Some(true));
    assert_eq!(said(&trio, (FAILOVER, "somebody"), 10, &request).len(), 1);
}

#[test]
fn the_lease_of_another_group_is_none() {
    let trio = floating_address();
    let request = associate(&trio, Some(true));
    let trio = trio.tagged("holdfast:group", "db");
    assert_eq!(said(&trio, (FAILOVER, "somebody"), 1, &request).len(), 1);
}

#[test]
fn whoever_has_no_lease_makes_only_calls_that_ec2_refuses_when_somebody_was_faster() {
    let trio = floating_address();
    for role in [START, GUARD, RECONCILE] {
        let said = |request: &Request| said(&trio, (role, "another"), 1, request).len();
        assert_eq!(said(&associate(&trio, Some(false))), 0);
        assert_eq!(said(&associate(&trio, Some(true))), 1);
        assert_eq!(said(&associate(&trio, None)), 1);
        assert_eq!(
            said(&Request::AllocateAddress(AllocateAddress::default())),
            0
        );
        assert_eq!(said(&disassociate(&trio)), 1, "its holder runs");
        let stop = StopInstances {
            instance_ids: trio.members.clone(),
            ..StopInstances::default()
        };
        assert_eq!(said(&Request::StopInstances(stop)), 1);
    }
}

#[test]
fn the_tie_of_a_holder_that_does_not_run_may_be_ended_by_its_id_only() {
    let trio = floating_address().stopped(0);
    let said = |request: &Request| said(&trio, (START, "another"), 1, request).len();
    assert_eq!(said(&disassociate(&trio)), 0);
    let unnamed = Request::DisassociateAddress(DisassociateAddress::default());
    assert_eq!(said(&unnamed), 1);
}

#[test]
fn an_interface_is_moved_under_the_lease_only() {
    let trio = floating_interface();
    let attachment = trio.interface(&trio.bed()).and_then(|it| it.attachment);
    let request = Request::DetachNetworkInterface(DetachNetworkInterface {
        attachment_id: attachment.expect("it is attached").attachment_id,
        force: false,
    });
    assert_eq!(said(&trio, (RECONCILE, "somebody"), 1, &request).len(), 0);
    assert_eq!(said(&trio, (RECONCILE, "another"), 1, &request).len(), 1);
}

#[test]
fn only_an_address_of_ours_is_named_or_tagged() {
    let trio = floating_interface();
    let name = Request::ModifyAddressAttribute(ModifyAddressAttribute {
        allocation_id: trio.allocation.clone(),
        domain_name: Some("mail.example.com".to_owned()),
    });
    let tag = Request::CreateTags(CreateTags {
        resources: vec![trio.allocation.clone()],
        tags: Vec::new(),
    });
    for request in [name, tag] {
        assert_eq!(said(&trio, (GUARD, "another"), 1, &request).len(), 1);
        let ours = trio.clone().world(|world| {
            let tags = [("holdfast:reclaimed-from", "eipalloc-0a")];
            holdfast_tests::scenarios::failover::tag_group(world, &trio.allocation, &tags);
        });
        assert_eq!(said(&ours, (GUARD, "another"), 1, &request).len(), 0);
    }
}

#[test]
fn the_same_deed_twice_is_told_under_one_lease_and_not_under_two() {
    let effect = |lease_number| leased(lease_number, "eni-1", false);
    assert_eq!(repeated(&[effect(1), effect(2)]), Vec::<String>::new());
    assert_eq!(repeated(&[effect(1), effect(2), effect(1)]).len(), 1);
}

/// The same address goes to a target, and EC2 takes that or refuses it.
fn leased(lease_number: u64, target: &str, is_refused: bool) -> LeasedCall {
    LeasedCall {
        group: "web".to_owned(),
        lease_number,
        what: "AssociateAddress eipalloc-1".to_owned(),
        request: format!("AssociateAddress eipalloc-1 to {target}"),
        is_refused,
        is_undone: false,
        at: time::OffsetDateTime::UNIX_EPOCH,
    }
}

#[test]
fn what_ec2_refused_may_go_to_another_target_and_is_not_asked_for_again() {
    let (refused, taken) = (leased(1, "eni-1", true), leased(1, "eni-2", false));
    let elsewhere = [refused.clone(), taken.clone()];
    assert_eq!(repeated(&elsewhere), Vec::<String>::new());
    for again in [leased(1, "eni-1", false), leased(1, "eni-1", true)] {
        assert_eq!(repeated(&[refused.clone(), again]).len(), 1);
    }
    let moved_on = leased(1, "eni-3", false);
    assert_eq!(repeated(&[refused, taken, moved_on]).len(), 1);
}

/// A run that has the lease gives the address to the second member, somebody acts, and the run gives it once more. What the
/// promises say of that.
fn given_twice(
    somebody: impl FnOnce(&FailoverFixture, &mut World) + Send + 'static,
) -> Result<(), String> {
    let trio = floating_address().failing(0);
    let bed = trio.bed();
    let client = bed.client(FAILOVER);
    let mut held = Lease::new("web");
    held.held = Some(LeaseHold {
        owner: format!("{:016x}", client.delivery(Duration::MINUTE).run),
        until: bed.world().now() + Duration::minutes(10),
    });
    put_lease(&bed, &held);
    let eni = primary_interface(&bed.world(), &trio.members[1]);
    let (allocation, eni) = (trio.allocation.parse().unwrap(), eni.parse().unwrap());
    let at = trio.private_ips(&bed, 1)[0].parse().unwrap();
    let give = || {
        let given = client.reassociate(&allocation, &eni, at).now_or_never();
        given.expect("no fault stops it").expect("EC2 takes it");
    };
    give();
    bed.intrude(0, Box::new(move |world| somebody(&trio, world)));
    give();
    Promises::with_changes(2).check(0, &bed)
}

#[test]
fn what_somebody_has_undone_may_be_done_once_more_and_nothing_else_for_their_sake() {
    let untied = |trio: &FailoverFixture, world: &mut World| {
        let association = addresses(world)[&trio.allocation].association.clone();
        let end = Request::DisassociateAddress(DisassociateAddress {
            association_id: association.map(|it| it.association_id),
            public_ip: None,
        });
        world.call(&owner(), &end, false).expect("it is theirs");
    };
    assert_eq!(given_twice(untied), Ok(()));
    let elsewhere = |trio: &FailoverFixture, world: &mut World| stop(world, &trio.members[2]);
    for broken in [given_twice(elsewhere), given_twice(|_, _| ())] {
        let told = broken.expect_err("nobody has undone it");
        assert!(
            told.contains("promise 8: lease 1 of web: AssociateAddress"),
            "{told}"
        );
    }
}

//! The guard while somebody else is at work on the same address, at every place between two of its
//! calls. Promise 1: a healthy holder is never stripped of its address. Promise 2: what is not ours is
//! never changed.

use ec2_sim::api::{
    AllocateAddress, AssociateAddress, CreateNetworkInterface, DescribeNetworkInterfaces, Request,
    Response,
};
use ec2_sim::doubts::OccupiedTarget;
use ec2_sim::{Doubts, World};
use holdfast::ledger::ReleaseStatus;
use holdfast_tests::client::Intrusion;
use holdfast_tests::client::faults::SeededBug;
use holdfast_tests::explorer::promises::Promises;
use holdfast_tests::explorer::{Intruded, Scenario, explore_intrusions};
use holdfast_tests::scenarios::guard::{Released, account, kim, record};

/// However it ends, it ends, the ledger has a word for it, and the account has the address at most
/// once.
fn coming_to_rest(released: Released) -> Scenario {
    released.scenario_that("intruded on", Promises::with_changes(3), |released, bed| {
        let record = record(bed).ok_or("the ledger has no record")?;
        match (released.held(bed), record.status) {
            (Some(_), ReleaseStatus::Reclaimed { .. }) | (None, ReleaseStatus::Pending { .. }) => {
                Ok(())
            }
            (held, status) => Err(format!(
                "the ledger says {status:?}, the account has {held:?}"
            )),
        }
    })
}

fn allocate(world: &mut World, ip: Option<&str>) -> Option<String> {
    let request = AllocateAddress {
        address: ip.map(str::to_owned),
        ..AllocateAddress::default()
    };
    match world.call(&kim(), &Request::AllocateAddress(request), false) {
        Ok(Response::AllocateAddress(given)) => Some(given.allocation_id),
        _ => None,
    }
}

fn associate(world: &mut World, allocation: &str, eni: &str, private_ip: &str) {
    let request = AssociateAddress {
        allocation_id: Some(allocation.to_owned()),
        network_interface_id: Some(eni.to_owned()),
        private_ip_address: Some(private_ip.to_owned()),
        allow_reassociation: Some(false),
        ..AssociateAddress::default()
    };
    let _ = world.call(&kim(), &Request::AssociateAddress(request), false);
}

/// Kim gives the private IP another address.
fn occupying(eni: &str) -> impl Fn() -> Intrusion + use<> {
    let eni = eni.to_owned();
    move || {
        let eni = eni.clone();
        Box::new(move |world| {
            if let Some(allocation) = allocate(world, None) {
                associate(world, &allocation, &eni, "10.0.0.5");
            }
        })
    }
}

/// Kim associates the address with an interface of another machine, once it is back.
fn diverting(released: &Released) -> impl Fn() -> Intrusion + use<> {
    let (ip, eni) = (released.ip.clone(), released.eni.clone());
    move || {
        let (ip, eni) = (ip.clone(), eni.clone());
        Box::new(move |world| {
            let all = holdfast_tests::explorer::promises::addresses(world);
            let Some(address) = all.values().find(|address| address.public_ip == ip) else {
                return;
            };
            let subnet = subnet_of(world, &eni);
            let request = CreateNetworkInterface {
                subnet_id: subnet,
                ..Default::default()
            };
            let made = world.call(&kim(), &Request::CreateNetworkInterface(request), false);
            let Ok(Response::CreateNetworkInterface(other)) = made else {
                return;
            };
            let private_ip = other.private_ip_addresses[0].private_ip_address.clone();
            associate(
                world,
                &address.allocation_id,
                &other.network_interface_id,
                &private_ip,
            );
        })
    }
}

fn subnet_of(world: &World, eni: &str) -> String {
    let all = Request::DescribeNetworkInterfaces(DescribeNetworkInterfaces::default());
    match world.inspect(&kim(), &all) {
        Ok(Response::DescribeNetworkInterfaces { interfaces, .. }) => interfaces
            .into_iter()
            .find(|interface| interface.network_interface_id == eni)
            .map(|interface| interface.subnet_id)
            .expect("the interface exists"),
        other => panic!("{other:?}"),
    }
}

fn nothing_breaks(intruded: Result<Intruded, String>) {
    let intruded = intruded.unwrap_or_else(|history| panic!("{history}"));
    assert!(intruded.places > 5, "only {} places", intruded.places);
    assert!(intruded.broken.is_empty(), "{}", intruded.broken.join("\n"));
}

/// EC2 has no compare-and-set for a private IP. The guard reads it just before. Where EC2 does not refuse, an address that
/// gets there between that read and the association is bumped off. docs/SEMANTICS.md says so.
#[test]
fn a_private_ip_that_gets_another_address_is_left_to_it_but_in_the_one_window_that_ec2_leaves_open()
{
    for doubts in (0..Doubts::COMBINATIONS).map(Doubts::numbered) {
        let windows = usize::from(doubts.occupied_target == OccupiedTarget::BumpsOff);
        let account = account().world(|world| world.settings().doubts = doubts);
        let released = account.released();
        let occupying = occupying(&released.eni);
        let intruded = explore_intrusions(&coming_to_rest(released), None, &occupying).unwrap();
        assert_eq!(intruded.broken.len(), windows, "{doubts:?} {intruded:?}");
    }
}

#[test]
fn without_the_read_every_address_at_the_private_ip_would_be_bumped_off_and_that_is_noticed() {
    let released = account().released();
    let occupying = occupying(&released.eni);
    let blind = Some(SeededBug::BlindToOthers);
    let intruded = explore_intrusions(&coming_to_rest(released), blind, &occupying).unwrap();
    assert!(intruded.broken.len() > 1, "the explorer noticed nothing");
}

#[test]
fn whoever_diverts_the_address_meanwhile_keeps_it() {
    let released = account().released();
    let diverting = diverting(&released);
    nothing_breaks(explore_intrusions(
        &coming_to_rest(released),
        None,
        &diverting,
    ));
}

#[test]
fn with_reassociation_allowed_the_diverted_address_would_be_torn_away_and_that_is_noticed() {
    let released = account().released();
    let diverting = diverting(&released);
    let reassociating = Some(SeededBug::Reassociation);
    let intruded =
        explore_intrusions(&coming_to_rest(released), reassociating, &diverting).unwrap();
    assert!(
        intruded.broken[0].contains("promise 1"),
        "{:?}",
        intruded.broken
    );
}

#[test]
fn somebody_of_the_account_who_is_faster_keeps_what_they_allocated() {
    let released = account().released();
    let ip = released.ip.clone();
    let by_hand = move || -> Intrusion {
        let ip = ip.clone();
        Box::new(move |world| drop(allocate(world, Some(&ip))))
    };
    nothing_breaks(explore_intrusions(
        &coming_to_rest(released),
        None,
        &by_hand,
    ));
}

#[test]
fn another_account_that_is_faster_leaves_it_pending() {
    let released = account().released();
    let ip = released.ip.clone();
    let elsewhere = move || -> Intrusion {
        let ip = ip.clone();
        Box::new(move |world| world.take_address(&ip))
    };
    nothing_breaks(explore_intrusions(
        &coming_to_rest(released),
        None,
        &elsewhere,
    ));
}

//! An Elastic IP alone: it counts when the address and the instance show it at its place.

use super::*;
use crate::groups::ChosenBy;
use crate::model::interface::InterfaceAssociation;

const PLACE: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);
const REASSOCIATE: &str = "reassociate eipalloc-01 with 10.0.0.2 of eni-02";
const ASSOCIATE: &str = "associate eipalloc-01 with 10.0.0.2 of eni-02";
const DISASSOCIATE: &str = "disassociate eipassoc-01";

/// The address goes to the standby's own interface.
fn reassociating(association_change: AssociationChange) -> MoveAction {
    MoveAction::Address {
        allocation: "eipalloc-01".parse().unwrap(),
        eni: "eni-02".parse().unwrap(),
        private_ip: PLACE,
        displaced: None,
        chosen_by: ChosenBy::DeviceIndex,
        association_change,
    }
}

fn ended() -> AssociationChange {
    AssociationChange::EndThenAssociate("eipassoc-01".parse().unwrap())
}

/// The address with a private IP of an interface.
fn address_on(eni: &str, private_ip: Ipv4Addr) -> Address {
    let mut address = pair().address().observed.addresses.remove(0);
    let association = address.association.as_mut().unwrap();
    association.eni = Some(eni.parse().unwrap());
    association.private_ip = Some(private_ip);
    address
}

fn address_there() -> Address {
    address_on("eni-02", PLACE)
}

fn free() -> Address {
    Address {
        association: None,
        ..address_there()
    }
}

/// The standby, where that private IP has that public side.
fn standby_showing(private_ip: Ipv4Addr, public: Option<Ipv4Addr>) -> Instance {
    let mut standby = standby();
    let public = public.map(|ip| PublicIp {
        ip,
        auto_assigned: false,
    });
    standby.interfaces[0].private_ips.push(PrivateIp {
        ip: private_ip,
        public,
    });
    standby
}

fn standby_there() -> Instance {
    let mut standby = standby();
    standby.interfaces[0].private_ips[0].public = Some(PublicIp {
        ip: EIP,
        auto_assigned: false,
    });
    standby
}

fn there() -> Script {
    script()
        .address(0, Ok(address_there()))
        .instance(0, Ok(standby_there()))
}

#[test]
fn an_address_of_a_holder_that_runs_moves_in_one_call() {
    let went = there()
        .moving(reassociating(AssociationChange::Replace))
        .go();
    assert_eq!(
        (went.end.as_str(), &*went.calls),
        ("moved", &[REASSOCIATE.to_owned()][..])
    );
    assert_eq!(
        (went.counted, went.phases),
        (1, vec!["planned", "verified"])
    );
}

#[test]
fn a_free_address_is_associated_and_taken_from_nobody() {
    let went = there().moving(reassociating(AssociationChange::New)).go();
    assert_eq!(
        (went.end.as_str(), &*went.calls),
        ("moved", &[ASSOCIATE.to_owned()][..])
    );
}

#[test]
fn an_address_of_a_holder_that_is_down_moves_in_two_calls_that_take_it_from_nobody_else() {
    let went = there().moving(reassociating(ended())).go();
    assert_eq!((went.end.as_str(), went.counted), ("moved", 2));
    assert_eq!(went.calls, [DISASSOCIATE, ASSOCIATE]);
    assert_eq!(went.phases, ["planned", "detached", "verified"]);
}

#[test]
fn a_tie_that_is_over_already_is_what_was_wanted() {
    let over = there().refuse("disassociate", "InvalidAssociationID.NotFound");
    assert_eq!(over.moving(reassociating(ended())).go().end, "moved");
}

#[test]
fn a_tie_that_cannot_be_ended_is_no_standbys_fault() {
    for (code, end) in [
        ("InvalidAddress.NotFound", "kept: InvalidAddress.NotFound"),
        ("AuthFailure", "kept: AuthFailure"),
        ("UnauthorizedOperation", "denied: UnauthorizedOperation"),
        ("Throttling", "unsure: Throttling"),
    ] {
        let went = there()
            .refuse("disassociate", code)
            .moving(reassociating(ended()))
            .go();
        assert_eq!((went.end.as_str(), went.calls.len()), (end, 1));
        assert_eq!(went.phases, ["planned"]);
    }
}

#[test]
fn an_association_that_is_refused_says_why() {
    for (code, end) in [
        ("Resource.AlreadyAssociated", "lost"),
        ("InvalidNetworkInterface.InUse", "lost"),
        ("InvalidAllocationID.NotFound", "lost"),
        (
            "InvalidNetworkInterfaceID.NotFound",
            "refused: InvalidNetworkInterfaceID.NotFound",
        ),
        ("AuthFailure", "refused: AuthFailure"),
        ("AddressLimitExceeded", "refused: AddressLimitExceeded"),
        ("TagPolicyViolation", "refused: TagPolicyViolation"),
        ("Gateway.NotAttached", "refused: Gateway.NotAttached"),
        ("UnauthorizedOperation", "denied: UnauthorizedOperation"),
        ("Throttling", "unsure: Throttling"),
        ("InternalError", "unsure: InternalError"),
    ] {
        let went = there()
            .refuse("associate", code)
            .moving(reassociating(AssociationChange::New))
            .go();
        assert_eq!((went.end.as_str(), went.counted), (end, 1));
    }
}

#[test]
fn an_address_that_does_not_show_its_new_place_yet_is_waited_for() {
    for shown in [
        address_on("eni-01", PLACE),
        address_on("eni-02", Ipv4Addr::new(10, 0, 0, 1)),
        free(),
    ] {
        let late = script().instance(0, Ok(standby_there()));
        let late = late
            .address(0, Ok(shown))
            .address(3_000, Ok(address_there()));
        let went = late.moving(reassociating(AssociationChange::Replace)).go();
        assert_eq!(went.end, "moved");
        went.took(3);
    }
}

#[test]
fn an_address_that_the_instance_does_not_show_yet_is_waited_for() {
    let elsewhere = Ipv4Addr::new(10, 0, 0, 22);
    let another = Ipv4Addr::new(203, 0, 113, 8);
    for shown in [
        standby(),
        standby_showing(elsewhere, Some(EIP)),
        standby_showing(PLACE, Some(another)),
        standby_showing(PLACE, None),
    ] {
        let late = script().address(0, Ok(address_there()));
        let late = late
            .instance(0, Ok(shown))
            .instance(3_000, Ok(standby_there()));
        let went = late.moving(reassociating(AssociationChange::Replace)).go();
        assert_eq!(went.end, "moved");
        went.took(3);
    }
}

#[test]
fn an_address_that_somebody_else_has_is_not_said_to_have_moved() {
    let theirs = script().address(0, Ok(address_on("eni-03", PLACE)));
    let went = theirs
        .instance(0, Ok(standby_there()))
        .moving(reassociating(AssociationChange::New))
        .go();
    assert_eq!(went.end, "lost");
    went.took(20);
}

#[test]
fn a_read_that_is_throttled_is_read_again_and_one_that_is_denied_is_not() {
    let late = script()
        .address(0, Err("Throttling"))
        .instance(0, Err("Throttling"));
    let late = late
        .address(1_000, Ok(address_there()))
        .instance(2_000, Ok(standby_there()));
    let went = late.moving(reassociating(AssociationChange::Replace)).go();
    assert_eq!(went.end, "moved");
    went.took(2);
    let denied = script().address(0, Err("UnauthorizedOperation"));
    let went = denied
        .moving(reassociating(AssociationChange::Replace))
        .go();
    assert_eq!(went.end, "unsure: UnauthorizedOperation");
}

#[test]
fn an_address_is_not_touched_by_a_run_that_ends() {
    for association_change in [AssociationChange::Replace, ended()] {
        let went = there()
            .moving(reassociating(association_change))
            .with_seconds_left(2.0)
            .go();
        assert_eq!((went.end.as_str(), went.calls.len()), ("out of time", 0));
    }
    let hidden = script().address(0, Ok(free()));
    let went = hidden
        .moving(reassociating(AssociationChange::New))
        .with_seconds_left(9.0)
        .go();
    assert_eq!((went.end.as_str(), went.calls.len()), ("out of time", 1));
    went.took(7);
}

#[test]
fn an_address_is_looked_at_anew_when_the_standby_has_failed() {
    let stopping = Instance {
        state: InstanceState::Stopping,
        ..standby_there()
    };
    let failed = script()
        .address(0, Ok(address_there()))
        .instance(0, Ok(stopping));
    let went = failed
        .moving(reassociating(AssociationChange::Replace))
        .go();
    assert_eq!(
        (went.end.as_str(), went.phases.as_slice()),
        ("lost", &["planned"][..])
    );
    went.took(0);
}

#[test]
fn an_address_is_there_whatever_else_the_standby_has() {
    let mut crowded = standby_there();
    let other = PrivateIp {
        ip: Ipv4Addr::new(10, 0, 0, 22),
        public: None,
    };
    crowded.interfaces[0].private_ips.push(other);
    let there = script()
        .address(0, Ok(address_there()))
        .instance(0, Ok(crowded));
    let went = there.moving(reassociating(AssociationChange::Replace)).go();
    assert_eq!(went.end, "moved");
    went.took(0);
}

/// The standby's own interface, where another Elastic IP has come meanwhile.
fn occupied() -> Interface {
    let mut interface = Interface::bare("eni-02".parse().unwrap());
    let other = InterfaceAssociation {
        ip: Ipv4Addr::new(203, 0, 113, 9),
        allocation: Some("eipalloc-09".parse().unwrap()),
    };
    interface.private_ips.insert(PLACE, Some(other));
    interface
}

#[test]
fn an_address_that_came_to_the_private_ip_a_moment_before_stays_there() {
    for (association_change, before) in [
        (AssociationChange::New, &[][..]),
        (AssociationChange::Replace, &[]),
        (ended(), &[DISASSOCIATE]),
    ] {
        let taken = there().interface(0, Ok(Some(occupied())));
        let went = taken.moving(reassociating(association_change)).go();
        assert_eq!(went.end, "lost");
        assert_eq!(went.calls, before);
    }
}

#[test]
fn nothing_is_associated_with_a_private_ip_that_could_not_be_read() {
    let unread = there().interface(0, Err("Throttling"));
    let went = unread.moving(reassociating(AssociationChange::New)).go();
    assert_eq!(
        (went.end.as_str(), went.calls.len()),
        ("unsure: Throttling", 0)
    );
}

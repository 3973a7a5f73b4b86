//! What becomes of an address that is back, when more comes to light about the time before its release.

use super::super::corrections::{CORRECTED_WITHIN, Correction, Outdated, Whereabouts};
use super::super::corrections::{decide, outdated};
use super::super::fixtures::{
    START, Trouble, address, allocation, associated_at, association, association_id,
    disassociated_at, installation, protect, reclaimed_as, release_record, row_of,
};
use crate::ledger::release::KnownAssociation;
use crate::ledger::snapshot::Dated;
use crate::ledger::{AllocationRows, ReleaseStatus, RestorationNote, Snapshot};
use crate::model::cloudtrail::{AddressChange, Record};
use crate::model::elastic_ip::{Address, Association};
use crate::model::ids::EniId;
use crate::model::instance::{Instance, InstanceState};
use crate::model::interface::{Attachment, AttachmentState, Interface, InterfaceAssociation};
use crate::model::tags::Tags;
use crate::report::Report;
use crate::settings::Mode;
use std::net::Ipv4Addr;
use time::{Duration, OffsetDateTime};

const OLD: usize = 7;
const NEW: usize = 8;
const MADE: usize = 99;

fn place(number: usize) -> Association {
    Association {
        eni: Some(eni(number)),
        instance: Some(format!("i-{number}").parse().unwrap()),
        ..association(number)
    }
}

fn eni(number: usize) -> EniId {
    format!("eni-{number}").parse().unwrap()
}

fn known(number: usize) -> KnownAssociation {
    KnownAssociation {
        id: association_id(number),
        since: START - Duration::minutes(1),
    }
}

/// Released at the start, restored on the old place, which Holdfast made an association for.
fn restored(status: ReleaseStatus) -> AllocationRows {
    let protected = Address {
        tags: protect("reclaim"),
        ..address(1)
    };
    let mut row = row_of(&protected, START - Duration::hours(1));
    row.association = Some(Dated::since(place(NEW), START - Duration::minutes(1)));
    let mut release = release_record(1, status);
    release.restoration = Some(RestorationNote {
        known: Some(known(OLD)),
        made: Some(association_id(MADE)),
    });
    AllocationRows {
        snapshot: Some(row.ended(START)),
        release: Some(release),
        ..AllocationRows::default()
    }
}

fn is_outdated(known: &AllocationRows, now: OffsetDateTime) -> Option<Outdated> {
    outdated(known, &installation().settings, now)
}

fn changed(change: impl FnOnce(&mut AllocationRows)) -> Option<Outdated> {
    let mut known = restored(reclaimed_as(9, true));
    change(&mut known);
    is_outdated(&known, START + Duration::minutes(5))
}

fn row(known: &mut AllocationRows) -> &mut Snapshot {
    known.snapshot.as_mut().unwrap()
}

fn note(known: &mut AllocationRows) -> &mut RestorationNote {
    known
        .release
        .as_mut()
        .unwrap()
        .restoration
        .as_mut()
        .unwrap()
}

#[test]
fn another_association_than_the_one_restored_makes_a_restoration_outdated() {
    let outdated = changed(|_| ()).unwrap();
    assert_eq!(outdated.allocation, allocation(9));
    assert_eq!(outdated.last.unwrap().association, place(NEW));
    assert!(is_outdated(&restored(reclaimed_as(9, false)), START).is_some());
}

#[test]
fn what_the_guard_went_by_is_not_outdated() {
    assert_eq!(
        changed(|known| note(known).known = Some(self::known(NEW))),
        None
    );
    let given_up = |known: &mut AllocationRows| {
        row(known).association.as_mut().unwrap().until = Some(START - Duration::days(1));
        note(known).known = None;
    };
    assert_eq!(changed(given_up), None);
}

#[test]
fn an_association_that_had_been_given_up_is_none() {
    let given_up = |known: &mut AllocationRows| {
        row(known).association.as_mut().unwrap().until = Some(START - Duration::days(1));
    };
    assert_eq!(changed(given_up).unwrap().last, None);
}

#[test]
fn nothing_is_outdated_that_is_not_back_or_was_not_noted_or_would_not_be_restored() {
    let reason = crate::ledger::release::LostReason::Deadline;
    let lost = restored(ReleaseStatus::Lost { reason });
    assert_eq!(is_outdated(&lost, START), None);
    let no_note = |known: &mut AllocationRows| known.release.as_mut().unwrap().restoration = None;
    assert_eq!(changed(no_note), None);
    assert_eq!(changed(|known| row(known).tags = Tags::new()), None);
    let of_a_service = |known: &mut AllocationRows| {
        row(known).service_managed = Some("alb".to_owned());
    };
    assert_eq!(changed(of_a_service), None);
}

#[test]
fn a_day_after_its_release_an_address_stays_where_it_is() {
    let rows = restored(reclaimed_as(9, true));
    assert!(is_outdated(&rows, START + CORRECTED_WITHIN).is_some());
    let later = START + CORRECTED_WITHIN + Duration::seconds(1);
    assert_eq!(is_outdated(&rows, later), None);
}

fn interface(number: usize) -> Interface {
    Interface {
        private_ips: [(Ipv4Addr::new(10, 0, 0, 5), None)].into(),
        attachment: Some(Attachment {
            id: format!("eni-attach-{number}").parse().unwrap(),
            instance: Some(format!("i-{number}").parse().unwrap()),
            device_index: 0,
            card_index: 0,
            state: AttachmentState::Attached,
            delete_on_termination: true,
            since: None,
        }),
        ..Interface::bare(eni(number))
    }
}

fn instance(number: usize) -> Instance {
    Instance {
        id: format!("i-{number}").parse().unwrap(),
        state: InstanceState::Running,
        tags: Tags::new(),
        launched_at: START,
        zone: None,
        kind: None,
        stop_limit: None,
        zone_id: None,
        interfaces: Vec::new(),
    }
}

fn made() -> Association {
    Association {
        id: association_id(MADE),
        ..place(OLD)
    }
}

/// The address on the old place, by Holdfast's own association; both instances run.
fn now() -> Whereabouts {
    Whereabouts {
        address: Some(Address {
            association: Some(made()),
            ..address(9)
        }),
        row: None,
        interfaces: [OLD, NEW].map(interface).into(),
        instances: [OLD, NEW].map(instance).into(),
    }
}

fn decided(change: impl FnOnce(&mut Whereabouts)) -> Correction {
    let mut now = now();
    change(&mut now);
    decide(&changed(|_| ()).unwrap(), &now)
}

fn why(change: impl FnOnce(&mut Whereabouts)) -> String {
    match decided(change) {
        Correction::Leave { why } => why,
        other => panic!("it is not left: {other:?}"),
    }
}

fn held(now: &mut Whereabouts) -> &mut Option<Association> {
    &mut now.address.as_mut().unwrap().association
}

#[test]
fn what_holdfast_put_in_the_wrong_place_is_moved() {
    assert_eq!(decided(|_| ()), Correction::Move { from: made() });
}

#[test]
fn what_somebody_has_touched_since_stays() {
    let moved = |now: &mut Whereabouts| held(now).as_mut().unwrap().id = association_id(5);
    assert_eq!(why(moved), "somebody has associated it since");
    let ended = "somebody has ended the association that Holdfast had restored";
    assert_eq!(why(|now| *held(now) = None), ended);
}

#[test]
fn what_is_in_the_right_place_by_whoever_is_right() {
    let right = |now: &mut Whereabouts| *held(now) = Some(place(NEW));
    assert_eq!(decided(right), Correction::Right);
}

#[test]
fn what_ec2_does_not_show_is_for_a_later_run() {
    assert_eq!(decided(|now| now.address = None), Correction::Later);
}

#[test]
fn a_place_that_cannot_take_it_leaves_it_where_it_is() {
    assert_eq!(
        why(|now| now.interfaces.truncate(1)),
        "the network interface eni-8 does not exist any more"
    );
    assert_eq!(
        why(|now| now.interfaces[1].requester_managed = true),
        "eni-8 belongs to an AWS service"
    );
    assert_eq!(
        why(|now| now.interfaces[1].private_ips.clear()),
        "eni-8 does not have the private IP 10.0.0.5 any more"
    );
    let occupied = |now: &mut Whereabouts, allocation| {
        let ip = Ipv4Addr::new(203, 0, 113, 200);
        let other = InterfaceAssociation { ip, allocation };
        let private_ips = &mut now.interfaces[1].private_ips;
        private_ips.insert(Ipv4Addr::new(10, 0, 0, 5), Some(other));
    };
    let other = Some(allocation(5));
    assert_eq!(
        why(|now| occupied(now, other)),
        "10.0.0.5 on eni-8 has 203.0.113.200 now"
    );
    assert_eq!(
        decided(|now| occupied(now, None)),
        Correction::Move { from: made() }
    );
}

#[test]
fn a_running_holder_keeps_it_where_the_right_one_does_not_run() {
    let stops = |now: &mut Whereabouts, number: usize| {
        now.instances[number].state = InstanceState::Stopped;
    };
    assert_eq!(
        why(|now| stops(now, 1)),
        "eni-8 is on no running instance, and the one that has it now runs"
    );
    let both = |now: &mut Whereabouts| (0..2).for_each(|number| stops(now, number));
    assert!(matches!(decided(both), Correction::Move { .. }));
    assert!(!why(|now| now.interfaces[1].attachment = None).is_empty());
}

#[test]
fn an_address_that_was_not_restored_and_that_nobody_touched_is_associated() {
    let rows = changed(|known| *note(known) = RestorationNote::default()).unwrap();
    let mut now = now();
    *held(&mut now) = None;
    assert_eq!(decide(&rows, &now), Correction::Associate);
    let carried = |since: OffsetDateTime| {
        let mut row = row_of(&address(9), START);
        row.association = Some(Dated::since(place(OLD), since));
        row
    };
    now.row = Some(carried(START - Duration::hours(1)));
    assert_eq!(decide(&rows, &now), Correction::Associate);
    now.row = Some(carried(START + Duration::minutes(1)));
    assert!(matches!(decide(&rows, &now), Correction::Leave { .. }));
}

#[test]
fn what_a_correction_that_ended_half_way_has_left_free_is_associated() {
    let open = is_outdated(&restored(reclaimed_as(9, false)), START).unwrap();
    let mut now = now();
    *held(&mut now) = None;
    assert_eq!(decide(&open, &now), Correction::Associate);
}

#[test]
fn what_had_been_given_up_long_before_is_not_taken_from_who_may_use_it_by_now() {
    let given_up = |known: &mut AllocationRows| {
        row(known).association.as_mut().unwrap().until = Some(START - Duration::days(1));
    };
    let Correction::Leave { why } = decide(&changed(given_up).unwrap(), &now()) else {
        panic!("it is not left");
    };
    assert_eq!(
        why,
        "an address that somebody may use by now is not taken away"
    );
}

#[tokio::test]
async fn a_late_event_moves_what_the_guard_restored_on_the_place_known_before() {
    let account = installation().knowing(1).await;
    account.hears(&associated_at(1, OLD, account.now())).await;
    account.minutes_later(1);
    let late = associated_at(1, NEW, account.now());
    account.minutes_later(1);
    account.guard_hears(&account.release(1)).await;
    let before = account.record(1).await.restoration.unwrap();
    assert_eq!(before.known.unwrap().id, association_id(OLD));

    let report = account.hears(&late).await;

    let after = account.record(1).await;
    let note = after.restoration.unwrap();
    assert_eq!(note.known.unwrap().id, association_id(NEW));
    assert_eq!(after.status, reclaimed_as_it_is(&account));
    let told: Vec<&str> = report.findings.iter().map(|it| it.what.as_str()).collect();
    assert!(told.is_empty(), "both are the same place here: {told:?}");
    let again = account.hears(&disassociated_at(NEW, account.now())).await;
    assert_eq!(again.findings, []);
}

fn reclaimed_as_it_is(account: &super::super::fixtures::Installation) -> ReleaseStatus {
    ReleaseStatus::Reclaimed {
        allocation: account.held()[0].allocation.clone(),
        restored: true,
    }
}

/// Restored on the old place; the late event tells of another interface.
async fn restored_on_too_little() -> (super::super::fixtures::Installation, Record) {
    let account = installation().knowing(1).await;
    account.hears(&associated_at(1, OLD, account.now())).await;
    account.minutes_later(1);
    let mut late = associated_at(1, NEW, account.now());
    if let AddressChange::Associated { eni, .. } = &mut late.change {
        *eni = Some("eni-0b".parse().unwrap());
    }
    account.minutes_later(1);
    account.guard_hears(&account.release(1)).await;
    account.calls();
    (account, late)
}

fn told(report: &Report) -> &str {
    &report.findings[0].what
}

#[tokio::test]
async fn what_belongs_elsewhere_is_disassociated_and_associated_there() {
    let (account, late) = restored_on_too_little().await;
    let report = account.hears(&late).await;
    assert_eq!(
        told(&report),
        "203.0.113.1 was restored on too little, and is corrected"
    );
    let calls = account.calls();
    assert_eq!(
        (calls["DisassociateAddress"], calls["AssociateAddress"]),
        (1, 1)
    );
    let now = account.held()[0].association.clone().unwrap();
    assert_eq!(now.eni.unwrap().as_str(), "eni-0b");
    assert_eq!(account.record(1).await.status, reclaimed_as_it_is(&account));
    assert!(!account.hears(&late).await.summary.contains("moved"));
    assert!(!account.calls().contains_key("DisassociateAddress"));
}

#[tokio::test]
async fn in_observe_mode_it_is_said_what_would_be_moved() {
    let (mut account, late) = restored_on_too_little().await;
    account.settings.mode = Mode::Observe;
    let report = account.hears(&late).await;
    assert_eq!(told(&report), "203.0.113.1 is not where it belongs");
    let calls = report.would_call.iter().map(|call| call.action);
    let calls: Vec<&str> = calls.collect();
    assert_eq!(calls, ["DisassociateAddress", "AssociateAddress"]);
    assert!(!account.calls().contains_key("DisassociateAddress"));
}

#[tokio::test]
async fn an_address_that_may_not_be_taken_from_its_place_stays_there_and_is_told_once() {
    for call in ["DisassociateAddress", "AssociateAddress"] {
        let (account, late) = restored_on_too_little().await;
        let before = account.held();
        account.in_trouble(call, Trouble::Denied);
        let report = account.hears(&late).await;
        assert_eq!(
            told(&report),
            "203.0.113.1 is not where it belongs, and EC2 refuses to move it"
        );
        assert_eq!(account.held(), before);
        assert_eq!(account.record(1).await.status, reclaimed_as_it_is(&account));
        assert_eq!(account.hears(&late).await.findings, []);
    }
}

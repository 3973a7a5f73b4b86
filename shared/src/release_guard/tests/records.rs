//! What a run leaves in the ledger, also where another run writes at the same time.

use super::ec2::{Guarded, new_allocation, put};
use super::*;
use crate::ledger::release::{LostReason, PendingReason};
use crate::ledger::snapshot::{AllocationState, Lock};
use crate::ledger::{Ledger, MemoryLedger};
use crate::model::cloudtrail::{AddressChange, Allocation, Record};
use crate::model::ids::{AllocationId, BorderGroup};
use crate::report::{KnownFrom, Outcome, Report};
use futures_util::FutureExt;

const NOT_AVAILABLE: ReleaseStatus = ReleaseStatus::Pending {
    reason: PendingReason::NotAvailable,
};

fn lost() -> AllocationId {
    "eipalloc-0a".parse().unwrap()
}

fn reclaimed(allocation: &str) -> ReleaseStatus {
    ReleaseStatus::Reclaimed {
        allocation: allocation.parse().unwrap(),
        restored: true,
    }
}

fn role_of_kim() -> Actor {
    release().call.unwrap().actor
}

fn not_to_be_had() -> Guarded {
    let released = released().set("HOLDFAST_RETRY_SECONDS", "0");
    released
        .guarded()
        .refused("AllocateAddress", "InvalidAddress.NotFound")
}

fn phases(report: &Report) -> Vec<&'static str> {
    report.phases.iter().map(|phase| phase.name).collect()
}

#[test]
fn a_release_is_recorded_with_who_when_and_what_became_of_it() {
    let guarded = not_to_be_had();
    guarded.report();
    let expected = ReleaseRecord {
        allocation: lost(),
        ip: Some(IP),
        border_group: Some(BorderGroup("eu-west-1".to_owned())),
        released_at: RELEASED_AT,
        event_id: Some("event-1".to_owned()),
        actor: role_of_kim(),
        unlocked: Vec::new(),
        status: NOT_AVAILABLE,
        restoration: None,
        late_exemption: None,
        is_asked_for: false,
        audited: false,
        attempts: 1,
        updated_at: RELEASED_AT + Duration::seconds(10),
        revision: 1,
    };
    assert_eq!(guarded.record(), expected);
}

#[test]
fn each_further_run_counts_as_an_attempt() {
    let guarded = not_to_be_had();
    guarded.report();
    guarded.pass(Duration::minutes(1));
    guarded.report();
    let record = guarded.record();
    assert_eq!((record.attempts, record.revision), (2, 2));
    assert_eq!(record.updated_at, guarded.ec2().now);
}

#[test]
fn a_run_that_may_not_act_is_no_attempt_and_writes_the_same_once() {
    let guarded = released().set("HOLDFAST_MODE", "observe").guarded();
    assert_eq!(guarded.report().outcome, Outcome::WouldReclaim);
    let first = guarded.record();
    assert_eq!(
        (first.attempts, &first.status),
        (0, &ReleaseStatus::Recorded)
    );
    guarded.pass(Duration::minutes(1));
    assert_eq!(guarded.report().outcome, Outcome::WouldReclaim);
    assert_eq!(guarded.record(), first);
}

#[test]
fn another_reason_for_the_same_wait_is_written_down() {
    let guarded = not_to_be_had();
    guarded.report();
    let guarded = guarded.refused("AllocateAddress", "AddressLimitExceeded");
    guarded.report();
    let reason = PendingReason::OverQuota;
    assert_eq!(guarded.record().status, ReleaseStatus::Pending { reason });
}

/// Another run writes how the release ended, right before this one's look.
fn meanwhile(guarded: Guarded, status: ReleaseStatus) -> Guarded {
    let ledger = guarded.ledger.clone();
    let theirs = released().recorded_as(status).observed.ledger.release;
    guarded.at("DescribeAddresses", move |_| {
        write(&ledger, &theirs.unwrap());
        Ok(())
    })
}

fn write(ledger: &MemoryLedger, record: &ReleaseRecord) {
    let _ = ledger.put_release(record).now_or_never().unwrap().unwrap();
}

#[test]
fn what_another_run_has_settled_meanwhile_stays_settled() {
    for status in [
        reclaimed("eipalloc-0c"),
        ReleaseStatus::Lost {
            reason: LostReason::ReclaimLoop,
        },
        ReleaseStatus::LetGo {
            reason: "exempt".to_owned(),
        },
        ReleaseStatus::Transferred { to_account: None },
    ] {
        let guarded = meanwhile(not_to_be_had(), status.clone());
        assert_eq!(guarded.report().outcome, Outcome::Pending);
        let theirs = released().recorded_as(status).observed.ledger.release;
        assert_eq!(Some(guarded.record()), theirs);
    }
}

#[test]
fn what_another_run_has_back_is_not_pending_again() {
    let half = ReleaseStatus::Reclaimed {
        allocation: "eipalloc-0c".parse().unwrap(),
        restored: false,
    };
    let guarded = meanwhile(not_to_be_had(), half.clone());
    guarded.report();
    assert_eq!(guarded.record().status, half);
}

#[test]
fn what_another_run_only_noted_meanwhile_gives_way() {
    let reason = PendingReason::Unreachable;
    let guarded = meanwhile(not_to_be_had(), ReleaseStatus::Pending { reason });
    guarded.report();
    let record = guarded.record();
    assert_eq!((record.status, record.attempts), (NOT_AVAILABLE, 2));
}

/// Reconcile asks again, and no event tells it of the release.
fn untold(mut guarded: Guarded) -> Guarded {
    guarded.release.call = None;
    guarded.release.border_group = None;
    guarded.release.released_at = RELEASED_AT + Duration::minutes(5);
    guarded
}

#[test]
fn a_run_that_no_event_tells_of_the_release_keeps_what_one_has_told() {
    let guarded = not_to_be_had();
    guarded.report();
    let told = guarded.record();
    let guarded = untold(guarded);
    guarded.report();
    let record = guarded.record();
    assert_eq!(record.attempts, 2);
    let kept = |record: ReleaseRecord| {
        let ReleaseRecord {
            event_id,
            actor,
            released_at,
            border_group,
            ..
        } = record;
        (event_id, actor, released_at, border_group)
    };
    assert_eq!(kept(record), kept(told));
}

#[test]
fn an_event_that_comes_after_all_completes_the_record() {
    let guarded = untold(not_to_be_had());
    guarded.report();
    let untold = guarded.record();
    assert_eq!((untold.event_id, untold.actor), (None, Actor::default()));
    assert_eq!(untold.released_at, RELEASED_AT + Duration::minutes(5));
    let guarded = Guarded {
        release: release(),
        ..guarded
    };
    guarded.report();
    let told = guarded.record();
    assert_eq!(told.event_id.as_deref(), Some("event-1"));
    assert_eq!((told.actor, told.released_at), (role_of_kim(), RELEASED_AT));
    assert_eq!(told.border_group, release().border_group);
}

#[test]
fn a_record_that_was_audited_stays_audited() {
    let mut released = released().recorded_as(NOT_AVAILABLE);
    released.observed.ledger.release.as_mut().unwrap().audited = true;
    let guarded = released.guarded();
    guarded.report();
    assert!(guarded.record().audited);
    assert_eq!(guarded.record().attempts, 2);
}

#[test]
fn the_old_allocation_ends_when_it_was_released() {
    let guarded = not_to_be_had();
    guarded.report();
    let life = AllocationState::Released { at: RELEASED_AT };
    assert_eq!(guarded.row(&lost()).unwrap().state, life);
}

#[test]
fn an_end_that_is_known_already_is_moved_by_its_own_call_only() {
    let before = RELEASED_AT - Duration::seconds(3);
    for (is_told, at) in [(true, RELEASED_AT), (false, before)] {
        let mut released = released().set("HOLDFAST_RETRY_SECONDS", "0");
        let ended = released.observed.snapshot.unwrap().ended(before);
        released.observed.snapshot = Some(ended);
        if !is_told {
            released.release.call = None;
        }
        let guarded = released.guarded();
        guarded.report();
        let row = guarded.row(&lost()).unwrap();
        assert_eq!(row.state, AllocationState::Released { at });
    }
}

#[test]
fn what_was_let_go_is_in_the_ledger() {
    let guarded = released().tagged("none").guarded();
    let report = guarded.report();
    assert_eq!(report.outcome, Outcome::LetGo);
    assert!(
        !report.summary.contains("dealt with before"),
        "{}",
        report.summary
    );
    assert!(matches!(
        guarded.record().status,
        ReleaseStatus::LetGo { .. }
    ));
    assert!(!guarded.row(&lost()).unwrap().is_allocated());
    assert!(guarded.calls().is_empty());
}

#[test]
fn a_report_says_how_long_each_phase_took() {
    let reclaimed = released().guarded().report();
    assert_eq!(
        phases(&reclaimed),
        ["ledger", "reclaim", "restore", "record"]
    );
    let pending = not_to_be_had().report();
    assert_eq!(phases(&pending), ["ledger", "reclaim", "record"]);
    let let_go = released().tagged("none").guarded().report();
    assert_eq!(phases(&let_go), ["ledger", "record"]);
    let unknown = released().unknown_to_the_ledger().guarded().report();
    assert_eq!(phases(&unknown), ["ledger", "event-history", "record"]);
    let found = released().guarded().at("AllocateAddress", |ec2| {
        ec2.held.push(elses());
        Ok(())
    });
    assert_eq!(phases(&found.report()), ["ledger", "reclaim", "record"]);
    let instead = released().guarded();
    let instead = instead.with(|ec2| ec2.gives_instead = Some([198, 51, 100, 9].into()));
    assert_eq!(phases(&instead.report()), ["ledger", "reclaim", "record"]);
}

fn elses() -> Address {
    Address {
        allocation: "eipalloc-0c".parse().unwrap(),
        ip: IP,
        pool: Pool::Amazon,
        border_group: None,
        tags: crate::model::tags::Tags::new(),
        association: None,
        service_managed: None,
    }
}

fn told(name: &str, before: Duration, change: AddressChange) -> Record {
    let mut call = release().call.unwrap();
    call.event_id = format!("{name}-{before}");
    call.name = name.to_owned();
    call.at = RELEASED_AT - before;
    Record { call, change }
}

/// What CloudTrail tells of the address: born, named, unnamed.
fn history() -> Vec<Record> {
    let snapshot = snapshot();
    let birth = Allocation {
        allocation: lost(),
        ip: IP,
        pool: Pool::Amazon,
        border_group: None,
        tags: snapshot.tags,
    };
    let reset = AddressChange::ReverseDnsReset { allocation: lost() };
    let name = AddressChange::ReverseDnsSet {
        allocation: lost(),
        name: Some("gate.example.com".to_owned()),
    };
    vec![
        told(
            "AllocateAddress",
            Duration::days(2),
            AddressChange::Allocated(birth),
        ),
        told("ModifyAddressAttribute", Duration::days(1), name),
        told("ResetAddressAttribute", Duration::minutes(2), reset),
    ]
}

fn known_to_the_trail_only() -> Guarded {
    let guarded = released().unknown_to_the_ledger().guarded();
    guarded.with(|ec2| ec2.history = history())
}

#[test]
fn what_only_the_trail_knows_is_in_the_ledger_afterwards() {
    let guarded = known_to_the_trail_only();
    let report = guarded.report();
    assert_eq!(report.outcome, Outcome::Reclaimed);
    assert_eq!(
        super::ec2::address(&report).known_from,
        Some(KnownFrom::EventHistory)
    );
    let row = guarded.row(&lost()).unwrap();
    assert_eq!((row.ip, row.is_allocated()), (IP, false));
    let record = guarded.record();
    assert_eq!((record.ip, record.unlocked.len()), (Some(IP), 1));
    assert_eq!(record.unlocked[0].what, Lock::ReverseDns);
    assert_eq!(guarded.ec2().names[&new_allocation(1)], "gate.example.com");
}

#[test]
fn what_an_event_told_and_the_trail_confirms_is_confirmed_for_good() {
    let guarded = known_from_an_event().with(|ec2| ec2.history = history());
    let report = guarded.report();
    assert_eq!(report.outcome, Outcome::Reclaimed);
    let row = guarded.row(&lost()).unwrap();
    assert_eq!((row.unconfirmed, row.is_allocated()), (false, false));
    assert!(!guarded.row(&new_allocation(1)).unwrap().unconfirmed);
}

#[test]
fn what_only_an_event_told_costs_a_look_at_the_trail_and_no_request() {
    let guarded = known_from_an_event();
    assert_eq!(guarded.report().outcome, Outcome::Pending);
    assert_eq!(guarded.calls(), ["LookupEvents"]);
    assert!(guarded.row(&lost()).unwrap().unconfirmed);
}

#[test]
fn what_a_look_has_confirmed_is_asked_for_at_once() {
    let guarded = released().guarded();
    guarded.report();
    assert_eq!(guarded.calls()[0], "AllocateAddress");
}

fn known_from_an_event() -> Guarded {
    let told = released().snapshot(|snapshot| snapshot.unconfirmed = true);
    told.guarded()
}

#[test]
fn a_trail_that_tells_of_the_release_as_well_is_kept_too() {
    let guarded = known_to_the_trail_only().with(|ec2| {
        let change = AddressChange::Released {
            allocation: lost(),
            border_group: None,
        };
        ec2.history
            .push(told("ReleaseAddress", Duration::ZERO, change));
    });
    guarded.report();
    let life = AllocationState::Released { at: RELEASED_AT };
    assert_eq!(guarded.row(&lost()).map(|row| row.state), Some(life));
}

#[test]
fn a_trail_that_does_not_answer_leaves_word() {
    let guarded = released().unknown_to_the_ledger().guarded();
    let failure = guarded.refused("LookupEvents", "ThrottlingException");
    let message = failure.failure().to_string();
    assert!(
        message.contains("CloudTrail could not be asked; noted as pending"),
        "{message}"
    );
    let reason = PendingReason::UnknownAddress;
    assert_eq!(failure.record().status, ReleaseStatus::Pending { reason });
}

#[test]
fn an_address_that_nobody_knows_is_pending_until_the_deadline_and_then_lost() {
    let guarded = released().unknown_to_the_ledger().guarded();
    let report = guarded.report();
    assert_eq!(report.outcome, Outcome::Pending);
    assert_eq!(guarded.times_of("LookupEvents").len(), 1);
    assert!(
        report.findings[0]
            .next
            .contains("get-resource-config-history")
    );
    let first = released()
        .unknown_to_the_ledger()
        .after(Duration::hours(73));
    let first = first.guarded();
    assert_eq!(first.report().outcome, Outcome::Lost);
    assert_eq!(
        first.times_of("LookupEvents").len(),
        1,
        "the trail is asked once at least"
    );
    guarded.pass(Duration::hours(73));
    assert_eq!(guarded.report().outcome, Outcome::Lost);
    assert_eq!(guarded.times_of("LookupEvents").len(), 1, "and not again");
}

#[test]
fn an_allocation_that_is_heard_of_while_its_release_is_dealt_with_is_taken_back_at_once() {
    let guarded = released().unknown_to_the_ledger().guarded();
    let ledger = guarded.ledger.clone();
    let guarded = guarded.at("LookupEvents", move |_| {
        put(&ledger, &snapshot());
        Ok(())
    });
    assert_eq!(guarded.report().outcome, Outcome::Reclaimed);
    assert_eq!(guarded.record().status, reclaimed("eipalloc-new1"));
}

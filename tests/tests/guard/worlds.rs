//! The guard in accounts that are not as it knows them: an endpoint that gives another address, a person
//! who moves the address before it is looked at, reads that lag, events from elsewhere. What it reports
//! there is held against the account itself, after every run.

use ec2_sim::World;
use ec2_sim::api::{AssociateAddress, Request};
use holdfast::ledger::ReleaseStatus;
use holdfast::ledger::release::PendingReason;
use holdfast::report::{Outcome, Report, Subject};
use holdfast_tests::client::faults::Fault;
use holdfast_tests::client::{Intrusion, TestBed};
use holdfast_tests::explorer::explore_intrusions;
use holdfast_tests::explorer::promises::{Promises, addresses, is_holdfast};
use holdfast_tests::scenarios::estate::neighbour;
use holdfast_tests::scenarios::guard::{Guarded, Released, account, kim, record};
use serde_json::json;
use time::Duration;

fn report_of(guarded: &Guarded) -> Report {
    guarded.report().unwrap_or_else(|error| panic!("{error}"))
}

/// The calls of Holdfast's that changed something.
fn changes(bed: &TestBed) -> Vec<&'static str> {
    let world = bed.world();
    let calls = world.calls().iter();
    calls
        .filter(|call| is_holdfast(&call.caller) && call.mutated())
        .map(ec2_sim::world::Call::action)
        .collect()
}

fn nothing_is_broken(bed: &TestBed) {
    assert!(bed.broken().is_empty(), "{:?}", bed.broken());
}

/// What answers as EC2 gives some address, whichever it is asked for.
fn of_another_kind() -> Guarded {
    let released = account().released();
    let released = released.then(|world, _| world.settings().gives_another_address = true);
    released.guarded()
}

#[test]
fn another_address_than_the_lost_one_is_given_once_whatever_is_delivered() {
    for lost in [None, Some(Fault::ReplyLost)] {
        let guarded = of_another_kind();
        let faults: Vec<_> = lost.map(|fault| (1, fault)).into_iter().collect();
        guarded.bed.faults.plan(&faults);
        for _ in 0..10 {
            assert_eq!(report_of(&guarded).outcome, Outcome::Pending, "{lost:?}");
            guarded.bed.pass(std::time::Duration::from_mins(1));
        }
        assert_eq!(changes(&guarded.bed), ["AllocateAddress"], "{lost:?}");
        let reason = PendingReason::WrongAddress;
        let status = record(&guarded.bed).map(|record| record.status);
        assert_eq!(status, Some(ReleaseStatus::Pending { reason }));
        nothing_is_broken(&guarded.bed);
    }
}

#[test]
fn the_report_names_the_other_address_and_how_to_give_it_up() {
    let guarded = of_another_kind();
    let report = report_of(&guarded);
    let all = addresses(&guarded.bed.world());
    let (allocation, other) = all.first_key_value().unwrap();
    assert!(other.association.is_none());
    let finding = &report.findings[0];
    assert!(finding.what.contains(allocation) && finding.what.contains(&other.public_ip));
    let release = format!("aws ec2 release-address --allocation-id {allocation}");
    assert!(finding.next.contains(&release), "{}", finding.next);
}

#[test]
fn an_allocation_that_ec2_still_shows_is_asked_for_until_it_is_shown_no_more() {
    let account = account().world(|world| {
        world.settings().released_unavailable_for = Duration::minutes(2);
        world.set_read_lag(Duration::minutes(2));
    });
    let guarded = account.released().guarded();
    assert_eq!(report_of(&guarded).outcome, Outcome::Pending);
    let reason = PendingReason::NotReleased;
    let status = record(&guarded.bed).map(|record| record.status);
    assert_eq!(status, Some(ReleaseStatus::Pending { reason }));
    guarded.bed.pass(std::time::Duration::from_mins(3));
    assert_eq!(report_of(&guarded).outcome, Outcome::Reclaimed);
    nothing_is_broken(&guarded.bed);
}

/// However long reads lag, what is said to be restored is; what they do not show is said to be unverified.
#[test]
fn a_report_is_true_past_any_lag() {
    for seconds in 0..6 {
        let released = account()
            .released()
            .then(|world, _| world.set_read_lag(Duration::seconds(seconds)));
        let guarded = released.guarded();
        let report = report_of(&guarded);
        assert_eq!(guarded.released.is_back(&guarded.bed), Ok(()), "{seconds}");
        nothing_is_broken(&guarded.bed);
        let Subject::Address(address) = report.subject else {
            panic!("it is about an address")
        };
        assert!(address.reverse_dns.is_some(), "{seconds}");
        let verified = address.association.map(|now| now.verified);
        assert_eq!(verified, Some(seconds == 0), "{seconds}");
    }
}

/// A person takes the address, which is back, for another machine, from whatever it is on.
fn taking(released: &Released) -> impl Fn() -> Intrusion + use<> {
    let (ip, eni) = (released.ip.clone(), released.eni.clone());
    move || {
        let (ip, eni) = (ip.clone(), eni.clone());
        Box::new(move |world: &mut World| {
            let all = addresses(world);
            let Some(address) = all.values().find(|address| address.public_ip == ip) else {
                return;
            };
            let other = neighbour(world, &kim(), &eni).unwrap();
            let request = AssociateAddress {
                allocation_id: Some(address.allocation_id.clone()),
                network_interface_id: Some(other),
                allow_reassociation: Some(true),
                ..AssociateAddress::default()
            };
            let _ = world.call(&kim(), &Request::AssociateAddress(request), false);
        })
    }
}

/// The last call to EC2 is the look that verifies; the person comes at each place before it.
#[test]
fn who_takes_the_address_before_it_is_looked_at_has_it_and_the_report_does_not_claim_it() {
    let released = account().not_named().released();
    let taking = taking(&released);
    let most = Promises::with_changes(3);
    let scenario = released.scenario_that("taken by a person", most, |released, bed| {
        let held = released.held(bed).ok_or("it is not back")?;
        let record = record(bed).ok_or("the ledger has no record")?;
        if held.association.is_none() || !record.status.is_final() {
            return Err(format!("{held:?}, {:?}", record.status));
        }
        Ok(())
    });
    let intruded = explore_intrusions(&scenario, None, &taking).unwrap();
    assert!(intruded.places > 4, "only {} places", intruded.places);
    assert!(intruded.broken.is_empty(), "{}", intruded.broken.join("\n"));
}

#[test]
fn a_release_in_another_region_is_left_to_the_installation_there() {
    let mut released = account().released();
    released.event["region"] = json!("eu-west-1");
    released.event["detail"]["awsRegion"] = json!("eu-west-1");
    let guarded = released.guarded();
    let report = report_of(&guarded);
    assert_eq!(report.outcome, Outcome::Ignored);
    assert!(
        report.summary.contains("it happened in eu-west-1"),
        "{}",
        report.summary
    );
    assert!(changes(&guarded.bed).is_empty());
    assert!(
        record(&guarded.bed).is_none(),
        "its record would be somebody else's"
    );
}

/// An event bus may forward the events of other accounts: their allocations are nobody's here.
#[test]
fn a_release_in_another_account_changes_nothing_here() {
    let mut released = account().released();
    let theirs = "eipalloc-0999999999999999a";
    released.event["account"] = json!("444455556666");
    released.event["detail"]["recipientAccountId"] = json!("444455556666");
    released.event["detail"]["requestParameters"]["allocationId"] = json!(theirs);
    let guarded = released.guarded();
    let report = report_of(&guarded);
    assert_eq!(report.outcome, Outcome::Pending);
    assert!(
        report.findings[0].what.contains(theirs),
        "{}",
        report.findings[0].what
    );
    assert!(changes(&guarded.bed).is_empty());
}

#[test]
fn a_second_loss_by_somebody_else_is_made_good_and_both_are_counted() {
    let guarded = account().released().guarded();
    assert_eq!(report_of(&guarded).outcome, Outcome::Reclaimed);
    let lee = ec2_sim::api::Caller::user("111122223333", "lee");
    let guarded = guarded.released_again(&lee).guarded();
    let report = report_of(&guarded);
    assert_eq!(report.outcome, Outcome::Reclaimed);
    assert_eq!(guarded.released.is_back(&guarded.bed), Ok(()));
    let Subject::Address(address) = report.subject else {
        panic!("it is about an address")
    };
    assert!(address.association.is_some_and(|now| now.verified));
    nothing_is_broken(&guarded.bed);
}

#[test]
fn a_fourth_loss_within_a_day_is_a_fight() {
    let mut guarded = account().released().guarded();
    for _ in 0..2 {
        assert_eq!(report_of(&guarded).outcome, Outcome::Reclaimed);
        guarded = guarded.released_again(&kim()).guarded();
    }
    assert_eq!(report_of(&guarded).outcome, Outcome::Reclaimed);
    let fourth = guarded.released_again(&kim()).guarded();
    assert_eq!(report_of(&fourth).outcome, Outcome::ReclaimLoop);
    assert!(fourth.released.held(&fourth.bed).is_none());
}

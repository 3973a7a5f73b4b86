//! Whatever a run of reconcile finds: in `observe` mode it changes nothing and says what `enforce` would do,
//! and what it says to have done is so.

use futures_util::FutureExt;
use holdfast::events::Trigger;
use holdfast::ledger::{Ledger, ReleaseStatus};
use holdfast::report::{MoveEnd, Outcome, Report, Subject, SweepReport};
use holdfast::settings::Mode;
use holdfast_tests::client::faults::{Fault, SeededBug};
use holdfast_tests::explorer::promises::{Promises, addresses};
use holdfast_tests::scenarios::reconcile::finds::{ALL, Find, Found};
use holdfast_tests::scenarios::reconcile::{Installation, play};
use std::cell::Cell;
use std::collections::BTreeMap;
use time::Duration;

fn sweep_of(report: &Report) -> &SweepReport {
    match &report.subject {
        Subject::Sweep(sweep) => sweep,
        other => panic!("no sweep: {other:?}"),
    }
}

/// One run of reconcile, five minutes after the last.
fn run((bed, settings): &Found, mode: Mode) -> Report {
    let mut settings = settings.clone();
    settings.mode = mode;
    let at = bed.world().now();
    let client = bed.client("holdfast-reconcile");
    let run = play(client, settings, Trigger::Schedule { at }).now_or_never();
    let report = run.expect("no fault stops it").expect("it ends well");
    assert_eq!(bed.broken(), Vec::<String>::new());
    report
}

/// What a run in `enforce` mode is called in `observe` mode.
fn as_observed(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Reclaimed | Outcome::OverQuota | Outcome::Denied | Outcome::Pending => {
            Outcome::WouldReclaim
        }
        Outcome::FailedOver | Outcome::PartlyMoved | Outcome::Returned => Outcome::WouldFailOver,
        other => other,
    }
}

/// What a report names, in the words of `observe` mode: losses, places, moves.
fn named(report: &Report) -> [Vec<String>; 3] {
    let sweep = sweep_of(report);
    let closed = sweep.releases.iter().map(|one| {
        let Subject::Address(address) = &one.subject else {
            panic!("no loss: {one:?}")
        };
        let lost = &address.released_allocation;
        format!("{lost}: {:?}", as_observed(one.outcome))
    });
    let placed = sweep.placed.iter().map(|one| {
        let at = &one.association;
        format!("{} on {} at {}", one.ip, at.eni, at.private_ip)
    });
    let failovers = sweep.failovers.iter().flat_map(|one| {
        let moves = match &one.subject {
            Subject::Failover(failover) => failover.moves.as_slice(),
            _ => &[],
        };
        let outcome = as_observed(one.outcome);
        moves.iter().map(move |each| {
            let is_moved = matches!(each.end, MoveEnd::Moved | MoveEnd::WouldMove);
            format!(
                "{outcome:?}: {:?} {:?} {:?} to {:?}, {is_moved}",
                each.eni, each.private_ips, each.public_ips, each.to
            )
        })
    });
    [closed.collect(), placed.collect(), failovers.collect()]
}

fn each(test: impl Fn(&str, &dyn Fn() -> Found)) {
    let finds: [Find; 24] = ALL;
    for (name, find) in finds {
        test(name, &find);
    }
}

#[test]
fn in_observe_mode_a_report_names_what_enforce_would_do() {
    let something = Cell::new(0);
    each(|name, find| {
        let would = run(&find(), Mode::Observe);
        let done = run(&find(), Mode::Enforce);
        assert_eq!(named(&would), named(&done), "{name}: {}", would.summary);
        assert_eq!(sweep_of(&would).missing, sweep_of(&done).missing, "{name}");
        let is_something = named(&done).iter().any(|named| !named.is_empty());
        something.set(something.get() + usize::from(is_something));
    });
    assert!(
        something.get() > 18,
        "only {something:?} worlds have something to do"
    );
}

#[test]
fn in_observe_mode_nothing_is_changed_and_no_lease_is_written() {
    each(|name, find| {
        let found = find();
        let (calls, names) = (found.0.world().calls().len(), found.0.faults.names().len());
        for _ in 0..3 {
            run(&found, Mode::Observe);
            found.0.world().advance(Duration::minutes(5));
        }
        let kept = Promises::of_observe_mode().check(calls, &found.0);
        assert_eq!(kept, Ok(()), "{name}");
        let written = found.0.faults.names().split_off(names);
        let is_lease = |call: &&str| call.starts_with("ledger") && call.ends_with(" lease");
        assert!(!written.iter().any(is_lease), "{name}: {written:?}");
        let leases = found.0.ledger.leases().now_or_never().unwrap().unwrap();
        assert!(leases.is_empty(), "{name}: {leases:?}");
    });
}

#[test]
fn what_observe_names_is_mailed_once_at_the_most() {
    each(|name, find| {
        let found = find();
        let mut outcomes = BTreeMap::new();
        for _ in 0..4 {
            let outcome = run(&found, Mode::Observe).outcome;
            *outcomes.entry(outcome).or_insert(0) += 1;
            found.0.world().advance(Duration::minutes(5));
        }
        outcomes.remove(&Outcome::Refreshed);
        assert!(
            outcomes.values().all(|times| *times == 1),
            "{name}: {outcomes:?}"
        );
    });
}

#[test]
fn a_further_run_does_nothing_that_is_done() {
    each(|name, find| {
        let found = find();
        run(&found, Mode::Enforce);
        found.0.world().advance(Duration::minutes(5));
        let calls = found.0.world().calls().len();
        let allocated = addresses(&found.0.world()).len();
        run(&found, Mode::Enforce);
        let kept = Promises::with_changes(0).check(calls, &found.0);
        let is_tried_again = name.contains("while the quota") || name.contains("may not");
        assert!(kept.is_ok() || is_tried_again, "{name}: {kept:?}");
        assert_eq!(addresses(&found.0.world()).len(), allocated, "{name}");
    });
}

/// Ten addresses that the ledger knows, and a run that is shown half of them.
fn known_and_half_shown(number: usize) -> Installation {
    let mut account = Installation::new();
    drop(account.allocate_many(number, "reclaim"));
    account.lose_events();
    account.pass(Duration::minutes(1));
    account.sweep().unwrap();
    account.pass(Duration::minutes(5));
    account.bed.faults.seeded_bug(SeededBug::ShortLists);
    account
}

#[test]
fn addresses_of_a_page_that_is_missing_are_not_lost() {
    for number in [1, 10] {
        let account = known_and_half_shown(number);
        let before = account.bed.faults.names().len();
        let report = account.sweep().unwrap();
        assert_eq!(report.outcome, Outcome::Refreshed, "{}", report.summary);
        assert_eq!(sweep_of(&report).missing, []);
        assert_eq!(sweep_of(&report).addresses, number / 2);
        assert!(account.releases().is_empty());
        assert!(
            account
                .snapshots()
                .iter()
                .all(holdfast::ledger::Snapshot::is_allocated)
        );
        let calls = account.bed.faults.names().split_off(before);
        let looks = calls.iter().filter(|name| **name == "DescribeAddresses");
        assert_eq!(looks.count(), 2);
        assert!(!calls.contains(&"LookupEvents"), "{calls:?}");
    }
}

#[test]
fn an_address_of_a_missing_page_is_not_lost_beside_one_that_is() {
    let account = known_and_half_shown(2);
    let lost = account.snapshots()[1].clone();
    account.release(&holdfast_tests::scenarios::reconcile::Known {
        allocation: lost.allocation.to_string(),
        ip: lost.ip.to_string(),
        eni: String::new(),
    });
    account.lose_events();
    account.bed.world().advance(Duration::minutes(5));
    let report = account.sweep().unwrap();
    assert_eq!(sweep_of(&report).missing, [lost.allocation]);
    assert_eq!(report.outcome, Outcome::Reclaimed);
    assert_eq!(addresses(&account.bed.world()).len(), 2);
}

/// EC2's answers lag ten seconds behind, and have caught up by the second look.
#[test]
fn an_address_that_a_look_does_not_show_yet_is_not_lost() {
    let mut account = Installation::new();
    account.bed.world().set_read_lag(Duration::seconds(10));
    drop(account.allocate(Some("reclaim")));
    account.pass(Duration::seconds(8));
    assert_eq!(account.snapshots().len(), 1, "its event has told of it");
    let before = account.bed.faults.names().len();
    let caught_up = |world: &mut ec2_sim::World| world.set_read_lag(Duration::ZERO);
    account.bed.intrude(before + 2, Box::new(caught_up));

    let report = account.sweep().unwrap();

    assert_eq!(sweep_of(&report).addresses, 0, "the first look was stale");
    assert_eq!(sweep_of(&report).missing, []);
    assert_eq!(report.outcome, Outcome::Refreshed, "{}", report.summary);
    assert!(account.releases().is_empty());
    assert!(account.snapshots()[0].is_allocated());
}

/// The interface and the private IP of each address.
type Places = BTreeMap<String, Option<(String, String)>>;

/// Where every address is, and how each release ended: what the end of a run is compared by.
fn end_of((bed, _): &Found) -> (Places, Vec<String>) {
    let places = addresses(&bed.world()).into_values().map(|held| {
        let at = held
            .association
            .map(|now| (now.network_interface_id, now.private_ip_address));
        (held.public_ip, at)
    });
    let releases = bed.ledger.releases();
    let statuses = releases.iter().map(|release| match &release.status {
        ReleaseStatus::Reclaimed { restored, .. } => format!("reclaimed, restored: {restored}"),
        status => format!("{status:?}"),
    });
    (places.collect(), statuses.collect())
}

/// Runs until nothing is under way any more. The lease of a run that died ends with its time.
fn come_to_rest(found: &Found) {
    for _ in 0..3 {
        found.0.world().advance(Duration::minutes(10));
        run(found, Mode::Enforce);
    }
}

#[test]
fn a_run_that_is_cut_short_at_any_call_is_finished_by_those_after_it() {
    each(|name, find| {
        let whole = find();
        let before = whole.0.faults.names().len();
        run(&whole, Mode::Enforce);
        let calls = whole.0.faults.names().len();
        come_to_rest(&whole);
        for call in before..calls {
            for fault in [
                Fault::StopBeforeSend,
                Fault::StopAfterReply,
                Fault::ReplyLost,
            ] {
                let cut = find();
                cut.0.faults.plan(&[(call, fault)]);
                let at = cut.0.world().now();
                let client = cut.0.client("holdfast-reconcile");
                drop(play(client, cut.1.clone(), Trigger::Schedule { at }).now_or_never());
                come_to_rest(&cut);
                assert_eq!(
                    end_of(&cut),
                    end_of(&whole),
                    "{name}: {fault:?} at call {call}"
                );
                assert_eq!(
                    cut.0.broken(),
                    Vec::<String>::new(),
                    "{name}: {fault:?} at {call}"
                );
            }
        }
    });
}

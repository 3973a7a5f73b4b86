//! An address that is lost again after it came back: it is taken back with all that belongs to it, and
//! counted, until it looks like a fight.

use super::ec2::{Guarded, address, new_allocation, put};
use super::*;
use crate::ledger::release::LostReason;
use crate::ledger::snapshot::Observation;
use crate::model::ids::AllocationId;
use crate::report::Outcome;

fn by(arn: &str) -> Actor {
    Actor {
        arn: Some(arn.to_owned()),
        ..Actor::default()
    }
}

/// Somebody releases the address, which is there under this allocation, after so long; and frees its place.
fn released_again(
    guarded: Guarded,
    allocation: &AllocationId,
    after: Duration,
    who: &str,
) -> Guarded {
    guarded.pass(after);
    let at = guarded.ec2().now;
    let guarded = guarded.with(|ec2| {
        ec2.held.clear();
        if let Some(interface) = &mut ec2.interface {
            interface.private_ips.insert(PRIVATE_IP, None);
        }
    });
    let mut call = release().call.unwrap();
    call.at = at;
    call.event_id = format!("event-{allocation}");
    call.actor = by(who);
    let release = Release {
        allocation: allocation.clone(),
        released_at: at,
        call: Some(call),
        ..release()
    };
    Guarded { release, ..guarded }
}

/// Whether it stands where it stood, in EC2 and by the report.
fn is_where_it_was(guarded: &Guarded, report: &crate::report::Report) {
    let ec2 = guarded.ec2();
    let held = ec2.held[0].association.as_ref().unwrap();
    let place = (held.eni.as_ref().unwrap().as_str(), held.private_ip);
    assert_eq!(place, ("eni-01", Some(PRIVATE_IP)));
    let told = address(report).association.as_ref().unwrap();
    assert!(told.verified);
    assert_eq!(ec2.names[&ec2.held[0].allocation], "gate.example.com");
    assert_eq!(ec2.held[0].tags["Name"], "partner gateway");
}

#[test]
fn a_second_loss_is_made_good_like_the_first() {
    let guarded = released().guarded();
    guarded.report();
    let first = new_allocation(1);
    let guarded = released_again(guarded, &first, Duration::hours(2), "arn:kim");
    let report = guarded.report();
    assert_eq!(report.outcome, Outcome::Reclaimed);
    is_where_it_was(&guarded, &report);
    let tags = guarded.ec2().held[0].tags.clone();
    assert_eq!(tags["holdfast:reclaimed-from"], first.as_str());
    let row = guarded.row(&new_allocation(2)).unwrap();
    let counted: Vec<_> = row.reclaims.iter().map(|one| &one.released_by).collect();
    assert_eq!(counted, [&release().call.unwrap().actor, &by("arn:kim")]);
    assert!(row.is_allocated() && row.association.unwrap().until.is_none());
    assert!(!guarded.row(&first).unwrap().is_allocated());
}

#[test]
fn an_association_that_could_not_be_restored_is_not_forgotten() {
    let guarded = released().guarded();
    let guarded = guarded.with(|ec2| ec2.interface.as_mut().unwrap().private_ips.clear());
    let report = guarded.report();
    assert_eq!(address(&report).association, None);
    let first = new_allocation(1);
    let row = guarded.row(&first).unwrap();
    assert_eq!(
        row.association.as_ref().unwrap().until,
        Some(guarded.ec2().now)
    );
    let guarded = released_again(guarded, &first, Duration::minutes(30), "arn:kim");
    let report = guarded.report();
    is_where_it_was(&guarded, &report);
}

#[test]
fn what_reconcile_saw_of_the_new_allocation_loses_nothing_of_the_old_one() {
    let guarded = released().guarded();
    let ledger = guarded.ledger.clone();
    let guarded = guarded.at("AssociateAddress", move |ec2| {
        let observation = Observation {
            address: &ec2.held[0],
            reverse_dns: Some(None),
            at: ec2.now,
        };
        put(&ledger, &Snapshot::first(observation));
        Ok(())
    });
    guarded.report();
    let first = new_allocation(1);
    let row = guarded.row(&first).unwrap();
    assert_eq!((row.revision, row.reclaims.len()), (2, 1));
    let guarded = released_again(guarded, &first, Duration::minutes(30), "arn:kim");
    let report = guarded.report();
    is_where_it_was(&guarded, &report);
    assert_eq!(guarded.row(&new_allocation(2)).unwrap().reclaims.len(), 2);
}

#[test]
fn whoever_releases_it_for_the_fourth_time_in_a_day_has_it_and_both_are_named() {
    let mut guarded = released().guarded();
    assert_eq!(guarded.report().outcome, Outcome::Reclaimed);
    for (number, who) in [(1, "arn:kim"), (2, "arn:bot")] {
        let allocation = new_allocation(number);
        guarded = released_again(guarded, &allocation, Duration::hours(1), who);
        assert_eq!(guarded.report().outcome, Outcome::Reclaimed, "{number}");
    }
    let third = new_allocation(3);
    let guarded = released_again(guarded, &third, Duration::hours(1), "arn:bot");
    let report = guarded.report();
    assert_eq!(report.outcome, Outcome::ReclaimLoop);
    let why = &report.findings[0].why;
    for told in ["arn:kim, 1 times", "arn:bot, 2 times", "role/ops, 1 times"] {
        assert!(why.contains(told), "{why}");
    }
    let reason = LostReason::ReclaimLoop;
    assert_eq!(guarded.record().status, ReleaseStatus::Lost { reason });
    assert_eq!(guarded.times_of("AllocateAddress").len(), 3);
}

#[test]
fn what_was_taken_back_a_day_ago_does_not_count_any_more() {
    let mut guarded = released()
        .set("HOLDFAST_MOST_RECLAIMS_PER_DAY", "1")
        .guarded();
    assert_eq!(guarded.report().outcome, Outcome::Reclaimed);
    let first = new_allocation(1);
    guarded = released_again(guarded, &first, Duration::days(1), "arn:kim");
    assert_eq!(guarded.report().outcome, Outcome::Reclaimed);
    let second = new_allocation(2);
    assert_eq!(guarded.row(&second).unwrap().reclaims.len(), 1);
    let within = Duration::days(1) - Duration::seconds(1);
    guarded = released_again(guarded, &second, within, "arn:kim");
    assert_eq!(guarded.report().outcome, Outcome::ReclaimLoop);
}

#[test]
fn a_redelivery_of_the_first_event_changes_nothing_about_the_second_loss() {
    let guarded = released().guarded();
    guarded.report();
    let first = new_allocation(1);
    let guarded = released_again(guarded, &first, Duration::hours(1), "arn:kim");
    guarded.report();
    let rows = |guarded: &Guarded| (guarded.row(&first), guarded.row(&new_allocation(2)));
    let before = rows(&guarded);
    let guarded = Guarded {
        release: release(),
        ..guarded
    };
    let report = guarded.report();
    assert_eq!(report.outcome, Outcome::AlreadyOurs);
    assert!(report.summary.contains("dealt with before"));
    assert_eq!(rows(&guarded), before);
}

#[test]
fn an_address_that_was_released_again_before_everything_was_restored_is_not_said_to_be_back() {
    let mut guarded = released()
        .guarded()
        .refused_once("AssociateAddress", "InternalError");
    guarded.ends_in = Duration::seconds(4);
    assert!(guarded.run().is_err());
    guarded.ends_in = Duration::seconds(60);
    let first = new_allocation(1);
    let guarded = released_again(guarded, &first, Duration::minutes(1), "arn:kim");
    assert_eq!(guarded.report().outcome, Outcome::Reclaimed);
    let guarded = Guarded {
        release: release(),
        ..guarded
    };
    let report = guarded.report();
    assert_eq!(report.outcome, Outcome::AlreadyOurs);
    assert_eq!(address(&report).association, None);
    assert!(
        report.summary.contains("released again"),
        "{}",
        report.summary
    );
    assert!(guarded.record().status.is_final());
    assert_eq!(
        guarded.times_of("AssociateAddress").len(),
        2,
        "of its own release only"
    );
}

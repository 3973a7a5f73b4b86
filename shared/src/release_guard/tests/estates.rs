//! What a person is told of an address that is lost: all that is known of it, and how to ask for it.

use super::super::manual_recovery;
use super::*;
use crate::ledger::release::LostReason;
use crate::ledger::snapshot::{Lock, Unlocked};
use crate::report::Outcome;

fn unlocked(what: Lock, by: Option<&str>) -> Unlocked {
    Unlocked {
        what,
        at: RELEASED_AT - Duration::minutes(1),
        by: Actor {
            arn: by.map(str::to_owned),
            ..Actor::default()
        },
    }
}

#[test]
fn all_that_is_known_of_a_lost_address_is_told() {
    let released = released().snapshot(|row| {
        row.tags
            .insert("aws:stack".to_owned(), "network".to_owned());
        row.unlocked = vec![
            unlocked(Lock::ReverseDns, Some("arn:kim")),
            unlocked(Lock::Association, None),
            unlocked(Lock::ProtectTag, Some("arn:kim")),
        ];
    });
    let snapshot = released.observed.snapshot.as_ref().unwrap();
    let settings = released.settings();
    let finding = manual_recovery::of((snapshot, &settings), &released.release, None);
    assert_eq!(
        finding.what,
        "what 203.0.113.7 was: allocation eipalloc-0a, tag Name=partner gateway, tag aws:stack=network, \
         tag holdfast:protect=reclaim, associated with 10.0.0.5 on eni-01, reverse DNS \
         gate.example.com, reverse DNS reset at 2026-03-07T11:59:00Z by arn:kim, disassociated at \
         2026-03-07T11:59:00Z by somebody not named, protect tag removed at 2026-03-07T11:59:00Z by \
         arn:kim"
    );
    assert_eq!(finding.why, "no run has asked for it");
    let command = "to have it back: aws ec2 allocate-address --domain vpc --address 203.0.113.7 \
                   --tag-specifications 'ResourceType=elastic-ip,Tags=[{Key=Name,Value=partner \
                   gateway},{Key=holdfast:protect,Value=reclaim}]'; if EC2 says that it is not \
                   available";
    assert!(finding.next.starts_with(command), "{}", finding.next);
}

#[test]
fn what_is_not_known_of_it_is_left_out() {
    let released = released().snapshot(|row| {
        row.tags.clear();
        row.border_group = None;
        row.reverse_dns = None;
        if let Some(held) = &mut row.association {
            (held.value.eni, held.value.private_ip) = (None, None);
        }
    });
    let snapshot = released.observed.snapshot.as_ref().unwrap();
    let settings = released.settings();
    let finding = manual_recovery::of((snapshot, &settings), &released.release, None);
    let what = "what 203.0.113.7 was: allocation eipalloc-0a, associated with an unknown interface";
    assert_eq!(finding.what, what);
    let command =
        "to have it back: aws ec2 allocate-address --domain vpc --address 203.0.113.7; if EC2 says";
    assert!(finding.next.starts_with(command), "{}", finding.next);
}

#[test]
fn a_report_of_a_loss_ends_with_what_the_address_was() {
    let lost = released()
        .recorded_as(ReleaseStatus::Recorded)
        .after(Duration::hours(73));
    let guarded = lost.guarded();
    let report = guarded.report();
    assert_eq!(report.outcome, Outcome::Lost);
    let reason = LostReason::Deadline;
    assert_eq!(guarded.record().status, ReleaseStatus::Lost { reason });
    let finding = report.findings.last().unwrap();
    assert!(
        finding.what.starts_with("what 203.0.113.7 was: "),
        "{}",
        finding.what
    );
    assert_eq!(finding.why, "1 run has asked for it");
}

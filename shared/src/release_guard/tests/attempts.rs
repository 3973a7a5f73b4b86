//! Asking EC2 for the address: how often, until when, with which tags, and what the answers lead to.

use super::ec2::{address, new_allocation, refusal};
use super::*;
use crate::error::{Error, chain};
use crate::ledger::release::PendingReason;
use crate::report::Outcome;

const ASK: &str = "AllocateAddress";
const LOOK: &str = "DescribeAddresses";
const NOT_THERE: &str = "InvalidAddress.NotFound";

fn pending(reason: PendingReason) -> ReleaseStatus {
    ReleaseStatus::Pending { reason }
}

fn back(allocation: usize) -> ReleaseStatus {
    ReleaseStatus::Reclaimed {
        allocation: new_allocation(allocation),
        restored: true,
    }
}

/// The address, as an earlier request for it had it back.
fn given(from: Option<&str>) -> Address {
    let tags = from.map(|from| ("holdfast:reclaimed-from".to_owned(), from.to_owned()));
    Address {
        allocation: "eipalloc-0c".parse().unwrap(),
        ip: IP,
        pool: Pool::Amazon,
        border_group: None,
        tags: tags.into_iter().collect(),
        association: None,
        service_managed: None,
    }
}

#[test]
fn an_address_that_is_not_to_be_had_is_asked_for_more_and_more_slowly_until_the_time_is_up() {
    let guarded = released().guarded().refused(ASK, NOT_THERE);
    let report = guarded.report();
    let slowly = [
        0, 250, 750, 1_750, 3_750, 5_750, 7_750, 9_750, 11_750, 13_750, 15_750, 17_750, 19_750,
    ];
    assert_eq!(guarded.times_of(ASK), slowly);
    assert_eq!(address(&report).attempts, 13);
    assert_eq!(
        guarded.record().status,
        pending(PendingReason::NotAvailable)
    );
}

#[test]
fn a_run_that_lambda_is_about_to_end_asks_no_more_and_writes_down_how_it_went() {
    let last_request = |ends_in| {
        let mut guarded = released().guarded().refused(ASK, NOT_THERE);
        guarded.ends_in = Duration::milliseconds(ends_in);
        guarded.report();
        assert!(!guarded.record().status.is_final());
        guarded.times_of(ASK).pop().unwrap()
    };
    assert_eq!(last_request(9_750), 5_750, "four seconds before the end");
    assert_eq!(last_request(9_749), 3_750);
}

#[test]
fn what_may_work_a_moment_later_is_asked_for_again() {
    for code in [
        NOT_THERE,
        "AuthFailure",
        "RequestLimitExceeded",
        "InternalError",
    ] {
        let guarded = released().guarded().refused_once(ASK, code);
        assert_eq!(guarded.report().outcome, Outcome::Reclaimed, "{code}");
        assert_eq!(guarded.times_of(ASK), [0, 250], "{code}");
    }
}

#[test]
fn what_will_not_work_a_moment_later_is_asked_for_once_in_a_run() {
    for (code, reason, outcome) in [
        (
            "UnauthorizedOperation",
            PendingReason::Denied,
            Outcome::Denied,
        ),
        (
            "AddressLimitExceeded",
            PendingReason::OverQuota,
            Outcome::OverQuota,
        ),
        (
            "InvalidParameterValue",
            PendingReason::Refused,
            Outcome::Pending,
        ),
        (
            "InvalidAllocationID.NotFound",
            PendingReason::NotAvailable,
            Outcome::Pending,
        ),
    ] {
        let guarded = released().guarded().refused(ASK, code);
        assert_eq!(guarded.report().outcome, outcome, "{code}");
        assert_eq!(guarded.times_of(ASK), [0], "{code}");
        assert_eq!(guarded.record().status, pending(reason), "{code}");
    }
}

#[test]
fn what_an_earlier_delivery_had_back_is_found_and_is_no_news() {
    let guarded = released().guarded();
    let guarded = guarded.with(|ec2| ec2.held.push(given(Some("eipalloc-0a"))));
    let report = guarded.report();
    assert_eq!(report.outcome, Outcome::AlreadyOurs);
    assert_eq!(address(&report).attempts, 1);
    let found = "eipalloc-0c".parse().unwrap();
    assert_eq!(address(&report).allocation, Some(found));
    assert!(guarded.calls().contains(&"AssociateAddress"));
}

#[test]
fn what_somebody_else_allocated_is_left_as_it_is() {
    for from in [None, Some("eipalloc-00")] {
        let guarded = released().guarded();
        let guarded = guarded.with(|ec2| ec2.held.push(given(from)));
        let report = guarded.report();
        assert_eq!(report.outcome, Outcome::AlreadyOurs);
        assert!(
            report.summary.contains("not by Holdfast"),
            "{}",
            report.summary
        );
        assert_eq!(guarded.calls(), [ASK, LOOK]);
        let status = ReleaseStatus::Reclaimed {
            allocation: "eipalloc-0c".parse().unwrap(),
            restored: true,
        };
        assert_eq!(guarded.record().status, status);
    }
}

#[test]
fn an_allocation_that_is_still_shown_is_asked_for_until_the_time_is_up_and_then_said_to_be_there() {
    let guarded = released().guarded();
    let guarded = guarded.with(|ec2| {
        let allocation = "eipalloc-0a".parse().unwrap();
        ec2.held.push(Address {
            allocation,
            ..given(None)
        });
    });
    let report = guarded.report();
    assert_eq!(report.outcome, Outcome::Pending);
    assert!(
        report.summary.contains("still shows the allocation"),
        "{}",
        report.summary
    );
    assert_eq!(guarded.record().status, pending(PendingReason::NotReleased));
    assert_eq!(guarded.times_of(ASK).len(), 13);
}

#[test]
fn an_allocation_that_is_shown_no_more_after_a_moment_comes_back() {
    let guarded = released().guarded();
    let guarded = guarded.with(|ec2| {
        let allocation = "eipalloc-0a".parse().unwrap();
        ec2.held.push(Address {
            allocation,
            ..given(None)
        });
    });
    let gone = |ec2: &mut super::ec2::Ec2| {
        ec2.held.clear();
        Ok(())
    };
    let guarded = guarded.skipping(2, ASK).at(ASK, gone);
    assert_eq!(guarded.report().outcome, Outcome::Reclaimed);
    assert_eq!(guarded.record().status, back(3));
}

#[test]
fn a_look_that_fails_holds_nothing_up_while_there_is_time() {
    let guarded = released().guarded();
    let guarded = guarded
        .refused_once(ASK, "InternalError")
        .refused_once(LOOK, "InternalError");
    assert_eq!(guarded.report().outcome, Outcome::Reclaimed);
}

#[test]
fn who_sees_nothing_to_the_end_leaves_word_and_asks_for_redelivery() {
    let guarded = released().guarded();
    let guarded = guarded
        .refused(ASK, NOT_THERE)
        .refused(LOOK, "InternalError");
    let failure = guarded.failure();
    assert!(matches!(failure.without_report(), Error::Unfinished { .. }));
    assert_eq!(
        chain(&failure),
        "203.0.113.7 may not be back yet, noted as pending: ec2:AllocateAddress: InternalError"
    );
    assert_eq!(guarded.record().status, pending(PendingReason::Unreachable));
    assert_eq!(guarded.times_of(ASK).len(), 13);
}

#[test]
fn a_request_that_is_never_answered_is_noted_as_pending() {
    let guarded = released().guarded().refused(ASK, "InternalError");
    assert!(matches!(
        guarded.failure().without_report(),
        Error::Unfinished { .. }
    ));
    assert_eq!(guarded.record().status, pending(PendingReason::Unreachable));
}

#[test]
fn tags_that_are_refused_are_given_up_but_for_our_own_and_the_protection() {
    let guarded = released().guarded().refused_once(ASK, "TagPolicyViolation");
    let report = guarded.report();
    assert_eq!(report.outcome, Outcome::Reclaimed);
    assert_eq!(
        report.findings[0].what,
        "tags not restored: Name=partner gateway"
    );
    let held = guarded.ec2().held[0].tags.clone();
    let keys: Vec<_> = held.keys().map(String::as_str).collect();
    let ours = [
        "holdfast:protect",
        "holdfast:reclaimed-at",
        "holdfast:reclaimed-from",
    ];
    assert_eq!(keys, ours);
    assert_eq!(held["holdfast:protect"], "reclaim");
    assert_eq!(guarded.times_of(ASK), [0, 0], "without a pause");
    assert_eq!(guarded.row(&new_allocation(2)).unwrap().tags, held);
}

#[test]
fn our_own_tags_are_not_given_up() {
    let guarded = released().guarded().refused(ASK, "TagPolicyViolation");
    assert_eq!(guarded.report().outcome, Outcome::Pending);
    assert_eq!(guarded.times_of(ASK), [0, 0]);
    assert_eq!(guarded.record().status, pending(PendingReason::Refused));
}

#[test]
fn another_refusal_costs_no_tags() {
    let guarded = released().guarded().refused_once(ASK, NOT_THERE);
    let report = guarded.report();
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    assert_eq!(guarded.ec2().held[0].tags["Name"], "partner gateway");
}

/// EC2 gives no address that nobody asked for; an endpoint that only resembles it may.
mod wrong {
    use super::*;

    const OTHER: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 9);

    fn wrong_address() -> super::super::ec2::Guarded {
        let guarded = released().guarded();
        guarded.with(|ec2| ec2.gives_instead = Some(OTHER))
    }

    fn held(guarded: &super::super::ec2::Guarded) -> Vec<(Ipv4Addr, bool)> {
        let ec2 = guarded.ec2();
        let held = ec2.held.iter();
        held.map(|address| (address.ip, address.association.is_some()))
            .collect()
    }

    #[test]
    fn another_address_than_the_one_asked_for_is_reported_and_left_alone() {
        let guarded = wrong_address();
        let report = guarded.report();
        assert_eq!(report.outcome, Outcome::Pending);
        assert_eq!(address(&report).allocation, None);
        assert_eq!(guarded.calls(), [ASK]);
        assert_eq!(held(&guarded), [(OTHER, false)]);
        assert_eq!(
            guarded.record().status,
            pending(PendingReason::WrongAddress)
        );
        assert_eq!(guarded.row(&new_allocation(1)), None);
        let finding = &report.findings[0];
        assert_eq!(
            finding.what,
            "asked for 203.0.113.7, and got 198.51.100.9 as eipalloc-new1"
        );
        for command in [
            "aws ec2 create-tags --resources eipalloc-new1 --tags Key=holdfast:protect,Value=none",
            "aws ec2 release-address --allocation-id eipalloc-new1",
        ] {
            assert!(finding.next.contains(command), "{}", finding.next);
        }
    }

    #[test]
    fn no_second_one_is_asked_for_however_often_the_event_comes() {
        let guarded = wrong_address();
        guarded.report();
        for _ in 0..3 {
            let report = guarded.report();
            assert_eq!(report.outcome, Outcome::Pending);
            assert_eq!(address(&report).attempts, 0);
            assert!(
                report
                    .summary
                    .contains("198.51.100.9 was allocated instead")
            );
        }
        // By its IP and by its tag, each time.
        assert_eq!(guarded.calls(), [[ASK].as_slice(), &[LOOK; 6]].concat());
        assert_eq!(held(&guarded), [(OTHER, false)]);
    }

    #[test]
    fn once_it_is_given_up_the_address_is_asked_for_again() {
        let guarded = wrong_address();
        guarded.report();
        let guarded = guarded.with(|ec2| {
            ec2.held.clear();
            ec2.gives_instead = None;
        });
        assert_eq!(guarded.report().outcome, Outcome::Reclaimed);
        assert_eq!(held(&guarded), [(IP, true)]);
    }

    #[test]
    fn an_answer_that_was_lost_leads_to_no_second_one_either() {
        let guarded = wrong_address().at(ASK, |ec2| {
            let tags = ec2.requests[0].tags.clone();
            ec2.held.push(Address {
                ip: OTHER,
                tags,
                ..given(None)
            });
            Err(refusal("InternalError"))
        });
        let report = guarded.report();
        assert_eq!(report.outcome, Outcome::Pending);
        assert!(
            report.summary.contains("as eipalloc-0c"),
            "{}",
            report.summary
        );
        assert_eq!(guarded.calls(), [ASK, LOOK, LOOK]);
    }

    #[test]
    fn somebody_elses_address_is_not_taken_for_one_that_was_given_instead() {
        let guarded = released().guarded().with(|ec2| {
            ec2.held.push(Address {
                ip: OTHER,
                ..given(Some("eipalloc-00"))
            });
        });
        let guarded = guarded.refused_once(ASK, "InternalError");
        assert_eq!(guarded.report().outcome, Outcome::Reclaimed);
    }

    #[test]
    fn a_request_that_ec2_refused_was_given_no_other_and_none_is_looked_for() {
        let guarded = released().guarded().with(|ec2| {
            ec2.held.push(Address {
                ip: OTHER,
                ..given(Some("eipalloc-0a"))
            });
        });
        let guarded = guarded.refused_once(ASK, NOT_THERE);
        assert_eq!(guarded.report().outcome, Outcome::Reclaimed);
    }

    #[test]
    fn a_look_that_fails_does_not_make_it_forgotten() {
        let guarded = wrong_address();
        guarded.report();
        let guarded = guarded.refused_once(LOOK, "InternalError");
        assert!(matches!(
            guarded.failure().without_report(),
            Error::Unfinished { .. }
        ));
        assert_eq!(
            guarded.record().status,
            pending(PendingReason::WrongAddress)
        );
        assert_eq!(guarded.report().outcome, Outcome::Pending);
        assert_eq!(held(&guarded), [(OTHER, false)]);
    }
}

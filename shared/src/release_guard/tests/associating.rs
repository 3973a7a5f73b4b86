//! Putting the address back to its place, and what is said of it: only what EC2 shows is verified.

use super::ec2::{Ec2, address, elsewhere, new_allocation};
use super::*;
use crate::error::Error;
use crate::model::interface::InterfaceAssociation;
use crate::report::{AssociationReport, Outcome};

const ASSOCIATE: &str = "AssociateAddress";
const LOOK: &str = "DescribeAddresses";

fn restored(id: &str, instance: Option<&str>, verified: bool) -> AssociationReport {
    AssociationReport {
        id: Some(id.parse().unwrap()),
        eni: "eni-01".parse().unwrap(),
        private_ip: PRIVATE_IP,
        instance: instance.map(|id| id.parse().unwrap()),
        verified,
    }
}

fn is_restored(record: &ReleaseRecord) -> bool {
    record.status
        == ReleaseStatus::Reclaimed {
            allocation: new_allocation(1),
            restored: true,
        }
}

#[test]
fn what_ec2_shows_is_reported_as_verified() {
    let guarded = released().guarded();
    let report = guarded.report();
    let association = restored("eipassoc-02", Some("i-02"), true);
    assert_eq!(address(&report).association, Some(association));
    assert!(report.summary.ends_with("on 10.0.0.5 at eni-01 again"));
    assert!(report.findings.is_empty());
    assert_eq!(guarded.times_of(LOOK), [0]);
}

#[test]
fn what_ec2_shows_after_a_moment_is_waited_for() {
    let guarded = released().guarded().with(|ec2| ec2.lagging_looks = 2);
    let report = guarded.report();
    let association = restored("eipassoc-02", Some("i-02"), true);
    assert_eq!(address(&report).association, Some(association));
    assert_eq!(guarded.times_of(LOOK), [0, 300, 600]);
}

#[test]
fn what_ec2_accepted_and_does_not_show_is_said_to_be_that() {
    let guarded = released().guarded().with(|ec2| ec2.lagging_looks = 3);
    let report = guarded.report();
    let association = restored("eipassoc-02", None, false);
    assert_eq!(address(&report).association, Some(association));
    assert!(
        report.summary.contains("by EC2's word"),
        "{}",
        report.summary
    );
    assert!(report.findings[0].what.contains("does not show it yet"));
    assert_eq!(guarded.times_of(LOOK), [0, 300, 600], "three looks");
    assert!(is_restored(&guarded.record()));
}

/// Somebody associates the address between EC2's answer and the look that verifies it.
fn diverted_to(eni: &str, private_ip: Ipv4Addr) -> super::ec2::Guarded {
    let to = elsewhere(eni, private_ip);
    released().guarded().at(LOOK, move |ec2: &mut Ec2| {
        ec2.divert(to);
        Ok(())
    })
}

#[test]
fn an_address_that_is_elsewhere_when_it_is_looked_at_is_not_reported_as_restored() {
    for (eni, private_ip) in [
        ("eni-99", [10, 0, 0, 9]),
        ("eni-99", [10, 0, 0, 5]),
        ("eni-01", [10, 0, 0, 9]),
    ] {
        let guarded = diverted_to(eni, private_ip.into());
        let report = guarded.report();
        assert_eq!(address(&report).association, None, "{eni} {private_ip:?}");
        assert_eq!(report.findings.len(), 1, "{:?}", report.findings);
        assert!(
            report.findings[0].why.contains(eni),
            "{}",
            report.findings[0].why
        );
        assert!(is_restored(&guarded.record()), "nothing is left to do");
    }
}

#[test]
fn an_answer_that_was_lost_is_asked_for_again_and_the_look_tells() {
    let lost = |ec2: &mut Ec2| {
        ec2.divert(association());
        Err(super::ec2::refusal("InternalError"))
    };
    let guarded = released().guarded().at(ASSOCIATE, lost);
    let report = guarded
        .refused_once(ASSOCIATE, "Resource.AlreadyAssociated")
        .report();
    let association = restored("eipassoc-01", Some("i-01"), true);
    assert_eq!(address(&report).association, Some(association));
}

#[test]
fn who_is_refused_for_another_association_that_is_not_shown_yet_does_not_claim_the_address() {
    let guarded = released().guarded().with(|ec2| ec2.lagging_looks = 3);
    let guarded = guarded.at(ASSOCIATE, |ec2| {
        ec2.divert(elsewhere("eni-99", [10, 0, 0, 9].into()));
        Ok(())
    });
    assert!(matches!(
        guarded.failure().without_report(),
        Error::Unfinished { .. }
    ));
    assert!(!guarded.record().status.is_final());
    let report = guarded.report();
    assert_eq!(address(&report).association, None);
    assert!(report.findings[0].why.contains("eni-99"));
}

#[test]
fn a_call_that_fails_in_passing_is_sent_again_after_a_pause() {
    let guarded = released().guarded();
    let guarded = guarded
        .refused_once(ASSOCIATE, "RequestLimitExceeded")
        .refused_once(ASSOCIATE, "InvalidAllocationID.NotFound");
    assert_eq!(guarded.report().outcome, Outcome::Reclaimed);
    assert_eq!(guarded.times_of(ASSOCIATE), [0, 300, 600]);
}

#[test]
fn a_call_that_is_refused_is_given_up_and_the_rest_is_settled() {
    for (code, times) in [
        ("UnauthorizedOperation", 17),
        ("InvalidNetworkInterfaceID.NotFound", 1),
    ] {
        let guarded = released().guarded().refused(ASSOCIATE, code);
        let report = guarded.report();
        assert_eq!(guarded.times_of(ASSOCIATE).len(), times, "{code}");
        assert_eq!(address(&report).association, None);
        assert!(report.findings[0].next.contains("associate-address"));
        assert!(is_restored(&guarded.record()));
    }
}

#[test]
fn l10_a_denial_right_after_the_allocation_is_asked_again_until_the_new_tag_is_seen() {
    for call in [ASSOCIATE, "ModifyAddressAttribute"] {
        let guarded = released().guarded();
        let guarded = guarded
            .refused_once(call, "UnauthorizedOperation")
            .refused_once(call, "UnauthorizedOperation");
        let report = guarded.report();
        assert_eq!(report.outcome, Outcome::Reclaimed);
        assert_eq!(report.findings, [], "{call}");
        assert_eq!(guarded.times_of(call), [0, 300, 600], "{call}");
        assert!(is_restored(&guarded.record()));
    }
}

#[test]
fn l10_a_denial_that_stays_counts_after_five_seconds() {
    let guarded = released()
        .guarded()
        .refused(ASSOCIATE, "UnauthorizedOperation");
    assert!(!guarded.report().findings.is_empty());
    assert_eq!(guarded.times_of(ASSOCIATE).pop(), Some(4_800));
}

#[test]
fn a_call_that_goes_on_failing_is_given_up_in_time_and_left_to_a_redelivery() {
    let last = |retry: &str, ends_in| {
        let released = released().set("HOLDFAST_RETRY_SECONDS", retry);
        let mut guarded = released
            .guarded()
            .refused(ASSOCIATE, "RequestLimitExceeded");
        guarded.ends_in = Duration::milliseconds(ends_in);
        assert!(matches!(
            guarded.failure().without_report(),
            Error::Unfinished { .. }
        ));
        assert!(!guarded.record().status.is_final());
        guarded.times_of(ASSOCIATE).pop().unwrap()
    };
    assert_eq!(last("3", 60_000), 3_000, "as long as a run may ask");
    assert_eq!(last("20", 7_000), 3_000, "four seconds before its end");
    assert_eq!(last("20", 6_999), 2_700);
}

#[test]
fn what_could_not_be_restored_is_restored_by_the_next_delivery_without_asking_again() {
    let guarded = released().guarded();
    let guarded = guarded.refused_once(ASSOCIATE, "InternalError");
    let mut guarded = guarded;
    guarded.ends_in = Duration::seconds(4);
    assert!(matches!(
        guarded.failure().without_report(),
        Error::Unfinished { .. }
    ));
    guarded.ends_in = Duration::seconds(60);
    let report = guarded.report();
    assert_eq!(report.outcome, Outcome::AlreadyOurs);
    assert_eq!(address(&report).attempts, 0);
    assert_eq!(guarded.times_of("AllocateAddress").len(), 1);
    assert!(is_restored(&guarded.record()));
}

#[test]
fn what_stands_already_is_told_and_not_done_again() {
    let guarded = released().guarded();
    let mut guarded = guarded.refused_once("ModifyAddressAttribute", "InternalError");
    guarded.ends_in = Duration::seconds(4);
    assert!(matches!(
        guarded.failure().without_report(),
        Error::Unfinished { .. }
    ));
    guarded
        .ec2()
        .names
        .insert(new_allocation(1), "gate.example.com".to_owned());
    guarded
        .ec2()
        .address(&new_allocation(1))
        .unwrap()
        .tags
        .insert("Team".to_owned(), "net".to_owned());
    guarded.ends_in = Duration::seconds(60);
    let report = guarded.report();
    let association = restored("eipassoc-02", Some("i-02"), true);
    assert_eq!(address(&report).association, Some(association));
    assert_eq!(guarded.times_of(ASSOCIATE).len(), 1);
    assert_eq!(guarded.times_of("ModifyAddressAttribute").len(), 1);
    assert!(is_restored(&guarded.record()));
}

#[test]
fn the_name_of_a_new_allocation_is_set_without_asking_what_it_is() {
    let guarded = released().guarded();
    let report = guarded.report();
    assert_eq!(
        address(&report).reverse_dns.as_deref(),
        Some("gate.example.com")
    );
    assert_eq!(guarded.ec2().names[&new_allocation(1)], "gate.example.com");
    assert!(!guarded.calls().contains(&"DescribeAddressesAttribute"));
}

#[test]
fn a_name_that_ec2_refuses_is_reported_and_one_that_fails_in_passing_comes_again() {
    let refused = released().guarded();
    let refused = refused.refused("ModifyAddressAttribute", "InvalidParameterValue");
    let report = refused.report();
    assert_eq!(address(&report).reverse_dns, None);
    assert!(
        report.findings[0]
            .what
            .contains("gate.example.com is not restored")
    );
    assert!(is_restored(&refused.record()));

    let failing = released().guarded();
    let failing = failing.refused("ModifyAddressAttribute", "RequestLimitExceeded");
    assert!(matches!(
        failing.failure().without_report(),
        Error::Unfinished { .. }
    ));
    assert!(!failing.record().status.is_final());
}

#[test]
fn a_place_that_cannot_be_looked_at_is_left_to_a_redelivery() {
    let guarded = released().guarded();
    let guarded = guarded.refused("DescribeNetworkInterfaces", "RequestLimitExceeded");
    assert!(matches!(
        guarded.failure().without_report(),
        Error::Unfinished { .. }
    ));
    assert!(!guarded.record().status.is_final());
    assert!(!guarded.calls().contains(&ASSOCIATE));
}

#[test]
fn what_is_resumed_and_not_shown_yet_is_restored_all_the_same_and_is_no_news() {
    let mut guarded = released()
        .guarded()
        .refused_once(ASSOCIATE, "InternalError");
    guarded.ends_in = Duration::seconds(4);
    assert!(matches!(
        guarded.failure().without_report(),
        Error::Unfinished { .. }
    ));
    guarded.ends_in = Duration::seconds(60);
    let guarded = guarded.with(|ec2| ec2.lagging_looks = 1);
    let report = guarded.report();
    assert_eq!(report.outcome, Outcome::AlreadyOurs);
    let association = restored("eipassoc-02", Some("i-02"), true);
    assert_eq!(address(&report).association, Some(association));
    assert!(is_restored(&guarded.record()));
}

#[test]
fn what_ec2_does_not_show_is_not_read_any_more_when_the_run_ends() {
    let mut guarded = released().guarded().with(|ec2| ec2.lagging_looks = 9);
    guarded.ends_in = Duration::milliseconds(4_300);
    let report = guarded.report();
    assert!(!address(&report).association.as_ref().unwrap().verified);
    assert_eq!(guarded.times_of(LOOK), [0, 300]);
}

/// Somebody gives the former private IP another address.
fn occupied(ec2: &mut Ec2) {
    let interface = ec2.interface.as_mut().unwrap();
    let other = InterfaceAssociation {
        ip: Ipv4Addr::new(203, 0, 113, 99),
        allocation: Some("eipalloc-99".parse().unwrap()),
    };
    interface.private_ips.insert(PRIVATE_IP, Some(other));
}

#[test]
fn the_private_ip_is_read_again_before_the_call_is_sent_again() {
    let guarded = released().guarded().at(ASSOCIATE, |ec2| {
        occupied(ec2);
        Err(super::ec2::refusal("RequestLimitExceeded"))
    });
    let report = guarded.report();
    assert_eq!(guarded.times_of(ASSOCIATE).len(), 1, "it is not sent again");
    assert_eq!(guarded.times_of("DescribeNetworkInterfaces").len(), 2);
    assert_eq!(address(&report).association, None);
    let told = &report.findings[0];
    assert!(told.why.contains("203.0.113.99 (eipalloc-99)"), "{told:?}");
    assert!(told.next.contains("no-allow-reassociation"), "{told:?}");
}

#[test]
fn a_place_that_was_just_read_is_not_read_twice() {
    let guarded = released().guarded();
    let report = guarded.report();
    assert!(address(&report).association.is_some());
    assert_eq!(guarded.times_of("DescribeNetworkInterfaces"), [0]);
}

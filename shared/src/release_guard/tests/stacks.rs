//! A tool that keeps an address has released it, or somebody else has: what a person is told to do about it.

use super::*;
use crate::report::{Finding, Outcome, Report};

const CLOUDFORMATION: &str = "cloudformation.amazonaws.com";

/// An address that a CloudFormation stack made.
fn of_a_stack() -> Released {
    released().snapshot(|row| {
        for (key, value) in [("stack-name", "edge"), ("logical-id", "GateIp")] {
            let key = format!("aws:cloudformation:{key}");
            row.tags.insert(key, value.to_owned());
        }
    })
}

impl Released {
    fn by(mut self, change: impl FnOnce(&mut Actor)) -> Self {
        change(&mut self.release.call.as_mut().unwrap().actor);
        self
    }

    fn by_cloudformation(self) -> Self {
        self.by(|actor| actor.invoked_by = Some(CLOUDFORMATION.to_owned()))
    }

    fn by_terraform(self) -> Self {
        let with = "APN/1.0 HashiCorp/1.0 Terraform/1.9.0 terraform-provider-aws/5.60.0";
        self.by(|actor| actor.user_agent = Some(with.to_owned()))
    }
}

fn found<'a>(report: &'a Report, words: &str) -> &'a Finding {
    let mut findings = report.findings.iter();
    findings
        .find(|finding| finding.what.contains(words))
        .unwrap_or_else(|| panic!("nothing says {words:?}: {:?}", report.findings))
}

#[test]
fn an_address_that_its_stack_released_comes_back_with_both_ways_and_without_terraform() {
    let report = of_a_stack().by_cloudformation().guarded().report();
    assert_eq!(report.outcome, Outcome::Reclaimed);
    assert!(
        report
            .summary
            .contains("through cloudformation.amazonaws.com")
    );
    let finding = &report.findings[0];
    let what = "the CloudFormation stack edge (resource GateIp) released 203.0.113.7";
    assert_eq!(finding.what, what);
    for way in [
        "to keep it: it is outside every stack now",
        "aws ec2 create-tags --resources eipalloc-new1 --tags Key=holdfast:protect,Value=none",
        "aws ec2 release-address --allocation-id eipalloc-new1",
        "ExemptPrincipals",
    ] {
        assert!(finding.next.contains(way), "{}", finding.next);
    }
    assert_eq!(report.repair, Vec::<String>::new());
    let tags = found(&report, "tags not restored");
    assert!(tags.next.starts_with("nothing"), "{}", tags.next);
}

#[test]
fn what_was_restored_ends_before_the_release_that_is_advised() {
    let report = of_a_stack().by_cloudformation().guarded().report();
    let next = &report.findings[0].next;
    let order = [
        "disassociate-address",
        "reset-address-attribute",
        "release-address",
    ];
    let at = order.map(|call| next.find(call));
    assert!(at.iter().all(Option::is_some) && at.is_sorted(), "{next}");
}

#[test]
fn a_stack_whose_address_somebody_else_released_still_names_the_old_allocation() {
    let report = of_a_stack().guarded().report();
    let tags = found(&report, "tags not restored");
    assert!(
        tags.next
            .contains("stack edge (resource GateIp) still names"),
        "{}",
        tags.next
    );
    assert_eq!(report.repair, Vec::<String>::new());
    let is_told = report
        .findings
        .iter()
        .any(|it| it.next.contains("release-address"));
    assert!(!is_told, "{:?}", report.findings);
}

#[test]
fn what_terraform_released_is_in_its_state_no_more() {
    let report = released().by_terraform().guarded().report();
    found(&report, "Terraform released 203.0.113.7");
    let forgets = report.repair.iter().any(|line| line.contains("state rm"));
    assert!(!forgets && !report.repair.is_empty(), "{:?}", report.repair);
}

#[test]
fn of_an_address_that_is_not_taken_back_there_is_nothing_to_let_go() {
    for protection in ["record", "reclaim"] {
        let case = of_a_stack().by_cloudformation().tagged(protection);
        let report = case.set("HOLDFAST_MODE", "observe").guarded().report();
        let finding = found(&report, "CloudFormation stack edge");
        assert!(
            finding.next.starts_with("if it was meant: nothing"),
            "{}",
            finding.next
        );
    }
}

#[test]
fn a_release_by_somebody_else_says_nothing_of_a_tool() {
    let report = released().guarded().report();
    assert_eq!(report.findings, []);
    assert!(report.repair[0].starts_with("terraform state rm"));
}

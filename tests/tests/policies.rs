//! The policies that keep protected addresses: what they deny, to whom, and that Holdfast's own functions
//! are not among those.

#[path = "policies/evaluate.rs"]
mod evaluate;

use evaluate::{Policy, Request, policies, policy, strings};
use std::collections::BTreeSet;

const KIM: &str = "arn:aws:iam::111122223333:user/kim";
const OWNER: &str = "arn:aws:iam::111122223333:role/holdfast-address-owner";
/// A role as CloudFormation names it in a stack that is called `holdfast`.
const FUNCTION: &str = "arn:aws:iam::111122223333:role/holdfast-InstanceStartRole-1AB2CD3EF4GH5";
const ADDRESS: &str = "arn:aws:ec2:eu-central-1:111122223333:elastic-ip/eipalloc-1";
const INTERFACE: &str = "arn:aws:ec2:eu-central-1:111122223333:network-interface/eni-1";

const PROTECT: &str = "aws:ResourceTag/holdfast:protect";
const NEW_PROTECT: &str = "aws:RequestTag/holdfast:protect";

/// Every action that the code names, whatever the lists that it is in.
const ACTIONS: &str = include_str!("../../shared/src/aws/actions.rs");

fn on_protected(principal: &str, action: &str) -> Request {
    Request::by(principal, action, ADDRESS).with(PROTECT, &["reclaim"])
}

/// The policies that protect addresses, in both of their forms.
fn protecting() -> [Policy; 2] {
    ["protect-addresses.scp.json", "protect-addresses.iam.json"].map(policy)
}

#[track_caller]
fn denied(request: &Request, statement: &str) {
    for policy in protecting() {
        assert_eq!(request.denied_by(&policy).as_deref(), Some(statement));
    }
}

#[track_caller]
fn allowed(request: &Request) {
    for policy in protecting() {
        assert_eq!(request.denied_by(&policy), None);
    }
}

#[test]
fn a_protected_address_cannot_be_released_given_away_or_unlocked() {
    denied(
        &on_protected(KIM, "ec2:ReleaseAddress"),
        "KeepProtectedAddresses",
    );
    denied(
        &on_protected(KIM, "ec2:EnableAddressTransfer"),
        "KeepProtectedAddresses",
    );
    denied(
        &on_protected(KIM, "ec2:ResetAddressAttribute"),
        "KeepTheReverseNameThatLocks",
    );
}

#[test]
fn its_owner_may_do_all_that() {
    for policy in protecting() {
        let actions = policy
            .statements
            .iter()
            .flat_map(|it| strings(&it["Action"]));
        for action in actions.collect::<BTreeSet<_>>() {
            assert_eq!(on_protected(OWNER, &action).denied_by(&policy), None);
        }
    }
}

#[test]
fn other_addresses_are_everybodys() {
    let unprotected = Request::by(KIM, "ec2:ReleaseAddress", ADDRESS);
    allowed(&unprotected);
    allowed(&unprotected.with(PROTECT, &["record"]));
}

#[test]
fn the_protect_tag_cannot_be_removed_alone_or_with_others() {
    let untag = on_protected(KIM, "ec2:DeleteTags");
    for keys in [&["holdfast:protect"][..], &["Name", "holdfast:protect"]] {
        denied(
            &untag.clone().with("aws:TagKeys", keys),
            "KeepTheProtectTag",
        );
    }
    allowed(&untag.with("aws:TagKeys", &["Name"]));
}

/// A call that names no tag removes all of them, and carries no tag keys that a condition could look at.
#[test]
fn all_tags_at_once_cannot_be_removed() {
    denied(
        &on_protected(KIM, "ec2:DeleteTags"),
        "KeepAllTagsWhenNoneIsNamed",
    );
}

#[test]
fn the_protect_tag_cannot_be_given_another_value() {
    let tag = on_protected(KIM, "ec2:CreateTags");
    denied(
        &tag.clone().with(NEW_PROTECT, &["none"]),
        "KeepTheProtectTagsValue",
    );
    allowed(&tag.clone().with(NEW_PROTECT, &["reclaim"]));
    allowed(&tag.with("aws:RequestTag/Name", &["gate"]));
}

#[test]
fn anybody_may_protect_an_address() {
    let tag = Request::by(KIM, "ec2:CreateTags", ADDRESS);
    allowed(&tag.with(NEW_PROTECT, &["reclaim"]));
}

#[test]
fn both_forms_say_the_same() {
    let [scp, iam] = protecting();
    assert_eq!(scp.statements, iam.statements);
}

#[test]
fn no_policy_stands_in_the_way_of_holdfasts_own_calls() {
    let actions: Vec<&str> = ACTIONS
        .split('"')
        .filter(|text| text.starts_with("ec2:"))
        .collect();
    assert!(actions.contains(&"ec2:CreateTags"), "{actions:?}");
    for policy in policies() {
        for action in &actions {
            // Tags ride along with an allocation, and they are those that the address had.
            let request = on_protected(FUNCTION, action).with(NEW_PROTECT, &["reclaim"]);
            assert_eq!(request.denied_by(&policy), None, "{action}");
            let move_it = Request::by(FUNCTION, action, INTERFACE);
            let move_it = move_it.with("aws:ResourceTag/holdfast:group", &["web"]);
            assert_eq!(move_it.denied_by(&policy), None, "{action}");
        }
    }
}

#[test]
fn associations_are_kept_by_the_stricter_policy_alone() {
    let strict = policy("keep-associations.scp.json");
    for action in ["ec2:AssociateAddress", "ec2:DisassociateAddress"] {
        let request = on_protected(KIM, action);
        assert_eq!(
            request.denied_by(&strict).as_deref(),
            Some("KeepAssociations")
        );
        allowed(&request);
    }
    let detach = Request::by(KIM, "ec2:DetachNetworkInterface", INTERFACE);
    assert_eq!(detach.denied_by(&strict), None);
    let detach = detach.with("aws:ResourceTag/holdfast:group", &["web"]);
    assert_eq!(
        detach.denied_by(&strict).as_deref(),
        Some("KeepInterfacesOfGroups")
    );
}

/// Sources: Organizations user guide, "Quotas": 5,120 characters without white space; IAM user guide,
/// "IAM JSON policy elements: Sid": letters and digits, each one once.
#[test]
fn every_policy_is_one_that_aws_takes() {
    for policy in policies() {
        assert!(policy.text.len() <= 5120, "{} is too long", policy.name);
        let sids = policy.statements.iter().flat_map(|it| strings(&it["Sid"]));
        let sids: Vec<String> = sids.collect();
        assert!(
            sids.iter()
                .all(|sid| sid.chars().all(char::is_alphanumeric))
        );
        let distinct: BTreeSet<&String> = sids.iter().collect();
        assert_eq!(distinct.len(), policy.statements.len(), "{}", policy.name);
    }
}

//! The policies that keep protected addresses: what they deny, to whom, and that Holdfast's own functions
//! are not among those.

mod drill;
pub(crate) mod evaluate;
mod keep_tags;

use evaluate::{Policy, Request, policies, policy, strings};
use std::collections::BTreeSet;

const KIM: &str = "arn:aws:iam::111122223333:user/kim";
const OWNER: &str = "arn:aws:iam::111122223333:role/holdfast-address-owner";
/// A role as CloudFormation names it in a stack that is called `holdfast`.
const FUNCTION: &str = "arn:aws:iam::111122223333:role/holdfast-InstanceStartRole-1AB2CD3EF4GH5";
/// The same in a stack that a stack set called `holdfast` has made.
const FUNCTION_OF_A_STACK_SET: &str =
    "arn:aws:iam::111122223333:role/StackSet-holdfast-0a1b2c-InstanceStartRole-1AB2CD3EF4GH5";
/// The role with which service-managed stack sets deploy.
const STACK_SETS: &str = "arn:aws:iam::111122223333:role/stacksets-exec-0123456789abcdef";
const ADDRESS: &str = "arn:aws:ec2:eu-central-1:111122223333:elastic-ip/eipalloc-1";
const INTERFACE: &str = "arn:aws:ec2:eu-central-1:111122223333:network-interface/eni-1";

const PROTECT: &str = "aws:ResourceTag/holdfast:protect";
const NEW_PROTECT: &str = "aws:RequestTag/holdfast:protect";
const GROUP: &str = "aws:ResourceTag/holdfast:group";
const NEW_GROUP: &str = "aws:RequestTag/holdfast:group";

/// What makes somebody an exempt role: a new one of that name, or a way into one that is there.
const INTO_A_ROLE: [&str; 3] = [
    "iam:CreateRole",
    "iam:UpdateAssumeRolePolicy",
    "iam:PassRole",
];

/// Every action that the code names, whatever the lists that it is in.
const ACTIONS: &str = include_str!("../../../shared/aws/src/actions.rs");
/// What names the statements that a test is about.
const TESTS: [&str; 3] = [
    include_str!("policies.rs"),
    include_str!("policies/drill.rs"),
    include_str!("policies/keep_tags.rs"),
];

fn on_protected(principal: &str, action: &str) -> Request {
    Request::by(principal, action, ADDRESS).with(PROTECT, &["reclaim"])
}

fn on_interface_of_group(principal: &str, action: &str) -> Request {
    Request::by(principal, action, INTERFACE).with(GROUP, &["web"])
}

fn keeping() -> Policy {
    policy("keep-associations.scp.json")
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

/// Each call that these policies deny, on an address or on the role itself.
fn all_that_is_denied(principal: &str, tags: &[(&str, &str)]) -> Vec<Request> {
    let on_address = |action| {
        let request = Request::by(principal, action, ADDRESS);
        tags.iter()
            .fold(request, |request, (key, value)| request.with(key, &[value]))
    };
    let mut requests = vec![
        on_address("ec2:ReleaseAddress"),
        on_address("ec2:EnableAddressTransfer"),
        on_address("ec2:ResetAddressAttribute"),
        on_address("ec2:DeleteTags"),
        on_address("ec2:DeleteTags").with("aws:TagKeys", &["holdfast:protect"]),
        on_address("ec2:CreateTags").with(NEW_PROTECT, &["none"]),
    ];
    requests.extend(INTO_A_ROLE.map(|action| Request::by(principal, action, OWNER)));
    requests
}

#[test]
fn its_owner_may_do_all_that() {
    for request in all_that_is_denied(KIM, &[(PROTECT, "reclaim")]) {
        for policy in protecting() {
            assert!(request.denied_by(&policy).is_some(), "{request:?}");
        }
    }
    for request in all_that_is_denied(OWNER, &[(PROTECT, "reclaim")]) {
        allowed(&request);
    }
}

#[test]
fn nobody_makes_himself_its_owner() {
    const OTHER: &str = "arn:aws:iam::111122223333:role/web";
    for action in INTO_A_ROLE {
        denied(&Request::by(KIM, action, OWNER), "KeepTheExemptRole");
        allowed(&Request::by(KIM, action, OTHER));
    }
}

#[test]
fn other_addresses_are_everybodys() {
    for tags in [&[][..], &[(PROTECT, "record")]] {
        let requests = all_that_is_denied(KIM, tags);
        let on_address = requests.iter().filter(|request| request.is_on(ADDRESS));
        for request in on_address {
            allowed(request);
        }
    }
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
    for name in ["protect-addresses", "keep-tags"] {
        let [scp, iam] = ["scp", "iam"].map(|form| policy(&format!("{name}.{form}.json")));
        assert_eq!(scp.statements, iam.statements, "{name}");
    }
}

#[test]
fn no_policy_stands_in_the_way_of_holdfasts_own_calls() {
    let actions: Vec<&str> = ACTIONS
        .split('"')
        .filter(|text| text.starts_with("ec2:"))
        .collect();
    assert!(actions.contains(&"ec2:CreateTags"), "{actions:?}");
    for policy in policies() {
        for function in [FUNCTION, FUNCTION_OF_A_STACK_SET] {
            for action in &actions {
                // Tags ride along with an allocation, and they are those that the address had.
                let request = on_protected(function, action).with(NEW_PROTECT, &["reclaim"]);
                assert_eq!(request.denied_by(&policy), None, "{action}");
                let move_it = on_interface_of_group(function, action);
                assert_eq!(move_it.denied_by(&policy), None, "{action}");
            }
        }
    }
}

#[test]
fn associations_are_kept_by_the_stricter_policy_alone() {
    let strict = keeping();
    for action in [
        "ec2:AssociateAddress",
        "ec2:DisassociateAddress",
        "ec2:DisassociateNatGatewayAddress",
    ] {
        let request = on_protected(KIM, action);
        assert_eq!(
            request.denied_by(&strict).as_deref(),
            Some("KeepAssociations")
        );
        allowed(&request);
        let unprotected = Request::by(KIM, action, ADDRESS).with(PROTECT, &["record"]);
        assert_eq!(unprotected.denied_by(&strict), None);
    }
    for action in [
        "ec2:AttachNetworkInterface",
        "ec2:DetachNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:UnassignPrivateIpAddresses",
    ] {
        let of_nobody = Request::by(KIM, action, INTERFACE);
        assert_eq!(of_nobody.denied_by(&strict), None);
        assert_eq!(
            on_interface_of_group(KIM, action)
                .denied_by(&strict)
                .as_deref(),
            Some("KeepInterfacesOfGroups")
        );
    }
}

/// An interface without the tag is in no group, and is moved by anybody. The last request names no tag, and
/// removes all.
#[test]
fn an_interface_is_not_taken_out_of_its_group() {
    let strict = keeping();
    let named = "aws:TagKeys";
    for (action, key, values, statement) in [
        (
            "ec2:DeleteTags",
            named,
            &["holdfast:group"][..],
            "KeepTheGroupTag",
        ),
        (
            "ec2:DeleteTags",
            named,
            &["Name", "holdfast:group"],
            "KeepTheGroupTag",
        ),
        (
            "ec2:CreateTags",
            NEW_GROUP,
            &["db"],
            "KeepTheGroupTagsValue",
        ),
        (
            "ec2:CreateTags",
            NEW_GROUP,
            &["web"],
            "KeepTheGroupTagsValue",
        ),
        (
            "ec2:DeleteTags",
            "aws:SecureTransport",
            &["true"],
            "KeepAllTagsOfInterfaces",
        ),
    ] {
        let by = |who| on_interface_of_group(who, action).with(key, values);
        assert_eq!(by(KIM).denied_by(&strict).as_deref(), Some(statement));
        for exempt in [FUNCTION, FUNCTION_OF_A_STACK_SET] {
            assert_eq!(by(exempt).denied_by(&strict), None, "{statement}");
        }
        let of_no_group = Request::by(KIM, action, INTERFACE).with(key, values);
        assert_eq!(of_no_group.denied_by(&strict), None, "{statement}");
    }
}

#[test]
fn the_other_tags_of_an_interface_of_a_group_are_free() {
    let strict = keeping();
    for (action, key, value) in [
        ("ec2:DeleteTags", "aws:TagKeys", "Name"),
        ("ec2:CreateTags", "aws:RequestTag/Name", "gate"),
    ] {
        let request = on_interface_of_group(KIM, action).with(key, &[value]);
        assert_eq!(request.denied_by(&strict), None);
    }
}

/// The stricter policy exempts roles by the beginning of their names.
#[test]
fn nobody_makes_himself_one_of_holdfasts_functions_and_holdfast_is_still_deployed() {
    const DEPLOYER: &str = "arn:aws:iam::111122223333:role/holdfast-deployer";
    let strict = keeping();
    for action in INTO_A_ROLE {
        for role in [FUNCTION, FUNCTION_OF_A_STACK_SET, STACK_SETS] {
            assert_eq!(
                Request::by(KIM, action, role).denied_by(&strict).as_deref(),
                Some("KeepTheExemptRoles"),
                "{action} {role}"
            );
            for deployer in [DEPLOYER, FUNCTION_OF_A_STACK_SET, STACK_SETS] {
                let deploy = Request::by(deployer, action, role);
                assert_eq!(deploy.denied_by(&strict), None, "{action} {role}");
            }
        }
    }
    let detach = on_interface_of_group(STACK_SETS, "ec2:DetachNetworkInterface");
    assert_eq!(
        detach.denied_by(&strict).as_deref(),
        Some("KeepInterfacesOfGroups")
    );
}

#[test]
fn every_statement_is_named_by_a_test() {
    for policy in policies() {
        for sid in policy.statements.iter().flat_map(|it| strings(&it["Sid"])) {
            let named = format!("\"{sid}\"");
            let is_named = TESTS.iter().any(|test| test.contains(&named));
            assert!(is_named, "{}: {sid}", policy.name);
        }
    }
}

/// Sources: Organizations user guide, "Quotas": 5,120 characters, and what the AWS CLI sends is counted with
/// its white space; IAM user guide, "IAM JSON policy elements: Sid": letters and digits, each one once.
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

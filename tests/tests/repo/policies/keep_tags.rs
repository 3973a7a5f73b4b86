//! Who may say what Holdfast moves: nobody but exempt roles sets, changes or removes a `holdfast:*` tag, acts
//! on an alarm of a group, or invokes a function. A reclaim and a launch by Auto Scaling pass.

use super::evaluate::{Policy, Request, policy};
use super::{ADDRESS, FUNCTION, FUNCTION_OF_A_STACK_SET, INTERFACE, INTO_A_ROLE, KIM, OWNER};
use super::{STACK_SETS, strings};
use holdfast::settings::TagKeys;

const AUTO_SCALING: &str = "arn:aws:iam::111122223333:role/aws-service-role/\
                            autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling";
const INSTANCE: &str = "arn:aws:ec2:eu-central-1:111122223333:instance/i-1";
const ALARM: &str = "arn:aws:cloudwatch:eu-central-1:111122223333:alarm:web-1";
const SCALING_GROUP: &str = "arn:aws:autoscaling:eu-central-1:111122223333:autoScalingGroup:\
                             0a1b2c3d:autoScalingGroupName/web";
const RELEASE_GUARD: &str =
    "arn:aws:lambda:eu-central-1:111122223333:function:holdfast-ReleaseGuard-1AB2CD3EF4GH";
const TAGGED: [&str; 3] = [ADDRESS, INSTANCE, INTERFACE];
const OF_GROUP: &str = "aws:ResourceTag/holdfast:group";
const PROTECTED: &str = "aws:ResourceTag/holdfast:protect";

/// Both forms: `policies::both_forms_say_the_same` compares them.
fn keeping() -> Policy {
    policy("keep-tags.scp.json")
}

#[track_caller]
fn denied(request: &Request, statement: &str) {
    assert_eq!(
        request.denied_by(&keeping()).as_deref(),
        Some(statement),
        "{request:?}"
    );
}

#[track_caller]
fn allowed(request: &Request) {
    assert_eq!(request.denied_by(&keeping()), None, "{request:?}");
}

fn naming(principal: &str, action: &str, resource: &str, keys: &[&str]) -> Request {
    Request::by(principal, action, resource).with("aws:TagKeys", keys)
}

/// Every tag that Holdfast reads: all texts of the code's own list, a new one included.
fn keys() -> Vec<String> {
    let keys = format!("{:?}", TagKeys::under("holdfast"));
    let texts = keys
        .split('"')
        .filter(|text| text.contains(':') && !text.contains(' '));
    texts.map(str::to_owned).collect()
}

#[test]
fn no_tag_that_holdfast_reads_is_set_or_removed_by_anybody() {
    let keys = keys();
    assert!(keys.len() > 8, "{keys:?}");
    for key in &keys {
        for resource in TAGGED {
            for action in ["ec2:CreateTags", "ec2:DeleteTags"] {
                denied(&naming(KIM, action, resource, &["Name", key]), "KeepTags");
            }
        }
    }
}

#[test]
fn a_tag_is_not_slipped_in_at_creation() {
    for (action, resource) in [
        ("ec2:RunInstances", INSTANCE),
        ("ec2:RunInstances", INTERFACE),
        ("ec2:CreateNetworkInterface", INTERFACE),
        ("ec2:AllocateAddress", ADDRESS),
    ] {
        let keys = &["Name", "holdfast:group"];
        denied(&naming(KIM, action, resource, keys), "KeepTags");
        allowed(&naming(KIM, action, resource, &["Name"]));
        allowed(&Request::by(KIM, action, resource));
    }
}

#[test]
fn a_tag_is_not_handed_on_by_a_group_of_somebody() {
    for action in [
        "autoscaling:CreateAutoScalingGroup",
        "autoscaling:CreateOrUpdateTags",
        "autoscaling:DeleteTags",
    ] {
        let tag = |keys: &[&str]| naming(KIM, action, SCALING_GROUP, keys);
        denied(&tag(&["holdfast:group"]), "KeepTagsThatAreHandedOn");
        allowed(&tag(&["team"]));
    }
}

/// `DeleteTags` without a tag removes all of them, and carries no key that a condition could look at.
#[test]
fn all_tags_at_once_are_not_removed_from_what_holdfast_moves() {
    for resource in TAGGED {
        let untag = Request::by(KIM, "ec2:DeleteTags", resource);
        denied(
            &untag.clone().with(OF_GROUP, &["web"]),
            "KeepAllTagsOfGroups",
        );
        allowed(&untag);
    }
    let untag = Request::by(KIM, "ec2:DeleteTags", ADDRESS).with(PROTECTED, &["record"]);
    denied(&untag, "KeepAllTagsOfProtectedAddresses");
}

#[test]
fn an_alarm_of_a_group_is_changed_and_set_by_nobody() {
    for action in [
        "cloudwatch:DeleteAlarms",
        "cloudwatch:DisableAlarmActions",
        "cloudwatch:EnableAlarmActions",
        "cloudwatch:PutCompositeAlarm",
        "cloudwatch:PutMetricAlarm",
        "cloudwatch:SetAlarmState",
    ] {
        let change = Request::by(KIM, action, ALARM);
        denied(
            &change.clone().with(OF_GROUP, &["web"]),
            "KeepAlarmsOfGroups",
        );
        allowed(&change);
    }
}

#[test]
fn an_alarm_is_made_one_of_a_group_by_nobody() {
    for action in [
        "cloudwatch:PutCompositeAlarm",
        "cloudwatch:PutMetricAlarm",
        "cloudwatch:TagResource",
        "cloudwatch:UntagResource",
    ] {
        let keys = &["holdfast:group"];
        denied(&naming(KIM, action, ALARM, keys), "KeepTagsOfAlarms");
        allowed(&naming(KIM, action, ALARM, &["team"]));
    }
}

#[test]
fn nobody_invokes_a_function_or_puts_his_own_code_into_it() {
    for action in [
        "lambda:AddPermission",
        "lambda:InvokeFunction",
        "lambda:UpdateFunctionCode",
        "lambda:UpdateFunctionConfiguration",
    ] {
        denied(&Request::by(KIM, action, RELEASE_GUARD), "KeepTheFunctions");
        for exempt in [OWNER, FUNCTION, FUNCTION_OF_A_STACK_SET, STACK_SETS] {
            allowed(&Request::by(exempt, action, RELEASE_GUARD));
        }
        allowed(&Request::by(
            KIM,
            action,
            &RELEASE_GUARD.replace("holdfast", "shop"),
        ));
    }
}

#[test]
fn nobody_makes_himself_an_exempt_role() {
    for action in INTO_A_ROLE {
        for role in [OWNER, FUNCTION, FUNCTION_OF_A_STACK_SET, STACK_SETS] {
            denied(&Request::by(KIM, action, role), "KeepTheExemptRoles");
            allowed(&Request::by(STACK_SETS, action, role));
        }
    }
}

#[test]
fn a_reclaim_passes() {
    let tags = &["holdfast:protect", "holdfast:reclaimed-from", "Name"];
    for action in ["ec2:AllocateAddress", "ec2:CreateTags"] {
        for function in [FUNCTION, FUNCTION_OF_A_STACK_SET] {
            allowed(&naming(function, action, ADDRESS, tags));
        }
    }
}

#[test]
fn a_launch_by_auto_scaling_passes() {
    for action in ["ec2:RunInstances", "ec2:CreateTags"] {
        let tags = &["holdfast:group", "aws:autoscaling:groupName"];
        allowed(&naming(AUTO_SCALING, action, INSTANCE, tags));
    }
}

/// A role of somebody's that only looks like the one of Auto Scaling is not exempt.
#[test]
fn a_role_that_is_called_like_auto_scalings_own_does_not_pass() {
    const OTHER: &str = "arn:aws:iam::111122223333:role/AWSServiceRoleForAutoScaling";
    let tags = &["holdfast:group"];
    denied(&naming(OTHER, "ec2:CreateTags", INSTANCE, tags), "KeepTags");
}

#[test]
fn the_owner_of_the_addresses_may_do_all_that() {
    let policy = keeping();
    let statements = policy.statements.iter();
    let actions = statements.flat_map(|statement| strings(&statement["Action"]));
    for action in actions {
        for resource in [ADDRESS, INSTANCE, ALARM, SCALING_GROUP, RELEASE_GUARD] {
            let request = naming(OWNER, &action, resource, &["holdfast:group"]);
            allowed(&request.with(OF_GROUP, &["web"]));
        }
    }
}

//! Lifecycle states as Auto Scaling answers them, and what is asked of it.

use super::{PARTIAL, Wire, query_refusal};
use holdfast::cloud::CloudError;
use holdfast::cloud::Missing;
use holdfast::cloud::health::ReadLifecycleStates;
use holdfast::cloud::lifecycle::CompleteLifecycleAction;
use holdfast::model::auto_scaling::{LifecycleAction, LifecycleState};
use holdfast::model::ids::InstanceId;
use std::collections::BTreeMap;

const METADATA: &str = "<ResponseMetadata><RequestId>request-1</RequestId></ResponseMetadata>";

fn ids(count: usize) -> Vec<InstanceId> {
    let names = (1..=count).map(|number| format!("i-{number}"));
    names.map(|name| name.parse().unwrap()).collect()
}

/// An answer with an instance in each of these states, and the token of the next page.
fn answer(states: &[(&str, &str)], token: &str) -> String {
    let members = states.iter().map(|(id, state)| {
        format!(
            "<member><InstanceId>{id}</InstanceId><AutoScalingGroupName>web</AutoScalingGroupName>\
             <AvailabilityZone>eu-central-1a</AvailabilityZone>{state}<HealthStatus>HEALTHY</HealthStatus>\
             <ProtectedFromScaleIn>false</ProtectedFromScaleIn></member>"
        )
    });
    let members: String = members.collect();
    format!(
        "<DescribeAutoScalingInstancesResponse xmlns=\"http://autoscaling.amazonaws.com/doc/2011-01-01/\">\
         <DescribeAutoScalingInstancesResult><AutoScalingInstances>{members}</AutoScalingInstances>{token}\
         </DescribeAutoScalingInstancesResult>{METADATA}</DescribeAutoScalingInstancesResponse>"
    )
}

fn state(word: &str) -> String {
    format!("<LifecycleState>{word}</LifecycleState>")
}

async fn states(
    wire: &Wire,
    count: usize,
) -> Result<BTreeMap<InstanceId, LifecycleState>, CloudError> {
    wire.cloud().lifecycle_states(&ids(count)).await
}

#[tokio::test]
async fn each_instance_tells_its_state_in_auto_scalings_own_word() {
    let warmed = answer(
        &[("i-1", &state("Warmed:Running"))],
        "<NextToken>more</NextToken>",
    );
    let unsaid = answer(&[("i-2", "")], "");
    let wire = Wire::answering([warmed, unsaid]).wrong_where("i-2", PARTIAL);
    let found = states(&wire, 3).await.unwrap();
    let words: Vec<(&str, &str)> = found
        .iter()
        .map(|(id, state)| (id.as_str(), state.0.as_str()))
        .collect();
    assert_eq!(words, [("i-1", "Warmed:Running"), ("i-2", "")]);
    let requests = wire.requests();
    assert!(
        requests[0].contains("InstanceIds.member.3=i-3"),
        "{requests:?}"
    );
    assert!(requests[1].contains("NextToken=more"), "{requests:?}");
}

#[tokio::test]
async fn a_call_names_fifty_at_the_most_and_nobody_is_asked_for_without_a_call() {
    let wire = Wire::answering([answer(&[], ""), answer(&[], "")]);
    assert!(states(&wire, 51).await.unwrap().is_empty());
    let requests = wire.requests();
    assert!(requests[0].contains("member.50=i-50") && !requests[0].contains("member.51"));
    assert!(
        requests[1].contains("InstanceIds.member.1=i-51"),
        "{requests:?}"
    );
    let quiet = Wire::default();
    assert!(states(&quiet, 0).await.unwrap().is_empty());
    assert!(quiet.requests().is_empty());
}

#[tokio::test]
async fn a_refusal_is_known_by_its_code() {
    let refusal = |code: &str| Wire::with([query_refusal(400, code, "no")]);
    let denied = states(&refusal("AccessDenied"), 1).await.unwrap_err();
    assert!(matches!(denied, CloudError::Denied(_)), "{denied}");
    assert_eq!(
        denied.failure().action,
        "autoscaling:DescribeAutoScalingInstances"
    );
    let throttled = states(&refusal("Throttling"), 1).await.unwrap_err();
    assert!(throttled.is_transient(), "{throttled}");
}

fn action() -> LifecycleAction {
    LifecycleAction {
        instance: "i-1".parse().unwrap(),
        group: "web".to_owned(),
        hook: "drain".to_owned(),
        token: "token-1".to_owned(),
    }
}

#[tokio::test]
async fn an_action_is_completed_by_its_token() {
    let answer = format!(
        "<CompleteLifecycleActionResponse><CompleteLifecycleActionResult/>{METADATA}\
         </CompleteLifecycleActionResponse>"
    );
    let wire = Wire::answering([answer]);
    wire.cloud()
        .complete_lifecycle_action(&action())
        .await
        .unwrap();
    let sent = wire.requests().remove(0);
    for member in [
        "Action=CompleteLifecycleAction",
        "AutoScalingGroupName=web",
        "LifecycleHookName=drain",
        "LifecycleActionToken=token-1",
        "LifecycleActionResult=CONTINUE",
    ] {
        assert!(sent.contains(member), "{sent}");
    }
    assert!(!sent.contains("InstanceId"), "{sent}");
}

#[tokio::test]
async fn what_auto_scaling_does_not_find_is_over_and_anything_else_is_not() {
    let ended = |status: u16, code: &str| {
        let message = "No active Lifecycle Action found with token token-1";
        let wire = Wire::with([query_refusal(status, code, message)]);
        async move { wire.cloud().complete_lifecycle_action(&action()).await }
    };
    let over = ended(400, "ValidationError").await.unwrap_err();
    assert!(over.is_missing(Missing::LifecycleAction), "{over}");
    let busy = ended(500, "ResourceContention").await.unwrap_err();
    assert!(busy.is_transient(), "{busy}");
    let denied = ended(403, "AccessDenied").await.unwrap_err();
    assert!(matches!(denied, CloudError::Denied(_)), "{denied}");
    let wire = Wire::with([query_refusal(400, "ValidationError", "no")]);
    let elsewhere = states(&wire, 1).await.unwrap_err();
    assert!(
        !elsewhere.is_missing(Missing::LifecycleAction),
        "{elsewhere}"
    );
}

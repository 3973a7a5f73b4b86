//! Answers that come in pages are read to their end, within bounds.

use super::{Wire, ec2};
use holdfast::cloud::{AddressFilter, ReadAddresses, ReadEventHistory};
use holdfast::ledger::Ledger;
use holdfast::model::cloudtrail::AddressChange;
use holdfast::model::ids::AllocationId;
use serde_json::{Value, json};
use std::net::Ipv4Addr;

fn names(entries: &[(&str, &str, &str)], next: Option<&str>) -> String {
    let items: Vec<String> = entries
        .iter()
        .map(|(allocation, ip, name)| {
            format!(
                "<item><allocationId>{allocation}</allocationId><publicIp>{ip}</publicIp>\
                 <ptrRecord>{name}</ptrRecord></item>"
            )
        })
        .collect();
    let next = next
        .map(|next| format!("<nextToken>{next}</nextToken>"))
        .unwrap_or_default();
    ec2(
        "DescribeAddressesAttribute",
        &format!("<addressSet>{}</addressSet>{next}", items.concat()),
    )
}

fn two_pages_of_names() -> [String; 2] {
    [
        names(
            &[("eipalloc-1", "203.0.113.1", "a.example.com.")],
            Some("more"),
        ),
        names(
            &[
                ("eipalloc-2", "203.0.113.2", "b.example.com."),
                ("eipalloc-3", "203.0.113.3", ""),
            ],
            None,
        ),
    ]
}

#[tokio::test]
async fn reverse_names_are_read_from_all_pages_without_their_dot() {
    let wire = Wire::answering(two_pages_of_names());
    let names = wire
        .cloud()
        .reverse_dns_names(&AddressFilter::All)
        .await
        .unwrap();
    let names: Vec<_> = names
        .iter()
        .map(|(id, name)| (id.as_str(), name.as_str()))
        .collect();
    assert_eq!(
        names,
        [
            ("eipalloc-1", "a.example.com"),
            ("eipalloc-2", "b.example.com")
        ]
    );
    let requests = wire.requests();
    assert!(
        requests[0].contains("Attribute=domain-name"),
        "{requests:?}"
    );
    assert!(requests[1].contains("NextToken=more"), "{requests:?}");
}

#[tokio::test]
async fn the_name_of_one_ip_is_picked_out() {
    let wire = Wire::answering(two_pages_of_names());
    let which = AddressFilter::Ip(Ipv4Addr::new(203, 0, 113, 2));
    let names = wire.cloud().reverse_dns_names(&which).await.unwrap();
    assert_eq!(names.into_values().collect::<Vec<_>>(), ["b.example.com"]);
}

#[tokio::test]
async fn an_allocation_that_is_gone_does_not_hide_the_names_of_the_others() {
    let gone = "<Response><Errors><Error><Code>InvalidAllocationID.NotFound</Code>\
                <Message>no</Message></Error></Errors><RequestID>r</RequestID></Response>";
    let [first, second] = two_pages_of_names();
    let wire = Wire::with([(400, gone.to_owned()), (200, first), (200, second)]);
    let asked = ["eipalloc-2", "eipalloc-9"].map(|id| id.parse().unwrap());
    let names = wire
        .cloud()
        .reverse_dns_names(&AddressFilter::Allocations(asked.to_vec()))
        .await
        .unwrap();
    assert_eq!(names.into_values().collect::<Vec<_>>(), ["b.example.com"]);
}

#[tokio::test]
async fn no_allocations_cost_no_call() {
    let wire = Wire::default();
    let nothing = AddressFilter::Allocations(Vec::new());
    assert!(wire.cloud().addresses(&nothing).await.unwrap().is_empty());
    assert!(
        wire.cloud()
            .reverse_dns_names(&nothing)
            .await
            .unwrap()
            .is_empty()
    );
    assert!(wire.requests().is_empty());
}

#[tokio::test]
async fn more_allocations_than_a_filter_takes_are_asked_for_in_turn() {
    let empty = || ec2("DescribeAddresses", "<addressesSet/>");
    let wire = Wire::answering([empty(), empty(), empty()]);
    let many: Vec<AllocationId> = (0..401)
        .map(|number| format!("eipalloc-{number}").parse().unwrap())
        .collect();
    wire.cloud()
        .addresses(&AddressFilter::Allocations(many))
        .await
        .unwrap();
    assert_eq!(wire.requests().len(), 3);
}

fn event(name: &str, at: &str, request: &Value, response: &Value) -> Value {
    let record = json!({
        "eventID": format!("{name}-{at}"),
        "eventSource": "ec2.amazonaws.com",
        "eventName": name,
        "eventTime": at,
        "awsRegion": "eu-central-1",
        "userIdentity": { "type": "IAMUser" },
        "requestParameters": request,
        "responseElements": response,
    });
    json!({ "EventId": "1", "CloudTrailEvent": record.to_string() })
}

fn page(events: &[Value], next: Option<&str>) -> String {
    json!({ "Events": events, "NextToken": next }).to_string()
}

#[tokio::test]
async fn history_comes_oldest_first_and_skips_what_cannot_be_read() {
    let released = event(
        "ReleaseAddress",
        "2026-03-01T12:00:00Z",
        &json!({ "allocationId": "eipalloc-1" }),
        &json!({ "_return": true }),
    );
    let allocated = event(
        "AllocateAddress",
        "2026-03-01T11:00:00Z",
        &json!({ "domain": "vpc" }),
        &json!({ "allocationId": "eipalloc-1", "publicIp": "203.0.113.7", "domain": "vpc" }),
    );
    let torn = json!({ "EventId": "2", "CloudTrailEvent": "{" });
    let wire = Wire::answering([
        page(&[released, torn], Some("more")),
        page(&[allocated], None),
    ]);
    let allocation = "eipalloc-1".parse().unwrap();
    let history = wire.cloud().event_history(&allocation).await.unwrap();
    assert!(
        matches!(history[0].change, AddressChange::Allocated(_)),
        "{history:?}"
    );
    assert!(
        matches!(history[1].change, AddressChange::Released { .. }),
        "{history:?}"
    );
    let asked: Value = serde_json::from_str(&wire.requests()[1]).unwrap();
    assert_eq!(asked["NextToken"], "more");
    assert_eq!(
        asked["LookupAttributes"],
        json!([{ "AttributeKey": "ResourceName", "AttributeValue": "eipalloc-1" }])
    );
}

#[tokio::test]
async fn an_endless_history_ends() {
    let pages = (0..30).map(|_| page(&[], Some("more")));
    let wire = Wire::answering(pages);
    let allocation = "eipalloc-1".parse().unwrap();
    wire.cloud().event_history(&allocation).await.unwrap();
    assert_eq!(wire.requests().len(), 20);
}

#[tokio::test]
async fn keys_that_dynamodb_left_out_are_asked_for_again() {
    let key = json!({ "pk": { "S": "release" }, "sk": { "S": "eipalloc-1" } });
    let left_out = json!({
        "Responses": { "ledger": [] },
        "UnprocessedKeys": { "ledger": { "Keys": [key], "ConsistentRead": true } },
    });
    let done = json!({ "Responses": { "ledger": [] }, "UnprocessedKeys": {} });
    let wire = Wire::answering([left_out.to_string(), done.to_string()]);
    let known = wire
        .ledger()
        .read(&"eipalloc-1".parse().unwrap())
        .await
        .unwrap();
    assert_eq!(known, holdfast::ledger::AllocationRows::default());
    let again: Value = serde_json::from_str(&wire.requests()[1]).unwrap();
    assert_eq!(again["RequestItems"]["ledger"]["Keys"], json!([key]));
    assert_eq!(again["RequestItems"]["ledger"]["ConsistentRead"], true);
}

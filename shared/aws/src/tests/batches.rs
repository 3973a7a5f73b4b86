//! How EC2 is asked for many things at once: in which calls, with which members, and that all that comes
//! back is there.

use super::{Wire, ec2, refusal};
use holdfast::cloud::{
    AddressFilter, InstanceFilter, InterfaceFilter, ReadAddresses, ReadInstances, ReadInterfaces,
    ReadTags,
};
use std::fmt::Debug;
use std::net::Ipv4Addr;
use std::str::FromStr;

fn ids<T: FromStr<Err: Debug>>(prefix: &str, count: usize) -> Vec<T> {
    let numbers = 0..count;
    numbers
        .map(|number| format!("{prefix}-{number}").parse().unwrap())
        .collect()
}

fn set(action: &str, name: &str, items: &str, next: &str) -> String {
    let token = format!("<nextToken>{next}</nextToken>");
    // DescribeAddresses has no pages.
    let next = if action == "DescribeAddresses" {
        ""
    } else {
        &token
    };
    ec2(action, &format!("<{name}>{items}</{name}>{next}"))
}

fn addresses(id: &str) -> String {
    let item =
        format!("<item><allocationId>{id}</allocationId><publicIp>203.0.113.7</publicIp></item>");
    set("DescribeAddresses", "addressesSet", &item, "")
}

fn interfaces(id: &str, next: &str) -> String {
    let item = format!("<item><networkInterfaceId>{id}</networkInterfaceId></item>");
    set(
        "DescribeNetworkInterfaces",
        "networkInterfaceSet",
        &item,
        next,
    )
}

fn instances(id: &str, next: &str) -> String {
    let item = format!(
        "<item><instancesSet><item><instanceId>{id}</instanceId><instanceState>\
         <name>running</name></instanceState></item></instancesSet></item>"
    );
    set("DescribeInstances", "reservationSet", &item, next)
}

fn names(id: &str) -> String {
    let item = format!(
        "<item><allocationId>{id}</allocationId><publicIp>203.0.113.7</publicIp>\
         <ptrRecord>{id}.example.com.</ptrRecord></item>"
    );
    set("DescribeAddressesAttribute", "addressSet", &item, "")
}

/// How many values of a filter, or ids, were in each call.
fn values(wire: &Wire, member: &str) -> Vec<usize> {
    let of_call = |call: &Vec<String>| call.iter().filter(|it| it.starts_with(member)).count();
    wire.calls().iter().map(of_call).collect()
}

#[tokio::test]
async fn addresses_beyond_the_two_hundredth_are_asked_for_and_found() {
    let wire = Wire::answering([addresses("eipalloc-0"), addresses("eipalloc-200")]);
    let which = AddressFilter::Allocations(ids("eipalloc", 201));
    let found = wire.cloud().addresses(&which).await.unwrap();
    let found: Vec<&str> = found.iter().map(|it| it.allocation.as_str()).collect();
    assert_eq!(found, ["eipalloc-0", "eipalloc-200"]);
    assert_eq!(values(&wire, "Filter.1.Value."), [200, 1]);
}

#[tokio::test]
async fn an_ip_is_asked_for_by_filter() {
    let wire = Wire::answering([addresses("eipalloc-1")]);
    let which = AddressFilter::Ip(Ipv4Addr::new(203, 0, 113, 7));
    assert_eq!(wire.cloud().addresses(&which).await.unwrap().len(), 1);
    assert_eq!(
        wire.calls(),
        [[
            "Action=DescribeAddresses",
            "Filter.1.Name=public-ip",
            "Filter.1.Value.1=203.0.113.7"
        ]]
    );
}

#[tokio::test]
async fn interfaces_are_asked_for_by_filter_and_read_page_by_page() {
    let wire = Wire::answering([interfaces("eni-0", "more"), interfaces("eni-1", "")]);
    let which = InterfaceFilter::Ids(ids("eni", 2));
    let found = wire.cloud().interfaces(&which).await.unwrap();
    let found: Vec<&str> = found.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(found, ["eni-0", "eni-1"]);
    let first = [
        "Action=DescribeNetworkInterfaces",
        "Filter.1.Name=network-interface-id",
        "Filter.1.Value.1=eni-0",
        "Filter.1.Value.2=eni-1",
        "MaxResults=1000",
    ];
    let [one, two] = wire.calls().try_into().unwrap();
    assert_eq!(one, first);
    assert_eq!(two, [&first[..], &["NextToken=more"]].concat());
}

#[tokio::test]
async fn interfaces_beyond_the_two_hundredth_are_asked_for_and_found() {
    let wire = Wire::answering([interfaces("eni-0", ""), interfaces("eni-200", "")]);
    let which = InterfaceFilter::Ids(ids("eni", 201));
    let found = wire.cloud().interfaces(&which).await.unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!(values(&wire, "Filter.1.Value."), [200, 1]);
}

#[tokio::test]
async fn the_interfaces_of_all_groups_are_asked_for_by_their_tag() {
    let wire = Wire::answering([interfaces("eni-0", "")]);
    let which = InterfaceFilter::TagKeys(vec!["holdfast:group".to_owned()]);
    assert_eq!(wire.cloud().interfaces(&which).await.unwrap().len(), 1);
    assert_eq!(
        wire.calls(),
        [[
            "Action=DescribeNetworkInterfaces",
            "Filter.1.Name=tag-key",
            "Filter.1.Value.1=holdfast%3Agroup",
            "MaxResults=1000",
        ]]
    );
}

#[tokio::test]
async fn what_instances_hold_of_a_group_is_asked_for_by_both() {
    let wire = Wire::answering([interfaces("eni-0", ""), interfaces("eni-1", "")]);
    let which = InterfaceFilter::AttachedTo {
        tag_key: "holdfast:group".to_owned(),
        instances: ids("i", 200),
    };
    assert_eq!(wire.cloud().interfaces(&which).await.unwrap().len(), 2);
    assert_eq!(values(&wire, "Filter.1.Value."), [199, 1]);
    assert_eq!(values(&wire, "Filter.2.Value."), [1, 1]);
    let [_, last] = wire.calls().try_into().unwrap();
    let expected = [
        "Action=DescribeNetworkInterfaces",
        "Filter.1.Name=attachment.instance-id",
        "Filter.1.Value.1=i-199",
        "Filter.2.Name=tag-key",
        "Filter.2.Value.1=holdfast%3Agroup",
        "MaxResults=1000",
    ];
    assert_eq!(last, expected);
}

fn tags(resource: &str, next: &str) -> String {
    let item = format!(
        "<item><key>holdfast:group</key><resourceId>{resource}</resourceId>\
         <resourceType>instance</resourceType><value>web</value></item>"
    );
    set("DescribeTags", "tagSet", &item, next)
}

#[tokio::test]
async fn tags_are_asked_for_by_key_and_of_whom_page_by_page() {
    let wire = Wire::answering([tags("i-1", "more"), tags("i-2", ""), tags("i-3", "")]);
    let keys = ["holdfast:group".to_owned()];
    let found = wire.cloud().tags(&keys, &[]).await.unwrap();
    let found: Vec<&str> = found.iter().map(|tag| tag.resource.as_str()).collect();
    assert_eq!(found, ["i-1", "i-2"]);
    let of_one = wire.cloud().tags(&keys, &["i-3".to_owned()]).await.unwrap();
    assert_eq!(
        (of_one[0].key.as_str(), of_one[0].value.as_str()),
        ("holdfast:group", "web")
    );
    let [first, _, last] = wire.calls().try_into().unwrap();
    let by_key = [
        "Action=DescribeTags",
        "Filter.1.Name=key",
        "Filter.1.Value.1=holdfast%3Agroup",
    ];
    assert_eq!(first, [&by_key[..], &["MaxResults=1000"]].concat());
    let by_id = [
        "Filter.2.Name=resource-id",
        "Filter.2.Value.1=i-3",
        "MaxResults=1000",
    ];
    assert_eq!(last, [&by_key[..], &by_id].concat());
}

#[tokio::test]
async fn addresses_are_asked_for_by_their_tag() {
    let wire = Wire::answering([addresses("eipalloc-1"), addresses("eipalloc-2")]);
    let tag_key = AddressFilter::TagKey("holdfast:group".to_owned());
    let tag = AddressFilter::Tag {
        key: "holdfast:reclaimed-from".to_owned(),
        value: "eipalloc-0".to_owned(),
    };
    for which in [tag_key, tag] {
        assert_eq!(wire.cloud().addresses(&which).await.unwrap().len(), 1);
    }
    let expected = [
        [
            "Action=DescribeAddresses",
            "Filter.1.Name=tag-key",
            "Filter.1.Value.1=holdfast%3Agroup",
        ],
        [
            "Action=DescribeAddresses",
            "Filter.1.Name=tag%3Aholdfast%3Areclaimed-from",
            "Filter.1.Value.1=eipalloc-0",
        ],
    ];
    assert_eq!(wire.calls(), expected);
}

#[tokio::test]
async fn one_interface_is_found_on_whichever_page_it_is() {
    let none = set(
        "DescribeNetworkInterfaces",
        "networkInterfaceSet",
        "",
        "more",
    );
    let wire = Wire::answering([none, interfaces("eni-1", "")]);
    let found = wire
        .cloud()
        .interface(&"eni-1".parse().unwrap())
        .await
        .unwrap();
    assert_eq!(found.unwrap().id.as_str(), "eni-1");
}

#[tokio::test]
async fn instances_are_named_by_filter_and_read_page_by_page() {
    let wire = Wire::answering([instances("i-0", "more"), instances("i-1", "")]);
    let which = InstanceFilter::Ids(ids("i", 2));
    let found = wire.cloud().instances(&which).await.unwrap();
    let found: Vec<&str> = found.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(found, ["i-0", "i-1"]);
    let first = [
        "Action=DescribeInstances",
        "Filter.1.Name=instance-id",
        "Filter.1.Value.1=i-0",
        "Filter.1.Value.2=i-1",
        "IncludeManagedResources=true",
        "MaxResults=1000",
    ];
    let [one, two] = wire.calls().try_into().unwrap();
    assert_eq!(one, first);
    assert_eq!(two, [&first[..], &["NextToken=more"]].concat());
}

#[tokio::test]
async fn instances_beyond_the_two_hundredth_are_asked_for_and_found() {
    let wire = Wire::answering([instances("i-0", ""), instances("i-200", "")]);
    let which = InstanceFilter::Ids(ids("i", 201));
    let found = wire.cloud().instances(&which).await.unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!(values(&wire, "Filter.1.Value."), [200, 1]);
}

#[tokio::test]
async fn nothing_that_is_named_costs_no_call() {
    let wire = Wire::default();
    let cloud = wire.cloud();
    let nobody = InstanceFilter::Ids(Vec::new());
    assert_eq!(cloud.instances(&nobody).await.unwrap(), []);
    let nothing = InterfaceFilter::Ids(Vec::new());
    assert_eq!(cloud.interfaces(&nothing).await.unwrap(), []);
    assert!(wire.requests().is_empty());
}

#[tokio::test]
async fn up_to_a_hundred_names_are_asked_for_by_allocation_and_without_a_page_size() {
    let wire = Wire::answering([names("eipalloc-99")]);
    let which = AddressFilter::Allocations(ids("eipalloc", 100));
    assert_eq!(
        wire.cloud().reverse_dns_names(&which).await.unwrap().len(),
        1
    );
    assert_eq!(values(&wire, "AllocationId."), [100]);
    assert_eq!(values(&wire, "MaxResults"), [0]);
    assert_eq!(values(&wire, "Attribute=domain-name"), [1]);
}

#[tokio::test]
async fn of_more_than_a_hundred_names_all_are_read_and_those_asked_for_are_kept() {
    let wire = Wire::answering([names("eipalloc-100")]);
    let which = AddressFilter::Allocations(ids("eipalloc", 101));
    assert_eq!(
        wire.cloud().reverse_dns_names(&which).await.unwrap().len(),
        1
    );
    let expected = [
        "Action=DescribeAddressesAttribute",
        "Attribute=domain-name",
        "MaxResults=1000",
    ];
    assert_eq!(wire.calls(), [expected]);

    let wire = Wire::answering([names("eipalloc-101")]);
    assert!(
        wire.cloud()
            .reverse_dns_names(&which)
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn names_that_may_not_be_read_are_an_error_and_not_asked_for_otherwise() {
    let wire = Wire::with([refusal("UnauthorizedOperation")]);
    let which = AddressFilter::Allocations(ids("eipalloc", 1));
    let refused = wire.cloud().reverse_dns_names(&which).await.unwrap_err();
    assert_eq!(refused.name(), "Denied");
    assert!(
        refused
            .to_string()
            .starts_with("ec2:DescribeAddressesAttribute: "),
        "{refused}"
    );
    assert_eq!(wire.requests().len(), 1);
}

#[tokio::test]
async fn a_name_without_its_allocation_is_an_answer_that_cannot_be_read() {
    let wire = Wire::answering([names("")]);
    let refused = wire
        .cloud()
        .reverse_dns_names(&AddressFilter::All)
        .await
        .unwrap_err();
    assert!(
        refused.to_string().contains("an allocation id is missing"),
        "{refused}"
    );
}

//! Tags and the resources they are put on, in every way that CloudTrail writes a list.

use super::{change, ignored, wrong};
use crate::events::samples::{ALLOCATION, allocate, call, tag};
use crate::model::cloudtrail::AddressChange;
use crate::model::tags::Tags;
use serde_json::{Value, json};

fn tagged(request: Value) -> (Vec<String>, Tags) {
    match change(call("CreateTags").request(request)) {
        AddressChange::Tagged { allocations, tags } => {
            (allocations.into_iter().map(String::from).collect(), tags)
        }
        other => panic!("expected tags, got {other:?}"),
    }
}

fn untagged(request: Value) -> Vec<(String, Option<String>)> {
    match change(call("DeleteTags").request(request)) {
        AddressChange::Untagged { tags, .. } => tags,
        other => panic!("expected tags to go, got {other:?}"),
    }
}

#[test]
fn tags_come_with_the_addresses_among_the_resources() {
    let AddressChange::Tagged { allocations, tags } = change(tag()) else {
        panic!("expected tags")
    };
    assert_eq!(allocations, [ALLOCATION.parse().unwrap()]);
    assert_eq!(tags["Name"], "partners");
}

#[test]
fn a_list_of_one_reads_the_same_however_it_is_written() {
    let resource = json!({"resourceId": ALLOCATION});
    let name = json!({"key": "Name", "value": "partners"});
    let expected = (
        vec![ALLOCATION.to_owned()],
        Tags::from([("Name".into(), "partners".into())]),
    );
    let ways: [fn(&Value) -> Value; 5] = [
        |one| json!({"items": [one]}),
        |one| json!({"items": one}),
        |one| json!({"item": one}),
        |one| json!([one]),
        Value::clone,
    ];
    for way in ways {
        let request = json!({"resourcesSet": way(&resource), "tagSet": way(&name)});
        assert_eq!(tagged(request.clone()), expected, "{request}");
    }
}

#[test]
fn the_newer_serialisation_reads_the_same_with_one_and_with_many() {
    let one = json!({"CreateTagsRequest": {
        "ResourceId": {"tag": 1, "content": ALLOCATION},
        "Tag": {"Key": "Name", "Value": "partners", "tag": 1}
    }});
    let many = json!({"CreateTagsRequest": {
        "ResourceId": [{"tag": 1, "content": ALLOCATION}, {"tag": 2, "content": "i-0c3"}],
        "Tag": [{"Key": "Name", "Value": "partners", "tag": 1}, {"Key": "a", "Value": 1, "tag": 2}]
    }});
    assert_eq!(tagged(one).0, [ALLOCATION]);
    let (allocations, tags) = tagged(many);
    assert_eq!(allocations, [ALLOCATION]);
    assert_eq!(tags["Name"], "partners");
    assert_eq!(tags["a"], "1");
}

#[test]
fn keys_and_values_that_became_something_else_are_read_as_text() {
    let (_, tags) = tagged(json!({
        "resourcesSet": {"items": [{"resourceId": ALLOCATION}]},
        "tagSet": {"items": [
            {"key": "bool", "value": true},
            {"key": "whole", "value": 42},
            {"key": "below", "value": -1},
            {"key": "broken", "value": 1.5},
            {"key": "null", "value": null},
            {"key": "absent"},
            {"key": false, "value": "x"},
            {"key": 7, "value": "y"}
        ]}
    }));
    let texts = [
        ("bool", "true"),
        ("whole", "42"),
        ("below", "-1"),
        ("broken", "1.5"),
        ("null", ""),
        ("absent", ""),
        ("false", "x"),
        ("7", "y"),
    ];
    assert_eq!(
        tags,
        texts
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into()
    );
}

#[test]
fn tags_on_anything_but_addresses_are_ignored() {
    let request = json!({
        "resourcesSet": {"items": [{"resourceId": "ami-0f6"}, {"resourceId": "i-0c3"}]},
        "tagSet": {"items": [{"key": "Name", "value": "x"}]}
    });
    for name in ["CreateTags", "DeleteTags"] {
        let passed = ignored(&call(name).request(request.clone()).bare());
        assert_eq!(passed.what, name);
        assert_eq!(
            passed.why,
            "none of the resources it names is an Elastic IP"
        );
    }
}

#[test]
fn an_allocation_takes_only_the_tags_meant_for_the_address() {
    let raw = change(allocate().request(json!({"tagSpecificationSet": {"items": [
        {"resourceType": "elastic-ip", "tags": [{"key": "mine", "value": true}]},
        {"resourceType": "instance", "tags": [{"key": "other", "value": "x"}]}
    ]}})));
    let AddressChange::Allocated(allocation) = raw else {
        panic!("expected an allocation")
    };
    assert_eq!(
        allocation.tags,
        Tags::from([("mine".into(), "true".into())])
    );
}

#[test]
fn tags_go_by_key_or_by_key_and_value() {
    let tags = untagged(json!({
        "resourcesSet": {"items": [{"resourceId": ALLOCATION}]},
        "tagSet": {"items": [{"key": "any"}, {"key": "this", "value": "x"}, {"key": "empty", "value": ""}]}
    }));
    let expected = [("any", None), ("this", Some("x")), ("empty", Some(""))];
    assert_eq!(
        tags,
        expected.map(|(key, value)| (key.to_owned(), value.map(str::to_owned)))
    );
}

#[test]
fn tags_go_all_at_once_when_none_is_named() {
    let resources = json!({"items": {"resourceId": ALLOCATION}});
    assert_eq!(untagged(json!({"resourcesSet": resources})), []);
    assert_eq!(
        untagged(json!({"resourcesSet": resources, "tagSet": {}})),
        []
    );
    assert_eq!(
        untagged(json!({"resourcesSet": resources, "tagSet": null})),
        []
    );
    assert_eq!(
        untagged(json!({"DeleteTagsRequest": {"ResourceId": ALLOCATION, "Tag": ""}})),
        []
    );
}

#[test]
fn an_element_that_cannot_be_read_is_named_by_its_place_in_the_list() {
    let (field, problem) = wrong(
        &call("CreateTags")
            .request(json!({
                "resourcesSet": {"items": [{"resourceId": "i-0c3"}, {"resourceId": "eipalloc-"}]}
            }))
            .in_envelope(),
    );
    assert_eq!(
        field,
        "detail.requestParameters.resourcesSet.items[1].resourceId"
    );
    assert!(problem.contains("is not an allocation id"), "{problem}");
    let (field, problem) = wrong(
        &tag()
            .request(json!({"tagSet": {"items": {"value": "x"}}}))
            .bare(),
    );
    assert_eq!(field, "requestParameters.tagSet.items");
    assert!(problem.contains("missing field `key`"), "{problem}");
    let (field, _) = wrong(
        &tag()
            .request(json!({"tagSet": {"key": "a", "value": []}}))
            .bare(),
    );
    assert_eq!(field, "requestParameters.tagSet.value");
}

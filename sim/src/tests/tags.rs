//! Tags and their limits.

use super::bed::{bed, tagged, tagging};
use crate::{
    TagPolicy,
    api::{DeleteTags, Request, Tag, TagToDelete},
};

fn untagging(id: &str, tags: &[(&str, Option<&str>)]) -> Request {
    Request::DeleteTags(DeleteTags {
        resources: vec![id.to_owned()],
        tags: tags
            .iter()
            .map(|(key, value)| TagToDelete {
                key: (*key).to_owned(),
                value: value.map(str::to_owned),
            })
            .collect(),
    })
}

#[test]
fn a_tag_is_overwritten_and_the_others_stay() {
    let mut bed = bed();
    let address = bed.allocated(tagged(&[("owner", "mail"), ("team", "a")]));
    bed.call(tagging(&address.allocation_id, &[("team", "b")]))
        .expect("few tags");
    let tags = bed.address(&address.public_ip).tags;
    assert_eq!(tags, [Tag::new("owner", "mail"), Tag::new("team", "b")]);
}

#[test]
fn a_tag_is_deleted_by_key_or_by_key_and_value() {
    let mut bed = bed();
    let address = bed.allocated(tagged(&[("owner", "mail"), ("team", "a")]));
    let wanted = [("owner", None), ("team", Some("other"))];
    bed.call(untagging(&address.allocation_id, &wanted))
        .expect("the address is there");
    assert_eq!(
        bed.address(&address.public_ip).tags,
        [Tag::new("team", "a")]
    );
}

#[test]
fn deleting_no_tag_by_name_deletes_all_but_the_reserved_ones() {
    let mut bed = bed();
    let address = bed.allocated(tagged(&[("owner", "mail")]));
    let reserved = ("aws:cloudformation:stack-name", "mail");
    bed.world
        .put_reserved_tags(&address.allocation_id, &[reserved]);
    bed.call(untagging(&address.allocation_id, &[]))
        .expect("the address is there");
    let tags = bed.address(&address.public_ip).tags;
    assert_eq!(tags, [Tag::new("aws:cloudformation:stack-name", "mail")]);
}

#[test]
fn the_fifty_first_tag_is_one_too_many_and_reserved_ones_do_not_count() {
    let mut bed = bed();
    let address = bed.allocate();
    bed.world
        .put_reserved_tags(&address.allocation_id, &[("aws:createdBy", "somebody")]);
    for number in 0..50 {
        let key = format!("key-{number}");
        bed.call(tagging(&address.allocation_id, &[(&key, "")]))
            .expect("up to fifty");
    }
    let one_more = tagging(&address.allocation_id, &[("one-more", "")]);
    assert_eq!(bed.refused(one_more), "TagLimitExceeded");
}

#[test]
fn reserved_tags_are_not_for_callers() {
    let mut bed = bed();
    let address = bed.allocate();
    let error = bed
        .call(tagging(&address.allocation_id, &[("aws:owner", "mail")]))
        .expect_err("the prefix is reserved");
    assert_eq!(error.code, "InvalidParameterValue");
    assert_eq!(
        error.message,
        "Tag keys starting with 'aws:' are reserved for internal use"
    );
}

#[test]
fn a_tag_policy_refuses_other_values() {
    let mut bed = bed();
    let address = bed.allocate();
    bed.world.settings().tag_policy = Some(TagPolicy {
        key: "team".to_owned(),
        allowed_values: vec!["a".to_owned()],
    });
    let other = tagging(&address.allocation_id, &[("team", "b")]);
    assert_eq!(bed.refused(other), "TagPolicyViolation");
    bed.call(tagging(&address.allocation_id, &[("team", "a")]))
        .expect("it is allowed");
}

#[test]
fn all_resources_are_tagged_or_none() {
    let mut bed = bed();
    let address = bed.allocate();
    let mut request = tagging(&address.allocation_id, &[("team", "a")]);
    if let Request::CreateTags(request) = &mut request {
        request.resources.push("eni-0123456789abcdef0".to_owned());
    }
    assert_eq!(bed.refused(request), "InvalidNetworkInterfaceID.NotFound");
    assert_eq!(bed.address(&address.public_ip).tags, []);
}

//! Which tags ride in the request.

use super::*;

#[test]
fn the_tags_come_back_with_the_address_and_say_where_it_comes_from() {
    let tags = released().plan().request.tags;
    assert_eq!(tags["Name"], "partner gateway");
    assert_eq!(tags["holdfast:protect"], "reclaim");
    assert_eq!(tags["holdfast:reclaimed-from"], "eipalloc-0a");
    assert_eq!(tags["holdfast:reclaimed-at"], "2026-03-07T12:00:10Z");
}

#[test]
fn an_address_reclaimed_before_names_its_latest_release() {
    let released = released().snapshot(|snapshot| {
        snapshot.tags.insert(
            "holdfast:reclaimed-from".to_owned(),
            "eipalloc-00".to_owned(),
        );
    });
    assert_eq!(
        released.plan().request.tags["holdfast:reclaimed-from"],
        "eipalloc-0a"
    );
}

#[test]
fn tags_that_only_aws_can_set_are_left_out_and_reported() {
    let released = released().snapshot(|snapshot| {
        snapshot
            .tags
            .insert("aws:cloudformation:stack-name".to_owned(), "net".to_owned());
    });
    let plan = released.plan();
    assert!(
        !plan
            .request
            .tags
            .contains_key("aws:cloudformation:stack-name")
    );
    assert_eq!(
        plan.findings[0].what,
        "tags not restored: aws:cloudformation:stack-name"
    );
}

#[test]
fn where_fifty_tags_leave_no_room_ours_come_first_and_the_rest_is_reported() {
    let released = released().snapshot(|snapshot| {
        snapshot
            .tags
            .extend((0..48).map(|n| (format!("tag-{n:02}"), String::new())));
    });
    let plan = released.plan();
    assert_eq!(plan.request.tags.len(), 50);
    assert!(plan.request.tags.contains_key("holdfast:reclaimed-from"));
    assert_eq!(plan.findings[0].what, "tags not restored: tag-46, tag-47");
}

#[test]
fn another_prefix_is_used_throughout() {
    let released = released()
        .set("HOLDFAST_TAG_PREFIX", "acme")
        .snapshot(|snapshot| {
            snapshot
                .tags
                .insert("acme:protect".to_owned(), "reclaim".to_owned());
        });
    assert_eq!(
        released.plan().request.tags["acme:reclaimed-from"],
        "eipalloc-0a"
    );
}

#[test]
fn with_fifty_tags_the_protection_comes_back_before_any_other() {
    let released = released().snapshot(|snapshot| {
        snapshot.tags.remove("Name");
        snapshot
            .tags
            .extend((0..49).map(|n| (format!("a-{n:02}"), String::new())));
    });
    let plan = released.plan();
    assert_eq!(plan.request.tags.len(), 50);
    assert_eq!(plan.request.tags["holdfast:protect"], "reclaim");
    assert_eq!(plan.findings[0].what, "tags not restored: a-47, a-48");
}

#[test]
fn where_there_is_room_for_all_no_tag_is_reported() {
    let released = released().snapshot(|snapshot| {
        snapshot
            .tags
            .extend((0..46).map(|n| (format!("tag-{n:02}"), String::new())));
    });
    let plan = released.plan();
    assert_eq!((plan.request.tags.len(), plan.findings.len()), (50, 0));
}

#[test]
fn our_own_tags_carry_the_protection_and_nothing_else() {
    let released = released();
    let (snapshot, allocation) = (snapshot(), released.release.allocation.clone());
    let own = decide::own_tags(&snapshot, &allocation, &released.settings(), released.now);
    let keys: Vec<_> = own.keys().map(String::as_str).collect();
    let expected = [
        "holdfast:protect",
        "holdfast:reclaimed-at",
        "holdfast:reclaimed-from",
    ];
    assert_eq!(keys, expected);
    assert_eq!(own["holdfast:protect"], "reclaim");
}

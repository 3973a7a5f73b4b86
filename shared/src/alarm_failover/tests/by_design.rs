//! Groups that have no standby on purpose, told from those that are not ready.

use super::asked::mark;
use super::audits::ready;
use super::fixture::{Fixture, id, pair, private_ip};
use crate::report::{GroupReport, Readiness};

/// Each member has the address of its own slot on its only private IP: no other fits.
fn each_with_its_own() -> Fixture {
    pair().address().change(|fixture| {
        let mut second = fixture.observed.addresses[0].clone();
        second.allocation = "eipalloc-02".parse().unwrap();
        second.ip = [203, 0, 113, 8].into();
        let with = second.association.as_mut().unwrap();
        with.instance = Some(id(2));
        with.eni = Some("eni-02".parse().unwrap());
        with.private_ip = Some(private_ip(2));
        fixture.observed.addresses.push(second);
        for (number, slot) in [(1, "a"), (2, "b")] {
            fixture.occupy(number);
            mark(&mut fixture.member(number).tags, "slot", slot);
            let address = &mut fixture.observed.addresses[usize::from(number) - 1];
            mark(&mut address.tags, "slot", slot);
        }
    })
}

/// One member, which Auto Scaling replaces.
fn one_of_auto_scaling() -> Fixture {
    pair().address().change(|fixture| {
        fixture.observed.instances.truncate(1);
        let tags = &mut fixture.member(1).tags;
        tags.insert("aws:autoscaling:groupName".to_owned(), "web".to_owned());
    })
}

fn told(fixture: &Fixture) -> GroupReport {
    ready(fixture).0
}

#[test]
fn a_group_whose_members_each_keep_their_own_address_has_no_standby_by_design() {
    let report = told(&each_with_its_own());
    assert_eq!(report.readiness, Readiness::NoStandbyByDesign);
    assert_eq!((report.ready, report.obstacles), (false, vec![]));
    assert!(report.by_design.unwrap().contains("its own slot"));
}

#[test]
fn one_instance_of_auto_scaling_has_no_standby_by_design_and_one_without_it_lacks_one() {
    let report = told(&one_of_auto_scaling());
    assert_eq!(report.readiness, Readiness::NoStandbyByDesign);
    let alone = one_of_auto_scaling().change(|fixture| {
        fixture.member(1).tags.remove("aws:autoscaling:groupName");
    });
    assert_eq!(told(&alone).readiness, Readiness::NotReady);
}

#[test]
fn a_tag_says_that_nobody_is_to_stand_by() {
    let alone = pair().address().change(|fixture| {
        fixture.observed.instances.truncate(1);
        mark(&mut fixture.observed.addresses[0].tags, "standby", "None");
    });
    assert_eq!(told(&alone).readiness, Readiness::NoStandbyByDesign);
}

#[test]
fn whoever_asks_for_a_failover_by_a_tag_wants_a_standby() {
    for (key, value) in [
        ("standby", "wanted"),
        ("mover", "eip"),
        ("alarm", "web-down"),
        ("on-stop", "move"),
    ] {
        let asked = each_with_its_own().change(|fixture| {
            mark(&mut fixture.observed.addresses[0].tags, key, value);
        });
        assert_eq!(told(&asked).readiness, Readiness::NotReady, "{key}");
    }
}

#[test]
fn a_member_without_an_address_of_its_slot_is_one_that_could_stand_by() {
    let spare = each_with_its_own()
        .joined_by(3)
        .change(|fixture| fixture.occupy(3));
    assert_eq!(told(&spare).readiness, Readiness::NotReady);
}

#[test]
fn a_group_that_could_fail_over_is_ready_however_it_is_built() {
    let free = each_with_its_own().joined_by(3);
    assert_eq!(told(&free).readiness, Readiness::Ready);
}

#[test]
fn of_many_standbys_that_are_full_some_are_told_and_the_others_counted() {
    let mut full = each_with_its_own();
    for number in 3..=9 {
        full = full
            .joined_by(number)
            .change(|fixture| fixture.occupy(number));
    }
    let report = told(&full);
    assert_eq!(report.obstacles.len(), 3, "{:?}", report.obstacles);
    assert_eq!(report.obstacles[0].what, "eipalloc-01 cannot move");
    assert_eq!(
        report.obstacles[1].what,
        "eipalloc-01, eipalloc-02 cannot move"
    );
    let last = &report.obstacles[2].why;
    assert!(last.ends_with("; 6 more are like that"), "{last}");
}

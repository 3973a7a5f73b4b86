//! Who counts as down, and who does not: a holder that EC2 was not asked for is not one that is gone.

use ec2_sim::alarms::{Alarm, Query};
use holdfast::report::Outcome;
use holdfast_tests::scenarios::failover::{
    FailoverFixture, attach, changes, detach, fired, floating_interface, floating_private_ip,
    tag_group, untag_group, why,
};
use std::time::Duration;

/// The first member, which holds what moves, has lost its tag.
fn without_the_tag(trio: FailoverFixture) -> FailoverFixture {
    let first = trio.members[0].clone();
    trio.world(|world| untag_group(world, &first))
}

#[test]
fn an_interface_of_a_running_instance_without_the_tag_stays() {
    let trio = without_the_tag(floating_interface());
    let bed = trio.bed();
    drop(trio.swept(&bed));
    let attachment = trio.interface(&bed).and_then(|it| it.attachment);
    let holder = attachment.and_then(|it| it.instance_id);
    assert_eq!(holder, Some(trio.members[0].clone()));
    assert_eq!(changes(&bed), Vec::<&str>::new());
}

#[test]
fn a_private_ip_of_a_running_instance_without_the_tag_stays() {
    let trio = floating_private_ip();
    let eni = trio.eni.clone();
    let trio = trio.world(|world| tag_group(world, &eni, &[("holdfast:mover", "ip")]));
    let trio = without_the_tag(trio);
    let bed = trio.bed();
    drop(trio.swept(&bed));
    assert_eq!(trio.holder(&bed), Some(0));
    assert_eq!(bed.broken(), Vec::<String>::new());
}

#[test]
fn a_holder_without_the_tag_is_told_with_what_to_do() {
    let trio = without_the_tag(floating_interface());
    let report = trio.swept(&trio.bed());
    assert!(
        why(&report).contains("it is running, and does not have the tag holdfast:group = web"),
        "{}",
        why(&report)
    );
}

#[test]
fn a_stopped_holder_without_the_tag_is_found_all_the_same() {
    let trio = without_the_tag(floating_interface()).stopped(0);
    let bed = trio.bed();
    drop(trio.swept(&bed));
    assert_eq!(trio.holder(&bed), Some(1));
}

#[test]
fn a_holder_is_asked_for_by_its_id_only_where_it_is_no_member() {
    let reads = |trio: &FailoverFixture| {
        let bed = trio.bed();
        drop(trio.swept(&bed));
        let names = bed.faults.names();
        names
            .iter()
            .filter(|name| **name == "DescribeInstances")
            .count()
    };
    let all_tagged = floating_interface();
    assert_eq!(
        reads(&without_the_tag(all_tagged.clone())),
        reads(&all_tagged) + 1
    );
}

#[test]
fn a_person_who_was_faster_than_an_alarm_without_an_instance_is_not_overruled() {
    let trio = floating_interface().tagged("holdfast:alarm", "web is down");
    let trio = trio.world(|world| {
        let queries = vec![Query::Expression("SELECT MAX(Latency) FROM App".to_owned())];
        let put = world.put_alarm(Alarm::on_queries("web is down", queries));
        put.expect("it is good");
    });
    let bed = trio.bed();
    let event = fired(&mut bed.world(), "web is down");
    bed.pass(Duration::from_secs(20));
    detach(&mut bed.world(), &trio.eni);
    bed.pass(Duration::from_secs(10));
    attach(&mut bed.world(), &trio.eni, &trio.members[1], 1);
    bed.pass(Duration::from_secs(10));
    let report = trio.told(&bed, &event);
    assert_eq!(
        (report.outcome, trio.holder(&bed)),
        (Outcome::AlreadyMoved, Some(1))
    );
    assert!(
        report.summary.contains("after it fired"),
        "{}",
        report.summary
    );
}

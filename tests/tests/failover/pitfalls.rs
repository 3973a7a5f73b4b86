//! What has gone wrong in other people's failovers, one test for each: locks that never open, addresses that
//! nobody has, slots that collide, waits that are too long.

use ec2_sim::api::Request;
use holdfast::report::{MoveEnd, Outcome};
use holdfast_tests::client::faults::Fault;
use holdfast_tests::scenarios::failover::{
    FailoverFixture, alarm_of, attach, changes, detach, failed, failover_in, fired,
    floating_address, floating_interface, floating_private_ip, heal, new_interface,
    primary_interface, stop, tag_group, untag_group, why,
};
use holdfast_tests::scenarios::placement::{default_subnet, state_change, terminate};
use time::Duration;

#[test]
fn f1_the_lease_of_a_run_that_died_ends_with_its_time() {
    let (trio, bed, event) = failed(floating_address());
    let calls = 6;
    bed.faults.plan(&[(calls, Fault::StopBeforeSend)]);
    let died = futures_util::FutureExt::now_or_never(trio.deliver(bed.client("holdfast"), &event));
    assert!(died.is_none());
    bed.pass(std::time::Duration::from_mins(1));
    assert_eq!(trio.told(&bed, &event).outcome, Outcome::FailedOver);
}

#[test]
fn f2_a_failover_that_moved_nothing_does_not_stand_in_the_way_of_the_next() {
    let trio = floating_address().failing(0).failing(1).failing(2);
    let bed = trio.bed();
    assert_eq!(trio.told(&bed, &trio.alarm(0)).outcome, Outcome::Refused);
    heal(&mut bed.world(), &trio.members[2]);
    assert_eq!(trio.told(&bed, &trio.alarm(0)).outcome, Outcome::FailedOver);
    assert_eq!(trio.holder(&bed), Some(2));
}

#[test]
fn f3_an_interface_that_a_person_has_moved_stays_where_it_is() {
    let (trio, bed, event) = failed(floating_interface());
    let (eni, third) = (trio.eni.clone(), trio.members[2].clone());
    let at = trio.call_of(&bed, &event, "DetachNetworkInterface");
    bed.intrude(
        at,
        Box::new(move |world| {
            detach(world, &eni);
            world.advance(Duration::seconds(5));
            attach(world, &eni, &third, 1);
        }),
    );
    let report = trio.told(&bed, &event);
    assert_eq!(trio.holder(&bed), Some(2), "{}", report.summary);
    assert_eq!(bed.broken(), Vec::<String>::new());
}

#[test]
fn f4_an_accepted_call_is_not_ownership_and_what_ec2_shows_late_is_waited_for() {
    let trio = floating_address().world(|world| world.set_read_lag(Duration::seconds(1)));
    let (trio, bed, event) = failed(trio.after(5));
    bed.pass(std::time::Duration::from_secs(5));
    let report = trio.told(&bed, &event);
    assert_eq!(failover_in(&report).moves[0].end, MoveEnd::Moved);
    assert_eq!(trio.holder(&bed), Some(1));
}

#[test]
fn f5_a_failed_member_that_holds_nothing_moves_nothing() {
    let trio = floating_interface().failing(1);
    let bed = trio.bed();
    let report = trio.told(&bed, &trio.alarm(1));
    assert_eq!(report.outcome, Outcome::AlreadyMoved);
    assert_eq!(changes(&bed), Vec::<&str>::new());
    assert!(!bed.faults.names().contains(&"ledger take lease"));
}

#[test]
fn f8_a_standby_that_refuses_is_passed_over() {
    let trio = floating_interface()
        .with_interface(1, 1)
        .with_interface(1, 2);
    let (trio, bed, event) = failed(trio);
    let report = trio.told(&bed, &event);
    assert_eq!(
        (report.outcome, trio.holder(&bed)),
        (Outcome::FailedOver, Some(2))
    );
}

#[test]
fn f8_when_no_standby_takes_it_the_interface_goes_back_to_its_source() {
    let (trio, bed, event) = failed(floating_interface());
    let [second, third] = [trio.members[1].clone(), trio.members[2].clone()];
    let at = trio.call_of(&bed, &event, "DetachNetworkInterface");
    bed.intrude(
        at,
        Box::new(move |world| {
            terminate(world, &second);
            terminate(world, &third);
        }),
    );
    let report = trio.told(&bed, &event);
    assert_eq!(
        (report.outcome, trio.holder(&bed)),
        (Outcome::Returned, Some(0))
    );
    assert!(report.summary.contains("back again"), "{}", report.summary);
    let again = trio.told(&bed, &event);
    assert!(why(&again).contains("a moment ago"), "{}", why(&again));
}

#[test]
fn f9_an_interface_that_would_end_with_its_instance_is_kept_from_it_first() {
    let trio = floating_interface().ending_with_instance();
    let (trio, bed, event) = failed(trio);
    assert_eq!(trio.told(&bed, &event).outcome, Outcome::FailedOver);
    assert_eq!(
        changes(&bed),
        [
            "ModifyNetworkInterfaceAttribute",
            "DetachNetworkInterface",
            "AttachNetworkInterface"
        ]
    );
}

#[test]
fn f11_force_comes_at_the_deadline_and_not_before() {
    let trio = floating_interface().set("HOLDFAST_DETACH_DEADLINE_SECONDS", "4");
    let trio = trio.world(|world| world.settings().detach_delay = Duration::seconds(3));
    let bed = trio.bed();
    let event = fired(&mut bed.world(), &alarm_of(&trio.members[0]));
    assert_eq!(trio.told(&bed, &event).outcome, Outcome::FailedOver);
    assert_eq!(
        changes(&bed),
        ["DetachNetworkInterface", "AttachNetworkInterface"]
    );
}

#[test]
fn f12_a_guest_that_never_lets_go_is_forced_at_the_deadline() {
    let trio = floating_interface();
    let bed = trio.bed();
    bed.world().ignore_detaches(&trio.members[0], true);
    let event = fired(&mut bed.world(), &alarm_of(&trio.members[0]));
    let report = trio.told(&bed, &event);
    assert_eq!(report.outcome, Outcome::FailedOver);
    assert_eq!(
        changes(&bed),
        [
            "DetachNetworkInterface",
            "DetachNetworkInterface",
            "AttachNetworkInterface"
        ]
    );
}

#[test]
fn f13_a_standby_that_has_just_started_is_no_standby_yet() {
    let trio = floating_interface().world(|world| {
        world.settings().status_checks_pass_after = Duration::days(1);
    });
    let members = trio.members.clone();
    let trio = trio.world(|world| {
        for member in &members[1..] {
            stop(world, member);
            world.advance(Duration::seconds(60));
            holdfast_tests::scenarios::placement::start(world, member);
            world.advance(Duration::seconds(60));
        }
    });
    let (trio, bed, event) = failed(trio);
    let report = trio.told(&bed, &event);
    assert_eq!(
        (report.outcome, trio.holder(&bed)),
        (Outcome::Refused, Some(0))
    );
    assert!(
        why(&report).contains("has just started"),
        "{}",
        why(&report)
    );
}

#[test]
fn f15_the_first_free_device_index_is_taken_where_the_indexes_have_gaps() {
    let (trio, bed, event) = failed(floating_interface().with_interface(1, 2));
    assert_eq!(trio.told(&bed, &event).outcome, Outcome::FailedOver);
    let attachment = trio.interface(&bed).and_then(|it| it.attachment);
    let attachment = attachment.expect("it is attached");
    assert_eq!(
        (attachment.device_index, attachment.network_card_index),
        (1, 0)
    );
}

#[test]
fn f15_a_slot_that_is_taken_meanwhile_is_no_reason_to_give_up_the_standby() {
    let (trio, bed, event) = failed(floating_interface());
    let second = trio.members[1].clone();
    bed.intrude(
        8,
        Box::new(move |world| {
            let eni = new_interface(world);
            attach(world, &eni, &second, 1);
        }),
    );
    let report = trio.told(&bed, &event);
    assert_eq!(trio.holder(&bed), Some(1), "{}", report.summary);
}

#[test]
fn f17_a_primary_interface_is_never_detached() {
    let trio = floating_address();
    let primary = trio.eni.clone();
    let trio = trio.world(|world| {
        tag_group(world, &primary, &[("holdfast:mover", "eni")]);
    });
    let (trio, bed, event) = failed(trio);
    let report = trio.told(&bed, &event);
    assert!(why(&report).contains("never detaches"), "{}", why(&report));
    assert!(!changes(&bed).contains(&"DetachNetworkInterface"));
}

#[test]
fn f18_an_attachment_whose_reply_is_lost_is_not_asked_for_again_blindly() {
    let soon = Duration::milliseconds(100);
    let trio = floating_interface().delays(soon, soon);
    let (trio, bed, event) = failed(trio);
    let attach_call = {
        let bed = trio.bed();
        drop(trio.told(&bed, &event));
        let names = bed.faults.names();
        names
            .iter()
            .position(|name| *name == "AttachNetworkInterface")
            .expect("it attaches")
    };
    bed.faults.plan(&[(attach_call, Fault::ReplyLost)]);
    assert_eq!(trio.told(&bed, &event).outcome, Outcome::FailedOver);
    assert_eq!(
        changes(&bed),
        ["DetachNetworkInterface", "AttachNetworkInterface"]
    );
}

#[test]
fn f21_a_permission_that_is_missing_costs_one_call_and_is_named() {
    let (trio, bed, event) = failed(floating_interface());
    bed.world().deny("*", "DetachNetworkInterface");
    let report = trio.told(&bed, &event);
    assert_eq!(
        (report.outcome, trio.holder(&bed)),
        (Outcome::Refused, Some(0))
    );
    let asked = bed
        .faults
        .names()
        .iter()
        .filter(|name| **name == "DetachNetworkInterface")
        .count();
    assert_eq!(asked, 1);
    assert!(
        why(&report).contains("ec2:DetachNetworkInterface"),
        "{}",
        why(&report)
    );
}

#[test]
fn f22_a_read_that_is_throttled_is_asked_again() {
    let (trio, bed, event) = failed(floating_address());
    bed.faults
        .plan(&[(0, Fault::Throttled), (4, Fault::Throttled)]);
    assert_eq!(trio.told(&bed, &event).outcome, Outcome::FailedOver);
}

#[test]
fn f24_the_same_event_again_finds_everything_done() {
    let (trio, bed, event) = failed(floating_private_ip());
    assert_eq!(trio.told(&bed, &event).outcome, Outcome::FailedOver);
    assert_eq!(trio.told(&bed, &event).outcome, Outcome::AlreadyMoved);
    assert_eq!(changes(&bed).len(), 1);
}

#[test]
fn f6_an_elastic_ip_of_a_running_holder_is_never_with_nobody() {
    let (trio, bed, event) = failed(floating_address());
    assert_eq!(trio.told(&bed, &event).outcome, Outcome::FailedOver);
    assert!(!bed.faults.names().contains(&"DisassociateAddress"));
}

#[test]
fn f7_a_private_ip_keeps_its_elastic_ip_on_the_way() {
    let (trio, bed, event) = failed(floating_private_ip());
    assert_eq!(trio.told(&bed, &event).outcome, Outcome::FailedOver);
    let names = bed.faults.names();
    for lost in [
        "UnassignPrivateIpAddresses",
        "DisassociateAddress",
        "AssociateAddress",
    ] {
        assert!(!names.contains(&lost), "{lost}");
    }
    assert_eq!(trio.holder(&bed), Some(1));
}

#[test]
fn f10_an_interface_that_ends_with_its_instance_is_found_before_that_matters() {
    let trio = floating_interface().ending_with_instance();
    let report = trio.swept(&trio.bed());
    let finding = report
        .findings
        .iter()
        .find(|it| it.what.contains("ends with its instance"));
    let next = &finding.expect("the audit finds it").next;
    assert!(next.contains("DeleteOnTermination=false"), "{next}");
}

#[test]
fn f14_the_member_that_had_it_is_the_last_to_get_it_back() {
    let (trio, bed, event) = failed(floating_interface());
    let second = trio.members[1].clone();
    bed.intrude(7, Box::new(move |world| terminate(world, &second)));
    let report = trio.told(&bed, &event);
    assert_eq!(trio.holder(&bed), Some(2), "{}", report.summary);
}

#[test]
fn f16_the_network_card_is_always_named() {
    let (trio, bed, event) = failed(floating_interface());
    drop(trio.told(&bed, &event));
    let world = bed.world();
    let cards = world.calls().iter().filter_map(|call| match &call.request {
        Request::AttachNetworkInterface(attach) if call.caller.arn.contains("/holdfast") => {
            Some(attach.network_card_index)
        }
        _ => None,
    });
    let cards: Vec<_> = cards.collect();
    assert!(!cards.is_empty() && cards.iter().all(|card| *card == Some(0)));
}

#[test]
fn f34_attached_is_said_only_when_the_instance_shows_it_too() {
    let (trio, bed, event) = failed(floating_interface());
    drop(trio.told(&bed, &event));
    let names = bed.faults.names();
    let attach = names
        .iter()
        .position(|name| *name == "AttachNetworkInterface");
    let after = &names[attach.expect("it attaches")..];
    assert!(after.contains(&"DescribeNetworkInterfaces") && after.contains(&"DescribeInstances"));
}

#[test]
fn an_interface_that_a_service_holds_is_read_and_left_alone() {
    let trio = floating_address().world(|world| {
        let subnet = default_subnet(world);
        let eni = world.add_service_interface(&subnet, "interface");
        tag_group(world, &eni.expect("there is room"), &[]);
    });
    let (trio, bed, event) = failed(trio);
    assert_eq!(trio.told(&bed, &event).outcome, Outcome::FailedOver);
    assert_eq!(changes(&bed), ["AssociateAddress"]);
}

/// A private IP that only the tags of interfaces give to the group: of those of so many members.
fn named_by_interfaces(tagged: usize) -> FailoverFixture {
    let trio = floating_private_ip();
    let (allocation, members) = (trio.allocation.clone(), trio.members.clone());
    trio.world(|world| {
        untag_group(world, &allocation);
        for member in members.iter().take(tagged) {
            let eni = primary_interface(world, member);
            tag_group(world, &eni, &[("holdfast:mover", "ip")]);
        }
    })
}

#[test]
fn private_ips_of_a_tagged_interface_go_to_a_tagged_one_and_are_found_there() {
    let (trio, bed, event) = failed(named_by_interfaces(3));
    assert_eq!(trio.told(&bed, &event).outcome, Outcome::FailedOver);
    heal(&mut bed.world(), &trio.members[0]);
    bed.pass(std::time::Duration::from_mins(10));
    let event = fired(&mut bed.world(), &alarm_of(&trio.members[1]));
    assert_eq!(trio.told(&bed, &event).outcome, Outcome::FailedOver);
    assert_eq!(trio.holder(&bed), Some(0));
}

#[test]
fn private_ips_of_a_tagged_interface_go_to_no_untagged_one_and_readiness_says_so_before() {
    let trio = named_by_interfaces(1);
    let ready = trio.swept(&trio.bed());
    assert!(why(&ready).contains("lacks it"), "{}", why(&ready));
    let (trio, bed, event) = failed(trio);
    let report = trio.told(&bed, &event);
    assert_eq!(report.outcome, Outcome::Refused, "{}", report.summary);
    assert_eq!(trio.holder(&bed), Some(0));
}

#[test]
fn what_stays_with_a_stopped_holder_is_not_said_to_be_with_a_healthy_member() {
    let trio = floating_address().stopped(0);
    let bed = trio.bed();
    let report = trio.told(&bed, &state_change(&trio.members[0], "stopped"));
    assert_eq!(trio.holder(&bed), Some(0));
    assert_eq!(report.outcome, Outcome::Ignored);
    let stays = format!("stays with {}", trio.members[0]);
    assert!(report.summary.contains(&stays), "{}", report.summary);
}

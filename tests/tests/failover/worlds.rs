//! Failover in groups that are not three alike members in one place: who stands next, who can take it at all,
//! what is none of its business, and what an alarm may not do twice. Where it matters also under every fault
//! at every call.
#![expect(
    clippy::panic,
    reason = "the helpers of tests fail as tests do, with the whole history"
)]

use ec2_sim::World;
use futures_util::FutureExt;
use holdfast::ledger::lease::{Acquire, Claim, LeaseHold};
use holdfast::ledger::{Lease, Ledger, Written};
use holdfast::report::Outcome;
use holdfast_tests::client::TestBed;
use holdfast_tests::explorer::promises::Promises;
use holdfast_tests::explorer::{Coverage, Scenario, explore};
use holdfast_tests::scenarios::failover::{
    FailoverFixture, alarm_of, changes, failed, fired, floating_address, floating_interface,
    floating_private_ip, heal, of_another_region, untag_group, why,
};
use holdfast_tests::scenarios::placement::{start, state_change};
use serde_json::Value;
use std::sync::Arc;
use time::Duration;

const ELSEWHERE: &str = "us-east-1b";

/// The order in which the members stand by is the reverse of that in which they were launched.
const REVERSED: [Option<i32>; 3] = [Some(3), Some(2), Some(1)];

fn quick_interface() -> FailoverFixture {
    let soon = Duration::milliseconds(100);
    floating_interface().delays(soon, soon)
}

fn survives(explored: Result<Coverage, String>) {
    let coverage = explored.unwrap_or_else(|history| panic!("{history}"));
    assert!(coverage.histories > coverage.calls * 6);
}

/// The first member fails, and another has everything in the end.
fn goes_to(
    trio: FailoverFixture,
    name: &'static str,
    most_changes: usize,
    member: usize,
) -> Scenario {
    let trio = trio.failing(0);
    let event = trio.alarm(0);
    trio.scenario(name, event, most_changes, move |trio, bed| {
        trio.must_be_with(bed, member)?;
        trio.spare_must_be_free(bed)?;
        let sent = trio.sent_to_another_zone(&bed.world());
        sent.first().map_or(Ok(()), |sent| Err(sent.clone()))
    })
}

// Who stands next.

#[test]
fn the_member_that_stands_next_takes_over_whatever_goes_wrong() {
    let trio = floating_address().priorities(REVERSED);
    survives(explore(&goes_to(trio, "reversed", 1, 2)));
}

#[test]
fn who_stands_next_does_not_depend_on_the_order_of_the_launch() {
    for order in [
        [Some(3), Some(1), Some(2)],
        REVERSED,
        [Some(1), None, Some(99)],
        [Some(5), Some(5), Some(5)],
        [None, None, None],
    ] {
        for trio in [
            floating_interface(),
            floating_address(),
            floating_private_ip(),
        ] {
            let (trio, bed, event) = failed(trio.priorities(order));
            let next = trio.standbys(&bed.world())[0];
            assert_eq!(trio.told(&bed, &event).outcome, Outcome::FailedOver);
            assert_eq!(trio.holder(&bed), Some(next), "{order:?}");
        }
    }
}

#[test]
fn what_fails_back_goes_to_the_member_that_stands_first_and_not_to_the_one_launched_first() {
    let trio = floating_address().priorities([Some(2), Some(1), Some(3)]);
    let trio = trio.tagged("holdfast:failback", "30");
    let bed = trio.bed();
    drop(trio.swept(&bed));
    assert_eq!(trio.holder(&bed), Some(0), "it has no lease yet");
    let (trio, bed, event) = failed(trio.failing(1));
    assert_eq!(trio.told(&bed, &event).outcome, Outcome::FailedOver);
    assert_eq!(trio.holder(&bed), Some(2));
    for member in [0, 1] {
        heal(&mut bed.world(), &trio.members[member]);
    }
    drop(trio.swept(&bed));
    bed.pass(std::time::Duration::from_mins(31));
    bed.give_up(&trio.members[2]);
    drop(trio.swept(&bed));
    assert_eq!(trio.holder(&bed), Some(1));
}

// Who can take it at all.

#[test]
fn an_interface_is_sent_to_no_member_of_another_zone_whatever_goes_wrong() {
    let trio = quick_interface().in_zone(1, ELSEWHERE);
    survives(explore(&goes_to(trio, "another zone", 2, 2)));
}

#[test]
fn an_interface_stays_where_all_others_are_in_another_zone() {
    let trio = floating_interface();
    let trio = trio.in_zone(1, ELSEWHERE).in_zone(2, ELSEWHERE);
    let (trio, bed, event) = failed(trio);
    let report = trio.told(&bed, &event);
    assert_eq!(report.outcome, Outcome::Refused);
    assert!(
        why(&report).contains("is in us-east-1b"),
        "{}",
        why(&report)
    );
    assert_eq!(changes(&bed), Vec::<&str>::new());
}

#[test]
fn an_elastic_ip_goes_to_a_member_of_another_zone() {
    let (trio, bed, event) = failed(floating_address().in_zone(1, ELSEWHERE));
    drop(trio.told(&bed, &event));
    assert_eq!(trio.holder(&bed), Some(1));
}

#[test]
fn an_interface_goes_to_a_member_of_another_subnet_and_a_private_ip_does_not() {
    for (trio, member) in [(floating_interface(), 1), (floating_private_ip(), 2)] {
        let (trio, bed, event) = failed(trio.in_another_subnet(1));
        assert_eq!(trio.told(&bed, &event).outcome, Outcome::FailedOver);
        assert_eq!(trio.holder(&bed), Some(member));
    }
}

#[test]
fn of_two_members_that_were_stopped_neither_takes_over() {
    for trio in [floating_interface(), floating_private_ip()] {
        let trio = trio.stopped(1).stopped(0);
        let bed = trio.bed();
        drop(trio.told(&bed, &state_change(&trio.members[0], "stopped")));
        assert_eq!(trio.holder(&bed), Some(2));
    }
}

#[test]
fn of_two_members_that_are_sick_neither_takes_over() {
    for trio in [
        floating_interface(),
        floating_address(),
        floating_private_ip(),
    ] {
        let (trio, bed, event) = failed(trio.failing(1));
        drop(trio.told(&bed, &event));
        assert_eq!(trio.holder(&bed), Some(2));
    }
}

// What else the group has.

#[test]
fn an_address_that_is_free_on_purpose_stays_free_whatever_goes_wrong() {
    let trio = floating_address().with_spare();
    survives(explore(&goes_to(trio, "spare", 1, 1)));
}

#[test]
fn an_address_that_is_free_on_purpose_stays_free_while_another_is_between_two_members() {
    let trio = floating_address().with_spare();
    let trio = trio.tagged("holdfast:on-stop", "move").stopped(0);
    let event = state_change(&trio.members[0], "stopped");
    let scenario = trio.scenario("spare, stopped", event, 2, |trio, bed| {
        trio.must_be_with(bed, 1)?;
        trio.spare_must_be_free(bed)
    });
    survives(explore(&scenario));
}

#[test]
fn reconcile_leaves_free_what_is_free_on_purpose() {
    let trio = floating_interface().with_spare();
    let bed = trio.bed();
    drop(trio.swept(&bed));
    assert_eq!(changes(&bed), Vec::<&str>::new());
    trio.spare_must_be_free(&bed).expect("nobody needs it");
}

#[test]
fn an_interface_and_an_elastic_ip_beside_it_both_move() {
    let (trio, bed, event) = failed(floating_interface().with_another_on(0));
    assert_eq!(trio.told(&bed, &event).outcome, Outcome::FailedOver);
    assert_eq!(trio.holder(&bed), Some(1));
    assert_eq!(trio.other_holders(&bed), [Some(1)]);
    assert_eq!(bed.broken(), Vec::<String>::new());
}

#[test]
fn what_a_healthy_member_has_stays_when_another_fails() {
    let (trio, bed, event) = failed(floating_interface().with_another_on(1));
    assert_eq!(trio.told(&bed, &event).outcome, Outcome::FailedOver);
    assert_eq!(trio.other_holders(&bed), [Some(1)]);
    assert_eq!(changes(&bed).len(), 2, "{:?}", changes(&bed));
}

#[test]
fn of_what_a_stopped_member_has_the_interface_moves_and_the_elastic_ip_stays() {
    let trio = floating_interface().with_another_on(0).stopped(0);
    let bed = trio.bed();
    drop(trio.told(&bed, &state_change(&trio.members[0], "stopped")));
    assert_eq!(trio.holder(&bed), Some(1));
    assert_eq!(trio.other_holders(&bed), [Some(0)]);
}

// What is none of its business.

#[test]
fn the_alarm_of_another_region_moves_nothing_here() {
    let (trio, bed, event) = failed(floating_interface());
    moves_nothing(&trio, &bed, &event);
}

#[test]
fn a_member_that_stopped_in_another_region_moves_nothing_here() {
    let trio = floating_interface().stopped(0);
    let stopped = state_change(&trio.members[0], "stopped");
    moves_nothing(&trio, &trio.bed(), &stopped);
}

#[test]
fn an_interruption_in_another_region_moves_nothing_here() {
    let trio = floating_interface();
    let bed = trio.bed();
    bed.world().take_events();
    bed.world()
        .warn_of_interruption(&trio.members[0], "terminate");
    bed.give_up(&trio.members[0]);
    let event = bed.world().take_events().pop().expect("it is told");
    moves_nothing(&trio, &bed, &event);
}

/// An event that comes from another region moves nothing; the same from here would have.
fn moves_nothing(trio: &FailoverFixture, bed: &Arc<TestBed>, event: &Value) {
    let report = trio.told(bed, &of_another_region(event));
    assert_eq!(report.outcome, Outcome::Ignored, "{}", report.summary);
    assert_eq!(changes(bed), Vec::<&str>::new());
    assert_eq!(trio.told(bed, event).outcome, Outcome::FailedOver);
}

#[test]
fn an_address_that_a_person_put_elsewhere_stays_there_although_no_event_told_of_it() {
    let (trio, bed, event) = failed(floating_address());
    trio.put_by_hand(&mut bed.world(), 2);
    assert_eq!(trio.told(&bed, &event).outcome, Outcome::AlreadyMoved);
    drop(trio.swept(&bed));
    assert_eq!(trio.holder(&bed), Some(2));
    assert_eq!(changes(&bed), Vec::<&str>::new());
}

/// What becomes of it while EC2 takes a second for each call, when something happens at the call of a number.
fn slowly(
    trio: &FailoverFixture,
    event: &Value,
    call: usize,
    happens: impl FnOnce(&mut World) + Send + 'static,
) -> Arc<TestBed> {
    let bed = trio.bed();
    bed.use_round_trip(Duration::milliseconds(1_100));
    bed.intrude(call, Box::new(happens));
    let run = trio.deliver(bed.client("holdfast"), event);
    drop(bed.drive(vec![run]));
    bed
}

#[test]
fn a_person_who_moves_an_address_while_ec2_is_slow_is_not_overruled() {
    let trio = floating_address().failing(0);
    let event = trio.alarm(0);
    let person = trio.clone();
    let bed = slowly(&trio, &event, 6, move |world| person.put_by_hand(world, 2));
    assert_eq!(trio.holder(&bed), Some(2));
    assert_eq!(changes(&bed), Vec::<&str>::new());
}

#[test]
fn a_holder_without_the_tag_that_is_started_while_ec2_is_slow_keeps_its_interface() {
    let trio = floating_interface();
    let first = trio.members[0].clone();
    let trio = trio.world(|world| untag_group(world, &first)).stopped(0);
    let event = state_change(&first, "stopped");
    let still = slowly(&trio, &event, usize::MAX, |_| ());
    assert_eq!(trio.holder(&still), Some(1), "who stays stopped loses it");
    let bed = slowly(&trio, &event, 7, move |world| start(world, &first));
    assert_eq!(trio.holder(&bed), Some(0));
    assert_eq!(bed.broken(), Vec::<String>::new());
}

// What an alarm may not do twice.

/// The first member was failed over and is well again. Within the cooldown the alarm of who took over fires.
struct Twice {
    trio: FailoverFixture,
    lease: Lease,
    event: Value,
}

fn twice(trio: FailoverFixture) -> Twice {
    let (trio, bed, event) = failed(trio);
    assert_eq!(trio.told(&bed, &event).outcome, Outcome::FailedOver);
    let (first, second) = (trio.members[0].clone(), trio.members[1].clone());
    heal(&mut bed.world(), &first);
    let event = fired(&mut bed.world(), &alarm_of(&second));
    let leases = bed.ledger.leases().now_or_never();
    let leases = leases.expect("memory answers").expect("it is read");
    let world = bed.world().clone();
    Twice {
        lease: leases[0].clone(),
        trio: trio.world(|before| *before = world),
        event,
    }
}

impl Twice {
    /// A test bed whose ledger knows of the failover.
    fn bed(&self) -> Arc<TestBed> {
        let bed = self.trio.bed();
        let now = bed.world().now();
        let claim = Claim {
            group: self.lease.group.clone(),
            hold: LeaseHold {
                owner: "an earlier run".to_owned(),
                until: now,
            },
            now,
            record: self.lease.last.clone().expect("it has failed over"),
        };
        let taken = bed.ledger.acquire_lease(&claim).now_or_never();
        let Some(Ok(Acquire::Granted(taken))) = taken else {
            unreachable!("nobody else has it: {taken:?}")
        };
        let given_back = Lease {
            lease_number: taken.lease_number,
            ..self.lease.clone()
        };
        let written = bed.ledger.put_lease(&given_back).now_or_never();
        assert!(matches!(written, Some(Ok(Written::Stored))));
        bed
    }
}

#[test]
fn no_alarm_moves_a_group_again_within_the_cooldown_whatever_goes_wrong() {
    let twice = Arc::new(twice(floating_address()));
    let observing = twice.trio.clone().set("HOLDFAST_MODE", "observe");
    let event = twice.event.clone();
    let (for_bed, for_run, for_goal) = (Arc::clone(&twice), Arc::clone(&twice), twice);
    survives(explore(&Scenario {
        name: "cooldown",
        observe: Box::new(move |client| observing.deliver(client, &event)),
        bed: Box::new(move || for_bed.bed()),
        deliver: Box::new(move |client| for_run.trio.deliver(client, &for_run.event)),
        goal: Box::new(move |bed| for_goal.trio.must_be_with(bed, 1)),
        promises: Promises::with_changes(0),
    }));
}

#[test]
fn after_the_cooldown_of_its_tag_an_alarm_moves_it_again() {
    let twice = twice(floating_interface().tagged("holdfast:cooldown", "60"));
    let bed = twice.bed();
    let told = |bed| twice.trio.told(bed, &twice.event).outcome;
    assert_eq!(told(&bed), Outcome::Refused);
    bed.pass(std::time::Duration::from_mins(1));
    assert_eq!(told(&bed), Outcome::FailedOver);
}

//! Two runs that choose two addresses for one private IP. EC2 may bump the first one off, so the ledger arbitrates: the
//! lease of the target.

use ec2_sim::World;
use ec2_sim::api::{AssociateAddress, Request};
use futures_util::FutureExt;
use holdfast::ledger::{Ledger, TargetLease, TargetLeased};
use holdfast::report::{Outcome, Report};
use holdfast_tests::client::faults::{Fault, SeededBug};
use holdfast_tests::client::{Client, TestBed};
use holdfast_tests::explorer::{Run, Scenario, interleave};
use holdfast_tests::scenarios::placement::{Fleet, fleet, owner, seen};
use std::sync::Arc;
use time::Duration;

const MOVE: [(&str, &str); 1] = [("holdfast:on-stop", "move")];

/// One instance without an address, and two stopped ones that have one. The first one's moves on, the second one's stays.
fn two_for_one() -> Fleet {
    let fleet = fleet().running(1).address(&MOVE).address(&[]);
    let fleet = fleet.running(2).holding(1, 0).holding(2, 1);
    fleet.stopped(1).stopped(2)
}

/// The first instance is said to run, a moment after somebody has freed the second address.
fn after_an_address_is_freed(fleet: &Fleet, client: Client) -> Run<'static> {
    let fleet = fleet.clone();
    Box::pin(async move {
        fleet.free(&mut client.bed().world(), 1);
        fleet.deliver(client, 0, "running").await
    })
}

/// One run hands over the address of the stopped instance, the other one gives the free address to the first.
fn in_any_order(bug: Option<SeededBug>) -> Result<usize, String> {
    let fleet = two_for_one();
    let goal = |fleet: &Fleet, bed: &_| fleet.must_hold(bed, 0, 1);
    let scenario = two_for_one().scenario("two for one", (1, "stopped"), 4, goal);
    let bed = scenario.bed;
    let with_bug = move || {
        let bed = bed();
        if let Some(bug) = bug {
            bed.faults.seeded_bug(bug);
        }
        bed
    };
    let scenario = Scenario {
        bed: Box::new(with_bug),
        ..scenario
    };
    interleave::both(&scenario, &|one, other| {
        (
            fleet.deliver(one, 1, "stopped"),
            after_an_address_is_freed(&fleet, other),
        )
    })
}

#[test]
fn two_runs_that_choose_two_addresses_for_one_instance_bump_neither_off_in_any_order() {
    let orders = in_any_order(None).unwrap_or_else(|history| panic!("{history}"));
    println!("{orders} orders");
    assert!(orders > 100, "only {orders} orders were walked");
}

#[test]
fn without_the_lease_one_of_the_two_would_be_bumped_off_and_that_is_noticed() {
    let history = in_any_order(Some(SeededBug::LeaseOfOthers)).expect_err("nothing was noticed");
    assert!(history.contains("promise 1"), "{history}");
}

/// What another run asks for now: the one private IP of the first instance.
fn asked_by_another(fleet: &Fleet, bed: &TestBed) -> TargetLease {
    let instance = seen(bed, &fleet.instances[0]).expect("it is there");
    let interface = instance.network_interfaces.first();
    let eni = interface.map(|it| it.network_interface_id.parse().expect("EC2's own id"));
    let private_ip = instance.private_ip_address.map(|ip| ip.parse());
    let place = (
        &eni.expect("it has an interface"),
        private_ip.expect("it has one").expect("an IP"),
    );
    TargetLease::new(place, "another run".to_owned(), bed.world().now())
}

fn is_granted(bed: &TestBed, asked: &TargetLease) -> bool {
    let leased = bed.ledger.lease_target(asked).now_or_never();
    matches!(leased, Some(Ok(TargetLeased::Granted)))
}

#[test]
fn a_run_that_died_with_the_lease_of_a_target_keeps_the_next_one_waiting_for_half_a_minute() {
    let fleet = fleet().addresses(1).running(1);
    let bed = fleet.bed();
    let began_at = bed.world().now();
    assert!(is_granted(&bed, &asked_by_another(&fleet, &bed)));
    let report = fleet.tell(&bed, 0, "running");
    assert_eq!(report.outcome, Outcome::Associated, "{}", report.summary);
    let waited = bed.world().now() - began_at;
    let half_a_minute = Duration::seconds(30)..Duration::seconds(35);
    assert!(half_a_minute.contains(&waited), "{waited}");
}

#[test]
fn a_run_that_finds_the_address_gone_gives_the_target_back_at_once() {
    let fleet = fleet().addresses(1).running(2);
    let bed = fleet.bed();
    drop(fleet.tell(&bed, 0, "running"));
    let names = bed.faults.names();
    let associates = names.iter().position(|name| *name == "AssociateAddress");
    let bed = fleet.bed();
    let (allocation, other) = (fleet.addresses[0].clone(), fleet.instances[1].clone());
    let somebody = move |world: &mut World| {
        let request = AssociateAddress {
            allocation_id: Some(allocation),
            instance_id: Some(other),
            allow_reassociation: Some(false),
            ..AssociateAddress::default()
        };
        drop(world.call(&owner(), &Request::AssociateAddress(request), false));
    };
    bed.intrude(associates.expect("it associates"), Box::new(somebody));
    let client = bed.client("holdfast-instance-start");
    drop(fleet.deliver(client, 0, "running").now_or_never());
    assert_eq!(fleet.holder(&bed, 0), Some(1));
    assert!(is_granted(&bed, &asked_by_another(&fleet, &bed)));
    assert!(bed.faults.names().contains(&"ledger give back target"));
}

#[test]
fn a_ledger_that_does_not_answer_keeps_no_instance_from_its_address_and_a_finding_says_so() {
    let fleet = fleet().addresses(1).running(1);
    let bed = fleet.bed();
    drop(fleet.tell(&bed, 0, "running"));
    let names = bed.faults.names();
    let leases = names.iter().position(|name| *name == "ledger lease target");
    let bed = fleet.bed();
    let lost = (leases.expect("it asks for the lease"), Fault::RequestLost);
    bed.faults.plan(&[lost]);
    let report = fleet.tell(&bed, 0, "running");
    assert_eq!(report.outcome, Outcome::Associated, "{}", report.summary);
    let mut told = report.findings.iter().map(|finding| &finding.what);
    assert!(told.any(|what| what.contains("no lease kept other runs from it")));
}

/// The instance's one address moves on, since the instance is stopped.
fn handed_over() -> Fleet {
    let fleet = fleet().address(&MOVE).running(2);
    fleet.holding(1, 0).stopped(1)
}

/// A run for an instance, on the simulator's clock, with a ledger that takes so long to lease a target.
fn drive_slowly(fleet: &Fleet, told: (usize, &str), takes: Duration, lost: Option<usize>) -> Ended {
    let bed = fleet.bed();
    bed.use_virtual_time();
    bed.slow_down("ledger lease target", takes);
    let lost: Vec<(usize, Fault)> = lost
        .map(|call| (call, Fault::RequestLost))
        .into_iter()
        .collect();
    bed.faults.plan(&lost);
    let run = fleet.deliver(bed.client("holdfast-instance-start"), told.0, told.1);
    let ends = bed.drive(vec![run]).expect("it ends");
    let report = ends.into_iter().next().and_then(Result::ok);
    assert_eq!(bed.broken(), Vec::<String>::new());
    Ended { bed, report }
}

struct Ended {
    bed: Arc<TestBed>,
    report: Option<Report>,
}

impl Ended {
    fn call(&self, name: &str) -> Option<usize> {
        self.bed.faults.names().iter().position(|it| *it == name)
    }
}

#[test]
fn a_ledger_that_hangs_keeps_no_instance_from_its_address() {
    let given = || fleet().addresses(1).running(1);
    let cases = [(given(), (0, "running")), (handed_over(), (1, "stopped"))];
    for (fleet, told) in cases {
        let hangs = Duration::seconds(13);
        let lost = drive_slowly(&fleet, told, hangs, None).call("ledger lease target");
        let ended = drive_slowly(&fleet, told, hangs, lost);
        assert_eq!(fleet.holder(&ended.bed, 0), Some(0), "{told:?}");
        let report = ended.report.expect("it ends well");
        let mut told = report.findings.iter().map(|finding| &finding.what);
        assert!(told.any(|what| what.contains("no lease kept other runs from it")));
    }
}

#[test]
fn a_lease_that_takes_its_time_leaves_no_old_look_to_act_on() {
    for seconds in [1, 3, 8] {
        let takes = Duration::seconds(seconds);
        let fleet = fleet().addresses(1).running(1);
        let ended = drive_slowly(&fleet, (0, "running"), takes, None);
        assert_eq!(fleet.holder(&ended.bed, 0), Some(0), "{seconds} s");
        let names = ended.bed.faults.names();
        let associated = ended.call("AssociateAddress").expect("it is associated");
        assert_eq!(
            names[associated - 1],
            "DescribeNetworkInterfaces",
            "{names:?}"
        );
        let fleet = handed_over();
        let ended = drive_slowly(&fleet, (1, "stopped"), takes, None);
        assert_eq!(fleet.holder(&ended.bed, 0), Some(0), "{seconds} s");
    }
}

#[test]
fn a_run_that_hands_over_waits_for_the_lease_of_one_that_died() {
    let fleet = handed_over();
    let bed = fleet.bed();
    let began_at = bed.world().now();
    assert!(is_granted(&bed, &asked_by_another(&fleet, &bed)));
    let report = fleet.tell(&bed, 1, "stopped");
    assert_eq!(report.outcome, Outcome::HandedOver, "{}", report.summary);
    assert_eq!(fleet.holder(&bed, 0), Some(0));
    let waited = bed.world().now() - began_at;
    let half_a_minute = Duration::seconds(30)..Duration::seconds(35);
    assert!(half_a_minute.contains(&waited), "{waited}");
}

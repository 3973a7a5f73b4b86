//! The guard under every fault at every call, under pairs of faults, and twice at once; and the proof
//! that this would be noticed: with a guard taken out of the engine, the explorer fails.

use ec2_sim::{TagPolicy, TakenAnswer};
use futures_util::FutureExt;
use holdfast::ledger::{Ledger, ReleaseStatus};
use holdfast::settings::Mode;
use holdfast_tests::client::TestBed;
use holdfast_tests::client::faults::SeededBug;
use holdfast_tests::explorer::promises::Promises;
use holdfast_tests::explorer::{Coverage, explore, explore_with, interleave};
use holdfast_tests::scenarios::guard::{account, kim, record};
use time::Duration;

fn survives(explored: Result<Coverage, String>) {
    let coverage = explored.unwrap_or_else(|history| panic!("{history}"));
    println!("{} calls, {} histories", coverage.calls, coverage.histories);
    assert!(
        coverage.histories > coverage.calls * 6,
        "pairs of faults were explored as well"
    );
}

fn is_recorded_as(bed: &TestBed, expected: fn(&ReleaseStatus) -> bool) -> Result<(), String> {
    match record(bed) {
        Some(record) if expected(&record.status) => Ok(()),
        other => Err(format!("the ledger has {other:?}")),
    }
}

#[test]
fn a_protected_address_comes_back_whatever_goes_wrong() {
    survives(explore(
        &account()
            .released()
            .scenario("released, known to the ledger"),
    ));
}

#[test]
fn it_comes_back_when_only_the_trail_knows_it() {
    let released = account().unknown_to_the_ledger().released();
    let scenario = released.scenario_that(
        "released, known to the trail only",
        Promises::with_changes(3),
        |released, bed| {
            released
                .held(bed)
                .map(drop)
                .ok_or_else(|| "it is not back".to_owned())
        },
    );
    survives(explore(&scenario));
}

#[test]
fn it_comes_back_when_ec2_does_not_have_it_at_first() {
    let account = account().world(|world| {
        world.settings().released_unavailable_for = Duration::seconds(14);
    });
    survives(explore(
        &account
            .released()
            .scenario("not available for a few seconds"),
    ));
}

#[test]
fn it_comes_back_when_a_tag_policy_refuses_its_tags() {
    let account = account().released().then(|world, _| {
        world.settings().tag_policy = Some(TagPolicy {
            key: "Name".to_owned(),
            allowed_values: vec!["other".to_owned()],
        });
    });
    let goal = Promises::with_changes(3);
    survives(explore(&account.scenario_that(
        "tags refused",
        goal,
        |released, bed| released.is_back_without(&["Name"], bed),
    )));
}

#[test]
fn it_comes_back_protected_when_it_has_as_many_tags_as_ec2_allows() {
    let keys: Vec<String> = (0..48).map(|number| format!("tag-{number:02}")).collect();
    let mut tags = vec![("holdfast:protect", "reclaim"), ("Name", "gateway")];
    tags.extend(keys.iter().map(|key| (key.as_str(), "")));
    let released = account().tagged(&tags).released();
    let goal = Promises::with_changes(3);
    survives(explore(&released.scenario_that(
        "fifty tags",
        goal,
        |released, bed| released.is_back_without(&["tag-46", "tag-47"], bed),
    )));
}

#[test]
fn it_comes_back_when_it_is_released_a_second_time() {
    let guarded = account().released().guarded();
    guarded.report().unwrap_or_else(|error| panic!("{error}"));
    let again = guarded.released_again(&kim());
    let goal = Promises::with_changes(3);
    survives(explore(&again.scenario_that(
        "released again",
        goal,
        |released, bed| {
            released.is_back(bed)?;
            match reclaims(bed) {
                2 => Ok(()),
                counted => Err(format!("{counted} reclaims are counted")),
            }
        },
    )));
}

/// How often the address that is there was taken back, by the ledger.
fn reclaims(bed: &TestBed) -> usize {
    let rows = bed.ledger.snapshots().now_or_never();
    let rows = rows.and_then(Result::ok).unwrap_or_default();
    let alive = rows.iter().find(|row| row.is_allocated());
    alive.map_or(0, |row| row.reclaims.len())
}

#[test]
fn it_comes_back_when_new_allocations_take_a_second_to_be_known() {
    let account = account().world(|world| {
        world.settings().allocation_usable_after = Duration::seconds(1);
    });
    survives(explore(
        &account.released().scenario("allocation not usable at once"),
    ));
}

#[test]
fn it_comes_back_when_reads_lag_behind() {
    let released = account()
        .released()
        .then(|world, _| world.set_read_lag(Duration::seconds(2)));
    survives(explore(&released.scenario("reads lag by two seconds")));
}

#[test]
fn an_address_that_another_account_holds_stays_pending() {
    let released = account().released().then(|world, ip| {
        world.settings().taken_answer = TakenAnswer::AuthFailure;
        world.take_address(ip);
    });
    let none = Promises::with_changes(0);
    survives(explore(&released.scenario_that("taken", none, |_, bed| {
        is_recorded_as(bed, |status| {
            matches!(status, ReleaseStatus::Pending { .. })
        })
    })));
}

#[test]
fn over_quota_nothing_is_changed_and_it_stays_pending() {
    let account = account().world(|world| world.settings().address_quota = 1);
    let released = account
        .released()
        .then(|world, _| world.settings().address_quota = 0);
    let none = Promises::with_changes(0);
    survives(explore(&released.scenario_that(
        "over quota",
        none,
        |_, bed| {
            is_recorded_as(bed, |status| {
                matches!(status, ReleaseStatus::Pending { .. })
            })
        },
    )));
}

#[test]
fn a_denied_guard_changes_nothing_and_leaves_it_pending() {
    let released = account().denied("AllocateAddress").released();
    let none = Promises::with_changes(0);
    survives(explore(&released.scenario_that(
        "denied",
        none,
        |_, bed| {
            is_recorded_as(bed, |status| {
                matches!(status, ReleaseStatus::Pending { .. })
            })
        },
    )));
}

#[test]
fn in_observe_mode_nothing_is_changed_whatever_goes_wrong() {
    let released = account().set("HOLDFAST_MODE", "observe").released();
    let observe = Promises::of_observe_mode();
    survives(explore(&released.scenario_that(
        "observe mode",
        observe,
        |_, bed| is_recorded_as(bed, |status| *status == ReleaseStatus::Recorded),
    )));
}

#[test]
fn two_deliveries_at_once_end_as_one_does_in_every_order() {
    let scenario = account().released().scenario("delivered twice at once");
    let orders = interleave::twice(&scenario).unwrap_or_else(|history| panic!("{history}"));
    println!("{orders} orders");
    assert!(orders > 20, "only {orders} orders were walked");
}

/// The mode is switched while runs are under way: one may act, the other may not.
#[test]
fn a_run_that_may_only_observe_takes_nothing_back_from_one_that_acts() {
    let released = account().released();
    let scenario = account()
        .released()
        .scenario("observed and enforced at once");
    let pair = |one, other| {
        let observing = released.deliver_in(Mode::Observe, one);
        (observing, released.deliver_in(Mode::Enforce, other))
    };
    let orders = interleave::both(&scenario, &pair).unwrap_or_else(|history| panic!("{history}"));
    assert!(orders > 20, "only {orders} orders were walked");
}

#[test]
fn without_the_look_for_what_is_ours_already_the_explorer_fails() {
    explore_fails_without(SeededBug::NoLook);
}

#[test]
fn without_the_tag_that_says_where_from_the_explorer_fails() {
    explore_fails_without(SeededBug::NoTags);
}

fn explore_fails_without(guard: SeededBug) {
    let scenario = account().released().scenario("sabotaged");
    let history = explore_with(&scenario, Some(guard)).expect_err("the explorer noticed nothing");
    assert!(history.contains("sabotaged"), "{history}");
}

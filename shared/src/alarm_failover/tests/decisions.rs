//! Which standby it is, in which order they stand, and what waits for what.

use super::asked::{interface, second, trio};
use super::fixture::{ENI, Fixture, id, pair};
use crate::alarm_failover::case::CauseKind;
use crate::alarm_failover::group::ResourceId;
use crate::alarm_failover::obstacle::Obstacle;
use crate::alarm_failover::plan::{Plan, StaysOnStop};
use crate::model::auto_scaling::LifecycleState;
use crate::model::instance::{InstanceState, StatusChecks};
use crate::model::interface::AttachmentState;

fn elastic_ip() -> ResourceId {
    ResourceId::Address("eipalloc-01".parse().unwrap())
}

fn stopped(number: u8) -> impl Fn(&mut Fixture) {
    move |fixture| fixture.health(number, StatusChecks::Unknown, InstanceState::Stopped)
}

#[test]
fn the_member_that_stands_next_takes_over_whenever_it_was_launched() {
    let ranked = |first: &str, second: &str, third: &str| {
        let trio = trio().priority(1, first).priority(2, second);
        trio.priority(3, third).floating().asked().goes_to()
    };
    assert_eq!(ranked("3", "1", "2"), id(2));
    assert_eq!(ranked("1", "3", "2"), id(3));
    assert_eq!(ranked("2", "10", "9"), id(3), "they are numbers");
}

#[test]
fn of_members_that_stand_alike_the_lower_id_takes_over() {
    let launched_last = pair().joined_by(0).floating();
    assert_eq!(launched_last.clone().asked().goes_to(), id(0));
    let alike = launched_last.priority(0, "5").priority(2, "5");
    assert_eq!(alike.asked().goes_to(), id(0));
}

#[test]
fn a_member_without_a_priority_stands_last() {
    let trio = trio().priority(1, "1").priority(3, "99").floating();
    assert_eq!(trio.asked().goes_to(), id(3));
}

#[test]
fn what_a_member_that_is_well_holds_stays() {
    let held = trio().floating().asked();
    assert_eq!(held.clone().sources(&[]).plan(), Plan::default());
    assert_eq!(held.sources(&[2, 3]).plan(), Plan::default());
}

#[test]
fn where_nothing_may_be_begun_only_what_is_half_way_moves() {
    let asked = |fixture: Fixture| fixture.asked().may_begin_nothing();
    assert_eq!(asked(pair().floating()).plan(), Plan::default());
    assert_eq!(asked(pair().address()).plan(), Plan::default());
    assert_eq!(asked(pair().floating().adrift()).goes_to(), id(2));
}

#[test]
fn an_elastic_ip_stays_with_a_holder_that_was_stopped_unless_it_is_to_move() {
    let stopped = pair().address().change(stopped(1));
    let down = |fixture: Fixture| fixture.asked().since(CauseKind::NotRunning);
    let plan = down(stopped.clone()).plan();
    assert_eq!((plan.moves, plan.blocked), (vec![], vec![]));
    let stays = StaysOnStop {
        resource: elastic_ip(),
        public_ips: vec![super::fixture::EIP],
        holder: id(1),
        is_terminating: false,
    };
    assert_eq!(plan.stays_on_stop, [stays]);
    for moving in [
        down(stopped.clone().address_tagged("on-stop", "move")),
        down(stopped.clone()).set("HOLDFAST_ON_STOP", "move"),
        stopped.asked(),
    ] {
        assert_eq!(moving.goes_to(), id(2));
        assert_eq!(moving.plan().stays_on_stop, []);
    }
}

#[test]
fn what_another_member_has_is_not_told_of_the_one_that_was_stopped() {
    let other = pair()
        .address()
        .asked()
        .since(CauseKind::NotRunning)
        .sources(&[2]);
    assert_eq!(other.plan(), Plan::default());
}

#[test]
fn an_interface_leaves_a_holder_that_was_stopped_unless_it_is_to_stay() {
    let stopped = pair().floating().change(stopped(1));
    let moving = stopped.clone().asked().since(CauseKind::NotRunning);
    assert_eq!(
        (moving.goes_to(), moving.plan().stays_on_stop),
        (id(2), vec![])
    );
    let stays_on_stop = stopped
        .tagged("on-stop", "stay")
        .asked()
        .since(CauseKind::NotRunning);
    assert_eq!(stays_on_stop.plan().moves, []);
    assert_eq!(stays_on_stop.plan().stays_on_stop.len(), 1);
}

#[test]
fn an_interface_leaves_a_holder_that_is_being_terminated_whatever_its_tag_says() {
    for state in [InstanceState::ShuttingDown, InstanceState::Terminated] {
        let ends = |fixture: Fixture| {
            let ends = fixture.change(|it| it.health(1, StatusChecks::Unknown, state));
            ends.asked().since(CauseKind::NotRunning)
        };
        let interface = ends(pair().floating().tagged("on-stop", "stay"));
        assert_eq!(
            (interface.goes_to(), interface.plan().stays_on_stop),
            (id(2), vec![])
        );
        let address = ends(pair().address()).plan();
        assert_eq!(
            address.moves,
            [],
            "instance-start's: others may lack it more"
        );
        assert!(address.stays_on_stop[0].is_terminating, "{state}");
    }
}

#[test]
fn what_is_with_nobody_goes_to_a_member_that_has_just_started_where_no_other_can_take_it() {
    let starting = |number: u8| {
        let state = (StatusChecks::Initializing, InstanceState::Running);
        move |it: &mut Fixture| it.health(number, state.0, state.1)
    };
    let since = |fixture: Fixture, kind| fixture.asked().since(kind).sources(&[]);
    for kind in [CauseKind::MemberStarted, CauseKind::Resume] {
        let adrift = trio()
            .floating()
            .adrift()
            .change(starting(1))
            .change(starting(2));
        assert_eq!(
            since(adrift.clone(), kind.clone()).goes_to(),
            id(3),
            "it is well"
        );
        assert_eq!(since(adrift.change(starting(3)), kind).goes_to(), id(1));
    }
    let held = pair().floating().change(starting(2));
    assert_eq!(held.asked().plan().moves, [], "its holder runs");
    let dead = pair().floating().change(stopped(1)).change(starting(2));
    assert_eq!(
        dead.asked().since(CauseKind::MemberStarted).goes_to(),
        id(2)
    );
}

#[test]
fn a_member_that_starts_takes_no_elastic_ip_alone_and_nothing_that_stays() {
    let started = |fixture: Fixture| {
        fixture
            .change(stopped(1))
            .asked()
            .since(CauseKind::MemberStarted)
    };
    let address = pair().address().address_tagged("on-stop", "move");
    assert_eq!(
        started(address).plan(),
        Plan::default(),
        "instance-start does"
    );
    let stays = pair().floating().tagged("on-stop", "stay");
    assert_eq!(started(stays).plan(), Plan::default());
}

#[test]
fn a_member_that_auto_scaling_does_not_have_in_service_is_no_standby() {
    for state in [
        "Warmed:Running",
        "Standby",
        "Terminating:Wait",
        "InServiceSoon",
    ] {
        let has = |number: u8, state: &str| {
            let state = LifecycleState(state.to_owned());
            move |fixture: &mut Fixture| {
                fixture.health.lifecycle.insert(id(number), state);
            }
        };
        let trio = trio().floating().change(has(2, state));
        assert_eq!(trio.clone().asked().goes_to(), id(3), "{state}");
        let nobody = trio.change(has(3, state)).plan();
        let why = nobody.blocked[0].why[0].to_string();
        assert!(
            why.contains(state) && why.contains("not in service"),
            "{why}"
        );
        let serves = pair().floating().change(has(2, "InService"));
        assert_eq!(serves.asked().goes_to(), id(2));
    }
}

#[test]
fn what_is_on_its_way_from_a_member_does_not_turn_back_to_it() {
    let sources = pair().floating().change(|fixture| {
        let attachment = fixture.observed.interfaces[0].attachment.as_mut();
        attachment.unwrap().state = AttachmentState::Detaching;
    });
    let plan = sources.asked().since(CauseKind::Resume).sources(&[]).plan();
    let one = &plan.moves[0];
    assert_eq!((&one.from, &one.to), (&Some(id(1)), &id(2)));
    assert!(!one.is_return);
}

#[test]
fn a_member_that_fails_too_is_no_standby() {
    assert_eq!(trio().floating().asked().sources(&[1, 2]).goes_to(), id(3));
}

#[test]
fn where_every_member_fails_nothing_moves_and_that_is_said() {
    let all = pair().floating().asked().sources(&[1, 2]);
    assert_eq!(all.is_blocked_by(), [Obstacle::NoStandby { members: 2 }]);
    assert_eq!(all.plan().blocked[0].holder, Some(id(1)));
}

#[test]
fn what_is_with_nobody_goes_to_a_standby_and_is_not_called_a_return() {
    let plan = pair().floating().adrift().asked().plan();
    assert_eq!((&plan.moves[0].to, &plan.moves[0].from), (&id(2), &None));
    assert!(!plan.moves[0].is_return);
}

#[test]
fn what_is_with_nobody_goes_back_to_a_failed_member_where_no_standby_takes_it() {
    let alone = pair().floating().adrift().change(stopped(2));
    for back in [alone.clone(), alone.change(stopped(1))] {
        let plan = back.asked().plan();
        assert_eq!((&plan.moves[0].to, plan.moves[0].is_return), (&id(1), true));
    }
}

#[test]
fn it_goes_back_to_no_member_that_is_gone_for_good() {
    let gone = trio().floating().adrift().change(|fixture| {
        fixture.health(1, StatusChecks::Unknown, InstanceState::Terminated);
    });
    let back = gone.asked().sources(&[1, 2, 3]);
    assert_eq!(back.goes_to(), id(2));
}

#[test]
fn it_goes_back_to_no_member_that_ec2_has_refused_it_to() {
    let adrift = pair().floating().adrift().asked().sources(&[1, 2]);
    assert_eq!(adrift.clone().refused(interface(), 1).goes_to(), id(2));
    let nobody = adrift.refused(interface(), 1).refused(interface(), 2);
    assert_eq!(nobody.is_blocked_by(), [Obstacle::NoStandby { members: 2 }]);
}

#[test]
fn it_goes_back_to_no_sick_member_that_never_had_it() {
    let failed_members = pair().floating().adrift().change(|fixture| {
        fixture.health(1, StatusChecks::Impaired, InstanceState::Running);
    });
    assert_eq!(failed_members.asked().sources(&[2]).goes_to(), id(2));
}

#[test]
fn what_is_still_with_its_holder_is_not_brought_back_to_it() {
    let alone = pair().floating().change(stopped(2)).asked();
    assert!(matches!(
        alone.is_blocked_by()[..],
        [Obstacle::NotRunning { .. }]
    ));
}

#[test]
fn a_person_gets_the_member_that_was_named_and_else_the_one_that_stands_next() {
    let person = |to: Option<u8>| {
        let to = to.map(id);
        let asked = trio().floating().asked();
        asked.since(CauseKind::Command { to }).goes_to()
    };
    assert_eq!(person(Some(3)), id(3));
    assert_eq!(person(None), id(2));
}

#[test]
fn what_fails_back_goes_home_and_to_nobody_else() {
    let held_by_the_third = trio().floating().attached_to(3).asked().sources(&[3]);
    let target = |to: u8| {
        let to = id(to);
        held_by_the_third.clone().since(CauseKind::Failback { to })
    };
    assert_eq!(target(2).goes_to(), id(2));
    assert_eq!(target(1).goes_to(), id(1));
}

#[test]
fn where_the_named_member_cannot_take_it_only_that_is_said() {
    let to = Some(id(3));
    let asked = trio().floating().change(stopped(3)).asked();
    let why = asked.since(CauseKind::Command { to }).is_blocked_by();
    let state = InstanceState::Stopped;
    let standby = id(3);
    assert_eq!(why, [Obstacle::NotRunning { standby, state }]);
}

#[test]
fn whoever_names_no_member_is_not_told_that_every_member_has_failed() {
    let to = Some(id(9));
    let why = trio().floating().asked().since(CauseKind::Command { to });
    let not_asked = [2, 3].map(|number| Obstacle::NotRequested {
        standby: id(number),
    });
    assert_eq!(why.is_blocked_by(), not_asked);
}

#[test]
fn a_member_of_which_ec2_says_nothing_is_no_standby() {
    let silent = pair().floating().change(|fixture| {
        fixture.health.statuses.remove(&id(2));
    });
    let (standby, checks) = (id(2), StatusChecks::Unknown);
    assert_eq!(
        silent.asked().is_blocked_by(),
        [Obstacle::StatusChecksNotOk { standby, checks }]
    );
}

#[test]
fn a_standby_that_ec2_has_refused_is_passed_over_for_that_and_nothing_else() {
    let asked = trio().floating().asked();
    assert_eq!(asked.clone().refused(interface(), 2).goes_to(), id(3));
    assert_eq!(asked.clone().refused(elastic_ip(), 2).goes_to(), id(2));
    let nobody = asked.refused(interface(), 2).refused(interface(), 3);
    let refused = [2, 3].map(|number| Obstacle::Refused {
        standby: id(number),
    });
    assert_eq!(nobody.is_blocked_by(), refused);
}

#[test]
fn an_interface_goes_to_nobody_to_whom_it_may_not_be_attached() {
    let denied = |eni: &str| {
        let pair = (eni.parse().unwrap(), id(2));
        trio().floating().address().change(move |fixture| {
            fixture.health.denied.insert(pair, "no".to_owned());
        })
    };
    let who = |fixture: Fixture| {
        let plan = fixture.asked().plan();
        let moves = plan.moves.into_iter();
        moves.map(|one| (one.resource, one.to)).collect::<Vec<_>>()
    };
    let both = |to: u8| vec![(interface(), id(to)), (elastic_ip(), id(2))];
    assert_eq!(who(denied(ENI)), both(3));
    assert_eq!(who(denied("eni-0e")), both(2));
}

#[test]
fn no_alarm_no_warning_and_no_return_moves_it_within_the_cooldown() {
    for kind in [
        CauseKind::Alarm,
        CauseKind::RebalanceRecommendation,
        CauseKind::Failback { to: id(2) },
    ] {
        let asked = pair().floating().asked().since(kind);
        assert_eq!(asked.goes_to(), id(2), "it never failed over");
        let until = second(1);
        assert_eq!(
            asked.clone().failed_over(299).is_blocked_by(),
            [Obstacle::Cooldown { until }]
        );
        assert_eq!(asked.failed_over(300).goes_to(), id(2), "it is over");
    }
}

#[test]
fn a_person_an_interruption_and_a_holder_that_was_stopped_wait_for_no_cooldown() {
    for kind in [
        CauseKind::NotRunning,
        CauseKind::SpotInterruption,
        CauseKind::Resume,
        CauseKind::Command { to: None },
    ] {
        let asked = pair().floating().asked().since(kind).failed_over(1);
        assert_eq!(asked.goes_to(), id(2));
    }
}

#[test]
fn an_alarm_on_a_holder_that_does_not_run_waits_for_no_cooldown() {
    let down = pair().floating().change(stopped(1));
    assert_eq!(down.asked().failed_over(1).goes_to(), id(2));
}

#[test]
fn what_is_with_nobody_waits_for_no_cooldown() {
    let adrift = pair().floating().adrift().asked();
    assert_eq!(adrift.failed_over(1).goes_to(), id(2));
}

#[test]
fn the_cooldown_of_a_tag_beats_the_one_of_the_settings() {
    let tagged = |value: &str| pair().floating().tagged("cooldown", value).asked();
    assert_eq!(tagged(" 60 ").failed_over(60).goes_to(), id(2));
    assert_eq!(tagged("60").failed_over(59).is_blocked_by().len(), 1);
    assert_eq!(tagged("soon").failed_over(299).is_blocked_by().len(), 1);
    let short = pair().floating().asked();
    let short = short.set("HOLDFAST_COOLDOWN_SECONDS", "10");
    assert_eq!(short.failed_over(10).goes_to(), id(2));
}

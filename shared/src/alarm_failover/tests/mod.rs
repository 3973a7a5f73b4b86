//! What a failover is to do, decision by decision: no network, no waiting.

mod ahead;
mod alarm_without_instance;
mod asked;
mod assessment;
mod audits;
mod by_design;
mod decisions;
mod effects;
mod fixture;
mod groups;
mod looks;
mod noting;
mod routes;
mod settling;
mod verdicts;

use super::effect::{DetachMode, Effect};
use super::obstacle::Obstacle;
use super::plan::Plan;
use crate::groups::TargetObstacle;
use crate::model::instance::{InstanceState, StatusChecks};
use fixture::{EIP, ENI, id, pair, zone};

fn only_obstacle(plan: &Plan) -> &Obstacle {
    assert!(plan.moves.is_empty(), "{:?}", plan.moves);
    &plan.blocked[0].why[0]
}

#[test]
fn an_interface_goes_to_the_standby_at_the_first_free_device_index() {
    let plan = pair().floating().plan();
    let one = &plan.moves[0];
    assert_eq!((&one.from, &one.to), (&Some(id(1)), &id(2)));
    assert_eq!(one.device_index(), Some(1));
}

#[test]
fn nothing_is_left_to_do_once_it_is_there() {
    let there = pair().floating().attached_to(2);
    assert_eq!(there.plan(), Plan::default());
}

#[test]
fn an_interface_that_is_with_nobody_is_brought_to_its_end() {
    let plan = pair().floating().adrift().plan();
    assert_eq!(plan.moves[0].to, id(2));
    assert!(matches!(*plan.moves[0].effects, [Effect::Attach { .. }]));
}

#[test]
fn an_interface_that_a_service_holds_is_not_with_nobody() {
    let held = pair().floating().held_by_a_service();
    assert_eq!(held.plan(), Plan::default());
}

#[test]
fn an_interface_stays_in_its_zone() {
    let plan = pair()
        .floating()
        .change(|fixture| fixture.member(2).zone = Some(zone("b")))
        .plan();
    assert!(matches!(only_obstacle(&plan), Obstacle::OtherZone { .. }));
}

#[test]
fn a_standby_with_as_many_interfaces_as_its_type_allows_takes_none() {
    let plan = pair()
        .floating()
        .change(|fixture| fixture.limits.interfaces = 1)
        .plan();
    assert!(matches!(
        only_obstacle(&plan),
        Obstacle::NoFreeDeviceIndex { limit: 1, .. }
    ));
}

#[test]
fn a_primary_interface_is_never_moved() {
    let plan = pair()
        .floating()
        .tagged("mover", "eni")
        .at_device_index(0)
        .plan();
    assert!(matches!(
        only_obstacle(&plan),
        Obstacle::PrimaryInterface { .. }
    ));
}

#[test]
fn a_standby_that_is_not_well_takes_nothing() {
    for (checks, state) in [
        (StatusChecks::Impaired, InstanceState::Running),
        (StatusChecks::Initializing, InstanceState::Running),
        (StatusChecks::Ok, InstanceState::Stopped),
    ] {
        let plan = pair()
            .floating()
            .change(|fixture| fixture.health(2, checks, state))
            .plan();
        let why = only_obstacle(&plan);
        assert!(
            matches!(
                why,
                Obstacle::StatusChecksNotOk { .. } | Obstacle::NotRunning { .. }
            ),
            "{why}"
        );
    }
}

#[test]
fn force_is_for_a_holder_that_cannot_let_go() {
    let forced = |fixture: fixture::Fixture| match *fixture.plan().moves[0].effects {
        [Effect::Detach { mode, .. }, Effect::Attach { .. }] => mode == DetachMode::Force,
        ref other => panic!("{other:?}"),
    };
    assert!(!forced(pair().floating()));
    let impaired = |fixture: &mut fixture::Fixture| {
        fixture.health(1, StatusChecks::Impaired, InstanceState::Running);
    };
    assert!(forced(pair().floating().change(impaired)));
}

#[test]
fn an_elastic_ip_of_a_running_holder_is_replaced_and_of_one_that_is_down_let_go_by_its_tie() {
    let effects = |fixture: fixture::Fixture| fixture.plan().moves.remove(0).effects;
    assert!(matches!(
        *effects(pair().address()),
        [Effect::Reassociate { .. }]
    ));
    let down = |fixture: &mut fixture::Fixture| {
        fixture.health(1, StatusChecks::Unknown, InstanceState::Stopped);
    };
    assert!(matches!(
        *effects(pair().address().change(down)),
        [Effect::Disassociate { .. }, Effect::Associate { .. }]
    ));
}

#[test]
fn an_elastic_ip_never_drives_another_one_away() {
    let plan = pair().address().change(|fixture| fixture.occupy(2)).plan();
    assert!(matches!(
        only_obstacle(&plan),
        Obstacle::Target(TargetObstacle::NoFreePrivateIp { .. })
    ));
}

#[test]
fn an_elastic_ip_on_an_interface_that_moves_rides_along() {
    let plan = pair()
        .floating()
        .change(|fixture| fixture.put_address_on(ENI))
        .plan();
    assert_eq!(plan.moves.len(), 1);
    assert_eq!(plan.moves[0].public_ips, [EIP]);
}

//! What goes where: pure, synchronous, the same for a real run, `observe` mode, a plan that is asked for,
//! the readiness audit and the tests. Deciding on the state after a plan has run yields an empty plan.
//!
//! Everything that can be known before the first call that changes something is checked here, and what
//! stands in the way is an [`Obstacle`] that says what to change.

use super::ahead;
use super::case::CauseKind;
use super::group::{Location, Resource, ResourceKind};
use super::left_behind::left_behind;
use super::obstacle::Obstacle;
use super::plan::{Blocked, Move, Plan, PlanInput, StaysOnStop};
use super::route::{Reservations, plan_move};
use super::zonal_shifts;
use crate::groups::value_of;
use crate::model::ids::InstanceId;
use crate::model::instance::{Instance, InstanceState, StatusChecks};
use std::time::Duration;
use time::OffsetDateTime;

/// Decides.
#[must_use]
pub fn plan(input: &PlanInput<'_>) -> Plan {
    let mut reserved = Reservations::default();
    let mut plan = Plan {
        stays_on_stop: stays_on_stop(input),
        ..Plan::default()
    };
    for resource in concerned(input) {
        match destination(input, resource, &mut reserved) {
            Ok(one) => plan.moves.push(one),
            Err(why) => plan.blocked.push(Blocked {
                resource: resource.id(),
                public_ips: resource.public_ips.clone(),
                holder: resource.location.instance().cloned(),
                why,
            }),
        }
    }
    plan
}

/// What has to go: what a leaving member holds, what is on its way from one, and what is with nobody.
fn concerned<'a>(input: &PlanInput<'a>) -> impl Iterator<Item = &'a Resource<'a>> {
    let input = *input;
    input
        .group
        .resources
        .iter()
        .filter(move |resource| match &resource.location {
            Location::Unheld | Location::Detaching(_) => true,
            Location::Held(holder) => {
                input.may_begin
                    && input.sources.contains(holder)
                    && match input.kind {
                        CauseKind::NotRunning => leaves_stopped(&input, resource, holder),
                        CauseKind::ScheduledEvent => ahead::is_due(&input, resource, holder),
                        CauseKind::MemberStarted => {
                            resource.waits_for_a_member(input.observed, input.settings)
                        }
                        _ => true,
                    }
            }
        })
}

fn leaves_stopped(input: &PlanInput<'_>, resource: &Resource<'_>, holder: &InstanceId) -> bool {
    resource.leaves_holder_in(input.observed.state_of(holder), input.settings)
}

fn stays_on_stop(input: &PlanInput<'_>) -> Vec<StaysOnStop> {
    let mut stays_on_stop = Vec::new();
    if *input.kind != CauseKind::NotRunning {
        return stays_on_stop;
    }
    for resource in &input.group.resources {
        if let Location::Held(holder) = &resource.location
            && input.sources.contains(holder)
            && !leaves_stopped(input, resource, holder)
        {
            let state = input.observed.state_of(holder);
            stays_on_stop.push(StaysOnStop {
                resource: resource.id(),
                public_ips: resource.public_ips.clone(),
                holder: holder.clone(),
                is_terminating: state.is_some_and(InstanceState::is_terminating),
            });
        }
    }
    stays_on_stop
}

fn destination<'a>(
    input: &PlanInput<'a>,
    resource: &Resource<'a>,
    reserved: &mut Reservations,
) -> Result<Move, Vec<Obstacle>> {
    let is_under_way = !matches!(resource.location, Location::Held(_));
    if !is_under_way && let Some(until) = cooldown_until(input, resource) {
        return Err(vec![Obstacle::Cooldown { until }]);
    }
    let mut why = Vec::new();
    let others = || {
        let members = input.group.members.iter();
        members.filter(|member| {
            resource.location.instance() != Some(&member.id) && !input.sources.contains(&member.id)
        })
    };
    let mut move_to = |member: &'a Instance| {
        plan_move(input, resource, member, reserved).map(|action| Move {
            left_behind: left_behind(input.group, resource),
            ..Move::new(resource, member, &action)
        })
    };
    let mut in_order: Vec<&'a Instance> = others().copied().collect();
    in_order.sort_by_key(|member| input.health.comes_last(&member.id));
    for member in in_order {
        match check_eligible(input, resource, member).and_then(|()| move_to(member)) {
            Ok(to) => return Ok(to),
            Err(obstacle) => why.push(obstacle),
        }
    }
    // What nobody has that runs is better with a member that has just started than with nobody.
    if resource.waits_for_a_member(input.observed, input.settings) {
        let just_started = others().filter(|member| has_only_just_started(input, member));
        for member in just_started {
            let is_fit = check_but_checks(input, resource, member);
            if let Ok(to) = is_fit.and_then(|()| move_to(member)) {
                return Ok(to);
            }
        }
    }
    if is_under_way && let Some(back) = return_to_source(input, resource, reserved) {
        return Ok(back);
    }
    // Who was not asked for is worth a word only where nobody of the group was.
    let was_asked = |why: &Obstacle| !matches!(why, Obstacle::NotRequested { .. });
    if why.iter().any(was_asked) {
        why.retain(was_asked);
    }
    if why.is_empty() {
        why.push(Obstacle::NoStandby {
            members: input.group.members.len(),
        });
    }
    Err(why)
}

/// No standby takes what is with nobody: it goes back to a member that had it, unhealthy as that may be.
fn return_to_source<'a>(
    input: &PlanInput<'a>,
    resource: &Resource<'a>,
    reserved: &mut Reservations,
) -> Option<Move> {
    let may_take = |member: &&&Instance| {
        input.sources.contains(&member.id)
            && matches!(
                member.state,
                InstanceState::Running | InstanceState::Stopped
            )
            && !input.excluded.has(resource, member)
    };
    let mut members = input.group.members.iter().filter(may_take);
    members.find_map(|member| {
        let action = plan_move(input, resource, member, reserved).ok()?;
        Some(Move {
            is_return: true,
            ..Move::new(resource, member, &action)
        })
    })
}

/// Whether a member is well enough to stand by.
fn check_eligible(
    input: &PlanInput<'_>,
    resource: &Resource<'_>,
    member: &Instance,
) -> Result<(), Obstacle> {
    let standby = member.id.clone();
    check_asked_and_runs(input, member)?;
    match input.health.checks(&member.id) {
        StatusChecks::Ok => {}
        checks => return Err(Obstacle::StatusChecksNotOk { standby, checks }),
    }
    check_but_checks(input, resource, member)
}

/// Whether a member has just started, so that EC2's status checks tell nothing of it yet.
fn has_only_just_started(input: &PlanInput<'_>, member: &Instance) -> bool {
    check_asked_and_runs(input, member).is_ok()
        && input.health.checks(&member.id) == StatusChecks::Initializing
}

fn check_asked_and_runs(input: &PlanInput<'_>, member: &Instance) -> Result<(), Obstacle> {
    let standby = member.id.clone();
    let asked = match input.kind {
        CauseKind::Command { to } => to.as_ref(),
        CauseKind::Failback { to } => Some(to),
        _ => None,
    };
    if asked.is_some_and(|asked| *asked != standby) {
        return Err(Obstacle::NotRequested { standby });
    }
    if member.state != InstanceState::Running {
        let state = member.state;
        return Err(Obstacle::NotRunning { standby, state });
    }
    Ok(())
}

/// The same but for EC2's status checks.
fn check_but_checks(
    input: &PlanInput<'_>,
    resource: &Resource<'_>,
    member: &Instance,
) -> Result<(), Obstacle> {
    let standby = member.id.clone();
    if let Some(alarm) = input.observed.firing_for(&member.id) {
        let alarm = alarm.to_owned();
        return Err(Obstacle::AlarmFiring { standby, alarm });
    }
    if let Some(state) = input.health.not_in_service(&member.id).cloned() {
        return Err(Obstacle::NotInService { standby, state });
    }
    ahead::check(input, member)?;
    zonal_shifts::check(input, member)?;
    if input.excluded.has(resource, member) {
        return Err(Obstacle::Refused { standby });
    }
    if let ResourceKind::Interface(interface) = &resource.cargo {
        let pair = (interface.id.clone(), member.id.clone());
        if let Some(answer) = input.health.denied.get(&pair).cloned() {
            return Err(Obstacle::NotPermitted { standby, answer });
        }
    }
    Ok(())
}

/// Until when an alarm does not move it again. A holder that is down waits for nothing: that is no matter
/// of opinion.
fn cooldown_until(input: &PlanInput<'_>, resource: &Resource<'_>) -> Option<OffsetDateTime> {
    if !matches!(
        input.kind,
        CauseKind::Alarm | CauseKind::RebalanceRecommendation | CauseKind::Failback { .. }
    ) {
        return None;
    }
    if resource
        .location
        .instance()
        .is_some_and(|holder| input.observed.is_down(holder))
    {
        return None;
    }
    let own = value_of(resource.tags, &input.settings.tags.cooldown).map(Duration::from_secs);
    let until = input.last_ended_at? + own.unwrap_or(input.settings.cooldown);
    (input.now < until).then_some(until)
}

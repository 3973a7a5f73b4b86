//! What EC2 tells of members beside its status checks, as far as it decides something: what AWS has planned, and the
//! probe of the application. Pure.
//!
//! A holder with a retirement or a stop ahead is well. It is stripped of nothing, unless a person has asked for it
//! beforehand, by the parameter `MoveBeforeEventMinutes` or the tag `holdfast:before-event`. Then what it has goes to a
//! member for which AWS has planned nothing of the kind: so nothing goes back and forth.

use super::case::{Cause, CauseKind, cause_of};
use super::group::{Group, Location, Resource};
use super::obstacle::Obstacle;
use super::plan::PlanInput;
use super::state::MemberHealth;
use crate::groups::value_of;
use crate::model::ids::InstanceId;
use crate::model::instance::Instance;
use crate::report::utc;
use crate::settings::{Settings, StandbyApplication};
use std::collections::BTreeSet;
use std::time::Duration;
use time::OffsetDateTime;

/// How long before an event a resource is to move; zero: it stays.
#[must_use]
pub(super) fn lead(resource: &Resource<'_>, settings: &Settings) -> Duration {
    let own = value_of::<u32>(resource.tags, &settings.tags.before_event);
    own.map_or(settings.move_before_event, |minutes| {
        Duration::from_secs(u64::from(minutes) * 60)
    })
}

/// Whether a resource is to leave its holder now, since AWS is about to stop or retire that.
#[must_use]
pub(super) fn is_due(input: &PlanInput<'_>, resource: &Resource<'_>, holder: &InstanceId) -> bool {
    is_due_at(input.now, input.health, input.settings, resource, holder)
}

fn is_due_at(
    now: OffsetDateTime,
    health: &MemberHealth,
    settings: &Settings,
    resource: &Resource<'_>,
    holder: &InstanceId,
) -> bool {
    let lead = lead(resource, settings);
    let event = health.ends_by(holder).filter(|_| !lead.is_zero());
    event.is_some_and(|event| event.is_within(now, lead))
}

/// The reason to switch a group over now, if AWS is about to stop or retire a holder and a person has asked for that.
#[must_use]
pub(super) fn cause(
    group: &Group<'_>,
    health: &MemberHealth,
    settings: &Settings,
    now: OffsetDateTime,
) -> Option<Cause> {
    let due = group.resources.iter().filter_map(|resource| {
        let Location::Held(holder) = &resource.location else {
            return None;
        };
        is_due_at(now, health, settings, resource, holder).then_some(holder)
    });
    let holders: BTreeSet<InstanceId> = due.cloned().collect();
    let first = holders.first()?;
    let event = health.ends_by(first)?;
    let begins = event.not_before.map(utc).unwrap_or_default();
    let words = format!("{} of {first}, planned for {begins}", event.code);
    Some(Cause {
        instances: holders,
        ..cause_of(CauseKind::ScheduledEvent, &words, Some(group.name), now)
    })
}

/// What EC2 tells of a member, beside its status checks, that keeps it from standing by.
pub(super) fn check(input: &PlanInput<'_>, member: &Instance) -> Result<(), Obstacle> {
    let standby = member.id.clone();
    if input.settings.standby_application == StandbyApplication::Require
        && !input.health.application(&member.id).may_pass()
    {
        return Err(Obstacle::ApplicationNotOk { standby });
    }
    let is_planned = matches!(
        input.kind,
        CauseKind::ScheduledEvent | CauseKind::Failback { .. }
    );
    match input.health.ends_by(&member.id).cloned() {
        Some(event) if is_planned => Err(Obstacle::EventAhead { standby, event }),
        _ => Ok(()),
    }
}

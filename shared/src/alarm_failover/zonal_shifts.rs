//! Zones that traffic is shifted away from. They are read from AWS on each look, never remembered from events: so a shift
//! whose end nobody told of leaves no zone unfit.
//!
//! Who is in such a zone does not stand by. A person's command to a member counts all the same. Without an answer a
//! failover goes on as if there were no shift, and says that it does not know.

use super::case::CauseKind;
use super::obstacle::Obstacle;
use super::plan::PlanInput;
use crate::cloud::health::ReadZonalShifts;
use crate::error::chain;
use crate::model::instance::Instance;
use crate::model::zonal_shift::ZonalShift;
use crate::settings::{Settings, ZonalShifts};

/// The shifts in force, and why they are not known. Nobody is asked where the setting says so.
pub(super) async fn read<C: ReadZonalShifts>(
    cloud: &C,
    settings: &Settings,
    members: &[&Instance],
) -> (Vec<ZonalShift>, Option<String>) {
    if settings.zonal_shifts == ZonalShifts::Ignore || members.is_empty() {
        return (Vec::new(), None);
    }
    match cloud.zonal_shifts().await {
        Ok(shifts) => {
            let not_told = without_zone(&shifts, members);
            (shifts, not_told)
        }
        Err(failure) => (Vec::new(), Some(chain(&failure))),
    }
}

/// Whether a member is in such a zone cannot be said where EC2 does not show the id of its zone.
fn without_zone(shifts: &[ZonalShift], members: &[&Instance]) -> Option<String> {
    let mut members = members.iter().filter(|member| member.state.is_up());
    let member = members.find(|member| member.zone_id.is_none() && !shifts.is_empty())?;
    Some(format!(
        "EC2 does not show the id of the zone of {}",
        member.id
    ))
}

/// What keeps a member of such a zone from standing by.
pub(super) fn check(input: &PlanInput<'_>, member: &Instance) -> Result<(), Obstacle> {
    let is_asked_for = matches!(input.kind, CauseKind::Command { to: Some(_) });
    match input.health.shifted(member) {
        Some(shift) if !is_asked_for => Err(Obstacle::ZoneShifted {
            standby: member.id.clone(),
            shift: shift.clone(),
        }),
        _ => Ok(()),
    }
}

//! Zones that traffic is shifted away from: the Application Recovery Controller's `ListAutoshifts` and `ListZonalShifts`, as
//! far as they tell what is in force. A test says which shifts there are; no traffic moves here.
//! Source: ARC zonal shift API reference.

use super::{
    api::{Caller, Ec2Error},
    world::World,
};

/// A shift in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZonalShift {
    /// The id of the zone.
    pub away_from: String,
    /// The ARN for which somebody has started it; none: an autoshift of AWS.
    pub resource: Option<String>,
    /// `ZONAL_SHIFT`, `PRACTICE_RUN`, ...; nothing for an autoshift.
    pub shift_type: String,
}

impl World {
    /// Traffic is shifted away from a zone: by AWS, or of a resource.
    pub fn shift_away(&mut self, zone_id: &str, resource: Option<&str>, shift_type: &str) {
        let shift = ZonalShift {
            away_from: zone_id.to_owned(),
            resource: resource.map(str::to_owned),
            shift_type: shift_type.to_owned(),
        };
        self.change(|model| model.zonal_shifts.push(shift));
    }

    /// All shifts are over.
    pub fn end_shifts(&mut self) {
        self.change(|model| model.zonal_shifts.clear());
    }

    /// `ListAutoshifts`, or `ListZonalShifts`: those in force.
    ///
    /// # Errors
    /// `AccessDenied`.
    pub fn list_shifts(&self, caller: &Caller, action: &str) -> Result<Vec<ZonalShift>, Ec2Error> {
        self.authorise_action(caller, &format!("arc-zonal-shift:{action}"))?;
        let of_aws = action == "ListAutoshifts";
        let all = self.zonal_shifts().iter();
        let asked = all.filter(|shift| shift.resource.is_none() == of_aws);
        Ok(asked.cloned().collect())
    }
}

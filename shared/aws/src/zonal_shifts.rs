//! Reading from the Application Recovery Controller (ARC) which zones are to be left.
//!
//! Races with whoever starts and ends shifts: an answer tells how it is at that moment.

use super::actions::{LIST_AUTOSHIFTS, LIST_ZONAL_SHIFTS};
use super::connections::opening::open;
use super::read::said;
use super::{Aws, failure};
use aws_sdk_arczonalshift::types::{
    AutoshiftExecutionStatus, ShiftType, ZonalShiftStatus, ZonalShiftSummary,
};
use holdfast::cloud::CloudError;
use holdfast::cloud::health::ReadZonalShifts;
use holdfast::model::ids::ZoneId;
use holdfast::model::zonal_shift::ZonalShift;

impl ReadZonalShifts for Aws {
    async fn zonal_shifts(&self) -> Result<Vec<ZonalShift>, CloudError> {
        let of_aws = self
            .shifts
            .list_autoshifts()
            .status(AutoshiftExecutionStatus::Active)
            .into_paginator()
            .items()
            .send()
            .try_collect();
        let own = self
            .shifts
            .list_zonal_shifts()
            .status(ZonalShiftStatus::Active)
            .into_paginator()
            .items()
            .send()
            .try_collect();
        let (of_aws, own) = futures_util::join!(of_aws, own);
        let of_aws = of_aws.map_err(|error| failure::of(LIST_AUTOSHIFTS, error))?;
        let own = own.map_err(|error| failure::of(LIST_ZONAL_SHIFTS, error))?;
        let of_aws = of_aws.iter().map(|shift| away(shift.away_from(), None));
        let own = own.iter().filter(|shift| is_meant(shift.shift_type()));
        let own = own.map(shift);
        Ok(of_aws.chain(own).collect())
    }
}

impl Aws {
    /// Has a connection to ARC open for the calls to come. Nothing is sent.
    pub(super) async fn open_shifts(&self) -> Result<(), CloudError> {
        let opened = open!(self.shifts.list_zonal_shifts());
        opened.map_err(|error| failure::of(LIST_ZONAL_SHIFTS, error))
    }
}

/// AWS shifts traffic away from each zone once a week to see that the others bear it: such a zone is well. A word that
/// is not known here is no such run.
pub(super) fn is_meant(kind: Option<&ShiftType>) -> bool {
    !matches!(kind, Some(ShiftType::PracticeRun))
}

fn shift(summary: &ZonalShiftSummary) -> ZonalShift {
    away(
        summary.away_from(),
        said(Some(summary.resource_identifier())),
    )
}

fn away(zone: &str, resource: Option<&str>) -> ZonalShift {
    ZonalShift {
        away_from: ZoneId(zone.to_owned()),
        resource: resource.map(str::to_owned),
    }
}

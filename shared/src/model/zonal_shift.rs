//! A zone that traffic is shifted away from, as the Application Recovery Controller (ARC) tells. Plain data.

use super::ids::ZoneId;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A shift that is in force.
/// Source: ARC developer guide, "Zonal shift" and "Zonal autoshift".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ZonalShift {
    /// The zone.
    pub away_from: ZoneId,
    /// The resource for which somebody of the account has started it; none: AWS has, for the whole zone (an autoshift).
    pub resource: Option<String>,
}

impl fmt::Display for ZonalShift {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let zone = &self.away_from;
        match &self.resource {
            None => write!(formatter, "AWS shifts traffic away from {zone}"),
            Some(resource) => write!(
                formatter,
                "traffic of {resource} is shifted away from {zone}"
            ),
        }
    }
}

//! Where Elastic IPs would go if their holders failed: what readiness judges beside the plan itself. Data only.

use super::effect::Effect;
use super::group::Group;
use super::plan::Move;
use super::state::Observed;
use crate::model::ids::{BorderGroup, EniId, InstanceId, SubnetId, Zone};

/// Where an Elastic IP alone would go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedTarget {
    /// Its group.
    pub group: String,
    /// What it is called.
    pub what: String,
    /// The border group that AWS advertises it from.
    pub border_group: Option<BorderGroup>,
    /// The interface that would get it.
    pub eni: EniId,
    /// The instance of that.
    pub instance: InstanceId,
    /// The interface's subnet.
    pub subnet: Option<SubnetId>,
    /// The instance's zone.
    pub zone: Option<Zone>,
}

/// The targets of these moves.
pub(super) fn planned_targets(
    group: &Group<'_>,
    observed: &Observed,
    moves: &[Move],
) -> Vec<PlannedTarget> {
    let target = |one: &Move| {
        let (Effect::Associate { eni, .. } | Effect::Reassociate { eni, .. }) =
            one.effects.last()?
        else {
            return None;
        };
        let member = group.member(&one.to)?;
        let interface = member.interfaces.iter().find(|each| each.id == *eni)?;
        let mut addresses = observed.addresses.iter();
        let address = addresses.find(|each| Some(&each.allocation) == one.allocation())?;
        Some(PlannedTarget {
            group: group.name.to_owned(),
            what: one.resource.to_string(),
            border_group: address.border_group.clone(),
            eni: eni.clone(),
            instance: member.id.clone(),
            subnet: interface.subnet.clone(),
            zone: member.zone.clone(),
        })
    };
    moves.iter().filter_map(target).collect()
}

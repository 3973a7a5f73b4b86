//! What a person should know of the interfaces that take addresses.

use crate::alarm_failover::effect::Effect;
use crate::alarm_failover::plan::Move;
use crate::alarm_failover::state::Observed;
use crate::groups::{ChosenBy, floating_group, is_address_target};
use crate::model::interface::Interface;
use crate::report::{Command, Finding, command};
use crate::settings::Settings;

/// An Elastic IP that goes to an interface only because no other one can take it.
pub(crate) fn doubtful_interface(one: &Move, settings: &Settings) -> Option<Finding> {
    let (Effect::Associate { eni, .. } | Effect::Reassociate { eni, .. }) = one.effects.last()?
    else {
        return None;
    };
    let is_doubtful = one.chosen_by == Some(ChosenBy::OnlyOne);
    is_doubtful.then(|| {
        let what = one.resource.to_string();
        Finding::only_interface(&what, eni, &one.to, &settings.tags.address_target)
    })
}

/// The same for several moves.
pub(crate) fn doubtful_interfaces(moves: &[Move], settings: &Settings) -> Vec<Finding> {
    let moves = moves.iter();
    moves
        .filter_map(|one| doubtful_interface(one, settings))
        .collect()
}

/// Interfaces with the tag of those that take addresses, which take none.
pub(crate) fn target_tags_in_vain(observed: &Observed, settings: &Settings) -> Vec<Finding> {
    let keys = &settings.tags;
    let finding = |interface: &Interface| {
        let why = if interface.is_aws_managed() {
            "an AWS service has it".to_owned()
        } else {
            let group = floating_group(interface, keys)?;
            format!("it moves in the group {group}, and an address on it would go with it")
        };
        is_address_target(&interface.tags, keys).then(|| Finding {
            what: format!(
                "the tag {} on {} does not count",
                keys.address_target, interface.id
            ),
            why,
            next: format!(
                "take it away: {}",
                Command::ec2("delete-tags")
                    .with("resources", &interface.id)
                    .with("tags", command::key(&keys.address_target))
            ),
        })
    };
    observed.interfaces.iter().filter_map(finding).collect()
}

//! Who belongs together, read from tags: once, for every function that asks. Pure reading, nothing is decided here.

mod floating;
mod fresh_target;
mod locations;
mod membership;
mod parts;
mod tags;
mod target_interfaces;
mod target_obstacle;
mod targets;

pub use floating::{floating_group, floating_group_of, floating_private_ips, mover_of};
pub use fresh_target::{is_another, occupant};
pub use locations::{Everything, Locations, elastic_ips};
pub use membership::{addresses_of, group_of, holder, is_of_group, members_of, priority, slots_of};
pub use parts::{Part, parts};
pub use tags::{UnreadableTag, unreadable, value_of};
pub use target_interfaces::{ChosenBy, TargetChoice, TargetInterfaces, is_address_target};
pub use target_obstacle::{Ambiguity, TargetObstacle};
pub use targets::Target;

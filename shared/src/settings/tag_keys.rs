//! The keys of the tags that users set and that we set, under one prefix.

use serde::{Deserialize, Serialize};

/// The keys of the tags that users set and that we set, under one prefix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TagKeys {
    /// `holdfast:protect`, on an address: see [`Protection`](super::Protection).
    pub protect: String,
    /// `holdfast:reclaimed-from`, written by us: the allocation id that an address had before.
    pub reclaimed_from: String,
    /// `holdfast:reclaimed-at`, written by us.
    pub reclaimed_at: String,
    /// `holdfast:group`, on addresses, interfaces and instances: what belongs together.
    pub group: String,
    /// `holdfast:slot`, on addresses and instances: which of the group's addresses belongs to which of
    /// its instances. An instance may name several, separated by commas.
    pub slot: String,
    /// `holdfast:on-stop`, on an address or an interface: see [`OnStop`](super::OnStop).
    pub on_stop: String,
    /// `holdfast:priority`, on an instance: whose turn comes first, lowest first.
    pub priority: String,
    /// `holdfast:mover`, on an address or an interface: see [`Mover`](super::Mover).
    pub mover: String,
    /// `holdfast:alarm`, on an address or an interface: the names of the alarms that stand for its
    /// holder's health, separated by commas, for alarms that do not say whose they are.
    pub alarm: String,
    /// `holdfast:cooldown`, on an address or an interface: its own `HOLDFAST_COOLDOWN_SECONDS`.
    pub cooldown: String,
    /// `holdfast:failback`, on an address or an interface: see [`Failback`](super::Failback).
    pub failback: String,
    /// `holdfast:standby`, on an address or an interface: see [`Standby`](super::Standby).
    pub standby: String,
    /// `holdfast:fence`, on an address or an interface: see [`Fencing`](super::Fencing).
    pub fence: String,
    /// `holdfast:address-target`, on an interface: it takes the addresses that come to its instance. Any value but
    /// `false` counts.
    pub address_target: String,
    /// `holdfast:before-event`, on an address or an interface: its own `HOLDFAST_MOVE_BEFORE_EVENT_MINUTES`.
    pub before_event: String,
}

impl TagKeys {
    /// The keys by which an interface concerns us: it moves in a group, or takes the addresses of its instance.
    #[must_use]
    pub fn on_interfaces(&self) -> Vec<String> {
        vec![self.group.clone(), self.address_target.clone()]
    }

    /// The keys under a prefix.
    #[must_use]
    pub fn under(prefix: &str) -> Self {
        Self {
            protect: format!("{prefix}:protect"),
            reclaimed_from: format!("{prefix}:reclaimed-from"),
            reclaimed_at: format!("{prefix}:reclaimed-at"),
            group: format!("{prefix}:group"),
            slot: format!("{prefix}:slot"),
            on_stop: format!("{prefix}:on-stop"),
            priority: format!("{prefix}:priority"),
            mover: format!("{prefix}:mover"),
            alarm: format!("{prefix}:alarm"),
            cooldown: format!("{prefix}:cooldown"),
            failback: format!("{prefix}:failback"),
            standby: format!("{prefix}:standby"),
            fence: format!("{prefix}:fence"),
            address_target: format!("{prefix}:address-target"),
            before_event: format!("{prefix}:before-event"),
        }
    }
}

//! EC2's address semantics as a pure state machine on a clock that whoever uses it owns.
//!
//! It stands in for AWS in tests, demos and benchmarks. Where it is unsure of AWS, the rule says so in place, and
//! nothing that is tested with it must depend on that rule.
//!
//! [`World`] is the door: throttling, authorisation, dry runs, the record of calls, CloudTrail and
//! EventBridge are done there, once for every action. Behind it, [`model::Model`] holds EC2's own
//! state, and each resource family has a file of its own with the rules of its actions.

pub mod alarms;
pub mod api;
pub mod auto_scaling;
pub mod crowd;
pub mod delivery;
pub mod doubts;
#[cfg(feature = "http")]
pub mod http;
pub mod model;
pub mod outside;
pub mod services;
pub mod settings;
pub mod throttle;
pub mod trail;
pub mod world;
pub mod zonal_shifts;

mod addresses;
mod allocation;
mod association;
mod attachments;
mod authorisation;
mod automatic_ips;
mod client_tokens;
mod filters;
mod history;
mod ids;
mod index;
mod instance_attributes;
mod instance_types;
mod instances;
mod interfaces;
mod invariants;
mod launch;
pub mod lifecycle_hooks;
mod networks;
mod on_read;
mod paging;
mod private_ips;
mod reverse_dns;
mod routes;
mod security_groups;
mod stops;
pub mod tagging;
mod tags;
mod timers;
mod vpc_attributes;

#[cfg(test)]
mod tests;

pub use crowd::Crowd;
pub use delivery::Delivery;
pub use doubts::Doubts;
pub use settings::{Settings, Share, TagPolicy, TakenAnswer};
pub use world::World;

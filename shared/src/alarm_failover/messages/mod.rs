//! What a person reads of a failover: what is where now, what is not and why, and what to do next. Nothing is
//! decided here, but how the ends of single moves add up to one outcome.

mod ahead;
mod alarms;
mod ended;
pub(super) mod fences;
mod findings;
mod lifecycle;
mod of_groups;
mod pauses;
mod planned;
mod sentences;
mod subject;
mod targets;
mod untouched;
mod zones;

pub(super) use ahead::{events_ahead, not_due};
pub(super) use alarms::{alarms_unread, contributors_unread, no_log_alarms};
pub(super) use ended::{failure, report};
pub(super) use fences::{stop_limit, would_be_fenced};
pub(super) use findings::{
    flag_findings, lifecycle_not_told, not_observed_finding, not_permitted, obstacles,
    stays_while_wanted, still_stranded, unreadable_tag, unready, untagged_holders, would_leave,
};
pub(super) use lifecycle::{
    completed, not_completed, not_known_to_be_completed, over, refused_to_complete, would_complete,
};
pub(super) use of_groups::{failure_of_groups, of_groups};
pub(super) use pauses::{not_noted, not_paused, now_paused, paused, resumed};
pub(super) use planned::{planned, would};
pub(super) use targets::{doubtful_interfaces, target_tags_in_vain};
pub(super) use untouched::{
    contributors_not_told, lease_taken, no_such_group, not_observed, not_told, nothing_held,
    of_nobody, recovered, unclear,
};
pub(super) use zones::{shifts_not_told, zones_to_leave};

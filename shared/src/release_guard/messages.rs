//! What a person reads of a release: one line that says what happened, findings that say why and what to
//! do next, and the commands that repair Terraform's state. Nothing is decided here.

mod asked;
mod concluded;
mod pending;
mod reclaimed;
mod report;

pub(super) use asked::{already_ours, gone_again, never_had, not_given};
pub(super) use concluded::{already_handled, concluded, ignored, record_unreadable};
pub(super) use pending::{still_pending, unfinished, wrong_address};
pub(super) use reclaimed::{
    ReclaimedAs, held_by_account, place_unread, reclaimed, released_again, with_planned_calls,
};

//! What a person reads of a refresh: one line, and findings with what to do next. Nothing is decided
//! here.

mod called;
mod corrected;
mod displaced;
mod lost_interfaces;
mod rivals;
mod shared;
mod swept;
mod transfers;
mod unprotected;

pub(super) use called::{called, of_releases};
pub(super) use corrected::{corrected, is_associated, left, not_corrected, refused, would_correct};
pub(super) use displaced::with_displaced;
pub(super) use lost_interfaces::with_lost;
pub(super) use rivals::with_rival;
pub(super) use swept::{
    HandledReleases, is_news, is_placed_first, swept, with_failures, with_groups, with_placed,
};
pub(super) use transfers::transferred;
pub(super) use unprotected::with_unprotected;

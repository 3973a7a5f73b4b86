//! The words and colours of `status` and `readiness`.

use crate::output::{Cell, Page};
use holdfast::model::ids::InstanceId;
use holdfast::report::{Finding, Readiness};
use holdfast::settings::{Mode, Protection};

pub(super) fn protection_word(protection: Protection) -> &'static str {
    match protection {
        Protection::Reclaim => "reclaim",
        Protection::Record => "record",
        Protection::None => "none",
    }
}

pub(crate) fn readiness_word(readiness: Readiness, is_known: bool) -> &'static str {
    match readiness {
        Readiness::Ready if !is_known => "ready in what was read",
        Readiness::Ready => "ready",
        Readiness::NotReady => "not ready",
        Readiness::NoStandbyByDesign => "no standby by design",
    }
}

/// What happened, why, and what to do: a line for each.
pub(crate) fn put_finding(page: &mut Page, finding: &Finding) {
    page.finding(&finding.what, &finding.why, &finding.next);
}

/// Ids with a space between them, a dash where there are none.
pub(crate) fn listed(ids: &[InstanceId]) -> Cell {
    let names: Vec<&str> = ids.iter().map(InstanceId::as_str).collect();
    Cell::or_dash((!names.is_empty()).then(|| names.join(" ")))
}

pub(super) fn mode_cell(mode: Mode) -> Cell {
    match mode {
        Mode::Enforce => Cell::good("enforce"),
        Mode::Observe => Cell::attention("observe (it changes nothing)"),
    }
}

/// What stands in the way is so, whatever else could not be read. That nothing does is so of what could be.
pub(crate) fn readiness_cell(readiness: Readiness, is_known: bool) -> Cell {
    let word = readiness_word(readiness, is_known);
    match readiness {
        Readiness::Ready if !is_known => Cell::attention(word),
        Readiness::Ready => Cell::good(word),
        Readiness::NotReady => Cell::bad(word),
        Readiness::NoStandbyByDesign => Cell::faint(word),
    }
}

pub(super) fn protection_cell(protection: Protection) -> Cell {
    let word = protection_word(protection);
    match protection {
        Protection::Reclaim => Cell::good(word),
        Protection::Record => Cell::from(word),
        Protection::None => Cell::faint(word),
    }
}

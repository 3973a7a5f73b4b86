//! The sentences of a summary: what moved where, what did not, and where everything is.

use crate::alarm_failover::plan::StaysOnStop;
use crate::alarm_failover::progress::AtRest;
use crate::model::ids::InstanceId;
use crate::report::{MoveEnd, MoveReport};
use crate::settings::{Mover, Settings};
use std::collections::BTreeSet;

pub(super) fn listed(ids: &BTreeSet<InstanceId>) -> String {
    let ids: Vec<&str> = ids.iter().map(InstanceId::as_str).collect();
    if ids.is_empty() {
        "nobody".to_owned()
    } else {
        ids.join(", ")
    }
}

pub(super) fn sentence(group: &str, moves: &[MoveReport], at_rest: &AtRest) -> String {
    let has = |end: MoveEnd| moves.iter().any(|one| one.end == end);
    if has(MoveEnd::Moved) {
        let all = all_of(moves, MoveEnd::Moved);
        return format!("moved {all}{}", and_not(moves));
    }
    if has(MoveEnd::Returned) {
        let back = all_of(moves, MoveEnd::Returned);
        return format!("no standby of the group {group} took it: back again {back}");
    }
    if has(MoveEnd::NotMoved) {
        return format!("nothing was moved{}", and_not(moves));
    }
    if has(MoveEnd::Gone) {
        let each = moves.iter().filter(|one| one.end == MoveEnd::Gone);
        let names: Vec<String> = each.map(name_of).collect();
        return format!("the group {group} has {} no more", names.join(", "));
    }
    where_it_is(group, at_rest)
}

/// Where what a group has is, and where nothing is to be moved.
pub(super) fn where_it_is(group: &str, at_rest: &AtRest) -> String {
    let mut parts = Vec::new();
    if !at_rest.running.is_empty() {
        let holders = listed(&at_rest.running);
        parts.push(format!(
            "what the group {group} has in use is with {holders}"
        ));
    }
    if !at_rest.not_running.is_empty() {
        let holders = listed(&at_rest.not_running);
        parts.push(format!(
            "of the group {group}, something stays with {holders}, which does not run"
        ));
    }
    let free = at_rest.free.iter();
    parts.extend(free.map(|ip| format!("{ip} is associated with nothing")));
    if parts.is_empty() {
        return format!("the group {group} has nothing that could move");
    }
    parts.join("; ")
}

/// What failover leaves with a holder that does not run, on purpose; nothing where there is none.
pub(super) fn stays_on_purpose(stays: &[StaysOnStop], settings: &Settings) -> Option<String> {
    let those = |is_terminating: bool| {
        let those = stays
            .iter()
            .filter(move |it| it.is_terminating == is_terminating);
        let each = those.map(|one| {
            let (resource, holder) = (&one.resource, &one.holder);
            let ips: Vec<String> = one.public_ips.iter().map(ToString::to_string).collect();
            match ips.as_slice() {
                [] => format!("{resource} stays with {holder}"),
                ips => format!("{} ({resource}) stays with {holder}", ips.join(", ")),
            }
        });
        let all: Vec<String> = each.collect();
        (!all.is_empty()).then(|| all.join(", "))
    };
    let key = &settings.tags.on_stop;
    let stopped =
        those(false).map(|all| format!("{all} (on-stop is `stay`: tag {key}, or OnStop)"));
    let terminating = those(true).map(|all| {
        format!(
            "{all}, which is being terminated: instance-start gives it to a member that has none"
        )
    });
    let parts: Vec<String> = stopped.into_iter().chain(terminating).collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

pub(super) fn all_of(moves: &[MoveReport], end: MoveEnd) -> String {
    let each = moves.iter().filter(|one| one.end == end).map(|one| {
        let to = one.to.as_ref().map_or("nobody", InstanceId::as_str);
        format!("{} to {to}", name_of(one))
    });
    let all: Vec<String> = each.collect();
    if all.is_empty() {
        "nothing".to_owned()
    } else {
        all.join(", ")
    }
}

pub(super) fn and_not(moves: &[MoveReport]) -> String {
    let left = moves
        .iter()
        .filter(|one| one.end == MoveEnd::NotMoved)
        .map(|one| {
            let holder = one.from.as_ref().map_or("nobody", InstanceId::as_str);
            format!("{} stays with {holder}", name_of(one))
        });
    let left: Vec<String> = left.collect();
    if left.is_empty() {
        String::new()
    } else {
        format!("; {}", left.join(", "))
    }
}

pub(super) fn name_of(one: &MoveReport) -> String {
    let own = one
        .eni
        .as_ref()
        .map(ToString::to_string)
        .filter(|_| one.mover == Mover::Eni);
    let private = one.private_ips.iter().map(ToString::to_string).next();
    let own = own
        .or_else(|| one.allocation.as_ref().map(ToString::to_string))
        .or(private);
    let public: Vec<String> = one.public_ips.iter().map(ToString::to_string).collect();
    match (own, public.is_empty()) {
        (Some(own), true) => own,
        (Some(own), false) => format!("{} ({own})", public.join(", ")),
        (None, _) => public.join(", "),
    }
}

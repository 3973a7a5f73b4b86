//! What would be done: in `observe` mode, and where a plan is asked for.

use super::fences::would_leave_open;
use super::findings::{obstacles, would_stay};
use super::sentences::{all_of, and_not, stays_on_purpose};
use super::subject::{after_one_look, failed_members};
use crate::alarm_failover::case::Case;
use crate::alarm_failover::effect::Effect;
use crate::alarm_failover::group::Group;
use crate::alarm_failover::plan::{Blocked, Move, Plan};
use crate::model::ids::InstanceId;
use crate::report::{
    Finding, GroupReport, MoveEnd, MoveReport, Outcome, PlannedCall, Readiness, Report,
};
use std::collections::BTreeSet;

pub(crate) fn would(
    case: &Case<'_>,
    group: &Group<'_>,
    sources: &BTreeSet<InstanceId>,
    plan: &Plan,
    fences: &[Effect],
) -> Report {
    let mut moves = would_move(&plan.moves);
    moves.extend(plan.blocked.iter().map(Blocked::report));
    if moves.is_empty()
        && let Some(stays) = stays_on_purpose(&plan.stays_on_stop, case.settings)
    {
        return case.ignored(&stays);
    }
    let outcome = if plan.moves.is_empty() && !plan.blocked.is_empty() {
        Outcome::Refused
    } else {
        Outcome::WouldFailOver
    };
    let said = format!(
        "would move {} of the group {}{}",
        all_of(&moves, MoveEnd::WouldMove),
        group.name,
        and_not(&moves)
    );
    let mut report = case.report(outcome, &said);
    let calls = fences.iter().filter_map(Effect::planned_call);
    report.would_call = calls_of(&plan.moves).chain(calls).collect();
    report.findings = obstacles(&plan.blocked, group, case.settings);
    report.findings.extend(would_leave_open(fences, group));
    report.findings.extend(left_by(&plan.moves, case));
    let failed = failed_members(case, sources);
    report.subject = after_one_look(case, group.name, failed, moves);
    report
}

pub(crate) fn planned(
    case: &Case<'_>,
    (group, fences): (&GroupReport, Vec<Finding>),
    moves: &[Move],
) -> Report {
    let would = would_move(moves);
    let outcome = if group.ready {
        Outcome::WouldFailOver
    } else {
        Outcome::Refused
    };
    let said = format!(
        "if its holder failed now, {} would move{}",
        all_of(&would, MoveEnd::WouldMove),
        match (group.readiness, &group.by_design) {
            (Readiness::Ready, _) => String::new(),
            (Readiness::NoStandbyByDesign, Some(why)) =>
                format!("; the group has no standby by design: {why}"),
            _ => "; see what stands in the way".to_owned(),
        }
    );
    let mut report = case.report(outcome, &said);
    report.would_call = calls_of(moves).collect();
    report.findings.clone_from(&group.obstacles);
    report.findings.extend(fences);
    report.findings.extend(left_by(moves, case));
    report.subject = after_one_look(case, &group.group, Vec::new(), would);
    report
}

/// What these moves would leave behind.
fn left_by(moves: &[Move], case: &Case<'_>) -> impl Iterator<Item = Finding> {
    let left = moves.iter().filter_map(|one| one.left_behind.as_ref());
    left.map(|left| would_stay(left, case.settings))
}

/// What would be moved.
fn would_move(moves: &[Move]) -> Vec<MoveReport> {
    let each = moves.iter().map(|one| MoveReport {
        end: MoveEnd::WouldMove,
        ..one.report()
    });
    each.collect()
}

/// The calls that change something when moves are carried out, in their order.
fn calls_of(moves: &[Move]) -> impl Iterator<Item = PlannedCall> {
    let effects = moves.iter().flat_map(|one| &one.effects);
    effects.filter_map(Effect::planned_call)
}

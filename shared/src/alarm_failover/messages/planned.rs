//! What would be done: in `observe` mode, and where a plan is asked for.

use super::super::FUNCTION;
use super::super::assessment::Cause;
use super::super::decide::{Move, Plan};
use super::super::group::Group;
use super::super::progress::Progress;
use super::super::route::{AssociationChange, MoveAction};
use super::super::run::Run;
use super::{
    after_one_look, all_of, and_not, blocked_move, obstacles, stays_on_purpose, subject,
    unfinished_move,
};
use crate::clock::Clock;
use crate::model::ids::InstanceId;
use crate::report::{GroupReport, MoveEnd, MoveReport, Outcome, PlannedCall, Report};
use crate::settings::Settings;
use std::collections::BTreeSet;

pub(in crate::alarm_failover) fn would<C, L, K: Clock>(
    run: &Run<'_, C, L, K>,
    group: &Group<'_>,
    sources: &BTreeSet<InstanceId>,
    plan: &Plan,
    pending_fences: Vec<PlannedCall>,
) -> Report {
    let progress = Progress {
        sources: sources.clone(),
        looks: 1,
        ..Progress::default()
    };
    let planned = plan.moves.iter().map(|one| MoveReport {
        end: MoveEnd::WouldMove,
        ..unfinished_move(one)
    });
    let moves: Vec<MoveReport> = planned
        .chain(plan.blocked.iter().map(blocked_move))
        .collect();
    if moves.is_empty()
        && let Some(kept) = stays_on_purpose(&plan.kept, run.settings)
    {
        return Report::not_for(FUNCTION, run.settings.mode, &run.cause.text, &kept);
    }
    let outcome = if plan.moves.is_empty() && !plan.blocked.is_empty() {
        Outcome::Refused
    } else {
        Outcome::WouldFailOver
    };
    let summary = format!(
        "{}: would move {} of the group {}{}",
        run.cause.text,
        all_of(&moves, MoveEnd::WouldMove),
        group.name,
        and_not(&moves)
    );
    let mut report = Report::of(FUNCTION, run.settings.mode, outcome, summary);
    report.would_call = plan
        .moves
        .iter()
        .flat_map(calls_of)
        .chain(pending_fences)
        .collect();
    report.findings = obstacles(&plan.blocked, group, run.settings);
    report.subject = subject(run, group.name, &progress, moves);
    report
}

pub(in crate::alarm_failover) fn planned(
    settings: &Settings,
    cause: &Cause,
    group: &GroupReport,
    moves: &[Move],
) -> Report {
    let would: Vec<MoveReport> = moves
        .iter()
        .map(|one| MoveReport {
            end: MoveEnd::WouldMove,
            ..unfinished_move(one)
        })
        .collect();
    let outcome = if group.ready {
        Outcome::WouldFailOver
    } else {
        Outcome::Refused
    };
    let summary = format!(
        "{}: if its holder failed now, {} would move{}",
        cause.text,
        all_of(&would, MoveEnd::WouldMove),
        if group.ready {
            ""
        } else {
            "; see what stands in the way"
        }
    );
    let mut report = Report::of(FUNCTION, settings.mode, outcome, summary);
    report.would_call = moves.iter().flat_map(calls_of).collect();
    report.findings.clone_from(&group.obstacles);
    report.subject = after_one_look(&group.group, &cause.text, Vec::new(), would);
    report
}

/// The calls that change something when a move is carried out, in their order.
fn calls_of(one: &Move) -> Vec<PlannedCall> {
    match &one.action {
        MoveAction::Interface { eni, from, .. } => {
            let mut calls = Vec::new();
            if let Some(detachment) = from.as_ref().filter(|detachment| !detachment.is_detaching) {
                if detachment.delete_on_termination {
                    let clear =
                        PlannedCall::clear_delete_on_termination(eni, &detachment.attachment);
                    calls.push(clear);
                }
                calls.push(PlannedCall::detach(&detachment.attachment));
            }
            calls.push(PlannedCall::attach(eni, &one.to));
            calls
        }
        MoveAction::PrivateIps { to, ips } => vec![PlannedCall::assign(ips, to)],
        MoveAction::Address {
            allocation,
            eni,
            private_ip,
            association_change,
            ..
        } => {
            let ended = match association_change {
                AssociationChange::EndThenAssociate(association) => {
                    Some(PlannedCall::disassociate(association))
                }
                AssociationChange::New | AssociationChange::Replace => None,
            };
            let associated = PlannedCall::associate(allocation, eni, *private_ip);
            ended.into_iter().chain([associated]).collect()
        }
    }
}

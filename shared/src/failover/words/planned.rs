//! What would be done: in `observe` mode, and where a plan is asked for.

use super::super::FUNCTION;
use super::super::decide::{Move, Plan};
use super::super::evidence::Cause;
use super::super::group::Group;
use super::super::progress::Progress;
use super::super::route::{Step, Tie};
use super::super::run::Run;
use super::{all_of, and_not, obstacles, on_its_way, stays, stays_on_purpose, subject};
use crate::clock::Clock;
use crate::ids::InstanceId;
use crate::report::{
    FailoverReport, GroupReport, MoveEnd, MoveReport, Outcome, PlannedCall, Report, Subject,
};
use crate::settings::Settings;
use std::collections::BTreeSet;

pub(in crate::failover) fn would<C, L, K: Clock>(
    run: &Run<'_, C, L, K>,
    group: &Group<'_>,
    leaving: &BTreeSet<InstanceId>,
    plan: &Plan,
    fences: Vec<PlannedCall>,
) -> Report {
    let progress = Progress {
        leaving: leaving.clone(),
        looks: 1,
        ..Progress::default()
    };
    let planned = plan.moves.iter().map(|one| MoveReport {
        end: MoveEnd::WouldMove,
        ..on_its_way(one)
    });
    let moves: Vec<MoveReport> = planned.chain(plan.blocked.iter().map(stays)).collect();
    if moves.is_empty()
        && let Some(kept) = stays_on_purpose(&plan.kept, run.settings)
    {
        return Report::not_for(FUNCTION, run.settings.mode, &run.cause.words, &kept);
    }
    let outcome = if plan.moves.is_empty() && !plan.blocked.is_empty() {
        Outcome::Refused
    } else {
        Outcome::WouldFailOver
    };
    let summary = format!(
        "{}: would move {} of the group {}{}",
        run.cause.words,
        all_of(&moves, MoveEnd::WouldMove),
        group.name,
        and_not(&moves)
    );
    let mut report = Report::of(FUNCTION, run.settings.mode, outcome, summary);
    report.would_call = plan.moves.iter().flat_map(calls_of).chain(fences).collect();
    report.findings = obstacles(&plan.blocked, group, run.settings);
    report.subject = subject(run, group.name, &progress, moves);
    report
}

pub(in crate::failover) fn planned(
    settings: &Settings,
    cause: &Cause,
    group: &GroupReport,
    moves: &[Move],
) -> Report {
    let would: Vec<MoveReport> = moves
        .iter()
        .map(|one| MoveReport {
            end: MoveEnd::WouldMove,
            ..on_its_way(one)
        })
        .collect();
    let outcome = if group.ready {
        Outcome::WouldFailOver
    } else {
        Outcome::Refused
    };
    let summary = format!(
        "{}: if its holder failed now, {} would move{}",
        cause.words,
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
    report.subject = Subject::Failover(Box::new(FailoverReport {
        group: group.group.clone(),
        cause: cause.words.clone(),
        sick: group.holders.clone(),
        moves: would,
        fenced: Vec::new(),
        fencing: None,
        looks: 1,
        mutating_calls: 0,
    }));
    report
}

/// The calls that change something when a move is carried out, in their order.
fn calls_of(one: &Move) -> Vec<PlannedCall> {
    match &one.step {
        Step::Interface { eni, from, .. } => {
            let mut calls = Vec::new();
            if let Some(ending) = from.as_ref().filter(|ending| !ending.is_leaving) {
                if ending.ends_with_instance {
                    let clear = PlannedCall::clear_delete_on_termination(eni, &ending.attachment);
                    calls.push(clear);
                }
                calls.push(PlannedCall::detach(&ending.attachment));
            }
            calls.push(PlannedCall::attach(eni, &one.to));
            calls
        }
        Step::PrivateIps { to, ips } => vec![PlannedCall::assign(ips, to)],
        Step::Address {
            allocation,
            eni,
            private_ip,
            tie,
            ..
        } => {
            let ended = match tie {
                Tie::Ended(association) => Some(PlannedCall::disassociate(association)),
                Tie::None | Tie::Replaced => None,
            };
            let associated = PlannedCall::associate(allocation, eni, *private_ip);
            ended.into_iter().chain([associated]).collect()
        }
    }
}

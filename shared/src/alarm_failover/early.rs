//! What is asked of the members beside the first look, where a sweep has told who they are. So an alarm that fires costs
//! one round trip less until something moves. Nothing here decides, and nothing here changes anything.
//!
//! It counts where it covers every member that the look shows, and while it is fresh. A member that is new since the sweep,
//! or an answer that did not come, is asked for after the look, as before any sweep. What EC2 shows may have changed since
//! the sweep: only the questions come from there, never an answer.

use super::attach_dry_runs::{self, MAX_DRY_RUNS};
use super::case::{Case, CauseKind};
use super::cloud::AlarmFailoverCloud;
use super::early_answers::{EarlyAnswers, GroupAnswers, Pair};
use super::scope::Scope;
use crate::ledger::MemberAlarms;
use crate::member_alarms::{self, Learnt};
use crate::model::ids::{InstanceId, InstanceType};
use crate::settings::Mode;
use futures_util::future::join_all;
use std::collections::BTreeSet;
use time::OffsetDateTime;

/// How many members of all groups of a cause are asked for early. A larger answer has a second page.
const MAX_MEMBERS: usize = 100;

/// Asks for them. Only an alarm that fires is worth it, for somebody who held something at the sweep: most of what happens
/// to an instance moves nothing.
pub(super) async fn ask<C: AlarmFailoverCloud>(
    cloud: &C,
    case: &Case<'_>,
    scope: &Scope,
    now: OffsetDateTime,
) -> EarlyAnswers {
    let learnt = scope.learnt.as_ref();
    let Some(learnt) = learnt.filter(|_| case.cause.kind == CauseKind::Alarm) else {
        return EarlyAnswers::default();
    };
    let groups = scope.groups.iter();
    let told = groups.filter_map(|group| match learnt.of_group(group) {
        Learnt::Row(row) => Some(row),
        Learnt::Nothing | Learnt::Unread(_) => None,
    });
    let is_worth_it = |row: &MemberAlarms| {
        let named = &case.cause.instances;
        !member_alarms::is_old(row, now)
            && (named.is_empty() || !named.is_disjoint(&row.shown.holders))
    };
    let told: Vec<MemberAlarms> = told.filter(is_worth_it).collect();
    let count = told.iter().map(|row| row.shown.types.len());
    if count.sum::<usize>() > MAX_MEMBERS {
        return EarlyAnswers::default();
    }
    let asked = told.into_iter().map(|row| async {
        let group = row.group.clone();
        (group, of_group(cloud, case, row, now).await)
    });
    EarlyAnswers::of(join_all(asked).await)
}

async fn of_group<C: AlarmFailoverCloud>(
    cloud: &C,
    case: &Case<'_>,
    row: MemberAlarms,
    now: OffsetDateTime,
) -> GroupAnswers {
    let members: Vec<InstanceId> = row.shown.types.keys().cloned().collect();
    let named: Vec<&InstanceId> = members.iter().collect();
    let kinds: BTreeSet<InstanceType> = row.shown.types.values().cloned().collect();
    let kinds: Vec<InstanceType> = kinds.into_iter().collect();
    let pairs = pairs(&row, case);
    let learnt = Learnt::Row(row);
    let (statuses, limits, alarms, dry_runs) = futures_util::join!(
        cloud.checks(&members),
        cloud.limits(&kinds),
        member_alarms::of_members(cloud, &learnt, &named, now),
        attach_dry_runs::ask(cloud, pairs),
    );
    GroupAnswers {
        asked_at: now,
        statuses: statuses.ok(),
        limits: limits.ok(),
        alarms: alarms.ok(),
        dry_runs,
        members: members.into_iter().collect(),
    }
}

/// What those had at the sweep whom the cause names, with each member that may get it. None where they are too many to ask
/// for all: nobody knows yet who stands first.
fn pairs(row: &MemberAlarms, case: &Case<'_>) -> Vec<Pair> {
    let named = &case.cause.instances;
    let held = row.shown.interfaces.iter();
    let held = held.filter(|(_, holder)| named.contains(*holder));
    let standbys = row.shown.types.keys().filter(|id| !named.contains(*id));
    let pairs = standbys.flat_map(|standby| {
        let held = held.clone();
        held.map(|(eni, _)| (eni.clone(), standby.clone()))
    });
    let pairs: Vec<Pair> = pairs.take(MAX_DRY_RUNS + 1).collect();
    let is_asked = case.settings.mode == Mode::Enforce && pairs.len() <= MAX_DRY_RUNS;
    if is_asked { pairs } else { Vec::new() }
}

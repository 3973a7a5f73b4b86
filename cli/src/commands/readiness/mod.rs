//! `holdfast readiness`: whether a failover of each group would work now. It is the decision that an alarm would lead
//! to. What the last sweep of reconcile found stands beside it: its dry runs alone tell what the functions may do.

mod page;

use crate::aws::FunctionState;
use crate::deployment::{Coming, Deployment, Function, OfStack};
use crate::failure::{Exit, Failure};
use crate::first_round::{FirstRound, GroupsRead, is_lease_of, tells_of_groups};
use crate::reports::{self, Logged, LoggedReport, Wanted};
use crate::session::Session;
use crate::unread::Unread;
use clap::Args;
use holdfast::clock::{Clock, WallClock};
use holdfast::ledger::Ledger;
use holdfast::report::{Finding, GroupReport};
use holdfast::settings::Mode;
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

const AFTER_HELP: &str = "\
Exit code 0: every group is ready, or has no standby by design. 1: one is not, or a failover would not happen: the function
only observes or cannot run, a group is paused, or the last sweep tells nothing of it.

Examples:
  holdfast readiness
  holdfast readiness web && echo ready
  holdfast readiness --output tsv";

/// Say whether a failover of each group would work now, and what stands in its way
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct Arguments {
    /// One group only
    #[arg(value_name = "GROUP")]
    group: Option<String>,
}

/// The document.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Readiness {
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
    deployments: Vec<Stack>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Stack {
    region: String,
    stack: String,
    groups: Vec<Group>,
    #[serde(skip)]
    knows_groups: bool,
    /// When the last sweep ended that told of groups; none where none is found.
    #[serde(with = "time::serde::rfc3339::option")]
    last_sweep: Option<OffsetDateTime>,
    /// What keeps addresses from moving however ready their group is, or leaves open whether they would.
    hindrances: Vec<Finding>,
    findings: Vec<Finding>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    #[serde(flatten)]
    report: GroupReport,
    /// Whether all could be read that its readiness hangs on.
    readiness_known: bool,
    /// Whether its pause could be read.
    lease_known: bool,
    /// What the last sweep found in its way and this look does not show: it may be over, or only the functions see it.
    told_by_sweep: Vec<Finding>,
}

/// Reconcile sweeps every five minutes: what is older than this says that it does not.
const SWEEPS_COME_WITHIN: Duration = Duration::minutes(20);

pub(super) async fn run(asked: &Arguments, session: &mut Session) -> Result<Exit, Failure> {
    let (group, clock) = (asked.group.as_deref(), session.clock);
    let found =
        session.looked_at(async |stack, coming| Box::pin(look(stack, coming, group, clock)).await);
    let found = found.await?;
    let (mut stacks, mut unread) = (Vec::new(), found.unread);
    for (stack, of_stack) in found.looks {
        stacks.push(stack);
        unread.extend(of_stack);
    }
    stacks.sort_by(|a, b| (&a.region, &a.stack).cmp(&(&b.region, &b.stack)));
    if let Some(name) = group
        && unread.is_empty()
        && stacks.iter().all(|stack| stack.groups.is_empty())
    {
        return Err(Failure::usage(
            format!("no stack knows a group {name}"),
            "`holdfast readiness` without a name lists all groups.",
        ));
    }
    let document = Readiness {
        at: session.clock.now(),
        deployments: stacks,
    };
    session.finish_partial(document, unread)
}

async fn look(
    stack: OfStack,
    coming: Coming,
    group: Option<&str>,
    clock: WallClock,
) -> Result<(Deployment, (Stack, Vec<Unread>)), Failure> {
    let now = clock.now();
    let (deployment, first) = Box::pin(FirstRound::beside(coming, &stack, clock)).await?;
    let mut gathered = deployment.parts();
    let period = (now - SWEEPS_COME_WITHIN, now);
    let reports = reports::read_of(&deployment, Function::Reconcile, &Wanted::All, period);
    let groups = Box::pin(first.groups(&deployment, group, &mut gathered));
    let ((ports, read), reports) = futures_util::join!(groups, reports);
    let GroupsRead { overview, is_whole } = read;
    let knows_groups = overview.is_some();
    let audit = overview.map(|it| it.audit).unwrap_or_default();
    let reports = gathered.take(reports);
    // A gap in the log may have the sweep that is looked for.
    let knows_sweeps = reports.as_ref().is_some_and(Logged::is_whole);
    let reports = reports.map(|read| read.told(&mut gathered));
    let sweep = last_sweep(&reports.unwrap_or_default());
    let mut hindrances = Vec::new();
    if !knows_groups || !audit.groups.is_empty() {
        hindrances = self::hindrances(&deployment, &audit.groups, sweep.as_ref());
        let has_none = knows_sweeps && knows_groups && sweep.is_none();
        hindrances.extend(has_none.then(|| no_sweep(&deployment)));
        hindrances.extend(deployment.stack_finding());
    }
    let unreadable = ports.ledger.take_unreadable();
    hindrances.extend(deployment.not_known(&unreadable));
    let is_whole = is_whole && !unreadable.iter().any(tells_of_groups);
    let is_told = |it: &&Finding| {
        let mut groups = audit.groups.iter();
        groups.any(|group| group.obstacles.contains(it))
    };
    let findings = audit.findings.iter().filter(|it| !is_told(it)).cloned();
    let findings = findings.collect();
    let last_sweep = sweep.as_ref().map(|(at, _)| *at);
    let told = sweep.map(|(_, groups)| groups).unwrap_or_default();
    let groups = audit.groups.into_iter().map(|report| {
        let lease_known = !unreadable.iter().any(|row| is_lease_of(row, &report.group));
        Group {
            told_by_sweep: beside_sweep(&report, &told),
            report,
            readiness_known: is_whole,
            lease_known,
        }
    });
    let stack = Stack {
        region: deployment.connection.region.clone(),
        stack: deployment.stack.name.clone(),
        last_sweep,
        knows_groups,
        groups: groups.collect(),
        hindrances,
        findings,
    };
    Ok((deployment, (stack, gathered.into_unread())))
}

/// What the last sweep found in the way of a group and this look does not show.
fn beside_sweep(report: &GroupReport, told: &[Told]) -> Vec<Finding> {
    let own = report.obstacles.iter().map(as_told);
    let own: Vec<ToldFinding> = own.collect();
    let of_sweep = told.iter().find(|told| told.group == report.group);
    let of_sweep = of_sweep
        .map(|told| told.obstacles.clone())
        .unwrap_or_default();
    let new = of_sweep.into_iter().filter(|told| !own.contains(told));
    new.map(Finding::from).collect()
}

/// A finding as a report has it: some characters are put by others there.
fn as_told(finding: &Finding) -> ToldFinding {
    let written = serde_json::to_value(finding).unwrap_or_default();
    let text = |key: &str| written[key].as_str().unwrap_or_default().to_owned();
    ToldFinding {
        what: text("what"),
        why: text("why"),
        next: text("next"),
    }
}

/// What keeps addresses from moving however ready their group is, or leaves open whether they would.
fn hindrances(
    deployment: &Deployment,
    groups: &[GroupReport],
    sweep: Option<&(OffsetDateTime, Vec<Told>)>,
) -> Vec<Finding> {
    let mover = Function::AlarmFailover;
    let observes = (deployment.mode(mover) == Some(Mode::Observe)).then(|| Finding {
        what: format!("{mover} is in observe mode: it moves nothing"),
        why: "the stack's parameter AlarmFailoverMode says so".to_owned(),
        next: "when you trust what it would do, set the parameter to enforce: docs/RUNBOOK.md"
            .to_owned(),
    });
    let state = deployment.functions.get(&mover).map(|it| &it.state);
    let broken = match state {
        Some(FunctionState::NotReady { why }) => Some(Finding {
            what: format!("{mover} cannot run"),
            why: why.clone(),
            next: "see the function in the console of Lambda; deploy the stack again".to_owned(),
        }),
        _ => None,
    };
    let paused = groups.iter().filter(|group| group.pause.is_some());
    let paused = paused.map(|group| Finding {
        what: format!(
            "the group {} is paused: nothing of it is moved by itself",
            group.group
        ),
        why: "somebody asked for it".to_owned(),
        next: "nothing: a pause ends by itself; docs/RUNBOOK.md, Pause".to_owned(),
    });
    let unseen = groups.iter().filter(|group| {
        sweep.is_some_and(|(_, told)| told.iter().all(|told| told.group != group.group))
    });
    let unseen = unseen.map(|group| Finding {
        what: format!("the last sweep did not know the group {}", group.group),
        why: "it is new, or its name was changed: whether the functions are permitted to move anything of it is not known"
            .to_owned(),
        next: "look again after the next sweep, within five minutes".to_owned(),
    });
    let all = observes.into_iter().chain(broken);
    all.chain(paused).chain(unseen).collect()
}

/// What the last sweep told of a group.
#[derive(Debug, Clone, Deserialize)]
struct Told {
    group: String,
    #[serde(default)]
    obstacles: Vec<ToldFinding>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct ToldFinding {
    what: String,
    why: String,
    next: String,
}

impl From<ToldFinding> for Finding {
    fn from(told: ToldFinding) -> Self {
        Self {
            what: told.what,
            why: told.why,
            next: told.next,
        }
    }
}

/// When the last sweep ended that looked at groups, and what it told of each.
fn last_sweep(reports: &[LoggedReport]) -> Option<(OffsetDateTime, Vec<Told>)> {
    let mut reports = reports.iter().rev();
    reports.find_map(|report| {
        let groups = report.report.as_ref()?.pointer("/sweep/groups")?;
        let groups = Vec::<Told>::deserialize(groups).ok()?;
        Some((report.at, groups))
    })
}

fn no_sweep(deployment: &Deployment) -> Finding {
    let minutes = SWEEPS_COME_WITHIN.whole_minutes();
    Finding {
        what: format!("{} has told of no group for {minutes} minutes", Function::Reconcile),
        why: "no report of a sweep is in its log: whether the functions are permitted to move anything is not known"
            .to_owned(),
        next: format!("see how {} ends: holdfast reports --all --since 1h", deployment.place()),
    }
}

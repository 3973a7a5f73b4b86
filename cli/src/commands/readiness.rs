//! `holdfast readiness`: whether a failover of each group would work now. It is the decision that an alarm would lead
//! to. What the last sweep of reconcile found stands beside it: its dry runs alone tell what the functions may do.

use super::status::{listed, put_finding, readiness_cell, readiness_word};
use crate::aws::FunctionState;
use crate::deployment::{Deployment, Function};
use crate::failure::{Exit, Failure};
use crate::output::{
    Cell, Document, Page, Table, ago_in_words, counted, finding_in_one_line, time_of,
};
use crate::reports::{self, LoggedReport, Wanted};
use crate::session::Session;
use crate::unread::Unread;
use clap::Args;
use futures_util::future::join_all;
use holdfast::clock::{Clock, WallClock};
use holdfast::ledger::Ledger;
use holdfast::model::ids::InstanceId;
use holdfast::ports::Ports;
use holdfast::reconcile;
use holdfast::report::{Finding, GroupReport, Readiness as Word};
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
    /// What the last sweep found in its way and this look does not show: it may be over, or only the functions see it.
    told_by_sweep: Vec<Finding>,
}

/// Reconcile sweeps every five minutes: what is older than this says that it does not.
const SWEEPS_COME_WITHIN: Duration = Duration::minutes(20);

pub(super) async fn run(asked: &Arguments, session: &mut Session) -> Result<Exit, Failure> {
    let found = session.found().await?;
    let group = asked.group.as_deref();
    let looks = found.deployments.iter();
    let looks = join_all(looks.map(|it| look(it, group, session.clock))).await;
    let (mut stacks, mut unread) = (Vec::new(), found.unread);
    for (stack, of_stack) in looks {
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
    deployment: &Deployment,
    group: Option<&str>,
    clock: WallClock,
) -> (Stack, Vec<Unread>) {
    let (connection, settings) = (&deployment.connection, &deployment.settings);
    let ledger = connection.ledger(&settings.table);
    let ports = Ports {
        cloud: connection.cloud(),
        ledger: ledger.clone(),
        clock,
    };
    let now = clock.now();
    let overview = async {
        let what = format!("the groups of {} could not be read", deployment.place());
        let read = reconcile::overview(&ports, settings, group).await;
        read.map_err(Failure::aws(what))
    };
    let period = (now - SWEEPS_COME_WITHIN, now);
    let reports = reports::read_of(deployment, Function::Reconcile, &Wanted::All, period);
    let (overview, reports) = futures_util::join!(overview, reports);
    let mut gathered = deployment.parts();
    let overview = gathered.take(overview);
    let knows_groups = overview.is_some();
    let audit = overview.map(|it| it.audit).unwrap_or_default();
    let reports = gathered.take(reports);
    let knows_sweeps = reports.is_some();
    let sweep = last_sweep(&reports.unwrap_or_default());
    let mut hindrances = Vec::new();
    if !knows_groups || !audit.groups.is_empty() {
        hindrances = self::hindrances(deployment, &audit.groups, sweep.as_ref());
        let has_none = knows_sweeps && knows_groups && sweep.is_none();
        hindrances.extend(has_none.then(|| no_sweep(deployment)));
        hindrances.extend(deployment.stack_finding());
    }
    hindrances.extend(deployment.not_known(&ledger.take_unreadable()));
    let is_told = |it: &&Finding| {
        let mut groups = audit.groups.iter();
        groups.any(|group| group.obstacles.contains(it))
    };
    let findings = audit.findings.iter().filter(|it| !is_told(it)).cloned();
    let findings = findings.collect();
    let last_sweep = sweep.as_ref().map(|(at, _)| *at);
    let told = sweep.map(|(_, groups)| groups).unwrap_or_default();
    let groups = audit
        .groups
        .into_iter()
        .map(|report| beside_sweep(report, &told));
    let stack = Stack {
        region: connection.region.clone(),
        stack: deployment.stack.name.clone(),
        last_sweep,
        knows_groups,
        groups: groups.collect(),
        hindrances,
        findings,
    };
    (stack, gathered.into_unread())
}

/// A group, with what the last sweep found in its way and this look does not show.
fn beside_sweep(report: GroupReport, told: &[Told]) -> Group {
    let own = report.obstacles.iter().map(as_told);
    let own: Vec<ToldFinding> = own.collect();
    let of_sweep = told.iter().find(|told| told.group == report.group);
    let of_sweep = of_sweep
        .map(|told| told.obstacles.clone())
        .unwrap_or_default();
    let new = of_sweep.into_iter().filter(|told| !own.contains(told));
    Group {
        told_by_sweep: new.map(Finding::from).collect(),
        report,
    }
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

impl Document for Readiness {
    const COMMAND: &'static str = "readiness";

    fn page(&self) -> Page {
        let mut page = Page::default();
        for stack in &self.deployments {
            page.gap();
            let sweep = stack
                .last_sweep
                .map(|at| format!(", last sweep {}", ago_in_words(at, self.at)));
            page.line([
                Cell::strong(stack.stack.as_str()),
                Cell::from(format!(" in {}", stack.region)),
                Cell::faint(format!(
                    "  {}{}",
                    time_of(self.at),
                    sweep.unwrap_or_default()
                )),
            ]);
            if stack.groups.is_empty() && stack.knows_groups {
                page.line(["no group: no instance and no interface has the group tag".into()]);
            }
            for group in &stack.groups {
                group.put_on(&mut page);
            }
            if !stack.hindrances.is_empty() {
                page.line([Cell::bad("However ready the groups are")]);
            }
            for finding in stack.hindrances.iter().chain(&stack.findings) {
                put_finding(&mut page, finding);
            }
        }
        page
    }

    fn rows(&self) -> Table {
        let mut table = Table::of(&[
            "region",
            "stack",
            "group",
            "readiness",
            "holders",
            "standbys",
            "pause",
            "obstacles",
        ]);
        for stack in &self.deployments {
            for Group {
                report,
                told_by_sweep,
            } in &stack.groups
            {
                let obstacles = report.obstacles.iter().chain(told_by_sweep);
                let obstacles: Vec<&str> = obstacles.map(|it| it.what.as_str()).collect();
                table.push([
                    stack.region.as_str().into(),
                    stack.stack.as_str().into(),
                    report.group.as_str().into(),
                    readiness_word(report.readiness).into(),
                    listed(&report.holders),
                    listed(&report.standbys),
                    Cell::or_dash(report.pause.as_ref().map(|pause| time_of(pause.until))),
                    Cell::or_dash((!obstacles.is_empty()).then(|| obstacles.join("; "))),
                ]);
            }
        }
        table
    }

    fn beside_rows(&self) -> Vec<String> {
        let told = self.deployments.iter();
        let told = told.flat_map(|stack| stack.hindrances.iter().chain(&stack.findings));
        told.map(finding_in_one_line).collect()
    }

    fn exit(&self) -> Exit {
        let is_well =
            |stack: &Stack| stack.hindrances.is_empty() && stack.groups.iter().all(Group::is_well);
        if self.deployments.iter().all(is_well) {
            Exit::Done
        } else {
            Exit::Found
        }
    }
}

/// `1 standby with i-0123456789abcdef0`, `no standby`.
fn members(ids: &[InstanceId], one: &str, several: &str) -> String {
    if ids.is_empty() {
        return format!("no {one}");
    }
    format!(
        "{} with {}",
        counted(ids.len(), one, several),
        listed(ids).text
    )
}

impl Group {
    fn is_well(&self) -> bool {
        self.report.readiness != Word::NotReady && self.told_by_sweep.is_empty()
    }

    fn put_on(&self, page: &mut Page) {
        let report = &self.report;
        page.line([
            Cell::strong(report.group.as_str()),
            ": ".into(),
            readiness_cell(report.readiness),
            Cell::from(format!(
                "  {}, {}",
                members(&report.holders, "holder", "holders"),
                members(&report.standbys, "standby", "standbys"),
            )),
        ]);
        if let Some(why) = &report.by_design {
            page.line([Cell::faint(format!("  by design: {why}"))]);
        }
        if let Some(pause) = &report.pause {
            page.line([Cell::attention(format!(
                "  paused until {}",
                time_of(pause.until)
            ))]);
        }
        report.obstacles.iter().for_each(|it| put_finding(page, it));
        if !self.told_by_sweep.is_empty() {
            page.line([Cell::attention(
                "  the last sweep found, and this look does not show:",
            )]);
            self.told_by_sweep
                .iter()
                .for_each(|it| put_finding(page, it));
        }
    }
}

//! Reconcile's part in failover: finish what stopped half way, go on with what had to wait, give back what
//! is to return. It also says for each group whether a failover of each of its holders would work now.
//!
//! Who else is at work: every failover. Each thing that is done here goes through the group's lease, like any
//! other failover; the audit itself changes nothing, and asks for permissions with `DryRun` only.

use super::FailoverCloud;
use super::decide::{self, Move, Plan, Question, Refused};
use super::evidence::{Cause, Kind};
use super::group::{Charge, Group, Seat};
use super::observe::{self, Fitness, Observed};
use super::route::{Step, Tie};
use super::run;
use super::words;
use crate::address::Address;
use crate::clock::Clock;
use crate::cloud::CloudError;
use crate::cloud::moves::Rehearsal;
use crate::error::Error;
use crate::ids::{AllocationId, InstanceId};
use crate::instance::{Checks, Instance, InstanceState};
use crate::ledger::lease::{Episode, Lease};
use crate::ledger::{Ledger, Written};
use crate::placement::group::group_of;
use crate::ports::{Delivery, Ports};
use crate::report::{Finding, GroupReport, Outcome, Report};
use crate::settings::{Failback, Mode, Settings};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use time::OffsetDateTime;

/// What reconcile did and found.
#[derive(Debug, Default)]
pub struct Audit {
    /// Failovers that were finished, taken up again, or given back.
    pub failovers: Vec<Report>,
    /// Whether each group is ready.
    pub groups: Vec<GroupReport>,
    /// What a person should know.
    pub findings: Vec<Finding>,
    /// What was begun in one group and is not finished, which keeps nothing from being done for the others.
    pub failures: Vec<Error>,
}

/// Everything that the readiness of a group follows from.
#[derive(Debug)]
pub(super) struct Ground<'a> {
    pub(super) observed: &'a Observed,
    pub(super) fitness: Fitness,
}

impl<'a> Ground<'a> {
    /// Health and limits of all members of all groups.
    pub(super) async fn survey<C: FailoverCloud, L, K>(
        ports: &Ports<C, L, K>,
        observed: &'a Observed,
    ) -> Result<Ground<'a>, CloudError> {
        let members: Vec<&Instance> = observed.instances.iter().collect();
        let fitness = observe::fitness(&ports.cloud, &members).await?;
        Ok(Ground { observed, fitness })
    }
}

/// Looks at every group. `addresses` are those that reconcile has seen a moment ago.
///
/// # Errors
/// When they could not be looked at: see [`Error`].
pub async fn audit<C: FailoverCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    settings: &Settings,
    addresses: &BTreeMap<AllocationId, Address>,
    delivery: Delivery,
) -> Result<Audit, Error> {
    let seen = observe::groups(ports, settings, addresses.values().cloned().collect()).await;
    let observed = match seen {
        Ok(observed) => observed,
        Err(source) if source.is_passing() => {
            let what = "the groups could not be looked at".to_owned();
            return Err(Error::Unfinished { what, source });
        }
        Err(refusal) => {
            return Ok(Audit {
                findings: vec![words::not_looked(&refusal)],
                ..Audit::default()
            });
        }
    };
    let idle = cause_of(Kind::LeftOver, "reconcile", None, observed.at);
    let names = group_names(&observed, settings);
    let mut audit = Audit::default();
    if names.is_empty() {
        return Ok(audit);
    }
    let (leases, ground) =
        futures_util::join!(ports.ledger.leases(), Ground::survey(ports, &observed));
    let leases = leases.map_err(Error::LedgerUnread)?;
    let leases: BTreeMap<&str, &Lease> = leases
        .iter()
        .map(|lease| (lease.group.as_str(), lease))
        .collect();
    let ground = ground.map_err(|source| run::unseen(&idle, source))?;
    for name in &names {
        let lease = leases.get(name.as_str()).copied();
        match see_to(ports, settings, delivery, &ground, name, lease).await {
            // What still cannot be done is said by the group's obstacles, once.
            Ok(done) => {
                let is_news = |report: &Report| report.outcome != Outcome::Refused;
                audit.failovers.extend(done.into_iter().filter(is_news));
            }
            // The next run tries again by itself: an error would bring this one back, and alarm people, all
            // night long where a group is stopped for the night.
            Err(Error::Stranded { what, .. }) => audit.findings.push(words::still_stranded(&what)),
            Err(failure) => audit.failures.push(failure),
        }
        let group = Group::named(name, &observed, settings, &[]);
        let (mut report, moves) = readiness(&ground, &group, settings, ports.clock.now());
        report
            .obstacles
            .extend(rehearsed(ports, &group, &moves).await);
        report.ready &= report.obstacles.is_empty();
        audit.findings.extend(report.obstacles.iter().cloned());
        audit.groups.push(report);
    }
    Ok(audit)
}

fn group_names(observed: &Observed, settings: &Settings) -> BTreeSet<String> {
    let members = observed.instances.iter().map(|each| &each.tags);
    let interfaces = observed.interfaces.iter().map(|each| &each.tags);
    let tags = members.chain(interfaces);
    tags.filter_map(|tags| group_of(tags, &settings.tags))
        .map(str::to_owned)
        .collect()
}

fn cause_of(kind: Kind, words: &str, group: Option<&str>, at: OffsetDateTime) -> Cause {
    Cause {
        kind,
        words: words.to_owned(),
        at,
        alarms: Vec::new(),
        named: BTreeSet::new(),
        group: group.map(str::to_owned),
    }
}

/// What a group needs now, if anything: at most one failover of each kind.
async fn see_to<C: FailoverCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    settings: &Settings,
    delivery: Delivery,
    ground: &Ground<'_>,
    name: &str,
    lease: Option<&Lease>,
) -> Result<Vec<Report>, Error> {
    let now = ports.clock.now();
    let group = Group::named(name, ground.observed, settings, &[]);
    let is_held = lease.is_some_and(|lease| lease.is_others("", now));
    if group.members.is_empty() || is_held {
        return Ok(Vec::new());
    }
    let mut done = Vec::new();
    let under_way = lease.and_then(|lease| {
        let last = lease.last.as_ref();
        last.filter(|_| lease.is_about_who_took_over())
            .or(lease.under_way.as_ref())
    });
    let is_down = |holder: &InstanceId| super::evidence::is_down(holder, ground.observed);
    let adrift = |charge: &Charge<'_>| match &charge.seat {
        Seat::With(holder) => is_down(holder) && charge.goes_on_stop(settings),
        Seat::Leaving(_) | Seat::Adrift => true,
    };
    let cause = match under_way {
        Some(episode) => Some(taken_up(episode, name, now)),
        None if group.charges.iter().any(adrift) => Some(found_down(&group, name, now, &is_down)),
        None => None,
    };
    if let Some(cause) = cause {
        done.push(run::caused(ports, settings, &cause, delivery).await?);
        return Ok(done);
    }
    if let Some(lease) = lease
        && let Some(home) = home_of(&group, ground, settings, lease)
    {
        done.extend(give_back(ports, settings, delivery, &group, home, lease).await?);
    }
    Ok(done)
}

/// What an earlier run noted as under way: with its alarms, which are read again.
pub(super) fn taken_up(episode: &Episode, group: &str, now: OffsetDateTime) -> Cause {
    let kind = if episode.alarms.is_empty() {
        Kind::LeftOver
    } else {
        Kind::Alarm
    };
    Cause {
        alarms: episode.alarms.clone(),
        named: episode.sick.clone(),
        at: episode.fired_at,
        ..cause_of(
            kind,
            &format!("{}, taken up again", episode.cause),
            Some(group),
            now,
        )
    }
}

/// A member that is down, or something that is with nobody, and no event that told of it.
fn found_down(
    group: &Group<'_>,
    name: &str,
    now: OffsetDateTime,
    is_down: &impl Fn(&InstanceId) -> bool,
) -> Cause {
    let down: BTreeSet<InstanceId> = group.holders().into_iter().filter(is_down).collect();
    if down.is_empty() {
        return cause_of(
            Kind::LeftOver,
            "an address that is with nobody",
            Some(name),
            now,
        );
    }
    Cause {
        named: down,
        ..cause_of(Kind::Down, "a holder that does not run", Some(name), now)
    }
}

/// The member to which everything is to return, if something asks for it and it is not there already.
pub(super) fn home_of<'a>(
    group: &Group<'a>,
    ground: &Ground<'_>,
    settings: &Settings,
    lease: &Lease,
) -> Option<(&'a Instance, std::time::Duration, bool)> {
    let home = *group.members.first()?;
    let waits = group.charges.iter().filter_map(|charge| {
        let own = charge.tags.get(&settings.tags.failback);
        let own = own.and_then(|value| value.trim().parse().ok());
        match own.unwrap_or(settings.failback) {
            Failback::After(healthy) if charge.seat.instance() != Some(&home.id) => Some(healthy),
            _ => None,
        }
    });
    let wait = waits.max()?;
    let is_fit = home.state == InstanceState::Running
        && ground.fitness.checks.get(&home.id) == Some(&Checks::Ok)
        && ground.observed.firing_for(&home.id).is_none()
        && !still_fires(lease.last.as_ref(), ground.observed);
    Some((home, wait, is_fit))
}

/// Whether an alarm that names no instance and led to the last failover fires to this day: nothing says
/// that it would not lead to the next.
pub(super) fn still_fires(last: Option<&Episode>, observed: &Observed) -> bool {
    let mut alarms = last.into_iter().flat_map(|last| &last.alarms);
    alarms.any(|name| {
        let alarm = observed.alarms.get(name).filter(|alarm| alarm.fires());
        alarm.is_some_and(|alarm| alarm.measures.iter().all(|on| on.instance().is_none()))
    })
}

/// Notes since when the first member is healthy, and moves everything back when that is long enough.
async fn give_back<C: FailoverCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    settings: &Settings,
    delivery: Delivery,
    group: &Group<'_>,
    (home, wait, is_fit): (&Instance, std::time::Duration, bool),
    lease: &Lease,
) -> Result<Option<Report>, Error> {
    let now = ports.clock.now();
    let since = is_fit.then(|| lease.home_fit_since.unwrap_or(now));
    if let Some(since) = since
        && now - since >= wait
    {
        let to = home.id.clone();
        let words = format!(
            "{to} has been healthy for {} min",
            (now - since).whole_minutes()
        );
        let cause = cause_of(Kind::Failback { to }, &words, Some(group.name), now);
        return Ok(Some(run::caused(ports, settings, &cause, delivery).await?));
    }
    if since != lease.home_fit_since && settings.mode == Mode::Enforce {
        let noted = Lease {
            home_fit_since: since,
            held: None,
            ..lease.clone()
        };
        let written = ports.ledger.put_lease(&noted).await;
        // Refused: a failover has come about in between, and counts anew.
        let (Written::Stored | Written::Conflict) =
            written.map_err(|source| Error::LedgerUnwritten {
                done: format!("the health of {} was read", home.id),
                source,
            })?;
    }
    Ok(None)
}

/// What would be done for each holder if it failed now, and what stands in the way.
pub(super) fn readiness(
    ground: &Ground<'_>,
    group: &Group<'_>,
    settings: &Settings,
    now: OffsetDateTime,
) -> (GroupReport, Vec<Move>) {
    let holders = group.holders();
    let mut moves = Vec::new();
    let mut obstacles = Vec::new();
    let each = holders
        .iter()
        .map(|holder| BTreeSet::from([holder.clone()]));
    // Where nobody holds anything, what is with nobody is all that there is to be moved.
    let nobody = holders.is_empty().then(BTreeSet::new);
    for leaving in each.chain(nobody) {
        let plan = if_failed(ground, group, &leaving, settings, now);
        for finding in words::obstacles(&plan.blocked, group, settings) {
            if !obstacles.contains(&finding) {
                obstacles.push(finding);
            }
        }
        moves.extend(plan.moves);
    }
    obstacles.extend(words::flags(group));
    obstacles.extend(words::strangers(group, ground.observed, settings));
    let standbys: BTreeSet<InstanceId> = moves.iter().map(|one| one.to.clone()).collect();
    let report = GroupReport {
        group: group.name.to_owned(),
        ready: obstacles.is_empty(),
        holders: holders.into_iter().collect(),
        standbys: standbys.into_iter().collect(),
        free_addresses: group.free.len(),
        obstacles,
    };
    (report, moves)
}

fn if_failed(
    ground: &Ground<'_>,
    group: &Group<'_>,
    leaving: &BTreeSet<InstanceId>,
    settings: &Settings,
    now: OffsetDateTime,
) -> Plan {
    decide::plan(&Question {
        group,
        observed: ground.observed,
        fitness: &ground.fitness,
        kind: &Kind::Interruption,
        leaving,
        may_begin: true,
        last_ended_at: None,
        refused: &Refused::default(),
        settings,
        now,
    })
}

/// Whether the calls would be permitted: the first of each kind.
async fn rehearsed<C: FailoverCloud, L, K>(
    ports: &Ports<C, L, K>,
    group: &Group<'_>,
    moves: &[Move],
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut asked = HashSet::new();
    for one in moves {
        for call in rehearsals(one) {
            if !asked.insert(std::mem::discriminant(&call)) {
                continue;
            }
            if let Err(failure @ CloudError::Denied(_)) = ports.cloud.rehearse(&call).await {
                findings.push(words::not_permitted(group, &failure));
            }
        }
    }
    findings
}

pub(super) fn rehearsals(one: &Move) -> Vec<Rehearsal> {
    match &one.step {
        Step::Interface {
            eni,
            from,
            device_index,
        } => {
            let detach = from
                .as_ref()
                .map(|from| Rehearsal::Detach(from.attachment.clone()));
            let attach = Rehearsal::Attach {
                eni: eni.clone(),
                instance: one.to.clone(),
                device_index: *device_index,
            };
            detach.into_iter().chain([attach]).collect()
        }
        Step::Address {
            allocation,
            eni,
            private_ip,
            tie,
            ..
        } => {
            let associate = Rehearsal::Associate {
                allocation: allocation.clone(),
                eni: eni.clone(),
                private_ip: *private_ip,
            };
            let end = match tie {
                Tie::Ended(association) => Some(Rehearsal::Disassociate(association.clone())),
                Tie::None | Tie::Replaced => None,
            };
            end.into_iter().chain([associate]).collect()
        }
        // EC2 has no DryRun for the calls that move private IPs.
        Step::PrivateIps { .. } => Vec::new(),
    }
}

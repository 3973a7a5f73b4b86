//! What the checks look at, read once and all at the same time. Each read fails for itself.

use super::verdict::Read;
use crate::aws::checks::{
    HeldAddress, Identity, METRIC_ALARM, RegionTrail, Release, SeenAlarm, SeenLine, SeenRule,
    StackResource, VpcNames,
};
use crate::aws::{CloudError, Connection, Stack};
use crate::deployment::{Deployment, Function};
use futures_util::future::join_all;
use futures_util::join;
use holdfast::ledger::Ledger;
use holdfast_aws::DynamoLedger;
use std::collections::{BTreeMap, BTreeSet};
use time::{Duration, OffsetDateTime};

/// Runs of so long ago count.
const RUNS: Duration = Duration::hours(1);
/// Reconcile is called every five minutes, and the alarm `schedule-missed` waits as long.
const SWEEP: Duration = Duration::minutes(15);
/// Denials of so long ago count.
const DENIALS: Duration = Duration::DAY;
/// So many protected addresses are asked about.
const TRIALS: usize = 3;

/// A run that Lambda says has not gone well, and one that has.
const FAILED: &str = r#"{ $.type = "platform.report" && $.record.status != "success" }"#;
const WENT_WELL: &str = r#"{ $.type = "platform.report" && $.record.status = "success" }"#;
const ANY_RUN: &str = r#"{ $.type = "platform.start" }"#;
/// AWS's codes for a call that is denied.
const DENIED: &str = "?UnauthorizedOperation ?AccessDenied";

/// How the last runs of a function ended.
#[derive(Debug)]
pub(super) struct LastRun {
    /// The function.
    pub function: Function,
    /// The last run that failed.
    pub failed: Option<SeenLine>,
    /// The last run that did not, where one failed.
    pub went_well: Option<SeenLine>,
}

impl LastRun {
    /// Whether the last run of all failed.
    pub(super) fn is_failing(&self) -> bool {
        match (&self.failed, &self.went_well) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(failed), Some(well)) => failed.at > well.at,
        }
    }
}

/// What waits in a queue.
#[derive(Debug)]
pub(super) struct Queue {
    /// The output of the stack that has its URL.
    pub output: &'static str,
    /// How many.
    pub messages: u64,
}

/// What the ledger has.
#[derive(Debug)]
pub(super) struct LedgerSeen {
    /// Addresses that it knows.
    pub addresses: usize,
    /// Releases that it knows.
    pub releases: usize,
    /// Rows that cannot be read.
    pub unreadable: Vec<String>,
}

/// What wrote the ledger's rows.
#[derive(Debug)]
pub(super) struct Writers {
    /// The versions.
    pub versions: BTreeSet<String>,
    /// Rows that cannot be read, so that nobody knows what wrote them.
    pub unreadable: Vec<String>,
}

/// The alarms of the members of all groups.
#[derive(Debug)]
pub(super) struct GroupAlarms {
    /// The members that a sweep has found, each with the alarms that name it.
    pub members: BTreeMap<String, BTreeSet<String>>,
    /// The alarms as they are now.
    pub alarms: Vec<SeenAlarm>,
    /// Rows that cannot be read: each may have further members.
    pub unreadable: Vec<String>,
    /// How many alarms that name a member had no room in the ledger.
    pub left_out: usize,
    /// When the oldest row was learnt; none where there is no row.
    pub as_of: Option<OffsetDateTime>,
}

/// A protected address, and whether it could be released.
#[derive(Debug)]
pub(super) struct Tried {
    /// The address.
    pub ip: String,
    /// Whether it could be released.
    pub release: Release,
}

/// Everything that is read for one stack.
#[derive(Debug)]
pub(super) struct Reads {
    pub(super) identity: Read<Identity>,
    pub(super) time_of_aws: Option<OffsetDateTime>,
    pub(super) trails: Read<Vec<RegionTrail>>,
    pub(super) resources: Read<Vec<StackResource>>,
    pub(super) rules: Vec<Read<SeenRule>>,
    pub(super) concurrency: Vec<Read<(Function, Option<i32>)>>,
    pub(super) runs: Vec<Read<LastRun>>,
    pub(super) sweep: Read<Option<SeenLine>>,
    pub(super) denials: Vec<Read<Option<(Function, SeenLine)>>>,
    pub(super) stacks: Read<Vec<Stack>>,
    pub(super) ledger: Read<LedgerSeen>,
    pub(super) written_by: Read<Writers>,
    pub(super) queues: Vec<Read<Queue>>,
    pub(super) stack_alarms: Read<Vec<SeenAlarm>>,
    pub(super) group_alarms: Read<GroupAlarms>,
    pub(super) quota: Read<f64>,
    pub(super) addresses: Read<Vec<HeldAddress>>,
    pub(super) vpcs: Read<Vec<Read<VpcNames>>>,
    pub(super) releases: Vec<Read<Tried>>,
}

impl Reads {
    pub(super) async fn of(deployment: &Deployment, now: OffsetDateTime) -> Self {
        let aws = &deployment.connection;
        let first = async {
            join!(
                aws.identity(),
                aws.trails(),
                async {
                    let resources = aws.stack_resources(&deployment.stack.name).await;
                    let of_resources = of_resources(aws, &resources).await;
                    (resources, of_resources)
                },
                concurrency(deployment),
                queues(deployment),
                aws.stacks(),
                aws.address_quota()
            )
        };
        let second = async {
            join!(
                runs(deployment, now),
                sweep(deployment, now),
                denials(deployment, now),
                ledger(deployment),
                written_by(deployment),
                group_alarms(deployment),
                async {
                    let addresses = aws.held_addresses().await;
                    let of_addresses = of_addresses(deployment, &addresses).await;
                    (addresses, of_addresses)
                }
            )
        };
        let (first, second) = join!(Box::pin(first), Box::pin(second));
        let ((identity, time_of_aws), trails, of_stack, concurrency, queues, stacks, quota) = first;
        let (resources, (rules, stack_alarms)) = of_stack;
        let (runs, sweep, denials, ledger, written_by, group_alarms, of_addresses) = second;
        let (addresses, (vpcs, releases)) = of_addresses;
        Self {
            identity,
            time_of_aws,
            trails,
            resources,
            rules,
            concurrency,
            runs,
            sweep,
            denials,
            stacks,
            ledger,
            written_by,
            queues,
            stack_alarms,
            group_alarms,
            quota,
            addresses,
            vpcs,
            releases,
        }
    }
}

/// The rules and the alarms among a stack's resources; none where these could not be read.
async fn of_resources(
    aws: &Connection,
    resources: &Read<Vec<StackResource>>,
) -> (Vec<Read<SeenRule>>, Read<Vec<SeenAlarm>>) {
    let of = |kind: &'static str| {
        let all = resources.iter().flatten();
        all.filter(move |resource| resource.kind == kind)
    };
    let rules = of("AWS::Events::Rule");
    let rules = rules.map(|rule| aws.rule(&rule.logical_id, &rule.physical_id));
    let alarms = of(METRIC_ALARM).map(|alarm| alarm.physical_id.clone());
    let alarms: Vec<String> = alarms.collect();
    join!(join_all(rules), aws.alarms_named(&alarms))
}

async fn concurrency(deployment: &Deployment) -> Vec<Read<(Function, Option<i32>)>> {
    let looks = deployment
        .functions
        .iter()
        .map(|(function, it)| async move {
            let most = deployment.connection.reserved_concurrency(&it.arn).await?;
            Ok::<_, CloudError>((*function, most))
        });
    join_all(looks).await
}

async fn queues(deployment: &Deployment) -> Vec<Read<Queue>> {
    let looks = ["FailedEventsQueue", "UndeliveredEventsQueue"].map(|output| async move {
        let url = deployment.output(output).unwrap_or_default();
        let messages = deployment.connection.waiting_messages(url).await?;
        Ok::<_, CloudError>(Queue { output, messages })
    });
    join_all(looks).await
}

async fn last_line(
    aws: &Connection,
    group: &str,
    pattern: &str,
    since: OffsetDateTime,
) -> Read<Option<SeenLine>> {
    aws.last_line(group, pattern, since).await
}

async fn runs(deployment: &Deployment, now: OffsetDateTime) -> Vec<Read<LastRun>> {
    let aws = &deployment.connection;
    let looks = deployment
        .functions
        .iter()
        .map(|(function, it)| async move {
            let failed = last_line(aws, &it.log_group, FAILED, now - RUNS).await?;
            let went_well = match &failed {
                Some(failed) => last_line(aws, &it.log_group, WENT_WELL, failed.at).await?,
                None => None,
            };
            Ok::<_, CloudError>(LastRun {
                function: *function,
                failed,
                went_well,
            })
        });
    join_all(looks).await
}

/// None where it is not known where reconcile logs: the check is not made then.
async fn sweep(deployment: &Deployment, now: OffsetDateTime) -> Read<Option<SeenLine>> {
    match deployment.functions.get(&Function::Reconcile) {
        Some(it) => last_line(&deployment.connection, &it.log_group, ANY_RUN, now - SWEEP).await,
        None => Ok(None),
    }
}

async fn denials(
    deployment: &Deployment,
    now: OffsetDateTime,
) -> Vec<Read<Option<(Function, SeenLine)>>> {
    let looks = deployment
        .functions
        .iter()
        .map(|(function, it)| async move {
            let aws = &deployment.connection;
            let line = last_line(aws, &it.log_group, DENIED, now - DENIALS).await?;
            Ok::<_, CloudError>(line.map(|line| (*function, line)))
        });
    join_all(looks).await
}

async fn ledger(deployment: &Deployment) -> Read<LedgerSeen> {
    let ledger = deployment.connection.ledger(&deployment.settings.table);
    let first = async { join!(ledger.snapshots(), ledger.releases(), ledger.leases()) };
    let second = async { join!(ledger.member_alarms(), ledger.floating_interfaces()) };
    let ((snapshots, releases, leases), (alarms, interfaces)) = join!(first, second);
    let (snapshots, releases) = (snapshots?, releases?);
    let (_, _, _) = (leases?, alarms?, interfaces?);
    Ok(LedgerSeen {
        addresses: snapshots.len(),
        releases: releases.len(),
        unreadable: unreadable(&ledger),
    })
}

/// The names of the rows that this client of the ledger has met and could not read.
fn unreadable(ledger: &DynamoLedger) -> Vec<String> {
    let rows = ledger.take_unreadable().into_iter();
    rows.map(|row| row.name).collect()
}

/// The versions that wrote what each sweep writes anew.
async fn written_by(deployment: &Deployment) -> Read<Writers> {
    let ledger = deployment.connection.ledger(&deployment.settings.table);
    let (alarms, interfaces) = join!(ledger.member_alarms(), ledger.floating_interfaces());
    let of_alarms = alarms?.into_iter().map(|row| row.written_by);
    let of_interfaces = interfaces?.into_iter().map(|row| row.written_by);
    Ok(Writers {
        versions: of_alarms.chain(of_interfaces).collect(),
        unreadable: unreadable(&ledger),
    })
}

async fn group_alarms(deployment: &Deployment) -> Read<GroupAlarms> {
    let ledger = deployment.connection.ledger(&deployment.settings.table);
    let rows = ledger.member_alarms().await?;
    let left_out = rows.iter().map(|row| row.left_out).sum();
    let as_of = rows.iter().map(|row| row.as_of).min();
    let members: BTreeMap<String, BTreeSet<String>> = rows
        .into_iter()
        .flat_map(|row| row.alarms)
        .map(|(member, names)| (member.to_string(), names))
        .collect();
    let names: BTreeSet<String> = members.values().flatten().cloned().collect();
    let names: Vec<String> = names.into_iter().collect();
    Ok(GroupAlarms {
        members,
        alarms: deployment.connection.alarms_named(&names).await?,
        unreadable: unreadable(&ledger),
        left_out,
        as_of,
    })
}

/// What follows from the addresses; nothing where these could not be read.
async fn of_addresses(
    deployment: &Deployment,
    addresses: &Read<Vec<HeldAddress>>,
) -> (Read<Vec<Read<VpcNames>>>, Vec<Read<Tried>>) {
    let held: Vec<&HeldAddress> = addresses.iter().flatten().collect();
    join!(vpcs(deployment, &held), releases(deployment, &held))
}

async fn vpcs(deployment: &Deployment, held: &[&HeldAddress]) -> Read<Vec<Read<VpcNames>>> {
    let keys = &deployment.settings.tags;
    let ours = held.iter().filter(|address| {
        let has = |key: &String| address.tags.contains_key(key);
        has(&keys.protect) || has(&keys.group)
    });
    let interfaces: Vec<String> = ours
        .filter_map(|address| address.interface.clone())
        .collect();
    deployment.connection.vpcs_of(&interfaces).await
}

async fn releases(deployment: &Deployment, held: &[&HeldAddress]) -> Vec<Read<Tried>> {
    let key = &deployment.settings.tags.protect;
    let is_protected = |address: &&&HeldAddress| {
        address
            .tags
            .get(key)
            .is_some_and(|value| value == "reclaim")
    };
    let trial = &deployment.connection.release_trial();
    let protected = held.iter().filter(is_protected).take(TRIALS);
    let looks = protected.filter_map(|address| {
        let (ip, allocation) = (address.ip.clone(), address.allocation.clone()?);
        Some(async move {
            let release = trial.of(&allocation).await?;
            Ok::<_, CloudError>(Tried { ip, release })
        })
    });
    join_all(looks).await
}

//! What is read before anything is decided. Nothing here changes anything.
//!
//! 1. `scope`: whether it is about a group at all.
//! 2. At the same time: the instances, interfaces and addresses with a group tag, and the alarms of the cause by name.
//!    Beside them: what a sweep has learnt of the alarms on the members.
//! 3. Only where it is needed: an instance that holds something and was not among them, by its id. Also the
//!    instances for which an alarm on many of them fires.
//! 4. Beside the lease: how well the members are, what the alarms on them say, and what their types allow. Also who may
//!    be given which interface, and which members Auto Scaling has in service, and where zones are to be left. Where a
//!    sweep has told who the members are, an alarm asks for the first four of these beside step 2 (`early`).
//!
//! Nothing of it grows with what is others'.

use super::attach_dry_runs;
use super::case::{Case, Cause, CauseKind};
use super::cloud::{AlarmFailoverCloud, ReadFleet};
use super::early;
use super::early_answers::EarlyAnswers;
use super::group::Group;
use super::scope::{self, Scope};
use super::state::{Look, MemberHealth, Observed};
use super::zonal_shifts;
use crate::clock::Clock;
use crate::cloud::health::{ReadAlarmContributors, ReadAlarms, ReadLifecycleStates};
use crate::cloud::{AddressFilter, CloudError, InstanceFilter, InterfaceFilter, ReadInstances};
use crate::error::chain;
use crate::ledger::Ledger;
use crate::member_alarms::{self, AlarmsOnMembers, Rows};
use crate::model::alarm::Alarm;
use crate::model::auto_scaling::{GROUP_TAG, LifecycleState};
use crate::model::elastic_ip::Address;
use crate::model::ids::{EniId, InstanceId, InstanceType};
use crate::model::instance::{Instance, InstanceState, InstanceTypeLimits};
use crate::model::instance_status::InstanceStatus;
use crate::ports::Ports;
use crate::retry::{Backoff, Limit, retry_transient};
use crate::settings::{Mode, Settings};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The first pause after a look that EC2 did not answer; each further one is twice as long.
const PAUSE: Duration = Duration::from_millis(300);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Whether a cause may be about a group, and what is to be read for it. It is asked again while EC2 does not answer, as
/// long as there is time to do something with the answer.
pub(super) async fn scope<C: AlarmFailoverCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    case: &Case<'_>,
) -> Result<Scope, CloudError> {
    let once = || scope::of((&ports.cloud, &ports.ledger), case.settings, case.cause);
    retry_transient(&ports.clock, backoff(case), once).await
}

/// A look at EC2 and at the alarms of the cause, repeated in the same way.
pub(super) async fn look<C: AlarmFailoverCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    case: &Case<'_>,
    scope: &Scope,
) -> Result<Observed, CloudError> {
    // Once: what is asked early is asked again after the look where it has to be.
    let early = early::ask(&ports.cloud, case, scope, ports.clock.now());
    let once = || look_once(ports, case, scope);
    let observed = retry_transient(&ports.clock, backoff(case), once);
    let (observed, early) = futures_util::join!(observed, early);
    Ok(Observed { early, ..observed? })
}

/// A new look at one group, with how well its members are. `sources` says who is to lose what it holds.
pub(super) async fn look_at_group<C: AlarmFailoverCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    case: &Case<'_>,
    name: &str,
    sources: impl FnOnce(&Group<'_>) -> BTreeSet<InstanceId>,
) -> Result<Look, CloudError> {
    let scope = Scope {
        groups: BTreeSet::from([name.to_owned()]),
        alarms: case.cause.alarms.iter().cloned().collect(),
        learnt: None,
    };
    let observed = look(ports, case, &scope).await?;
    let health = {
        let group = Group::named(name, &observed, case.settings, &[]);
        health(ports, case, &group, &observed, &sources(&group)).await?
    };
    Ok(Look::new(observed, health))
}

fn backoff(case: &Case<'_>) -> Backoff {
    Backoff {
        first: PAUSE,
        longest: LONGEST_PAUSE,
        limit: Limit::until(case.look_deadline()),
    }
}

async fn look_once<C: AlarmFailoverCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    case: &Case<'_>,
    scope: &Scope,
) -> Result<Observed, CloudError> {
    let at = ports.clock.now();
    let (cloud, settings) = (&ports.cloud, case.settings);
    let key = &settings.tags.group;
    let (tagged, floating, grouped) = (
        InstanceFilter::TagKey(key.clone()),
        InterfaceFilter::TagKeys(settings.tags.on_interfaces()),
        AddressFilter::TagKey(key.clone()),
    );
    let learnt = async {
        match &scope.learnt {
            Some(rows) => rows.clone(),
            None => Rows::read(&ports.ledger).await,
        }
    };
    let (instances, interfaces, addresses, alarms, learnt, lifecycle) = futures_util::join!(
        cloud.instances(&tagged),
        cloud.interfaces(&floating),
        cloud.addresses(&grouped),
        alarms_of(cloud, case.cause, scope),
        learnt,
        lifecycle_of_cause(cloud, case.cause),
    );
    let observed = Observed {
        at,
        instances: instances?,
        interfaces: interfaces?,
        addresses: addresses?,
        others: BTreeMap::new(),
        contributors_not_told: None,
        alarms: alarms?,
        reads_log_alarms: cloud.reads_log_alarms(),
        learnt,
        lifecycle: lifecycle?,
        early: EarlyAnswers::default(),
    };
    let observed = observed.with_contributors(cloud, case.cause).await?;
    observed.with_others(cloud, settings).await
}

/// A look at all groups, with the addresses that somebody has read already. Who has failed is not among it.
pub(super) async fn groups<C: ReadFleet, L, K: Clock>(
    ports: &Ports<C, L, K>,
    settings: &Settings,
    addresses: Vec<Address>,
) -> Result<Observed, CloudError> {
    let at = ports.clock.now();
    let tagged = InstanceFilter::TagKey(settings.tags.group.clone());
    let floating = InterfaceFilter::TagKeys(settings.tags.on_interfaces());
    let (instances, interfaces) = futures_util::join!(
        ports.cloud.instances(&tagged),
        ports.cloud.interfaces(&floating)
    );
    let observed = Observed {
        at,
        instances: instances?,
        interfaces: interfaces?,
        addresses,
        others: BTreeMap::new(),
        contributors_not_told: None,
        alarms: BTreeMap::new(),
        reads_log_alarms: ports.cloud.reads_log_alarms(),
        learnt: Rows::default(),
        lifecycle: BTreeMap::new(),
        early: EarlyAnswers::default(),
    };
    observed.with_others(&ports.cloud, settings).await
}

/// The alarms of the cause with all beneath them, whatever state they are in.
async fn alarms_of<C: ReadAlarms>(
    cloud: &C,
    cause: &Cause,
    scope: &Scope,
) -> Result<BTreeMap<String, Alarm>, CloudError> {
    if cause.kind != CauseKind::Alarm {
        return Ok(BTreeMap::new());
    }
    let names: Vec<String> = scope.alarms.iter().cloned().collect();
    scope::with_children(cloud, &names).await
}

/// Where Auto Scaling has the instances of which it tells: each look asks again, and nothing moves without an answer.
async fn lifecycle_of_cause<C: ReadLifecycleStates>(
    cloud: &C,
    cause: &Cause,
) -> Result<BTreeMap<InstanceId, LifecycleState>, CloudError> {
    if cause.kind != CauseKind::LifecycleAction {
        return Ok(BTreeMap::new());
    }
    let ids: Vec<InstanceId> = cause.instances.iter().cloned().collect();
    cloud.lifecycle_states(&ids).await
}

impl Observed {
    /// With the holders that were not among the instances. A member whose tag was taken away, or never
    /// set, runs as well as any other, and is not to be taken for one that is gone.
    pub(super) async fn with_others<C: ReadInstances>(
        mut self,
        cloud: &C,
        settings: &Settings,
    ) -> Result<Self, CloudError> {
        let shown: BTreeSet<&InstanceId> = self.instances.iter().map(|each| &each.id).collect();
        let untagged_holders: BTreeSet<InstanceId> = self
            .holders(settings)
            .map(|(_, holder)| holder)
            .filter(|holder| !shown.contains(holder))
            .cloned()
            .collect();
        if untagged_holders.is_empty() {
            return Ok(self);
        }
        let named = InstanceFilter::Ids(untagged_holders.into_iter().collect());
        let shown = cloud.instances(&named).await?;
        self.others = shown
            .into_iter()
            .map(|each| (each.id, each.state))
            .collect();
        Ok(self)
    }

    /// With the instances for which an alarm of the cause fires, where it watches many time series of which
    /// one has named an instance. The alarm may go on firing when that one is well again. Where AWS does not tell, the
    /// event has: it names the instance. The same for those beneath a composite, whose event names no instance.
    async fn with_contributors<C: ReadAlarmContributors>(
        mut self,
        cloud: &C,
        cause: &Cause,
    ) -> Result<Self, CloudError> {
        let own = cause.alarms.first();
        let is_meant = |alarm: &Alarm| {
            if own == Some(&alarm.name) {
                !cause.instances.is_empty()
            } else {
                cause.is_of_alarms
            }
        };
        let meant = self.alarms.values_mut().filter(|alarm| is_meant(alarm));
        let not_asked = member_alarms::ask(cloud, meant).await?;
        self.contributors_not_told = not_asked.why;
        Ok(self)
    }
}

/// How well the members of a group are, and which of them may not be given what the sources hold.
pub(super) async fn health<C: AlarmFailoverCloud, L, K: Clock>(
    ports: &Ports<C, L, K>,
    case: &Case<'_>,
    group: &Group<'_>,
    observed: &Observed,
    sources: &BTreeSet<InstanceId>,
) -> Result<MemberHealth, CloudError> {
    let once = || async {
        let shown = group.shown();
        let known = AlreadyKnown {
            statuses: observed.early.statuses(shown, ports.clock.now()),
            limits: observed.early.limits(shown),
            needs_room: group.needs_room(),
        };
        let health = health_beside(&ports.cloud, case.settings, &group.members, known);
        let known = known_alarms(ports, group, observed);
        let (health, known) = futures_util::join!(health, known);
        let (health, known) = (health?, known?);
        Ok(MemberHealth { known, ..health })
    };
    let health = retry_transient(&ports.clock, backoff(case), once);
    let denied = denied(&ports.cloud, case.settings.mode, group, observed, sources);
    let (health, denied) = futures_util::join!(health, denied);
    Ok(MemberHealth { denied, ..health? })
}

/// What the alarms on the members of a group say, as far as a sweep has learnt which those are.
async fn known_alarms<C: AlarmFailoverCloud, L, K: Clock>(
    ports: &Ports<C, L, K>,
    group: &Group<'_>,
    observed: &Observed,
) -> Result<AlarmsOnMembers, CloudError> {
    if let Some(known) = observed.early.alarms(group.shown(), ports.clock.now()) {
        return Ok(known);
    }
    let members: Vec<&InstanceId> = group.members.iter().map(|member| &member.id).collect();
    let learnt = observed.learnt.of_group(group.name);
    member_alarms::of_members(&ports.cloud, &learnt, &members, ports.clock.now()).await
}

/// What EC2 tells of the members of a group, asked again while it does not answer.
pub(super) async fn told_of<C: AlarmFailoverCloud, L, K: Clock>(
    ports: &Ports<C, L, K>,
    case: &Case<'_>,
    members: &[&Instance],
) -> Result<MemberHealth, CloudError> {
    let once = || health_of(&ports.cloud, case.settings, members);
    retry_transient(&ports.clock, backoff(case), once).await
}

/// How well instances are, and what their types allow.
pub(super) async fn health_of<C: ReadFleet>(
    cloud: &C,
    settings: &Settings,
    members: &[&Instance],
) -> Result<MemberHealth, CloudError> {
    let nothing = AlreadyKnown {
        statuses: None,
        limits: None,
        needs_room: true,
    };
    health_beside(cloud, settings, members, nothing).await
}

/// What is known of the members already, and whether anything needs room on a standby.
struct AlreadyKnown {
    statuses: Option<BTreeMap<InstanceId, InstanceStatus>>,
    limits: Option<BTreeMap<InstanceType, InstanceTypeLimits>>,
    needs_room: bool,
}

async fn health_beside<C: ReadFleet>(
    cloud: &C,
    settings: &Settings,
    members: &[&Instance],
    known: AlreadyKnown,
) -> Result<MemberHealth, CloudError> {
    let ids: Vec<InstanceId> = members.iter().map(|member| member.id.clone()).collect();
    let statuses = async {
        match known.statuses {
            Some(known) => Ok(known),
            None => cloud.checks(&ids).await,
        }
    };
    let typed = members.iter().filter(|_| known.needs_room);
    let kinds: BTreeSet<InstanceType> = typed.filter_map(|member| member.kind.clone()).collect();
    let kinds: Vec<InstanceType> = kinds.into_iter().collect();
    let limits = async {
        match known.limits {
            Some(known) => Ok(known),
            None if kinds.is_empty() => Ok(BTreeMap::new()),
            None => cloud.limits(&kinds).await,
        }
    };
    let (statuses, limits, lifecycle, (shifts, shifts_not_told)) = futures_util::join!(
        statuses,
        limits,
        lifecycle_of(cloud, members),
        zonal_shifts::read(cloud, settings, members),
    );
    let (lifecycle, lifecycle_not_told) = match lifecycle {
        Ok(lifecycle) => (lifecycle, None),
        Err(failure) => (BTreeMap::new(), Some(chain(&failure))),
    };
    Ok(MemberHealth {
        statuses: statuses?,
        limits: limits?,
        lifecycle,
        lifecycle_not_told,
        shifts,
        shifts_not_told,
        ..MemberHealth::default()
    })
}

/// Where Auto Scaling has the members that carry its tag and run. A failover waits for nothing else than its answer,
/// and moves without it: whoever is only warmed is no better than nobody, and no worse.
async fn lifecycle_of<C: ReadLifecycleStates>(
    cloud: &C,
    members: &[&Instance],
) -> Result<BTreeMap<InstanceId, LifecycleState>, CloudError> {
    let running = members
        .iter()
        .filter(|member| member.state == InstanceState::Running);
    let tagged = running.filter(|member| member.tags.contains_key(GROUP_TAG));
    let ids: Vec<InstanceId> = tagged.map(|member| member.id.clone()).collect();
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    cloud.lifecycle_states(&ids).await
}

/// Which interfaces of the sources which standbys may not be given.
async fn denied<C: AlarmFailoverCloud>(
    cloud: &C,
    mode: Mode,
    group: &Group<'_>,
    observed: &Observed,
    sources: &BTreeSet<InstanceId>,
) -> BTreeMap<(EniId, InstanceId), String> {
    if mode != Mode::Enforce {
        return BTreeMap::new();
    }
    let mut answers = observed.early.dry_runs(group.name);
    let mut pairs = attach_dry_runs::pairs(group, sources);
    pairs.retain(|pair| !answers.contains_key(pair));
    answers.extend(attach_dry_runs::ask(cloud, pairs).await);
    let denied = answers.into_iter();
    denied
        .filter_map(|(pair, why)| Some((pair, why?)))
        .collect()
}

//! One cause, from the first look to the report: look, judge whom it is about, and see to each group.

use super::assessment::{self, AffectedGroup, Assessment, Cause, CauseKind};
use super::decide::{self, Exclusions, PlanInput};
use super::execute::{TO_ATTACH, TO_REPORT};
use super::group::{Group, Location, Resource, ResourceKind};
use super::messages;
use super::observe::{self, MemberHealth, Observed};
use super::under_lease;
use super::{AlarmFailoverCloud, FUNCTION};
use crate::clock::Clock;
use crate::cloud::CloudError;
use crate::cloud::moves::DryRunCall;
use crate::error::{Error, chain};
use crate::ledger::{Lease, Ledger};
use crate::model::ids::{EniId, InstanceId};
use crate::model::instance::{Instance, InstanceState};
use crate::ports::{Delivery, Ports};
use crate::report::Report;
use crate::settings::{Mode, Settings};
use futures_util::future::join_all;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use time::OffsetDateTime;

/// The first pause after a look that EC2 did not answer; each further one is twice as long.
const PAUSE: Duration = Duration::from_millis(300);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How many attachments are rehearsed at the most: they count against EC2's limits as real ones do.
const MAX_REHEARSALS: usize = 4;

/// Sees to what a cause is about.
pub(super) async fn handle_cause<C: AlarmFailoverCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    settings: &Settings,
    cause: &Cause,
    delivery: Delivery,
) -> Result<Report, Error> {
    let run = Run {
        ports,
        settings,
        cause,
        delivery,
        received: ports.clock.now(),
    };
    let observed = run.first_look().await?;
    let concerns = match assessment::assess(cause, &observed, settings) {
        Assessment::Recovered { why } => {
            return finish(ports, settings, cause, &why, delivery).await;
        }
        Assessment::NotOurs { why } => {
            return Ok(Report::not_for(FUNCTION, settings.mode, &cause.text, &why));
        }
        Assessment::Unclear { why } => return Ok(messages::unclear(settings, cause, &why)),
        Assessment::Affects(concerns) => concerns,
    };
    run.groups(&concerns, &observed).await
}

/// The cause is over. What an earlier run of it left half way is brought to its end all the same.
async fn finish<C: AlarmFailoverCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    settings: &Settings,
    cause: &Cause,
    why: &str,
    delivery: Delivery,
) -> Result<Report, Error> {
    let leases = ports.ledger.leases().await.map_err(Error::LedgerUnread)?;
    let is_left = |lease: &&Lease| {
        let in_progress = lease.in_progress.as_ref();
        in_progress.is_some_and(|record| {
            let same_alarms = !cause.alarms.is_empty() && record.alarms == cause.alarms;
            same_alarms || !record.failed_members.is_disjoint(&cause.instances)
        })
    };
    let Some(lease) = leases
        .iter()
        .find(is_left)
        .filter(|_| settings.mode == Mode::Enforce)
    else {
        return Ok(messages::recovered(settings, cause, why));
    };
    let failed_members = lease
        .in_progress
        .as_ref()
        .map(|record| record.failed_members.clone());
    let left_over = Cause {
        kind: CauseKind::Resume,
        text: format!("{}, which is over: {why}", cause.text),
        instances: failed_members.unwrap_or_default(),
        group: Some(lease.group.clone()),
        ..cause.clone()
    };
    let affected = AffectedGroup {
        group: lease.group.clone(),
        failed_members: left_over.instances.clone(),
        names_no_instance: false,
    };
    let run = Run {
        ports,
        settings,
        cause: &left_over,
        delivery,
        received: ports.clock.now(),
    };
    let observed = run.first_look().await?;
    run.groups(&[affected], &observed).await
}

impl<C: AlarmFailoverCloud, L: Ledger, K: Clock> Run<'_, C, L, K> {
    async fn groups(
        &self,
        concerns: &[AffectedGroup],
        observed: &Observed,
    ) -> Result<Report, Error> {
        let mut reports = Vec::new();
        let mut failures = Vec::new();
        for affected in concerns {
            match self.group(affected, observed.clone()).await {
                Ok(report) => reports.push(report),
                Err(error) => failures.push(error),
            }
        }
        if failures.is_empty() {
            Ok(messages::of_groups(self.settings, self.cause, reports))
        } else {
            Err(messages::failure_of_groups(failures, reports))
        }
    }
}

pub(super) fn not_observed(cause: &Cause, source: CloudError) -> Error {
    Error::Unfinished {
        what: format!(
            "{}: the group could not be looked at, nothing was touched",
            cause.text
        ),
        source,
    }
}

/// One run for one cause.
#[derive(Debug)]
pub(super) struct Run<'a, C, L, K> {
    pub(super) ports: &'a Ports<C, L, K>,
    pub(super) settings: &'a Settings,
    pub(super) cause: &'a Cause,
    pub(super) delivery: Delivery,
    /// When the event came.
    pub(super) received: OffsetDateTime,
}

impl<C: AlarmFailoverCloud, L: Ledger, K: Clock> Run<'_, C, L, K> {
    async fn group(&self, affected: &AffectedGroup, observed: Observed) -> Result<Report, Error> {
        let free_can_wait = {
            let group = Group::named(&affected.group, &observed, self.settings, &[]);
            let sources = self.sources(&group, &affected.failed_members);
            let mut seats = group
                .resources
                .iter()
                .map(|resource| resource.location.instance());
            let touches =
                seats.any(|location| location.is_none_or(|holder| sources.contains(holder)));
            if group.members.is_empty() {
                return Ok(messages::no_such_group(
                    self.settings,
                    self.cause,
                    &affected.group,
                ));
            }
            !touches && group.free.is_empty() && self.cause.kind != CauseKind::Resume
        };
        if free_can_wait && !self.has_pending_fence(affected).await? {
            return Ok(messages::nothing_held(self, affected, &observed));
        }
        if self.settings.mode == Mode::Observe {
            return self.preview(affected, &observed).await;
        }
        under_lease::fail_over(self, affected, observed).await
    }

    /// The members that are to lose what they hold.
    pub(super) fn sources(
        &self,
        group: &Group<'_>,
        failed_members: &BTreeSet<InstanceId>,
    ) -> BTreeSet<InstanceId> {
        let mut holders = group.holders();
        let is_only_one = holders.len() == 1;
        match &self.cause.kind {
            CauseKind::Command { to: Some(to) } | CauseKind::Failback { to } => {
                holders.remove(to);
                holders
            }
            // Asked for nobody in particular: who that is can be said only where one member has all.
            CauseKind::Command { to: None } => {
                holders.retain(|_| is_only_one);
                holders
            }
            _ => failed_members.clone(),
        }
    }

    /// `observe` mode: what would be done.
    async fn preview(
        &self,
        affected: &AffectedGroup,
        observed: &Observed,
    ) -> Result<Report, Error> {
        let leases = self
            .ports
            .ledger
            .leases()
            .await
            .map_err(Error::LedgerUnread)?;
        let lease = leases
            .into_iter()
            .find(|lease| lease.group == affected.group);
        let lease = lease.unwrap_or_else(|| Lease::new(&affected.group));
        let pending_reassociation = pending_reassociation(&lease);
        let group = Group::named(
            &affected.group,
            observed,
            self.settings,
            &pending_reassociation,
        );
        let failed_members = assessment::affected_members(affected, self.cause, &lease, None);
        let sources = self.sources(&group, &failed_members);
        let health = self.health(&group, &sources).await;
        let health = health.map_err(|source| not_observed(self.cause, source))?;
        let plan = decide::plan(&PlanInput {
            group: &group,
            observed,
            health: &health,
            kind: &self.cause.kind,
            sources: &sources,
            may_begin: true,
            last_ended_at: lease.last.as_ref().and_then(|last| last.ended_at),
            excluded: &Exclusions::default(),
            settings: self.settings,
            now: self.ports.clock.now(),
        });
        let pending_fences = self.would_fence(&group, &sources, observed, &plan.moves);
        Ok(messages::would(
            self,
            &group,
            &sources,
            &plan,
            pending_fences,
        ))
    }

    pub(super) async fn health(
        &self,
        group: &Group<'_>,
        sources: &BTreeSet<InstanceId>,
    ) -> Result<MemberHealth, CloudError> {
        let cloud = &self.ports.cloud;
        let health = self.retry_transient(|| observe::health(cloud, &group.members));
        let (health, denied) = futures_util::join!(health, self.denied(group, sources));
        Ok(MemberHealth { denied, ..health? })
    }

    /// Which interfaces of those that fail which standbys may not be given. It is asked before one is detached that
    /// nobody may attach. It is asked beside other reads, so it takes no time of its own.
    async fn denied(
        &self,
        group: &Group<'_>,
        sources: &BTreeSet<InstanceId>,
    ) -> BTreeMap<(EniId, InstanceId), String> {
        let is_standby = |member: &&&Instance| {
            member.state == InstanceState::Running && !sources.contains(&member.id)
        };
        let held = |resource: &Resource<'_>| match (&resource.cargo, &resource.location) {
            (ResourceKind::Interface(interface), Location::Held(holder))
                if sources.contains(holder) =>
            {
                Some(interface.id.clone())
            }
            _ => None,
        };
        let standbys = group.members.iter().filter(is_standby);
        let pairs = standbys.flat_map(|member| {
            let held = group.resources.iter().filter_map(held);
            held.map(|eni| (eni, member.id.clone()))
        });
        let is_enforced = self.settings.mode == Mode::Enforce;
        let asked = pairs.filter(|_| is_enforced).take(MAX_REHEARSALS);
        let answers = join_all(asked.map(|(eni, instance)| async {
            let call = DryRunCall::Attach {
                eni: eni.clone(),
                instance: instance.clone(),
                device_index: 1,
            };
            match self.ports.cloud.dry_run(&call).await {
                Err(denied @ CloudError::Denied(_)) => Some(((eni, instance), chain(&denied))),
                _ => None,
            }
        }));
        answers.await.into_iter().flatten().collect()
    }

    /// The first look, before anything is begun.
    pub(super) async fn first_look(&self) -> Result<Observed, Error> {
        let seen = self.look().await;
        seen.map_err(|source| not_observed(self.cause, source))
    }

    pub(super) async fn look(&self) -> Result<Observed, CloudError> {
        self.retry_transient(|| observe::look(self.ports, self.settings, self.cause))
            .await
    }

    /// Asks again while EC2 does not answer, as long as there is time to do something with the answer.
    async fn retry_transient<T, F>(&self, ask: impl Fn() -> F) -> Result<T, CloudError>
    where
        F: Future<Output = Result<T, CloudError>>,
    {
        let until = self.delivery.ends_at - TO_ATTACH - TO_REPORT;
        let mut pause = PAUSE;
        loop {
            match ask().await {
                Err(failure)
                    if failure.is_transient() && self.ports.clock.now() + pause < until =>
                {
                    self.ports.clock.sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
                answer => return answer,
            }
        }
    }
}

/// The addresses that an earlier run may have left free.
pub(super) fn pending_reassociation(lease: &Lease) -> Vec<crate::model::ids::AllocationId> {
    let in_progress = lease.in_progress.as_ref();
    in_progress.map_or_else(Vec::new, |record| record.pending_reassociation.clone())
}

//! One cause, from the first look to the report: look, judge whom it is about, and see to each group.

use super::act::{TO_ATTACH, TO_REPORT};
use super::decide::{self, Question, Refused};
use super::evidence::{self, Cause, Concern, Kind, Verdict};
use super::group::{Cargo, Charge, Group, Seat};
use super::observe::{self, Fitness, Observed};
use super::under_lease;
use super::words;
use super::{FUNCTION, FailoverCloud};
use crate::clock::Clock;
use crate::cloud::CloudError;
use crate::cloud::moves::Rehearsal;
use crate::error::Error;
use crate::ids::{EniId, InstanceId};
use crate::instance::{Instance, InstanceState};
use crate::ledger::{Lease, Ledger};
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
const MOST_REHEARSALS: usize = 4;

/// Sees to what a cause is about.
pub(super) async fn caused<C: FailoverCloud, L: Ledger, K: Clock>(
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
    let concerns = match evidence::judge(cause, &observed, settings) {
        Verdict::Recovered { why } => {
            return finish(ports, settings, cause, &why, delivery).await;
        }
        Verdict::NotOurs { why } => {
            return Ok(Report::not_for(FUNCTION, settings.mode, &cause.words, &why));
        }
        Verdict::Unclear { why } => return Ok(words::unclear(settings, cause, &why)),
        Verdict::Concerns(concerns) => concerns,
    };
    run.groups(&concerns, &observed).await
}

/// The cause is over. What an earlier run of it left half way is brought to its end all the same.
async fn finish<C: FailoverCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    settings: &Settings,
    cause: &Cause,
    why: &str,
    delivery: Delivery,
) -> Result<Report, Error> {
    let leases = ports.ledger.leases().await.map_err(Error::LedgerUnread)?;
    let is_left = |lease: &&Lease| {
        let under_way = lease.under_way.as_ref();
        under_way.is_some_and(|episode| {
            let same_alarms = !cause.alarms.is_empty() && episode.alarms == cause.alarms;
            same_alarms || !episode.sick.is_disjoint(&cause.named)
        })
    };
    let Some(lease) = leases
        .iter()
        .find(is_left)
        .filter(|_| settings.mode == Mode::Enforce)
    else {
        return Ok(words::recovered(settings, cause, why));
    };
    let sick = lease.under_way.as_ref().map(|episode| episode.sick.clone());
    let left_over = Cause {
        kind: Kind::LeftOver,
        words: format!("{}, which is over: {why}", cause.words),
        named: sick.unwrap_or_default(),
        group: Some(lease.group.clone()),
        ..cause.clone()
    };
    let concern = Concern {
        group: lease.group.clone(),
        sick: left_over.named.clone(),
        is_anonymous: false,
    };
    let run = Run {
        ports,
        settings,
        cause: &left_over,
        delivery,
        received: ports.clock.now(),
    };
    let observed = run.first_look().await?;
    run.groups(&[concern], &observed).await
}

impl<C: FailoverCloud, L: Ledger, K: Clock> Run<'_, C, L, K> {
    async fn groups(&self, concerns: &[Concern], observed: &Observed) -> Result<Report, Error> {
        let mut reports = Vec::new();
        let mut failure = None;
        for concern in concerns {
            match self.group(concern, observed.clone()).await {
                Ok(report) => reports.push(report),
                Err(error) => failure = Some(error),
            }
        }
        match failure {
            Some(error) => Err(error),
            None => Ok(words::together(self.settings, self.cause, reports)),
        }
    }
}

pub(super) fn unseen(cause: &Cause, source: CloudError) -> Error {
    Error::Unfinished {
        what: format!(
            "{}: the group could not be looked at, nothing was touched",
            cause.words
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

impl<C: FailoverCloud, L: Ledger, K: Clock> Run<'_, C, L, K> {
    async fn group(&self, concern: &Concern, observed: Observed) -> Result<Report, Error> {
        let free_can_wait = {
            let group = Group::named(&concern.group, &observed, self.settings, &[]);
            let leaving = self.leaving(&group, &concern.sick);
            let mut seats = group.charges.iter().map(|charge| charge.seat.instance());
            let touches = seats.any(|seat| seat.is_none_or(|holder| leaving.contains(holder)));
            if group.members.is_empty() {
                return Ok(words::no_such_group(
                    self.settings,
                    self.cause,
                    &concern.group,
                ));
            }
            !touches && group.free.is_empty() && self.cause.kind != Kind::LeftOver
        };
        if free_can_wait && !self.has_open_fence(concern).await? {
            return Ok(words::nothing_held(self, concern, &observed));
        }
        if self.settings.mode == Mode::Observe {
            return self.would(concern, &observed).await;
        }
        under_lease::fail_over(self, concern, observed).await
    }

    /// The members that are to lose what they hold.
    pub(super) fn leaving(
        &self,
        group: &Group<'_>,
        sick: &BTreeSet<InstanceId>,
    ) -> BTreeSet<InstanceId> {
        let mut holders = group.holders();
        match &self.cause.kind {
            Kind::Person { to: Some(to) } | Kind::Failback { to } => {
                holders.remove(to);
                holders
            }
            // Asked for nobody in particular: who that is can be said only where one member has all.
            Kind::Person { to: None } if holders.len() == 1 => holders,
            Kind::Person { to: None } => BTreeSet::new(),
            _ => sick.clone(),
        }
    }

    /// `observe` mode: what would be done.
    async fn would(&self, concern: &Concern, observed: &Observed) -> Result<Report, Error> {
        let leases = self
            .ports
            .ledger
            .leases()
            .await
            .map_err(Error::LedgerUnread)?;
        let lease = leases
            .into_iter()
            .find(|lease| lease.group == concern.group);
        let lease = lease.unwrap_or_else(|| Lease::new(&concern.group));
        let loosened = loosened(&lease);
        let group = Group::named(&concern.group, observed, self.settings, &loosened);
        let sick = evidence::corrected(concern, self.cause, &lease, None);
        let leaving = self.leaving(&group, &sick);
        let fitness = self.fitness(&group, &leaving).await;
        let fitness = fitness.map_err(|source| unseen(self.cause, source))?;
        let plan = decide::plan(&Question {
            group: &group,
            observed,
            fitness: &fitness,
            kind: &self.cause.kind,
            leaving: &leaving,
            may_begin: true,
            last_ended_at: lease.last.as_ref().and_then(|last| last.ended_at),
            refused: &Refused::default(),
            settings: self.settings,
            now: self.ports.clock.now(),
        });
        let fences = self.would_fence(&group, &leaving, observed, &plan.moves);
        Ok(words::would(self, &group, &leaving, &plan, fences))
    }

    pub(super) async fn fitness(
        &self,
        group: &Group<'_>,
        leaving: &BTreeSet<InstanceId>,
    ) -> Result<Fitness, CloudError> {
        let cloud = &self.ports.cloud;
        let fitness = self.patiently(|| observe::fitness(cloud, &group.members));
        let (fitness, denied) = futures_util::join!(fitness, self.denied(group, leaving));
        Ok(Fitness { denied, ..fitness? })
    }

    /// Which interfaces of those that fail which standbys may not be given. It is asked before one is detached that
    /// nobody may attach. It is asked beside other reads, so it takes no time of its own.
    async fn denied(
        &self,
        group: &Group<'_>,
        leaving: &BTreeSet<InstanceId>,
    ) -> BTreeMap<(EniId, InstanceId), String> {
        let is_standby = |member: &&&Instance| {
            member.state == InstanceState::Running && !leaving.contains(&member.id)
        };
        let held = |charge: &Charge<'_>| match (&charge.cargo, &charge.seat) {
            (Cargo::Interface(interface), Seat::With(holder)) if leaving.contains(holder) => {
                Some(interface.id.clone())
            }
            _ => None,
        };
        let standbys = group.members.iter().filter(is_standby);
        let pairs = standbys.flat_map(|member| {
            let held = group.charges.iter().filter_map(held);
            held.map(|eni| (eni, member.id.clone()))
        });
        let is_enforced = self.settings.mode == Mode::Enforce;
        let asked = pairs.filter(|_| is_enforced).take(MOST_REHEARSALS);
        let answers = join_all(asked.map(|(eni, instance)| async {
            let call = Rehearsal::Attach {
                eni: eni.clone(),
                instance: instance.clone(),
                device_index: 1,
            };
            match self.ports.cloud.rehearse(&call).await {
                Err(denied @ CloudError::Denied(_)) => Some(((eni, instance), denied.to_string())),
                _ => None,
            }
        }));
        answers.await.into_iter().flatten().collect()
    }

    /// The first look, before anything is begun.
    pub(super) async fn first_look(&self) -> Result<Observed, Error> {
        let seen = self.look().await;
        seen.map_err(|source| unseen(self.cause, source))
    }

    pub(super) async fn look(&self) -> Result<Observed, CloudError> {
        self.patiently(|| observe::look(self.ports, self.settings, self.cause))
            .await
    }

    /// Asks again while EC2 does not answer, as long as there is time to do something with the answer.
    async fn patiently<T, F>(&self, ask: impl Fn() -> F) -> Result<T, CloudError>
    where
        F: Future<Output = Result<T, CloudError>>,
    {
        let until = self.delivery.ends_at - TO_ATTACH - TO_REPORT;
        let mut pause = PAUSE;
        loop {
            match ask().await {
                Err(failure) if failure.is_passing() && self.ports.clock.now() + pause < until => {
                    self.ports.clock.sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
                answer => return answer,
            }
        }
    }
}

/// The addresses that an earlier run may have left free.
pub(super) fn loosened(lease: &Lease) -> Vec<crate::ids::AllocationId> {
    let under_way = lease.under_way.as_ref();
    under_way.map_or_else(Vec::new, |episode| episode.loosened.clone())
}

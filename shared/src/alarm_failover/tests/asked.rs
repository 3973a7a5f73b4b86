//! What a decision is asked: a group, why, who is to lose what it has, and what has been before.

use super::fixture::{ENI, Fixture, GROUP, id, pair};
use crate::alarm_failover::case::CauseKind;
use crate::alarm_failover::decide;
use crate::alarm_failover::group::{Group, ResourceId};
use crate::alarm_failover::obstacle::Obstacle;
use crate::alarm_failover::plan::{Exclusions, Plan, PlanInput};
use crate::model::ids::InstanceId;
use crate::model::tags::Tags;
use crate::settings::Settings;
use std::collections::{BTreeMap, BTreeSet};
use time::{Duration, OffsetDateTime};

/// A second of the test's time.
pub(super) fn second(number: i64) -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH + Duration::seconds(number)
}

/// The settings of an installation, with these.
pub(super) fn settings(more: &[(&str, &str)]) -> Settings {
    let known = [("HOLDFAST_TABLE", "ledger"), ("AWS_REGION", "eu-west-1")];
    let all = known.iter().chain(more);
    let all = all.map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    Settings::read(all).unwrap()
}

/// Sets a tag of ours.
pub(super) fn mark(tags: &mut Tags, key: &str, value: &str) {
    tags.insert(format!("holdfast:{key}"), value.to_owned());
}

/// Three members that are well, and nothing that moves.
pub(super) fn trio() -> Fixture {
    pair().joined_by(3)
}

/// The interface that moves.
pub(super) fn interface() -> ResourceId {
    ResourceId::Interface(ENI.parse().unwrap())
}

/// A decision under construction: an alarm fires for the first member.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    fixture: Fixture,
    kind: CauseKind,
    sources: BTreeSet<InstanceId>,
    may_begin: bool,
    last_ended_at: Option<OffsetDateTime>,
    excluded: Exclusions,
    settings: Settings,
    now: OffsetDateTime,
}

impl Fixture {
    pub(super) fn asked(self) -> Asked {
        Asked {
            fixture: self,
            kind: CauseKind::Alarm,
            sources: BTreeSet::from([id(1)]),
            may_begin: true,
            last_ended_at: None,
            excluded: Exclusions::default(),
            settings: settings(&[]),
            now: OffsetDateTime::UNIX_EPOCH,
        }
    }

    /// Tags the Elastic IP.
    pub(super) fn address_tagged(mut self, key: &str, value: &str) -> Self {
        mark(&mut self.observed.addresses[0].tags, key, value);
        self
    }

    /// Gives a member a priority.
    pub(super) fn priority(mut self, number: u8, value: &str) -> Self {
        mark(&mut self.member(number).tags, "priority", value);
        self
    }
}

impl Asked {
    pub(super) fn since(mut self, kind: CauseKind) -> Self {
        self.kind = kind;
        self
    }

    pub(super) fn sources(mut self, members: &[u8]) -> Self {
        self.sources = members.iter().map(|number| id(*number)).collect();
        self
    }

    pub(super) fn may_begin_nothing(mut self) -> Self {
        self.may_begin = false;
        self
    }

    /// The last failover ended a while ago.
    pub(super) fn failed_over(mut self, seconds_ago: i64) -> Self {
        self.last_ended_at = Some(self.now - Duration::seconds(seconds_ago));
        self
    }

    /// EC2 has refused a member something.
    pub(super) fn refused(mut self, resource: ResourceId, member: u8) -> Self {
        self.excluded.standbys.insert((resource, id(member)));
        self
    }

    pub(super) fn set(mut self, key: &str, value: &str) -> Self {
        self.settings = settings(&[(key, value)]);
        self
    }

    pub(super) fn plan(&self) -> Plan {
        let observed = &self.fixture.observed;
        decide::plan(&PlanInput {
            group: &Group::named(GROUP.1, observed, &self.settings, &[]),
            observed,
            health: &self.fixture.fitness_with_limits(),
            kind: &self.kind,
            sources: &self.sources,
            may_begin: self.may_begin,
            last_ended_at: self.last_ended_at,
            excluded: &self.excluded,
            former_targets: &BTreeMap::new(),
            settings: &self.settings,
            now: self.now,
        })
    }

    /// Who gets the only thing that moves.
    pub(super) fn goes_to(&self) -> InstanceId {
        let plan = self.plan();
        assert_eq!((plan.moves.len(), plan.blocked.len()), (1, 0), "{plan:?}");
        plan.moves[0].to.clone()
    }

    /// Why the only thing that would have to move does not.
    pub(super) fn is_blocked_by(&self) -> Vec<Obstacle> {
        let mut plan = self.plan();
        assert_eq!((plan.moves.len(), plan.blocked.len()), (0, 1), "{plan:?}");
        plan.blocked.remove(0).why
    }
}

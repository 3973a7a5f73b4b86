//! What was observed: the groups as one look shows them, and how well their members are. Nothing is decided here.

use super::early_answers::EarlyAnswers;
use crate::groups::{Everything, Part, group_of, parts};
use crate::member_alarms::{AlarmsOnMembers, Rows};
use crate::model::alarm::{Alarm, AlarmState};
use crate::model::auto_scaling::{LifecycleState, Service};
use crate::model::elastic_ip::Address;
use crate::model::ids::{EniId, InstanceId, InstanceType};
use crate::model::instance::{Instance, InstanceState, InstanceTypeLimits, StatusChecks};
use crate::model::instance_status::{InstanceStatus, ProbeStatus, ScheduledEvent};
use crate::model::interface::Interface;
use crate::model::zonal_shift::ZonalShift;
use crate::settings::Settings;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use time::OffsetDateTime;

/// What is known of all groups.
#[derive(Debug, Clone)]
pub struct Observed {
    /// When it was asked for: what is true of EC2 is true of this moment at the latest.
    pub at: OffsetDateTime,
    /// The instances that have a group tag.
    pub instances: Vec<Instance>,
    /// The interfaces that have a group tag, or the tag of those that take addresses.
    pub interfaces: Vec<Interface>,
    /// The addresses that have a group tag.
    pub addresses: Vec<Address>,
    /// Who has something of a group and is not among the instances, asked for by id. One that EC2 does
    /// not know here may be another account's.
    pub others: BTreeMap<InstanceId, InstanceState>,
    /// The alarms that the cause names with all beneath them, and those on the members, by name.
    pub alarms: BTreeMap<String, Alarm>,
    /// Whether log alarms are among them: an endpoint that does not know this type does not show them.
    pub reads_log_alarms: bool,
    /// Why it is not known for which instances an alarm of the cause fires, where AWS does not tell: then the event's own
    /// word counts.
    pub contributors_not_told: Option<String>,
    /// What a sweep has learnt of the alarms on the members.
    pub learnt: Rows,
    /// Where Auto Scaling has the instances of a cause that is its own.
    pub lifecycle: BTreeMap<InstanceId, LifecycleState>,
    /// What was asked of the members beside this look.
    pub early: EarlyAnswers,
}

impl Observed {
    /// The state in which EC2 shows an instance, whatever tags it has.
    #[must_use]
    pub fn state_of(&self, id: &InstanceId) -> Option<InstanceState> {
        let mut instances = self.instances.iter();
        match instances.find(|each| each.id == *id) {
            Some(instance) => Some(instance.state),
            None => self.others.get(id).copied(),
        }
    }

    /// An alarm that fires for an instance, if one does. Its state alone counts: an alarm whose actions
    /// are suppressed, or switched off, tells how the instance is like any other. A state that is not known here does
    /// not say that the instance is well.
    #[must_use]
    pub fn firing_for(&self, id: &InstanceId) -> Option<&str> {
        let tells = |alarm: &&Alarm| alarm.fires() || alarm.state == AlarmState::Unknown;
        let mut telling = self.alarms.values().filter(tells);
        let alarm = telling.find(|alarm| alarm.instances().any(|named| named == *id))?;
        Some(&alarm.name)
    }

    /// Takes the alarms on the members over from what was read of their health.
    pub(super) fn note_alarms(&mut self, health: &mut MemberHealth) {
        let alarms = std::mem::take(&mut health.known.alarms).into_iter();
        self.alarms
            .extend(alarms.map(|alarm| (alarm.name.clone(), alarm)));
    }

    /// What EC2 shows of the groups.
    pub(super) fn everything(&self) -> Everything<'_> {
        Everything {
            instances: &self.instances,
            interfaces: &self.interfaces,
            addresses: &self.addresses,
        }
    }

    /// What concerns each group, as a look of its own. Of the alarms it has those that name an instance of it.
    pub(super) fn parts(&self, settings: &Settings) -> impl Iterator<Item = (&str, Self)> {
        let mut named: HashMap<InstanceId, Vec<&Alarm>> = HashMap::new();
        for alarm in self.alarms.values() {
            for instance in alarm.instances() {
                named.entry(instance).or_default().push(alarm);
            }
        }
        let parts = parts(self.everything(), &settings.tags, |_| None);
        parts.map(move |(group, part)| (group, self.part(part, &named)))
    }

    fn part(&self, part: Part, named: &HashMap<InstanceId, Vec<&Alarm>>) -> Self {
        let Part {
            instances,
            interfaces,
            addresses,
        } = part;
        let attached = interfaces.iter().filter_map(Interface::instance);
        let associated = addresses
            .iter()
            .filter_map(|each| each.association.as_ref());
        let associated = associated.filter_map(|held| held.instance.as_ref());
        let holders: BTreeSet<&InstanceId> = attached.chain(associated).collect();
        let others = holders.iter().filter_map(|id| {
            let state = self.others.get(*id)?;
            Some(((*id).clone(), *state))
        });
        let others = others.collect();
        let own = instances.iter().map(|each| &each.id);
        let concerned: BTreeSet<&InstanceId> = own.chain(holders).collect();
        let alarms = concerned.into_iter().filter_map(|id| named.get(id));
        let alarms = alarms.flatten().copied();
        Self {
            at: self.at,
            others,
            alarms: alarms
                .map(|alarm| (alarm.name.clone(), alarm.clone()))
                .collect(),
            reads_log_alarms: self.reads_log_alarms,
            contributors_not_told: None,
            learnt: Rows::default(),
            lifecycle: BTreeMap::new(),
            early: EarlyAnswers::default(),
            instances,
            interfaces,
            addresses,
        }
    }

    /// Who has something of the groups, each with the group of what it has.
    pub(super) fn holders<'a>(
        &'a self,
        settings: &'a Settings,
    ) -> impl Iterator<Item = (&'a str, &'a InstanceId)> {
        let interfaces = self
            .interfaces
            .iter()
            .filter_map(|each| Some((&each.tags, each.instance()?)));
        let addresses = self.addresses.iter().filter_map(|each| {
            let holder = each.association.as_ref()?.instance.as_ref()?;
            Some((&each.tags, holder))
        });
        let held = interfaces.chain(addresses);
        held.filter_map(|(tags, holder)| Some((group_of(tags, &settings.tags)?, holder)))
    }

    /// Who has something of a group, member or not.
    pub(super) fn holders_in<'a>(
        &'a self,
        group: &'a str,
        settings: &'a Settings,
    ) -> impl Iterator<Item = &'a InstanceId> {
        let all = self.holders(settings);
        all.filter(move |(name, _)| *name == group)
            .map(|(_, holder)| holder)
    }

    /// Whether an instance is down: EC2 shows it, and as not running. One that it does not show may be as well as
    /// any: it may have no tag, or be another account's.
    #[must_use]
    pub fn is_down(&self, id: &InstanceId) -> bool {
        self.state_of(id).is_some_and(InstanceState::is_down)
    }
}

/// One look: the groups, and how well the members of one of them are.
#[derive(Debug, Clone)]
pub struct Look {
    /// The groups.
    pub observed: Observed,
    /// How well the members are.
    pub health: MemberHealth,
}

impl Look {
    /// A look of both. What the alarms on the members say belongs to what is observed.
    #[must_use]
    pub fn new(mut observed: Observed, mut health: MemberHealth) -> Self {
        observed.note_alarms(&mut health);
        Self { observed, health }
    }
}

/// How well the members of a group are, and what they can take.
#[derive(Debug, Clone, Default)]
pub struct MemberHealth {
    /// EC2's own checks, and what AWS has planned.
    pub statuses: BTreeMap<InstanceId, InstanceStatus>,
    /// What their types allow.
    pub limits: BTreeMap<InstanceType, InstanceTypeLimits>,
    /// The alarms on them.
    pub known: AlarmsOnMembers,
    /// Where Auto Scaling has those of its instances that are members.
    pub lifecycle: BTreeMap<InstanceId, LifecycleState>,
    /// Why Auto Scaling did not tell.
    pub lifecycle_not_told: Option<String>,
    /// The zones that traffic is shifted away from.
    pub shifts: Vec<ZonalShift>,
    /// Why they are not known.
    pub shifts_not_told: Option<String>,
    /// Who may not be given which interface, with EC2's answer to a dry run.
    pub denied: BTreeMap<(EniId, InstanceId), String>,
}

impl MemberHealth {
    /// What EC2's own checks say of a member.
    #[must_use]
    pub fn checks(&self, id: &InstanceId) -> StatusChecks {
        let status = self.statuses.get(id);
        status.map_or(StatusChecks::Unknown, |status| status.checks)
    }

    /// What EC2's probe of the application says of a member.
    #[must_use]
    pub fn application(&self, id: &InstanceId) -> ProbeStatus {
        let status = self.statuses.get(id);
        status.map_or(ProbeStatus::NotTold, |status| status.application)
    }

    /// The next event after which a member serves no more.
    #[must_use]
    pub fn ends_by(&self, id: &InstanceId) -> Option<&ScheduledEvent> {
        let mut events = self.statuses.get(id)?.events.iter();
        events.find(|event| event.code.ends_service())
    }

    /// Whether a member stands by only where nobody better does: AWS is about to stop or retire it, or it is slow.
    #[must_use]
    pub fn comes_last(&self, id: &InstanceId) -> bool {
        let is_slow = |status: &InstanceStatus| !status.performance.may_pass();
        self.ends_by(id).is_some() || self.statuses.get(id).is_some_and(is_slow)
    }

    /// Why a member's zone is to be left.
    #[must_use]
    pub fn shifted(&self, member: &Instance) -> Option<&ZonalShift> {
        let zone = member.zone_id.as_ref()?;
        self.shifts.iter().find(|shift| shift.away_from == *zone)
    }

    /// The lifecycle state of a member that Auto Scaling does not have in service, or in a state that is not known
    /// here.
    #[must_use]
    pub fn not_in_service(&self, id: &InstanceId) -> Option<&LifecycleState> {
        let state = self.lifecycle.get(id)?;
        (state.service() != Service::In).then_some(state)
    }
}

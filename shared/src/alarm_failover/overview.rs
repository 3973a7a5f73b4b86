//! All groups as one look shows them, for a person who only looks: whether each is ready, by the very decision that an
//! alarm would lead to. Nothing is changed, in EC2 or in the ledger.
//!
//! Nothing is asked as a dry run: the rights of whoever looks say nothing of the function's. Which alarms name a member
//! is taken from what the last sweep has learnt, so nothing here grows with what is others'.
//!
//! A read that ends nothing where it is refused is not told here: to a function the same may be allowed. The port of
//! whoever looks notes it, and they know what to do about their own rights.

use super::audit::{self, GroupState};
use super::audit_alarms::group_names;
use super::audit_result::Audit;
use super::cloud::ReadFleet;
use super::early_answers::EarlyAnswers;
use super::group::Group;
use super::messages;
use super::observe;
use super::state::{MemberHealth, Observed};
use crate::clock::Clock;
use crate::cloud::{AddressFilter, CloudError, InstanceFilter, InterfaceFilter};
use crate::groups::group_of;
use crate::ledger::{Lease, Ledger};
use crate::member_alarms::{self, AlarmsOnMembers, Rows};
use crate::model::elastic_ip::Address;
use crate::model::ids::{InstanceId, SubnetId};
use crate::model::instance::{Instance, InstanceState};
use crate::model::interface::Interface;
use crate::ports::Ports;
use crate::settings::Settings;
use futures_util::future::try_join_all;
use std::collections::{BTreeMap, BTreeSet};
use time::OffsetDateTime;

/// What a look at an account shows.
#[derive(Debug)]
pub struct Overview {
    /// When it was taken.
    pub at: OffsetDateTime,
    /// All addresses of the account and region.
    pub addresses: Vec<Address>,
    /// The interfaces that have a group tag, or the tag of those that take addresses.
    pub interfaces: Vec<Interface>,
    /// The instances that have a group tag.
    pub instances: Vec<Instance>,
    /// The leases of all groups.
    pub leases: Vec<Lease>,
    /// The groups, and what a person should know. No failover is in it, and nothing that failed.
    pub audit: Audit,
}

impl Overview {
    /// The lease of a group: its pause, its last failover, and what is under way.
    #[must_use]
    pub fn lease(&self, group: &str) -> Option<&Lease> {
        self.leases.iter().find(|lease| lease.group == group)
    }

    /// The state of an instance that has a group tag.
    #[must_use]
    pub fn state_of(&self, id: &InstanceId) -> Option<InstanceState> {
        let mut instances = self.instances.iter();
        instances.find(|each| each.id == *id).map(|each| each.state)
    }
}

/// What the first round of reads shows: no read of it hangs on another one's answer.
#[derive(Debug)]
pub struct Glance {
    observed: Observed,
    addresses: Vec<Address>,
    leases: Vec<Lease>,
}

/// The first round: addresses, interfaces, instances and rows of the ledger, all at the same time, however many there
/// are. Of the settings only the tags' keys count here.
///
/// # Errors
/// As AWS refuses: the failure names the action.
pub async fn glance<C: ReadFleet, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    settings: &Settings,
) -> Result<Glance, CloudError> {
    let at = ports.clock.now();
    let cloud = &ports.cloud;
    let tagged = InstanceFilter::TagKey(settings.tags.group.clone());
    let floating = InterfaceFilter::TagKeys(settings.tags.on_interfaces());
    let learnt = async { Ok(Rows::read(&ports.ledger).await) };
    let (addresses, instances, interfaces, leases, learnt) = futures_util::try_join!(
        cloud.addresses(&AddressFilter::All),
        cloud.instances(&tagged),
        cloud.interfaces(&floating),
        ports.ledger.leases(),
        learnt,
    )?;
    let is_grouped = |each: &&Address| group_of(&each.tags, &settings.tags).is_some();
    let grouped = addresses.iter().filter(is_grouped).cloned().collect();
    let observed = Observed {
        at,
        instances,
        interfaces,
        addresses: grouped,
        others: BTreeMap::new(),
        contributors_not_told: None,
        alarms: BTreeMap::new(),
        lifecycle: BTreeMap::new(),
        early: EarlyAnswers::default(),
        reads_log_alarms: cloud.reads_log_alarms(),
        learnt,
    };
    Ok(Glance {
        observed,
        addresses,
        leases,
    })
}

impl Glance {
    /// The subnets of the members' interfaces: where an address may go.
    #[must_use]
    pub fn subnets(&self, settings: &Settings, only: Option<&str>) -> BTreeSet<SubnetId> {
        let members = members(&self.observed, settings, only).into_iter();
        let interfaces = members.flat_map(|member| &member.interfaces);
        interfaces.filter_map(|it| it.subnet.clone()).collect()
    }

    /// The second round: how well the members are. It needs their ids and the names of their alarms. Only where an alarm
    /// on many time series fires, a third one asks for which instances.
    ///
    /// # Errors
    /// As AWS refuses: the failure names the action.
    pub async fn overview<C: ReadFleet, L: Ledger, K: Clock>(
        self,
        ports: &Ports<C, L, K>,
        settings: &Settings,
        only: Option<&str>,
    ) -> Result<Overview, CloudError> {
        let Self {
            observed,
            addresses,
            leases,
        } = self;
        let asked_for = members(&observed, settings, only);
        let health = observe::health_of(&ports.cloud, settings, &asked_for);
        let all_names = group_names(&observed, settings).into_iter();
        let names: BTreeSet<String> = all_names
            .filter(|name| only.is_none_or(|only| only == name))
            .collect();
        let alarms = alarms_of(ports, settings, &observed, &names);
        let with_others = observed.clone().with_others(&ports.cloud, settings);
        let (health, alarms, observed) = futures_util::try_join!(health, alarms, with_others)?;
        let now = ports.clock.now();
        let (observed, audit) = judged(observed, &leases, (health, alarms), &names, settings, now);
        Ok(Overview {
            at: observed.at,
            addresses,
            interfaces: observed.interfaces,
            instances: observed.instances,
            leases,
            audit,
        })
    }
}

fn members<'a>(
    observed: &'a Observed,
    settings: &Settings,
    only: Option<&str>,
) -> Vec<&'a Instance> {
    let is_asked_for = |instance: &&Instance| {
        let group = group_of(&instance.tags, &settings.tags);
        group.is_some_and(|group| only.is_none_or(|only| only == group))
    };
    observed.instances.iter().filter(is_asked_for).collect()
}

/// The alarms on the members of each group, by what a sweep has learnt.
async fn alarms_of<C: ReadFleet, L, K: Clock>(
    ports: &Ports<C, L, K>,
    settings: &Settings,
    observed: &Observed,
    names: &BTreeSet<String>,
) -> Result<Vec<(String, AlarmsOnMembers)>, CloudError> {
    let mut members: BTreeMap<&str, Vec<&InstanceId>> = BTreeMap::new();
    for instance in &observed.instances {
        if let Some(group) = group_of(&instance.tags, &settings.tags) {
            members.entry(group).or_default().push(&instance.id);
        }
    }
    let members = &members;
    let each = names.iter().map(|name| async move {
        let members = members.get(name.as_str());
        let members = members.map_or(&[][..], Vec::as_slice);
        let learnt = observed.learnt.of_group(name);
        let now = ports.clock.now();
        let known = member_alarms::of_members(&ports.cloud, &learnt, members, now).await?;
        Ok((name.clone(), known))
    });
    try_join_all(each).await
}

fn judged(
    mut observed: Observed,
    leases: &[Lease],
    (health, alarms): (MemberHealth, Vec<(String, AlarmsOnMembers)>),
    names: &BTreeSet<String>,
    settings: &Settings,
    now: OffsetDateTime,
) -> (Observed, Audit) {
    let mut audit = Audit::default();
    for (name, known) in alarms {
        let told = known.gap.filter(|gap| !gap.is_refused());
        let finding = told.map(|gap| gap.finding(&name));
        audit.findings.extend(finding);
        let alarms = known.alarms.into_iter();
        observed
            .alarms
            .extend(alarms.map(|alarm| (alarm.name.clone(), alarm)));
    }
    if !observed.reads_log_alarms && !names.is_empty() {
        audit.findings.push(messages::no_log_alarms());
    }
    // With shifts there was an answer: EC2 does not show in which zone a member is.
    let not_told = health.shifts_not_told.as_deref();
    let not_told = not_told.filter(|_| !health.shifts.is_empty());
    audit
        .findings
        .extend(not_told.map(messages::shifts_not_told));
    audit
        .findings
        .extend(messages::target_tags_in_vain(&observed, settings));
    let leases = leases.iter().map(|lease| (lease.group.as_str(), lease));
    let leases: BTreeMap<&str, &Lease> = leases.collect();
    for (name, part) in observed.parts(settings) {
        if !names.contains(name) {
            continue;
        }
        let state = GroupState {
            observed: &part,
            health: &health,
            alarms: &observed.alarms,
            alarms_are_all: false,
        };
        let group = Group::named(name, &part, settings, &[]);
        let (report, moves) = audit::readiness(&state, &group, settings, now);
        let lease = leases.get(name).copied();
        audit.conclude(report, &state, (&group, &moves), lease, settings, now);
    }
    (observed, audit)
}

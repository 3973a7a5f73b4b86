//! What is read before anything is decided. Nothing here changes anything, and nothing of it grows with what is
//! others'.
//!
//! 1. Whether the instance is of a group: by its tag. Most that start and stop are not, and EC2 throttles `DescribeTags`
//!    by itself.
//! 2. At the same time: the addresses, instances and interfaces that have a group tag.
//! 3. Before an address is chosen: what the ledger remembers of the group's addresses.
//! 4. Before an address leaves another instance: the alarms on those who could get it.
//!
//! EC2's answers are of slightly different moments, and all may lag. Who has an address is
//! taken from the addresses alone; an act that follows from an answer that was stale is refused by EC2.

use super::cloud::InstanceStartCloud;
use super::plan::PlannedAssociation;
use super::state::Observed;
use crate::clock::Clock;
use crate::cloud::{AddressFilter, CloudError, InstanceFilter, InterfaceFilter};
use crate::groups::{addresses_of, group_of, members_of};
use crate::ledger::{Ledger, Snapshot};
use crate::member_alarms::{self, Gap, Rows};
use crate::model::alarm::Alarm;
use crate::model::former_target::LastTarget;
use crate::model::ids::{AllocationId, InstanceId};
use crate::model::tags::Tags;
use crate::ports::Ports;
use crate::settings::Settings;
use std::collections::{BTreeMap, BTreeSet};

/// What the ledger remembers. It only makes the choice a better one: a ledger that does not answer
/// keeps no instance from its address.
#[derive(Debug, Default)]
pub(super) struct LastHolders {
    pub(super) last_held: BTreeMap<AllocationId, InstanceId>,
    /// Where addresses were last.
    pub(super) last_targets: LastTargets,
    /// Why it could not be read.
    pub(super) unread: Option<CloudError>,
}

/// The group of an instance, whatever state it is in. None: it has none, or EC2 does not know the instance.
pub(super) async fn group_of_instance<C: InstanceStartCloud>(
    cloud: &C,
    settings: &Settings,
    id: &InstanceId,
) -> Result<Option<String>, CloudError> {
    let keys = [settings.tags.group.clone()];
    let tags = cloud.tags(&keys, &[id.to_string()]).await?;
    let tags: Tags = tags.into_iter().map(|tag| (tag.key, tag.value)).collect();
    Ok(group_of(&tags, &settings.tags).map(str::to_owned))
}

/// A look at EC2.
pub(super) async fn look<C: InstanceStartCloud, K: Clock>(
    (cloud, clock): (&C, &K),
    settings: &Settings,
    memory: &LastHolders,
) -> Result<Observed, CloudError> {
    let at = clock.now();
    let key = &settings.tags.group;
    let (grouped, tagged, floating) = (
        AddressFilter::TagKey(key.clone()),
        InstanceFilter::TagKey(key.clone()),
        InterfaceFilter::TagKeys(settings.tags.on_interfaces()),
    );
    let (addresses, instances, interfaces) = futures_util::join!(
        cloud.addresses(&grouped),
        cloud.instances(&tagged),
        cloud.interfaces(&floating)
    );
    Ok(Observed {
        at,
        addresses: addresses?,
        instances: instances?,
        interfaces: interfaces?,
        last_held: memory.last_held.clone(),
        last_targets: memory.last_targets.clone(),
        alarming: BTreeSet::new(),
        told_states: BTreeMap::new(),
        refused: BTreeSet::new(),
    })
}

/// With the instances for which an alarm fires, where something is to leave another instance. Beside it: where an alarm may
/// be missing, by group.
pub(super) async fn with_alarms<C: InstanceStartCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    settings: &Settings,
    mut observed: Observed,
    decide: &(impl Fn(&Observed) -> Vec<PlannedAssociation> + Sync),
) -> Result<(Observed, BTreeMap<String, Gap>), CloudError> {
    let Ports {
        cloud,
        ledger,
        clock,
    } = ports;
    let steps = decide(&observed);
    // What is free helps whoever gets it: only what leaves another instance has to go to one that is well.
    let leaving = steps.iter().filter(|step| step.from.is_some());
    let to: BTreeSet<&InstanceId> = leaving.map(|step| &step.instance).collect();
    let to = observed
        .instances
        .iter()
        .filter(|each| to.contains(&each.id));
    let groups: BTreeSet<String> = to
        .filter_map(|to| group_of(&to.tags, &settings.tags).map(str::to_owned))
        .collect();
    if groups.is_empty() {
        return Ok((observed, BTreeMap::new()));
    }
    let rows = Rows::read(ledger).await;
    let mut gaps = BTreeMap::new();
    let mut alarming = BTreeSet::new();
    for group in groups {
        let members = members_of(&group, &observed.instances, &settings.tags);
        let members: Vec<&InstanceId> = members.map(|member| &member.id).collect();
        let learnt = rows.of_group(&group);
        let known = member_alarms::of_members(cloud, &learnt, &members, clock.now()).await?;
        let firing = known.alarms.iter().filter(|alarm| alarm.fires());
        alarming.extend(firing.flat_map(Alarm::instances));
        gaps.extend(known.gap.map(|gap| (group, gap)));
    }
    observed.alarming = alarming;
    Ok((observed, gaps))
}

/// Who had the addresses of a group, and where they were, as the ledger remembers.
pub(super) async fn remember<L: Ledger>(
    ledger: &L,
    settings: &Settings,
    observed: &Observed,
    group: &str,
) -> LastHolders {
    let addresses = addresses_of(group, &observed.addresses, &settings.tags);
    let allocations: Vec<AllocationId> = addresses.map(|it| it.allocation.clone()).collect();
    if allocations.is_empty() {
        return LastHolders::default();
    }
    match ledger.snapshots_of(&allocations).await {
        Ok(rows) => {
            let last_targets = last_targets(&rows);
            let held = last_targets.iter().filter_map(|(allocation, last)| {
                Some((allocation.clone(), last.instance.clone()?))
            });
            LastHolders {
                last_held: held.collect(),
                last_targets,
                unread: None,
            }
        }
        Err(failure) => LastHolders {
            unread: Some(failure),
            ..LastHolders::default()
        },
    }
}

/// Where addresses were last.
pub type LastTargets = BTreeMap<AllocationId, LastTarget>;

/// Where addresses were last, as rows of the ledger tell.
pub fn last_targets<'a>(rows: impl IntoIterator<Item = &'a Snapshot>) -> LastTargets {
    let rows = rows.into_iter();
    rows.filter_map(|row| Some((row.allocation.clone(), row.last_target()?)))
        .collect()
}

/// Where a run that hands addresses over learns where those were that are with nobody.
pub(super) enum Memory<'a, L> {
    /// Somebody has read the ledger already.
    Read(&'a LastTargets),
    /// The ledger: read where it matters only.
    Ledger(&'a L),
}

impl<L: Ledger> Memory<'_, L> {
    /// The same look, with where free addresses were. That matters only where an instance of a group has several
    /// interfaces: a ledger that does not answer leaves it unknown.
    pub(super) async fn add_to(&self, observed: Observed, settings: &Settings) -> Observed {
        let keys = &settings.tags;
        let mut instances = observed.instances.iter();
        let mut addresses = observed.addresses.iter();
        let matters = instances.any(|it| it.state.is_up() && it.interfaces.len() > 1)
            && addresses.any(|it| it.association.is_none() && group_of(&it.tags, keys).is_some());
        let last_targets = match self {
            Self::Read(last_targets) => (*last_targets).clone(),
            Self::Ledger(ledger) if matters => {
                let free = observed
                    .addresses
                    .iter()
                    .filter(|it| it.association.is_none());
                let free: Vec<AllocationId> = free.map(|it| it.allocation.clone()).collect();
                let rows = ledger.snapshots_of(&free).await;
                rows.map(|rows| last_targets(&rows)).unwrap_or_default()
            }
            Self::Ledger(_) => LastTargets::new(),
        };
        Observed {
            last_targets,
            ..observed
        }
    }
}

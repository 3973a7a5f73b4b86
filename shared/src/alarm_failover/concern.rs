//! The gate: whether a cause may be about a group at all. An account has thousands of alarms and instances that are
//! nobody's here, and many of them tell of themselves in the same second. So whoever is none of ours costs a call or two
//! by name, and nothing that grows with the account. Nothing here changes anything.
//!
//! 1. Where the cause names instances: those instances, by their ids. Whoever has no group tag may still hold an
//!    interface that has one.
//! 2. Where it is an alarm on other alarms: those alarms, by their names, and the instances that they measure.
//! 3. Where it names no instance: what has the tag for alarms.

use super::case::{Cause, CauseKind};
use super::cloud::AlarmFailoverCloud;
use super::rule;
use crate::cloud::health::ReadAlarms;
use crate::cloud::{AddressFilter, CloudError, InstanceFilter, InterfaceFilter};
use crate::groups::group_of;
use crate::model::alarm::{Alarm, AlarmMetric};
use crate::model::ids::InstanceId;
use crate::model::tags::Tags;
use crate::settings::Settings;
use std::collections::{BTreeMap, BTreeSet};

/// How many alarms beneath a composite are read. CloudWatch lets a rule name a hundred, and nests rules.
const MAX_BENEATH: usize = 500;

/// What a cause may be about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Concern {
    /// The groups; none: it is nobody's here.
    pub(super) groups: BTreeSet<String>,
    /// The alarms to be read by name: its own, and all beneath them that are known.
    pub(super) alarms: BTreeSet<String>,
}

/// What a cause may be about.
pub(super) async fn of<C: AlarmFailoverCloud>(
    cloud: &C,
    settings: &Settings,
    cause: &Cause,
) -> Result<Concern, CloudError> {
    let mut concern = Concern {
        groups: cause.group.iter().cloned().collect(),
        alarms: cause.alarms.iter().cloned().collect(),
    };
    if !concern.groups.is_empty() {
        return Ok(concern);
    }
    let mut instances = cause.instances.clone();
    if cause.is_of_alarms && instances.is_empty() {
        let beneath = with_children(cloud, &cause.alarms).await?;
        concern.alarms.extend(beneath.keys().cloned());
        let metrics = beneath.values().flat_map(|alarm| &alarm.metrics);
        instances.extend(metrics.filter_map(AlarmMetric::instance));
    }
    concern.groups = of_instances(cloud, settings, cause, instances).await?;
    if cause.kind == CauseKind::Alarm && cause.instances.is_empty() && concern.groups.is_empty() {
        concern.groups = named_by_tag(cloud, settings, cause).await?;
    }
    Ok(concern)
}

/// Alarms by name, and all that their rules name.
pub(super) async fn with_children<C: ReadAlarms>(
    cloud: &C,
    names: &[String],
) -> Result<BTreeMap<String, Alarm>, CloudError> {
    let mut found: BTreeMap<String, Alarm> = BTreeMap::new();
    let mut asked: BTreeSet<String> = BTreeSet::new();
    let mut open: Vec<String> = names.to_vec();
    while !open.is_empty() && asked.len() < MAX_BENEATH {
        asked.extend(open.iter().cloned());
        let read = cloud.alarms(&open).await?;
        let rules = read.iter().filter_map(|alarm| alarm.rule.as_ref());
        let beneath: BTreeSet<String> = rules.flat_map(|rule| rule::names(rule)).collect();
        open = beneath.difference(&asked).cloned().collect();
        found.extend(read.into_iter().map(|alarm| (alarm.name.clone(), alarm)));
    }
    Ok(found)
}

/// The groups of instances, by their own tags or by those of what is attached to them.
async fn of_instances<C: AlarmFailoverCloud>(
    cloud: &C,
    settings: &Settings,
    cause: &Cause,
    instances: BTreeSet<InstanceId>,
) -> Result<BTreeSet<String>, CloudError> {
    if instances.is_empty() {
        return Ok(BTreeSet::new());
    }
    let named = InstanceFilter::Ids(instances.iter().cloned().collect());
    let shown = cloud.instances(&named).await?;
    let of = |tags: &Tags| group_of(tags, &settings.tags).map(str::to_owned);
    let groups: BTreeSet<String> = shown.iter().filter_map(|each| of(&each.tags)).collect();
    // An instance that stops with its own interface alone has nothing that floats.
    let may_hold = |id: &&InstanceId| {
        let shown = shown.iter().find(|each| each.id == **id);
        let tagged = shown.is_some_and(|each| of(&each.tags).is_some());
        let has_one = shown.is_some_and(|each| each.interfaces.len() <= 1);
        !tagged && !(has_one && cause.kind == CauseKind::NotRunning)
    };
    let holders: Vec<InstanceId> = instances.iter().filter(may_hold).cloned().collect();
    if holders.is_empty() {
        return Ok(groups);
    }
    let attached = InterfaceFilter::AttachedTo {
        tag_key: settings.tags.group.clone(),
        instances: holders,
    };
    let held = cloud.interfaces(&attached).await?;
    Ok(groups
        .into_iter()
        .chain(held.iter().filter_map(|each| of(&each.tags)))
        .collect())
}

/// The groups of what has the tag with an alarm's name.
async fn named_by_tag<C: AlarmFailoverCloud>(
    cloud: &C,
    settings: &Settings,
    cause: &Cause,
) -> Result<BTreeSet<String>, CloudError> {
    let key = &settings.tags.alarm;
    let (addresses, interfaces) = (
        AddressFilter::TagKey(key.clone()),
        InterfaceFilter::TagKey(key.clone()),
    );
    let (addresses, interfaces) =
        futures_util::join!(cloud.addresses(&addresses), cloud.interfaces(&interfaces));
    let (addresses, interfaces) = (addresses?, interfaces?);
    let of_addresses = addresses.iter().map(|each| &each.tags);
    let all = of_addresses.chain(interfaces.iter().map(|each| &each.tags));
    let own = cause.alarms.first().map(String::as_str);
    let is_named = |tags: &&Tags| {
        let named = tags.get(key).map_or("", String::as_str);
        named.split(',').any(|name| Some(name.trim()) == own)
    };
    let groups = all
        .filter(is_named)
        .filter_map(|tags| group_of(tags, &settings.tags));
    Ok(groups.map(str::to_owned).collect())
}

//! The gate: whether a cause may be about a group at all. An account has thousands of alarms and instances that are
//! nobody's here, and many of them tell of themselves in the same second. So whoever is none of ours costs a call or two
//! by name, and nothing that grows with the account. Nothing here changes anything.
//!
//! 1. Where the cause names instances: those instances, by their ids. Whoever has no group tag may still hold an
//!    interface that has one.
//! 2. Where it is an alarm on other alarms: those alarms, by their names.
//! 3. Where the event names no instance: which instances are of a group, and what names the alarm, by their tags. EC2
//!    throttles that call by itself, so those who ask in vain delay nobody who moves.

use super::case::{Cause, CauseKind};
use super::cloud::AlarmFailoverCloud;
use super::rule;
use crate::cloud::health::ReadAlarms;
use crate::cloud::{CloudError, InstanceFilter, InterfaceFilter};
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
pub(super) struct Scope {
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
) -> Result<Scope, CloudError> {
    let mut scope = Scope {
        groups: cause.group.iter().cloned().collect(),
        alarms: cause.alarms.iter().cloned().collect(),
    };
    if !scope.groups.is_empty() {
        return Ok(scope);
    }
    if !cause.instances.is_empty() {
        scope.groups = of_instances(cloud, settings, cause).await?;
        return Ok(scope);
    }
    let tags = async {
        match cause.kind {
            CauseKind::Alarm => tagged(cloud, settings).await,
            _ => Ok(Tagged::default()),
        }
    };
    let beneath = async {
        if cause.is_of_alarms {
            with_children(cloud, &cause.alarms).await
        } else {
            Ok(BTreeMap::new())
        }
    };
    let (tagged, beneath) = futures_util::join!(tags, beneath);
    let (tagged, beneath) = (tagged?, beneath?);
    scope.alarms.extend(beneath.keys().cloned());
    let metrics = beneath.values().flat_map(|alarm| &alarm.metrics);
    let measured = metrics.filter_map(AlarmMetric::instance);
    let measured = measured.map(|instance| instance.to_string());
    let own = cause.alarms.first().map_or("", String::as_str);
    let named = tagged.named_by(own, settings);
    let resources: BTreeSet<String> = measured.chain(named).collect();
    scope.groups = tagged.groups_of(&resources, settings);
    Ok(scope)
}

/// The tags of whatever is of a group or names an alarm, by resource.
#[derive(Debug, Default)]
struct Tagged(BTreeMap<String, Tags>);

impl Tagged {
    /// What names an alarm.
    fn named_by(&self, alarm: &str, settings: &Settings) -> Vec<String> {
        let names_it = |tags: &Tags| {
            let named = tags.get(&settings.tags.alarm).map_or("", String::as_str);
            named.split(',').any(|name| name.trim() == alarm)
        };
        let all = self.0.iter().filter(|(_, tags)| names_it(tags));
        all.map(|(resource, _)| resource.clone()).collect()
    }

    fn groups_of(&self, resources: &BTreeSet<String>, settings: &Settings) -> BTreeSet<String> {
        let tags = resources.iter().filter_map(|resource| self.0.get(resource));
        let groups = tags.filter_map(|tags| group_of(tags, &settings.tags));
        groups.map(str::to_owned).collect()
    }
}

async fn tagged<C: AlarmFailoverCloud>(
    cloud: &C,
    settings: &Settings,
) -> Result<Tagged, CloudError> {
    let keys = [settings.tags.group.clone(), settings.tags.alarm.clone()];
    let mut tagged = Tagged::default();
    for tag in cloud.tags(&keys).await? {
        let tags = tagged.0.entry(tag.resource).or_default();
        tags.insert(tag.key, tag.value);
    }
    Ok(tagged)
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
) -> Result<BTreeSet<String>, CloudError> {
    let instances = &cause.instances;
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

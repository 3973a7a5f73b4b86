//! The gate: whether a cause may be about a group at all. An account has thousands of alarms and instances that are
//! nobody's here, and many of them tell of themselves in the same second. So whoever is none of ours costs a call or two
//! by name, and nothing that grows with the account. Nothing here changes anything.
//!
//! 1. Whoever belonged to a group at the last sweep is known from the ledger, which nobody throttles.
//! 2. Anybody else: by the group tag, and an alarm that names no instance by the tag for alarms. EC2 throttles
//!    `DescribeTags` by itself, so those who ask in vain delay nobody who moves.
//! 3. Where it is an alarm on other alarms: those alarms, by their names, and for which instances one of them fires that
//!    watches many.
//! 4. Before the first sweep: what is attached to an instance without a group tag may have one.

use super::case::{Cause, CauseKind};
use super::cloud::AlarmFailoverCloud;
use super::rule;
use crate::cloud::health::ReadAlarms;
use crate::cloud::{CloudError, InterfaceFilter};
use crate::groups::group_of;
use crate::ledger::Ledger;
use crate::member_alarms::{self, Rows};
use crate::model::alarm::Alarm;
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
    /// What a sweep has learnt, where it was read already.
    pub(super) learnt: Option<Rows>,
}

/// What a cause may be about.
pub(super) async fn of<C: AlarmFailoverCloud, L: Ledger>(
    (cloud, ledger): (&C, &L),
    settings: &Settings,
    cause: &Cause,
) -> Result<Scope, CloudError> {
    let mut scope = Scope {
        groups: cause.group.iter().cloned().collect(),
        alarms: cause.alarms.iter().cloned().collect(),
        learnt: None,
    };
    if !scope.groups.is_empty() {
        // What is asked early hangs on it.
        if cause.kind == CauseKind::Alarm {
            scope.learnt = Some(Rows::read(ledger).await);
        }
        return Ok(scope);
    }
    if cause.instances.is_empty() {
        return without_instance(cloud, settings, cause, scope).await;
    }
    let rows = Rows::read(ledger).await;
    let known = cause.instances.iter().flat_map(|id| rows.groups_of(id));
    scope.groups = known.map(str::to_owned).collect();
    if scope.groups.is_empty() {
        scope.groups = of_instances(cloud, settings, cause, rows.tells()).await?;
    }
    scope.learnt = Some(rows);
    Ok(scope)
}

/// What an alarm may be about whose event names no instance.
async fn without_instance<C: AlarmFailoverCloud>(
    cloud: &C,
    settings: &Settings,
    cause: &Cause,
    mut scope: Scope,
) -> Result<Scope, CloudError> {
    if cause.kind != CauseKind::Alarm {
        return Ok(scope);
    }
    let beneath = async {
        if cause.is_of_alarms {
            with_children(cloud, &cause.alarms).await
        } else {
            Ok(BTreeMap::new())
        }
    };
    let keys = [settings.tags.group.clone(), settings.tags.alarm.clone()];
    let (tagged, beneath) = futures_util::join!(tagged(cloud, &keys, &[]), beneath);
    let (tagged, mut beneath) = (tagged?, beneath?);
    scope.alarms.extend(beneath.keys().cloned());
    let own = cause.alarms.first().map_or("", String::as_str);
    let others = beneath.values_mut().filter(|alarm| alarm.name != own);
    member_alarms::ask(cloud, others).await?;
    let instances = beneath.values().flat_map(Alarm::instances);
    let instances = instances.map(|instance| instance.to_string());
    let named = tagged.named_by(own, settings);
    let resources: BTreeSet<String> = instances.chain(named).collect();
    scope.groups = tagged.groups_of(resources.iter(), settings);
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

    fn groups_of<'a>(
        &self,
        resources: impl Iterator<Item = &'a String>,
        settings: &Settings,
    ) -> BTreeSet<String> {
        let tags = resources.filter_map(|resource| self.0.get(resource));
        let groups = tags.filter_map(|tags| group_of(tags, &settings.tags));
        groups.map(str::to_owned).collect()
    }
}

/// The tags with these keys; of these resources, or of all where none is named.
async fn tagged<C: AlarmFailoverCloud>(
    cloud: &C,
    keys: &[String],
    of: &[String],
) -> Result<Tagged, CloudError> {
    let mut tagged = Tagged::default();
    for tag in cloud.tags(keys, of).await? {
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

/// The groups of instances, by their own tags. Where no sweep has told who holds what, by those of what is attached to
/// them, too.
async fn of_instances<C: AlarmFailoverCloud>(
    cloud: &C,
    settings: &Settings,
    cause: &Cause,
    is_told: bool,
) -> Result<BTreeSet<String>, CloudError> {
    let ids: Vec<String> = cause.instances.iter().map(ToString::to_string).collect();
    let key = settings.tags.group.clone();
    let tagged = tagged(cloud, std::slice::from_ref(&key), &ids).await?;
    let groups = tagged.groups_of(ids.iter(), settings);
    if is_told || !groups.is_empty() {
        return Ok(groups);
    }
    let attached = InterfaceFilter::AttachedTo {
        tag_key: key,
        instances: cause.instances.iter().cloned().collect(),
    };
    let held = cloud.interfaces(&attached).await?;
    let groups = held
        .iter()
        .filter_map(|each| group_of(&each.tags, &settings.tags));
    Ok(groups.map(str::to_owned).collect())
}

//! Reading from EC2 how instances are and what their types allow.
//!
//! Races with the checks themselves, which EC2 makes every minute: an answer tells the last of them.

use super::actions::{DESCRIBE_INSTANCE_STATUS, DESCRIBE_INSTANCE_TYPES};
use super::failure::unreadable;
use super::moves::FIRST_CARD;
use super::read::{MAX_FILTER_VALUES, filter, required};
use super::{Aws, failure};
use aws_sdk_ec2::types::{
    InstanceStateName, InstanceStatus as Described, InstanceStatusEvent, InstanceTypeInfo,
    NetworkCardInfo, NetworkInfo, SummaryStatus,
};
use futures_util::future::join_all;
use holdfast::cloud::health::{ReadLimits, ReadStatusChecks};
use holdfast::cloud::{CloudError, Missing};
use holdfast::model::ids::{InstanceId, InstanceType};
use holdfast::model::instance::{InstanceTypeLimits, StatusChecks};
use holdfast::model::instance_status::{EventCode, InstanceStatus, ProbeStatus, ScheduledEvent};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use time::OffsetDateTime;

/// Source: EC2 API reference, `DescribeInstanceStatus`, `InstanceId.N`.
const MAX_NAMED: usize = 100;

/// Source: EC2 API reference, `DescribeInstanceTypes`, `MaxResults`.
const MAX_IN_A_PAGE: i32 = 100;

/// What was read of instance types, for as long as the process lives.
#[derive(Debug, Default)]
pub(super) struct KnownLimits(Mutex<BTreeMap<InstanceType, InstanceTypeLimits>>);

impl ReadStatusChecks for Aws {
    /// This action has no filter for instances, and one that does not exist fails the whole call
    /// (`InvalidInstanceID.NotFound`). The instances are then asked for in halves, side by side, until
    /// those that do not exist are by themselves.
    async fn checks(
        &self,
        instances: &[InstanceId],
    ) -> Result<BTreeMap<InstanceId, InstanceStatus>, CloudError> {
        let mut found = BTreeMap::new();
        let mut to_ask: Vec<&[InstanceId]> = instances.chunks(MAX_NAMED).collect();
        while !to_ask.is_empty() {
            let answers = join_all(to_ask.iter().map(|some| self.statuses(some))).await;
            let mut halves = Vec::new();
            for (some, answer) in to_ask.into_iter().zip(answers) {
                match answer {
                    Err(CloudError::NotFound {
                        what: Missing::Instance,
                        ..
                    }) => halves.extend(
                        some.chunks(some.len().div_ceil(2))
                            .filter(|_| some.len() > 1),
                    ),
                    statuses => found.extend(statuses?),
                }
            }
            to_ask = halves;
        }
        Ok(found)
    }
}

impl ReadLimits for Aws {
    /// By filter, so that a type that this region does not know is left out.
    async fn limits(
        &self,
        types: &[InstanceType],
    ) -> Result<BTreeMap<InstanceType, InstanceTypeLimits>, CloudError> {
        let unknown = self.limits.unknown(types);
        for some in unknown.chunks(MAX_FILTER_VALUES) {
            let by_type = filter("instance-type", some.iter().map(ToString::to_string));
            let described = self
                .ec2
                .describe_instance_types()
                .filters(by_type)
                .max_results(MAX_IN_A_PAGE)
                .into_paginator()
                .items()
                .send()
                .try_collect()
                .await
                .map_err(|error| failure::of(DESCRIBE_INSTANCE_TYPES, error))?;
            for described in &described {
                self.limits.learn(limits(described)?);
            }
        }
        Ok(self.limits.of(types))
    }
}

impl Aws {
    async fn statuses(
        &self,
        instances: &[InstanceId],
    ) -> Result<BTreeMap<InstanceId, InstanceStatus>, CloudError> {
        let ids = instances.iter().map(InstanceId::to_string).collect();
        let described = self
            .ec2
            .describe_instance_status()
            .set_instance_ids(Some(ids))
            .include_all_instances(true)
            .into_paginator()
            .items()
            .send()
            .try_collect()
            .await
            .map_err(|error| failure::of(DESCRIBE_INSTANCE_STATUS, error))?;
        let checked = described.iter().map(|described| {
            let id = described.instance_id();
            let id = required(DESCRIBE_INSTANCE_STATUS, id, "an instance's id")?;
            Ok((id, status(described)))
        });
        checked.collect()
    }
}

impl KnownLimits {
    fn with<T>(
        &self,
        work: impl FnOnce(&mut BTreeMap<InstanceType, InstanceTypeLimits>) -> T,
    ) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn learn(&self, (kind, limits): (InstanceType, InstanceTypeLimits)) {
        self.with(|known| known.insert(kind, limits));
    }

    fn unknown(&self, types: &[InstanceType]) -> Vec<InstanceType> {
        let is_unknown = |known: &BTreeMap<_, _>, kind: &&InstanceType| !known.contains_key(*kind);
        self.with(|known| {
            let unknown = types.iter().filter(|kind| is_unknown(known, kind));
            unknown.cloned().collect()
        })
    }

    fn of(&self, types: &[InstanceType]) -> BTreeMap<InstanceType, InstanceTypeLimits> {
        self.with(|known| {
            let asked = types.iter().filter_map(|kind| known.get_key_value(kind));
            asked
                .map(|(kind, limits)| (kind.clone(), *limits))
                .collect()
        })
    }
}

fn status(described: &Described) -> InstanceStatus {
    let application = described.application_status();
    let performance = described.performance_status();
    let mut events: Vec<ScheduledEvent> = described.events().iter().filter_map(event).collect();
    events.sort_by_key(|event| (event.not_before.is_none(), event.not_before));
    InstanceStatus {
        checks: checks(described),
        application: probe(application.and_then(|it| it.status())),
        performance: probe(performance.and_then(|it| it.status())),
        events,
    }
}

/// What a check says that not every instance has.
pub(super) fn probe(status: Option<&SummaryStatus>) -> ProbeStatus {
    match status {
        None | Some(SummaryStatus::NotApplicable | SummaryStatus::InsufficientData) => {
            ProbeStatus::NotTold
        }
        Some(SummaryStatus::Ok) => ProbeStatus::Ok,
        Some(SummaryStatus::Initializing) => ProbeStatus::Initializing,
        Some(SummaryStatus::Impaired) => ProbeStatus::Impaired,
        Some(_) => ProbeStatus::Unknown,
    }
}

/// An event that is still ahead. EC2 shows one that is over, or called off, for up to a week, and says so at the
/// beginning of its description.
/// Source: EC2 API reference, `InstanceStatusEvent`, `Description`; EC2 user guide, "Scheduled events".
fn event(described: &InstanceStatusEvent) -> Option<ScheduledEvent> {
    let description = described.description().unwrap_or_default();
    let is_over = |word: &&str| description.starts_with(word);
    if ["[Completed]", "[Canceled]"].iter().any(is_over) {
        return None;
    }
    let code = described
        .code()
        .map_or("", aws_sdk_ec2::types::EventCode::as_str);
    let not_before = described
        .not_before()
        .map(aws_sdk_ec2::primitives::DateTime::secs);
    Some(ScheduledEvent {
        code: EventCode::told(code),
        not_before: not_before.and_then(|at| OffsetDateTime::from_unix_timestamp(at).ok()),
    })
}

/// The checks of host and instance, and of the volumes that are attached, which not every instance has. An
/// instance that does not run has no checks worth the name, and a word that nobody knows is no good news.
/// Source: EC2 user guide, "Status checks for your instances".
fn checks(described: &Described) -> StatusChecks {
    let state = described.instance_state().and_then(|state| state.name());
    if state != Some(&InstanceStateName::Running) {
        return StatusChecks::Unknown;
    }
    let host = described.system_status().and_then(|it| it.status());
    let instance = described.instance_status().and_then(|it| it.status());
    let volumes = described.attached_ebs_status().and_then(|it| it.status());
    let all = [host, instance, volumes];
    if all.contains(&Some(&SummaryStatus::Impaired)) {
        StatusChecks::Impaired
    } else if all.contains(&Some(&SummaryStatus::Initializing)) {
        StatusChecks::Initializing
    } else if [host, instance] == [Some(&SummaryStatus::Ok); 2] && may_pass(volumes) {
        StatusChecks::Ok
    } else {
        StatusChecks::Unknown
    }
}

/// Whether the volumes' check is no reason to doubt an instance: it passes, or there is none to be had.
fn may_pass(volumes: Option<&SummaryStatus>) -> bool {
    matches!(
        volumes,
        None | Some(
            SummaryStatus::Ok | SummaryStatus::NotApplicable | SummaryStatus::InsufficientData
        )
    )
}

/// The limits of network card 0, the only one that is used.
fn limits(described: &InstanceTypeInfo) -> Result<(InstanceType, InstanceTypeLimits), CloudError> {
    let missing = |what| unreadable(DESCRIBE_INSTANCE_TYPES, format!("{what} is missing"), None);
    let kind = described
        .instance_type()
        .map(|kind| kind.as_str().to_owned());
    let kind = kind.ok_or_else(|| missing("an instance type's name"))?;
    let network = described.network_info();
    let interfaces = network.and_then(interfaces_of_first_card);
    let private_ips = network.and_then(NetworkInfo::ipv4_addresses_per_interface);
    let limits = InstanceTypeLimits {
        interfaces: interfaces.ok_or_else(|| missing("how many interfaces it takes"))?,
        private_ips: private_ips.ok_or_else(|| missing("how many private IPs one takes"))?,
    };
    Ok((InstanceType(kind), limits))
}

/// How many interfaces network card 0 takes. Those for flexible queues come on top of the base number.
/// Source: EC2 API reference, `NetworkCardInfo`, `AdditionalFlexibleNetworkInterfaces`.
fn interfaces_of_first_card(network: &NetworkInfo) -> Option<i32> {
    let cards = network.network_cards();
    let first = cards
        .iter()
        .find(|card| card.network_card_index() == Some(FIRST_CARD));
    let base = first
        .and_then(NetworkCardInfo::maximum_network_interfaces)
        .or(network.maximum_network_interfaces())?;
    let more = first.and_then(NetworkCardInfo::additional_flexible_network_interfaces);
    Some(base + more.unwrap_or(0))
}

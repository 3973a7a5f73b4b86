//! Status checks, the limits of instance types, and alarms behind the fault injector.

use super::Client;
use super::cloud::{classify, filter, id, unexpected};
use super::faults::SeededBug;
use ec2_sim::alarms::{self, AlarmPage, DescribeAlarms};
use ec2_sim::api::{
    DescribeInstanceStatus, DescribeInstanceTypes, Ec2Error, InstanceStatus as Described, Request,
    Response,
};
use ec2_sim::auto_scaling::DescribeAutoScalingInstances;
use ec2_sim::lifecycle_hooks;
use futures_util::future::try_join_all;
use holdfast::cloud::health::{
    AlarmFilter, ReadAlarmContributors, ReadAlarmPages, ReadAlarms, ReadLifecycleStates,
    ReadLimits, ReadStatusChecks, ReadZonalShifts,
};
use holdfast::cloud::lifecycle::CompleteLifecycleAction;
use holdfast::cloud::{CloudError, Missing};
use holdfast::model::alarm::Alarm;
use holdfast::model::alarm::{AlarmMetric, AlarmState};
use holdfast::model::auto_scaling::{LifecycleAction, LifecycleState};
use holdfast::model::ids::{InstanceId, InstanceType, ZoneId};
use holdfast::model::instance::{InstanceTypeLimits, StatusChecks};
use holdfast::model::instance_status::{EventCode, InstanceStatus, ProbeStatus, ScheduledEvent};
use holdfast::model::zonal_shift::ZonalShift;
use std::collections::BTreeMap;

/// Source: CloudWatch API reference, `DescribeAlarms`: names in one call, and records on a page.
const MAX_ALARMS: usize = 100;

/// Source: EC2 Auto Scaling API reference, `DescribeAutoScalingInstances`, `InstanceIds`.
const MAX_SCALED: usize = 50;

impl Client {
    /// EC2 refuses the whole call when one of the ids is unknown.
    async fn statuses(&self, instance_ids: Vec<String>) -> Result<Vec<Described>, CloudError> {
        const ACTION: &str = "ec2:DescribeInstanceStatus";
        let mut found = Vec::new();
        let mut next_token = None;
        loop {
            let request = Request::DescribeInstanceStatus(DescribeInstanceStatus {
                instance_ids: instance_ids.clone(),
                include_all_instances: true,
                next_token,
                ..DescribeInstanceStatus::default()
            });
            match self.ec2(ACTION, request).await? {
                Response::DescribeInstanceStatus {
                    statuses,
                    next_token: more,
                } => {
                    found.extend(statuses);
                    next_token = more;
                }
                other => return Err(unexpected(ACTION, &other)),
            }
            if next_token.is_none() {
                return Ok(found);
            }
        }
    }

    async fn of_another_service<T>(
        &self,
        name: &'static str,
        action: &'static str,
        ask: impl FnOnce() -> Result<T, Ec2Error>,
    ) -> Result<T, CloudError> {
        self.on_the_way(name).await;
        match self.bed.faults.call(self.run, name, ask).await {
            Ok(answer) => answer.map_err(|refusal| classify(action, refusal)),
            Err(passage) => Err(passage.into_error(action)),
        }
    }
}

impl ReadStatusChecks for Client {
    async fn checks(
        &self,
        instances: &[InstanceId],
    ) -> Result<BTreeMap<InstanceId, InstanceStatus>, CloudError> {
        let mut found = BTreeMap::new();
        let mut to_ask: Vec<&[InstanceId]> = Vec::new();
        to_ask.extend((!instances.is_empty()).then_some(instances));
        while let Some(some) = to_ask.pop() {
            let named = some.iter().map(ToString::to_string).collect();
            match self.statuses(named).await {
                // As the AWS adapter does: the halves are asked for apart, and one alone is left out.
                Err(CloudError::NotFound {
                    what: Missing::Instance,
                    ..
                }) => to_ask.extend(
                    some.chunks(some.len().div_ceil(2))
                        .filter(|_| some.len() > 1),
                ),
                answer => {
                    let checked = answer?;
                    let checked = checked.iter();
                    found.extend(checked.map(|it| (id(&it.instance_id), status(it))));
                }
            }
        }
        Ok(found)
    }
}

/// As the AWS adapter reads it.
fn status(described: &Described) -> InstanceStatus {
    let over = |it: &&ec2_sim::api::PlannedEvent| it.description.starts_with('[');
    let ahead = described.events.iter().filter(|it| !over(it));
    let mut events: Vec<ScheduledEvent> = ahead
        .map(|it| ScheduledEvent {
            code: EventCode::told(&it.code),
            not_before: Some(it.not_before),
        })
        .collect();
    events.sort_by_key(|event| event.not_before);
    InstanceStatus {
        checks: checks(described),
        application: probe(described.application_status.as_deref()),
        performance: probe(described.performance_status.as_deref()),
        events,
    }
}

fn probe(word: Option<&str>) -> ProbeStatus {
    match word {
        None | Some("not-applicable" | "insufficient-data") => ProbeStatus::NotTold,
        Some("ok") => ProbeStatus::Ok,
        Some("initializing") => ProbeStatus::Initializing,
        Some("impaired") => ProbeStatus::Impaired,
        Some(_) => ProbeStatus::Unknown,
    }
}

fn checks(status: &Described) -> StatusChecks {
    let volumes = &*status.attached_ebs_status;
    let words = [&*status.instance_status, &*status.system_status];
    if volumes == "impaired" {
        return StatusChecks::Impaired;
    }
    if words.contains(&"impaired") {
        StatusChecks::Impaired
    } else if words.contains(&"initializing") {
        StatusChecks::Initializing
    } else if words == ["ok", "ok"] {
        StatusChecks::Ok
    } else {
        StatusChecks::Unknown
    }
}

impl ReadLimits for Client {
    async fn limits(
        &self,
        types: &[InstanceType],
    ) -> Result<BTreeMap<InstanceType, InstanceTypeLimits>, CloudError> {
        const ACTION: &str = "ec2:DescribeInstanceTypes";
        if types.is_empty() {
            return Ok(BTreeMap::new());
        }
        let request = Request::DescribeInstanceTypes(DescribeInstanceTypes {
            filters: vec![filter(
                "instance-type",
                types.iter().map(ToString::to_string),
            )],
            ..DescribeInstanceTypes::default()
        });
        match self.ec2(ACTION, request).await? {
            Response::DescribeInstanceTypes { instance_types, .. } => {
                let limits = instance_types.into_iter().map(|found| {
                    let limits = InstanceTypeLimits {
                        interfaces: found.network_cards.first().copied().unwrap_or(0),
                        private_ips: found.ipv4_addresses_per_interface,
                    };
                    (InstanceType(found.instance_type), limits)
                });
                Ok(limits.collect())
            }
            other => Err(unexpected(ACTION, &other)),
        }
    }
}

impl ReadAlarms for Client {
    async fn alarms(&self, names: &[String]) -> Result<Vec<Alarm>, CloudError> {
        let chunks = names.chunks(MAX_ALARMS);
        let found = try_join_all(chunks.map(|names| {
            self.all_alarms(DescribeAlarms {
                alarm_names: names.to_vec(),
                ..DescribeAlarms::default()
            })
        }));
        let mut found: Vec<Alarm> = found.await?.into_iter().flatten().collect();
        if self.bed.faults.has_bug(SeededBug::AlarmsNeverClear) {
            for read in &mut found {
                read.state = AlarmState::Alarm;
            }
        }
        Ok(found)
    }

    /// What the endpoint's first answer tells a real client.
    fn reads_log_alarms(&self) -> bool {
        let mut world = self.bed.world();
        !world.settings().unknown_alarm_types.contains("LogAlarm")
    }
}

impl ReadAlarmContributors for Client {
    async fn contributors(&self, alarm: &str) -> Result<Vec<BTreeMap<String, String>>, CloudError> {
        const ACTION: &str = "cloudwatch:DescribeAlarmContributors";
        let ask = || {
            self.bed
                .describe(|world| world.describe_alarm_contributors(&self.caller, alarm))
        };
        let answer = self.of_another_service("DescribeAlarmContributors", ACTION, ask);
        match answer.await {
            Err(CloudError::NotFound { .. } | CloudError::Refused(_)) => Ok(Vec::new()),
            answer => answer,
        }
    }
}

impl ReadAlarmPages for Client {
    async fn alarm_page(
        &self,
        which: AlarmFilter,
        after: Option<&str>,
    ) -> Result<holdfast::cloud::health::AlarmPage, CloudError> {
        let request = DescribeAlarms {
            state_value: match which {
                AlarmFilter::All => None,
                AlarmFilter::Firing => Some(alarms::AlarmState::Alarm),
            },
            next_token: after.map(str::to_owned),
            ..DescribeAlarms::default()
        };
        let page = self.page_of_alarms(request).await?;
        let found = on_page(&page);
        Ok(holdfast::cloud::health::AlarmPage {
            alarms: found.map(alarm).collect(),
            next: page.next_token,
        })
    }
}

impl ReadLifecycleStates for Client {
    async fn lifecycle_states(
        &self,
        instances: &[InstanceId],
    ) -> Result<BTreeMap<InstanceId, LifecycleState>, CloudError> {
        let mut found = BTreeMap::new();
        for some in instances.chunks(MAX_SCALED) {
            let mut request = DescribeAutoScalingInstances {
                instance_ids: some.iter().map(ToString::to_string).collect(),
                ..DescribeAutoScalingInstances::default()
            };
            loop {
                let ask = || {
                    self.bed.describe(|world| {
                        world.describe_auto_scaling_instances(&self.caller, &request)
                    })
                };
                let (instances, next_token) = self
                    .of_another_service(
                        "DescribeAutoScalingInstances",
                        "autoscaling:DescribeAutoScalingInstances",
                        ask,
                    )
                    .await?;
                let states = instances.into_iter();
                found.extend(
                    states.map(|it| (id(&it.instance_id), LifecycleState(it.lifecycle_state))),
                );
                request.next_token = next_token;
                if request.next_token.is_none() {
                    break;
                }
            }
        }
        Ok(found)
    }
}

impl ReadZonalShifts for Client {
    async fn zonal_shifts(&self) -> Result<Vec<ZonalShift>, CloudError> {
        let mut found = Vec::new();
        for (name, action) in [
            ("ListAutoshifts", "arc-zonal-shift:ListAutoshifts"),
            ("ListZonalShifts", "arc-zonal-shift:ListZonalShifts"),
        ] {
            let ask = || {
                self.bed
                    .describe(|world| world.list_shifts(&self.caller, name))
            };
            found.extend(self.of_another_service(name, action, ask).await?);
        }
        found.retain(|shift| shift.shift_type != "PRACTICE_RUN");
        let shifts = found.into_iter().map(|shift| ZonalShift {
            away_from: ZoneId(shift.away_from),
            resource: shift.resource,
        });
        Ok(shifts.collect())
    }
}

impl CompleteLifecycleAction for Client {
    async fn complete_lifecycle_action(&self, action: &LifecycleAction) -> Result<(), CloudError> {
        let request = lifecycle_hooks::CompleteLifecycleAction {
            auto_scaling_group_name: action.group.clone(),
            lifecycle_hook_name: action.hook.clone(),
            lifecycle_action_token: Some(action.token.clone()),
            instance_id: None,
            lifecycle_action_result: "CONTINUE".to_owned(),
        };
        let ask = || {
            self.bed
                .describe(|world| world.complete_lifecycle_action(&self.caller, &request))
        };
        self.of_another_service(
            "CompleteLifecycleAction",
            "autoscaling:CompleteLifecycleAction",
            ask,
        )
        .await
    }
}

impl Client {
    /// All types, page by page.
    async fn all_alarms(&self, mut request: DescribeAlarms) -> Result<Vec<Alarm>, CloudError> {
        let mut found = Vec::new();
        loop {
            let page = self.page_of_alarms(request.clone()).await?;
            found.extend(on_page(&page).map(alarm));
            if page.next_token.is_none() {
                return Ok(found);
            }
            request.next_token = page.next_token;
        }
    }

    async fn page_of_alarms(&self, request: DescribeAlarms) -> Result<AlarmPage, CloudError> {
        let types = ["MetricAlarm", "CompositeAlarm", "LogAlarm"].into_iter();
        let types = types.take(if self.reads_log_alarms() { 3 } else { 2 });
        let request = DescribeAlarms {
            alarm_types: types.map(ToString::to_string).collect(),
            max_records: Some(MAX_ALARMS),
            ..request
        };
        let ask = || {
            self.bed
                .describe(|world| world.describe_alarms(&self.caller, &request))
        };
        self.of_another_service("DescribeAlarms", "cloudwatch:DescribeAlarms", ask)
            .await
    }
}

fn on_page(page: &AlarmPage) -> impl Iterator<Item = &alarms::Alarm> {
    page.metric.iter().chain(&page.composite).chain(&page.log)
}

fn alarm(from: &alarms::Alarm) -> Alarm {
    let measure = |metric: &alarms::Metric| AlarmMetric {
        namespace: metric.namespace.clone(),
        metric: metric.name.clone(),
        dimensions: metric.dimensions.clone(),
    };
    Alarm {
        name: from.name.clone(),
        state: match from.state {
            alarms::AlarmState::Ok => AlarmState::Ok,
            alarms::AlarmState::Alarm => AlarmState::Alarm,
            alarms::AlarmState::InsufficientData => AlarmState::InsufficientData,
        },
        suppressed_by: from.suppressed_by.clone(),
        metrics: from.metrics().map(measure).collect(),
        rule: match &from.watched {
            alarms::Watched::Rule(rule) => Some(rule.clone()),
            _ => None,
        },
        contributors: None,
    }
}

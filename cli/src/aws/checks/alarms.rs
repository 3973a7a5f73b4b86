//! CloudWatch: in which state alarms are, by their names.

use crate::aws::actions::DESCRIBE_ALARMS;
use crate::aws::{CloudError, Connection};
use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::operation::describe_alarms::DescribeAlarmsOutput;
use aws_sdk_cloudwatch::types::{ActionConfiguration, AlarmTagsPropagation, AlarmType, StateValue};
use holdfast_aws::failure;

/// Source: CloudWatch API reference, `DescribeAlarms`, `AlarmNames`.
const IN_A_CALL: usize = 100;

/// An alarm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenAlarm {
    /// Its name.
    pub name: String,
    /// Its state.
    pub state: AlarmState,
    /// Whether its actions are carried out.
    pub acts: bool,
    /// Whether its events carry its tags (`AlarmTagsPropagation`).
    pub hands_on_tags: bool,
}

/// The state of an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlarmState {
    /// All is well.
    Ok,
    /// It fires.
    Firing,
    /// It does not know.
    NoData,
    /// A state that this version does not know.
    Unknown,
}

/// All types of alarms, and those that every endpoint knows.
const TYPES: [AlarmType; 3] = [
    AlarmType::MetricAlarm,
    AlarmType::CompositeAlarm,
    AlarmType::LogAlarm,
];

impl Connection {
    /// The alarms of these names; one that is not there is left out.
    ///
    /// # Errors
    /// AWS's answer to `cloudwatch:DescribeAlarms`.
    pub async fn alarms_named(&self, names: &[String]) -> Result<Vec<SeenAlarm>, CloudError> {
        let client = Client::new(self.config());
        let mut alarms = Vec::new();
        for some in names.chunks(IN_A_CALL) {
            let mut after = None;
            loop {
                let page = page(&client, some, after).await?;
                alarms.extend(seen(&page));
                after = page.next_token().map(str::to_owned);
                if after.is_none() {
                    break;
                }
            }
        }
        Ok(alarms)
    }
}

/// An endpoint that does not know log alarms yet refuses the word, and is asked without it.
async fn page(
    client: &Client,
    names: &[String],
    after: Option<String>,
) -> Result<DescribeAlarmsOutput, CloudError> {
    let asked = |types: &[AlarmType]| {
        let asked = client
            .describe_alarms()
            .set_alarm_types(Some(types.to_vec()));
        let asked = asked.set_alarm_names(Some(names.to_vec())).max_records(100);
        asked.set_next_token(after.clone()).send()
    };
    match asked(&TYPES)
        .await
        .map_err(|error| failure::of(DESCRIBE_ALARMS, error))
    {
        Err(CloudError::Refused(_)) => {
            let answer = asked(&TYPES[..2]).await;
            answer.map_err(|error| failure::of(DESCRIBE_ALARMS, error))
        }
        answer => answer,
    }
}

fn seen(page: &DescribeAlarmsOutput) -> Vec<SeenAlarm> {
    let metric = page.metric_alarms().iter().map(|alarm| SeenAlarm {
        name: alarm.alarm_name().unwrap_or_default().to_owned(),
        state: state_of(alarm.state_value()),
        acts: alarm.actions_enabled() != Some(false),
        hands_on_tags: hands_on_tags(alarm.action_configuration()),
    });
    let composite = page.composite_alarms().iter().map(|alarm| SeenAlarm {
        name: alarm.alarm_name().unwrap_or_default().to_owned(),
        state: state_of(alarm.state_value()),
        acts: alarm.actions_enabled() != Some(false),
        hands_on_tags: hands_on_tags(alarm.action_configuration()),
    });
    let log = page.log_alarms().iter().map(|alarm| SeenAlarm {
        name: alarm.alarm_name().unwrap_or_default().to_owned(),
        state: state_of(alarm.state_value()),
        acts: alarm.actions_enabled() != Some(false),
        hands_on_tags: hands_on_tags(alarm.action_configuration()),
    });
    metric.chain(composite).chain(log).collect()
}

fn hands_on_tags(actions: Option<&ActionConfiguration>) -> bool {
    let tags = actions.and_then(ActionConfiguration::alarm_tags_propagation);
    tags.and_then(AlarmTagsPropagation::enabled) == Some(true)
}

fn state_of(state: Option<&StateValue>) -> AlarmState {
    match state {
        Some(StateValue::Ok) => AlarmState::Ok,
        Some(StateValue::Alarm) => AlarmState::Firing,
        Some(StateValue::InsufficientData) => AlarmState::NoData,
        _ => AlarmState::Unknown,
    }
}

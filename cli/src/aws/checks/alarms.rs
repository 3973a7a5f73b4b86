//! CloudWatch: in which state alarms are, by their names.

use crate::aws::actions::DESCRIBE_ALARMS;
use crate::aws::{CloudError, Connection};
use aws_sdk_cloudwatch::Client;
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

impl Connection {
    /// The metric and composite alarms of these names; one that is not there is left out.
    ///
    /// # Errors
    /// AWS's answer to `cloudwatch:DescribeAlarms`.
    pub async fn alarms_named(&self, names: &[String]) -> Result<Vec<SeenAlarm>, CloudError> {
        let client = Client::new(self.config());
        let mut alarms = Vec::new();
        for some in names.chunks(IN_A_CALL) {
            let types = vec![AlarmType::MetricAlarm, AlarmType::CompositeAlarm];
            let asked = client.describe_alarms().set_alarm_types(Some(types));
            let asked = asked.set_alarm_names(Some(some.to_vec())).max_records(100);
            let answer = asked.send().await;
            let answer = answer.map_err(|error| failure::of(DESCRIBE_ALARMS, error))?;
            let metric = answer.metric_alarms().iter().map(|alarm| SeenAlarm {
                name: alarm.alarm_name().unwrap_or_default().to_owned(),
                state: state_of(alarm.state_value()),
                acts: alarm.actions_enabled() != Some(false),
                hands_on_tags: hands_on_tags(alarm.action_configuration()),
            });
            let composite = answer.composite_alarms().iter().map(|alarm| SeenAlarm {
                name: alarm.alarm_name().unwrap_or_default().to_owned(),
                state: state_of(alarm.state_value()),
                acts: alarm.actions_enabled() != Some(false),
                hands_on_tags: hands_on_tags(alarm.action_configuration()),
            });
            alarms.extend(metric.chain(composite));
        }
        Ok(alarms)
    }
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

//! EventBridge: whether a rule is there, on, and tells somebody who lets it in.

use crate::aws::actions::{DESCRIBE_RULE, LIST_TARGETS_BY_RULE};
use crate::aws::{CloudError, Connection};
use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::types::RuleState as State;
use holdfast_aws::failure;

/// EventBridge answers so for a rule or a bus that is not there.
const NOT_THERE: &str = "ResourceNotFoundException";

/// What is known of a rule of a stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenRule {
    /// Its name in the template.
    pub logical_id: String,
    /// Its name.
    pub name: String,
    /// What it is in.
    pub state: RuleState,
}

/// What a rule is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleState {
    /// It is on, and tells so many.
    On {
        /// How many targets.
        targets: usize,
    },
    /// It is on, and this function of its targets does not let it in.
    ShutOut {
        /// The ARN of the function, or of its alias.
        function: String,
    },
    /// It is there, and off.
    Off,
    /// It is in a state that this version does not know.
    Unknown {
        /// EventBridge's word.
        word: String,
    },
    /// It is not there.
    Missing,
}

impl Connection {
    /// A rule by what CloudFormation calls it: its name, behind the bus and a stroke on a bus of one's own.
    ///
    /// # Errors
    /// AWS's answers to `events:DescribeRule`, `events:ListTargetsByRule` and `lambda:GetPolicy`.
    pub async fn rule(&self, logical_id: &str, physical_id: &str) -> Result<SeenRule, CloudError> {
        let client = Client::new(self.config());
        let (bus, name) = match physical_id.split_once('|') {
            Some((bus, name)) => (Some(bus.to_owned()), name),
            None => (None, physical_id),
        };
        let seen = |state| SeenRule {
            logical_id: logical_id.to_owned(),
            name: name.to_owned(),
            state,
        };
        let asked = client.describe_rule().name(name);
        let sent = asked.set_event_bus_name(bus.clone()).send().await;
        let rule = match sent.map_err(|error| failure::of(DESCRIBE_RULE, error)) {
            Ok(rule) => rule,
            Err(refusal) if refusal.failure().code.as_deref() == Some(NOT_THERE) => {
                return Ok(seen(RuleState::Missing));
            }
            Err(refusal) => return Err(refusal),
        };
        match rule.state() {
            Some(State::Enabled | State::EnabledWithAllCloudtrailManagementEvents) => {}
            Some(State::Disabled) => return Ok(seen(RuleState::Off)),
            other => {
                let word = other.map_or("no state", State::as_str).to_owned();
                return Ok(seen(RuleState::Unknown { word }));
            }
        }
        let asked = client.list_targets_by_rule().rule(name);
        let sent = asked.set_event_bus_name(bus).send().await;
        let targets = sent.map_err(|error| failure::of(LIST_TARGETS_BY_RULE, error))?;
        let arn = rule.arn().unwrap_or_default();
        for target in targets.targets() {
            let function = target.arn();
            if function.contains(":lambda:") && !self.lets_in(function, arn).await? {
                let function = function.to_owned();
                return Ok(seen(RuleState::ShutOut { function }));
            }
        }
        Ok(seen(RuleState::On {
            targets: targets.targets().len(),
        }))
    }
}

//! What an account has beside EC2, as far as an operator looks at it. There are stacks of CloudFormation, functions of
//! Lambda and the log groups that they write, rules of EventBridge, queues of SQS, and trails of CloudTrail.
//!
//! Nothing but one trail is there until somebody declares it, in the names that the services' own APIs use. From then on
//! it changes by calls and by what functions do.

mod event_patterns;
mod functions;
mod log_patterns;
mod logs;
mod queues;
mod rules;
mod stacks;
mod trails;

pub use functions::{FunctionState, LambdaFunction};
pub use log_patterns::LogPattern;
pub use logs::{LogEvent, LogGroup, LogStream, Logs};
pub use queues::{Message, Queue};
pub use rules::{Rule, Target};
pub use stacks::{Output, Stack, StackResource};
pub use trails::{AccountTrail, AdvancedSelector};

use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use time::OffsetDateTime;

/// Everything beside EC2 in one Region of an account.
#[derive(Clone, Debug)]
pub struct Services {
    pub(crate) stacks: Vec<Stack>,
    pub(crate) functions: BTreeMap<String, LambdaFunction>,
    pub(crate) logs: Logs,
    pub(crate) rules: Vec<Rule>,
    /// Beside the default one.
    pub(crate) event_buses: Vec<String>,
    pub(crate) queues: BTreeMap<String, Queue>,
    pub(crate) trails: Vec<AccountTrail>,
}

/// What is to be there from now on. What is declared again takes the place of what had its name.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Declared {
    /// Of CloudFormation.
    pub stacks: Vec<Stack>,
    /// Of Lambda.
    pub functions: Vec<LambdaFunction>,
    /// Names of groups of CloudWatch Logs. A function's own group comes into being with its first line.
    pub log_groups: Vec<String>,
    /// Names of buses of EventBridge, beside the default one.
    pub event_buses: Vec<String>,
    /// Of EventBridge.
    pub rules: Vec<Rule>,
    /// Of SQS.
    pub queues: Vec<Queue>,
    /// All trails of the account; absent: they stay as they are.
    pub trails: Option<Vec<AccountTrail>>,
}

impl Services {
    /// An account with one trail, and nothing else.
    #[must_use]
    pub fn new(region: &str) -> Self {
        Self {
            stacks: Vec::new(),
            functions: BTreeMap::new(),
            logs: Logs::default(),
            rules: Vec::new(),
            event_buses: Vec::new(),
            queues: BTreeMap::new(),
            trails: vec![AccountTrail::of_everything("management-events", region)],
        }
    }

    /// Puts in place what is declared.
    pub fn declare(&mut self, declared: Declared, now: OffsetDateTime) {
        for mut stack in declared.stacks {
            stack.created.get_or_insert(now);
            self.stacks
                .retain(|there| there.stack_name != stack.stack_name);
            self.stacks.push(stack);
        }
        for mut function in declared.functions {
            function.last_modified.get_or_insert(now);
            self.functions
                .insert(function.function_name.clone(), function);
        }
        for group in declared.log_groups {
            self.logs.create_group(&group, now);
        }
        for bus in declared.event_buses {
            self.event_buses.retain(|there| *there != bus);
            self.event_buses.push(bus);
        }
        for rule in declared.rules {
            let is_same =
                |it: &Rule| (&it.name, &it.event_bus_name) == (&rule.name, &rule.event_bus_name);
            self.rules.retain(|there| !is_same(there));
            self.rules.push(rule);
        }
        for mut queue in declared.queues {
            queue.created.get_or_insert(now);
            self.queues.insert(queue.queue_name.clone(), queue);
        }
        if let Some(trails) = declared.trails {
            self.trails = trails;
            for trail in &mut self.trails {
                trail.since.get_or_insert(now);
            }
        }
    }

    /// The stacks, oldest first.
    #[must_use]
    pub fn stacks(&self) -> &[Stack] {
        &self.stacks
    }

    /// A function by its name.
    #[must_use]
    pub fn function(&self, name: &str) -> Option<&LambdaFunction> {
        self.functions.get(name)
    }

    /// The same, to be changed.
    pub fn function_mut(&mut self, name: &str) -> Option<&mut LambdaFunction> {
        self.functions.get_mut(name)
    }

    /// What was written to CloudWatch Logs.
    #[must_use]
    pub fn logs(&self) -> &Logs {
        &self.logs
    }

    /// The same, to be written to.
    pub fn logs_mut(&mut self) -> &mut Logs {
        &mut self.logs
    }

    /// A rule by its name, to be changed, on whatever bus it is.
    pub fn rule_mut(&mut self, name: &str) -> Option<&mut Rule> {
        self.rules.iter_mut().find(|rule| rule.name == name)
    }

    /// A queue by its name.
    #[must_use]
    pub fn queue(&self, name: &str) -> Option<&Queue> {
        self.queues.get(name)
    }

    /// The same, to be changed.
    pub fn queue_mut(&mut self, name: &str) -> Option<&mut Queue> {
        self.queues.get_mut(name)
    }

    /// The trails.
    #[must_use]
    pub fn trails(&self) -> &[AccountTrail] {
        &self.trails
    }

    /// The same, to be changed.
    pub fn trails_mut(&mut self) -> &mut Vec<AccountTrail> {
        &mut self.trails
    }

    /// Whether calls that change something come to EventBridge.
    #[must_use]
    pub fn tells_of_changes(&self, region: &str) -> bool {
        self.trails.iter().any(|trail| trail.logs_changes(region))
    }

    /// Brings an event to the targets of the rules of a bus that wait for it. Queues and log groups are told; what else
    /// a rule tells is left out.
    pub(crate) fn publish(&mut self, bus: &str, event: &Value, now: OffsetDateTime) {
        let on_bus = |rule: &&Rule| rule.event_bus_name == bus && rule.takes(event);
        let targets: Vec<Target> = self
            .rules
            .iter()
            .filter(on_bus)
            .flat_map(|rule| rule.targets.clone())
            .collect();
        for target in targets {
            if let Some(input) = target.input(event) {
                self.tell(&target.arn, &input, now);
            }
        }
    }

    /// Brings something to a queue or a log group.
    pub(crate) fn tell(&mut self, arn: &str, told: &Value, now: OffsetDateTime) {
        let mut parts = arn.splitn(6, ':').skip(2);
        let (service, name) = (parts.next(), parts.nth(2).unwrap_or_default());
        if service == Some("sqs")
            && let Some(queue) = self.queues.get_mut(name)
        {
            queue.send(told.to_string(), now);
        }
        if service == Some("logs") {
            let group = name.trim_start_matches("log-group:").trim_end_matches(":*");
            self.logs
                .write((group, "events"), now, now, told.to_string());
        }
    }
}

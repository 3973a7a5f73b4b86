//! The template as a stack of the simulated account: its functions run by their compiled binaries, its parameters,
//! outputs and resources as CloudFormation would tell of them. What SAM makes of a function and of its events is there
//! under SAM's names.

mod events;
mod invoke;
mod names;

pub use invoke::NoReport;

use crate::runtime::CompiledFunctions;
use crate::template::{self, Template, entries, template};
use ec2_sim::alarms::{Alarm, AlarmState, Watched};
use ec2_sim::http::{REGION, Simulator};
use ec2_sim::services::{Declared, LambdaFunction, Output, Queue, Stack, StackResource};
use names::{arn, physical_id};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

/// A deployment of the template that is still to be made.
#[derive(Clone, Debug)]
pub struct Deployment {
    template: Template,
}

impl Deployment {
    /// Of the template as it is, under this name, with the default of each parameter.
    #[must_use]
    pub fn named(stack: &str) -> Self {
        let template = template()
            .with("AWS::StackName", stack)
            .with("AWS::Region", REGION)
            .named(names::of_resource);
        Self { template }
    }

    /// The same with another value for a parameter.
    #[must_use]
    pub fn with(self, parameter: &str, value: &str) -> Self {
        Self {
            template: self.template.with(parameter, value),
        }
    }

    /// The same in another region.
    #[must_use]
    pub fn in_region(self, region: &str) -> Self {
        self.with("AWS::Region", region)
    }

    /// All four functions act, and do not only report.
    #[must_use]
    pub fn enforcing(self) -> Self {
        let modes = [
            "ReleaseGuardMode",
            "InstanceStartMode",
            "AlarmFailoverMode",
            "ReconcileMode",
        ];
        modes
            .into_iter()
            .fold(self, |it, mode| it.with(mode, "enforce"))
    }

    /// The physical id of a resource, by its name in the template.
    #[must_use]
    pub fn physical_id(&self, logical_id: &str) -> String {
        let resource = &self.template.source()["Resources"][logical_id];
        physical_id(
            &self.template,
            logical_id,
            resource["Type"].as_str().unwrap_or_default(),
        )
    }

    /// What the account has once it is deployed.
    #[must_use]
    pub fn declared(&self) -> Declared {
        let log_groups = self.template.of_type("AWS::Logs::LogGroup");
        Declared {
            stacks: vec![self.stack()],
            functions: self.functions(),
            log_groups: log_groups
                .keys()
                .map(|logical_id| self.physical_id(logical_id))
                .collect(),
            event_buses: vec![self.physical_id("Reports")],
            rules: events::rules(self),
            queues: self.queues(),
            trails: None,
        }
    }

    fn queues(&self) -> Vec<Queue> {
        let queues = self.template.of_type("AWS::SQS::Queue");
        let named = queues.iter().map(|(logical_id, resource)| {
            let url = self.physical_id(logical_id);
            let mut queue = Queue::named(url.rsplit('/').next().unwrap_or(&url));
            let kept = resource["Properties"]["MessageRetentionPeriod"].as_u64();
            if let Some(kept) = kept.and_then(|kept| u32::try_from(kept).ok()) {
                queue.message_retention_period = kept;
            }
            queue
        });
        named.collect()
    }

    /// The alarms of the stack, each of them well.
    fn put_alarms(&self, simulator: &Simulator) {
        let mut world = simulator.world();
        for logical_id in self.template.of_type("AWS::CloudWatch::Alarm").keys() {
            let name = self.physical_id(logical_id);
            let alarm = Alarm::new(&name, Watched::Queries(Vec::new()));
            // Only the rule of a composite can be refused.
            let _ = world.put_alarm(alarm);
            world.set_alarm(&name, AlarmState::Ok);
        }
    }

    /// Makes it: from then on the simulator has the stack, its ledger, functions, rules, queues and alarms.
    ///
    /// # Errors
    /// The table cannot be made.
    pub async fn deploy(&self, simulator: &Simulator) -> io::Result<()> {
        simulator.create_table(&self.physical_id("Ledger")).await?;
        simulator.declare(self.declared());
        self.put_alarms(simulator);
        let region = self.template.value("AWS::Region");
        let functions = CompiledFunctions::new(&simulator.url).in_region(&region);
        simulator.run_functions_by(Arc::new(functions));
        Ok(())
    }

    fn stack(&self) -> Stack {
        let parameters = self.template.parameters();
        let outputs = self.template.outputs();
        Stack {
            stack_name: self.template.value("AWS::StackName"),
            status: "CREATE_COMPLETE".to_owned(),
            parameters: parameters
                .map(|(name, _)| (name.clone(), self.template.value(name)))
                .collect(),
            outputs: outputs
                .into_iter()
                .map(|(key, output)| Output {
                    key,
                    value: text(&output["Value"]),
                    description: output["Description"].as_str().map(str::to_owned),
                })
                .collect(),
            resources: self.resources(),
            tags: BTreeMap::new(),
            description: self.template.source()["Description"]
                .as_str()
                .map(str::to_owned),
            created: None,
        }
    }

    fn resources(&self) -> Vec<StackResource> {
        let mut resources = Vec::new();
        for (logical_id, resource) in self.template.resources() {
            let kind = text(&resource["Type"]);
            resources.push(self.resource(&logical_id, &kind));
            if kind == "AWS::Serverless::Function" {
                for (event, _) in entries(&resource["Properties"]["Events"]) {
                    let rule = format!("{logical_id}{event}");
                    resources.push(self.resource(&rule, "AWS::Events::Rule"));
                    let permission = format!("{rule}Permission");
                    resources.push(self.resource(&permission, "AWS::Lambda::Permission"));
                }
            }
        }
        resources
    }

    fn resource(&self, logical_id: &str, kind: &str) -> StackResource {
        let physical_id = match kind {
            "AWS::Events::Rule" => events::physical_id(self, logical_id),
            _ => physical_id(&self.template, logical_id, kind),
        };
        StackResource {
            logical_id: logical_id.to_owned(),
            physical_id,
            resource_type: kind.replace("AWS::Serverless::", "AWS::Lambda::"),
            status: "CREATE_COMPLETE".to_owned(),
        }
    }

    fn functions(&self) -> Vec<LambdaFunction> {
        let functions = self.template.functions().into_iter();
        functions
            .map(|(binary, function)| self.function(binary, &function))
            .collect()
    }

    fn function(&self, binary: String, function: &template::Function) -> LambdaFunction {
        let properties = &function.properties;
        let destinations = &properties["EventInvokeConfig"]["DestinationConfig"];
        let destination = |name: &str| {
            let arn = destinations[name]["Destination"].as_str();
            arn.map(str::to_owned)
        };
        let number = |value: &Value| value.as_u64().and_then(|it| u32::try_from(it).ok());
        LambdaFunction {
            function_name: self.physical_id(&function.logical_id),
            code_sha256: format!("sha256-of-{binary}"),
            code: binary,
            role: text(&properties["Role"]),
            description: text(&properties["Description"]),
            timeout: number(&properties["Timeout"]).unwrap_or(3),
            memory_size: number(&properties["MemorySize"]).unwrap_or(128),
            architecture: text(&properties["Architectures"][0]),
            environment: function.environment(),
            aliases: BTreeMap::new(),
            state: ec2_sim::services::FunctionState::Active,
            state_reason: None,
            last_update_status: "Successful".to_owned(),
            reserved_concurrency: number(&properties["ReservedConcurrentExecutions"]),
            log_group: Some(text(&properties["LoggingConfig"]["LogGroup"])),
            log_format: text(&properties["LoggingConfig"]["LogFormat"]),
            policy: Some(events::who_may_call(self, &function.logical_id)),
            maximum_retry_attempts: number(
                &properties["EventInvokeConfig"]["MaximumRetryAttempts"],
            )
            .unwrap_or(2),
            on_failure: destination("OnFailure"),
            on_success: destination("OnSuccess"),
            tags: BTreeMap::new(),
            last_modified: None,
        }
    }

    /// The ARN of a resource, by its name in the template.
    #[must_use]
    pub fn arn(&self, logical_id: &str) -> String {
        let resource = &self.template.source()["Resources"][logical_id];
        arn(
            &self.template,
            logical_id,
            resource["Type"].as_str().unwrap_or_default(),
        )
    }
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared() -> Declared {
        Deployment::named("guards")
            .with("ReleaseGuardMode", "enforce")
            .declared()
    }

    #[test]
    fn a_stack_tells_of_its_parameters_and_outputs_as_they_were_deployed() {
        let stack = &declared().stacks[0];
        assert_eq!(stack.parameters["ReleaseGuardMode"], "enforce");
        assert_eq!(stack.parameters["ReconcileMode"], "observe");
        let ledger = stack
            .outputs
            .iter()
            .find(|output| output.key == "LedgerTable");
        let ledger = &ledger.expect("an output").value;
        assert!(ledger.starts_with("guards-Ledger-"), "{ledger}");
    }

    #[test]
    fn a_function_has_the_settings_of_the_stack_and_writes_to_its_log_group() {
        let declared = declared();
        let guard = declared
            .functions
            .iter()
            .find(|function| function.code == "release-guard");
        let guard = guard.expect("the guard");
        assert_eq!(guard.environment["HOLDFAST_MODE"], "enforce");
        assert!(guard.environment["HOLDFAST_TABLE"].starts_with("guards-Ledger-"));
        assert_eq!(guard.log_group(), "/aws/lambda/guards-release-guard");
        assert!(declared.log_groups.contains(&guard.log_group()));
        assert!(
            guard
                .role
                .starts_with("arn:aws:iam::111122223333:role/guards-ReleaseGuardRole-")
        );
    }

    #[test]
    fn each_event_of_a_function_is_a_rule_that_tells_it() {
        let declared = declared();
        let guard = declared
            .functions
            .iter()
            .find(|function| function.code == "release-guard");
        let guard = guard.expect("the guard").arn("us-east-1", "111122223333");
        let mut rules = declared.rules.iter();
        let rule = rules.find(|rule| rule.name.starts_with("guards-ReleaseGuardReleased-"));
        let rule = rule.expect("a rule");
        assert_eq!(rule.targets[0].arn, guard);
        assert_eq!(rule.event_bus_name, "default");
        let pattern = rule.event_pattern.as_ref().expect("a pattern");
        assert_eq!(pattern["account"][0], "111122223333");
        assert_eq!(declared.rules.len(), 16);
    }

    #[test]
    fn a_rule_on_the_bus_of_reports_keeps_failed_events_in_the_queue_of_that_name() {
        let declared = declared();
        let mut rules = declared.rules.iter();
        let rule = rules.find(|rule| rule.name.starts_with("guards-KeepFailedEvents-"));
        let rule = rule.expect("a rule");
        assert_eq!(rule.event_bus_name, declared.event_buses[0]);
        let name = rule.targets[0].arn.rsplit(':').next();
        let queues: Vec<&str> = declared
            .queues
            .iter()
            .map(|it| it.queue_name.as_str())
            .collect();
        assert!(queues.contains(&name.unwrap_or_default()), "{queues:?}");
    }

    #[test]
    fn nothing_of_a_stack_goes_by_its_name_in_the_template_alone() {
        let stack = &declared().stacks[0];
        assert!(stack.resources.len() > 60, "{}", stack.resources.len());
        for resource in &stack.resources {
            assert_ne!(resource.logical_id, resource.physical_id);
        }
    }
}

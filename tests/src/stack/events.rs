//! The rules of a stack: those that the template has, and those that SAM makes of the events of a function.

use super::Deployment;
use crate::template::entries;
use ec2_sim::services::{Rule, Target};
use serde_json::Value;

const KIND: &str = "AWS::Events::Rule";
const DEFAULT_BUS: &str = "default";

/// All rules of the stack.
pub(super) fn rules(deployment: &Deployment) -> Vec<Rule> {
    let mut rules = Vec::new();
    for (logical_id, resource) in deployment.template.resources() {
        let properties = &resource["Properties"];
        match resource["Type"].as_str() {
            Some(KIND) => rules.push(rule(deployment, &logical_id, properties)),
            Some("AWS::Serverless::Function") => {
                for (event, written) in entries(&properties["Events"]) {
                    let mut rule = rule(
                        deployment,
                        &format!("{logical_id}{event}"),
                        &written["Properties"],
                    );
                    rule.targets = vec![Target {
                        id: format!("{logical_id}{event}LambdaTarget"),
                        arn: deployment.arn(&logical_id),
                        input_path: None,
                        dead_letter_arn: dead_letters(&written["Properties"]),
                    }];
                    rules.push(rule);
                }
            }
            _ => {}
        }
    }
    rules
}

fn rule(deployment: &Deployment, logical_id: &str, properties: &Value) -> Rule {
    let text = |name: &str| properties[name].as_str().map(str::to_owned);
    // SAM's names and CloudFormation's.
    let pattern = ["Pattern", "EventPattern"].map(|name| properties[name].clone());
    let pattern = pattern.into_iter().find(|pattern| !pattern.is_null());
    let targets = properties["Targets"].as_array().into_iter().flatten();
    Rule {
        name: name(deployment, logical_id),
        event_bus_name: text("EventBusName").unwrap_or_else(|| DEFAULT_BUS.to_owned()),
        description: text("Description"),
        event_pattern: pattern,
        schedule_expression: text("Schedule").or_else(|| text("ScheduleExpression")),
        state: text("State").unwrap_or_else(|| "ENABLED".to_owned()),
        targets: targets
            .map(|target| Target {
                id: target["Id"].as_str().unwrap_or_default().to_owned(),
                arn: target["Arn"].as_str().unwrap_or_default().to_owned(),
                input_path: target["InputPath"].as_str().map(str::to_owned),
                dead_letter_arn: dead_letters(target),
            })
            .collect(),
    }
}

fn dead_letters(properties: &Value) -> Option<String> {
    let arn = properties["DeadLetterConfig"]["Arn"].as_str();
    arn.map(str::to_owned)
}

fn name(deployment: &Deployment, logical_id: &str) -> String {
    super::physical_id(&deployment.template, logical_id, KIND)
}

/// What CloudFormation calls a rule: on a bus of one's own, the bus comes first.
pub(super) fn physical_id(deployment: &Deployment, logical_id: &str) -> String {
    let name = name(deployment, logical_id);
    let rule = rules(deployment).into_iter().find(|rule| rule.name == name);
    match rule.map(|rule| rule.event_bus_name) {
        Some(bus) if bus != DEFAULT_BUS => format!("{bus}|{name}"),
        _ => name,
    }
}

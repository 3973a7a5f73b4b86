//! The rules of a stack: those that the template has, and those that SAM makes of the events of a function.

use super::Deployment;
use crate::template::entries;
use ec2_sim::services::{Rule, Target};
use serde_json::{Value, json};

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

/// The policy of a function: SAM lets each rule of its events in.
pub(super) fn who_may_call(deployment: &Deployment, logical_id: &str) -> String {
    let function = deployment.arn(logical_id);
    let tells_it = |rule: &Rule| rule.targets.iter().any(|target| target.arn == function);
    let rules = rules(deployment).into_iter().filter(tells_it);
    let (region, account) = (
        deployment.template.value("AWS::Region"),
        deployment.template.value("AWS::AccountId"),
    );
    let statements = rules.map(|rule| {
        let bus = Some(&rule.event_bus_name).filter(|bus| *bus != DEFAULT_BUS);
        let place = bus.map_or_else(|| rule.name.clone(), |bus| format!("{bus}/{}", rule.name));
        let source = format!("arn:aws:events:{region}:{account}:rule/{place}");
        json!({
            "Sid": rule.name,
            "Effect": "Allow",
            "Principal": { "Service": "events.amazonaws.com" },
            "Action": "lambda:InvokeFunction",
            "Resource": function,
            "Condition": { "ArnLike": { "AWS:SourceArn": source } },
        })
    });
    let statements: Vec<Value> = statements.collect();
    json!({ "Version": "2012-10-17", "Id": "default", "Statement": statements }).to_string()
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

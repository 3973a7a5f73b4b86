//! EventBridge's reads by JSON 1.1: `ListEventBuses`, `DescribeEventBus`, `ListRules`, `DescribeRule`, `ListTargetsByRule`.
//! Source of names, limits and errors: EventBridge API reference.

use super::json::{self, Refusal, read, refused};
use super::server::Reply;
use crate::World;
use crate::services::{Rule, Target};
use serde::Deserialize;
use serde_json::{Value, json};

/// What `X-Amz-Target` begins with.
pub(super) const NAMESPACE: &str = "AWSEvents";
/// "The maximum number of results returned per call", and what comes where none is asked for.
const ITEMS: usize = 100;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct List {
    name_prefix: Option<String>,
    event_bus_name: Option<String>,
    next_token: Option<String>,
    limit: Option<usize>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct DescribeRule {
    name: String,
    event_bus_name: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ListTargets {
    rule: String,
    event_bus_name: Option<String>,
    next_token: Option<String>,
    limit: Option<usize>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct DescribeEventBus {
    name: Option<String>,
}

type Answer = Result<Value, Refusal>;

/// One EventBridge call.
pub(super) fn call(world: &World, action: &str, parameters: &Value) -> Reply {
    json::answered(match action {
        "ListEventBuses" => read(parameters).and_then(|asked| list_buses(world, &asked)),
        "DescribeEventBus" => read(parameters).and_then(|asked: DescribeEventBus| {
            let name = bus(world, asked.name.as_deref())?;
            Ok(described_bus(world, &name))
        }),
        "ListRules" => read(parameters).and_then(|asked| list_rules(world, &asked)),
        "DescribeRule" => read(parameters).and_then(|asked: DescribeRule| {
            let rule = rule(world, &asked.name, asked.event_bus_name.as_deref())?;
            let mut described = described(world, rule);
            described["CreatedBy"] = world.account().into();
            Ok(described)
        }),
        "ListTargetsByRule" => read(parameters).and_then(|asked| list_targets(world, &asked)),
        other => Err(json::not_modelled(other)),
    })
}

/// A bus by its name or ARN; none is the default one.
fn bus(world: &World, asked: Option<&str>) -> Result<String, Refusal> {
    let name = asked.unwrap_or("default");
    let name = name
        .rsplit_once(":event-bus/")
        .map_or(name, |(_, name)| name);
    let known = name == "default" || world.services().event_buses.iter().any(|bus| bus == name);
    if known {
        return Ok(name.to_owned());
    }
    let message = format!("Event bus {name} does not exist.");
    Err(refused("ResourceNotFoundException", message))
}

fn described_bus(world: &World, name: &str) -> Value {
    let (region, account) = (world.region(), world.account());
    json!({ "Name": name, "Arn": format!("arn:aws:events:{region}:{account}:event-bus/{name}") })
}

fn list_buses(world: &World, asked: &List) -> Answer {
    if asked.event_bus_name.is_some() {
        return Err(json::unread("EventBusName"));
    }
    let names = std::iter::once("default");
    let names = names.chain(world.services().event_buses.iter().map(String::as_str));
    let prefix = asked.name_prefix.as_deref().unwrap_or_default();
    let buses = names.filter(|name| name.starts_with(prefix));
    let buses = buses.map(|name| described_bus(world, name));
    page(
        "EventBuses",
        buses.collect(),
        asked.next_token.as_deref(),
        asked.limit,
    )
}

fn rule<'a>(world: &'a World, name: &str, on: Option<&str>) -> Result<&'a Rule, Refusal> {
    let bus = bus(world, on)?;
    let mut rules = world.services().rules.iter();
    let found = rules.find(|rule| rule.name == name && rule.event_bus_name == bus);
    found.ok_or_else(|| {
        let message = format!("Rule {name} does not exist on EventBus {bus}.");
        refused("ResourceNotFoundException", message)
    })
}

fn described(world: &World, rule: &Rule) -> Value {
    let mut described = json!({
        "Name": rule.name,
        "Arn": rule.arn(world.region(), world.account()),
        "State": rule.state,
        "EventBusName": rule.event_bus_name,
    });
    let members = [
        ("Description", rule.description.clone()),
        ("ScheduleExpression", rule.schedule_expression.clone()),
        (
            "EventPattern",
            rule.event_pattern.as_ref().map(Value::to_string),
        ),
    ];
    for (name, value) in members {
        if let Some(value) = value {
            described[name] = value.into();
        }
    }
    described
}

fn list_rules(world: &World, asked: &List) -> Answer {
    let bus = bus(world, asked.event_bus_name.as_deref())?;
    let prefix = asked.name_prefix.as_deref().unwrap_or_default();
    let mut rules: Vec<&Rule> = world
        .services()
        .rules
        .iter()
        .filter(|rule| rule.event_bus_name == bus && rule.name.starts_with(prefix))
        .collect();
    rules.sort_by(|one, other| one.name.cmp(&other.name));
    let rules = rules
        .into_iter()
        .map(|rule| described(world, rule))
        .collect();
    page("Rules", rules, asked.next_token.as_deref(), asked.limit)
}

fn list_targets(world: &World, asked: &ListTargets) -> Answer {
    let rule = rule(world, &asked.rule, asked.event_bus_name.as_deref())?;
    let target = |target: &Target| {
        let mut told = json!({ "Id": target.id, "Arn": target.arn });
        if let Some(path) = &target.input_path {
            told["InputPath"] = path.as_str().into();
        }
        if let Some(arn) = &target.dead_letter_arn {
            told["DeadLetterConfig"] = json!({ "Arn": arn });
        }
        told
    };
    let targets = rule.targets.iter().map(target).collect();
    page("Targets", targets, asked.next_token.as_deref(), asked.limit)
}

fn page(name: &str, items: Vec<Value>, token: Option<&str>, limit: Option<usize>) -> Answer {
    let size = limit.unwrap_or(ITEMS);
    if !(1..=ITEMS).contains(&size) {
        return Err(refused("ValidationException", "Limit is from 1 to 100."));
    }
    let (items, next) = json::page(items, token, size)
        .ok_or_else(|| refused("ValidationException", "The token is not one of this list."))?;
    let mut answer = json!({ (name): items });
    if let Some(next) = next {
        answer["NextToken"] = next.into();
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::Declared;

    fn world() -> World {
        let mut world = World::new();
        let queue = "arn:aws:sqs:us-east-1:111122223333:failed";
        let declared = json!({
            "event_buses": ["reports"],
            "rules": [
                { "name": "released", "event_pattern": { "source": ["aws.ec2"] }, "state": "DISABLED" },
                { "name": "failed", "event_bus_name": "reports", "event_pattern": { "source": ["lambda"] },
                  "targets": [{ "id": "keep", "arn": queue, "input_path": "$.detail" }] },
            ],
            "queues": [{ "queue_name": "failed" }],
        });
        world.declare(Declared::deserialize(&declared).expect("it is one"));
        world
    }

    fn asked(world: &World, action: &str, parameters: &Value) -> Value {
        serde_json::from_slice(&call(world, action, parameters).body).expect("JSON")
    }

    #[test]
    fn rules_are_listed_by_their_bus_and_say_whether_they_are_on() {
        let world = world();
        let rules = asked(&world, "ListRules", &json!({}));
        assert_eq!(rules["Rules"][0]["State"], "DISABLED");
        assert_eq!(rules["Rules"].as_array().map(Vec::len), Some(1));
        let targets = json!({ "Rule": "failed", "EventBusName": "reports" });
        let targets = asked(&world, "ListTargetsByRule", &targets);
        assert_eq!(targets["Targets"][0]["InputPath"], "$.detail");
    }

    #[test]
    fn an_event_on_a_bus_comes_to_the_queue_of_a_rule_that_waits_for_it() {
        let mut world = world();
        let now = world.now();
        let event = json!({ "source": "lambda", "detail": { "why": "sick" } });
        world.services_mut().publish("reports", &event, now);
        world.services_mut().publish("default", &event, now);
        let queue = world.services().queue("failed").expect("a queue");
        let bodies: Vec<&str> = queue.messages(now).map(|it| it.body.as_str()).collect();
        assert_eq!(bodies, [r#"{"why":"sick"}"#]);
    }

    #[test]
    fn a_rule_that_is_off_tells_nobody() {
        let mut world = world();
        let now = world.now();
        world
            .services_mut()
            .rule_mut("failed")
            .expect("a rule")
            .state = "DISABLED".to_owned();
        world
            .services_mut()
            .publish("reports", &json!({ "source": "lambda", "detail": 1 }), now);
        let queue = world.services().queue("failed").expect("a queue");
        assert_eq!(queue.messages(now).count(), 0);
    }

    #[test]
    fn a_bus_and_a_rule_that_are_not_there_are_refused() {
        let world = world();
        for (action, parameters) in [
            ("ListRules", json!({ "EventBusName": "nothing" })),
            ("DescribeRule", json!({ "Name": "failed" })),
        ] {
            let refused = asked(&world, action, &parameters);
            assert_eq!(refused["__type"], "ResourceNotFoundException");
        }
        let unread = asked(&world, "ListRules", &json!({ "Prefix": "a" }));
        assert_eq!(unread["__type"], "ValidationException");
    }
}

//! CloudTrail's reads about the trails themselves: `DescribeTrails`, `ListTrails`, `GetTrailStatus`, `GetEventSelectors`.
//! Source of names and errors: CloudTrail API reference.

use super::json::{self, Refusal, read, refused};
use super::server::Reply;
use crate::World;
use crate::services::{AccountTrail, AdvancedSelector};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DescribeTrails {
    #[serde(default)]
    trail_name_list: Vec<String>,
    #[serde(default = "yes")]
    include_shadow_trails: bool,
}

fn yes() -> bool {
    true
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ListTrails {
    next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct GetTrailStatus {
    name: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct GetEventSelectors {
    trail_name: String,
}

/// One call; none where it is not about trails.
pub(super) fn call(world: &World, action: &str, parameters: &Value) -> Option<Reply> {
    let answer = match action {
        "DescribeTrails" => read(parameters).map(|asked| describe(world, &asked)),
        "ListTrails" => read(parameters).map(|asked: ListTrails| {
            // All trails are on one page here.
            let trails = if asked.next_token.is_some() {
                &[]
            } else {
                world.services().trails()
            };
            let listed = trails.iter().map(|trail| {
                json!({
                    "TrailARN": trail.arn(world.account()),
                    "Name": trail.name,
                    "HomeRegion": trail.home_region,
                })
            });
            json!({ "Trails": listed.collect::<Vec<_>>() })
        }),
        "GetTrailStatus" => read(parameters)
            .and_then(|asked: GetTrailStatus| find(world, &asked.name).map(|it| status(world, it))),
        "GetEventSelectors" => read(parameters).and_then(|asked: GetEventSelectors| {
            find(world, &asked.trail_name).map(|trail| selectors(world, trail))
        }),
        _ => return None,
    };
    Some(json::answered(answer))
}

/// "If the trail name list is empty, information for all trails in the current Region is returned". Those of other Regions
/// that log here are among them, unless shadow trails are left out.
fn describe(world: &World, asked: &DescribeTrails) -> Value {
    let region = world.region();
    let trails = world.services().trails().iter().filter(|trail| {
        let is_here = trail.home_region == region;
        let is_seen = is_here || (asked.include_shadow_trails && trail.is_multi_region);
        let names = &asked.trail_name_list;
        let arn = trail.arn(world.account());
        let is_asked = |name: &String| *name == arn || (is_seen && *name == trail.name);
        if names.is_empty() {
            is_seen
        } else {
            names.iter().any(is_asked)
        }
    });
    let described = trails.map(|trail| {
        json!({
            "Name": trail.name,
            "TrailARN": trail.arn(world.account()),
            "HomeRegion": trail.home_region,
            "S3BucketName": trail.s3_bucket_name,
            "IsMultiRegionTrail": trail.is_multi_region,
            "IsOrganizationTrail": trail.is_organization,
            "IncludeGlobalServiceEvents": true,
            "LogFileValidationEnabled": true,
            "HasCustomEventSelectors": trail.advanced_event_selectors.is_some(),
            "HasInsightSelectors": false,
        })
    });
    json!({ "trailList": described.collect::<Vec<_>>() })
}

/// "To get trail status from a shadow trail (a replication of the trail in another Region), you must specify its ARN."
fn find<'a>(world: &'a World, name: &str) -> Result<&'a AccountTrail, Refusal> {
    let mut trails = world.services().trails().iter();
    let found = trails.find(|trail| {
        trail.arn(world.account()) == name
            || (trail.name == name && trail.home_region == world.region())
    });
    found.ok_or_else(|| {
        let message = format!("Unknown trail: {name} for the user: {}", world.account());
        refused("TrailNotFoundException", message)
    })
}

fn status(world: &World, trail: &AccountTrail) -> Value {
    let since = trail
        .since
        .unwrap_or(crate::world::BEGINNING)
        .unix_timestamp();
    let mut status = json!({ "IsLogging": trail.is_logging, "StartLoggingTime": since });
    if trail.is_logging {
        status["LatestDeliveryTime"] = world.now().unix_timestamp().into();
    } else {
        status["StopLoggingTime"] = since.into();
    }
    status
}

fn selectors(world: &World, trail: &AccountTrail) -> Value {
    let arn = trail.arn(world.account());
    let Some(advanced) = &trail.advanced_event_selectors else {
        let selector = json!({
            "ReadWriteType": trail.read_write_type,
            "IncludeManagementEvents": trail.management_events,
            "DataResources": [],
            "ExcludeManagementEventSources": [],
        });
        return json!({ "TrailARN": arn, "EventSelectors": [selector] });
    };
    let field = |(name, values): &(String, Vec<String>)| json!({ "Field": name, "Equals": values });
    let selector = |selector: &AdvancedSelector| {
        let fields = selector.field_selectors.iter().map(field);
        json!({ "FieldSelectors": fields.collect::<Vec<_>>() })
    };
    let advanced = advanced.iter().map(selector).collect::<Vec<_>>();
    json!({ "TrailARN": arn, "AdvancedEventSelectors": advanced })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(world: &World, action: &str, parameters: &Value) -> Value {
        let reply = call(world, action, parameters).expect("it is about trails");
        serde_json::from_slice(&reply.body).expect("JSON")
    }

    #[test]
    fn an_account_has_one_trail_that_logs_all_management_events() {
        let world = World::new();
        let trails = asked(&world, "DescribeTrails", &json!({}));
        let name = &trails["trailList"][0]["Name"];
        let status = asked(&world, "GetTrailStatus", &json!({ "Name": name }));
        assert_eq!(status["IsLogging"], true);
        let selectors = asked(&world, "GetEventSelectors", &json!({ "TrailName": name }));
        assert_eq!(
            selectors["EventSelectors"][0]["IncludeManagementEvents"],
            true
        );
    }

    #[test]
    fn a_trail_of_another_region_is_seen_and_asked_by_its_arn_only() {
        let mut world = World::new();
        *world.services_mut().trails_mut() = vec![AccountTrail::of_everything("org", "eu-west-1")];
        let trails = asked(&world, "DescribeTrails", &json!({}));
        let arn = &trails["trailList"][0]["TrailARN"];
        assert_eq!(
            asked(&world, "GetTrailStatus", &json!({ "Name": arn }))["IsLogging"],
            true
        );
        let by_name = asked(&world, "GetTrailStatus", &json!({ "Name": "org" }));
        assert_eq!(by_name["__type"], "TrailNotFoundException");
        let own = json!({ "includeShadowTrails": false });
        assert_eq!(
            asked(&world, "DescribeTrails", &own)["trailList"],
            json!([])
        );
    }

    #[test]
    fn without_a_trail_that_logs_no_call_comes_to_eventbridge() {
        use crate::api::{AllocateAddress, Caller, Request};
        let mut world = World::new();
        world.services_mut().trails_mut()[0].is_logging = false;
        let ada = Caller::user(world.account(), "ada");
        let allocate = Request::AllocateAddress(AllocateAddress::default());
        world.call(&ada, &allocate, false).expect("it is there");
        world.advance_to(world.now() + time::Duration::hours(1));
        assert_eq!(world.take_events(), Vec::<Value>::new());
        assert_eq!(world.trail().len(), 1, "the event history has it");
    }
}

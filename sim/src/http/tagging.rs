//! The Resource Groups Tagging API: `GetResources`, `GetTagKeys`, `GetTagValues`, over the tags of EC2's resources.
//! Source: Resource Groups Tagging API reference. How far it lags behind EC2 is not modelled.

use super::json::{refusal, reply};
use super::server::Reply;
use crate::World;
use crate::api::Caller;
use crate::tagging::Tagged;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What `X-Amz-Target` begins with.
pub(super) const NAMESPACE: &str = "ResourceGroupsTaggingAPI_20170126";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct GetResources {
    pagination_token: Option<String>,
    #[serde(default)]
    tag_filters: Vec<TagFilter>,
    resources_per_page: Option<usize>,
    /// Resources come whole here, so it bounds nothing.
    #[serde(rename = "TagsPerPage")]
    _tags_per_page: Option<usize>,
    #[serde(default)]
    resource_type_filters: Vec<String>,
    #[serde(default, rename = "ResourceARNList")]
    resource_arn_list: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct TagFilter {
    key: String,
    #[serde(default)]
    values: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct GetTagValues {
    key: String,
    pagination_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct GetTagKeys {
    pagination_token: Option<String>,
}

/// One call.
pub(super) fn call(world: &World, caller: &Caller, action: &str, parameters: &Value) -> Reply {
    let Ok(tagged) = world.tagged(caller, &format!("tag:{action}")) else {
        let message = format!(
            "User: {} is not authorized to perform: tag:{action}",
            caller.arn
        );
        return refusal("AccessDeniedException", &message);
    };
    let read = match action {
        "GetResources" => {
            GetResources::deserialize(parameters).map(|it| get_resources(&it, tagged))
        }
        "GetTagKeys" => GetTagKeys::deserialize(parameters).map(|it| {
            let keys = tagged
                .into_iter()
                .flat_map(|one| one.tags)
                .map(|tag| tag.key);
            words("TagKeys", keys.collect(), it.pagination_token.as_deref())
        }),
        "GetTagValues" => GetTagValues::deserialize(parameters).map(|it| {
            let tags = tagged.into_iter().flat_map(|one| one.tags);
            let values = tags.filter(|tag| tag.key == it.key).map(|tag| tag.value);
            words(
                "TagValues",
                values.collect(),
                it.pagination_token.as_deref(),
            )
        }),
        _ => {
            let message = format!("the simulator does not model {action}");
            return refusal("UnknownOperationException", &message);
        }
    };
    match read {
        Ok(Ok(answer)) => reply(200, &answer, None),
        Ok(Err((code, message))) => refusal(code, message),
        Err(error) => refusal("SerializationException", &error.to_string()),
    }
}

type Answer = Result<Value, (&'static str, &'static str)>;

fn get_resources(request: &GetResources, tagged: Vec<Tagged>) -> Answer {
    let size = request.resources_per_page.unwrap_or(50);
    if !(1..=100).contains(&size) {
        return Err((
            "InvalidParameterException",
            "ResourcesPerPage is from 1 to 100.",
        ));
    }
    let wanted = |one: &Tagged| {
        let of_type = |filter: &String| {
            filter == "ec2" || filter.strip_prefix("ec2:") == Some(one.resource_type)
        };
        let of_tag = |filter: &TagFilter| {
            let mut tags = one.tags.iter().filter(|tag| tag.key == filter.key);
            tags.any(|tag| filter.values.is_empty() || filter.values.contains(&tag.value))
        };
        let (types, arns) = (&request.resource_type_filters, &request.resource_arn_list);
        (types.is_empty() || types.iter().any(of_type))
            && (arns.is_empty() || arns.contains(&one.arn))
            && request.tag_filters.iter().all(of_tag)
    };
    let found: Vec<Tagged> = tagged.into_iter().filter(wanted).collect();
    let (page, next) = page(found, size, request.pagination_token.as_deref())?;
    let mapping = |one: &Tagged| {
        let tags = one.tags.iter();
        let tags = tags.map(|tag| json!({ "Key": tag.key, "Value": tag.value }));
        json!({ "ResourceARN": one.arn, "Tags": tags.collect::<Vec<_>>() })
    };
    Ok(json!({
        "PaginationToken": next,
        "ResourceTagMappingList": page.iter().map(mapping).collect::<Vec<_>>(),
    }))
}

fn words(name: &str, words: BTreeSet<String>, token: Option<&str>) -> Answer {
    let (page, next) = page(words.into_iter().collect(), 1000, token)?;
    Ok(json!({ "PaginationToken": next, (name): page }))
}

/// One page, and the token of the next, which is empty on the last.
fn page<T>(
    items: Vec<T>,
    size: usize,
    token: Option<&str>,
) -> Result<(Vec<T>, String), (&'static str, &'static str)> {
    let start = match token {
        None | Some("") => 0,
        Some(token) => token.parse().map_err(|_| {
            (
                "PaginationTokenExpiredException",
                "The token is not one of this request.",
            )
        })?,
    };
    let end = items.len().min(start + size);
    let next = (end < items.len()).then(|| end.to_string());
    let page = items.into_iter().skip(start).take(size).collect();
    Ok((page, next.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{AllocateAddress, CreateTags, Request, Response, Tag};

    /// A world with two addresses, `blue` and `green`; who asks; and the first one's id.
    fn tagged() -> (World, Caller, String) {
        let (mut world, ada) = (World::new(), Caller::user("111122223333", "ada"));
        let mut ids = Vec::new();
        for colour in ["blue", "green"] {
            let allocate = Request::AllocateAddress(AllocateAddress::default());
            let Ok(Response::AllocateAddress(address)) = world.call(&ada, &allocate, false) else {
                panic!("no address");
            };
            let tag = Request::CreateTags(CreateTags {
                resources: vec![address.allocation_id.clone()],
                tags: vec![Tag::new("colour", colour)],
            });
            world.call(&ada, &tag, false).expect("it can be tagged");
            ids.push(address.allocation_id);
        }
        (world, ada, ids.swap_remove(0))
    }

    fn answer(action: &str, parameters: &Value) -> Value {
        let (world, ada, _) = tagged();
        let reply = call(&world, &ada, action, parameters);
        serde_json::from_slice(&reply.body).expect("JSON")
    }

    #[test]
    fn resources_are_found_by_tag_and_type() {
        let (_, _, blue) = tagged();
        let request = json!({
            "TagFilters": [{ "Key": "colour", "Values": ["blue"] }],
            "ResourceTypeFilters": ["ec2:elastic-ip"],
        });
        let arn = format!("arn:aws:ec2:us-east-1:111122223333:elastic-ip/{blue}");
        assert_eq!(
            answer("GetResources", &request)["ResourceTagMappingList"],
            json!([{ "ResourceARN": arn, "Tags": [{ "Key": "colour", "Value": "blue" }] }])
        );
        let others = json!({ "ResourceTypeFilters": ["ec2:instance"] });
        assert_eq!(
            answer("GetResources", &others)["ResourceTagMappingList"],
            json!([])
        );
    }

    #[test]
    fn the_values_of_a_key_come_once_each() {
        let values = answer("GetTagValues", &json!({ "Key": "colour" }));
        assert_eq!(values["TagValues"], json!(["blue", "green"]));
        assert_eq!(
            answer("GetTagKeys", &json!({}))["TagKeys"],
            json!(["colour"])
        );
    }

    #[test]
    fn pages_are_followed_to_the_end() {
        let first = answer("GetResources", &json!({ "ResourcesPerPage": 1 }));
        let token = &first["PaginationToken"];
        let second = json!({ "ResourcesPerPage": 1, "PaginationToken": token });
        let second = answer("GetResources", &second);
        assert_eq!(second["PaginationToken"], "");
        assert_ne!(
            first["ResourceTagMappingList"],
            second["ResourceTagMappingList"]
        );
    }

    #[test]
    fn whoever_may_not_ask_is_refused() {
        let (mut world, ada, _) = tagged();
        world.deny("*", "tag:GetResources");
        let reply = call(&world, &ada, "GetResources", &json!({}));
        assert_eq!(reply.refused.as_deref(), Some("AccessDeniedException"));
    }
}

//! Reading who has which tags from EC2.

use super::actions::DESCRIBE_TAGS;
use super::read::{MAX_FILTER_VALUES, filter, said};
use super::{Aws, failure};
use aws_sdk_ec2::types::{Filter, TagDescription};
use holdfast::cloud::{CloudError, ReadTags, TagOf};

/// Source: EC2 API reference, `DescribeTags`, `MaxResults`.
const MAX_IN_A_PAGE: i32 = 1000;

impl ReadTags for Aws {
    async fn tags(&self, keys: &[String], of: &[String]) -> Result<Vec<TagOf>, CloudError> {
        if of.is_empty() {
            return self.tags_by(vec![by_key(keys)]).await;
        }
        let mut found = Vec::new();
        for some in of.chunks(MAX_FILTER_VALUES - keys.len()) {
            let by_id = filter("resource-id", some.iter().cloned());
            found.extend(self.tags_by(vec![by_key(keys), by_id]).await?);
        }
        Ok(found)
    }
}

fn by_key(keys: &[String]) -> Filter {
    filter("key", keys.iter().cloned())
}

impl Aws {
    async fn tags_by(&self, filters: Vec<Filter>) -> Result<Vec<TagOf>, CloudError> {
        let described = self
            .ec2
            .describe_tags()
            .set_filters(Some(filters))
            .max_results(MAX_IN_A_PAGE)
            .into_paginator()
            .items()
            .send()
            .try_collect()
            .await
            .map_err(|error| failure::of(DESCRIBE_TAGS, error))?;
        Ok(described.iter().filter_map(tag).collect())
    }
}

/// None where EC2 does not say what has it: then it says nothing.
fn tag(described: &TagDescription) -> Option<TagOf> {
    Some(TagOf {
        resource: said(described.resource_id())?.to_owned(),
        key: said(described.key())?.to_owned(),
        value: described.value().unwrap_or_default().to_owned(),
    })
}

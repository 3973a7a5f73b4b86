//! CloudTrail: which trails log in a region, and whether they log what people and programs do to resources.

use crate::aws::actions::{DESCRIBE_TRAILS, GET_EVENT_SELECTORS, GET_TRAIL_STATUS};
use crate::aws::{CloudError, Connection};
use aws_sdk_cloudtrail::Client;
use aws_sdk_cloudtrail::operation::get_event_selectors::GetEventSelectorsOutput;
use aws_sdk_cloudtrail::types::{
    AdvancedEventSelector, AdvancedFieldSelector, EventSelector, ReadWriteType,
};
use futures_util::future::join_all;
use holdfast_aws::failure;

/// A trail that is seen in a region.
#[derive(Debug)]
pub struct RegionTrail {
    /// Its name.
    pub name: String,
    /// What is known of it; an error where AWS does not say.
    pub state: Result<TrailState, CloudError>,
}

/// What a trail does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrailState {
    /// Whether it logs now.
    pub is_logging: bool,
    /// Whether calls that change resources are among what it logs.
    pub logs_changes: bool,
}

impl Connection {
    /// The trails that log in this region, those of other regions and of the organisation, too.
    ///
    /// # Errors
    /// AWS's answer to `cloudtrail:DescribeTrails`. What is asked of each trail fails for itself.
    pub async fn trails(&self) -> Result<Vec<RegionTrail>, CloudError> {
        let client = Client::new(self.config());
        let sent = client.describe_trails().include_shadow_trails(true).send();
        let answer = sent.await;
        let answer = answer.map_err(|error| failure::of(DESCRIBE_TRAILS, error))?;
        let looks = answer.trail_list().iter().map(|trail| {
            let client = &client;
            let name = trail.name().unwrap_or_default().to_owned();
            // By its ARN: one of another region is not found by its name.
            let arn = trail.trail_arn().unwrap_or_default().to_owned();
            async move {
                let state = state(client, &arn).await;
                RegionTrail { name, state }
            }
        });
        Ok(join_all(looks).await)
    }
}

async fn state(client: &Client, arn: &str) -> Result<TrailState, CloudError> {
    let status = async {
        let sent = client.get_trail_status().name(arn).send().await;
        sent.map_err(|error| failure::of(GET_TRAIL_STATUS, error))
    };
    let selectors = async {
        let sent = client.get_event_selectors().trail_name(arn).send().await;
        sent.map_err(|error| failure::of(GET_EVENT_SELECTORS, error))
    };
    let (status, selectors) = futures_util::join!(status, selectors);
    Ok(TrailState {
        is_logging: status?.is_logging() == Some(true),
        logs_changes: logs_changes(&selectors?),
    })
}

/// Source: CloudTrail user guide, "Logging management events". A trail without selectors logs all management events.
fn logs_changes(selectors: &GetEventSelectorsOutput) -> bool {
    let (basic, advanced) = (
        selectors.event_selectors(),
        selectors.advanced_event_selectors(),
    );
    if basic.is_empty() && advanced.is_empty() {
        return true;
    }
    let of_changes = |selector: &EventSelector| {
        selector.include_management_events() != Some(false)
            && selector.read_write_type() != Some(&ReadWriteType::ReadOnly)
    };
    basic.iter().any(of_changes) || advanced.iter().any(selects_changes)
}

/// Whether a release is among what a selector selects. Each field that it has must let the release through.
/// Source: CloudTrail API reference, `AdvancedFieldSelector`.
fn selects_changes(selector: &AdvancedEventSelector) -> bool {
    let fields = selector.field_selectors();
    let is_management = fields
        .iter()
        .any(|field| field.field() == "eventCategory" && lets_through(field, "Management"));
    is_management
        && fields.iter().all(|field| match field.field() {
            "eventCategory" => true,
            "readOnly" => lets_through(field, "false"),
            "eventSource" => lets_through(field, "ec2.amazonaws.com"),
            "eventName" => lets_through(field, "ReleaseAddress"),
            "eventType" => lets_through(field, "AwsApiCall"),
            // Who called, and from where: some releases do not come through.
            _ => false,
        })
}

/// Whether a value passes a field: one of what is wanted, and none of what is not.
fn lets_through(field: &AdvancedFieldSelector, value: &str) -> bool {
    let equals = |them: &[String]| them.iter().any(|it| it == value);
    let starts = |them: &[String]| them.iter().any(|it| value.starts_with(it.as_str()));
    let ends = |them: &[String]| them.iter().any(|it| value.ends_with(it.as_str()));
    (field.equals().is_empty() || equals(field.equals()))
        && (field.starts_with().is_empty() || starts(field.starts_with()))
        && (field.ends_with().is_empty() || ends(field.ends_with()))
        && !equals(field.not_equals())
        && !starts(field.not_starts_with())
        && !ends(field.not_ends_with())
}

#[cfg(test)]
mod tests {
    use super::*;

    type Build = fn(
        aws_sdk_cloudtrail::types::builders::AdvancedFieldSelectorBuilder,
    ) -> aws_sdk_cloudtrail::types::builders::AdvancedFieldSelectorBuilder;

    /// A selector of management events with one field more.
    fn selects(field: &str, build: Build) -> bool {
        let category = AdvancedFieldSelector::builder().field("eventCategory");
        let category = category.equals("Management").build().unwrap();
        let other = build(AdvancedFieldSelector::builder().field(field));
        let selector = AdvancedEventSelector::builder()
            .field_selectors(category)
            .field_selectors(other.build().unwrap());
        selects_changes(&selector.build().unwrap())
    }

    #[test]
    fn a_selector_that_lets_a_release_through_is_one_of_changes() {
        assert!(selects("readOnly", |it| it.equals("false")));
        assert!(selects("readOnly", |it| it.not_equals("true")));
        assert!(selects("eventSource", |it| it.not_equals("kms.amazonaws.com")));
        assert!(selects("eventSource", |it| it.starts_with("ec2")));
        assert!(selects("eventName", |it| it.not_starts_with("Describe")));
    }

    #[test]
    fn a_selector_that_keeps_a_release_back_is_none() {
        assert!(!selects("readOnly", |it| it.equals("true")));
        assert!(!selects("readOnly", |it| it.not_equals("false")));
        assert!(!selects("eventSource", |it| it.not_equals("ec2.amazonaws.com")));
        assert!(!selects("eventSource", |it| it.not_starts_with("ec2")));
        assert!(!selects("eventName", |it| it.equals("CreateTags")));
        assert!(!selects("eventName", |it| it.not_ends_with("Address")));
        assert!(!selects("userIdentity.arn", |it| it
            .not_starts_with("arn:aws:iam::1:role/ci")));
    }
}

//! CloudTrail: which trails log in a region, and whether they log what people and programs do to resources.

use crate::aws::actions::{DESCRIBE_TRAILS, GET_EVENT_SELECTORS, GET_TRAIL_STATUS};
use crate::aws::{CloudError, Connection};
use aws_sdk_cloudtrail::Client;
use aws_sdk_cloudtrail::operation::get_event_selectors::GetEventSelectorsOutput;
use aws_sdk_cloudtrail::types::{AdvancedEventSelector, EventSelector, ReadWriteType};
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

fn selects_changes(selector: &AdvancedEventSelector) -> bool {
    let fields = selector.field_selectors();
    let is_management = fields.iter().any(|field| {
        field.field() == "eventCategory" && field.equals().iter().any(|it| it == "Management")
    });
    let is_of_reads = fields
        .iter()
        .any(|field| field.field() == "readOnly" && !field.equals().iter().any(|it| it == "false"));
    // EC2's events can be left out by their source.
    let leaves_ec2_out = fields.iter().any(|field| {
        let ec2 = |source: &String| source == "ec2.amazonaws.com";
        field.field() == "eventSource"
            && (field.not_equals().iter().any(ec2)
                || (!field.equals().is_empty() && !field.equals().iter().any(ec2)))
    });
    is_management && !is_of_reads && !leaves_ec2_out
}

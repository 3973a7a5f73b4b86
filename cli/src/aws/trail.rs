//! CloudTrail: the calls that named something, whoever made them. It shows the last 90 days, and a call after some
//! minutes. Source: CloudTrail user guide, "Viewing events with CloudTrail Event history".

use super::actions::LOOKUP_EVENTS;
use super::{CloudError, Connection};
use aws_config::retry::RetryConfig;
use aws_sdk_cloudtrail::Client;
use aws_sdk_cloudtrail::primitives::DateTime;
use aws_sdk_cloudtrail::types::{Event, LookupAttribute, LookupAttributeKey};
use holdfast_aws::failure;
use serde::Deserialize;
use std::time::Duration;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// How many pages of 50 calls are read for one resource, at two pages a second for the whole account.
const MAX_PAGES: usize = 20;
/// The account's calls share two a second (CloudTrail user guide, "Quotas").
const TRIES: u32 = 6;
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// A call that changed something, or would have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrailCall {
    /// When, to the second.
    pub at: OffsetDateTime,
    /// The API's name for it: `ReleaseAddress`.
    pub name: String,
    /// CloudTrail's id of it.
    pub event_id: String,
    /// Who made it: an ARN, or the service that did.
    pub by: Option<String>,
    /// From where.
    pub source: Option<String>,
    /// With what.
    pub user_agent: Option<String>,
    /// Why it was refused; none where it was carried out.
    pub error_code: Option<String>,
}

/// The calls on one resource.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TrailCalls {
    /// Oldest first.
    pub calls: Vec<TrailCall>,
    /// Whether there are more than are read.
    pub has_more: bool,
}

/// A record, as far as it is shown here.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    event_time: String,
    event_name: String,
    #[serde(rename = "eventID")]
    event_id: String,
    #[serde(default)]
    user_identity: Identity,
    #[serde(rename = "sourceIPAddress")]
    source: Option<String>,
    user_agent: Option<String>,
    error_code: Option<String>,
    #[serde(default)]
    read_only: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Identity {
    arn: Option<String>,
    invoked_by: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

impl Connection {
    /// The calls in a period that named a resource by its id, oldest first; those that only read are left out.
    ///
    /// # Errors
    /// AWS's answer to `cloudtrail:LookupEvents`.
    pub async fn calls_on(
        &self,
        resource: &str,
        from: OffsetDateTime,
        until: OffsetDateTime,
    ) -> Result<TrailCalls, CloudError> {
        let client = self.trail();
        let named = LookupAttribute::builder()
            .attribute_key(LookupAttributeKey::ResourceName)
            .attribute_value(resource)
            .build();
        let named = named.map_err(|error| {
            failure::unreadable(LOOKUP_EVENTS, "no request", Some(Box::new(error)))
        })?;
        let mut pages = client
            .lookup_events()
            .lookup_attributes(named)
            .start_time(DateTime::from_secs(from.unix_timestamp()))
            .end_time(DateTime::from_secs(until.unix_timestamp()))
            .into_paginator()
            .send();
        let mut found = TrailCalls::default();
        for _ in 0..MAX_PAGES {
            let Some(page) = pages.next().await else {
                found.calls.sort_by_key(|call| call.at);
                return Ok(found);
            };
            let page = page.map_err(|error| failure::of(LOOKUP_EVENTS, error))?;
            found.calls.extend(page.events().iter().filter_map(call));
        }
        found.has_more = true;
        found.calls.sort_by_key(|call| call.at);
        Ok(found)
    }

    fn trail(&self) -> Client {
        let retry = RetryConfig::standard()
            .with_max_attempts(TRIES)
            .with_initial_backoff(FIRST_PAUSE);
        let config = aws_sdk_cloudtrail::config::Builder::from(self.config()).retry_config(retry);
        Client::from_conf(config.build())
    }
}

fn call(event: &Event) -> Option<TrailCall> {
    let record: Record = serde_json::from_str(event.cloud_trail_event()?).ok()?;
    let who = record.user_identity;
    (!record.read_only).then_some(())?;
    Some(TrailCall {
        at: OffsetDateTime::parse(&record.event_time, &Rfc3339).ok()?,
        name: record.event_name,
        event_id: record.event_id,
        by: who.arn.or(who.invoked_by).or(who.kind),
        source: record.source,
        user_agent: record.user_agent,
        error_code: record.error_code,
    })
}

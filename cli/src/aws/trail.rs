//! CloudTrail: the calls that named something, whoever made them. It shows the last 90 days, and a call after some
//! minutes. Source: CloudTrail user guide, "Viewing events with CloudTrail Event history".

use super::actions::LOOKUP_EVENTS;
use super::connection::Connection;
use aws_config::retry::RetryConfig;
use aws_sdk_cloudtrail::Client;
use aws_sdk_cloudtrail::primitives::DateTime;
use aws_sdk_cloudtrail::types::{Event, LookupAttribute, LookupAttributeKey};
use holdfast::cloud::CloudError;
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
    /// The association of an Elastic IP that it made or ended.
    pub association: Option<String>,
}

/// The calls on one resource.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TrailCalls {
    /// Oldest first.
    pub calls: Vec<TrailCall>,
    /// Whether there may be more than are read.
    pub has_more: bool,
    /// How many records are of no form that is known here: what they tell is not known.
    pub unreadable: usize,
}

impl TrailCalls {
    /// Newest first is how they come; the sort keeps the order within one second.
    fn in_order(mut self) -> Self {
        self.calls.reverse();
        self.calls.sort_by_key(|call| call.at);
        self
    }
}

/// CloudTrail's code for a dry run that would have been carried out: nothing was done, and nothing refused.
const DRY_RUN: &str = "Client.DryRunOperation";

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
    request_parameters: Option<Associated>,
    response_elements: Option<Associated>,
}

/// What a call on an association says of it, asked or answered.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Associated {
    association_id: Option<String>,
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
        self.calls_by(LookupAttributeKey::ResourceName, resource, from, until)
            .await
    }

    /// The calls in a period of one name, whatever they are on, oldest first.
    ///
    /// # Errors
    /// AWS's answer to `cloudtrail:LookupEvents`.
    pub async fn calls_named(
        &self,
        name: &str,
        from: OffsetDateTime,
        until: OffsetDateTime,
    ) -> Result<TrailCalls, CloudError> {
        self.calls_by(LookupAttributeKey::EventName, name, from, until)
            .await
    }

    async fn calls_by(
        &self,
        key: LookupAttributeKey,
        value: &str,
        from: OffsetDateTime,
        until: OffsetDateTime,
    ) -> Result<TrailCalls, CloudError> {
        let client = self.trail();
        let named = LookupAttribute::builder()
            .attribute_key(key)
            .attribute_value(value)
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
                return Ok(found.in_order());
            };
            let page = page.map_err(|error| failure::of(LOOKUP_EVENTS, error))?;
            for event in page.events() {
                match call(event) {
                    Some(Told::Call(call)) => found.calls.push(call),
                    Some(Told::OnlyRead) => {}
                    None => found.unreadable += 1,
                }
            }
        }
        found.has_more = true;
        Ok(found.in_order())
    }

    fn trail(&self) -> Client {
        let retry = RetryConfig::standard()
            .with_max_attempts(TRIES)
            .with_initial_backoff(FIRST_PAUSE);
        let config = aws_sdk_cloudtrail::config::Builder::from(self.config()).retry_config(retry);
        Client::from_conf(config.build())
    }
}

/// What a record tells.
#[derive(Debug, PartialEq, Eq)]
enum Told {
    Call(TrailCall),
    /// It changed nothing, and is not shown.
    OnlyRead,
}

/// None where the record cannot be read.
fn call(event: &Event) -> Option<Told> {
    let record: Record = serde_json::from_str(event.cloud_trail_event()?).ok()?;
    let who = record.user_identity;
    let is_dry_run = record.error_code.as_deref() == Some(DRY_RUN);
    if record.read_only || is_dry_run {
        return Some(Told::OnlyRead);
    }
    Some(Told::Call(TrailCall {
        at: OffsetDateTime::parse(&record.event_time, &Rfc3339).ok()?,
        name: record.event_name,
        event_id: record.event_id,
        by: who.arn.or(who.invoked_by).or(who.kind),
        source: record.source,
        user_agent: record.user_agent,
        error_code: record.error_code,
        association: [record.request_parameters, record.response_elements]
            .into_iter()
            .flatten()
            .find_map(|it| it.association_id),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(record: &str) -> Option<Told> {
        call(&Event::builder().cloud_trail_event(record).build())
    }

    #[test]
    fn a_record_of_no_known_form_is_told_from_a_call_that_only_read() {
        let record = |read_only: bool| {
            format!(
                r#"{{"eventTime":"2026-01-31T12:00:00Z","eventName":"ReleaseAddress","eventID":"1","readOnly":{read_only}}}"#
            )
        };
        assert_eq!(read(&record(true)), Some(Told::OnlyRead));
        assert!(matches!(read(&record(false)), Some(Told::Call(_))));
        assert_eq!(read("{}"), None);
        assert_eq!(read("no JSON"), None);
    }
}

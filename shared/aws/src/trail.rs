//! Asking CloudTrail for the calls that named an allocation.

use super::actions::LOOKUP_EVENTS;
use super::read::said;
use super::{Aws, failure};
use aws_sdk_cloudtrail::types::{Event, LookupAttribute, LookupAttributeKey};
use holdfast::cloud::{CloudError, ReadEventHistory};
use holdfast::events::from_lookup;
use holdfast::model::cloudtrail::Record;
use holdfast::model::ids::AllocationId;

/// Source: CloudTrail API reference, `LookupEvents`, `MaxResults`.
const MAX_IN_A_PAGE: i32 = 50;

/// The birth of an address is on the last page, so a few pages are not enough. A thousand calls on one
/// address in 90 days are more than a run has time to read, at two pages a second.
const MAX_PAGES: usize = 20;

impl ReadEventHistory for Aws {
    async fn event_history(&self, allocation: &AllocationId) -> Result<Vec<Record>, CloudError> {
        let mut records = Vec::new();
        let mut next_page = None;
        for _ in 0..MAX_PAGES {
            let page = self
                .trail
                .lookup_events()
                .lookup_attributes(naming(allocation)?)
                .max_results(MAX_IN_A_PAGE)
                .set_next_token(next_page)
                .send()
                .await
                .map_err(|error| failure::of(LOOKUP_EVENTS, error))?;
            records.extend(page.events().iter().filter_map(record));
            next_page = said(page.next_token()).map(str::to_owned);
            if next_page.is_none() {
                break;
            }
        }
        if next_page.is_some() {
            tracing::warn!(%allocation, pages = MAX_PAGES, "CloudTrail has more calls on this address than are read");
        }
        // Newest first is how they come; the sort keeps the order within one second.
        records.reverse();
        records.sort_by_key(|record| record.call.at);
        Ok(records)
    }
}

fn naming(allocation: &AllocationId) -> Result<LookupAttribute, CloudError> {
    LookupAttribute::builder()
        .attribute_key(LookupAttributeKey::ResourceName)
        .attribute_value(allocation.as_str())
        .build()
        .map_err(|error| failure::unsent(LOOKUP_EVENTS, "no request", Some(Box::new(error))))
}

fn record(event: &Event) -> Option<Record> {
    from_lookup(event.cloud_trail_event()?).unwrap_or_else(|unreadable| {
        let event_id = event.event_id().unwrap_or_default();
        tracing::debug!(event_id, %unreadable, "an event of CloudTrail's history is left out");
        None
    })
}

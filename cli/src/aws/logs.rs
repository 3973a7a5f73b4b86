//! CloudWatch Logs: the lines of a log group in a period.

use super::actions::FILTER_LOG_EVENTS;
use super::connection::Connection;
use aws_sdk_cloudwatchlogs::Client;
use holdfast::cloud::CloudError;
use holdfast_aws::failure;
use time::OffsetDateTime;

/// CloudWatch Logs answers so for a group that is not there.
const NO_GROUP: &str = "ResourceNotFoundException";

/// A line of a log.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogLine {
    /// When it was written.
    pub at: OffsetDateTime,
    /// The line.
    pub text: String,
}

impl Connection {
    /// The lines of a log group in a period that match a pattern, page by page, oldest first. None where there is no such
    /// group.
    ///
    /// # Errors
    /// AWS's answer to `logs:FilterLogEvents`.
    pub async fn log_lines(
        &self,
        group: &str,
        pattern: &str,
        from: OffsetDateTime,
        until: OffsetDateTime,
    ) -> Result<Option<Vec<LogLine>>, CloudError> {
        let client = Client::new(self.config());
        let asked = client
            .filter_log_events()
            .log_group_name(group)
            .filter_pattern(pattern)
            .start_time(milliseconds(from))
            .end_time(milliseconds(until));
        let mut pages = asked.into_paginator().send();
        let mut lines = Vec::new();
        while let Some(page) = pages.next().await {
            let page = match page.map_err(|error| failure::of(FILTER_LOG_EVENTS, error)) {
                Ok(page) => page,
                Err(refusal) if refusal.failure().code.as_deref() == Some(NO_GROUP) => {
                    return Ok(None);
                }
                Err(refusal) => return Err(refusal),
            };
            lines.extend(page.events().iter().filter_map(|event| {
                Some(LogLine {
                    at: moment(event.timestamp()?)?,
                    text: event.message()?.to_owned(),
                })
            }));
        }
        lines.sort_by_key(|line| line.at);
        Ok(Some(lines))
    }
}

/// CloudWatch Logs counts in milliseconds since 1970.
fn milliseconds(at: OffsetDateTime) -> i64 {
    i64::try_from(at.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
}

fn moment(milliseconds: i64) -> Option<OffsetDateTime> {
    let nanos = i128::from(milliseconds) * 1_000_000;
    OffsetDateTime::from_unix_timestamp_nanos(nanos).ok()
}

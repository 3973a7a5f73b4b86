//! CloudWatch Logs: the last line of a function's log that fits a pattern.

use crate::aws::actions::FILTER_LOG_EVENTS;
use crate::aws::{CloudError, Connection};
use aws_sdk_cloudwatchlogs::Client;
use holdfast_aws::failure;
use time::OffsetDateTime;

/// A page may be empty, and the next not: so many are asked for. What comes after them is the newest.
const PAGES: usize = 50;

/// A line of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenLine {
    /// When it was written.
    pub at: OffsetDateTime,
    /// The line.
    pub text: String,
}

impl Connection {
    /// The last line of a log group since a moment that fits a pattern. A group that is not there says nothing: the stack
    /// makes it, so somebody deleted it with what it had.
    ///
    /// # Errors
    /// AWS's answer to `logs:FilterLogEvents`; or the log has more pages than are asked for: the last line is not known then.
    pub async fn last_line(
        &self,
        group: &str,
        pattern: &str,
        since: OffsetDateTime,
    ) -> Result<Option<SeenLine>, CloudError> {
        let client = Client::new(self.config());
        let since = i64::try_from(since.unix_timestamp_nanos() / 1_000_000).unwrap_or(0);
        let asked = client.filter_log_events().log_group_name(group);
        let asked = asked.filter_pattern(pattern).start_time(since);
        let mut pages = asked.into_paginator().send();
        let mut last: Option<SeenLine> = None;
        for _ in 0..PAGES {
            let Some(page) = pages.next().await else {
                return Ok(last);
            };
            let page = page.map_err(|error| failure::of(FILTER_LOG_EVENTS, error))?;
            let lines = page.events().iter().filter_map(|event| {
                let at = i128::from(event.timestamp()?) * 1_000_000;
                Some(SeenLine {
                    at: OffsetDateTime::from_unix_timestamp_nanos(at).ok()?,
                    text: event.message()?.to_owned(),
                })
            });
            last = last.into_iter().chain(lines).max_by_key(|line| line.at);
        }
        let found = match last {
            Some(_) => "a line is found, and later ones may be there",
            None => "no line is found in them",
        };
        let what = format!("{group} has more than {PAGES} pages; {found}");
        Err(failure::unreadable(FILTER_LOG_EVENTS, what, None))
    }
}

//! Reading EC2's answers: every id and address is checked as it comes in, and what is empty is absent.

use super::failure::unreadable;
use aws_sdk_ec2::types::{Filter, Tag};
use holdfast::cloud::CloudError;
use holdfast::model::tags::Tags;
use std::error::Error as StdError;
use std::str::FromStr;

/// Source: EC2 API reference, `Filter`: a request takes up to 200 values.
pub(super) const MAX_FILTER_VALUES: usize = 200;

/// What EC2 says; it writes some of what is absent as empty elements.
pub(super) fn said(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}

/// The one IP of an address, under whichever name EC2 gives it: public, customer-owned or carrier.
pub(super) fn one_of(names: [Option<&str>; 3]) -> Option<&str> {
    names.into_iter().find_map(said)
}

/// A value that may be absent.
pub(super) fn optional<T>(action: &'static str, text: Option<&str>) -> Result<Option<T>, CloudError>
where
    T: FromStr,
    T::Err: StdError + Send + Sync + 'static,
{
    let Some(text) = said(text) else {
        return Ok(None);
    };
    match text.parse() {
        Ok(value) => Ok(Some(value)),
        Err(error) => {
            let what = format!("`{text}`");
            Err(unreadable(action, what, Some(Box::new(error))))
        }
    }
}

/// A value that is always there.
pub(super) fn required<T>(
    action: &'static str,
    text: Option<&str>,
    what: &str,
) -> Result<T, CloudError>
where
    T: FromStr,
    T::Err: StdError + Send + Sync + 'static,
{
    optional(action, text)?.ok_or_else(|| unreadable(action, format!("{what} is missing"), None))
}

/// Every value of a list that EC2 gives.
pub(super) fn all<'a, T>(
    action: &'static str,
    texts: impl Iterator<Item = Option<&'a str>>,
) -> Result<Vec<T>, CloudError>
where
    T: FromStr,
    T::Err: StdError + Send + Sync + 'static,
{
    let read = texts.map(|text| optional(action, text));
    read.filter_map(Result::transpose).collect()
}

/// Prefixes of both kinds, as EC2 writes them.
pub(super) fn prefixes<'a>(
    ipv4: impl Iterator<Item = Option<&'a str>>,
    ipv6: impl Iterator<Item = Option<&'a str>>,
) -> Vec<String> {
    let all = ipv4.chain(ipv6);
    all.filter_map(said).map(str::to_owned).collect()
}

pub(super) fn tags(tags: &[Tag]) -> Tags {
    tags.iter()
        .filter_map(|tag| {
            Some((
                tag.key()?.to_owned(),
                tag.value().unwrap_or_default().to_owned(),
            ))
        })
        .collect()
}

pub(super) fn filter(name: &str, values: impl IntoIterator<Item = String>) -> Filter {
    Filter::builder()
        .name(name)
        .set_values(Some(values.into_iter().collect()))
        .build()
}

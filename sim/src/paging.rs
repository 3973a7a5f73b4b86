//! `MaxResults` and `NextToken` of the describe actions.

use super::api::Ec2Error;

/// One page and the token of the next. `smallest` is the least `MaxResults` that the action takes.
pub(super) fn page<T>(
    items: Vec<T>,
    max_results: Option<i32>,
    next_token: Option<&str>,
    smallest: i32,
) -> Result<(Vec<T>, Option<String>), Ec2Error> {
    page_within(items, max_results, next_token, (smallest, 1000))
}

/// The same for an action whose pages are smaller.
pub(super) fn page_within<T>(
    items: Vec<T>,
    max_results: Option<i32>,
    next_token: Option<&str>,
    (smallest, largest): (i32, i32),
) -> Result<(Vec<T>, Option<String>), Ec2Error> {
    let start = match next_token {
        None => 0,
        Some(token) => token
            .strip_prefix("page-")
            .and_then(|digits| digits.parse::<usize>().ok())
            .filter(|start| *start <= items.len())
            .ok_or_else(|| Ec2Error::new("InvalidNextToken", "The token is not valid."))?,
    };
    let size = match max_results {
        None => usize::try_from(largest).unwrap_or(1000),
        Some(size) if (smallest..=largest).contains(&size) => usize::try_from(size).unwrap_or(1000),
        Some(size) => {
            return Err(Ec2Error::new(
                "InvalidParameterValue",
                format!(
                    "Value ( {size} ) for parameter maxResults is invalid. \
                     Expecting a value between {smallest} and {largest}."
                ),
            ));
        }
    };
    let end = items.len().min(start + size);
    let next = (end < items.len()).then(|| format!("page-{end}"));
    Ok((items.into_iter().skip(start).take(size).collect(), next))
}

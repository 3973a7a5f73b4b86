//! Filters of the describe actions: names, wildcards, and the tag filters that all of them share.

use std::collections::BTreeMap;

use super::api::{Ec2Error, Filter, Tag};

/// Refuses a filter that the action does not know, before anything is looked at: a misspelt name is refused in an empty
/// account too. Tags are filters of every action that this is asked for.
pub(super) fn check(filters: &[Filter], known: &[&str]) -> Result<(), Ec2Error> {
    let is_of_tags = |name: &str| name == "tag-key" || name.starts_with("tag:");
    check_names(filters, |name| is_of_tags(name) || known.contains(&name))
}

/// The same for an action that knows no tags.
pub(super) fn check_without_tags(filters: &[Filter], known: &[&str]) -> Result<(), Ec2Error> {
    check_names(filters, |name| known.contains(&name))
}

fn check_names(filters: &[Filter], is_known: impl Fn(&str) -> bool) -> Result<(), Ec2Error> {
    let mut names = filters.iter().map(|filter| &filter.name);
    names
        .find(|name| !is_known(name))
        .map_or(Ok(()), |unknown| Err(invalid_filter(unknown)))
}

fn invalid_filter(name: &str) -> Ec2Error {
    Ec2Error::new(
        "InvalidParameterValue",
        format!("The filter '{name}' is invalid"),
    )
}

/// Whether a resource passes all filters. `values_of` gives the values that the resource has for a
/// filter name, and `None` for a name that the action does not know.
pub(super) fn passes(
    filters: &[Filter],
    tags: &[Tag],
    values_of: impl Fn(&str) -> Option<Vec<String>>,
) -> Result<bool, Ec2Error> {
    let mut passes = true;
    for filter in filters {
        let values = tag_values(&filter.name, tags).or_else(|| values_of(&filter.name));
        let values = values.ok_or_else(|| invalid_filter(&filter.name))?;
        passes &= filter
            .values
            .iter()
            .any(|pattern| values.iter().any(|value| matches(pattern, value)));
    }
    Ok(passes)
}

/// Whether a resource can pass, as far as its tags and what is at hand of it tell: so that what surely does not is not
/// looked at any closer. Where one of the filters is not among that, everything can.
pub(super) fn may_pass<'a>(
    filters: &[Filter],
    tags: Option<&BTreeMap<String, String>>,
    at_hand: impl Fn(&str) -> Option<Option<&'a str>>,
) -> bool {
    let verdicts = filters.iter().map(|filter| {
        let fits = |value: &str| filter.values.iter().any(|it| matches(it, value));
        if filter.name == "tag-key" {
            return Some(tags.is_some_and(|tags| tags.keys().any(|key| fits(key))));
        }
        if let Some(key) = filter.name.strip_prefix("tag:") {
            let value = tags.and_then(|tags| tags.get(key));
            return Some(value.is_some_and(|value| fits(value)));
        }
        at_hand(&filter.name).map(|value| value.is_some_and(fits))
    });
    let verdicts: Option<Vec<bool>> = verdicts.collect();
    verdicts.is_none_or(|verdicts| verdicts.into_iter().all(|fits| fits))
}

fn tag_values(name: &str, tags: &[Tag]) -> Option<Vec<String>> {
    if name == "tag-key" {
        return Some(tags.iter().map(|tag| tag.key.clone()).collect());
    }
    let key = name.strip_prefix("tag:")?;
    Some(
        tags.iter()
            .filter(|tag| tag.key == key)
            .map(|tag| tag.value.clone())
            .collect(),
    )
}

/// `*` stands for any run of characters and `?` for one, as in EC2 filters and IAM patterns.
pub(super) fn matches(pattern: &str, value: &str) -> bool {
    match pattern.chars().next() {
        None => value.is_empty(),
        Some('*') => {
            let rest = &pattern[1..];
            value
                .char_indices()
                .any(|(at, _)| matches(rest, &value[at..]))
                || matches(rest, "")
        }
        Some(first) => value.chars().next().is_some_and(|character| {
            (first == '?' || first == character)
                && matches(&pattern[first.len_utf8()..], &value[character.len_utf8()..])
        }),
    }
}

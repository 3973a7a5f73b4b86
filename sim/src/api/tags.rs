//! Tags on resources: requests and answers.

use super::{Filter, Tag};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CreateTags {
    pub resources: Vec<String>,
    pub tags: Vec<Tag>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeleteTags {
    pub resources: Vec<String>,
    /// Empty: all tags but the `aws:` ones.
    pub tags: Vec<TagToDelete>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DescribeTags {
    pub filters: Vec<Filter>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TagToDelete {
    pub key: String,
    /// Given (even empty): only a tag with this very value goes.
    pub value: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagDescription {
    pub key: String,
    pub resource_id: String,
    pub resource_type: String,
    pub value: String,
}

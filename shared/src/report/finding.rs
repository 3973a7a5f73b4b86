//! What a person should know of a run, and what to do about it.

use crate::model::ids::{EniId, InstanceId};
use serde::Serialize;

/// Something that a person should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// What happened.
    pub what: String,
    /// Why.
    pub why: String,
    /// What to do next.
    pub next: String,
}

impl Finding {
    /// An address goes to an interface only because no other one can take it. `tag` is the key of the tag that would
    /// name it.
    #[must_use]
    pub fn only_interface(what: &str, eni: &EniId, instance: &InstanceId, tag: &str) -> Self {
        Self {
            what: format!(
                "{what} goes to {eni}, the only interface of {instance} that can take it"
            ),
            why: format!(
                "nothing says that it is the right one: it has no tag {tag}, and is not known to be where the address was"
            ),
            next: format!(
                "if it is right, say so: aws ec2 create-tags --resources {eni} --tags Key={tag},Value=true; if not, tag \
                 another one"
            ),
        }
    }
}

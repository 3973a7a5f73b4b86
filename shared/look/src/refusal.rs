//! Why AWS did not do what was asked, as it is written into a look: all that a decision and its report hang on.

use holdfast::cloud::{CloudError, Failure, Missing};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::error::Error as StdError;
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// A [`CloudError`] in writing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// Its variant: `Throttled`.
    pub kind: Kind,
    /// The AWS action, as IAM writes it.
    pub action: String,
    /// The error code, where an answer came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The message, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The request id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// What the errors underneath say, from the outside in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub underneath: Vec<String>,
}

/// The variants of [`CloudError`], and with `not-found` what is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "each is the variant of the same name")]
pub enum Kind {
    NotFound(Missing),
    AlreadyAssociated,
    HeldElsewhere,
    InUse,
    DeviceIndexTaken,
    LimitExceeded,
    TagsRefused,
    Throttled,
    Denied,
    KeysRefused,
    Refused,
    StopProtected,
    StopUnsupported,
    Other,
}

impl From<&CloudError> for Kind {
    fn from(error: &CloudError) -> Self {
        match error {
            CloudError::NotFound { what, .. } => Self::NotFound(*what),
            CloudError::AlreadyAssociated(_) => Self::AlreadyAssociated,
            CloudError::HeldElsewhere(_) => Self::HeldElsewhere,
            CloudError::InUse(_) => Self::InUse,
            CloudError::DeviceIndexTaken(_) => Self::DeviceIndexTaken,
            CloudError::LimitExceeded(_) => Self::LimitExceeded,
            CloudError::TagsRefused(_) => Self::TagsRefused,
            CloudError::Throttled(_) => Self::Throttled,
            CloudError::Denied(_) => Self::Denied,
            CloudError::KeysRefused(_) => Self::KeysRefused,
            CloudError::Refused(_) => Self::Refused,
            CloudError::StopProtected(_) => Self::StopProtected,
            CloudError::StopUnsupported(_) => Self::StopUnsupported,
            CloudError::Other(_) => Self::Other,
        }
    }
}

impl From<&CloudError> for Refusal {
    fn from(error: &CloudError) -> Self {
        let failure = error.failure();
        let mut underneath = Vec::new();
        let mut under = failure.source();
        while let Some(each) = under {
            underneath.push(each.to_string());
            under = each.source();
        }
        Self {
            kind: error.into(),
            action: failure.action.to_owned(),
            code: failure.code.clone(),
            message: failure.message.clone(),
            request_id: failure.request_id.clone(),
            underneath,
        }
    }
}

impl Refusal {
    /// The error once more.
    #[must_use]
    pub fn error(&self) -> CloudError {
        let failure = Failure {
            action: kept_for_ever(&self.action),
            code: self.code.clone(),
            message: self.message.clone(),
            request_id: self.request_id.clone(),
            source: Underneath::of(&self.underneath),
        };
        match self.kind {
            Kind::NotFound(what) => CloudError::NotFound { what, failure },
            Kind::AlreadyAssociated => CloudError::AlreadyAssociated(failure),
            Kind::HeldElsewhere => CloudError::HeldElsewhere(failure),
            Kind::InUse => CloudError::InUse(failure),
            Kind::DeviceIndexTaken => CloudError::DeviceIndexTaken(failure),
            Kind::LimitExceeded => CloudError::LimitExceeded(failure),
            Kind::TagsRefused => CloudError::TagsRefused(failure),
            Kind::Throttled => CloudError::Throttled(failure),
            Kind::Denied => CloudError::Denied(failure),
            Kind::KeysRefused => CloudError::KeysRefused(failure),
            Kind::Refused => CloudError::Refused(failure),
            Kind::StopProtected => CloudError::StopProtected(failure),
            Kind::StopUnsupported => CloudError::StopUnsupported(failure),
            Kind::Other => CloudError::Other(failure),
        }
    }
}

/// An action's name is a constant everywhere else. Each that a look names is kept once, as long as the process runs.
fn kept_for_ever(action: &str) -> &'static str {
    static KEPT: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = kept.get(action) {
        return known;
    }
    let new: &'static str = Box::leak(action.to_owned().into_boxed_str());
    kept.insert(new);
    new
}

/// What an error under another one said.
#[derive(Debug)]
struct Underneath {
    said: String,
    under: Option<Box<dyn StdError + Send + Sync>>,
}

impl Underneath {
    fn of(said: &[String]) -> Option<Box<dyn StdError + Send + Sync>> {
        let (first, rest) = said.split_first()?;
        Some(Box::new(Self {
            said: first.clone(),
            under: Self::of(rest),
        }))
    }
}

impl fmt::Display for Underneath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.said)
    }
}

impl StdError for Underneath {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let under = self.under.as_ref()?;
        Some(under.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast::error::chain;

    fn refusal(kind: Kind, code: Option<&str>) -> Refusal {
        Refusal {
            kind,
            action: "ec2:DescribeAddresses".to_owned(),
            code: code.map(str::to_owned),
            message: Some("no".to_owned()),
            request_id: Some("r-1".to_owned()),
            underneath: vec!["dispatch failure".to_owned(), "connection reset".to_owned()],
        }
    }

    #[test]
    fn every_kind_of_refusal_is_the_same_after_it_was_written_and_read() {
        let missing = [
            Missing::Address,
            Missing::Allocation,
            Missing::Association,
            Missing::Attachment,
            Missing::Interface,
            Missing::Instance,
            Missing::LifecycleAction,
            Missing::Other,
        ];
        let kinds = [
            Kind::AlreadyAssociated,
            Kind::HeldElsewhere,
            Kind::InUse,
            Kind::DeviceIndexTaken,
            Kind::LimitExceeded,
            Kind::TagsRefused,
            Kind::Throttled,
            Kind::Denied,
            Kind::KeysRefused,
            Kind::Refused,
            Kind::StopProtected,
            Kind::StopUnsupported,
            Kind::Other,
        ];
        for kind in missing.map(Kind::NotFound).into_iter().chain(kinds) {
            for code in [None, Some("ACode")] {
                let written = serde_json::to_string(&refusal(kind, code)).unwrap();
                let read: Refusal = serde_json::from_str(&written).unwrap();
                assert_eq!(Refusal::from(&read.error()), refusal(kind, code));
            }
        }
    }

    #[test]
    fn an_error_without_a_code_says_what_was_under_it() {
        let error = refusal(Kind::Other, None).error();
        let said = chain(&error);
        assert!(
            said.ends_with("dispatch failure: connection reset"),
            "{said}"
        );
    }
}

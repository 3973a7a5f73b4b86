//! Why there were no keys for a call. The kind of the SDK's error says it. Where a service refused to give them, the code
//! of its answer does.

use aws_credential_types::provider::error::{CredentialsError, TokenError};
use aws_sdk_sts::error::ProvideErrorMetadata;
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_sdk_sts::operation::assume_role_with_web_identity::AssumeRoleWithWebIdentityError;
use holdfast::cloud::{Class, CloudError, Failure};
use holdfast::error::chain;
use std::error::Error as StdError;
use std::iter;

/// Why there were no keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotGiven {
    /// Nobody names any: no profile, no environment, no role of a machine.
    None,
    /// Whoever should give them does not.
    Refused,
    /// Whoever should give them did not answer.
    NoAnswer,
}

/// What kept the keys from being had, in the SDK's own words, without the call that they were for.
#[must_use]
pub fn words(failure: &Failure) -> Option<String> {
    let first = failure.source.as_deref();
    let first = first.map(|error| error as &(dyn StdError + 'static));
    let mut errors = iter::successors(first, |error: &&'_ (dyn StdError + 'static)| {
        (*error).source()
    });
    let of_keys =
        errors.find(|error| error.is::<CredentialsError>() || error.is::<TokenError>())?;
    Some(chain(of_keys))
}

/// Why there were no keys for a call; none where the call failed of something else.
#[must_use]
pub fn cause_of(failure: &Failure) -> Option<NotGiven> {
    let first = failure
        .source
        .as_deref()
        .map(|error| error as &(dyn StdError + 'static));
    let chain: Vec<_> = iter::successors(first, |error: &&'_ (dyn StdError + 'static)| {
        (*error).source()
    })
    .collect();
    let of_keys = chain
        .iter()
        .find_map(|error| error.downcast_ref::<CredentialsError>());
    let of_token = || {
        chain
            .iter()
            .find_map(|error| error.downcast_ref::<TokenError>())
    };
    let kind = match of_keys {
        Some(CredentialsError::CredentialsNotLoaded(_)) => NotGiven::None,
        Some(CredentialsError::ProviderTimedOut(_)) => NotGiven::NoAnswer,
        Some(_) => NotGiven::Refused,
        None => of_token().map(|_| NotGiven::Refused)?,
    };
    Some(
        chain
            .iter()
            .find_map(|error| answer(*error))
            .unwrap_or(kind),
    )
}

/// What STS's answer says, if the error is one.
fn answer(error: &(dyn StdError + 'static)) -> Option<NotGiven> {
    let assumed = error.downcast_ref::<AssumeRoleError>().map(code);
    let by_identity = || {
        error
            .downcast_ref::<AssumeRoleWithWebIdentityError>()
            .map(code)
    };
    let code = assumed.or_else(by_identity)?;
    let answer = CloudError::from(Failure {
        action: "sts:AssumeRole",
        code,
        message: None,
        request_id: None,
        source: None,
    });
    Some(match answer.class() {
        Class::Transient => NotGiven::NoAnswer,
        Class::Denied | Class::Missing(_) | Class::Taken | Class::Refused => NotGiven::Refused,
    })
}

fn code(error: &impl ProvideErrorMetadata) -> Option<String> {
    error.code().map(str::to_owned)
}

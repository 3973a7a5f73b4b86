//! How a command ends, and what keeps it from ending well. A failure says what happened, why, and what to do; its exit
//! code follows from the kind and the code of AWS's answer, never from a message.

use crate::aws::credentials::{self, NotGiven};
use crate::unread::Unread;
use holdfast::cloud::{Class, CloudError, Failure as Answer};
use holdfast::error::chain;
use std::error::Error as StdError;
use std::fmt;
use std::io;

pub use crate::exit::Exit;

/// Why a command could not be carried out.
#[derive(Debug)]
pub enum Failure {
    /// What was asked for makes no sense, or is not there.
    Usage {
        /// What is wrong.
        what: String,
        /// What to do.
        advice: String,
    },
    /// AWS did not do what was asked.
    Aws {
        /// What was being done: `the ledger could not be read`.
        what: String,
        /// AWS's answer.
        source: CloudError,
    },
    /// Something answered, and not in a form that this version knows.
    Unreadable {
        /// What it is.
        what: String,
        /// Why it cannot be read.
        why: String,
        /// What to do.
        advice: String,
    },
    /// A function ran, and ended with an error.
    Function {
        /// Which, and the error's name.
        what: String,
        /// The error in words.
        why: String,
        /// What to do.
        advice: String,
    },
    /// A function was called, and no answer came back.
    MayRun {
        /// Which.
        what: String,
        /// What came instead.
        source: CloudError,
    },
    /// A function was called, and somebody stopped the tool before the answer came.
    NotAwaited {
        /// Which.
        what: String,
    },
    /// Somebody stopped the tool before it had anything to show. Nothing was changed.
    Stopped {
        /// What was being done, and what is left of it.
        what: String,
    },
    /// A part could not be read, and without it nothing can be said.
    NotRead(Box<Unread>),
    /// Standard output is closed: whoever reads has seen enough.
    PipeClosed,
    /// It cannot be written.
    Unwritten(io::Error),
}

impl Failure {
    /// What was asked for makes no sense, or is not there.
    #[must_use]
    pub fn usage(what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::Usage {
            what: what.into(),
            advice: advice.into(),
        }
    }

    /// AWS did not do what was asked.
    pub fn aws(what: impl Into<String>) -> impl FnOnce(CloudError) -> Self {
        let what = what.into();
        move |source| Self::Aws { what, source }
    }

    /// The same as a part that could not be read, where the rest is shown.
    #[must_use]
    pub fn unread(&self, region: &str, stack: &str) -> Unread {
        let what = self.to_string();
        Unread {
            region: region.to_owned(),
            stack: stack.to_owned(),
            why: self.why().unwrap_or_else(|| what.clone()),
            what,
            next: self.advice(),
            exit: self.exit(),
        }
    }

    /// How the command ends.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Usage { .. } => Exit::Usage,
            Self::Aws { source, .. } => Cause::of(source).exit(),
            Self::Function { .. } => Exit::Found,
            Self::NotRead(part) => part.exit,
            Self::Unreadable { .. }
            | Self::MayRun { .. }
            | Self::NotAwaited { .. }
            | Self::Stopped { .. }
            | Self::Unwritten(_) => Exit::NoAnswer,
            Self::PipeClosed => Exit::Done,
        }
    }

    /// What to do about an answer of AWS.
    #[must_use]
    pub fn advice_on(error: &CloudError) -> String {
        Cause::of(error).advice(error.failure())
    }

    /// Why, where something underneath says more.
    #[must_use]
    pub fn why(&self) -> Option<String> {
        if let Self::Aws { source, .. } = self
            && let Some(words) = credentials::words(source.failure())
        {
            return Some(words);
        }
        if let Self::Function { why, .. } = self {
            return Some(why.clone());
        }
        if let Self::NotRead(part) = self {
            return Some(part.why.clone());
        }
        self.source().map(chain)
    }

    /// What to do.
    #[must_use]
    pub fn advice(&self) -> String {
        match self {
            Self::Usage { advice, .. }
            | Self::Unreadable { advice, .. }
            | Self::Function { advice, .. } => advice.clone(),
            Self::MayRun { .. } | Self::NotAwaited { .. } => "The function may still be running, and the call is not sent again: it would run twice. \
                                    See what becomes of it: `holdfast reports --since 15m`."
                .to_owned(),
            Self::Aws { source, .. } => Cause::of(source).advice(source.failure()),
            Self::NotRead(part) => part.next.clone(),
            Self::Stopped { .. } => "Run it again.".to_owned(),
            Self::PipeClosed => String::new(),
            Self::Unwritten(_) => "See whether the disk is full.".to_owned(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Aws { source, .. } if credentials::cause_of(source.failure()).is_some() => {
                formatter.write_str("there are no keys for AWS")
            }
            Self::Usage { what, .. }
            | Self::Aws { what, .. }
            | Self::MayRun { what, .. }
            | Self::NotAwaited { what }
            | Self::Stopped { what }
            | Self::Function { what, .. } => formatter.write_str(what),
            Self::NotRead(part) => formatter.write_str(&part.what),
            Self::Unreadable { what, why, .. } => write!(formatter, "{what} cannot be read: {why}"),
            Self::PipeClosed => formatter.write_str("standard output is closed"),
            Self::Unwritten(_) => formatter.write_str("the answer cannot be written"),
        }
    }
}

impl StdError for Failure {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Aws { source, .. } | Self::MayRun { source, .. } => Some(source),
            Self::Unwritten(source) => Some(source),
            Self::Usage { .. }
            | Self::Unreadable { .. }
            | Self::Function { .. }
            | Self::NotRead(_)
            | Self::NotAwaited { .. }
            | Self::Stopped { .. }
            | Self::PipeClosed => None,
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::PipeClosed
        } else {
            Self::Unwritten(error)
        }
    }
}

/// What an answer of AWS, or the want of one, means for whoever ran the command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    /// There are no keys: nothing was asked.
    NoKeys,
    /// The keys could not be had: a role, a single sign-on or a process did not give them.
    KeysNotGiven,
    /// Keys, token or clock are not taken.
    KeysRefused,
    /// No permission.
    Denied,
    /// Too many calls.
    Throttled,
    /// No answer, or a failure of AWS's own.
    NoAnswer,
    /// AWS answered, and does not do it.
    Refused,
}

impl Cause {
    fn of(error: &CloudError) -> Self {
        if let Some(cause) = credentials::cause_of(error.failure()) {
            return match cause {
                NotGiven::None => Self::NoKeys,
                NotGiven::Refused => Self::KeysNotGiven,
                NotGiven::NoAnswer => Self::NoAnswer,
            };
        }
        match error {
            CloudError::KeysRefused(_) => Self::KeysRefused,
            CloudError::Throttled(_) => Self::Throttled,
            _ => match error.class() {
                Class::Denied => Self::Denied,
                Class::Transient => Self::NoAnswer,
                Class::Missing(_) | Class::Taken | Class::Refused => Self::Refused,
            },
        }
    }

    fn exit(self) -> Exit {
        match self {
            Self::NoKeys => Exit::Usage,
            Self::KeysNotGiven | Self::KeysRefused | Self::Denied => Exit::Denied,
            Self::Throttled | Self::NoAnswer | Self::Refused => Exit::NoAnswer,
        }
    }

    fn advice(self, answer: &Answer) -> String {
        match self {
            Self::NoKeys => {
                "Name a profile with --profile or AWS_PROFILE, or sign in as for the AWS CLI: \
                 `aws sso login`, `aws configure`. `aws configure list-profiles` shows the profiles that there are."
                    .to_owned()
            }
            Self::KeysNotGiven => "See whether the profile's role, process or sign-on gives keys: \
                 `aws sts get-caller-identity` has to work with the same profile. \
                 After a single sign-on has ended, `aws sso login` begins a new one. \
                 Where no profile is named, name one with --profile or AWS_PROFILE."
                .to_owned(),
            Self::KeysRefused => "The keys have ended or are wrong, or this machine's clock is. Sign in again, and see that \
                 the clock is right. A region that is not on in the account takes no keys either: `aws account list-regions`."
                .to_owned(),
            Self::Denied => format!(
                "Give whoever asks the action {}: policies/operator.json has all that this tool reads, \
                 for a stack named holdfast.",
                answer.action
            ),
            Self::Throttled => {
                "Others use up the account's rate of calls. Try again in a minute.".to_owned()
            }
            Self::NoAnswer => {
                "See whether this machine reaches AWS, whether the region's name is right, and \
                 whether --endpoint-url or AWS_ENDPOINT_URL leads elsewhere. Then try again."
                    .to_owned()
            }
            Self::Refused => {
                "AWS does not take the request as it is. The code says why.".to_owned()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(code: &str) -> Failure {
        Failure::Aws {
            what: "the addresses could not be read".to_owned(),
            source: CloudError::from(Answer {
                action: "ec2:DescribeAddresses",
                code: Some(code.to_owned()),
                message: Some("throttled, denied, expired: a message says nothing".to_owned()),
                request_id: None,
                source: None,
            }),
        }
    }

    #[test]
    fn the_exit_code_follows_from_the_code_of_aws_s_answer() {
        for (code, exit) in [
            ("UnauthorizedOperation", Exit::Denied),
            ("AccessDeniedException", Exit::Denied),
            ("ExpiredToken", Exit::Denied),
            ("AuthFailure", Exit::Denied),
            ("RequestLimitExceeded", Exit::NoAnswer),
            ("InternalError", Exit::NoAnswer),
            ("ValidationException", Exit::NoAnswer),
        ] {
            assert_eq!(answered(code).exit(), exit, "{code}");
        }
    }

    #[test]
    fn a_refusal_names_the_action_to_ask_for() {
        let advice = answered("UnauthorizedOperation").advice();
        assert!(advice.contains("ec2:DescribeAddresses"), "{advice}");
    }

    #[test]
    fn a_reader_that_has_seen_enough_is_no_failure() {
        let closed = Failure::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert_eq!(closed.exit(), Exit::Done);
    }
}

//! What can be asked of the simulated EC2, and what it answers. There is one request and one response
//! variant per EC2 action, members named as in the EC2 API reference, ids as plain strings.
//!
//! Both fronts (the `cloud` traits and HTTP) translate to and from these types; nothing in here
//! acts. `DryRun` is a member of every EC2 request, so the call carries it, not each struct.

#![allow(
    missing_docs,
    reason = "members carry the names of the EC2 API reference, which documents them"
)]

mod instance_attributes;
mod request;
mod response;
mod routes;
mod security_groups;
mod tags;

pub use instance_attributes::*;
pub use request::*;
pub use response::*;
pub use routes::*;
pub use security_groups::*;
pub use tags::*;

pub use crate::instances::PlannedEvent;

/// Who makes a call, as far as CloudTrail shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// `arn:aws:iam::ACCOUNT:user/NAME`, `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION` or
    /// `arn:aws:iam::ACCOUNT:root`.
    pub arn: String,
    /// The role behind an assumed-role session: `userIdentity.sessionContext.sessionIssuer.arn`.
    pub issuer_arn: Option<String>,
    pub user_agent: String,
    /// An address, or the name of the service that calls, such as `cloudformation.amazonaws.com`.
    pub source_ip: String,
    pub account: String,
}

impl Caller {
    /// An IAM user of `account`, as from the AWS CLI.
    #[must_use]
    pub fn user(account: &str, name: &str) -> Self {
        Self {
            arn: format!("arn:aws:iam::{account}:user/{name}"),
            issuer_arn: None,
            user_agent: "aws-cli/2.15.0 Python/3.11.6 Linux/6.1.0 command/ec2".to_owned(),
            source_ip: "192.0.2.10".to_owned(),
            account: account.to_owned(),
        }
    }

    /// A session of a role of `account`, as a Lambda function has it.
    #[must_use]
    pub fn role(account: &str, role: &str, session: &str) -> Self {
        Self {
            arn: format!("arn:aws:sts::{account}:assumed-role/{role}/{session}"),
            issuer_arn: Some(format!("arn:aws:iam::{account}:role/{role}")),
            user_agent: "aws-sdk-rust/1.3.0 os/linux lang/rust exec-env/AWS_Lambda".to_owned(),
            source_ip: "192.0.2.20".to_owned(),
            account: account.to_owned(),
        }
    }
}

/// A refusal in EC2's words. A successful dry run is one of them (`DryRunOperation`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ec2Error {
    pub code: String,
    pub message: String,
    pub http_status: u16,
}

impl Ec2Error {
    /// An error with the HTTP status that EC2 gives to its code.
    #[must_use]
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        let http_status = match code {
            "UnauthorizedOperation" | "AccessDenied" => 403,
            "DryRunOperation" => 412,
            "RequestLimitExceeded" | "Unavailable" => 503,
            "InternalError" => 500,
            _ => 400,
        };
        Self {
            code: code.to_owned(),
            message: message.into(),
            http_status,
        }
    }
}

impl std::fmt::Display for Ec2Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for Ec2Error {}

/// A tag, in requests and in answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    pub key: String,
    pub value: String,
}

impl Tag {
    #[must_use]
    pub fn new(key: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            value: value.into(),
        }
    }
}

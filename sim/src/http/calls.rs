//! The one ordered record of every call that came in over HTTP, whichever service it was for. A call is
//! numbered when it arrives; its outcome is filled in when it is known.

use serde::Serialize;
use serde_json::Value;
use std::fmt;
use time::OffsetDateTime;

/// The services that the front serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Service {
    /// EC2, by the query protocol.
    Ec2,
    /// DynamoDB, by JSON 1.0.
    DynamoDb,
    /// CloudTrail, by JSON 1.1.
    CloudTrail,
    /// CloudWatch, by Smithy's RPC with CBOR or by JSON 1.0.
    CloudWatch,
    /// Auto Scaling, by the query protocol.
    AutoScaling,
    /// STS, by the query protocol.
    Sts,
    /// The Resource Groups Tagging API, by JSON 1.1.
    Tagging,
    /// CloudFormation, by the query protocol.
    CloudFormation,
    /// Lambda, by JSON over REST.
    Lambda,
    /// CloudWatch Logs, by JSON 1.1.
    Logs,
    /// EventBridge, by JSON 1.1.
    Events,
    /// SQS, by JSON 1.0.
    Sqs,
    /// Service Quotas, by JSON 1.1.
    ServiceQuotas,
}

impl Service {
    /// The prefix that IAM gives to the service's actions.
    #[must_use]
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Ec2 => "ec2",
            Self::DynamoDb => "dynamodb",
            Self::CloudTrail => "cloudtrail",
            Self::CloudWatch => "cloudwatch",
            Self::AutoScaling => "autoscaling",
            Self::Sts => "sts",
            Self::Tagging => "tag",
            Self::CloudFormation => "cloudformation",
            Self::Lambda => "lambda",
            Self::Logs => "logs",
            Self::Events => "events",
            Self::Sqs => "sqs",
            Self::ServiceQuotas => "servicequotas",
        }
    }
}

/// One call.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Call {
    /// Its place among all calls, from 1.
    pub number: usize,
    /// When it came, in simulated time.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// The service called.
    pub service: Service,
    /// The action, without the service.
    pub action: String,
    /// The ARN of the caller.
    pub caller: String,
    /// Whether it asked to change something. A dry run did not.
    pub mutating: bool,
    /// The parameters as they came.
    pub parameters: Value,
    /// What came of it.
    pub outcome: Outcome,
}

impl Call {
    /// The action as IAM writes it: `ec2:AllocateAddress`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}:{}", self.service.prefix(), self.action)
    }
}

impl fmt::Display for Call {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{:>3} {} by {}: {}",
            self.number,
            self.name(),
            self.caller,
            self.outcome
        )
    }
}

/// What came of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", content = "code", rename_all = "kebab-case")]
pub enum Outcome {
    /// Not answered yet.
    UnderWay,
    /// Carried out and answered.
    Done,
    /// Refused with this error code.
    Refused(String),
    /// The connection broke before the call was looked at.
    Lost,
    /// The call was handled, and the connection broke before the answer; the outcome that the caller
    /// never saw.
    ReplyLost(Box<Outcome>),
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnderWay => formatter.write_str("under way"),
            Self::Done => formatter.write_str("done"),
            Self::Refused(code) => formatter.write_str(code),
            Self::Lost => formatter.write_str("lost before it was looked at"),
            Self::ReplyLost(outcome) => write!(formatter, "{outcome}, reply lost"),
        }
    }
}

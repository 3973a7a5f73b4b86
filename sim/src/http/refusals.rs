//! How each service refuses: its words for one call too many and for what is not allowed, in its own form.

use super::calls::Service;
use super::cloudwatch::{self, Encoding};
use super::dynamodb::Answer;
use super::server::Reply;
use super::{auto_scaling, cloudformation, ec2, json, lambda, sqs, sts};
use crate::api::Ec2Error;

/// A refusal that does not depend on what was asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Refusals<'a> {
    pub(super) service: Service,
    pub(super) encoding: Encoding,
    pub(super) request_id: &'a str,
}

impl Refusals<'_> {
    /// Each service has its own word for one call too many.
    pub(super) fn throttled(self) -> Reply {
        let (code, message) = match self.service {
            Service::Ec2 => ("RequestLimitExceeded", "Request limit exceeded."),
            Service::DynamoDb => (
                "ThrottlingException",
                "Throughput exceeds the current capacity of your table or index.",
            ),
            Service::Tagging => ("ThrottledException", "Rate exceeded"),
            Service::Lambda => ("TooManyRequestsException", "Rate Exceeded."),
            Service::CloudTrail | Service::Logs | Service::Events => {
                ("ThrottlingException", "Rate exceeded")
            }
            Service::Sqs => ("RequestThrottled", "Rate exceeded"),
            Service::ServiceQuotas => ("TooManyRequestsException", "Rate exceeded"),
            Service::AutoScaling | Service::Sts | Service::CloudWatch | Service::CloudFormation => {
                ("Throttling", "Rate exceeded")
            }
        };
        self.refused(code, message)
    }

    /// Who asks may not.
    pub(super) fn denied(self, message: &str) -> Reply {
        let code = match self.service {
            Service::Ec2 => "UnauthorizedOperation",
            Service::AutoScaling | Service::Sts | Service::CloudWatch | Service::CloudFormation => {
                "AccessDenied"
            }
            Service::DynamoDb
            | Service::CloudTrail
            | Service::Tagging
            | Service::Lambda
            | Service::Logs
            | Service::Events
            | Service::Sqs
            | Service::ServiceQuotas => "AccessDeniedException",
        };
        self.refused(code, message)
    }

    /// A refusal in the form of the service.
    pub(super) fn refused(self, code: &str, message: &str) -> Reply {
        let id = self.request_id;
        match self.service {
            Service::Ec2 => ec2::refusal(id, &of_the_caller(code, message)),
            Service::DynamoDb => dynamodb_reply(Answer::error(400, code, message)),
            Service::AutoScaling => auto_scaling::refusal(id, &Ec2Error::new(code, message)),
            Service::CloudWatch => {
                cloudwatch::refusal(&Ec2Error::new(code, message), self.encoding)
            }
            Service::Sts => sts::refusal(id, &Ec2Error::new(code, message)),
            Service::CloudFormation => cloudformation::refusal(id, &Ec2Error::new(code, message)),
            Service::Lambda => lambda::refusal(code, message),
            Service::Sqs => sqs::refusal(code, message),
            Service::CloudTrail
            | Service::Tagging
            | Service::Logs
            | Service::Events
            | Service::ServiceQuotas => json::refusal(code, message),
        }
    }
}

/// Keys that EC2 does not take are refused with 401, as users saw it (hashicorp/terraform, issue 17273). Of a resource
/// that is somebody else's, the same code has 400.
fn of_the_caller(code: &str, message: &str) -> Ec2Error {
    let refusal = Ec2Error::new(code, message);
    match code {
        "AuthFailure" => Ec2Error {
            http_status: 401,
            ..refusal
        },
        _ => refusal,
    }
}

pub(super) fn dynamodb_reply(answer: Answer) -> Reply {
    let refused = answer.code();
    let Answer { status, body } = answer;
    Reply {
        status,
        content_type: "application/x-amz-json-1.0",
        body,
        refused,
        headers: Vec::new(),
    }
}

//! Hands a call to its service.

use super::calls::Service;
use super::front::Front;
use super::refusals::{Refusals, dynamodb_reply};
use super::requests::AwsCall;
use super::server::Reply;
use super::{
    auto_scaling, cloudformation, cloudtrail, cloudwatch, cloudwatch_logs, ec2, eventbridge,
    lambda, quotas, sqs, sts, tagging, trails, zonal_shifts,
};
use crate::api::Caller;
use std::sync::Arc;

/// What the service answers.
pub(super) async fn call(
    front: &Arc<Front>,
    caller: &Caller,
    call: AwsCall,
    refusals: Refusals<'_>,
) -> Reply {
    let request_id = refusals.request_id;
    if let Some(message) = denial(front, caller, &call) {
        return refusals.denied(&message);
    }
    let (action, parameters) = (call.action.as_str(), &call.parameters);
    match call.service {
        Service::Ec2 => ec2::call(&mut front.world(), caller, action, call.form, request_id),
        Service::AutoScaling => {
            auto_scaling::call(&mut front.world(), caller, action, call.form, request_id)
        }
        Service::Sts => sts::call(front, caller, action, call.form, request_id),
        Service::ZonalShift => zonal_shifts::call(&front.world(), caller, action),
        Service::Tagging => tagging::call(&front.world(), caller, action, parameters),
        Service::DynamoDb => {
            let page = front.state().page;
            dynamodb_reply(front.dynamodb.call(action, parameters, page).await)
        }
        Service::CloudTrail => {
            let about_trails = trails::call(&front.world(), action, parameters);
            match about_trails {
                Some(reply) => reply,
                None if !front.admit_lookup() => refusals.throttled(),
                None => cloudtrail::call(&front.world(), action, parameters),
            }
        }
        Service::CloudWatch => cloudwatch::call(
            &mut front.world(),
            caller,
            action,
            parameters,
            call.encoding,
        ),
        Service::CloudFormation => {
            cloudformation::call(&front.world(), action, call.form, request_id)
        }
        Service::Lambda => lambda::call(front, &call).await,
        Service::Events => eventbridge::call(&front.world(), action, parameters),
        Service::Sqs => sqs::call(&mut front.world(), action, parameters),
        Service::ServiceQuotas => quotas::call(&front.world(), action, parameters),
        Service::Logs => {
            let page = front.state().page;
            cloudwatch_logs::call(&front.world(), action, parameters, page)
        }
    }
}

/// Why the caller may not. The services that are left out look for themselves.
fn denial(front: &Front, caller: &Caller, call: &AwsCall) -> Option<String> {
    let looks_itself = matches!(
        call.service,
        Service::Ec2
            | Service::AutoScaling
            | Service::CloudWatch
            | Service::Tagging
            | Service::ZonalShift
    );
    // "No permissions are required to perform this operation" (STS API reference, `GetCallerIdentity`), and a denial
    // keeps nobody from it.
    if looks_itself || call.action == "GetCallerIdentity" {
        return None;
    }
    let name = format!("{}:{}", call.service.prefix(), call.action);
    let authorised = front.world().authorise_action(caller, &name);
    authorised.err().map(|refusal| refusal.message)
}

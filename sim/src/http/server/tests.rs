//! Each service refuses what nobody reads: a misspelt parameter would else pass for one that was left out. AWS's JSON services
//! take no notice of such a member; no client of theirs sends one.

use super::super::calls::Service;
use super::super::cloudwatch::Encoding;
use super::*;
use crate::World;
use serde_json::Value;
use std::sync::Mutex;

/// Those whose parameters come in a form or in JSON. Lambda and zonal shifts have paths: their own tests try them.
const ALL: [Service; 11] = [
    Service::Ec2,
    Service::DynamoDb,
    Service::CloudTrail,
    Service::CloudWatch,
    Service::AutoScaling,
    Service::Sts,
    Service::Tagging,
    Service::CloudFormation,
    Service::Logs,
    Service::Events,
    Service::Sqs,
];

/// A read of each service that is answered, and how its parameters come.
fn read_of(service: Service) -> (&'static str, Value, Encoding) {
    match service {
        Service::Ec2 => ("DescribeAddresses", json!({}), Encoding::Json),
        Service::DynamoDb => (
            "Query",
            json!({
                "TableName": "ledger",
                "KeyConditionExpression": "pk = :pk",
                "ExpressionAttributeValues": { ":pk": { "S": "a" } },
            }),
            Encoding::Json,
        ),
        Service::CloudTrail => ("LookupEvents", json!({}), Encoding::Json),
        Service::CloudWatch => ("DescribeAlarms", json!({}), Encoding::Cbor),
        Service::AutoScaling => ("DescribeAutoScalingInstances", json!({}), Encoding::Json),
        Service::Sts => ("GetCallerIdentity", json!({}), Encoding::Json),
        Service::Tagging => ("GetTagKeys", json!({}), Encoding::Json),
        Service::CloudFormation => ("DescribeStacks", json!({}), Encoding::Json),
        Service::Logs => ("DescribeLogGroups", json!({}), Encoding::Json),
        Service::Events => ("ListRules", json!({}), Encoding::Json),
        Service::Sqs => ("ListQueues", json!({}), Encoding::Json),
        Service::Lambda | Service::ServiceQuotas | Service::ZonalShift => {
            panic!("{service:?} is not in the list")
        }
    }
}

/// The status of an answer, and the code of a refusal.
fn asked(service: Service, more: Option<&str>) -> (u16, String) {
    let (action, mut parameters, encoding) = read_of(service);
    let mut form = vec![("Action".to_owned(), action.to_owned())];
    if let Some(name) = more {
        parameters[name] = json!("x");
        form.push((name.to_owned(), "x".to_owned()));
    }
    let front = Front::new(Arc::new(Mutex::new(World::new())));
    let front = Arc::new(front);
    let call = AwsCall {
        form,
        encoding,
        ..AwsCall::of(service, action, parameters)
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.expect("a runtime can be had").block_on(async {
        let table = front.dynamodb.create_table("ledger").await;
        table.expect("the table is made");
        let answer = handle(&front, &HeaderMap::new(), call, None).await;
        let outcome = front.state().calls[0].outcome.clone();
        let code = match outcome {
            Outcome::Refused(code) => code,
            other => other.to_string(),
        };
        (answer.status().as_u16(), code)
    })
}

#[test]
fn every_service_answers_a_read_and_refuses_it_with_a_parameter_that_nobody_reads() {
    for service in ALL {
        assert_eq!(
            asked(service, None),
            (200, "done".to_owned()),
            "{service:?}"
        );
        let code = match service {
            Service::Ec2 => "UnknownParameter",
            Service::DynamoDb | Service::Events => "ValidationException",
            Service::Sqs => "InvalidParameterValue",
            Service::CloudWatch | Service::AutoScaling | Service::Sts | Service::CloudFormation => {
                "ValidationError"
            }
            Service::Logs => "InvalidParameterException",
            _ => "SerializationException",
        };
        let refused = asked(service, Some("Misspelt"));
        assert_eq!(refused, (400, code.to_owned()), "{service:?}");
    }
}

//! The names that CloudFormation gives to the resources of a stack, and their ARNs. A name that the template leaves to it
//! ends in letters and digits that nobody can know. Here they follow from the logical id, and are the same in every run.

use crate::template::Template;
use serde_json::Value;

/// What a reference to a resource gives: its physical id, or an attribute.
pub(super) fn of_resource(
    template: &Template,
    logical_id: &str,
    kind: &str,
    attribute: Option<&str>,
) -> String {
    match attribute {
        None => physical_id(template, logical_id, kind),
        Some("Arn") => arn(template, logical_id, kind),
        Some(_) => name(template, logical_id, kind),
    }
}

/// What `Ref` gives.
pub(super) fn physical_id(template: &Template, logical_id: &str, kind: &str) -> String {
    let name = name(template, logical_id, kind);
    match kind {
        "AWS::SQS::Queue" => {
            let (region, account) = place(template);
            format!("https://sqs.{region}.amazonaws.com/{account}/{name}")
        }
        "AWS::SNS::Topic" | "AWS::IAM::ManagedPolicy" => arn(template, logical_id, kind),
        _ => name,
    }
}

/// The resource's own name.
fn name(template: &Template, logical_id: &str, kind: &str) -> String {
    let named = match kind {
        "AWS::Logs::LogGroup" => "LogGroupName",
        "AWS::CloudWatch::Alarm" | "AWS::CloudWatch::CompositeAlarm" => "AlarmName",
        "AWS::CloudWatch::Dashboard" => "DashboardName",
        "AWS::Events::EventBus" => "Name",
        "AWS::SQS::Queue" => "QueueName",
        _ => "",
    };
    let given = template.property(logical_id, named);
    if let Some(given) = given.as_ref().and_then(Value::as_str) {
        return given.to_owned();
    }
    let stack = template.value("AWS::StackName");
    format!("{stack}-{logical_id}-{}", suffix(logical_id))
}

/// The resource's ARN.
pub(super) fn arn(template: &Template, logical_id: &str, kind: &str) -> String {
    let (region, account) = place(template);
    let name = name(template, logical_id, kind);
    let (service, resource) = match kind {
        "AWS::Serverless::Function" => ("lambda", format!("function:{name}")),
        "AWS::DynamoDB::Table" => ("dynamodb", format!("table/{name}")),
        "AWS::SQS::Queue" => ("sqs", name),
        "AWS::SNS::Topic" => ("sns", name),
        "AWS::Events::EventBus" => ("events", format!("event-bus/{name}")),
        "AWS::Events::Rule" => ("events", format!("rule/{name}")),
        "AWS::Logs::LogGroup" => ("logs", format!("log-group:{name}:*")),
        "AWS::CloudWatch::Alarm" | "AWS::CloudWatch::CompositeAlarm" => {
            ("cloudwatch", format!("alarm:{name}"))
        }
        "AWS::IAM::Role" => return format!("arn:aws:iam::{account}:role/{name}"),
        "AWS::IAM::ManagedPolicy" => return format!("arn:aws:iam::{account}:policy/{name}"),
        _ => ("cloudformation", format!("resource/{name}")),
    };
    format!("arn:aws:{service}:{region}:{account}:{resource}")
}

fn place(template: &Template) -> (String, String) {
    (
        template.value("AWS::Region"),
        template.value("AWS::AccountId"),
    )
}

/// Twelve letters and digits.
fn suffix(logical_id: &str) -> String {
    const DIGITS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let bytes = logical_id.bytes();
    let mut number = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mut suffix = String::with_capacity(12);
    for _ in 0..12 {
        let digit = usize::try_from(number % 36).unwrap_or_default();
        suffix.push(char::from(DIGITS[digit]));
        number /= 36;
    }
    suffix
}

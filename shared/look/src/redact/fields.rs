//! Which fields of an event have words of AWS's or of Holdfast's own, and which fields of a look have those of people.

use super::lists::{is_detail_type, is_event_name, is_namespace};
use serde_json::Number;

/// Words in fields that others may have in their events as well.
const WORDS_OF_EVENTS: [(&str, &[&str]); 14] = [
    ("destination", &["AutoScalingGroup", "EC2", "WarmPool"]),
    (
        "eventcategory",
        &["Data", "Insight", "Management", "NetworkActivity"],
    ),
    ("eventsource", &["aws:sns"]),
    (
        "eventtype",
        &[
            "AwsApiCall",
            "AwsConsoleAction",
            "AwsConsoleSignIn",
            "AwsServiceEvent",
        ],
    ),
    (
        "holdfast",
        &["failback", "failover", "pause", "plan", "restore", "resume"],
    ),
    ("instanceaction", &["hibernate", "stop", "terminate"]),
    (
        "lifecycletransition",
        &[
            "autoscaling:EC2_INSTANCE_LAUNCHING",
            "autoscaling:EC2_INSTANCE_TERMINATING",
        ],
    ),
    ("mover", &["auto", "eip", "eni", "ip"]),
    ("origin", &["AutoScalingGroup", "EC2", "WarmPool"]),
    ("service", &["EC2"]),
    (
        "source",
        &[
            "aws.autoscaling",
            "aws.cloudwatch",
            "aws.ec2",
            "aws.events",
            "aws.health",
            "aws.scheduler",
            "aws:sns",
        ],
    ),
    (
        "state",
        &[
            "pending",
            "running",
            "shutting-down",
            "stopped",
            "stopping",
            "terminated",
        ],
    ),
    ("statuscode", &["closed", "open", "upcoming"]),
    (
        "type",
        &[
            "AWSAccount",
            "AWSService",
            "AssumedRole",
            "FederatedUser",
            "IAMUser",
            "Notification",
            "Role",
            "Root",
        ],
    ),
];

/// Fields whose values people chose.
const FOREIGN: [&str; 4] = [
    "alarmcontributorattributes",
    "attributes",
    "dimensions",
    "messageattributes",
];

/// Fields of tags.
const TAGS: [&str; 3] = ["alarmtags", "tags", "tagset"];

/// Fields that are for people alone. Nothing is decided on them.
const FOR_PEOPLE: [&str; 10] = [
    "alarmdescription",
    "description",
    "errormessage",
    "eventdescription",
    "newstatereason",
    "problem",
    "reasondata",
    "subject",
    "underneath",
    "why",
];

/// A field's name without case and marks: AWS writes it in several ways.
pub(super) fn plain(field: &str) -> String {
    let letters = field.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|it| it.to_ascii_lowercase()).collect()
}

/// Somebody else may mean something else by a field of an event: it stays for the sake of one of a few words.
pub(super) fn is_word_of_event(field: &str, text: &str) -> bool {
    let field = plain(field);
    let mut lists = WORDS_OF_EVENTS.iter();
    lists.any(|(of, words)| *of == field && words.contains(&text))
        || match field.as_str() {
            "detailtype" => is_detail_type(text),
            "errorcode" => is_error_code(text),
            "eventname" => is_event_name(text),
            "eventversion" => text.bytes().all(|it| it.is_ascii_digit() || it == b'.'),
            "eventscopecode" => ["ACCOUNT_SPECIFIC", "NONE", "PUBLIC"].contains(&text),
            "eventtypecategory" => [
                "accountNotification",
                "investigation",
                "issue",
                "scheduledChange",
            ]
            .contains(&text),
            "eventtypecode" => is_health_code(text),
            "namespace" => is_namespace(text),
            "publicipv4pool" => text == "amazon",
            _ => false,
        }
}

/// `AWS_EC2_INSTANCE_STOP_SCHEDULED`.
fn is_health_code(text: &str) -> bool {
    let is_code = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    text.starts_with("AWS_") && text.bytes().all(is_code)
}

/// `Client.InvalidAllocationID.NotFound`, `ThrottlingException`: AWS alone writes these.
pub(super) fn is_error_code(text: &str) -> bool {
    let is_part = |part: &str| {
        part.starts_with(|it: char| it.is_ascii_uppercase())
            && part.bytes().all(|it| it.is_ascii_alphanumeric())
    };
    text.len() < 80 && text.split('.').all(is_part)
}

/// `ec2:DescribeAddresses`.
pub(super) fn is_action(text: &str) -> bool {
    let is_service = |it: &str| {
        it.bytes()
            .all(|it| it.is_ascii_lowercase() || b"-2".contains(&it))
    };
    text.split_once(':')
        .is_some_and(|(service, action)| is_service(service) && is_error_code(action))
}

/// `CPUUtilization`, where its namespace is AWS's.
pub(super) fn is_metric(text: &str) -> bool {
    text.starts_with(|it: char| it.is_ascii_uppercase())
        && text
            .bytes()
            .all(|it| it.is_ascii_alphanumeric() || it == b'_')
}

pub(super) fn has_tags(field: &str) -> bool {
    TAGS.contains(&plain(field).as_str())
}

pub(super) fn has_foreign_values(field: &str) -> bool {
    FOREIGN.contains(&plain(field).as_str())
}

/// A number that may be somebody's, as a telephone's is. Times stay.
pub(super) fn is_long_number(field: &str, number: &Number) -> bool {
    let field = plain(field);
    let is_time = ["time", "date", "timestamp"]
        .iter()
        .any(|end| field.ends_with(end));
    !is_time && number.as_f64().is_none_or(|it| it.abs() >= 1e7)
}

/// `Message` with a capital is SNS's, and has the event.
pub(super) fn is_for_people(field: &str) -> bool {
    field == "message" || FOR_PEOPLE.contains(&plain(field).as_str())
}

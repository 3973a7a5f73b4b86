//! SQS by JSON 1.0: which queues there are, how many messages wait, and how to send, receive and delete one. Source of
//! names, limits and errors: SQS API reference. A call waits for no message, and digests of bodies are left out.

use super::json::{self, Refusal, refused};
use super::server::Reply;
use crate::World;
use crate::services::{Message, Queue};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

/// What `X-Amz-Target` begins with.
pub(super) const NAMESPACE: &str = "AmazonSQS";
/// "Maximum value is 1000", and what comes where none is asked for.
const QUEUES: usize = 1000;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ListQueues {
    queue_name_prefix: Option<String>,
    next_token: Option<String>,
    max_results: Option<usize>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct GetQueueUrl {
    queue_name: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct GetQueueAttributes {
    queue_url: String,
    #[serde(default)]
    attribute_names: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ReceiveMessage {
    queue_url: String,
    max_number_of_messages: Option<usize>,
    visibility_timeout: Option<u32>,
    /// Nobody waits here.
    #[serde(rename = "WaitTimeSeconds")]
    _wait_time_seconds: Option<u32>,
    #[serde(default)]
    attribute_names: Vec<String>,
    #[serde(default)]
    message_system_attribute_names: Vec<String>,
    /// Messages have none here.
    #[serde(default, rename = "MessageAttributeNames")]
    _message_attribute_names: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct SendMessage {
    queue_url: String,
    message_body: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct DeleteMessage {
    queue_url: String,
    receipt_handle: String,
}

type Answer = Result<Value, Refusal>;

/// One SQS call.
pub(super) fn call(world: &mut World, action: &str, parameters: &Value) -> Reply {
    let answer = match action {
        "ListQueues" => read(parameters).and_then(|asked| list(world, &asked)),
        "GetQueueUrl" => read(parameters).and_then(|asked: GetQueueUrl| {
            let queue = world.services().queue(&asked.queue_name);
            let queue = queue.ok_or_else(no_such_queue)?;
            Ok(json!({ "QueueUrl": queue.url(world.region(), world.account()) }))
        }),
        "GetQueueAttributes" => read(parameters).and_then(|asked| attributes(world, &asked)),
        "ReceiveMessage" => read(parameters).and_then(|asked| receive(world, &asked)),
        "SendMessage" => read(parameters).and_then(|asked: SendMessage| {
            let now = world.now();
            let id = queue(world, &asked.queue_url)?.send(asked.message_body, now);
            Ok(json!({ "MessageId": id }))
        }),
        "DeleteMessage" => read(parameters).and_then(|asked: DeleteMessage| {
            queue(world, &asked.queue_url)?.delete(&asked.receipt_handle);
            // Its answer has no body at all.
            Ok(Value::Null)
        }),
        other => Err(json::not_modelled(other)),
    };
    let reply = match answer {
        Ok(answer) => json::reply(200, &answer, None),
        Err((code, message)) => refusal(code, &message),
    };
    Reply {
        content_type: "application/x-amz-json-1.0",
        body: if reply.body == "null" {
            "".into()
        } else {
            reply.body
        },
        ..reply
    }
}

/// A refusal in SQS's form. Clients that came before JSON read the older code in a header.
pub(super) fn refusal(code: &str, message: &str) -> Reply {
    let reply = json::refusal(code, message);
    let older = match code {
        "QueueDoesNotExist" => "AWS.SimpleQueueService.NonExistentQueue",
        code => code,
    };
    Reply {
        content_type: "application/x-amz-json-1.0",
        headers: vec![("x-amzn-query-error", format!("{older};Sender"))],
        ..reply
    }
}

fn read<'a, T: Deserialize<'a>>(parameters: &'a Value) -> Result<T, Refusal> {
    T::deserialize(parameters).map_err(|error| refused("InvalidParameterValue", error.to_string()))
}

fn no_such_queue() -> Refusal {
    refused("QueueDoesNotExist", "The specified queue does not exist.")
}

/// A queue by its URL; whose host it names makes no difference, as the client's endpoint is another.
fn queue<'a>(world: &'a mut World, url: &str) -> Result<&'a mut Queue, Refusal> {
    let name = url.rsplit('/').next().unwrap_or(url);
    world
        .services_mut()
        .queue_mut(name)
        .ok_or_else(no_such_queue)
}

fn list(world: &World, asked: &ListQueues) -> Answer {
    let prefix = asked.queue_name_prefix.as_deref().unwrap_or_default();
    let queues = world.services().queues.values();
    let urls = queues
        .filter(|queue| queue.queue_name.starts_with(prefix))
        .map(|queue| queue.url(world.region(), world.account()));
    let size = asked.max_results.unwrap_or(QUEUES);
    let (urls, next) =
        json::page(urls.collect(), asked.next_token.as_deref(), size).ok_or_else(|| {
            refused(
                "InvalidParameterValue",
                "The token is not one of this list.",
            )
        })?;
    let mut answer = json!({ "QueueUrls": urls });
    // "You must set MaxResults to receive a value for NextToken in the response."
    if let (Some(next), Some(_)) = (next, asked.max_results) {
        answer["NextToken"] = next.into();
    }
    Ok(answer)
}

fn attributes(world: &mut World, asked: &GetQueueAttributes) -> Answer {
    let (now, region, account) = (
        world.now(),
        world.region().to_owned(),
        world.account().to_owned(),
    );
    let queue = queue(world, &asked.queue_url)?;
    let hidden = queue
        .messages(now)
        .filter(|it| it.visible_from > now)
        .count();
    let waiting = queue.messages(now).count() - hidden;
    let created = queue.created.unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let known = [
        ("ApproximateNumberOfMessages", waiting.to_string()),
        ("ApproximateNumberOfMessagesNotVisible", hidden.to_string()),
        ("ApproximateNumberOfMessagesDelayed", "0".to_owned()),
        ("CreatedTimestamp", created.unix_timestamp().to_string()),
        (
            "LastModifiedTimestamp",
            created.unix_timestamp().to_string(),
        ),
        ("VisibilityTimeout", queue.visibility_timeout.to_string()),
        (
            "MessageRetentionPeriod",
            queue.message_retention_period.to_string(),
        ),
        ("DelaySeconds", "0".to_owned()),
        ("QueueArn", queue.arn(&region, &account)),
    ];
    let names = &asked.attribute_names;
    if let Some(unknown) = names
        .iter()
        .find(|name| *name != "All" && !known.iter().any(|(it, _)| it == name))
    {
        let message = format!("Unknown Attribute {unknown}.");
        return Err(refused("InvalidAttributeName", message));
    }
    let wanted = |name: &str| names.iter().any(|it| it == "All" || it == name);
    let attributes: Map<String, Value> = known
        .into_iter()
        .filter(|(name, _)| wanted(name))
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect();
    Ok(json!({ "Attributes": attributes }))
}

fn receive(world: &mut World, asked: &ReceiveMessage) -> Answer {
    let now = world.now();
    let most = asked.max_number_of_messages.unwrap_or(1);
    if !(1..=10).contains(&most) {
        let message = format!("Value {most} for parameter MaxNumberOfMessages is invalid.");
        return Err(refused("InvalidParameterValue", message));
    }
    let received = queue(world, &asked.queue_url)?.receive(most, asked.visibility_timeout, now);
    let names = asked.attribute_names.iter();
    let names: Vec<&String> = names.chain(&asked.message_system_attribute_names).collect();
    let messages: Vec<Value> = received
        .iter()
        .map(|(handle, message)| {
            let mut told = json!({
                "MessageId": message.message_id,
                "ReceiptHandle": handle,
                "Body": message.body,
            });
            if !names.is_empty() {
                told["Attributes"] = system_attributes(message, &names);
            }
            told
        })
        .collect();
    Ok(if messages.is_empty() {
        json!({})
    } else {
        json!({ "Messages": messages })
    })
}

fn system_attributes(message: &Message, names: &[&String]) -> Value {
    let milliseconds = |at: OffsetDateTime| (at.unix_timestamp_nanos() / 1_000_000).to_string();
    let known = [
        ("SentTimestamp", milliseconds(message.sent)),
        ("ApproximateReceiveCount", message.receive_count.to_string()),
        (
            "ApproximateFirstReceiveTimestamp",
            message.first_received.map(milliseconds).unwrap_or_default(),
        ),
    ];
    let wanted = |name: &str| names.iter().any(|it| *it == "All" || *it == name);
    let told = known.into_iter().filter(|(name, _)| wanted(name));
    told.map(|(name, value)| (name.to_owned(), Value::from(value)))
        .collect::<Map<_, _>>()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::Declared;

    fn world() -> World {
        let mut world = World::new();
        let declared = Declared {
            queues: vec![Queue::named("failed"), Queue::named("undelivered")],
            ..Declared::default()
        };
        world.declare(declared);
        world
    }

    fn asked(world: &mut World, action: &str, parameters: &Value) -> Value {
        serde_json::from_slice(&call(world, action, parameters).body).unwrap_or_default()
    }

    const URL: &str = "https://sqs.us-east-1.amazonaws.com/111122223333/failed";

    fn waiting(world: &mut World) -> Value {
        let asks = json!({ "QueueUrl": URL, "AttributeNames": ["All"] });
        let told = asked(world, "GetQueueAttributes", &asks);
        told["Attributes"]["ApproximateNumberOfMessages"].clone()
    }

    #[test]
    fn a_message_waits_until_it_is_received_and_is_gone_once_it_is_deleted() {
        let mut world = world();
        let send = json!({ "QueueUrl": URL, "MessageBody": "one" });
        asked(&mut world, "SendMessage", &send);
        assert_eq!(waiting(&mut world), "1");
        let received = asked(&mut world, "ReceiveMessage", &json!({ "QueueUrl": URL }));
        assert_eq!(received["Messages"][0]["Body"], "one");
        assert_eq!(waiting(&mut world), "0");
        let handle = &received["Messages"][0]["ReceiptHandle"];
        let delete = json!({ "QueueUrl": URL, "ReceiptHandle": handle });
        assert_eq!(call(&mut world, "DeleteMessage", &delete).body, "");
        world.advance_to(world.now() + time::Duration::minutes(1));
        assert_eq!(waiting(&mut world), "0");
    }

    #[test]
    fn queues_are_found_by_name_and_in_pages() {
        let mut world = world();
        let found = asked(&mut world, "GetQueueUrl", &json!({ "QueueName": "failed" }));
        assert_eq!(found["QueueUrl"], URL);
        let first = asked(&mut world, "ListQueues", &json!({ "MaxResults": 1 }));
        assert_eq!(first["QueueUrls"], json!([URL]));
        let second = json!({ "MaxResults": 1, "NextToken": first["NextToken"] });
        let second = asked(&mut world, "ListQueues", &second);
        assert_eq!(second.get("NextToken"), None);
    }

    #[test]
    fn a_queue_that_is_not_there_is_refused_in_both_of_sqss_codes() {
        let reply = call(&mut world(), "GetQueueUrl", &json!({ "QueueName": "none" }));
        assert_eq!(reply.refused.as_deref(), Some("QueueDoesNotExist"));
        let older = "AWS.SimpleQueueService.NonExistentQueue;Sender";
        assert_eq!(reply.headers, [("x-amzn-query-error", older.to_owned())]);
    }
}

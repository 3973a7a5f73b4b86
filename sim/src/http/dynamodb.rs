//! DynamoDB for the ledger: the `winterbaume-dynamodb` crate behind the front, with what it lacks of
//! the real service put around it.
//!
//! The crate evaluates a condition and then writes, with a gap in between. DynamoDB does both as one,
//! and the ledger relies on it, so calls go through one at a time here.

use axum::http::{HeaderMap, HeaderValue};
use bytes::Bytes;
use serde_json::{Value, json};
use std::io;
use tokio::sync::Mutex;
use winterbaume_core::{MockRequest, MockResponse, MockService};
use winterbaume_dynamodb::DynamoDbService;

const NAMESPACE: &str = "DynamoDB_20120810";
/// Source: DynamoDB API reference, `BatchGetItem` and `BatchWriteItem`.
const MAX_KEYS_IN_A_BATCH_READ: usize = 100;
const MAX_ITEMS_IN_A_BATCH_WRITE: usize = 25;

/// An answer of the service, success or not.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Bytes,
}

impl Answer {
    pub(super) fn error(status: u16, code: &str, message: &str) -> Self {
        let body = json!({
            "__type": format!("com.amazonaws.dynamodb.v20120810#{code}"),
            "message": message,
        });
        Self {
            status,
            body: body.to_string().into(),
        }
    }

    /// The error code, for an answer that is none.
    pub(super) fn code(&self) -> Option<String> {
        if self.status < 400 {
            return None;
        }
        let body: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let code = body["__type"].as_str().unwrap_or("Unknown");
        Some(code.rsplit('#').next().unwrap_or(code).to_owned())
    }
}

/// The simulated DynamoDB of the account.
pub(super) struct DynamoDb {
    service: DynamoDbService,
    turn: Mutex<()>,
}

impl std::fmt::Debug for DynamoDb {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("DynamoDb").finish_non_exhaustive()
    }
}

impl DynamoDb {
    pub(super) fn new() -> Self {
        Self {
            service: DynamoDbService::new(),
            turn: Mutex::new(()),
        }
    }

    /// One call. `page` is the number of items that a page of a query or a scan holds at most. It
    /// stands for DynamoDB's page of 1 MB, which the crate does not have.
    pub(super) async fn call(&self, action: &str, body: &Value, page: Option<u32>) -> Answer {
        if let Some(refusal) = refuse_unread(action, body).or_else(|| refuse_batch(action, body)) {
            return refusal;
        }
        let _turn = self.turn.lock().await;
        let answer = self.forward(action, &paged(action, body, page)).await;
        if answer.code().as_deref() == Some("ConditionalCheckFailedException")
            && body["ReturnValuesOnConditionCheckFailure"] == "ALL_OLD"
        {
            return self.with_present_item(body, answer).await;
        }
        answer
    }

    /// Creates a table with the string keys `pk` and `sk`. One that exists already is left as it is.
    pub(super) async fn create_table(&self, name: &str) -> io::Result<()> {
        let request = json!({
            "TableName": name,
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [
                { "AttributeName": "pk", "KeyType": "HASH" },
                { "AttributeName": "sk", "KeyType": "RANGE" },
            ],
            "AttributeDefinitions": [
                { "AttributeName": "pk", "AttributeType": "S" },
                { "AttributeName": "sk", "AttributeType": "S" },
            ],
        });
        match self
            .call("CreateTable", &request, None)
            .await
            .code()
            .as_deref()
        {
            None | Some("ResourceInUseException" | "TableAlreadyExistsException") => Ok(()),
            Some(code) => Err(io::Error::other(format!(
                "cannot create the table {name}: {code}"
            ))),
        }
    }

    async fn forward(&self, action: &str, body: &Value) -> Answer {
        let mut headers = HeaderMap::new();
        if let Ok(target) = HeaderValue::try_from(format!("{NAMESPACE}.{action}")) {
            headers.insert("x-amz-target", target);
        }
        let request = MockRequest {
            method: "POST".to_owned(),
            // The crate takes the region from the host: one region, whatever the client signs for.
            uri: "https://dynamodb.us-east-1.amazonaws.com/".to_owned(),
            headers,
            body: body.to_string().into(),
        };
        let MockResponse { status, body, .. } = self.service.handle(request).await;
        Answer { status, body }
    }

    /// Adds the item that made a condition fail, which the crate leaves out.
    async fn with_present_item(&self, body: &Value, failure: Answer) -> Answer {
        let key = match &body["Key"] {
            Value::Null => json!({ "pk": body["Item"]["pk"], "sk": body["Item"]["sk"] }),
            key => key.clone(),
        };
        let read = json!({ "TableName": body["TableName"], "Key": key });
        let present = self.forward("GetItem", &read).await;
        let item =
            serde_json::from_slice::<Value>(&present.body).unwrap_or_default()["Item"].take();
        let mut told: Value = serde_json::from_slice(&failure.body).unwrap_or_default();
        if !item.is_null() {
            told["Item"] = item;
        }
        Answer {
            status: failure.status,
            body: told.to_string().into(),
        }
    }
}

fn paged(action: &str, body: &Value, page: Option<u32>) -> Value {
    let mut body = body.clone();
    if let (Some(page), "Query" | "Scan") = (page, action) {
        let asked = body["Limit"].as_u64().unwrap_or(u64::MAX);
        body["Limit"] = asked.min(u64::from(page)).into();
    }
    body
}

/// The members of the actions on items (DynamoDB API reference). The crate reads those that it knows and takes no notice of
/// others.
fn members(action: &str) -> Option<&'static [&'static str]> {
    Some(match action {
        "GetItem" => &[
            "Key",
            "ConsistentRead",
            "ProjectionExpression",
            "ExpressionAttributeNames",
        ],
        "PutItem" => &["Item"],
        "DeleteItem" => &["Key"],
        "UpdateItem" => &["Key", "UpdateExpression"],
        "Query" => &["KeyConditionExpression", "ScanIndexForward"],
        "Scan" => &["Segment", "TotalSegments"],
        "BatchGetItem" | "BatchWriteItem" => &["RequestItems"],
        "TransactGetItems" => &["TransactItems"],
        "TransactWriteItems" => &["TransactItems", "ClientRequestToken"],
        _ => return None,
    })
}

/// Of every action that writes one item.
const OF_A_WRITE: &[&str] = &[
    "ConditionExpression",
    "ExpressionAttributeNames",
    "ExpressionAttributeValues",
    "ReturnValues",
    "ReturnValuesOnConditionCheckFailure",
];

/// Of every action that reads a range of items.
const OF_A_RANGE: &[&str] = &[
    "IndexName",
    "Select",
    "Limit",
    "ConsistentRead",
    "FilterExpression",
    "ProjectionExpression",
    "ExclusiveStartKey",
    "ExpressionAttributeNames",
    "ExpressionAttributeValues",
];

/// Refuses an action on items with a member that it does not have.
fn refuse_unread(action: &str, body: &Value) -> Option<Answer> {
    let own = members(action)?;
    let of_its_kind = match action {
        "PutItem" | "DeleteItem" | "UpdateItem" => OF_A_WRITE,
        "Query" | "Scan" => OF_A_RANGE,
        _ => &[],
    };
    let of_all = [
        "TableName",
        "ReturnConsumedCapacity",
        "ReturnItemCollectionMetrics",
    ];
    let is_known =
        |name: &str| own.contains(&name) || of_its_kind.contains(&name) || of_all.contains(&name);
    let mut names = body.as_object()?.keys();
    let unread = names.find(|name| !is_known(name))?;
    let message = format!("Unknown member {unread} of {action}");
    Some(Answer::error(400, "ValidationException", &message))
}

/// The limits of batches, which the crate does not check.
fn refuse_batch(action: &str, body: &Value) -> Option<Answer> {
    let tables = body["RequestItems"].as_object()?;
    let (count, most) = match action {
        "BatchGetItem" => {
            let keys = tables
                .values()
                .map(|table| table["Keys"].as_array().map_or(0, Vec::len));
            (keys.sum::<usize>(), MAX_KEYS_IN_A_BATCH_READ)
        }
        "BatchWriteItem" => {
            let writes = tables
                .values()
                .map(|table| table.as_array().map_or(0, Vec::len));
            (writes.sum::<usize>(), MAX_ITEMS_IN_A_BATCH_WRITE)
        }
        _ => return None,
    };
    (count > most).then(|| {
        let message =
            format!("Too many items requested for the {action} call: {count}, at most {most}");
        Answer::error(400, "ValidationException", &message)
    })
}

//! Whose an event is. A bus, a topic or a person can bring what happened in another account: an organisation
//! forwards its events to one bus, which keeps the account of origin. Nothing of that is ours to act on.
//!
//! Source: EventBridge user guide, "Events" (`account`) and "Sending events between AWS accounts". CloudTrail user
//! guide, "CloudTrail record contents": `recipientAccountId` is the account that owns what was called on, whoever called
//! it. AWS Health user guide, schema of its events: the management account of an organisation gets the events of all, and
//! `affectedAccount` says whose one is.

use crate::model::ids::AccountId;
use serde_json::Value;

/// Where an event names its account. Each that is there counts.
const ACCOUNTS: [&str; 6] = [
    "/account",
    "/detail/affectedAccount",
    "/detail/recipientAccountId",
    "/recipientAccountId",
    "/accountId",
    "/AWSAccountId",
];

/// Where an alarm names itself, and so its account.
const ALARMS: [&str; 2] = ["/alarmArn", "/AlarmArn"];

/// Where a record without any of these names its caller's account: a role's account is the one it acts in.
const CALLERS: [&str; 2] = ["/detail/userIdentity/accountId", "/userIdentity/accountId"];

/// Where SNS has what was published. The topic may be another account's, so it counts only for a message that names no
/// account.
const MESSAGE: &str = "/Records/0/Sns/Message";
const TOPIC: &str = "/Records/0/Sns/TopicArn";

/// The account that an event is of, where it is not `own`. One that names no account counts as our own: whoever sent it
/// may invoke the function.
pub(super) fn other_account(event: &Value, own: &AccountId) -> Option<String> {
    let mut accounts = accounts(event).into_iter();
    accounts.find(|there| there != own.as_str())
}

/// The accounts that an event names, as it names them.
fn accounts(event: &Value) -> Vec<String> {
    let message = event.pointer(MESSAGE).and_then(Value::as_str);
    let message: Option<Value> = message.and_then(|text| serde_json::from_str(text).ok());
    let named: Vec<String> = [Some(event), message.as_ref()]
        .into_iter()
        .flatten()
        .flat_map(named)
        .collect();
    if named.is_empty() {
        let caller = CALLERS
            .iter()
            .filter_map(|place| account(event.pointer(place)?));
        let topic = event.pointer(TOPIC).and_then(account_in_arn);
        return caller.chain(topic).collect();
    }
    named
}

fn named(event: &Value) -> impl Iterator<Item = String> {
    let accounts = ACCOUNTS
        .iter()
        .filter_map(|place| account(event.pointer(place)?));
    let alarms = ALARMS
        .iter()
        .filter_map(|place| account_in_arn(event.pointer(place)?));
    accounts.chain(alarms)
}

/// An account, also where a serialisation made a number of it, which has no leading zeros. What is no account is still
/// not ours.
fn account(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) if text.is_empty() => None,
        Value::String(text) => Some(text.clone()),
        other => Some(format!("{:0>12}", other.to_string())),
    }
}

fn account_in_arn(arn: &Value) -> Option<String> {
    let account = arn.as_str()?.split(':').nth(4)?;
    (!account.is_empty()).then(|| account.to_owned())
}

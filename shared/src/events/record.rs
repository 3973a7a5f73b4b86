//! A CloudTrail record in, a [`Trigger`] out: who called what, whether EC2 did it, and whether it
//! concerns addresses at all. What was done to an address is read in [`super::parameters`].
//!
//! Records arrive late, twice and out of order (CloudTrail user guide, "CloudTrail log file examples";
//! EventBridge promises neither order nor single delivery). Nothing here depends on order: the event
//! time and the original event id are kept, and whoever writes to the ledger arbitrates by them.

use super::action::Action;
use super::error::EventError;
use super::parameters;
use super::serialisation::{Text, Timestamp, read, require};
use super::trigger::{Ignored, Trigger};
use crate::model::cloudtrail::{Actor, Call, Record};
use serde::Deserialize;
use serde_json::Value;

/// How EC2 signs its records.
const EC2: &str = "ec2.amazonaws.com";

/// Reads the `CloudTrailEvent` of a `LookupEvents` answer, which is a record as a JSON text. None when
/// EC2 refused the call or when it did nothing to an address.
///
/// # Errors
/// When the text is no JSON, or a field of the record cannot be read; the error names it.
pub fn from_lookup(cloudtrail_event: &str) -> Result<Option<Record>, EventError> {
    const FIELD: &str = "CloudTrailEvent";
    let record: Value = serde_json::from_str(cloudtrail_event).map_err(|error| EventError {
        field: FIELD.to_owned(),
        problem: format!("not JSON ({error}): expected a CloudTrail record as a JSON text"),
    })?;
    match parse(&record, FIELD)? {
        Trigger::Call(record) => Ok(Some(*record)),
        Trigger::Schedule { .. }
        | Trigger::Instance(_)
        | Trigger::Alarm(_)
        | Trigger::SpotNotice(_)
        | Trigger::HealthEvent(_)
        | Trigger::LifecycleAction(_)
        | Trigger::Command(_)
        | Trigger::Ignored(_) => Ok(None),
    }
}

/// Reads the record that sits at `path` of the event.
pub(super) fn parse(record: &Value, path: &str) -> Result<Trigger, EventError> {
    let heading: RecordHead = read(Some(record), path)?;
    let source = require(
        heading.event_source,
        path,
        "eventSource",
        "the AWS service that was called, such as `ec2.amazonaws.com`",
    )?;
    let name = require(
        heading.event_name,
        path,
        "eventName",
        "the API action that was called, such as `ReleaseAddress`",
    )?;
    let ignore = |what: String, why: String| Ok(Trigger::Ignored(Ignored { what, why }));

    if source != EC2 {
        return ignore(
            format!("{name} of {source}"),
            "it is not an EC2 call".to_owned(),
        );
    }
    let Some(action) = Action::named(&name) else {
        return ignore(
            name,
            "it is not one of the EC2 calls that change an address".to_owned(),
        );
    };
    if let Some(code) = heading.error_code.as_ref().map(code_of) {
        let no_effect = action.no_effect();
        return if code.ends_with("DryRunOperation") {
            ignore(
                format!("{name} as a dry run"),
                format!("it only asked whether it would be allowed ({code}): {no_effect}"),
            )
        } else {
            ignore(
                format!("{name} that EC2 refused"),
                format!("EC2 refused it ({code}): {no_effect}"),
            )
        };
    }
    match parameters::address_change(action, &name, record, path)? {
        None => ignore(
            name,
            "none of the resources it names is an Elastic IP".to_owned(),
        ),
        Some(change) => {
            let original = heading.addendum.unwrap_or_default().original_event_id;
            let event_id = original.or(heading.event_id);
            let event_id = require(event_id, path, "eventID", "the event's id")?;
            let call = call_of(record, path, name, event_id)?;
            Ok(Trigger::Call(Box::new(Record { call, change })))
        }
    }
}

fn code_of(error_code: &Value) -> String {
    error_code
        .as_str()
        .map_or_else(|| error_code.to_string(), str::to_owned)
}

fn call_of(record: &Value, path: &str, name: String, event_id: String) -> Result<Call, EventError> {
    let raw: CallContext = read(Some(record), path)?;
    let identity = raw.user_identity.unwrap_or_default();
    let issuer = identity
        .session_context
        .unwrap_or_default()
        .session_issuer
        .unwrap_or_default();
    Ok(Call {
        event_id,
        name,
        at: require(raw.event_time, path, "eventTime", "when the call was made")?.0,
        region: require(
            raw.aws_region,
            path,
            "awsRegion",
            "the region, such as `eu-west-1`",
        )?,
        account: raw.recipient_account_id.map(|Text(account)| account),
        request_id: raw.request_id,
        actor: Actor {
            arn: identity.arn,
            role_arn: issuer.arn,
            kind: identity.kind,
            invoked_by: identity.invoked_by,
            source: raw.source_ip_address,
            user_agent: raw.user_agent,
            access_key: identity.access_key_id,
        },
    })
}

/// What tells whether a record concerns us. The type is ours, since `AWSAPICall` of `aws_lambda_events` drops
/// `errorCode`: a refused release looks like one that happened. It also refuses a record without a user agent.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RecordHead {
    event_source: Option<String>,
    event_name: Option<String>,
    #[serde(rename = "eventID")]
    event_id: Option<String>,
    /// Present at all means that the call did nothing, whatever it says.
    error_code: Option<Value>,
    addendum: Option<Addendum>,
}

/// Why CloudTrail delivered a record again, under a new event id.
/// Source: CloudTrail user guide, "CloudTrail record contents", `addendum`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, expecting = "an object")]
struct Addendum {
    #[serde(rename = "originalEventID")]
    original_event_id: Option<String>,
}

/// The rest of a record, read only once the record is known to matter. An identity that is there and
/// cannot be read is an error and not an unknown caller, since exempt principals are matched on it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct CallContext {
    event_time: Option<Timestamp>,
    aws_region: Option<String>,
    recipient_account_id: Option<Text>,
    #[serde(rename = "requestID")]
    request_id: Option<String>,
    #[serde(rename = "sourceIPAddress")]
    source_ip_address: Option<String>,
    user_agent: Option<String>,
    user_identity: Option<UserIdentity>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", expecting = "an object")]
struct UserIdentity {
    #[serde(rename = "type")]
    kind: Option<String>,
    arn: Option<String>,
    access_key_id: Option<String>,
    invoked_by: Option<String>,
    session_context: Option<SessionContext>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", expecting = "an object")]
struct SessionContext {
    session_issuer: Option<SessionIssuer>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, expecting = "an object")]
struct SessionIssuer {
    arn: Option<String>,
}

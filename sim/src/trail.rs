//! CloudTrail: the record of each write, shaped as real records are, and what `LookupEvents` knows.

mod parameters;
mod responses;

use std::collections::BTreeSet;

use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{
    api::{Caller, Ec2Error, Response},
    on_read::{WrittenOnRead, on_read},
    world::Call,
};

/// One CloudTrail record, and what `LookupEvents` says beside it.
#[derive(Clone, Debug)]
pub struct TrailRecord {
    /// When the call was made.
    pub at: OffsetDateTime,
    /// `EventId`.
    pub event_id: String,
    /// `EventName`.
    pub event_name: &'static str,
    /// `Username`.
    pub username: String,
    /// `AccessKeyId`.
    pub access_key_id: String,
    content: WrittenOnRead<Content>,
}

#[derive(Debug)]
struct Content {
    resources: Vec<(&'static str, String)>,
    detail: Value,
}

impl TrailRecord {
    pub(super) fn of(
        call: &Call,
        outcome: &Result<Response, Ec2Error>,
        event_id: String,
        region: &str,
    ) -> Self {
        let written = (call.clone(), outcome.clone(), event_id.clone());
        let region = region.to_owned();
        let write = move || {
            let (call, outcome, event_id) = &written;
            Self::detail_of(call, outcome.as_ref(), event_id, &region)
        };
        Self::around(write, &call.caller, (call.at, call.action(), event_id))
    }

    fn detail_of(
        call: &Call,
        outcome: Result<&Response, &Ec2Error>,
        event_id: &str,
        region: &str,
    ) -> Value {
        let caller = &call.caller;
        let mut detail = json!({
            "eventVersion": "1.09",
            "userIdentity": user_identity(caller, call.at),
            "eventTime": timestamp(call.at),
            "eventSource": "ec2.amazonaws.com",
            "eventName": call.action(),
            "awsRegion": region,
            "sourceIPAddress": caller.source_ip,
            "userAgent": caller.user_agent,
            "requestParameters": parameters::of(&call.request),
            "responseElements": null,
            "requestID": call.request_id,
            "eventID": event_id,
            "readOnly": call.request.is_read(),
            "eventType": "AwsApiCall",
            "managementEvent": true,
            "recipientAccountId": caller.account,
            "eventCategory": "Management",
            "tlsDetails": {
                "tlsVersion": "TLSv1.3",
                "cipherSuite": "TLS_AES_128_GCM_SHA256",
                "clientProvidedHostHeader": format!("ec2.{region}.amazonaws.com"),
            },
        });
        match outcome {
            Ok(response) => {
                detail["responseElements"] =
                    responses::of(call.action(), response, &call.request_id);
            }
            Err(error) => {
                let side = if error.http_status == 500 || error.code == "Unavailable" {
                    "Server"
                } else {
                    "Client"
                };
                detail["errorCode"] = json!(format!("{side}.{}", error.code));
                detail["errorMessage"] = json!(error.message);
            }
        }
        detail
    }

    /// The record of a call that EC2 carried out and the model does not have.
    pub(super) fn unmodelled(
        caller: &Caller,
        (at, region): (OffsetDateTime, &str),
        (event_name, event_id): (&'static str, String),
        (parameters, response): (&Value, &Value),
    ) -> Self {
        let detail = json!({
            "eventVersion": "1.09",
            "userIdentity": user_identity(caller, at),
            "eventTime": timestamp(at),
            "eventSource": "ec2.amazonaws.com",
            "eventName": event_name,
            "awsRegion": region,
            "sourceIPAddress": caller.source_ip,
            "userAgent": caller.user_agent,
            "requestParameters": parameters,
            "responseElements": response,
            "requestID": event_id,
            "eventID": event_id,
            "readOnly": false,
            "eventType": "AwsApiCall",
            "managementEvent": true,
            "recipientAccountId": caller.account,
        });
        Self::around(move || detail, caller, (at, event_name, event_id))
    }

    fn around(
        write: impl FnOnce() -> Value + Send + 'static,
        caller: &Caller,
        (at, event_name, event_id): (OffsetDateTime, &'static str, String),
    ) -> Self {
        let username = caller.arn.rsplit(['/', ':']).next().unwrap_or_default();
        Self {
            at,
            event_id,
            event_name,
            username: username.to_owned(),
            access_key_id: access_key(caller).to_owned(),
            content: on_read(move || Content::of(write())),
        }
    }

    /// `Resources`: type and name of everything that the call names.
    #[must_use]
    pub fn resources(&self) -> &[(&'static str, String)] {
        &self.content.resources
    }

    /// The record itself: what EventBridge puts under `detail`, and `LookupEvents`, as a string,
    /// under `CloudTrailEvent`.
    #[must_use]
    pub fn detail(&self) -> &Value {
        &self.content.detail
    }

    /// Whether a `LookupEvents` attribute has this value. Real answers list every id that a call
    /// names; that an Elastic IP is found by its allocation id and by its address is inferred.
    #[must_use]
    pub fn has(&self, attribute: &str, value: &str) -> bool {
        match attribute {
            "EventId" => self.event_id == value,
            "EventName" => self.event_name == value,
            "EventSource" => value == "ec2.amazonaws.com",
            "ReadOnly" => value == "false",
            "Username" => self.username == value,
            "AccessKeyId" => self.access_key_id == value,
            "ResourceName" => self.resources().iter().any(|(_, name)| name == value),
            "ResourceType" => self.resources().iter().any(|(kind, _)| *kind == value),
            _ => false,
        }
    }
}

impl Content {
    fn of(detail: Value) -> Self {
        let mut resources = BTreeSet::new();
        collect_resources(&detail["requestParameters"], &mut resources);
        collect_resources(&detail["responseElements"], &mut resources);
        Self {
            resources: resources.into_iter().collect(),
            detail,
        }
    }
}

/// RFC 3339, to the second.
#[must_use]
pub fn timestamp(at: OffsetDateTime) -> String {
    let second = at.replace_nanosecond(0).unwrap_or(at);
    second.format(&Rfc3339).unwrap_or_default()
}

fn access_key(caller: &Caller) -> &'static str {
    if caller.issuer_arn.is_some() {
        "ASIAIOSFODNN7EXAMPLE"
    } else {
        "AKIAIOSFODNN7EXAMPLE"
    }
}

fn user_identity(caller: &Caller, at: OffsetDateTime) -> Value {
    let last = |arn: &str| arn.rsplit('/').next().unwrap_or_default().to_owned();
    let mut identity = match &caller.issuer_arn {
        Some(role) => json!({
            "type": "AssumedRole",
            "principalId": format!("AROA111122223333EXAMP:{}", last(&caller.arn)),
            "arn": caller.arn,
            "accountId": caller.account,
            "accessKeyId": access_key(caller),
            "sessionContext": {
                "sessionIssuer": {
                    "type": "Role",
                    "principalId": "AROA111122223333EXAMP",
                    "arn": role,
                    "accountId": caller.account,
                    "userName": last(role),
                },
                "webIdFederationData": {},
                "attributes": {"creationDate": timestamp(at), "mfaAuthenticated": "false"},
            },
        }),
        None if caller.arn.ends_with(":root") => json!({
            "type": "Root",
            "principalId": caller.account,
            "arn": caller.arn,
            "accountId": caller.account,
            "accessKeyId": access_key(caller),
        }),
        None => json!({
            "type": "IAMUser",
            "principalId": "AIDA111122223333EXAMP",
            "arn": caller.arn,
            "accountId": caller.account,
            "accessKeyId": access_key(caller),
            "userName": last(&caller.arn),
        }),
    };
    if caller.source_ip.ends_with(".amazonaws.com") {
        identity["invokedBy"] = json!(caller.source_ip);
    }
    identity
}

fn collect_resources(value: &Value, found: &mut BTreeSet<(&'static str, String)>) {
    match value {
        Value::String(text) => {
            if let Some(kind) = resource_type(text) {
                found.insert((kind, text.clone()));
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect_resources(item, found)),
        Value::Object(members) => {
            for (key, member) in members {
                if let (true, Some(ip)) = (key.eq_ignore_ascii_case("publicIp"), member.as_str()) {
                    found.insert(("AWS::EC2::EIP", ip.to_owned()));
                }
                // What a tag says is not what a call names.
                if !key.eq_ignore_ascii_case("tags") && !key.eq_ignore_ascii_case("tagSet") {
                    collect_resources(member, found);
                }
            }
        }
        _ => {}
    }
}

fn resource_type(id: &str) -> Option<&'static str> {
    let (family, number) = id.rsplit_once('-')?;
    if number.len() != 17 || !number.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    Some(match family {
        "eipalloc" => "AWS::EC2::EIP",
        "eipassoc" => "AWS::EC2::EIPAssociation",
        "eni" => "AWS::EC2::NetworkInterface",
        "eni-attach" => "AWS::EC2::NetworkInterfaceAttachment",
        "i" => "AWS::EC2::Instance",
        "vpc" => "AWS::EC2::VPC",
        "subnet" => "AWS::EC2::Subnet",
        "igw" => "AWS::EC2::InternetGateway",
        "sg" => "AWS::EC2::SecurityGroup",
        "ami" => "AWS::EC2::Ami",
        _ => return None,
    })
}

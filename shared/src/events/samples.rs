//! Events for tests, made up and small: a call is built in a line or two, in either serialisation,
//! bare or in an envelope.

mod alarm;

pub(super) use alarm::{Alarm, alarm, kinds};
use serde_json::{Value, json};

pub(super) const ALLOCATION: &str = "eipalloc-0a1";
pub(super) const ASSOCIATION: &str = "eipassoc-0b2";

/// A CloudTrail record under construction.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    name: &'static str,
    record: Value,
}

/// A call that EC2 carried out, so far without request and response.
pub(super) fn call(name: &'static str) -> Sample {
    let record = json!({
        "eventVersion": "1.08",
        "userIdentity": {
            "type": "AssumedRole",
            "arn": "arn:aws:sts::111122223333:assumed-role/deploy/ci",
            "accountId": "111122223333",
            "accessKeyId": "ASIAEXAMPLE",
            "sessionContext": {
                "sessionIssuer": {"type": "Role", "arn": "arn:aws:iam::111122223333:role/deploy"}
            }
        },
        "eventTime": "2026-01-31T12:00:00Z",
        "eventSource": "ec2.amazonaws.com",
        "eventName": name,
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "198.51.100.7",
        "userAgent": "aws-cli/2.0",
        "requestParameters": {},
        "responseElements": {"requestId": "request-1", "_return": true},
        "requestID": "request-1",
        "eventID": "event-1",
        "recipientAccountId": "111122223333"
    });
    Sample { name, record }
}

/// A release as EC2 records it.
pub(super) fn release() -> Sample {
    call("ReleaseAddress")
        .request(json!({"allocationId": ALLOCATION, "networkBorderGroup": "eu-west-1"}))
}

/// An allocation from Amazon's pool as EC2 records it.
pub(super) fn allocate() -> Sample {
    call("AllocateAddress")
        .request(json!({"domain": "vpc", "tagSpecificationSet": {"items": [{
            "resourceType": "elastic-ip",
            "tags": [{"key": "holdfast:protect", "value": "reclaim"}]
        }]}}))
        .response(json!({
            "publicIp": "203.0.113.10",
            "allocationId": ALLOCATION,
            "publicIpv4Pool": "amazon",
            "networkBorderGroup": "eu-west-1"
        }))
}

/// Tags on one address and one instance.
pub(super) fn tag() -> Sample {
    call("CreateTags").request(json!({
        "resourcesSet": {"items": [{"resourceId": ALLOCATION}, {"resourceId": "i-0c3"}]},
        "tagSet": {"items": [{"key": "Name", "value": "partners"}]}
    }))
}

/// A reverse DNS name, in the newer serialisation.
pub(super) fn set_reverse_dns() -> Sample {
    call("ModifyAddressAttribute")
        .wrapped(json!({"AllocationId": ALLOCATION, "DomainName": "mail.example.com"}))
}

impl Sample {
    pub(super) fn with(mut self, field: &str, value: Value) -> Self {
        self.record[field] = value;
        self
    }

    pub(super) fn without(mut self, field: &str) -> Self {
        self.record.as_object_mut().unwrap().remove(field);
        self
    }

    pub(super) fn request(self, parameters: Value) -> Self {
        self.with("requestParameters", parameters)
    }

    pub(super) fn response(self, elements: Value) -> Self {
        self.with("responseElements", elements)
    }

    /// The request in the newer serialisation.
    pub(super) fn wrapped(self, parameters: Value) -> Self {
        let wrapper = format!("{}Request", self.name);
        self.request(Value::from_iter([(wrapper, parameters)]))
    }

    /// The response in the newer serialisation.
    pub(super) fn wrapped_response(self, elements: Value) -> Self {
        let wrapper = format!("{}Response", self.name);
        self.response(Value::from_iter([(wrapper, elements)]))
    }

    /// The same call, refused.
    pub(super) fn refused(self, code: &str) -> Self {
        self.with("errorCode", json!(code))
            .with("errorMessage", json!("made up"))
            .response(Value::Null)
    }

    pub(super) fn bare(self) -> Value {
        self.record
    }

    pub(super) fn in_envelope(self) -> Value {
        bridge("AWS API Call via CloudTrail", "aws.ec2", self.record)
    }
}

/// An event in EventBridge's envelope.
pub(super) fn bridge(detail_type: &str, source: &str, detail: Value) -> Value {
    let mut event = json!({
        "version": "0",
        "id": "envelope-1",
        "detail-type": detail_type,
        "source": source,
        "account": "111122223333",
        "time": "2026-01-31T12:00:05Z",
        "region": "eu-west-1",
        "resources": []
    });
    event["detail"] = detail;
    event
}

/// An SNS delivery of one message.
pub(super) fn topic(message: &str) -> Value {
    json!({"Records": [{
        "EventSource": "aws:sns",
        "Sns": {"Type": "Notification", "MessageId": "message-1", "Message": message,
                "Timestamp": "2026-01-31T12:00:00.750Z"}
    }]})
}

/// One event of each shape that is understood.
pub(super) fn one_of_each() -> Vec<Value> {
    let state = json!({"instance-id": "i-0c3", "state": "running"});
    let threatened = json!({"instance-id": "i-0c3", "instance-action": "stop"});
    let association = json!({"associationId": ASSOCIATION});
    let mut all = vec![
        release().in_envelope(),
        release().bare(),
        release()
            .refused("Client.UnauthorizedOperation")
            .in_envelope(),
        allocate().in_envelope(),
        tag().bare(),
        set_reverse_dns().in_envelope(),
        call("AssociateAddress")
            .request(json!({"allocationId": ALLOCATION, "networkInterfaceId": "eni-0d4"}))
            .response(association.clone())
            .bare(),
        call("DisassociateAddress")
            .request(association)
            .in_envelope(),
        call("AcceptAddressTransfer")
            .wrapped(json!({"Address": "203.0.113.10"}))
            .bare(),
        bridge("Scheduled Event", "aws.events", json!({})),
        bridge("EC2 Instance State-change Notification", "aws.ec2", state),
        bridge(
            "EC2 Spot Instance Interruption Warning",
            "aws.ec2",
            threatened,
        ),
        bridge(
            "AWS Health Event",
            "aws.health",
            json!({"service": "EC2", "affectedEntities": [{"entityValue": "i-0c3"}]}),
        ),
        bridge(
            "EC2 Instance-terminate Lifecycle Action",
            "aws.autoscaling",
            json!({"EC2InstanceId": "i-0c3", "LifecycleHookName": "drain"}),
        ),
        json!({"holdfast": "plan", "group": "web"}),
        json!({"holdfast": "failover", "group": "web", "to": "i-0c3"}),
    ];
    all.extend(alarm::one_of_each());
    all
}

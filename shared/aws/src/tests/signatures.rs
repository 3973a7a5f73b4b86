//! A refused signature is made anew, for every service and every code, and nothing else is.

use super::{Answer, RETENTION, Wire, ec2, made, query_refusal, refusal};
use crate::{Aws, DynamoLedger, Signatures};
use aws_sdk_ec2::config::retry::RetryConfig;
use holdfast::cloud::health::{AlarmFilter, ReadAlarmPages, ReadLifecycleStates};
use holdfast::cloud::{
    AddressFilter, Allocate, AllocateAddressRequest, CloudError, ReadAddresses, ReadEventHistory,
};
use holdfast::ledger::Ledger;
use holdfast::model::elastic_ip::Pool;
use holdfast::model::tags::Tags;
use serde_json::{Value, json};
use std::net::Ipv4Addr;
use std::time::Duration;

/// What the services say of a signature, a time, a token or keys.
const CODES: [&str; 9] = [
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "RequestExpired",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
    "AuthFailure",
];

/// Words of other services, which each one has to be understood in all the same.
const OTHERS: [&str; 3] = ["AuthFailure", "ExpiredToken", "RequestTimeTooSkewed"];

const NO_INSTANCES: &str = "<DescribeAutoScalingInstancesResponse>\
    <DescribeAutoScalingInstancesResult><AutoScalingInstances/></DescribeAutoScalingInstancesResult>\
    <ResponseMetadata><RequestId>request-1</RequestId></ResponseMetadata>\
    </DescribeAutoScalingInstancesResponse>";

#[derive(Debug, Clone, Copy)]
enum Service {
    Ec2,
    DynamoDb,
    CloudTrail,
    CloudWatch,
    AutoScaling,
}

const SERVICES: [Service; 5] = [
    Service::Ec2,
    Service::DynamoDb,
    Service::CloudTrail,
    Service::CloudWatch,
    Service::AutoScaling,
];

macro_rules! patient {
    ($service:ident, $client:expr, $signatures:expr) => {
        $service::Client::from_conf(
            $client
                .config()
                .to_builder()
                .retry_config(RetryConfig::standard().with_initial_backoff(Duration::ZERO))
                .interceptor($signatures.clone())
                .retry_classifier($signatures.clone())
                .build(),
        )
    };
}

fn cloud(wire: &Wire, signatures: &Signatures) -> Aws {
    let cloud = wire.cloud();
    Aws::new(
        patient!(aws_sdk_ec2, cloud.ec2, signatures),
        made(patient!(aws_sdk_cloudtrail, cloud.trail, signatures)),
        made(patient!(aws_sdk_cloudwatch, cloud.alarms, signatures)),
        made(patient!(aws_sdk_autoscaling, cloud.scaling, signatures)),
        made(patient!(aws_sdk_arczonalshift, cloud.shifts, signatures)),
    )
}

fn ledger(wire: &Wire, signatures: &Signatures) -> DynamoLedger {
    let client = patient!(aws_sdk_dynamodb, wire.ledger().client, signatures);
    DynamoLedger::new(client, "ledger".to_owned(), RETENTION)
}

fn cbor(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).unwrap();
    bytes
}

impl Service {
    fn refusal(self, code: &str) -> Answer {
        let said = json!({ "__type": format!("com.amazonaws#{code}"), "message": "no" });
        let (status, body) = match self {
            Self::Ec2 if code == "AuthFailure" => (401, refusal(code).1.into_bytes()),
            Self::Ec2 => {
                let (status, body) = refusal(code);
                (status, body.into_bytes())
            }
            Self::DynamoDb | Self::CloudTrail => (400, said.to_string().into_bytes()),
            Self::CloudWatch => (403, cbor(&said)),
            Self::AutoScaling => (403, query_refusal(403, code, "no").1.into_bytes()),
        };
        let is_of_others = !matches!(self, Self::Ec2) && OTHERS.contains(&code);
        Answer {
            status,
            body,
            wrong: is_of_others.then_some("the word of another service"),
            ..Answer::default()
        }
    }

    fn nothing(self) -> Answer {
        let body = match self {
            Self::Ec2 => ec2("DescribeAddresses", "<addressesSet/>").into_bytes(),
            Self::DynamoDb => b"{\"Responses\":{}}".to_vec(),
            Self::CloudTrail => b"{\"Events\":[]}".to_vec(),
            Self::CloudWatch => cbor(&json!({ "MetricAlarms": [] })),
            Self::AutoScaling => NO_INSTANCES.as_bytes().to_vec(),
        };
        (200, body).into()
    }

    async fn read(self, wire: &Wire, signatures: &Signatures) -> Result<(), CloudError> {
        let allocation = "eipalloc-1".parse().unwrap();
        let cloud = cloud(wire, signatures);
        match self {
            Self::Ec2 => cloud.addresses(&AddressFilter::All).await.map(drop),
            Self::DynamoDb => ledger(wire, signatures).read(&allocation).await.map(drop),
            Self::CloudTrail => cloud.event_history(&allocation).await.map(drop),
            Self::CloudWatch => cloud.alarm_page(AlarmFilter::Firing, None).await.map(drop),
            Self::AutoScaling => {
                let instances = ["i-1".parse().unwrap()];
                cloud.lifecycle_states(&instances).await.map(drop)
            }
        }
    }
}

#[tokio::test]
async fn whatever_service_refuses_a_signature_once_is_asked_again_and_answers() {
    for service in SERVICES {
        for code in CODES {
            let (wire, signatures) = (
                Wire::with([service.refusal(code), service.nothing()]),
                Signatures::default(),
            );
            let read = service.read(&wire, &signatures).await;
            assert!(read.is_ok(), "{service:?} {code}: {read:?}");
            assert_eq!(wire.requests().len(), 2, "{service:?} {code}");
            assert_eq!(signatures.take_refusal(), None, "{service:?} {code}");
        }
    }
}

#[tokio::test]
async fn what_is_refused_in_every_try_is_told_by_its_own_name_and_kept() {
    for service in SERVICES {
        let (wire, signatures) = (
            Wire::with(vec![service.refusal("ExpiredTokenException"); 3]),
            Signatures::default(),
        );
        let refused = service.read(&wire, &signatures).await.unwrap_err();
        assert_eq!(refused.name(), "KeysRefused", "{service:?}");
        assert_eq!(wire.requests().len(), 3, "{service:?}");
        let kept = signatures.take_refusal().unwrap();
        assert_eq!(
            kept,
            format!("{}: ExpiredTokenException", refused.failure().action)
        );
        assert_eq!(signatures.take_refusal(), None);
    }
}

#[tokio::test]
async fn an_address_that_is_somebody_elses_is_asked_for_twice_and_no_more() {
    let (wire, signatures) = (
        Wire::with(vec![Service::Ec2.refusal("AuthFailure"); 3]),
        Signatures::default(),
    );
    let request = AllocateAddressRequest {
        ip: Ipv4Addr::new(203, 0, 113, 7),
        pool: Pool::Amazon,
        border_group: None,
        tags: Tags::new(),
    };
    let refused = cloud(&wire, &signatures).allocate(&request).await;
    assert_eq!(refused.unwrap_err().name(), "HeldElsewhere");
    assert_eq!(wire.requests().len(), 2);
    assert_eq!(signatures.take_refusal(), None);
}

#[tokio::test]
async fn what_is_not_about_the_signature_is_not_asked_again() {
    for code in [
        "UnauthorizedOperation",
        "AccessDeniedException",
        "SomethingNew",
    ] {
        let (wire, signatures) = (
            Wire::with([Service::Ec2.refusal(code)]),
            Signatures::default(),
        );
        assert!(Service::Ec2.read(&wire, &signatures).await.is_err());
        assert_eq!(wire.requests().len(), 1, "{code}");
        assert_eq!(signatures.take_refusal(), None, "{code}");
    }
}

//! The AWS clients of a test, all on one simulator, and the few things that every test does with them.

use aws_sdk_arczonalshift as arczonalshift;
use aws_sdk_autoscaling as autoscaling;
use aws_sdk_cloudtrail as cloudtrail;
use aws_sdk_cloudwatch as cloudwatch;
use aws_sdk_dynamodb as dynamodb;
use aws_sdk_ec2 as ec2;
use cloudtrail::types::{Event, LookupAttribute, LookupAttributeKey};
use dynamodb::types::AttributeValue;
use ec2::error::ProvideErrorMetadata;
use ec2_sim::http::{REGION, Simulator};
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

/// A simulator and its clients, which do not retry: a test sees each answer.
pub(crate) struct Aws {
    pub(crate) simulator: Rc<Simulator>,
    pub(crate) ec2: ec2::Client,
    pub(crate) trail: cloudtrail::Client,
    pub(crate) alarms: cloudwatch::Client,
    pub(crate) scaling: autoscaling::Client,
    pub(crate) shifts: arczonalshift::Client,
    pub(crate) dynamodb: dynamodb::Client,
}

/// An allocated address.
pub(crate) struct Held {
    pub(crate) ip: String,
    pub(crate) allocation: String,
}

/// A running instance and its primary interface.
pub(crate) struct Launched {
    pub(crate) instance: String,
    pub(crate) eni: String,
    pub(crate) private_ip: String,
}

macro_rules! client {
    ($service:ident, $url:expr, $key:expr) => {
        $service::Client::from_conf(
            $service::Config::builder()
                .behavior_version($service::config::BehaviorVersion::latest())
                .region($service::config::Region::new(REGION))
                .endpoint_url($url)
                .credentials_provider($service::config::Credentials::new(
                    $key,
                    "not-a-secret",
                    None,
                    None,
                    "test",
                ))
                .retry_config($service::config::retry::RetryConfig::disabled())
                .build(),
        )
    };
}

/// A client of `DynamoDB` at this URL.
pub(crate) fn dynamodb_at(url: &str) -> dynamodb::Client {
    client!(dynamodb, url, "ANY")
}

impl Aws {
    pub(crate) async fn start() -> Self {
        Self::on(Simulator::start().await.unwrap())
    }

    /// Clients of a simulator that somebody else set up.
    pub(crate) fn on(simulator: Simulator) -> Self {
        Self::of(Rc::new(simulator), "ANY")
    }

    /// The same simulator, as somebody else.
    pub(crate) fn with_key(&self, key: &str) -> Self {
        Self::of(Rc::clone(&self.simulator), key)
    }

    fn of(simulator: Rc<Simulator>, key: &str) -> Self {
        let url = simulator.url.clone();
        Self {
            ec2: client!(ec2, &url, key),
            trail: client!(cloudtrail, &url, key),
            alarms: client!(cloudwatch, &url, key),
            scaling: client!(autoscaling, &url, key),
            shifts: client!(arczonalshift, &url, key),
            dynamodb: client!(dynamodb, &url, key),
            simulator,
        }
    }

    pub(crate) async fn allocate(&self) -> Held {
        let allocated = self.ec2.allocate_address().send().await.unwrap();
        Held {
            ip: allocated.public_ip().unwrap().to_owned(),
            allocation: allocated.allocation_id().unwrap().to_owned(),
        }
    }

    pub(crate) async fn release(&self, held: &Held) {
        self.ec2
            .release_address()
            .allocation_id(&held.allocation)
            .send()
            .await
            .unwrap();
    }

    pub(crate) async fn describe(&self, allocation: &str) -> ec2::types::Address {
        let described = self
            .ec2
            .describe_addresses()
            .allocation_ids(allocation)
            .send()
            .await;
        described.unwrap().addresses()[0].clone()
    }

    pub(crate) async fn addresses(&self) -> usize {
        self.ec2
            .describe_addresses()
            .send()
            .await
            .unwrap()
            .addresses()
            .len()
    }

    /// An instance in a VPC of its own that has an internet gateway, running.
    pub(crate) async fn run_instance(&self) -> Launched {
        let subnet = self.subnet().await;
        let run = self
            .ec2
            .run_instances()
            .image_id("ami-12345678")
            .min_count(1)
            .max_count(1);
        let launched = run.subnet_id(subnet).send().await.unwrap();
        self.simulator.advance(Duration::from_mins(10));
        let instance = &launched.instances()[0];
        let interface = &instance.network_interfaces()[0];
        Launched {
            instance: instance.instance_id().unwrap().to_owned(),
            eni: interface.network_interface_id().unwrap().to_owned(),
            private_ip: interface.private_ip_address().unwrap().to_owned(),
        }
    }

    async fn subnet(&self) -> String {
        let vpc = self
            .ec2
            .create_vpc()
            .cidr_block("10.20.0.0/16")
            .send()
            .await
            .unwrap();
        let vpc = vpc.vpc().unwrap().vpc_id().unwrap();
        let gateway = self.ec2.create_internet_gateway().send().await.unwrap();
        let gateway = gateway
            .internet_gateway()
            .unwrap()
            .internet_gateway_id()
            .unwrap();
        let attach = self
            .ec2
            .attach_internet_gateway()
            .internet_gateway_id(gateway);
        attach.vpc_id(vpc).send().await.unwrap();
        let create = self
            .ec2
            .create_subnet()
            .vpc_id(vpc)
            .cidr_block("10.20.1.0/24");
        let subnet = create.send().await.unwrap();
        subnet.subnet().unwrap().subnet_id().unwrap().to_owned()
    }

    pub(crate) async fn associate(&self, held: &Held, launched: &Launched) -> String {
        let associate = self
            .ec2
            .associate_address()
            .allocation_id(&held.allocation)
            .network_interface_id(&launched.eni)
            .private_ip_address(&launched.private_ip)
            .allow_reassociation(false);
        associate
            .send()
            .await
            .unwrap()
            .association_id()
            .unwrap()
            .to_owned()
    }

    /// An interface that floats: in the subnet of an instance, and attached to none.
    pub(crate) async fn floating(&self, beside: &Launched) -> String {
        let seen = self.interface(&beside.eni).await;
        let create = self
            .ec2
            .create_network_interface()
            .subnet_id(seen.subnet_id().unwrap())
            .secondary_private_ip_address_count(1);
        let created = create.send().await.unwrap();
        let created = created.network_interface().unwrap();
        created.network_interface_id().unwrap().to_owned()
    }

    pub(crate) async fn interface(&self, eni: &str) -> ec2::types::NetworkInterface {
        let described = self.ec2.describe_network_interfaces();
        let described = described.network_interface_ids(eni).send().await;
        described.unwrap().network_interfaces()[0].clone()
    }

    pub(crate) async fn attach(&self, eni: &str, to: &Launched) -> String {
        let attach = self
            .ec2
            .attach_network_interface()
            .network_interface_id(eni)
            .instance_id(&to.instance)
            .device_index(1)
            .network_card_index(0);
        let attached = attach.send().await.unwrap();
        attached.attachment_id().unwrap().to_owned()
    }

    /// What the trail has on a resource, newest first.
    pub(crate) async fn look_up(&self, resource: &str) -> Vec<Event> {
        let attribute = LookupAttribute::builder()
            .attribute_key(LookupAttributeKey::ResourceName)
            .attribute_value(resource)
            .build()
            .unwrap();
        let looked_up = self
            .trail
            .lookup_events()
            .lookup_attributes(attribute)
            .send()
            .await;
        looked_up.unwrap().events().to_vec()
    }

    pub(crate) async fn read_row(
        &self,
        table: &str,
        pk: &str,
        sk: &str,
    ) -> Option<HashMap<String, AttributeValue>> {
        let get = self
            .dynamodb
            .get_item()
            .table_name(table)
            .consistent_read(true);
        let get = get.key("pk", text(pk)).key("sk", text(sk));
        get.send().await.unwrap().item
    }
}

pub(crate) fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

/// The error code of a refused call; empty when it went through.
pub(crate) fn code<T, E: ProvideErrorMetadata>(answer: &Result<T, E>) -> String {
    let error = answer.as_ref().err();
    error
        .and_then(ProvideErrorMetadata::code)
        .unwrap_or_default()
        .to_owned()
}

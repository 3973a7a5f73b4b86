//! From what EC2 answers to the files of a guest.

mod errors;
mod files;
mod groups;
mod wrapped;

use crate::ec2::Answers;
use crate::{Error, Group};
use holdfast::settings::TagKeys;
use serde_json::{Value, json};

/// The answers of EC2 about a group, put together piece by piece.
#[derive(Debug, Clone)]
pub(crate) struct Ec2(Value);

/// Two instances in 10.42.0.0/26, and a second subnet for what floats.
pub(crate) fn ec2() -> Ec2 {
    let subnet = |id: &str, ipv4: &str, ipv6: &str| {
        json!({ "SubnetId": id, "CidrBlock": ipv4, "Ipv6CidrBlockAssociationSet": [
            { "Ipv6CidrBlock": "2001:db8:dead::/64", "Ipv6CidrBlockState": { "State": "disassociated" } },
            { "Ipv6CidrBlock": ipv6, "Ipv6CidrBlockState": { "State": "associated" } },
        ] })
    };
    let empty = Ec2(
        json!({ "NetworkInterfaces": [], "Instances": [], "Addresses": [], "Subnets": [
        subnet("subnet-1", "10.42.0.0/26", "2001:db8:42::/64"),
        subnet("subnet-2", "10.42.0.64/26", "2001:db8:42:1::/64"),
    ] }),
    );
    let one = empty
        .instance("i-1")
        .interface(eni("eni-1").on("i-1", 0).ips(&["10.42.0.10"]));
    one.instance("i-2")
        .interface(eni("eni-2").on("i-2", 0).ips(&["10.42.0.11"]))
}

impl Ec2 {
    pub(crate) fn push(mut self, list: &str, what: Value) -> Self {
        self.0[list].as_array_mut().unwrap().push(what);
        self
    }

    pub(crate) fn interface(self, interface: Eni) -> Self {
        self.push("NetworkInterfaces", interface.0)
    }

    /// A member of the group.
    pub(crate) fn instance(self, id: &str) -> Self {
        let tags = json!([{ "Key": "holdfast:group", "Value": "web" }]);
        self.push(
            "Instances",
            json!({ "InstanceId": id, "State": { "Name": "running" }, "Tags": tags }),
        )
    }

    /// An Elastic IP of the group that takes its private IP along.
    pub(crate) fn elastic_ip_by_ip(self, eni: &str, ip: &str) -> Self {
        let tags = json!([{ "Key": "holdfast:group", "Value": "web" }, { "Key": "holdfast:mover", "Value": "ip" }]);
        self.push(
            "Addresses",
            json!({ "NetworkInterfaceId": eni, "PrivateIpAddress": ip, "Tags": tags }),
        )
    }

    pub(crate) fn without(mut self, list: &str) -> Self {
        self.0[list] = json!([]);
        self
    }

    pub(crate) fn backwards(mut self) -> Self {
        for list in ["NetworkInterfaces", "Instances", "Subnets", "Addresses"] {
            self.0[list].as_array_mut().unwrap().reverse();
        }
        self
    }

    pub(crate) fn read(&self, group: &str) -> Result<Group, Error> {
        let answers: Answers = serde_json::from_value(self.0.clone())?;
        Group::read(&answers, group, &TagKeys::under("holdfast"))
    }

    pub(crate) fn group(&self) -> Group {
        self.read("web").unwrap()
    }
}

/// An interface in the subnet of the instances.
#[derive(Debug, Clone)]
pub(crate) struct Eni(Value);

pub(crate) fn eni(id: &str) -> Eni {
    let number = id.bytes().last().unwrap_or(0);
    Eni(json!({
        "NetworkInterfaceId": id, "MacAddress": format!("02:00:00:00:00:{number:02X}"), "SubnetId": "subnet-1",
        "PrivateIpAddresses": [], "SourceDestCheck": true, "TagSet": [],
    }))
}

/// The floating interface of the demo stack.
pub(crate) fn floating() -> Eni {
    eni("eni-9")
        .subnet("subnet-2")
        .ips(&["10.42.0.100"])
        .tag("group", "web")
}

impl Eni {
    pub(crate) fn with(mut self, key: &str, value: Value) -> Self {
        self.0[key] = value;
        self
    }

    pub(crate) fn subnet(self, id: &str) -> Self {
        self.with("SubnetId", json!(id))
    }

    pub(crate) fn on(self, instance: &str, index: i32) -> Self {
        let attachment =
            json!({ "AttachmentId": "eni-attach-1", "InstanceId": instance, "DeviceIndex": index });
        self.with("Attachment", attachment)
    }

    /// The first is the primary one.
    pub(crate) fn ips(self, ips: &[&str]) -> Self {
        let each =
            |(index, ip): (usize, &&str)| json!({ "PrivateIpAddress": ip, "Primary": index == 0 });
        let all: Vec<Value> = ips.iter().enumerate().map(each).collect();
        self.with("PrivateIpAddresses", json!(all))
    }

    pub(crate) fn ipv6(self, ips: &[&str]) -> Self {
        let all: Vec<Value> = ips.iter().map(|ip| json!({ "Ipv6Address": ip })).collect();
        self.with("Ipv6Addresses", json!(all))
    }

    pub(crate) fn tag(mut self, key: &str, value: &str) -> Self {
        let tag = json!({ "Key": format!("holdfast:{key}"), "Value": value });
        self.0["TagSet"].as_array_mut().unwrap().push(tag);
        self
    }
}

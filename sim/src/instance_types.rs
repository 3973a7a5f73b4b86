//! What instance types can hold, and `DescribeInstanceTypes`.
//!
//! Source of the numbers: EC2 instance types guide, "Network specifications". Types that are not in the
//! table do not exist in a simulated Region.

use super::{
    api::{self, DescribeInstanceTypes, Ec2Error, Response},
    filters,
    instances::Instance,
    paging::page_within,
};

/// Type, network cards, interfaces for each card, IPv4 addresses for each interface.
const TYPES: &[(&str, i32, i32, i32)] = &[
    ("c5.large", 1, 3, 10),
    ("c5.xlarge", 1, 4, 15),
    ("c6g.medium", 1, 2, 4),
    ("c6g.large", 1, 3, 10),
    ("c7g.medium", 1, 2, 4),
    ("c7g.large", 1, 3, 10),
    ("m5.large", 1, 3, 10),
    ("m5.xlarge", 1, 4, 15),
    ("m5.2xlarge", 1, 4, 15),
    ("m5.4xlarge", 1, 8, 30),
    ("m6g.medium", 1, 2, 4),
    ("m6g.large", 1, 3, 10),
    ("m6g.xlarge", 1, 4, 15),
    ("m6i.large", 1, 3, 10),
    ("m6i.xlarge", 1, 4, 15),
    ("m7g.medium", 1, 2, 4),
    ("m7g.large", 1, 3, 10),
    ("p4d.24xlarge", 4, 15, 50),
    ("r5.large", 1, 3, 10),
    ("r6g.medium", 1, 2, 4),
    ("r6g.large", 1, 3, 10),
    ("t2.nano", 1, 2, 2),
    ("t2.micro", 1, 2, 2),
    ("t2.small", 1, 3, 4),
    ("t2.medium", 1, 3, 6),
    ("t2.large", 1, 3, 12),
    ("t3.nano", 1, 2, 2),
    ("t3.micro", 1, 2, 2),
    ("t3.small", 1, 3, 4),
    ("t3.medium", 1, 3, 6),
    ("t3.large", 1, 3, 12),
    ("t3.xlarge", 1, 4, 15),
    ("t3.2xlarge", 1, 4, 15),
    ("t3a.small", 1, 2, 4),
    ("t4g.nano", 1, 2, 2),
    ("t4g.micro", 1, 2, 2),
    ("t4g.small", 1, 3, 4),
    ("t4g.medium", 1, 3, 6),
    ("t4g.large", 1, 3, 12),
];

/// The limits of one type.
#[derive(Clone, Copy, Debug)]
pub(super) struct InstanceTypeLimits {
    cards: i32,
    interfaces_per_card: i32,
    ipv4_per_interface: i32,
}

impl InstanceTypeLimits {
    /// The limits of a type, if it exists.
    pub(super) fn of(kind: &str) -> Option<Self> {
        let found = TYPES.iter().find(|(name, ..)| *name == kind);
        found.map(
            |&(_, cards, interfaces_per_card, ipv4_per_interface)| Self {
                cards,
                interfaces_per_card,
                ipv4_per_interface,
            },
        )
    }

    pub(super) fn cards(self) -> i32 {
        self.cards
    }

    pub(super) fn interfaces_per_card(self) -> usize {
        usize::try_from(self.interfaces_per_card).unwrap_or(0)
    }

    /// The primary one included.
    pub(super) fn ipv4_per_interface(self) -> usize {
        usize::try_from(self.ipv4_per_interface).unwrap_or(0)
    }

    /// A launch lets no other type through, so nothing is what there is beyond the table.
    pub(super) fn of_instance(instance: &Instance) -> Self {
        Self::of(&instance.kind).unwrap_or(Self {
            cards: 0,
            interfaces_per_card: 0,
            ipv4_per_interface: 0,
        })
    }
}

/// Types are the same for every account and at every moment.
pub(super) fn describe(request: &DescribeInstanceTypes) -> Result<Response, Ec2Error> {
    let asked = &request.instance_types;
    let unknown: Vec<&str> = asked
        .iter()
        .map(String::as_str)
        .filter(|kind| InstanceTypeLimits::of(kind).is_none())
        .collect();
    if !unknown.is_empty() {
        return Err(Ec2Error::new(
            "InvalidInstanceType",
            format!(
                "The following supplied instance types do not exist: [{}]",
                unknown.join(", ")
            ),
        ));
    }
    let mut answers = Vec::new();
    for &(name, cards, interfaces, ipv4) in TYPES {
        if !asked.is_empty() && !asked.iter().any(|kind| kind == name) {
            continue;
        }
        let values_of = |filter: &str| (filter == "instance-type").then(|| vec![name.to_owned()]);
        if filters::passes(&request.filters, &[], values_of)? {
            answers.push(api::InstanceType {
                instance_type: name.to_owned(),
                maximum_network_interfaces: cards * interfaces,
                network_cards: (0..cards).map(|_| interfaces).collect(),
                ipv4_addresses_per_interface: ipv4,
            });
        }
    }
    let (instance_types, next_token) = page_within(
        answers,
        request.max_results,
        request.next_token.as_deref(),
        (5, 100),
    )?;
    Ok(Response::DescribeInstanceTypes {
        instance_types,
        next_token,
    })
}

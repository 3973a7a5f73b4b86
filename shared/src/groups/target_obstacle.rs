//! Why no interface of an instance takes an address, in the words of placement, failover, readiness and restore alike.

use crate::model::ids::{EniId, InstanceId};
use crate::settings::TagKeys;
use std::fmt;

/// Why no interface of an instance takes an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetObstacle {
    /// No private IP that is the instance's own is without an Elastic IP.
    NoFreePrivateIp {
        /// The instance.
        instance: InstanceId,
    },
    /// The interface that is to take it has no private IP without an Elastic IP.
    Full {
        /// The instance.
        instance: InstanceId,
        /// The interface.
        eni: EniId,
    },
    /// More than one interface has the tag of which one is to have it.
    SeveralTagged {
        /// The instance.
        instance: InstanceId,
        /// The key of the tag.
        tag: String,
        /// The interfaces that have it.
        enis: Vec<EniId>,
    },
    /// Device index and subnet of the former place name different interfaces.
    IndexAndSubnetDiffer {
        /// The instance.
        instance: InstanceId,
        /// The interface at that device index.
        by_index: EniId,
        /// The interfaces in that subnet.
        by_subnet: Vec<EniId>,
    },
    /// Several interfaces are left, and nothing tells them apart.
    Ambiguous {
        /// The instance.
        instance: InstanceId,
        /// The interfaces.
        enis: Vec<EniId>,
        /// What was looked for.
        why: Ambiguity,
    },
}

/// Why several interfaces are left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ambiguity {
    /// Where the address was is not known.
    Unknown,
    /// None of them is at the device index or in the subnet where the address was.
    NoCounterpart,
    /// They are in the subnet where the address was, and none is at its device index.
    OneSubnet,
}

impl fmt::Display for TargetObstacle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoFreePrivateIp { instance } => write!(
                formatter,
                "every private IP of {instance} has an Elastic IP, moves with a group, or belongs to an AWS service"
            ),
            Self::Full { instance, eni } => write!(
                formatter,
                "{eni} of {instance} is to take it, and each of its private IPs has or gets an Elastic IP, or moves \
                 with a group"
            ),
            Self::SeveralTagged {
                instance,
                tag,
                enis,
            } => write!(
                formatter,
                "several interfaces of {instance} have the tag {tag}, of which one is to have it: {}",
                listed(enis, "and")
            ),
            Self::IndexAndSubnetDiffer {
                instance,
                by_index,
                by_subnet,
            } => write!(
                formatter,
                "on {instance}, {by_index} is at the device index where the address was, and {} in its subnet",
                listed(by_subnet, "and")
            ),
            Self::Ambiguous {
                instance,
                enis,
                why,
            } => {
                let enis = listed(enis, "or");
                match why {
                    Ambiguity::Unknown => write!(
                        formatter,
                        "where the address was is not known, and {instance} could take it on {enis}"
                    ),
                    Ambiguity::NoCounterpart => write!(
                        formatter,
                        "{instance} has no interface at the device index or in the subnet where the address was, and \
                         could take it on {enis}"
                    ),
                    Ambiguity::OneSubnet => write!(
                        formatter,
                        "{instance} has several interfaces in the subnet where the address was: {enis}"
                    ),
                }
            }
        }
    }
}

impl TargetObstacle {
    /// What a person can do about it.
    #[must_use]
    pub fn next(&self, keys: &TagKeys) -> String {
        match self {
            Self::NoFreePrivateIp { instance } => format!(
                "give {instance} another private IP: an Elastic IP never drives another one away. Or take the tag {} \
                 from an interface of {instance} that is not to move",
                keys.group
            ),
            Self::Full { eni, .. } => format!(
                "give it another private IP: aws ec2 assign-private-ip-addresses --network-interface-id {eni} \
                 --secondary-private-ip-address-count 1"
            ),
            Self::SeveralTagged { tag, enis, .. } => format!(
                "take the tag from all but one: aws ec2 delete-tags --resources <one of {}> --tags Key={tag}",
                listed(enis, "or")
            ),
            Self::IndexAndSubnetDiffer {
                by_index,
                by_subnet,
                ..
            } => {
                let both: Vec<EniId> = [by_index].into_iter().chain(by_subnet).cloned().collect();
                set_the_tag(&both, keys)
            }
            Self::Ambiguous { enis, .. } => set_the_tag(enis, keys),
        }
    }

    /// Whether there is an interface that is to take it, or none at all, and only room is lacking.
    #[must_use]
    pub fn lacks_room(&self) -> bool {
        matches!(self, Self::NoFreePrivateIp { .. } | Self::Full { .. })
    }
}

fn set_the_tag(enis: &[EniId], keys: &TagKeys) -> String {
    format!(
        "tag the one that is to take addresses: aws ec2 create-tags --resources <{}> --tags Key={},Value=true",
        listed(enis, "or"),
        keys.address_target
    )
}

/// Ids in a sentence.
fn listed(enis: &[EniId], word: &str) -> String {
    let ids: Vec<&str> = enis.iter().map(EniId::as_str).collect();
    match &ids[..] {
        [all @ .., last] if !all.is_empty() => format!("{} {word} {last}", all.join(", ")),
        _ => ids.join(", "),
    }
}

//! The identifiers that AWS hands out, each a type of its own, so that an allocation can never be
//! passed where an association is meant. All are checked when they come in: prefix and characters.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Text that is not the identifier it was taken for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {kind}: expected {expected}")]
pub struct InvalidId {
    /// What it was taken for, with its article.
    pub kind: &'static str,
    /// The text as it came.
    pub text: String,
    /// What such an identifier looks like.
    pub expected: &'static str,
}

macro_rules! resource_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal $(or $other:literal)?, $kind:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The identifier as AWS writes it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let is_rest = |rest: &str| {
                    !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
                };
                let starts_with = |prefix| text.strip_prefix(prefix).is_some_and(is_rest);
                if starts_with($prefix) $(|| starts_with($other))? {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(InvalidId {
                        kind: $kind,
                        text: text.to_owned(),
                        expected: concat!(
                            "`", $prefix, $("` or `", $other,)? "` and then letters and digits"
                        ),
                    })
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, InvalidId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    };
}

resource_id!(
    /// One allocation of an Elastic IP to this account. Never used again once released: a recovered
    /// address comes back with the same IP and a new allocation id.
    AllocationId, "eipalloc-", "an allocation id"
);
resource_id!(
    /// One association of an Elastic IP with a private IP. A new one with each association, which
    /// makes it the compare-and-set token of a move.
    AssociationId, "eipassoc-", "an association id"
);
resource_id!(
    /// An elastic network interface.
    EniId, "eni-", "a network interface id"
);
resource_id!(
    /// An EC2 instance.
    InstanceId, "i-", "an instance id"
);
resource_id!(
    /// One attachment of an interface to an instance. A new one each time, which makes it the
    /// compare-and-set token of a move: to detach one that has ended is refused. What an AWS service
    /// holds (a NAT gateway, a network load balancer, RDS, Lambda) is attached as `ela-attach-`, and
    /// EC2 refuses to let anybody else detach it.
    /// Source: EC2 user guide, "Requester-managed network interfaces", and its examples.
    AttachmentId, "eni-attach-" or "ela-attach-", "an attachment id"
);
resource_id!(
    /// A subnet: a private IP moves between interfaces of one subnet only.
    SubnetId, "subnet-", "a subnet id"
);
resource_id!(
    /// A VPC.
    VpcId, "vpc-", "a VPC id"
);
resource_id!(
    /// A security group.
    SecurityGroupId, "sg-", "a security group id"
);

/// An AWS account: twelve digits, with leading zeros.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountId(String);

impl AccountId {
    /// The account in which an ARN's resource is; none where the ARN names no account.
    /// Source: AWS General Reference, "Amazon Resource Names", `arn:partition:service:region:account-id:resource`.
    #[must_use]
    pub fn in_arn(arn: &str) -> Option<Self> {
        let account = arn.strip_prefix("arn:")?.split(':').nth(3)?;
        let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        is_account.then(|| Self(account.to_owned()))
    }

    /// The account as AWS writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// An availability zone: an interface is attached to instances of its own zone only.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Zone(pub String);

impl fmt::Display for Zone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// An availability zone by its id, which is the same in every account: `use1-az1`. Its name is not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ZoneId(pub String);

impl fmt::Display for ZoneId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The type of an instance, which limits its interfaces and their private IPs: `m6i.large`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InstanceType(pub String);

impl fmt::Display for InstanceType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A network border group: the set of zones from which AWS advertises an address. A released address
/// is to be asked back from its own group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BorderGroup(pub String);

impl fmt::Display for BorderGroup {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_allocation_id_is_taken_as_aws_writes_it() {
        let id: AllocationId = "eipalloc-08a083beb7e83dbc0".parse().unwrap();
        assert_eq!(id.as_str(), "eipalloc-08a083beb7e83dbc0");
    }

    #[test]
    fn an_association_id_is_no_allocation_id() {
        let error = "eipassoc-1".parse::<AllocationId>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "`eipassoc-1` is not an allocation id: expected `eipalloc-` and then letters and digits"
        );
    }

    #[test]
    fn an_attachment_to_a_service_has_a_prefix_of_its_own() {
        assert!("ela-attach-0cf98331".parse::<AttachmentId>().is_ok());
        let error = "vol-attach-1".parse::<AttachmentId>().unwrap_err();
        assert_eq!(
            error.expected,
            "`eni-attach-` or `ela-attach-` and then letters and digits"
        );
    }

    #[test]
    fn an_arn_names_its_account_in_every_partition_and_with_an_alias() {
        for arn in [
            "arn:aws:lambda:eu-west-1:001122223333:function:guard",
            "arn:aws:lambda:eu-west-1:001122223333:function:guard:live",
            "arn:aws-cn:lambda:cn-north-1:001122223333:function:guard:7",
            "arn:aws-us-gov:lambda:us-gov-west-1:001122223333:function:guard",
        ] {
            let account = AccountId::in_arn(arn).unwrap();
            assert_eq!(account.as_str(), "001122223333");
        }
    }

    #[test]
    fn an_arn_without_an_account_names_none() {
        for arn in [
            "",
            "guard",
            "arn:aws:lambda:eu-west-1::function:guard",
            "arn:aws:lambda:eu-west-1:1122223333:function:guard",
            "arn:aws:s3:::bucket",
        ] {
            assert_eq!(AccountId::in_arn(arn), None, "{arn}");
        }
    }

    #[test]
    fn a_prefix_alone_or_a_trailing_space_is_refused() {
        assert!("eni-".parse::<EniId>().is_err());
        assert!("i-0abc ".parse::<InstanceId>().is_err());
    }
}

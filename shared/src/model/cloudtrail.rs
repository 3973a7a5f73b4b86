//! A CloudTrail record of an EC2 call on addresses, as far as Holdfast needs it.

use crate::model::elastic_ip::Pool;
use crate::model::ids::{AllocationId, AssociationId, BorderGroup, EniId, InstanceId};
use crate::model::tags::Tags;
use serde::{Deserialize, Serialize};
use std::net::Ipv4Addr;
use time::OffsetDateTime;

/// One EC2 call that was carried out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// When, where, by whom.
    pub call: Call,
    /// What was done.
    pub change: AddressChange,
}

/// The circumstances of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// CloudTrail's event id; when the record was delivered again with an addendum, the original id.
    pub event_id: String,
    /// The EC2 action: `ReleaseAddress`.
    pub name: String,
    /// `eventTime`, to the second.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// The region in which it happened.
    pub region: String,
    /// The account in whose trail it is.
    pub account: Option<String>,
    /// EC2's request id.
    pub request_id: Option<String>,
    /// Who did it.
    pub actor: Actor,
}

/// Who made a call, and with what.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The caller: a user, or a role's session.
    pub arn: Option<String>,
    /// The role behind a session.
    pub role_arn: Option<String>,
    /// `IAMUser`, `AssumedRole`, `Root`, `AWSService`, ...
    pub kind: Option<String>,
    /// The AWS service that called on somebody's behalf.
    pub invoked_by: Option<String>,
    /// From where: an IP, a service name or `AWS Internal`.
    pub source: Option<String>,
    /// With what: Terraform, the console, an SDK.
    pub user_agent: Option<String>,
    /// The access key used, to find what else it did.
    pub access_key: Option<String>,
}

/// What a call did to addresses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AddressChange {
    /// `AllocateAddress`.
    Allocated(Allocation),
    /// `ReleaseAddress`: the record carries no IP.
    Released {
        /// The allocation that ended.
        allocation: AllocationId,
        /// The group that the address belongs to.
        border_group: Option<BorderGroup>,
    },
    /// `AssociateAddress`.
    Associated {
        /// The address.
        allocation: AllocationId,
        /// The new association.
        association: Option<AssociationId>,
        /// The interface, where the call named it.
        eni: Option<EniId>,
        /// The private IP, where the call named it.
        private_ip: Option<Ipv4Addr>,
        /// The instance, where the call named it.
        instance: Option<InstanceId>,
    },
    /// `DisassociateAddress`: the record carries no allocation.
    Disassociated {
        /// The association that ended.
        association: AssociationId,
    },
    /// `CreateTags` on at least one address.
    Tagged {
        /// The addresses among the resources.
        allocations: Vec<AllocationId>,
        /// The tags written.
        tags: Tags,
    },
    /// `DeleteTags` on at least one address.
    Untagged {
        /// The addresses among the resources.
        allocations: Vec<AllocationId>,
        /// The tags removed: with a value, only if the tag had that value; without keys, every tag.
        tags: Vec<(String, Option<String>)>,
    },
    /// `ModifyAddressAttribute`.
    ReverseDnsSet {
        /// The address.
        allocation: AllocationId,
        /// The name asked for.
        name: Option<String>,
    },
    /// `ResetAddressAttribute`.
    ReverseDnsReset {
        /// The address.
        allocation: AllocationId,
    },
    /// `EnableAddressTransfer`: another account may take the address.
    TransferEnabled {
        /// The address.
        allocation: AllocationId,
        /// The account that may take it.
        to_account: Option<String>,
    },
    /// `DisableAddressTransfer`.
    TransferDisabled {
        /// The address.
        allocation: AllocationId,
    },
    /// `AcceptAddressTransfer`: seen by the account that received the address, under its new id, and by
    /// the one that gave it away.
    TransferAccepted {
        /// The address.
        ip: Ipv4Addr,
        /// The new allocation, in the receiving account.
        allocation: Option<AllocationId>,
    },
}

/// What the record of an `AllocateAddress` tells: everything about the address but its reverse DNS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allocation {
    /// The new allocation.
    pub allocation: AllocationId,
    /// The address.
    pub ip: Ipv4Addr,
    /// Its pool.
    pub pool: Pool,
    /// Its border group.
    pub border_group: Option<BorderGroup>,
    /// The tags it was born with.
    pub tags: Tags,
}

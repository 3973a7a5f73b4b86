//! What is to be done about a release, and what is said where nothing is.

use crate::cloud::AllocateAddressRequest;
use crate::ledger::release::PendingReason;
use crate::ledger::{ReleaseRecord, ReleaseStatus, Snapshot};
use crate::model::elastic_ip::Address;
use crate::model::ids::AllocationId;
use crate::model::tags::Tags;
use crate::report::{Finding, Outcome};
use std::net::Ipv4Addr;

/// What to do once the ledger is read.
#[derive(Debug, Clone, PartialEq)]
pub enum FirstDecision {
    /// The ledger does not know the address: CloudTrail may.
    LookUpEvents,
    /// The ledger is enough.
    Decided(Decision),
}

/// What to do about a release.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// It does not concern this installation.
    Ignore {
        /// Why.
        why: String,
    },
    /// An earlier run has brought it to its end.
    AlreadyHandled(Box<ReleaseRecord>),
    /// There is nothing to be done in EC2, but something to be recorded.
    Conclude(Conclusion),
    /// It is to be taken back.
    Reclaim(Box<ReclaimPlan>),
}

/// An end without a change in EC2.
#[derive(Debug, Clone, PartialEq)]
pub struct Conclusion {
    /// What the ledger is to say.
    pub status: ReleaseStatus,
    /// The word for the report.
    pub outcome: Outcome,
    /// Why, to be read after the sentence that says what was released.
    pub why: String,
    /// What a person should know.
    pub findings: Vec<Finding>,
}

/// How to take an address back.
#[derive(Debug, Clone, PartialEq)]
pub struct ReclaimPlan {
    /// What to ask for.
    pub request: AllocateAddressRequest,
    /// What the address was: what is restored after it is back.
    pub snapshot: Snapshot,
    /// An earlier run has it back already, under this id, and did not restore everything.
    pub resume: Option<AllocationId>,
    /// An earlier run was given another address instead: no second one is to be asked for as long as the
    /// account has that one.
    pub check_first: bool,
    /// Tags that cannot be asked for, and why.
    pub findings: Vec<Finding>,
}

impl ReclaimPlan {
    /// The address as EC2 gives it, under its new allocation.
    #[must_use]
    pub fn expected_address(&self, tags: Tags, allocation: AllocationId) -> Address {
        Address {
            allocation,
            ip: self.request.ip,
            pool: self.request.pool.clone(),
            border_group: self.request.border_group.clone(),
            tags,
            association: None,
            service_managed: None,
        }
    }
}

impl Conclusion {
    /// Neither the ledger nor CloudTrail knows which address it was.
    #[must_use]
    pub fn unknown_address() -> Self {
        Self {
            status: ReleaseStatus::Pending { reason: PendingReason::UnknownAddress },
            outcome: Outcome::Pending,
            why: "neither the ledger nor CloudTrail's event history knows which address it was; it is \
                  taken back as soon as a record of its allocation arrives"
                .to_owned(),
            findings: Vec::new(),
        }
    }

    /// Whether it is that nothing known says which address it was.
    #[must_use]
    pub fn is_unknown_address(&self) -> bool {
        matches!(
            self.status,
            ReleaseStatus::Pending {
                reason: PendingReason::UnknownAddress
            }
        )
    }

    /// What `enforce` mode would have done.
    #[must_use]
    pub fn would_reclaim(plan: &ReclaimPlan) -> Self {
        Self {
            status: ReleaseStatus::Recorded,
            outcome: Outcome::WouldReclaim,
            why: format!(
                "in `enforce` mode {} would be taken back now",
                plan.request.ip
            ),
            findings: plan.findings.clone(),
        }
    }
}

/// The commands by which a person finds an address that nothing here knows.
#[must_use]
pub fn how_to_find_the_address(released: &AllocationId) -> String {
    format!(
        "aws configservice get-resource-config-history --resource-type AWS::EC2::EIP --resource-id \
         {released} (where AWS Config records), then: aws ec2 allocate-address --domain vpc --address \
         <the address>"
    )
}

/// The command that asks for an address by hand.
#[must_use]
pub fn how_to_ask_by_hand(ip: Ipv4Addr) -> String {
    format!("aws ec2 allocate-address --domain vpc --address {ip}")
}

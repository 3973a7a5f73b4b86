//! What is to be done about a release, and what is said where nothing is.

use crate::cloud::AllocateAddressRequest;
use crate::ledger::release::PendingReason;
use crate::ledger::{ReleaseRecord, ReleaseStatus, Snapshot};
use crate::model::elastic_ip::{Address, Pool};
use crate::model::ids::{AllocationId, AssociationId};
use crate::model::tags::Tags;
use crate::report::{Command, Finding, Outcome};
use crate::settings::Settings;
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
    /// The ledger has a record of it that this version cannot read: some version is at it, or was.
    RecordUnreadable,
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

    /// An event told the ledger of this address, and nothing that AWS itself says confirms it.
    #[must_use]
    pub fn unconfirmed(ip: Ipv4Addr) -> Self {
        Self {
            why: format!(
                "an event alone told the ledger that it was {ip}; neither a look at EC2 nor CloudTrail's event history has \
                 shown that yet; it is dealt with when one does"
            ),
            ..Self::unknown_address()
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
        let ip = plan.request.ip;
        let (status, why) = match &plan.resume {
            None => (
                ReleaseStatus::Recorded,
                format!("in `enforce` mode {ip} would be taken back now"),
            ),
            Some(allocation) => (
                ReleaseStatus::Reclaimed {
                    allocation: allocation.clone(),
                    restored: false,
                },
                format!(
                    "it is back as {allocation}; in `enforce` mode what belongs to {ip} would be restored now"
                ),
            ),
        };
        Self {
            status,
            outcome: Outcome::WouldReclaim,
            why,
            findings: plan.findings.clone(),
        }
    }
}

/// What the account has of an address: what has to end before it can be released.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ToLetGo<'a> {
    /// The allocation.
    pub allocation: &'a AllocationId,
    /// Whether it is associated.
    pub association: Associated<'a>,
    /// Whether it has a reverse DNS name.
    pub has_name: bool,
}

/// The association of an address that is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Associated<'a> {
    /// There is none.
    No,
    /// There is this one.
    As(&'a AssociationId),
    /// There may be one, of which nothing here knows the id.
    Perhaps,
}

impl<'a> From<Option<&'a AssociationId>> for Associated<'a> {
    fn from(id: Option<&'a AssociationId>) -> Self {
        id.map_or(Self::No, Self::As)
    }
}

/// The commands that give up a protected address. EC2 refuses to release one that is associated or has a reverse DNS
/// name, and Holdfast would take it back while its protection stands. A tag `none` counts whatever the default is.
#[must_use]
pub fn how_to_let_go(held: ToLetGo<'_>, settings: &Settings) -> String {
    let id = held.allocation;
    let unprotect = Command::ec2("create-tags")
        .with("resources", id)
        .tags([(settings.tags.protect.as_str(), "none")]);
    let part = Command::ec2("disassociate-address");
    let part = match held.association {
        Associated::No => None,
        Associated::As(id) => Some(part.with("association-id", id)),
        Associated::Perhaps => {
            Some(part.to_fill_in("association-id", "its association, if it has one"))
        }
    };
    let unname = held.has_name.then(|| {
        Command::ec2("reset-address-attribute")
            .with("allocation-id", id)
            .with("attribute", "domain-name")
    });
    let release = Command::ec2("release-address").with("allocation-id", id);
    let after = part.into_iter().chain(unname).chain([release]);
    let after: Vec<String> = after.map(|command| command.to_string()).collect();
    format!(
        "{unprotect}, and a minute later: {}",
        after.join("; then: ")
    )
}

/// The commands by which a person finds an address that nothing here knows.
#[must_use]
pub fn how_to_find_the_address(released: &AllocationId) -> String {
    let history = Command::aws("configservice", "get-resource-config-history")
        .with("resource-type", "AWS::EC2::EIP")
        .with("resource-id", released);
    let ask = Command::ec2("allocate-address")
        .with("domain", "vpc")
        .to_fill_in("address", "the address");
    format!("where AWS Config records: {history}. Then: {ask}")
}

/// The command that asks for an address by hand: in its border group, where that is not the region's own, and from its
/// IPAM pool.
#[must_use]
pub fn how_to_ask_by_hand(
    ip: Ipv4Addr,
    snapshot: Option<&Snapshot>,
    settings: &Settings,
) -> Command {
    let mut command = Command::ec2("allocate-address")
        .with("domain", "vpc")
        .with("address", ip);
    let border_group = snapshot.and_then(|it| it.border_group.as_ref());
    if let Some(group) = border_group.filter(|group| group.0 != settings.region) {
        command = command.with("network-border-group", group);
    }
    if let Some(Pool::Ipam(pool)) = snapshot.map(|it| &it.pool) {
        command = command.with("ipam-pool-id", pool);
    }
    command
}

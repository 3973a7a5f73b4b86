//! The document of `status`, as its JSON has it: `cli/schema/status.schema.json`.

use crate::deployment::Function;
use holdfast::model::ids::{AllocationId, EniId, InstanceId};
use holdfast::report::{Finding, GroupReport};
use holdfast::settings::{Mode, Protection};
use serde::Serialize;
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use time::OffsetDateTime;

/// Everything at a glance.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Status {
    /// When it was looked at.
    #[serde(with = "time::serde::rfc3339")]
    pub(super) at: OffsetDateTime,
    /// Each stack in each region.
    pub(super) deployments: Vec<Stack>,
}

/// One stack.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Stack {
    pub(super) region: String,
    pub(super) stack: String,
    /// CloudFormation's word for its state.
    pub(super) stack_status: Option<String>,
    /// Whether each function acts, or only says what it would do; without those that could not be read.
    pub(super) modes: BTreeMap<Function, Mode>,
    /// The functions that cannot run, each with Lambda's words.
    pub(super) functions_not_ready: BTreeMap<Function, String>,
    /// Events that a function could not finish.
    pub(super) failed_events: Option<u64>,
    /// Events that did not come to their function.
    pub(super) undelivered_events: Option<u64>,
    pub(super) groups: Vec<Group>,
    pub(super) addresses: Vec<Address>,
    pub(super) open_releases: Vec<OpenRelease>,
    /// The lists of these in which something may be missing, since what is in them could not all be read.
    pub(super) incomplete: Vec<List>,
    /// What could not be read, so that something here may be missing or not so.
    pub(super) not_known: Vec<Finding>,
    /// What a person should know besides.
    pub(super) findings: Vec<Finding>,
}

/// A list of a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum List {
    Groups,
    Addresses,
    OpenReleases,
}

/// One group.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Group {
    #[serde(flatten)]
    pub(super) report: GroupReport,
    /// Whether all could be read that its readiness hangs on.
    pub(super) readiness_known: bool,
    /// Whether its pause and its last failover could be read.
    pub(super) lease_known: bool,
    /// The last failover that moved something.
    pub(super) last_failover: Option<LastFailover>,
    /// What is under way, in words.
    pub(super) in_progress: Option<String>,
}

/// The last failover of a group.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LastFailover {
    pub(super) cause: String,
    #[serde(with = "time::serde::rfc3339")]
    pub(super) began_at: OffsetDateTime,
    pub(super) to: Option<InstanceId>,
}

/// One address.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Address {
    pub(super) address: Ipv4Addr,
    pub(super) allocation: AllocationId,
    pub(super) group: Option<String>,
    /// Whether that is so: its interface may name a group, and could not be read.
    #[serde(skip)]
    pub(super) knows_group: bool,
    /// What happens on a release.
    pub(super) protection: Protection,
    pub(super) holder: Option<InstanceId>,
    pub(super) interface: Option<EniId>,
    pub(super) private_ip: Option<Ipv4Addr>,
    /// The AWS service that manages it: nothing of Holdfast touches it.
    pub(super) service: Option<String>,
    /// Whether the ledger knows it: what it does not know can be taken back by CloudTrail's history alone. None where
    /// the ledger could not be read.
    pub(super) in_ledger: Option<bool>,
}

/// A release that is not at its end.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OpenRelease {
    pub(super) allocation: AllocationId,
    pub(super) address: Option<Ipv4Addr>,
    #[serde(with = "time::serde::rfc3339::option")]
    pub(super) released_at: Option<OffsetDateTime>,
    /// Who released it.
    pub(super) by: Option<String>,
    /// `pending`, or `reclaimed` where something is still to be restored. `not-shown`: EC2 does not show an address that
    /// the ledger has as this account's. `not-recorded`: it has ended, and no record says what was done.
    pub(super) status: String,
    /// Why it is not back.
    pub(super) reason: Option<String>,
    /// How often it was asked for; none where its record cannot be read.
    pub(super) attempts: Option<u32>,
    /// Whether it is of the group that is asked for; what is not known is shown.
    #[serde(skip)]
    pub(super) knows_group: bool,
}

impl Stack {
    /// Whether all that belongs into a list is in it.
    pub(super) fn knows_all(&self, list: List) -> bool {
        !self.incomplete.contains(&list)
    }
}

impl Status {
    /// Whether no group, no address and no release is in it.
    pub(super) fn is_empty(&self) -> bool {
        let is_empty = |stack: &Stack| {
            stack.groups.is_empty()
                && stack.addresses.is_empty()
                && stack.open_releases.is_empty()
                && stack.not_known.is_empty()
                && stack.incomplete.is_empty()
        };
        self.deployments.iter().all(is_empty)
    }
}

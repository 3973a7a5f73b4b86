//! What happened, typed, with a one-line summary that a person can read. The report is a function's
//! return value; Lambda destinations deliver it, so that no notification is on the critical path.

mod bound;
pub mod command;
pub mod commands_in;
pub mod delivered;
mod failover;
mod finding;
mod gravity;
pub mod headline;
mod joined;
mod lost_interface;
pub mod matter;
mod moment;
mod origin;
mod parts;
mod pause;
mod phase;
mod planned;
pub mod text;
mod word;

use crate::events::Ignored;
use crate::model::cloudtrail::Call;
use crate::model::elastic_ip::Association;
use crate::model::ids::{AllocationId, AssociationId, BorderGroup, EniId, InstanceId};
use crate::settings::Mode;
pub use bound::{MAX_BYTES, bounded, bounded_text};
pub use command::Command;
pub use failover::{FailoverReport, GroupReport, MoveEnd, MoveReport, Readiness, Tried};
pub use finding::Finding;
pub use joined::joined;
pub use lost_interface::{FormerlyOnIt, LostInterfaceReport, NowOn};
pub use moment::utc;
pub use origin::Origin;
pub use parts::{MAX_LINE_BYTES, Part, parts, size_of};
pub use pause::{PauseReport, paused};
pub use phase::{Phase, Stopwatch};
pub use planned::PlannedCall;
use serde::{Deserialize, Serialize, Serializer};
use std::net::Ipv4Addr;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Which function speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Function {
    /// Reacts to `ReleaseAddress`.
    ReleaseGuard,
    /// Reacts to instances that start, stop or end.
    InstanceStart,
    /// Moves addresses from a failed instance to a healthy one.
    AlarmFailover,
    /// Refreshes what is known, finishes what was left.
    Reconcile,
}

/// How it ended, in one word. Consumers key on it: a word never changes its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The address is back, under a new allocation id.
    Reclaimed,
    /// The account holds the address already: an earlier delivery or a person got it back.
    AlreadyOurs,
    /// Not back yet: it will be tried again until the deadline.
    Pending,
    /// It cannot be had back.
    Lost,
    /// The account's address quota is full; tried again until the deadline.
    OverQuota,
    /// IAM or a policy forbids it; tried again until the deadline.
    Denied,
    /// It was meant to be released.
    LetGo,
    /// The policy for this address is to record only.
    RecordedOnly,
    /// `observe` mode: this is what `enforce` would have done.
    WouldReclaim,
    /// Another account has it, by a transfer.
    Transferred,
    /// It is offered to another account, which can take it at any moment.
    TransferOffered,
    /// A change of its tags has taken the protection from an address that had it.
    Unprotected,
    /// A floating interface of a group is gone: somebody deleted it, or it ended with its instance.
    InterfaceLost,
    /// It was taken back too often in a day: left to whoever keeps releasing it, until a person decides.
    ReclaimLoop,
    /// The instance has its address: it got it in this run.
    Associated,
    /// The instance had its address already.
    AlreadyPlaced,
    /// Every address of the group is in use: the instance gets one when one becomes free.
    NoFreeAddress,
    /// An address is there, and EC2 does not let the instance have it.
    NotPlaced,
    /// The address of an instance that stopped is on a running one.
    HandedOver,
    /// `observe` mode: this is what `enforce` would have associated.
    WouldAssociate,
    /// Everything that the failed member had is on a healthy one.
    FailedOver,
    /// A person asked, and the addresses are on another member.
    SwitchedOver,
    /// The member that stands first is healthy again and has its addresses back.
    FailedBack,
    /// A healthy member has everything already: an earlier delivery or a person moved it.
    AlreadyMoved,
    /// Some of it is on a healthy member, some is not.
    PartlyMoved,
    /// No standby took it: it is back with the member that had it.
    Returned,
    /// Nothing was touched, since it could not have ended well: the findings say what to change.
    Refused,
    /// `observe` mode, or a plan that was asked for: this is what would be moved.
    WouldFailOver,
    /// The alarm fires no more, or the instance runs again: nothing was touched.
    Recovered,
    /// The group is paused: nothing of it was touched, or a person has just paused it.
    Paused,
    /// A person has ended a pause.
    Resumed,
    /// The event is none of our business.
    Ignored,
    /// The ledger is up to date with EC2.
    Refreshed,
    /// The run could not finish, and its event comes again. No run returns it: its error's report has it.
    Failed,
}

/// What a function did.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Who speaks.
    pub function: Function,
    /// Whether it was allowed to change anything.
    pub mode: Mode,
    /// How it ended.
    pub outcome: Outcome,
    /// The same in one line, for people.
    #[serde(serialize_with = "finding::mailable")]
    pub summary: String,
    /// The name of the error that the run ended with, where it could not finish.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<&'static str>,
    /// The call that set it going.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "as_reported"
    )]
    pub event: Option<Call>,
    /// What it was about.
    #[serde(flatten)]
    pub subject: Subject,
    /// `observe` mode, or a plan that was asked for: the calls that `enforce` would make, in their order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub would_call: Vec<PlannedCall>,
    /// What did not go as it should, each with what to do about it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// Commands that bring Terraform's state up to date.
    #[serde(
        skip_serializing_if = "Vec::is_empty",
        serialize_with = "finding::all_mailable"
    )]
    pub repair: Vec<String>,
    /// The role of another installation of Holdfast that goes by the same tags, where this event told of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rival: Option<String>,
    /// How long each phase took.
    pub phases: Vec<Phase>,
}

impl Report {
    /// Nothing was done about an event, on purpose.
    #[must_use]
    pub fn ignored(function: Function, mode: Mode, ignored: &Ignored) -> Self {
        Self::of(
            function,
            mode,
            Outcome::Ignored,
            format!("ignored {}: {}", ignored.what, ignored.why),
        )
    }

    /// An event that another function deals with.
    #[must_use]
    pub fn not_for(function: Function, mode: Mode, what: &str, why: &str) -> Self {
        Self::of(
            function,
            mode,
            Outcome::Ignored,
            format!("ignored {what}: {why}"),
        )
    }

    /// A report with nothing but its outcome.
    #[must_use]
    pub fn of(function: Function, mode: Mode, outcome: Outcome, summary: String) -> Self {
        Self {
            function,
            mode,
            outcome,
            summary,
            error: None,
            event: None,
            subject: Subject::Nothing,
            would_call: Vec::new(),
            findings: Vec::new(),
            repair: Vec::new(),
            rival: None,
            phases: Vec::new(),
        }
    }
}

/// A call as reports write it: in the report's own spelling, and without what is not known.
#[expect(clippy::ref_option, reason = "serde hands a field over by reference")]
fn as_reported<S: Serializer>(call: &Option<Call>, serializer: S) -> Result<S::Ok, S::Error> {
    let Some(call) = call else {
        return serializer.serialize_none();
    };
    let actor = &call.actor;
    let at = call.at.format(&Rfc3339).unwrap_or_default();
    let known = [
        ("id", Some(&call.event_id)),
        ("name", Some(&call.name)),
        ("at", Some(&at)),
        ("region", Some(&call.region)),
        ("account", call.account.as_ref()),
        ("requestId", call.request_id.as_ref()),
        ("by", actor.arn.as_ref()),
        ("role", actor.role_arn.as_ref()),
        ("kind", actor.kind.as_ref()),
        ("invokedBy", actor.invoked_by.as_ref()),
        ("from", actor.source.as_ref()),
        ("userAgent", actor.user_agent.as_ref()),
        ("accessKey", actor.access_key.as_ref()),
    ];
    serializer.collect_map(
        known
            .into_iter()
            .filter_map(|(key, value)| Some((key, finding::for_mail(value?)))),
    )
}

/// What a report is about.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Subject {
    /// One address.
    Address(Box<AddressReport>),
    /// One instance and the addresses that it gets or leaves.
    Instance(Box<PlacementReport>),
    /// A group whose addresses move, or could.
    Failover(Box<FailoverReport>),
    /// Several groups that one cause is about: a whole report for each, the gravest first.
    Failovers(Vec<Report>),
    /// The ledger as a whole, or some of its rows.
    Sweep(SweepReport),
    /// Nothing in particular.
    #[serde(untagged)]
    Nothing,
}

/// One address, before and after.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AddressReport {
    /// The allocation that ended.
    pub released_allocation: AllocationId,
    /// The address, where it is known.
    pub ip: Option<Ipv4Addr>,
    /// Its border group.
    pub border_group: Option<BorderGroup>,
    /// When it was released.
    #[serde(with = "time::serde::rfc3339")]
    pub released_at: OffsetDateTime,
    /// The allocation that holds it now.
    pub allocation: Option<AllocationId>,
    /// What it is associated with now.
    pub association: Option<AssociationReport>,
    /// The reverse DNS name that is set again.
    pub reverse_dns: Option<String>,
    /// Where the knowledge of it came from.
    pub known_from: Option<KnownFrom>,
    /// How many times `AllocateAddress` was called for it in this run.
    pub attempts: u32,
    /// Milliseconds from the release, by CloudTrail's clock (whole seconds), to the first request for it. Only of the
    /// first run that asked, for an event that told of the release.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_after_ms: Option<u64>,
}

/// An association, as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AssociationReport {
    /// The association, where EC2 told its id.
    pub id: Option<AssociationId>,
    /// The interface.
    pub eni: EniId,
    /// The private IP.
    pub private_ip: Ipv4Addr,
    /// The instance that has the interface.
    pub instance: Option<InstanceId>,
    /// Whether a later read showed it. `false`: EC2 accepted it and does not show it yet.
    pub verified: bool,
}

impl AssociationReport {
    /// The association, where EC2 told its id.
    #[must_use]
    pub fn known(&self) -> Option<Association> {
        Some(Association {
            id: self.id.clone()?,
            eni: Some(self.eni.clone()),
            private_ip: Some(self.private_ip),
            instance: self.instance.clone(),
        })
    }
}

/// One instance and its addresses.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlacementReport {
    /// The instance that the event told of.
    pub instance: InstanceId,
    /// Its group.
    pub group: Option<String>,
    /// The addresses that are where they belong now; in `observe` mode, where they would go.
    pub placed: Vec<PlacedReport>,
    /// How many addresses the instance still lacks.
    pub lacking: usize,
    /// How many times the group was looked at.
    pub looks: u32,
    /// How many times `AssociateAddress` was called.
    pub attempts: u32,
}

/// One address on an instance.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlacedReport {
    /// The allocation.
    pub allocation: AllocationId,
    /// The address.
    pub ip: Ipv4Addr,
    /// Where it is; in `observe` mode, where it would be.
    pub association: AssociationReport,
    /// Why this address.
    pub reason: PlacementReason,
    /// The name that stands for this address as long as it is allocated.
    pub public_dns_name: String,
    /// What to know about that name.
    pub public_dns_note: &'static str,
    /// The public IP that EC2 had assigned to the private IP by itself, which is lost for good.
    pub displaced: Option<Ipv4Addr>,
    /// The instance that had the address and does not run any more.
    pub taken_from: Option<InstanceId>,
}

/// Why an instance has the address that it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlacementReason {
    /// It had it when the event came.
    AlreadyThere,
    /// The address and the instance have the same slot.
    OwnSlot,
    /// It had this address before.
    LastHeld,
    /// The address was free in the group.
    Free,
    /// The instance that had it does not run any more.
    HolderDown,
    /// The instance that had it stops, and the address is to move on.
    HandedOver,
}

/// Where the knowledge of an address came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum KnownFrom {
    /// The ledger.
    Ledger,
    /// CloudTrail's event history.
    EventHistory,
}

/// Something about an address that is still here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AddressAlert {
    /// The allocation.
    pub allocation: AllocationId,
    /// The address.
    pub ip: Ipv4Addr,
    /// `transfer-offered` or `unprotected`; `refreshed` where it is protected again.
    pub outcome: Outcome,
    /// Who did it, where an event told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// What a refresh of the ledger found.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SweepReport {
    /// Addresses that EC2 described.
    pub addresses: usize,
    /// Of them, those that a reclaim would take back.
    pub protected: usize,
    /// Changes that earlier sweeps found and of which no event has told in a quarter of an hour.
    pub untold: usize,
    /// Rows that were new or changed, and are written.
    pub written: usize,
    /// Allocations that the ledger had as alive and EC2 does not show, asked twice.
    pub missing: Vec<AllocationId>,
    /// What became of these, and of releases that were not final before.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub releases: Vec<Report>,
    /// Addresses that went to instances which had waited for one; in `observe` mode, that would go.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub placed: Vec<PlacedReport>,
    /// Failovers that were finished, or taken up again, or back; after them those that could not be finished.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub failovers: Vec<Report>,
    /// Floating interfaces that are gone since the last sweep.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lost_interfaces: Vec<LostInterfaceReport>,
    /// What threatens addresses that are still here, and what threatens them no more.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub alerts: Vec<AddressAlert>,
    /// Whether each group is ready for a failover.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<GroupReport>,
}

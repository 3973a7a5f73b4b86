//! Asking EC2 for a released address until it is back, refused for good, or the time is up.
//!
//! Races with everybody who wants the address, and with other deliveries of the same event; EC2
//! arbitrates: an address is allocated once. So a refusal, or no answer, always leads to a look: the
//! address may be ours already.

use super::case::Case;
use super::cloud::ReleaseGuardCloud;
use super::decide::own_tags;
use super::plan::ReclaimPlan;
use crate::clock::Clock;
use crate::cloud::{AddressFilter, AllocateAddressRequest, Allocated, CloudError, Missing};
use crate::error::chain;
use crate::ledger::Ledger;
use crate::model::elastic_ip::Address;
use crate::model::ids::AllocationId;
use crate::model::tags::Tags;
use crate::report::Finding;
use std::net::Ipv4Addr;
use std::time::Duration;
use time::OffsetDateTime;

/// The first pause between two requests; each further one is twice as long, up to [`LONGEST_PAUSE`].
/// `AllocateAddress` refills at 5 a second for the account (EC2 API reference, "Request throttling").
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// What a run has asked for, and how it ended.
#[derive(Debug)]
pub(super) struct ReclaimResult {
    pub(super) attempts: ReclaimAttempts,
    /// The tags that the last request had.
    pub(super) tags: Tags,
    pub(super) end: ReclaimOutcome,
}

impl ReclaimResult {
    fn new(attempts: ReclaimAttempts, tags: Tags, end: ReclaimOutcome) -> Self {
        Self {
            attempts,
            tags,
            end,
        }
    }
}

/// How the attempts went, for the report.
#[derive(Debug, Default)]
pub(super) struct ReclaimAttempts {
    /// How many requests were sent.
    pub(super) requests: u32,
    /// When the first of them was.
    pub(super) first_at: Option<OffsetDateTime>,
    /// What a person should know.
    pub(super) findings: Vec<Finding>,
}

/// Whether the address is back.
#[derive(Debug)]
pub(super) enum ReclaimOutcome {
    /// EC2 gave it just now.
    Allocated(AllocationId),
    /// An earlier delivery of the same release had it back.
    AlreadyReclaimed(Address),
    /// An earlier delivery had it back, and that allocation has ended as well.
    ReleasedAgain(AllocationId),
    /// Somebody of this account has it back, not Holdfast.
    HeldByAccount(Address),
    /// The allocation is still there: it was not released, or EC2 does not show it yet.
    NotReleased(CloudError),
    /// It is not to be had now.
    Refused(CloudError),
    /// EC2 did not tell who has it: it may be the account's.
    Unanswered(CloudError),
    /// Another address was given instead, by this run or by an earlier one.
    WrongAddress(WrongAddress),
}

/// An address that nobody asked for. EC2 gives none; an endpoint that only resembles it may.
#[derive(Debug)]
pub(super) struct WrongAddress {
    pub(super) ip: Ipv4Addr,
    pub(super) allocation: AllocationId,
}

/// Asks for the address. A request does not fit `crate::retry`: each refusal leads to a look, and the look decides
/// whether there is anything left to ask for.
pub(super) async fn reclaim_address<C: ReleaseGuardCloud, K: Clock>(
    (cloud, clock): (&C, &K),
    case: &Case<'_>,
    plan: &ReclaimPlan,
) -> Result<ReclaimResult, CloudError> {
    let deadline = case.retry_deadline(clock.now());
    let mut request = plan.request.clone();
    let mut attempts = ReclaimAttempts::default();
    let mut pause = FIRST_PAUSE;
    if plan.check_first {
        let end = match look(cloud, case, request.ip, true).await? {
            Lookup::WrongAddress(wrong) => Some(ReclaimOutcome::WrongAddress(wrong)),
            Lookup::Reclaimed(address) => Some(ReclaimOutcome::AlreadyReclaimed(address)),
            Lookup::HeldByAccount(address) => Some(ReclaimOutcome::HeldByAccount(address)),
            Lookup::OldAllocation | Lookup::Nothing => None,
        };
        if let Some(end) = end {
            return Ok(ReclaimResult::new(attempts, request.tags, end));
        }
    }
    let end = loop {
        attempts.requests += 1;
        attempts.first_at.get_or_insert(clock.now());
        let refusal = match allocate(cloud, &request).await {
            Ok(end) => break end,
            Err(refusal) => refusal,
        };
        if matches!(refusal, CloudError::TagsRefused(_)) {
            let (released, now) = (&case.release.allocation, clock.now());
            let own = own_tags(&plan.snapshot, released, case.settings, now);
            if request.tags.len() > own.len() {
                let finding = tags_refused(&request.tags, &own, &refusal);
                attempts.findings.push(finding);
                request.tags = own;
                continue;
            }
        }
        let was_unanswered = matches!(refusal, CloudError::Other(_));
        let seen = look(cloud, case, request.ip, was_unanswered).await;
        // Whose release nobody told of is the account's after all.
        let is_ours = case.is_asked_for && matches!(seen, Ok(Lookup::OldAllocation));
        let may_try_again =
            !is_ours && may_work_later(&refusal) && deadline.allows(clock.now(), pause);
        if let Some(end) = outcome(seen, refusal, may_try_again) {
            break end;
        }
        clock.sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    };
    Ok(ReclaimResult::new(attempts, request.tags, end))
}

async fn allocate<C: ReleaseGuardCloud>(
    cloud: &C,
    request: &AllocateAddressRequest,
) -> Result<ReclaimOutcome, CloudError> {
    let Allocated { allocation, ip } = cloud.allocate(request).await?;
    Ok(if ip == request.ip {
        ReclaimOutcome::Allocated(allocation)
    } else {
        ReclaimOutcome::WrongAddress(WrongAddress { ip, allocation })
    })
}

/// What a refusal and the look after it come to; none when there is to be another request.
fn outcome(
    seen: Result<Lookup, CloudError>,
    refusal: CloudError,
    may_try_again: bool,
) -> Option<ReclaimOutcome> {
    match seen {
        Ok(Lookup::Reclaimed(address)) => Some(ReclaimOutcome::AlreadyReclaimed(address)),
        Ok(Lookup::HeldByAccount(address)) => Some(ReclaimOutcome::HeldByAccount(address)),
        Ok(Lookup::WrongAddress(wrong)) => Some(ReclaimOutcome::WrongAddress(wrong)),
        _ if may_try_again => None,
        Ok(Lookup::OldAllocation) => Some(ReclaimOutcome::NotReleased(refusal)),
        Ok(Lookup::Nothing) => Some(ReclaimOutcome::Refused(refusal)),
        Err(unseen) => Some(ReclaimOutcome::Unanswered(unseen)),
    }
}

/// An earlier run got it back under `allocation` and could not restore everything.
pub(super) async fn resumed<C: ReleaseGuardCloud>(
    (cloud, ledger): (&C, &impl Ledger),
    plan: &ReclaimPlan,
    allocation: &AllocationId,
) -> Result<ReclaimResult, CloudError> {
    let which = AddressFilter::Allocations(vec![allocation.clone()]);
    let held = cloud.addresses(&which).await?.into_iter().next();
    let end = match held {
        Some(address) => ReclaimOutcome::AlreadyReclaimed(address),
        None if has_ended(ledger, allocation).await? => {
            ReclaimOutcome::ReleasedAgain(allocation.clone())
        }
        None => {
            let tags = plan.request.tags.clone();
            let expected = plan.expected_address(tags, allocation.clone());
            ReclaimOutcome::AlreadyReclaimed(expected)
        }
    };
    let attempts = ReclaimAttempts::default();
    Ok(ReclaimResult::new(attempts, Tags::new(), end))
}

async fn has_ended(ledger: &impl Ledger, allocation: &AllocationId) -> Result<bool, CloudError> {
    let known = ledger.read(allocation).await?;
    Ok(known.snapshot.is_some_and(|row| !row.is_allocated()))
}

enum Lookup {
    Nothing,
    OldAllocation,
    Reclaimed(Address),
    HeldByAccount(Address),
    WrongAddress(WrongAddress),
}

/// What the account has of the address; `at_all`: and whether it has another one that was given instead.
async fn look<C: ReleaseGuardCloud>(
    cloud: &C,
    case: &Case<'_>,
    ip: Ipv4Addr,
    at_all: bool,
) -> Result<Lookup, CloudError> {
    let released = &case.release.allocation;
    let by_ip = AddressFilter::Ip(ip);
    let by_tag = AddressFilter::Tag {
        key: case.settings.tags.reclaimed_from.clone(),
        value: released.to_string(),
    };
    // Never all that the account has: it may be thousands.
    let given = async {
        if at_all {
            cloud.addresses(&by_tag).await
        } else {
            Ok(Vec::new())
        }
    };
    let (held, given) = futures_util::join!(cloud.addresses(&by_ip), given);
    let mut held = held?;
    held.extend(given?);
    let is_ours = |address: &Address| {
        let from = address.tags.get(&case.settings.tags.reclaimed_from);
        from.is_some_and(|from| from == released.as_str())
    };
    if let Some(address) = held.iter().find(|address| address.ip == ip) {
        return Ok(if address.allocation == *released {
            Lookup::OldAllocation
        } else if is_ours(address) {
            Lookup::Reclaimed(address.clone())
        } else {
            Lookup::HeldByAccount(address.clone())
        });
    }
    let wrong = held.into_iter().find(is_ours);
    Ok(wrong.map_or(Lookup::Nothing, |address| {
        Lookup::WrongAddress(WrongAddress {
            ip: address.ip,
            allocation: address.allocation,
        })
    }))
}

/// The exceptions: an address that EC2 does not have to give yet may become free, and so may one that it holds to be
/// another account's.
fn may_work_later(refusal: &CloudError) -> bool {
    refusal.is_transient()
        || refusal.is_missing(Missing::Address)
        || matches!(refusal, CloudError::HeldElsewhere(_))
}

fn tags_refused(wanted: &Tags, own: &Tags, refusal: &CloudError) -> Finding {
    let lost: Vec<String> = wanted
        .iter()
        .filter(|(key, _)| !own.contains_key(*key))
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    Finding {
        what: format!("tags not restored: {}", lost.join(", ")),
        why: format!(
            "EC2 refused them, so the address was asked for without them: {}",
            chain(refusal)
        ),
        next: "set those that the tag policy allows by hand".to_owned(),
    }
}

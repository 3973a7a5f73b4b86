//! Asking EC2 for a released address until it is back, refused for good, or the time is up.
//!
//! Races with everybody who wants the address, and with other deliveries of the same event; EC2
//! arbitrates: an address is allocated once. So a refusal, or no answer, always leads to a look: the
//! address may be ours already.

use super::decide::own_tags;
use super::plan::ReclaimPlan;
use super::{Release, ReleaseGuardCloud};
use crate::clock::Clock;
use crate::cloud::{AddressFilter, Allocated, CloudError, Missing};
use crate::error::chain;
use crate::model::elastic_ip::Address;
use crate::model::ids::AllocationId;
use crate::model::tags::Tags;
use crate::ports::{Delivery, Ports};
use crate::report::Finding;
use crate::settings::Settings;
use std::net::Ipv4Addr;
use std::time::Duration;
use time::OffsetDateTime;

/// The first pause between two requests; each further one is twice as long, up to [`LONGEST_PAUSE`].
/// `AllocateAddress` refills at 5 a second for the account (EC2 API reference, "Request throttling").
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Kept free at the end of a run for writing down how it went.
const TO_RECORD: Duration = Duration::from_secs(4);

/// How the asking ended.
#[derive(Debug)]
pub(super) struct ReclaimResult {
    /// How many requests were sent.
    pub(super) attempts: u32,
    /// The tags that the request finally carried.
    pub(super) tags: Tags,
    /// What a person should know.
    pub(super) findings: Vec<Finding>,
    /// The end.
    pub(super) end: ReclaimOutcome,
}

/// Whether the address is back.
#[derive(Debug)]
pub(super) enum ReclaimOutcome {
    /// EC2 gave it just now.
    Allocated(AllocationId),
    /// An earlier delivery of the same loss had it back.
    AlreadyReclaimed(Address),
    /// An earlier delivery had it back, and that allocation has ended as well.
    ReleasedAgain(AllocationId),
    /// Somebody of this account has it back, not Holdfast.
    HeldByAccount(Address),
    /// The allocation is still there: it was not released, or EC2 does not show it yet.
    NotReleased(CloudError),
    /// It is not to be had now.
    Refused(CloudError),
    /// Another address was given instead, by this run or by an earlier one.
    WrongAddress(WrongAddress),
}

/// An address that nobody asked for. EC2 gives none; an endpoint that only resembles it may.
#[derive(Debug)]
pub(super) struct WrongAddress {
    pub(super) ip: Ipv4Addr,
    pub(super) allocation: AllocationId,
}

pub(super) async fn reclaim_address<C: ReleaseGuardCloud, L, K: Clock>(
    ports: &Ports<C, L, K>,
    settings: &Settings,
    release: &Release,
    plan: &ReclaimPlan,
    delivery: Delivery,
) -> Result<ReclaimResult, CloudError> {
    let until = (ports.clock.now() + settings.retry_for).min(last_moment(delivery));
    let mut request = plan.request.clone();
    let mut findings = Vec::new();
    let mut pause = FIRST_PAUSE;
    let mut attempts = 0;
    if plan.check_first
        && let Lookup::WrongAddress(wrong) =
            look(ports, settings, release, request.ip, true).await?
    {
        return Ok(ReclaimResult {
            attempts,
            tags: request.tags,
            findings,
            end: ReclaimOutcome::WrongAddress(wrong),
        });
    }
    let end = loop {
        attempts += 1;
        let refusal = match ports.cloud.allocate(&request).await {
            Ok(allocated) if allocated.ip == request.ip => {
                break ReclaimOutcome::Allocated(allocated.allocation);
            }
            Ok(Allocated { allocation, ip }) => {
                break ReclaimOutcome::WrongAddress(WrongAddress { ip, allocation });
            }
            Err(refusal) => refusal,
        };
        if matches!(refusal, CloudError::TagsRefused(_)) {
            let own = own_tags(
                &plan.snapshot,
                &release.allocation,
                settings,
                ports.clock.now(),
            );
            if request.tags.len() > own.len() {
                findings.push(tags_refused(&request.tags, &own, &refusal));
                request.tags = own;
                continue;
            }
        }
        let was_unanswered = matches!(refusal, CloudError::Other(_));
        let looked = look(ports, settings, release, request.ip, was_unanswered).await;
        let now = ports.clock.now();
        let may_try_again = may_work_later(&refusal) && now + pause <= until;
        match looked {
            Ok(Lookup::Reclaimed(address)) => break ReclaimOutcome::AlreadyReclaimed(address),
            Ok(Lookup::HeldByAccount(address)) => break ReclaimOutcome::HeldByAccount(address),
            Ok(Lookup::WrongAddress(wrong)) => break ReclaimOutcome::WrongAddress(wrong),
            Ok(Lookup::OldAllocation) if !may_try_again => {
                break ReclaimOutcome::NotReleased(refusal);
            }
            Ok(Lookup::Nothing) if !may_try_again => break ReclaimOutcome::Refused(refusal),
            Err(unseen) if !may_try_again => return Err(unseen),
            _ => {}
        }
        ports.clock.sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    };
    Ok(ReclaimResult {
        attempts,
        tags: request.tags,
        findings,
        end,
    })
}

enum Lookup {
    Nothing,
    OldAllocation,
    Reclaimed(Address),
    HeldByAccount(Address),
    WrongAddress(WrongAddress),
}

/// What the account has of the address; `at_all`: and whether it has another one that was given instead.
async fn look<C: ReleaseGuardCloud, L, K>(
    ports: &Ports<C, L, K>,
    settings: &Settings,
    release: &Release,
    ip: Ipv4Addr,
    at_all: bool,
) -> Result<Lookup, CloudError> {
    let which = if at_all {
        AddressFilter::All
    } else {
        AddressFilter::Ip(ip)
    };
    let held = ports.cloud.addresses(&which).await?;
    let is_ours = |address: &Address| {
        let from = address.tags.get(&settings.tags.reclaimed_from);
        from.is_some_and(|from| from == release.allocation.as_str())
    };
    if let Some(address) = held.iter().find(|address| address.ip == ip) {
        return Ok(if address.allocation == release.allocation {
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

fn may_work_later(refusal: &CloudError) -> bool {
    refusal.is_transient()
        || matches!(
            refusal,
            CloudError::NotFound {
                what: Missing::Address,
                ..
            } | CloudError::HeldElsewhere(_)
        )
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

/// The moment after which a step is not begun any more.
pub(super) fn last_moment(delivery: Delivery) -> OffsetDateTime {
    delivery.ends_at - TO_RECORD
}

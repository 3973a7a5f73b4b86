//! The lease of a group: acquire it before anything is changed, and release it with what was done.
//!
//! Two writes to the ledger in all. Who races for it: every other failover of the group. The ledger arbitrates, with
//! one conditional write. Who finds the lease held waits and looks again: by then the work is mostly done. A lease
//! that is not released ends with the time of its run.

use super::assessment;
use super::case::{AffectedGroup, Case};
use super::cloud::AlarmFailoverCloud;
use super::fencing;
use super::group::{Group, ResourceKind};
use super::held_lease::{HeldLease, LeaseEnd};
use super::messages;
use super::observe;
use super::state::{Look, Observed};
use crate::clock::Clock;
use crate::error::Error;
use crate::ledger::lease::{Acquire, Claim, FailoverRecord, Lease, LeaseHold};
use crate::ledger::{Ledger, Written};
use crate::model::ids::{AllocationId, InstanceId};
use crate::ports::Ports;
use crate::retry::{Backoff, Limit, retry_transient};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use time::OffsetDateTime;

/// The shortest pause before a lease that somebody else has is asked for again, and the first one before a claim
/// without an answer is sent again.
const PAUSE: Duration = Duration::from_millis(250);

/// The first pause before a lease that somebody else has is asked for again; each further one is twice as
/// long.
const WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(8);

/// How often a lease is asked for when the ledger does not answer.
const MAX_CLAIMS: u32 = 3;

/// A lease that was granted, with a look that is no older than it.
#[derive(Debug)]
pub(super) struct Acquired {
    pub(super) held: HeldLease,
    pub(super) look: Look,
    /// How many looks that took.
    pub(super) looks: u32,
}

/// Acquires the lease while the members' health is read.
pub(super) async fn acquire<C: AlarmFailoverCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    case: &Case<'_>,
    affected: &AffectedGroup,
    observed: Observed,
) -> Result<Acquired, Error> {
    let (claim, claimed, health) = {
        let group = Group::named(&affected.group, &observed, case.settings, &[]);
        let sources = assessment::sources(case.cause, &group, &affected.failed_members);
        let now = ports.clock.now();
        let claim = claim_of(case, &group, &observed, &sources, now);
        let health = observe::health(ports, case, &group, &observed, &sources);
        let (claimed, health) = futures_util::join!(ask_for(ports, case, &claim), health);
        (claim, claimed?, health)
    };
    let own = claim.record.clone();
    let (lease, has_waited) = match claimed {
        Acquire::Granted(lease) => (lease, false),
        Acquire::HeldBy(lease) => (wait_for(ports, case, claim, lease).await?, true),
    };
    let last = lease.last.as_ref().and_then(|last| last.ended_at);
    let is_old = has_waited || last.is_some_and(|ended_at| ended_at >= observed.at);
    let held = HeldLease { lease, own };
    if let Ok(health) = health
        && !is_old
    {
        let look = Look::new(observed, health);
        let looks = 1;
        return Ok(Acquired { held, look, looks });
    }
    let sources =
        |group: &Group<'_>| assessment::sources(case.cause, group, &affected.failed_members);
    match observe::look_at_group(ports, case, &affected.group, sources).await {
        Ok(look) => Ok(Acquired {
            held,
            look,
            looks: 2,
        }),
        Err(source) => {
            release(ports, held.lease).await;
            Err(messages::not_observed(case.cause, source))
        }
    }
}

/// Acquires the lease of a group that nothing is to be moved of: the row is to be written anew. A failover that has begun
/// ends first. Beside it: what the claim notes while the lease is held.
pub(super) async fn acquire_row<C, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    case: &Case<'_>,
    group: &str,
) -> Result<HeldLease, Error> {
    let now = ports.clock.now();
    let claim = Claim {
        group: group.to_owned(),
        hold: hold_of(case),
        now,
        record: FailoverRecord {
            cause: case.cause.text.clone(),
            alarms: Vec::new(),
            fired_at: case.cause.at,
            failed_members: BTreeSet::new(),
            pending_reassociation: Vec::new(),
            former_targets: BTreeMap::new(),
            pending_fences: BTreeMap::new(),
            began_at: now,
            ended_at: None,
            to: None,
        },
    };
    let own = claim.record.clone();
    let lease = match ask_for(ports, case, &claim).await? {
        Acquire::Granted(lease) => lease,
        Acquire::HeldBy(lease) => wait_for(ports, case, claim, lease).await?,
    };
    Ok(HeldLease { lease, own })
}

/// Asks for the lease; a claim whose answer was lost is granted to the same owner again.
async fn ask_for<C, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    case: &Case<'_>,
    claim: &Claim,
) -> Result<Acquire, Error> {
    let backoff = Backoff {
        first: PAUSE,
        longest: PAUSE * 2,
        limit: Limit {
            deadline: case.delivery.deadline(Duration::ZERO),
            calls: MAX_CLAIMS,
        },
    };
    let call = || ports.ledger.acquire_lease(claim);
    let answer = retry_transient(&ports.clock, backoff, call).await;
    answer.map_err(Error::LedgerUnread)
}

/// Waits until whoever has the lease releases it, or has had its time.
async fn wait_for<C, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    case: &Case<'_>,
    mut claim: Claim,
    mut lease: Lease,
) -> Result<Lease, Error> {
    let mut wait = WAIT;
    loop {
        let now = ports.clock.now();
        let ends = lease.held.as_ref().map_or(now, |held| held.until);
        let left = Duration::try_from(ends - now).unwrap_or(Duration::ZERO);
        let pause = wait.min(left.max(PAUSE));
        if !case.deadline().allows(now, pause) {
            return Err(messages::lease_taken(&lease));
        }
        ports.clock.sleep(pause).await;
        wait = (wait * 2).min(LONGEST_WAIT);
        claim.now = ports.clock.now();
        match ask_for(ports, case, &claim).await? {
            Acquire::Granted(lease) => return Ok(lease),
            Acquire::HeldBy(still) => lease = still,
        }
    }
}

fn hold_of(case: &Case<'_>) -> LeaseHold {
    LeaseHold {
        owner: format!("{:016x}", case.delivery.run),
        until: case.delivery.ends_at,
    }
}

fn claim_of(
    case: &Case<'_>,
    group: &Group<'_>,
    observed: &Observed,
    sources: &BTreeSet<InstanceId>,
    now: OffsetDateTime,
) -> Claim {
    let pending_reassociation: Vec<AllocationId> = group
        .resources
        .iter()
        .filter_map(|resource| match &resource.cargo {
            ResourceKind::Address(address) => Some((address, resource.location.instance()?)),
            _ => None,
        })
        .filter(|(_, holder)| sources.contains(*holder) && observed.is_down(holder))
        .map(|(address, _)| address.allocation.clone())
        .collect();
    let held = group.resources.iter().filter(|it| it.is_held_by(sources));
    let former_targets = held.filter_map(|resource| match &resource.cargo {
        ResourceKind::Address(address) => {
            let now = group.locations.target_of(address)?;
            Some((address.allocation.clone(), now))
        }
        _ => None,
    });
    Claim {
        group: group.name.to_owned(),
        hold: hold_of(case),
        now,
        record: FailoverRecord {
            cause: case.cause.text.clone(),
            alarms: case.cause.alarms.clone(),
            fired_at: case.cause.at,
            failed_members: sources.clone(),
            pending_reassociation,
            former_targets: former_targets.collect(),
            pending_fences: fencing::fences_for(case, group, sources, observed),
            began_at: now,
            ended_at: None,
            to: None,
        },
    }
}

/// Releases the lease: writes the row without a holder.
pub(super) async fn release<C, L: Ledger, K>(ports: &Ports<C, L, K>, lease: Lease) -> LeaseEnd {
    let released = Lease {
        held: None,
        ..lease
    };
    match ports.ledger.put_lease(&released).await {
        Ok(Written::Stored | Written::Conflict | Written::Unreadable) => LeaseEnd::Released,
        Err(failure) => LeaseEnd::NotReleased(failure),
    }
}

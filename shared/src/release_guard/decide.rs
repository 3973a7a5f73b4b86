//! What is to happen after a release: pure, synchronous, the same for a real run, `observe` mode, the
//! reconciler and the tests.

use super::exemption;
use super::plan::{Conclusion, Decision, FirstDecision, ReclaimPlan};
use super::stack;
use super::state::{Observed, Release};
use crate::cloud::{AllocateAddressRequest, Class, CloudError};
use crate::groups::value_of;
use crate::ledger::release::{LostReason, PendingReason};
use crate::ledger::{ReleaseRecord, ReleaseStatus, Snapshot};
use crate::model::ids::AllocationId;
use crate::model::tags::{MAX_TAGS, RESERVED_TAG_PREFIX, Tags};
use crate::report::{Command, Finding, Outcome, utc};
use crate::settings::{Protection, Settings};
use time::OffsetDateTime;

/// Decides with what the ledger knows.
#[must_use]
pub fn release(
    observed: &Observed,
    release: &Release,
    settings: &Settings,
    now: OffsetDateTime,
) -> FirstDecision {
    if let Some(decision) = decided(observed, release, settings, now) {
        return FirstDecision::Decided(decision);
    }
    // A run that left a record has asked CloudTrail, or has tried to.
    let was_asked = observed.ledger.release.is_some();
    if was_asked && is_past_deadline(release, settings, now) {
        return FirstDecision::Decided(lost_to_the_deadline(settings));
    }
    FirstDecision::LookUpEvents
}

/// Decides with what CloudTrail knows as well.
#[must_use]
pub fn after_lookup(
    observed: &Observed,
    release: &Release,
    settings: &Settings,
    now: OffsetDateTime,
) -> Decision {
    decided(observed, release, settings, now).unwrap_or_else(|| {
        if is_past_deadline(release, settings, now) {
            lost_to_the_deadline(settings)
        } else {
            let told = observed.ledger.snapshot.as_ref().map(|row| row.ip);
            Decision::Conclude(
                told.map_or_else(Conclusion::unknown_address, Conclusion::unconfirmed),
            )
        }
    })
}

/// The ledger's row says another address than CloudTrail, and no look has confirmed the row.
fn contradiction(observed: &Observed, snapshot: &Snapshot) -> Option<Finding> {
    let row = observed.ledger.snapshot.as_ref()?;
    (row.ip != snapshot.ip).then(|| Finding {
        what: format!(
            "the ledger has {} for {}, and CloudTrail says that {} was {}",
            row.ip, row.allocation, row.allocation, snapshot.ip
        ),
        why: "an event told it, and no look at EC2 has confirmed it: it may be forged; CloudTrail's word counts".to_owned(),
        next: "find out who invoked the function reconcile with that event: CloudTrail has data events of Lambda where they \
               are switched on; docs/SECURITY.md has the policy against it"
            .to_owned(),
    })
}

fn with_findings(mut decision: Decision, more: Option<Finding>) -> Decision {
    match &mut decision {
        Decision::Reclaim(plan) => plan.findings.extend(more),
        Decision::Conclude(conclusion) => conclusion.findings.extend(more),
        Decision::Ignore { .. } | Decision::RecordUnreadable | Decision::AlreadyHandled(_) => {}
    }
    decision
}

/// None when it takes the address to decide, and nothing that counts says which it was.
fn decided(
    observed: &Observed,
    release: &Release,
    settings: &Settings,
    now: OffsetDateTime,
) -> Option<Decision> {
    if let Some(call) = &release.call
        && call.region != settings.region
    {
        let (there, here) = (&call.region, &settings.region);
        return Some(Decision::Ignore {
            why: format!("it happened in {there}, and this installation looks after {here}"),
        });
    }
    if observed.ledger.is_release_unreadable {
        return Some(Decision::RecordUnreadable);
    }
    let record = observed.ledger.release.as_ref();
    if let Some(record) = record.filter(|record| record.status.is_final()) {
        return Some(Decision::AlreadyHandled(Box::new(record.clone())));
    }
    if resumed(record).is_none()
        && let Some(why) = exemption::exempt(release, record, settings)
    {
        return Some(let_go(why));
    }
    let snapshot = observed.snapshot.as_ref()?;
    let findings = contradiction(observed, snapshot);
    let decision = of_known_address(snapshot, release, record, settings, now);
    Some(with_findings(decision, findings))
}

fn of_known_address(
    snapshot: &Snapshot,
    release: &Release,
    record: Option<&ReleaseRecord>,
    settings: &Settings,
    now: OffsetDateTime,
) -> Decision {
    if let Some(service) = &snapshot.service_managed {
        return let_go(format!(
            "it was managed by the AWS service `{service}`, which released it"
        ));
    }
    let is_back = resumed(record).is_some();
    let (protection, findings) = protection(snapshot, settings);
    let origin = origin(snapshot, settings);
    if protection == Protection::None {
        return let_go(format!("its protection is `none` ({origin})"));
    }
    if !is_back && let Some(why) = exemption::unprotected_before(release, snapshot) {
        return let_go(why);
    }
    if protection == Protection::Record {
        return Decision::Conclude(Conclusion {
            status: ReleaseStatus::Recorded,
            outcome: Outcome::RecordedOnly,
            why: format!("its protection is `record` ({origin})"),
            findings,
        });
    }
    if !is_back && is_past_deadline(release, settings, now) {
        return lost_to_the_deadline(settings);
    }
    if !is_back && let Some(reclaim_loop) = exemption::reclaim_loop(release, snapshot, settings) {
        return Decision::Conclude(reclaim_loop);
    }
    let plan = plan(snapshot, release, record, findings, settings, now);
    Decision::Reclaim(Box::new(plan))
}

fn let_go(reason: String) -> Decision {
    Decision::Conclude(Conclusion {
        status: ReleaseStatus::LetGo {
            reason: reason.clone(),
        },
        outcome: Outcome::LetGo,
        why: reason,
        findings: Vec::new(),
    })
}

fn lost_to_the_deadline(settings: &Settings) -> Decision {
    let hours = settings.reclaim_deadline.as_secs() / 3600;
    Decision::Conclude(Conclusion {
        status: ReleaseStatus::Lost {
            reason: LostReason::Deadline,
        },
        outcome: Outcome::Lost,
        why: format!("it was released more than {hours} hours ago, the deadline for reclaims"),
        findings: Vec::new(),
    })
}

fn is_past_deadline(release: &Release, settings: &Settings, now: OffsetDateTime) -> bool {
    now - release.released_at > settings.reclaim_deadline
}

/// The protection that tags give to an address, or the default. A value that is none of the three words counts as the
/// default.
#[must_use]
pub fn protection_of(tags: &Tags, settings: &Settings) -> Protection {
    value_of(tags, &settings.tags.protect).unwrap_or(settings.default_protection)
}

/// The protection that an address has, and what a person should know of its tag.
#[must_use]
pub fn protection(snapshot: &Snapshot, settings: &Settings) -> (Protection, Vec<Finding>) {
    let Some(value) = snapshot.tags.get(&settings.tags.protect) else {
        return (settings.default_protection, Vec::new());
    };
    let protection = protection_of(&snapshot.tags, settings);
    if value_of::<Protection>(&snapshot.tags, &settings.tags.protect).is_some() {
        return (protection, Vec::new());
    }
    let key = &settings.tags.protect;
    let finding = Finding {
        what: format!(
            "{} has the tag {key}=`{value}`, which is no protection",
            snapshot.ip
        ),
        why: "expected `reclaim`, `record` or `none`; the default protection applies".to_owned(),
        next: format!(
            "give it the one that you mean: {}",
            Command::ec2("create-tags")
                .with("resources", &snapshot.allocation)
                .tags([(key.as_str(), "reclaim")])
        ),
    };
    (protection, vec![finding])
}

fn origin(snapshot: &Snapshot, settings: &Settings) -> String {
    let key = &settings.tags.protect;
    match snapshot.tags.get(key) {
        Some(value) => format!("tag {key}={value}"),
        None => format!("no tag {key}, so the default"),
    }
}

fn resumed(record: Option<&ReleaseRecord>) -> Option<AllocationId> {
    match &record?.status {
        ReleaseStatus::Reclaimed {
            allocation,
            restored: false,
        } => Some(allocation.clone()),
        _ => None,
    }
}

fn got_wrong_address(record: Option<&ReleaseRecord>) -> bool {
    let reason = PendingReason::WrongAddress;
    record.is_some_and(|record| record.status == ReleaseStatus::Pending { reason })
}

fn plan(
    snapshot: &Snapshot,
    release: &Release,
    record: Option<&ReleaseRecord>,
    mut findings: Vec<Finding>,
    settings: &Settings,
    now: OffsetDateTime,
) -> ReclaimPlan {
    let (tags, left_out) = tags_to_restore(snapshot, release, settings, now);
    findings.extend(left_out);
    ReclaimPlan {
        request: AllocateAddressRequest {
            ip: snapshot.ip,
            pool: snapshot.pool.clone(),
            border_group: release
                .border_group
                .clone()
                .or_else(|| snapshot.border_group.clone()),
            tags,
        },
        snapshot: snapshot.clone(),
        resume: resumed(record),
        check_first: got_wrong_address(record),
        findings,
    }
}

/// The tags of the last snapshot, less those that nobody can set, plus our own two. Our own come first
/// where the limit does not leave room for all.
fn tags_to_restore(
    snapshot: &Snapshot,
    release: &Release,
    settings: &Settings,
    now: OffsetDateTime,
) -> (Tags, Vec<Finding>) {
    let mut tags = own_tags(snapshot, &release.allocation, settings, now);
    let (mut reserved, mut too_many) = (Vec::new(), Vec::new());
    for (key, value) in &snapshot.tags {
        if key.starts_with(RESERVED_TAG_PREFIX) {
            reserved.push(key.as_str());
        } else if tags.contains_key(key) {
        } else if tags.len() < MAX_TAGS {
            tags.insert(key.clone(), value.clone());
        } else {
            too_many.push(key.as_str());
        }
    }
    let mut findings = Vec::new();
    if !reserved.is_empty() {
        findings.push(Finding {
            what: format!("tags not restored: {}", reserved.join(", ")),
            why: "EC2 keeps keys that start with `aws:` for its own services".to_owned(),
            next: stack::keeper(release, Some(snapshot)).of_reserved_tags(),
        });
    }
    if !too_many.is_empty() {
        findings.push(Finding {
            what: format!("tags not restored: {}", too_many.join(", ")),
            why: format!("an address can carry {MAX_TAGS} tags, and Holdfast needs two of them"),
            next: "set them by hand if they matter more than others on this address".to_owned(),
        });
    }
    (tags, findings)
}

/// The tags without which a reclaimed address would not be known as one, or be unprotected.
#[must_use]
pub fn own_tags(
    snapshot: &Snapshot,
    released: &AllocationId,
    settings: &Settings,
    now: OffsetDateTime,
) -> Tags {
    let keys = &settings.tags;
    let mut tags = Tags::from([
        (keys.reclaimed_from.clone(), released.to_string()),
        (keys.reclaimed_at.clone(), utc(now)),
    ]);
    if let Some(protection) = snapshot.tags.get(&keys.protect) {
        tags.insert(keys.protect.clone(), protection.clone());
    }
    tags
}

/// Why an address that EC2 does not give is pending; none where EC2 gave no answer that tells.
#[must_use]
pub fn pending_reason(refusal: &CloudError) -> Option<PendingReason> {
    match refusal {
        // It says what a person can do about it.
        CloudError::LimitExceeded(_) => return Some(PendingReason::OverQuota),
        // `AuthFailure` is no proof that another account has the address. EC2 answers it, too, when it cannot
        // validate the credentials, and no source documents it for an address that is taken.
        // Source: EC2 API reference, "Error codes for the Amazon EC2 API", `AuthFailure`.
        CloudError::HeldElsewhere(_) => return Some(PendingReason::NotAvailable),
        _ => {}
    }
    match refusal.class() {
        Class::Transient => None,
        Class::Denied => Some(PendingReason::Denied),
        Class::Missing(_) => Some(PendingReason::NotAvailable),
        Class::Taken | Class::Refused => Some(PendingReason::Refused),
    }
}

//! What every ledger does with the lease of a group.

use super::Checked;
use super::rows::{NOON, a_former_target};
use futures_util::future::try_join_all;
use holdfast::cloud::CloudError;
use holdfast::ledger::lease::{Acquire, Claim, FailoverRecord, Lease, LeaseHold};
use holdfast::ledger::{Ledger, MemberAlarms, ShownMembers, Written};
use holdfast::settings::Fencing;
use std::collections::BTreeMap;
use time::{Duration, OffsetDateTime};

const HOLD: Duration = Duration::minutes(2);

/// What `owner` asks for at noon.
#[must_use]
pub fn a_claim(group: &str, owner: &str) -> Claim {
    claim_at(NOON, group, owner)
}

fn claim_at(now: OffsetDateTime, group: &str, owner: &str) -> Claim {
    Claim {
        group: group.to_owned(),
        hold: LeaseHold {
            owner: owner.to_owned(),
            until: now + HOLD,
        },
        now,
        record: a_record(owner),
    }
}

/// The episode that `owner` is about to begin.
fn a_record(owner: &str) -> FailoverRecord {
    FailoverRecord {
        cause: format!("alarm seen by {owner}"),
        alarms: vec!["web-1-status".to_owned()],
        fired_at: NOON - Duration::MINUTE,
        failed_members: ["i-1".parse().expect("a prefix and a digit")].into(),
        pending_reassociation: Vec::new(),
        former_targets: BTreeMap::new(),
        pending_fences: BTreeMap::new(),
        began_at: NOON,
        ended_at: None,
        to: None,
    }
}

/// The lease that `claim` is granted.
async fn taken<L: Ledger>(ledger: &L, claim: &Claim) -> Result<Lease, CloudError> {
    match ledger.acquire_lease(claim).await? {
        Acquire::Granted(lease) => Ok(lease),
        Acquire::HeldBy(lease) => panic!("{} was to be granted {lease:?}", claim.hold.owner),
    }
}

/// The lease as somebody else has it, for a claim that is not granted.
async fn refused<L: Ledger>(ledger: &L, claim: &Claim) -> Result<Lease, CloudError> {
    match ledger.acquire_lease(claim).await? {
        Acquire::HeldBy(lease) => Ok(lease),
        Acquire::Granted(lease) => panic!("{} was not to be granted {lease:?}", claim.hold.owner),
    }
}

/// What a sweep has learnt of a group whose one member has this alarm.
fn learnt(alarm: &str) -> MemberAlarms {
    let member = "i-1".parse().expect("a prefix and a digit");
    MemberAlarms::new(
        "web",
        NOON,
        [(member, [alarm.to_owned()].into())].into(),
        ShownMembers::default(),
    )
}

pub async fn what_a_sweep_has_learnt_gives_way_to_its_next_revision_only<L: Ledger>(
    ledger: &L,
) -> Checked {
    assert_eq!(ledger.member_alarms().await?, []);
    let first = learnt("one");
    let second = learnt("two").after(Some(&first));
    assert_eq!(ledger.put_member_alarms(&second).await?, Written::Conflict);
    assert_eq!(ledger.put_member_alarms(&first).await?, Written::Stored);
    assert_eq!(ledger.put_member_alarms(&first).await?, Written::Conflict);
    assert_eq!(ledger.put_member_alarms(&second).await?, Written::Stored);
    assert_eq!(ledger.member_alarms().await?, [second]);
    Ok(())
}

/// The only lease there is.
async fn stored<L: Ledger>(ledger: &L) -> Result<Lease, CloudError> {
    let mut leases = ledger.leases().await?;
    assert_eq!(leases.len(), 1, "{leases:?}");
    Ok(leases.remove(0))
}

pub async fn a_lease_that_is_free_is_taken<L: Ledger>(ledger: &L) -> Checked {
    assert_eq!(ledger.leases().await?, []);
    let claim = a_claim("web", "one");
    let lease = taken(ledger, &claim).await?;
    let expected = Lease {
        lease_number: 1,
        held: Some(claim.hold),
        in_progress: Some(claim.record),
        ..Lease::new("web")
    };
    assert_eq!(lease, expected);
    assert_eq!(stored(ledger).await?, expected);
    Ok(())
}

pub async fn a_lease_that_is_held_is_not_taken<L: Ledger>(ledger: &L) -> Checked {
    let lease = taken(ledger, &a_claim("web", "one")).await?;
    let seen = refused(ledger, &a_claim("web", "two")).await?;
    assert_eq!(seen, lease);
    assert_eq!(stored(ledger).await?, lease);
    Ok(())
}

pub async fn a_lease_is_taken_over_at_its_end_and_not_before<L: Ledger>(ledger: &L) -> Checked {
    let end = taken(ledger, &a_claim("web", "one"))
        .await?
        .held
        .map(|held| held.until);
    assert_eq!(end, Some(NOON + HOLD));
    let just_before = NOON + HOLD - Duration::MILLISECOND;
    refused(ledger, &claim_at(just_before, "web", "two")).await?;
    let lease = taken(ledger, &claim_at(NOON + HOLD, "web", "two")).await?;
    assert_eq!(lease.held.map(|held| held.owner).as_deref(), Some("two"));
    Ok(())
}

pub async fn each_taking_raises_the_fencing_number_by_one<L: Ledger>(ledger: &L) -> Checked {
    for round in 1..=4 {
        let now = NOON + HOLD * i32::try_from(round).unwrap_or(i32::MAX);
        let lease = taken(ledger, &claim_at(now, "web", &format!("owner {round}"))).await?;
        assert_eq!(lease.lease_number, round);
    }
    Ok(())
}

pub async fn what_was_taken_over_cannot_be_stored_by_who_had_it<L: Ledger>(ledger: &L) -> Checked {
    let late = taken(ledger, &a_claim("web", "one")).await?;
    let lease = taken(ledger, &claim_at(NOON + HOLD, "web", "two")).await?;
    let given_back = Lease { held: None, ..late };
    assert_eq!(ledger.put_lease(&given_back).await?, Written::Conflict);
    assert_eq!(stored(ledger).await?, lease);
    Ok(())
}

pub async fn a_lease_that_nobody_took_cannot_be_stored<L: Ledger>(ledger: &L) -> Checked {
    let stored = ledger.put_lease(&Lease::new("web")).await?;
    assert_eq!(stored, Written::Conflict);
    assert_eq!(ledger.leases().await?, []);
    Ok(())
}

pub async fn a_failover_in_progress_is_not_replaced<L: Ledger>(ledger: &L) -> Checked {
    taken(ledger, &a_claim("web", "one")).await?;
    let lease = taken(ledger, &claim_at(NOON + HOLD, "web", "two")).await?;
    assert_eq!(lease.in_progress, Some(a_record("one")));
    Ok(())
}

pub async fn a_lease_that_was_given_back_is_free_and_keeps_what_was_done_last<L: Ledger>(
    ledger: &L,
) -> Checked {
    let lease = taken(ledger, &a_claim("web", "one")).await?;
    let done = FailoverRecord {
        ended_at: Some(NOON + Duration::SECOND),
        ..a_record("one")
    };
    let given_back = Lease {
        held: None,
        in_progress: None,
        last: Some(done.clone()),
        ..lease
    };
    assert_eq!(ledger.put_lease(&given_back).await?, Written::Stored);
    assert_eq!(ledger.put_lease(&given_back).await?, Written::Stored);
    assert_eq!(stored(ledger).await?, given_back);
    let next = taken(ledger, &a_claim("web", "two")).await?;
    assert_eq!(next.lease_number, 2);
    assert_eq!(next.last, Some(done));
    assert_eq!(next.in_progress, Some(a_record("two")));
    Ok(())
}

/// What one sees whose first reply was lost.
pub async fn the_same_owner_is_granted_it_again<L: Ledger>(ledger: &L) -> Checked {
    let first = taken(ledger, &a_claim("web", "one")).await?;
    let again = taken(ledger, &a_claim("web", "one")).await?;
    let expected = Lease {
        lease_number: 2,
        ..first.clone()
    };
    assert_eq!(again, expected);
    assert_eq!(ledger.put_lease(&first).await?, Written::Conflict);
    Ok(())
}

pub async fn the_leases_of_all_groups_are_listed<L: Ledger>(ledger: &L) -> Checked {
    let web = taken(ledger, &a_claim("web", "one")).await?;
    let mail = taken(ledger, &a_claim("mail", "two")).await?;
    let mut leases = ledger.leases().await?;
    leases.sort_by(|one, other| one.group.cmp(&other.group));
    assert_eq!(leases, [mail, web]);
    Ok(())
}

/// By the size of what is in them: a page of `DynamoDB` is 1 MB.
pub async fn more_leases_than_a_page_holds_come_back_complete<L: Ledger>(ledger: &L) -> Checked {
    let groups: Vec<String> = (0..350)
        .map(|number| format!("group-{number:03}"))
        .collect();
    for group in &groups {
        let mut claim = a_claim(group, "one");
        claim.record.alarms = (0..40).map(|number| format!("{number:0>100}")).collect();
        taken(ledger, &claim).await?;
    }
    let mut listed: Vec<String> = Vec::new();
    listed.extend(ledger.leases().await?.into_iter().map(|lease| lease.group));
    listed.sort();
    assert_eq!(listed, groups);
    Ok(())
}

pub async fn of_many_claims_at_once_one_is_granted<L: Ledger>(ledger: &L) -> Checked {
    let claims: Vec<Claim> = (0..8)
        .map(|number| a_claim("web", &format!("owner {number}")))
        .collect();
    let ends = try_join_all(claims.iter().map(|claim| ledger.acquire_lease(claim))).await?;
    let granted: Vec<&Lease> = ends
        .iter()
        .filter_map(|end| match end {
            Acquire::Granted(lease) => Some(lease),
            Acquire::HeldBy(_) => None,
        })
        .collect();
    assert_eq!(granted, [&stored(ledger).await?]);
    assert_eq!(granted[0].lease_number, 1);
    Ok(())
}

pub async fn every_field_of_a_lease_survives<L: Ledger>(ledger: &L) -> Checked {
    let taken = taken(ledger, &a_claim("web & ünïcödé", "one")).await?;
    let later = NOON + Duration::nanoseconds(1_500_000_001);
    let whole = FailoverRecord {
        alarms: Vec::new(),
        pending_reassociation: vec!["eipalloc-1".parse().expect("a prefix and a digit")],
        former_targets: [(
            "eipalloc-1".parse().expect("a prefix and a digit"),
            a_former_target(),
        )]
        .into(),
        pending_fences: [("i-1".parse().expect("a prefix and a digit"), Fencing::Stop)].into(),
        ended_at: Some(later),
        to: Some("i-2".parse().expect("a prefix and a digit")),
        ..a_record("one")
    };
    let full = Lease {
        in_progress: Some(whole.clone()),
        last: Some(whole),
        failback_target_healthy_since: Some(later),
        ..taken
    };
    let bare = Lease {
        lease_number: full.lease_number,
        ..Lease::new(&full.group)
    };
    for lease in [full, bare] {
        assert_eq!(ledger.put_lease(&lease).await?, Written::Stored);
        assert_eq!(stored(ledger).await?, lease);
    }
    Ok(())
}

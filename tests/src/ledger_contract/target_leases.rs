//! What every ledger does with the lease of a target.

use super::Checked;
use super::rows::NOON;
use futures_util::future::try_join_all;
use holdfast::ledger::{Ledger, TargetLease, TargetLeased};
use std::net::Ipv4Addr;
use time::{Duration, OffsetDateTime};

const FIRST: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const SECOND: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);

fn asked_by(owner: &str, private_ip: Ipv4Addr, at: OffsetDateTime) -> TargetLease {
    let eni = "eni-1".parse().expect("a prefix and a digit");
    TargetLease::new((&eni, private_ip), owner.to_owned(), at)
}

pub async fn a_target_that_another_has_is_not_leased_and_the_one_beside_it_is<L: Ledger>(
    ledger: &L,
) -> Checked {
    let leased = asked_by("one", FIRST, NOON);
    assert_eq!(ledger.lease_target(&leased).await?, TargetLeased::Granted);
    let other = asked_by("two", FIRST, NOON + Duration::SECOND);
    assert_eq!(
        ledger.lease_target(&other).await?,
        TargetLeased::HeldByOther
    );
    let beside = asked_by("two", SECOND, NOON + Duration::SECOND);
    assert_eq!(ledger.lease_target(&beside).await?, TargetLeased::Granted);
    Ok(())
}

pub async fn a_target_is_leased_again_by_its_owner_and_at_its_end_by_another<L: Ledger>(
    ledger: &L,
) -> Checked {
    let first = asked_by("one", FIRST, NOON);
    assert_eq!(ledger.lease_target(&first).await?, TargetLeased::Granted);
    let again = asked_by("one", FIRST, NOON + Duration::SECOND);
    assert_eq!(ledger.lease_target(&again).await?, TargetLeased::Granted);
    let early = asked_by("two", FIRST, again.until - Duration::MILLISECOND);
    assert_eq!(
        ledger.lease_target(&early).await?,
        TargetLeased::HeldByOther
    );
    let at_its_end = asked_by("two", FIRST, again.until);
    let ended = ledger.lease_target(&at_its_end).await?;
    assert_eq!(ended, TargetLeased::Granted);
    Ok(())
}

pub async fn a_target_that_was_given_back_is_leased_at_once<L: Ledger>(ledger: &L) -> Checked {
    let first = asked_by("one", FIRST, NOON);
    assert_eq!(ledger.lease_target(&first).await?, TargetLeased::Granted);
    let ended = first.ended(NOON + Duration::SECOND);
    assert_eq!(ledger.lease_target(&ended).await?, TargetLeased::Granted);
    let other = asked_by("two", FIRST, NOON + Duration::SECOND);
    assert_eq!(ledger.lease_target(&other).await?, TargetLeased::Granted);
    assert_eq!(
        ledger.lease_target(&ended).await?,
        TargetLeased::HeldByOther
    );
    Ok(())
}

pub async fn of_many_runs_at_once_one_leases_the_target<L: Ledger>(ledger: &L) -> Checked {
    let asked: Vec<TargetLease> = (0..8)
        .map(|number| asked_by(&format!("run-{number}"), FIRST, NOON))
        .collect();
    let ends = try_join_all(asked.iter().map(|asked| ledger.lease_target(asked))).await?;
    let granted = ends.iter().filter(|&&end| end == TargetLeased::Granted);
    assert_eq!(granted.count(), 1, "{ends:?}");
    assert_eq!(ledger.leases().await?, []);
    Ok(())
}

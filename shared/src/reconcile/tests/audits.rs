//! What CloudTrail's history tells once it is complete: the guard decided on what was known at the time.

use super::super::fixtures::{
    Installation, Trouble, address, associated_at, association, disassociated_at, installation,
    protect, released, somebody, swept, unprotected_at,
};
use crate::ledger::snapshot::AllocationState;
use crate::ledger::{ReleaseStatus, Snapshot};
use crate::model::cloudtrail::Record;
use crate::model::elastic_ip::{Address, Association};
use crate::model::ids::BorderGroup;
use crate::report::{Outcome, Report};
use std::time::Duration;

/// A protected address that was associated and released, of which the guard heard the release only.
async fn back_without_its_place() -> (Installation, Record) {
    let account = installation().knowing(1).await;
    let place = associated_at(1, 7, account.now());
    account.minutes_later(1);
    account.guard_hears(&account.release(1)).await;
    assert_eq!(account.back_as(1).await.0.association, None);
    (account, place)
}

/// Somebody changes the address that is back.
fn change_back(account: &Installation, association: Option<&Association>) {
    for address in account.account().addresses.values_mut() {
        address.association = association.cloned();
    }
}

async fn audit(account: &Installation) -> Report {
    account.minutes_later(30);
    account.calls();
    account.sweep().await
}

fn is_restored(status: &ReleaseStatus) -> bool {
    matches!(status, ReleaseStatus::Reclaimed { restored: true, .. })
}

#[tokio::test]
async fn the_trail_tells_when_an_address_was_released_by_whom_and_in_which_border_group() {
    let account = installation().knowing(1).await;
    let release = account.release_in(1, "eu-west-1-bos-1");
    account.sweep().await;
    let before = account.record(1).await;
    assert_eq!(before.event_id, None);
    account.in_the_trail(release.clone());

    let report = audit(&account).await;

    assert_eq!(swept(&report).releases.len(), 1);
    let after = account.record(1).await;
    assert_eq!(after.event_id, Some(release.call.event_id));
    assert_eq!(after.actor, somebody());
    assert_eq!(after.released_at, release.call.at);
    assert_eq!(
        after.border_group,
        Some(BorderGroup("eu-west-1-bos-1".to_owned()))
    );
    assert_eq!((after.status, after.audited), (before.status, true));
    let ended = account.row(1).await.state;
    assert_eq!(
        ended,
        AllocationState::Released {
            at: release.call.at
        }
    );
}

#[tokio::test]
async fn an_audit_that_finds_nothing_new_reports_nothing_and_is_the_last() {
    let account = installation().knowing(1).await;
    let release = account.in_the_trail(account.release(1));
    account.guard_hears(&release).await;
    let before = account.record(1).await;
    let report = audit(&account).await;
    assert_eq!(report.outcome, Outcome::Refreshed);
    assert_eq!(swept(&report).releases, []);
    assert_eq!(account.calls()["LookupEvents"], 1);
    let after = account.record(1).await;
    assert_eq!(after.updated_at, account.now());
    assert_eq!((after.status, after.audited), (before.status, true));
    audit(&account).await;
    assert!(!account.calls().contains_key("LookupEvents"));
}

#[tokio::test]
async fn a_removal_of_the_tag_that_only_the_trail_knew_of_is_said_once() {
    let account = installation().knowing(1).await;
    account.in_the_trail(unprotected_at(1, account.now()));
    account.minutes_later(1);
    let release = account.in_the_trail(account.release(1));
    let reclaimed = account.guard_hears(&release).await;
    assert_eq!(reclaimed.outcome, Outcome::Reclaimed);

    let report = audit(&account).await;

    assert_eq!(report.outcome, Outcome::LetGo);
    let record = account.record(1).await;
    assert!(record.late_exemption.unwrap().contains("user/somebody"));
    assert!(is_restored(&record.status));
    assert_eq!(account.held().len(), 1);
    assert_eq!(audit(&account).await.outcome, Outcome::Refreshed);
}

#[tokio::test]
async fn a_trail_that_may_not_be_read_is_read_when_it_may() {
    let account = installation().knowing(1).await;
    let release = account.release(1);
    account.sweep().await;
    account.in_the_trail(release.clone());
    account.in_trouble("LookupEvents", Trouble::Denied);
    let report = audit(&account).await;
    assert_eq!(swept(&report).releases, []);
    assert!(!account.record(1).await.audited);
    account.out_of_trouble();
    audit(&account).await;
    assert_eq!(
        account.record(1).await.event_id,
        Some(release.call.event_id)
    );
}

#[tokio::test]
async fn an_association_that_is_told_after_the_reclaim_is_restored() {
    let (account, place) = back_without_its_place().await;
    let report = account.hears(&place).await;
    assert_eq!(report.outcome, Outcome::AlreadyOurs);
    assert_eq!(swept(&audit(&account).await).releases, []);
    let (back, row) = account.back_as(1).await;
    let restored = back.association.unwrap();
    assert_eq!(restored.private_ip, association(7).private_ip);
    assert_eq!(row.association.unwrap().value.id, restored.id);
    assert!(is_restored(&account.record(1).await.status));
}

#[tokio::test]
async fn an_address_that_somebody_associated_meanwhile_stays_where_it_is() {
    let (account, place) = back_without_its_place().await;
    account.in_the_trail(place);
    let elsewhere = Association {
        eni: Some("eni-0b".parse().unwrap()),
        ..association(5)
    };
    change_back(&account, Some(&elsewhere));
    let report = audit(&account).await;
    let told: Vec<&str> = report.findings.iter().map(|it| it.what.as_str()).collect();
    assert_eq!(told, ["203.0.113.1 is perhaps not where it belongs"]);
    assert!(!account.calls().contains_key("AssociateAddress"));
    assert_eq!(account.held()[0].association, Some(elsewhere));
    assert!(is_restored(&account.record(1).await.status));
}

#[tokio::test]
async fn an_address_that_somebody_associated_and_took_away_again_stays_free() {
    let (account, place) = back_without_its_place().await;
    for now in [Some(association(5)), None] {
        account.minutes_later(5);
        change_back(&account, now.as_ref());
        account.sweep().await;
    }
    account.in_the_trail(place);
    audit(&account).await;
    assert!(!account.calls().contains_key("AssociateAddress"));
    assert_eq!(account.held()[0].association, None);
}

#[tokio::test]
async fn an_association_that_had_ended_long_before_the_release_is_not_restored() {
    let account = installation().knowing(1).await;
    let place = associated_at(1, 7, account.now());
    account.hears(&place).await;
    account.minutes_later(1);
    account.hears(&disassociated_at(7, account.now())).await;
    account.minutes_later(3 * 24 * 60);
    let release = account.in_the_trail(account.release(1));
    account.guard_hears(&release).await;
    let report = audit(&account).await;
    assert_eq!(swept(&report).releases, []);
    assert_eq!(account.held()[0].association, None);
}

#[tokio::test]
async fn an_audit_of_what_was_only_recorded_is_quiet_when_the_trail_is_empty() {
    let account = installation().with(Address {
        association: Some(association(7)),
        tags: protect("record"),
        ..address(1)
    });
    account.sweep().await;
    account.minutes_later(5);
    account.release(1);
    assert_eq!(account.sweep().await.outcome, Outcome::RecordedOnly);
    let report = audit(&account).await;
    assert_eq!(swept(&report).releases, []);
    assert!(account.record(1).await.audited);
}

#[tokio::test]
async fn two_sweeps_at_once_audit_a_record_once() {
    let (account, place) = back_without_its_place().await;
    account.in_the_trail(place);
    account.minutes_later(30);
    let before = account.record(1).await;
    account.in_trouble("DescribeAddresses", Trouble::Throttled(2));
    let reports = futures_util::join!(account.sweep(), account.sweep());
    assert!(swept(&reports.0).releases.len() + swept(&reports.1).releases.len() > 0);
    assert_eq!(account.calls()["AssociateAddress"], 1);
    let after = account.record(1).await;
    // Opened again by the one, closed again by the one: the other writes nothing.
    assert_eq!(after.revision, before.revision + 2);
    assert!(after.audited && is_restored(&after.status));
}

/// Settled by a sweep that did not know by whom it was released, and when exactly.
async fn settled_unheard() -> (Installation, Record) {
    let account = installation().knowing(1).await;
    let late = account.release_in(1, "eu-west-1-bos-1");
    account.minutes_later(5);
    account.sweep().await;
    account.minutes_later(1);
    (account, late)
}

#[tokio::test]
async fn an_event_after_a_sweep_tells_the_record_who_when_and_where_and_nothing_else() {
    let (account, late) = settled_unheard().await;
    let (before, row) = (account.record(1).await, account.row(1).await);

    let report = account.guard_hears(&late).await;

    assert_ne!(report.outcome, Outcome::LetGo);
    let told = crate::ledger::ReleaseRecord {
        event_id: Some(late.call.event_id.clone()),
        actor: somebody(),
        released_at: late.call.at,
        border_group: Some(BorderGroup("eu-west-1-bos-1".to_owned())),
        updated_at: account.now(),
        revision: before.revision + 1,
        ..before
    };
    assert_eq!(account.record(1).await, told);
    let ended = Snapshot {
        state: AllocationState::Released { at: late.call.at },
        revision: row.revision + 1,
        ..row
    };
    assert_eq!(account.row(1).await, ended);
    assert_eq!(account.held().len(), 1);
    account.minutes_later(1);
    account.guard_hears(&late).await;
    assert_eq!(
        (account.record(1).await, account.row(1).await),
        (told, ended)
    );
}

#[tokio::test]
async fn an_event_after_a_sweep_that_names_somebody_exempt_is_a_second_thought() {
    let (mut account, late) = settled_unheard().await;
    let pattern = "arn:aws:iam::111122223333:user/some*".parse().unwrap();
    account.settings.exempt_principals = vec![pattern];
    let report = account.guard_hears(&late).await;
    assert_eq!(report.outcome, Outcome::LetGo);
    assert!(account.record(1).await.late_exemption.is_some());
    assert_eq!(account.held().len(), 1);
}

#[tokio::test]
async fn a_row_that_tells_of_a_removal_is_a_second_thought_although_the_run_that_wrote_it_ended() {
    let account = installation().knowing(1).await;
    let late = unprotected_at(1, account.now());
    account.minutes_later(1);
    account.guard_hears(&account.release(1)).await;
    let heard = |row: Snapshot| row.after_record(&late, "holdfast:protect").unwrap();
    account.rewrite(1, heard).await;
    account.minutes_later(1);

    let report = account.sweep().await;

    assert_eq!(report.outcome, Outcome::LetGo);
    assert!(account.record(1).await.late_exemption.is_some());
    account.minutes_later(1);
    let again = account.sweep().await;
    assert_eq!(
        (again.outcome, swept(&again).releases.len()),
        (Outcome::Refreshed, 0)
    );
}

#[tokio::test]
async fn a_reclaim_that_ended_half_way_is_finished() {
    let account = installation().knowing(1).await;
    let place = associated_at(1, 7, account.now());
    account.hears(&place).await;
    account.minutes_later(1);
    account.in_trouble("AssociateAddress", Trouble::Throttled(1_000));
    let release = account.release(1);
    let trigger = crate::events::Trigger::Call(Box::new(release));
    let delivery = crate::ports::Delivery {
        ends_at: account.now() + Duration::from_secs(50),
        run: 0,
    };
    let end =
        crate::release_guard::run(&account.ports, &account.settings, &trigger, delivery).await;
    assert!(end.is_err(), "{end:?}");
    let back = account.back_as(1).await.0;
    assert_eq!(back.association, None);
    account.out_of_trouble();
    account.minutes_later(10);
    let report = account.sweep().await;
    assert_eq!(swept(&report).releases[0].outcome, Outcome::AlreadyOurs);
    let back = account.back_as(1).await.0;
    assert_eq!(
        back.association.unwrap().private_ip,
        association(7).private_ip
    );
    assert!(is_restored(&account.record(1).await.status));
}

#[tokio::test]
async fn the_release_of_another_address_in_the_trail_names_nobody() {
    let account = installation().knowing(1).await;
    account.release(1);
    account.sweep().await;
    let mut others = released(2, account.now());
    others.call.request_id = Some("a call beside that of eipalloc-00000001".to_owned());
    account.in_the_trail(others);
    audit(&account).await;
    let record = account.record(1).await;
    assert_eq!((record.event_id, record.audited), (None, true));
}

#[tokio::test]
async fn what_a_run_learnt_before_it_ended_is_acted_on_by_the_next_one() {
    let account = installation().with(Address {
        tags: protect("record"),
        ..address(1)
    });
    account.sweep().await;
    account.minutes_later(5);
    let release = account.in_the_trail(account.release(1));
    account.guard_hears(&release).await;
    assert_eq!(account.record(1).await.status, ReleaseStatus::Recorded);
    let learnt = |row| Snapshot {
        tags: protect("reclaim"),
        ..row
    };
    account.rewrite(1, learnt).await;
    assert_eq!(audit(&account).await.outcome, Outcome::Reclaimed);
    assert!(account.record(1).await.audited);
}

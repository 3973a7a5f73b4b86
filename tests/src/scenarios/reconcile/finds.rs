//! Everything that a run of reconcile may find: worlds in which it has something to do, or nothing.

use super::{GOOD, Installation, Known};
use crate::client::TestBed;
use crate::scenarios::failover::{
    floating_address, floating_interface, floating_private_ip, new_interface, tag_group,
};
use crate::scenarios::placement::fleet;
use futures_util::FutureExt;
use holdfast::ledger::{Ledger, Snapshot};
use holdfast::settings::Settings;
use std::sync::Arc;
use time::Duration;

/// A world, as the next run of reconcile finds it, and the settings of that run.
pub type Found = (Arc<TestBed>, Settings);

/// A world by its name.
pub type Find = (&'static str, fn() -> Found);

/// All of them.
pub const ALL: [Find; 24] = [
    ("nothing new", || with(|_, _| ())),
    ("a release that no event told of", || with(lose)),
    ("the release of an associated address", || {
        with(|account, known| {
            account.associate(known);
            seen(account);
            lose(account, known);
        })
    }),
    ("an association that changed without an end", || {
        with(|account, known| {
            account.associate(known);
            seen(account);
            drop(account.reassociate(known));
            seen(account);
            lose(account, known);
        })
    }),
    ("the release of what is only recorded", || {
        found(known_as(Some("record")), lose)
    }),
    ("the release of what has no tag", || {
        found(known_as(None), lose)
    }),
    ("two releases", || {
        with(|account, known| {
            let other = account.allocate(Some("record"));
            seen(account);
            lose(account, &other);
            lose(account, known);
        })
    }),
    ("a release while the quota is full", || {
        with(|account, known| {
            lose(account, known);
            account.bed.world().settings().address_quota = 0;
        })
    }),
    ("a release that may not be undone", || {
        with(|account, known| {
            lose(account, known);
            account.bed.world().deny("*", "AllocateAddress");
        })
    }),
    ("a release that somebody else profits from", || {
        with(|account, known| {
            lose(account, known);
            account.bed.world().take_address(&known.ip);
        })
    }),
    ("the release of somebody exempt", || {
        let (bed, mut settings) = with(|account, known| {
            account.bed.world().settings().looked_up_after = Duration::ZERO;
            lose(account, known);
        });
        let owner = "arn:aws:iam::*:user/owner".parse().expect(GOOD);
        settings.exempt_principals = vec![owner];
        (bed, settings)
    }),
    ("an accepted transfer", || {
        with(|account, known| {
            account.offer(known);
            account.pass(Duration::minutes(5));
            account.accept(known);
            account.lose_events();
        })
    }),
    ("an offer that stands", || {
        with(|account, known| {
            account.offer(known);
            account.pass(Duration::minutes(5));
        })
    }),
    ("an offer that was withdrawn, and a release", || {
        with(|account, known| {
            account.offer(known);
            account.pass(Duration::minutes(1));
            account.withdraw(known);
            account.pass(Duration::minutes(1));
            lose(account, known);
        })
    }),
    ("a reclaim that waits and can be had now", || with(waiting)),
    ("a reclaim that waits and is past its deadline", || {
        with(|account, known| {
            waiting(account, known);
            account.pass(Duration::days(4));
        })
    }),
    ("a tombstone that a run left behind", || {
        with(|account, known| {
            lose(account, known);
            let now = account.bed.world().now() - Duration::minutes(1);
            for row in account.snapshots() {
                let ended = Snapshot {
                    revision: row.revision + 1,
                    ..row.ended(now)
                };
                let written = account.bed.ledger.put_snapshot(&ended).now_or_never();
                let _ = written.expect(GOOD).expect(GOOD);
            }
        })
    }),
    ("a protection that only the trail knows of", || {
        found(known_as(None), |account, known| {
            account.protect(known);
            account.lose_events();
            account.release(known);
            account.pass(Duration::minutes(30));
        })
    }),
    ("an instance that waits for an address", || {
        let fleet = fleet().addresses(2).running(1);
        (fleet.bed(), fleet.settings())
    }),
    ("an address to be handed over", || {
        let fleet = fleet()
            .address(&[("holdfast:on-stop", "move")])
            .running(2)
            .holding(0, 0)
            .stopped(0);
        (fleet.bed(), fleet.settings())
    }),
    ("an interface with a stopped holder", || {
        let trio = floating_interface().stopped(0);
        (trio.bed(), trio.settings())
    }),
    ("an address with a stopped holder", || {
        let trio = floating_address()
            .tagged("holdfast:on-stop", "move")
            .stopped(0);
        (trio.bed(), trio.settings())
    }),
    ("a private IP with a stopped holder", || {
        let trio = floating_private_ip().stopped(0);
        (trio.bed(), trio.settings())
    }),
    ("two groups that need help", || {
        let trio = floating_interface().stopped(0);
        let third = trio.members[2].clone();
        let trio = trio.world(|world| {
            let eni = new_interface(world);
            for id in [&eni, &third] {
                tag_group(world, id, &[("holdfast:group", "other")]);
            }
        });
        (trio.bed(), trio.settings())
    }),
];

/// An account with one address that the ledger has known for five minutes, and what happens then.
fn found(known: (Installation, Known), then: impl FnOnce(&mut Installation, &Known)) -> Found {
    let (mut account, known) = known;
    then(&mut account, &known);
    (Arc::clone(&account.bed), account.settings)
}

fn with(then: impl FnOnce(&mut Installation, &Known)) -> Found {
    found(known_as(Some("reclaim")), then)
}

fn known_as(protection: Option<&str>) -> (Installation, Known) {
    let mut account = Installation::new();
    let known = account.allocate(protection);
    account.lose_events();
    seen(&mut account);
    (account, known)
}

/// A run of reconcile sees what is there, five minutes before what comes next.
fn seen(account: &mut Installation) {
    account.lose_events();
    account.pass(Duration::minutes(1));
    account.sweep().expect(GOOD);
    account.pass(Duration::minutes(5));
}

/// It is released, and no event tells of it.
fn lose(account: &mut Installation, known: &Known) {
    account.release(known);
    account.lose_events();
    account.pass(Duration::minutes(5));
}

/// The guard heard of its release, and had to leave it to reconcile.
fn waiting(account: &mut Installation, known: &Known) {
    account.bed.world().settings().address_quota = 0;
    account.release(known);
    account.pass(Duration::minutes(5));
    account.bed.world().settings().address_quota = 100;
}

//! Random histories: however events are lost, doubled, delayed and shuffled on their way, reconcile ends
//! with the same addresses and the same ledger as if each had come at once.
//!
//! One thing nobody can find: an address that was allocated and released between two sweeps while every
//! event about it was lost. So each history begins with a sweep after its allocations. And one thing nobody
//! can know in time: that an address had been associated, where it was looked at after the association had
//! ended and before any event told of it (`DisassociateAddress` names no address). Whether an association that
//! ended before the release is restored is therefore left to the tests of perfect delivery.

use holdfast::ledger::{ReleaseStatus, Snapshot};
use holdfast::model::elastic_ip::Pool;
use holdfast::model::ids::BorderGroup;
use holdfast::model::tags::Tags;
use holdfast_tests::random::random;
use holdfast_tests::scenarios::reconcile::{DeliveryFate, Installation, Known};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use time::Duration;

#[derive(Debug, Clone, Copy)]
enum Step {
    Protect(usize),
    Associate(usize),
    Disassociate(usize),
    Release(usize),
    Transfer(usize),
    Sweep,
}

#[derive(Debug, Clone)]
struct History {
    protected: Vec<bool>,
    steps: Vec<(Step, u16)>,
}

/// How an address and its rows ended.
#[derive(Debug, PartialEq, Eq)]
struct End {
    held: bool,
    at: Option<String>,
    tags: Tags,
    rows_alive: usize,
    /// What the row that is alive says.
    noted: Option<Noted>,
    /// Whether the row of the allocation it began with is a tombstone.
    is_tombstone: Option<bool>,
    release: Option<&'static str>,
}

/// All of a row but what says when, by whom and under which id: where an event was lost, that differs.
#[derive(Debug, PartialEq, Eq)]
struct Noted {
    pool: Pool,
    border_group: Option<BorderGroup>,
    tags: Tags,
    service_managed: Option<String>,
    at: Option<String>,
    reverse_dns: Option<String>,
    is_unprotected: bool,
    is_offered: bool,
    reclaims: usize,
}

impl Noted {
    fn of(row: &Snapshot) -> Self {
        let held = row.association.as_ref().filter(|held| held.until.is_none());
        let name = row.reverse_dns.as_ref().filter(|held| held.until.is_none());
        Self {
            pool: row.pool.clone(),
            border_group: row.border_group.clone(),
            tags: timeless(row.tags.clone()),
            service_managed: row.service_managed.clone(),
            at: held.and_then(|held| held.value.private_ip.map(|ip| ip.to_string())),
            reverse_dns: name.map(|held| held.value.clone()),
            is_unprotected: row.unprotected.is_some(),
            is_offered: row.transfer_offer.is_some(),
            reclaims: row.reclaims.len(),
        }
    }
}

fn steps() -> impl Strategy<Value = Step> {
    let number = 0..3_usize;
    prop_oneof![
        2 => number.clone().prop_map(Step::Protect),
        3 => number.clone().prop_map(Step::Associate),
        2 => number.clone().prop_map(Step::Disassociate),
        3 => number.clone().prop_map(Step::Release),
        1 => number.prop_map(Step::Transfer),
        1 => Just(Step::Sweep),
    ]
}

fn histories() -> impl Strategy<Value = History> {
    let protected = proptest::collection::vec(any::<bool>(), 3);
    let steps = proptest::collection::vec((steps(), 7..120_u16), 1..12);
    (protected, steps).prop_map(|(protected, steps)| History { protected, steps })
}

fn fates() -> impl Strategy<Value = Vec<DeliveryFate>> {
    let fate = prop_oneof![
        3 => (1..900_u16).prop_map(DeliveryFate::After),
        1 => (1..900_u16, 1..900_u16).prop_map(|(one, other)| DeliveryFate::Twice(one, other)),
        2 => Just(DeliveryFate::Lost),
    ];
    proptest::collection::vec(fate, 1..24)
}

fn ends_of(history: &History, fates: &[DeliveryFate]) -> BTreeMap<String, End> {
    let mut account = Installation::new();
    account.fates(fates);
    let protection = |is: &bool| is.then_some("reclaim");
    let known: Vec<Known> = history
        .protected
        .iter()
        .map(|is| account.allocate(protection(is)))
        .collect();
    account.pass(Duration::minutes(1));
    account.sweep().unwrap();
    let mut gone = BTreeSet::new();
    for (step, seconds) in &history.steps {
        take(&mut account, &known, &mut gone, *step);
        account.pass(Duration::seconds(i64::from(*seconds)));
    }
    account.come_to_rest().unwrap();
    let mut ends = BTreeMap::new();
    for (number, known) in known.iter().enumerate() {
        let mut end = end_of(&account, known);
        if lost_its_association_first(history, number) {
            end.at = None;
            end.noted = end.noted.map(|noted| Noted { at: None, ..noted });
        }
        ends.insert(known.ip.clone(), end);
    }
    ends
}

/// Whether an address was disassociated some time before it was released.
fn lost_its_association_first(history: &History, number: usize) -> bool {
    let mut steps = history.steps.iter().map(|(step, _)| *step);
    let is_ended = |step| matches!(step, Step::Disassociate(it) if it == number);
    let is_released = |step| matches!(step, Step::Release(it) if it == number);
    steps.any(is_ended) && steps.any(is_released)
}

fn take(account: &mut Installation, known: &[Known], gone: &mut BTreeSet<usize>, step: Step) {
    let (Step::Protect(number)
    | Step::Associate(number)
    | Step::Disassociate(number)
    | Step::Release(number)
    | Step::Transfer(number)) = step
    else {
        account.sweep().unwrap();
        return;
    };
    if gone.contains(&number) {
        return;
    }
    let address = &known[number];
    match step {
        Step::Protect(_) => account.protect(address),
        Step::Associate(_) => account.associate(address),
        Step::Disassociate(_) => account.disassociate(address),
        Step::Release(_) => account.release(address),
        Step::Transfer(_) | Step::Sweep => {
            account.offer(address);
            account.pass(Duration::seconds(30));
            account.accept(address);
        }
    }
    if matches!(step, Step::Release(_) | Step::Transfer(_)) {
        gone.insert(number);
    }
}

/// The tags less the one that says when an address was taken back: that differs from run to run.
fn timeless(mut tags: Tags) -> Tags {
    tags.remove("holdfast:reclaimed-at");
    tags
}

fn end_of(account: &Installation, known: &Known) -> End {
    let held = account.held(&known.ip);
    let rows = account.snapshots();
    let alive: Vec<_> = rows
        .iter()
        .filter(|row| row.is_allocated() && row.ip.to_string() == known.ip)
        .collect();
    let releases = account.releases();
    let release = releases
        .iter()
        .find(|release| release.allocation.as_str() == known.allocation);
    let tags = held.iter().flat_map(|address| &address.tags);
    let began_with = rows
        .iter()
        .find(|row| row.allocation.as_str() == known.allocation);
    End {
        held: held.is_some(),
        tags: timeless(
            tags.map(|tag| (tag.key.clone(), tag.value.clone()))
                .collect(),
        ),
        noted: alive.first().map(|row| Noted::of(row)),
        is_tombstone: began_with.map(|row| !row.is_allocated()),
        at: held
            .and_then(|address| address.association)
            .map(|now| now.private_ip_address),
        rows_alive: alive.len(),
        release: release.map(|release| match release.status {
            ReleaseStatus::Pending { .. } => "pending",
            ReleaseStatus::Reclaimed { restored: true, .. } => "reclaimed",
            ReleaseStatus::Reclaimed {
                restored: false, ..
            } => "half reclaimed",
            ReleaseStatus::Lost { .. } => "lost",
            ReleaseStatus::LetGo { .. } => "let go",
            ReleaseStatus::Transferred { .. } => "transferred",
            ReleaseStatus::Recorded => "recorded",
        }),
    }
}

proptest! {
    #![proptest_config(random(512))]

    #[test]
    fn whatever_becomes_of_the_events_the_end_is_that_of_perfect_delivery(
        history in histories(),
        fates in fates(),
    ) {
        let perfect = ends_of(&history, &[DeliveryFate::After(1)]);
        let chaotic = ends_of(&history, &fates);
        prop_assert_eq!(perfect, chaotic);
    }
}

#[test]
fn perfect_delivery_ends_as_it_should() {
    let history = History {
        protected: vec![true, false, true],
        steps: vec![
            (Step::Associate(0), 60),
            (Step::Release(0), 60),
            (Step::Release(1), 60),
            (Step::Transfer(2), 60),
        ],
    };
    let ends = ends_of(&history, &[DeliveryFate::After(1)]);
    let told: Vec<_> = ends
        .values()
        .map(|end| (end.held, end.at.as_deref(), end.release))
        .collect();
    assert_eq!(
        told,
        [
            (true, Some("10.0.0.5"), Some("reclaimed")),
            (false, None, Some("recorded")),
            (false, None, Some("transferred")),
        ]
    );
}

/// What the random histories rest on: it is reconcile's runs that bring the address back.
#[test]
fn a_release_whose_events_are_lost_stays_lost_until_reconcile_runs() {
    let mut account = Installation::new();
    let known = account.allocate(Some("reclaim"));
    account.pass(Duration::minutes(1));
    account.sweep().unwrap();
    account.fates(&[DeliveryFate::Lost]);
    account.release(&known);
    account.pass(Duration::hours(1));
    assert!(account.held(&known.ip).is_none());
    account.sweep().unwrap();
    assert!(account.held(&known.ip).is_some());
}

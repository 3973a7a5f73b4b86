//! Every order: lives of one address of up to five calls, each told in every order, with one event lost or doubled,
//! and a sweep anywhere between. The end is the same as in order, in EC2 and in the ledger.
//!
//! A state that two orders lead to is followed once: what comes after depends on the rows, on EC2, and on the events
//! that are left. So every history is covered, and counted, without playing each of them. The two instances are alike,
//! so a life begins on the first.

use ec2_sim::World;
use futures_util::FutureExt;
use holdfast::events::{Trigger, parse};
use holdfast::ledger::snapshot::Lock;
use holdfast::ledger::{Ledger, MemoryLedger, ReleaseRecord, ReleaseStatus, Snapshot};
use holdfast::report::Report;
use holdfast::settings::Settings;
use holdfast_tests::client::TestBed;
use holdfast_tests::explorer::promises::addresses;
use holdfast_tests::scenarios::reconcile::lives::{Account, Life, MAX_CALLS, lives};
use holdfast_tests::scenarios::reconcile::{Installation, play};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Instant;
use time::Duration;

/// When the address came to where it belongs, and the ledger to what was so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Known {
    /// With the last event.
    InTime,
    /// The same, but for when its last association ended: the call that ended it names no address, and was lost or came
    /// before anything told of the association.
    WithoutEnd,
    /// The address with the last event, the rows with CloudTrail's history.
    RowsLater,
    /// With CloudTrail's history: no event that came, and no read, had told.
    Later,
}

/// What is told of an address that did not come back, or not to its place, with the last event.
const TOLD: &str = "was restored on too little";

type Counts = BTreeMap<Known, u64>;

/// What outlives a delivery.
#[derive(Clone)]
struct State {
    world: World,
    ledger: MemoryLedger,
    /// How often each event is still to come.
    left: Vec<u8>,
    sweeps: u8,
    /// Whether a report has told of a restoration that went by too little.
    told: bool,
    path: String,
}

impl State {
    fn fork(&self) -> Self {
        Self {
            ledger: self.ledger.fork(),
            ..self.clone()
        }
    }

    fn run(&mut self, trigger: Trigger, settings: &Settings) -> Report {
        let bed = TestBed::with_ledger(self.world.clone(), self.ledger.clone());
        let client = bed.client("holdfast-reconcile");
        let ended = play(client, settings.clone(), trigger).now_or_never();
        let report = ended.expect("no fault stops it");
        let report = report.unwrap_or_else(|error| panic!("{}: {error:?}", self.path));
        assert_eq!(bed.broken(), Vec::<String>::new(), "{}", self.path);
        self.world = bed.world().clone();
        self.told |= format!("{report:?}").contains(TOLD);
        report
    }

    fn deliver(&mut self, event: &Value, settings: &Settings) -> Report {
        let trigger = parse(event).expect("the simulator's events can be read");
        self.run(trigger, settings)
    }

    fn sweep(&mut self, settings: &Settings) -> Report {
        let at = self.world.now();
        self.run(Trigger::Schedule { at }, settings)
    }

    /// Holdfast's own calls are told as well.
    fn drain(&mut self, settings: &Settings) {
        self.world.advance(Duration::seconds(10));
        for event in self.world.take_events() {
            self.deliver(&event, settings);
        }
    }

    fn snapshots(&self) -> Vec<Snapshot> {
        let rows = self.ledger.snapshots().now_or_never();
        rows.and_then(Result::ok).unwrap_or_default()
    }

    /// All that a later run can see. How often a row was written decides nothing.
    fn fingerprint(&self) -> (u64, u64) {
        let view = addresses(&self.world);
        let seen = (self.world.now(), format!("{view:?}"));
        let (mut rows, mut releases) = (self.snapshots(), self.ledger.releases());
        for row in &mut rows {
            row.revision = 0;
        }
        for row in &mut releases {
            row.revision = 0;
        }
        let rows = format!("{rows:?}{releases:?}");
        let (mut one, mut other) = (DefaultHasher::new(), DefaultHasher::new());
        (&seen, &rows, &self.left, self.sweeps, self.told).hash(&mut one);
        (&rows, &seen, self.told, self.sweeps, &self.left).hash(&mut other);
        (one.finish(), other.finish())
    }
}

/// What is the same in the end, however the events came.
#[derive(Debug, Clone, PartialEq)]
struct End {
    row: Snapshot,
    record: ReleaseRecord,
}

impl End {
    fn of(state: &State, released: &str) -> Option<Self> {
        let mut rows = state.snapshots().into_iter();
        let row = rows.find(|row| row.allocation.as_str() == released)?;
        let record = state.ledger.releases().into_iter();
        let mut record = record.clone().find(|it| it.allocation == row.allocation)?;
        // The new allocation, and how often and when it was written, differ from history to history.
        if let ReleaseStatus::Reclaimed { allocation, .. } = &mut record.status {
            *allocation = row.allocation.clone();
        }
        record.restoration = None;
        (record.attempts, record.revision, record.updated_at) = (0, 0, record.released_at);
        // So does when something was first seen: by a look, or by the call itself.
        let at = record.released_at;
        let mut row = Snapshot {
            revision: 0,
            observed_at: at,
            tags_as_of: at,
            as_of: at,
            ..row.without_fact_log()
        };
        if let Some(held) = &mut row.association {
            held.since = at;
        }
        Some(Self { row, record })
    }

    fn without_end(&self) -> Self {
        let mut end = self.clone();
        if let Some(held) = &mut end.row.association {
            held.until = None;
        }
        for unlocked in [&mut end.row.unlocked, &mut end.record.unlocked] {
            unlocked.retain(|unlocked| unlocked.what != Lock::Association);
        }
        end
    }
}

/// One life, told in every order.
struct Telling {
    settings: Settings,
    life: Life,
    account: Account,
    events: Vec<Value>,
    in_order: Option<End>,
    known: HashMap<(u64, u64), Counts>,
    wrong: Vec<String>,
}

impl Telling {
    /// The life takes place, with a sweep after so many of its calls; the account before anything is told.
    fn of(life: &Life, sweep_after: Option<usize>, mut account: Account) -> (Self, State) {
        let mut state = State {
            world: World::new(),
            ledger: MemoryLedger::default(),
            left: vec![1; life.steps.len()],
            sweeps: u8::from(sweep_after.is_none()),
            told: false,
            path: format!("{life:?}, a sweep after {sweep_after:?}:"),
        };
        let settings = Installation::new().settings().clone();
        let mut look = |account: &mut Account| {
            state.world = account.world.clone();
            state.sweep(&settings);
            account.world = state.world.clone();
        };
        if life.is_known {
            account.begin_known();
            look(&mut account);
        }
        for (number, step) in life.steps.iter().enumerate() {
            if sweep_after == Some(number) {
                look(&mut account);
            }
            account.take(*step);
        }
        account.world.advance(Duration::seconds(30));
        let events = account.world.take_events();
        assert_eq!(events.len(), life.steps.len(), "one event for each call");
        state.world = account.world.clone();
        let mut telling = Self {
            settings,
            life: life.clone(),
            account,
            events,
            in_order: None,
            known: HashMap::new(),
            wrong: Vec::new(),
        };
        let mut in_order = state.fork();
        for event in &telling.events {
            in_order.deliver(event, &telling.settings);
        }
        telling.come_to_rest(&mut in_order);
        telling.in_order = End::of(&in_order, telling.account.released());
        (telling, state)
    }

    /// With each event once, with one lost, with one doubled.
    fn every_order(&mut self, state: &State) -> Counts {
        let mut counts = self.follow(state);
        for event in 0..self.events.len() {
            let mut lost = state.fork();
            lost.left[event] = 0;
            add(&mut counts, &self.follow(&lost));
            if self.is_doubled_too(state) {
                let mut doubled = state.fork();
                doubled.left[event] = 2;
                if self.events.len() == MAX_CALLS {
                    doubled.sweeps = 0;
                }
                add(&mut counts, &self.follow(&doubled));
            }
        }
        counts
    }

    /// In the longest lives a doubled event and a sweep do not meet. That would be half of all histories, and a call that
    /// comes again only finds itself in the row.
    fn is_doubled_too(&self, state: &State) -> bool {
        self.events.len() < MAX_CALLS || state.sweeps > 0
    }

    fn follow(&mut self, state: &State) -> Counts {
        let seen = state.fingerprint();
        if let Some(counts) = self.known.get(&seen) {
            return counts.clone();
        }
        let mut counts = Counts::new();
        if state.left.iter().all(|left| *left == 0) {
            add(&mut counts, &self.end(state));
        }
        for event in 0..self.events.len() {
            if state.left[event] > 0 {
                let mut next = state.fork();
                next.left[event] -= 1;
                let step = format!(" {:?}", self.life.steps[event]);
                next.path.push_str(&step);
                next.deliver(&self.events[event], &self.settings);
                add(&mut counts, &self.follow(&next));
            }
        }
        if state.sweeps > 0 {
            let mut next = state.fork();
            next.sweeps -= 1;
            next.path.push_str(" sweep");
            next.sweep(&self.settings);
            add(&mut counts, &self.follow(&next));
        }
        self.known.insert(seen, counts.clone());
        counts
    }

    /// CloudTrail's history is complete, and reconcile has read it.
    fn come_to_rest(&self, state: &mut State) {
        state.drain(&self.settings);
        for minutes in [25, 5] {
            state.world.advance(Duration::minutes(minutes));
            state.sweep(&self.settings);
            state.drain(&self.settings);
        }
    }

    fn end(&mut self, state: &State) -> Counts {
        let mut end = state.fork();
        end.drain(&self.settings);
        let released = self.account.released().to_owned();
        let wanted = self.life.wanted();
        let place = self.account.whereabouts(&end.world);
        let rows = End::of(&end, &released);
        let is_in_time = place == wanted;
        let rows_in_time =
            rows.as_ref().map(|end| &end.row) == self.in_order.as_ref().map(|end| &end.row);
        self.come_to_rest(&mut end);
        let place_later = self.account.whereabouts(&end.world);
        let rows_later = End::of(&end, &released);
        if place_later != wanted {
            self.wrong.push(format!(
                "{}: {place_later:?} instead of {wanted:?}",
                end.path
            ));
        }
        let without_end = |end: &Option<End>| end.as_ref().map(End::without_end);
        if without_end(&rows_later) != without_end(&self.in_order) {
            let differs = differing(self.in_order.as_ref(), rows_later.as_ref());
            self.wrong.push(format!("{}: {differs}", end.path));
        }
        let known = match (is_in_time, rows_in_time) {
            (false, _) => Known::Later,
            (true, true) => Known::InTime,
            (true, false) if rows_later != self.in_order => Known::WithoutEnd,
            (true, false) => Known::RowsLater,
        };
        if known == Known::Later && place.is_some() && !end.told {
            self.wrong.push(format!(
                "{}: {place:?} at first, and nobody is told",
                end.path
            ));
        }
        Counts::from([(known, 1)])
    }
}

fn add(counts: &mut Counts, more: &Counts) {
    for (known, number) in more {
        *counts.entry(*known).or_default() += number;
    }
}

/// The lines in which the second differs.
fn differing(one: Option<&End>, other: Option<&End>) -> String {
    let [one, other] = [one, other].map(|end| format!("{end:#?}"));
    let lines = other.lines().zip(one.lines());
    let differing = lines.filter(|(is, was)| is != was);
    let differing = differing.map(|(is, was)| format!("{} instead of {}", is.trim(), was.trim()));
    differing.take(6).collect::<Vec<_>>().join("; ")
}

/// Every life, and how many histories it has.
fn tell_all(lives: &[Life], account: &Account) -> Counts {
    let started = Instant::now();
    let (mut counts, mut states, mut wrong) = (Counts::new(), 0, Vec::new());
    for life in lives {
        let sweeps = (0..life.steps.len()).map(Some).chain([None]);
        for sweep_after in sweeps {
            let (mut telling, state) = Telling::of(life, sweep_after, account.clone());
            add(&mut counts, &telling.every_order(&state));
            states += telling.known.len();
            wrong.extend(telling.wrong.into_iter().take(1));
        }
    }
    let histories: u64 = counts.values().sum();
    println!(
        "{} lives, {histories} histories over {states} states in {:?}: {counts:?}",
        lives.len(),
        started.elapsed()
    );
    assert!(wrong.is_empty(), "{} are wrong: {wrong:#?}", wrong.len());
    counts
}

/// How many histories end in which way. Those that nobody could have known in time are among them: fewer are better.
fn pinned([in_time, without_end, rows_later, later]: [u64; 4]) -> Counts {
    Counts::from([
        (Known::InTime, in_time),
        (Known::WithoutEnd, without_end),
        (Known::RowsLater, rows_later),
        (Known::Later, later),
    ])
}

#[test]
fn an_address_that_the_ledger_knows_ends_where_it_was_last_in_every_order() {
    let counts = tell_all(&lives(true), &Account::new());
    assert_eq!(counts, pinned([54_751, 37_338, 1_643, 5_792]));
}

/// Nobody has looked at it before its release, so it is asked for only when CloudTrail's history has its allocation.
#[test]
fn an_address_from_its_allocation_on_ends_where_it_was_last_in_every_order() {
    let counts = tell_all(&lives(false), &Account::new());
    assert_eq!(counts, pinned([9_157, 12_998, 9_013, 27_708]));
}

#[test]
fn calls_that_name_an_instance_alone_end_where_it_was_last_in_every_order() {
    let mut short = lives(true);
    short.retain(|life| life.steps.len() <= 3);
    let counts = tell_all(&short, &Account::new().naming_instances());
    assert_eq!(counts, pinned([1_495, 183, 38, 80]));
}

//! Holdfast's client of the simulated EC2: its own traits, in one process, without a network.
//!
//! A [`TestBed`] is what outlives a run: the world, the ledger and the [`faults::FaultInjector`] through which every
//! call goes. A [`Client`] is one run's way to it. The injector can end the run at any call, lose a reply,
//! throttle, and hold a call back so that two runs can be interleaved at their call boundaries.

mod cloud;
pub mod faults;
mod health;
mod instances;
mod ledger;
mod moves;
mod networks;
pub mod virtual_time;

#[cfg(test)]
mod tests;

use crate::promises::{self, AccountView, LeaseCaller, LeasedCall, UnderLease};
use ec2_sim::World;
use ec2_sim::api::{Caller, Ec2Error, Request, Response};
use faults::FaultInjector;
use futures_util::FutureExt;
use holdfast::clock::Clock;
use holdfast::ledger::{Ledger, MemoryLedger, ReleaseRecord};
use holdfast::ports::{Delivery, Ports};
use holdfast_look::RecordedRun;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use time::OffsetDateTime;
use virtual_time::VirtualTime;

pub use ec2_sim::world::ACCOUNT;

/// What outlives a run.
#[derive(Debug)]
pub struct TestBed {
    world: Mutex<World>,
    /// The ledger's rows.
    pub ledger: MemoryLedger,
    /// Where every call goes through.
    pub faults: FaultInjector,
    broken: Mutex<Vec<String>>,
    intruder: Mutex<Option<Intruder>>,
    virtual_time: VirtualTime,
    may_lose: Mutex<BTreeSet<String>>,
    commands: Mutex<BTreeMap<faults::Run, Option<String>>>,
    leased_calls: Mutex<Vec<(LeasedCall, Request)>>,
    intruded: AtomicBool,
    checks_looks: AtomicBool,
    only_measures: AtomicBool,
    looks: Mutex<Vec<RecordedRun>>,
}

/// What somebody else does to the account in the middle of a run.
pub type Intrusion = Box<dyn FnOnce(&mut World) + Send>;

struct Intruder {
    before_call: usize,
    intrusion: Intrusion,
}

impl std::fmt::Debug for Intruder {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "an intruder before call {}", self.before_call)
    }
}

impl TestBed {
    /// A test bed around a world, with an empty ledger.
    #[must_use]
    pub fn new(world: World) -> Arc<Self> {
        Self::with_ledger(world, MemoryLedger::default())
    }

    /// The same with a ledger that is there already.
    #[must_use]
    pub fn with_ledger(world: World, ledger: MemoryLedger) -> Arc<Self> {
        Arc::new(Self {
            world: Mutex::new(world),
            ledger,
            faults: FaultInjector::default(),
            broken: Mutex::default(),
            intruder: Mutex::default(),
            virtual_time: VirtualTime::default(),
            may_lose: Mutex::default(),
            commands: Mutex::default(),
            leased_calls: Mutex::default(),
            intruded: AtomicBool::default(),
            checks_looks: AtomicBool::default(),
            only_measures: AtomicBool::default(),
            looks: Mutex::default(),
        })
    }

    /// Lets somebody else act right before the first EC2 call whose number, counted over all calls
    /// from 0, is not below `before_call`.
    pub fn intrude(&self, before_call: usize, intrusion: Intrusion) {
        *self.intruder.lock().unwrap_or_else(PoisonError::into_inner) = Some(Intruder {
            before_call,
            intrusion,
        });
    }

    fn let_the_intruder_in(&self, world: &mut World) {
        let mut intruder = self.intruder.lock().unwrap_or_else(PoisonError::into_inner);
        let number = self.faults.count().saturating_sub(1);
        if let Some(due) = intruder.take_if(|intruder| number >= intruder.before_call) {
            let before = AccountView::of(world);
            (due.intrusion)(world);
            let after = AccountView::of(world);
            for (call, request) in self.leased_calls().iter_mut() {
                call.is_undone |= promises::is_undone(request, &before, &after);
            }
            self.intruded.store(true, Ordering::Relaxed);
        }
    }

    /// Whether somebody else has acted in the middle of a run.
    #[must_use]
    pub fn was_intruded_on(&self) -> bool {
        self.intruded.load(Ordering::Relaxed)
    }

    /// From here on, each run is had again from its look, and has to end as it did.
    pub fn check_looks(&self) {
        self.checks_looks.store(true, Ordering::Relaxed);
    }

    /// Whether it is so.
    #[must_use]
    pub fn checks_looks(&self) -> bool {
        self.checks_looks.load(Ordering::Relaxed)
    }

    /// From here on, no call and no run is held to the promises. Each such check looks at the whole account, so that a
    /// thousand calls in an account of a thousand take minutes. For measurements: what they measure is checked elsewhere.
    pub fn only_measure(&self) {
        self.only_measures.store(true, Ordering::Relaxed);
    }

    /// Whether calls and runs are held to the promises.
    #[must_use]
    pub fn checks_promises(&self) -> bool {
        !self.only_measures.load(Ordering::Relaxed)
    }

    pub(crate) fn note_look(&self, look: RecordedRun) {
        let mut looks = self.looks.lock().unwrap_or_else(PoisonError::into_inner);
        looks.push(look);
    }

    /// The looks of the runs that ended since.
    #[must_use]
    pub fn looks(&self) -> Vec<RecordedRun> {
        let looks = self.looks.lock();
        looks.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether what was true at a run's last read is true when the run ends: nobody else acts between, and no
    /// time passes.
    #[must_use]
    pub fn is_still(&self) -> bool {
        !self.was_intruded_on() && !self.virtual_time.is_on()
    }

    /// Somebody says that an instance may lose what it has: a person by a switchover, EC2 by a warning, an
    /// alarm that does not name it.
    pub fn give_up(&self, instance: &str) {
        self.may_lose().insert(instance.to_owned());
    }

    fn may_lose(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.may_lose.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The promises that calls have broken so far.
    #[must_use]
    pub fn broken(&self) -> Vec<String> {
        self.broken
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// What was to be changed under the groups' leases, in its order.
    #[must_use]
    pub fn called_under_leases(&self) -> Vec<LeasedCall> {
        let calls = self.leased_calls();
        calls.iter().map(|(call, _)| call.clone()).collect()
    }

    fn leased_calls(&self) -> MutexGuard<'_, Vec<(LeasedCall, Request)>> {
        let leased_calls = self.leased_calls.lock();
        leased_calls.unwrap_or_else(PoisonError::into_inner)
    }

    /// Carries out a call of Holdfast's, and checks that it changed nothing that it must not change.
    fn call(&self, client: &Client, request: &Request) -> Result<Response, Ec2Error> {
        let caller = &client.caller;
        let mut world = self.world();
        self.let_the_intruder_in(&mut world);
        if request.is_read() || !self.checks_promises() {
            return world.call(caller, request, false);
        }
        let mut before = AccountView::of(&world);
        before.may_lose.extend(self.may_lose().iter().cloned());
        before.misplaced.extend(self.misplaced(request));
        let judged = self.judged(client, request, &before, world.now());
        let mut broken = judged.broken;
        // A command is no failure: nobody is fenced for one.
        if !matches!(request, Request::StopInstances(_)) {
            before
                .may_lose
                .extend(self.released_by_command(client.run, &before));
        }
        let at = world.now();
        let answer = world.call(caller, request, false);
        if let Some((group, lease_number)) = judged.period {
            let call = LeasedCall {
                group,
                lease_number,
                what: promises::effect(request),
                request: format!("{request:?}"),
                is_refused: answer.is_err(),
                is_undone: false,
                at,
            };
            self.leased_calls().push((call, request.clone()));
        }
        let after = AccountView::of(&world);
        broken.extend(promises::broken_by(request, &before, &after));
        if request.action() == "AllocateAddress" {
            let rows = self.ledger.snapshots().now_or_never();
            let rows = rows.and_then(Result::ok).unwrap_or_default();
            broken.extend(promises::unprotected_by(&before, &after, &rows));
        }
        self.note_broken(broken);
        answer
    }

    /// Something that must not be so.
    pub fn note_broken(&self, broken: impl IntoIterator<Item = String>) {
        let mut noted = self.broken.lock().unwrap_or_else(PoisonError::into_inner);
        noted.extend(broken);
    }

    /// What a call breaks that is made without the lease that it needs, or the lease that it has.
    fn judged(
        &self,
        client: &Client,
        request: &Request,
        before: &AccountView,
        now: OffsetDateTime,
    ) -> UnderLease {
        // What such a call does to others is what that sabotage is to show.
        if self.faults.has_bug(faults::SeededBug::Reassociation) {
            return UnderLease::default();
        }
        let leases = self.ledger.leases().now_or_never();
        let leases = leases.and_then(Result::ok).unwrap_or_default();
        let caller = LeaseCaller {
            role: &client.role,
            owner: &format!("{:016x}", client.run.number()),
            now,
        };
        promises::under_lease(caller, request, before, &leases)
    }

    /// The association that is to end, if Holdfast has made it on too little. The release record says that it did. The
    /// row of what was released knows of another one by now.
    fn misplaced(&self, request: &Request) -> Option<String> {
        let Request::DisassociateAddress(request) = request else {
            return None;
        };
        let ended = request.association_id.as_deref()?;
        let is_made = |record: &ReleaseRecord| {
            let note = record.restoration.as_ref();
            let made = note.and_then(|note| note.made.as_ref());
            made.is_some_and(|made| made.as_str() == ended)
        };
        let record = self.ledger.releases().into_iter().find(is_made)?;
        let rows = self.ledger.read(&record.allocation).now_or_never()?.ok()?;
        let last = rows.snapshot?.association?.value.id;
        let known = record.restoration?.known;
        let is_outdated = known.is_none_or(|known| known.id != last);
        is_outdated.then(|| ended.to_owned())
    }

    /// Who may lose what they have by the word of the person for whom a run is at work.
    fn released_by_command(&self, run: faults::Run, before: &AccountView) -> Vec<String> {
        let commands = self.commands.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(to) = commands.get(&run) else {
            return Vec::new();
        };
        let all = before.instances.keys();
        all.filter(|id| Some(*id) != to.as_ref()).cloned().collect()
    }

    /// Asks for a dry run of a call of Holdfast's: the answer is an error in any case.
    fn dry_run(&self, caller: &Caller, request: &Request) -> Ec2Error {
        let answer = self.describe(|world| world.call(caller, request, true));
        answer.err().unwrap_or_else(|| {
            Ec2Error::new(
                "InternalError",
                "a dry run was carried out as if it were none",
            )
        })
    }

    /// A read of Holdfast's that is no call to EC2.
    fn describe<T>(&self, read: impl FnOnce(&mut World) -> T) -> T {
        let mut world = self.world();
        self.let_the_intruder_in(&mut world);
        read(&mut world)
    }

    /// The world.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets time pass.
    pub fn pass(&self, how_long: Duration) {
        let mut world = self.world();
        let later = world.now() + how_long;
        world.advance_to(later);
    }

    /// A new run: a fresh process that knows nothing but what the test bed has.
    #[must_use]
    pub fn client(self: &Arc<Self>, role: &str) -> Client {
        let run = self.faults.new_run();
        let caller = Caller::role(ACCOUNT, role, &run.to_string());
        Client {
            bed: Arc::clone(self),
            role: role.to_owned(),
            caller,
            run,
        }
    }
}

/// One run's way to the test bed.
#[derive(Debug, Clone)]
pub struct Client {
    bed: Arc<TestBed>,
    role: String,
    caller: Caller,
    run: faults::Run,
}

impl Client {
    /// What it leads to.
    #[must_use]
    pub fn bed(&self) -> &Arc<TestBed> {
        &self.bed
    }

    /// The same run, as one of the function with this role.
    #[must_use]
    pub fn acting_as(mut self, role: &str) -> Self {
        self.caller = Caller::role(ACCOUNT, role, &self.run.to_string());
        role.clone_into(&mut self.role);
        self
    }

    /// A person, or a tag of theirs, asks this run to move everything to a member, or to whoever is next. It
    /// may take what moves from one that is well.
    pub fn is_asked(&self, to: Option<&str>) {
        let commands = self.bed.commands.lock();
        commands
            .unwrap_or_else(PoisonError::into_inner)
            .insert(self.run, to.map(str::to_owned));
    }

    /// Which run this is.
    #[must_use]
    pub fn run(&self) -> faults::Run {
        self.run
    }

    /// A delivery that Lambda ends after so long.
    #[must_use]
    pub fn delivery(&self, how_long: time::Duration) -> Delivery {
        Delivery {
            ends_at: self.now() + how_long,
            run: self.run.number(),
        }
    }

    /// The ports that a function is run with.
    #[must_use]
    pub fn ports(&self) -> Ports<Self, Self, Self> {
        Ports::all_behind(self)
    }
}

impl Clock for Client {
    fn now(&self) -> OffsetDateTime {
        self.bed.world().now()
    }

    async fn sleep(&self, how_long: Duration) {
        self.bed.faults.rest(self.run).await;
        if self.bed.virtual_time.is_on() {
            self.until(self.now() + how_long).await;
        } else {
            self.bed.pass(how_long);
        }
    }
}

//! The fast front: Holdfast's own traits on the simulated EC2, in one process, without a network.
//!
//! A [`Stage`] is what outlives a run: the world, the ledger and the [`tap::Tap`] through which every
//! call goes. A [`Player`] is one run's way to it. The tap can end the run at any call, lose a reply,
//! throttle, and hold a call back so that two runs can be interleaved at their call boundaries.

mod cloud;
mod health;
mod instances;
mod ledger;
mod moves;
pub mod tap;
pub mod timetable;

use super::World;
use super::api::{Caller, Ec2Error, Request, Response};
use crate::explorer::promises::{self, Scene};
use futures_util::FutureExt;
use holdfast::clock::Clock;
use holdfast::ledger::{Ledger, MemoryLedger};
use holdfast::ports::{Delivery, Ports};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tap::Tap;
use time::OffsetDateTime;
use timetable::Timetable;

pub use super::world::ACCOUNT;

/// What outlives a run.
#[derive(Debug)]
pub struct Stage {
    world: Mutex<World>,
    /// The ledger's rows.
    pub ledger: MemoryLedger,
    /// Where every call goes through.
    pub tap: Tap,
    broken: Mutex<Vec<String>>,
    intruder: Mutex<Option<Intruder>>,
    timetable: Timetable,
    given_up: Mutex<BTreeSet<String>>,
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

impl Stage {
    /// A stage around a world, with an empty ledger.
    #[must_use]
    pub fn new(world: World) -> Arc<Self> {
        let ledger = MemoryLedger::default();
        Arc::new(Self {
            world: Mutex::new(world),
            ledger,
            tap: Tap::default(),
            broken: Mutex::default(),
            intruder: Mutex::default(),
            timetable: Timetable::default(),
            given_up: Mutex::default(),
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
        let number = self.tap.passed().len().saturating_sub(1);
        if let Some(due) = intruder.take_if(|intruder| number >= intruder.before_call) {
            (due.intrusion)(world);
        }
    }

    /// Somebody says that an instance may lose what it has: a person by a switchover, EC2 by a warning, an
    /// alarm that does not name it.
    pub fn give_up(&self, instance: &str) {
        self.given_up().insert(instance.to_owned());
    }

    fn given_up(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.given_up.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The promises that calls have broken so far.
    #[must_use]
    pub fn broken(&self) -> Vec<String> {
        self.broken
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Carries out a call of Holdfast's, and checks that it changed nothing that it must not change.
    fn call(&self, caller: &Caller, request: &Request) -> Result<Response, Ec2Error> {
        let mut world = self.world();
        self.let_the_intruder_in(&mut world);
        if request.is_read() {
            return world.call(caller, request, false);
        }
        let mut before = Scene::of(&world);
        before.sick.extend(self.given_up().iter().cloned());
        let answer = world.call(caller, request, false);
        let after = Scene::of(&world);
        self.note_broken(promises::broken_by(request, &before, &after));
        if request.action() == "AllocateAddress" {
            let rows = self.ledger.snapshots().now_or_never();
            let rows = rows.and_then(Result::ok).unwrap_or_default();
            self.note_broken(promises::unprotected_by(&before, &after, &rows));
        }
        answer
    }

    /// Something that must not be so.
    pub fn note_broken(&self, broken: impl IntoIterator<Item = String>) {
        let mut noted = self.broken.lock().unwrap_or_else(PoisonError::into_inner);
        noted.extend(broken);
    }

    /// Asks for a dry run of a call of Holdfast's: the answer is an error in any case.
    fn rehearse(&self, caller: &Caller, request: &Request) -> Ec2Error {
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

    /// A new run: a fresh process that knows nothing but what the stage has.
    #[must_use]
    pub fn player(self: &Arc<Self>, role: &str) -> Player {
        let run = self.tap.new_run();
        let caller = Caller::role(ACCOUNT, role, &run.to_string());
        Player {
            stage: Arc::clone(self),
            caller,
            run,
        }
    }
}

/// One run's way to the stage.
#[derive(Debug, Clone)]
pub struct Player {
    stage: Arc<Stage>,
    caller: Caller,
    run: tap::Run,
}

impl Player {
    /// Which run this is.
    #[must_use]
    pub fn run(&self) -> tap::Run {
        self.run
    }

    /// Where it acts.
    #[must_use]
    pub fn stage(&self) -> &Stage {
        &self.stage
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
        Ports {
            cloud: self.clone(),
            ledger: self.clone(),
            clock: self.clone(),
        }
    }
}

impl Clock for Player {
    fn now(&self) -> OffsetDateTime {
        self.stage.world().now()
    }

    async fn sleep(&self, how_long: Duration) {
        self.stage.tap.rest(self.run).await;
        if self.stage.timetable.is_kept() {
            self.until(self.now() + how_long).await;
        } else {
            self.stage.pass(how_long);
        }
    }
}

//! Random lives of a group: instances are launched, stopped, started and terminated, people move
//! addresses by hand, events are lost, doubled, late and out of order, calls fail. The promises hold
//! after every call; and when all is quiet again, whoever can have an address has one.

use ec2_sim::api::InstanceState;
use futures_util::FutureExt;
use holdfast::events::parse;
use holdfast::reconcile;
use holdfast_tests::client::TestBed;
use holdfast_tests::client::faults::Fault;
use holdfast_tests::explorer::promises::AccountView;
use holdfast_tests::random::random;
use holdfast_tests::scenarios::placement::{
    Fleet, TIMEOUT, fleet, schedule, start, state_change, stop, terminate,
};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::sync::Arc;
use std::time::Duration;

const LIVES: u32 = 300;

/// What happens next.
#[derive(Debug, Clone)]
enum Step {
    Launch,
    Stop(usize),
    Start(usize),
    Terminate(usize),
    /// A person takes an address from whatever has it.
    Free(usize),
    Pass(u64),
    /// An event, once more or for the first time: of an instance, by a word for its state.
    Tell(usize, &'static str),
    /// What EventBridge has waiting, the newest first or not, or nothing of it ever.
    Deliver {
        newest_first: bool,
    },
    Lose,
    Schedule,
    /// The next run's call of that number fails.
    Fail(usize, Fault),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let one = prop_oneof![
        2 => Just(Step::Launch),
        2 => (0..6_usize).prop_map(Step::Stop),
        2 => (0..6_usize).prop_map(Step::Start),
        2 => (0..6_usize).prop_map(Step::Terminate),
        1 => (0..3_usize).prop_map(Step::Free),
        4 => (1..60_u64).prop_map(Step::Pass),
        8 => (0..6_usize, prop::sample::select(STATES.to_vec()))
            .prop_map(|(instance, state)| Step::Tell(instance, state)),
        6 => any::<bool>().prop_map(|newest_first| Step::Deliver { newest_first }),
        1 => Just(Step::Lose),
        1 => Just(Step::Schedule),
        2 => (0..6_usize, prop::sample::select(Fault::ALL.to_vec()))
            .prop_map(|(call, fault)| Step::Fail(call, fault)),
    ];
    prop::collection::vec(one, 1..40)
}

const STATES: [&str; 5] = [
    "running",
    "stopping",
    "stopped",
    "shutting-down",
    "terminated",
];

/// A life of a group of three addresses, one of which moves on when its holder stops.
struct Life {
    fleet: Fleet,
    bed: Arc<TestBed>,
}

impl Life {
    fn new() -> Self {
        let moves = [("holdfast:on-stop", "move")];
        let fleet = fleet().addresses(2).address(&moves).running(2);
        let bed = fleet.bed();
        Self { fleet, bed }
    }

    fn go(&mut self, step: &Step) {
        let known = |instance: &usize| self.fleet.instances.get(*instance).cloned();
        let state = |id: &str| {
            AccountView::of(&self.bed.world())
                .instances
                .get(id)
                .map(|it| it.state)
        };
        match step {
            Step::Launch if self.fleet.instances.len() < 6 => {
                let launched = self.fleet.launch_into(&mut self.bed.world());
                self.fleet.instances.push(launched);
            }
            Step::Stop(instance) => {
                if let Some(id) =
                    known(instance).filter(|id| state(id) == Some(InstanceState::Running))
                {
                    stop(&mut self.bed.world(), &id);
                }
            }
            Step::Start(instance) => {
                if let Some(id) =
                    known(instance).filter(|id| state(id) == Some(InstanceState::Stopped))
                {
                    start(&mut self.bed.world(), &id);
                }
            }
            Step::Terminate(instance) => {
                if let Some(id) = known(instance).filter(|id| state(id).is_some()) {
                    terminate(&mut self.bed.world(), &id);
                }
            }
            Step::Free(address) => self.fleet.free(&mut self.bed.world(), *address),
            Step::Pass(seconds) => self.bed.pass(Duration::from_secs(*seconds)),
            Step::Tell(instance, state) => {
                if let Some(id) = known(instance) {
                    self.tell(&id, state);
                }
            }
            Step::Deliver { newest_first } => self.deliver(*newest_first),
            Step::Lose => drop(self.bed.world().take_events()),
            Step::Schedule => self.reconcile(),
            Step::Fail(call, fault) => {
                let made = self.bed.faults.passed().len();
                self.bed.faults.plan(&[(made + call, *fault)]);
            }
            Step::Launch => {}
        }
    }

    fn deliver(&self, newest_first: bool) {
        let mut events = self.bed.world().take_events();
        if newest_first {
            events.reverse();
        }
        for event in events {
            self.run(&event);
        }
    }

    fn tell(&self, id: &str, state: &str) {
        self.run(&state_change(id, state));
    }

    fn run(&self, event: &serde_json::Value) {
        let client = self.bed.client("holdfast-instance-start");
        let trigger = parse(event).expect("the event can be read");
        drop(self.fleet.run(client, trigger).now_or_never());
    }

    fn reconcile(&self) {
        let client = self.bed.client("holdfast-reconcile");
        let trigger = parse(&schedule()).expect("the event can be read");
        let delivery = client.delivery(TIMEOUT);
        let (ports, settings) = (client.ports(), self.fleet.settings());
        let run = reconcile::run(&ports, &settings, &trigger, delivery);
        drop(run.now_or_never());
    }

    /// No faults any more, all that was under way has come about, and reconcile has come by.
    fn heal(&self) {
        self.bed.faults.plan(&[]);
        self.bed.pass(Duration::from_mins(5));
        self.reconcile();
        self.reconcile();
    }

    /// How often Holdfast associated an address, and how often it took one from an instance first.
    fn made(&self) -> (usize, usize) {
        let world = self.bed.world();
        let made = |action: &str| {
            let calls = world.calls().iter();
            calls
                .filter(|call| call.caller.arn.contains("holdfast"))
                .filter(|call| call.action() == action && call.error_code.is_none())
                .count()
        };
        (made("AssociateAddress"), made("DisassociateAddress"))
    }

    fn promises_hold(&self) -> Result<(), String> {
        let mut broken = self.bed.broken();
        broken.extend(self.bed.world().check());
        if broken.is_empty() {
            Ok(())
        } else {
            Err(broken.join("; "))
        }
    }

    /// No running instance goes without an address while one is free.
    fn nobody_goes_without(&self) -> Result<(), String> {
        let view = AccountView::of(&self.bed.world());
        let is_free = view
            .addresses
            .values()
            .any(|address| address.association.is_none());
        let has = |id: &str| {
            let mut addresses = view.addresses.values();
            addresses.any(|address| {
                let association = address.association.as_ref();
                association.and_then(|it| it.instance_id.as_deref()) == Some(id)
            })
        };
        let runs = view
            .instances
            .values()
            .filter(|it| it.state == InstanceState::Running);
        let mut without = runs.filter(|it| !has(&it.instance_id));
        match without.next() {
            Some(instance) if is_free => Err(format!("{} goes without", instance.instance_id)),
            _ => Ok(()),
        }
    }
}

#[test]
fn whatever_happens_the_promises_hold_and_in_the_end_nobody_goes_without() {
    let mut runner = TestRunner::new(random(LIVES));
    let figures = std::cell::Cell::new((0_usize, 0_usize));
    let lived = runner.run(&steps(), |steps| {
        let mut life = Life::new();
        for step in &steps {
            life.go(step);
            life.promises_hold().map_err(TestCaseError::fail)?;
        }
        life.heal();
        life.promises_hold().map_err(TestCaseError::fail)?;
        let (moved, taken) = figures.get();
        let (more_moved, more_taken) = life.made();
        figures.set((moved + more_moved, taken + more_taken));
        life.nobody_goes_without().map_err(TestCaseError::fail)
    });
    let (associated, taken) = figures.get();
    println!(
        "{LIVES} lives, {associated} associations, {taken} of them from an instance that was down"
    );
    assert!(associated > 300 && taken > 0, "hardly anything happened");
    assert!(
        lived.is_ok(),
        "{}",
        lived
            .err()
            .map_or_else(String::new, |failed| failed.to_string())
    );
}

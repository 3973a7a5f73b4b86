//! Random lives of a group with something that moves: members fail and recover, stop, start and end, people
//! move the thing by hand and change tags, events are lost, doubled and late, calls fail. The promises hold
//! after every call; and when all is well again, a member has it.

use futures_util::FutureExt;
use holdfast::event::{Trigger, parse};
use holdfast::{failover, placement, reconcile};
use holdfast_tests::explorer::promises::Scene;
use holdfast_tests::random::random;
use holdfast_tests::scenarios::failover::{
    TIMEOUT, Trio, attach, detach, fail, floating_address, floating_interface, floating_private_ip,
    heal, stop, tag_group,
};
use holdfast_tests::scenarios::placement::{schedule, start, terminate};
use holdfast_tests::sim::api::InstanceState;
use holdfast_tests::sim::front::Stage;
use holdfast_tests::sim::front::tap::Fault;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

const LIVES: u32 = 500;

/// What happens next.
#[derive(Debug, Clone)]
enum Step {
    Fail(usize),
    Heal(usize),
    Stop(usize),
    Start(usize),
    /// A person ends a standby: at most two of the three members.
    Terminate(usize),
    /// A person moves the interface by hand.
    ByHand(usize),
    /// A person changes the order of the members.
    Retag(usize, u8),
    Pass(u64),
    /// What EventBridge has waiting, once or twice, or nothing of it ever.
    Deliver {
        twice: bool,
    },
    Lose,
    Schedule,
    /// The call of that number, from now on, goes wrong.
    Break(usize, Fault),
}

fn steps() -> impl Strategy<Value = (usize, Vec<Step>)> {
    let member = || 0..3_usize;
    let one = prop_oneof![
        8 => member().prop_map(Step::Fail),
        3 => member().prop_map(Step::Heal),
        2 => member().prop_map(Step::Stop),
        2 => member().prop_map(Step::Start),
        1 => (1..3_usize).prop_map(Step::Terminate),
        1 => member().prop_map(Step::ByHand),
        1 => (member(), 0..9_u8).prop_map(|(member, priority)| Step::Retag(member, priority)),
        5 => (1..400_u64).prop_map(Step::Pass),
        12 => any::<bool>().prop_map(|twice| Step::Deliver { twice }),
        1 => Just(Step::Lose),
        2 => Just(Step::Schedule),
        3 => (0..14_usize, prop::sample::select(Fault::ALL.to_vec()))
            .prop_map(|(call, fault)| Step::Break(call, fault)),
    ];
    (0..3_usize, prop::collection::vec(one, 5..60))
}

struct Life {
    trio: Trio,
    stage: Arc<Stage>,
}

impl Life {
    fn new(mover: usize) -> Self {
        let trio = match mover {
            0 => floating_interface(),
            1 => floating_address().tagged("holdfast:on-stop", "move"),
            _ => floating_private_ip(),
        };
        let stage = trio.stage();
        Self { trio, stage }
    }

    fn state(&self, member: usize) -> Option<InstanceState> {
        let scene = Scene::of(&self.stage.world());
        scene
            .instances
            .get(&self.trio.members[member])
            .map(|it| it.state)
    }

    fn go(&self, step: &Step) {
        let id = |member: &usize| self.trio.members[*member].clone();
        match step {
            Step::Fail(member) => fail(&mut self.stage.world(), &id(member)),
            Step::Heal(member) => heal(&mut self.stage.world(), &id(member)),
            Step::Stop(member) if self.state(*member) == Some(InstanceState::Running) => {
                stop(&mut self.stage.world(), &id(member));
            }
            Step::Start(member) if self.state(*member) == Some(InstanceState::Stopped) => {
                start(&mut self.stage.world(), &id(member));
            }
            Step::Terminate(member) if self.state(*member).is_some() => {
                terminate(&mut self.stage.world(), &id(member));
            }
            Step::ByHand(member) => self.by_hand(*member),
            Step::Retag(member, priority) => {
                let priority = priority.to_string();
                let tags = [("holdfast:priority", priority.as_str())];
                if self.state(*member).is_some() {
                    tag_group(&mut self.stage.world(), &id(member), &tags);
                }
            }
            Step::Pass(seconds) => self.stage.pass(Duration::from_secs(*seconds)),
            Step::Deliver { twice } => self.deliver(*twice),
            Step::Lose => drop(self.stage.world().take_events()),
            Step::Schedule => self.reconcile(),
            Step::Break(call, fault) => {
                let made = self.stage.tap.passed().len();
                self.stage.tap.plan(&[(made + call, *fault)]);
            }
            Step::Stop(_) | Step::Start(_) | Step::Terminate(_) => {}
        }
    }

    /// Only a whole interface is moved by hand, and only when that is possible.
    fn by_hand(&self, member: usize) {
        let Some(interface) = self.trio.interface(&self.stage) else {
            return;
        };
        let attached = interface.attachment.as_ref();
        let moves = attached.is_some_and(|it| it.status == "attached" && it.device_index > 0);
        if moves && self.state(member) == Some(InstanceState::Running) {
            let mut world = self.stage.world();
            detach(&mut world, &self.trio.eni);
            world.advance(time::Duration::seconds(5));
            attach(&mut world, &self.trio.eni, &self.trio.members[member], 1);
            world.advance(time::Duration::seconds(5));
        }
    }

    fn deliver(&self, twice: bool) {
        let mut events = self.stage.world().take_events();
        if twice {
            events.extend(events.clone());
        }
        for event in events {
            let Ok(trigger) = parse(&event) else {
                continue;
            };
            self.hear(&trigger);
        }
    }

    fn hear(&self, trigger: &Trigger) {
        let settings = self.trio.settings();
        if matches!(trigger, Trigger::Instance(_)) {
            let player = self.stage.player("holdfast-instance-start");
            let (ports, delivery) = (player.ports(), player.delivery(TIMEOUT));
            drop(placement::run(&ports, &settings, trigger, delivery).now_or_never());
        }
        let player = self.stage.player("holdfast-alarm-failover");
        let (ports, delivery) = (player.ports(), player.delivery(TIMEOUT));
        drop(failover::run(&ports, &settings, trigger, delivery).now_or_never());
    }

    fn reconcile(&self) {
        let player = self.stage.player("holdfast-reconcile");
        let trigger = parse(&schedule()).expect("the schedule can be read");
        let (ports, delivery) = (player.ports(), player.delivery(TIMEOUT));
        let settings = self.trio.settings();
        drop(reconcile::run(&ports, &settings, &trigger, delivery).now_or_never());
    }

    /// No faults any more, everybody who is there is well, and reconcile has come by.
    fn all_is_well(&self) {
        self.stage.tap.plan(&[]);
        self.stage.pass(Duration::from_mins(10));
        for member in 0..3 {
            self.go(&Step::Start(member));
            heal(&mut self.stage.world(), &self.trio.members[member]);
        }
        self.stage.pass(Duration::from_mins(10));
        for _ in 0..3 {
            self.reconcile();
            self.stage.pass(Duration::from_mins(10));
        }
    }

    fn promises_hold(&self) -> Result<(), String> {
        let mut broken = self.stage.broken();
        broken.extend(self.stage.world().check());
        if broken.is_empty() {
            Ok(())
        } else {
            Err(broken.join("; "))
        }
    }

    fn a_member_has_it(&self) -> Result<(), String> {
        let somebody = (0..3).any(|member| self.state(member) == Some(InstanceState::Running));
        match self.trio.holder(&self.stage) {
            Some(holder) if self.state(holder) == Some(InstanceState::Running) => Ok(()),
            other if somebody => Err(format!("the address is with {other:?}")),
            _ => Ok(()),
        }
    }

    fn moves(&self) -> usize {
        let world = self.stage.world();
        let calls = world.calls().iter().filter(|call| call.mutated());
        calls
            .filter(|call| call.caller.arn.contains("/holdfast"))
            .count()
    }
}

#[test]
fn whatever_happens_the_promises_hold_and_in_the_end_a_member_has_it() {
    let mut runner = TestRunner::new(random(LIVES));
    let moved = Cell::new(0_usize);
    let lived = runner.run(&steps(), |(mover, steps)| {
        let life = Life::new(mover);
        for step in &steps {
            life.go(step);
            life.promises_hold().map_err(TestCaseError::fail)?;
        }
        life.all_is_well();
        life.promises_hold().map_err(TestCaseError::fail)?;
        moved.set(moved.get() + life.moves());
        life.a_member_has_it().map_err(TestCaseError::fail)
    });
    println!(
        "{LIVES} lives, {} calls that changed something",
        moved.get()
    );
    assert!(
        lived.is_ok(),
        "{}",
        lived
            .err()
            .map_or_else(String::new, |failed| failed.to_string())
    );
    assert!(moved.get() > 300, "hardly anything happened");
}

//! Random lives of a group with something that moves: members fail and recover, stop, start and end, people
//! move the thing by hand and change tags, events are lost, doubled and late, calls fail; and the members may
//! stand in any order, in other zones and subnets. The promises hold after every call; who takes over is who
//! stands next, no alarm moves it twice within the cooldown, what is free on purpose stays free; and when all is
//! well again, a member has it.

use ec2_sim::Doubts;
use ec2_sim::api::InstanceState;
use futures_util::FutureExt;
use holdfast::events::{Trigger, parse};
use holdfast::{alarm_failover, instance_start, reconcile};
use holdfast_tests::client::TestBed;
use holdfast_tests::client::faults::Fault;
use holdfast_tests::explorer::promises::{AccountView, repeated};
use holdfast_tests::random::random;
use holdfast_tests::scenarios::failover::{
    FailoverFixture, Seen, TIMEOUT, Watch, attach, detach, fail, floating_address,
    floating_interface, floating_private_ip, heal, stop, switchover, tag_group,
};
use holdfast_tests::scenarios::placement::{schedule, start, terminate};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

const LIVES: u32 = 500;

/// What moves, and among whom.
#[derive(Debug, Clone)]
struct Group {
    /// An interface, an Elastic IP, a private IP, or an interface with an Elastic IP beside it.
    mover: usize,
    /// In which order the members stand by.
    order: usize,
    /// Which member is elsewhere.
    place: usize,
    /// Whether it has an address that is free on purpose.
    has_spare: bool,
    /// Which sides of the doubts about EC2 are so: the number of their combination.
    doubts: u8,
}

const ORDERS: [[Option<i32>; 3]; 4] = [
    [Some(1), Some(2), Some(3)],
    [Some(3), Some(2), Some(1)],
    [Some(5), Some(5), Some(5)],
    [Some(1), None, Some(2)],
];

impl Group {
    fn trio(&self) -> FailoverFixture {
        let trio = match self.mover {
            0 => floating_interface(),
            1 => floating_address().tagged("holdfast:on-stop", "move"),
            2 => floating_private_ip(),
            _ => floating_interface().with_another_on(0),
        };
        let trio = match self.place {
            0 => trio.in_zone(1, "us-east-1b"),
            1 => trio.in_zone(2, "us-east-1b"),
            2 => trio.in_another_subnet(1),
            _ => trio,
        };
        let trio = if self.has_spare {
            trio.with_spare()
        } else {
            trio
        };
        let doubts = Doubts::numbered(self.doubts);
        trio.priorities(ORDERS[self.order])
            .world(|world| world.settings().doubts = doubts)
    }
}

fn groups() -> impl Strategy<Value = Group> {
    let doubts = 0..Doubts::COMBINATIONS;
    let all = (0..4_usize, 0..4_usize, 0..6_usize, any::<bool>(), doubts);
    all.prop_map(|(mover, order, place, has_spare, doubts)| Group {
        mover,
        order,
        place,
        has_spare,
        doubts,
    })
}

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
    /// A person asks for a failover, to a member or to nobody in particular.
    Ask(Option<usize>),
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

fn lives() -> impl Strategy<Value = (Group, Vec<Step>)> {
    let member = || 0..3_usize;
    let one = prop_oneof![
        8 => member().prop_map(Step::Fail),
        3 => member().prop_map(Step::Heal),
        2 => member().prop_map(Step::Stop),
        2 => member().prop_map(Step::Start),
        1 => (1..3_usize).prop_map(Step::Terminate),
        1 => member().prop_map(Step::ByHand),
        1 => prop::option::of(member()).prop_map(Step::Ask),
        1 => (member(), 0..9_u8).prop_map(|(member, priority)| Step::Retag(member, priority)),
        5 => (1..400_u64).prop_map(Step::Pass),
        12 => any::<bool>().prop_map(|twice| Step::Deliver { twice }),
        1 => Just(Step::Lose),
        2 => Just(Step::Schedule),
        3 => (0..14_usize, prop::sample::select(Fault::ALL.to_vec()))
            .prop_map(|(call, fault)| Step::Break(call, fault)),
    ];
    (groups(), prop::collection::vec(one, 5..60))
}

struct Life {
    trio: FailoverFixture,
    bed: Arc<TestBed>,
    watch: Watch,
    is_alone: bool,
}

impl Life {
    fn new(group: &Group) -> Self {
        let trio = group.trio();
        let bed = trio.bed();
        Self {
            trio,
            bed,
            watch: Watch::default(),
            is_alone: group.mover == 1,
        }
    }

    fn state(&self, member: usize) -> Option<InstanceState> {
        let view = AccountView::of(&self.bed.world());
        view.instances
            .get(&self.trio.members[member])
            .map(|it| it.state)
    }

    fn zone(&self, member: usize) -> Option<String> {
        let instances = AccountView::of(&self.bed.world()).instances;
        let instance = instances.get(&self.trio.members[member])?;
        Some(instance.availability_zone.clone())
    }

    fn go(&self, step: &Step) {
        let id = |member: &usize| self.trio.members[*member].clone();
        match step {
            Step::Fail(member) => fail(&mut self.bed.world(), &id(member)),
            Step::Heal(member) => heal(&mut self.bed.world(), &id(member)),
            Step::Stop(member) if self.state(*member) == Some(InstanceState::Running) => {
                stop(&mut self.bed.world(), &id(member));
            }
            Step::Start(member) if self.state(*member) == Some(InstanceState::Stopped) => {
                start(&mut self.bed.world(), &id(member));
            }
            Step::Terminate(member) if self.state(*member).is_some() => {
                terminate(&mut self.bed.world(), &id(member));
            }
            Step::ByHand(member) => self.by_hand(*member),
            Step::Ask(to) => self.ask(to.as_ref().map(id).as_deref()),
            Step::Retag(member, priority) => {
                let priority = priority.to_string();
                let tags = [("holdfast:priority", priority.as_str())];
                if self.state(*member).is_some() {
                    tag_group(&mut self.bed.world(), &id(member), &tags);
                }
            }
            Step::Pass(seconds) => self.bed.pass(Duration::from_secs(*seconds)),
            Step::Deliver { twice } => self.deliver(*twice),
            Step::Lose => drop(self.bed.world().take_events()),
            Step::Schedule => self.reconcile(),
            Step::Break(call, fault) => {
                let made = self.bed.faults.passed().len();
                self.bed.faults.plan(&[(made + call, *fault)]);
            }
            Step::Stop(_) | Step::Start(_) | Step::Terminate(_) => {}
        }
    }

    /// A whole interface, or an Elastic IP that is alone, and only when that is possible.
    fn by_hand(&self, member: usize) {
        self.watch.person_moved_it();
        if self.is_alone && self.state(member) == Some(InstanceState::Running) {
            self.trio.put_by_hand(&mut self.bed.world(), member);
            return;
        }
        let Some(interface) = self.trio.interface(&self.bed) else {
            return;
        };
        let attached = interface.attachment.as_ref();
        let moves = attached.is_some_and(|it| it.status == "attached" && it.device_index > 0);
        let zone = self.zone(member).filter(|_| moves);
        let is_there = zone.as_ref() == Some(&interface.availability_zone);
        if is_there && self.state(member) == Some(InstanceState::Running) {
            let mut world = self.bed.world();
            detach(&mut world, &self.trio.eni);
            world.advance(time::Duration::seconds(5));
            attach(&mut world, &self.trio.eni, &self.trio.members[member], 1);
            world.advance(time::Duration::seconds(5));
        }
    }

    fn ask(&self, to: Option<&str>) {
        let run = self
            .trio
            .deliver(self.bed.client("holdfast"), &switchover(to));
        drop(run.now_or_never());
    }

    fn deliver(&self, twice: bool) {
        let mut events = self.bed.world().take_events();
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
            let client = self.bed.client("holdfast-instance-start");
            let (ports, delivery) = (client.ports(), client.delivery(TIMEOUT));
            drop(instance_start::run(&ports, &settings, trigger, delivery).now_or_never());
        }
        let before = Watch::begins(&self.trio, &self.bed);
        let client = self.bed.client("holdfast-alarm-failover");
        let (ports, delivery) = (client.ports(), client.delivery(TIMEOUT));
        let end = alarm_failover::run(&ports, &settings, trigger, delivery).now_or_never();
        let (trio, bed) = (&self.trio, &self.bed);
        if matches!(trigger, Trigger::Alarm(_)) {
            self.watch.is_kept(trio, bed, &before);
        }
        self.watch.has_waited(bed, &before);
        self.watch
            .went_to_who_stood_next(trio, bed, &before, end.as_ref());
    }

    fn reconcile(&self) {
        let client = self.bed.client("holdfast-reconcile");
        let trigger = parse(&schedule()).expect("the schedule can be read");
        let (ports, delivery) = (client.ports(), client.delivery(TIMEOUT));
        let settings = self.trio.settings();
        let before = Watch::begins(&self.trio, &self.bed);
        drop(reconcile::run(&ports, &settings, &trigger, delivery).now_or_never());
        self.watch.is_kept(&self.trio, &self.bed, &before);
        self.watch.has_waited(&self.bed, &before);
    }

    /// No faults any more, everybody who is there is well, and reconcile has come by.
    fn all_is_well(&self) {
        self.bed.faults.plan(&[]);
        self.bed.pass(Duration::from_mins(10));
        for member in 0..3 {
            self.go(&Step::Start(member));
            heal(&mut self.bed.world(), &self.trio.members[member]);
        }
        self.bed.pass(Duration::from_mins(10));
        for _ in 0..3 {
            self.reconcile();
            self.bed.pass(Duration::from_mins(10));
        }
    }

    fn promises_hold(&self) -> Result<(), String> {
        let mut broken = self.bed.broken();
        broken.extend(self.bed.world().check());
        broken.extend(self.trio.spare_must_be_free(&self.bed).err());
        broken.extend(self.trio.sent_to_another_zone(&self.bed.world()));
        broken.extend(self.watch.wrong());
        let passed = self.bed.faults.passed();
        let faults = passed.iter().filter(|call| call.fault.is_some()).count();
        let repeated = repeated(&self.bed.called_under_leases());
        if repeated.len() > faults {
            broken.push(format!("promise 8: {}", repeated.join(", ")));
        }
        if broken.is_empty() {
            Ok(())
        } else {
            Err(broken.join("; "))
        }
    }

    fn a_member_has_it(&self) -> Result<(), String> {
        let somebody = (0..3).any(|member| self.state(member) == Some(InstanceState::Running));
        match self.trio.holder(&self.bed) {
            Some(holder) if self.state(holder) == Some(InstanceState::Running) => Ok(()),
            other if somebody => Err(format!("the address is with {other:?}")),
            _ => Ok(()),
        }
    }

    fn moves(&self) -> usize {
        let world = self.bed.world();
        let calls = world.calls().iter().filter(|call| call.mutated());
        calls
            .filter(|call| call.caller.arn.contains("/holdfast"))
            .count()
    }
}

/// A life, step by step, and what of the promises was broken.
fn lived(group: &Group, steps: &[Step]) -> Result<Life, String> {
    let life = Life::new(group);
    for step in steps {
        life.go(step);
        life.promises_hold()?;
    }
    Ok(life)
}

#[test]
fn whatever_happens_the_promises_hold_and_in_the_end_a_member_has_it() {
    let mut runner = TestRunner::new(random(LIVES));
    let moved = Cell::new(0_usize);
    let seen = Cell::new(Seen::default());
    let combinations = Cell::new([0_usize; Doubts::COMBINATIONS as usize]);
    let lived = runner.run(&lives(), |(group, steps)| {
        let mut counts = combinations.get();
        counts[usize::from(group.doubts)] += 1;
        combinations.set(counts);
        let life = lived(&group, &steps).map_err(TestCaseError::fail)?;
        life.all_is_well();
        life.promises_hold().map_err(TestCaseError::fail)?;
        moved.set(moved.get() + life.moves());
        seen.set(seen.get() + life.watch.seen());
        life.a_member_has_it().map_err(TestCaseError::fail)
    });
    println!(
        "{LIVES} lives, {} calls that changed something, {:?}",
        moved.get(),
        seen.get()
    );
    assert!(
        lived.is_ok(),
        "{}",
        lived
            .err()
            .map_or_else(String::new, |failed| failed.to_string())
    );
    let combinations = combinations.get();
    println!("lives under each combination of doubts: {combinations:?}");
    assert!(combinations.iter().all(|lives| *lives > 0));
    assert!(moved.get() > 300, "hardly anything happened");
    let seen = seen.get();
    assert!(seen.chosen > 100, "hardly anybody took over");
    assert!(seen.kept > 50, "hardly any run came within a cooldown");
    assert!(seen.waited > 50, "hardly any run found the lease taken");
}

/// A whole interface and an address that is free on purpose, so that a run about any member takes the lease.
const WITH_SPARE: Group = Group {
    mover: 0,
    order: 0,
    place: 3,
    has_spare: true,
    doubts: 0,
};

const ONCE: Step = Step::Deliver { twice: false };
const TWICE: Step = Step::Deliver { twice: true };

#[test]
fn an_alarm_that_is_about_a_bystander_does_not_end_the_cooldown_of_the_holder() {
    let group = Group {
        place: 2,
        ..WITH_SPARE
    };
    let before = [Step::ByHand(0), Step::Stop(0), Step::Fail(1), ONCE];
    let asked = [Step::Fail(0), Step::Ask(None), Step::Fail(0), Step::Fail(2)];
    let after = [TWICE, Step::Heal(1), Step::Schedule];
    let life = lived(&group, &[&before[..], &asked, &after].concat()).expect("nothing is broken");
    assert_eq!(life.trio.holder(&life.bed), Some(2));
    life.go(&Step::Pass(300));
    life.go(&Step::Schedule);
    assert_eq!(life.trio.holder(&life.bed), Some(1));
}

#[test]
fn a_failover_that_was_refused_is_taken_up_although_another_alarm_came_in_between() {
    let refused = [
        Step::Fail(1),
        Step::Fail(2),
        Step::Lose,
        Step::Fail(0),
        ONCE,
    ];
    let another = [Step::Heal(2), Step::Fail(2), ONCE];
    let after = [Step::Heal(1), Step::Schedule];
    let steps = [&refused[..], &another, &after].concat();
    let life = lived(&WITH_SPARE, &steps).expect("nothing is broken");
    assert_eq!(life.trio.holder(&life.bed), Some(1));
}

#[test]
fn what_a_person_asked_for_is_brought_to_its_end_within_the_cooldown_wherever_it_was_cut_off() {
    let group = Group {
        has_spare: false,
        ..WITH_SPARE
    };
    let mut cut_off_half_way = 0;
    for call in 0..30 {
        let cut_off = Step::Break(call, Fault::StopBeforeReply);
        let moved = [Step::Fail(0), ONCE, Step::Heal(0)];
        let asked = [Step::Fail(1), cut_off, Step::Ask(None)];
        let life = lived(&group, &[&moved[..], &asked].concat()).expect("nothing is broken");
        let interface = life.trio.interface(&life.bed);
        let attachment = interface.and_then(|it| it.attachment);
        let is_half_way = attachment.is_none_or(|it| it.status != "attached");
        life.bed.faults.plan(&[]);
        for step in [ONCE, Step::Pass(60), Step::Schedule] {
            life.go(&step);
            life.promises_hold().expect("nothing is broken");
        }
        if is_half_way {
            cut_off_half_way += 1;
            assert_eq!(life.trio.holder(&life.bed), Some(0), "call {call}");
        }
    }
    assert!(cut_off_half_way > 1, "none was cut off half way");
}

//! Simulated regions, one clock for all of them, and a process of the drill that can be killed at any call.

use super::ports::{Keeper, Nobody, classify, unanswered};
use crate::drill::curve::{self, Curve};
use crate::drill::execute::{Times, carry_out};
use crate::drill::run::Run;
use crate::drill::settings::Settings;
use crate::drill::trial::{Outcome, Phase};
use ec2_sim::World;
use ec2_sim::api::{
    self, AllocateAddress, Caller, DescribeAddresses, Ec2Error, Filter, Request, Response, Tag,
    TagSpecification,
};
use ec2_sim::world::ACCOUNT;
use futures_util::FutureExt;
use holdfast::clock::Clock;
use holdfast::cloud::CloudError;
use std::collections::BTreeMap;
use std::future::pending;
use std::sync::{Mutex, MutexGuard};
use std::task::Poll;
use time::{Duration, OffsetDateTime};

pub(super) const REGION: &str = "us-east-1";
pub(super) const RUN: &str = "drill-1";

/// What goes wrong at a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    KilledBeforeSend,
    KilledBeforeReply,
    KilledAfterReply,
    RequestLost,
    ReplyLost,
    Throttled,
}

impl Fault {
    pub(super) const ALL: [Self; 6] = [
        Self::KilledBeforeSend,
        Self::KilledBeforeReply,
        Self::KilledAfterReply,
        Self::RequestLost,
        Self::ReplyLost,
        Self::Throttled,
    ];
}

/// What happens to the machine that the drill runs on, at a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Disturbance {
    /// Somebody sets the time of day.
    ClockSet(Duration),
    /// The lid is closed, and opened again.
    Asleep(Duration),
}

/// A check that is taken out of the drill, to prove that the explorer notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SeededBug {
    /// A look shows nothing.
    BlindLooks,
    /// A look shows every address of the account as the run's own.
    TakesAllForItsOwn,
    /// Addresses get no tags at birth.
    NoTags,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) worlds: BTreeMap<String, World>,
    pub(super) calls: usize,
    pub(super) names: Vec<&'static str>,
    pub(super) faults: Vec<(usize, Fault)>,
    pub(super) killed: bool,
    pub(super) bug: Option<SeededBug>,
    pub(super) disk: Option<Run>,
    pub(super) disturbance: Option<(usize, Disturbance)>,
    /// By how much the time of day is off.
    pub(super) off: Duration,
    /// In which region no call is answered before so much time has passed.
    pub(super) slow: Option<(&'static str, Duration)>,
    /// What EC2 gave and took away, for the run.
    pub(super) log: Vec<Done>,
    /// Acts before every call, in every region.
    pub(super) housemate: Option<Housemate>,
    /// Acts on a world before the call of that number.
    pub(super) intruder: Option<(usize, Intruder)>,
}

/// What a call of the run has done in EC2, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Done {
    /// `AllocateAddress` for this very address has given it.
    GivenBack(String, OffsetDateTime),
    /// `ReleaseAddress` has taken this address away.
    Released(String, OffsetDateTime),
}

/// What somebody else does there all the time.
pub(super) type Housemate = Box<dyn FnMut(&mut World) + Send>;

/// What somebody else does to the account.
pub(super) type Intruder = fn(&mut World);

/// The account, the clock, and the disk of whoever runs the drill.
#[derive(Default)]
pub(super) struct Bed(Mutex<State>);

pub(super) fn settings() -> Settings {
    Settings {
        waits: vec!["0s".parse().unwrap(), "1h".parse().unwrap()],
        trials: 1,
        per_hour: 60,
        keep_free: 1,
        quota: None,
        patience_seconds: 60,
        tag_prefix: "holdfast".to_owned(),
    }
}

impl State {
    fn apply(&mut self, region: &str, request: &Request) -> Result<Response, Ec2Error> {
        let caller = Caller::user(ACCOUNT, "operator");
        let world = self.worlds.get_mut(region).unwrap();
        let before = describe(world, Vec::new()).unwrap_or_default();
        let answer = world.call(&caller, request, false);
        let now = world.now();
        match (request, &answer) {
            (Request::AllocateAddress(asked), Ok(Response::AllocateAddress(given)))
                if asked.address.as_ref() == Some(&given.public_ip) =>
            {
                self.log.push(Done::GivenBack(given.public_ip.clone(), now));
            }
            (Request::ReleaseAddress(asked), Ok(_)) => {
                let released = before
                    .into_iter()
                    .find(|address| Some(&address.allocation_id) == asked.allocation_id.as_ref());
                self.log
                    .push(Done::Released(released.unwrap().public_ip, now));
            }
            _ => {}
        }
        answer
    }
}

impl Bed {
    pub(super) fn of(regions: &[&str]) -> Self {
        let bed = Self::default();
        for region in regions {
            bed.state()
                .worlds
                .insert((*region).to_owned(), World::of(ACCOUNT, region));
        }
        bed
    }

    /// One region with an address of somebody else's in use, and one of theirs that waits.
    pub(super) fn shared() -> Self {
        let bed = Self::of(&[REGION]);
        bed.in_world(|world| {
            for tags in [
                vec![Tag::new("team", "web")],
                vec![Tag::new("holdfast:drill", "another-run")],
            ] {
                allocate_by_hand(world, tags);
            }
        });
        bed
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    pub(super) fn in_world<T>(&self, act: impl FnOnce(&mut World) -> T) -> T {
        act(self.state().worlds.get_mut(REGION).unwrap())
    }

    pub(super) fn in_every_world(&self, mut act: impl FnMut(usize, &mut World)) {
        for (number, world) in self.state().worlds.values_mut().enumerate() {
            act(number, world);
        }
    }

    pub(super) fn plan(&self, faults: &[(usize, Fault)]) {
        self.state().faults = faults.to_vec();
    }

    pub(super) fn seed(&self, bug: SeededBug) {
        self.state().bug = Some(bug);
    }

    pub(super) fn intrude(&self, before_call: usize, act: fn(&mut World)) {
        self.state().intruder = Some((before_call, act));
    }

    pub(super) fn disturb(&self, at_call: usize, disturbance: Disturbance) {
        self.state().disturbance = Some((at_call, disturbance));
    }

    pub(super) fn calls(&self) -> Vec<&'static str> {
        self.state().names.clone()
    }

    /// The run as it is on the disk.
    pub(super) fn run(&self) -> Run {
        self.state().disk.clone().unwrap()
    }

    /// Puts another run on the disk.
    pub(super) fn keep(&self, run: Run) {
        self.state().disk = Some(run);
    }

    pub(super) fn curve(&self) -> Curve {
        curve::of(&self.run())
    }

    /// How every trial ended, over all regions.
    pub(super) fn outcomes(&self) -> Vec<Outcome> {
        let regions = self.run().regions.into_values();
        let phases = regions
            .flat_map(|region| region.trials)
            .map(|trial| trial.phase);
        phases
            .map(|phase| match phase {
                Phase::Over { outcome } => outcome,
                open => panic!("a trial is still open: {open:?}"),
            })
            .collect()
    }

    /// Runs the drill until it ends by itself or is killed; tells whether it was killed.
    pub(super) fn start(&self, settings: &Settings) -> bool {
        self.state().killed = false;
        let regions: Vec<String> = self.state().worlds.keys().cloned().collect();
        let kept = self.state().disk.clone();
        let mut run = match kept {
            // As from a file.
            Some(run) => serde_json::from_slice(&serde_json::to_vec(&run).unwrap()).unwrap(),
            None => Run::new(
                RUN.to_owned(),
                ACCOUNT.to_owned(),
                &regions,
                settings.clone(),
                self.now(),
            ),
        };
        run.resume();
        let (mut keeper, mut nobody) = (Keeper(self), Nobody);
        let times = Times {
            clock: self,
            boot: self,
        };
        let process = carry_out(&mut run, self, times, &mut keeper, &mut nobody);
        let ended = process.now_or_never().transpose().unwrap().is_some();
        !ended || self.state().killed
    }

    /// Starts it until it ends by itself.
    pub(super) fn start_until_it_ends(&self, settings: &Settings) {
        for _ in 0..20 {
            if !self.start(settings) {
                return;
            }
        }
        panic!("it never ends");
    }

    /// The tags of every address of the account, by allocation.
    pub(super) fn addresses(&self) -> BTreeMap<String, Vec<Tag>> {
        let worlds = &mut self.state().worlds;
        let all = worlds
            .values_mut()
            .flat_map(|world| describe(world, Vec::new()).unwrap());
        all.map(|address| (address.allocation_id, address.tags))
            .collect()
    }

    /// What carries the tag of the run.
    pub(super) fn left_of_the_run(&self) -> usize {
        let ours = Tag::new("holdfast:drill", RUN);
        self.addresses()
            .values()
            .filter(|tags| tags.contains(&ours))
            .count()
    }

    pub(super) async fn call(
        &self,
        region: &str,
        action: &'static str,
        request: Request,
    ) -> Result<Response, CloudError> {
        let fault = self.at_the_boundary(action).await;
        self.stay_away(region).await;
        let apply = || self.state().apply(region, &request);
        match fault {
            None => apply().map_err(|refusal| classify(action, refusal)),
            Some(Fault::KilledBeforeSend) => self.die().await,
            Some(Fault::KilledBeforeReply) => {
                let _ = apply();
                self.die().await
            }
            Some(Fault::KilledAfterReply) => {
                self.state().killed = true;
                apply().map_err(|refusal| classify(action, refusal))
            }
            Some(Fault::RequestLost) => Err(unanswered(action)),
            Some(Fault::ReplyLost) => {
                let _ = apply();
                Err(unanswered(action))
            }
            Some(Fault::Throttled) => Err(classify(
                action,
                Ec2Error::new("RequestLimitExceeded", "slow down"),
            )),
        }
    }

    async fn at_the_boundary(&self, action: &'static str) -> Option<Fault> {
        if self.state().killed {
            self.die::<()>().await;
        }
        let mut state = self.state();
        let number = state.calls;
        state.calls += 1;
        state.names.push(action);
        match state.disturbance.filter(|(at, _)| *at == number) {
            Some((_, Disturbance::ClockSet(by))) => state.off += by,
            Some((_, Disturbance::Asleep(long))) => {
                let asleep = |world: &mut World| world.advance(long);
                state.worlds.values_mut().for_each(asleep);
            }
            None => {}
        }
        if let Some(mut act) = state.housemate.take() {
            state.worlds.values_mut().for_each(&mut act);
            state.housemate = Some(act);
        }
        if let Some((_, act)) = state.intruder.take_if(|(at, _)| *at == number) {
            state.worlds.values_mut().for_each(act);
        }
        state
            .faults
            .iter()
            .find(|(at, _)| *at == number)
            .map(|(_, fault)| *fault)
    }

    /// A sick region answers late.
    async fn stay_away(&self, region: &str) {
        let slow = self.state().slow.filter(|(slow, _)| *slow == region);
        let Some((_, delay)) = slow else { return };
        let until = self.true_time() + delay;
        std::future::poll_fn(|_| {
            if self.true_time() < until {
                Poll::Pending
            } else {
                Poll::Ready(())
            }
        })
        .await;
    }

    /// The time that passes, whatever a clock says.
    pub(super) fn true_time(&self) -> OffsetDateTime {
        self.state().worlds.values().map(World::now).max().unwrap()
    }

    pub(super) async fn die<T>(&self) -> T {
        self.state().killed = true;
        pending().await
    }
}

pub(super) fn allocate_by_hand(world: &mut World, tags: Vec<Tag>) -> String {
    let specification = TagSpecification {
        resource_type: "elastic-ip".to_owned(),
        tags,
    };
    let request = AllocateAddress {
        tag_specifications: vec![specification],
        ..AllocateAddress::default()
    };
    let request = Request::AllocateAddress(request);
    match world.call(&Caller::user(ACCOUNT, "somebody"), &request, false) {
        Ok(Response::AllocateAddress(allocated)) => allocated.allocation_id,
        other => panic!("{other:?}"),
    }
}

fn describe(world: &mut World, filters: Vec<Filter>) -> Result<Vec<api::Address>, Ec2Error> {
    let request = Request::DescribeAddresses(DescribeAddresses {
        filters,
        ..DescribeAddresses::default()
    });
    match world.call(&Caller::user(ACCOUNT, "somebody"), &request, false)? {
        Response::DescribeAddresses(addresses) => Ok(addresses),
        other => panic!("{other:?}"),
    }
}

//! What a user waits for: from the new process to the call that decides, over TLS and a round trip, with the part of a
//! processor that Lambda gives. Then the same for the next event of that process, and for one after a freeze.

use super::cases::{self, Case};
use super::figures::{Series, milliseconds};
use super::gate::{self, Room, Started};
use super::peers::{self, Peer, Peers};
use super::share::WHOLE;
use super::tls::{Authority, Aws, Distance};
use super::{Built, Rounds, expect};
use holdfast::clock::{Clock, WallClock};
use holdfast_tests::performance::{Path, Start, State};
use holdfast_tests::terminal::Problem;
use std::time::{Duration, Instant};

/// Longer than the function's own idea of a freeze.
const FREEZE: Duration = Duration::from_secs(6);

/// How much of a processor the bound allows between the start and the call that decides.
const PROCESSOR: Duration = Duration::from_millis(3);

const DISTANCES: [Distance; 3] = [
    Distance {
        round_trip: Duration::ZERO,
        ledger: Duration::ZERO,
        service: Duration::ZERO,
    },
    Distance {
        round_trip: Duration::from_millis(1),
        ledger: Duration::from_millis(5),
        service: Duration::from_millis(30),
    },
    Distance {
        round_trip: Duration::from_millis(20),
        ledger: Duration::from_millis(5),
        service: Duration::from_millis(30),
    },
];

/// 256 MB, which the template gives, and 512.
const SHARES: [u32; 2] = [256, 512];

/// Two that have the same job.
struct Job {
    name: &'static str,
    peer: Peer,
    /// Calls that have to be answered, one after the other, before the one that decides: to the ledger, and to others.
    before: Option<(u32, u32)>,
}

const JOBS: [Job; 2] = [
    Job {
        name: "take a released address back",
        peer: peers::RECLAIM,
        before: Some((1, 0)),
    },
    Job {
        name: "move an interface",
        peer: peers::FAILOVER,
        before: None,
    },
];

impl Job {
    async fn case(&self, built: &Built, events: usize) -> Result<Case, Problem> {
        match self.peer.name {
            "boto3-reclaim" => cases::released(built, events).await,
            _ => cases::interface_fails(built).await,
        }
    }
}

/// What is needed everywhere.
pub(super) struct Lab<'a> {
    pub(super) built: &'a Built,
    pub(super) peers: &'a Peers,
    pub(super) room: &'a Room,
    pub(super) rounds: Rounds,
    pub(super) starts: &'a [Start],
}

pub(super) async fn measure(lab: &Lab<'_>) -> Result<Vec<Path>, Problem> {
    let authority = Authority::new()?;
    authority.write(&lab.room.certificates())?;
    let mut frozen = Vec::new();
    for distance in DISTANCES {
        for share in SHARES {
            for job in &JOBS {
                for is_peer in [false, true] {
                    let place = Place {
                        lab,
                        authority: &authority,
                        distance,
                        share,
                        job,
                        is_peer,
                    };
                    frozen.push(place.measure().await?);
                }
            }
        }
    }
    // They all stand still at once, since each for itself would take minutes.
    WallClock.sleep(FREEZE).await;
    let mut paths = Vec::new();
    for place in frozen {
        paths.extend(place.thaw().await?);
    }
    Ok(paths)
}

/// One cell of the table.
struct Place<'a> {
    lab: &'a Lab<'a>,
    authority: &'a Authority,
    distance: Distance,
    share: u32,
    job: &'a Job,
    is_peer: bool,
}

/// All runs that found a process in one state.
#[derive(Default)]
struct Runs {
    first_poll: Series,
    ledger: Series,
    decided: Series,
    processor: Series,
}

/// A cell whose processes stand still, for one more event each.
struct Frozen<'a> {
    place: Place<'a>,
    case: Case,
    aws: Aws,
    processes: Vec<Started>,
    cold: Runs,
    warm: Runs,
}

impl<'a> Place<'a> {
    /// An event for each new process, one more, and then it stands still.
    async fn measure(self) -> Result<Frozen<'a>, Problem> {
        let rounds = if self.is_peer {
            self.lab.rounds.peers
        } else {
            self.lab.rounds.paths
        };
        let mut case = self.job.case(self.lab.built, rounds * 3).await?;
        let aws = Aws::serve(self.authority, &case.simulator.url, self.distance).await?;
        let (mut cold, mut warm) = (Runs::default(), Runs::default());
        let mut processes = Vec::new();
        for _ in 0..rounds {
            let event = case.next().await?;
            let started = self.start(&case, &aws).await?;
            cold.tell(&case, &started, &aws, &event, State::Cold)
                .await?;
            let event = case.next().await?;
            warm.tell(&case, &started, &aws, &event, State::Warm)
                .await?;
            started.freeze()?;
            processes.push(started);
        }
        Ok(Frozen {
            place: self,
            case,
            aws,
            processes,
            cold,
            warm,
        })
    }

    async fn start(&self, case: &Case, aws: &Aws) -> Result<Started, Problem> {
        let Lab {
            built, peers, room, ..
        } = *self.lab;
        let name = if self.is_peer {
            self.job.peer.name
        } else {
            case.function
        };
        let mut environment = aws.lead(
            Built::environment(name, &case.simulator),
            &room.certificates(),
        );
        let mut binary = peers.bootstrap();
        if self.is_peer {
            environment = peers.environment(self.job.peer, environment);
            for (key, value) in &case.known {
                environment = environment.set(key, value);
            }
        } else {
            binary = built.binary(case.function)?;
        }
        gate::start(room, &binary, environment, self.share).await
    }

    fn told(&self, case: &Case, state: State, runs: &Runs) -> Path {
        let function = if self.is_peer {
            self.job.peer.name
        } else {
            case.function
        };
        Path {
            function: function.to_owned(),
            job: self.job.name.to_owned(),
            decides: case.decides.to_owned(),
            round_trip_ms: milliseconds(self.distance.round_trip),
            ledger_ms: milliseconds(self.distance.ledger),
            service_ms: milliseconds(self.distance.service),
            share: self.share,
            state,
            first_poll: runs.first_poll.spread(),
            ledger: runs.ledger.spread(),
            decided: runs.decided.spread().unwrap_or_default(),
            processor: runs.processor.spread().unwrap_or_default(),
            bound_ms: self.bound(function, state),
            count: runs.decided.count(),
        }
    }

    /// The start, one handshake to both services at once, the round trips that come before, and 3 ms of a processor, of
    /// which the process has its share.
    fn bound(&self, function: &str, state: State) -> Option<f64> {
        let (ledger, others) = self.job.before?;
        let is_ours = !self.is_peer && state == State::Cold;
        let start = self
            .lab
            .starts
            .iter()
            .find(|start| start.function == function)?;
        let Distance {
            round_trip,
            ledger: takes,
            service,
        } = self.distance;
        let before = (round_trip + takes) * ledger + (round_trip + service) * others;
        let processor = PROCESSOR.mul_f64(f64::from(WHOLE) / f64::from(self.share));
        let network = milliseconds(self.distance.handshake() + before + processor);
        is_ours.then_some(start.took.median + network)
    }
}

impl Frozen<'_> {
    /// One more event for each.
    async fn thaw(self) -> Result<[Path; 3], Problem> {
        let Self {
            place,
            mut case,
            aws,
            processes,
            cold,
            warm,
        } = self;
        let mut frozen = Runs::default();
        for started in processes {
            let event = case.next().await?;
            started.thaw()?;
            frozen
                .tell(&case, &started, &aws, &event, State::Frozen)
                .await?;
            started.function.kill().await;
        }
        Ok([
            place.told(&case, State::Cold, &cold),
            place.told(&case, State::Warm, &warm),
            place.told(&case, State::Frozen, &frozen),
        ])
    }
}

impl Runs {
    async fn tell(
        &mut self,
        case: &Case,
        started: &Started,
        aws: &Aws,
        event: &serde_json::Value,
        state: State,
    ) -> Result<(), Problem> {
        let function = &started.function;
        aws.log().watch(function.process_id());
        aws.log().take();
        let before = function.usage()?.processor;
        let from = if state == State::Cold {
            started.began
        } else {
            Instant::now()
        };
        let invocation = function.invoke(event).await;
        expect(case.outcome, invocation)?;
        let arrivals = aws.log().take();
        let decides = case.decides.trim_start_matches("ec2:");
        let deciding = arrivals.iter().find(|arrival| arrival.action == decides);
        let deciding = deciding.ok_or_else(|| format!("{decides} was not called"))?;
        self.decided
            .add(deciding.sent.saturating_duration_since(from));
        if let Some(processor) = deciding.processor {
            self.processor.add(processor.saturating_sub(before));
        }
        if let Some(first) = arrivals.iter().find(|arrival| arrival.is_for_ledger) {
            self.ledger.add(first.sent.saturating_duration_since(from));
        }
        if state == State::Cold {
            self.first_poll.add(started.first_poll);
        }
        Ok(())
    }
}

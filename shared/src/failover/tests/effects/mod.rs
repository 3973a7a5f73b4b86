//! Each effect against EC2 as a script: what it calls, what it waits for, and what it says in the end. An
//! accepted call is not ownership: nothing counts as moved before two of EC2's answers show it.

mod addresses;
mod arrivals;
mod attachments;
mod detachments;
mod fences;
mod fencing;
mod looks;
mod private_ips;
mod script;

use super::fixture::{EIP, ENI, Fixture, id, pair};
use crate::address::{Address, Attachment, AttachmentState, Interface};
use crate::cloud::CloudError;
use crate::failover::act::{End, Errand};
use crate::failover::decide::Move;
use crate::failover::evidence::{Cause, Kind};
use crate::failover::group::ChargeId;
use crate::failover::observe::Observed;
use crate::failover::route::{Ending, Step, Tie};
use crate::failover::run::Run;
use crate::ids::EniId;
use crate::instance::{AttachedInterface, Instance, InstanceState, PrivateIp, PublicSide};
use crate::ports::{Delivery, Ports};
use crate::settings::Settings;
use futures_util::FutureExt;
use script::{BEGINNING, Script, script};
use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use time::Duration;

/// An alarm on the first member.
const ALARM: &str = "down";

/// A move that is to be made while EC2 answers as a script says.
#[derive(Debug)]
struct Job {
    script: Script,
    step: Step,
    observed: Observed,
    settings: Vec<(String, String)>,
    /// How long the run has, and how long ago it began.
    has: Duration,
    began: Duration,
}

/// How it went.
#[derive(Debug)]
struct Went {
    /// How it ended, in a word or two.
    end: String,
    /// What was called.
    calls: Vec<String>,
    /// How many calls it counted.
    counted: usize,
    /// What it noted on its way.
    phases: Vec<&'static str>,
    /// How long it took, in milliseconds.
    ms: u64,
}

impl Script {
    /// A move while EC2 answers so.
    fn moving(self, step: Step) -> Job {
        let variables = [("HOLDFAST_TABLE", "ledger"), ("AWS_REGION", "eu-west-1")];
        Job {
            script: self,
            step,
            observed: pair().floating().observed,
            settings: variables
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .into(),
            has: Duration::seconds(120),
            began: Duration::ZERO,
        }
    }
}

impl Job {
    /// The run has so many seconds left.
    fn with_seconds_left(mut self, seconds: f64) -> Self {
        self.has = Duration::seconds_f64(seconds);
        self
    }

    /// The run began so many seconds ago.
    fn begun_before(mut self, seconds: i64) -> Self {
        self.began = Duration::seconds(seconds);
        self
    }

    fn set(mut self, key: &str, value: &str) -> Self {
        self.settings.push((key.to_owned(), value.to_owned()));
        self
    }

    /// What the move was planned on.
    fn planned_on(mut self, fixture: Fixture) -> Self {
        self.observed = fixture.observed;
        self
    }

    /// The look that it was planned on is so many seconds old.
    fn looked_before(mut self, seconds: f64) -> Self {
        self.observed.at -= Duration::seconds_f64(seconds);
        self
    }

    fn go(self) -> Went {
        let settings = Settings::read(self.settings).unwrap();
        let ports = Ports {
            cloud: self.script.clone(),
            ledger: (),
            clock: self.script.clone(),
        };
        let cause = alarm_on_the_first();
        let run = Run {
            ports: &ports,
            settings: &settings,
            cause: &cause,
            delivery: Delivery {
                ends_at: BEGINNING + self.has,
                run: 1,
            },
            received: BEGINNING - self.began,
        };
        let one = Move {
            charge: ChargeId::Interface(ENI.parse().unwrap()),
            public_ips: vec![EIP],
            from: Some(id(1)),
            to: id(2),
            step: self.step,
            is_return: false,
        };
        let mut errand = Errand::new(&run, &self.observed, &one);
        let end = errand.run().now_or_never().expect("a script never waits");
        Went {
            end: in_words(&end),
            calls: self.script.calls(),
            counted: usize::try_from(errand.mutating_calls).unwrap(),
            phases: errand.phases.iter().map(|phase| phase.name).collect(),
            ms: self.script.passed(),
        }
    }
}

impl Went {
    /// Whether it ended at that second, or with the next look after it.
    #[track_caller]
    fn took(&self, seconds: u64) {
        let due = seconds * 1000;
        let in_time = due..due + 260;
        assert!(
            in_time.contains(&self.ms),
            "it took {} ms: {self:?}",
            self.ms
        );
    }
}

fn in_words(end: &End) -> String {
    let of = |word: &str, failure: &CloudError| {
        let code = failure.failure().code.clone().unwrap_or_default();
        format!("{word}: {code}")
    };
    match end {
        End::Moved { attachment: None } => "moved".to_owned(),
        End::Moved {
            attachment: Some(by),
        } => format!("moved by {by}"),
        End::Refused(failure) => of("refused", failure),
        End::Kept(failure) => of("kept", failure),
        End::SlotTaken(failure) => of("slot taken", failure),
        End::Denied(failure) => of("denied", failure),
        End::Lost => "lost".to_owned(),
        End::Gone => "gone".to_owned(),
        End::Unsure(failure) => of("unsure", failure),
        End::OutOfTime => "out of time".to_owned(),
    }
}

fn alarm_on_the_first() -> Cause {
    Cause {
        kind: Kind::Alarm,
        words: format!("alarm {ALARM}"),
        at: BEGINNING,
        alarms: vec![ALARM.to_owned()],
        named: BTreeSet::from([id(1)]),
        group: None,
    }
}

/// The interface that moves, with a member and so far.
fn with(number: u8, state: AttachmentState) -> Interface {
    Interface {
        attachment: Some(Attachment {
            id: format!("eni-attach-0{number}").parse().unwrap(),
            instance: Some(id(number)),
            device_index: 1,
            card_index: 0,
            state,
            ends_with_instance: false,
            since: None,
        }),
        ..with_nobody()
    }
}

/// The interface that moves, with nobody.
fn with_nobody() -> Interface {
    Interface::bare(ENI.parse().unwrap())
}

/// The standby as it is before it gets anything.
fn standby() -> Instance {
    pair().observed.instances.remove(1)
}

fn standby_that_is(state: InstanceState) -> Instance {
    Instance { state, ..standby() }
}

/// The standby with the interface that moves, so far.
fn standby_with(state: AttachmentState) -> Instance {
    let mut standby = standby();
    standby.interfaces.push(AttachedInterface {
        id: ENI.parse().unwrap(),
        device_index: 1,
        state: Some(state),
        private_ips: Vec::new(),
        ..standby.interfaces[0].clone()
    });
    standby
}

/// The end of the first member's attachment, with a guest that can let go.
fn ending() -> Ending {
    Ending {
        attachment: "eni-attach-01".parse().unwrap(),
        is_leaving: false,
        ends_with_instance: false,
        by_force: false,
    }
}

/// The interface leaves the first member for the second.
fn carrying(from: Option<Ending>) -> Step {
    Step::Interface {
        eni: ENI.parse().unwrap(),
        from,
        device_index: 1,
    }
}

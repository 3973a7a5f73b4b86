//! Each effect against EC2 as a script: what it calls, what it waits for, and what it says in the end. An
//! accepted call is not ownership: nothing counts as moved before two of EC2's answers show it.

mod addresses;
mod arrivals;
mod attachments;
mod detachments;
mod fencing;
mod looks;
mod pending_fences;
mod private_ips;
mod same_list;
mod script;

use super::fixture::{EIP, ENI, Fixture, id, moving, pair};
use crate::alarm_failover::case::{Case, Cause, CauseKind};
use crate::alarm_failover::execute::{MoveExecutor, MoveResult};
use crate::alarm_failover::group::ResourceId;
use crate::alarm_failover::plan::Move;
use crate::alarm_failover::plan::{AssociationChange, Detachment, MoveAction};
use crate::alarm_failover::state::Observed;
use crate::cloud::CloudError;
use crate::model::elastic_ip::Address;
use crate::model::ids::EniId;
use crate::model::instance::{AttachedInterface, Instance, InstanceState, PrivateIp, PublicIp};
use crate::model::interface::{Attachment, AttachmentState, Interface};
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
    action: MoveAction,
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
    /// When each phase ended, in milliseconds.
    ended_at: Vec<u64>,
    /// How long it took, in milliseconds.
    ms: u64,
}

impl Script {
    /// A move while EC2 answers so.
    fn moving(self, action: MoveAction) -> Job {
        let variables = [("HOLDFAST_TABLE", "ledger"), ("AWS_REGION", "eu-west-1")];
        Job {
            script: self,
            action,
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
        let fired = alarm_on_the_first();
        let case = Case {
            settings: &settings,
            cause: &fired,
            delivery: Delivery {
                ends_at: BEGINNING + self.has,
                run: 1,
            },
            received: BEGINNING - self.began,
        };
        let resource = ResourceId::Interface(ENI.parse().unwrap());
        let one = moving(resource, Some(1), 2, &self.action);
        let mut executor = MoveExecutor::new(&ports, case, &self.observed, &one);
        let end = executor.run().now_or_never().expect("a script never waits");
        Went {
            end: in_words(&end),
            calls: self.script.calls(),
            counted: usize::try_from(executor.mutating_calls).unwrap(),
            phases: executor.phases.iter().map(|phase| phase.name).collect(),
            ended_at: executor.phases.iter().map(|phase| phase.ms).collect(),
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

fn in_words(end: &MoveResult) -> String {
    let of = |word: &str, failure: &CloudError| {
        let code = failure.failure().code.clone().unwrap_or_default();
        format!("{word}: {code}")
    };
    match end {
        MoveResult::Moved { attachment: None } => "moved".to_owned(),
        MoveResult::Moved {
            attachment: Some(by),
        } => format!("moved by {by}"),
        MoveResult::Refused(failure) => of("refused", failure),
        MoveResult::HolderRefused(failure) => of("kept", failure),
        MoveResult::DeviceIndexTaken(failure) => of("slot taken", failure),
        MoveResult::Denied(failure) => of("denied", failure),
        MoveResult::Superseded => "lost".to_owned(),
        MoveResult::Gone => "gone".to_owned(),
        MoveResult::Unknown(failure) => of("unsure", failure),
        MoveResult::OutOfTime => "out of time".to_owned(),
    }
}

fn alarm_on_the_first() -> Cause {
    Cause {
        kind: CauseKind::Alarm,
        text: format!("alarm {ALARM}"),
        at: BEGINNING,
        alarms: vec![ALARM.to_owned()],
        is_of_alarms: false,
        instances: BTreeSet::from([id(1)]),
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
            delete_on_termination: false,
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
fn detachment() -> Detachment {
    Detachment {
        attachment: "eni-attach-01".parse().unwrap(),
        is_detaching: false,
        delete_on_termination: false,
        force: false,
    }
}

/// The interface leaves the first member for the second.
fn carrying(from: Option<Detachment>) -> MoveAction {
    MoveAction::Interface {
        eni: ENI.parse().unwrap(),
        from,
        device_index: 1,
    }
}

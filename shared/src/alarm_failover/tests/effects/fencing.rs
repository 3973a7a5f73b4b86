//! Who is fenced, and when: whoever has lost everything to a failure that still holds.

mod afterwards;
mod observe;
mod tags;

use super::*;
use crate::alarm_failover::case::AffectedGroup;
use crate::alarm_failover::execute::fence;
use crate::alarm_failover::group::Group;
use crate::alarm_failover::held_lease::HeldLease;
use crate::alarm_failover::messages::fences::fenced;
use crate::alarm_failover::plan::{Blocked, Plan};
use crate::alarm_failover::progress::{Progress, Stop};
use crate::alarm_failover::resource_progress::ResourceProgress;
use crate::alarm_failover::{fencing, run};
use crate::ledger::lease::{Acquire, Claim, FailoverRecord, Lease, LeaseHold};
use crate::ledger::{Ledger, MemoryLedger};
use crate::model::ids::InstanceId;
use crate::settings::Fencing;
use std::collections::BTreeMap;

/// What a run knows when it comes to fence.
struct Fence {
    fixture: Fixture,
    /// What it moves at this look.
    moves: Vec<Move>,
    progress: Progress,
    held: HeldLease,
    cause: Cause,
    mode: &'static str,
    stop_by_tag: &'static str,
}

/// The interface of the first member goes to the second in this run, and then the first is to be stopped.
fn moved() -> Fence {
    let fixture = pair().floating().change(|fixture| {
        let floating = standby_with(AttachmentState::Attached).interfaces.remove(1);
        fixture.member(1).interfaces.push(floating);
    });
    let mut case = Fence {
        fixture,
        moves: Vec::new(),
        progress: Progress::default(),
        held: HeldLease {
            lease: Lease::new("web"),
            own: noted(&[(1, Fencing::Stop)]),
        },
        cause: alarm_on_the_first(),
        mode: "enforce",
        stop_by_tag: "allow",
    };
    case.progress.sources = BTreeSet::from([id(1)]);
    let one = moving_on();
    let begun = ResourceProgress::begun(&one);
    case.progress.resources.insert(one.resource.clone(), begun);
    case.moves.push(one);
    case
}

/// An earlier run has moved the interface, noted that the first member is to be stopped, and died.
fn left_by_an_earlier_run() -> Fence {
    let mut case = moved();
    case.fixture = pair().floating().attached_to(2);
    case.moves.clear();
    case.progress.resources.clear();
    case.held.own = noted(&[]);
    case.held.lease.in_progress = Some(noted(&[(1, Fencing::Stop)]));
    case
}

fn moving_on() -> Move {
    let resource = ResourceId::Interface(ENI.parse().unwrap());
    moving(resource, Some(1), 2, &carrying(Some(detachment())))
}

fn noted(pending_fences: &[(u8, Fencing)]) -> FailoverRecord {
    FailoverRecord {
        cause: format!("alarm {ALARM}"),
        alarms: vec![ALARM.to_owned()],
        fired_at: BEGINNING,
        failed_members: BTreeSet::from([id(1)]),
        pending_reassociation: Vec::new(),
        former_targets: BTreeMap::new(),
        pending_fences: pending_fences
            .iter()
            .map(|(number, how)| (id(*number), how.clone()))
            .collect(),
        began_at: BEGINNING,
        ended_at: None,
        to: None,
    }
}

fn isolated() -> Fencing {
    Fencing::Isolate("sg-01".parse().unwrap())
}

impl Fence {
    fn change(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn lease(&mut self) -> &mut Lease {
        &mut self.held.lease
    }

    fn stand(&self, ledger: MemoryLedger) -> Stand {
        let variables = [
            ("HOLDFAST_TABLE", "ledger"),
            ("AWS_REGION", "eu-west-1"),
            ("HOLDFAST_MODE", self.mode),
            ("HOLDFAST_STOP_BY_TAG", self.stop_by_tag),
        ];
        let variables = variables.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let script = script();
        Stand {
            settings: Settings::read(variables).unwrap(),
            ports: Ports {
                cloud: script.clone(),
                ledger,
                clock: script,
            },
            cause: self.cause.clone(),
        }
    }

    /// What is called.
    fn fence(&mut self) -> Vec<String> {
        let stand = self.stand(MemoryLedger::default());
        let (case, observed) = (stand.case(), &self.fixture.observed);
        let group = Group::named("web", observed, &stand.settings, &[]);
        let fences = fencing::fences(
            &case,
            &self.held,
            &group,
            observed,
            &self.moves,
            &self.progress,
        );
        let result = fence(&stand.ports.cloud, fences).now_or_never();
        self.progress
            .note_fences(result.expect("a script never waits"));
        stand.ports.cloud.calls()
    }

    /// How many effects `observe` mode tells of a fence.
    fn would_be_fenced(&self, plan: &Plan) -> usize {
        let mut stand = self.stand(MemoryLedger::default());
        stand.settings.fencing = Fencing::Stop;
        let (observed, sources) = (&self.fixture.observed, &self.progress.sources);
        let group = Group::named("web", observed, &stand.settings, &[]);
        fencing::would_fence(&stand.case(), &group, sources, observed, plan).len()
    }

    /// What the lease is to note.
    fn to_be_noted(&self) -> Vec<(InstanceId, Fencing)> {
        let stand = self.stand(MemoryLedger::default());
        let observed = &self.fixture.observed;
        let group = Group::named("web", observed, &stand.settings, &[]);
        let sources = &self.progress.sources;
        let pending_fences = fencing::fences_for(&stand.case(), &group, sources, observed);
        pending_fences.into_iter().collect()
    }

    /// Whether an alarm on these members of a group finds it noted that the second and the fourth member of
    /// the group `web` are to be fenced.
    fn finds_a_fence_left_open(&self, group: &str, failed_members: &[u8]) -> bool {
        let ledger = MemoryLedger::default();
        let claim = Claim {
            group: "web".to_owned(),
            hold: LeaseHold {
                owner: "another".to_owned(),
                until: BEGINNING,
            },
            now: BEGINNING,
            record: noted(&[(2, Fencing::Stop), (4, Fencing::Stop)]),
        };
        let taken = ledger.acquire_lease(&claim).now_or_never();
        assert!(matches!(taken, Some(Ok(Acquire::Granted(_)))));
        let affected = AffectedGroup {
            group: group.to_owned(),
            failed_members: failed_members.iter().map(|number| id(*number)).collect(),
            names_no_instance: false,
        };
        let stand = self.stand(ledger);
        let case = stand.case();
        let found = run::has_pending_fence(&stand.ports, &case, &affected).now_or_never();
        found.expect("memory answers").unwrap()
    }
}

/// What a run needs to be one.
struct Stand {
    settings: Settings,
    ports: Ports<Script, MemoryLedger, Script>,
    cause: Cause,
}

impl Stand {
    fn case(&self) -> Case<'_> {
        Case {
            settings: &self.settings,
            cause: &self.cause,
            delivery: Delivery {
                ends_at: BEGINNING + Duration::minutes(2),
                run: 1,
            },
            received: BEGINNING,
        }
    }
}

const STOPPED: [&str; 1] = ["stop i-01"];
const NOBODY: [&str; 0] = [];

#[test]
fn who_has_lost_everything_in_this_run_is_fenced() {
    let mut case = moved();
    assert_eq!(case.fence(), STOPPED);
    assert_eq!(case.progress.mutating_calls, 1);
    assert_eq!(
        fenced(&case.progress.fenced.done),
        ["i-01 is being stopped"]
    );
}

#[test]
fn what_has_moved_is_not_isolated_with_what_its_holder_keeps() {
    let mut case = moved();
    case.held.own = noted(&[(1, isolated())]);
    assert_eq!(case.fence(), ["isolate eni-01 in sg-01"]);
}

#[test]
fn who_has_something_left_is_not_fenced() {
    let mut case = moved();
    case.moves.clear();
    assert_eq!(case.fence(), NOBODY);
}

#[test]
fn who_gets_something_back_is_not_fenced() {
    let mut case = moved();
    case.moves.push(Move {
        to: id(1),
        ..moving_on()
    });
    assert_eq!(case.fence(), NOBODY);
}

#[test]
fn who_is_down_or_no_member_is_not_fenced() {
    for how in [Fencing::Stop, isolated()] {
        let mut down = moved();
        down.held.own = noted(&[(1, how)]);
        down.fixture.member(1).state = InstanceState::Stopped;
        assert_eq!(down.fence(), NOBODY);
    }
    let mut stranger = moved();
    stranger.fixture.member(1).tags.clear();
    assert_eq!(stranger.fence(), NOBODY);
}

#[test]
fn nobody_is_fenced_by_a_run_that_has_moved_nothing() {
    let mut idle = moved().change(|case| case.progress.resources.clear());
    idle.fixture = pair().floating().attached_to(2);
    assert_eq!(idle.fence(), NOBODY);
}

#[test]
fn of_those_in_the_note_only_who_loses_something_in_this_run_is_fenced() {
    let mut case = moved();
    case.held.own = noted(&[(1, Fencing::Stop), (2, Fencing::Stop)]);
    assert_eq!(case.fence(), STOPPED);
}

#[test]
fn what_an_earlier_run_left_is_done() {
    let mut case = left_by_an_earlier_run();
    assert_eq!(case.fence(), STOPPED);
    assert!(!case.progress.fenced.is_unfinished);
}

#[test]
fn what_is_noted_twice_is_done_once_and_as_this_run_noted_it() {
    let mut case = moved();
    case.held.lease = left_by_an_earlier_run().held.lease;
    case.held.own = noted(&[(1, isolated())]);
    assert_eq!(case.fence(), ["isolate eni-01 in sg-01"]);
}

#[test]
fn this_runs_own_note_in_the_lease_is_no_earlier_runs() {
    let mut case = left_by_an_earlier_run();
    case.held.own = noted(&[(1, Fencing::Stop)]);
    assert_eq!(case.fence(), NOBODY);
}

#[test]
fn who_took_over_is_not_fenced_for_a_second_delivery_that_died() {
    let mut case = left_by_an_earlier_run();
    let took_over = FailoverRecord {
        to: Some(id(1)),
        ..noted(&[])
    };
    case.lease().last = Some(took_over);
    assert_eq!(case.fence(), NOBODY);
}

#[test]
fn a_fence_of_somebody_whom_this_run_is_not_about_is_left_for_another() {
    let mut case = left_by_an_earlier_run();
    case.progress.sources = BTreeSet::from([id(2)]);
    case.fixture = pair().floating().attached_to(1).change(|fixture| {
        fixture.observed.interfaces.clear();
    });
    assert_eq!(case.fence(), NOBODY);
    assert!(case.progress.fenced.is_unfinished);
    assert_eq!(case.progress.fenced.not_fenced, BTreeSet::new());
}

#[test]
fn nobody_is_fenced_for_what_is_over_and_a_person_is_told() {
    let recovered = left_by_an_earlier_run().change(|case| {
        case.progress.last_look.recovered = Some("it is OK by now".to_owned());
    });
    let asked = left_by_an_earlier_run().change(|case| case.cause.kind = CauseKind::Resume);
    for mut case in [recovered, asked] {
        assert_eq!(case.fence(), NOBODY);
        assert_eq!(case.progress.fenced.not_fenced, BTreeSet::from([id(1)]));
        assert!(!case.progress.fenced.is_unfinished);
    }
}

#[test]
fn a_failover_that_this_run_has_made_is_fenced_although_the_alarm_fires_no_more() {
    let mut case = moved();
    case.progress.last_look.recovered = Some("it is OK by now".to_owned());
    assert_eq!(case.fence(), STOPPED);
}

#[test]
fn an_open_fence_is_found_by_an_alarm_on_one_of_those_to_be_fenced() {
    assert!(moved().finds_a_fence_left_open("web", &[2]));
    assert!(moved().finds_a_fence_left_open("web", &[1, 2, 3]));
    assert!(!moved().finds_a_fence_left_open("web", &[1]));
    assert!(!moved().finds_a_fence_left_open("another", &[2]));
}

#[test]
fn no_open_fence_is_looked_for_in_observe_mode_or_for_no_failure() {
    let mut observing = moved();
    observing.mode = "observe";
    assert!(!observing.finds_a_fence_left_open("web", &[2]));
    let mut asked = moved();
    asked.cause.kind = CauseKind::Resume;
    assert!(!asked.finds_a_fence_left_open("web", &[2]));
}

#[test]
fn in_observe_mode_nobody_would_be_fenced_while_something_of_the_plan_is_blocked() {
    let case = moved();
    let blocked = Blocked {
        resource: ResourceId::PrivateIps(None),
        public_ips: Vec::new(),
        holder: Some(id(3)),
        why: Vec::new(),
    };
    let mut plan = Plan {
        moves: case.moves.clone(),
        ..Plan::default()
    };
    assert_eq!(case.would_be_fenced(&plan), 1);
    plan.blocked.push(blocked);
    assert_eq!(case.would_be_fenced(&plan), 0);
}

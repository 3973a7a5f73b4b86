//! The explorer: every fault at every call, then every pair of faults, and after each the same event
//! delivered again until all is quiet. Nothing is drawn by chance: it is exhaustive, and a new step in
//! a function is covered with no new test code.
//!
//! [`interleave`] does the same for two runs at once, in every order of their calls.

pub mod advice;
pub mod interleave;
mod observed;
pub mod promises;
pub mod truth;

use crate::client::faults::{Fault, SeededBug};
pub use crate::client::virtual_time::Run;
use crate::client::{Client, Intrusion, TestBed};
use futures_util::FutureExt;
use holdfast::error::chain;
use promises::Promises;
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

/// What must be so in the end; says what is not.
pub type Goal = Box<dyn Fn(&TestBed) -> Result<(), String>>;

/// What is explored: a world, an event that is delivered, and what must be so in the end.
pub struct Scenario {
    /// What it is about.
    pub name: &'static str,
    /// The world and the ledger when the event is delivered for the first time.
    pub bed: Box<dyn Fn() -> Arc<TestBed>>,
    /// Delivers the event to a fresh run of the function.
    pub deliver: Box<dyn Fn(Client) -> Run<'static>>,
    /// Delivers the same event to a run in `observe` mode.
    pub observe: Box<dyn Fn(Client) -> Run<'static>>,
    /// What must be so when all is quiet; says what is not.
    pub goal: Goal,
    /// What must be so after every call.
    pub promises: Promises,
}

impl std::fmt::Debug for Scenario {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Scenario")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// What an exploration covered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Calls of the run without faults.
    pub calls: usize,
    /// Faults and pairs of faults that happened, each in a history of its own.
    pub histories: usize,
    /// The pairs among them.
    pub pairs: usize,
}

/// A share of all pairs of faults. Worlds that differ in little take one share each, and together all of them.
#[derive(Debug, Clone, Copy)]
pub struct Share {
    /// Which share, from 0.
    pub part: usize,
    /// How many there are.
    pub of: usize,
}

impl Share {
    const ALL: Self = Self { part: 0, of: 1 };
}

/// Lambda delivers an event three times. With two faults at most, the third must come through.
const MAX_DELIVERIES: usize = 3;

/// Lambda waits a minute before the first repetition.
const BETWEEN_DELIVERIES: Duration = Duration::from_mins(1);

/// Explores a scenario with single faults and with pairs.
///
/// # Errors
/// The history that broke a promise or missed the goal, with all its calls.
pub fn explore(scenario: &Scenario) -> Result<Coverage, String> {
    explore_with(scenario, None)
}

/// Explores a scenario with a guard taken out of the engine.
///
/// # Errors
/// As for [`explore`]; this is what proves that the guard is needed and the explorer can fail.
pub fn explore_with(
    scenario: &Scenario,
    seeded_bug: Option<SeededBug>,
) -> Result<Coverage, String> {
    explore_pairs(scenario, seeded_bug, Share::ALL)
}

/// Explores a scenario with every single fault, and with a share of the pairs.
///
/// # Errors
/// As for [`explore`].
pub fn explore_share(scenario: &Scenario, share: Share) -> Result<Coverage, String> {
    explore_pairs(scenario, None, share)
}

fn explore_pairs(
    scenario: &Scenario,
    seeded_bug: Option<SeededBug>,
    share: Share,
) -> Result<Coverage, String> {
    if seeded_bug.is_none() {
        observed::check(scenario)?;
    }
    let calls = play(scenario, seeded_bug, &[])?.calls;
    if calls == 0 {
        return Err(format!(
            "{}: the run made no call, so nothing was explored",
            scenario.name
        ));
    }
    let mut coverage = Coverage {
        calls,
        ..Coverage::default()
    };
    let mut turn = 0;
    for first in 0..calls {
        for fault in Fault::ALL {
            let played = play(scenario, seeded_bug, &[(first, fault)])?;
            if played.faults != 1 {
                return Err(format!(
                    "{}: the fault at call {first} never happened",
                    scenario.name
                ));
            }
            coverage.histories += 1;
            for second in first + 1..played.calls {
                for other in Fault::ALL {
                    turn += 1;
                    if turn % share.of != share.part {
                        continue;
                    }
                    let faults = [(first, fault), (second, other)];
                    let happened = play(scenario, seeded_bug, &faults)?.faults == 2;
                    coverage.pairs += usize::from(happened);
                }
            }
        }
    }
    coverage.histories += coverage.pairs;
    Ok(coverage)
}

/// Explores a scenario with single faults: one that differs in little from one that is explored with pairs.
///
/// # Errors
/// As for [`explore`].
pub fn explore_singly(scenario: &Scenario) -> Result<Coverage, String> {
    let calls = play(scenario, None, &[])?.calls;
    let mut histories = 0;
    for call in 0..calls {
        for fault in Fault::ALL {
            histories += play(scenario, None, &[(call, fault)])?.faults;
        }
    }
    Ok(Coverage {
        calls,
        histories,
        pairs: 0,
    })
}

/// Somebody else at every place between two calls: how many places there were, and the histories of
/// those that ended badly.
#[derive(Debug)]
pub struct Intruded {
    /// Places between two calls.
    pub places: usize,
    /// Histories that broke a promise or missed the goal.
    pub broken: Vec<String>,
}

/// Lets somebody else act in the middle of the run, at every place between two calls.
///
/// # Errors
/// The run fails without anybody else.
pub fn explore_intrusions(
    scenario: &Scenario,
    seeded_bug: Option<SeededBug>,
    intrusion: &dyn Fn() -> Intrusion,
) -> Result<Intruded, String> {
    let places = play(scenario, seeded_bug, &[])?.calls;
    let intruded = |place| {
        play_on(scenario, seeded_bug, &[], |bed| {
            bed.intrude(place, intrusion());
        })
    };
    let broken = (0..places)
        .filter_map(|place| intruded(place).err())
        .collect();
    Ok(Intruded { places, broken })
}

struct Played {
    calls: usize,
    faults: usize,
}

fn play(
    scenario: &Scenario,
    seeded_bug: Option<SeededBug>,
    faults: &[(usize, Fault)],
) -> Result<Played, String> {
    play_on(scenario, seeded_bug, faults, |bed| {
        // With a guard taken out, a run may be cut anywhere; pairs of faults are many, and no other look.
        if seeded_bug.is_none() && faults.len() < 2 {
            bed.check_looks();
        }
    })
}

fn play_on(
    scenario: &Scenario,
    seeded_bug: Option<SeededBug>,
    faults: &[(usize, Fault)],
    prepare: impl FnOnce(&TestBed),
) -> Result<Played, String> {
    let bed = (scenario.bed)();
    prepare(&bed);
    bed.faults.plan(faults);
    if let Some(seeded_bug) = seeded_bug {
        bed.faults.seeded_bug(seeded_bug);
    }
    let before = bed.world().calls().len();
    let mut quiet = false;
    let mut answers = Vec::new();
    for _ in 0..MAX_DELIVERIES {
        let client = bed.client("holdfast");
        let answer = (scenario.deliver)(client.clone()).now_or_never();
        scenario.promises.check(before, &bed).map_err(|broken| {
            history(
                scenario,
                &bed,
                &answers,
                &format!("broke a promise: {broken}"),
            )
        })?;
        let finished = matches!(answer, Some(Ok(_))) && !bed.faults.has_stopped(client.run());
        answers.push(match answer {
            None => "ended by the fault".to_owned(),
            Some(Ok(report)) => {
                if let [false_word, ..] =
                    truth::false_statements_of_run(client.run(), &report, &bed.world()).as_slice()
                {
                    let what = format!("told what is not so: {false_word}");
                    return Err(history(scenario, &bed, &answers, &what));
                }
                let passed = bed.faults.passed();
                if let Some(what) =
                    truth::unwritten_and_untold(client.run(), &report, &passed).filter(|_| finished)
                {
                    return Err(history(scenario, &bed, &answers, &what));
                }
                report.summary
            }
            Some(Err(error)) => format!("Err: {}", chain(&error)),
        });
        if finished {
            quiet = true;
            break;
        }
        bed.pass(BETWEEN_DELIVERIES);
    }
    if !quiet {
        return Err(history(scenario, &bed, &answers, "did not come to rest"));
    }
    (scenario.goal)(&bed).map_err(|missed| {
        history(
            scenario,
            &bed,
            &answers,
            &format!("missed its goal: {missed}"),
        )
    })?;
    let passed = bed.faults.passed();
    let happened = passed.iter().filter(|call| call.fault.is_some()).count();
    Ok(Played {
        calls: passed.len(),
        faults: happened,
    })
}

fn history(scenario: &Scenario, bed: &TestBed, answers: &[String], what: &str) -> String {
    let mut text = format!("{} {what}\n", scenario.name);
    for call in bed.faults.passed() {
        let _ = writeln!(
            text,
            "  {:?} {}{}",
            call.run,
            call.name,
            match call.fault {
                Some(fault) => format!("  <- {fault:?}"),
                None => String::new(),
            }
        );
    }
    for answer in answers {
        let _ = writeln!(text, "  delivery: {answer}");
    }
    text
}

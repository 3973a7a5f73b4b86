//! Where every call of every run goes through: it counts, it records, it lets faults happen, and it
//! holds calls back where two runs are to be interleaved.

use std::collections::BTreeSet;
use std::future::pending;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;

/// A run's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Run(usize);

impl Run {
    pub(super) fn number(self) -> u64 {
        self.0 as u64
    }
}

impl std::fmt::Display for Run {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "run-{}", self.0)
    }
}

/// What goes wrong at a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The run ends before the call is sent.
    StopBeforeSend,
    /// The call is carried out, and the run ends before the reply is there.
    StopBeforeReply,
    /// The reply arrives, and the run ends before it does anything more.
    StopAfterReply,
    /// The call is not carried out, and nobody says so: a time-out.
    RequestLost,
    /// The call is carried out, and nobody says so: a time-out.
    ReplyLost,
    /// AWS refuses the call for now.
    Throttled,
}

impl Fault {
    /// All faults.
    pub const ALL: [Self; 6] = [
        Self::StopBeforeSend,
        Self::StopBeforeReply,
        Self::StopAfterReply,
        Self::RequestLost,
        Self::ReplyLost,
        Self::Throttled,
    ];
}

/// A guard that is taken out of the engine, to prove that the explorer notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeededBug {
    /// The engine does not look whether the address is ours already.
    NoLook,
    /// The request for the address carries no tags.
    NoTags,
    /// The association goes through whoever has the address.
    Reassociation,
    /// The engine reads the target as free, whoever has it.
    BlindToOthers,
    /// A describe of every address lacks its last page.
    ShortLists,
    /// The engine reads every alarm as firing.
    AlarmsNeverClear,
    /// The engine reads every instance that has an address of a group as stopped.
    HoldersLookDown,
    /// The engine takes a lease that somebody else has for its own.
    LeaseOfOthers,
}

/// One call as it went through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedCall {
    /// The run that made it.
    pub run: Run,
    /// What was called: `AllocateAddress`, `ledger read`.
    pub name: &'static str,
    /// What went wrong with it.
    pub fault: Option<Fault>,
}

#[derive(Debug, Default)]
struct InjectorState {
    runs: usize,
    passed: Vec<RecordedCall>,
    faults: Vec<(usize, Fault)>,
    stopped: BTreeSet<Run>,
    stopping: BTreeSet<Run>,
    held: bool,
    /// Runs that wait for time to pass.
    resting: BTreeSet<Run>,
    seeded_bug: Option<SeededBug>,
}

/// The tap.
#[derive(Debug, Default)]
pub struct FaultInjector(Mutex<InjectorState>);

/// How a call is to be carried out.
pub(super) enum CallFailure {
    /// Not at all; the caller sees a time-out.
    Lost,
    /// It is carried out; the caller sees a time-out.
    Unanswered,
    /// Not at all; the caller is told to come back later.
    Throttled,
}

impl FaultInjector {
    fn state(&self) -> MutexGuard<'_, InjectorState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn new_run(&self) -> Run {
        let mut state = self.state();
        state.runs += 1;
        Run(state.runs)
    }

    /// Faults that are to happen, each at the call of that number, counted over all runs from 0.
    pub fn plan(&self, faults: &[(usize, Fault)]) {
        self.state().faults = faults.to_vec();
    }

    /// Takes a guard out.
    pub fn seeded_bug(&self, seeded_bug: SeededBug) {
        self.state().seeded_bug = Some(seeded_bug);
    }

    /// Whether that guard is taken out.
    #[must_use]
    pub fn has_bug(&self, by: SeededBug) -> bool {
        self.state().seeded_bug == Some(by)
    }

    /// Holds every call at its boundary once, so that somebody who polls the runs by hand decides
    /// whose call comes next.
    pub fn hold_at_boundaries(&self) {
        self.state().held = true;
    }

    /// Every call so far.
    #[must_use]
    pub fn passed(&self) -> Vec<RecordedCall> {
        self.state().passed.clone()
    }

    /// How many calls there were so far.
    #[must_use]
    pub fn count(&self) -> usize {
        self.state().passed.len()
    }

    /// The names of every call so far.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        self.state()
            .passed
            .iter()
            .map(|passed| passed.name)
            .collect()
    }

    /// Whether a run was ended by a fault.
    #[must_use]
    pub fn has_stopped(&self, run: Run) -> bool {
        let state = self.state();
        state.stopped.contains(&run) || state.stopping.contains(&run)
    }

    /// Whether a run waits for time to pass.
    #[must_use]
    pub fn rests(&self, run: Run) -> bool {
        self.state().resting.contains(&run)
    }

    /// A run waits for time to pass; another run may come first.
    pub(super) async fn rest(&self, run: Run) {
        self.state().resting.insert(run);
        self.boundary(run).await;
        self.state().resting.remove(&run);
    }

    /// A point at which another run may come first.
    pub(super) async fn boundary(&self, run: Run) {
        if self.state().held {
            let mut polled = false;
            std::future::poll_fn(|context| {
                if std::mem::replace(&mut polled, true) {
                    Poll::Ready(())
                } else {
                    // Some ways to wait for several calls go on only with those that wake them.
                    context.waker().wake_by_ref();
                    Poll::Pending
                }
            })
            .await;
        }
        let is_over = {
            let mut state = self.state();
            if state.stopping.contains(&run) {
                state.stopped.insert(run);
            }
            state.stopped.contains(&run)
        };
        if is_over {
            pending::<()>().await;
        }
    }

    /// Lets a call through, or not. `apply` carries it out.
    pub(super) async fn call<T>(
        &self,
        run: Run,
        name: &'static str,
        apply: impl FnOnce() -> T,
    ) -> Result<T, CallFailure> {
        self.boundary(run).await;
        let fault = {
            let mut state = self.state();
            let number = state.passed.len();
            let fault = state
                .faults
                .iter()
                .find(|(at, _)| *at == number)
                .map(|&(_, fault)| fault);
            state.passed.push(RecordedCall { run, name, fault });
            match fault {
                Some(Fault::StopBeforeSend | Fault::StopBeforeReply) => {
                    state.stopped.insert(run);
                }
                Some(Fault::StopAfterReply) => {
                    state.stopping.insert(run);
                }
                _ => {}
            }
            fault
        };
        match fault {
            None | Some(Fault::StopAfterReply) => Ok(apply()),
            Some(Fault::StopBeforeSend) => pending().await,
            Some(Fault::StopBeforeReply) => {
                apply();
                pending().await
            }
            Some(Fault::RequestLost) => Err(CallFailure::Lost),
            Some(Fault::ReplyLost) => {
                apply();
                Err(CallFailure::Unanswered)
            }
            Some(Fault::Throttled) => Err(CallFailure::Throttled),
        }
    }
}

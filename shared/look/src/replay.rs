//! The ports of a function that answer out of a look. Each answer comes at the moment at which it came then, on a clock
//! that nobody waits for: a run of a minute is over at once.
//!
//! A call that the look has no answer for ends the replay. It never counts as "nothing there", and the function does not
//! hear of it: what it would make of an error is no decision on this event.

use crate::answer::{Answer, BadField, value_of};
#[allow(
    clippy::wildcard_imports,
    reason = "they are the types that the list of calls names"
)]
use crate::calls::types::*;
use crate::calls::{ALARMS, READS_LOG_ALARMS, SLEEP, TAKE_UNREADABLE, calls, ledger_calls};
use crate::tape::Entry;
use holdfast::clock::Clock;
use holdfast::ports::Ports;
use serde_json::Value;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::future::{pending, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use time::OffsetDateTime;

/// Why a look does not tell how a run ends.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unanswered {
    /// The run asks what it did not ask when the look was made, or more often.
    #[error("this look has no answer for the call `{call}`")]
    NoAnswer {
        /// The call in words.
        call: String,
    },
    /// The function was not asked when the look was made: such an event is not for it.
    #[error("this look has no run of {function}")]
    NoRun {
        /// The function.
        function: String,
    },
    /// An answer is not of its form.
    #[error("the answer for the call `{call}` cannot be read: {field}: {why}")]
    Unreadable {
        /// The call in words.
        call: String,
        /// The field of the answer.
        field: String,
        /// What is wrong with it.
        why: String,
    },
    /// The run waits, and nothing comes: the look was made of a run that was cut short.
    #[error("this look ends before the run does: {waits} waits for an answer that never came")]
    CutShort {
        /// The call in words.
        waits: String,
    },
}

/// Calls, and with each what it was asked.
type Question = (String, Vec<String>);

#[derive(Debug)]
struct State {
    now: OffsetDateTime,
    answers: HashMap<Question, VecDeque<Entry>>,
    /// When somebody wants to go on.
    due: BTreeSet<OffsetDateTime>,
    waits: String,
    end: Option<Unanswered>,
}

/// The ports. Clones share them.
#[derive(Debug, Clone)]
pub struct Replay(Arc<Mutex<State>>);

/// A list is one of names or ids, and means the same in any order: stand-ins may sort otherwise than what they stand for.
fn question(call: &str, asked: &[Value]) -> Question {
    let asked = asked.iter().map(|one| match one.as_array() {
        Some(items) => {
            let mut items: Vec<String> = items.iter().map(ToString::to_string).collect();
            items.sort_unstable();
            items.join(" ")
        }
        None => one.to_string(),
    });
    (call.to_owned(), asked.collect())
}

impl Replay {
    /// A clock at the moment at which the run began, and its answers.
    #[must_use]
    pub fn of(began_at: OffsetDateTime, entries: &[Entry]) -> Self {
        let mut answers: HashMap<Question, VecDeque<Entry>> = HashMap::new();
        for entry in entries {
            let of_question = answers.entry(question(&entry.call, &entry.asked));
            of_question.or_default().push_back(entry.clone());
        }
        Self(Arc::new(Mutex::new(State {
            now: began_at,
            answers,
            due: BTreeSet::new(),
            waits: String::new(),
            end: None,
        })))
    }

    /// As what a function is run with.
    #[must_use]
    pub fn ports(&self) -> Ports<Self, Self, Self> {
        Ports::all_behind(self)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Drives a run to its end. Time goes on when the run can not.
    ///
    /// # Errors
    /// The look does not tell how it ends.
    pub fn drive<A>(&self, run: impl Future<Output = A>) -> Result<A, Unanswered> {
        let mut run = pin!(run);
        let mut context = Context::from_waker(Waker::noop());
        loop {
            let polled = run.as_mut().poll(&mut context);
            let mut state = self.state();
            if let Some(end) = state.end.take() {
                return Err(end);
            }
            if let Poll::Ready(answer) = polled {
                return Ok(answer);
            }
            let Some(due) = state.due.pop_first() else {
                return Err(Unanswered::CutShort {
                    waits: std::mem::take(&mut state.waits),
                });
            };
            state.now = state.now.max(due);
        }
    }

    fn end_with(&self, end: Unanswered) {
        let mut state = self.state();
        state.end.get_or_insert(end);
    }

    fn take(&self, call: &str, asked: &[Value]) -> Option<Entry> {
        let mut state = self.state();
        let answers = state.answers.get_mut(&question(call, asked));
        answers.and_then(VecDeque::pop_front)
    }

    async fn until(&self, due: OffsetDateTime) {
        poll_fn(|context| {
            let mut state = self.state();
            if state.now >= due {
                return Poll::Ready(());
            }
            state.due.insert(due);
            // Some ways to wait for several calls go on only with those that wake them.
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }

    /// The answer of a call, at its time.
    async fn answered<A: Answer>(
        &self,
        call: &'static str,
        asked: Vec<Value>,
    ) -> Result<A, CloudError> {
        let in_words = Entry::in_words(call, &asked);
        let Some(entry) = self.take(call, &asked) else {
            self.end_with(Unanswered::NoAnswer { call: in_words });
            return pending().await;
        };
        let Some(at) = entry.at else {
            self.state().waits = in_words;
            return pending().await;
        };
        self.until(at).await;
        if let Some(refusal) = &entry.refusal {
            return Err(refusal.error());
        }
        match A::read(&entry.answer.unwrap_or_default()) {
            Ok(answer) => Ok(answer),
            Err(bad) => {
                self.end_with(unreadable(in_words, bad));
                pending().await
            }
        }
    }

    /// The answer of a call that waits for nothing. Without one, the replay ends as soon as the run waits or ends.
    fn answered_at_once<A: Answer>(&self, call: &'static str, meanwhile: A) -> A {
        let call_in_words = call.to_owned();
        let Some(entry) = self.take(call, &[]) else {
            self.end_with(Unanswered::NoAnswer {
                call: call_in_words,
            });
            return meanwhile;
        };
        A::read(&entry.answer.unwrap_or_default()).unwrap_or_else(|bad| {
            self.end_with(unreadable(call_in_words, bad));
            meanwhile
        })
    }
}

fn unreadable(call: String, BadField { field, why }: BadField) -> Unanswered {
    Unanswered::Unreadable { call, field, why }
}

macro_rules! replay {
    ($($port:ident { $(
        fn $name:ident($($argument:ident: $kind:ty),*) notes ($($noted:expr),*) -> $answer:ty;
    )* })*) => {$(
        impl $port for Replay {
            $(async fn $name(&self, $($argument: $kind),*) -> Result<$answer, CloudError> {
                let _ = ($(&$argument,)*);
                self.answered(stringify!($name), vec![$(value_of(&$noted)),*]).await
            })*
        }
    )*};
}

calls!(replay);

impl ReadAlarms for Replay {
    async fn alarms(&self, names: &[String]) -> Result<Vec<Alarm>, CloudError> {
        self.answered(ALARMS, vec![value_of(names)]).await
    }

    fn reads_log_alarms(&self) -> bool {
        self.answered_at_once(READS_LOG_ALARMS, true)
    }
}

macro_rules! replay_ledger {
    ($(fn $name:ident($($argument:ident: $kind:ty),*) notes ($($noted:expr),*) -> $answer:ty;)*) => {
        impl Ledger for Replay {
            $(async fn $name(&self, $($argument: $kind),*) -> Result<$answer, CloudError> {
                self.answered(stringify!($name), vec![$(value_of(&$noted)),*]).await
            })*

            fn take_unreadable(&self) -> Vec<UnreadableRow> {
                self.answered_at_once(TAKE_UNREADABLE, Vec::new())
            }
        }
    };
}

ledger_calls!(replay_ledger);

/// A sleep ends when it ended then. One that was not noted takes as long as it says.
impl Clock for Replay {
    fn now(&self) -> OffsetDateTime {
        self.state().now
    }

    async fn sleep(&self, how_long: Duration) {
        let noted = self.take(SLEEP, &[]);
        let due = match noted {
            Some(Entry { at: Some(at), .. }) => at,
            Some(_) => return pending().await,
            None => self.now() + how_long,
        };
        self.until(due).await;
    }
}

/// Whether the answer of an entry is of the form of its call.
///
/// # Errors
/// The call is none of a port's, or a field of its answer is not of its form.
pub(crate) fn check(entry: &Entry) -> Result<(), BadField> {
    let Some(answer) = &entry.answer else {
        return Ok(());
    };
    macro_rules! check_calls {
        ($($port:ident { $(
            fn $name:ident($($argument:ident: $kind:ty),*) notes ($($noted:expr),*) -> $answer:ty;
        )* })*) => {
            match entry.call.as_str() {
                $($(stringify!($name) => return <$answer>::read(answer).map(drop),)*)*
                _ => {}
            }
        };
    }
    macro_rules! check_ledger_calls {
        ($(fn $name:ident($($argument:ident: $kind:ty),*) notes ($($noted:expr),*) -> $answer:ty;)*) => {
            match entry.call.as_str() {
                $(stringify!($name) => return <$answer>::read(answer).map(drop),)*
                _ => {}
            }
        };
    }
    calls!(check_calls);
    ledger_calls!(check_ledger_calls);
    match entry.call.as_str() {
        ALARMS => Vec::<Alarm>::read(answer).map(drop),
        READS_LOG_ALARMS => bool::read(answer).map(drop),
        TAKE_UNREADABLE => Vec::<UnreadableRow>::read(answer).map(drop),
        SLEEP => <()>::read(answer),
        call => Err(BadField {
            field: "call".to_owned(),
            why: format!("no function makes a call `{call}`"),
        }),
    }
}

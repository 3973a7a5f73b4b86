//! What stands between a function and its ports, and notes each call with its answer. The call itself is handed on as it
//! is, and so is the answer.
//!
//! Races: calls side by side share one tape. A call has its place on it from the moment that it is asked. A run that
//! gives a call up leaves it there without an answer.

use crate::answer::{Answer, value_of};
#[allow(
    clippy::wildcard_imports,
    reason = "they are the types that the list of calls names"
)]
use crate::calls::types::*;
use crate::calls::{ALARMS, READS_LOG_ALARMS, SLEEP, TAKE_UNREADABLE, calls, ledger_calls};
use crate::refusal::Refusal;
use crate::tape::{Entry, Tape};
use holdfast::clock::Clock;
use holdfast::ports::Ports;
use serde_json::Value;
use std::time::Duration;
use time::OffsetDateTime;

/// A port whose calls are noted.
#[derive(Debug, Clone)]
pub struct Recorder<T, K> {
    inner: T,
    clock: K,
    tape: Tape,
}

/// The ports whose calls are noted.
pub type Recorded<C, L, K> = Ports<Recorder<C, K>, Recorder<L, K>, Recorder<K, K>>;

/// The same ports, and the tape on which each call is noted.
pub fn recording<C, L, K: Clone>(ports: Ports<C, L, K>) -> (Recorded<C, L, K>, Tape) {
    let tape = Tape::default();
    let clock = ports.clock;
    let recorded = Ports {
        cloud: Recorder::new(ports.cloud, &clock, &tape),
        ledger: Recorder::new(ports.ledger, &clock, &tape),
        clock: Recorder::new(clock.clone(), &clock, &tape),
    };
    (recorded, tape)
}

impl<T, K: Clone> Recorder<T, K> {
    fn new(inner: T, clock: &K, tape: &Tape) -> Self {
        Self {
            inner,
            clock: clock.clone(),
            tape: tape.clone(),
        }
    }
}

impl<T, K: Clock> Recorder<T, K> {
    /// Notes a call that answers at once.
    fn at_once<A: Answer>(&self, call: &str, answer: A) -> A {
        let place = self.tape.note(Entry::asking(call, Vec::new()));
        self.tape
            .note_end(place, self.clock.now(), Ok(answer.written()));
        answer
    }

    /// Notes a call before it is made, and its end when there is one.
    async fn noted<A: Answer>(
        &self,
        call: &str,
        asked: Vec<Value>,
        asking: impl Future<Output = Result<A, CloudError>>,
    ) -> Result<A, CloudError> {
        let place = self.tape.note(Entry::asking(call, asked));
        let answer = asking.await;
        let end = answer.as_ref().map(A::written).map_err(Refusal::from);
        self.tape.note_end(place, self.clock.now(), end);
        answer
    }
}

macro_rules! record {
    ($($port:ident { $(
        fn $name:ident($($argument:ident: $kind:ty),*) notes ($($noted:expr),*) -> $answer:ty;
    )* })*) => {$(
        impl<T: $port, K: Clock> $port for Recorder<T, K> {
            $(async fn $name(&self, $($argument: $kind),*) -> Result<$answer, CloudError> {
                let asked = vec![$(value_of(&$noted)),*];
                self.noted(stringify!($name), asked, self.inner.$name($($argument),*)).await
            })*
        }
    )*};
}

calls!(record);

impl<T: ReadAlarms, K: Clock> ReadAlarms for Recorder<T, K> {
    async fn alarms(&self, names: &[String]) -> Result<Vec<Alarm>, CloudError> {
        let asked = vec![value_of(names)];
        self.noted(ALARMS, asked, self.inner.alarms(names)).await
    }

    fn reads_log_alarms(&self) -> bool {
        self.at_once(READS_LOG_ALARMS, self.inner.reads_log_alarms())
    }
}

macro_rules! record_ledger {
    ($(fn $name:ident($($argument:ident: $kind:ty),*) notes ($($noted:expr),*) -> $answer:ty;)*) => {
        impl<T: Ledger, K: Clock> Ledger for Recorder<T, K> {
            $(async fn $name(&self, $($argument: $kind),*) -> Result<$answer, CloudError> {
                let asked = vec![$(value_of(&$noted)),*];
                self.noted(stringify!($name), asked, self.inner.$name($($argument),*)).await
            })*

            fn take_unreadable(&self) -> Vec<UnreadableRow> {
                self.at_once(TAKE_UNREADABLE, self.inner.take_unreadable())
            }
        }
    };
}

ledger_calls!(record_ledger);

/// How long a sleep took is noted, since the answers after it hang on that.
impl<T: Clock, K: Clock> Clock for Recorder<T, K> {
    fn now(&self) -> OffsetDateTime {
        self.inner.now()
    }

    async fn sleep(&self, how_long: Duration) {
        let asleep = async {
            self.inner.sleep(how_long).await;
            Ok(())
        };
        let slept: Result<(), CloudError> = self.noted(SLEEP, Vec::new(), asleep).await;
        debug_assert!(slept.is_ok(), "a sleep is not refused");
    }
}

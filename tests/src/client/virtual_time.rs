//! Many runs at once on one clock. Every call is on its way for a while, every sleep takes as long as it
//! says, and the world's time goes on only when no run can.

use super::{Client, TestBed};
use holdfast::clock::Clock;
use holdfast::error::Error;
use holdfast::report::Report;
use std::collections::{BTreeMap, BTreeSet};
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use time::{Duration, OffsetDateTime};

/// A run of a function, from one delivery of its event to its end.
pub type Run<'a> = Pin<Box<dyn Future<Output = Result<Report, Error>> + Send + 'a>>;

/// When somebody wants to go on.
#[derive(Debug, Default)]
pub(super) struct VirtualTime(Mutex<Schedule>);

#[derive(Debug, Default)]
struct Schedule {
    on: bool,
    round_trip: Option<Duration>,
    slow: BTreeMap<&'static str, Duration>,
    due: BTreeSet<OffsetDateTime>,
    calls: u64,
}

impl VirtualTime {
    fn schedule(&self) -> MutexGuard<'_, Schedule> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_on(&self) -> bool {
        self.schedule().on
    }

    /// How long the next call is on its way: 20 to 180 ms, irregular, and the same in every test.
    fn latency(&self, name: &str) -> Duration {
        let mut schedule = self.schedule();
        if let Some(slow) = schedule.slow.get(name) {
            return *slow;
        }
        if let Some(round_trip) = schedule.round_trip {
            return round_trip;
        }
        schedule.calls += 1;
        let number = schedule.calls.wrapping_mul(6_364_136_223_846_793_005) >> 33;
        Duration::milliseconds(20 + i64::try_from(number % 160).unwrap_or(0))
    }
}

impl Client {
    /// The way to AWS.
    pub(super) async fn on_the_way(&self, name: &str) {
        if self.bed.virtual_time.is_on() {
            let due = self.now() + self.bed.virtual_time.latency(name);
            self.until(due).await;
        }
    }

    pub(super) async fn until(&self, due: OffsetDateTime) {
        self.bed.virtual_time.schedule().due.insert(due);
        poll_fn(|context| {
            if self.now() >= due {
                return Poll::Ready(());
            }
            // Some ways to wait for several calls go on only with those that wake them.
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }
}

impl TestBed {
    /// From here on, calls and sleeps take their time: the runs are to be driven by [`TestBed::drive`].
    pub fn use_virtual_time(&self) {
        self.virtual_time.schedule().on = true;
    }

    /// The same, with every call on its way for exactly so long, there and back.
    pub fn use_round_trip(&self, round_trip: Duration) {
        self.virtual_time.schedule().round_trip = Some(round_trip);
        self.use_virtual_time();
    }

    /// One action takes longer than the others.
    pub fn slow_down(&self, action: &'static str, takes: Duration) {
        self.virtual_time.schedule().slow.insert(action, takes);
    }

    /// Drives runs that go on at the same time to their ends; gives what each said, in their order.
    ///
    /// # Errors
    /// When runs are left that wait for nothing.
    pub fn drive(&self, mut runs: Vec<Run<'static>>) -> Result<Vec<Result<Report, Error>>, String> {
        let mut ends: Vec<Option<Result<Report, Error>>> = runs.iter().map(|_| None).collect();
        let mut context = Context::from_waker(Waker::noop());
        loop {
            for (run, end) in runs.iter_mut().zip(&mut ends) {
                if end.is_none()
                    && let Poll::Ready(report) = run.as_mut().poll(&mut context)
                {
                    *end = Some(report);
                }
            }
            if ends.iter().all(Option::is_some) {
                return Ok(ends.into_iter().flatten().collect());
            }
            let due = self.virtual_time.schedule().due.pop_first();
            let due = due.ok_or("runs are left that wait for nothing")?;
            self.world().advance_to(due);
        }
    }
}

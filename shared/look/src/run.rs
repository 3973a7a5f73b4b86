//! One run of one function, as a look has it, and how a run is had again from that.

use crate::calls::is_read;
use crate::recording::recording;
use crate::refusal::{Kind, Refusal};
use crate::replay::{Replay, Unanswered};
use crate::tape::Entry;
use holdfast::clock::Clock;
use holdfast::cloud::lifecycle::CompleteLifecycleAction;
use holdfast::error::Error;
use holdfast::events::{OperatorCommand, Trigger};
use holdfast::ledger::Ledger;
use holdfast::model::cloudtrail::AddressChange;
use holdfast::ports::{Delivery, Ports};
use holdfast::reconcile::ReconcileCloud;
use holdfast::report::{Function, Report};
use holdfast::settings::{Mode, Settings};
use holdfast::{alarm_failover, instance_start, reconcile, release_guard};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use time::OffsetDateTime;

/// What every function together asks of the cloud.
pub trait AllPorts: ReconcileCloud + CompleteLifecycleAction {}

impl<T: ReconcileCloud + CompleteLifecycleAction> AllPorts for T {}

/// One run of one function.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedRun {
    /// The function.
    pub function: Function,
    /// When it began.
    #[serde(with = "time::serde::rfc3339")]
    pub began_at: OffsetDateTime,
    /// When it would have been ended.
    #[serde(with = "time::serde::rfc3339")]
    pub ends_at: OffsetDateTime,
    /// The number of the run.
    pub run: u64,
    /// Whether the function acts in its stack, or only says what it would do. The decision is made in `observe` mode, and
    /// is the same. Looks of older versions do not tell it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// Its own settings, where they are others than the look's: somebody changed a function by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<Box<Settings>>,
    /// What it asked, in its order.
    pub calls: Vec<Entry>,
}

/// A function at work on an event.
///
/// # Errors
/// The function's own.
pub async fn carry_out<C: AllPorts, L: Ledger, K: Clock>(
    function: Function,
    ports: &Ports<C, L, K>,
    settings: &Settings,
    trigger: &Trigger,
    delivery: Delivery,
) -> Result<Report, Error> {
    match function {
        Function::ReleaseGuard => {
            Box::pin(release_guard::run(ports, settings, trigger, delivery)).await
        }
        Function::InstanceStart => {
            Box::pin(instance_start::run(ports, settings, trigger, delivery)).await
        }
        Function::AlarmFailover => {
            Box::pin(alarm_failover::run(ports, settings, trigger, delivery)).await
        }
        Function::Reconcile => Box::pin(reconcile::run(ports, settings, trigger, delivery)).await,
    }
}

/// The same, and what it asked meanwhile.
///
/// # Errors
/// The function's own, beside what it asked until then.
pub async fn record<C: AllPorts, L: Ledger, K: Clock + Clone>(
    function: Function,
    ports: Ports<C, L, K>,
    settings: &Settings,
    trigger: &Trigger,
    delivery: Delivery,
) -> (Result<Report, Error>, RecordedRun) {
    let began_at = ports.clock.now();
    let (ports, tape) = recording(ports);
    let end = carry_out(function, &ports, settings, trigger, delivery).await;
    let run = RecordedRun {
        function,
        began_at,
        ends_at: delivery.ends_at,
        run: delivery.run,
        mode: None,
        settings: None,
        calls: tape.copied(),
    };
    (end, run)
}

impl RecordedRun {
    /// The reads that were refused or not answered, at their last try, one for each action. The function went on without
    /// them where it can: it may have other rights than whoever made the look.
    #[must_use]
    pub fn refused_reads(&self) -> Vec<&Refusal> {
        let reads = self.calls.iter().filter(|entry| is_read(&entry.call));
        let mut last: BTreeMap<String, &Entry> = BTreeMap::new();
        for entry in reads {
            last.insert(Entry::in_words(&entry.call, &entry.asked), entry);
        }
        let refused = last
            .into_values()
            .filter_map(|entry| entry.refusal.as_ref());
        // That something is not there is an answer.
        let refused = refused.filter(|refusal| !matches!(refusal.kind, Kind::NotFound(_)));
        let by_action = refused.map(|refusal| (refusal.action.as_str(), refusal));
        by_action
            .collect::<BTreeMap<_, _>>()
            .into_values()
            .collect()
    }

    /// Has the function decide once more, on the answers that it had then. The decision is the function's, as it is now:
    /// of another version, it may be another one.
    ///
    /// # Errors
    /// The look does not tell how the run ends.
    pub fn replayed(
        &self,
        settings: &Settings,
        trigger: &Trigger,
    ) -> Result<Result<Report, Error>, Unanswered> {
        let settings = self.settings.as_deref().unwrap_or(settings);
        let replay = Replay::of(self.began_at, &self.calls);
        let ports = replay.ports();
        let delivery = Delivery {
            ends_at: self.ends_at,
            run: self.run,
        };
        replay.drive(carry_out(
            self.function,
            &ports,
            settings,
            trigger,
            delivery,
        ))
    }
}

/// Which functions the stack's rules hand such an event to.
#[must_use]
pub fn functions_for(trigger: &Trigger) -> &'static [Function] {
    match trigger {
        Trigger::Call(record) => match record.change {
            AddressChange::Released { .. } => &[Function::ReleaseGuard],
            _ => &[Function::Reconcile],
        },
        Trigger::Schedule { .. } | Trigger::Ignored(_) => &[Function::Reconcile],
        Trigger::Instance(_) => &[Function::InstanceStart, Function::AlarmFailover],
        Trigger::Alarm(_)
        | Trigger::SpotNotice(_)
        | Trigger::HealthEvent(_)
        | Trigger::LifecycleAction(_) => &[Function::AlarmFailover],
        Trigger::Command(command) => match command {
            OperatorCommand::Restore { .. } => &[Function::ReleaseGuard],
            _ => &[Function::AlarmFailover],
        },
    }
}

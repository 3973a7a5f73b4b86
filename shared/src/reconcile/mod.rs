//! Reconcile: keeps the ledger true, so that the guard has something to know, and takes up what no event
//! told of. On the schedule it looks at everything, on an address event at what the event leaves unclear.
//!
//! Who else is at work on the same rows, and what arbitrates:
//!
//! | actor | what arbitrates |
//! | --- | --- |
//! | another run of reconcile, the release guard | compare-and-set on each row's revision: what lost is derived anew from what is there |
//! | an event that tells of an earlier moment than the row does | the row's `true_at`: an older truth never replaces a newer one |
//! | a describe that lags behind EC2's own writes | what it shows is taken as true of [`observe::LAG`] before it was sent |
//! | a release that is delivered before the allocation it ends | each side writes its own row first and then reads the other's: at least one sees both, and EC2 allocates the address once |

mod act;
pub mod decide;
pub mod losses;
pub mod observe;
mod settle;
mod transfer;
mod words;

#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod tests;

use crate::clock::Clock;
use crate::error::Error;
use crate::event::Trigger;
use crate::event::cloudtrail::{Deed, Record};
use crate::failover::{self, FailoverCloud};
use crate::guard::{self, GuardCloud, Loss};
use crate::ids::AllocationId;
use crate::ledger::Ledger;
use crate::placement::{self, PlacementCloud};
use crate::ports::{Delivery, Ports};
use crate::report::{Function, Report, Stopwatch};
use crate::settings::Settings;
use decide::Concern;
use settle::Settling;
use std::collections::BTreeSet;

/// What reconcile asks of AWS: what the guard, placement and failover do, since it ends what they began.
pub trait ReconcileCloud: GuardCloud + PlacementCloud + FailoverCloud {}

impl<T: GuardCloud + PlacementCloud + FailoverCloud> ReconcileCloud for T {}

const FUNCTION: Function = Function::Reconcile;

/// Runs reconcile on one trigger.
///
/// # Errors
/// When the event is to be delivered again: see [`Error`].
pub async fn run<C: ReconcileCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    settings: &Settings,
    trigger: &Trigger,
    delivery: Delivery,
) -> Result<Report, Error> {
    match trigger {
        Trigger::Ignored(ignored) => Ok(Report::ignored(FUNCTION, settings.mode, ignored)),
        Trigger::Instance(_) => Ok(Report::not_for(
            FUNCTION,
            settings.mode,
            &trigger.to_string(),
            "the ledger knows addresses only; instance-start acts on instances",
        )),
        Trigger::Alarm(_) | Trigger::Warned(_) | Trigger::Asked(_) => Ok(Report::not_for(
            FUNCTION,
            settings.mode,
            &trigger.to_string(),
            "alarm-failover acts on it",
        )),
        Trigger::Schedule { .. } => sweep(ports, settings, delivery).await,
        Trigger::Call(record) => match decide::concern(record, settings) {
            Concern::Nothing { why } => {
                let what = &record.call.name;
                Ok(Report::not_for(FUNCTION, settings.mode, what, &why))
            }
            concern => called(ports, settings, record, concern, delivery).await,
        },
    }
}

/// Looks at every address, brings the ledger up to date, and takes up the losses that it finds there.
///
/// What fails keeps nothing else from being done, and from being told: the schedule tries again by itself,
/// and what a run has done it sees only once. A run that has nothing to tell fails.
async fn sweep<C: ReconcileCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    settings: &Settings,
    delivery: Delivery,
) -> Result<Report, Error> {
    let mut watch = Stopwatch::start(&ports.clock);
    let observed = observe::everything(ports).await?;
    watch.lap("observe", &ports.clock);
    let plan = decide::sweep(&observed, settings);
    let written = act::follow_look(ports, settings, &observed, &plan).await?;
    watch.lap("record", &ports.clock);
    let missing = observe::confirmed_missing(ports, plan.missing.clone()).await?;
    let cases = losses::cases(&observed, &missing, settings, ports.clock.now());
    let mut settling = Settling {
        ports,
        settings,
        observed: &observed,
        delivery,
        lookups: 0,
    };
    let mut settled = settling.all(cases).await;
    watch.lap("settle", &ports.clock);
    let addresses = observed.look.addresses.values();
    let waiting = placement::place_waiting(ports, settings, addresses, delivery).await;
    watch.lap("place", &ports.clock);
    let addresses = &observed.look.addresses;
    let audited = Box::pin(failover::audit(ports, settings, addresses, delivery)).await;
    watch.lap("audit", &ports.clock);
    let plan = decide::Sweep { missing, ..plan };
    let mut failures = std::mem::take(&mut settled.failures);
    let waiting = waiting.unwrap_or_else(|failure| none_but(failure, &mut failures));
    let mut audit = audited.unwrap_or_else(|failure| none_but(failure, &mut failures));
    failures.append(&mut audit.failures);
    let would = waiting.would.as_slice();
    audit
        .failovers
        .retain(|failover| !words::is_placed_first(failover, would));
    let is_told_once = !settled.news.is_empty()
        || !waiting.placed.is_empty()
        || audit.failovers.iter().any(words::is_news);
    if !is_told_once && !failures.is_empty() {
        return Err(failures.swap_remove(0));
    }
    let report = words::swept(settings, &observed, plan, written, settled, watch);
    let report = words::with_placed(report, waiting);
    let report = words::with_groups(report, audit);
    Ok(words::with_failures(report, &failures))
}

fn none_but<T: Default>(failure: Error, failures: &mut Vec<Error>) -> T {
    failures.push(failure);
    T::default()
}

/// Takes note of a call on the addresses that it concerns, and of what that means for their losses.
async fn called<C: ReconcileCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    settings: &Settings,
    record: &Record,
    concern: Concern,
    delivery: Delivery,
) -> Result<Report, Error> {
    let mut watch = Stopwatch::start(&ports.clock);
    let observed = observe::concerned(ports, record, concern).await?;
    watch.lap("observe", &ports.clock);
    let written = act::follow_call(ports, settings, record, &observed).await?;
    watch.lap("record", &ports.clock);
    if let Deed::TransferAccepted { allocation, .. } = &record.deed
        && let Some(row) = decide::given_away(&observed, allocation.as_ref())
    {
        let given = transfer::Given::accepted(row, &record.call);
        return transfer::conclude(ports, settings, row, given).await;
    }
    let ended = written.iter().filter(|row| !row.is_alive());
    let mut open: BTreeSet<&AllocationId> = ended.map(|row| &row.allocation).collect();
    if let Deed::Allocated(birth) = &record.deed {
        open.insert(&birth.allocation);
    }
    let mut reports = Vec::new();
    for allocation in open {
        if let Some(loss) = act::loss_left_behind(ports, settings, allocation).await? {
            reports.push(guard::settle(FUNCTION, ports, settings, &loss, delivery).await?);
        }
    }
    match reports.pop() {
        Some(report) => Ok(report),
        None => Ok(words::called(settings, record, &observed, &written, watch)),
    }
}

/// The loss that a release record tells of, for whoever takes it up again.
fn loss_of(record: &crate::ledger::ReleaseRecord, settings: &Settings) -> Loss {
    Loss {
        allocation: record.allocation.clone(),
        border_group: record.border_group.clone(),
        released_at: record.released_at,
        call: record.call(&settings.region),
    }
}

//! Reconcile: keeps the ledger true, so that the guard has something to know, and takes up what no event
//! told of. On the schedule it looks at everything, on an address event at what the event leaves unclear.
//!
//! Who else is at work on the same rows, and what arbitrates:
//!
//! | actor | what arbitrates |
//! | --- | --- |
//! | another run of reconcile, the release guard | compare-and-set on each row's revision: what lost is derived anew from what is there |
//! | an event that tells of an earlier moment than the row does | the row's `as_of`: an older truth never replaces a newer one |
//! | a describe that lags behind EC2's own writes | what it shows is taken as true of [`state::READ_LAG`] before it was sent |
//! | whoever moves an address that the guard has restored, while late evidence says that it belongs elsewhere | EC2: only the association that Holdfast made is ended, by its id |
//! | a release that is delivered before the allocation it ends | each side writes its own row first and then reads the other's: at least one sees both, and EC2 allocates the address once |

mod case;
mod cloud;
mod correct;
pub mod corrections;
pub mod decide;
pub mod displaced;
mod execute;
mod former_targets;
mod handle_releases;
mod lost_interfaces;
mod messages;
pub mod observe;
pub mod open_releases;
mod overview;
mod reachability;
pub mod state;
mod transfer;
pub mod unprotected;

#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod tests;

use crate::alarm_failover;
use crate::clock::Clock;
use crate::error::Error;
use crate::events::Trigger;
use crate::instance_start;
use crate::ledger::Ledger;
use crate::model::cloudtrail::{AddressChange, Record};
use crate::model::ids::AllocationId;
use crate::ports::{Delivery, Ports};
use crate::report::{Report, Stopwatch};
use crate::settings::Settings;
use case::{Case, FUNCTION};
pub use cloud::ReconcileCloud;
use handle_releases::ReleaseHandler;
pub use overview::overview;
use state::AffectedAddresses;
use std::collections::BTreeSet;

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
    let case = Case { settings, delivery };
    match trigger {
        Trigger::Ignored(ignored) => Ok(Report::ignored(FUNCTION, settings.mode, ignored)),
        Trigger::Instance(_) => Ok(Report::not_for(
            FUNCTION,
            settings.mode,
            &trigger.to_string(),
            "the ledger knows addresses only; instance-start acts on instances",
        )),
        Trigger::Alarm(_)
        | Trigger::SpotNotice(_)
        | Trigger::HealthEvent(_)
        | Trigger::LifecycleAction(_) => Ok(Report::not_for(
            FUNCTION,
            settings.mode,
            &trigger.to_string(),
            "alarm-failover acts on it",
        )),
        Trigger::Command(command) => Err(command.for_another().into()),
        Trigger::Schedule { .. } => sweep(ports, case).await,
        Trigger::Call(record) => match decide::affected_addresses(record, settings) {
            AffectedAddresses::Nothing { why } => {
                let what = &record.call.name;
                Ok(Report::not_for(FUNCTION, settings.mode, what, &why))
            }
            affected_addresses => handle_call(ports, case, record, affected_addresses)
                .await
                .map(|report| messages::with_rival(report, &record.call, settings)),
        },
    }
}

/// Looks at every address, brings the ledger up to date, and takes up the releases that it finds there.
///
/// What fails keeps nothing else from being done, and from being told: the schedule tries again by itself,
/// and what a run has done it sees only once. A run that has nothing to tell fails.
async fn sweep<C: ReconcileCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    case: Case<'_>,
) -> Result<Report, Error> {
    let Case { settings, delivery } = case;
    let (cloud, ledger, clock) = (&ports.cloud, &ports.ledger, &ports.clock);
    let mut watch = Stopwatch::start(clock);
    let observed = observe::account_state(ports, &case).await?;
    watch.lap("observe", clock);
    let plan = decide::sweep(&observed, settings);
    let written = execute::write_observation(ledger, settings, &observed, &plan).await?;
    let rows = observed.rows_with(&written);
    let mut failures = Vec::new();
    let noted = former_targets::note(ports, &case, &rows).await;
    failures.extend(noted.err());
    watch.lap("record", clock);
    let unseen = plan.missing.clone();
    let missing = observe::confirmed_missing((cloud, clock), &case, unseen).await;
    let missing = missing.unwrap_or_else(|failure| none_but(failure, &mut failures));
    let open_releases = open_releases::open_releases(&observed, &missing, settings, clock.now());
    let mut release_handler = ReleaseHandler {
        ports,
        case,
        observed: &observed,
        lookups: 0,
        without_history: Vec::new(),
    };
    let mut handled = release_handler.all(open_releases).await;
    watch.lap("releases", clock);
    let addresses = observed.look.addresses.values();
    let last_targets = instance_start::last_targets(rows.values().copied());
    let waiting =
        instance_start::place_waiting(ports, settings, addresses, &last_targets, delivery).await;
    watch.lap("place", clock);
    let addresses = &observed.look.addresses;
    let audited = Box::pin(alarm_failover::audit(ports, settings, addresses, delivery)).await;
    let has_groups = audited.as_ref().is_ok_and(|audit| !audit.groups.is_empty());
    let mut losses = lost_interfaces::sweep(ports, &case, has_groups).await;
    let plan = decide::Sweep { missing, ..plan };
    let unprotected = plan.unprotected.clone();
    failures.append(&mut handled.failures);
    let waiting = waiting.unwrap_or_else(|failure| none_but(failure, &mut failures));
    let mut audit = audited.unwrap_or_else(|failure| none_but(failure, &mut failures));
    reachability::check(ports, &case, &mut audit).await;
    watch.lap("audit", clock);
    failures.append(&mut audit.failures);
    let would = waiting.would.iter().map(|placed| placed.allocation.clone());
    let would: BTreeSet<AllocationId> = would.collect();
    failures.append(&mut losses.failures);
    audit
        .failovers
        .retain(|failover| !messages::is_placed_first(failover, &would));
    let is_told_once = !handled.news.is_empty()
        || !plan.displaced.is_empty()
        || !unprotected.is_empty()
        || !waiting.placed.is_empty()
        || !losses.lost.is_empty()
        || audit.failovers.iter().any(messages::is_news);
    let report = messages::swept(settings, &observed, plan, written.len(), handled, watch);
    let report = messages::with_placed(report, waiting);
    let report = messages::with_groups(report, audit);
    let report = messages::with_lost(report, losses.lost, settings);
    let report = messages::with_unprotected(report, &unprotected, settings);
    if !is_told_once && !failures.is_empty() {
        return Err(Error::several(String::new(), failures).with_report(report));
    }
    Ok(messages::with_failures(report, &failures))
}

fn none_but<T: Default>(failure: Error, failures: &mut Vec<Error>) -> T {
    failures.push(failure);
    T::default()
}

/// Takes note of a call on the addresses that it concerns, and of what that means for their releases.
async fn handle_call<C: ReconcileCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    case: Case<'_>,
    record: &Record,
    affected_addresses: AffectedAddresses,
) -> Result<Report, Error> {
    let settings = case.settings;
    let (ledger, clock) = (&ports.ledger, &ports.clock);
    let mut watch = Stopwatch::start(clock);
    let observed = observe::affected_rows(ports, &case, record, affected_addresses).await?;
    watch.lap("observe", clock);
    let written = execute::write_call(ledger, settings, record, &observed).await?;
    let displaced = observe::displaced(ports, &case, record, (&observed, &written)).await?;
    watch.lap("record", clock);
    if let AddressChange::TransferAccepted { allocation, .. } = &record.change
        && let Some(row) = decide::transferred_row(&observed, allocation.as_ref())
    {
        let transfer = transfer::AcceptedTransfer::accepted(row, &record.call);
        transfer::conclude(ledger, row, &transfer, clock.now()).await?;
        return Ok(messages::transferred(settings, row, transfer));
    }
    let ended = written.iter().filter(|row| !row.is_allocated());
    let mut open: BTreeSet<&AllocationId> = ended.map(|row| &row.allocation).collect();
    if let AddressChange::Allocated(birth) = &record.change {
        open.insert(&birth.allocation);
    }
    // An earlier delivery may have written its row, and come no further.
    let now = clock.now();
    let unfinished = observed.rows.iter();
    let unfinished =
        unfinished.filter(|(_, known)| corrections::is_unfinished(known, settings, now));
    open.extend(unfinished.map(|(allocation, _)| allocation));
    let mut reports = Vec::new();
    for allocation in open {
        if let Some(release) = execute::release_to_retry(ledger, settings, allocation).await? {
            let handled = correct::handle_release(ports, case, &release);
            reports.push(Box::pin(handled).await?);
        }
    }
    let report = messages::of_releases(reports)
        .unwrap_or_else(|| messages::called(settings, record, &observed, &written, watch));
    Ok(messages::with_displaced(report, displaced.as_ref()))
}

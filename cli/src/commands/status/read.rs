//! What `status` reads of one stack, all at the same time. Nothing here changes anything.

use crate::deployment::Deployment;
use crate::failure::Failure;
use futures_util::future::OptionFuture;
use holdfast::alarm_failover::Overview;
use holdfast::clock::WallClock;
use holdfast::ledger::{Ledger, ReleaseRecord, Snapshot, UnreadableRow};
use holdfast::ports::Ports;
use holdfast::reconcile;

/// What one look at a stack shows.
#[derive(Debug)]
pub(super) struct Seen<'a> {
    pub(super) deployment: &'a Deployment,
    pub(super) overview: Overview,
    pub(super) rows: Vec<Snapshot>,
    pub(super) releases: Vec<ReleaseRecord>,
    pub(super) unreadable: Vec<UnreadableRow>,
    /// Events that a function could not finish; none where the stack has no such queue.
    pub(super) failed_events: Option<u64>,
    /// Events that did not come to their function.
    pub(super) undelivered_events: Option<u64>,
}

pub(super) async fn look<'a>(
    deployment: &'a Deployment,
    group: Option<&str>,
    clock: WallClock,
) -> Result<Seen<'a>, Failure> {
    let Deployment {
        connection,
        settings,
        ..
    } = deployment;
    let ledger = connection.ledger(&settings.table);
    let ports = Ports {
        cloud: connection.cloud(),
        ledger: ledger.clone(),
        clock,
    };
    let waiting = |output| {
        let url = deployment.output(output);
        OptionFuture::from(url.map(|url| connection.waiting_messages(url)))
    };
    let place = deployment.place();
    let failed = |what: &str| Failure::aws(format!("{what} of {place} could not be read"));
    let (overview, rows, releases, failed_events, undelivered_events) = futures_util::join!(
        reconcile::overview(&ports, settings, group),
        ledger.snapshots(),
        ledger.releases(),
        waiting("FailedEventsQueue"),
        waiting("UndeliveredEventsQueue"),
    );
    Ok(Seen {
        deployment,
        overview: overview.map_err(failed("the groups and addresses"))?,
        rows: rows.map_err(failed("the ledger"))?,
        releases: releases.map_err(failed("the ledger"))?,
        unreadable: ledger.take_unreadable(),
        failed_events: failed_events
            .transpose()
            .map_err(failed("the queue of failed events"))?,
        undelivered_events: undelivered_events
            .transpose()
            .map_err(failed("the queue of undelivered events"))?,
    })
}

//! What `status` reads of one stack, all at the same time. Nothing here changes anything. What cannot be read is none
//! here, and keeps nothing else from being shown.

use crate::deployment::Deployment;
use crate::failure::Failure;
use crate::parts::Parts;
use crate::unread::Unread;
use futures_util::future::OptionFuture;
use holdfast::alarm_failover::{Audit, Overview};
use holdfast::clock::{Clock, WallClock};
use holdfast::cloud::{AddressFilter, InterfaceFilter, ReadAddresses, ReadInterfaces};
use holdfast::ledger::{Ledger, ReleaseRecord, Snapshot, UnreadableRow};
use holdfast::ports::Ports;
use holdfast::reconcile;
use holdfast_aws::{Aws, DynamoLedger};

/// What one look at a stack shows.
#[derive(Debug)]
pub(super) struct Seen<'a> {
    pub(super) deployment: &'a Deployment,
    /// Without groups where those could not be read.
    pub(super) overview: Overview,
    /// Whether the addresses in it are all there are.
    pub(super) knows_addresses: bool,
    /// Whether the floating interfaces in it are all there are.
    pub(super) knows_interfaces: bool,
    pub(super) rows: Option<Vec<Snapshot>>,
    pub(super) releases: Option<Vec<ReleaseRecord>>,
    pub(super) unreadable: Vec<UnreadableRow>,
    /// Events that a function could not finish; none where nobody knows.
    pub(super) failed_events: Option<u64>,
    /// Events that did not come to their function.
    pub(super) undelivered_events: Option<u64>,
    pub(super) unread: Vec<Unread>,
}

type Look = Ports<Aws, DynamoLedger, WallClock>;

pub(super) async fn look<'a>(
    deployment: &'a Deployment,
    group: Option<&str>,
    clock: WallClock,
) -> Seen<'a> {
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
    let mut gathered = deployment.parts();
    let (overview, knows_addresses, knows_interfaces) =
        match gathered.take(overview.map_err(failed("the groups and their readiness"))) {
            Some(overview) => (overview, true, true),
            None => without_groups(&ports, deployment, &mut gathered).await,
        };
    let of_queue = failed("the queue of failed events");
    let failed_events = failed_events.and_then(|read| gathered.take(read.map_err(of_queue)));
    let of_queue = failed("the queue of undelivered events");
    let undelivered_events =
        undelivered_events.and_then(|read| gathered.take(read.map_err(of_queue)));
    Seen {
        deployment,
        overview,
        knows_addresses,
        knows_interfaces,
        rows: gathered.take(rows.map_err(failed("the ledger"))),
        releases: gathered.take(releases.map_err(failed("the ledger"))),
        unreadable: ledger.take_unreadable(),
        failed_events,
        undelivered_events,
        unread: gathered.into_unread(),
    }
}

/// What there is without the groups: one call of theirs failed, and the others are made again, each for itself. It says whether the
/// addresses and the interfaces are known.
async fn without_groups(
    ports: &Look,
    deployment: &Deployment,
    gathered: &mut Parts,
) -> (Overview, bool, bool) {
    let at = ports.clock.now();
    let floating = InterfaceFilter::TagKeys(deployment.settings.tags.on_interfaces());
    let (addresses, interfaces) = futures_util::join!(
        ports.cloud.addresses(&AddressFilter::All),
        ports.cloud.interfaces(&floating),
    );
    let place = deployment.place();
    let failed = |what: &str| Failure::aws(format!("{what} of {place} could not be read"));
    let addresses = gathered.take(addresses.map_err(failed("the addresses")));
    let interfaces =
        gathered.take(interfaces.map_err(failed("the interfaces that take addresses along")));
    let (knows_addresses, knows_interfaces) = (addresses.is_some(), interfaces.is_some());
    let overview = Overview {
        at,
        addresses: addresses.unwrap_or_default(),
        interfaces: interfaces.unwrap_or_default(),
        instances: Vec::new(),
        leases: Vec::new(),
        audit: Audit::default(),
    };
    (overview, knows_addresses, knows_interfaces)
}

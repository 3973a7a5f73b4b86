//! What `status` reads of one stack. Nothing here changes anything. What cannot be read is none here, and keeps nothing
//! else from being shown.
//!
//! Three calls follow each other, however much there is: the stack, then all that needs the stack alone, then what needs
//! the members' ids and the names of their alarms. The pages of one list follow each other as well.

use crate::deployment::{Coming, Deployment, OfStack};
use crate::failure::Failure;
use crate::first_round::{FirstRound, GroupsRead, Look};
use crate::parts::Parts;
use crate::unread::Unread;
use futures_util::future::OptionFuture;
use holdfast::alarm_failover::{Audit, Overview};
use holdfast::clock::{Clock, WallClock};
use holdfast::cloud::{AddressFilter, CloudError, InterfaceFilter, ReadAddresses, ReadInterfaces};
use holdfast::ledger::{Ledger, ReleaseRecord, Snapshot, UnreadableRow};

/// What is read beside the groups.
#[derive(Debug)]
struct Besides {
    rows: Result<Vec<Snapshot>, CloudError>,
    releases: Result<Vec<ReleaseRecord>, CloudError>,
    unreadable: Vec<UnreadableRow>,
    /// None where the stack has no such queue.
    failed_events: Option<Result<u64, CloudError>>,
    undelivered_events: Option<Result<u64, CloudError>>,
}

impl Besides {
    async fn of(stack: &OfStack) -> Self {
        let ledger = stack.connection.ledger(&stack.settings.table);
        let waiting = |output| {
            let url = stack.stack.outputs.get(output);
            OptionFuture::from(url.map(|url| stack.connection.waiting_messages(url)))
        };
        let (rows, releases, failed_events, undelivered_events) = futures_util::join!(
            ledger.snapshots(),
            ledger.releases(),
            waiting("FailedEventsQueue"),
            waiting("UndeliveredEventsQueue"),
        );
        Self {
            rows,
            releases,
            unreadable: ledger.take_unreadable(),
            failed_events,
            undelivered_events,
        }
    }
}

/// What one look at a stack shows.
#[derive(Debug)]
pub(super) struct Seen {
    /// Without groups where those could not be read.
    pub(super) overview: Overview,
    pub(super) knows: Knows,
    /// Whether all could be read that their readiness hangs on.
    pub(super) is_whole: bool,
    pub(super) rows: Option<Vec<Snapshot>>,
    pub(super) releases: Option<Vec<ReleaseRecord>>,
    pub(super) unreadable: Vec<UnreadableRow>,
    /// Events that a function could not finish; none where nobody knows.
    pub(super) failed_events: Option<u64>,
    /// Events that did not come to their function.
    pub(super) undelivered_events: Option<u64>,
    pub(super) unread: Vec<Unread>,
}

/// Whether what is in an overview is all there is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Knows {
    pub(super) groups: bool,
    pub(super) addresses: bool,
    /// The floating ones.
    pub(super) interfaces: bool,
}

/// A look at a stack. No list waits for the pages of another one.
///
/// # Errors
/// The functions' set-up cannot be used.
pub(super) async fn look(
    stack: OfStack,
    coming: Coming,
    group: Option<&str>,
    clock: WallClock,
) -> Result<(Deployment, Seen), Failure> {
    let groups = async {
        let (deployment, first) = Box::pin(FirstRound::beside(coming, &stack, clock)).await?;
        let mut gathered = deployment.parts();
        let groups = Box::pin(first.groups(&deployment, group, &mut gathered));
        let (ports, read) = groups.await;
        Ok::<_, Failure>((deployment, ports, read, gathered))
    };
    let besides = async { Ok(Besides::of(&stack).await) };
    let ((deployment, ports, read, mut gathered), besides) =
        futures_util::try_join!(groups, besides)?;
    let besides = if deployment.goes_by(&stack.settings) {
        besides
    } else {
        Besides::of(&deployment.of_stack()).await
    };
    let place = deployment.place();
    let failed = |what: &str| Failure::aws(format!("{what} of {place} could not be read"));
    let GroupsRead { overview, is_whole } = read;
    let all = Knows {
        groups: true,
        addresses: true,
        interfaces: true,
    };
    let (overview, knows) = match overview {
        Some(overview) => (overview, all),
        None => without_groups(&ports, &deployment, &mut gathered).await,
    };
    let mut of_queue = |read: Option<Result<u64, CloudError>>, what| {
        read.and_then(|read| gathered.take(read.map_err(failed(what))))
    };
    let failed_events = of_queue(besides.failed_events, "the queue of failed events");
    let undelivered_events = of_queue(
        besides.undelivered_events,
        "the queue of undelivered events",
    );
    let unreadable = besides.unreadable.into_iter();
    let seen = Seen {
        overview,
        knows,
        is_whole,
        rows: gathered.take(besides.rows.map_err(failed("the ledger"))),
        releases: gathered.take(besides.releases.map_err(failed("the ledger"))),
        unreadable: unreadable.chain(ports.ledger.take_unreadable()).collect(),
        failed_events,
        undelivered_events,
        unread: gathered.into_unread(),
    };
    Ok((deployment, seen))
}

/// What there is without the groups: one call of theirs failed, and the others are made again, each for itself.
async fn without_groups(
    ports: &Look,
    deployment: &Deployment,
    gathered: &mut Parts,
) -> (Overview, Knows) {
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
    let knows = Knows {
        groups: false,
        addresses: addresses.is_some(),
        interfaces: interfaces.is_some(),
    };
    let overview = Overview {
        at,
        addresses: addresses.unwrap_or_default(),
        interfaces: interfaces.unwrap_or_default(),
        instances: Vec::new(),
        leases: Vec::new(),
        audit: Audit::default(),
    };
    (overview, knows)
}

//! What the guard reads before it decides: the ledger, in one call; CloudTrail only when the ledger
//! does not know the address. Nothing here changes anything.

use super::state::Observed;
use super::{Release, ReleaseGuardCloud};
use crate::clock::Clock;
use crate::cloud::CloudError;
use crate::error::Error;
use crate::ledger::{Ledger, Snapshot};
use crate::ports::Ports;
use crate::report::KnownFrom;
use crate::settings::Settings;

pub(super) async fn ledger<C, L: Ledger, K>(
    ports: &Ports<C, L, K>,
    release: &Release,
) -> Result<Observed, Error> {
    let ledger = ports
        .ledger
        .read(&release.allocation)
        .await
        .map_err(Error::LedgerUnread)?;
    let snapshot = ledger.snapshot.clone();
    let known_from = snapshot.as_ref().map(|_| KnownFrom::Ledger);
    Ok(Observed {
        ledger,
        snapshot,
        known_from,
        looked_up_events: false,
    })
}

/// Rebuilds the address from what CloudTrail recorded of it: its birth, and all that followed.
pub(super) async fn event_history<C: ReleaseGuardCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    settings: &Settings,
    release: &Release,
    observed: &Observed,
) -> Result<Observed, CloudError> {
    let records = ports.cloud.event_history(&release.allocation).await?;
    let snapshot = Snapshot::from_records(&records, &release.allocation, &settings.tags.protect);
    let known_from = snapshot.as_ref().map(|_| KnownFrom::EventHistory);
    Ok(Observed {
        ledger: observed.ledger.clone(),
        snapshot,
        known_from,
        looked_up_events: true,
    })
}

//! What a sweep would say of the groups now, for a person who only looks. Nothing is changed, in EC2 or in the ledger.

use super::case::Case;
use super::reachability;
use crate::alarm_failover::{self, Overview, ReadFleet};
use crate::clock::Clock;
use crate::cloud::CloudError;
use crate::cloud::networks::ReadNetworks;
use crate::ledger::Ledger;
use crate::ports::{Delivery, Ports};
use crate::settings::Settings;
use std::time::Duration;

/// How long a read that fails in passing is sent again.
const PATIENCE: Duration = Duration::from_secs(20);

/// Looks at all groups, or at one: what [`alarm_failover::overview`] reads, and the networks to which addresses would
/// go.
///
/// # Errors
/// As AWS refuses: the failure names the action.
pub async fn overview<C: ReadFleet + ReadNetworks, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    settings: &Settings,
    only: Option<&str>,
) -> Result<Overview, CloudError> {
    let mut overview = alarm_failover::overview(ports, settings, only).await?;
    let delivery = Delivery {
        ends_at: ports.clock.now() + PATIENCE,
        run: 0,
    };
    let case = Case { settings, delivery };
    reachability::check(ports, &case, &mut overview.audit).await;
    Ok(overview)
}

//! What a sweep would say of the groups now, for a person who only looks. Nothing is changed, in EC2 or in the ledger.

use super::case::Case;
use super::reachability;
use crate::alarm_failover::{Glance, Overview, ReadFleet};
use crate::clock::Clock;
use crate::cloud::CloudError;
use crate::cloud::networks::ReadNetworks;
use crate::ledger::Ledger;
use crate::ports::{Delivery, Ports};
use crate::settings::Settings;
use std::time::Duration;

/// How long a read that fails in passing is sent again.
const PATIENCE: Duration = Duration::from_secs(20);

/// Looks at all groups, or at one, after the first round of [`glance`](crate::alarm_failover::glance). How well the members
/// are and the networks to which addresses would go are read at the same time.
///
/// # Errors
/// As AWS refuses: the failure names the action.
pub async fn overview<C: ReadFleet + ReadNetworks, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    settings: &Settings,
    glance: Glance,
    only: Option<&str>,
) -> Result<Overview, CloudError> {
    let delivery = Delivery {
        ends_at: ports.clock.now() + PATIENCE,
        run: 0,
    };
    let case = Case { settings, delivery };
    let networks = reachability::networks_of(ports, &case, glance.subnets(settings, only));
    let overview = glance.overview(ports, settings, only);
    let (overview, networks) = futures_util::join!(overview, networks);
    let mut overview = overview?;
    // The port has noted the refusal. What hangs on it is not said.
    if let Ok(networks) = networks {
        reachability::judge(&mut overview.audit, &networks, settings);
    }
    Ok(overview)
}

//! Private IPs are there when the interface and the instance both show them.
//!
//! Who races with the call, and what arbitrates, is with `Effect::AssignPrivateIps`. Where the look is older than
//! two seconds, both members and the alarm are read again before the call.

use super::executor::{MoveExecutor, shown};
use super::result::MoveResult;
use crate::alarm_failover::cloud::AlarmFailoverCloud;
use crate::clock::Clock;
use crate::model::ids::EniId;
use std::net::Ipv4Addr;

impl<C: AlarmFailoverCloud, L: Sync, K: Clock> MoveExecutor<'_, C, L, K> {
    /// Reads until the interface and the instance agree.
    pub(super) async fn wait_assigned(
        &self,
        eni: &EniId,
        ips: &[Ipv4Addr],
    ) -> Result<(), MoveResult> {
        let target = self.target_filter();
        let accepted_at = self.ports.clock.now();
        let cloud = &self.ports.cloud;
        let read = || async {
            let (interface, instances) =
                futures_util::join!(cloud.interface(eni), cloud.instances(&target));
            let interface = shown(interface)?.flatten();
            let on_interface = interface
                .is_some_and(|shown| ips.iter().all(|ip| shown.private_ips.contains_key(ip)));
            let instances = instances.unwrap_or_default();
            if self.has_failed(instances.first()) {
                return Err(MoveResult::Superseded);
            }
            let mut interfaces = instances.iter().flat_map(|instance| &instance.interfaces);
            let is_shown = interfaces.any(|each| {
                let has = |ip: &Ipv4Addr| each.private_ips.iter().any(|private| private.ip == *ip);
                each.id == *eni && ips.iter().all(has)
            });
            if on_interface && is_shown {
                return Ok(Some(()));
            }
            self.not_yet(accepted_at)
        };
        self.until_verified(read).await
    }
}

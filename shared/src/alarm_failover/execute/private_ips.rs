//! Private IPs move: one call, and the Elastic IPs on them ride along.
//!
//! `AssignPrivateIpAddresses` with reassignment is idempotent on (interface, private IPs); done already: EC2
//! takes it again; a lost reply means: read. There is no token, so whoever calls last has them. The lease
//! keeps other failovers away, and where the look is older than `FRESH`, both members and the alarm are read
//! again before. What remains is a person who moves them by hand within that time.

use super::executor::{MoveExecutor, MoveResult, VERIFY_TIMEOUT, refused};
use crate::alarm_failover::cloud::AlarmFailoverCloud;
use crate::clock::Clock;
use crate::cloud::InstanceFilter;
use crate::model::ids::EniId;
use std::net::Ipv4Addr;

impl<C: AlarmFailoverCloud, L: Sync, K: Clock> MoveExecutor<'_, C, L, K> {
    pub(super) async fn reassign(&mut self, eni: &EniId, ips: &[Ipv4Addr]) -> MoveResult {
        if !self.has_time() {
            return MoveResult::OutOfTime;
        }
        self.mutating_calls += 1;
        if let Err(failure) = self.ports.cloud.assign(eni, ips).await {
            return refused(failure);
        }
        let which = InstanceFilter::Ids(vec![self.to.clone()]);
        let accepted_at = self.ports.clock.now();
        loop {
            let cloud = &self.ports.cloud;
            let (interface, instances) =
                futures_util::join!(cloud.interface(eni), cloud.instances(&which));
            let on_interface = match interface {
                Ok(shown) => shown
                    .is_some_and(|shown| ips.iter().all(|ip| shown.private_ips.contains_key(ip))),
                Err(failure) if failure.is_transient() => false,
                Err(failure) => return MoveResult::Unknown(failure),
            };
            let instances = instances.unwrap_or_default();
            if self.has_failed(instances.first()) {
                return MoveResult::Superseded;
            }
            let mut interfaces = instances.iter().flat_map(|instance| &instance.interfaces);
            let is_shown = interfaces.any(|each| {
                each.id == *eni
                    && ips
                        .iter()
                        .all(|ip| each.private_ips.iter().any(|has| has.ip == *ip))
            });
            if on_interface && is_shown {
                self.mark("verified");
                return MoveResult::Moved { attachment: None };
            }
            if self.ports.clock.now() - accepted_at > VERIFY_TIMEOUT {
                return MoveResult::Superseded;
            }
            if !self.has_time() {
                return MoveResult::OutOfTime;
            }
            self.pause().await;
        }
    }
}

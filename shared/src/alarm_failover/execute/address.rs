//! An Elastic IP that moves alone is there when the address and the instance both show it. Right before the call, the
//! private IP that gets it is read once more.
//!
//! Who races with the calls, and what arbitrates, is with `Effect::Reassociate`, `Effect::Disassociate` and
//! `Effect::Associate`.

use super::executor::{MoveExecutor, shown};
use super::result::MoveResult;
use crate::alarm_failover::cloud::AlarmFailoverCloud;
use crate::clock::Clock;
use crate::cloud::AddressFilter;
use crate::groups::occupant;
use crate::model::ids::{AllocationId, EniId};
use std::net::Ipv4Addr;

impl<C: AlarmFailoverCloud, L: Sync, K: Clock> MoveExecutor<'_, C, L, K> {
    /// Reads whether the private IP that is to get the address has another Elastic IP by now. EC2 may bump that one off
    /// instead of refusing. So the move ends there, and the next look shows who else can take the address.
    pub(super) async fn require_free(
        &self,
        allocation: &AllocationId,
        eni: &EniId,
        private_ip: Ipv4Addr,
    ) -> Result<(), MoveResult> {
        match occupant(&self.ports.cloud, allocation, eni, private_ip).await {
            Ok(None) => Ok(()),
            Ok(Some(_)) => Err(MoveResult::Superseded),
            Err(failure) => Err(MoveResult::Unknown(failure)),
        }
    }

    /// Reads until the address and the instance agree.
    pub(super) async fn wait_associated(
        &self,
        allocation: &AllocationId,
        eni: &EniId,
        private_ip: Ipv4Addr,
    ) -> Result<(), MoveResult> {
        let addresses = AddressFilter::Allocations(vec![allocation.clone()]);
        let target = self.target_filter();
        let accepted_at = self.ports.clock.now();
        let cloud = &self.ports.cloud;
        let read = || async {
            let (address, seen) =
                futures_util::join!(cloud.addresses(&addresses), cloud.instances(&target));
            let address = shown(address)?.and_then(|found| found.into_iter().next());
            let is_there = address.as_ref().is_some_and(|address| {
                address.association.as_ref().is_some_and(|now| {
                    now.eni.as_ref() == Some(eni) && now.private_ip == Some(private_ip)
                })
            });
            let ip = address.map(|address| address.ip);
            let seen = seen.unwrap_or_default();
            if self.has_failed(seen.first()) {
                return Err(MoveResult::Superseded);
            }
            let mut interfaces = seen.iter().flat_map(|instance| &instance.interfaces);
            let is_shown = interfaces.any(|each| {
                each.private_ips.iter().any(|private| {
                    private.ip == private_ip && private.public.map(|public| public.ip) == ip
                })
            });
            if is_there && is_shown {
                return Ok(Some(()));
            }
            self.not_yet(accepted_at)
        };
        self.until_verified(read).await
    }
}

//! An Elastic IP moves alone.
//!
//! From a holder that runs: one `AssociateAddress` with reassociation. Idempotent on (allocation, private
//! IP); there is no token. So the lease keeps other failovers away, and no other function touches what a
//! running holder has. Where the look is older than `FRESH`, address, holder and alarm are read again before.
//!
//! From a holder that is down, a starting instance may be taking it at this very moment:
//!
//! 1. `DisassociateAddress` by the association that was read: it ends that tie, or nothing.
//! 2. `AssociateAddress` without reassociation: who is second is refused, and looks again.
//!
//! A run that ends between the two leaves the address free. The lease's failover record names it, so the next
//! delivery and reconcile tell it from one that is free on purpose.

use super::executor::{
    MoveExecutor, MoveResult, VERIFY_TIMEOUT, holder_refusal, is_missing, refused,
};
use crate::alarm_failover::cloud::AlarmFailoverCloud;
use crate::alarm_failover::plan::AssociationChange;
use crate::clock::Clock;
use crate::cloud::{AddressFilter, InstanceFilter, Missing};
use crate::model::ids::{AllocationId, EniId};
use std::net::Ipv4Addr;

impl<C: AlarmFailoverCloud, L: Sync, K: Clock> MoveExecutor<'_, C, L, K> {
    pub(super) async fn reassociate(
        &mut self,
        allocation: &AllocationId,
        eni: &EniId,
        private_ip: Ipv4Addr,
        association_change: &AssociationChange,
    ) -> MoveResult {
        if !self.has_time() {
            return MoveResult::OutOfTime;
        }
        if let AssociationChange::EndThenAssociate(association) = association_change {
            self.mutating_calls += 1;
            let ended = self.ports.cloud.disassociate(association).await;
            if let Err(failure) = ended
                && !is_missing(&failure, Missing::Association)
            {
                return holder_refusal(failure);
            }
            self.mark("detached");
        }
        self.mutating_calls += 1;
        let cloud = &self.ports.cloud;
        let accepted = match association_change {
            AssociationChange::Replace => cloud.reassociate(allocation, eni, private_ip).await,
            AssociationChange::New | AssociationChange::EndThenAssociate(_) => {
                cloud.associate(allocation, eni, private_ip).await
            }
        };
        match accepted {
            Ok(_) => self.wait_associated(allocation, eni, private_ip).await,
            Err(failure) => refused(failure),
        }
    }

    /// Reads until the address and the instance agree.
    async fn wait_associated(
        &mut self,
        allocation: &AllocationId,
        eni: &EniId,
        private_ip: Ipv4Addr,
    ) -> MoveResult {
        let addresses = AddressFilter::Allocations(vec![allocation.clone()]);
        let instances = InstanceFilter::Ids(vec![self.to.clone()]);
        let accepted_at = self.ports.clock.now();
        loop {
            let cloud = &self.ports.cloud;
            let (shown, seen) =
                futures_util::join!(cloud.addresses(&addresses), cloud.instances(&instances));
            let address = match shown {
                Ok(shown) => shown.into_iter().next(),
                Err(failure) if failure.is_transient() => None,
                Err(failure) => return MoveResult::Unknown(failure),
            };
            let is_there = address.as_ref().is_some_and(|address| {
                address.association.as_ref().is_some_and(|now| {
                    now.eni.as_ref() == Some(eni) && now.private_ip == Some(private_ip)
                })
            });
            let ip = address.map(|address| address.ip);
            let seen = seen.unwrap_or_default();
            if self.has_failed(seen.first()) {
                return MoveResult::Superseded;
            }
            let mut interfaces = seen.iter().flat_map(|instance| &instance.interfaces);
            let is_shown = interfaces.any(|each| {
                each.private_ips.iter().any(|private| {
                    private.ip == private_ip && private.public.map(|public| public.ip) == ip
                })
            });
            if is_there && is_shown {
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

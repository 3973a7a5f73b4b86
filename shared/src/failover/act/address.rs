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
//! A run that ends between the two leaves the address free. The lease's episode names it, so the next
//! delivery and reconcile tell it from one that is free on purpose.

use super::super::FailoverCloud;
use super::super::route::Tie;
use super::{End, Errand, LAG, is_missing, not_given_up, refused};
use crate::clock::Clock;
use crate::cloud::{Missing, Which, WhichInstances};
use crate::ids::{AllocationId, EniId};
use std::net::Ipv4Addr;

impl<C: FailoverCloud, L: Sync, K: Clock> Errand<'_, C, L, K> {
    pub(super) async fn reassociate(
        &mut self,
        allocation: &AllocationId,
        eni: &EniId,
        private_ip: Ipv4Addr,
        tie: &Tie,
    ) -> End {
        if !self.has_time() {
            return End::OutOfTime;
        }
        if let Tie::Ended(association) = tie {
            self.mutating_calls += 1;
            let ended = self.ports.cloud.disassociate(association).await;
            if let Err(failure) = ended
                && !is_missing(&failure, Missing::Association)
            {
                return not_given_up(failure);
            }
            self.mark("detached");
        }
        self.mutating_calls += 1;
        let cloud = &self.ports.cloud;
        let accepted = match tie {
            Tie::Replaced => cloud.reassociate(allocation, eni, private_ip).await,
            Tie::None | Tie::Ended(_) => cloud.associate(allocation, eni, private_ip).await,
        };
        match accepted {
            Ok(_) => self.settle(allocation, eni, private_ip).await,
            Err(failure) => refused(failure),
        }
    }

    /// Reads until the address and the instance agree.
    async fn settle(
        &mut self,
        allocation: &AllocationId,
        eni: &EniId,
        private_ip: Ipv4Addr,
    ) -> End {
        let addresses = Which::Allocations(vec![allocation.clone()]);
        let instances = WhichInstances::Named(vec![self.to.clone()]);
        let accepted_at = self.ports.clock.now();
        loop {
            let cloud = &self.ports.cloud;
            let (shown, seen) =
                futures_util::join!(cloud.addresses(&addresses), cloud.instances(&instances));
            let address = match shown {
                Ok(shown) => shown.into_iter().next(),
                Err(failure) if failure.is_passing() => None,
                Err(failure) => return End::Unsure(failure),
            };
            let is_there = address.as_ref().is_some_and(|address| {
                address.association.as_ref().is_some_and(|now| {
                    now.eni.as_ref() == Some(eni) && now.private_ip == Some(private_ip)
                })
            });
            let ip = address.map(|address| address.ip);
            let seen = seen.unwrap_or_default();
            if self.has_failed(seen.first()) {
                return End::Lost;
            }
            let mut interfaces = seen.iter().flat_map(|instance| &instance.interfaces);
            let is_shown = interfaces.any(|each| {
                each.private_ips.iter().any(|private| {
                    private.ip == private_ip && private.public.map(|public| public.ip) == ip
                })
            });
            if is_there && is_shown {
                self.mark("verified");
                return End::Moved { attachment: None };
            }
            if self.ports.clock.now() - accepted_at > LAG {
                return End::Lost;
            }
            if !self.has_time() {
                return End::OutOfTime;
            }
            self.pause().await;
        }
    }
}

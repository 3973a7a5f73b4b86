//! The last look before an address is associated: who has the private IP that is to take it.
//!
//! `AllowReassociation=false` protects the address that comes. Nobody knows whether it protects one that is on the private
//! IP already: EC2 may refuse, or bump that one off (`ec2_sim::doubts::OccupiedTarget`). So each run reads exactly this
//! private IP right before `AssociateAddress`, with one `DescribeNetworkInterfaces` by id. Who races with it: whoever
//! associates another address there after EC2 has answered. Nothing arbitrates that but EC2 itself.

use crate::cloud::{CloudError, ReadInterfaces};
use crate::model::ids::{AllocationId, EniId};
use crate::model::interface::InterfaceAssociation;
use std::net::Ipv4Addr;

/// The Elastic IP on a private IP, if it is another one than `coming`. A public IP that EC2 assigned by itself is no
/// occupant: it gives way. Where the interface or the private IP is gone, there is none: EC2 refuses the call.
///
/// # Errors
/// As EC2 refuses the read. Then nothing is known of the private IP.
pub async fn occupant<C: ReadInterfaces>(
    cloud: &C,
    coming: &AllocationId,
    eni: &EniId,
    private_ip: Ipv4Addr,
) -> Result<Option<InterfaceAssociation>, CloudError> {
    let shown = cloud.interface(eni).await?;
    let on_it = shown.and_then(|mut shown| shown.private_ips.remove(&private_ip));
    Ok(on_it.flatten().filter(|there| is_another(there, coming)))
}

/// Whether what is on a private IP is an Elastic IP, and another one than that which comes.
#[must_use]
pub fn is_another(there: &InterfaceAssociation, coming: &AllocationId) -> bool {
    let held = there.allocation.as_ref();
    held.is_some_and(|held| held != coming)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::{Failure, InterfaceFilter};
    use crate::model::interface::Interface;
    use futures_util::FutureExt;

    const PLACE: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);

    /// EC2 with one interface, or without.
    struct Shows(Result<Option<Interface>, &'static str>);

    impl ReadInterfaces for Shows {
        async fn interface(&self, _: &EniId) -> Result<Option<Interface>, CloudError> {
            let refused = |code: &'static str| {
                CloudError::from(Failure {
                    action: "ec2:DescribeNetworkInterfaces",
                    code: Some(code.to_owned()),
                    message: None,
                    request_id: None,
                    source: None,
                })
            };
            self.0.clone().map_err(refused)
        }

        async fn interfaces(&self, _: &InterfaceFilter) -> Result<Vec<Interface>, CloudError> {
            unreachable!("one interface is read by its id")
        }
    }

    fn with(private_ip: Ipv4Addr, allocation: Option<&str>) -> Shows {
        let mut interface = Interface::bare("eni-2".parse().unwrap());
        let there = InterfaceAssociation {
            ip: Ipv4Addr::new(203, 0, 113, 9),
            allocation: allocation.map(|id| id.parse().unwrap()),
        };
        interface.private_ips.insert(private_ip, Some(there));
        Shows(Ok(Some(interface)))
    }

    fn found(ec2: &Shows) -> Result<Option<AllocationId>, CloudError> {
        let (coming, eni) = ("eipalloc-1".parse().unwrap(), "eni-2".parse().unwrap());
        let found = occupant(ec2, &coming, &eni, PLACE).now_or_never().unwrap();
        Ok(found?.and_then(|there| there.allocation))
    }

    #[test]
    fn another_elastic_ip_is_an_occupant() {
        let other = found(&with(PLACE, Some("eipalloc-9"))).unwrap();
        assert_eq!(other, Some("eipalloc-9".parse().unwrap()));
    }

    #[test]
    fn what_gives_way_is_elsewhere_or_gone_is_none() {
        let elsewhere = Ipv4Addr::new(10, 0, 0, 3);
        for ec2 in [
            with(PLACE, Some("eipalloc-1")),
            with(PLACE, None),
            with(elsewhere, Some("eipalloc-9")),
            Shows(Ok(None)),
        ] {
            assert_eq!(found(&ec2).unwrap(), None);
        }
    }

    #[test]
    fn a_read_that_fails_says_nothing_of_the_private_ip() {
        assert!(found(&Shows(Err("RequestLimitExceeded"))).is_err());
    }
}

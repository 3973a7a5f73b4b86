//! What follows when an address is back: its association and its reverse DNS, where they still can be
//! restored. Pure: deciding on the state after it was restored yields nothing to do.

use super::Loss;
use crate::address::{Association, Interface};
use crate::ids::{AllocationId, EniId};
use crate::ledger::Snapshot;
use crate::report::{AssociationReport, Finding};
use crate::settings::Settings;
use std::net::Ipv4Addr;

/// What the address and its former place look like now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scene {
    /// The allocation that holds the address now.
    pub allocation: AllocationId,
    /// What it is associated with now.
    pub association: Option<Association>,
    /// The interface that had it, if it still exists and was asked for.
    pub interface: Option<Interface>,
    /// The reverse DNS name that is published now.
    pub reverse_name: Option<String>,
}

/// What is to be restored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Restoration {
    /// Associate with this private IP.
    pub associate: Option<Target>,
    /// Set this reverse DNS name.
    pub reverse_name: Option<String>,
    /// The association, where it is right already.
    pub standing: Option<AssociationReport>,
    /// What cannot be restored, and why.
    pub findings: Vec<Finding>,
}

/// A private IP on an interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The interface.
    pub eni: EniId,
    /// The private IP.
    pub private_ip: Ipv4Addr,
}

/// The association that the address had when it was released, or shortly before.
#[must_use]
pub fn association_then<'a>(
    snapshot: &'a Snapshot,
    loss: &Loss,
    settings: &Settings,
) -> Option<&'a Association> {
    let held = snapshot.association.as_ref()?;
    let window = time::Duration::try_from(settings.restore_window).unwrap_or(time::Duration::MAX);
    held.held_within(window, loss.released_at)
        .then_some(&held.value)
}

/// The reverse DNS name that it had then.
#[must_use]
pub fn reverse_name_then<'a>(
    snapshot: &'a Snapshot,
    loss: &Loss,
    settings: &Settings,
) -> Option<&'a str> {
    let held = snapshot.reverse_name.as_ref()?;
    let window = time::Duration::try_from(settings.restore_window).unwrap_or(time::Duration::MAX);
    held.held_within(window, loss.released_at)
        .then_some(held.value.as_str())
}

/// Decides what to restore.
#[must_use]
pub fn decide(snapshot: &Snapshot, loss: &Loss, scene: &Scene, settings: &Settings) -> Restoration {
    let mut restoration = Restoration::default();
    if let Some(then) = association_then(snapshot, loss, settings) {
        match association(then, scene) {
            Place::Free { target, displaced } => {
                restoration.findings.extend(displaced);
                restoration.associate = Some(target);
            }
            Place::Held(standing) => restoration.standing = Some(standing),
            Place::Gone(why) => restoration.findings.push(not_associated(then, scene, why)),
        }
    }
    restoration.reverse_name = reverse_name_then(snapshot, loss, settings)
        .filter(|&name| scene.reverse_name.as_deref() != Some(name))
        .map(str::to_owned);
    restoration
}

enum Place {
    Free {
        target: Target,
        displaced: Option<Finding>,
    },
    Held(AssociationReport),
    Gone(String),
}

fn association(then: &Association, scene: &Scene) -> Place {
    let (Some(eni), Some(private_ip)) = (&then.eni, then.private_ip) else {
        return Place::Gone(
            "which network interface and private IP it had is not known".to_owned(),
        );
    };
    if let Some(now) = &scene.association {
        if now.eni.as_ref() == Some(eni) && now.private_ip == Some(private_ip) {
            return Place::Held(standing(now, eni, private_ip));
        }
        let holder = now.eni.as_ref().map_or("something else", EniId::as_str);
        return Place::Gone(format!(
            "somebody has associated it with {holder} meanwhile"
        ));
    }
    let Some(interface) = &scene.interface else {
        return Place::Gone(format!(
            "the network interface {eni} does not exist any more"
        ));
    };
    if interface.requester_managed {
        let why = format!("{eni} belongs to an AWS service (a NAT gateway, a load balancer)");
        return Place::Gone(format!("{why}, which takes no address from others"));
    }
    let target = Target {
        eni: eni.clone(),
        private_ip,
    };
    match interface.private_ips.get(&private_ip) {
        None => Place::Gone(format!(
            "{eni} does not have the private IP {private_ip} any more"
        )),
        Some(None) => Place::Free {
            target,
            displaced: None,
        },
        Some(Some(other)) if other.allocation.as_ref() == Some(&scene.allocation) => Place::Free {
            target,
            displaced: None,
        },
        Some(Some(other)) => match &other.allocation {
            Some(allocation) => Place::Gone(format!(
                "{private_ip} on {eni} has {} ({allocation}) now",
                other.ip
            )),
            None => Place::Free {
                target,
                displaced: Some(auto_assigned(other.ip, eni)),
            },
        },
    }
}

fn standing(now: &Association, eni: &EniId, private_ip: Ipv4Addr) -> AssociationReport {
    AssociationReport {
        id: Some(now.id.clone()),
        eni: eni.clone(),
        private_ip,
        instance: now.instance.clone(),
        verified: true,
    }
}

fn auto_assigned(ip: Ipv4Addr, eni: &EniId) -> Finding {
    Finding {
        what: format!(
            "the public IP {ip} that EC2 had assigned to {eni} by itself is gone for good"
        ),
        why: "a private IP has one public IP, and the returned address took its place".to_owned(),
        next: "nothing, unless something relied on that address".to_owned(),
    }
}

fn not_associated(then: &Association, scene: &Scene, why: String) -> Finding {
    let next = match (&then.eni, then.private_ip) {
        (Some(eni), Some(private_ip)) => format!(
            "associate it where it belongs now: aws ec2 associate-address --allocation-id {} \
             --network-interface-id <instead of {eni}> --private-ip-address <instead of {private_ip}> \
             --no-allow-reassociation",
            scene.allocation
        ),
        _ => format!(
            "associate it where it belongs: aws ec2 associate-address --allocation-id {} \
             --network-interface-id <interface> --no-allow-reassociation",
            scene.allocation
        ),
    };
    Finding {
        what: "the association is not restored".to_owned(),
        why,
        next,
    }
}

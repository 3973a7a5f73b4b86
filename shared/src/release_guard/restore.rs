//! What follows when an address is back: its association and its reverse DNS, where they still can be
//! restored. Pure: deciding on the state after it was restored yields nothing to do.

use super::state::Release;
use crate::ledger::Snapshot;
use crate::model::elastic_ip::Association;
use crate::model::ids::{AllocationId, EniId};
use crate::model::interface::{Interface, InterfaceAssociation};
use crate::report::{AssociationReport, Command, Finding};
use crate::settings::Settings;
use std::net::Ipv4Addr;

/// What the address and its former place look like now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CurrentState {
    /// The allocation that holds the address now.
    pub allocation: AllocationId,
    /// What it is associated with now.
    pub association: Option<Association>,
    /// The interface that had it, if it still exists and was asked for.
    pub interface: Option<Interface>,
    /// The reverse DNS name that is published now.
    pub reverse_dns: Option<String>,
}

/// What is to be restored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Restoration {
    /// Associate with this private IP.
    pub associate: Option<Target>,
    /// Set this reverse DNS name.
    pub reverse_dns: Option<String>,
    /// The association, where it is right already.
    pub already_correct: Option<AssociationReport>,
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
    release: &Release,
    settings: &Settings,
) -> Option<&'a Association> {
    let held = snapshot.association.as_ref()?;
    let window = time::Duration::try_from(settings.restore_window).unwrap_or(time::Duration::MAX);
    held.held_within(window, release.released_at)
        .then_some(&held.value)
}

/// The reverse DNS name that it had then.
#[must_use]
pub fn reverse_name_then<'a>(
    snapshot: &'a Snapshot,
    release: &Release,
    settings: &Settings,
) -> Option<&'a str> {
    let held = snapshot.reverse_dns.as_ref()?;
    let window = time::Duration::try_from(settings.restore_window).unwrap_or(time::Duration::MAX);
    held.held_within(window, release.released_at)
        .then_some(held.value.as_str())
}

/// Decides what to restore.
#[must_use]
pub fn decide(
    snapshot: &Snapshot,
    release: &Release,
    current: &CurrentState,
    settings: &Settings,
) -> Restoration {
    let mut restoration = Restoration::default();
    if let Some(then) = association_then(snapshot, release, settings) {
        match association(then, current) {
            Availability::Free { target, displaced } => {
                restoration.findings.extend(displaced);
                restoration.associate = Some(target);
            }
            Availability::AlreadyAssociated(already_correct) => {
                restoration.already_correct = Some(already_correct);
            }
            Availability::Unavailable(why) => restoration
                .findings
                .push(not_associated(then, current, why)),
        }
    }
    restoration.reverse_dns = reverse_name_then(snapshot, release, settings)
        .filter(|&name| current.reverse_dns.as_deref() != Some(name))
        .map(str::to_owned);
    restoration
}

enum Availability {
    Free {
        target: Target,
        displaced: Option<Finding>,
    },
    AlreadyAssociated(AssociationReport),
    Unavailable(String),
}

fn association(then: &Association, current: &CurrentState) -> Availability {
    let (Some(eni), Some(private_ip)) = (&then.eni, then.private_ip) else {
        return Availability::Unavailable(
            "which network interface and private IP it had is not known".to_owned(),
        );
    };
    if let Some(now) = &current.association {
        if now.eni.as_ref() == Some(eni) && now.private_ip == Some(private_ip) {
            return Availability::AlreadyAssociated(already_correct(now, eni, private_ip));
        }
        let holder = now.eni.as_ref().map_or("something else", EniId::as_str);
        return Availability::Unavailable(format!(
            "somebody has associated it with {holder} meanwhile"
        ));
    }
    let Some(interface) = &current.interface else {
        return Availability::Unavailable(format!(
            "the network interface {eni} does not exist any more"
        ));
    };
    if interface.requester_managed {
        let why = format!("{eni} belongs to an AWS service (a NAT gateway, a load balancer)");
        return Availability::Unavailable(format!("{why}, which takes no address from others"));
    }
    let target = Target {
        eni: eni.clone(),
        private_ip,
    };
    match interface.private_ips.get(&private_ip) {
        None => Availability::Unavailable(format!(
            "{eni} does not have the private IP {private_ip} any more"
        )),
        Some(associated) => availability(target, associated.as_ref(), current),
    }
}

/// Whether the former target can take the address, by what it has now.
fn availability(
    target: Target,
    associated: Option<&InterfaceAssociation>,
    current: &CurrentState,
) -> Availability {
    let Target { eni, private_ip } = &target;
    let displaced = match associated.map(|other| (other.ip, &other.allocation)) {
        None => None,
        Some((_, Some(allocation))) if *allocation == current.allocation => None,
        Some((ip, Some(allocation))) => {
            let why = format!("{private_ip} on {eni} has {ip} ({allocation}) now");
            return Availability::Unavailable(why);
        }
        Some((ip, None)) => Some(auto_assigned(ip, eni)),
    };
    Availability::Free { target, displaced }
}

fn already_correct(now: &Association, eni: &EniId, private_ip: Ipv4Addr) -> AssociationReport {
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

fn not_associated(then: &Association, current: &CurrentState, why: String) -> Finding {
    let associate = Command::ec2("associate-address").with("allocation-id", &current.allocation);
    let associate = match (&then.eni, then.private_ip) {
        (Some(eni), Some(private_ip)) => associate
            .to_fill_in("network-interface-id", &format!("instead of {eni}"))
            .to_fill_in("private-ip-address", &format!("instead of {private_ip}")),
        _ => associate.to_fill_in("network-interface-id", "interface"),
    };
    let next = format!(
        "associate it where it belongs now: {}",
        associate.flag("no-allow-reassociation")
    );
    Finding {
        what: "the association is not restored".to_owned(),
        why,
        next,
    }
}

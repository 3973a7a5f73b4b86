//! An address on its instance, for the report and in a sentence.

use super::super::plan::PlannedAssociation;
use crate::report::{AssociationReport, PlacedReport, PlacementReason};
use crate::settings::Settings;
use std::net::Ipv4Addr;

const PUBLIC_DNS_NOTE: &str = "inside the VPC this name resolves to the private IP, where DNS \
     resolution and DNS hostnames are on; outside, to the public one";

/// The name that EC2 gives a public address, the same as long as the address is allocated.
/// Source: EC2 user guide, "EC2 instance hostnames and domains", public DNS name.
#[must_use]
pub fn public_dns_name(ip: Ipv4Addr, region: &str) -> String {
    let [a, b, c, d] = ip.octets();
    let host = format!("ec2-{a}-{b}-{c}-{d}");
    match region {
        "us-east-1" => format!("{host}.compute-1.amazonaws.com"),
        china if china.starts_with("cn-") => format!("{host}.{china}.compute.amazonaws.com.cn"),
        region => format!("{host}.{region}.compute.amazonaws.com"),
    }
}

pub(super) fn would_be(settings: &Settings, step: &PlannedAssociation) -> PlacedReport {
    placed_at(settings, step, step.at(None))
}

pub(super) fn placed_at(
    settings: &Settings,
    step: &PlannedAssociation,
    association: AssociationReport,
) -> PlacedReport {
    PlacedReport {
        allocation: step.allocation.clone(),
        ip: step.ip,
        association,
        reason: step.reason,
        public_dns_name: public_dns_name(step.ip, &settings.region),
        public_dns_note: PUBLIC_DNS_NOTE,
        displaced: step.target.auto_assigned,
        taken_from: step.from.as_ref().map(|hold| hold.instance.clone()),
    }
}

pub(super) fn listed(placed: &[PlacedReport]) -> String {
    let each = placed.iter().map(|placed| {
        let at = &placed.association;
        let on = at
            .instance
            .as_ref()
            .map_or("", |instance| instance.as_str());
        format!(
            "{} ({}) on {on} at {}, {}",
            placed.ip,
            placed.public_dns_name,
            at.private_ip,
            reason_text(placed)
        )
    });
    each.collect::<Vec<_>>().join("; ")
}

pub(super) fn reason_text(placed: &PlacedReport) -> String {
    let from = placed.taken_from.as_ref();
    let from = from.map_or_else(String::new, |from| {
        format!(", taken from {from}, which does not run")
    });
    let why = match placed.reason {
        PlacementReason::AlreadyThere => "where it was",
        PlacementReason::OwnSlot => "its own slot",
        PlacementReason::LastHeld => "the one it had before",
        PlacementReason::Free => "free in its group",
        PlacementReason::HolderDown => "the last that could be had",
        PlacementReason::HandedOver => "handed over",
    };
    format!("{why}{from}")
}

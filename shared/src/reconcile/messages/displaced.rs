//! What a person reads of an address that has lost its place to another one.

use super::super::displaced::Displaced;
use crate::report::{Command, Finding, Report};

/// The report on a call, with what it tells of an address that has lost its place.
pub(crate) fn with_displaced(mut report: Report, lost: Option<&Displaced>) -> Report {
    report.findings.extend(lost.map(finding));
    report
}

pub(super) fn finding(lost: &Displaced) -> Finding {
    let Displaced {
        allocation,
        ip,
        eni,
        private_ip,
        by,
        by_ip,
    } = lost;
    let associate = Command::ec2("associate-address")
        .with("allocation-id", allocation)
        .to_fill_in("network-interface-id", "interface")
        .to_fill_in("private-ip-address", "a private IP that is free")
        .flag("no-allow-reassociation");
    Finding {
        what: format!(
            "{ip} ({allocation}) is associated with nothing: {by_ip} ({by}) has its place"
        ),
        why: format!(
            "{ip} was on {private_ip} of {eni} when it was last seen. A private IP has one public IP, and {by_ip} is \
             there now. Whoever associated {by_ip} may not have known of {ip}: EC2 does not name what goes"
        ),
        next: format!(
            "Holdfast leaves {ip} as it is, since its place is in use. If it is needed, give it another one: {associate}"
        ),
    }
}

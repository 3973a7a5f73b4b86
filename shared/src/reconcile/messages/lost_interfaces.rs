//! What a person reads of a floating interface that is gone: what it had, where its addresses are, and how to have it
//! back.

use crate::report::{
    Command, Finding, FormerlyOnIt, LostInterfaceReport, Outcome, Report, Subject,
};
use crate::settings::Settings;
use std::collections::BTreeSet;
use std::net::Ipv4Addr;

/// The report with what is lost. It is news where the group is still there: whoever takes a whole group down knows.
pub(crate) fn with_lost(
    mut report: Report,
    lost: Vec<LostInterfaceReport>,
    settings: &Settings,
) -> Report {
    let groups: BTreeSet<String> = match &report.subject {
        Subject::Sweep(sweep) => sweep.groups.iter().map(|it| it.group.clone()).collect(),
        _ => BTreeSet::new(),
    };
    let is_news = lost.iter().any(|one| groups.contains(&one.group));
    let findings: Vec<Finding> = lost.iter().map(|one| finding(one, settings)).collect();
    for one in &lost {
        let (eni, group) = (&one.eni, &one.group);
        report.summary = format!("{}; {eni} of the group {group} is gone", report.summary);
    }
    if is_news && Outcome::InterfaceLost.gravity() < report.outcome.gravity() {
        report.outcome = Outcome::InterfaceLost;
        report.findings.splice(0..0, findings);
    } else {
        report.findings.extend(findings);
    }
    if let Subject::Sweep(sweep) = &mut report.subject {
        sweep.lost_interfaces = lost;
    }
    report
}

fn finding(lost: &LostInterfaceReport, settings: &Settings) -> Finding {
    let LostInterfaceReport { eni, group, .. } = lost;
    let ips = lost.private_ips.iter().map(Ipv4Addr::to_string);
    let ips: Vec<String> = ips.chain(lost.other_ips.iter().cloned()).collect();
    let had = format!("It had {}", ips.join(", "));
    let addresses = lost.addresses.iter().map(where_it_is);
    let why: Vec<String> = std::iter::once(had).chain(addresses).collect();
    let again = match (&lost.subnet, lost.private_ips.first()) {
        (Some(subnet), Some(ip)) => {
            let group = (settings.tags.group.as_str(), group.as_str());
            let command = Command::ec2("create-network-interface")
                .with("subnet-id", subnet)
                .with("private-ip-address", ip)
                .tag_specification("network-interface", [group]);
            format!(". If it is wanted: {command}")
        }
        _ => String::new(),
    };
    let who = Command::aws("cloudtrail", "lookup-events").with(
        "lookup-attributes",
        format!("AttributeKey=ResourceName,AttributeValue={eni}"),
    );
    Finding {
        what: format!("{eni}, which moved among the group {group}, is gone"),
        why: format!(
            "EC2 does not show it any more: it was deleted, or ended with its instance. {}",
            why.join(". ")
        ),
        next: format!("see who did it: {who}{again}. This is told once"),
    }
}

/// Where an Elastic IP is that was on it.
fn where_it_is(address: &FormerlyOnIt) -> String {
    let ip = address.ip;
    match (&address.on, address.is_held) {
        (Some(at), _) => {
            let holder = at.instance.as_ref();
            let holder = holder.map_or_else(|| at.eni.to_string(), ToString::to_string);
            format!(
                "{ip} was on it, and is on {holder} at {} now",
                at.private_ip
            )
        }
        (None, true) => format!("{ip} was on it, and is associated with nothing now"),
        (None, false) => format!("{ip} was on it, and is not the account's any more"),
    }
}

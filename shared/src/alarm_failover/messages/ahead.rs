//! What AWS has planned for the holders of a group, and what AWS Health tells of them, each with what to do about it.

use super::sentences::listed;
use crate::alarm_failover::ahead::lead;
use crate::alarm_failover::case::{AffectedGroup, Case};
use crate::alarm_failover::group::Group;
use crate::alarm_failover::state::MemberHealth;
use crate::model::ids::InstanceId;
use crate::model::instance_status::{EventCode, ScheduledEvent};
use crate::report::{Command, Finding, Report, utc};
use crate::settings::Settings;
use std::collections::BTreeSet;
use std::time::Duration;

/// The holders that AWS is about to stop or retire. A failover works, so this is no obstacle.
pub(crate) fn events_ahead(
    group: &Group<'_>,
    health: &MemberHealth,
    settings: &Settings,
) -> Vec<Finding> {
    let holders = group.holders().into_iter();
    let found = holders.filter_map(|holder| {
        let event = health.ends_by(&holder)?;
        let own = group.resources.iter();
        let own = own.filter(|resource| resource.location.instance() == Some(&holder));
        let soonest = own.map(|resource| lead(resource, settings)).max();
        let soonest = soonest.filter(|lead| !lead.is_zero());
        Some(ahead(group.name, &holder, event, soonest))
    });
    found.collect()
}

fn ahead(
    group: &str,
    holder: &InstanceId,
    event: &ScheduledEvent,
    lead: Option<Duration>,
) -> Finding {
    let begins = event.not_before.map_or_else(
        || "EC2 does not say when".to_owned(),
        |at| format!("not before {}", utc(at)),
    );
    let by_itself = match lead {
        Some(lead) if event.not_before.is_some() => format!(
            "nothing: what it has is moved {} min before. To have it sooner, ask for it",
            lead.as_secs() / 60
        ),
        _ => format!("ask for a switchover of the group {group} before that"),
    };
    let why = match &event.code {
        EventCode::Unknown(word) => {
            format!("EC2 tells of an event `{word}`, which is not known here ({begins})")
        }
        code => format!("EC2 tells of {code} ({begins})"),
    };
    let look = Command::ec2("describe-instance-status").with("instance-ids", holder);
    Finding {
        what: format!(
            "AWS is about to take {holder} away, which holds what is of the group {group}"
        ),
        why,
        next: format!(
            "{by_itself}, as docs/RUNBOOK.md shows under \"What AWS has planned\". See the event: {look}"
        ),
    }
}

/// AWS Health tells of members, and nothing is due to move: no holder is among them, or nobody asked for a move before
/// what EC2 tells.
pub(crate) fn not_due(
    case: &Case<'_>,
    affected: &AffectedGroup,
    group: &Group<'_>,
    health: &MemberHealth,
) -> Report {
    let holders = group.holders();
    let named: BTreeSet<InstanceId> = affected
        .failed_members
        .intersection(&holders)
        .cloned()
        .collect();
    let name = group.name;
    if named.is_empty() {
        let members = listed(&affected.failed_members);
        return case.ignored(&format!("{members} holds nothing of the group {name}"));
    }
    let mut report = case.ignored(&format!(
        "nothing of the group {name} is due to leave {} by what EC2 tells; nothing was touched",
        listed(&named)
    ));
    report.findings = events_ahead(group, health, case.settings);
    let untold = named.iter().filter(|id| health.ends_by(id).is_none());
    report
        .findings
        .extend(untold.map(|holder| told_by_health(case, group, holder)));
    report
}

fn told_by_health(case: &Case<'_>, group: &Group<'_>, holder: &InstanceId) -> Finding {
    let name = group.name;
    let of_it = match group.member(holder) {
        Some(_) => "EC2 tells of no retirement and no stop of it",
        None => "it is no member of the group, so EC2 was not asked what it has planned",
    };
    let look = Command::ec2("describe-instance-status").with("instance-ids", holder);
    Finding {
        what: format!("AWS Health tells of {holder}, which holds what is of the group {name}"),
        why: format!("{}; {of_it}", case.cause.text),
        next: format!(
            "read the event in the AWS Health Dashboard, and see what EC2 tells: {look}. If the instance is not to be \
             relied on, ask for a switchover of the group {name}"
        ),
    }
}

//! What AWS has planned for the holders of a group, each with what to do about it.

use crate::alarm_failover::ahead::lead;
use crate::alarm_failover::group::Group;
use crate::alarm_failover::state::MemberHealth;
use crate::model::ids::InstanceId;
use crate::model::instance_status::{EventCode, ScheduledEvent};
use crate::report::{Command, Finding, utc};
use crate::settings::Settings;
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

//! What a person reads where another installation of Holdfast is at work on the same tags.

use crate::model::cloudtrail::Call;
use crate::report::{Finding, Report, utc};
use crate::settings::{Installation, Settings};

/// The report on a call, with what it says of another installation. Each hears the other's calls, so each tells.
pub(crate) fn with_rival(mut report: Report, call: &Call, settings: &Settings) -> Report {
    let made_by = call.actor.user_agent.as_deref();
    let made_by = made_by.and_then(Installation::in_user_agent);
    if made_by.is_some_and(|other| settings.installation().rivals(other)) {
        report.findings.insert(0, rival(call, settings));
        report.rival = call.actor.role_arn.clone().or(call.actor.arn.clone());
    }
    report
}

fn rival(call: &Call, settings: &Settings) -> Finding {
    let actor = &call.actor;
    let role = actor.role_arn.as_ref().or(actor.arn.as_ref());
    let role = role.map_or("a role that is not named", String::as_str);
    Finding {
        what: format!("another installation of Holdfast is at work on the same tags, as {role}"),
        why: format!(
            "its {} at {} went by the tag {}, as this installation does. Each has a ledger of its own, so they undo \
             each other",
            call.name,
            utc(call.at),
            settings.tags.protect
        ),
        next: "delete one of the two stacks, or give one of them another TagPrefix; until then set the modes of one to \
               observe"
            .to_owned(),
    }
}

//! The stack, its trail and its rules: what has to be there before any event comes.

use super::verdict::{Read, Verdict, on, on_each};
use crate::aws::checks::{Identity, RegionTrail, RuleState, SeenRule};
use crate::deployment::Deployment;
use crate::output::counted;
use time::{Duration, OffsetDateTime};

/// AWS takes what is off by five minutes. Source: AWS general reference, "Signature Version 4".
const TAKEN: Duration = Duration::minutes(5);
/// So much is no cause for worry: answers take a while, and say whole seconds.
const USUAL: Duration = Duration::seconds(30);

/// A refusal says the time, too: only where nothing does is the answer's failure told.
pub(super) fn clock(
    identity: &Read<Identity>,
    said: Option<OffsetDateTime>,
    now: OffsetDateTime,
) -> Verdict {
    let Some(said) = said else {
        if let Err(error) = identity {
            return Verdict::unread(error);
        }
        return Verdict::not_made(
            "AWS's answer says no time",
            "See whether a proxy or --endpoint-url stands between this machine and AWS.",
        );
    };
    let off = now - said;
    let seconds = off.whole_seconds();
    if off.abs() <= USUAL {
        return Verdict::passed(format!(
            "this machine's clock is off by {seconds} s at the most"
        ));
    }
    let refused = if off.abs() > TAKEN {
        ", which AWS does not take"
    } else {
        ""
    };
    Verdict::failed(
        format!("this machine's clock is off by {seconds} s{refused}"),
        "Set the clock, and let NTP keep it: `timedatectl set-ntp true`.",
    )
}

pub(super) fn state(deployment: &Deployment) -> Verdict {
    let status = deployment.stack.status.as_deref().unwrap_or("no state");
    match status {
        "CREATE_COMPLETE" | "UPDATE_COMPLETE" | "IMPORT_COMPLETE" => Verdict::passed(status),
        "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS" => {
            Verdict::passed(format!("{status}: the new version is in place"))
        }
        _ if status.ends_with("_IN_PROGRESS") => Verdict::failed(
            format!("{status}: it is being changed now"),
            "Wait until CloudFormation is done, and look again.",
        ),
        _ => Verdict::failed(
            status,
            "See in the stack's events which resource failed, mend that, and deploy again: docs/DEPLOYMENT.md.",
        ),
    }
}

pub(super) fn trail(trails: &Read<Vec<RegionTrail>>, region: &str) -> Verdict {
    on(trails, |trails| {
        let known: Vec<_> = trails
            .iter()
            .filter_map(|trail| trail.state.as_ref().ok().map(|state| (&trail.name, state)))
            .collect();
        if let Some((name, _)) = known
            .iter()
            .find(|(_, it)| it.is_logging && it.logs_changes)
        {
            return Verdict::passed(format!("{name} logs management events of {region}"));
        }
        // One that AWS does not tell about may be the one that is wanted.
        if let Some(error) = trails.iter().find_map(|trail| trail.state.as_ref().err()) {
            return Verdict::unread(error);
        }
        let advice = "Make a trail that logs management events (write) in this region: docs/DEPLOYMENT.md, What has to be there.";
        match known.first() {
            None => Verdict::failed(format!("no trail logs in {region}"), advice),
            Some((name, state)) if !state.is_logging => Verdict::failed(
                format!("{name} has been stopped"),
                format!("Start it: aws cloudtrail start-logging --name {name}"),
            ),
            Some((name, _)) => Verdict::failed(
                format!("{name} does not log every call that changes EC2's resources"),
                format!("Let it log management events, writes among them, or do this. {advice}"),
            ),
        }
    })
}

pub(super) fn rules(rules: &[Read<SeenRule>]) -> Verdict {
    on_each(rules, |rules| {
        let broken: Vec<String> = rules.iter().filter_map(|rule| broken(rule)).collect();
        if rules.is_empty() {
            return Verdict::failed(
                "the stack has no rule",
                "This is no stack of Holdfast, or an older one: deploy again, docs/DEPLOYMENT.md.",
            );
        }
        if broken.is_empty() {
            let count = counted(rules.len(), "rule", "rules");
            return Verdict::passed(format!("{count}, each of them on and let in by its target"));
        }
        Verdict::failed(
            broken.join("; "),
            "Switch a rule on: aws events enable-rule --name NAME. One that is gone, or that may not call its function, is \
             mended by a deployment of the stack.",
        )
    })
}

fn broken(rule: &SeenRule) -> Option<String> {
    let SeenRule {
        logical_id,
        name,
        state,
    } = rule;
    match state {
        RuleState::On { targets: 0 } => Some(format!("{logical_id} ({name}) tells nobody")),
        RuleState::On { .. } => None,
        RuleState::ShutOut { function } => Some(format!(
            "{logical_id} ({name}) may not call {function}, as far as its policy is understood"
        )),
        RuleState::Off => Some(format!("{logical_id} ({name}) is off")),
        RuleState::Missing => Some(format!("{logical_id} ({name}) is gone")),
        RuleState::Unknown { word } => Some(format!("{logical_id} ({name}) is in state {word}")),
    }
}

//! The end of a run that touched nothing: the cause is over, or unclear, or nothing is there to be moved.

use super::of_groups::of_groups;
use super::sentences::listed;
use super::subject::{after_one_look, failed_members};
use crate::alarm_failover::case::{AffectedGroup, Case, Cause, CauseKind};
use crate::alarm_failover::group::Group;
use crate::alarm_failover::state::Observed;
use crate::cloud::CloudError;
use crate::error::Error;
use crate::ledger::Lease;
use crate::report::{Command, Finding, Outcome, Report, utc};

pub(crate) fn not_observed(cause: &Cause, source: CloudError) -> Error {
    Error::Unfinished {
        what: format!(
            "{}: the group could not be looked at, nothing was touched",
            cause.text
        ),
        source,
    }
}

/// A cause that is about no group.
pub(crate) fn of_nobody(case: &Case<'_>) -> Report {
    let (about, keys) = (case.cause, &case.settings.tags);
    match about.alarms.first() {
        Some(alarm) if about.instances.is_empty() => case.ignored(&format!(
            "it names no member of a group (tag {}), and no address or interface has the tag {} = {alarm}",
            keys.group, keys.alarm
        )),
        _ => of_groups(case, Vec::new()),
    }
}

pub(crate) fn recovered(case: &Case<'_>, why: &str) -> Report {
    case.report(Outcome::Recovered, &format!("{why}; nothing was touched"))
}

pub(crate) fn unclear(case: &Case<'_>, why: &str) -> Report {
    let said = format!("nothing was touched, since {why}");
    let mut report = case.report(Outcome::Refused, &said);
    let keys = &case.settings.tags;
    report.findings.push(Finding {
        what: format!("{} moves nothing", case.cause.text),
        why: why.to_owned(),
        next: format!(
            "give the alarm a dimension InstanceId, or the address or interface the tag {} with the \
             alarm's name, or the alarm the tag {}",
            keys.alarm, keys.group
        ),
    });
    report
}

/// Whether the alarm fires is not known, or what Auto Scaling does with the instance: it moves nothing by itself.
pub(crate) fn not_told(case: &Case<'_>, why: &str) -> Report {
    let (doubt, next) = match (&case.cause.kind, case.cause.instances.first()) {
        (CauseKind::LifecycleAction, Some(instance)) => (
            "is so",
            format!(
                "see what Auto Scaling does with it: {}. If it is about to end, move its addresses by a switchover of \
                 the group",
                Command::of_auto_scaling(instance)
            ),
        ),
        _ => (
            "fires",
            "see in CloudWatch whether it fires; if the holder is sick, move its addresses by a switchover of the group"
                .to_owned(),
        ),
    };
    let said = format!("nothing was touched, since it is not known whether it {doubt}: {why}");
    let mut report = case.report(Outcome::Refused, &said);
    report.findings.push(Finding {
        what: format!("{} moves nothing", case.cause.text),
        why: why.to_owned(),
        next,
    });
    report
}

pub(crate) fn no_such_group(case: &Case<'_>, group: &str) -> Report {
    let key = &case.settings.tags.group;
    let said = format!("no instance has the tag {key} = {group}; nothing was touched");
    let mut report = case.report(Outcome::Refused, &said);
    report.findings.push(Finding {
        what: format!("the group {group} has no members"),
        why: format!(
            "no instance in {} has the tag {key} = {group}",
            case.settings.region
        ),
        next: format!(
            "see which groups there are: {}",
            Command::ec2("describe-tags").filter("key", key)
        ),
    });
    report
}

pub(crate) fn nothing_held(
    case: &Case<'_>,
    affected: &AffectedGroup,
    observed: &Observed,
) -> Report {
    let group = Group::named(&affected.group, observed, case.settings, &[]);
    let name = &affected.group;
    if case.cause.kind == CauseKind::LifecycleAction {
        let said = format!(
            "{} holds nothing of the group {name}",
            listed(&affected.failed_members)
        );
        let mut report = case.report(Outcome::AlreadyMoved, &said);
        report.subject = after_one_look(case, name, Vec::new(), Vec::new());
        return report;
    }
    if group.resources.is_empty() {
        let why = format!("the group {name} has no address or interface that could move");
        return case.ignored(&why);
    }
    let holders = listed(&group.holders());
    let (outcome, said) = match &case.cause.kind {
        CauseKind::Command { to: None } => (
            Outcome::Refused,
            format!(
                "nothing was touched, since several members hold addresses ({holders}): name the one \
                 that is to have them, with `to`"
            ),
        ),
        _ if affected.names_no_instance && affected.failed_members.is_empty() => (
            Outcome::AlreadyMoved,
            format!(
                "nothing was touched, since what it stands for came to {holders} after it fired"
            ),
        ),
        _ => (
            Outcome::AlreadyMoved,
            format!("everything of the group {name} is with {holders}"),
        ),
    };
    let mut report = case.report(outcome, &said);
    let failed = failed_members(case, &affected.failed_members);
    report.subject = after_one_look(case, name, failed, Vec::new());
    report
}

pub(crate) fn lease_taken(lease: &Lease) -> Error {
    let until = lease
        .held
        .as_ref()
        .map(|held| format!(", until {}", utc(held.until)));
    Error::OutOfTime {
        what: format!(
            "another failover of the group {} is in progress{}; nothing was touched by this one",
            lease.group,
            until.unwrap_or_default()
        ),
    }
}

/// CloudWatch does not tell for which instances an alarm fires.
pub(crate) fn contributors_not_told(why: &str) -> Finding {
    Finding {
        what: "whether the alarm still fires for this instance is not known: its event said so, and that counts"
            .to_owned(),
        why: why.to_owned(),
        next: "allow alarm-failover cloudwatch:DescribeAlarmContributors where the region has it; without it an event \
               that comes late may be about an instance that is well again"
            .to_owned(),
    }
}

//! What became of the life-cycle action for which Auto Scaling waits.

use crate::alarm_failover::case::Case;
use crate::cloud::CloudError;
use crate::error::{Error, chain};
use crate::model::auto_scaling::LifecycleAction;
use crate::report::{Finding, Report};

/// What happens without anybody's doing.
const BY_ITSELF: &str = "Auto Scaling goes on with the instance when the time of the hook is over";

fn named(action: &LifecycleAction) -> String {
    let LifecycleAction { group, hook, .. } = action;
    format!("the life-cycle action of the hook {hook} of {group}")
}

fn and(mut report: Report, more: &str) -> Report {
    report.summary = format!("{}; {more}", report.summary);
    report
}

pub(crate) fn completed(report: Report, action: &LifecycleAction) -> Report {
    and(report, &format!("{} is completed", named(action)))
}

pub(crate) fn would_complete(report: Report, action: &LifecycleAction) -> Report {
    and(report, &format!("{} would be completed", named(action)))
}

/// Auto Scaling has no such action any more.
pub(crate) fn over(report: Report, action: &LifecycleAction) -> Report {
    and(report, &format!("{} is over already", named(action)))
}

/// The instance still holds something: nobody took it.
pub(crate) fn not_completed(action: &LifecycleAction, group: &str) -> Finding {
    Finding {
        what: format!("{} is not completed", named(action)),
        why: format!(
            "{} still holds what is of the group {group}",
            action.instance
        ),
        next: format!(
            "mend what keeps it from moving, or ask for a switchover of the group {group}; {BY_ITSELF}, and what it holds \
             then goes to the next member that starts"
        ),
    }
}

pub(crate) fn refused_to_complete(
    case: &Case<'_>,
    action: &LifecycleAction,
    failure: &CloudError,
) -> Finding {
    Finding {
        what: format!("{} is not completed", named(action)),
        why: chain(failure),
        next: format!(
            "give the Auto Scaling group {} the tag {}, and allow {} to the role of alarm-failover; {BY_ITSELF}",
            action.group,
            case.settings.tags.group,
            failure.failure().action
        ),
    }
}

/// No answer came. The addresses have moved, and the event comes again.
pub(crate) fn not_known_to_be_completed(
    case: &Case<'_>,
    action: &LifecycleAction,
    source: CloudError,
) -> Error {
    Error::Unfinished {
        what: format!(
            "{}: {} is not known to be completed; the next delivery goes on",
            case.cause.text,
            named(action)
        ),
        source,
    }
}

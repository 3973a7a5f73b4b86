//! What was not read of the account's alarms, and what to do about it.

use crate::cloud::CloudError;
use crate::error::chain;
use crate::report::Finding;

/// The endpoint does not know log alarms, so none was read.
pub(crate) fn no_log_alarms() -> Finding {
    Finding {
        what: "alarms on logs were not read".to_owned(),
        why: "CloudWatch refused the alarm type LogAlarm: this Region or partition does not know it yet"
            .to_owned(),
        next: "nothing, unless the group has alarms on logs: give it a metric alarm beside each".to_owned(),
    }
}

/// Alarms that a sweep did not read: what an earlier one has learnt stays.
pub(crate) fn alarms_unread(read: usize, why: Option<&CloudError>) -> Finding {
    Finding {
        what: format!("not all alarms were read, {read} were"),
        why: why.map_or_else(
            || "the time of the run was over; they are read slowly, so that others are not throttled".to_owned(),
            |failure| chain(failure),
        ),
        next: "nothing, unless it comes again: failovers go on with what an earlier run has learnt. \
               CloudWatch lets an account ask 9 times a second: see who asks"
            .to_owned(),
    }
}

/// Of alarms on many time series that fire, it was not read for which instances.
pub(crate) fn contributors_unread(left: usize, why: Option<&CloudError>) -> Finding {
    Finding {
        what: format!("for which instances {left} alarms on many time series fire was not read"),
        why: why.map_or_else(
            || "the time of the run was over; they are read slowly, so that others are not throttled".to_owned(),
            |failure| chain(failure),
        ),
        next: "allow cloudwatch:DescribeAlarmContributors to the role of reconcile, where that is what was refused. \
               A standby for which such an alarm fires counts as well until then"
            .to_owned(),
    }
}

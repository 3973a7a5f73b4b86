//! Signs of what is coming: nothing has failed yet. Pure.

use crate::alarm_failover::case::{Cause, CauseKind, cause_of};
use crate::events::{HealthEvent, SpotNotice, SpotNoticeKind};
use crate::report::utc;
use crate::settings::{OnStop, Settings};
use std::collections::BTreeSet;
use time::OffsetDateTime;

/// What EC2 announced of a Spot instance: an interruption is on its way, and what may come is acted on where a person
/// wants that.
pub(super) fn of_spot_notice(
    notice: &SpotNotice,
    settings: &Settings,
    now: OffsetDateTime,
) -> Result<Cause, String> {
    if notice.kind == SpotNoticeKind::RebalanceRecommendation
        && settings.on_rebalance == OnStop::Stay
    {
        return Err(
            "nothing has failed, and HOLDFAST_REBALANCE is `stay`; the interruption itself is \
             announced two minutes ahead, and acted on"
                .to_owned(),
        );
    }
    let at = notice.at.unwrap_or(now);
    is_recent(at, settings, now)?;
    Ok(Cause {
        kind: match notice.kind {
            SpotNoticeKind::Interruption => CauseKind::SpotInterruption,
            SpotNoticeKind::RebalanceRecommendation => CauseKind::RebalanceRecommendation,
        },
        text: notice.to_string(),
        at,
        alarms: Vec::new(),
        is_of_alarms: false,
        instances: BTreeSet::from([notice.instance.clone()]),
        group: None,
    })
}

/// What AWS Health tells, however late: what is planned is read from EC2, as it is now.
pub(super) fn of_health_event(event: &HealthEvent, now: OffsetDateTime) -> Cause {
    Cause {
        instances: event.instances.clone(),
        ..cause_of(CauseKind::HealthEvent, &event.to_string(), None, now)
    }
}

/// Whether something was told so lately that it is acted on.
pub(super) fn is_recent(
    at: OffsetDateTime,
    settings: &Settings,
    now: OffsetDateTime,
) -> Result<(), String> {
    if now - at <= settings.alarm_max_age {
        return Ok(());
    }
    Err(format!(
        "it is from {}, longer ago than HOLDFAST_ALARM_MAX_AGE_SECONDS ({} s)",
        utc(at),
        settings.alarm_max_age.as_secs()
    ))
}

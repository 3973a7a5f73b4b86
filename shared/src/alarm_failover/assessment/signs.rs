//! Signs of what is coming: nothing has failed yet. Pure.

use crate::alarm_failover::case::{Assessment, Cause, CauseKind, cause_of};
use crate::alarm_failover::state::Observed;
use crate::events::{HealthEvent, LifecycleNotice, SpotNotice, SpotNoticeKind};
use crate::model::auto_scaling::Service;
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

/// What Auto Scaling tells, however late: where the instance is in its life is read, as it is now.
pub(super) fn of_lifecycle_notice(notice: &LifecycleNotice, now: OffsetDateTime) -> Cause {
    let at = notice.at.unwrap_or(now);
    Cause {
        instances: BTreeSet::from([notice.instance.clone()]),
        ..cause_of(CauseKind::LifecycleAction, &notice.to_string(), None, at)
    }
}

/// Why what Auto Scaling tells is no reason to move anything; none: it is one. An instance that Auto Scaling has in
/// service is stripped of nothing, whatever an event says. One that it ends, or has in a warm pool, does not serve any
/// more. A word that is not known here says neither.
pub(super) fn stays(cause: &Cause, observed: &Observed) -> Option<Assessment> {
    for id in &cause.instances {
        let Some(state) = observed.lifecycle.get(id) else {
            let why = format!("Auto Scaling does not have {id} any more");
            return Some(Assessment::Recovered { why });
        };
        let why = format!("Auto Scaling has {id} as `{state}`");
        match state.service() {
            Service::Leaving | Service::Warmed => {}
            Service::In | Service::Standby => return Some(Assessment::Recovered { why }),
            Service::Unknown => return Some(Assessment::NotTold { why }),
        }
    }
    None
}

//! The settings of a running simulation, as JSON: what is absent stays as it is.

#[cfg(test)]
mod tests;

use super::answers::Answers;
use super::front::Front;
use crate::throttle::Limit;
use crate::{Delivery, Settings, Share, TakenAnswer, World};
use serde::Deserialize;
use time::Duration;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Controls {
    address_quota: Option<usize>,
    read_lag_seconds: Option<u32>,
    throttling: Option<bool>,
    signing_clock_ahead_seconds: Option<i64>,
    allocation_usable_after_seconds: Option<u32>,
    released_unavailable_for_seconds: Option<u32>,
    released_taken_after_seconds: Option<u32>,
    released_taken_share: Option<TakenShare>,
    taken_answer: Option<Taken>,
    looked_up_after_seconds: Option<u32>,
    reverse_dns_published_after_seconds: Option<u32>,
    reverse_dns_lock_lingers_seconds: Option<u32>,
    instance_starts_after_seconds: Option<u32>,
    instance_stops_after_seconds: Option<u32>,
    status_checks_pass_after_seconds: Option<u32>,
    attach_delay_milliseconds: Option<u32>,
    detach_delay_milliseconds: Option<u32>,
    forced_detach_delay_milliseconds: Option<u32>,
    status_alarm_delay_milliseconds: Option<u32>,
    /// Instances and interfaces.
    #[serde(default)]
    ignore_detaches: Vec<String>,
    #[serde(default)]
    answer_detaches: Vec<String>,
    #[serde(default)]
    impair: Vec<Impaired>,
    #[serde(default)]
    plan_events: Vec<Plan>,
    #[serde(default)]
    call_off_events: Vec<String>,
    page_items: Option<u32>,
    #[serde(default)]
    take_addresses: Vec<String>,
    #[serde(default)]
    deny: Vec<Denial>,
    #[serde(default)]
    allow_all: bool,
    delivery: Option<Delivered>,
    describe_alarms_per_second: Option<u32>,
    #[serde(default)]
    unknown_alarm_types: Vec<String>,
    /// Beside those that are there.
    #[serde(default)]
    images: Vec<String>,
    instance_stops_unasked_after_seconds: Option<u32>,
    instance_terminates_after_seconds: Option<u32>,
    #[serde(default)]
    answers: Answers,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Taken {
    NotFound,
    AuthFailure,
}

/// Which of the released addresses others take, drawn by a seed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TakenShare {
    per_million: u32,
    seed: u64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Denial {
    principal: String,
    action: String,
}

/// What status checks find from now on.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Impaired {
    instance_id: String,
    #[serde(default)]
    instance: bool,
    #[serde(default)]
    system: bool,
    #[serde(default)]
    volumes: bool,
    /// `ok`, `impaired`, ...; absent: EC2 makes no such check.
    application: Option<String>,
    performance: Option<String>,
}

/// What AWS plans for an instance.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Plan {
    instance_id: String,
    code: String,
    in_seconds: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Delivered {
    #[serde(default)]
    late_seconds: u32,
    #[serde(default)]
    twice: bool,
    #[serde(default)]
    out_of_order: bool,
}

impl Controls {
    pub(super) fn turn(self, front: &Front) {
        if let Some(throttling) = self.throttling {
            front.throttle(throttling);
        }
        if let Some(ahead) = self.signing_clock_ahead_seconds {
            front.check_signing_times(Some(Duration::seconds(ahead)));
        }
        if self.page_items.is_some() {
            front.state().page = self.page_items;
        }
        let mut world = front.world();
        if self.allow_all {
            world.allow_all();
        }
        for Denial { principal, action } in &self.deny {
            world.deny(principal, action);
        }
        for ip in &self.take_addresses {
            world.take_address(ip);
        }
        if let Some(lag) = seconds(self.read_lag_seconds) {
            world.set_read_lag(lag);
        }
        if let Some(Delivered {
            late_seconds,
            twice,
            out_of_order,
        }) = self.delivery
        {
            let late = Duration::seconds(late_seconds.into());
            world.deliver(Delivery {
                late,
                twice,
                out_of_order,
                lost: None,
            });
        }
        if let Some(rate) = self.describe_alarms_per_second {
            let limit = Limit {
                capacity: rate.into(),
                refill: rate.into(),
            };
            world.limit("DescribeAlarms", limit);
        }
        self.set(world.settings());
        self.set_health(&mut world);
    }

    /// After the settings: how soon an alarm follows is one of them.
    fn set_health(&self, world: &mut World) {
        for id in &self.ignore_detaches {
            world.ignore_detaches(id, true);
        }
        for id in &self.answer_detaches {
            world.ignore_detaches(id, false);
        }
        for impaired in &self.impair {
            let id = &impaired.instance_id;
            world.impair(id, impaired.instance, impaired.system);
            world.impair_volumes(id, impaired.volumes);
            world.report_application(id, impaired.application.as_deref());
            world.report_performance(id, impaired.performance.as_deref());
        }
        for plan in &self.plan_events {
            let at = world.now() + Duration::seconds(plan.in_seconds.into());
            world.plan_event(&plan.instance_id, &plan.code, at);
        }
        for id in &self.call_off_events {
            world.call_off_events(id);
        }
    }

    fn set(&self, settings: &mut Settings) {
        if let Some(quota) = self.address_quota {
            settings.address_quota = quota;
        }
        if let Some(taken) = self.taken_answer {
            settings.taken_answer = match taken {
                Taken::NotFound => TakenAnswer::NotFound,
                Taken::AuthFailure => TakenAnswer::AuthFailure,
            };
        }
        self.answers.set(settings);
        let unknown = self.unknown_alarm_types.iter().cloned();
        settings.unknown_alarm_types.extend(unknown);
        settings.images.extend(self.images.iter().cloned());
        if let Some(after) = seconds(self.released_taken_after_seconds) {
            settings.released_taken_after = Some(after);
        }
        if let Some(TakenShare { per_million, seed }) = self.released_taken_share {
            settings.released_taken_share = Some(Share { per_million, seed });
        }
        let delays = [
            (
                &mut settings.allocation_usable_after,
                self.allocation_usable_after_seconds,
            ),
            (
                &mut settings.released_unavailable_for,
                self.released_unavailable_for_seconds,
            ),
            (&mut settings.looked_up_after, self.looked_up_after_seconds),
            (
                &mut settings.reverse_dns_published_after,
                self.reverse_dns_published_after_seconds,
            ),
            (
                &mut settings.reverse_dns_lock_lingers,
                self.reverse_dns_lock_lingers_seconds,
            ),
            (
                &mut settings.instance_starts_after,
                self.instance_starts_after_seconds,
            ),
            (
                &mut settings.instance_stops_after,
                self.instance_stops_after_seconds,
            ),
            (
                &mut settings.instance_stops_unasked_after,
                self.instance_stops_unasked_after_seconds,
            ),
            (
                &mut settings.instance_terminates_after,
                self.instance_terminates_after_seconds,
            ),
            (
                &mut settings.status_checks_pass_after,
                self.status_checks_pass_after_seconds,
            ),
        ];
        for (delay, asked) in delays {
            if let Some(asked) = seconds(asked) {
                *delay = asked;
            }
        }
        self.set_short_delays(settings);
    }

    fn set_short_delays(&self, settings: &mut Settings) {
        let delays = [
            (&mut settings.attach_delay, self.attach_delay_milliseconds),
            (&mut settings.detach_delay, self.detach_delay_milliseconds),
            (
                &mut settings.forced_detach_delay,
                self.forced_detach_delay_milliseconds,
            ),
            (
                &mut settings.status_alarm_delay,
                self.status_alarm_delay_milliseconds,
            ),
        ];
        for (delay, asked) in delays {
            if let Some(asked) = asked {
                *delay = Duration::milliseconds(asked.into());
            }
        }
    }
}

fn seconds(asked: Option<u32>) -> Option<Duration> {
    asked.map(|seconds| Duration::seconds(seconds.into()))
}

//! How alarms come into their states, and which of them follow what they look at.

use std::collections::BTreeMap;

use super::{Alarm, AlarmChange, AlarmState, Watched, payload, rule::Rule};
use crate::{
    api::{Ec2Error, InstanceState},
    model::Model,
    timers::Due,
};

impl Model {
    pub(crate) fn put_alarm(&mut self, mut alarm: Alarm, account: &str) -> Result<(), Ec2Error> {
        if let Watched::Rule(text) = &alarm.watched
            && Rule::parse(text).is_none()
        {
            let message = format!("Error in AlarmRule: unsupported expression {text}");
            return Err(Ec2Error::new("ValidationError", message));
        }
        let (region, name) = (&self.region.name, alarm.name.clone());
        alarm.arn = format!("arn:aws:cloudwatch:{region}:{account}:alarm:{name}");
        alarm.since = self.now;
        self.alarms.insert(name, alarm);
        Ok(())
    }

    /// Puts an alarm into a state; nothing is told when it is in it already.
    pub(crate) fn set_alarm(&mut self, name: &str, state: AlarmState) {
        let reason = match state {
            AlarmState::Alarm => {
                "Threshold Crossed: 1 out of the last 1 datapoints [1.0] was greater than or equal to \
                 the threshold (1.0) (minimum 1 datapoint for OK -> ALARM transition)."
            }
            AlarmState::Ok => {
                "Threshold Crossed: 1 out of the last 1 datapoints [0.0] was not greater than or equal \
                 to the threshold (1.0) (minimum 1 datapoint for ALARM -> OK transition)."
            }
            AlarmState::InsufficientData => "Insufficient Data: 1 datapoint was unknown.",
        };
        self.change_alarm(name, state, reason, None);
        self.follow_children();
    }

    fn change_alarm(
        &mut self,
        name: &str,
        state: AlarmState,
        reason: &str,
        reason_data: Option<String>,
    ) {
        let now = self.now;
        let Some(alarm) = self.alarms.get_mut(name).filter(|it| it.state != state) else {
            return;
        };
        let previous = alarm.clone();
        alarm.state = state;
        alarm.since = now;
        reason.clone_into(&mut alarm.reason);
        alarm.reason_data = reason_data;
        self.alarm_changes.push(AlarmChange {
            alarm: alarm.clone(),
            previous: Some(previous),
            contributor: None,
        });
    }

    /// Suppresses the actions of an alarm, or lets them be carried out again. Then an alarm that fires
    /// tells its state anew, from ALARM to ALARM (Powertools' sample of a composite alarm).
    pub(crate) fn suppress_alarm(&mut self, name: &str, by: Option<&str>) {
        let Some(alarm) = self.alarms.get_mut(name) else {
            return;
        };
        let previous = alarm.clone();
        alarm.suppressed_by = by.map(str::to_owned);
        if by.is_none() && previous.suppressed_by.is_some() && alarm.state == AlarmState::Alarm {
            self.alarm_changes.push(AlarmChange {
                alarm: alarm.clone(),
                previous: Some(previous),
                contributor: None,
            });
        }
    }

    /// Puts one time series of a Metrics Insights alarm into a state; the alarm is in ALARM as long as
    /// one of them is.
    pub(crate) fn set_contributor(
        &mut self,
        name: &str,
        attributes: &BTreeMap<String, String>,
        state: AlarmState,
    ) {
        let Some(alarm) = self.alarms.get_mut(name) else {
            return;
        };
        if alarm.contributors.insert(attributes.clone(), state) == Some(state) {
            return;
        }
        self.alarm_changes.push(AlarmChange {
            alarm: alarm.clone(),
            previous: None,
            contributor: Some((attributes.clone(), state)),
        });
        let all = alarm.contributors.len();
        let firing = alarm.contributors.values();
        let firing = firing.filter(|it| **it == AlarmState::Alarm).count();
        let (count, state) = match firing {
            0 => (all, AlarmState::Ok),
            firing => (firing, AlarmState::Alarm),
        };
        let reason = format!(
            "{count} out of {all} time series evaluated to {}",
            state.name()
        );
        self.change_alarm(name, state, &reason, None);
        self.follow_children();
    }

    /// Plans to look at the alarms on an instance's status checks, if there are any.
    pub(crate) fn plan_status_alarms(&mut self, instance_id: &str) {
        let mut alarms = self.alarms.values();
        if alarms.any(|alarm| alarm.status_check(instance_id).is_some()) {
            let due = Due::StatusAlarms(instance_id.to_owned());
            self.timers
                .plan(self.now + self.settings.status_alarm_delay, due);
        }
    }

    /// An instance that does not run sends no data.
    pub(crate) fn follow_status_checks(&mut self, instance_id: &str) {
        let instance = self.resources.instances.get(instance_id);
        let running = instance.filter(|it| it.state == InstanceState::Running);
        let state_for = |check: &str| {
            let failed = running.map(|it| match check {
                "_Instance" => it.impaired,
                "_System" => it.host_impaired,
                _ => it.impaired || it.host_impaired,
            });
            match failed {
                Some(true) => AlarmState::Alarm,
                Some(false) => AlarmState::Ok,
                None => AlarmState::InsufficientData,
            }
        };
        let found = self.alarms.values().filter_map(|alarm| {
            let check = alarm.status_check(instance_id)?;
            Some((alarm.name.clone(), state_for(check)))
        });
        for (name, state) in found.collect::<Vec<_>>() {
            self.set_alarm(&name, state);
        }
    }

    /// Composites follow those that they name; composites may name each other, so this ends after as
    /// many rounds as there are alarms.
    fn follow_children(&mut self) {
        for _ in 0..self.alarms.len() {
            let due: Vec<(String, AlarmState)> = self
                .alarms
                .values()
                .filter_map(|alarm| {
                    let state = alarm.rule()?.state(&self.alarms);
                    (state != alarm.state).then(|| (alarm.name.clone(), state))
                })
                .collect();
            if due.is_empty() {
                return;
            }
            for (name, state) in due {
                let (reason, data) = self.triggered(&name, state);
                self.change_alarm(&name, state, &reason, Some(data));
            }
        }
    }

    /// Why a composite is in a state: the children that are in it.
    fn triggered(&self, name: &str, state: AlarmState) -> (String, String) {
        let rule = self.alarms.get(name).and_then(Alarm::rule);
        let names = rule.map(|rule| rule.names()).unwrap_or_default();
        let children = names.iter().filter_map(|child| self.alarms.get(child));
        let children: Vec<&Alarm> = children.filter(|child| child.state == state).collect();
        let first = children.first().map_or("", |child| child.arn.as_str());
        let reason = format!(
            "{first} transitioned to {} at {}",
            state.name(),
            payload::timestamp(self.now)
        );
        (reason, payload::triggering(&children))
    }
}

//! The door to CloudWatch: alarms are put, set and described here.

use std::collections::BTreeMap;

use serde_json::Value;

use super::World;
use crate::{
    alarms::{Alarm, AlarmPage, AlarmState, DescribeAlarms, DescribeAlarmsForMetric},
    api::{Caller, Ec2Error},
};

impl World {
    /// Puts an alarm, in place of the one of its name. One on status checks, and a composite, follow what
    /// they look at from the next change on.
    ///
    /// # Errors
    /// A rule that cannot be read.
    pub fn put_alarm(&mut self, alarm: Alarm) -> Result<(), Ec2Error> {
        let account = self.account.clone();
        self.change(|model| model.put_alarm(alarm, &account))
    }

    /// Deletes an alarm.
    pub fn delete_alarm(&mut self, name: &str) {
        self.change(|model| drop(model.alarms.remove(name)));
    }

    /// Puts an alarm into a state, as `SetAlarmState` does; composites that name it follow.
    pub fn set_alarm(&mut self, name: &str, state: AlarmState) {
        self.change(|model| model.set_alarm(name, state));
    }

    /// Suppresses the actions of an alarm (`WaitPeriod`, `ExtensionPeriod`, `Alarm`), or no longer.
    pub fn suppress_alarm(&mut self, name: &str, by: Option<&str>) {
        self.change(|model| model.suppress_alarm(name, by));
    }

    /// Puts one time series of a Metrics Insights alarm into a state.
    pub fn set_contributor(&mut self, name: &str, attributes: &[(&str, &str)], state: AlarmState) {
        let attributes: BTreeMap<String, String> = attributes
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect();
        self.change(|model| model.set_contributor(name, &attributes, state));
    }

    /// What the actions of alarms were called with since the last time. It is the event of a direct Lambda
    /// action, or the one of a function that is subscribed to the topic.
    pub fn take_alarm_actions(&mut self) -> Vec<Value> {
        std::mem::take(&mut self.alarm_actions)
    }

    /// `DescribeAlarms`. Not subject to the read lag of EC2, and throttled only where [`World::limit`] says how: an
    /// account may call it 9 times a second (CloudWatch user guide, "Quotas").
    ///
    /// # Errors
    /// As CloudWatch refuses.
    pub fn describe_alarms(
        &mut self,
        caller: &Caller,
        request: &DescribeAlarms,
    ) -> Result<AlarmPage, Ec2Error> {
        self.denials
            .authorise_action(caller, "cloudwatch:DescribeAlarms")?;
        let (account, now) = (&caller.account, self.model.now);
        self.throttle.admit_action(account, "DescribeAlarms", now)?;
        self.model.describe_alarms(request)
    }

    /// All alarms, for tests that look, and leave no trace.
    pub fn alarms(&self) -> impl Iterator<Item = &Alarm> {
        self.model.alarms.values()
    }

    /// `DescribeAlarmContributors`.
    ///
    /// # Errors
    /// As CloudWatch refuses.
    pub fn describe_alarm_contributors(
        &self,
        caller: &Caller,
        alarm_name: &str,
    ) -> Result<Vec<BTreeMap<String, String>>, Ec2Error> {
        self.denials
            .authorise_action(caller, "cloudwatch:DescribeAlarmContributors")?;
        self.model.describe_alarm_contributors(alarm_name)
    }

    /// `DescribeAlarmsForMetric`.
    ///
    /// # Errors
    /// As CloudWatch refuses.
    pub fn describe_alarms_for_metric(
        &self,
        caller: &Caller,
        request: &DescribeAlarmsForMetric,
    ) -> Result<Vec<Alarm>, Ec2Error> {
        self.denials
            .authorise_action(caller, "cloudwatch:DescribeAlarmsForMetric")?;
        Ok(self.model.describe_alarms_for_metric(request))
    }
}

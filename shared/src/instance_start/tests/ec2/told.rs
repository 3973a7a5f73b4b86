//! What EC2 and CloudWatch tell of instances beside describing them: their tags, and the alarms on them.

use super::Ec2;
use crate::cloud::health::{
    AlarmFilter, AlarmPage, ReadAlarmContributors, ReadAlarmPages, ReadAlarms,
};
use crate::cloud::{CloudError, ReadTags, TagOf};
use crate::model::alarm::{Alarm, AlarmMetric, AlarmState};
use crate::model::ids::InstanceId;
use std::collections::BTreeMap;

impl ReadTags for Ec2 {
    async fn tags(&self, keys: &[String], of: &[String]) -> Result<Vec<TagOf>, CloudError> {
        let state = self.call("DescribeTags", &of[0])?;
        let mut instances = state.world.instances.iter();
        let instance = instances.find(|it| it.id.as_str() == of[0]);
        let tags = instance.map(|it| it.tags.clone()).unwrap_or_default();
        let asked = tags.into_iter().filter(|(key, _)| keys.contains(key));
        let tag = |(key, value)| TagOf {
            resource: of[0].clone(),
            key,
            value,
        };
        Ok(asked.map(tag).collect())
    }
}

impl ReadAlarmPages for Ec2 {
    async fn alarm_page(&self, _: AlarmFilter, _: Option<&str>) -> Result<AlarmPage, CloudError> {
        let state = self.call("DescribeAlarms", "")?;
        let alarm = |alarming: &InstanceId| Alarm {
            name: format!("{alarming} is sick"),
            state: AlarmState::Alarm,
            suppressed_by: None,
            metrics: vec![AlarmMetric {
                namespace: "AWS/EC2".to_owned(),
                metric: "StatusCheckFailed".to_owned(),
                dimensions: [("InstanceId".to_owned(), alarming.to_string())].into(),
            }],
            rule: None,
            contributors: None,
        };
        Ok(AlarmPage {
            alarms: state.world.alarming.iter().map(alarm).collect(),
            next: None,
        })
    }
}

impl ReadAlarmContributors for Ec2 {
    async fn contributors(&self, _: &str) -> Result<Vec<BTreeMap<String, String>>, CloudError> {
        unreachable!("no alarm here watches many")
    }
}

impl ReadAlarms for Ec2 {
    async fn alarms(&self, _: &[String]) -> Result<Vec<Alarm>, CloudError> {
        unreachable!("no sweep has learnt the names of alarms")
    }
}

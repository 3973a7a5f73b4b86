//! What a world tells of itself: CloudTrail records, EventBridge events, calls of the actions of alarms.

use serde_json::{Value, json};

use super::{Call, World};
use crate::{
    alarms::AlarmChange,
    api::{Caller, Ec2Error, Response},
    delivery::Envelope,
    model::StateChange,
    trail::{self, TrailRecord},
};

impl World {
    pub(super) fn emit_call(&mut self, call: &Call, outcome: &Result<Response, Ec2Error>) {
        let event_id = self.ids.uuid();
        let record = TrailRecord::of(call, outcome, event_id, self.region());
        let envelope = Envelope {
            id: self.ids.uuid(),
            source: "aws.ec2",
            detail_type: "AWS API Call via CloudTrail",
            account: &self.account,
            region: &self.model.region.name,
            time: &trail::timestamp(call.at),
            resources: Vec::new(),
        };
        let event = envelope.around(&record.detail);
        if self.services.tells_of_changes(self.region()) {
            self.outbox.send(call.action(), call.at, event);
        }
        self.trail.push(record);
    }

    /// A call that is not modelled, as CloudTrail and EventBridge tell of it: whoever tests with it makes
    /// the change itself.
    pub fn tell_of(
        &mut self,
        caller: &Caller,
        event_name: &'static str,
        parameters: &Value,
        response: &Value,
    ) {
        let at = self.model.now;
        let event_id = self.ids.uuid();
        let record = TrailRecord::unmodelled(
            caller,
            (at, self.region()),
            (event_name, event_id),
            (parameters, response),
        );
        let envelope = Envelope {
            id: self.ids.uuid(),
            source: "aws.ec2",
            detail_type: "AWS API Call via CloudTrail",
            account: &self.account,
            region: &self.model.region.name,
            time: &trail::timestamp(at),
            resources: Vec::new(),
        };
        let event = envelope.around(&record.detail);
        if self.services.tells_of_changes(self.region()) {
            self.outbox.send(event_name, at, event);
        }
        self.trail.push(record);
    }

    /// Tells EventBridge and lagging readers what has changed.
    pub(super) fn publish_changes(&mut self) {
        for change in std::mem::take(&mut self.model.state_changes) {
            if change.account == self.account {
                self.emit_state_change(&change);
            }
        }
        for change in std::mem::take(&mut self.model.alarm_changes) {
            self.emit_alarm_change(&change);
        }
        self.history.record(self.model.now, &self.model.resources);
    }

    fn emit_state_change(&mut self, change: &StateChange) {
        let detail_type = "EC2 Instance State-change Notification";
        let (region, id) = (&self.model.region.name, &change.instance_id);
        let envelope = Envelope {
            id: self.ids.uuid(),
            source: "aws.ec2",
            detail_type,
            account: &self.account,
            region,
            time: &trail::timestamp(change.at),
            resources: vec![format!(
                "arn:aws:ec2:{region}:{}:instance/{id}",
                self.account
            )],
        };
        let event = envelope.around(&json!({"instance-id": id, "state": change.state.name()}));
        self.outbox.send(detail_type, change.at, event);
    }

    fn emit_alarm_change(&mut self, change: &AlarmChange) {
        let (account, region) = (self.account.clone(), self.model.region.name.clone());
        let told = change.told(self.model.now, (&account, &region));
        let envelope = Envelope {
            id: self.ids.uuid(),
            source: "aws.cloudwatch",
            detail_type: told.detail_type,
            account: &account,
            region: &region,
            time: &trail::timestamp(told.at),
            resources: vec![told.arn],
        };
        let event = envelope.around(&told.detail);
        self.outbox.send(told.detail_type, told.at, event);
        self.alarm_actions.extend(told.actions);
    }

    /// EC2 is going to `stop`, `hibernate` or `terminate` a Spot instance in two minutes; that it does
    /// is for the test to do (EC2 user guide, "Spot Instance interruption notices").
    pub fn warn_of_interruption(&mut self, instance_id: &str, action: &str) {
        let detail = json!({"instance-id": instance_id, "instance-action": action});
        self.emit_warning(
            "EC2 Spot Instance Interruption Warning",
            instance_id,
            &detail,
        );
    }

    /// A Spot instance is more likely than others to be interrupted (EC2 user guide, "EC2 instance
    /// rebalance recommendations").
    pub fn recommend_rebalance(&mut self, instance_id: &str) {
        let detail = json!({ "instance-id": instance_id });
        self.emit_warning(
            "EC2 Instance Rebalance Recommendation",
            instance_id,
            &detail,
        );
    }

    /// The resource of both is the instance's ARN, with the zone where its account would be in the
    /// guide's examples. The account is what is documented elsewhere, and nothing is to be read from it.
    fn emit_warning(&mut self, detail_type: &'static str, instance_id: &str, detail: &Value) {
        let (account, region) = (self.account.clone(), self.model.region.name.clone());
        let at = self.model.now;
        let envelope = Envelope {
            id: self.ids.uuid(),
            source: "aws.ec2",
            detail_type,
            account: &account,
            region: &region,
            time: &trail::timestamp(at),
            resources: vec![format!(
                "arn:aws:ec2:{region}:{account}:instance/{instance_id}"
            )],
        };
        let event = envelope.around(detail);
        self.outbox.send(detail_type, at, event);
    }
}

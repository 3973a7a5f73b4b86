//! What a world tells of itself: CloudTrail records, EventBridge events, calls of the actions of alarms.

use serde_json::{Value, json};

use super::{Call, World};
use crate::{
    alarms::AlarmChange,
    api::{Caller, Ec2Error, Response},
    delivery::Envelope,
    lifecycle_hooks::{Destination, LifecycleAction},
    model::StateChange,
    on_read::on_read,
    trail::TrailRecord,
};
use time::OffsetDateTime;

impl World {
    pub(super) fn emit_call(&mut self, call: &Call, outcome: &Result<Response, Ec2Error>) {
        let event_id = self.ids.uuid();
        let record = TrailRecord::of(call, outcome, event_id, self.region());
        self.emit_record(record);
    }

    /// A record goes to the trail, and by EventBridge to whoever asked for it.
    fn emit_record(&mut self, record: TrailRecord) {
        let detail_type = "AWS API Call via CloudTrail";
        let envelope = self.envelope("aws.ec2", detail_type, record.at, Vec::new());
        if self.services.tells_of_changes(self.region()) {
            let told = record.clone();
            let event = on_read(move || envelope.around(told.detail()));
            self.outbox.send(record.event_name, record.at, event);
        }
        self.trail.push(record);
    }

    fn envelope(
        &mut self,
        source: &'static str,
        detail_type: &'static str,
        at: OffsetDateTime,
        resources: Vec<String>,
    ) -> Envelope {
        Envelope {
            id: self.ids.uuid(),
            source,
            detail_type,
            account: self.account.clone(),
            region: self.model.region.name.clone(),
            at,
            resources,
        }
    }

    /// Puts an event in its way that nobody has called for.
    fn send(&mut self, envelope: Envelope, detail: Value) {
        let (detail_type, at) = (envelope.detail_type, envelope.at);
        let event = on_read(move || envelope.around(&detail));
        self.outbox.send(detail_type, at, event);
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
        self.emit_record(record);
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
        let (region, id) = (self.region(), &change.instance_id);
        let arn = format!("arn:aws:ec2:{region}:{}:instance/{id}", self.account);
        let envelope = self.envelope("aws.ec2", detail_type, change.at, vec![arn]);
        self.send(
            envelope,
            json!({"instance-id": id, "state": change.state.name()}),
        );
    }

    fn emit_alarm_change(&mut self, change: &AlarmChange) {
        let told = change.told(self.model.now, (&self.account, self.region()));
        let envelope = self.envelope("aws.cloudwatch", told.detail_type, told.at, vec![told.arn]);
        self.send(envelope, told.detail);
        self.alarm_actions.extend(told.actions);
    }

    /// EC2 is going to `stop`, `hibernate` or `terminate` a Spot instance in two minutes; that it does
    /// is for the test to do (EC2 user guide, "Spot Instance interruption notices").
    pub fn warn_of_interruption(&mut self, instance_id: &str, action: &str) {
        let detail = json!({"instance-id": instance_id, "instance-action": action});
        self.emit_warning(
            "EC2 Spot Instance Interruption Warning",
            instance_id,
            detail,
        );
    }

    /// A Spot instance is more likely than others to be interrupted (EC2 user guide, "EC2 instance
    /// rebalance recommendations").
    pub fn recommend_rebalance(&mut self, instance_id: &str) {
        let detail = json!({ "instance-id": instance_id });
        self.emit_warning("EC2 Instance Rebalance Recommendation", instance_id, detail);
    }

    /// The resource of both is the instance's ARN, with the zone where its account would be in the
    /// guide's examples. The account is what is documented elsewhere, and nothing is to be read from it.
    fn emit_warning(&mut self, detail_type: &'static str, instance_id: &str, detail: Value) {
        let (account, region) = (&self.account, self.region());
        let arn = format!("arn:aws:ec2:{region}:{account}:instance/{instance_id}");
        let envelope = self.envelope("aws.ec2", detail_type, self.model.now, vec![arn]);
        self.send(envelope, detail);
    }

    /// AWS Health tells of instances: `AWS_EC2_INSTANCE_RETIREMENT_SCHEDULED`, ... That something is planned for them is
    /// for the test to do. Source: AWS Health user guide, schema of its events.
    pub fn tell_of_health(&mut self, instance_ids: &[&str], code: &str, status: &str) {
        let detail_type = "AWS Health Event";
        let (account, region) = (self.account.clone(), self.model.region.name.clone());
        let is_planned = code.ends_with("_SCHEDULED") || code.ends_with("_EXPEDITED");
        let entity = |id: &&str| json!({"entityValue": id, "status": "IMPAIRED"});
        let entities: Vec<Value> = instance_ids.iter().map(entity).collect();
        let detail = json!({
            "eventArn": format!("arn:aws:health:{region}::event/EC2/{code}/{code}_{}", self.ids.uuid()),
            "service": "EC2",
            "eventTypeCode": code,
            "eventTypeCategory": if is_planned { "scheduledChange" } else { "issue" },
            "eventScopeCode": "ACCOUNT_SPECIFIC",
            "statusCode": status,
            "eventRegion": region,
            "affectedEntities": entities,
            "page": "1",
            "totalPages": "1",
            "affectedAccount": account,
        });
        let about = instance_ids.iter().map(|id| (*id).to_owned()).collect();
        let envelope = self.envelope("aws.health", detail_type, self.model.now, about);
        self.send(envelope, detail);
    }

    /// Auto Scaling waits for a hook before an instance leaves service.
    pub(crate) fn emit_lifecycle_action(&mut self, action: &LifecycleAction, to: Destination) {
        let detail_type = "EC2 Instance-terminate Lifecycle Action";
        let (account, region) = (self.account.clone(), self.model.region.name.clone());
        let LifecycleAction { group, .. } = action;
        let detail = json!({
            "LifecycleActionToken": action.token,
            "AutoScalingGroupName": group,
            "LifecycleHookName": action.hook,
            "EC2InstanceId": action.instance_id,
            "LifecycleTransition": "autoscaling:EC2_INSTANCE_TERMINATING",
            "Origin": "AutoScalingGroup",
            "Destination": to.name(),
        });
        let mut envelope =
            self.envelope("aws.autoscaling", detail_type, self.model.now, Vec::new());
        envelope.resources.push(format!(
            "arn:aws:autoscaling:{region}:{account}:autoScalingGroup:{}:autoScalingGroupName/{group}",
            self.ids.uuid()
        ));
        self.send(envelope, detail);
    }
}

//! Life-cycle hooks of Auto Scaling groups: instances that wait before they are ended, or put into a warm pool, until each
//! hook's action is completed or its time is over.
//!
//! Source: EC2 Auto Scaling user guide, "Amazon EC2 Auto Scaling lifecycle hooks" and "Warm pool example events and
//! patterns"; API reference, `CompleteLifecycleAction`. An instance that is to be terminated is terminated whatever the
//! result. Heartbeats are not modelled.

use super::{
    api::{Caller, Ec2Error, StopInstances, TerminateInstances},
    auto_scaling::AutoScalingInstance,
    model::Model,
    timers::Due,
    world::World,
};
use time::{Duration, OffsetDateTime};

/// A hook on instances that leave service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hook {
    group: String,
    name: String,
    heartbeat_timeout: Duration,
}

/// What became of an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActionEnd {
    /// Auto Scaling waits for it.
    Waiting,
    /// Somebody has completed it: the ARN.
    Completed(String),
    /// Its time was over.
    TimedOut,
}

/// One hook, for one instance, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LifecycleAction {
    /// Names it.
    pub token: String,
    /// The Auto Scaling group.
    pub group: String,
    /// The hook.
    pub hook: String,
    /// The instance.
    pub instance_id: String,
    /// When its time is over.
    pub ends_at: OffsetDateTime,
    /// What became of it.
    pub end: ActionEnd,
}

/// Which action is done. The token, or the instance, has to be there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CompleteLifecycleAction {
    /// The Auto Scaling group.
    pub auto_scaling_group_name: String,
    /// The hook.
    pub lifecycle_hook_name: String,
    /// The token.
    pub lifecycle_action_token: Option<String>,
    /// The instance.
    pub instance_id: Option<String>,
    /// `CONTINUE` or `ABANDON`.
    pub lifecycle_action_result: String,
}

/// Where an instance goes that leaves service, in Auto Scaling's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    /// It is terminated.
    Ec2,
    /// It is put into the warm pool, where it is stopped.
    WarmPool,
}

impl Destination {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ec2 => "EC2",
            Self::WarmPool => "WarmPool",
        }
    }

    fn waiting(self) -> &'static str {
        match self {
            Self::Ec2 => "Terminating:Wait",
            Self::WarmPool => "Warmed:Pending:Wait",
        }
    }
}

fn validation(message: impl Into<String>) -> Ec2Error {
    Ec2Error::new("ValidationError", message.into())
}

impl Model {
    /// Lets an instance of a group leave service: the actions for which Auto Scaling waits.
    fn leave_service(&mut self, instance_id: &str, to: Destination) -> Vec<LifecycleAction> {
        let Some(instance) = self.auto_scaling.get_mut(instance_id) else {
            return Vec::new();
        };
        to.waiting().clone_into(&mut instance.lifecycle_state);
        let group = instance.auto_scaling_group_name.clone();
        let hooks = self.lifecycle_hooks.iter();
        let hooks: Vec<Hook> = hooks.filter(|hook| hook.group == group).cloned().collect();
        let mut begun = Vec::new();
        for hook in hooks {
            let action = LifecycleAction {
                token: self.ids.uuid(),
                group: hook.group,
                hook: hook.name,
                instance_id: instance_id.to_owned(),
                ends_at: self.now + hook.heartbeat_timeout,
                end: ActionEnd::Waiting,
            };
            let due = Due::LifecycleActionOver(action.token.clone());
            self.timers.plan(action.ends_at, due);
            begun.push(action);
        }
        self.lifecycle_actions.extend(begun.iter().cloned());
        self.proceed(instance_id);
        begun
    }

    /// The time of an action is over.
    pub(super) fn lifecycle_action_is_over(&mut self, token: &str) {
        let mut actions = self.lifecycle_actions.iter_mut();
        let waits = |it: &&mut LifecycleAction| it.token == token && it.end == ActionEnd::Waiting;
        let Some(action) = actions.find(waits) else {
            return;
        };
        action.end = ActionEnd::TimedOut;
        let id = action.instance_id.clone();
        self.proceed(&id);
    }

    /// Goes on with an instance for which nothing is waited any more.
    fn proceed(&mut self, id: &str) {
        let mut actions = self.lifecycle_actions.iter();
        if actions.any(|it| it.instance_id == id && it.end == ActionEnd::Waiting) {
            return;
        }
        let Some(owner) = self.resources.instances.get(id).map(|it| it.owner.clone()) else {
            return;
        };
        let Some(instance) = self.auto_scaling.get_mut(id) else {
            return;
        };
        let instance_ids = vec![id.to_owned()];
        // What EC2 refuses to stop stays as it is, and Auto Scaling tries again: not modelled.
        if instance.lifecycle_state == Destination::WarmPool.waiting() {
            "Warmed:Stopped".clone_into(&mut instance.lifecycle_state);
            let request = StopInstances {
                instance_ids,
                ..StopInstances::default()
            };
            drop(self.stop_instances(&owner, &request));
        } else {
            "Terminating:Proceed".clone_into(&mut instance.lifecycle_state);
            drop(self.terminate_instances(&owner, &TerminateInstances { instance_ids }));
        }
    }

    /// Whether Auto Scaling still shows an instance: one that it has ended is gone from its group.
    pub(super) fn is_in_auto_scaling(&self, instance: &AutoScalingInstance) -> bool {
        let in_ec2 = self.resources.instances.get(&instance.instance_id);
        let is_gone = in_ec2.is_none_or(|it| it.state == super::api::InstanceState::Terminated);
        !(is_gone && instance.lifecycle_state.starts_with("Terminating"))
    }

    fn complete(
        &mut self,
        caller: &Caller,
        request: &CompleteLifecycleAction,
    ) -> Result<(), Ec2Error> {
        let (token, instance) = (&request.lifecycle_action_token, &request.instance_id);
        if !matches!(&*request.lifecycle_action_result, "CONTINUE" | "ABANDON") {
            return Err(validation(
                "The lifecycle action result must be CONTINUE or ABANDON",
            ));
        }
        let by = match (token, instance) {
            (Some(token), _) => format!("token {token}"),
            (None, Some(id)) => format!("instance ID {id}"),
            (None, None) => return Err(validation("Either token or instance ID must be given")),
        };
        let mut actions = self.lifecycle_actions.iter_mut();
        let is_meant = |it: &&mut LifecycleAction| {
            it.end == ActionEnd::Waiting
                && it.group == request.auto_scaling_group_name
                && it.hook == request.lifecycle_hook_name
                && token.as_ref().is_none_or(|token| *token == it.token)
                && instance.as_ref().is_none_or(|id| *id == it.instance_id)
        };
        let action = actions
            .find(is_meant)
            .ok_or_else(|| validation(format!("No active Lifecycle Action found with {by}")))?;
        action.end = ActionEnd::Completed(caller.arn.clone());
        let id = action.instance_id.clone();
        self.proceed(&id);
        Ok(())
    }
}

impl World {
    /// A group waits so long before one of its instances leaves service.
    pub fn put_lifecycle_hook(&mut self, group: &str, name: &str, heartbeat_timeout: Duration) {
        let hook = Hook {
            group: group.to_owned(),
            name: name.to_owned(),
            heartbeat_timeout,
        };
        self.change(|model| model.lifecycle_hooks.push(hook));
    }

    /// Auto Scaling takes an instance of a group out of service. EventBridge hears of each hook.
    pub fn scale_in(&mut self, instance_id: &str, to: Destination) {
        let begun = self.change(|model| model.leave_service(instance_id, to));
        for action in begun {
            self.emit_lifecycle_action(&action, to);
        }
    }

    /// Every action so far.
    #[must_use]
    pub fn lifecycle_actions(&self) -> &[LifecycleAction] {
        self.actions()
    }

    /// `CompleteLifecycleAction`.
    ///
    /// # Errors
    /// As Auto Scaling refuses: `ValidationError` for whatever it does not find.
    pub fn complete_lifecycle_action(
        &mut self,
        caller: &Caller,
        request: &CompleteLifecycleAction,
    ) -> Result<(), Ec2Error> {
        self.authorise_action(caller, "autoscaling:CompleteLifecycleAction")?;
        self.change(|model| model.complete(caller, request))
    }
}

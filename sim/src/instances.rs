//! Instances: their life cycle. Each change of state is told to EventBridge.

mod describe;
mod reported;

use std::collections::BTreeSet;

use time::{Duration, OffsetDateTime};

pub use reported::PlannedEvent;
pub(super) use reported::Reported;

use super::{
    api::{
        Ec2Error, InstanceState, InstanceStateChange, Response, StartInstances, StopInstances,
        TerminateInstances,
    },
    interfaces::AttachmentStatus,
    model::{Model, StateChange},
    stops::StopRules,
    timers::Due,
};

/// Terminated instances stay visible "for a short while (usually less than an hour)" (EC2 user
/// guide, "Terminate your instance").
const REMEMBERED: Duration = Duration::HOUR;

#[derive(Clone, Debug)]
pub(super) struct Instance {
    pub(super) id: String,
    pub(super) reservation_id: String,
    pub(super) owner: String,
    pub(super) image_id: String,
    pub(super) kind: String,
    pub(super) state: InstanceState,
    pub(super) launched_at: OffsetDateTime,
    pub(super) vpc_id: String,
    pub(super) subnet_id: String,
    pub(super) zone: String,
    pub(super) zone_id: String,
    pub(super) client_token: Option<String>,
    /// Its number among those of its launch.
    pub(super) launch_index: i32,
    /// When a stop or an end of it began, until it is started again.
    pub(super) leaves_since: Option<OffsetDateTime>,
    /// Each start gives the primary interface a public address of Amazon's.
    pub(super) automatic_public_ip: bool,
    pub(super) checks_pass_from: OffsetDateTime,
    /// When the stop that has begun is over.
    pub(super) stops_at: OffsetDateTime,
    /// Network cards and device indices that forced detaches left behind.
    pub(super) blocked_slots: BTreeSet<(i32, i32)>,
    pub(super) impaired: bool,
    pub(super) host_impaired: bool,
    pub(super) reported: Reported,
    pub(super) stop_rules: StopRules,
}

pub(super) fn instance_not_found(id: &str) -> Ec2Error {
    Ec2Error::new(
        "InvalidInstanceID.NotFound",
        format!("The instance ID '{id}' does not exist"),
    )
}

impl Model {
    pub(super) fn own_instance(&self, account: &str, id: &str) -> Result<&Instance, Ec2Error> {
        let instance = self
            .resources
            .instances
            .get(id)
            .filter(|it| it.owner == account);
        instance.ok_or_else(|| instance_not_found(id))
    }

    /// Changes states in one call, or none of them: `next` gives the new state, or `None` for a
    /// state in which the call is refused.
    fn change_states(
        &mut self,
        account: &str,
        ids: &[String],
        refusal: &str,
        next: fn(InstanceState) -> Option<InstanceState>,
    ) -> Result<Vec<InstanceStateChange>, Ec2Error> {
        let mut changes = Vec::new();
        for id in ids {
            let previous = self.own_instance(account, id)?.state;
            let current = next(previous).ok_or_else(|| {
                let message = format!(
                    "The instance '{id}' is not in a state from which it can be {refusal}."
                );
                Ec2Error::new("IncorrectInstanceState", message)
            })?;
            changes.push(InstanceStateChange {
                instance_id: id.clone(),
                current,
                previous,
            });
        }
        for change in changes
            .iter()
            .filter(|change| change.current != change.previous)
        {
            self.enter(&change.instance_id, change.current);
        }
        Ok(changes)
    }

    pub(super) fn start_instances(
        &mut self,
        account: &str,
        request: &StartInstances,
    ) -> Result<Response, Ec2Error> {
        use InstanceState::{Pending, Running, Stopped};
        self.change_states(
            account,
            &request.instance_ids,
            "started",
            |state| match state {
                Stopped => Some(Pending),
                Pending | Running => Some(state),
                _ => None,
            },
        )
        .map(Response::StartInstances)
    }

    pub(super) fn stop_instances(
        &mut self,
        account: &str,
        request: &StopInstances,
    ) -> Result<Response, Ec2Error> {
        use InstanceState::{Running, Stopped, Stopping};
        self.check_stops(account, &request.instance_ids)?;
        let changes =
            self.change_states(
                account,
                &request.instance_ids,
                "stopped",
                |state| match state {
                    Running => Some(Stopping),
                    Stopping | Stopped => Some(state),
                    _ => None,
                },
            )?;
        // `Force` leaves out the flush of the file system, not the shutdown; what saves the time is
        // `SkipOsShutdown` (EC2 API reference, StopInstances). It hurries a stop that has begun, too.
        if request.skip_os_shutdown {
            let at = self.now + self.settings.instance_stops_unasked_after;
            for change in changes.iter().filter(|change| change.current == Stopping) {
                self.plan_stop(&change.instance_id, at);
            }
        }
        Ok(Response::StopInstances(changes))
    }

    pub(super) fn terminate_instances(
        &mut self,
        account: &str,
        request: &TerminateInstances,
    ) -> Result<Response, Ec2Error> {
        use InstanceState::{ShuttingDown, Stopped, Terminated};
        self.check_terminations(account, &request.instance_ids)?;
        self.change_states(
            account,
            &request.instance_ids,
            "terminated",
            |state| match state {
                // At once, as real records show.
                Stopped | Terminated => Some(Terminated),
                _ => Some(ShuttingDown),
            },
        )
        .map(Response::TerminateInstances)
    }

    /// Puts an instance into a state, with all that follows from it.
    pub(super) fn enter(&mut self, id: &str, state: InstanceState) {
        let (now, settings) = (self.now, self.settings.clone());
        let Some(instance) = self.resources.instances.get_mut(id) else {
            return;
        };
        match state {
            InstanceState::Pending | InstanceState::Running => instance.leaves_since = None,
            _ => {
                instance.leaves_since.get_or_insert(now);
            }
        }
        instance.state = state;
        self.plan_status_alarms(id);
        let Some(instance) = self.resources.instances.get_mut(id) else {
            return;
        };
        let account = instance.owner.clone();
        let id = id.to_owned();
        self.state_changes.push(StateChange {
            at: now,
            account,
            instance_id: id.clone(),
            state,
        });
        match state {
            InstanceState::Pending => {
                instance.launched_at = now;
                // It comes up on another host.
                instance.reported = Reported::default();
                self.timers.plan(
                    now + settings.instance_starts_after,
                    Due::InstanceRunning(id),
                );
            }
            InstanceState::Running => {
                instance.checks_pass_from = now + settings.status_checks_pass_after;
            }
            InstanceState::Stopping => {
                instance.stops_at = OffsetDateTime::UNIX_EPOCH;
                self.plan_stop(&id, now + settings.instance_stops_after);
            }
            InstanceState::ShuttingDown => {
                let at = now + settings.instance_terminates_after;
                self.timers.plan(at, Due::InstanceTerminated(id));
            }
            InstanceState::Stopped => {
                instance.blocked_slots.clear();
                self.drop_automatic_public_ip(&id);
                self.end_detaches_of(&id);
            }
            InstanceState::Terminated => {
                self.part_from_interfaces(&id);
                self.timers
                    .plan(now + REMEMBERED, Due::InstanceForgotten(id));
            }
        }
    }

    fn enter_from(&mut self, id: &str, from: InstanceState, to: InstanceState) {
        if self
            .resources
            .instances
            .get(id)
            .is_some_and(|instance| instance.state == from)
        {
            self.enter(id, to);
        }
    }

    pub(super) fn instance_runs(&mut self, id: &str) {
        self.give_automatic_public_ip(id);
        for interface in self.resources.interfaces.values_mut() {
            let own = interface.instance_id().is_some_and(|own| own == id);
            if let Some(attachment) = interface.attachment.as_mut().filter(|_| own)
                && attachment.status == AttachmentStatus::Attaching
            {
                attachment.status = AttachmentStatus::Attached;
            }
        }
        self.enter_from(id, InstanceState::Pending, InstanceState::Running);
    }

    /// Of several plans for one stop the earliest holds.
    fn plan_stop(&mut self, id: &str, at: OffsetDateTime) {
        if let Some(instance) = self.resources.instances.get_mut(id) {
            let planned = instance.stops_at > self.now;
            if !planned || at < instance.stops_at {
                instance.stops_at = at;
                self.timers.plan(at, Due::InstanceStopped(id.to_owned()));
            }
        }
    }

    pub(super) fn instance_is_stopped(&mut self, id: &str) {
        // A plan of an earlier stop does not end this one.
        let found = self.resources.instances.get(id);
        if found.is_some_and(|instance| instance.stops_at > self.now) {
            return;
        }
        self.enter_from(id, InstanceState::Stopping, InstanceState::Stopped);
    }

    pub(super) fn instance_is_terminated(&mut self, id: &str) {
        self.enter_from(id, InstanceState::ShuttingDown, InstanceState::Terminated);
    }

    pub(super) fn forget_instance(&mut self, id: &str) {
        self.resources.instances.remove(id);
        self.resources.tags.remove(id);
    }

    /// Interfaces that are to be deleted with the instance go, the others become available.
    fn part_from_interfaces(&mut self, id: &str) {
        let interfaces: Vec<(String, bool)> = self
            .resources
            .interfaces_of(id)
            .map(|interface| {
                let attachment = interface.attachment.as_ref();
                (
                    interface.id.clone(),
                    attachment.is_some_and(|it| it.delete_on_termination),
                )
            })
            .collect();
        for (interface_id, goes) in interfaces {
            if goes {
                self.remove_interface(&interface_id);
            } else if let Some(interface) = self.resources.interfaces.get_mut(&interface_id) {
                interface.attachment = None;
                interface.automatic_public_ip = None;
            }
        }
    }
}

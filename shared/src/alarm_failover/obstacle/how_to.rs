//! What a person can do so that a member stands by.

use crate::model::auto_scaling::{LifecycleState, Service};
use crate::model::ids::InstanceId;
use crate::model::instance::{InstanceState, StatusChecks};
use crate::report::Command;

pub(super) fn leave_zone(standby: &InstanceId) -> String {
    format!(
        "keep a standby in another zone, or wait until the shift is over. If the zone is well enough, ask for a switchover \
         to {standby} by name"
    )
}

pub(super) fn start(standby: &InstanceId, state: InstanceState) -> String {
    let start = Command::ec2("start-instances").with("instance-ids", standby);
    match state {
        InstanceState::Pending => {
            "nothing: it is starting; reconcile goes on when EC2's status checks pass".to_owned()
        }
        InstanceState::Stopping => format!("when it has stopped, start it: {start}"),
        _ => format!("start it: {start}"),
    }
}

pub(super) fn pass_checks(standby: &InstanceId, checks: StatusChecks) -> String {
    if checks == StatusChecks::Initializing {
        return "nothing: reconcile goes on when EC2's status checks pass".to_owned();
    }
    let look = Command::ec2("describe-instance-status").with("instance-ids", standby);
    format!("see why: {look}")
}

pub(super) fn serve(standby: &InstanceId, state: &LifecycleState) -> String {
    match state.service() {
        Service::Standby => format!(
            "bring it back: {}",
            Command::aws("autoscaling", "exit-standby")
                .with("instance-ids", standby)
                .to_fill_in("auto-scaling-group-name", "its group")
        ),
        Service::Warmed | Service::Leaving => {
            "raise the desired capacity of its Auto Scaling group; reconcile goes on with the new instance".to_owned()
        }
        Service::In | Service::Unknown => format!(
            "see whether it serves: {}",
            Command::of_auto_scaling(standby)
        ),
    }
}

//! The calls that keep a failed instance quiet. Neither touches an address.
//!
//! Races with the instance's own recovery: a stop ends whatever it was about to do. EC2 refuses a stop in
//! a state that has none.

use super::actions::{MODIFY_NETWORK_INTERFACE_ATTRIBUTE, STOP_INSTANCES};
use super::{Aws, failure};
use holdfast::cloud::CloudError;
use holdfast::cloud::moves::Fence;
use holdfast::model::ids::{EniId, InstanceId, SecurityGroupId};

impl Fence for Aws {
    /// `SkipOsShutdown` ends it at once. `Force` by itself would wait for the guest first, which does not answer.
    /// Source: EC2 API reference, `StopInstances`.
    async fn stop(&self, instance: &InstanceId) -> Result<(), CloudError> {
        self.ec2
            .stop_instances()
            .instance_ids(instance.as_str())
            .force(true)
            .skip_os_shutdown(true)
            .send()
            .await
            .map_err(|error| failure::of(STOP_INSTANCES, error))?;
        Ok(())
    }

    async fn isolate(&self, eni: &EniId, group: &SecurityGroupId) -> Result<(), CloudError> {
        self.ec2
            .modify_network_interface_attribute()
            .network_interface_id(eni.as_str())
            .groups(group.as_str())
            .send()
            .await
            .map_err(|error| failure::of(MODIFY_NETWORK_INTERFACE_ATTRIBUTE, error))?;
        Ok(())
    }
}

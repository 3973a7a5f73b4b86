//! Calls of which only the permission is asked: `DryRun` is set in each, and nothing is changed.

use super::actions::{
    ASSOCIATE_ADDRESS, ATTACH_NETWORK_INTERFACE, DETACH_NETWORK_INTERFACE, DISASSOCIATE_ADDRESS,
};
use super::moves::FIRST_CARD;
use super::{Aws, failure};
use aws_sdk_ec2::error::ProvideErrorMetadata;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use holdfast::cloud::CloudError;
use holdfast::cloud::moves::{DryRun, DryRunCall};
use holdfast::model::ids::{AllocationId, EniId, InstanceId};
use std::error::Error as StdError;
use std::net::Ipv4Addr;

/// EC2's way to say yes. Source: EC2 API reference, "Error codes", `DryRunOperation`.
const PERMITTED: &str = "DryRunOperation";

impl DryRun for Aws {
    async fn dry_run(&self, call: &DryRunCall) -> Result<(), CloudError> {
        match call {
            DryRunCall::Detach(attachment) => {
                let call = self.ec2.detach_network_interface().dry_run(true);
                let answer = call.attachment_id(attachment.as_str()).send().await;
                verdict(DETACH_NETWORK_INTERFACE, answer)
            }
            DryRunCall::Attach {
                eni,
                instance,
                device_index,
            } => self.dry_run_attach(eni, instance, *device_index).await,
            DryRunCall::Associate {
                allocation,
                eni,
                private_ip,
            } => self.dry_run_associate(allocation, eni, *private_ip).await,
            DryRunCall::Disassociate(association) => {
                let call = self.ec2.disassociate_address().dry_run(true);
                let answer = call.association_id(association.as_str()).send().await;
                verdict(DISASSOCIATE_ADDRESS, answer)
            }
        }
    }
}

impl Aws {
    async fn dry_run_attach(
        &self,
        eni: &EniId,
        instance: &InstanceId,
        device_index: i32,
    ) -> Result<(), CloudError> {
        let answer = self
            .ec2
            .attach_network_interface()
            .dry_run(true)
            .network_interface_id(eni.as_str())
            .instance_id(instance.as_str())
            .device_index(device_index)
            .network_card_index(FIRST_CARD)
            .send()
            .await;
        verdict(ATTACH_NETWORK_INTERFACE, answer)
    }

    async fn dry_run_associate(
        &self,
        allocation: &AllocationId,
        eni: &EniId,
        private_ip: Ipv4Addr,
    ) -> Result<(), CloudError> {
        let answer = self
            .ec2
            .associate_address()
            .dry_run(true)
            .allocation_id(allocation.as_str())
            .network_interface_id(eni.as_str())
            .private_ip_address(private_ip.to_string())
            .allow_reassociation(true)
            .send()
            .await;
        verdict(ASSOCIATE_ADDRESS, answer)
    }
}

/// What EC2 says to a call that it was not to carry out: an error in every case.
fn verdict<T, E>(
    action: &'static str,
    answer: Result<T, SdkError<E, HttpResponse>>,
) -> Result<(), CloudError>
where
    E: StdError + ProvideErrorMetadata + Send + Sync + 'static,
{
    match answer {
        Ok(_) => Ok(()),
        Err(error) if error.code() == Some(PERMITTED) => Ok(()),
        Err(error) => Err(failure::of(action, error)),
    }
}

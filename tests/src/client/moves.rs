//! Moving interfaces, private IPs and Elastic IPs behind the fault injector, fencing, and the dry run of it.

use super::Client;
use super::cloud::{classify, id, unexpected};
use ec2_sim::api::{
    AssignPrivateIpAddresses, AssociateAddress, AttachNetworkInterface, AttachmentChange,
    DetachNetworkInterface, DisassociateAddress, ModifyNetworkInterfaceAttribute, Request,
    Response, StopInstances,
};
use holdfast::cloud::CloudError;
use holdfast::cloud::moves::{
    DryRun, DryRunCall, Fence, MoveInterface, MovePrivateIps, Reassociate,
};
use holdfast::model::ids::{
    AllocationId, AssociationId, AttachmentId, EniId, InstanceId, SecurityGroupId,
};
use std::net::Ipv4Addr;

const ATTACH: &str = "ec2:AttachNetworkInterface";
const DETACH: &str = "ec2:DetachNetworkInterface";
const ASSOCIATE: &str = "ec2:AssociateAddress";
const MODIFY: &str = "ec2:ModifyNetworkInterfaceAttribute";

impl MoveInterface for Client {
    async fn detach(&self, attachment: &AttachmentId, force: bool) -> Result<(), CloudError> {
        self.ec2(DETACH, detach(attachment, force)).await.map(drop)
    }

    async fn attach(
        &self,
        eni: &EniId,
        instance: &InstanceId,
        device_index: i32,
    ) -> Result<AttachmentId, CloudError> {
        match self
            .ec2(ATTACH, attach(eni, instance, device_index))
            .await?
        {
            Response::AttachNetworkInterface { attachment_id, .. } => Ok(id(&attachment_id)),
            other => Err(unexpected(ATTACH, &other)),
        }
    }

    async fn clear_delete_on_termination(
        &self,
        eni: &EniId,
        attachment: &AttachmentId,
    ) -> Result<(), CloudError> {
        let change = AttachmentChange {
            attachment_id: attachment.to_string(),
            delete_on_termination: false,
        };
        let request = ModifyNetworkInterfaceAttribute {
            network_interface_id: eni.to_string(),
            attachment: Some(change),
            ..ModifyNetworkInterfaceAttribute::default()
        };
        let request = Request::ModifyNetworkInterfaceAttribute(request);
        self.ec2(MODIFY, request).await.map(drop)
    }
}

impl MovePrivateIps for Client {
    async fn assign(&self, eni: &EniId, private_ips: &[Ipv4Addr]) -> Result<(), CloudError> {
        let request = AssignPrivateIpAddresses {
            network_interface_id: eni.to_string(),
            private_ip_addresses: private_ips.iter().map(ToString::to_string).collect(),
            secondary_private_ip_address_count: None,
            allow_reassignment: true,
        };
        let request = Request::AssignPrivateIpAddresses(request);
        self.ec2("ec2:AssignPrivateIpAddresses", request)
            .await
            .map(drop)
    }
}

impl Reassociate for Client {
    async fn reassociate(
        &self,
        allocation: &AllocationId,
        eni: &EniId,
        private_ip: Ipv4Addr,
    ) -> Result<AssociationId, CloudError> {
        let request = associate(allocation, eni, private_ip, true);
        match self.ec2(ASSOCIATE, request).await? {
            Response::AssociateAddress { association_id } => Ok(id(&association_id)),
            other => Err(unexpected(ASSOCIATE, &other)),
        }
    }
}

impl Fence for Client {
    async fn stop(&self, instance: &InstanceId) -> Result<(), CloudError> {
        let request = Request::StopInstances(StopInstances {
            instance_ids: vec![instance.to_string()],
            force: true,
            skip_os_shutdown: true,
        });
        self.ec2("ec2:StopInstances", request).await.map(drop)
    }

    async fn isolate(&self, eni: &EniId, group: &SecurityGroupId) -> Result<(), CloudError> {
        let request = ModifyNetworkInterfaceAttribute {
            network_interface_id: eni.to_string(),
            groups: vec![group.to_string()],
            ..ModifyNetworkInterfaceAttribute::default()
        };
        let request = Request::ModifyNetworkInterfaceAttribute(request);
        self.ec2(MODIFY, request).await.map(drop)
    }
}

impl DryRun for Client {
    async fn dry_run(&self, call: &DryRunCall) -> Result<(), CloudError> {
        let (action, request) = match call {
            DryRunCall::Detach(attachment) => (DETACH, detach(attachment, false)),
            DryRunCall::Attach {
                eni,
                instance,
                device_index,
            } => (ATTACH, attach(eni, instance, *device_index)),
            DryRunCall::Associate {
                allocation,
                eni,
                private_ip,
            } => (ASSOCIATE, associate(allocation, eni, *private_ip, true)),
            DryRunCall::Disassociate(association) => {
                let request = DisassociateAddress {
                    association_id: Some(association.to_string()),
                    public_ip: None,
                };
                (
                    "ec2:DisassociateAddress",
                    Request::DisassociateAddress(request),
                )
            }
        };
        let name = rehearsal_of(&request);
        self.on_the_way(name).await;
        let apply = || self.bed.dry_run(&self.caller, &request);
        match self.bed.faults.call(self.run, name, apply).await {
            Ok(refusal) if refusal.code == "DryRunOperation" => Ok(()),
            Ok(refusal) => Err(classify(action, refusal)),
            Err(passage) => Err(passage.into_error(action)),
        }
    }
}

/// How the tap lists a dry run: what counts mutating calls must not count it.
fn rehearsal_of(request: &Request) -> &'static str {
    match request {
        Request::DetachNetworkInterface(_) => "dry run of DetachNetworkInterface",
        Request::AttachNetworkInterface(_) => "dry run of AttachNetworkInterface",
        Request::AssociateAddress(_) => "dry run of AssociateAddress",
        _ => "dry run of DisassociateAddress",
    }
}

fn attach(eni: &EniId, instance: &InstanceId, device_index: i32) -> Request {
    Request::AttachNetworkInterface(AttachNetworkInterface {
        network_interface_id: eni.to_string(),
        instance_id: instance.to_string(),
        device_index,
        network_card_index: Some(0),
    })
}

fn detach(attachment: &AttachmentId, force: bool) -> Request {
    Request::DetachNetworkInterface(DetachNetworkInterface {
        attachment_id: attachment.to_string(),
        force,
    })
}

fn associate(
    allocation: &AllocationId,
    eni: &EniId,
    private_ip: Ipv4Addr,
    reassociates: bool,
) -> Request {
    Request::AssociateAddress(AssociateAddress {
        allocation_id: Some(allocation.to_string()),
        network_interface_id: Some(eni.to_string()),
        private_ip_address: Some(private_ip.to_string()),
        allow_reassociation: Some(reassociates),
        ..AssociateAddress::default()
    })
}

//! Moving interfaces: `AttachNetworkInterface`, `DetachNetworkInterface`, what can be set on an
//! interface, and its deletion.
//!
//! Attach and detach are answered at once and done later. What callers race for is arbitrated by ids.
//! An attachment's id never comes back, so a detach ends that very attachment or nothing. An
//! interface has one attachment at most, so of two attaches one is refused.

use super::{
    api::{
        AttachNetworkInterface, AttachmentChange, DeleteNetworkInterface, DetachNetworkInterface,
        Ec2Error, InstanceState, ModifyNetworkInterfaceAttribute, Response,
    },
    association::not_in_valid_state,
    doubts::TakenInterface,
    instance_types::InstanceTypeLimits,
    instances::Instance,
    interfaces::{Attachment, AttachmentStatus, Interface},
    model::{Model, auth_failure, invalid_value, missing_parameter},
    timers::Due,
};

impl Model {
    pub(super) fn attach_network_interface(
        &mut self,
        account: &str,
        request: &AttachNetworkInterface,
    ) -> Result<Response, Ec2Error> {
        let interface_id = &request.network_interface_id;
        let interface = self.own_interface(account, interface_id)?;
        let instance = self.own_instance(account, &request.instance_id)?;
        may_attach(interface, instance, self.settings.doubts.taken_interface)?;
        let network_card_index = request.network_card_index.unwrap_or(0);
        self.slot_is_free(instance, network_card_index, request.device_index)?;
        let attachment_id = self.ids.next("eni-attach");
        let attachment = Attachment {
            id: attachment_id.clone(),
            instance_id: Some(request.instance_id.clone()),
            instance_owner: account.to_owned(),
            device_index: request.device_index,
            network_card_index,
            status: AttachmentStatus::Attaching,
            attached_at: self.now,
            // In every answer to an attach that was seen; CloudFormation sets it to true afterwards
            // (AWS::EC2::NetworkInterfaceAttachment, DeleteOnTermination).
            delete_on_termination: false,
            forced: false,
            while_detaching: self.settings.doubts.detaching_interface,
        };
        if let Some(interface) = self.resources.interfaces.get_mut(interface_id) {
            interface.attachment = Some(attachment);
        }
        self.timers.plan(
            self.now + self.settings.attach_delay,
            Due::InterfaceAttached(attachment_id.clone()),
        );
        Ok(Response::AttachNetworkInterface {
            attachment_id,
            network_card_index,
        })
    }

    fn slot_is_free(&self, instance: &Instance, card: i32, index: i32) -> Result<(), Ec2Error> {
        let id = &instance.id;
        let limits = InstanceTypeLimits::of_instance(instance);
        let attached = || self.resources.interfaces_of(id);
        let taken = attached().any(|it| it.slot() == Some((card, index)));
        // How EC2 refuses an index that a forced detach has blocked is not known.
        if taken || instance.blocked_slots.contains(&(card, index)) {
            return Err(invalid_value(format!(
                "Instance '{id}' already has an interface attached at device index '{index}'."
            )));
        }
        if card < 0 || card >= limits.cards() {
            return Err(invalid_value(format!(
                "Network card index '{card}' is not valid for instance type {}.",
                instance.kind
            )));
        }
        let count = 1 + attached()
            .filter(|it| it.slot().is_some_and(|(own, _)| own == card))
            .count();
        if count > limits.interfaces_per_card() {
            // Seen by users of many tools, for instance cilium issue 15877.
            return Err(Ec2Error::new(
                "AttachmentLimitExceeded",
                format!(
                    "Interface count {count} exceeds the limit for {}",
                    instance.kind
                ),
            ));
        }
        Ok(())
    }

    pub(super) fn detach_network_interface(
        &mut self,
        account: &str,
        request: &DetachNetworkInterface,
    ) -> Result<Response, Ec2Error> {
        let id = &request.attachment_id;
        let found = self.resources.attached_as(id);
        let Some(attachment) = found
            .filter(|interface| interface.owner == account)
            .and_then(|interface| interface.attachment.as_ref())
        else {
            return Err(attachment_not_found(id));
        };
        if attachment.instance_id.is_none() {
            // Seen by users, boto3 issue 2218.
            return Err(Ec2Error::new(
                "OperationNotPermitted",
                "You are not allowed to manage 'ela-attach' attachments.",
            ));
        }
        if (attachment.network_card_index, attachment.device_index) == (0, 0) {
            return Err(Ec2Error::new(
                "OperationNotPermitted",
                "The network interface at device index 0 and networkCard index 0 cannot be detached.",
            ));
        }
        if self.settings.refuses_to_detach {
            return Err(Ec2Error::new(
                "IncorrectState",
                "The network interface cannot be detached in this state.",
            ));
        }
        // What EC2 says to a second detach is not known for sure: some clients expect a refusal, some
        // see success. Here it is accepted, changes nothing, and can make the detach a forced one.
        if attachment.status == AttachmentStatus::Detaching && !request.force {
            return Ok(Response::Done);
        }
        self.begin_detach(id, request.force);
        Ok(Response::Done)
    }

    /// Begins to detach, or hurries a detach that has begun.
    pub(super) fn begin_detach(&mut self, attachment_id: &str, force: bool) {
        let delay = self.detach_delay(attachment_id, force);
        let found = self.resources.interfaces.values_mut();
        let mut attachments = found.filter_map(|interface| interface.attachment.as_mut());
        if let Some(attachment) = attachments.find(|it| it.id == attachment_id) {
            attachment.status = AttachmentStatus::Detaching;
            attachment.forced |= force;
        }
        if let Some(delay) = delay {
            let due = Due::InterfaceDetached(attachment_id.to_owned());
            self.timers.plan(self.now + delay, due);
        }
    }

    /// `None` for ever: the guest does not answer.
    fn detach_delay(&self, attachment_id: &str, force: bool) -> Option<time::Duration> {
        let interface = self.resources.attached_as(attachment_id)?;
        let instance_id = interface.instance_id()?;
        let instance = self.resources.instances.get(instance_id);
        if force || instance.is_some_and(|it| it.state == InstanceState::Stopped) {
            return Some(self.settings.forced_detach_delay);
        }
        let stuck =
            self.unresponsive.contains(&interface.id) || self.unresponsive.contains(instance_id);
        (!stuck).then_some(self.settings.detach_delay)
    }

    pub(super) fn interface_is_attached(&mut self, attachment_id: &str) {
        let found = self.resources.interfaces.values_mut();
        let mut attachments = found.filter_map(|interface| interface.attachment.as_mut());
        if let Some(attachment) = attachments
            .find(|it| it.id == attachment_id && it.status == AttachmentStatus::Attaching)
        {
            attachment.status = AttachmentStatus::Attached;
        }
    }

    /// The attachment is over, unless it is already; nothing else of the interface changes: addresses,
    /// MAC, groups and tags stay with it (EC2 user guide, "Elastic network interfaces").
    pub(super) fn interface_is_detached(&mut self, attachment_id: &str) {
        let mut interfaces = self.resources.interfaces.values_mut();
        let found = interfaces.find(|interface| {
            let attachment = interface.attachment.as_ref();
            attachment.is_some_and(|it| it.id == attachment_id)
        });
        let ended = found.and_then(|interface| interface.attachment.take());
        if let Some(ended) = ended.filter(|it| it.forced) {
            self.block_slot(&ended);
        }
    }

    fn block_slot(&mut self, ended: &Attachment) {
        let blocks = self.settings.forced_detach_blocks_slot;
        let instances = &mut self.resources.instances;
        let instance = ended
            .instance_id
            .as_ref()
            .and_then(|id| instances.get_mut(id));
        if let Some(instance) = instance.filter(|it| blocks && it.state == InstanceState::Running) {
            let slot = (ended.network_card_index, ended.device_index);
            instance.blocked_slots.insert(slot);
        }
    }

    /// A guest that is gone need not answer any more: what it kept waiting is detached.
    pub(super) fn end_detaches_of(&mut self, instance_id: &str) {
        let waiting: Vec<String> = self
            .resources
            .interfaces_of(instance_id)
            .filter_map(|interface| interface.attachment.as_ref())
            .filter(|attachment| attachment.status == AttachmentStatus::Detaching)
            .map(|attachment| attachment.id.clone())
            .collect();
        for attachment_id in waiting {
            self.interface_is_detached(&attachment_id);
        }
    }

    pub(super) fn modify_network_interface_attribute(
        &mut self,
        account: &str,
        request: &ModifyNetworkInterfaceAttribute,
    ) -> Result<Response, Ec2Error> {
        let interface = self.own_interface(account, &request.network_interface_id)?;
        if interface.requester_managed {
            return Err(auth_failure());
        }
        let given = usize::from(request.attachment.is_some())
            + usize::from(!request.groups.is_empty())
            + usize::from(request.source_dest_check.is_some())
            + usize::from(request.description.is_some());
        match given {
            0 => return Err(missing_parameter("No attribute is specified to modify.")),
            1 => {}
            // "You can specify only one attribute at a time." (EC2 API reference)
            _ => {
                return Err(Ec2Error::new(
                    "InvalidParameterCombination",
                    "Fields for multiple attribute types specified",
                ));
            }
        }
        self.groups_fit(account, &interface.vpc_id, &request.groups)?;
        if let Some(change) = &request.attachment {
            self.change_attachment(&request.network_interface_id, change)?;
        }
        if let Some(interface) = self
            .resources
            .interfaces
            .get_mut(&request.network_interface_id)
        {
            if !request.groups.is_empty() {
                interface.groups.clone_from(&request.groups);
            }
            if let Some(check) = request.source_dest_check {
                interface.source_dest_check = check;
            }
            if let Some(description) = &request.description {
                interface.description.clone_from(description);
            }
        }
        Ok(Response::Done)
    }

    fn change_attachment(
        &mut self,
        interface_id: &str,
        change: &AttachmentChange,
    ) -> Result<(), Ec2Error> {
        let interface = self.resources.interfaces.get_mut(interface_id);
        let attachment = interface
            .and_then(|interface| interface.attachment.as_mut())
            .filter(|attachment| attachment.id == change.attachment_id)
            .ok_or_else(|| attachment_not_found(&change.attachment_id))?;
        attachment.delete_on_termination = change.delete_on_termination;
        Ok(())
    }

    pub(super) fn delete_network_interface(
        &mut self,
        account: &str,
        request: &DeleteNetworkInterface,
    ) -> Result<Response, Ec2Error> {
        let id = &request.network_interface_id;
        let interface = self.own_interface(account, id)?;
        if interface.attachment.is_some() {
            // Seen by users, cloud-nuke issue 431; for a service's interfaces too.
            return Err(invalid_value(format!(
                "Network interface '{id}' is currently in use."
            )));
        }
        if interface.requester_managed {
            return Err(auth_failure());
        }
        self.remove_interface(id);
        Ok(Response::Done)
    }
}

fn may_attach(
    interface: &Interface,
    instance: &Instance,
    taken: TakenInterface,
) -> Result<(), Ec2Error> {
    if interface.requester_managed {
        return Err(auth_failure());
    }
    if interface.attachment.is_some() {
        let code = match taken {
            TakenInterface::InUse => "InvalidNetworkInterface.InUse",
            TakenInterface::InvalidParameterValue => "InvalidParameterValue",
        };
        let message = format!("Interface: [{}] in use.", interface.id);
        return Err(Ec2Error::new(code, message));
    }
    // Another VPC of the same zone is allowed (EC2 user guide, "Network interface attachments").
    if interface.zone != instance.zone {
        // Seen in user code, with this text.
        return Err(Ec2Error::new(
            "InvalidParameterCombination",
            "You may not attach a network interface to an instance if they are not in the same \
             availability zone",
        ));
    }
    match instance.state {
        InstanceState::Running | InstanceState::Stopped => Ok(()),
        other => Err(not_in_valid_state(&instance.id, other.name())),
    }
}

fn attachment_not_found(id: &str) -> Ec2Error {
    Ec2Error::new(
        "InvalidAttachmentID.NotFound",
        format!("The attachment '{id}' does not exist."),
    )
}

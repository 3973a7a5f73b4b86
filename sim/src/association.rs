//! `AssociateAddress` and `DisassociateAddress`.
//!
//! `AssociateAddress` is last-writer-wins unless `AllowReassociation`=false: then EC2 itself
//! arbitrates, and the second of two starters is refused.

use super::{
    addresses::{Address, Association},
    api::{AssociateAddress, DisassociateAddress, Ec2Error, Response},
    doubts::{EndedAssociation, OccupiedTarget},
    interfaces::Interface,
    model::{Model, auth_failure, invalid_value, missing_parameter},
};

impl Model {
    pub(super) fn associate_address(
        &mut self,
        account: &str,
        request: &AssociateAddress,
    ) -> Result<Response, Ec2Error> {
        let Some(allocation_id) = &request.allocation_id else {
            // Text seen in user reports.
            return Err(Ec2Error::new(
                "InvalidParameterCombination",
                "You must specify an allocation id when mapping an address to a VPC instance",
            ));
        };
        let address = self.own_address(account, allocation_id)?;
        let interface = self.association_target(account, request)?;
        self.may_associate(address, interface)?;
        let private_ip = request
            .private_ip_address
            .as_ref()
            .unwrap_or(interface.primary_ip());
        if !interface.private_ips.contains(private_ip) {
            // The code is not known; EC2 API reference says only that the address must exist.
            return Err(invalid_value(format!(
                "The private IP address {private_ip} is not assigned to interface {}",
                interface.id
            )));
        }
        if let Some(current) = &address.association {
            if current.interface_id == interface.id && current.private_ip == *private_ip {
                // "This is an idempotent operation" (EC2 API reference, AssociateAddress). Whether
                // that holds with AllowReassociation=false too, and whether the association id
                // stays, is not certain.
                return Ok(Response::AssociateAddress {
                    association_id: current.id.clone(),
                });
            }
            if request.allow_reassociation == Some(false) {
                return Err(already_associated(allocation_id, &current.id));
            }
        }
        let there = self.resources.address_on(&interface.id, private_ip);
        if self.settings.doubts.occupied_target == OccupiedTarget::Refuses
            && request.allow_reassociation == Some(false)
            && let Some(current) = there.and_then(|address| address.association.as_ref())
        {
            return Err(already_associated(&interface.id, &current.id));
        }
        let (interface_id, private_ip) = (interface.id.clone(), private_ip.clone());
        Ok(self.associate(allocation_id, interface_id, private_ip))
    }

    fn associate(&mut self, allocation_id: &str, interface_id: String, ip: String) -> Response {
        // An address that is there already is bumped off and stays allocated.
        let bumped = self.resources.address_on(&interface_id, &ip);
        if let Some(bumped) = bumped.map(|address| address.allocation_id.clone()) {
            self.untie(&bumped);
        }
        self.end_association(allocation_id);
        // The automatic public address goes back to Amazon's pool and cannot be had again (EC2 user
        // guide, "Elastic IP addresses").
        if let Some(interface) = self.resources.interfaces.get_mut(&interface_id)
            && *interface.primary_ip() == ip
        {
            interface.automatic_public_ip = None;
        }
        let association_id = self.ids.next("eipassoc");
        if let Some(address) = self.resources.addresses.get_mut(allocation_id) {
            address.association = Some(Association {
                id: association_id.clone(),
                interface_id,
                private_ip: ip,
            });
        }
        Response::AssociateAddress { association_id }
    }

    fn association_target(
        &self,
        account: &str,
        request: &AssociateAddress,
    ) -> Result<&Interface, Ec2Error> {
        match (&request.instance_id, &request.network_interface_id) {
            (Some(_), Some(_)) => Err(Ec2Error::new(
                "InvalidParameterCombination",
                "You may specify an instance ID or a network interface ID, not both",
            )),
            (None, None) => Err(missing_parameter(
                "Either instance ID or network interface ID must be specified",
            )),
            (None, Some(id)) => self.own_interface(account, id),
            (Some(id), None) => {
                let instance = self.own_instance(account, id)?;
                if instance.state.is_no_target() {
                    // Seen for an instance that is pending (terraform-provider-aws issue 21228) or terminated
                    // (terraform-aws-ec2-instance issue 95).
                    let message = not_in_valid_state(id, instance.state.name()).message;
                    return Err(Ec2Error::new("InvalidInstanceID", message));
                }
                let mut interfaces = self.resources.interfaces_of(id);
                match (interfaces.next(), interfaces.next()) {
                    (Some(only), None) => Ok(only),
                    (None, _) => Err(not_in_valid_state(id, "terminated")),
                    (Some(_), Some(_)) => Err(Ec2Error::new(
                        "InvalidInstanceID",
                        format!(
                            "There are multiple interfaces attached to instance '{id}'. Please \
                             specify an interface ID for the operation instead."
                        ),
                    )),
                }
            }
        }
    }

    fn may_associate(&self, address: &Address, interface: &Interface) -> Result<(), Ec2Error> {
        if interface.requester_managed || address.service_managed.is_some() {
            return Err(auth_failure());
        }
        if self.is_held_by_service(address) {
            return Err(auth_failure());
        }
        // Seen for an interface of an instance that is pending (terraform-aws-vmseries-modules issue 97).
        let instance = interface
            .instance_id()
            .and_then(|id| self.resources.instances.get(id));
        if let Some(instance) = instance
            && instance.state.is_no_target()
        {
            return Err(not_in_valid_state(&instance.id, instance.state.name()));
        }
        if !self.resources.has_internet_gateway(&interface.vpc_id) {
            return Err(Ec2Error::new(
                "Gateway.NotAttached",
                format!(
                    "Network {} is not attached to any internet gateway",
                    interface.vpc_id
                ),
            ));
        }
        // Refused, says the user guide ("Elastic IP addresses", network border groups); with which
        // code is not known.
        let zone_group = self.region.border_group_of(&interface.zone);
        if zone_group != address.border_group {
            return Err(Ec2Error::new(
                "InvalidParameterCombination",
                format!(
                    "The address is in network border group {} and the interface in {zone_group}",
                    address.border_group
                ),
            ));
        }
        Ok(())
    }

    fn is_held_by_service(&self, address: &Address) -> bool {
        address
            .association
            .as_ref()
            .and_then(|association| self.resources.interfaces.get(&association.interface_id))
            .is_some_and(|interface| interface.requester_managed)
    }

    pub(super) fn disassociate_address(
        &mut self,
        account: &str,
        request: &DisassociateAddress,
    ) -> Result<Response, Ec2Error> {
        let id = match (&request.association_id, &request.public_ip) {
            (Some(id), _) => id,
            (None, Some(_)) => {
                return Err(invalid_value(
                    "You must specify an association id when unmapping an address from a VPC \
                     instance",
                ));
            }
            (None, None) => {
                return Err(missing_parameter(
                    "The request must contain the parameter associationId",
                ));
            }
        };
        let address = self.resources.addresses.values().find(|address| {
            address
                .association
                .as_ref()
                .is_some_and(|association| association.id == *id)
        });
        match address {
            Some(address) if address.owner != account => Err(auth_failure()),
            Some(address) if address.service_managed.is_some() => Err(auth_failure()),
            Some(address) if self.is_held_by_service(address) => Err(auth_failure()),
            Some(address) => {
                let allocation_id = address.allocation_id.clone();
                self.end_association(&allocation_id);
                Ok(Response::Done)
            }
            None if self.settings.doubts.ended_association == EndedAssociation::Done
                && self.former_associations.contains(id) =>
            {
                Ok(Response::Done)
            }
            None => Err(Ec2Error::new(
                "InvalidAssociationID.NotFound",
                format!("The association ID '{id}' does not exist"),
            )),
        }
    }

    /// Unties an address, if it is tied. The instance that had it may get a public IP of Amazon's again.
    pub(super) fn end_association(&mut self, allocation_id: &str) {
        let interface = self.untie(allocation_id);
        let interface = interface.and_then(|id| self.resources.interfaces.get(&id));
        if let Some(instance) = interface.and_then(Interface::instance_id).cloned() {
            self.give_automatic_public_ip(&instance);
        }
    }

    /// Unties an address, if it is tied; from which interface.
    fn untie(&mut self, allocation_id: &str) -> Option<String> {
        let address = self.resources.addresses.get_mut(allocation_id)?;
        let ended = address.association.take()?;
        self.former_associations.insert(ended.id);
        Some(ended.interface_id)
    }
}

fn already_associated(resource: &str, association_id: &str) -> Ec2Error {
    Ec2Error::new(
        "Resource.AlreadyAssociated",
        format!("resource {resource} is already associated with associate-id {association_id}"),
    )
}

pub(super) fn not_in_valid_state(instance_id: &str, state: &str) -> Ec2Error {
    Ec2Error::new(
        "IncorrectInstanceState",
        format!("The {state} instance '{instance_id}' is not in a valid state for this operation."),
    )
}

//! `RunInstances`: instances with their interfaces, or nothing at all.

use std::collections::BTreeSet;

use super::{
    api::{
        Ec2Error, InstanceNetworkInterfaceSpecification, InstanceState, Request, Reservation,
        Response, RunInstances, Tag,
    },
    automatic_ips,
    instance_types::InstanceTypeLimits,
    instances::{Instance, Reported},
    interfaces::{Attachment, AttachmentStatus, Blueprint, PLAIN},
    model::{Model, auth_failure, invalid_value, missing_parameter},
    stops::{SpotRequest, StopRules},
};

/// Of an instance whose launch names no type.
const USUAL_TYPE: &str = "m5.large";

/// What `RunInstances` tags on creation.
const TAGGED: &[&str] = &["instance", "network-interface", "volume"];

/// What the instances of one call share.
struct Launch<'a> {
    account: &'a str,
    request: &'a RunInstances,
    reservation_id: String,
    instance_tags: Vec<Tag>,
    interface_tags: Vec<Tag>,
}

impl Model {
    pub(super) fn run_instances(
        &mut self,
        account: &str,
        request: &RunInstances,
    ) -> Result<Response, Ec2Error> {
        let (token, call) = (
            request.client_token.as_deref(),
            Request::RunInstances(request.clone()),
        );
        if let Some(known) = self.client_tokens.made(account, token, &call)? {
            return self.launched_before(account, known);
        }
        if request.min_count < 1 || request.max_count < request.min_count {
            return Err(invalid_value(format!(
                "Value ({}) for parameter maxCount is invalid.",
                request.max_count
            )));
        }
        if let Some(kind) = &request.instance_type
            && InstanceTypeLimits::of(kind).is_none()
        {
            return Err(invalid_value(format!(
                "Invalid value '{kind}' for InstanceType."
            )));
        }
        self.image_exists(request.image_id.as_deref())?;
        fits(request)?;
        // A launch that is refused half way leaves nothing behind.
        let mut draft = self.clone();
        let launch = Launch {
            account,
            request,
            reservation_id: draft.ids.next("r"),
            instance_tags: self.new_tags("instance", &request.tag_specifications, TAGGED)?,
            interface_tags: self.new_tags(
                "network-interface",
                &request.tag_specifications,
                TAGGED,
            )?,
        };
        for launch_index in 0..request.max_count {
            draft.launch(&launch, launch_index)?;
        }
        let reservation = draft.reservation(account, &launch.reservation_id);
        let made = &launch.reservation_id;
        draft.client_tokens.note(account, token, call, made);
        *self = draft;
        Ok(Response::RunInstances(reservation))
    }

    /// The answer of a call that was sent before with the same token. "The request to launch an instance uses the same client
    /// token as a previous request for which the instance has been terminated." (EC2 user guide, error codes,
    /// `IdempotentInstanceTerminated`)
    fn launched_before(&self, account: &str, reservation_id: &str) -> Result<Response, Ec2Error> {
        let reservation = self.reservation(account, reservation_id);
        let mut instances = reservation.instances.iter();
        if instances.all(|it| it.state == InstanceState::Terminated) {
            return Err(Ec2Error::new(
                "IdempotentInstanceTerminated",
                "The client token is of a request whose instance has been terminated.",
            ));
        }
        Ok(Response::RunInstances(reservation))
    }

    /// Ids of images are hexadecimal after their prefix, in 8 or 17 digits.
    fn image_exists(&self, id: Option<&str>) -> Result<(), Ec2Error> {
        let Some(id) = id else {
            return Ok(());
        };
        let digits = id.strip_prefix("ami-").unwrap_or_default();
        let is_hexadecimal = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        if !is_hexadecimal || !matches!(digits.len(), 8 | 17) {
            return Err(Ec2Error::new(
                "InvalidAMIID.Malformed",
                format!("Invalid id: \"{id}\" (expecting \"ami-...\")"),
            ));
        }
        if self.settings.images.contains(id) {
            return Ok(());
        }
        Err(Ec2Error::new(
            "InvalidAMIID.NotFound",
            format!("The image id '[{id}]' does not exist"),
        ))
    }

    fn reservation(&self, account: &str, id: &str) -> Reservation {
        let instances = self.resources.instances.values();
        let index = self.resources.index();
        Reservation {
            reservation_id: id.to_owned(),
            owner_id: account.to_owned(),
            instances: instances
                .filter(|instance| instance.reservation_id == id)
                .map(|instance| self.resources.instance_as_answered(instance, &index))
                .collect(),
        }
    }

    fn launch(&mut self, launch: &Launch<'_>, launch_index: i32) -> Result<(), Ec2Error> {
        let Launch {
            account, request, ..
        } = launch;
        let id = self.ids.next("i");
        let spot = request.spot_market.map(|market| SpotRequest {
            id: self.ids.next("sir"),
            market,
        });
        let wishes = launch_interfaces(request);
        let mut attached = Vec::new();
        for wish in &wishes {
            let interface_id = self.interface_for(launch, wish)?;
            let attachment = Attachment {
                id: self.ids.next("eni-attach"),
                instance_id: Some(id.clone()),
                instance_owner: (*account).to_owned(),
                device_index: wish.device_index,
                network_card_index: 0,
                status: AttachmentStatus::Attaching,
                attached_at: self.now,
                // Interfaces that the launch creates go with the instance, those that were there
                // before stay (EC2 user guide, "Delete on termination").
                delete_on_termination: wish
                    .delete_on_termination
                    .unwrap_or(wish.network_interface_id.is_none()),
                forced: false,
                while_detaching: self.settings.doubts.detaching_interface,
            };
            if let Some(interface) = self.resources.interfaces.get_mut(&interface_id) {
                interface.attachment = Some(attachment);
            }
            attached.push((wish.device_index, interface_id));
        }
        let primary = attached.iter().find(|(index, _)| *index == 0);
        let (_, primary) = primary.ok_or_else(|| {
            invalid_value("The network interface with device index 0 must be specified")
        })?;
        let primary = self.own_interface(account, primary)?;
        let subnet = self.own_subnet(account, &primary.subnet_id)?;
        let instance = Instance {
            id: id.clone(),
            reservation_id: launch.reservation_id.clone(),
            owner: (*account).to_owned(),
            image_id: request
                .image_id
                .clone()
                .unwrap_or_else(|| "ami-0123456789abcdef0".to_owned()),
            kind: request
                .instance_type
                .clone()
                .unwrap_or_else(|| USUAL_TYPE.to_owned()),
            state: InstanceState::Pending,
            launched_at: self.now,
            vpc_id: primary.vpc_id.clone(),
            subnet_id: primary.subnet_id.clone(),
            zone_id: self.region.zone_id(&primary.zone),
            zone: primary.zone.clone(),
            client_token: request.client_token.clone(),
            launch_index,
            leaves_since: None,
            automatic_public_ip: automatic_ips::is_wanted(request, subnet)?,
            checks_pass_from: self.now,
            stops_at: self.now,
            blocked_slots: BTreeSet::new(),
            impaired: false,
            host_impaired: false,
            reported: Reported::default(),
            stop_rules: StopRules {
                spot,
                instance_store_root: false,
                is_protected: request.disable_api_stop,
                keeps_from_termination: request.disable_api_termination,
                on_shutdown: "stop".to_owned(),
            },
        };
        self.resources.instances.insert(id.clone(), instance);
        self.put_tags(&id, launch.instance_tags.clone());
        self.enter(&id, InstanceState::Pending);
        Ok(())
    }

    /// The interface for one device index: an existing one, or a new one.
    fn interface_for(
        &mut self,
        launch: &Launch<'_>,
        wish: &InstanceNetworkInterfaceSpecification,
    ) -> Result<String, Ec2Error> {
        if let Some(id) = &wish.network_interface_id {
            let interface = self.own_interface(launch.account, id)?;
            if interface.requester_managed {
                return Err(auth_failure());
            }
            if interface.attachment.is_some() {
                let message = format!("Interface: [{id}] in use");
                return Err(Ec2Error::new("InvalidNetworkInterface.InUse", message));
            }
            return Ok(id.clone());
        }
        let zone = launch.request.availability_zone.as_deref();
        let subnet_id = match &wish.subnet_id {
            Some(id) => id.clone(),
            None => self
                .resources
                .default_subnet(launch.account, zone)
                .map(|subnet| subnet.id.clone())
                .ok_or_else(|| missing_parameter("No subnets found for the default VPC"))?,
        };
        let blueprint = Blueprint {
            kind: PLAIN,
            primary_ip: wish.private_ip_address.as_ref(),
            groups: &wish.groups,
            ..Blueprint::default()
        };
        let id = self.add_interface(launch.account, &subnet_id, &blueprint)?;
        self.put_tags(&id, launch.interface_tags.clone());
        Ok(id)
    }
}

/// Whether the type takes as many interfaces as are asked for, all on card 0.
fn fits(request: &RunInstances) -> Result<(), Ec2Error> {
    let kind = request.instance_type.as_deref().unwrap_or(USUAL_TYPE);
    let count = request.network_interfaces.len();
    match InstanceTypeLimits::of(kind) {
        Some(limits) if count > limits.interfaces_per_card() => Err(Ec2Error::new(
            "AttachmentLimitExceeded",
            format!("Interface count {count} exceeds the limit for {kind}"),
        )),
        _ => Ok(()),
    }
}

/// The interfaces asked for; without any, one in the subnet asked for.
fn launch_interfaces(request: &RunInstances) -> Vec<InstanceNetworkInterfaceSpecification> {
    if !request.network_interfaces.is_empty() {
        return request.network_interfaces.clone();
    }
    vec![InstanceNetworkInterfaceSpecification {
        subnet_id: request.subnet_id.clone(),
        private_ip_address: request.private_ip_address.clone(),
        groups: request.security_group_ids.clone(),
        ..InstanceNetworkInterfaceSpecification::default()
    }]
}

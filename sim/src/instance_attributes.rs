//! `DescribeInstanceAttribute` and `ModifyInstanceAttribute`: what bears on addresses and on stopping, and as much
//! beside it as clients read around an address.

use super::{
    api::{
        DescribeInstanceAttribute, Ec2Error, InstanceAttribute, InstanceState,
        ModifyInstanceAttribute, Response,
    },
    instance_types::InstanceTypeLimits,
    instances::{Instance, instance_not_found},
    model::{Model, Resources, View, invalid_value, missing_parameter},
};

impl View<'_> {
    pub(super) fn describe_instance_attribute(
        &self,
        account: &str,
        request: &DescribeInstanceAttribute,
    ) -> Result<Response, Ec2Error> {
        let id = &request.instance_id;
        let found = self.resources.instances.get(id);
        let instance = found
            .filter(|it| it.owner == account)
            .ok_or_else(|| instance_not_found(id))?;
        let name = &request.attribute;
        let value = self.resources.attribute(instance, name).ok_or_else(|| {
            let message =
                format!("Value ({name}) for parameter attribute is invalid. Unknown attribute.");
            invalid_value(message)
        })?;
        Ok(Response::DescribeInstanceAttribute {
            instance_id: id.clone(),
            attribute: name.clone(),
            value,
        })
    }
}

impl Resources {
    /// `None`: EC2 knows no such attribute. What is not modelled has the value of an instance that nobody has touched.
    fn attribute(&self, instance: &Instance, name: &str) -> Option<InstanceAttribute> {
        let text = |text: &str| InstanceAttribute::Value(Some(text.to_owned()));
        let flag = |flag: bool| InstanceAttribute::Value(Some(flag.to_string()));
        let primary = self.interfaces_of(&instance.id).next();
        Some(match name {
            "instanceType" => text(&instance.kind),
            "disableApiStop" => flag(instance.stop_rules.is_protected),
            "disableApiTermination" => flag(instance.stop_rules.keeps_from_termination),
            "instanceInitiatedShutdownBehavior" => text(&instance.stop_rules.on_shutdown),
            "sourceDestCheck" => flag(primary.is_none_or(|it| it.source_dest_check)),
            "groupSet" => {
                let groups = primary.map(|it| self.named_groups(&it.groups));
                InstanceAttribute::Groups(groups.unwrap_or_default())
            }
            "rootDeviceName" => text("/dev/xvda"),
            "ebsOptimized" => flag(false),
            "enaSupport" => flag(true),
            "kernel" | "ramdisk" | "userData" | "sriovNetSupport" => InstanceAttribute::Value(None),
            "blockDeviceMapping" | "productCodes" => InstanceAttribute::Nothing,
            _ => return None,
        })
    }
}

impl Model {
    pub(super) fn modify_instance_attribute(
        &mut self,
        account: &str,
        request: &ModifyInstanceAttribute,
    ) -> Result<Response, Ec2Error> {
        self.own_instance(account, &request.instance_id)?;
        one_attribute(request)?;
        if let Some(is_protected) = request.disable_api_stop {
            self.protect_from_stops(&request.instance_id, is_protected)?;
        }
        if request.source_dest_check.is_some() || !request.groups.is_empty() {
            self.modify_primary_interface(account, request)?;
        }
        if let Some(kind) = &request.instance_type {
            self.change_type(&request.instance_id, kind)?;
        }
        let Some(instance) = self.resources.instances.get_mut(&request.instance_id) else {
            return Ok(Response::Done);
        };
        if let Some(keeps) = request.disable_api_termination {
            instance.stop_rules.keeps_from_termination = keeps;
        }
        match request.instance_initiated_shutdown_behavior.as_deref() {
            None => {}
            Some(word @ ("stop" | "terminate")) => {
                word.clone_into(&mut instance.stop_rules.on_shutdown);
            }
            Some(other) => {
                let message = format!(
                    "Value ({other}) for parameter instanceInitiatedShutdownBehavior is invalid."
                );
                return Err(invalid_value(message));
            }
        }
        Ok(Response::Done)
    }

    /// The attributes of an instance that are its interface's: of the only one it has.
    fn modify_primary_interface(
        &mut self,
        account: &str,
        request: &ModifyInstanceAttribute,
    ) -> Result<(), Ec2Error> {
        let id = &request.instance_id;
        let mut interfaces = self.resources.interfaces_of(id);
        let primary = interfaces.next().map(|it| it.id.clone());
        if interfaces.next().is_some() {
            return Err(Ec2Error::new(
                "InvalidInstanceID",
                format!(
                    "There are multiple interfaces attached to instance '{id}'. Please specify an \
                     interface ID for the operation instead."
                ),
            ));
        }
        drop(interfaces);
        let change = crate::api::ModifyNetworkInterfaceAttribute {
            network_interface_id: primary.unwrap_or_default(),
            groups: request.groups.clone(),
            source_dest_check: request.source_dest_check,
            ..Default::default()
        };
        self.modify_network_interface_attribute(account, &change)
            .map(drop)
    }

    fn change_type(&mut self, id: &str, kind: &str) -> Result<(), Ec2Error> {
        if InstanceTypeLimits::of(kind).is_none() {
            let message = format!("Invalid value '{kind}' for InstanceType.");
            return Err(invalid_value(message));
        }
        match self.resources.instances.get_mut(id) {
            Some(instance) if instance.state == InstanceState::Stopped => {
                kind.clone_into(&mut instance.kind);
                Ok(())
            }
            _ => Err(Ec2Error::new(
                "IncorrectInstanceState",
                format!("The instance '{id}' is not in the 'stopped' state."),
            )),
        }
    }
}

/// "You can specify only one attribute at a time." (EC2 API reference, `ModifyInstanceAttribute`)
fn one_attribute(request: &ModifyInstanceAttribute) -> Result<(), Ec2Error> {
    let given = [
        request.disable_api_stop.is_some(),
        request.disable_api_termination.is_some(),
        request.source_dest_check.is_some(),
        request.instance_type.is_some(),
        request.instance_initiated_shutdown_behavior.is_some(),
        !request.groups.is_empty(),
    ];
    match given.into_iter().filter(|it| *it).count() {
        0 => Err(missing_parameter("No attributes specified.")),
        1 => Ok(()),
        _ => Err(Ec2Error::new(
            "InvalidParameterCombination",
            "Fields for multiple attribute types specified",
        )),
    }
}

//! What EC2 refuses to stop, and what it shows of that before.

use super::{
    api::{DescribeSpotInstanceRequests, Ec2Error, Response, SpotInstanceRequest, SpotMarket},
    filters,
    instances::Instance,
    model::{Model, View},
    world::World,
};

/// What bears on whether an instance can be stopped.
#[derive(Clone, Debug, Default)]
pub(super) struct StopRules {
    /// The request that a Spot instance is of.
    pub(super) spot: Option<SpotRequest>,
    /// Its image has an instance store as its root device.
    pub(super) instance_store_root: bool,
    /// `disableApiStop`.
    pub(super) is_protected: bool,
    /// `disableApiTermination`.
    pub(super) keeps_from_termination: bool,
    /// `instanceInitiatedShutdownBehavior`; no guest here shuts down by itself.
    pub(super) on_shutdown: String,
}

#[derive(Clone, Debug)]
pub(super) struct SpotRequest {
    pub(super) id: String,
    pub(super) market: SpotMarket,
}

impl Instance {
    /// The texts are those that users report: terraform-aws-lambda-scheduler-stop-start pull request 8, and
    /// cloud-custodian issue 8003.
    fn check_stop(&self) -> Result<(), Ec2Error> {
        let id = &self.id;
        let rules = &self.stop_rules;
        if rules.instance_store_root {
            let message = format!(
                "The instance '{id}' does not have an 'ebs' root device type and cannot be stopped."
            );
            return Err(Ec2Error::new("UnsupportedOperation", message));
        }
        if rules
            .spot
            .as_ref()
            .is_some_and(|spot| spot.market == SpotMarket::OneTime)
        {
            let message = format!(
                "You can't stop the Spot Instance '{id}' because it is associated with a one-time Spot Instance \
                 request. You can only stop Spot Instances associated with persistent Spot Instance requests."
            );
            return Err(Ec2Error::new("UnsupportedOperation", message));
        }
        self.check_protection("stopped", "disableApiStop")
    }

    /// Stop protection keeps an instance from being terminated by a call, too (EC2 user guide, "Enable stop
    /// protection"). Which attribute EC2 names then is inferred.
    fn check_protection(&self, done: &str, attribute: &str) -> Result<(), Ec2Error> {
        if !self.stop_rules.is_protected {
            return Ok(());
        }
        self.kept(done, attribute)
    }

    fn kept(&self, done: &str, attribute: &str) -> Result<(), Ec2Error> {
        let message = format!(
            "The instance '{}' may not be {done}. Modify its '{attribute}' instance attribute and try again.",
            self.id
        );
        Err(Ec2Error::new("OperationNotPermitted", message))
    }
}

impl Model {
    /// Whether EC2 would stop all of them.
    pub(super) fn check_stops(&self, account: &str, ids: &[String]) -> Result<(), Ec2Error> {
        ids.iter()
            .try_for_each(|id| self.own_instance(account, id)?.check_stop())
    }

    /// Whether EC2 would terminate all of them.
    pub(super) fn check_terminations(&self, account: &str, ids: &[String]) -> Result<(), Ec2Error> {
        ids.iter().try_for_each(|id| {
            let instance = self.own_instance(account, id)?;
            if instance.stop_rules.keeps_from_termination {
                return instance.kept("terminated", "disableApiTermination");
            }
            instance.check_protection("terminated", "disableApiStop")
        })
    }

    /// Sets stop protection.
    pub(super) fn protect_from_stops(&mut self, id: &str, protects: bool) -> Result<(), Ec2Error> {
        let Some(instance) = self.resources.instances.get_mut(id) else {
            return Ok(());
        };
        let rules = &mut instance.stop_rules;
        if protects && (rules.spot.is_some() || rules.instance_store_root) {
            // EC2 user guide, "Enable stop protection"; the code is not known from a real answer.
            let message = "Stop protection is not supported for this instance.";
            return Err(Ec2Error::new("UnsupportedOperation", message));
        }
        rules.is_protected = protects;
        Ok(())
    }
}

/// The filters of the describe, tags aside.
const KNOWN: &[&str] = &["instance-id", "spot-instance-request-id", "type"];

impl View<'_> {
    pub(super) fn describe_spot_instance_requests(
        &self,
        account: &str,
        request: &DescribeSpotInstanceRequests,
    ) -> Result<Response, Ec2Error> {
        filters::check(&request.filters, KNOWN)?;
        let mut found = Vec::new();
        let own = self.resources.instances.values();
        for instance in own.filter(|instance| instance.owner == account) {
            let Some(spot) = &instance.stop_rules.spot else {
                continue;
            };
            let values_of = |name: &str| match name {
                "instance-id" => Some(vec![instance.id.clone()]),
                "spot-instance-request-id" => Some(vec![spot.id.clone()]),
                "type" => Some(vec![spot.market.name().to_owned()]),
                _ => None,
            };
            if filters::passes(&request.filters, &[], values_of)? {
                found.push(SpotInstanceRequest {
                    spot_instance_request_id: spot.id.clone(),
                    instance_id: instance.id.clone(),
                    market: spot.market,
                });
            }
        }
        Ok(Response::DescribeSpotInstanceRequests(found))
    }
}

impl World {
    /// The instance is a Spot instance, as if it had been launched so.
    pub fn make_spot(&mut self, instance_id: &str, market: SpotMarket) {
        self.change(|model| {
            let id = model.ids.next("sir");
            if let Some(instance) = model.resources.instances.get_mut(instance_id) {
                instance.stop_rules.spot = Some(SpotRequest { id, market });
            }
        });
    }

    /// The image of the instance has an instance store as its root device.
    pub fn put_root_on_instance_store(&mut self, instance_id: &str) {
        self.change(|model| {
            if let Some(instance) = model.resources.instances.get_mut(instance_id) {
                instance.stop_rules.instance_store_root = true;
            }
        });
    }
}

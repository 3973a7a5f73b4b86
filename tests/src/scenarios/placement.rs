//! A group of instances and the addresses that are theirs, and what may be special about it.
#![expect(
    clippy::missing_panics_doc,
    reason = "a scenario that cannot be set up is a wrong test"
)]

mod observed;
mod owner;
mod watched;

use crate::client::{Client, TestBed};
use crate::explorer::advice::must_be_accepted;
use crate::explorer::promises::{Promises, addresses};
use crate::explorer::{Run, Scenario};
use crate::looks;
use ec2_sim::World;
use ec2_sim::api::{
    Address, AssociateAddress, DisassociateAddress, InstanceNetworkInterfaceSpecification, Request,
    Response, RunInstances, Tag, TagSpecification,
};
use holdfast::events::{Trigger, parse};
use holdfast::settings::Settings;
use owner::{allocate, call, interface};
pub use owner::{
    default_subnet, owner, schedule, seen, start, state_change, state_of, stop, terminate,
};
use std::sync::Arc;
use time::Duration;
use watched::Watched;

/// How long a simulated Lambda may run.
pub const TIMEOUT: Duration = Duration::seconds(120);

/// The group of everything here.
pub const GROUP: (&str, &str) = ("holdfast:group", "web");

/// A group under construction: instances in the default VPC, where EC2 gives each a public IP of its
/// own, and addresses that are tagged with the group.
#[derive(Debug, Clone)]
pub struct Fleet {
    /// EC2.
    pub world: World,
    /// The instances, in the order of their launch.
    pub instances: Vec<String>,
    /// The allocations, in their order.
    pub addresses: Vec<String>,
    settings: Vec<(String, String)>,
}

/// A group without instances and without addresses, with Holdfast enforcing and nobody waiting long.
#[must_use]
pub fn fleet() -> Fleet {
    let settings = [
        ("HOLDFAST_TABLE", "ledger"),
        ("HOLDFAST_MODE", "enforce"),
        ("AWS_REGION", "us-east-1"),
        ("HOLDFAST_POOL_WAIT_SECONDS", "0"),
    ];
    let mut world = World::new();
    world.settings().address_quota = 1000;
    Fleet {
        world,
        instances: Vec::new(),
        addresses: Vec::new(),
        settings: settings
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into(),
    }
}

/// The group's tag and more, which may name another group.
fn tags(more: &[(&str, &str)]) -> Vec<Tag> {
    let is_named = more.iter().any(|(key, _)| *key == GROUP.0);
    let group = (!is_named).then_some(&GROUP);
    group
        .into_iter()
        .chain(more)
        .map(|(key, value)| Tag::new(*key, *value))
        .collect()
}

impl Fleet {
    /// Gives Holdfast a setting.
    #[must_use]
    pub fn set(mut self, key: &str, value: &str) -> Self {
        self.settings.retain(|(known, _)| known != key);
        self.settings.push((key.to_owned(), value.to_owned()));
        self
    }

    /// Changes the world.
    #[must_use]
    pub fn world(mut self, change: impl FnOnce(&mut World)) -> Self {
        change(&mut self.world);
        self
    }

    /// So many free addresses.
    #[must_use]
    pub fn addresses(mut self, count: usize) -> Self {
        for _ in 0..count {
            self = self.address(&[]);
        }
        self
    }

    /// A free address with more tags than the group's.
    #[must_use]
    pub fn address(mut self, more: &[(&str, &str)]) -> Self {
        let allocation = allocate(&mut self.world, tags(more));
        self.addresses.push(allocation);
        self
    }

    /// So many instances, launched by one call and running.
    #[must_use]
    pub fn running(self, count: i32) -> Self {
        self.launched(count, &[]).after(Duration::seconds(30))
    }

    /// One running instance with more tags than the group's.
    #[must_use]
    pub fn running_with(self, more: &[(&str, &str)]) -> Self {
        self.launched(1, more).after(Duration::seconds(30))
    }

    /// So many instances, launched and not running yet.
    #[must_use]
    pub fn launched(self, count: i32, more: &[(&str, &str)]) -> Self {
        self.launch(count, more, Vec::new())
    }

    /// A running instance whose two interfaces have so many private IPs.
    #[must_use]
    pub fn running_on(self, private_ips: &[i32], more: &[(&str, &str)]) -> Self {
        let mut fleet = self;
        let interfaces = (0..).zip(private_ips).map(|(device_index, count)| {
            let network_interface_id = Some(interface(&mut fleet.world, count - 1));
            InstanceNetworkInterfaceSpecification {
                device_index,
                network_interface_id,
                ..InstanceNetworkInterfaceSpecification::default()
            }
        });
        let interfaces = interfaces.collect();
        fleet
            .launch(1, more, interfaces)
            .after(Duration::seconds(30))
    }

    fn launch(
        mut self,
        count: i32,
        more: &[(&str, &str)],
        network_interfaces: Vec<InstanceNetworkInterfaceSpecification>,
    ) -> Self {
        let request = RunInstances {
            min_count: count,
            max_count: count,
            network_interfaces,
            tag_specifications: vec![TagSpecification {
                resource_type: "instance".to_owned(),
                tags: tags(more),
            }],
            ..RunInstances::default()
        };
        let request = Request::RunInstances(request);
        let Response::RunInstances(made) = call(&mut self.world, &request) else {
            unreachable!("RunInstances answers with a reservation")
        };
        let ids = made.instances.into_iter().map(|each| each.instance_id);
        self.instances.extend(ids);
        self
    }

    /// One more instance of the group, launched into a world that goes on.
    #[must_use]
    pub fn launch_into(&self, world: &mut World) -> String {
        let request = RunInstances {
            min_count: 1,
            max_count: 1,
            tag_specifications: vec![TagSpecification {
                resource_type: "instance".to_owned(),
                tags: tags(&[]),
            }],
            ..RunInstances::default()
        };
        match call(world, &Request::RunInstances(request)) {
            Response::RunInstances(made) => made.instances[0].instance_id.clone(),
            other => unreachable!("RunInstances answers with a reservation, not {other:?}"),
        }
    }

    /// The owner takes an address from whatever has it.
    pub fn free(&self, world: &mut World, address: usize) {
        let address = addresses(world).remove(&self.addresses[address]);
        if let Some(association) = address.and_then(|address| address.association) {
            let request = DisassociateAddress {
                association_id: Some(association.association_id),
                public_ip: None,
            };
            call(world, &Request::DisassociateAddress(request));
        }
    }

    /// Lets time pass.
    #[must_use]
    pub fn after(mut self, time: Duration) -> Self {
        self.world.advance(time);
        self
    }

    /// The owner gives an instance an address by hand.
    #[must_use]
    pub fn holding(mut self, instance: usize, address: usize) -> Self {
        let request = AssociateAddress {
            allocation_id: Some(self.addresses[address].clone()),
            instance_id: Some(self.instances[instance].clone()),
            ..AssociateAddress::default()
        };
        call(&mut self.world, &Request::AssociateAddress(request));
        self
    }

    /// An instance is stopped; it is so at once.
    #[must_use]
    pub fn stopped(mut self, instance: usize) -> Self {
        stop(&mut self.world, &self.instances[instance]);
        self.after(Duration::seconds(60))
    }

    /// An instance begins to stop.
    #[must_use]
    pub fn stopping(mut self, instance: usize) -> Self {
        stop(&mut self.world, &self.instances[instance]);
        self
    }

    /// An instance begins to end.
    #[must_use]
    pub fn ending(mut self, instance: usize) -> Self {
        terminate(&mut self.world, &self.instances[instance]);
        self
    }

    /// Auto Scaling has an instance in that lifecycle state.
    #[must_use]
    pub fn in_auto_scaling(mut self, instance: usize, state: &str) -> Self {
        let id = &self.instances[instance];
        self.world.put_into_auto_scaling(id, "web", state);
        self
    }

    /// The test bed on which the function is to act.
    #[must_use]
    pub fn bed(&self) -> Arc<TestBed> {
        TestBed::new(self.world.clone())
    }

    /// The settings.
    #[must_use]
    pub fn settings(&self) -> Settings {
        Settings::read(self.settings.clone()).expect("the scenario's settings are good")
    }

    /// A run of the function for an instance that came into a state.
    #[must_use]
    pub fn deliver(&self, client: Client, instance: usize, state: &str) -> Run<'static> {
        let trigger = parse(&state_change(&self.instances[instance], state))
            .expect("the scenario's events can be read");
        self.run(client, trigger)
    }

    /// A run of the function for a trigger, watched.
    #[must_use]
    pub fn run(&self, client: Client, trigger: Trigger) -> Run<'static> {
        Box::pin(deliver(client, self.settings(), trigger))
    }

    /// Runs the function for an instance that came into a state, with nothing going wrong.
    #[must_use]
    pub fn tell(
        &self,
        bed: &Arc<TestBed>,
        instance: usize,
        came_into: &str,
    ) -> holdfast::report::Report {
        use futures_util::FutureExt;
        let client = bed.client("holdfast-instance-start");
        let run = self.deliver(client, instance, came_into);
        let end = run.now_or_never().expect("no fault stops the run");
        must_be_accepted(&end, bed);
        end.expect("nothing goes wrong here")
    }

    /// As something to be explored: an instance comes into a state, and how it must end.
    #[must_use]
    pub fn scenario(
        self,
        name: &'static str,
        told: (usize, &'static str),
        most_changes: usize,
        goal: impl Fn(&Self, &TestBed) -> Result<(), String> + 'static,
    ) -> Scenario {
        let observe = self.settings().mode == holdfast::settings::Mode::Observe;
        let promises = if observe {
            Promises::of_observe_mode()
        } else {
            Promises::with_changes(most_changes)
        };
        let observing = Arc::new(self.clone().set("HOLDFAST_MODE", "observe"));
        let fleet = Arc::new(self);
        let (for_bed, for_run, for_goal) = (Arc::clone(&fleet), Arc::clone(&fleet), fleet);
        Scenario {
            name,
            bed: Box::new(move || for_bed.bed()),
            deliver: Box::new(move |client| for_run.deliver(client, told.0, told.1)),
            observe: Box::new(move |client| observing.deliver(client, told.0, told.1)),
            goal: Box::new(move |bed| goal(&for_goal, bed)),
            promises,
        }
    }

    /// The instance that has an address now.
    #[must_use]
    pub fn holder(&self, bed: &TestBed, address: usize) -> Option<usize> {
        let address = addresses(&bed.world()).remove(&self.addresses[address])?;
        let id = address.association?.instance_id?;
        self.instances.iter().position(|instance| *instance == id)
    }

    /// The addresses that an instance has now.
    #[must_use]
    pub fn held_by(&self, bed: &TestBed, instance: usize) -> Vec<Address> {
        let is_held = |address: &Address| {
            let association = address.association.as_ref();
            association.and_then(|association| association.instance_id.as_ref())
                == Some(&self.instances[instance])
        };
        addresses(&bed.world())
            .into_values()
            .filter(is_held)
            .collect()
    }

    /// Says when an instance does not have exactly so many addresses.
    ///
    /// # Errors
    /// How many it has.
    pub fn must_hold(&self, bed: &TestBed, instance: usize, count: usize) -> Result<(), String> {
        match self.held_by(bed, instance).len() {
            held if held == count => Ok(()),
            held => Err(format!("instance {instance} has {held} addresses")),
        }
    }
}

async fn deliver(
    client: Client,
    settings: Settings,
    trigger: Trigger,
) -> Result<holdfast::report::Report, holdfast::error::Error> {
    let client = client.acting_as("holdfast-instance-start");
    let delivery = client.delivery(TIMEOUT);
    let bed = std::sync::Arc::clone(client.bed());
    let watched = Watched::new(client);
    let end = looks::start(&bed, watched.ports(), &settings, &trigger, delivery).await;
    watched.check(end.as_ref().ok());
    end
}

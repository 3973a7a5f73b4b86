//! A group of instances and the addresses that are theirs, and what may be special about it.
#![expect(
    clippy::missing_panics_doc,
    reason = "a scenario that cannot be set up is a wrong test"
)]

use crate::explorer::promises::{Promises, Scene, addresses};
use crate::explorer::{Run, Scenario};
use crate::sim::World;
use crate::sim::api::{
    Address, AllocateAddress, AssociateAddress, Caller, CreateNetworkInterface,
    DescribeNetworkInterfaces, Instance, InstanceNetworkInterfaceSpecification, InstanceState,
    Request, Response, RunInstances, StartInstances, StopInstances, Tag, TagSpecification,
    TerminateInstances,
};
use crate::sim::front::{ACCOUNT, Player, Stage};
use holdfast::event::{Trigger, parse};
use holdfast::placement;
use holdfast::ports::Delivery;
use holdfast::settings::Settings;
use serde_json::json;
use std::sync::Arc;
use time::Duration;

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

/// Calls EC2 as the owner; the scenario is wrong if EC2 refuses.
fn call(world: &mut World, request: &Request) -> Response {
    let answer = world.call(&owner(), request, false);
    answer.expect("the scenario's own calls are good")
}

/// Whoever owns the instances.
#[must_use]
pub fn owner() -> Caller {
    Caller::user(ACCOUNT, "owner")
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

    /// The stage on which the function is to act.
    #[must_use]
    pub fn stage(&self) -> Arc<Stage> {
        Stage::new(self.world.clone())
    }

    /// The settings.
    #[must_use]
    pub fn settings(&self) -> Settings {
        Settings::read(self.settings.clone()).expect("the scenario's settings are good")
    }

    /// A run of the function for an instance that came into a state.
    #[must_use]
    pub fn deliver(&self, player: Player, instance: usize, state: &str) -> Run<'static> {
        let trigger = parse(&state_change(&self.instances[instance], state))
            .expect("the scenario's events can be read");
        Box::pin(deliver(player, self.settings(), trigger))
    }

    /// Runs the function for an instance that came into a state, with nothing going wrong.
    #[must_use]
    pub fn tell(
        &self,
        stage: &Arc<Stage>,
        instance: usize,
        came_into: &str,
    ) -> holdfast::report::Report {
        use futures_util::FutureExt;
        let player = stage.player("holdfast-instance-start");
        let run = self.deliver(player, instance, came_into);
        let end = run.now_or_never().expect("no fault stops the run");
        end.expect("nothing goes wrong here")
    }

    /// As something to be explored: an instance comes into a state, and how it must end.
    #[must_use]
    pub fn scenario(
        self,
        name: &'static str,
        told: (usize, &'static str),
        most_changes: usize,
        goal: impl Fn(&Self, &Stage) -> Result<(), String> + 'static,
    ) -> Scenario {
        let observe = self.settings().mode == holdfast::settings::Mode::Observe;
        let promises = if observe {
            Promises::of_observe_mode()
        } else {
            Promises::with_changes(most_changes)
        };
        let fleet = Arc::new(self);
        let (for_stage, for_run, for_goal) = (Arc::clone(&fleet), Arc::clone(&fleet), fleet);
        Scenario {
            name,
            stage: Box::new(move || for_stage.stage()),
            deliver: Box::new(move |player| for_run.deliver(player, told.0, told.1)),
            goal: Box::new(move |stage| goal(&for_goal, stage)),
            promises,
        }
    }

    /// The instance that has an address now.
    #[must_use]
    pub fn holder(&self, stage: &Stage, address: usize) -> Option<usize> {
        let address = addresses(&stage.world()).remove(&self.addresses[address])?;
        let id = address.association?.instance_id?;
        self.instances.iter().position(|instance| *instance == id)
    }

    /// The addresses that an instance has now.
    #[must_use]
    pub fn held_by(&self, stage: &Stage, instance: usize) -> Vec<Address> {
        let is_held = |address: &Address| {
            let association = address.association.as_ref();
            association.and_then(|association| association.instance_id.as_ref())
                == Some(&self.instances[instance])
        };
        addresses(&stage.world())
            .into_values()
            .filter(is_held)
            .collect()
    }

    /// Says when an instance does not have exactly so many addresses.
    ///
    /// # Errors
    /// How many it has.
    pub fn must_hold(&self, stage: &Stage, instance: usize, count: usize) -> Result<(), String> {
        match self.held_by(stage, instance).len() {
            held if held == count => Ok(()),
            held => Err(format!("instance {instance} has {held} addresses")),
        }
    }
}

/// The event by which EC2 tells that an instance came into a state.
#[must_use]
pub fn state_change(instance: &str, state: &str) -> serde_json::Value {
    json!({
        "version": "0",
        "id": format!("{instance}-{state}"),
        "detail-type": "EC2 Instance State-change Notification",
        "source": "aws.ec2",
        "account": ACCOUNT,
        "time": "2026-01-15T12:00:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail": {"instance-id": instance, "state": state}
    })
}

/// The owner stops an instance.
pub fn stop(world: &mut World, instance: &str) {
    let instance_ids = vec![instance.to_owned()];
    let request = StopInstances {
        instance_ids,
        force: false,
    };
    call(world, &Request::StopInstances(request));
}

/// The owner starts an instance again.
pub fn start(world: &mut World, instance: &str) {
    let instance_ids = vec![instance.to_owned()];
    call(
        world,
        &Request::StartInstances(StartInstances { instance_ids }),
    );
}

/// The owner terminates an instance.
pub fn terminate(world: &mut World, instance: &str) {
    let instance_ids = vec![instance.to_owned()];
    let request = TerminateInstances { instance_ids };
    call(world, &Request::TerminateInstances(request));
}

/// What a person sees of an instance.
#[must_use]
pub fn seen(stage: &Stage, instance: &str) -> Option<Instance> {
    Scene::of(&stage.world()).instances.remove(instance)
}

/// The state of an instance.
#[must_use]
pub fn state_of(stage: &Stage, instance: &str) -> Option<InstanceState> {
    seen(stage, instance).map(|instance| instance.state)
}

fn allocate(world: &mut World, tags: Vec<Tag>) -> String {
    let request = AllocateAddress {
        tag_specifications: vec![TagSpecification {
            resource_type: "elastic-ip".to_owned(),
            tags,
        }],
        ..AllocateAddress::default()
    };
    match call(world, &Request::AllocateAddress(request)) {
        Response::AllocateAddress(given) => given.allocation_id,
        other => unreachable!("AllocateAddress answers with an address, not {other:?}"),
    }
}

/// An interface in a subnet of the default VPC, found by the subnet of one that is made on the way.
fn interface(world: &mut World, secondary: i32) -> String {
    let request = CreateNetworkInterface {
        subnet_id: default_subnet(world),
        secondary_private_ip_address_count: secondary,
        ..CreateNetworkInterface::default()
    };
    match call(world, &Request::CreateNetworkInterface(request)) {
        Response::CreateNetworkInterface(made) => made.network_interface_id,
        other => unreachable!("CreateNetworkInterface answers with an interface, not {other:?}"),
    }
}

/// A subnet of the default VPC: that of any instance that is there.
#[must_use]
pub fn default_subnet(world: &World) -> String {
    let request = Request::DescribeNetworkInterfaces(DescribeNetworkInterfaces::default());
    let interfaces = match world.inspect(&owner(), &request) {
        Ok(Response::DescribeNetworkInterfaces { interfaces, .. }) => interfaces,
        other => unreachable!("DescribeNetworkInterfaces answers, not {other:?}"),
    };
    let first = interfaces.into_iter().next();
    first.expect("an instance was launched before").subnet_id
}

async fn deliver(
    player: Player,
    settings: Settings,
    trigger: Trigger,
) -> Result<holdfast::report::Report, holdfast::error::Error> {
    let ports = player.ports();
    let ends_at = holdfast::clock::Clock::now(&player) + TIMEOUT;
    placement::run(&ports, &settings, &trigger, Delivery { ends_at }).await
}

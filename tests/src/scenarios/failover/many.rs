//! Many groups at once, for what happens to all of them in the same moment.

use super::owner::{allocate, call, specified};
use super::{FailoverFixture, TIMEOUT, deliver};
use crate::client::{Client, TestBed};
use crate::explorer::Run;
use crate::looks;
use ec2_sim::World;
use ec2_sim::api::{AssociateAddress, Request, Response, RunInstances};
use holdfast::events::Trigger;
use holdfast::ledger::MemoryLedger;
use holdfast::report::Function;
use std::sync::Arc;
use time::Duration;

/// Those of every fixture.
fn settings() -> Vec<(String, String)> {
    let settings = [
        ("HOLDFAST_TABLE", "ledger"),
        ("HOLDFAST_MODE", "enforce"),
        ("HOLDFAST_STOP_BY_TAG", "allow"),
        ("AWS_REGION", "us-east-1"),
    ];
    let settings = settings.map(|(key, value)| (key.to_owned(), value.to_owned()));
    settings.into()
}

impl FailoverFixture {
    /// Of these members, with nothing that moves. What was done so far is told of by no event.
    pub(super) fn of(mut world: World, members: Vec<String>) -> Self {
        world.take_events();
        Self {
            world,
            members,
            eni: String::new(),
            allocation: String::new(),
            private_ip: String::new(),
            settings: settings(),
        }
    }

    /// The test bed on which the function is to act, with a ledger that is there already.
    #[must_use]
    pub fn bed_with(&self, ledger: MemoryLedger) -> Arc<TestBed> {
        TestBed::with_ledger(self.world.clone(), ledger)
    }

    /// A run of instance-start for a trigger.
    #[must_use]
    pub fn run_start(&self, client: Client, trigger: Trigger) -> Run<'static> {
        let settings = self.settings();
        let client = client.acting_as("holdfast-instance-start");
        Box::pin(async move {
            let (ports, delivery) = (client.ports(), client.delivery(TIMEOUT));
            let function = Function::InstanceStart;
            looks::run(client.bed(), function, ports, &settings, &trigger, delivery).await
        })
    }

    /// A run of the function for a trigger.
    #[must_use]
    pub fn run(&self, client: Client, trigger: Trigger) -> Run<'static> {
        Box::pin(deliver(client, self.settings(), trigger))
    }
}

/// So many groups of two. The first of each has an Elastic IP that moves alone, also when its holder stops. The fixture's
/// members are those that have one.
#[must_use]
pub fn many_groups(count: usize) -> FailoverFixture {
    let mut world = World::new();
    world.settings().address_quota = count;
    let members = (0..count).map(|number| {
        let name = format!("web-{number}");
        let group = ("holdfast:group", name.as_str());
        let holder = launch_two(&mut world, group);
        let tags = [
            group,
            ("holdfast:mover", "eip"),
            ("holdfast:on-stop", "move"),
        ];
        let request = AssociateAddress {
            allocation_id: Some(allocate(&mut world, &tags)),
            instance_id: Some(holder.clone()),
            ..AssociateAddress::default()
        };
        world.advance(Duration::seconds(30));
        call(&mut world, &Request::AssociateAddress(request));
        holder
    });
    let members = members.collect();
    world.advance(Duration::minutes(5));
    FailoverFixture::of(world, members)
}

/// The first of two new members.
fn launch_two(world: &mut World, group: (&str, &str)) -> String {
    let request = RunInstances {
        instance_type: Some("t3.small".to_owned()),
        min_count: 2,
        max_count: 2,
        tag_specifications: specified("instance", &[group]),
        ..RunInstances::default()
    };
    match call(world, &Request::RunInstances(request)) {
        Response::RunInstances(made) => made.instances[0].instance_id.clone(),
        other => unreachable!("RunInstances answers with a reservation, not {other:?}"),
    }
}

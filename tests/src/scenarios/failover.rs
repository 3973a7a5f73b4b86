//! A group of three with something that moves among them, and what may be special about it.
#![expect(
    clippy::missing_panics_doc,
    reason = "a scenario that cannot be set up is a wrong test"
)]

mod asked;
mod many;
mod owner;
mod runs;
mod seen;
mod standbys;
mod watch;
mod worlds;
mod worlds_effects;

use super::placement::{GROUP, schedule, terminate};
use crate::client::{Client, TestBed};
use crate::explorer::advice::must_be_accepted;
use crate::explorer::promises::{Promises, addresses};
use crate::explorer::{Run, Scenario, truth};
use crate::looks;
pub use asked::{plan, switchover};
use ec2_sim::World;
use ec2_sim::alarms::{Alarm, AlarmState};
use ec2_sim::api::{AssociateAddress, NetworkInterface, Request, Tag};
use futures_util::FutureExt;
use holdfast::error::Error;
use holdfast::events::{OperatorCommand, Trigger, parse};
use holdfast::model::ids::InstanceId;
use holdfast::reconcile;
use holdfast::report::{FailoverReport, Function, Report, Subject};
use holdfast::settings::Settings;
pub use many::many_groups;
pub use owner::{
    add_member, attach, detach, new_interface, primary_interface, stop, tag_group, untag_group,
};
use owner::{allocate, call, create_interface, interface, launch, tag};
pub use runs::{first_change, hold_lease, lease, put_lease};
pub use seen::{changes, failed, failed_after_a_sweep, fired, why};
use serde_json::Value;
use std::sync::Arc;
use time::Duration;
pub use watch::{Before, Seen, Watch};
pub use worlds::{of_another_region, second_group};
pub use worlds_effects::{floating_private_ips, last_change_at, security_groups};

/// A security group that allows nothing, of the members' VPC.
pub const CLOSED: &str = "sg-0c105ed";

/// How long a simulated Lambda may run.
pub const TIMEOUT: Duration = Duration::seconds(120);

/// A group under construction: three instances that run and are well, in one subnet.
#[derive(Debug, Clone)]
pub struct FailoverFixture {
    /// EC2 and CloudWatch.
    pub world: World,
    /// The members, in the order in which they stand by.
    pub members: Vec<String>,
    /// The interface that moves, or that has what moves.
    pub eni: String,
    /// The Elastic IP.
    pub allocation: String,
    /// Its private IP.
    pub private_ip: String,
    settings: Vec<(String, String)>,
}

/// Three members that are well, and nothing that moves.
fn members() -> FailoverFixture {
    let mut world = World::new();
    world.settings().address_quota = 1000;
    world.put_security_group(CLOSED, None);
    let members = vec![
        launch(&mut world, "1"),
        launch(&mut world, "2"),
        launch(&mut world, "3"),
    ];
    world.advance(Duration::seconds(300));
    for member in &members {
        let alarm = Alarm::on_status_checks(&alarm_of(member), member);
        world
            .put_alarm(alarm)
            .expect("an alarm on one metric is good");
        world.set_alarm(&alarm_of(member), AlarmState::Ok);
    }
    FailoverFixture::of(world, members)
}

/// The name of the alarm on a member's status checks.
#[must_use]
pub fn alarm_of(member: &str) -> String {
    format!("{member}-status")
}

/// The first member has an interface that moves, with an Elastic IP on it.
#[must_use]
pub fn floating_interface() -> FailoverFixture {
    let mut trio = members();
    trio.eni = create_interface(&mut trio.world, 0, &[GROUP]);
    trio.allocation = allocate(&mut trio.world, &[("holdfast:protect", "reclaim")]);
    attach(&mut trio.world, &trio.eni, &trio.members[0], 1);
    trio.associate_with_primary();
    trio.at_rest()
}

/// The first member has an Elastic IP that moves alone.
#[must_use]
pub fn floating_address() -> FailoverFixture {
    let mut trio = members();
    trio.allocation = allocate(&mut trio.world, &[GROUP, ("holdfast:mover", "eip")]);
    trio.eni = owner::primary_interface(&trio.world, &trio.members[0]);
    trio.associate_with_primary();
    trio.at_rest()
}

/// The first member has a secondary private IP that moves, with an Elastic IP on it.
#[must_use]
pub fn floating_private_ip() -> FailoverFixture {
    let mut trio = members();
    trio.allocation = allocate(&mut trio.world, &[GROUP, ("holdfast:mover", "ip")]);
    trio.eni = owner::primary_interface(&trio.world, &trio.members[0]);
    trio.private_ip = owner::add_private_ip(&mut trio.world, &trio.eni);
    let request = AssociateAddress {
        allocation_id: Some(trio.allocation.clone()),
        network_interface_id: Some(trio.eni.clone()),
        private_ip_address: Some(trio.private_ip.clone()),
        ..AssociateAddress::default()
    };
    call(&mut trio.world, &Request::AssociateAddress(request));
    trio.at_rest()
}

impl FailoverFixture {
    fn associate_with_primary(&mut self) {
        let private = &interface(&self.world, &self.eni)
            .expect("it is there")
            .private_ip_addresses[0];
        self.private_ip.clone_from(&private.private_ip_address);
        let request = AssociateAddress {
            allocation_id: Some(self.allocation.clone()),
            network_interface_id: Some(self.eni.clone()),
            ..AssociateAddress::default()
        };
        call(&mut self.world, &Request::AssociateAddress(request));
    }

    /// Another member has an Elastic IP of the group as well.
    pub fn hold_another(&mut self, member: usize) {
        let allocation = allocate(&mut self.world, &[GROUP]);
        let request = AssociateAddress {
            allocation_id: Some(allocation),
            network_interface_id: Some(owner::primary_interface(
                &self.world,
                &self.members[member],
            )),
            ..AssociateAddress::default()
        };
        call(&mut self.world, &Request::AssociateAddress(request));
    }

    fn at_rest(mut self) -> Self {
        self.world.advance(Duration::seconds(60));
        self.world.take_events();
        self
    }

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

    /// EC2 takes so long to detach an interface, and to attach one.
    #[must_use]
    pub fn delays(self, detach: Duration, attach: Duration) -> Self {
        self.world(|world| {
            world.settings().detach_delay = detach;
            world.settings().forced_detach_delay = detach;
            world.settings().attach_delay = attach;
        })
    }

    /// Gives what moves another tag.
    #[must_use]
    pub fn tagged(mut self, key: &str, value: &str) -> Self {
        let carrier = interface(&self.world, &self.eni).expect("it is there");
        let is_grouped = carrier.tags.iter().any(|tag| tag.key == GROUP.0);
        let id = if is_grouped {
            &self.eni
        } else {
            &self.allocation
        };
        tag(&mut self.world, id, &[Tag::new(key, value)]);
        self
    }

    /// The id of the association of the Elastic IP.
    #[must_use]
    pub fn association(&self) -> Option<String> {
        let address = addresses(&self.world).remove(&self.allocation)?;
        address.association.map(|it| it.association_id)
    }

    /// An Elastic IP that has nothing to do with the group.
    pub fn another_address(&mut self) -> String {
        allocate(&mut self.world, &[])
    }

    /// Gives a member another interface of its own.
    #[must_use]
    pub fn with_interface(mut self, member: usize, device_index: i32) -> Self {
        let eni = create_interface(&mut self.world, 0, &[]);
        attach(&mut self.world, &eni, &self.members[member], device_index);
        self.at_rest()
    }

    /// Lets time pass.
    #[must_use]
    pub fn after(mut self, seconds: i64) -> Self {
        self.world.advance(Duration::seconds(seconds));
        self
    }

    /// The status checks of a member fail, and its alarm fires.
    #[must_use]
    pub fn failing(mut self, member: usize) -> Self {
        fail(&mut self.world, &self.members[member]);
        self
    }

    /// A member is stopped by somebody.
    #[must_use]
    pub fn stopped(mut self, member: usize) -> Self {
        stop(&mut self.world, &self.members[member]);
        self.after(60)
    }

    /// A member is terminated by somebody.
    #[must_use]
    pub fn terminated(mut self, member: usize) -> Self {
        terminate(&mut self.world, &self.members[member]);
        self.after(60)
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

    /// The event of a member's alarm.
    #[must_use]
    pub fn alarm(&self, member: usize) -> Value {
        alarm_event(&self.world, &self.members[member])
    }

    /// A run of the function for an event.
    #[must_use]
    pub fn deliver(&self, client: Client, event: &Value) -> Run<'static> {
        self.run(
            client,
            parse(event).expect("the scenario's events can be read"),
        )
    }

    /// A run of instance-start for an event.
    #[must_use]
    pub fn start(&self, client: Client, event: &Value) -> Run<'static> {
        self.run_start(
            client,
            parse(event).expect("the scenario's events can be read"),
        )
    }

    /// Runs the function for an event.
    ///
    /// # Errors
    /// The function's own.
    pub fn try_told(&self, bed: &Arc<TestBed>, event: &Value) -> Result<Report, Error> {
        let run = self.deliver(bed.client("holdfast-alarm-failover"), event);
        let end = run.now_or_never().expect("no fault stops the run");
        runs::all_had_their_lease(bed);
        must_be_accepted(&end, bed);
        end
    }

    /// Runs the function for an event, with nothing going wrong.
    #[must_use]
    pub fn told(&self, bed: &Arc<TestBed>, event: &Value) -> Report {
        self.try_told(bed, event).expect("nothing goes wrong here")
    }

    /// Runs reconcile on the schedule, with nothing going wrong.
    #[must_use]
    pub fn swept(&self, bed: &Arc<TestBed>) -> Report {
        let client = bed.client("holdfast-reconcile");
        let trigger = parse(&schedule()).expect("the schedule can be read");
        let (ports, settings) = (client.ports(), self.settings());
        let delivery = client.delivery(runs::SWEEP_TIMEOUT);
        let run = reconcile::run(&ports, &settings, &trigger, delivery);
        let end = run.now_or_never().expect("no fault stops the run");
        runs::all_had_their_lease(bed);
        let report = end.expect("nothing goes wrong here");
        let wrong = truth::false_statements(&report, &bed.world());
        assert_eq!(wrong, Vec::<String>::new());
        report
    }

    /// As something to be explored: an event arrives, and the first of the two that are well has it all.
    #[must_use]
    pub fn scenario(
        self,
        name: &'static str,
        event: Value,
        most_changes: usize,
        goal: impl Fn(&Self, &TestBed) -> Result<(), String> + 'static,
    ) -> Scenario {
        let observe = self.settings().mode == holdfast::settings::Mode::Observe;
        let promises = if observe {
            Promises::of_observe_mode()
        } else {
            Promises::with_changes(most_changes)
        };
        let observing = self.clone().set("HOLDFAST_MODE", "observe");
        let trio = Arc::new(self);
        let (for_bed, for_run, for_goal) = (Arc::clone(&trio), Arc::clone(&trio), trio);
        Scenario {
            name,
            bed: Box::new(move || for_bed.bed()),
            observe: Box::new({
                let event = event.clone();
                move |client| observing.deliver(client, &event)
            }),
            deliver: Box::new(move |client| for_run.deliver(client, &event)),
            goal: Box::new(move |bed| goal(&for_goal, bed)),
            promises,
        }
    }

    /// The member that has the Elastic IP now.
    #[must_use]
    pub fn holder(&self, bed: &TestBed) -> Option<usize> {
        let address = addresses(&bed.world()).remove(&self.allocation)?;
        let id = address.association?.instance_id?;
        self.members.iter().position(|member| *member == id)
    }

    /// The interface as it is now.
    #[must_use]
    pub fn interface(&self, bed: &TestBed) -> Option<NetworkInterface> {
        interface(&bed.world(), &self.eni)
    }

    /// Says when a member does not have the address in the end.
    ///
    /// # Errors
    /// Who has it.
    pub fn must_be_with(&self, bed: &TestBed, member: usize) -> Result<(), String> {
        match self.holder(bed) {
            Some(holder) if holder == member => Ok(()),
            other => Err(format!("the address is with {other:?}, not with {member}")),
        }
    }
}

/// What a report says of a failover.
#[must_use]
pub fn failover_in(report: &Report) -> &FailoverReport {
    match &report.subject {
        Subject::Failover(failover) => failover,
        other => panic!("the report is about {other:?}"),
    }
}

/// The status checks of an instance fail, and its alarm fires.
pub fn fail(world: &mut World, instance: &str) {
    world.impair(instance, true, false);
    world.set_alarm(&alarm_of(instance), AlarmState::Alarm);
}

/// The status checks of an instance pass again, and its alarm knows.
pub fn heal(world: &mut World, instance: &str) {
    world.impair(instance, false, false);
    world.set_alarm(&alarm_of(instance), AlarmState::Ok);
}

/// The event by which EventBridge tells that the alarm of an instance fires.
#[must_use]
pub fn alarm_event(world: &World, instance: &str) -> Value {
    let mut world = world.clone();
    let events = world.take_events();
    let name = alarm_of(instance);
    let is_it = |event: &&Value| {
        event["detail"]["alarmName"] == name.as_str()
            && event["detail"]["state"]["value"] == "ALARM"
    };
    events
        .iter()
        .rfind(is_it)
        .cloned()
        .expect("the alarm has fired")
}

async fn deliver(client: Client, settings: Settings, trigger: Trigger) -> Result<Report, Error> {
    let client = client.acting_as("holdfast-alarm-failover");
    match &trigger {
        Trigger::Command(OperatorCommand::Switchover { to, .. }) => {
            client.is_asked(to.as_ref().map(InstanceId::as_str));
        }
        Trigger::Command(OperatorCommand::Failback { .. }) => client.is_asked(None),
        _ => {}
    }
    let (ports, delivery) = (client.ports(), client.delivery(TIMEOUT));
    let function = Function::AlarmFailover;
    looks::run(client.bed(), function, ports, &settings, &trigger, delivery).await
}

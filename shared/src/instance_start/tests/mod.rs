//! What placement decides, in sentences, without a clock or a cloud; and what it then does in a small EC2.

mod attempts;
mod auto_scaling;
mod choice;
mod ec2;
mod effects;
mod groups;
mod handing_over;
mod messages;
mod sharing;
mod starts;
mod stops;
mod waits;

use super::decide;
use super::plan::{Decision, PlacementPlan, Placements, PlannedAssociation};
use super::state::{Observed, ToldState};
use crate::model::auto_scaling::{GROUP_TAG, LifecycleState};
use crate::model::elastic_ip::{Address, Association, Pool};
use crate::model::former_target::FormerTarget;
use crate::model::former_target::LastTarget;
use crate::model::ids::InstanceId;
use crate::model::instance::{AttachedInterface, Instance, InstanceState, PrivateIp, PublicIp};
use crate::model::interface::{Attachment, AttachmentState, Interface, OtherIps};
use crate::model::tags::Tags;
use crate::settings::Settings;
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use time::macros::datetime;

/// A group `web` as it is seen: addresses by number, instances by number.
#[derive(Clone)]
struct Seen {
    observed: Observed,
    settings: Vec<(String, String)>,
    looked_before: bool,
}

fn seen() -> Seen {
    let settings = [
        ("HOLDFAST_TABLE", "ledger"),
        ("HOLDFAST_MODE", "enforce"),
        ("AWS_REGION", "eu-west-1"),
    ];
    Seen {
        observed: Observed {
            at: datetime!(2026-03-07 12:00:00 UTC),
            addresses: Vec::new(),
            instances: Vec::new(),
            interfaces: Vec::new(),
            last_held: BTreeMap::new(),
            last_targets: BTreeMap::new(),
            alarming: BTreeSet::new(),
            told_states: BTreeMap::new(),
            refused: BTreeSet::new(),
        },
        settings: settings
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into(),
        looked_before: false,
    }
}

fn id(number: u8) -> InstanceId {
    format!("i-{number:02}").parse().unwrap()
}

fn ip(number: u8) -> Ipv4Addr {
    Ipv4Addr::new(203, 0, 113, number)
}

fn private_ip(instance: u8, index: u8) -> Ipv4Addr {
    Ipv4Addr::new(10, 0, instance, index)
}

fn tags(more: &[(&str, &str)]) -> Tags {
    let group = [("holdfast:group", "web")];
    group
        .iter()
        .chain(more)
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

impl Seen {
    /// The address 203.0.113.`number`, free.
    fn address(mut self, number: u8, more: &[(&str, &str)]) -> Self {
        self.observed.addresses.push(Address {
            allocation: format!("eipalloc-{number:02}").parse().unwrap(),
            ip: ip(number),
            pool: Pool::Amazon,
            border_group: None,
            tags: tags(more),
            association: None,
            service_managed: None,
        });
        self
    }

    /// The same, with an instance, on its primary private IP.
    fn address_on(self, number: u8, instance: u8, more: &[(&str, &str)]) -> Self {
        self.address(number, more).change(number, |address| {
            address.association = Some(Association {
                id: format!("eipassoc-{number:02}").parse().unwrap(),
                eni: Some(format!("eni-{instance:02}").parse().unwrap()),
                private_ip: Some(private_ip(instance, 0)),
                instance: Some(id(instance)),
            });
        })
    }

    fn change(mut self, number: u8, change: impl Fn(&mut Address)) -> Self {
        let address = self.observed.addresses.iter_mut();
        address
            .filter(|each| each.ip == ip(number))
            .for_each(change);
        self
    }

    /// An instance with one interface and so many private IPs.
    fn instance(
        mut self,
        number: u8,
        state: InstanceState,
        private_ips: u8,
        more: &[(&str, &str)],
    ) -> Self {
        let plain = |index| PrivateIp {
            ip: private_ip(number, index),
            public: None,
        };
        self.observed.instances.push(Instance {
            id: id(number),
            state,
            tags: tags(more),
            launched_at: self.observed.at,
            stop_limit: None,
            zone_id: None,
            zone: None,
            kind: None,
            interfaces: vec![AttachedInterface {
                id: format!("eni-{number:02}").parse().unwrap(),
                device_index: 0,
                card_index: 0,
                state: None,
                subnet: None,
                service_managed: false,
                private_ips: (0..private_ips).map(plain).collect(),
                other_ips: OtherIps::default(),
            }],
        });
        self
    }

    fn running(self, number: u8) -> Self {
        self.instance(number, InstanceState::Running, 1, &[])
    }

    fn running_with(self, number: u8, more: &[(&str, &str)]) -> Self {
        self.instance(number, InstanceState::Running, 1, more)
    }

    fn in_state(self, number: u8, state: InstanceState) -> Self {
        self.instance(number, state, 1, &[])
    }

    /// An instance's next interface, with so many private IPs.
    fn with_interface(mut self, number: u8, eni: &str, private_ips: u8) -> Self {
        let mut instances = self.observed.instances.iter_mut();
        let instance = instances.find(|each| each.id == id(number)).unwrap();
        let mut interface = instance.interfaces[0].clone();
        interface.id = eni.parse().unwrap();
        interface.device_index = 1;
        let plain = |index| PrivateIp {
            ip: private_ip(number, 100 + index),
            public: None,
        };
        interface.private_ips = (0..private_ips).map(plain).collect();
        instance.interfaces.push(interface);
        self
    }

    /// An interface that is tagged with a group, at an instance's device index if it is attached.
    fn tagged_interface(mut self, eni: &str, group: &str, at: Option<(u8, i32)>) -> Self {
        let mut interface = Interface::bare(eni.parse().unwrap());
        let group = ("holdfast:group".to_owned(), group.to_owned());
        interface.tags = [group].into();
        interface.attachment = at.map(|(instance, device_index)| Attachment {
            id: "eni-attach-01".parse().unwrap(),
            instance: Some(id(instance)),
            device_index,
            card_index: 0,
            state: AttachmentState::Attached,
            delete_on_termination: false,
            since: None,
        });
        self.observed.interfaces.push(interface);
        self
    }

    /// An interface of a group that stays with its instance, and whose secondary private IPs move by themselves. The
    /// first address is on one of them.
    fn private_ips_floating(mut self, eni: &str, device_index: i32) -> Self {
        let address = &self.observed.addresses[0];
        let ip = address.association.as_ref().and_then(|it| it.private_ip);
        self = self.tagged_interface(eni, "web", Some((2, device_index)));
        if let Some(interface) = self.observed.interfaces.last_mut() {
            let mover = ("holdfast:mover".to_owned(), "ip".to_owned());
            interface.tags.extend([mover]);
            interface.private_ips = ip.map(|ip| (ip, None)).into_iter().collect();
        }
        self
    }

    /// The address is on that interface, with an instance or with none.
    fn on_interface(self, number: u8, eni: &str, instance: Option<u8>) -> Self {
        self.change(number, |address| {
            address.association = Some(Association {
                id: format!("eipassoc-{number:02}").parse().unwrap(),
                eni: Some(eni.parse().unwrap()),
                private_ip: Some(private_ip(200, number)),
                instance: instance.map(id),
            });
        })
    }

    /// What an instance's first private IP shows outside.
    fn shows(mut self, number: u8, ip: Ipv4Addr, auto_assigned: bool) -> Self {
        let mut instances = self.observed.instances.iter_mut();
        let instance = instances.find(|each| each.id == id(number)).unwrap();
        let public = PublicIp { ip, auto_assigned };
        instance.interfaces[0].private_ips[0].public = Some(public);
        self
    }

    fn last_held(mut self, address: u8, by: u8) -> Self {
        let allocation = format!("eipalloc-{address:02}").parse().unwrap();
        self.observed.last_held.insert(allocation, id(by));
        self
    }

    /// The ledger has noted where an address was last.
    fn was_at(mut self, address: u8, device_index: i32, position: usize) -> Self {
        let noted = FormerTarget {
            card_index: 0,
            device_index,
            subnet: None,
            position: Some(position),
        };
        let last = LastTarget {
            noted: Some(noted),
            ..LastTarget::default()
        };
        let allocation = format!("eipalloc-{address:02}").parse().unwrap();
        self.observed.last_targets.insert(allocation, last);
        self
    }

    /// An interface has the tag of the one that takes addresses.
    fn tag_target(self, eni: &str) -> Self {
        let mut seen = self.tagged_interface(eni, "", None);
        if let Some(interface) = seen.observed.interfaces.last_mut() {
            let tag = ("holdfast:address-target".to_owned(), "true".to_owned());
            interface.tags = [tag].into();
        }
        seen
    }

    fn looked_before(mut self) -> Self {
        self.looked_before = true;
        self
    }

    /// Auto Scaling has an instance in a lifecycle state.
    fn in_auto_scaling(mut self, number: u8, state: &str) -> Self {
        let mut instances = self.observed.instances.iter_mut();
        let instance = instances.find(|each| each.id == id(number)).unwrap();
        instance.tags.insert(GROUP_TAG.to_owned(), "web".to_owned());
        let told = ToldState::Told(LifecycleState(state.to_owned()));
        self.observed.told_states.insert(id(number), told);
        self
    }

    /// EC2 has refused this address to that instance.
    fn refused(mut self, number: u8, instance: u8) -> Self {
        let allocation = format!("eipalloc-{number:02}").parse().unwrap();
        self.observed.refused.insert((allocation, id(instance)));
        self
    }

    fn set(mut self, key: &str, value: &str) -> Self {
        self.settings.push((key.to_owned(), value.to_owned()));
        self
    }

    fn settings(&self) -> Settings {
        Settings::read(self.settings.clone()).unwrap()
    }

    fn decision(&self, instance: u8) -> Decision {
        decide::start(
            &self.observed,
            &id(instance),
            &self.settings(),
            self.looked_before,
        )
    }

    fn plan(&self, instance: u8) -> PlacementPlan {
        match self.decision(instance) {
            Decision::Target(plan) => plan,
            other => panic!("expected an outlook, decided: {other:?}"),
        }
    }

    /// The one step for an instance.
    fn step(&self, instance: u8) -> PlannedAssociation {
        let mut steps = self.plan(instance).steps;
        assert_eq!(steps.len(), 1, "{steps:?}");
        steps.remove(0)
    }

    fn left(&self, instance: u8) -> String {
        match self.decision(instance) {
            Decision::Leave { why } => why,
            other => panic!("expected it to be left, decided: {other:?}"),
        }
    }

    /// Which address goes to which instance when one stops.
    fn stop(&self, instance: u8) -> Vec<(Ipv4Addr, InstanceId)> {
        let placements = decide::stop(&self.observed, &id(instance), &self.settings());
        placements
            .steps
            .into_iter()
            .map(|step| (step.ip, step.instance))
            .collect()
    }

    /// Which address goes to which instance that waits: by the part of each group, and by a look at all.
    fn waiting(&self) -> Vec<(Ipv4Addr, InstanceId)> {
        let settings = self.settings();
        let placements = decide::waiting(&self.observed, &settings);
        let mut whole = Placements::default();
        for (name, _) in self.observed.parts(&settings.tags) {
            whole.add(decide::waiting_in(name, &self.observed, &settings));
        }
        assert_eq!(placements, whole);
        placements
            .steps
            .into_iter()
            .map(|step| (step.ip, step.instance))
            .collect()
    }

    /// The state after a step was taken.
    fn after(mut self, step: &PlannedAssociation) -> Self {
        self.observed = self.observed.after([step]);
        self
    }
}

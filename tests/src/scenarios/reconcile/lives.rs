//! The lives of one address: every sequence of up to five calls that EC2 carries out, and how it ends.

use crate::client::ACCOUNT;
use crate::explorer::promises::addresses;
use crate::scenarios::estate;
use crate::scenarios::failover::primary_interface;
use ec2_sim::World;
use ec2_sim::api::{
    AllocateAddress, AssociateAddress, Caller, CreateTags, DisassociateAddress, Request, Response,
    Tag,
};
use time::Duration;

const GOOD: &str = "the life's own calls are good";

/// How many calls a life has at the most.
pub const MAX_CALLS: usize = 5;

/// Longer than EC2's answers lag, and far less than what counts as given up.
const BETWEEN_CALLS: Duration = Duration::seconds(10);

/// One call of a life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// `AllocateAddress`, without tags.
    Allocate,
    /// `CreateTags`, which protects it.
    Tag,
    /// `AssociateAddress` with the interface of an instance, whoever has it.
    Associate(Place),
    /// `DisassociateAddress`.
    Disassociate,
    /// `ReleaseAddress`.
    Release,
}

/// One of two instances, by its interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// The first.
    A,
    /// The second.
    B,
}

/// What happens to one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Life {
    /// The ledger knows it from before: protected, and associated with the first instance.
    pub is_known: bool,
    /// Its calls, in order.
    pub steps: Vec<Step>,
}

/// All lives that end with a release; of an address that the ledger knows, or from its allocation on.
#[must_use]
pub fn lives(is_known: bool) -> Vec<Life> {
    let start = Life {
        is_known,
        steps: if is_known {
            vec![]
        } else {
            vec![Step::Allocate]
        },
    };
    let mut unfinished = vec![start];
    let mut all = Vec::new();
    while let Some(life) = unfinished.pop() {
        let mut released = life.clone();
        released.steps.push(Step::Release);
        all.push(released);
        if life.steps.len() + 2 <= MAX_CALLS {
            let next = life.next().into_iter().map(|step| {
                let mut longer = life.clone();
                longer.steps.push(step);
                longer
            });
            unfinished.extend(next);
        }
    }
    all
}

impl Life {
    fn next(&self) -> Vec<Step> {
        let mut next = Vec::new();
        if !self.is_tagged() {
            next.push(Step::Tag);
        }
        match self.place() {
            Some(Place::A) => next.extend([Step::Associate(Place::B), Step::Disassociate]),
            Some(Place::B) => next.extend([Step::Associate(Place::A), Step::Disassociate]),
            None if self.last_place().is_none() => next.push(Step::Associate(Place::A)),
            None => next.extend([Place::A, Place::B].map(Step::Associate)),
        }
        next
    }

    fn is_tagged(&self) -> bool {
        self.is_known || self.steps.contains(&Step::Tag)
    }

    /// Where it is in the end.
    fn place(&self) -> Option<Place> {
        let start = self.is_known.then_some(Place::A);
        self.steps.iter().fold(start, |place, step| match step {
            Step::Associate(place) => Some(*place),
            Step::Disassociate => None,
            _ => place,
        })
    }

    /// Where it was last.
    fn last_place(&self) -> Option<Place> {
        let start = self.is_known.then_some(Place::A);
        self.steps.iter().fold(start, |place, step| match step {
            Step::Associate(place) => Some(*place),
            _ => place,
        })
    }

    /// Where it has to be in the end: not with the account at all, with it, or with one of the instances.
    #[must_use]
    pub fn wanted(&self) -> Option<Option<Place>> {
        self.is_tagged().then(|| self.last_place())
    }
}

/// The account in which a life takes place.
#[derive(Debug, Clone)]
pub struct Account {
    /// EC2.
    pub world: World,
    /// The interfaces of the two instances.
    instances: [String; 2],
    interfaces: [String; 2],
    names_instances: bool,
    allocation: String,
    /// The address.
    pub ip: String,
}

fn owner() -> Caller {
    Caller::user(ACCOUNT, "owner")
}

impl Default for Account {
    fn default() -> Self {
        Self::new()
    }
}

impl Account {
    /// Two running instances.
    #[must_use]
    pub fn new() -> Self {
        let mut world = World::new();
        world.settings().looked_up_after = Duration::minutes(15);
        let instances = [(); 2].map(|()| estate::launch(&mut world, &owner(), vec![]).expect(GOOD));
        world.advance(Duration::minutes(5));
        let interfaces = [0, 1].map(|number| primary_interface(&world, &instances[number]));
        drop(world.take_events());
        Self {
            world,
            instances,
            interfaces,
            names_instances: false,
            allocation: String::new(),
            ip: String::new(),
        }
    }

    /// Whoever associates names an instance, and no interface.
    #[must_use]
    pub fn naming_instances(mut self) -> Self {
        self.names_instances = true;
        self
    }

    /// Somebody makes the call.
    pub fn take(&mut self, step: Step) {
        match step {
            Step::Allocate => self.allocate(vec![]),
            Step::Tag => self.call(&Request::CreateTags(CreateTags {
                resources: vec![self.allocation.clone()],
                tags: vec![protected()],
            })),
            Step::Associate(place) if self.names_instances => {
                self.call(&Request::AssociateAddress(AssociateAddress {
                    allocation_id: Some(self.allocation.clone()),
                    instance_id: Some(self.instances[usize::from(place == Place::B)].clone()),
                    allow_reassociation: Some(true),
                    ..AssociateAddress::default()
                }));
            }
            Step::Associate(place) => self.call(&Request::AssociateAddress(AssociateAddress {
                allocation_id: Some(self.allocation.clone()),
                network_interface_id: Some(self.interface(place).to_owned()),
                allow_reassociation: Some(true),
                private_ip_address: Some(self.private_ip(place)),
                ..AssociateAddress::default()
            })),
            Step::Disassociate => {
                let held = addresses(&self.world).remove(&self.allocation);
                let association = held.and_then(|held| held.association);
                self.call(&Request::DisassociateAddress(DisassociateAddress {
                    association_id: association.map(|it| it.association_id),
                    ..DisassociateAddress::default()
                }));
            }
            Step::Release => {
                estate::release(&mut self.world, &owner(), &self.allocation).expect(GOOD);
            }
        }
        self.world.advance(BETWEEN_CALLS);
    }

    /// An address that is there before its life is looked at.
    pub fn begin_known(&mut self) {
        self.allocate(vec![protected()]);
        self.take(Step::Associate(Place::A));
        self.world.advance(Duration::hours(2));
        drop(self.world.take_events());
    }

    fn allocate(&mut self, tags: Vec<Tag>) {
        let request = AllocateAddress::default();
        let given = estate::allocate(&mut self.world, &owner(), request, tags).expect(GOOD);
        self.allocation = given.allocation_id;
        self.ip = given.public_ip;
    }

    fn call(&mut self, request: &Request) {
        let answer = self.world.call(&owner(), request, false);
        assert!(answer.is_ok(), "{GOOD}: {answer:?}");
    }

    fn interface(&self, place: Place) -> &str {
        let [a, b] = &self.interfaces;
        match place {
            Place::A => a,
            Place::B => b,
        }
    }

    fn private_ip(&self, place: Place) -> String {
        let request =
            Request::DescribeNetworkInterfaces(ec2_sim::api::DescribeNetworkInterfaces::default());
        let Ok(Response::DescribeNetworkInterfaces { interfaces, .. }) =
            self.world.inspect(&owner(), &request)
        else {
            panic!("{GOOD}");
        };
        let eni = self.interface(place);
        let mut shown = interfaces.into_iter();
        let shown = shown.find(|it| it.network_interface_id == eni).expect(GOOD);
        let first = shown.private_ip_addresses.into_iter().next();
        first.expect(GOOD).private_ip_address
    }

    /// Where the address is, if the account has it.
    #[must_use]
    pub fn whereabouts(&self, world: &World) -> Option<Option<Place>> {
        let held = addresses(world)
            .into_values()
            .find(|it| it.public_ip == self.ip)?;
        let eni = held.association.map(|it| it.network_interface_id);
        Some(eni.map(|eni| {
            if eni == self.interface(Place::A) {
                Place::A
            } else {
                Place::B
            }
        }))
    }

    /// The allocation whose life it is.
    #[must_use]
    pub fn released(&self) -> &str {
        &self.allocation
    }
}

fn protected() -> Tag {
    Tag::new("holdfast:protect", "reclaim")
}

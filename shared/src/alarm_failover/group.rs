//! A group as its tags show it: who belongs to it, and what it has to keep with a healthy member. Pure
//! reading, nothing is decided here.

use super::early_answers::Shown;
use super::state::Observed;
use crate::groups::{
    Locations, UnreadableTag, addresses_of, floating_group, floating_private_ips, holder,
    is_of_group, members_of, mover_of, priority, unreadable, value_of,
};
use crate::model::elastic_ip::Address;
use crate::model::ids::{AllocationId, EniId, InstanceId, SubnetId};
use crate::model::instance::{AttachedInterface, Instance, InstanceState};
use crate::model::interface::{Attachment, AttachmentState, Interface};
use crate::model::tags::Tags;
use crate::settings::{Fencing, Mover, OnStop, Settings};
use std::collections::{BTreeSet, HashMap};
use std::net::Ipv4Addr;

/// One group.
#[derive(Debug, Clone)]
pub struct Group<'a> {
    /// Its name, the value of the tag.
    pub name: &'a str,
    /// Its instances, whatever state they are in, in the order in which they stand by.
    pub members: Vec<&'a Instance>,
    /// What it has to keep with a healthy member.
    pub resources: Vec<Resource<'a>>,
    /// Its Elastic IPs that are associated with nothing.
    pub free: Vec<&'a Address>,
    /// Where things are in the look that it was found in.
    pub(super) locations: Locations<'a>,
    by_id: HashMap<&'a InstanceId, &'a Instance>,
}

/// Something that is to be with a healthy member.
#[derive(Debug, Clone)]
pub struct Resource<'a> {
    /// What moves.
    pub cargo: ResourceKind<'a>,
    /// Where it is.
    pub location: Location,
    /// How its tag wants it to move.
    pub mover: Mover,
    /// The tags that it goes by.
    pub tags: &'a Tags,
    /// The Elastic IPs that move with it.
    pub public_ips: Vec<Ipv4Addr>,
}

/// What moves.
#[derive(Debug, Clone)]
pub enum ResourceKind<'a> {
    /// A whole interface.
    Interface(&'a Interface),
    /// Private IPs of an interface that itself stays.
    PrivateIps {
        /// The interface that has them.
        from: EniId,
        /// Its subnet.
        subnet: Option<SubnetId>,
        /// The private IPs.
        ips: Vec<Ipv4Addr>,
        /// Whether nothing but the tag of their interface says that they are the group's: on one without
        /// it they would be nobody's.
        by_interface: bool,
    },
    /// An Elastic IP alone.
    Address(&'a Address),
}

/// What something is called from one look to the next.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ResourceId {
    /// An interface.
    Interface(EniId),
    /// Private IPs, by the first of them.
    PrivateIps(Option<Ipv4Addr>),
    /// An Elastic IP.
    Address(AllocationId),
}

/// Where something is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// With an instance, or on its way there.
    Held(InstanceId),
    /// On its way from an instance.
    Detaching(InstanceId),
    /// With nobody.
    Unheld,
}

impl Location {
    /// The instance that has it, or that is losing it.
    #[must_use]
    pub fn instance(&self) -> Option<&InstanceId> {
        match self {
            Self::Held(instance) | Self::Detaching(instance) => Some(instance),
            Self::Unheld => None,
        }
    }
}

impl Resource<'_> {
    /// What it is called.
    #[must_use]
    pub fn id(&self) -> ResourceId {
        match &self.cargo {
            ResourceKind::Interface(interface) => ResourceId::Interface(interface.id.clone()),
            ResourceKind::PrivateIps { ips, .. } => ResourceId::PrivateIps(ips.first().copied()),
            ResourceKind::Address(address) => ResourceId::Address(address.allocation.clone()),
        }
    }

    /// Whether one of these instances has it, or is losing it.
    #[must_use]
    pub fn is_held_by(&self, instances: &BTreeSet<InstanceId>) -> bool {
        let holder = self.location.instance();
        holder.is_some_and(|holder| instances.contains(holder))
    }

    /// Whether it goes when its holder came into a state in which it does not run. An interface, and what is on
    /// it, goes unless its tag says otherwise: nobody else would take care of it. The tag is for a stop: from a
    /// holder that is being terminated it goes, before it is lost with it. An Elastic IP goes by its tag or the
    /// setting, since instance-start takes care of it too.
    #[must_use]
    pub fn leaves_holder_in(&self, state: Option<InstanceState>, settings: &Settings) -> bool {
        let own = value_of(self.tags, &settings.tags.on_stop);
        let is_terminating = state.is_some_and(InstanceState::is_terminating);
        match self.cargo {
            ResourceKind::Address(_) => own.unwrap_or(settings.on_stop) == OnStop::Move,
            ResourceKind::Interface(_) | ResourceKind::PrivateIps { .. } => {
                is_terminating || own.unwrap_or(OnStop::Move) == OnStop::Move
            }
        }
    }
}

impl Resource<'_> {
    /// Whether the first member that runs can serve it: an interface, or what is on one, is with nobody. Or it is with an
    /// instance that does not run, and is not to keep it. An Elastic IP alone is instance-start's to give then.
    #[must_use]
    pub fn waits_for_a_member(&self, observed: &Observed, settings: &Settings) -> bool {
        if matches!(self.cargo, ResourceKind::Address(_)) {
            return false;
        }
        match &self.location {
            Location::Unheld => true,
            Location::Detaching(holder) => observed.is_down(holder),
            Location::Held(holder) => {
                observed.is_down(holder)
                    && self.leaves_holder_in(observed.state_of(holder), settings)
            }
        }
    }
}

impl<'a> Group<'a> {
    /// The group of that name. `pending_reassociation` are the addresses that an earlier run may have left free.
    #[must_use]
    pub fn named(
        name: &'a str,
        observed: &'a Observed,
        settings: &Settings,
        pending_reassociation: &[AllocationId],
    ) -> Self {
        let keys = &settings.tags;
        let mut members: Vec<&Instance> = members_of(name, &observed.instances, keys).collect();
        members.sort_by_key(|member| (priority(member, keys), member.id.clone()));
        let addresses = || addresses_of(name, &observed.addresses, keys);
        let mut group = Self {
            name,
            by_id: members.iter().map(|it| (&it.id, *it)).collect(),
            members,
            locations: Locations::of(observed.everything()),
            resources: Vec::new(),
            free: addresses()
                .filter(|address| address.association.is_none())
                .collect(),
        };
        for interface in &observed.interfaces {
            if is_of_group(&interface.tags, name, keys) && !interface.is_aws_managed() {
                group.add_interface(interface, settings);
            }
        }
        let riding = group.resources.iter().flat_map(|it| &it.public_ips);
        let riding: BTreeSet<Ipv4Addr> = riding.copied().collect();
        // What is with nobody rides on nothing, whatever an interface still shows.
        let stays = |it: &&Address| it.association.is_none() || !riding.contains(&it.ip);
        for address in addresses().filter(stays) {
            group.add_address(address, settings, pending_reassociation);
        }
        group
    }

    /// The member with that id.
    #[must_use]
    pub fn member(&self, id: &InstanceId) -> Option<&'a Instance> {
        self.by_id.get(id).copied()
    }

    /// The tags of its members and of what moves that do not count, each with whose it is.
    #[must_use]
    pub fn unreadable_tags(&self, settings: &Settings) -> Vec<(String, UnreadableTag)> {
        let members = self.members.iter().map(|it| (it.id.to_string(), &it.tags));
        let resources = self
            .resources
            .iter()
            .map(|it| (it.id().to_string(), it.tags));
        let all = members.chain(resources);
        all.flat_map(|(whose, tags)| {
            let found = unreadable(tags, &settings.tags).into_iter();
            let found = found.chain(refused_stop(tags, settings));
            found.map(move |tag| (whose.clone(), tag))
        })
        .collect()
    }

    /// The members that hold something.
    #[must_use]
    pub fn holders(&self) -> BTreeSet<InstanceId> {
        let seats = self
            .resources
            .iter()
            .filter_map(|resource| resource.location.instance());
        seats.cloned().collect()
    }

    fn add_interface(&mut self, interface: &'a Interface, settings: &Settings) {
        let mover = mover_of(&interface.tags, &settings.tags);
        let attachment = interface.attachment.as_ref();
        let is_primary = attachment.is_some_and(Attachment::is_primary);
        let location = location_of(attachment);
        let floats = floating_group(interface, &settings.tags).is_some();
        // A primary interface that is to move counts as what moves: the obstacle says what to change.
        let is_whole = floats || (is_primary && mover == Mover::Eni);
        if !is_whole {
            let ips = floating_private_ips(interface, &settings.tags);
            let is_own = |ip: &Ipv4Addr| {
                let on_it = self.locations.address_at(&interface.id, *ip);
                on_it.is_some_and(|it| is_of_group(&it.tags, self.name, &settings.tags))
            };
            if !ips.is_empty() {
                self.resources.push(Resource {
                    public_ips: public_ips(interface, Some(&ips), &self.locations),
                    cargo: ResourceKind::PrivateIps {
                        from: interface.id.clone(),
                        subnet: interface.subnet.clone(),
                        by_interface: !ips.iter().all(is_own),
                        ips,
                    },
                    location,
                    mover,
                    tags: &interface.tags,
                });
            }
            return;
        }
        self.resources.push(Resource {
            public_ips: public_ips(interface, None, &self.locations),
            cargo: ResourceKind::Interface(interface),
            location,
            mover,
            tags: &interface.tags,
        });
    }

    fn add_address(
        &mut self,
        address: &'a Address,
        settings: &Settings,
        pending_reassociation: &[AllocationId],
    ) {
        if address.association.is_none() {
            if pending_reassociation.contains(&address.allocation) {
                self.push_address(address, Location::Unheld, settings);
            }
            return;
        }
        let holder = holder(address).filter(|id| self.member(id).is_some());
        if let Some(holder) = holder {
            self.push_address(address, Location::Held(holder.clone()), settings);
        }
    }

    /// An Elastic IP that is to move by its private IP takes that along.
    fn push_address(&mut self, address: &'a Address, location: Location, settings: &Settings) {
        let mover = mover_of(&address.tags, &settings.tags);
        let held = (mover == Mover::Ip)
            .then(|| self.secondary_private_ip(address))
            .flatten();
        let cargo = match held {
            Some((interface, ip)) => ResourceKind::PrivateIps {
                from: interface.id.clone(),
                subnet: interface.subnet.clone(),
                ips: vec![ip],
                by_interface: false,
            },
            None => ResourceKind::Address(address),
        };
        self.resources.push(Resource {
            cargo,
            location,
            mover,
            tags: &address.tags,
            public_ips: vec![address.ip],
        });
    }

    /// Its name, with the members that the look shows.
    pub(super) fn shown(&self) -> Shown<'_> {
        (self.name, &self.members)
    }

    /// Whether anything of the group may need room on a standby, for an interface or for a private IP.
    pub(super) fn needs_room(&self) -> bool {
        self.resources.iter().any(|resource| match &resource.cargo {
            ResourceKind::Address(address) => self.secondary_private_ip(address).is_some(),
            _ => true,
        })
    }

    /// The interface of the holder, and the private IP on it, if that is one that can move.
    #[must_use]
    pub fn secondary_private_ip(
        &self,
        address: &Address,
    ) -> Option<(&'a AttachedInterface, Ipv4Addr)> {
        let association = address.association.as_ref()?;
        let ip = association.private_ip?;
        let holder = self.member(holder(address)?)?;
        let mut interfaces = holder.interfaces.iter();
        let interface = interfaces.find(|each| Some(&each.id) == association.eni.as_ref())?;
        let first = interface.private_ips.first()?;
        (first.ip != ip).then_some((interface, ip))
    }
}

/// A fence tag that asks for a stop where whoever deploys lets no tag do so.
fn refused_stop(tags: &Tags, settings: &Settings) -> Option<UnreadableTag> {
    let key = &settings.tags.fence;
    let asks = value_of(tags, key) == Some(Fencing::Stop) && !settings.tags_may_stop();
    asks.then(|| UnreadableTag {
        key: key.clone(),
        value: tags.get(key).cloned().unwrap_or_default(),
        expected: "the parameters Fence and StopByTag let no tag stop an instance",
    })
}

fn location_of(attachment: Option<&Attachment>) -> Location {
    let Some(attachment) = attachment else {
        return Location::Unheld;
    };
    match (&attachment.instance, attachment.state) {
        (None, _) | (_, AttachmentState::Detached) => Location::Unheld,
        (Some(instance), AttachmentState::Detaching) => Location::Detaching(instance.clone()),
        (Some(instance), _) => Location::Held(instance.clone()),
    }
}

/// The Elastic IPs on an interface, or on some of its private IPs. Those with a group tag are known by themselves, the
/// others by what the interface shows.
fn public_ips(
    interface: &Interface,
    only: Option<&[Ipv4Addr]>,
    locations: &Locations<'_>,
) -> Vec<Ipv4Addr> {
    let is_meant = |ip: Ipv4Addr| only.is_none_or(|only| only.contains(&ip));
    let is_on_it = |address: &&&Address| {
        let held = address.association.as_ref();
        held.is_some_and(|held| held.private_ip.is_some_and(is_meant))
    };
    let tagged = locations.addresses_on(&interface.id).iter();
    let tagged = tagged.filter(is_on_it).map(|it| it.ip);
    let shown = interface.private_ips.iter().filter_map(|(ip, public)| {
        let public = public.as_ref().filter(|_| is_meant(*ip))?;
        // What EC2 assigned by itself has no allocation, and does not ride along.
        public.allocation.as_ref().map(|_| public.ip)
    });
    let all: BTreeSet<Ipv4Addr> = tagged.chain(shown).collect();
    all.into_iter().collect()
}

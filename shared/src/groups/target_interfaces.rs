//! Which interface of an instance takes an address: one rule for placement, failover, reconcile and restore.
//!
//! 1. The interface with the tag `holdfast:address-target`.
//! 2. The one at the network card and device index at which the address was.
//! 3. The one in the subnet in which it was.
//! 4. The only one that can take it.
//!
//! Where 2 and 3 name different interfaces, or several are left, nothing is chosen: what EC2 accepts is not therefore
//! right. Only interfaces that are the instance's own come into question: see [`own_interfaces`].

use super::locations::Locations;
use super::target_obstacle::{Ambiguity, TargetObstacle};
use super::targets::{Target, own_interfaces, targets};
use crate::model::former_target::FormerTarget;
use crate::model::ids::{EniId, InstanceId};
use crate::model::instance::{AttachedInterface, Instance};
use crate::model::tags::Tags;
use crate::settings::TagKeys;
use std::collections::BTreeSet;
use std::net::Ipv4Addr;

/// The interfaces of an instance that may take an address, and what is free on them.
#[derive(Debug, Clone)]
pub struct TargetInterfaces<'a> {
    instance: &'a InstanceId,
    tag: &'a str,
    own: Vec<Candidate<'a>>,
}

#[derive(Debug, Clone)]
struct Candidate<'a> {
    interface: &'a AttachedInterface,
    is_tagged: bool,
    free: Vec<Target>,
}

/// A private IP that takes an address, and which part of the rule names its interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetChoice {
    /// The private IP.
    pub target: Target,
    /// Why this interface.
    pub chosen_by: ChosenBy,
}

/// Why an address goes to this interface of its instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChosenBy {
    /// A tag names it.
    Tag,
    /// It is at the network card and device index at which the address was.
    DeviceIndex,
    /// It is in the subnet in which the address was.
    Subnet,
    /// It is the instance's only one, and where the address was is not known.
    Alone,
    /// No other one can take the address. Whether it belongs there, nothing tells.
    OnlyOne,
}

/// Whether tags say that an interface takes the addresses of its instance.
#[must_use]
pub fn is_address_target(tags: &Tags, keys: &TagKeys) -> bool {
    let value = tags.get(&keys.address_target);
    value.is_some_and(|value| !value.trim().eq_ignore_ascii_case("false"))
}

impl<'a> TargetInterfaces<'a> {
    /// Those of an instance.
    #[must_use]
    pub fn of(instance: &'a Instance, look: &Locations<'_>, keys: &'a TagKeys) -> Self {
        let free = targets(instance, look, keys);
        let candidate = |interface: &'a AttachedInterface| {
            let tagged = look.interface(&interface.id);
            Candidate {
                interface,
                is_tagged: tagged.is_some_and(|each| is_address_target(&each.tags, keys)),
                free: free
                    .iter()
                    .filter(|target| target.eni == interface.id)
                    .cloned()
                    .collect(),
            }
        };
        Self {
            instance: &instance.id,
            tag: &keys.address_target,
            own: own_interfaces(instance, look, keys)
                .map(candidate)
                .collect(),
        }
    }

    /// Without those that are to take nothing.
    #[must_use]
    pub fn without(mut self, is_kept_free: impl Fn(&EniId) -> bool) -> Self {
        self.own.retain(|each| !is_kept_free(&each.interface.id));
        self
    }

    /// How many private IPs can take an address.
    #[must_use]
    pub fn free(&self) -> usize {
        self.own.iter().map(|each| each.free.len()).sum()
    }

    /// The private IP that takes an address. On the interface that the rule names, it is the one at the same position
    /// as before. Otherwise it is the first free one. On the only interface of an instance, one that lacks several
    /// addresses `passes_over` as many as come before. What an earlier step has `reserved` is not free.
    ///
    /// # Errors
    /// Where nothing says which interface it is to be, or that one has no room.
    pub fn choose(
        &self,
        former: Option<&FormerTarget>,
        reserved: &BTreeSet<(EniId, Ipv4Addr)>,
        passes_over: usize,
    ) -> Result<TargetChoice, TargetObstacle> {
        let is_open =
            |target: &&Target| !reserved.contains(&(target.eni.clone(), target.private_ip));
        let has_room = |each: &&Candidate<'_>| each.free.iter().any(|target| is_open(&target));
        let all: Vec<&Candidate<'_>> = self.own.iter().collect();
        let (chosen, chosen_by) = self.interface(&all, former, has_room)?;
        let before = former.and_then(|former| {
            let private = chosen.interface.private_ips.get(former.position?)?;
            chosen.free.iter().find(|it| it.private_ip == private.ip)
        });
        let nth = chosen.free.get(passes_over);
        let nth = nth.filter(|_| self.own.len() == 1);
        let mut open = before.into_iter().chain(nth).chain(&chosen.free);
        match open.find(is_open) {
            Some(target) => Ok(TargetChoice {
                target: target.clone(),
                chosen_by,
            }),
            None if self.own.len() == 1 => Err(TargetObstacle::NoFreePrivateIp {
                instance: self.instance.clone(),
            }),
            None => Err(TargetObstacle::Full {
                instance: self.instance.clone(),
                eni: chosen.interface.id.clone(),
            }),
        }
    }

    /// The interface that takes a private IP of another one: by the same rule, among those that `can_take` it. None
    /// where there is none of them.
    ///
    /// # Errors
    /// Where nothing says which interface it is to be.
    pub fn choose_interface(
        &self,
        former: Option<&FormerTarget>,
        can_take: impl Fn(&AttachedInterface) -> bool,
    ) -> Result<Option<&'a AttachedInterface>, TargetObstacle> {
        let able: Vec<&Candidate<'_>> = self
            .own
            .iter()
            .filter(|each| can_take(each.interface))
            .collect();
        if able.is_empty() {
            return Ok(None);
        }
        let (chosen, _) = self.interface(&able, former, |_| true)?;
        Ok(Some(chosen.interface))
    }

    fn interface<'c>(
        &self,
        among: &[&'c Candidate<'a>],
        former: Option<&FormerTarget>,
        has_room: impl Fn(&&Candidate<'_>) -> bool,
    ) -> Result<(&'c Candidate<'a>, ChosenBy), TargetObstacle> {
        let tagged: Vec<&Candidate<'_>> = self.own.iter().filter(|each| each.is_tagged).collect();
        if tagged.len() > 1 {
            return Err(TargetObstacle::SeveralTagged {
                instance: self.instance.clone(),
                tag: self.tag.to_owned(),
                enis: ids(&tagged),
            });
        }
        if let Some(named) = among.iter().find(|each| each.is_tagged) {
            return Ok((named, ChosenBy::Tag));
        }
        if let Some(former) = former
            && let Some(counterpart) = self.counterpart(among, former, &has_room)?
        {
            return Ok(counterpart);
        }
        let open: Vec<&'c Candidate<'a>> = among.iter().copied().filter(&has_room).collect();
        match open[..] {
            [only] if former.is_none() && among.len() == 1 => Ok((only, ChosenBy::Alone)),
            [only] => Ok((only, ChosenBy::OnlyOne)),
            [] => Err(TargetObstacle::NoFreePrivateIp {
                instance: self.instance.clone(),
            }),
            _ => Err(self.ambiguous(
                &open,
                former.map_or(Ambiguity::Unknown, |_| Ambiguity::NoCounterpart),
            )),
        }
    }

    /// The interface that is where the address was, by index or by subnet. Where the one at that index has no room, another
    /// one of its subnet is as good.
    fn counterpart<'c>(
        &self,
        among: &[&'c Candidate<'a>],
        former: &FormerTarget,
        has_room: impl Fn(&&Candidate<'_>) -> bool,
    ) -> Result<Option<(&'c Candidate<'a>, ChosenBy)>, TargetObstacle> {
        let index = (former.card_index, former.device_index);
        let mut all = among.iter().copied();
        let by_index =
            all.find(|each| (each.interface.card_index, each.interface.device_index) == index);
        let is_in_subnet = |each: &&Candidate<'_>| {
            former.subnet.is_some() && each.interface.subnet == former.subnet
        };
        let in_subnet: Vec<&'c Candidate<'a>> =
            among.iter().copied().filter(is_in_subnet).collect();
        if let Some(one) = by_index {
            if !in_subnet.is_empty() && !is_in_subnet(&one) {
                return Err(TargetObstacle::IndexAndSubnetDiffer {
                    instance: self.instance.clone(),
                    by_index: one.interface.id.clone(),
                    by_subnet: ids(&in_subnet),
                });
            }
            if in_subnet.len() < 2 || has_room(&one) {
                return Ok(Some((one, ChosenBy::DeviceIndex)));
            }
        }
        let open: Vec<&'c Candidate<'a>> = in_subnet.iter().copied().filter(&has_room).collect();
        match (&open[..], by_index.or(in_subnet.first().copied())) {
            ([one], _) => Ok(Some((one, ChosenBy::Subnet))),
            ([], Some(full)) if by_index.is_some() || in_subnet.len() == 1 => {
                Ok(Some((full, ChosenBy::Subnet)))
            }
            ([], None) => Ok(None),
            _ => Err(self.ambiguous(&in_subnet, Ambiguity::OneSubnet)),
        }
    }

    fn ambiguous(&self, open: &[&Candidate<'_>], why: Ambiguity) -> TargetObstacle {
        TargetObstacle::Ambiguous {
            instance: self.instance.clone(),
            enis: ids(open),
            why,
        }
    }
}

fn ids(candidates: &[&Candidate<'_>]) -> Vec<EniId> {
    let each = candidates.iter().map(|each| each.interface.id.clone());
    each.collect()
}

#[cfg(test)]
mod tests;

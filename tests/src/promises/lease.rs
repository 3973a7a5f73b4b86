//! The lease of a group: what a call of Holdfast's may change without it, and what a run that has it changed.
//!
//! A failover, its fence, and what reconcile ends of it need the lease. They change nothing in EC2
//! unless the group's row in the ledger names the run that makes the call, for a time that is not over. Whatever else Holdfast calls has to be
//! a call that EC2 refuses when somebody else was faster.

use super::view::{AccountView, value_of};
use ec2_sim::api::{NetworkInterface, Request};
use holdfast::ledger::Lease;
use std::collections::BTreeSet;
use time::OffsetDateTime;

const GROUP: &str = "holdfast:group";

/// Whose call it is.
#[derive(Debug, Clone, Copy)]
pub struct LeaseCaller<'a> {
    /// The role of its function: `holdfast-alarm-failover`.
    pub role: &'a str,
    /// By what name the run holds a lease.
    pub owner: &'a str,
    /// When it calls.
    pub now: OffsetDateTime,
}

/// What a call has to do with leases.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnderLease {
    /// Why it should not have been made.
    pub broken: Vec<String>,
    /// The lease under which it was made: the group, and the lease number.
    pub period: Option<(String, u64)>,
}

/// Judges a call by the leases and the account as they were when it was made.
#[must_use]
pub fn under_lease(
    caller: LeaseCaller<'_>,
    request: &Request,
    before: &AccountView,
    leases: &[Lease],
) -> UnderLease {
    let is_own = |lease: &&Lease| {
        let held = lease.held.as_ref();
        held.is_some_and(|held| held.owner == caller.owner && held.until > caller.now)
    };
    let group = group_of(request, before);
    let is_of_it = |lease: &&Lease| group.as_ref().is_none_or(|group| lease.group == *group);
    let own = leases.iter().filter(is_own).find(is_of_it);
    if let Some(own) = own {
        return UnderLease {
            broken: Vec::new(),
            period: Some((own.group.clone(), own.lease_number)),
        };
    }
    let (role, action) = (caller.role, request.action());
    let of = group.unwrap_or_else(|| "?".to_owned());
    let mut broken = Vec::new();
    if role == "holdfast-alarm-failover" {
        broken.push(format!(
            "{role} called {action} without the lease of group {of}"
        ));
    } else if let Err(why) = gives_way(request, before) {
        broken.push(format!(
            "{role} called {action} without the lease of group {of}: {why}"
        ));
    }
    UnderLease {
        broken,
        period: None,
    }
}

/// Says why EC2 would not refuse the call when somebody else was faster.
fn gives_way(request: &Request, before: &AccountView) -> Result<(), &'static str> {
    match request {
        Request::AllocateAddress(_) => Ok(()),
        Request::AssociateAddress(associate) if associate.allow_reassociation == Some(false) => {
            Ok(())
        }
        Request::AssociateAddress(_) => Err("it takes the address from whoever has it"),
        Request::DisassociateAddress(end) => {
            let id = end.association_id.as_ref();
            let id = id.ok_or("it names no association")?;
            let mut held = before.addresses.values();
            let tied = held.find(|address| {
                let association = address.association.as_ref();
                association.is_some_and(|association| association.association_id == *id)
            });
            match tied {
                Some(address) if before.is_misplaced(address) => Ok(()),
                Some(address) if before.runs(address) => Err("the holder runs"),
                _ => Ok(()),
            }
        }
        Request::ModifyAddressAttribute(name) => is_own(&name.allocation_id, before),
        Request::CreateTags(tags) => {
            let mut resources = tags.resources.iter();
            resources.try_for_each(|id| is_own(id, before))
        }
        _ => Err("EC2 does not refuse it when somebody else was faster"),
    }
}

fn is_own(allocation: &str, before: &AccountView) -> Result<(), &'static str> {
    let address = before.addresses.get(allocation);
    if address.is_some_and(|address| before.is_ours(address)) {
        Ok(())
    } else {
        Err("the address is not ours")
    }
}

/// The group of what a call is about.
fn group_of(request: &Request, before: &AccountView) -> Option<String> {
    let of_address = |id: &str| {
        let address = before.addresses.get(id)?;
        value_of(&address.tags, GROUP)
    };
    let of_interface = |eni: &str| {
        let interface = before.interfaces.get(eni)?;
        let holder = holder(interface).and_then(|holder| before.group_of(holder));
        value_of(&interface.tags, GROUP).or(holder)
    };
    let group = match request {
        Request::AssociateAddress(associate) => {
            let address = associate.allocation_id.as_deref().and_then(of_address);
            let to = associate.network_interface_id.as_deref();
            address.or_else(|| to.and_then(of_interface))
        }
        Request::DisassociateAddress(end) => {
            let mut held = before.addresses.values();
            let tied = held.find(|address| {
                let association = address.association.as_ref();
                association.map(|association| &association.association_id)
                    == end.association_id.as_ref()
            });
            tied.and_then(|address| value_of(&address.tags, GROUP))
        }
        Request::AttachNetworkInterface(attach) => of_interface(&attach.network_interface_id),
        Request::DetachNetworkInterface(detach) => {
            attached_by(&detach.attachment_id, before).and_then(of_interface)
        }
        Request::ModifyNetworkInterfaceAttribute(modify) => {
            of_interface(&modify.network_interface_id)
        }
        Request::AssignPrivateIpAddresses(assign) => of_interface(&assign.network_interface_id),
        Request::StopInstances(stop) => {
            let first = stop.instance_ids.first();
            first.and_then(|id| before.group_of(id))
        }
        _ => None,
    };
    group.map(str::to_owned)
}

fn holder(interface: &NetworkInterface) -> Option<&str> {
    let attachment = interface.attachment.as_ref()?;
    attachment.instance_id.as_deref()
}

fn attached_by<'a>(attachment: &str, before: &'a AccountView) -> Option<&'a str> {
    let mut all = before.interfaces.values();
    let it = all.find(|each| {
        let own = each.attachment.as_ref();
        own.is_some_and(|own| own.attachment_id == attachment)
    });
    it.map(|it| it.network_interface_id.as_str())
}

/// What a call changes, in a word: who calls the same word twice under one lease has moved it twice.
#[must_use]
pub fn effect(request: &Request) -> String {
    let action = request.action();
    match request {
        Request::AssociateAddress(associate) => {
            format!("{action} {:?}", associate.allocation_id)
        }
        Request::DisassociateAddress(end) => format!("{action} {:?}", end.association_id),
        Request::AttachNetworkInterface(attach) => {
            format!("{action} {}", attach.network_interface_id)
        }
        Request::DetachNetworkInterface(detach) => {
            format!("{action} {} {}", detach.attachment_id, detach.force)
        }
        Request::ModifyNetworkInterfaceAttribute(modify) => {
            format!("{action} {}", modify.network_interface_id)
        }
        Request::AssignPrivateIpAddresses(assign) => {
            format!("{action} {:?}", assign.private_ip_addresses)
        }
        Request::StopInstances(stop) => format!("{action} {:?}", stop.instance_ids),
        other => format!("{other:?}"),
    }
}

/// One call that changed something, or would have, under a group's lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeasedCall {
    /// The group.
    pub group: String,
    /// Its lease's lease number: each taking of the lease has its own.
    pub lease_number: u64,
    /// What was done with what.
    pub what: String,
    /// The whole call, with its target.
    pub request: String,
    /// Whether EC2 refused it, and so did nothing.
    pub is_refused: bool,
    /// Whether somebody else has undone it since.
    pub is_undone: bool,
    /// When.
    pub at: OffsetDateTime,
}

/// Promise 8, as a count for each lease: what was done more than once while one run had it, and what was asked again
/// after EC2 had refused it. What EC2 refuses has moved nothing: the same thing may go to another target then. What
/// somebody else has undone may be done once more.
#[must_use]
pub fn repeated(calls: &[LeasedCall]) -> Vec<String> {
    let (mut sent, mut moved) = (BTreeSet::new(), BTreeSet::new());
    let mut again = Vec::new();
    for call in calls {
        let (group, lease_number, what) = (call.group.as_str(), call.lease_number, &call.what);
        let is_sent_again = !sent.insert((group, lease_number, &call.request));
        let is_moved_again = !call.is_refused && !moved.insert((group, lease_number, what));
        if is_sent_again || is_moved_again {
            again.push(format!("lease {lease_number} of {group}: {what} again"));
        }
        if call.is_undone {
            sent.remove(&(group, lease_number, &call.request));
            moved.remove(&(group, lease_number, what));
        }
    }
    again
}

//! The scenario's event once in `observe` mode. Nothing is changed, no lease is written, and the report names
//! the very calls that `enforce` makes in the same world when nothing goes wrong.

use super::Scenario;
use super::promises::{addresses, is_holdfast};
use crate::client::TestBed;
use ec2_sim::World;
use ec2_sim::api::{ModifyNetworkInterfaceAttribute, Request};
use ec2_sim::world::Call;
use futures_util::FutureExt;
use holdfast::report::{PlacedReport, PlannedCall, Report, Subject};
use std::collections::{BTreeMap, BTreeSet};

/// What a run in `observe` mode must not do, and must tell.
///
/// # Errors
/// What it did, or what it told that `enforce` does not do, or the other way round.
pub(super) fn check(scenario: &Scenario) -> Result<(), String> {
    let broken = |what: String| format!("{} in observe mode {what}", scenario.name);
    let bed = (scenario.bed)();
    let before = bed.world().calls().len();
    let observing = (scenario.observe)(bed.client("holdfast")).now_or_never();
    let changed = changes(&bed, before);
    if !changed.is_empty() {
        return Err(broken(format!("broke promise 7: it made {changed:?}")));
    }
    let writes = ["ledger take lease", "ledger put lease"];
    if let Some(write) = bed.faults.names().iter().find(|name| writes.contains(name)) {
        return Err(broken(format!("broke promise 7: it made the {write}")));
    }
    let enforcing_on = (scenario.bed)();
    let before = enforcing_on.world().calls().len();
    let enforcing = (scenario.deliver)(enforcing_on.client("holdfast")).now_or_never();
    let (Some(Ok(told)), Some(Ok(_))) = (observing, enforcing) else {
        return Ok(());
    };
    let ips = ips_of(&bed, &enforcing_on);
    let told = with_ips(told_by(&told), &ips);
    let made = with_ips(sent(&enforcing_on, before), &ips);
    // What EC2 would refuse nobody can know beforehand: what follows such a call is told, and not made.
    let is_so = made == told || (was_refused(&enforcing_on, before) && made.is_subset(&told));
    if !is_so && !scenario.promises.observe {
        return Err(broken(format!(
            "tells of the calls {told:#?}, and enforce mode makes {made:#?}"
        )));
    }
    Ok(())
}

type Calls = BTreeSet<(String, String, Option<String>)>;

/// An address has another allocation after a reclaim: calls are compared by its IP.
fn ips_of(one: &TestBed, other: &TestBed) -> BTreeMap<String, String> {
    let held = [one, other].map(|bed| addresses(&bed.world()).into_values());
    let named = |address: ec2_sim::api::Address| (address.allocation_id, address.public_ip);
    held.into_iter().flatten().map(named).collect()
}

fn with_ips(calls: Calls, ips: &BTreeMap<String, String>) -> Calls {
    let by_ip = |(action, on, to)| (action, ips.get(&on).cloned().unwrap_or(on), to);
    calls.into_iter().map(by_ip).collect()
}

fn told_by(report: &Report) -> Calls {
    let as_call = |call: &PlannedCall| (call.action.to_owned(), call.on.clone(), call.to.clone());
    let mut calls: Calls = report.would_call.iter().map(as_call).collect();
    if let Subject::Sweep(sweep) = &report.subject {
        let nested = sweep.releases.iter().chain(&sweep.failovers);
        calls.extend(nested.flat_map(told_by));
        calls.extend(sweep.placed.iter().map(placed));
    }
    calls
}

fn placed(placed: &PlacedReport) -> (String, String, Option<String>) {
    let at = &placed.association;
    let call = PlannedCall::associate(&placed.allocation, &at.eni, at.private_ip);
    (call.action.to_owned(), call.on, call.to)
}

/// The calls of Holdfast that changed something, each once.
fn changes(bed: &TestBed, before: usize) -> Calls {
    let changed = |call: &&Call| call.mutated();
    own(&bed.world(), before)
        .filter(changed)
        .map(described)
        .collect()
}

/// The calls of Holdfast that changed something, or would have if EC2 had not refused them.
fn sent(bed: &TestBed, before: usize) -> Calls {
    own(&bed.world(), before).map(described).collect()
}

fn was_refused(bed: &TestBed, before: usize) -> bool {
    own(&bed.world(), before).any(|call| call.error_code.is_some())
}

fn own(world: &World, before: usize) -> impl Iterator<Item = &Call> {
    let calls = world.calls().iter().skip(before);
    calls.filter(|call| is_holdfast(&call.caller) && !call.request.is_read() && !call.dry_run)
}

fn described(call: &Call) -> (String, String, Option<String>) {
    let request = &call.request;
    let none = String::new;
    let (on, to) = match request {
        Request::AllocateAddress(it) => (it.address.clone(), None),
        Request::AssociateAddress(it) => {
            let place = [&it.network_interface_id, &it.private_ip_address];
            let place = place.map(|part| part.clone().unwrap_or_else(none));
            (it.allocation_id.clone(), Some(place.join(" ")))
        }
        Request::DisassociateAddress(it) => (it.association_id.clone(), None),
        Request::ModifyAddressAttribute(it) => {
            (Some(it.allocation_id.clone()), it.domain_name.clone())
        }
        Request::DetachNetworkInterface(it) => (Some(it.attachment_id.clone()), None),
        Request::AttachNetworkInterface(it) => (
            Some(it.network_interface_id.clone()),
            Some(it.instance_id.clone()),
        ),
        Request::AssignPrivateIpAddresses(it) => (
            Some(it.private_ip_addresses.join(" ")),
            Some(it.network_interface_id.clone()),
        ),
        Request::StopInstances(it) => (Some(it.instance_ids.join(" ")), None),
        Request::ModifyNetworkInterfaceAttribute(it) => {
            (Some(it.network_interface_id.clone()), changed(it))
        }
        other => (Some(format!("{other:?}")), None),
    };
    (request.action().to_owned(), on.unwrap_or_else(none), to)
}

fn changed(request: &ModifyNetworkInterfaceAttribute) -> Option<String> {
    let attachment = request.attachment.as_ref();
    let kept = attachment.map(|change| {
        let (id, ends) = (&change.attachment_id, change.delete_on_termination);
        format!("{id} deleteOnTermination={ends}")
    });
    kept.or_else(|| Some(request.groups.join(" ")))
}

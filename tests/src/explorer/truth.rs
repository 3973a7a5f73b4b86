//! Promise 9 on a report: what it calls moved, placed, restored or verified is so in the account at the moment
//! of the report, read past any lag. And what the ledger did not take is told: it does not end in a quiet `Ok`.

use super::advice;
use crate::client::faults::RecordedCall;
use crate::client::{ACCOUNT, faults};
use ec2_sim::World;
use ec2_sim::api::{
    Address, Caller, DescribeAddressesAttribute, DescribeNetworkInterfaces, NetworkInterface,
    Request, Response,
};
use ec2_sim::world::Call;
use holdfast::report::{
    AddressReport, AssociationReport, MoveEnd, MoveReport, Outcome, Report, Subject,
};

/// What the report of a run says that is not so, unless somebody else changed something after its last look.
#[must_use]
pub fn false_statements_of_run(run: faults::Run, report: &Report, world: &World) -> Vec<String> {
    let run = format!("/{run}");
    let is_own = |call: &Call| call.caller.arn.ends_with(&run);
    let looks = [
        "DescribeAddresses",
        "DescribeNetworkInterfaces",
        "DescribeInstances",
    ];
    let calls = world.calls().iter().rev();
    let mut later = calls.take_while(|call| !(is_own(call) && looks.contains(&call.action())));
    if later.any(|call| call.mutated() && !is_own(call)) {
        return Vec::new();
    }
    false_statements(report, world)
}

/// A write to the ledger that failed in this run, that was not sent again, and of which the report says nothing.
/// What a snapshot or a record lacks is a run's `Err`, or a finding that names the ledger or the lease.
#[must_use]
pub fn unwritten_and_untold(
    run: faults::Run,
    report: &Report,
    passed: &[RecordedCall],
) -> Option<String> {
    let own: Vec<&RecordedCall> = passed.iter().filter(|call| call.run == run).collect();
    let is_write = |name: &str| name.starts_with("ledger write") || name == "ledger put lease";
    let failed = own.iter().enumerate().find(|(number, call)| {
        let mut later = own[number + 1..].iter();
        let is_sent_again = later.any(|again| again.name == call.name && again.fault.is_none());
        is_write(call.name) && call.fault.is_some() && !is_sent_again
    });
    let name = failed.map(|(_, call)| call.name)?;
    let names_it = |text: &String| text.contains("the ledger") || text.contains("lease");
    let is_told = report.findings.iter().any(|finding| {
        let mut texts = [&finding.what, &finding.why, &finding.next].into_iter();
        texts.any(names_it)
    });
    (!is_told).then(|| format!("{name} failed, and nobody is told"))
}

/// What a report says that is not so, and what it advises that nobody can do.
#[must_use]
pub fn false_statements(report: &Report, world: &World) -> Vec<String> {
    let refused = advice::refused(report, world);
    false_in(report, world).into_iter().chain(refused).collect()
}

fn false_in(report: &Report, world: &World) -> Vec<String> {
    match &report.subject {
        Subject::Address(address) => address_is_so(report.outcome, address, world),
        Subject::Instance(instance) if report.outcome != Outcome::WouldAssociate => {
            let placed = instance.placed.iter();
            let placed = placed.map(|placed| (placed.ip.to_string(), &placed.association));
            placed
                .filter_map(|(ip, at)| association_is_so(&ip, at, world))
                .collect()
        }
        Subject::Failover(failover) => {
            let moves = failover.moves.iter();
            moves.flat_map(|one| move_is_so(one, world)).collect()
        }
        Subject::Sweep(sweep) => {
            let nested = sweep.releases.iter().chain(&sweep.failovers);
            let mut found: Vec<String> = nested.flat_map(|each| false_in(each, world)).collect();
            for placed in &sweep.placed {
                let ip = placed.ip.to_string();
                found.extend(association_is_so(&ip, &placed.association, world));
            }
            found
        }
        Subject::Failovers(reports) => {
            let each = reports.iter();
            each.flat_map(|report| false_in(report, world)).collect()
        }
        Subject::Instance(_) | Subject::Nothing => Vec::new(),
    }
}

fn address_is_so(outcome: Outcome, told: &AddressReport, world: &World) -> Vec<String> {
    let mut found = Vec::new();
    let Some(ip) = told.ip.map(|ip| ip.to_string()) else {
        return found;
    };
    let held = address(world, &ip);
    // What an earlier run had back may have gone again since, and been told of.
    let is_restored = told.association.is_some() || told.reverse_dns.is_some();
    let is_back = outcome == Outcome::Reclaimed;
    if is_back || (is_restored && outcome == Outcome::AlreadyOurs) {
        let now = held.as_ref().map(|held| held.allocation_id.as_str());
        let said = told
            .allocation
            .as_ref()
            .map(holdfast::model::ids::AllocationId::as_str);
        if now.is_none() || (said.is_some() && said != now) {
            found.push(format!(
                "{ip} is back as {said:?}: the account has it as {now:?}"
            ));
        }
    }
    if let Some(association) = &told.association {
        found.extend(association_is_so(&ip, association, world));
    }
    if let (Some(name), Some(held)) = (&told.reverse_dns, &held) {
        let now = reverse_dns(world, &held.allocation_id);
        if now.as_deref() != Some(name.as_str()) {
            found.push(format!("{ip} has the name {name}: it has {now:?}"));
        }
    }
    found
}

/// Only what is called verified is held against the account.
fn association_is_so(ip: &str, told: &AssociationReport, world: &World) -> Option<String> {
    let now = address(world, ip).and_then(|held| held.association);
    let is_there = now.as_ref().is_some_and(|now| {
        now.network_interface_id == told.eni.as_str()
            && now.private_ip_address == told.private_ip.to_string()
    });
    (told.verified && !is_there).then(|| {
        let at = now.map(|now| (now.network_interface_id, now.private_ip_address));
        format!(
            "{ip} is verified on {} {}: it is at {at:?}",
            told.eni, told.private_ip
        )
    })
}

fn move_is_so(told: &MoveReport, world: &World) -> Vec<String> {
    let holder = match told.end {
        MoveEnd::Moved | MoveEnd::AlreadyThere => told.to.as_ref(),
        MoveEnd::Returned => told.from.as_ref(),
        MoveEnd::Stranded => None,
        MoveEnd::NotMoved | MoveEnd::WouldMove | MoveEnd::Gone => return Vec::new(),
    };
    let holder = holder.map(holdfast::model::ids::InstanceId::as_str);
    let mut found = Vec::new();
    let mut hold = |what: String, now: Option<String>| {
        if now.as_deref() != holder {
            let end = told.end;
            found.push(format!(
                "{what} ended as {end:?} with {holder:?}: it is with {now:?}"
            ));
        }
    };
    for ip in &told.public_ips {
        let now = address(world, &ip.to_string()).and_then(|held| held.association);
        hold(ip.to_string(), now.and_then(|now| now.instance_id));
    }
    for ip in &told.private_ips {
        let ip = ip.to_string();
        let mut all = interfaces(world).into_iter();
        let carrier = all.find(|eni| has(eni, &ip));
        hold(ip, carrier.and_then(|eni| attached_to(&eni)));
    }
    if let Some(eni) = told.eni.as_ref().filter(|_| told.private_ips.is_empty()) {
        let mut all = interfaces(world).into_iter();
        let found = all.find(|each| each.network_interface_id == eni.as_str());
        hold(eni.to_string(), found.and_then(|eni| attached_to(&eni)));
    }
    found
}

fn has(interface: &NetworkInterface, ip: &str) -> bool {
    let mut ips = interface.private_ip_addresses.iter();
    ips.any(|private| private.private_ip_address == ip)
}

/// The instance that has an interface, attached and not on its way out.
fn attached_to(interface: &NetworkInterface) -> Option<String> {
    let attachment = interface.attachment.as_ref()?;
    let is_attached = attachment.status == "attached";
    attachment.instance_id.clone().filter(|_| is_attached)
}

fn auditor() -> Caller {
    Caller::user(ACCOUNT, "auditor")
}

fn address(world: &World, ip: &str) -> Option<Address> {
    let mut all = super::promises::addresses(world).into_values();
    all.find(|address| address.public_ip == ip)
}

fn interfaces(world: &World) -> Vec<NetworkInterface> {
    let request = Request::DescribeNetworkInterfaces(DescribeNetworkInterfaces::default());
    match world.inspect(&auditor(), &request) {
        Ok(Response::DescribeNetworkInterfaces { interfaces, .. }) => interfaces,
        _ => Vec::new(),
    }
}

/// The name that an address has, or gets with an update that EC2 has accepted.
fn reverse_dns(world: &World, allocation: &str) -> Option<String> {
    let request = Request::DescribeAddressesAttribute(DescribeAddressesAttribute {
        allocation_ids: vec![allocation.to_owned()],
        attribute: Some("domain-name".to_owned()),
        ..DescribeAddressesAttribute::default()
    });
    let Ok(Response::DescribeAddressesAttribute { addresses, .. }) =
        world.inspect(&auditor(), &request)
    else {
        return None;
    };
    let named = addresses.into_iter().next()?;
    let coming = named.ptr_record_update.and_then(|update| update.value);
    let name = coming.or(named.ptr_record)?;
    Some(name.trim_end_matches('.').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::TestBed;
    use crate::client::faults::Fault;
    use holdfast::report::{Finding, Function};
    use holdfast::settings::Mode;

    /// A run whose writes of the record went so, and what its report says of the ledger.
    fn told(writes: &[Option<Fault>], finding: Option<&str>) -> Option<String> {
        let run = TestBed::new(World::default()).client("holdfast").run();
        let call = |fault: &Option<Fault>| RecordedCall {
            run,
            name: "ledger write release",
            fault: *fault,
        };
        let passed: Vec<RecordedCall> = writes.iter().map(call).collect();
        let summary = "done".to_owned();
        let mut report = Report::of(
            Function::ReleaseGuard,
            Mode::Enforce,
            Outcome::LetGo,
            summary,
        );
        report.findings.extend(finding.map(|what| Finding {
            what: what.to_owned(),
            why: String::new(),
            next: String::new(),
        }));
        unwritten_and_untold(run, &report, &passed)
    }

    #[test]
    fn a_write_that_failed_and_is_not_told_is_found() {
        let found = told(&[Some(Fault::RequestLost)], None);
        let expected = "ledger write release failed, and nobody is told";
        assert_eq!(found.as_deref(), Some(expected));
        assert_eq!(told(&[None], None), None);
    }

    #[test]
    fn a_write_that_was_sent_again_or_is_told_is_not_found() {
        assert_eq!(told(&[Some(Fault::Throttled), None], None), None);
        let finding = Some("the ledger lacks the record");
        assert_eq!(told(&[Some(Fault::Throttled)], finding), None);
    }
}

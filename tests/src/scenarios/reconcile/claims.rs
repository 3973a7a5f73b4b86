//! Whether what a report says to have been done is so in the account when the report is made: read past
//! any lag.

use crate::explorer::promises::Scene;
use crate::sim::api::{Address, Caller, DescribeAddressesAttribute, Request, Response};
use crate::sim::front::{ACCOUNT, Stage};
use holdfast::report::{
    AddressReport, AssociationReport, FailoverReport, MoveEnd, MoveReport, Outcome, PlacedReport,
    Report, Subject,
};
use holdfast::settings::Mode;

/// What a report of reconcile, or of the guard, says that is not so.
#[must_use]
pub fn false_claims(report: &Report, stage: &Stage) -> Vec<String> {
    let says_nothing = match &report.subject {
        Subject::Sweep(sweep) => {
            sweep.settled.is_empty() && sweep.placed.is_empty() && sweep.failovers.is_empty()
        }
        _ => report.outcome == Outcome::Ignored,
    };
    if says_nothing || report.mode == Mode::Observe {
        return Vec::new();
    }
    let account = Account::of(stage);
    let mut wrong = Vec::new();
    account.check(report, &mut wrong);
    wrong
}

struct Account {
    scene: Scene,
    names: Vec<(String, String)>,
}

impl Account {
    fn of(stage: &Stage) -> Self {
        let world = stage.world();
        let auditor = Caller::user(ACCOUNT, "auditor");
        let request = Request::DescribeAddressesAttribute(DescribeAddressesAttribute {
            attribute: Some("domain-name".to_owned()),
            ..DescribeAddressesAttribute::default()
        });
        let names = match world.inspect(&auditor, &request) {
            Ok(Response::DescribeAddressesAttribute { addresses, .. }) => addresses,
            _ => Vec::new(),
        };
        let names = names.into_iter();
        Self {
            scene: Scene::of(&world),
            names: names
                .filter_map(|each| {
                    let coming = each.ptr_record_update.and_then(|update| update.value);
                    Some((each.allocation_id, coming.or(each.ptr_record)?))
                })
                .collect(),
        }
    }

    fn check(&self, report: &Report, wrong: &mut Vec<String>) {
        match &report.subject {
            Subject::Address(address) => self.address(report.outcome, address, wrong),
            Subject::Sweep(sweep) => {
                for settled in &sweep.settled {
                    self.check(settled, wrong);
                }
                for placed in &sweep.placed {
                    self.placed(placed, wrong);
                }
                for failover in &sweep.failovers {
                    self.check(failover, wrong);
                }
            }
            Subject::Failover(failover) => self.moves(failover, wrong),
            _ => {}
        }
    }

    fn address(&self, outcome: Outcome, told: &AddressReport, wrong: &mut Vec<String>) {
        let Some(allocation) = &told.allocation else {
            if outcome == Outcome::Reclaimed {
                wrong.push(format!("{told:?} is reclaimed, and it is not said as what"));
            }
            return;
        };
        let is_restored = told.association.is_some() || told.reverse_name.is_some();
        if outcome != Outcome::Reclaimed && !is_restored {
            // What an earlier run had back may have gone again since.
            return;
        }
        let ip = told.ip.map(|ip| ip.to_string());
        let held = self.scene.addresses.get(allocation.as_str());
        let Some(held) = held.filter(|held| Some(&held.public_ip) == ip.as_ref()) else {
            wrong.push(format!("{ip:?} is said to be {allocation}, and is not"));
            return;
        };
        if let Some(association) = &told.association
            && !is_at(held, association)
        {
            wrong.push(format!("{ip:?} is not at {association:?}"));
        }
        if let Some(name) = &told.reverse_name {
            let is_it = |(id, known): &(String, String)| {
                id == allocation.as_str()
                    && known.trim_end_matches('.') == name.trim_end_matches('.')
            };
            if !self.names.iter().any(is_it) {
                wrong.push(format!("{ip:?} is not named {name}: {:?}", self.names));
            }
        }
    }

    fn placed(&self, told: &PlacedReport, wrong: &mut Vec<String>) {
        let held = self.scene.addresses.get(told.allocation.as_str());
        if !held.is_some_and(|held| is_at(held, &told.association)) {
            wrong.push(format!("{} is not at {:?}", told.ip, told.association));
        }
    }

    fn moves(&self, told: &FailoverReport, wrong: &mut Vec<String>) {
        let moved = told.moves.iter().filter(|one| one.end == MoveEnd::Moved);
        for one in moved.filter(|one| !self.has_moved(one)) {
            wrong.push(format!("{:?} does not have {one:?}", one.to));
        }
    }

    fn has_moved(&self, one: &MoveReport) -> bool {
        let to = one.to.as_ref().map(holdfast::ids::InstanceId::as_str);
        let addresses = || self.scene.addresses.values();
        one.public_ips.iter().all(|ip| {
            let ip = ip.to_string();
            let held = addresses().find(|held| held.public_ip == ip);
            let association = held.and_then(|held| held.association.as_ref());
            association.and_then(|at| at.instance_id.as_deref()) == to
        })
    }
}

fn is_at(held: &Address, told: &AssociationReport) -> bool {
    held.association.as_ref().is_some_and(|is| {
        is.network_interface_id == told.eni.as_str()
            && is.private_ip_address == told.private_ip.to_string()
    })
}

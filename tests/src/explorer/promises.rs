//! The promises of docs/SEMANTICS.md as checks on the simulated account, after every call that Holdfast
//! makes there: what the call changed is all that it may have changed.

mod interfaces;
mod lease;
mod records;
mod scene;

use crate::sim::api::{Caller, Request};
use crate::sim::front::Stage;
pub use lease::{Deed, Hand, UnderLease, deed, repeated, under_lease};
pub use records::{broken_by_record, broken_by_row, unprotected_by};
pub use scene::{Addresses, Scene, addresses};
use std::collections::BTreeMap;

/// What a scenario allows.
#[derive(Debug, Clone, Copy)]
pub struct Promises {
    /// Promise 8: how many calls that change something one delivery may lead to; each fault may cost one
    /// more, since a call without an answer is sent again.
    pub most_changes: usize,
    /// Promise 7: nothing is to be changed at all.
    pub observe: bool,
}

impl Promises {
    /// In `enforce` mode, with so many changes at the most.
    #[must_use]
    pub fn with_changes(most_changes: usize) -> Self {
        Self {
            most_changes,
            observe: false,
        }
    }

    /// In `observe` mode.
    #[must_use]
    pub fn of_observe_mode() -> Self {
        Self {
            most_changes: 0,
            observe: true,
        }
    }

    /// Checks everything that can be seen from the whole history.
    ///
    /// # Errors
    /// The promise that is broken.
    pub fn check(&self, calls_before: usize, stage: &Stage) -> Result<(), String> {
        let world = stage.world();
        let mut broken = world.check();
        broken.extend(stage.broken());
        let changes: Vec<_> = world
            .calls()
            .iter()
            .skip(calls_before)
            .filter(|call| is_holdfast(&call.caller) && call.mutated())
            .collect();
        let faults = stage
            .tap
            .passed()
            .iter()
            .filter(|call| call.fault.is_some())
            .count();
        let bound = if self.observe {
            0
        } else {
            self.most_changes + faults
        };
        for (run, changes) in by_run(&changes) {
            if changes.len() > bound {
                let number = if self.observe { 7 } else { 8 };
                broken.push(format!(
                    "promise {number}: {run} made the changes {changes:?}"
                ));
            }
        }
        let repeated = repeated(&stage.deeds());
        if repeated.len() > faults {
            broken.push(format!("promise 8: {}", repeated.join(", ")));
        }
        let allocations = changes
            .iter()
            .filter(|call| call.action() == "AllocateAddress")
            .count();
        if allocations > 1 {
            broken.push(format!(
                "promise 3: one loss event allocated {allocations} addresses"
            ));
        }
        if broken.is_empty() {
            Ok(())
        } else {
            Err(broken.join("; "))
        }
    }
}

fn by_run<'a>(changes: &[&'a crate::sim::world::Call]) -> BTreeMap<&'a str, Vec<&'static str>> {
    let mut runs: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for call in changes {
        runs.entry(call.caller.arn.as_str())
            .or_default()
            .push(call.action());
    }
    runs
}

/// Whether a call is Holdfast's.
#[must_use]
pub fn is_holdfast(caller: &Caller) -> bool {
    caller.arn.contains(":assumed-role/holdfast")
}

/// What one call of Holdfast's broke: promises 1, 2, 4 and 6, from the account before and after it.
#[must_use]
pub fn broken_by(request: &Request, before: &Scene, after: &Scene) -> Vec<String> {
    let mut broken = Vec::new();
    let action = request.action();
    if matches!(action, "ReleaseAddress" | "TerminateInstances") {
        broken.push(format!("promise 4: Holdfast called {action}"));
    }
    for (id, was) in &before.addresses {
        let Some(is) = after.addresses.get(id) else {
            broken.push(format!("promise 4: {action} took {id} from the account"));
            continue;
        };
        if was.tags != is.tags {
            broken.push(format!(
                "promise 2: {action} changed the tags of {}",
                was.public_ip
            ));
        }
        if was.association == is.association {
            continue;
        }
        if was.association.is_some() && !before.may_lose(was) && !interfaces::rides(was, is) {
            broken.push(format!(
                "promise 1: {action} took {} from its holder",
                was.public_ip
            ));
        }
        if !after.is_ours(is) && !interfaces::is_on_ours(was, is, before, after) {
            broken.push(format!(
                "promise 2: {action} changed {}, which is not ours",
                was.public_ip
            ));
        }
    }
    broken.extend(interfaces::broken_by(request, before, after));
    broken
}

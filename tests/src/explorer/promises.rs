//! What a scenario allows, and whether its whole history has kept to it and to the promises.

use crate::client::TestBed;
pub use crate::promises::*;
use ec2_sim::world::Call;
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
    pub fn check(&self, calls_before: usize, bed: &TestBed) -> Result<(), String> {
        let world = bed.world();
        let mut broken = world.check();
        broken.extend(bed.broken());
        let changes: Vec<_> = world
            .calls()
            .iter()
            .skip(calls_before)
            .filter(|call| is_holdfast(&call.caller) && call.mutated())
            .collect();
        let faults = bed
            .faults
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
        let repeated = repeated(&bed.called_under_leases());
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

fn by_run<'a>(changes: &[&'a Call]) -> BTreeMap<&'a str, Vec<&'static str>> {
    let mut runs: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for call in changes {
        runs.entry(call.caller.arn.as_str())
            .or_default()
            .push(call.action());
    }
    runs
}

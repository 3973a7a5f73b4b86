//! The promises of docs/SEMANTICS.md as checks on the simulated account, after every call that Holdfast
//! makes there: what the call changed is all that it may have changed.

mod interfaces;
mod lease;
mod records;
mod undone;
mod view;

use ec2_sim::api::{Caller, Request};
pub use lease::{LeaseCaller, LeasedCall, UnderLease, effect, repeated, under_lease};
pub use records::{broken_by_record, broken_by_row, unprotected_by};
pub use undone::is_undone;
pub use view::{AccountView, Addresses, addresses};

/// Whether a call is Holdfast's.
#[must_use]
pub fn is_holdfast(caller: &Caller) -> bool {
    caller.arn.contains(":assumed-role/holdfast")
}

/// What one call of Holdfast's broke: promises 1, 2, 4 and 6, from the account before and after it.
#[must_use]
pub fn broken_by(request: &Request, before: &AccountView, after: &AccountView) -> Vec<String> {
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

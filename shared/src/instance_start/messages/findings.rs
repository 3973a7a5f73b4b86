//! What a person should know of a placement, and what to do about it.

use super::super::attempts::Attempts;
use super::super::plan::{BlockedPlacement, Kept, PlannedAssociation};
use crate::cloud::CloudError;
use crate::error::{Error, chain};
use crate::events::InstanceStateChange;
use crate::groups::ChosenBy;
use crate::model::auto_scaling::LifecycleState;
use crate::model::ids::InstanceId;
use crate::report::{Command, Finding, PlacedReport, PlacementReason};
use crate::settings::{Settings, TagKeys};

pub(super) fn findings_of(
    settings: &Settings,
    placed: &[PlacedReport],
    done: &Attempts,
) -> Vec<Finding> {
    let mut findings: Vec<Finding> = placed.iter().flat_map(about).collect();
    let refusals = done.refusals.iter();
    findings.extend(refusals.map(|(step, failure)| refused(step, failure)));
    if !placed.is_empty() {
        let gaps = done.gaps.iter();
        findings.extend(gaps.map(|(group, gap)| gap.finding(group)));
    }
    findings.extend(done.pauses_unread.as_ref().map(pauses_unread));
    findings.extend(doubtful(settings, done));
    findings.extend(done.blocked.iter().map(|it| blocked(settings, it)));
    findings
}

/// What went to an interface only because no other one can take it.
pub(super) fn doubtful(settings: &Settings, done: &Attempts) -> Vec<Finding> {
    let placed = done.placed.iter().map(|(step, _)| step);
    let by_itself = placed.filter(|step| step.chosen_by == Some(ChosenBy::OnlyOne));
    let finding = |step: &PlannedAssociation| {
        let what = step.ip.to_string();
        let key = &settings.tags.address_target;
        Finding::only_interface(&what, &step.target.eni, &step.instance, key)
    };
    by_itself.map(finding).collect()
}

/// An address that is there, and goes to no interface.
pub(super) fn blocked(settings: &Settings, blocked: &BlockedPlacement) -> Finding {
    Finding {
        what: format!("{} is not placed on {}", blocked.ip, blocked.instance),
        why: blocked.why.to_string(),
        next: blocked.why.next(&settings.tags),
    }
}

pub(super) fn about(placed: &PlacedReport) -> Vec<Finding> {
    let at = &placed.association;
    let is_done = at.id.is_some();
    let displaced = placed.displaced.filter(|_| is_done).map(|ip| Finding {
        what: format!(
            "the public IP {ip} that EC2 had assigned to {} is gone for good",
            at.eni
        ),
        why: format!(
            "a private IP has one public IP, and {} took its place",
            placed.ip
        ),
        next:
            "nothing, unless something relied on that address; a subnet that assigns none saves it"
                .to_owned(),
    });
    let is_new = placed.reason != PlacementReason::AlreadyThere;
    let unseen = (is_new && !at.verified && is_done).then(|| Finding {
        what: format!(
            "the association of {} is accepted, but EC2 does not show it yet",
            placed.ip
        ),
        why: "no read has shown it: EC2's answers lag behind its writes, or no read was answered"
            .to_owned(),
        next: format!(
            "look again: {}",
            Command::ec2("describe-addresses").with("allocation-ids", &placed.allocation)
        ),
    });
    displaced.into_iter().chain(unseen).collect()
}

pub(super) fn refused(step: &PlannedAssociation, failure: &CloudError) -> Finding {
    Finding {
        what: format!("{} cannot be associated with {}", step.ip, step.instance),
        why: chain(failure),
        next: format!(
            "read why, mend it, then: {}",
            Command::associate(&step.allocation, &step.target.eni, step.target.private_ip)
        ),
    }
}

pub(super) fn unplaceable(change: &InstanceStateChange, count: usize) -> Finding {
    Finding {
        what: format!(
            "{} asks for {count} more addresses than it can take",
            change.instance
        ),
        why: "each of its private IPs has an Elastic IP already, moves among a group, or belongs to an AWS service"
            .to_owned(),
        next: "give it a secondary private IP or another network interface, or name fewer slots"
            .to_owned(),
    }
}

/// What Auto Scaling did not tell, or told in a word that nobody knows; and what stays with a stopped holder.
pub(super) fn of_service(done: &Attempts, keys: &TagKeys) -> Vec<Finding> {
    let not_told = done.lifecycle_not_told.iter().map(lifecycle_not_told);
    let unknown = done.unknown_states.iter();
    let unknown = unknown.map(|(id, state)| unknown_state(id, state));
    let kept = done.kept.iter().map(|one| kept(one, keys));
    not_told.chain(unknown).chain(kept).collect()
}

fn lifecycle_not_told(failure: &CloudError) -> Finding {
    Finding {
        what: "whether instances of an Auto Scaling group are in service is not known".to_owned(),
        why: chain(failure),
        next: format!(
            "allow {} to the role of this function, or see why it is not answered. Until then such an instance takes \
             what is free, also in a warm pool, and nothing from a stopped one",
            failure.failure().action
        ),
    }
}

fn unknown_state(id: &InstanceId, state: &LifecycleState) -> Finding {
    Finding {
        what: format!("Auto Scaling has {id} in a state that Holdfast does not know: `{state}`"),
        why: "whether it serves cannot be said, so it takes what is free, and nothing from a stopped instance"
            .to_owned(),
        next: format!(
            "see whether it serves: {}",
            Command::of_auto_scaling(id)
        ),
    }
}

fn kept(kept: &Kept, keys: &TagKeys) -> Finding {
    let Kept {
        allocation,
        ip,
        holder,
        waiting,
    } = kept;
    Finding {
        what: format!(
            "{ip} stays with {holder}, which does not run, while {waiting} runs without an address"
        ),
        why: "on-stop is `stay`: the address waits for its holder to be started again".to_owned(),
        next: format!(
            "start {holder}, or let reconcile give it to one that waits: {}",
            Command::let_it_move(allocation, keys)
        ),
    }
}

/// Whether a group is paused is in the ledger.
pub(super) fn pauses_unread(failure: &CloudError) -> Finding {
    Finding {
        what: "whether the group is paused is not known: it was taken for not paused".to_owned(),
        why: chain(failure),
        next: "look at the ledger's table, and at the function's permission for dynamodb:Query"
            .to_owned(),
    }
}

pub(super) fn unread(failure: &CloudError) -> Finding {
    Finding {
        what: "the address that the instance had before was not looked for".to_owned(),
        why: format!("the ledger could not be read: {}", chain(failure)),
        next: "nothing: the choice was made without it".to_owned(),
    }
}

pub(crate) fn not_looked(failure: &CloudError) -> Finding {
    Finding {
        what: "instances may lack their addresses".to_owned(),
        why: chain(failure),
        next: "mend the function's role, or the policy that denies it; reconcile does the rest at its \
               next run"
            .to_owned(),
    }
}

pub(crate) fn not_all(left: &Error) -> Finding {
    Finding {
        what: "not every instance that waits for an address may have one".to_owned(),
        why: chain(left),
        next: "nothing yet: the next run of reconcile goes on with it".to_owned(),
    }
}

//! Whether IAM lets a standby be given an interface: `AttachNetworkInterface` with `DryRun`. It is asked before an interface
//! is detached that nobody may attach. It is asked beside other reads, so it takes no time of its own.

use super::early_answers::{DryRunAnswers, Pair};
use super::group::{Group, Location, Resource, ResourceKind};
use crate::cloud::CloudError;
use crate::cloud::moves::{DryRun, DryRunCall};
use crate::error::chain;
use crate::model::ids::InstanceId;
use crate::model::instance::{Instance, InstanceState};
use futures_util::future::join_all;
use std::collections::BTreeSet;

/// How many attachments are asked for at a time: EC2's limits count them as real ones.
pub(super) const MAX_DRY_RUNS: usize = 4;

/// What the sources of a group hold, and who of the members may get it.
pub(super) fn pairs(group: &Group<'_>, sources: &BTreeSet<InstanceId>) -> Vec<Pair> {
    let is_standby = |member: &&&Instance| {
        member.state == InstanceState::Running && !sources.contains(&member.id)
    };
    let held = |resource: &Resource<'_>| match (&resource.cargo, &resource.location) {
        (ResourceKind::Interface(interface), Location::Held(holder))
            if sources.contains(holder) =>
        {
            Some(interface.id.clone())
        }
        _ => None,
    };
    let standbys = group.members.iter().filter(is_standby);
    let pairs = standbys.flat_map(|member| {
        let held = group.resources.iter().filter_map(held);
        held.map(|eni| (eni, member.id.clone()))
    });
    pairs.take(MAX_DRY_RUNS).collect()
}

/// Asks EC2, for all at the same time.
pub(super) async fn ask<C: DryRun>(
    cloud: &C,
    pairs: impl IntoIterator<Item = Pair>,
) -> DryRunAnswers {
    let asked = pairs.into_iter().map(|(eni, instance)| async move {
        let call = DryRunCall::Attach {
            eni: eni.clone(),
            instance: instance.clone(),
            device_index: 1,
        };
        let denied = match cloud.dry_run(&call).await {
            Err(denied @ CloudError::Denied(_)) => Some(chain(&denied)),
            Ok(()) | Err(_) => None,
        };
        ((eni, instance), denied)
    });
    join_all(asked).await.into_iter().collect()
}

//! Whether what a failover would call is permitted. It is asked with `DryRun`, so nothing is changed.

use super::cloud::AlarmFailoverCloud;
use super::effect::Effect;
use super::group::Group;
use super::messages;
use super::plan::Move;
use crate::cloud::CloudError;
use crate::ports::Ports;
use crate::report::Finding;
use std::collections::HashSet;

/// Whether the calls would be permitted: the first of each kind.
pub(super) async fn dry_runs<C: AlarmFailoverCloud, L, K>(
    ports: &Ports<C, L, K>,
    group: &Group<'_>,
    moves: &[Move],
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut asked = HashSet::new();
    let effects = moves.iter().flat_map(|one| &one.effects);
    for call in effects.filter_map(Effect::dry_run) {
        if !asked.insert(std::mem::discriminant(&call)) {
            continue;
        }
        if let Err(failure @ CloudError::Denied(_)) = ports.cloud.dry_run(&call).await {
            findings.push(messages::not_permitted(group, &failure));
        }
    }
    findings
}

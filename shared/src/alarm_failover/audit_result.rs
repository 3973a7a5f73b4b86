//! What reconcile's part in failover did and found. Data only.

use super::messages;
use super::planned_target::PlannedTarget;
use crate::error::{Error, chain};
use crate::report::{Finding, GroupReport, Outcome, Report};
use std::collections::{BTreeMap, BTreeSet};

/// What reconcile did and found.
#[derive(Debug, Default)]
pub struct Audit {
    /// Failovers that were finished, taken up again, or given back.
    pub failovers: Vec<Report>,
    /// Whether each group is ready.
    pub groups: Vec<GroupReport>,
    /// What a person should know.
    pub findings: Vec<Finding>,
    /// What was begun in one group and is not finished, which keeps nothing from being done for the others.
    pub failures: Vec<Error>,
    /// Failovers that were begun, or stay to be done, and could not be finished: with what was done.
    pub unfinished: Vec<Report>,
    /// Where Elastic IPs alone would go.
    pub targets: Vec<PlannedTarget>,
}

/// What is added to an audit when it is done, each thing once.
#[derive(Debug)]
pub struct Additions<'a> {
    audit: &'a mut Audit,
    /// Where in it each group is.
    groups: BTreeMap<String, usize>,
    told: BTreeSet<Finding>,
}

impl<'a> Additions<'a> {
    /// To this audit.
    #[must_use]
    pub fn to(audit: &'a mut Audit) -> Self {
        let groups = audit.groups.iter().zip(0..);
        let groups = groups.map(|(it, at)| (it.group.clone(), at)).collect();
        let told = audit.findings.iter().cloned().collect();
        Self {
            audit,
            groups,
            told,
        }
    }

    /// Something that stands in the way of a failover of a group.
    pub fn obstacle(&mut self, group: &str, obstacle: Finding) {
        let at = self.groups.get(group).copied();
        if let Some(group) = at.and_then(|at| self.audit.groups.get_mut(at)) {
            if !group.obstacles.contains(&obstacle) {
                group.obstacles.push(obstacle.clone());
            }
            group.judge();
        }
        self.finding(obstacle);
    }

    /// Something that a person should know.
    pub fn finding(&mut self, finding: Finding) {
        if self.told.insert(finding.clone()) {
            self.audit.findings.push(finding);
        }
    }
}

impl Audit {
    /// Notes what was done for a group.
    pub(super) fn note(&mut self, done: Result<Vec<Report>, Error>) {
        match done {
            // What still cannot be done is said by the group's obstacles, once.
            Ok(done) => {
                let is_news = |report: &Report| report.outcome != Outcome::Refused;
                self.failovers.extend(done.into_iter().filter(is_news));
            }
            // The next run tries again by itself: an error would bring this one back, and alarm people, all
            // night long where a group is stopped for the night.
            Err(failure) => {
                self.unfinished.extend(failure.report().cloned());
                if failure.is_stranded() {
                    let what = chain(&failure);
                    self.findings.push(messages::still_stranded(&what));
                } else {
                    self.failures.push(failure);
                }
            }
        }
    }
}

//! What the doctor says: each check with its verdict, in the order of the list.

use super::check::Check;
use super::verdict::Verdict;
use crate::failure::Exit;
use crate::output::{Cell, Document, Page, Table};
use serde::Serialize;

/// All stacks.
#[derive(Debug, Serialize)]
pub(super) struct Doctor {
    /// One for each stack and region.
    pub stacks: Vec<Diagnosis>,
}

/// One stack.
#[derive(Debug, Serialize)]
pub(super) struct Diagnosis {
    /// Its name.
    pub stack: String,
    /// Its region.
    pub region: String,
    /// What was looked at.
    pub checks: Vec<Told>,
}

/// One check.
#[derive(Debug, Serialize)]
pub(super) struct Told {
    check: &'static str,
    outcome: Outcome,
    seen: String,
    why: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Outcome {
    Passed,
    Failed,
    NotMade,
}

impl Outcome {
    fn cell(self) -> Cell {
        match self {
            Self::Passed => Cell::good("passed"),
            Self::Failed => Cell::bad("failed"),
            Self::NotMade => Cell::attention("not made"),
        }
    }
}

impl Told {
    pub(super) fn of(check: Check, verdict: Verdict) -> Self {
        let (outcome, seen, advice) = match verdict {
            Verdict::Passed { seen } => (Outcome::Passed, seen, None),
            Verdict::Failed { seen, advice } => (Outcome::Failed, seen, Some(advice)),
            Verdict::NotMade { seen, advice } => (Outcome::NotMade, seen, Some(advice)),
        };
        Self {
            check: check.name(),
            outcome,
            seen,
            why: check.why(),
            advice,
        }
    }
}

impl Doctor {
    fn all(&self) -> impl Iterator<Item = &Told> {
        self.stacks.iter().flat_map(|stack| &stack.checks)
    }

    fn count(&self, outcome: Outcome) -> usize {
        self.all().filter(|told| told.outcome == outcome).count()
    }
}

impl Document for Doctor {
    const COMMAND: &'static str = "doctor";

    fn page(&self) -> Page {
        let mut page = Page::default();
        for stack in &self.stacks {
            page.gap();
            let place = format!("{} in {}", stack.stack, stack.region);
            page.line([Cell::strong(place)]);
            let mut table = Table::of(&["check", "outcome", "what was seen"]);
            for told in &stack.checks {
                table.push([
                    told.check.into(),
                    told.outcome.cell(),
                    told.seen.as_str().into(),
                ]);
            }
            page.table(table);
            for told in stack.checks.iter().filter(|told| told.advice.is_some()) {
                page.gap();
                page.line([
                    Cell::strong(told.check),
                    ": ".into(),
                    told.seen.as_str().into(),
                ]);
                page.line([Cell::faint("  why: "), told.why.into()]);
                page.line([
                    Cell::faint("  do:  "),
                    Cell::from(told.advice.clone().unwrap_or_default()),
                ]);
            }
        }
        page.gap();
        page.line([Cell::from(format!(
            "{} passed, {} failed, {} not made",
            self.count(Outcome::Passed),
            self.count(Outcome::Failed),
            self.count(Outcome::NotMade)
        ))]);
        page
    }

    fn rows(&self) -> Table {
        let mut table = Table::of(&["stack", "region", "check", "outcome", "seen", "advice"]);
        for stack in &self.stacks {
            for told in &stack.checks {
                table.push([
                    stack.stack.as_str().into(),
                    stack.region.as_str().into(),
                    told.check.into(),
                    told.outcome.cell(),
                    told.seen.as_str().into(),
                    Cell::or_dash(told.advice.as_deref()),
                ]);
            }
        }
        table
    }

    /// A check that could not be made is no pass.
    fn exit(&self) -> Exit {
        if self.all().all(|told| told.outcome == Outcome::Passed) {
            Exit::Done
        } else {
            Exit::Found
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doctor(verdict: Verdict) -> Doctor {
        let checks = vec![
            Told::of(Check::Clock, Verdict::passed("well")),
            Told::of(Check::ManagementEvents, verdict),
        ];
        Doctor {
            stacks: vec![Diagnosis {
                stack: "holdfast".to_owned(),
                region: "us-east-1".to_owned(),
                checks,
            }],
        }
    }

    #[test]
    fn a_check_that_could_not_be_made_is_no_pass() {
        assert_eq!(doctor(Verdict::passed("well")).exit(), Exit::Done);
        assert_eq!(
            doctor(Verdict::failed("no trail", "make one")).exit(),
            Exit::Found
        );
        assert_eq!(
            doctor(Verdict::not_made("denied", "ask")).exit(),
            Exit::Found
        );
    }

    #[test]
    fn a_name_stands_for_one_check() {
        let mut names: Vec<&str> = Check::ALL.iter().map(|check| check.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Check::ALL.len());
    }
}

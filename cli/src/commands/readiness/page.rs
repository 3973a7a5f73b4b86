//! `readiness` in a terminal, and in rows.

use super::{Group, Readiness};
use crate::commands::status::{listed, put_finding, readiness_cell, readiness_word};
use crate::failure::Exit;
use crate::output::{
    Cell, Document, Page, Table, ago_in_words, counted, finding_in_one_line, time_of,
};
use holdfast::model::ids::InstanceId;
use holdfast::report::Readiness as Word;

impl Document for Readiness {
    const COMMAND: &'static str = "readiness";

    fn page(&self) -> Page {
        let mut page = Page::default();
        for stack in &self.deployments {
            page.gap();
            let sweep = stack
                .last_sweep
                .map(|at| format!(", last sweep {}", ago_in_words(at, self.at)));
            page.line([
                Cell::strong(stack.stack.as_str()),
                Cell::from(format!(" in {}", stack.region)),
                Cell::faint(format!(
                    "  {}{}",
                    time_of(self.at),
                    sweep.unwrap_or_default()
                )),
            ]);
            if !stack.knows_groups {
                page.line([Cell::attention("groups: not known")]);
            } else if stack.groups.is_empty() {
                page.line(["no group: no instance and no interface has the group tag".into()]);
            }
            for group in &stack.groups {
                group.put_on(&mut page);
            }
            if !stack.hindrances.is_empty() {
                page.line([Cell::bad("However ready the groups are")]);
            }
            for finding in stack.hindrances.iter().chain(&stack.findings) {
                put_finding(&mut page, finding);
            }
        }
        page
    }

    fn rows(&self) -> Table {
        let mut table = Table::of(&[
            "region",
            "stack",
            "group",
            "readiness",
            "holders",
            "standbys",
            "pause",
            "obstacles",
        ]);
        for stack in &self.deployments {
            for group in &stack.groups {
                let Group {
                    report,
                    told_by_sweep,
                    ..
                } = group;
                let obstacles = report.obstacles.iter().chain(told_by_sweep);
                let obstacles: Vec<&str> = obstacles.map(|it| it.what.as_str()).collect();
                table.push([
                    stack.region.as_str().into(),
                    stack.stack.as_str().into(),
                    report.group.as_str().into(),
                    readiness_word(report.readiness, group.readiness_known).into(),
                    listed(&report.holders),
                    listed(&report.standbys),
                    group.pause_cell(),
                    Cell::or_unknown(
                        (!obstacles.is_empty()).then(|| obstacles.join("; ")),
                        group.readiness_known,
                    ),
                ]);
            }
        }
        table
    }

    fn beside_rows(&self) -> Vec<String> {
        let told = self.deployments.iter();
        let told = told.flat_map(|stack| stack.hindrances.iter().chain(&stack.findings));
        let told = told.map(finding_in_one_line);
        let unknown = self.deployments.iter().filter(|stack| !stack.knows_groups);
        let unknown = unknown.map(|_| "groups: not known".to_owned());
        unknown.chain(told).collect()
    }

    fn exit(&self) -> Exit {
        let is_well = |stack: &super::Stack| {
            stack.hindrances.is_empty() && stack.groups.iter().all(Group::is_well)
        };
        if self.deployments.iter().all(is_well) {
            Exit::Done
        } else {
            Exit::Found
        }
    }
}

/// `1 standby with i-0123456789abcdef0`, `no standby`.
fn members(ids: &[InstanceId], one: &str, several: &str) -> String {
    if ids.is_empty() {
        return format!("no {one}");
    }
    format!(
        "{} with {}",
        counted(ids.len(), one, several),
        listed(ids).text
    )
}

impl Group {
    fn is_well(&self) -> bool {
        self.report.readiness != Word::NotReady && self.told_by_sweep.is_empty()
    }

    fn pause_cell(&self) -> Cell {
        let pause = self.report.pause.as_ref();
        Cell::or_unknown(pause.map(|pause| time_of(pause.until)), self.lease_known)
    }

    fn put_on(&self, page: &mut Page) {
        let report = &self.report;
        page.line([
            Cell::strong(report.group.as_str()),
            ": ".into(),
            readiness_cell(report.readiness, self.readiness_known),
            Cell::from(format!(
                "  {}, {}",
                members(&report.holders, "holder", "holders"),
                members(&report.standbys, "standby", "standbys"),
            )),
        ]);
        if let Some(why) = &report.by_design {
            page.line([Cell::faint(format!("  by design: {why}"))]);
        }
        if let Some(pause) = &report.pause {
            page.line([Cell::attention(format!(
                "  paused until {}",
                time_of(pause.until)
            ))]);
        } else if !self.lease_known {
            page.line([Cell::attention("  whether it is paused: not known")]);
        }
        report.obstacles.iter().for_each(|it| put_finding(page, it));
        if !self.told_by_sweep.is_empty() {
            page.line([Cell::attention(
                "  the last sweep found, and this look does not show:",
            )]);
            self.told_by_sweep
                .iter()
                .for_each(|it| put_finding(page, it));
        }
    }
}

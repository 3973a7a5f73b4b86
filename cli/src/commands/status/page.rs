//! `status` in a terminal, and in rows.

use super::cells::{
    listed, mode_cell, protection_cell, protection_word, put_finding, readiness_cell,
    readiness_word,
};
use super::document::{Address, Group, List, OpenRelease, Stack, Status};
use crate::deployment::Function;
use crate::failure::Exit;
use crate::output::{
    Cell, Document, Line, Page, Table, ago_in_words, counted, finding_in_one_line, time_of,
};
use holdfast::report::Readiness;
use holdfast::settings::Mode;
use time::OffsetDateTime;

impl Document for Status {
    const COMMAND: &'static str = "status";

    fn page(&self) -> Page {
        let mut page = Page::default();
        for stack in &self.deployments {
            page.gap();
            stack.put_on(&mut page, self.at);
        }
        page
    }

    fn rows(&self) -> Table {
        let mut table = Table::of(&[
            "region",
            "stack",
            "address",
            "allocation",
            "group",
            "protection",
            "holder",
            "interface",
            "privateIp",
            "readiness",
        ]);
        for stack in &self.deployments {
            for address in &stack.addresses {
                let place = [&stack.region, &stack.stack].map(|it| Cell::from(it.as_str()));
                let readiness = address
                    .group
                    .as_ref()
                    .and_then(|name| stack.readiness_of(name));
                let readiness = match readiness {
                    Some((readiness, is_known)) => readiness_word(readiness, is_known),
                    None if address.knows_group && stack.knows_all(List::Groups) => "-",
                    None => "not known",
                };
                table.push(
                    place
                        .into_iter()
                        .chain(row(address))
                        .chain([readiness.into()]),
                );
            }
        }
        table
    }

    fn beside_rows(&self) -> Vec<String> {
        self.deployments
            .iter()
            .flat_map(Stack::beside_rows)
            .collect()
    }

    fn exit(&self) -> Exit {
        if self.deployments.iter().any(Stack::wants_somebody) {
            Exit::Found
        } else {
            Exit::Done
        }
    }
}

fn row(address: &Address) -> Line {
    vec![
        address.address.to_string().into(),
        address.allocation.as_str().into(),
        Cell::or_unknown(address.group.as_deref(), address.knows_group),
        protection_word(address.protection).into(),
        Cell::or_dash(address.holder.as_ref().map(ToString::to_string)),
        Cell::or_dash(address.interface.as_ref().map(ToString::to_string)),
        Cell::or_dash(address.private_ip.map(|ip| ip.to_string())),
    ]
}

impl Stack {
    fn wants_somebody(&self) -> bool {
        let waits = |count: Option<u64>| count.is_some_and(|count| count > 0);
        let not_ready = |group: &Group| group.report.readiness == Readiness::NotReady;
        self.groups.iter().any(not_ready)
            || !self.open_releases.is_empty()
            || !self.not_known.is_empty()
            || !self.is_complete()
            || !self.functions_not_ready.is_empty()
            || waits(self.failed_events)
            || waits(self.undelivered_events)
    }

    fn beside_rows(&self) -> Vec<String> {
        let open = self.open_releases.iter();
        let open = open.map(|it| {
            let group = if it.knows_group {
                ""
            } else {
                ", of a group that is not known"
            };
            format!("open release: {} {}{group}", it.allocation, it.status)
        });
        let counted = [
            ("failed", self.failed_events),
            ("undelivered", self.undelivered_events),
        ];
        let counted = counted.into_iter().filter(|(_, count)| *count != Some(0));
        let counted = counted.map(|(what, count)| match count {
            Some(count) => format!("{what} events: {count}"),
            None => format!("{what} events: not known"),
        });
        let broken = self.functions_not_ready.iter();
        let broken = broken.map(|(function, why)| format!("{function} cannot run: {why}"));
        let status = self.stack_status.as_deref().unwrap_or("in no known state");
        let lists = self.incomplete.iter().map(|list| match list {
            List::Groups => "groups: not all known".to_owned(),
            List::Addresses => "addresses: not all known".to_owned(),
            List::OpenReleases => "open releases: not all known".to_owned(),
        });
        let incomplete = (!self.is_complete()).then(|| format!("the stack is {status}"));
        let obstacles = self.groups.iter().flat_map(|it| &it.report.obstacles);
        let findings = self.not_known.iter().chain(obstacles).chain(&self.findings);
        let findings = findings.map(finding_in_one_line);
        open.chain(counted)
            .chain(lists)
            .chain(incomplete)
            .chain(broken)
            .chain(findings)
            .collect()
    }

    /// Whether the last change of the stack itself ended well: CloudFormation has many other states.
    fn is_complete(&self) -> bool {
        const COMPLETE: [&str; 3] = ["CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"];
        let status = self.stack_status.as_deref();
        status.is_some_and(|status| COMPLETE.contains(&status))
    }

    /// The readiness of a group, and whether all could be read that it hangs on.
    fn readiness_of(&self, name: &str) -> Option<(Readiness, bool)> {
        let mut groups = self.groups.iter();
        let group = groups.find(|it| it.report.group == name)?;
        Some((group.report.readiness, group.readiness_known))
    }

    fn put_on(&self, page: &mut Page, now: OffsetDateTime) {
        page.line([
            Cell::strong(self.stack.as_str()),
            Cell::from(format!(" in {}", self.region)),
            Cell::faint(format!("  {}", time_of(now))),
        ]);
        page.line(self.modes_line());
        page.line(self.queues_line());
        if !self.is_complete() {
            let status = self.stack_status.as_deref().unwrap_or("in no known state");
            page.line([Cell::bad(format!("the stack is {status}"))]);
            page.line(["  do:  see its events in CloudFormation, mend what failed, and deploy again: docs/DEPLOYMENT.md".into()]);
        }
        for (function, why) in &self.functions_not_ready {
            page.line([Cell::bad(format!("{function} cannot run: {why}"))]);
        }
        if !self.groups.is_empty() {
            page.gap();
            page.table(self.group_table(now));
            self.obstacles(page);
        }
        if !self.knows_all(List::Groups) {
            page.gap();
            page.line([Cell::attention("groups: not known")]);
        }
        if !self.addresses.is_empty() {
            page.gap();
            page.table(self.address_table());
        }
        if self.open_releases.is_empty() && !self.knows_all(List::OpenReleases) {
            page.gap();
            page.line([Cell::attention("open releases: not known")]);
        }
        if !self.open_releases.is_empty() {
            page.gap();
            page.line([Cell::strong("Open releases")]);
            page.table(release_table(&self.open_releases, now));
            let unplaced = self.open_releases.iter().filter(|it| !it.knows_group);
            let unplaced: Vec<&str> = unplaced.map(|it| it.allocation.as_str()).collect();
            if !unplaced.is_empty() {
                let words = format!("group not known: {}", unplaced.join(", "));
                page.line([Cell::attention(words)]);
            }
            if !self.knows_all(List::OpenReleases) {
                page.line([Cell::attention("others: not known")]);
            }
        }
        if !self.not_known.is_empty() {
            page.gap();
            page.line([Cell::bad("Not known")]);
            self.not_known.iter().for_each(|it| put_finding(page, it));
        }
        if !self.findings.is_empty() {
            page.gap();
            page.line([Cell::strong("To know")]);
            self.findings
                .iter()
                .for_each(|finding| put_finding(page, finding));
        }
    }

    fn modes_line(&self) -> Line {
        let all: Vec<Mode> = self.modes.values().copied().collect();
        if let [first, rest @ ..] = all.as_slice()
            && all.len() == Function::ACTING.len()
            && rest.iter().all(|mode| mode == first)
        {
            return vec!["every function: ".into(), mode_cell(*first)];
        }
        let each = Function::ACTING
            .iter()
            .enumerate()
            .flat_map(|(index, function)| {
                let comma = if index == 0 { "" } else { ", " };
                let mode = self.modes.get(function).copied();
                let mode = mode.map_or_else(|| Cell::attention("mode not known"), mode_cell);
                [Cell::from(format!("{comma}{function}: ")), mode]
            });
        each.collect()
    }

    fn queues_line(&self) -> Line {
        let count = |count: Option<u64>, what: &str| match count {
            None => Cell::attention(format!("{what}: not known")),
            Some(0) => Cell::from(format!("{what}: 0")),
            Some(count) => Cell::bad(format!("{what}: {count}")),
        };
        vec![
            count(self.failed_events, "failed events"),
            ", ".into(),
            count(self.undelivered_events, "undelivered events"),
            ", ".into(),
            if self.knows_all(List::Addresses) {
                Cell::from(counted(self.addresses.len(), "address", "addresses"))
            } else {
                Cell::attention("addresses: not known")
            },
        ]
    }

    fn group_table(&self, now: OffsetDateTime) -> Table {
        let mut table = Table::of(&[
            "group",
            "readiness",
            "holders",
            "standbys",
            "pause",
            "last failover",
        ]);
        for group in &self.groups {
            let report = &group.report;
            let pause = report.pause.as_ref();
            let pause = pause.map(|pause| format!("until {}", time_of(pause.until)));
            table.push([
                Cell::strong(report.group.as_str()),
                readiness_cell(report.readiness, group.readiness_known),
                listed(&report.holders),
                listed(&report.standbys),
                pause.map_or_else(|| group.none_or_not_known(), Cell::attention),
                group.last_cell(now),
            ]);
        }
        table
    }

    fn obstacles(&self, page: &mut Page) {
        for Group { report, .. } in &self.groups {
            for obstacle in &report.obstacles {
                put_finding(page, obstacle);
            }
        }
    }

    fn address_table(&self) -> Table {
        let mut table = Table::of(&[
            "address",
            "allocation",
            "group",
            "protection",
            "holder",
            "interface",
            "private ip",
            "note",
        ]);
        for address in &self.addresses {
            let mut cells = row(address);
            if let Some(cell) = cells.get_mut(3) {
                *cell = protection_cell(address.protection);
            }
            let note = match (&address.service, address.in_ledger) {
                (Some(service), _) => Cell::faint(format!("managed by {service}")),
                (None, Some(false)) => Cell::attention("not in the ledger yet"),
                (None, Some(true)) => Cell::default(),
                (None, None) => Cell::attention("in the ledger: not known"),
            };
            table.push(cells.into_iter().chain([note]));
        }
        table
    }
}

impl Group {
    fn last_cell(&self, now: OffsetDateTime) -> Cell {
        match (&self.in_progress, &self.last_failover) {
            (Some(cause), _) => Cell::attention(format!("under way: {cause}")),
            (None, Some(last)) => Cell::from(format!(
                "{}, {}",
                ago_in_words(last.began_at, now),
                last.cause
            )),
            (None, None) => self.none_or_not_known(),
        }
    }

    /// What the lease of the group says, where it says nothing.
    fn none_or_not_known(&self) -> Cell {
        Cell::or_unknown(None::<String>, self.lease_known)
    }
}

fn release_table(releases: &[OpenRelease], now: OffsetDateTime) -> Table {
    let mut table = Table::of(&[
        "address",
        "allocation",
        "status",
        "released",
        "by",
        "tries",
        "why",
    ]);
    for release in releases {
        // Of a record that cannot be read nothing is none.
        let or_none = |text: Option<String>| Cell::or_unknown(text, release.attempts.is_some());
        table.push([
            or_none(release.address.map(|ip| ip.to_string())),
            release.allocation.as_str().into(),
            Cell::bad(release.status.as_str()),
            or_none(release.released_at.map(|at| ago_in_words(at, now))),
            or_none(release.by.clone()),
            or_none(release.attempts.map(|count| count.to_string())),
            Cell::or_dash(release.reason.as_deref()),
        ]);
    }
    table
}

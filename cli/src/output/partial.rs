//! A document, and beside it what could not be read for it: the one form in which every command that reads says so.

use super::page::{Cell, Page, Table};
use super::print::Document;
use crate::exit::Exit;
use crate::unread::Unread;
use serde::Serialize;

/// A document of what could be read.
#[derive(Debug, Serialize)]
pub struct Partial<D> {
    #[serde(flatten)]
    document: D,
    /// What could not be read, so that something may be missing in the document.
    unread: Vec<Unread>,
}

impl<D: Document> Partial<D> {
    /// A document with what could not be read for it.
    #[must_use]
    pub fn new(document: D, unread: Vec<Unread>) -> Self {
        Self { document, unread }
    }
}

impl<D: Document> Document for Partial<D> {
    const COMMAND: &'static str = D::COMMAND;

    fn page(&self) -> Page {
        let mut page = self.document.page();
        if !self.unread.is_empty() {
            page.gap();
            page.line([Cell::bad("Not read, so that something may be missing here")]);
        }
        for part in &self.unread {
            page.finding(&part.what, &part.why, &part.next);
        }
        page
    }

    fn rows(&self) -> Table {
        self.document.rows()
    }

    fn beside_rows(&self) -> Vec<String> {
        let unread = self.unread.iter();
        let unread =
            unread.map(|part| format!("{}. Why: {}. Do: {}", part.what, part.why, part.next));
        self.document
            .beside_rows()
            .into_iter()
            .chain(unread)
            .collect()
    }

    fn exit(&self) -> Exit {
        let unread = self.unread.iter().map(|part| part.exit);
        unread.fold(self.document.exit(), Exit::worse)
    }
}

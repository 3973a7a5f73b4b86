//! What a command prints. Each command has one document; from it follow the page that a terminal shows, the JSON of
//! `cli/schema/<command>.schema.json`, and tab-separated rows.

mod page;
mod print;
mod terminal;
mod words;

pub use page::{Cell, Line, Page, Part, Table, Tone};
pub use print::{Document, VERSION};
pub use terminal::{Shown, Terminal};
pub use words::{ago, ago_in_words, counted, time_of};

use clap::ValueEnum;

/// How a document is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Form {
    /// For people
    #[default]
    Table,
    /// For programs: the schema is in cli/schema
    Json,
    /// Rows with a tab between the fields, under a line with their names
    Tsv,
}

//! The forms that a document has.

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

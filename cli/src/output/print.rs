//! A document in each of its forms.

use super::form::Form;
use super::layout::in_columns;
use super::page::{Page, Table};
use crate::failure::{Exit, Failure};
use serde::Serialize;

/// The version of all JSON forms. A field may be added without a new one; none goes, and none changes its meaning.
pub const VERSION: u32 = 1;

/// What a command has to say.
pub trait Document: Serialize {
    /// The command, whose schema it follows: `cli/schema/<command>.schema.json`.
    const COMMAND: &'static str;

    /// What a terminal shows.
    fn page(&self) -> Page;

    /// What a program reads line by line.
    fn rows(&self) -> Table;

    /// What has no place in the rows, and that whoever reads them should know: told on standard error beside them.
    fn beside_rows(&self) -> Vec<String> {
        Vec::new()
    }

    /// How the command ends that found this.
    fn exit(&self) -> Exit {
        Exit::Done
    }
}

/// A document as JSON: the version and the command come first.
#[derive(Serialize)]
struct Envelope<'a, D: Document> {
    version: u32,
    command: &'static str,
    #[serde(flatten)]
    document: &'a D,
}

/// How a document is to be written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub(super) form: Form,
    /// JSON without line breaks, for one document after another.
    pub(super) on_one_line: bool,
    /// How many columns the terminal has; none where no terminal is.
    pub(super) columns: Option<usize>,
}

/// The text of a document.
pub(super) fn text<D: Document>(document: &D, shape: Shape) -> Result<String, Failure> {
    let Shape {
        form,
        on_one_line,
        columns,
    } = shape;
    let envelope = Envelope {
        version: VERSION,
        command: D::COMMAND,
        document,
    };
    match form {
        Form::Table => Ok(match columns {
            Some(columns) => in_columns(&document.page(), columns),
            None => document.page().to_string(),
        }),
        Form::Tsv => Ok(document.rows().tab_separated()),
        Form::Json => {
            let json = if on_one_line {
                serde_json::to_string(&envelope)
            } else {
                serde_json::to_string_pretty(&envelope)
            };
            json.map(|json| json + "\n")
                .map_err(|error| Failure::Unreadable {
                    what: "the answer".to_owned(),
                    why: error.to_string(),
                    advice: "This is a fault of this tool: report it.".to_owned(),
                })
        }
    }
}

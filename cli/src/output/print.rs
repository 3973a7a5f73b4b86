//! A document in each of its forms.

use super::Form;
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

/// The text of a document. `on_one_line`: JSON without line breaks, for one document after another.
pub(super) fn text<D: Document>(
    document: &D,
    form: Form,
    on_one_line: bool,
) -> Result<String, Failure> {
    let envelope = Envelope {
        version: VERSION,
        command: D::COMMAND,
        document,
    };
    match form {
        Form::Table => Ok(document.page().to_string()),
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

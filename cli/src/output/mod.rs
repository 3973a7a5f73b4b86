//! What a command prints. Each command has one document; from it follow the page that a terminal shows, the JSON of
//! `cli/schema/<command>.schema.json`, and tab-separated rows.

mod form;
mod layout;
mod new_file;
mod page;
mod partial;
mod print;
mod terminal;
mod words;

pub use form::Form;
pub use new_file::NewFile;
pub use page::{Cell, Line, Page, Part, Table, Tone};
pub use partial::Partial;
pub use print::{Document, VERSION};
pub use terminal::{Shown, Terminal};
/// What to do where a function of another version answers.
pub const VERSION_ADVICE: &str = "Use the `holdfast` of the version that is deployed.";

pub use words::{ago, ago_in_words, counted, finding_in_one_line, time_of};

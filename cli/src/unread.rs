//! What a command could not read, beside what it could. Whoever looks at three in the morning needs what can be read. So
//! a call that is denied or not answered ends no command that reads: the part is named, with why and with what to do. The
//! exit code is that of the worst of them, and nothing is said that hangs on such a part.

use crate::exit::Exit;
use serde::Serialize;

/// A part that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Unread {
    /// The region that it is of.
    pub region: String,
    /// The stack that it is of.
    pub stack: String,
    /// What: `the ledger of holdfast in eu-west-1 could not be read`.
    pub what: String,
    /// Why.
    pub why: String,
    /// What to do.
    pub next: String,
    /// The exit code that it alone would give.
    #[serde(skip)]
    pub exit: Exit,
}

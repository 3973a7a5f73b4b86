//! What a stack of Holdfast has: its functions with their settings, the ledger, the queues, the bus. It follows from
//! the stack's outputs and from how its functions are set up, so a ledger of an earlier stack is found, too.

mod find;
mod function;
mod settings;
mod stack;

pub use find::{Found, find_all};
pub use function::Function;
pub use stack::{Coming, Deployment, OfStack};

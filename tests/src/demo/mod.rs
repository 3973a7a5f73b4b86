//! What `make demo` shows: the simulator, the real functions, somebody who releases addresses, and what
//! becomes of it. Nothing in it is made up. Tables and reports are read from the simulated account and
//! from the functions, and the demo fails when they are not what it says they are.

mod account;
mod cast;
mod encore;
mod failover;
mod own_event;
mod story;

pub use own_event::own_event;
pub use story::story;

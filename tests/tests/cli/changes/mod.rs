//! What changes something, and what would be decided: each command against a simulated account whose functions are the
//! compiled ones.

mod account;
mod explain;
mod guests;
mod moves;
mod record;
mod refusals;
mod tags;

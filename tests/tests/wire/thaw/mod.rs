//! What a process meets that was frozen between two events: its first calls are refused for an old signature or an old
//! token, its connections are dead, its keys have expired. The compiled functions, each with each call that it makes.

mod connections;
mod ending;
mod refusals;
mod thawed;
mod wire;

//! Placement on the simulated EC2: which address a starting instance is given.

mod bursts;
mod doubts;
mod events;
mod explorer;
mod large_account;
mod races;
mod random;
mod worlds;

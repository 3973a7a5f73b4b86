//! The release guard on the simulated EC2: what becomes of a released address.

mod bursts;
mod explorer;
mod intruders;
mod large_account;
mod ledger_contract;
mod outcomes;
mod wishes;
mod worlds;

//! `holdfast drill recover`: how likely does a released address come back, and after how long?
//!
//! A trial allocates an address, releases it, waits, asks for it, and releases it again. The run is a state machine:
//! [`decide`] says what comes next in a region, [`apply`] what an answer makes of the run, [`execute`] makes the calls. The run is
//! written to its [`mod@file`] before each call that changes something. So it can be killed at any moment and started again.
//!
//! What races with it, and what arbitrates:
//!
//! | who | what happens |
//! | --- | --- |
//! | another account asks for the released address first | EC2 decides; the trial counts as lost |
//! | somebody of this account takes it | it does not carry the tag of this run, so it stays theirs; the trial counts as lost |
//! | somebody uses an address of the drill | the look before each release shows it, and it is left to them |
//! | a second process with the same run file | the lock of the file refuses it |
//! | the release guard | the address is tagged `protect=none` at birth, so the guard lets it go |
//! | a guard that goes by other tags takes the address back | it has the tag `reclaimed-from`, so it is left alone; the trial is void |
//! | somebody goes on with a copy of the run file | each trial has a mark that no other has; what has an unknown one is left alone, and the region stops |
//! | somebody sets this machine's clock | a clock that nobody sets shows it; what was being measured is void |
//! | others need the places of the quota | a trial begins, and asks, only while enough places are free |

pub mod apply;
pub mod clocks;
pub mod curve;
pub mod decide;
pub mod execute;
pub mod file;
mod look;
pub mod plot;
pub mod ports;
mod refusals;
pub mod run;
pub mod settings;
pub mod statistics;
pub mod trial;

#[cfg(test)]
mod tests;

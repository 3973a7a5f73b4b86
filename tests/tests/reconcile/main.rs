//! Reconcile on the simulated EC2: what its sweeps find, do and tell.

mod corrected;
mod every_order;
mod finds;
mod large_account;
mod lost_interfaces;
mod random;
mod report_sizes;
mod right_interface;
mod sweeps;
mod told;

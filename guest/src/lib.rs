//! The guest's half of moving an address: files that make replies leave through the interface that the address is on.
//! EC2 drops every other reply. The files are made from what EC2 says of a group, for every member alike.
//!
//! What EC2 answers ([`ec2`]) becomes the links of a group ([`group`]). A network manager's own language says them
//! ([`networkd`], [`network_manager`]). A kit has them with a manifest and three scripts ([`kit`]), and [`wrap`] hands
//! it over: as one script, as user data, as a document of Systems Manager.
//!
//! Nothing here asks AWS, and nothing here runs on a guest but the three scripts in `guest/kit`.

pub mod cidr;
pub mod ec2;
pub mod error;
pub mod group;
pub mod kit;
pub mod network_manager;
pub mod networkd;
pub mod ranges;
mod reading;
pub mod wrap;

pub use error::Error;
pub use group::Group;
pub use wrap::{For, Output};

#[cfg(test)]
mod tests;

//! The part of EC2 that Holdfast uses, as a pure state machine on a clock that tests own.
//!
//! It stands in for AWS in the tests, the demo and the benchmarks, and it is not the product:
//! where it is unsure of AWS, the rule says so in place, and Holdfast must not depend on it.

pub mod api;
pub mod world;

pub use world::World;

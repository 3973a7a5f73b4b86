//! The operator's tool.

pub mod drill;

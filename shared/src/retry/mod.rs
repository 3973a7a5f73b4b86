//! How often and when something is asked again: once, for everybody.

use crate::model::ids::InstanceId;
use std::hash::{DefaultHasher, Hash, Hasher};

/// A number from 0 up to 1 that differs from instance to instance and from look to look: jitter that
/// needs no randomness.
pub(crate) fn jitter(instance: &InstanceId, look: u32) -> f64 {
    let mut hasher = DefaultHasher::new();
    (instance.as_str(), look).hash(&mut hasher);
    let thousandth = u32::try_from(hasher.finish() % 1000).unwrap_or_default();
    f64::from(thousandth) / 1000.0
}

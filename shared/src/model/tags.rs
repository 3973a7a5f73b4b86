//! A resource's tags, and what EC2 says of them.

use std::collections::BTreeMap;

/// A resource's tags.
pub type Tags = BTreeMap<String, String>;

/// EC2 keeps tag keys with this prefix for itself (`aws:cloudformation:stack-name` and its like):
/// they can be read, but nobody can set them, so they cannot be restored.
/// Source: EC2 user guide, "Tag restrictions".
pub const RESERVED_TAG_PREFIX: &str = "aws:";

/// How many tags a resource can carry, reserved ones not counted.
/// Source: EC2 user guide, "Tag restrictions".
pub const MAX_TAGS: usize = 50;

//! How old what was seen may be for something to be moved on it.

/// An Elastic IP and a private IP have no token that would make the move a compare-and-set, and an alarm is evidence of its
/// own moment only.
pub(super) const FRESH: time::Duration = time::Duration::seconds(2);

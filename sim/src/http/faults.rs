//! Faults that a test orders for the next calls of an action: the ways in which a call to AWS goes
//! wrong without AWS being wrong.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// One way for a call to go wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// The connection breaks before the call is looked at: nothing has happened.
    Lost,
    /// The call is carried out, and the connection breaks before the answer.
    ReplyLost,
    /// Refused as one call too many.
    Throttled,
    /// Refused with this error code, in the service's own form.
    Refused(String),
    /// Carried out and answered, so many milliseconds late.
    Slow(u64),
    /// Taken, and never looked at or answered: the connection stays open and says nothing.
    Silent,
}

/// The faults that are still to come.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<Ordered>);

#[derive(Debug)]
struct Ordered {
    action: String,
    fault: Fault,
    times: u32,
}

impl Faults {
    /// `action` as IAM writes it: `ec2:AllocateAddress`.
    pub(super) fn order(&mut self, action: &str, fault: Fault, times: u32) {
        self.0.push(Ordered {
            action: action.to_owned(),
            fault,
            times,
        });
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// The fault for one call of `action`, if one is due: the oldest order first.
    pub(super) fn take(&mut self, action: &str) -> Option<Fault> {
        let due = self
            .0
            .iter_mut()
            .find(|due| due.times > 0 && due.action == action)?;
        due.times -= 1;
        Some(due.fault.clone())
    }
}

impl Fault {
    /// How much later than usual the call is handled.
    pub(super) fn delay(&self) -> Duration {
        match self {
            Self::Slow(milliseconds) => Duration::from_millis(*milliseconds),
            Self::Lost | Self::ReplyLost | Self::Throttled | Self::Refused(_) | Self::Silent => {
                Duration::ZERO
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_strikes_as_often_as_ordered_and_only_its_action() {
        let mut faults = Faults::default();
        faults.order("ec2:AllocateAddress", Fault::Throttled, 2);
        assert_eq!(faults.take("ec2:DescribeAddresses"), None);
        assert_eq!(faults.take("ec2:AllocateAddress"), Some(Fault::Throttled));
        assert_eq!(faults.take("ec2:AllocateAddress"), Some(Fault::Throttled));
        assert_eq!(faults.take("ec2:AllocateAddress"), None);
    }
}

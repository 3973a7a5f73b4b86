//! The functions of a stack.

use serde::Serialize;
use std::fmt;

/// One of the functions of a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Function {
    /// Takes back what was released.
    ReleaseGuard,
    /// Gives starting instances their addresses.
    InstanceStart,
    /// Moves addresses from a failed instance to a healthy one.
    AlarmFailover,
    /// Keeps the ledger true, finishes what was left.
    Reconcile,
    /// Tells people.
    Notify,
}

impl Function {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::ReleaseGuard,
        Self::InstanceStart,
        Self::AlarmFailover,
        Self::Reconcile,
        Self::Notify,
    ];

    /// Those that act on EC2, each in a mode of its own.
    pub const ACTING: [Self; 4] = [
        Self::ReleaseGuard,
        Self::InstanceStart,
        Self::AlarmFailover,
        Self::Reconcile,
    ];

    /// Its name in reports and documents.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ReleaseGuard => "release-guard",
            Self::InstanceStart => "instance-start",
            Self::AlarmFailover => "alarm-failover",
            Self::Reconcile => "reconcile",
            Self::Notify => "notify",
        }
    }

    /// The output of the stack that has its ARN.
    pub(super) fn output(self) -> &'static str {
        match self {
            Self::ReleaseGuard => "ReleaseGuardFunction",
            Self::InstanceStart => "InstanceStartFunction",
            Self::AlarmFailover => "AlarmFailoverFunction",
            Self::Reconcile => "ReconcileFunction",
            Self::Notify => "NotifyFunction",
        }
    }
}

impl From<holdfast::report::Function> for Function {
    fn from(function: holdfast::report::Function) -> Self {
        match function {
            holdfast::report::Function::ReleaseGuard => Self::ReleaseGuard,
            holdfast::report::Function::InstanceStart => Self::InstanceStart,
            holdfast::report::Function::AlarmFailover => Self::AlarmFailover,
            holdfast::report::Function::Reconcile => Self::Reconcile,
        }
    }
}

impl fmt::Display for Function {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

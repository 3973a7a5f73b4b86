//! The checks: their names, which scripts key on, and why each matters. `docs/CLI.md` has a table of them; a test holds
//! it to this list.

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Check {
    /// This machine's clock.
    Clock,
    /// The stack's state.
    Stack,
    /// A trail that logs management events.
    ManagementEvents,
    /// The rules that bring events.
    Rules,
    /// Whether the functions can be started.
    Functions,
    /// How their last runs ended.
    Runs,
    /// Whether reconcile is called.
    Schedule,
    /// Calls of the functions that were denied.
    Permissions,
    /// Settings that differ or cannot be read.
    Settings,
    /// Functions that only observe.
    Modes,
    /// The version that wrote the ledger.
    Version,
    /// Another installation by the same tags.
    Alone,
    /// Whether the ledger can be read.
    Ledger,
    /// Events that wait in the queues.
    Queues,
    /// The stack's own alarms.
    StackAlarms,
    /// The alarms of the groups' members.
    GroupAlarms,
    /// Room for addresses.
    Quota,
    /// Names in the VPCs.
    DnsNames,
    /// Whether protected addresses can be released.
    Releases,
}

impl Check {
    /// All of them, in the order in which they are told.
    pub(super) const ALL: [Self; 19] = [
        Self::Clock,
        Self::Stack,
        Self::ManagementEvents,
        Self::Rules,
        Self::Functions,
        Self::Runs,
        Self::Schedule,
        Self::Permissions,
        Self::Settings,
        Self::Modes,
        Self::Version,
        Self::Alone,
        Self::Ledger,
        Self::Queues,
        Self::StackAlarms,
        Self::GroupAlarms,
        Self::Quota,
        Self::DnsNames,
        Self::Releases,
    ];

    /// Its name. A name never changes its meaning.
    #[must_use]
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Clock => "clock",
            Self::Stack => "stack",
            Self::ManagementEvents => "trail",
            Self::Rules => "rules",
            Self::Functions => "functions",
            Self::Runs => "runs",
            Self::Schedule => "schedule",
            Self::Permissions => "permissions",
            Self::Settings => "settings",
            Self::Modes => "modes",
            Self::Version => "version",
            Self::Alone => "one-installation",
            Self::Ledger => "ledger",
            Self::Queues => "queues",
            Self::StackAlarms => "stack-alarms",
            Self::GroupAlarms => "group-alarms",
            Self::Quota => "address-quota",
            Self::DnsNames => "dns-names",
            Self::Releases => "releases",
        }
    }

    /// Why it matters.
    #[must_use]
    pub(super) fn why(self) -> &'static str {
        match self {
            Self::Clock => {
                "AWS refuses what was signed five minutes too early or too late. This tool makes up for it, and others do not."
            }
            Self::Stack => {
                "A deployment that stopped half-way has functions, rules or rights of two versions."
            }
            Self::ManagementEvents => {
                "EventBridge hears of API calls only while a trail logs them: without one, no release is told."
            }
            Self::Rules => {
                "A rule that is off or gone brings no event, and its function never runs."
            }
            Self::Functions => {
                "A function that cannot start, or that may run zero times at once, does nothing."
            }
            Self::Runs => "A function whose runs fail has finished nothing.",
            Self::Schedule => {
                "Reconcile finishes what other runs left. Without it nothing is tried again."
            }
            Self::Permissions => {
                "A call that is denied is an address that does not come back or does not move."
            }
            Self::Settings => {
                "The functions act as one only with the same settings; a wrong one keeps a function from starting."
            }
            Self::Modes => "A function in observe mode says what it would do, and does nothing.",
            Self::Version => "A tool of another version may not know what this deployment writes.",
            Self::Alone => "Two installations by the same tags undo each other's work.",
            Self::Ledger => {
                "Without the ledger nobody knows whose an address was, and nothing is restored."
            }
            Self::Queues => "What waits in a queue is an event that nobody has dealt with.",
            Self::StackAlarms => {
                "The stack's alarms say that something of Holdfast itself is wrong."
            }
            Self::GroupAlarms => {
                "A member that no alarm watches, or whose alarm has no data, fails and nothing moves."
            }
            Self::Quota => {
                "With a full quota, an address whose place was taken meanwhile cannot come back."
            }
            Self::DnsNames => {
                "Without DNS hostnames a public name leads inside the VPC to the public address, not the private one."
            }
            Self::Releases => {
                "What can be released by mistake will be. A policy that denies it is better than a reclaim."
            }
        }
    }
}

//! What a test may set about the simulated EC2: limits, delays, and the answers where AWS varies.

use std::collections::BTreeSet;

use time::Duration;

use super::doubts::Doubts;

/// The images that every world has.
const IMAGES: [&str; 2] = ["ami-0123456789abcdef0", "ami-12345678"];

/// The knobs of a world. The defaults are an account nobody has touched, on a good day.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Elastic IPs per Region (Service Quotas L-0263D0A3); pools of one's own do not count.
    pub address_quota: usize,
    /// Whether AllocateAddress gives any address, whichever it is asked for: EC2 does not, endpoints that
    /// only resemble it do.
    pub gives_another_address: bool,
    /// How long a new allocation id is unknown to other calls (eventual consistency: users see
    /// `InvalidAllocationID.NotFound` on an `AssociateAddress` right after AllocateAddress).
    pub allocation_usable_after: Duration,
    /// How long a released address cannot be had by anybody.
    pub released_unavailable_for: Duration,
    /// How long after its release another account takes the address; `None`: nobody does.
    pub released_taken_after: Option<Duration>,
    /// Which released addresses that happens to; `None`: all.
    pub released_taken_share: Option<Share>,
    /// How AllocateAddress refuses an address that another account has.
    pub taken_answer: TakenAnswer,
    /// `pending` to `running`.
    pub instance_starts_after: Duration,
    /// `stopping` to `stopped`.
    pub instance_stops_after: Duration,
    /// The same when the guest is not asked to shut down (`SkipOsShutdown`).
    pub instance_stops_unasked_after: Duration,
    /// `shutting-down` to `terminated`.
    pub instance_terminates_after: Duration,
    /// `running` to status checks that pass; `initializing` until then.
    pub status_checks_pass_after: Duration,
    /// `attaching` to `attached`, on a running instance and on a stopped one.
    pub attach_delay: Duration,
    /// `detaching` to gone, while the guest answers.
    pub detach_delay: Duration,
    /// The same when no guest is asked: with `Force`, or from a stopped instance.
    pub forced_detach_delay: Duration,
    /// Whether a forced detach from a running instance blocks the device index until it is stopped, as
    /// the EC2 user guide says it might ("Detach a network interface").
    pub forced_detach_blocks_slot: bool,
    /// Whether EC2 refuses to detach interfaces, as it does in states of the instance that it does not list.
    pub refuses_to_detach: bool,
    /// What a status check finds to the alarms on `StatusCheckFailed` that follow it.
    pub status_alarm_delay: Duration,
    /// A reverse DNS request to its publication.
    pub reverse_dns_published_after: Duration,
    /// How long ReleaseAddress still answers `InvalidAddress.PtrSet` after the attribute already
    /// reads cleared (minutes, as users measured).
    pub reverse_dns_lock_lingers: Duration,
    /// Names with a forward record; `None`: every name has one.
    pub forward_records: Option<BTreeSet<String>>,
    /// The organisation's tag policy.
    pub tag_policy: Option<TagPolicy>,
    /// How long after a call `LookupEvents` knows it.
    pub looked_up_after: Duration,
    /// The images that instances can be launched from; without one named, a launch needs none.
    pub images: BTreeSet<String>,
    /// Alarm types that CloudWatch does not know: `LogAlarm` came in 2026, and another partition may be older.
    pub unknown_alarm_types: BTreeSet<String>,
    /// How EC2 answers where nobody knows.
    pub doubts: Doubts,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            address_quota: 5,
            gives_another_address: false,
            allocation_usable_after: Duration::ZERO,
            released_unavailable_for: Duration::ZERO,
            released_taken_after: None,
            released_taken_share: None,
            taken_answer: TakenAnswer::NotFound,
            instance_starts_after: Duration::seconds(20),
            instance_stops_after: Duration::seconds(30),
            // Not measured; fencing agents prefer it because it takes seconds.
            instance_stops_unasked_after: Duration::seconds(5),
            instance_terminates_after: Duration::seconds(30),
            status_checks_pass_after: Duration::seconds(120),
            // Not published by AWS; "up to 10 seconds" together with the creation of the interface
            // (amazon-vpc-cni-k8s, README on warm interfaces).
            attach_delay: Duration::seconds(2),
            // "a few seconds" (amazon-vpc-cni-k8s, issue 1223).
            detach_delay: Duration::seconds(3),
            // Not known; nobody has to answer.
            forced_detach_delay: Duration::seconds(1),
            forced_detach_blocks_slot: false,
            refuses_to_detach: false,
            // Status checks are a metric of one minute, looked at each minute.
            status_alarm_delay: Duration::seconds(60),
            reverse_dns_published_after: Duration::seconds(60),
            reverse_dns_lock_lingers: Duration::seconds(180),
            forward_records: None,
            tag_policy: None,
            looked_up_after: Duration::ZERO,
            images: IMAGES.map(str::to_owned).into(),
            unknown_alarm_types: BTreeSet::new(),
            doubts: Doubts::default(),
        }
    }
}

/// A share of cases, drawn by a seed: the same seed draws the same cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// How many of a million.
    pub per_million: u32,
    /// What the draw hangs on, beside the number of the case.
    pub seed: u64,
}

impl Share {
    /// Whether the case of this number is drawn (`SplitMix64`, by Steele, Lea and Flood, 2014).
    #[must_use]
    pub fn draws(self, case: u64) -> bool {
        let state = self
            .seed
            .wrapping_add((case + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % 1_000_000 < u64::from(self.per_million)
    }
}

/// How AllocateAddress answers for an address that somebody else holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakenAnswer {
    /// `InvalidAddress.NotFound`, as users report it.
    NotFound,
    /// `AuthFailure`, as ReleaseAddress answers for such an address (EC2 API reference,
    /// ReleaseAddress); whether AllocateAddress ever does is not known.
    AuthFailure,
}

/// A tag policy that is enforced: the only values that a key may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagPolicy {
    /// The governed key.
    pub key: String,
    /// Its allowed values.
    pub allowed_values: Vec<String>,
}

//! What each run in a random history is held to. It moves nothing while another has the lease, no alarm takes
//! anything from a member that runs within the cooldown, and who takes over is who stands next. Worked out
//! from the account, the ledger's rows and the clock, without any code that decides.

use super::FailoverFixture;
use crate::client::TestBed;
use crate::explorer::promises::AccountView;
use ec2_sim::api::InstanceState;
use ec2_sim::world::Call;
use futures_util::FutureExt;
use holdfast::error::Error;
use holdfast::ledger::Ledger;
use holdfast::report::{Outcome, Report};
use std::cell::{Cell, RefCell};
use std::time::Duration;
use time::OffsetDateTime;

/// How long no alarm moves a group again, where no setting and no tag says otherwise.
const COOLDOWN: Duration = Duration::from_mins(5);

/// What is seen over a whole history.
#[derive(Debug, Default)]
pub struct Watch {
    quiet_until: Cell<Option<OffsetDateTime>>,
    wrong: RefCell<Vec<String>>,
    seen: Cell<Seen>,
}

/// How often something was there to be checked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    /// Somebody took over.
    pub chosen: usize,
    /// An alarm or the schedule set a run going within the cooldown.
    pub kept: usize,
    /// Another had the lease.
    pub waited: usize,
}

impl std::ops::Add for Seen {
    type Output = Self;

    fn add(self, more: Self) -> Self {
        Self {
            chosen: self.chosen + more.chosen,
            kept: self.kept + more.kept,
            waited: self.waited + more.waited,
        }
    }
}

/// What there was when a run began.
#[derive(Debug)]
pub struct Before {
    passed: usize,
    calls: usize,
    holder: Option<usize>,
    is_up: bool,
    /// Whether nothing of an earlier run is half way.
    is_final: bool,
    /// Whether an earlier run has begun to detach or to attach the interface. A person may have asked for that one.
    is_on_its_way: bool,
    standbys: Vec<usize>,
    held_until: Option<OffsetDateTime>,
}

fn is_up(trio: &FailoverFixture, bed: &TestBed, member: usize) -> bool {
    let instances = AccountView::of(&bed.world()).instances;
    let is_in = instances.get(&trio.members[member]).map(|it| it.state);
    matches!(is_in, Some(InstanceState::Pending | InstanceState::Running))
}

/// Whether the interface is attached and stays so; none where it is attached to nothing.
fn is_attached(trio: &FailoverFixture, bed: &TestBed) -> Option<bool> {
    let attachment = trio.interface(bed)?.attachment?;
    Some(attachment.status == "attached")
}

/// Until when another run has the lease.
fn held_until(bed: &TestBed) -> Option<OffsetDateTime> {
    let leases = bed.ledger.leases().now_or_never()?.ok()?;
    let held = leases.into_iter().find_map(|lease| lease.held)?;
    (held.until > bed.world().now()).then_some(held.until)
}

impl Watch {
    /// A run begins.
    #[must_use]
    pub fn begins(trio: &FailoverFixture, bed: &TestBed) -> Before {
        let holder = trio.holder(bed);
        let standbys = trio.standbys(&bed.world());
        let calls = bed.world().calls().len();
        let is_attached = is_attached(trio, bed);
        Before {
            is_final: holder.is_some() && is_attached == Some(true),
            is_on_its_way: is_attached == Some(false),
            passed: bed.faults.passed().len(),
            calls,
            holder,
            is_up: holder.is_some_and(|holder| is_up(trio, bed, holder)),
            standbys,
            held_until: held_until(bed),
        }
    }

    /// What was not as it is to be.
    #[must_use]
    pub fn wrong(&self) -> Vec<String> {
        self.wrong.borrow().clone()
    }

    /// How often something was there to be checked.
    #[must_use]
    pub fn seen(&self) -> Seen {
        self.seen.get()
    }

    fn count(&self, change: impl FnOnce(&mut Seen)) {
        let mut seen = self.seen.get();
        change(&mut seen);
        self.seen.set(seen);
    }

    fn is_wrong(&self, what: String) {
        self.wrong.borrow_mut().push(what);
    }

    /// A person has moved it: the last failover is no measure any more.
    pub fn person_moved_it(&self) {
        self.quiet_until.set(None);
    }

    /// A run has ended that an alarm or the schedule has set going. What a member that runs has is still with it until
    /// the cooldown is over, and the run has not begun to detach it. What was on its way before is brought to its end.
    pub fn is_kept(&self, trio: &FailoverFixture, bed: &TestBed, before: &Before) {
        let stays_up = |holder: &usize| before.is_up && is_up(trio, bed, *holder);
        let holder = before.holder.filter(stays_up);
        let Some(holder) = holder.filter(|_| !before.is_on_its_way) else {
            return;
        };
        let now = bed.world().now();
        if self.quiet_until.get().is_some_and(|until| now < until) {
            self.count(|seen| seen.kept += 1);
            let by_now = trio.holder(bed);
            if by_now != Some(holder) {
                self.is_wrong(format!(
                    "within the cooldown it went from {holder} to {by_now:?}"
                ));
            } else if is_attached(trio, bed) == Some(false) {
                self.is_wrong(format!("within the cooldown it leaves {holder}"));
            }
        }
    }

    /// A run has ended: what it changed it has changed after the end of a lease that another had.
    pub fn has_waited(&self, bed: &TestBed, before: &Before) {
        let Some(until) = before.held_until else {
            return;
        };
        let world = bed.world();
        let made = world.calls().iter().skip(before.calls);
        let is_early = |call: &&Call| {
            let is_a_move = matches!(
                call.action(),
                "AttachNetworkInterface" | "DetachNetworkInterface" | "AssignPrivateIpAddresses"
            );
            let is_by_failover = call.caller.arn.contains("/holdfast-alarm-failover");
            call.mutated() && (is_a_move || is_by_failover) && call.at < until
        };
        self.count(|seen| seen.waited += 1);
        for call in made.filter(is_early) {
            let what = format!("{} while another had the lease", call.action());
            self.is_wrong(what);
        }
    }

    /// A run of failover has ended: where nothing went wrong, who got it is who stood next when it began.
    pub fn went_to_who_stood_next(
        &self,
        trio: &FailoverFixture,
        bed: &TestBed,
        before: &Before,
        end: Option<&Result<Report, Error>>,
    ) {
        let passed = bed.faults.passed().split_off(before.passed);
        let has_failed_over = |report: &Report| report.outcome == Outcome::FailedOver;
        let is_moved = matches!(end, Some(Ok(report)) if has_failed_over(report));
        let by_now = trio.holder(bed);
        if !is_moved || passed.iter().any(|call| call.fault.is_some()) || by_now == before.holder {
            return;
        }
        let now = bed.world().now();
        self.quiet_until.set(Some(now + COOLDOWN));
        let standbys = trio.standbys(&bed.world());
        if standbys == before.standbys && before.is_final {
            self.count(|seen| seen.chosen += 1);
            let standing = if standbys.is_empty() && !before.is_up {
                trio.just_started(&bed.world())
            } else {
                standbys
            };
            if by_now != standing.first().copied() {
                self.is_wrong(format!(
                    "it went to {by_now:?}, and {standing:?} could take it, in that order"
                ));
            }
        }
    }
}

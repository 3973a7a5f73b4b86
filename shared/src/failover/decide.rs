//! What goes where: pure, synchronous, the same for a real run, `observe` mode, a plan that is asked for,
//! the readiness audit and the tests. Deciding on the state after a plan has run yields an empty plan.
//!
//! Everything that can be known before the first call that changes something is checked here, and what
//! stands in the way is an [`Obstacle`] that says what to change.

use super::evidence::{Kind, is_down};
use super::group::{Cargo, Charge, ChargeId, Group};
use super::observe::{Fitness, Observed};
use super::obstacle::Obstacle;
use super::route::{Booking, Step, route};
use crate::ids::InstanceId;
use crate::instance::{Checks, Instance, InstanceState};
use crate::settings::Settings;
use std::collections::BTreeSet;
use std::time::Duration;
use time::OffsetDateTime;

/// What is to be decided.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The group.
    pub group: &'a Group<'a>,
    /// What it was read from.
    pub observed: &'a Observed,
    /// How well its members are.
    pub fitness: &'a Fitness,
    /// Why it is asked.
    pub kind: &'a Kind,
    /// The members that are to lose what they hold.
    pub leaving: &'a BTreeSet<InstanceId>,
    /// Whether anything may be begun: otherwise only what is half way is brought to its end.
    pub may_begin: bool,
    /// When the last failover of the group ended.
    pub last_ended_at: Option<OffsetDateTime>,
    /// What EC2 has refused in this run.
    pub refused: &'a Refused,
    /// The settings.
    pub settings: &'a Settings,
    /// Now.
    pub now: OffsetDateTime,
}

/// What EC2 has refused in a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refused {
    /// Who did not take what.
    pub standbys: BTreeSet<(ChargeId, InstanceId)>,
    /// Device indexes that are taken, whatever a look shows: a detachment by force can leave one blocked.
    pub slots: BTreeSet<(InstanceId, i32)>,
}

impl Refused {
    fn has(&self, charge: &Charge<'_>, member: &Instance) -> bool {
        self.standbys.contains(&(charge.id(), member.id.clone()))
    }
}

/// What is to be done, and what cannot be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// What is to be done.
    pub moves: Vec<Move>,
    /// What would have to be done and cannot be.
    pub blocked: Vec<Blocked>,
    /// What is to stay with a holder that was stopped.
    pub kept: Vec<Kept>,
}

/// One thing that stays, since its tag or the setting for stopped holders says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// What.
    pub charge: ChargeId,
    /// The Elastic IPs on it.
    pub public_ips: Vec<std::net::Ipv4Addr>,
    /// Who has it.
    pub holder: InstanceId,
}

/// One thing that goes to one instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// What.
    pub charge: ChargeId,
    /// The Elastic IPs that move with it.
    pub public_ips: Vec<std::net::Ipv4Addr>,
    /// Who has it, or had it.
    pub from: Option<InstanceId>,
    /// Who gets it.
    pub to: InstanceId,
    /// How.
    pub step: Step,
    /// Whether it goes back to where it came from, since no standby takes it.
    pub is_return: bool,
}

/// One thing that cannot go anywhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocked {
    /// What.
    pub charge: ChargeId,
    /// The Elastic IPs that would move with it.
    pub public_ips: Vec<std::net::Ipv4Addr>,
    /// Who has it; none: it is with nobody.
    pub holder: Option<InstanceId>,
    /// Why, for each standby that was considered, or for all.
    pub why: Vec<Obstacle>,
}

/// Decides.
#[must_use]
pub fn plan(question: &Question<'_>) -> Plan {
    let mut booking = Booking::default();
    let mut plan = Plan {
        kept: kept(question),
        ..Plan::default()
    };
    for charge in concerned(question) {
        match destination(question, charge, &mut booking) {
            Ok(one) => plan.moves.push(one),
            Err(why) => plan.blocked.push(Blocked {
                charge: charge.id(),
                public_ips: charge.public_ips.clone(),
                holder: charge.seat.instance().cloned(),
                why,
            }),
        }
    }
    plan
}

/// What has to go: what a leaving member holds, what is on its way from one, and what is with nobody.
pub(super) fn concerned<'a>(question: &Question<'a>) -> impl Iterator<Item = &'a Charge<'a>> {
    let question = *question;
    question.group.charges.iter().filter(move |charge| {
        use super::group::Seat;
        match &charge.seat {
            Seat::Adrift | Seat::Leaving(_) => true,
            Seat::With(holder) => {
                question.may_begin
                    && question.leaving.contains(holder)
                    && (*question.kind != Kind::Down || charge.goes_on_stop(question.settings))
            }
        }
    })
}

fn kept(question: &Question<'_>) -> Vec<Kept> {
    let is_kept = |charge: &&Charge<'_>| {
        *question.kind == Kind::Down && !charge.goes_on_stop(question.settings)
    };
    let mut kept = Vec::new();
    for charge in question.group.charges.iter().filter(is_kept) {
        if let super::group::Seat::With(holder) = &charge.seat
            && question.leaving.contains(holder)
        {
            kept.push(Kept {
                charge: charge.id(),
                public_ips: charge.public_ips.clone(),
                holder: holder.clone(),
            });
        }
    }
    kept
}

fn destination<'a>(
    question: &Question<'a>,
    charge: &Charge<'a>,
    booking: &mut Booking,
) -> Result<Move, Vec<Obstacle>> {
    let is_under_way = !matches!(charge.seat, super::group::Seat::With(_));
    if !is_under_way && let Some(until) = cooling(question, charge) {
        return Err(vec![Obstacle::Cooldown { until }]);
    }
    let mut why = Vec::new();
    for member in &question.group.members {
        if charge.seat.instance() == Some(&member.id) || question.leaving.contains(&member.id) {
            continue;
        }
        let offered =
            fit(question, charge, member).and_then(|()| route(question, charge, member, booking));
        match offered {
            Ok(step) => return Ok(moved(charge, member, step, false)),
            Err(obstacle) => why.push(obstacle),
        }
    }
    if is_under_way && let Some(back) = way_back(question, charge, booking) {
        return Ok(back);
    }
    // Who was not asked for is worth a word only where nobody of the group was.
    let was_asked = |why: &Obstacle| !matches!(why, Obstacle::NotAsked { .. });
    if why.iter().any(was_asked) {
        why.retain(was_asked);
    }
    if why.is_empty() {
        why.push(Obstacle::NoStandby {
            members: question.group.members.len(),
        });
    }
    Err(why)
}

fn moved(charge: &Charge<'_>, to: &Instance, step: Step, is_return: bool) -> Move {
    Move {
        charge: charge.id(),
        public_ips: charge.public_ips.clone(),
        from: charge.seat.instance().cloned(),
        to: to.id.clone(),
        step,
        is_return,
    }
}

/// No standby takes what is with nobody: it goes back to a member that had it, sick as that may be.
fn way_back<'a>(
    question: &Question<'a>,
    charge: &Charge<'a>,
    booking: &mut Booking,
) -> Option<Move> {
    let may_take = |member: &&&Instance| {
        question.leaving.contains(&member.id)
            && matches!(
                member.state,
                InstanceState::Running | InstanceState::Stopped
            )
            && !question.refused.has(charge, member)
    };
    let mut members = question.group.members.iter().filter(may_take);
    members.find_map(|member| {
        let step = route(question, charge, member, booking).ok()?;
        Some(moved(charge, member, step, true))
    })
}

/// Whether a member is well enough to stand by.
fn fit(question: &Question<'_>, charge: &Charge<'_>, member: &Instance) -> Result<(), Obstacle> {
    let standby = member.id.clone();
    let asked = match question.kind {
        Kind::Person { to } => to.as_ref(),
        Kind::Failback { to } => Some(to),
        _ => None,
    };
    if asked.is_some_and(|asked| *asked != standby) {
        return Err(Obstacle::NotAsked { standby });
    }
    if member.state != InstanceState::Running {
        let state = member.state;
        return Err(Obstacle::NotRunning { standby, state });
    }
    let checks = question.fitness.checks.get(&member.id).copied();
    match checks.unwrap_or(Checks::Unknown) {
        Checks::Ok => {}
        checks => return Err(Obstacle::NotWell { standby, checks }),
    }
    if let Some(alarm) = question.observed.firing_for(&member.id) {
        let alarm = alarm.to_owned();
        return Err(Obstacle::AlarmFires { standby, alarm });
    }
    if question.refused.has(charge, member) {
        return Err(Obstacle::Refused { standby });
    }
    if let Cargo::Interface(interface) = &charge.cargo {
        let pair = (interface.id.clone(), member.id.clone());
        if let Some(answer) = question.fitness.denied.get(&pair).cloned() {
            return Err(Obstacle::NotPermitted { standby, answer });
        }
    }
    Ok(())
}

/// Until when an alarm does not move it again. A holder that is down waits for nothing: that is no matter
/// of opinion.
fn cooling(question: &Question<'_>, charge: &Charge<'_>) -> Option<OffsetDateTime> {
    if !matches!(
        question.kind,
        Kind::Alarm | Kind::AtRisk | Kind::Failback { .. }
    ) {
        return None;
    }
    if charge
        .seat
        .instance()
        .is_some_and(|holder| is_down(holder, question.observed))
    {
        return None;
    }
    let own = charge.tags.get(&question.settings.tags.cooldown);
    let own = own
        .and_then(|value| value.trim().parse().ok())
        .map(Duration::from_secs);
    let until = question.last_ended_at? + own.unwrap_or(question.settings.cooldown);
    (question.now < until).then_some(until)
}

//! Two runs at once, in every order in which their calls can follow each other.
//!
//! Both runs are polled by hand. The tap holds every call once before it is carried out, so each poll
//! lets exactly one of the runs go on to its next call. The orders are walked depth first.

use super::{Run, Scenario};
use crate::sim::front::{Player, Stage};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// What an interleaving starts from.
pub type Pair<'a> = &'a dyn Fn(Player, Player) -> (Run<'static>, Run<'static>);

/// How many orders are walked at most: more than two runs of a dozen calls have where they meet.
const MOST_ORDERS: usize = 200_000;

/// Walks all orders of two deliveries of the scenario's own event.
///
/// # Errors
/// The order that broke a promise or missed the goal.
pub fn twice(scenario: &Scenario) -> Result<usize, String> {
    both(scenario, &|one, other| {
        ((scenario.deliver)(one), (scenario.deliver)(other))
    })
}

/// Walks all orders of two runs; the goal must be met when both have ended.
///
/// # Errors
/// The order that broke a promise or missed the goal.
pub fn both(scenario: &Scenario, pair: Pair<'_>) -> Result<usize, String> {
    let mut orders = 0;
    let mut order: Vec<bool> = Vec::new();
    loop {
        let walked = walk(scenario, pair, &order, Then::First)?;
        orders += 1;
        if orders > MOST_ORDERS {
            return Err(format!("{}: more than {MOST_ORDERS} orders", scenario.name));
        }
        let Some(turn) = walked
            .iter()
            .rposition(|step| step.had_choice && !step.second_came_first)
        else {
            return Ok(orders);
        };
        order = walked[..turn]
            .iter()
            .map(|step| step.second_came_first)
            .collect();
        order.push(true);
    }
}

/// Walks the orders of two long runs in which the turn passes at most so many times while both are at
/// work; there are too many orders of more than a dozen calls each to walk them all, and what goes wrong
/// between two goes wrong within a few turns.
///
/// # Errors
/// The order that broke a promise or missed the goal.
pub fn both_within(
    scenario: &Scenario,
    pair: Pair<'_>,
    most_turns: usize,
) -> Result<usize, String> {
    let mut orders = 0;
    let mut open = vec![(vec![false], 0), (vec![true], 0)];
    while let Some((order, turns)) = open.pop() {
        let walked = walk(scenario, pair, &order, Then::Same)?;
        orders += 1;
        if turns == most_turns {
            continue;
        }
        for (at, step) in walked.iter().enumerate().skip(order.len()) {
            if step.had_choice {
                let before = walked[..at].iter().map(|step| step.second_came_first);
                let turned = before.chain([!step.second_came_first]).collect();
                open.push((turned, turns + 1));
            }
        }
    }
    Ok(orders)
}

/// Whose call comes next where the order does not say.
#[derive(Clone, Copy)]
enum Then {
    First,
    Same,
}

struct Step {
    second_came_first: bool,
    had_choice: bool,
}

fn walk(
    scenario: &Scenario,
    pair: Pair<'_>,
    order: &[bool],
    then: Then,
) -> Result<Vec<Step>, String> {
    let stage = (scenario.stage)();
    stage.tap.hold_at_boundaries();
    let before = stage.world().calls().len();
    let (first, second) = (stage.player("holdfast"), stage.player("holdfast"));
    let (mut first, mut second) = pair(first, second);
    let mut waiting = [true, true];
    let mut answers = [String::new(), String::new()];
    let mut steps: Vec<Step> = Vec::new();
    let mut context = Context::from_waker(Waker::noop());
    while waiting.contains(&true) {
        let had_choice = waiting == [true, true];
        let second_came_first = if had_choice {
            let next = match then {
                Then::First => false,
                Then::Same => steps.last().is_some_and(|step| step.second_came_first),
            };
            order.get(steps.len()).copied().unwrap_or(next)
        } else {
            waiting[1]
        };
        steps.push(Step {
            second_came_first,
            had_choice,
        });
        let turn = usize::from(second_came_first);
        let run = if second_came_first {
            &mut second
        } else {
            &mut first
        };
        if let Poll::Ready(answer) = run.as_mut().poll(&mut context) {
            waiting[turn] = false;
            answers[turn] = match answer {
                Ok(report) => report.summary,
                Err(error) => {
                    return Err(tell(
                        scenario,
                        &stage,
                        &answers,
                        &format!("ended in {error}"),
                    ));
                }
            };
        }
        scenario.promises.check(before, &stage).map_err(|broken| {
            tell(
                scenario,
                &stage,
                &answers,
                &format!("broke a promise: {broken}"),
            )
        })?;
    }
    (scenario.goal)(&stage).map_err(|missed| {
        tell(
            scenario,
            &stage,
            &answers,
            &format!("missed its goal: {missed}"),
        )
    })?;
    Ok(steps)
}

fn tell(scenario: &Scenario, stage: &Arc<Stage>, answers: &[String; 2], what: &str) -> String {
    super::history(scenario, stage, answers, &format!("(two at once) {what}"))
}

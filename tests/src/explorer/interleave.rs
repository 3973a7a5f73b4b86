//! Two runs at once, in every order in which their calls can follow each other.
//!
//! Both runs are polled by hand. The tap holds every call once before it is carried out, so each poll
//! lets exactly one of the runs go on to its next call. The orders are walked depth first.

use super::{Run, Scenario, truth};
use crate::client::{Client, TestBed};
use holdfast::error::chain;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// What an interleaving starts from.
pub type Pair<'a> = &'a dyn Fn(Client, Client) -> (Run<'static>, Run<'static>);

/// How many orders are walked at most: more than two runs of a dozen calls have where they meet.
const MAX_ORDERS: usize = 200_000;

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
    let mut turns: Vec<bool> = Vec::new();
    let mut puts_off_a_read = false;
    loop {
        let order = Order {
            turns: &turns,
            puts_off_a_read,
        };
        let walked = walk(scenario, pair, &order)?;
        orders += 1;
        if orders > MAX_ORDERS {
            return Err(format!("{}: more than {MAX_ORDERS} orders", scenario.name));
        }
        let Some(turn) = walked
            .iter()
            .rposition(|step| step.had_choice && !step.second_came_first)
        else {
            return Ok(orders);
        };
        turns = walked[..turn]
            .iter()
            .map(|step| step.second_came_first)
            .collect();
        turns.push(true);
        puts_off_a_read = walked[turn].only_read;
    }
}

/// One turn of one of the runs.
struct Step {
    second_came_first: bool,
    had_choice: bool,
    /// Whether the run only read in it, and no time passed.
    only_read: bool,
}

/// What the runs do, as far as it is known beforehand.
struct Order<'a> {
    turns: &'a [bool],
    /// At the last of these turns the first run was put off, although all that it has to do then is to read. As long
    /// as the second only reads as well, nothing is different for it: it is not called before the second has changed
    /// something.
    puts_off_a_read: bool,
}

fn walk(scenario: &Scenario, pair: Pair<'_>, order: &Order<'_>) -> Result<Vec<Step>, String> {
    let bed = (scenario.bed)();
    bed.faults.hold_at_boundaries();
    let before = bed.world().calls().len();
    let (first, second) = (bed.client("holdfast"), bed.client("holdfast"));
    let runs = [first.run(), second.run()];
    let mut last = None;
    let (mut first, mut second) = pair(first, second);
    let mut waiting = [true, true];
    let mut answers = [String::new(), String::new()];
    let mut steps: Vec<Step> = Vec::new();
    let mut put_off = false;
    let mut context = Context::from_waker(Waker::noop());
    while waiting.contains(&true) {
        // Who waits for time to pass lets the other go first: otherwise one that waits for the other would
        // wait for ever in some orders.
        let rests = last.filter(|&turn: &usize| bed.faults.rests(runs[turn]));
        let may_choose = waiting == [true, true] && rests.is_none();
        let had_choice = may_choose && !put_off;
        let second_came_first = match rests {
            _ if had_choice => order.turns.get(steps.len()).copied().unwrap_or(false),
            None if put_off && waiting == [true, true] => true,
            Some(turn) if waiting == [true, true] => turn == 0,
            _ => waiting[1],
        };
        let (made, began_at) = (bed.faults.names().len(), bed.world().now());
        let turn = usize::from(second_came_first);
        last = Some(turn);
        let run = if second_came_first {
            &mut second
        } else {
            &mut first
        };
        if let Poll::Ready(answer) = run.as_mut().poll(&mut context) {
            waiting[turn] = false;
            answers[turn] = match answer {
                Ok(report) => {
                    if let [false_word, ..] =
                        truth::false_statements_of_run(runs[turn], &report, &bed.world()).as_slice()
                    {
                        let what = format!("told what is not so: {false_word}");
                        return Err(tell(scenario, &bed, &answers, &what));
                    }
                    report.summary
                }
                Err(error) => {
                    return Err(tell(
                        scenario,
                        &bed,
                        &answers,
                        &format!("ended in {}", chain(&error)),
                    ));
                }
            };
        }
        let only_read = bed.faults.names()[made..].iter().all(|name| is_read(name))
            && bed.world().now() == began_at;
        steps.push(Step {
            second_came_first,
            had_choice,
            only_read,
        });
        if steps.len() == order.turns.len() {
            put_off = order.puts_off_a_read;
        }
        put_off &= only_read && waiting == [true, true];
        scenario.promises.check(before, &bed).map_err(|broken| {
            tell(
                scenario,
                &bed,
                &answers,
                &format!("broke a promise: {broken}"),
            )
        })?;
    }
    (scenario.goal)(&bed).map_err(|missed| {
        tell(
            scenario,
            &bed,
            &answers,
            &format!("missed its goal: {missed}"),
        )
    })?;
    Ok(steps)
}

fn is_read(call: &str) -> bool {
    call.starts_with("Describe")
        || call.starts_with("dry run")
        || call.starts_with("LookupEvents")
        || call.starts_with("ledger query")
        || call.starts_with("ledger read")
}

fn tell(scenario: &Scenario, bed: &Arc<TestBed>, answers: &[String; 2], what: &str) -> String {
    super::history(scenario, bed, answers, &format!("(two at once) {what}"))
}

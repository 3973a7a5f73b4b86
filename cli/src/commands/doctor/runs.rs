//! The functions and their runs: whether they can start, how the last run ended, what was left in a queue.

use super::reads::{LastRun, Queue};
use super::verdict::{Read, Verdict, on, on_each};
use crate::aws::FunctionState;
use crate::aws::checks::{AlarmState, METRIC_ALARM, SeenAlarm, SeenLine, StackResource};
use crate::deployment::{Deployment, Function};
use crate::output::{ago_in_words, counted, time_of};
use time::OffsetDateTime;

pub(super) fn ready(
    deployment: &Deployment,
    concurrency: &[Read<(Function, Option<i32>)>],
) -> Verdict {
    let asleep = deployment
        .functions
        .iter()
        .filter_map(|(function, it)| match &it.state {
            FunctionState::Ready => None,
            FunctionState::NotReady { why } => Some(format!("{function}: {why}")),
        });
    let asleep: Vec<String> = asleep.collect();
    if !asleep.is_empty() {
        return Verdict::failed(
            asleep.join("; "),
            "Deploy the stack again; if it stays so, see the function's page in Lambda's console.",
        );
    }
    on_each(concurrency, |concurrency| {
        let none = concurrency.iter().filter(|(_, most)| *most == Some(0));
        let none: Vec<String> = none.map(|(function, _)| function.to_string()).collect();
        if none.is_empty() {
            let count = counted(deployment.functions.len(), "function", "functions");
            return Verdict::passed(format!("{count} can run"));
        }
        Verdict::failed(
            format!(
                "nothing runs of {}: the reserved concurrency is 0",
                none.join(", ")
            ),
            "Take the reservation away: aws lambda delete-function-concurrency --function-name NAME.",
        )
    })
}

pub(super) fn last_runs(runs: &[Read<LastRun>]) -> Verdict {
    on_each(runs, |runs| {
        let failing = runs.iter().filter(|run| run.is_failing());
        let failing: Vec<String> = failing
            .filter_map(|run| {
                let failed = run.failed.as_ref()?;
                Some(format!(
                    "the last run of {} failed at {}",
                    run.function,
                    time_of(failed.at)
                ))
            })
            .collect();
        if failing.is_empty() {
            return Verdict::passed("no function's last run of the past hour failed");
        }
        Verdict::failed(
            failing.join("; "),
            "Read the error in the function's log, and what it means in docs/RUNBOOK.md, Errors by name.",
        )
    })
}

pub(super) fn schedule(sweep: &Read<Option<SeenLine>>, now: OffsetDateTime) -> Verdict {
    on(sweep, |sweep| match sweep {
        Some(run) => Verdict::passed(format!("reconcile ran {}", ago_in_words(run.at, now))),
        None => Verdict::failed(
            "reconcile has not run in the past 15 minutes",
            "It is called every 5 minutes: see the checks `rules` and `functions`, and docs/RUNBOOK.md, schedule missed.",
        ),
    })
}

pub(super) fn denials(denials: &[Read<Option<(Function, SeenLine)>>]) -> Verdict {
    on_each(denials, |denials| {
        let denials: Vec<&(Function, SeenLine)> = denials.iter().copied().flatten().collect();
        if denials.is_empty() {
            return Verdict::passed(
                "no function was denied a call or a dry run in the past day; what none has asked for, nobody knows",
            );
        }
        let told = denials.iter().map(|(function, line)| {
            format!("{function} was denied a call, last at {}", time_of(line.at))
        });
        Verdict::failed(
            told.collect::<Vec<_>>().join("; "),
            "The function's log names the call. Give its role that right, or take away the policy that denies it: docs/RUNBOOK.md.",
        )
    })
}

pub(super) fn queues(queues: &[Read<Queue>]) -> Verdict {
    on_each(queues, |queues| {
        let waiting: Vec<String> = queues
            .iter()
            .filter(|queue| queue.messages > 0)
            .map(|queue| {
                let count = counted(
                    usize::try_from(queue.messages).unwrap_or(usize::MAX),
                    "message",
                    "messages",
                );
                format!("{count} in {}", queue.output)
            })
            .collect();
        if waiting.is_empty() {
            return Verdict::passed("both queues are empty");
        }
        Verdict::failed(
            waiting.join("; "),
            "Read a message to see what was left undone, mend that, and redrive or delete it: docs/RUNBOOK.md, Alarms.",
        )
    })
}

/// What CloudFormation calls an alarm is its name: one that CloudWatch does not know was deleted by hand.
pub(super) fn stack_alarms(
    resources: &Read<Vec<StackResource>>,
    alarms: &Read<Vec<SeenAlarm>>,
) -> Verdict {
    on(alarms, |alarms| {
        let is_there = |name: &str| alarms.iter().any(|alarm| alarm.name == name);
        let gone: Vec<&str> = resources
            .iter()
            .flatten()
            .filter(|resource| resource.kind == METRIC_ALARM && !is_there(&resource.physical_id))
            .map(|resource| resource.logical_id.as_str())
            .collect();
        let named = |wanted: fn(&SeenAlarm) -> bool| {
            let alarms = alarms.iter().filter(|alarm| wanted(alarm));
            let names: Vec<&str> = alarms.map(|alarm| alarm.name.as_str()).collect();
            names.join(", ")
        };
        let firing = named(|alarm| alarm.state == AlarmState::Firing);
        let mute = named(|alarm| !alarm.acts);
        if !firing.is_empty() {
            return Verdict::failed(
                format!("in ALARM: {firing}"),
                "docs/RUNBOOK.md, Alarms, says what each means and what to do.",
            );
        }
        if !gone.is_empty() {
            return Verdict::failed(
                format!("gone: {}", gone.join(", ")),
                "CloudFormation makes them anew where the stack is removed and deployed again; the ledger stays.",
            );
        }
        if !mute.is_empty() {
            return Verdict::failed(
                format!("tell nobody: {mute}"),
                "Let them act again: aws cloudwatch enable-alarm-actions --alarm-names NAME.",
            );
        }
        let count = counted(alarms.len(), "alarm", "alarms");
        Verdict::passed(format!("{count}, none in ALARM"))
    })
}

//! What a command asks of a function, and what becomes of the call. A function that fails is told with its error's name,
//! and with what to do about that.

use crate::aws::{Answer, CloudError, may_run};
use crate::deployment::{Deployment, Function};
use crate::failure::Failure;
use crate::session::Session;
use holdfast::clock::Clock;
use serde_json::Value;
use std::time::Duration;

/// Between two signs of life while a function runs.
const BETWEEN_SIGNS: Duration = Duration::from_secs(5);

/// Calls a function of the stack and waits for its answer.
///
/// # Errors
/// The function is not there or does not answer, AWS refuses the call, or the function fails.
pub(super) async fn ask(
    session: &mut Session,
    deployment: &Deployment,
    function: Function,
    event: &Value,
) -> Result<Value, Failure> {
    called(session, deployment, function, event, true).await
}

/// The same with an event on which the function only looks. Whoever stops the tool meanwhile has left nothing behind.
///
/// # Errors
/// As of [`ask`].
pub(super) async fn look(
    session: &mut Session,
    deployment: &Deployment,
    function: Function,
    event: &Value,
) -> Result<Value, Failure> {
    called(session, deployment, function, event, false).await
}

/// `goes_on`: the run changes something, and it goes on when somebody stops the tool, so that person is told.
async fn called(
    session: &mut Session,
    deployment: &Deployment,
    function: Function,
    event: &Value,
    goes_on: bool,
) -> Result<Value, Failure> {
    let set_up = deployment.function(function)?;
    let longest_run = Duration::from_secs(set_up.timeout_seconds.into());
    let asking = deployment
        .connection
        .invoke(&set_up.arn, event, longest_run);
    let mut asking = std::pin::pin!(asking);
    let began = session.clock.now();
    let answer = loop {
        tokio::select! {
            answer = &mut asking => break answer,
            Ok(()) = tokio::signal::ctrl_c(), if goes_on => {
                return Err(Failure::NotAwaited {
                    what: format!("{function} was called, and its answer was not waited for"),
                });
            }
            () = session.clock.sleep(BETWEEN_SIGNS) => {
                let seconds = (session.clock.now() - began).whole_seconds();
                drop(session.terminal.note(format_args!("{function} is at it, {seconds} s")));
            }
        }
    };
    match answer {
        Ok(Answer::Returned(report)) => Ok(report),
        Ok(Answer::Failed { name, message }) => Err(failed(function, &name, message)),
        Err(refusal) => Err(unanswered(function, refusal)),
    }
}

fn failed(function: Function, error: &str, message: String) -> Failure {
    Failure::Function {
        advice: advice(error),
        what: format!("{function} could not finish: {error}"),
        why: message,
    }
}

fn advice(error: &str) -> String {
    match error {
        "Holdfast.EventUnreadable" => {
            "The deployed function does not take this command. Deploy the version of this tool, or use the `holdfast` of \
             the version that is deployed."
        }
        "Holdfast.OutOfTime" => {
            "Another run has the group, or there was not enough time. Nothing is lost: see `holdfast reports --since 15m`, \
             and ask again in a minute."
        }
        "Holdfast.Stranded" => {
            "An address is with nobody at this moment. See `holdfast status`, mend a member of the group, and ask again. \
             docs/RUNBOOK.md has more under Holdfast.Stranded."
        }
        "Holdfast.Unfinished" | "Holdfast.LedgerUnread" | "Holdfast.LedgerUnwritten" => {
            "AWS did not answer the function properly. Ask again: it looks first, and goes on from what it finds."
        }
        "Sandbox.Timedout" | "Runtime.ExitError" => {
            "The run ended before it could answer. See `holdfast reports --since 15m`; what it left half done, reconcile \
             finishes within minutes."
        }
        _ => "docs/RUNBOOK.md explains the error by its name. What the function did, `holdfast reports --since 15m` says.",
    }
    .to_owned()
}

fn unanswered(function: Function, refusal: CloudError) -> Failure {
    let what = format!("{function} could not be called");
    if may_run(&refusal) {
        return Failure::MayRun {
            what: format!("{function} was called, and no answer came back"),
            source: refusal,
        };
    }
    Failure::aws(what)(refusal)
}

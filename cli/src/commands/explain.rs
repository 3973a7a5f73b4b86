//! `holdfast explain`: what Holdfast would decide about an event, and why. The functions' own code runs here, in `observe`
//! mode, on reads alone: nothing is changed, in EC2 or in the ledger.
//!
//! Races: the account goes on. What is told is so at the moment of the look.

use super::answer::{AnswerDocument, Asked};
use crate::deployment::{Deployment, Function};
use crate::failure::{Exit, Failure};
use crate::output::{Document, Page, Table};
use crate::read_only::ReadOnly;
use crate::session::Session;
use clap::Args;
use holdfast::clock::{Clock, WallClock};
use holdfast::cloud::{Class, CloudError};
use holdfast::error::{Error, chain};
use holdfast::events::{OperatorCommand, Trigger, parse};
use holdfast::model::cloudtrail::AddressChange;
use holdfast::ports::{Delivery, Ports};
use holdfast::report::Report;
use holdfast::settings::{Mode, Settings};
use holdfast::{alarm_failover, instance_start, reconcile, release_guard};
use holdfast_aws::{Aws, DynamoLedger};
use serde::Serialize;
use serde_json::Value;
use std::error::Error as StdError;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a look may take: the settings' own waits are part of it.
const LONGEST: Duration = Duration::from_mins(1);

const AFTER_HELP: &str = "\
Examples:
  holdfast explain event.json
  aws sqs receive-message ... | holdfast explain -

The event is as EventBridge, CloudTrail, CloudWatch or a person sends it. Each function that gets such an event is asked.
It takes the rights of policies/operator.json. What a function may do in EC2 is not asked for, and taken as given.
Exit code 0: it can be told. 1: a function could not finish its look. 3 and 4: AWS refused a look, or did not answer.";

/// Show what would be decided about an event, and why
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct Arguments {
    /// The file with the event, or `-` for standard input
    #[arg(value_name = "EVENT.json")]
    event: PathBuf,
}

/// The answer of one function to `explain`.
#[derive(Debug)]
pub(super) struct Explain;

impl Asked for Explain {
    const COMMAND: &'static str = "explain";
    const IS_ABOUT_MOVES: bool = true;
    const DONE: &'static [&'static str] = &[
        "ignored",
        "already-moved",
        "already-ours",
        "already-placed",
        "recovered",
        "refreshed",
        "let-go",
    ];
}

/// What each function would do.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Explanation {
    /// What the event is, in words.
    event: String,
    functions: Vec<OfFunction>,
    /// How it ends: AWS may have refused a look.
    #[serde(skip)]
    exit: Exit,
}

/// What one function would do.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct OfFunction {
    function: Function,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<AnswerDocument<Explain>>,
    /// Why it could not finish.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
}

impl Document for Explanation {
    const COMMAND: &'static str = "explain";

    fn page(&self) -> Page {
        let mut page = Page::default();
        page.line([self.event.as_str().into()]);
        for one in &self.functions {
            page.gap();
            page.line([crate::output::Cell::strong(one.function.name())]);
            if let Some(answer) = &one.answer {
                page.0.extend(answer.page().0);
            }
            if let Some(failure) = &one.failure {
                page.line([crate::output::Cell::bad(failure)]);
            }
        }
        page
    }

    fn rows(&self) -> Table {
        let mut table = Table::of(&["function", "outcome", "summary"]);
        for one in &self.functions {
            let (outcome, summary) = match &one.answer {
                Some(answer) => answer.in_short(),
                None => ("failed", one.failure.as_deref().unwrap_or_default()),
            };
            table.push([one.function.name().into(), outcome.into(), summary.into()]);
        }
        table
    }

    fn exit(&self) -> Exit {
        self.exit
    }
}

pub(super) async fn run(asked: &Arguments, session: &mut Session) -> Result<Exit, Failure> {
    let event = read(&asked.event)?;
    let trigger = parse(&event).map_err(|problem| Failure::Unreadable {
        what: "the event".to_owned(),
        why: problem.to_string(),
        advice: "Give it as EventBridge, CloudTrail, CloudWatch or SNS delivers it to a function."
            .to_owned(),
    })?;
    let deployment = session.deployment().await?;
    let (mut functions, mut exit) = (Vec::new(), Exit::Done);
    for function in who_gets(&trigger) {
        let told = explained(&deployment, *function, &trigger).await;
        if let Err(error) = &told {
            exit = exit.max(exit_of(error));
        }
        functions.push(match told {
            Ok(report) => OfFunction {
                function: *function,
                answer: Some(AnswerDocument::of(&deployment, *function, value(&report)?)?),
                failure: None,
            },
            Err(error) => OfFunction {
                function: *function,
                answer: None,
                failure: Some(chain(&error)),
            },
        });
    }
    session.finish(&Explanation {
        event: trigger.to_string(),
        functions,
        exit,
    })
}

/// A look that AWS refuses or does not answer ends as every other such call.
fn exit_of(error: &Error) -> Exit {
    let mut under: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(each) = under {
        match each.downcast_ref::<CloudError>().map(CloudError::class) {
            Some(Class::Denied) => return Exit::Denied,
            Some(Class::Transient) => return Exit::NoAnswer,
            _ => under = each.source(),
        }
    }
    Exit::Found
}

fn value(report: &Report) -> Result<Value, Failure> {
    serde_json::to_value(report).map_err(|error| Failure::Unreadable {
        what: "the explanation".to_owned(),
        why: error.to_string(),
        advice: "This is a fault of this tool: report it.".to_owned(),
    })
}

fn read(file: &Path) -> Result<Value, Failure> {
    let unread = |why: String| Failure::Usage {
        what: format!("{} cannot be read: {why}", file.display()),
        advice: "Give a file with one event as JSON, or `-` for standard input.".to_owned(),
    };
    let mut text = String::new();
    let read = if file == Path::new("-") {
        std::io::stdin().read_to_string(&mut text)
    } else {
        std::fs::read_to_string(file).map(|found| {
            text = found;
            text.len()
        })
    };
    read.map_err(|error| unread(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| unread(error.to_string()))
}

/// Which functions the stack's rules hand such an event to.
fn who_gets(trigger: &Trigger) -> &'static [Function] {
    match trigger {
        Trigger::Call(record) => match record.change {
            AddressChange::Released { .. } => &[Function::ReleaseGuard],
            _ => &[Function::Reconcile],
        },
        Trigger::Schedule { .. } | Trigger::Ignored(_) => &[Function::Reconcile],
        Trigger::Instance(_) => &[Function::InstanceStart, Function::AlarmFailover],
        Trigger::Alarm(_)
        | Trigger::SpotNotice(_)
        | Trigger::HealthEvent(_)
        | Trigger::LifecycleAction(_) => &[Function::AlarmFailover],
        Trigger::Command(command) => match command {
            OperatorCommand::Restore { .. } => &[Function::ReleaseGuard],
            _ => &[Function::AlarmFailover],
        },
    }
}

/// One function's run on reads alone.
async fn explained(
    deployment: &Deployment,
    function: Function,
    trigger: &Trigger,
) -> Result<Report, Error> {
    let connection = &deployment.connection;
    let settings = Settings {
        mode: Mode::Observe,
        ..deployment.settings.clone()
    };
    let ports = Ports {
        cloud: ReadOnly(connection.cloud()),
        ledger: ReadOnly(connection.ledger(&settings.table)),
        clock: WallClock,
    };
    let delivery = Delivery {
        ends_at: ports.clock.now() + LONGEST,
        run: 0,
    };
    of_function(&ports, &settings, function, trigger, delivery).await
}

type Look = Ports<ReadOnly<Aws>, ReadOnly<DynamoLedger>, WallClock>;

async fn of_function(
    ports: &Look,
    settings: &Settings,
    function: Function,
    trigger: &Trigger,
    delivery: Delivery,
) -> Result<Report, Error> {
    match function {
        Function::ReleaseGuard => {
            Box::pin(release_guard::run(ports, settings, trigger, delivery)).await
        }
        Function::InstanceStart => {
            Box::pin(instance_start::run(ports, settings, trigger, delivery)).await
        }
        Function::AlarmFailover => {
            Box::pin(alarm_failover::run(ports, settings, trigger, delivery)).await
        }
        Function::Reconcile | Function::Notify => {
            Box::pin(reconcile::run(ports, settings, trigger, delivery)).await
        }
    }
}

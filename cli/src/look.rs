//! Looks: a function's decision about an event, made on reads alone, with everything that it read. And the same decision
//! once more, out of a file.
//!
//! Races: the account goes on while a look is made. Its answers are of a minute at most, and each has its time.

use crate::deployment::{Deployment, Function};
use crate::failure::{Exit, Failure};
use crate::parts::Parts;
use crate::read_only::ReadOnly;
use crate::unread::Unread;
use holdfast::clock::{Clock, WallClock};
use holdfast::error::Error;
use holdfast::events::{EventError, Trigger, parse, parse_of_account};
use holdfast::model::ids::AccountId;
use holdfast::ports::{Delivery, Ports};
use holdfast::report::Report;
use holdfast::settings::{Mode, Settings};
use holdfast_look::look::{FORMAT, is_look};
use holdfast_look::run::record;
use holdfast_look::{BadLook, Look, Unanswered, UnreadSetting, decision, functions_for, whole};
use serde_json::Value;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

/// How long a look may take: the settings' own waits are part of it.
const LONGEST: Duration = Duration::from_mins(1);

/// This version, as looks name it.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// How one function ended.
#[derive(Debug)]
pub struct Told {
    /// Which.
    pub function: Function,
    /// What it decided, or why that is not known.
    pub end: End,
}

/// How a function ended.
#[derive(Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "there are as few of them as functions"
)]
pub enum End {
    /// It came to an end of its own.
    Ended(Result<Report, Error>),
    /// The look does not tell.
    NotTold(Unanswered),
}

/// What is in a file that was named.
#[derive(Debug)]
pub enum Given {
    /// An event.
    Event(Value),
    /// A look.
    Look(Box<Look>),
}

/// Reads a file with an event or a look; `-` is standard input.
///
/// # Errors
/// It is neither.
pub fn given(file: &Path) -> Result<Given, Failure> {
    let unread = |why: String| {
        Failure::usage(
            format!("{} cannot be read: {why}", file.display()),
            "Give a file with one event as JSON, a look that `holdfast record` made, or `-` for standard input.",
        )
    };
    let mut text = String::new();
    let read = if file == Path::new("-") {
        std::io::stdin().read_to_string(&mut text).map(drop)
    } else {
        std::fs::read_to_string(file).map(|found| text = found)
    };
    read.map_err(|error| unread(error.to_string()))?;
    let document: Value = serde_json::from_str(&text).map_err(|error| {
        unread(if error.is_eof() {
            BadLook::Truncated { line: error.line() }.to_string()
        } else {
            error.to_string()
        })
    })?;
    if is_look(&document) {
        let look = Look::of(&document).map_err(|bad| spoilt(file, &bad))?;
        return Ok(Given::Look(Box::new(look)));
    }
    Ok(Given::Event(document))
}

fn spoilt(file: &Path, bad: &BadLook) -> Failure {
    Failure::usage(
        format!("the look {} cannot be used: {bad}", file.display()),
        "Make it anew with `holdfast record`, or use the `holdfast` of the version that made it.",
    )
}

/// What a function of this account is given for an event. An event of another account is none of its business.
///
/// # Errors
/// It is no event that a function gets.
pub fn trigger_of(event: &Value, own: &AccountId) -> Result<Trigger, Failure> {
    parse_of_account(event, own).map_err(|problem| no_event(&problem))
}

/// Whether it is an event at all: that is told before anybody is asked.
///
/// # Errors
/// It is no event that a function gets.
pub fn check(event: &Value) -> Result<(), Failure> {
    parse(event).map(drop).map_err(|problem| no_event(&problem))
}

fn no_event(problem: &EventError) -> Failure {
    Failure::Unreadable {
        what: "the event".to_owned(),
        why: problem.to_string(),
        advice: "Give it as EventBridge, CloudTrail, CloudWatch or SNS delivers it to a function."
            .to_owned(),
    }
}

/// Each function that gets such an event decides on reads alone, by its own settings, and what it read is kept.
///
/// # Errors
/// The settings of a function could not be read.
pub async fn taken(
    deployment: &Deployment,
    own: AccountId,
    event: Value,
    trigger: &Trigger,
) -> Result<(Look, Vec<Told>), Failure> {
    let connection = &deployment.connection;
    let mut look = Look {
        look: FORMAT,
        made_by: VERSION.to_owned(),
        made_at: WallClock.now(),
        stack: deployment.stack.name.clone(),
        region: connection.region.clone(),
        account: own,
        redacted: false,
        event,
        settings: on_reads_alone(&deployment.settings),
        bad_settings: bad_settings(deployment),
        runs: Vec::new(),
    };
    let mut told = Vec::new();
    for function in functions_for(trigger) {
        let settings = on_reads_alone(&deployment.settings_of((*function).into())?);
        let ports = Ports {
            cloud: ReadOnly::of(connection.cloud()),
            ledger: ReadOnly::of(connection.ledger(&settings.table)),
            clock: WallClock,
        };
        let delivery = Delivery {
            ends_at: ports.clock.now() + LONGEST,
            run: 0,
        };
        let recording = record(*function, ports, &settings, trigger, delivery);
        let (end, mut run) = Box::pin(recording).await;
        run.mode = deployment.mode((*function).into());
        run.settings = (settings != look.settings).then(|| Box::new(settings));
        look.runs.push(run);
        told.push(Told {
            function: (*function).into(),
            end: End::Ended(end),
        });
    }
    Ok((look, told))
}

fn on_reads_alone(settings: &Settings) -> Settings {
    Settings {
        mode: Mode::Observe,
        ..settings.clone()
    }
}

fn bad_settings(deployment: &Deployment) -> Vec<UnreadSetting> {
    let bad = deployment.unread_settings.iter();
    let bad = bad.map(|bad| UnreadSetting {
        key: bad.key.clone(),
        why: bad.problem.clone(),
    });
    bad.collect()
}

/// What whoever made the look could not read. A function may be allowed the same, and then decide otherwise.
#[must_use]
pub fn unread(look: &Look) -> Vec<Unread> {
    let mut parts = Parts::of(&look.region, &look.stack);
    for run in &look.runs {
        let function = Function::from(run.function);
        for refusal in run.refused_reads() {
            let what = format!("what {} tells {function} could not be read", refusal.action);
            parts.lost(&Failure::aws(what)(refusal.error()));
        }
    }
    for bad in &look.bad_settings {
        parts.add(Unread {
            region: look.region.clone(),
            stack: look.stack.clone(),
            what: format!("the setting {} cannot be read here", bad.key),
            why: bad.why.clone(),
            next: "use the `holdfast` of the version that is deployed: its default counts here"
                .to_owned(),
            exit: Exit::Found,
        });
    }
    parts.into_unread()
}

/// Each function that gets such an event decides once more, on what the look has. The event may be another one: then it
/// may ask for more than the look has, or be for a function that the look has no run of.
#[must_use]
pub fn replayed(look: &Look, trigger: &Trigger) -> Vec<Told> {
    let told = functions_for(trigger).iter().map(|function| {
        let run = look.runs.iter().find(|run| run.function == *function);
        let function = Function::from(*function);
        let end = match run.map(|run| run.replayed(&look.settings, trigger)) {
            Some(Ok(end)) => End::Ended(end),
            Some(Err(unanswered)) => End::NotTold(unanswered),
            None => End::NotTold(Unanswered::NoRun {
                function: function.name().to_owned(),
            }),
        };
        Told { function, end }
    });
    told.collect()
}

/// Whether a look gives, by itself, the decision with which it was made: the whole report, or of a redacted look all of
/// it that is no person's word.
#[must_use]
pub fn gives(look: &Look, told: &[Told]) -> bool {
    let decided = |told: &Told| match &told.end {
        End::Ended(end) if look.redacted => Some(decision(end)),
        End::Ended(end) => Some(whole(end)),
        End::NotTold(_) => None,
    };
    let Ok(trigger) = look.trigger_of(&look.event) else {
        return false;
    };
    let again = replayed(look, &trigger);
    let pairs = again.iter().zip(told);
    again.len() == told.len()
        && pairs.into_iter().all(|(again, told)| {
            let again = decided(again);
            again.is_some() && again == decided(told)
        })
}

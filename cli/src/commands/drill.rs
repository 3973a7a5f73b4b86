//! `holdfast drill`: how likely a released address comes back. What it does stands in [`crate::drill`].

mod document;
mod progress;

use crate::aws::DrillRegions;
use crate::drill::clocks::Machine;
use crate::drill::curve;
use crate::drill::execute::{Times, carry_out};
use crate::drill::file::{RunFile, UnusableFile};
use crate::drill::plot;
use crate::drill::ports::NotKept;
use crate::drill::run::Run;
use crate::drill::settings::{Settings, Wait};
use crate::failure::{Exit, Failure};
use crate::output::counted;
use crate::session::Session;
use clap::{Args, Subcommand};
use document::Drilled;
use holdfast::clock::Clock;
use holdfast::error::chain;
use progress::Progress;
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};

const AFTER_HELP: &str = "\
Examples:
  holdfast drill recover --region all --waits 1h --trials 24 --yes

Go on with a run that was stopped:
  holdfast drill recover --run-file drill.json --yes

See what it has found, and release what it holds:
  holdfast drill show --run-file drill.json --plot drill.svg
  holdfast drill end --run-file drill.json --yes

It allocates and releases Elastic IPs, and needs policies/drill.iam.json. docs/DRILL.md says how to read the curve,
what it costs, and what to be careful with.";

/// Measure how likely a released address comes back
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Allocate, release, wait, and ask for the address again, many times
    Recover(Recover),
    /// Show what a run has found so far; no call is made
    Show(Show),
    /// End a run: release what it holds, begin nothing
    End(End),
}

#[derive(Debug, Args)]
struct Recover {
    /// How long to wait between release and request
    #[arg(
        long,
        value_name = "WAIT[,WAIT]",
        value_delimiter = ',',
        default_value = "0s,10s,1m,10m,1h,24h"
    )]
    waits: Vec<Wait>,

    /// How many trials count for each wait and region
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..))]
    trials: u32,

    /// How many trials begin in a region within an hour, at most
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=60))]
    per_hour: u32,

    /// How many places of the quota the run leaves free
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    keep_free: u64,

    /// The quota of addresses of each region, instead of asking Service Quotas
    #[arg(long)]
    quota: Option<u64>,

    /// For how long a refused address is asked for again before it counts as lost
    #[arg(long, default_value = "1m")]
    patience: Wait,

    /// The prefix of the tags
    #[arg(long, default_value = "holdfast")]
    tag_prefix: String,

    #[command(flatten)]
    file: OfFile,

    /// Do it without being asked
    #[arg(long)]
    yes: bool,
}

#[derive(Debug, Args)]
struct Show {
    #[command(flatten)]
    file: OfFile,
}

#[derive(Debug, Args)]
struct End {
    #[command(flatten)]
    file: OfFile,

    /// The id of a run whose file is lost: what carries it as its tag, in the regions named, is released
    #[arg(long, value_name = "DRILL-ID")]
    lost_run: Option<String>,

    /// The prefix of the tags of a lost run
    #[arg(long, default_value = "holdfast")]
    tag_prefix: String,

    /// Do it without being asked
    #[arg(long)]
    yes: bool,
}

#[derive(Debug, Args)]
struct OfFile {
    /// The file of the run: a run that is in it goes on
    #[arg(long, value_name = "FILE", default_value = "holdfast-drill.json")]
    run_file: PathBuf,

    /// Write the curve as a picture
    #[arg(long, value_name = "FILE.svg")]
    plot: Option<PathBuf>,
}

pub(super) async fn run(asked: Arguments, session: &mut Session) -> Result<Exit, Failure> {
    let file = match &asked.what {
        What::Recover(asked) => &asked.file,
        What::Show(asked) => &asked.file,
        What::End(asked) => &asked.file,
    };
    can_be_drawn(file)?;
    match asked.what {
        What::Recover(asked) => recover(asked, session).await,
        What::Show(asked) => {
            let path = &asked.file.run_file;
            let run = RunFile::read(path).map_err(unusable(path))?;
            finish(&run.ok_or_else(|| missing(path))?, &asked.file, session)
        }
        What::End(asked) => {
            let path = &asked.file.run_file;
            let (file, kept) = RunFile::take(path).map_err(unusable(path))?;
            let mut run = match (&asked.lost_run, kept) {
                (None, Some(run)) => run,
                (None, None) => return Err(missing(path)),
                (Some(id), None) => lost(id, &asked.tag_prefix, session).await?,
                (Some(_), Some(run)) => {
                    return Err(Failure::usage(
                        format!("{} has run {}", path.display(), run.id),
                        "Name another --run-file for the lost run.",
                    ));
                }
            };
            let question = format!("Release what run {} holds, and end it?", run.id);
            if !asked.yes && !session.terminal.confirms(&question)? {
                return Ok(Exit::Found);
            }
            run.end();
            go_on(run, file, &asked.file, session).await
        }
    }
}

async fn recover(asked: Recover, session: &mut Session) -> Result<Exit, Failure> {
    let path = &asked.file.run_file;
    let (file, kept) = RunFile::take(path).map_err(unusable(path))?;
    let run = match kept {
        Some(mut run) => {
            drop(session.terminal.note(format_args!(
                "goes on with run {} of {}; its own waits, trials and regions hold",
                run.id,
                asked.file.run_file.display()
            )));
            run.resume();
            run
        }
        None => begun(&asked, session).await?,
    };
    drop(session.terminal.note(plan(&run)));
    if !asked.yes
        && !session
            .terminal
            .confirms("Allocate and release these addresses?")?
    {
        return Ok(Exit::Found);
    }
    go_on(run, file, &asked.file, session).await
}

/// A new run, as it was asked for.
async fn begun(asked: &Recover, session: &Session) -> Result<Run, Failure> {
    let mut waits = asked.waits.clone();
    waits.sort();
    waits.dedup();
    let settings = Settings {
        waits,
        trials: asked.trials,
        per_hour: asked.per_hour,
        keep_free: asked.keep_free,
        quota: asked.quota,
        patience_seconds: asked.patience.seconds(),
        tag_prefix: asked.tag_prefix.clone(),
    };
    // Two runs of one account in the same nanosecond would clean up after each other.
    let id = format!("drill-{}", session.clock.now().unix_timestamp_nanos());
    empty(id, settings, session).await
}

/// What a run is about to do, before anybody agrees to it: of one that goes on, what is left.
fn plan(run: &Run) -> String {
    let settings = &run.settings;
    let waits: Vec<String> = settings.waits.iter().map(ToString::to_string).collect();
    let left: Vec<usize> = run
        .regions
        .values()
        .map(|it| it.lacking(settings))
        .collect();
    let all = 2 * left.iter().sum::<usize>();
    let longest = left.into_iter().max().unwrap_or_default();
    let hours = longest.div_ceil(settings.per_hour.max(1) as usize);
    let regions: Vec<&str> = run.regions.keys().map(String::as_str).collect();
    let trials = counted(settings.trials as usize, "trial", "trials");
    let rate = if longest == 0 {
        String::new()
    } else {
        format!(", so it takes about {hours} h and the longest wait")
    };
    format!(
        "run {} in account {}\n  regions: {}\n  waits:   {}, {trials} each\n  in all:  {} allocated and released \
         again, {} in one region at the most\n  rate:    {} begin in a region within an hour at the most{rate}\n  \
         quota:   {} left free at least",
        run.id,
        run.account,
        regions.join(", "),
        waits.join(", "),
        counted(all, "address is", "addresses are"),
        2 * longest,
        counted(settings.per_hour as usize, "trial", "trials"),
        counted(
            usize::try_from(settings.keep_free).unwrap_or(usize::MAX),
            "place is",
            "places are"
        ),
    )
}

async fn go_on(
    mut run: Run,
    mut file: RunFile,
    asked: &OfFile,
    session: &mut Session,
) -> Result<Exit, Failure> {
    session.asked.region = run.regions.keys().cloned().collect();
    let connections = session.connections().await?;
    if let Some(first) = connections.first() {
        let account = first
            .account()
            .await
            .map_err(Failure::aws("it is not known whose keys these are"))?;
        if account != run.account {
            return Err(Failure::usage(
                format!(
                    "the run is of account {}, and these keys are of {account}",
                    run.account
                ),
                "Use a profile of that account, or another --run-file.",
            ));
        }
    }
    let regions = DrillRegions::of(&connections);
    let mut progress = Progress::of(&run);
    let times = Times {
        clock: &session.clock,
        boot: &Machine::of_process(session.clock.now()),
    };
    let ended = carry_out(&mut run, &regions, times, &mut file, &mut progress).await;
    progress.clear();
    ended.map_err(|error: NotKept| Failure::Unreadable {
        what: asked.run_file.display().to_string(),
        why: chain(&error),
        advice: "See whether the disk is full, then run it again: it goes on where it was."
            .to_owned(),
    })?;
    finish(&run, asked, session)
}

fn finish(run: &Run, asked: &OfFile, session: &mut Session) -> Result<Exit, Failure> {
    let curve = curve::of(run);
    if let Some(place) = &asked.plot {
        std::fs::write(place, plot::svg(&curve))?;
        drop(
            session
                .terminal
                .note(format_args!("the curve is in {}", place.display())),
        );
    }
    session.finish(&Drilled(curve))
}

/// Whether the picture can be written: whoever waits for days should hear of it before.
fn can_be_drawn(asked: &OfFile) -> Result<(), Failure> {
    let Some(place) = &asked.plot else {
        return Ok(());
    };
    let is_there = place.exists();
    let opened = OpenOptions::new().create(true).append(true).open(place);
    opened.map_err(|error| {
        Failure::usage(
            format!("{} cannot be written: {error}", place.display()),
            "Name a file in a folder that is there and can be written.",
        )
    })?;
    if !is_there {
        std::fs::remove_file(place)?;
    }
    Ok(())
}

/// A run of which only the tag is left: nothing of it begins or goes on.
async fn lost(id: &str, tag_prefix: &str, session: &Session) -> Result<Run, Failure> {
    let settings = Settings {
        waits: Vec::new(),
        trials: 0,
        per_hour: 1,
        keep_free: 0,
        quota: None,
        patience_seconds: 0,
        tag_prefix: tag_prefix.to_owned(),
    };
    empty(id.to_owned(), settings, session).await
}

/// A run that has done nothing yet, in the regions that are asked for.
async fn empty(id: String, settings: Settings, session: &Session) -> Result<Run, Failure> {
    let connections = session.connections().await?;
    let first = connections
        .first()
        .ok_or_else(|| Failure::usage("no region is known", "Name one with --region."))?;
    let account = first
        .account()
        .await
        .map_err(Failure::aws("it is not known whose keys these are"))?;
    let regions: Vec<String> = connections
        .iter()
        .map(|connection| connection.region.clone())
        .collect();
    Ok(Run::new(
        id,
        account,
        &regions,
        settings,
        session.clock.now(),
    ))
}

fn missing(path: &Path) -> Failure {
    Failure::usage(
        format!("there is no run file {}", path.display()),
        "Name it with --run-file, or begin a run with `holdfast drill recover`.",
    )
}

fn unusable(path: &Path) -> impl FnOnce(UnusableFile) -> Failure {
    let path = path.display().to_string();
    move |error| {
        match error {
        UnusableFile::InUse => Failure::usage(
            format!("{path}: {error}"),
            "End that process first, or use another --run-file.",
        ),
        UnusableFile::Io(error) => Failure::from(error),
        error => Failure::Unreadable {
            what: path,
            why: chain(&error),
            advice: "Use the program that wrote it, or another --run-file. `holdfast drill end --lost-run` releases what \
                     its run holds."
                .to_owned(),
        },
    }
    }
}

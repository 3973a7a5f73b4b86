//! What the command line asks for.

use holdfast_tests::terminal::Problem;
use std::path::PathBuf;

const USAGE: &str =
    "bench FOLDER [--quick|--draft] [--only PART[,PART]] [--python FILE] [--printed FOLDER]
    FOLDER      the compiled functions
    --quick     few rounds, for a look: nothing is written
    --draft     few rounds, and the page says so
    --only      starts, paths, events, sweeps, bursts, failovers: nothing is written
    --python    the Python that has boto3 and awslambdaric
    --printed   tables that tests printed: NAME.md for each place of the page";

/// What to measure, on what.
#[derive(Debug)]
pub(super) struct Options {
    pub(super) functions: PathBuf,
    pub(super) python: PathBuf,
    pub(super) printed: Option<PathBuf>,
    pub(super) is_quick: bool,
    is_draft: bool,
    only: Option<Vec<String>>,
}

/// How often each thing is measured.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rounds {
    /// Starts of each function.
    pub(super) starts: usize,
    /// Processes of each kind of path.
    pub(super) paths: usize,
    /// The same of boto3, which takes seconds.
    pub(super) peers: usize,
    /// Processes of each kind of event.
    pub(super) processes: usize,
    pub(super) events_each: usize,
    /// Runs of reconcile of each kind.
    pub(super) sweeps: usize,
    pub(super) largest_sweep: usize,
    /// Of a burst.
    pub(super) releases: usize,
    pub(super) instances: usize,
}

impl Options {
    pub(super) fn read(arguments: impl Iterator<Item = String>) -> Result<Self, Problem> {
        let mut options = Self {
            functions: PathBuf::from("target/bench"),
            python: PathBuf::from("target/venv-peers/bin/python"),
            printed: None,
            is_quick: false,
            is_draft: false,
            only: None,
        };
        let mut arguments = arguments;
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(USAGE);
            match argument.as_str() {
                "--quick" => options.is_quick = true,
                "--draft" => (options.is_quick, options.is_draft) = (true, true),
                "--only" => options.only = Some(value()?.split(',').map(str::to_owned).collect()),
                "--python" => options.python = value()?.into(),
                "--printed" => options.printed = Some(value()?.into()),
                other if other.starts_with('-') => return Err(USAGE.into()),
                folder => options.functions = folder.into(),
            }
        }
        Ok(options)
    }

    pub(super) fn wants(&self, part: &str) -> bool {
        self.only
            .as_ref()
            .is_none_or(|only| only.iter().any(|one| one == part))
    }

    /// Whether the page is written: when everything was measured, and often enough, or where a draft is asked for.
    pub(super) fn writes(&self) -> bool {
        self.only.is_none() && (!self.is_quick || self.is_draft)
    }

    pub(super) fn rounds(&self) -> Rounds {
        if self.is_quick {
            return Rounds {
                starts: 5,
                paths: 2,
                peers: 1,
                processes: 2,
                events_each: 3,
                sweeps: 1,
                largest_sweep: 250,
                releases: 100,
                instances: 100,
            };
        }
        Rounds {
            starts: 30,
            paths: 6,
            peers: 2,
            processes: 10,
            events_each: 10,
            sweeps: 3,
            largest_sweep: 2_000,
            releases: 1_000,
            instances: 300,
        }
    }
}

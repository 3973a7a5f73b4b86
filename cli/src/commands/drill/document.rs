//! What a run has shown, as a page, as rows, and as an exit code.

use crate::drill::curve::{Curve, Point, RegionEnd};
use crate::drill::run::{Stop, StuckBy};
use crate::drill::trial::VoidReason;
use crate::failure::Exit;
use crate::output::{Cell, Document, Page, Table, counted};
use serde::Serialize;

/// The curve of a run.
#[derive(Debug, Serialize)]
pub(super) struct Drilled(pub(super) Curve);

const COLUMNS: [&str; 7] = [
    "region",
    "wait",
    "trials",
    "back",
    "at first request",
    "lost",
    "lost, 95 % interval",
];

impl Drilled {
    fn table<'a>(points: impl Iterator<Item = &'a Point>) -> Table {
        let mut table = Table::of(&COLUMNS);
        for point in points {
            table.push([
                Cell::strong(&point.region),
                Cell::from(&point.wait),
                Cell::from(point.trials.to_string()),
                Cell::from(point.recovered.to_string()),
                Cell::from(point.at_first_request.to_string()),
                if point.lost == 0 {
                    Cell::from("0")
                } else {
                    Cell::attention(point.lost.to_string())
                },
                Cell::or_dash(interval(point)),
            ]);
        }
        table
    }
}

fn interval(point: &Point) -> Option<String> {
    let (low, high) = (point.lost_low?, point.lost_high?);
    Some(format!("{:.2} % to {:.2} %", low * 100.0, high * 100.0))
}

impl Document for Drilled {
    const COMMAND: &'static str = "drill";

    fn page(&self) -> Page {
        let Self(curve) = self;
        let mut page = Page::default();
        page.line([
            Cell::strong(format!("run {}", curve.run)),
            Cell::from(format!(" in account {}", curve.account)),
        ]);
        page.gap();
        // The sum of one region is that region.
        let several = curve.regions.len() > 1;
        if curve.points.is_empty() {
            page.line(["What it has measured is not known: its file is lost.".into()]);
        } else {
            page.table(Self::table(
                curve
                    .points
                    .iter()
                    .filter(|point| several || !point.is_over_all()),
            ));
        }
        page.gap();
        for region in &curve.regions {
            for line in told(region) {
                page.line([line]);
            }
        }
        page.line([if curve.clean {
            Cell::good("Nothing of this run is left in EC2.")
        } else {
            Cell::attention("The run is not over, or something of it may be left: run it again, or `holdfast drill end`.")
        }]);
        page
    }

    fn rows(&self) -> Table {
        Self::table(self.0.points.iter())
    }

    fn exit(&self) -> Exit {
        let stops = self
            .0
            .regions
            .iter()
            .filter_map(|region| region.stopped.as_ref());
        let worst = stops.map(|stop| match stop {
            Stop::Denied { .. }
            | Stop::Stuck {
                by: StuckBy::Denied | StuckBy::Keys,
                ..
            } => Exit::Denied,
            Stop::Stuck { .. } => Exit::NoAnswer,
            Stop::QuotaFull { .. }
            | Stop::QuotaUnknown
            | Stop::TooManyVoid
            | Stop::AnotherCopy
            | Stop::Ended => Exit::Found,
        });
        let whole = self.0.clean && self.0.complete;
        let found = if whole { Exit::Done } else { Exit::Found };
        worst.max().unwrap_or_default().max(found)
    }
}

/// What a person should know of a region, and what to do.
fn told(region: &RegionEnd) -> Vec<Cell> {
    let name = &region.region;
    let mut lines = Vec::new();
    if let Some(stop) = &region.stopped {
        lines.push(Cell::attention(format!("{name}: {}", why(stop))));
    }
    let void: usize = region.void.values().sum();
    if void > 0 {
        let reasons: Vec<String> = region
            .void
            .iter()
            .map(|(reason, times)| format!("{times} {}", in_words(*reason)))
            .collect();
        let trials = counted(void, "trial counts", "trials count");
        lines.push(Cell::faint(format!(
            "{name}: {trials} for nothing ({})",
            reasons.join(", ")
        )));
    }
    if !region.left.is_empty() {
        lines.push(Cell::attention(format!(
            "{name}: left alone, since somebody uses it or its tag is gone: {}. Release it by hand if it is nobody's.",
            region.left.join(", ")
        )));
    }
    for one in &region.unreleased {
        lines.push(Cell::attention(format!(
            "{name}: EC2 does not release {}: {}. {}",
            one.allocation, one.answer, RELEASE_IT_LATER
        )));
    }
    lines
}

/// An address with a name of its own, or one that AWS has locked, is not released before that is undone.
const RELEASE_IT_LATER: &str =
    "Take away what keeps it, such as a reverse DNS name, and run it again, or release it by hand.";

fn in_words(reason: VoidReason) -> &'static str {
    match reason {
        VoidReason::NotAllocated => "without an address",
        VoidReason::TooLate => "asked too late",
        VoidReason::TakenOver => "taken over by somebody",
        VoidReason::QuotaFull => "with a full quota",
        VoidReason::QuotaUnknown => "with a quota that nobody knows",
        VoidReason::WrongAddress => "with another address",
        VoidReason::ClockJumped => "while this machine's clock jumped",
        VoidReason::GivenUp => "given up",
    }
}

fn why(stop: &Stop) -> String {
    match stop {
        Stop::Denied { answer } => {
            format!("no further trial, EC2 refuses: {answer}. policies/drill.iam.json has what a drill needs.")
        }
        Stop::Stuck { answer, by } => {
            let (what, to_do) = stuck(*by);
            format!("given up, {what}: {answer}. What the run holds is still there: {to_do}, and run it again.")
        }
        Stop::QuotaFull { free } => format!(
            "no further trial, {} of the quota free: raise the quota, or set --keep-free for a new run.",
            counted(usize::try_from(*free).unwrap_or(usize::MAX), "place is", "places are")
        ),
        Stop::QuotaUnknown => {
            "no further trial, since nobody says how many addresses are allowed: a new run takes --quota.".to_owned()
        }
        Stop::TooManyVoid => "no further trial, since too many counted for nothing.".to_owned(),
        Stop::AnotherCopy => "no further trial: an address has the tag of this run, and this file does not know its trial. \
                              Somebody goes on with a copy of the file, or the file is an old one. End the other run. \
                              Then `holdfast drill end --lost-run` with this run's id releases what is left."
            .to_owned(),
        Stop::Ended => "ended by a person.".to_owned(),
    }
}

/// What happened, and what to do.
fn stuck(by: StuckBy) -> (&'static str, &'static str) {
    match by {
        StuckBy::Denied => (
            "AWS refuses",
            "give whoever runs it policies/drill.iam.json",
        ),
        StuckBy::Keys => ("AWS takes no keys", "sign in again"),
        StuckBy::Throttled => (
            "AWS has answered 20 times that there are too many calls",
            "wait until others make fewer",
        ),
        StuckBy::Failing => (
            "AWS has answered 20 times with an error",
            "see what the code means",
        ),
        StuckBy::NoAnswer => (
            "AWS does not answer",
            "see whether this machine reaches AWS",
        ),
    }
}

//! How far a run is, on standard error, where a person sees it.

use crate::drill::execute::Watch;
use crate::drill::run::Run;
use crate::output::time_of;
use indicatif::{ProgressBar, ProgressStyle};
use time::OffsetDateTime;

/// A line that shows how many trials count.
#[derive(Debug)]
pub(super) struct Progress(ProgressBar);

impl Progress {
    /// Of a run. Where standard error is no terminal, nothing is drawn.
    pub(super) fn of(run: &Run) -> Self {
        let each = run.settings.waits.len() as u64 * u64::from(run.settings.trials);
        let bar = ProgressBar::new(each * run.regions.len() as u64);
        let style = ProgressStyle::with_template("{bar:30} {pos} of {len} trials, {msg}");
        Self(bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())))
    }

    pub(super) fn clear(&self) {
        self.0.finish_and_clear();
    }
}

impl Watch for Progress {
    fn see(&mut self, run: &Run, rests_until: Option<OffsetDateTime>) {
        let regions = run.regions.values();
        let counted = regions.flat_map(|region| {
            run.settings
                .waits
                .iter()
                .map(|wait| region.counted(*wait).count())
        });
        self.0.set_position(counted.sum::<usize>() as u64);
        self.0.set_message(match rests_until {
            Some(until) => format!("rests until {}", time_of(until)),
            None => "asks".to_owned(),
        });
    }
}

//! A series of measurements: the median, and what nine of ten keep to.

use holdfast_tests::performance::Spread;
use std::time::Duration;

/// The same thing, measured several times.
#[derive(Debug, Clone, Default)]
pub(super) struct Series(Vec<Duration>);

impl Series {
    pub(super) fn add(&mut self, took: Duration) {
        let place = self.0.partition_point(|other| *other <= took);
        self.0.insert(place, took);
    }

    /// None for what was not measured.
    pub(super) fn spread(&self) -> Option<Spread> {
        Some(Spread {
            median: milliseconds(self.quantile(5)?),
            ninth: milliseconds(self.quantile(9)?),
        })
    }

    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// The measurement below which so many tenths of all lie.
    pub(super) fn quantile(&self, tenths: usize) -> Option<Duration> {
        self.0.get(self.0.len() * tenths / 10).copied()
    }
}

/// In milliseconds, to the hundredth.
pub(super) fn milliseconds(took: Duration) -> f64 {
    (took.as_secs_f64() * 100_000.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(all: impl IntoIterator<Item = u64>) -> Option<(f64, f64)> {
        let mut series = Series::default();
        for one in all {
            series.add(Duration::from_millis(one));
        }
        series.spread().map(|spread| (spread.median, spread.ninth))
    }

    #[test]
    fn the_median_is_in_the_middle_whatever_the_order() {
        assert_eq!(of([9, 1, 5]), Some((5.0, 9.0)));
    }

    #[test]
    fn one_in_ten_may_be_worse_than_the_ninth() {
        assert_eq!(of(1..=10), Some((6.0, 10.0)));
        assert_eq!(of(1..=100), Some((51.0, 91.0)));
    }

    #[test]
    fn nothing_measured_is_no_zero() {
        assert_eq!(of([]), None);
    }
}

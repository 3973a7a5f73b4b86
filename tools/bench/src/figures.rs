//! A series of measurements, and how it is told: the median, and the worst of ten.

use std::time::Duration;

/// The same thing, measured several times.
#[derive(Debug, Clone, Default)]
pub(super) struct Series(Vec<Duration>);

impl Series {
    pub(super) fn add(&mut self, took: Duration) {
        let place = self.0.partition_point(|other| *other <= took);
        self.0.insert(place, took);
    }

    /// `median (ninth of ten)`, in milliseconds; a dash for what was not measured.
    pub(super) fn told(&self) -> String {
        match (self.quantile(5), self.quantile(9)) {
            (Some(median), Some(ninth)) => {
                format!("{} ({})", milliseconds(median), milliseconds(ninth))
            }
            _ => "-".to_owned(),
        }
    }

    /// The measurement below which so many tenths of all lie.
    fn quantile(&self, tenths: usize) -> Option<Duration> {
        self.0.get(self.0.len() * tenths / 10).copied()
    }
}

/// With the digits that mean something.
pub(super) fn milliseconds(took: Duration) -> String {
    let all = took.as_secs_f64() * 1000.0;
    if all < 100.0 {
        format!("{all:.1}")
    } else {
        format!("{all:.0}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(all: impl IntoIterator<Item = u64>) -> Series {
        let mut series = Series::default();
        for one in all {
            series.add(Duration::from_millis(one));
        }
        series
    }

    #[test]
    fn the_median_is_in_the_middle_whatever_the_order() {
        assert_eq!(of([9, 1, 5]).told(), "5.0 (9.0)");
    }

    #[test]
    fn one_in_ten_may_be_worse_than_the_ninth() {
        assert_eq!(of(1..=10).told(), "6.0 (10.0)");
        assert_eq!(of(1..=100).told(), "51.0 (91.0)");
    }

    #[test]
    fn nothing_measured_is_no_zero() {
        assert_eq!(Series::default().told(), "-");
    }
}

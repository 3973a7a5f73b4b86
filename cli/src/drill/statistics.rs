//! How sure a share is that few trials show. Pure.

/// The 97.5 % quantile of the normal distribution: 95 % of it lie between this and its negative.
const Z: f64 = 1.959_963_984_540_054;

/// A share with its interval, each between 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// The Wilson score interval, 95 %, of a share that `of` trials showed `times` times; `None` for no trial.
///
/// It stays inside 0 to 1 and says something where nothing was lost, which the usual interval (share plus and minus two
/// deviations) does not. Source: Wilson, "Probable inference, the law of succession, and statistical inference", 1927.
#[must_use]
pub fn wilson(times: u32, of: u32) -> Option<Interval> {
    if of == 0 || times > of {
        return None;
    }
    let (n, share) = (f64::from(of), f64::from(times) / f64::from(of));
    let scale = 1.0 + Z * Z / n;
    let centre = (share + Z * Z / (2.0 * n)) / scale;
    let margin = Z / scale * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    // At the ends the formula gives exactly 0 and 1, and arithmetic almost.
    let low = if times == 0 { 0.0 } else { centre - margin };
    let high = if times == of { 1.0 } else { centre + margin };
    Some(Interval { low, high })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn percent(times: u32, of: u32) -> (f64, f64) {
        let interval = wilson(times, of).unwrap();
        let rounded = |share: f64| (share * 10_000.0).round() / 100.0;
        (rounded(interval.low), rounded(interval.high))
    }

    /// Newcombe, "Two-sided confidence intervals for the single proportion", 1998, Table I, method 3.
    #[test]
    fn the_interval_is_that_of_the_published_examples() {
        assert_eq!(percent(81, 263), (25.53, 36.62));
        assert_eq!(percent(15, 148), (6.24, 16.05));
        assert_eq!(percent(0, 20), (0.0, 16.11));
        assert_eq!(percent(1, 29), (0.61, 17.18));
    }

    /// One address of 17 regions and 24 rounds, as in the experiment of 2018.
    #[test]
    fn one_lost_of_408_is_between_0_04_and_1_4_percent() {
        assert_eq!(percent(1, 408), (0.04, 1.38));
    }

    #[test]
    fn the_two_ends_mirror_each_other() {
        let (none, all) = (wilson(0, 50).unwrap(), wilson(50, 50).unwrap());
        assert!((none.high - (1.0 - all.low)).abs() < 1e-12);
        assert_eq!(
            (none.low.to_bits(), all.high.to_bits()),
            (0.0_f64.to_bits(), 1.0_f64.to_bits())
        );
    }

    #[test]
    fn no_trial_says_nothing() {
        assert_eq!(wilson(0, 0), None);
        assert_eq!(wilson(2, 1), None);
    }
}

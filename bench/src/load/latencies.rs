//! Times of requests in a histogram that keeps three digits of each, from microseconds to minutes.

use crate::figure::Figure;
use hdrhistogram::Histogram;
use std::time::Duration;

/// Longest time that is told from longer ones.
const LONGEST_US: u64 = 600_000_000;
/// Digits kept.
const DIGITS: u8 = 3;

/// See the module.
#[derive(Debug, Clone)]
pub(super) struct Latencies(Histogram<u64>);

impl Default for Latencies {
    fn default() -> Self {
        let histogram = Histogram::new_with_bounds(1, LONGEST_US, DIGITS);
        Self(histogram.expect("the bounds are constants that fit each other"))
    }
}

impl Latencies {
    /// Of these.
    pub(super) fn of(times: impl IntoIterator<Item = Duration>) -> Self {
        let mut latencies = Self::default();
        times.into_iter().for_each(|time| latencies.add(time));
        latencies
    }

    /// Counts one more.
    pub(super) fn add(&mut self, time: Duration) {
        self.0.saturating_record((time.as_micros() as u64).max(1));
    }

    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        self.0.len()
    }

    /// The time that a share of all does not exceed, in milliseconds; NaN of nothing.
    pub(super) fn quantile_ms(&self, share: f64) -> f64 {
        if self.0.is_empty() {
            return f64::NAN;
        }
        self.0.value_at_quantile(share) as f64 / 1e3
    }

    /// Median and 99 % of it, as figures.
    pub(super) fn figures(&self, name: &str) -> [Figure; 2] {
        let at =
            |word, share| Figure::new(format!("{name}, {word}"), self.quantile_ms(share), "ms");
        [at("median", 0.5), at("99 %", 0.99)]
    }

    /// Points of a curve: one in how many is slower, from 1 to as many as there are, and how slow
    /// it is, in milliseconds.
    pub(super) fn curve(&self) -> Vec<(f64, f64)> {
        let count = self.count() as f64;
        let steps = (0..).map(|step| 10f64.powf(f64::from(step) / 20.0));
        let steps = steps.take_while(|one_in| *one_in <= count);
        steps.map(|one_in| (one_in, self.quantile_ms(1.0 - 1.0 / one_in))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thousand() -> Latencies {
        Latencies::of((1..=1000).map(Duration::from_millis))
    }

    #[test]
    fn a_quantile_is_right_to_three_digits() {
        for (share, expected) in [(0.5, 500.0), (0.99, 990.0), (1.0, 1000.0)] {
            let found = thousand().quantile_ms(share);
            assert!((found - expected).abs() <= expected * 1e-3, "{share}: {found}");
        }
        let figures = thousand().figures("a search");
        assert_eq!(figures[1].name, "a search, 99 %");
        assert!((figures[1].value - 990.0).abs() < 1.0);
    }

    #[test]
    fn of_nothing_there_is_no_quantile() {
        assert!(Latencies::default().quantile_ms(0.5).is_nan());
        assert!(Latencies::default().curve().is_empty());
    }

    #[test]
    fn a_time_out_of_range_is_counted_at_its_end() {
        let both = Latencies::of([Duration::ZERO, Duration::from_secs(10_000)]);
        assert_eq!(both.count(), 2);
        assert!((both.quantile_ms(1.0) - 6e5).abs() < 1e3);
    }

    #[test]
    fn a_curve_rises_to_the_slowest_of_all() {
        let curve = thousand().curve();
        assert!(curve.is_sorted_by(|a, b| a.0 < b.0 && a.1 <= b.1));
        let (one_in, slow) = curve[curve.len() - 1];
        assert!((one_in - 1000.0).abs() < 1e-6 && (slow - 999.0).abs() < 2.0, "{one_in} {slow}");
    }
}

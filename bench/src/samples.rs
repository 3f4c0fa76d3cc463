//! Repeated measurements of one thing.

use anyhow::Result;
use std::time::{Duration, Instant};

/// Values of repeated runs.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Samples {
    /// Rising.
    sorted: Vec<f64>,
}

/// How often a short action is run.
const RUNS_MIN: usize = 3;
const DURATION_MIN: Duration = Duration::from_millis(500);

impl Samples {
    /// Of these values; those that are no numbers come last.
    pub(crate) fn new(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        Self { sorted: values }
    }

    /// Seconds that each run of `action` took: at least three runs and half a second of them.
    pub(crate) fn of_seconds(mut action: impl FnMut()) -> Self {
        let timed = || {
            let run = Instant::now();
            action();
            Ok(run.elapsed())
        };
        Self::of_durations(timed).expect("the action does not fail")
    }

    /// The same of an action that takes its own time.
    ///
    /// # Errors
    /// The first of the action.
    pub(crate) fn of_durations(mut action: impl FnMut() -> Result<Duration>) -> Result<Self> {
        let start = Instant::now();
        let mut seconds = Vec::new();
        while seconds.len() < RUNS_MIN || start.elapsed() < DURATION_MIN {
            seconds.push(action()?.as_secs_f64());
        }
        Ok(Self::new(seconds))
    }

    /// Every value in another unit.
    pub(crate) fn map(&self, convert: impl Fn(f64) -> f64) -> Self {
        Self::new(self.sorted.iter().map(|value| convert(*value)).collect())
    }

    /// How many there are.
    pub(crate) fn runs(&self) -> usize {
        self.sorted.len()
    }

    /// The least value that a share of all values does not exceed (nearest rank), NaN of nothing.
    pub(crate) fn quantile(&self, share: f64) -> f64 {
        let rank = (self.sorted.len() as f64 * share).ceil() as usize;
        let index = rank.saturating_sub(1).min(self.sorted.len().saturating_sub(1));
        self.sorted.get(index).copied().unwrap_or(f64::NAN)
    }

    /// The smallest value.
    pub(crate) fn min(&self) -> f64 {
        self.quantile(0.0)
    }

    /// The largest value.
    pub(crate) fn max(&self) -> f64 {
        self.quantile(1.0)
    }

    /// The middle value.
    pub(crate) fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    /// Between the lower and the upper lies the middle half of the values.
    pub(crate) fn quartiles(&self) -> (f64, f64) {
        (self.quantile(0.25), self.quantile(0.75))
    }

    /// Where the true quantile lies with 95 % probability whatever the distribution, as far as the
    /// runs can tell: the order statistics two standard deviations of the binomial rank away.
    pub(crate) fn quantile_interval(&self, share: f64) -> (f64, f64) {
        let runs = self.sorted.len() as f64;
        let width = 1.96 * (runs * share * (1.0 - share)).sqrt() / runs;
        let at = |share: f64| self.quantile(share.clamp(0.0, 1.0));
        (at(share - width), at(share + width))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn up_to(count: usize) -> Samples {
        Samples::new((1..=count).rev().map(|value| value as f64).collect())
    }

    #[test]
    fn a_quantile_is_the_value_of_its_nearest_rank() {
        let hundred = up_to(100);
        let quantiles = [0.0, 0.25, 0.5, 0.99, 1.0].map(|share| hundred.quantile(share));
        assert_eq!(quantiles, [1.0, 25.0, 50.0, 99.0, 100.0]);
        assert_eq!(up_to(40).quantile(0.99), 40.0);
        assert_eq!(up_to(3).median(), 2.0);
        assert_eq!(up_to(8).quartiles(), (2.0, 6.0));
    }

    #[test]
    fn one_value_is_every_quantile_and_none_has_no_quantile() {
        let one = up_to(1);
        assert_eq!([one.min(), one.median(), one.max()], [1.0; 3]);
        assert_eq!(one.quantile_interval(0.99), (1.0, 1.0));
        assert!(Samples::new(Vec::new()).median().is_nan());
    }

    #[test]
    fn a_value_that_is_no_number_is_not_hidden() {
        let samples = Samples::new(vec![f64::NAN, 2.0, 1.0]);
        assert_eq!((samples.min(), samples.median()), (1.0, 2.0));
        assert!(samples.max().is_nan());
    }

    #[test]
    fn an_interval_of_a_tail_holds_the_quantile_and_grows_with_fewer_runs() {
        let (low, high) = up_to(1000).quantile_interval(0.99);
        assert_eq!((low, high), (984.0, 997.0));
        let (low, high) = up_to(100).quantile_interval(0.99);
        assert_eq!((low, high), (98.0, 100.0));
    }

    #[test]
    fn converting_to_a_rate_turns_the_order_round() {
        let rates = up_to(4).map(|seconds| 12.0 / seconds);
        assert_eq!((rates.min(), rates.max()), (3.0, 12.0));
    }

    #[test]
    fn an_action_is_run_at_least_three_times() {
        let mut runs = 0;
        let samples = Samples::of_seconds(|| runs += 1);
        assert!(runs >= 3 && samples.runs() == runs);
    }

    #[test]
    fn an_action_that_takes_its_own_time_is_believed_until_it_fails() {
        let samples = Samples::of_durations(|| Ok(Duration::from_millis(7))).unwrap();
        assert_eq!((samples.min(), samples.max()), (0.007, 0.007));
        assert!(Samples::of_durations(|| anyhow::bail!("broken")).is_err());
    }
}

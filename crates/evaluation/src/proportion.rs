//! Observed rates and how sure they are.

use serde::Serialize;

/// 97.5 % quantile of the normal distribution, for two-sided intervals of 95 %.
const Z_95: f64 = 1.959_963_984_540_054;

/// A two-sided 95 % confidence interval of a rate, `0 <= low <= high <= 1`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// `count` of `total`, with the Wilson score interval (Wilson 1927, DOI
/// 10.1080/01621459.1927.10502953). The interval takes the trials to be independent; comparisons
/// that share a finger are not, so prefer the bootstrap interval where one is given beside it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Proportion {
    /// Trials with the event.
    pub count: u64,
    /// All trials.
    pub total: u64,
    /// `count / total`, or 0 without trials.
    pub rate: f64,
    /// Wilson interval, or the whole of `0..=1` without trials.
    pub wilson: Interval,
}

impl Proportion {
    /// From counts.
    ///
    /// # Panics
    /// When `count` is above `total`.
    pub fn new(count: u64, total: u64) -> Self {
        assert!(count <= total, "{count} events in {total} trials");
        if total == 0 {
            return Self { count, total, rate: 0.0, wilson: Interval { low: 0.0, high: 1.0 } };
        }
        Self { count, total, rate: count as f64 / total as f64, wilson: wilson(count, total) }
    }

    /// Whether the rate stands on at least 30 events and 30 non-events. Then the true rate is,
    /// with 90 % confidence, within 30 % of the observed one (the "rule of 30" of Doddington et
    /// al. 2000, DOI 10.1016/S0167-6393(99)00080-1), if the trials are independent.
    pub fn meets_rule_of_thirty(&self) -> bool {
        self.count >= 30 && self.total - self.count >= 30
    }
}

/// The share of prints that gave no usable template (ISO/IEC 19795-1:2021, failure-to-enroll
/// rate).
///
/// # Panics
/// When `failed` is above `attempted`.
pub fn failure_to_enroll(failed: u64, attempted: u64) -> Proportion {
    Proportion::new(failed, attempted)
}

/// The Wilson score interval of `count` in `total > 0` trials.
fn wilson(count: u64, total: u64) -> Interval {
    let n = total as f64;
    let p = count as f64 / n;
    let z2 = Z_95 * Z_95;
    let center = p + z2 / (2.0 * n);
    let spread = Z_95 * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z2 / n;
    // At no or only events one end is exact; rounding must not move it inside.
    let low = if count == 0 { 0.0 } else { ((center - spread) / scale).max(0.0) };
    let high = if count == total { 1.0 } else { ((center + spread) / scale).min(1.0) };
    Interval { low, high }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_interval_of_a_textbook_case_is_reproduced() {
        // 8 of 10: 0.4902 to 0.9433 (Brown, Cai, DasGupta 2001, formula 4).
        let p = Proportion::new(8, 10);
        assert_eq!(p.rate, 0.8);
        assert!((p.wilson.low - 0.490_162).abs() < 1e-6, "{}", p.wilson.low);
        assert!((p.wilson.high - 0.943_318).abs() < 1e-6, "{}", p.wilson.high);
    }

    #[test]
    fn no_error_in_n_trials_does_not_mean_no_error() {
        let p = Proportion::new(0, 100);
        assert_eq!((p.rate, p.wilson.low), (0.0, 0.0));
        // z^2 / (n + z^2)
        assert!((p.wilson.high - 0.036_994).abs() < 1e-6, "{}", p.wilson.high);
    }

    #[test]
    fn without_trials_nothing_is_known() {
        let p = failure_to_enroll(0, 0);
        assert_eq!((p.rate, p.wilson.low, p.wilson.high), (0.0, 0.0, 1.0));
    }

    #[test]
    fn thirty_events_of_either_kind_are_needed() {
        assert!(Proportion::new(30, 60).meets_rule_of_thirty());
        assert!(!Proportion::new(29, 60).meets_rule_of_thirty());
        assert!(!Proportion::new(31, 60).meets_rule_of_thirty());
    }

    proptest! {
        #[test]
        fn the_interval_holds_the_rate_and_mirrors_the_other_outcome(
            total in 1u64..100_000, share in 0.0f64..=1.0,
        ) {
            let count = (share * total as f64) as u64;
            let p = Proportion::new(count, total);
            prop_assert!(0.0 <= p.wilson.low && p.wilson.low <= p.rate);
            prop_assert!(p.rate <= p.wilson.high && p.wilson.high <= 1.0);
            let q = Proportion::new(total - count, total);
            prop_assert!((p.wilson.low - (1.0 - q.wilson.high)).abs() < 1e-12);
        }
    }
}

//! When requests start: fixed before the first is sent, whatever becomes of it.
//!
//! Units of a country do not wait for each other, so requests of a kind arrive as a Poisson
//! process: gaps are drawn from the exponential distribution, by the seed.

use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};
use std::time::Duration;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Somebody new is enrolled.
    Enroll,
    /// Somebody is searched for.
    Identify,
}

/// Requests per second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rates {
    pub(super) enroll: f64,
    pub(super) identify: f64,
}

impl Rates {
    /// Of enrollments alone.
    pub(super) const fn enroll(enroll: f64) -> Self {
        Self { enroll, identify: 0.0 }
    }

    /// Of searches alone.
    pub(super) const fn identify(identify: f64) -> Self {
        Self { enroll: 0.0, identify }
    }

    /// Both, in the same proportion.
    pub(super) fn times(self, factor: f64) -> Self {
        Self { enroll: self.enroll * factor, identify: self.identify * factor }
    }

    /// Of both kinds together.
    pub(super) fn total(self) -> f64 {
        self.enroll + self.identify
    }
}

/// A request to come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Arrival {
    /// From the beginning.
    pub(super) at: Duration,
    pub(super) kind: Kind,
}

/// All arrivals of a stretch of time, in their order.
pub(super) fn arrivals(rates: Rates, length: Duration, seed: u64) -> Vec<Arrival> {
    let of_kind = |kind, rate, stream| {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(stream);
        let mut at_s = 0.0;
        std::iter::from_fn(move || {
            at_s += gap_s(rate, random.next_u64());
            let at = Duration::try_from_secs_f64(at_s).ok().filter(|at| *at < length)?;
            Some(Arrival { at, kind })
        })
    };
    let enrolls = of_kind(Kind::Enroll, rates.enroll, 1);
    let mut all: Vec<Arrival> = enrolls.chain(of_kind(Kind::Identify, rates.identify, 2)).collect();
    all.sort_by_key(|arrival| (arrival.at, arrival.kind));
    all
}

/// Seconds to the next of `rate` arrivals per second; without end when there are none.
fn gap_s(rate: f64, drawn: u64) -> f64 {
    let share = (drawn >> 11) as f64 / (1u64 << 53) as f64;
    -(1.0 - share).ln() / rate.max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn both(seed: u64) -> Vec<Arrival> {
        arrivals(Rates { enroll: 200.0, identify: 20.0 }, MINUTE, seed)
    }

    #[test]
    fn every_kind_arrives_at_its_rate() {
        let count = |kind| both(1).iter().filter(|arrival| arrival.kind == kind).count() as f64;
        // Five standard deviations of a Poisson count.
        assert!((count(Kind::Enroll) - 12_000.0).abs() < 5.0 * 12_000f64.sqrt());
        assert!((count(Kind::Identify) - 1_200.0).abs() < 5.0 * 1_200f64.sqrt());
    }

    #[test]
    fn gaps_vary_as_those_of_units_that_do_not_wait_for_each_other() {
        let all = arrivals(Rates::enroll(200.0), MINUTE, 1);
        let gaps: Vec<f64> =
            all.windows(2).map(|two| (two[1].at - two[0].at).as_secs_f64()).collect();
        let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
        let variance = gaps.iter().map(|g| (g - mean).powi(2)).sum::<f64>() / gaps.len() as f64;
        assert!((variance.sqrt() / mean - 1.0).abs() < 0.05, "exponential: deviation = mean");
    }

    #[test]
    fn arrivals_are_in_order_within_the_time_and_follow_the_seed() {
        let all = both(7);
        assert!(all.is_sorted_by_key(|arrival| arrival.at));
        assert!(all.iter().all(|arrival| arrival.at < MINUTE));
        assert_eq!(all, both(7));
        assert_ne!(all, both(8));
    }

    #[test]
    fn nothing_arrives_at_no_rate() {
        assert!(arrivals(Rates::identify(0.0), MINUTE, 1).is_empty());
    }
}

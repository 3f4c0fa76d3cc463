//! One error at a fixed level of the other.

use crate::tally::Walk;
use crate::{Interval, Proportion};
use serde::Serialize;
use std::fmt;
use vocabulary::Similarity;

/// A target rate of one in so many, such as one in 1000 for a rate of 0.001. Serialized as the
/// number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct OneIn(u32);

impl OneIn {
    /// From the number of trials that one event may take; 0 is taken as 1.
    pub const fn new(trials: u32) -> Self {
        Self(if trials == 0 { 1 } else { trials })
    }

    /// Trials per event, at least 1.
    pub const fn trials(self) -> u32 {
        self.0
    }

    /// The rate, `1 / trials`.
    pub fn rate(self) -> f64 {
        1.0 / f64::from(self.0)
    }
}

impl fmt::Display for OneIn {
    /// The rate, such as `0.001`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.rate(), f)
    }
}

/// A value, or the reason why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "status")]
pub enum Measurement {
    /// It could be measured.
    Measured(OperatingPoint),
    /// One error in all comparisons would already be above the target rate, so the set cannot tell
    /// whether any threshold reaches it.
    NotEnoughComparisons {
        /// Non-mated comparisons (or searches) there are.
        found: u64,
        /// Fewest that could show the target rate.
        needed: u64,
    },
}

impl Measurement {
    /// The value, when measured.
    pub const fn measured(&self) -> Option<&OperatingPoint> {
        match self {
            Self::Measured(point) => Some(point),
            Self::NotEnoughComparisons { .. } => None,
        }
    }

    /// The miss rate (FNMR or FNIR), when measured.
    pub fn miss_rate(&self) -> Option<f64> {
        self.measured().map(|point| point.misses.rate)
    }
}

/// A threshold with both errors.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct OperatingPoint {
    /// The lowest threshold that holds the target, in thousandths of similarity.
    #[serde(serialize_with = "crate::operating_point::thousandths")]
    pub threshold: Similarity,
    /// Mated comparisons or searches that fail: FNMR or FNIR.
    pub misses: Proportion,
    /// Non-mated comparisons or searches that succeed: FMR or FPIR.
    pub false_alarms: Proportion,
    /// 95 % interval of the miss rate from resampling persons, with the threshold found anew in
    /// each sample. `None` when not asked for, or when no sample differed from another (no error,
    /// say); the Wilson interval of `misses` is then all there is.
    pub misses_bootstrap: Option<Interval>,
    /// Whether there are 30 times as many non-mated comparisons as the target needs, so that the
    /// target itself stands on 30 false alarms ("rule of 30").
    pub rule_of_thirty: bool,
}

impl OperatingPoint {
    pub(crate) fn at(walk: &Walk, point: &crate::tally::Point, supported: bool) -> Self {
        Self {
            threshold: point.threshold,
            misses: Proportion::new(point.missed, walk.mated),
            false_alarms: Proportion::new(point.accepted, walk.non_mated),
            misses_bootstrap: None,
            rule_of_thirty: supported,
        }
    }
}

impl Measurement {
    pub(crate) fn new(walk: &Walk, target: OneIn, bootstrap: Option<Interval>) -> Self {
        let (found, needed) = (walk.non_mated, u64::from(target.trials()));
        if found < needed {
            return Self::NotEnoughComparisons { found, needed };
        }
        let point = walk.at_accepted_one_in(target.trials());
        let measured = OperatingPoint::at(walk, point, found / 30 >= needed);
        Self::Measured(OperatingPoint { misses_bootstrap: bootstrap, ..measured })
    }
}

/// Serializes a similarity as its thousandths.
pub(crate) fn thousandths<S: serde::Serializer>(
    similarity: &Similarity,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_u32(similarity.thousandths())
}

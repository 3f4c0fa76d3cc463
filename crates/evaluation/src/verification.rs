//! Error rates of 1:1 comparison.

use crate::operating_point::thousandths;
use crate::tally::{Tally, Walk};
use crate::{Bootstrap, EvaluationError, Interval, Measurement, OneIn, OperatingPoint, ScoreSet};
use serde::Serialize;
use vocabulary::Similarity;

/// False match rates at which the false non-match rate is reported: 1e-2, 1e-3 and 1e-4.
const FMR_TARGETS: [OneIn; 3] = [OneIn::new(100), OneIn::new(1_000), OneIn::new(10_000)];

/// All error rates of a set of comparisons.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ErrorRates {
    /// Mated comparisons, failed ones included.
    pub mated: u64,
    /// Non-mated comparisons, failed ones included.
    pub non_mated: u64,
    /// Persons in the comparisons.
    pub subjects: u64,
    /// Equal error rate.
    pub eer: EqualErrorRate,
    /// FNMR at FMR 1e-2, 1e-3 and 1e-4, in this order.
    pub fnmr_at_fmr: Vec<FnmrAtFmr>,
    /// The lowest FNMR without any false match (FVC: zeroFMR).
    pub zero_fmr: OperatingPoint,
    /// The lowest FMR without any false non-match (FVC: zeroFNMR); `None` when a failed mated
    /// comparison makes that impossible.
    pub zero_fnmr: Option<OperatingPoint>,
    /// FMR and FNMR at every threshold where one of them changes, by rising threshold: the points
    /// of the ROC and of the DET curve.
    pub curve: Vec<CurvePoint>,
}

/// The equal error rate with its interval of definition.
///
/// Both errors are equal at no threshold in general. By Maio et al. 2002 (DOI 10.1109/34.990140,
/// section 4), let `t1` be the largest threshold with FNMR <= FMR and `t2` the smallest with
/// FNMR >= FMR; the ends are the two errors at the one of them with the smaller sum, and the rate
/// is their middle.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct EqualErrorRate {
    /// Middle of `low` and `high`.
    pub rate: f64,
    /// The smaller error at the threshold.
    pub low: f64,
    /// The larger error at the threshold.
    pub high: f64,
    /// The lowest threshold with these errors, in thousandths of similarity.
    #[serde(serialize_with = "thousandths")]
    pub threshold: Similarity,
    /// 95 % interval of the rate from resampling persons; `None` when not asked for, or when no
    /// sample differed from another.
    pub bootstrap: Option<Interval>,
}

/// FNMR at one FMR.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct FnmrAtFmr {
    /// The false match rate to hold.
    pub fmr_one_in: OneIn,
    /// The lowest FNMR at a threshold that holds it.
    pub result: Measurement,
}

/// Both errors at one threshold.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CurvePoint {
    /// In thousandths of similarity.
    #[serde(serialize_with = "thousandths")]
    pub threshold: Similarity,
    /// False match rate.
    pub fmr: f64,
    /// False non-match rate.
    pub fnmr: f64,
}

impl ErrorRates {
    /// From scores; with a bootstrap, intervals that respect that comparisons share persons.
    /// Similarities of `u32::MAX` are taken as one less.
    ///
    /// # Errors
    /// [`EvaluationError::NoMatedComparisons`] or [`EvaluationError::NoNonMatedComparisons`].
    pub fn new(scores: &ScoreSet, bootstrap: Option<&Bootstrap>) -> Result<Self, EvaluationError> {
        if scores.mated.is_empty() {
            return Err(EvaluationError::NoMatedComparisons);
        }
        if scores.non_mated.is_empty() {
            return Err(EvaluationError::NoNonMatedComparisons);
        }
        let tally = Tally::new(&scores.mated, &scores.non_mated);
        let walk = tally.walk();
        let subjects = tally.subjects().len() as u64;
        let fnmr =
            |walk: &Walk, target: OneIn| walk.missed_rate(walk.at_accepted_one_in(target.trials()));
        let [eer, at_100, at_1000, at_10000] = match bootstrap {
            Some(bootstrap) => bootstrap.intervals(tally, |walk| {
                let [a, b, c] = FMR_TARGETS.map(|target| fnmr(walk, target));
                [walk.equal_error_rate(), a, b, c]
            }),
            None => [None; 4],
        };
        let fnmr_at_fmr = FMR_TARGETS.into_iter().zip([at_100, at_1000, at_10000]);
        let fnmr_at_fmr = fnmr_at_fmr.map(|(fmr_one_in, interval)| FnmrAtFmr {
            fmr_one_in,
            result: Measurement::new(&walk, fmr_one_in, interval),
        });
        Ok(Self {
            mated: walk.mated,
            non_mated: walk.non_mated,
            subjects,
            eer: EqualErrorRate::new(&walk, eer),
            fnmr_at_fmr: fnmr_at_fmr.collect(),
            zero_fmr: OperatingPoint::at(&walk, walk.at_nothing_accepted(), false),
            zero_fnmr: walk.at_nothing_missed().map(|p| OperatingPoint::at(&walk, p, false)),
            curve: curve(&walk),
        })
    }

    /// The lowest FNMR at FMR <= 1 % (FVC), when there are 100 non-mated comparisons.
    pub fn fmr100(&self) -> Option<f64> {
        self.fnmr_at_fmr[0].result.miss_rate()
    }

    /// The lowest FNMR at FMR <= 0.1 % (FVC), when there are 1,000 non-mated comparisons.
    pub fn fmr1000(&self) -> Option<f64> {
        self.fnmr_at_fmr[1].result.miss_rate()
    }

    /// The lowest FNMR at FMR <= 0.01 %, when there are 10,000 non-mated comparisons.
    pub fn fmr10000(&self) -> Option<f64> {
        self.fnmr_at_fmr[2].result.miss_rate()
    }
}

impl EqualErrorRate {
    fn new(walk: &Walk, bootstrap: Option<Interval>) -> Self {
        let point = walk.equal_error_point();
        let (fnmr, fmr) = (walk.missed_rate(point), walk.accepted_rate(point));
        Self {
            rate: walk.equal_error_rate(),
            low: fnmr.min(fmr),
            high: fnmr.max(fmr),
            threshold: point.threshold,
            bootstrap,
        }
    }
}

fn curve(walk: &Walk) -> Vec<CurvePoint> {
    let point = |p: &crate::tally::Point| CurvePoint {
        threshold: p.threshold,
        fmr: walk.accepted_rate(p),
        fnmr: walk.missed_rate(p),
    };
    walk.points.iter().map(point).collect()
}

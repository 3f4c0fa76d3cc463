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
        let [eer, at_100, at_1000, at_10000, at_zero] = match bootstrap {
            Some(bootstrap) => bootstrap.intervals(tally, |walk| {
                let [a, b, c] = FMR_TARGETS.map(|target| fnmr(walk, target));
                let zero = walk.missed_rate(walk.at_nothing_accepted());
                [walk.equal_error_rate(), a, b, c, zero]
            }),
            None => [None; 5],
        };
        let zero_fmr = OperatingPoint::at(&walk, walk.at_nothing_accepted(), false);
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
            zero_fmr: OperatingPoint { misses_bootstrap: at_zero, ..zero_fmr },
            zero_fnmr: walk.at_nothing_missed().map(|p| OperatingPoint::at(&walk, p, false)),
            curve: curve(&walk),
        })
    }

    /// FNMR at FMR <= 0.1 % as the FVC competitions give it for sets of any size: with fewer than
    /// 1,000 non-mated comparisons that is the lowest FNMR without any false match, which is not
    /// shown to be one at an FMR of 0.1 %.
    pub fn fmr1000_or_zero_fmr(&self) -> &OperatingPoint {
        self.fnmr_at_fmr[1].result.measured().unwrap_or(&self.zero_fmr)
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rates(mated: &[u32], non_mated: &[u32]) -> ErrorRates {
        ErrorRates::new(&ScoreSet::independent(mated, non_mated), None).unwrap()
    }

    #[test]
    fn errors_that_meet_give_one_equal_error_rate() {
        // Threshold 5 rejects one of four mated (3) and accepts one of four non-mated (6).
        let rates = rates(&[3, 5, 7, 9], &[1, 2, 4, 6]);
        let eer = rates.eer;
        assert_eq!((eer.low, eer.rate, eer.high), (0.25, 0.25, 0.25));
        assert_eq!(eer.threshold.thousandths(), 5);
    }

    #[test]
    fn errors_that_cross_between_thresholds_give_the_better_interval() {
        // At 4: FNMR 1/3, FMR 1/2 (t1). At 5: FNMR 1/3, FMR 1/4 (t2), the smaller sum.
        let eer = rates(&[3, 5, 7], &[1, 2, 4, 6]).eer;
        assert_eq!((eer.low, eer.high), (0.25, 1.0 / 3.0));
        assert!((eer.rate - 7.0 / 24.0).abs() < 1e-15);
        assert_eq!(eer.threshold.thousandths(), 5);
        // At 4: FNMR 1/4, FMR 1/3 (t1), the smaller sum. At 5: FNMR 2/4, FMR 1/3 (t2).
        let eer = rates(&[3, 4, 7, 9], &[1, 2, 6]).eer;
        assert_eq!((eer.low, eer.high, eer.threshold.thousandths()), (0.25, 1.0 / 3.0, 4));
    }

    #[test]
    fn lists_that_do_not_overlap_have_no_error() {
        let rates = rates(&[5, 6], &[1, 4]);
        assert_eq!((rates.eer.rate, rates.eer.threshold.thousandths()), (0.0, 5));
        assert_eq!(rates.zero_fmr.misses.rate, 0.0);
        assert_eq!(rates.zero_fnmr.unwrap().false_alarms.rate, 0.0);
    }

    #[test]
    fn the_zero_error_points_are_those_of_fvc() {
        let rates = rates(&[3, 5, 7, 9], &[1, 2, 4, 6]);
        assert_eq!(rates.zero_fmr.threshold.thousandths(), 7);
        assert_eq!((rates.zero_fmr.misses.count, rates.zero_fmr.misses.total), (2, 4));
        let zero_fnmr = rates.zero_fnmr.unwrap();
        assert_eq!(zero_fnmr.threshold.thousandths(), 3);
        assert_eq!(zero_fnmr.false_alarms.count, 2);
    }

    #[test]
    fn the_curve_has_a_point_wherever_an_error_changes() {
        let points: Vec<_> = rates(&[3, 5], &[1, 3])
            .curve
            .iter()
            .map(|p| (p.threshold.thousandths(), p.fmr, p.fnmr))
            .collect();
        assert_eq!(points, [(0, 1.0, 0.0), (2, 0.5, 0.0), (4, 0.0, 0.5), (6, 0.0, 1.0)]);
    }

    #[test]
    fn a_failed_enrollment_is_a_non_match_even_at_threshold_0() {
        let mut scores = ScoreSet::independent(&[0, 9], &[1]);
        scores.mated[0].similarity = None;
        let rates = ErrorRates::new(&scores, None).unwrap();
        assert_eq!((rates.curve[0].fnmr, rates.curve[0].fmr), (0.5, 1.0));
        assert_eq!((rates.eer.low, rates.eer.rate, rates.eer.high), (0.0, 0.25, 0.5));
        assert_eq!(rates.zero_fnmr, None);
        let mut scores = ScoreSet::independent(&[0], &[0, 0]);
        scores.mated[0].similarity = None;
        scores.non_mated[0].similarity = None;
        let eer = ErrorRates::new(&scores, None).unwrap().eer;
        assert_eq!((eer.low, eer.high), (0.5, 1.0), "no threshold has FNMR <= FMR");
    }

    #[test]
    fn a_rate_below_one_comparison_is_not_a_number() {
        // 100 non-mated: one at 50, the rest at 9. One in 100 lets the one at 50 pass.
        let non_mated: Vec<u32> = std::iter::once(50).chain([9; 99]).collect();
        let rates = rates(&[40, 60, 60, 60], &non_mated);
        assert_eq!(rates.fmr100(), Some(0.0));
        let point = rates.fnmr_at_fmr[0].result.measured().unwrap();
        assert_eq!(point.threshold.thousandths(), 10);
        assert_eq!((point.false_alarms.count, point.rule_of_thirty), (1, false));
        assert_eq!(rates.fmr1000(), None);
        assert_eq!(
            rates.fnmr_at_fmr[1].result,
            Measurement::NotEnoughComparisons { found: 100, needed: 1_000 }
        );
        let one_less = super::tests::rates(&[40, 60], &non_mated[..99]);
        assert_eq!(one_less.fmr100(), None);
    }

    #[test]
    fn thirty_times_the_comparisons_make_a_target_well_supported() {
        let supported = |count| {
            let rates = rates(&[9], &vec![1; count]);
            rates.fnmr_at_fmr[0].result.measured().unwrap().rule_of_thirty
        };
        assert_eq!((supported(2_999), supported(3_000)), (false, true));
    }

    #[test]
    fn one_kind_of_comparison_alone_has_no_rates() {
        let scores = ScoreSet::independent(&[1], &[]);
        assert_eq!(ErrorRates::new(&scores, None), Err(EvaluationError::NoNonMatedComparisons));
        let scores = ScoreSet::independent(&[], &[1]);
        assert_eq!(ErrorRates::new(&scores, None), Err(EvaluationError::NoMatedComparisons));
    }

    #[test]
    fn the_json_names_are_those_of_the_reports() {
        let json = serde_json::to_value(rates(&[3, 9], &[1; 100])).unwrap();
        let at = |path: &str| json.pointer(path).unwrap_or_else(|| panic!("no {path}")).clone();
        assert_eq!(at("/eer/threshold"), 2);
        assert_eq!(at("/eer/bootstrap"), serde_json::Value::Null);
        assert_eq!(at("/fnmr_at_fmr/0/fmr_one_in"), 100);
        assert_eq!(at("/fnmr_at_fmr/0/result/status"), "measured");
        assert_eq!(at("/fnmr_at_fmr/0/result/misses/count"), 0);
        assert_eq!(at("/fnmr_at_fmr/1/result/status"), "not_enough_comparisons");
        assert_eq!(at("/fnmr_at_fmr/1/result/needed"), 1_000);
        assert_eq!(at("/curve/0/fmr"), 1.0);
    }

    /// FMR and FNMR from their definition.
    fn by_definition(mated: &[u32], non_mated: &[u32], threshold: u32) -> (f64, f64) {
        let accepted = non_mated.iter().filter(|s| **s >= threshold).count();
        let missed = mated.iter().filter(|s| **s < threshold).count();
        (accepted as f64 / non_mated.len() as f64, missed as f64 / mated.len() as f64)
    }

    fn scores() -> impl Strategy<Value = Vec<u32>> {
        prop::collection::vec(prop_oneof![0u32..12, 0u32..1000], 1..60)
    }

    proptest! {
        #[test]
        fn the_curve_agrees_with_the_definition_at_every_threshold(
            mated in scores(), non_mated in scores(),
        ) {
            let curve = rates(&mated, &non_mated).curve;
            for threshold in 0..=1001 {
                let last = curve.iter().rfind(|p| p.threshold.thousandths() <= threshold).unwrap();
                let expected = by_definition(&mated, &non_mated, threshold);
                prop_assert_eq!((last.fmr, last.fnmr), expected);
            }
        }

        #[test]
        fn a_higher_threshold_never_has_fewer_misses_or_more_false_matches(
            mated in scores(), non_mated in scores(),
        ) {
            for pair in rates(&mated, &non_mated).curve.windows(2) {
                prop_assert!(pair[0].threshold < pair[1].threshold);
                prop_assert!(pair[0].fnmr <= pair[1].fnmr && pair[0].fmr >= pair[1].fmr);
            }
        }

        #[test]
        fn the_equal_error_rate_lies_between_the_errors_at_its_threshold(
            mated in scores(), non_mated in scores(),
        ) {
            let eer = rates(&mated, &non_mated).eer;
            let (fmr, fnmr) =
                by_definition(&mated, &non_mated, eer.threshold.thousandths());
            prop_assert_eq!((eer.low, eer.high), (fmr.min(fnmr), fmr.max(fnmr)));
            prop_assert!(0.0 <= eer.low && eer.low <= eer.rate);
            prop_assert!(eer.rate <= eer.high && eer.high <= 1.0);
        }

        #[test]
        fn exchanging_the_lists_and_turning_the_scale_keeps_the_equal_error_rate(
            mated in scores(), non_mated in scores(),
        ) {
            let turned = |scores: &[u32]| scores.iter().map(|s| 1000 - s).collect::<Vec<_>>();
            let before = rates(&mated, &non_mated).eer.rate;
            let after = rates(&turned(&non_mated), &turned(&mated)).eer.rate;
            prop_assert!((before - after).abs() < 1e-12, "{} {}", before, after);
        }

        #[test]
        fn fmr_100_is_the_lowest_fnmr_that_the_definition_allows(
            mated in scores(),
            non_mated in prop::collection::vec(0u32..40, 100..250),
        ) {
            let lowest = (0..=1001)
                .map(|t| by_definition(&mated, &non_mated, t))
                .filter(|(fmr, _)| *fmr <= 0.01)
                .map(|(_, fnmr)| fnmr)
                .fold(1.0, f64::min);
            prop_assert_eq!(rates(&mated, &non_mated).fmr100(), Some(lowest));
        }

        #[test]
        fn the_order_of_the_comparisons_does_not_matter(
            mated in scores(), non_mated in scores(),
        ) {
            let scores = ScoreSet::independent(&mated, &non_mated);
            let mut reversed = scores.clone();
            reversed.mated.reverse();
            reversed.non_mated.reverse();
            let bootstrap = Bootstrap { replicates: 50, seed: 3 };
            prop_assert_eq!(
                ErrorRates::new(&scores, Some(&bootstrap)).unwrap(),
                ErrorRates::new(&reversed, Some(&bootstrap)).unwrap()
            );
        }
    }
}

//! Intervals from resampling persons.
//!
//! Comparisons that share a finger are not independent, so resampling comparisons gives intervals
//! that are far too narrow. Here persons are drawn with replacement (the "subsets bootstrap" of
//! Bolle, Ratha, Pankanti 2004, DOI 10.1016/j.cviu.2003.08.002): a comparison within a person
//! counts as often as the person was drawn, one between two persons as often as the product of
//! both. Percentile interval at 95 %.

use crate::Interval;
use crate::tally::{Tally, Walk};

/// How to resample. The same seed gives the same interval everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bootstrap {
    /// How many samples of persons to draw; 1000 is usual. Below 40 there is no interval.
    pub replicates: u32,
    /// Seed of the drawing.
    pub seed: u64,
}

impl Default for Bootstrap {
    fn default() -> Self {
        Self { replicates: 1000, seed: 1 }
    }
}

impl Bootstrap {
    /// Fewest samples that have a 2.5 % and a 97.5 % percentile.
    const REPLICATES_MIN: usize = 40;

    /// The interval of each of `K` statistics over the samples of persons. A sample without mated
    /// or without non-mated comparisons is left out.
    pub(crate) fn intervals<const K: usize>(
        &self,
        tally: Tally,
        statistics: impl Fn(&Walk) -> [f64; K],
    ) -> [Option<Interval>; K] {
        let subjects = tally.subjects();
        let tally = tally.renumbered(&subjects);
        let mut random = SplitMix64(self.seed);
        let mut samples: [Vec<f64>; K] = std::array::from_fn(|_| Vec::new());
        let mut weights = vec![0u64; subjects.len()];
        for _ in 0..self.replicates {
            weights.fill(0);
            for _ in 0..subjects.len() {
                weights[random.below(subjects.len())] += 1;
            }
            let walk = tally.walk_weighted(|first, second| {
                let weight = weights[first as usize];
                if first == second { weight } else { weight * weights[second as usize] }
            });
            if walk.mated == 0 || walk.non_mated == 0 {
                continue;
            }
            for (sample, value) in samples.iter_mut().zip(statistics(&walk)) {
                sample.push(value);
            }
        }
        samples.map(percentiles)
    }
}

/// The 2.5 % and 97.5 % percentiles by nearest rank, or `None` when they say nothing.
fn percentiles(mut sample: Vec<f64>) -> Option<Interval> {
    if sample.len() < Bootstrap::REPLICATES_MIN {
        return None;
    }
    sample.sort_unstable_by(f64::total_cmp);
    let cut = sample.len() / 40;
    let (low, high) = (sample[cut], sample[sample.len() - 1 - cut]);
    (sample[0] < sample[sample.len() - 1]).then_some(Interval { low, high })
}

/// SplitMix64 (Steele, Lea, Flood 2014, DOI 10.1145/2714064.2660195): enough to draw persons.
struct SplitMix64(u64);

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `bound > 0`; the bias is below `bound / 2^64`.
    fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.next()) * bound as u128) >> 64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ErrorRates, Score, ScoreSet};
    use vocabulary::Similarity;

    /// Ten persons of 28 mated comparisons each, and 45 non-mated pairs of persons; all mated
    /// comparisons of person 0 fail.
    fn one_bad_finger() -> ScoreSet {
        let score = |probe, reference, similarity| Score {
            similarity: Some(Similarity::from_thousandths(similarity)),
            probe_subject: probe,
            reference_subject: reference,
        };
        let similarity = |subject| if subject == 0 { 1 } else { 90 };
        let mated = (0..10).flat_map(|s| vec![score(s, s, similarity(s)); 28]).collect();
        let pairs = (0..10).flat_map(|i| (i + 1..10).map(move |j| (i, j)));
        let non_mated = pairs.map(|(i, j)| score(i, j, i + j)).collect();
        ScoreSet { mated, non_mated }
    }

    fn eer_interval(scores: &ScoreSet, bootstrap: Bootstrap) -> Interval {
        ErrorRates::new(scores, Some(&bootstrap)).unwrap().eer.bootstrap.unwrap()
    }

    #[test]
    fn persons_are_resampled_not_comparisons() {
        // A person of ten is drawn k times with probability B(10, 1/10): 0 to 3 times in 98.7 % of
        // the samples, so that the FNMR is 0 to 0.3. Resampled as 280 independent comparisons, it
        // would be 0.1 +- 0.035.
        let scores = one_bad_finger();
        let bootstrap = Bootstrap { replicates: 2000, seed: 7 };
        let interval = eer_interval(&scores, bootstrap);
        assert!(interval.low <= 0.01 && (0.2..0.4).contains(&interval.high), "{interval:?}");
        let mut independent = scores.clone();
        for (index, score) in
            independent.mated.iter_mut().chain(&mut independent.non_mated).enumerate()
        {
            (score.probe_subject, score.reference_subject) = (index as u32, index as u32);
        }
        let narrow = eer_interval(&independent, bootstrap);
        assert!(narrow.high - narrow.low < 0.6 * (interval.high - interval.low), "{narrow:?}");
    }

    #[test]
    fn the_same_seed_gives_the_same_interval_and_another_one_a_similar_one() {
        let scores = one_bad_finger();
        let at = |seed| eer_interval(&scores, Bootstrap { replicates: 2000, seed });
        assert_eq!(at(1), at(1));
        assert!((at(1).high - at(2).high).abs() < 0.05);
    }

    #[test]
    fn without_any_error_there_is_no_interval() {
        let scores = ScoreSet::independent(&[90; 50], &[1; 50]);
        let rates = ErrorRates::new(&scores, Some(&Bootstrap::default())).unwrap();
        assert_eq!(rates.eer.bootstrap, None);
    }

    #[test]
    fn weights_multiply_between_persons_and_not_within_one() {
        let walk = Tally::new(&one_bad_finger().mated, &one_bad_finger().non_mated);
        let weights = [2, 0, 1, 1, 1, 1, 1, 1, 1, 1];
        let walk = walk.walk_weighted(|first, second| {
            let (a, b) = (weights[first as usize], weights[second as usize]);
            if first == second { a } else { a * b }
        });
        // 8 others: 28 pairs among them, 8 with person 0 twice each, none with person 1.
        assert_eq!((walk.mated, walk.non_mated), (280, 28 + 16));
    }

    #[test]
    fn the_generator_gives_the_published_sequence() {
        let mut random = SplitMix64(1_234_567);
        let expected = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973];
        assert_eq!([random.next(), random.next()], expected);
    }

    #[test]
    fn percentiles_cut_a_fortieth_on_each_side() {
        let interval = percentiles((0..1000).rev().map(f64::from).collect()).unwrap();
        assert_eq!((interval.low, interval.high), (25.0, 974.0));
    }

    #[test]
    fn a_sample_without_variation_says_nothing() {
        assert_eq!(percentiles(vec![0.0; 1000]), None);
        assert_eq!(percentiles(vec![0.0, 1.0]), None);
    }
}

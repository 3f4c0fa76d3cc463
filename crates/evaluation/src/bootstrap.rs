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
